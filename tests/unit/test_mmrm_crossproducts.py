"""Cross-products: they add up, go to a file and back, and give the fit that the rows give."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from outcomes.errors import DataError
from outcomes.models.mmrm import (
    Factor,
    Number,
    build_design,
    combine,
    cross_products,
    fit_mmrm,
    fit_sums,
    from_json,
    infer,
    quantity_names,
)  # fmt: skip
from outcomes.models.mmrm.chunks import sum_chunks
from outcomes.models.mmrm.frames import Columns, sum_wide, to_wide

DATA = Path(__file__).parents[1] / "reference/data"
VISITS = ("1", "2", "3", "4", "5")
VARIABLES = (Factor("arm", ("medication", "therapy", "combined")), Number("base"))
TERMS = [("arm",), ("visit",), ("base",), ("arm", "visit"), ("base", "visit")]
DESIGN = build_design(VISITS, VARIABLES, TERMS)
COLUMNS = Columns("y", "id", "visit")


def trial():
    return pd.read_csv(DATA / "sim3arm_n200_m5.csv").sort_values(["id", "visit"], kind="stable")


def sums(data):
    return sum_wide(to_wide(data, COLUMNS, DESIGN, range(1, 6), ("all",)), DESIGN, ("all",))


def contrasts(made):
    model = fit_sums(made, VARIABLES, TERMS)
    linear = infer(model, "kenward_roger_linear").linear(np.eye(len(DESIGN.names)))
    return np.array([linear.estimate, linear.std_error, linear.df])


def test_they_hold_numbers_means_and_scatter_of_each_pattern():
    scores = np.array([[1.0, 2.0], [3.0, 5.0], [4.0, np.nan], [np.nan, np.nan]])
    covariates = np.array([[10.0], [20.0], [30.0], [40.0]])
    made = cross_products(scores, covariates, weights=np.array([1.0, 3.0, 2.0, 1.0]))
    patterns = {tuple(row): k for k, row in enumerate(made.observed)}
    both, first, none = (patterns[key] for key in ((True, True), (True, False), (False, False)))
    assert made.n_patients[[both, first, none]].tolist() == [2, 1, 1]
    np.testing.assert_allclose(made.mean[both], [17.5, 2.5, 4.25])
    z = np.array([[10.0, 1, 2], [20, 3, 5]]) - [17.5, 2.5, 4.25]
    np.testing.assert_allclose(made.scatter[both], z.T @ np.diag([1.0, 3.0]) @ z)
    assert made.log_weight[both] == pytest.approx(np.log(3.0))
    np.testing.assert_array_equal(made.mean[first], [30.0, 4.0, 0.0])
    assert made.n_scores.tolist() == [3, 2]


def test_sums_of_parts_give_the_fit_of_the_whole():
    data = trial()
    whole = contrasts(sums(data))
    sites = [sums(data[data["id"] % 3 == k]) for k in range(3)]
    np.testing.assert_allclose(contrasts(combine(sites)), whole, rtol=1e-9)
    np.testing.assert_allclose(contrasts(sites[2] + sites[0] + sites[1]), whole, rtol=1e-9)


@pytest.mark.parametrize("size", [1, 7, 100, 10_000])
def test_a_table_in_chunks_gives_the_fit_of_the_whole(size):
    data = trial()
    chunks = (data.iloc[k : k + size] for k in range(0, len(data), size))
    made = sum_chunks(chunks, COLUMNS, DESIGN, range(1, 6))
    assert made.n_patients.sum() == 200
    np.testing.assert_allclose(contrasts(made), contrasts(sums(data)), rtol=1e-9)


def test_chunks_of_unsorted_patients_are_refused():
    data = trial().iloc[::-1]
    with pytest.raises(ValueError, match="column id: patients are not in rising order; sort"):
        sum_chunks([data], COLUMNS, DESIGN, range(1, 6))
    halves = [data.iloc[:100], data.iloc[100:]]
    with pytest.raises(ValueError, match="rising order"):
        sum_chunks([half.sort_values("id") for half in halves], COLUMNS, DESIGN, range(1, 6))
    with pytest.raises(ValueError, match="no rows"):
        sum_chunks([], COLUMNS, DESIGN, range(1, 6))


def test_sums_and_rows_give_the_same_fit():
    data = trial()
    model = fit_mmrm(
        data, score="y", patient="id", visit="visit", arm="arm", covariates=["base"], by_visit=["base"],
        levels={"arm": ["medication", "therapy", "combined"]},
    )  # fmt: skip
    table = model.estimates("kenward_roger_linear").coefficients()
    np.testing.assert_allclose(
        contrasts(sums(data)), table[["estimate", "std_error", "df"]].to_numpy().T, rtol=1e-12
    )


def test_they_go_to_json_and_back_without_losing_a_digit(tmp_path):
    made = sums(trial())
    made.save(tmp_path / "site.json")
    back = from_json((tmp_path / "site.json").read_text())
    for name in ("group", "observed", "n_patients", "weight", "log_weight", "mean", "scatter"):
        np.testing.assert_array_equal(getattr(back, name), getattr(made, name))
    assert back.covariates == quantity_names(DESIGN)
    assert back.to_json() == made.to_json()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: text[:-10], "file: json invalid"),
        (lambda _: "[" * 100_000, "file: json invalid"),
        (lambda _: '{"weight": ' + "9" * 5_000 + "}", "file: json invalid"),
        (lambda text: text.replace("true", '"false"', 1), "observed.0.0: bool type"),
        (lambda text: text.replace('"1",', '"2",', 1), "visits: a name stands twice"),
        (lambda text: text.replace("outcomes cross-products 1", "other"), "format: literal error"),
        (lambda text: text.replace('"scatter"', '"scattered"'), "scatter: missing"),
        (lambda text: text.replace('"arm=therapy",\n', ""), "mean, scatter: other sizes"),
        (
            lambda text: re.sub(r'"n_patients": \[\s*\d+', '"n_patients": [-3', text),
            "n_patients.0: greater than equal",
        ),
        (
            lambda text: re.sub(r'"n_patients": \[\s*\d+', '"n_patients": [2.5', text),
            "n_patients.0: int type",
        ),
        (lambda text: re.sub(r'"weight": \[\s*[\d.]+', '"weight": [null', text), "weight.0: float type"),
        (lambda text: re.sub(r'"group": \[\s*0', '"group": [7', text), "a group without a name"),
        (
            lambda text: re.sub(r'"weight": \[\s*[\d.]+', '"weight": ["many"', text),
            "weight.0: float type",
        ),
    ],
)
def test_a_damaged_file_is_told_by_its_name(change, message):
    with pytest.raises(DataError, match=r"site\.json") as caught:
        from_json(change(sums(trial()).to_json()), "site.json")
    assert message in str(caught.value)


def test_sums_of_other_covariates_or_visits_do_not_add_up():
    made = sums(trial())
    other = cross_products(np.ones((2, 5)), np.ones((2, 1)))
    with pytest.raises(ValueError, match="differ in covariates, visits"):
        made + other
    with pytest.raises(ValueError, match="the terms need the covariates arm=therapy, arm=combined, base"):
        fit_sums(other, VARIABLES, TERMS)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"covariates": np.array([[1.0], [np.nan]])}, "1 covariates missing or not finite"),
        ({"weights": np.array([1.0, 0.0])}, "1 weights not above 0"),
        ({"group": np.array([0, 3])}, "1 groups without a name"),
        ({"days": np.array([[1.0, np.nan], [1.0, 2.0]])}, "1 days missing at an observed score"),
        ({"weights": np.ones(3)}, "one row per patient"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        cross_products(np.array([[1.0, 2.0], [3.0, 5.0]]), **change)


def test_a_covariate_measured_at_each_visit_enters_generalised_least_squares():
    """Against the normal equations written out patient by patient, and statsmodels' estimate."""
    from statsmodels.regression.mixed_linear_model import MixedLM

    data = trial().assign(dose=lambda d: np.sin(d["id"] * d["visit"]))
    made = fit_mmrm(
        data, score="y", patient="id", visit="visit", arm="arm", at_visits=["dose"],
        covariance="random_intercept", times={visit: float(visit) for visit in VISITS},
    )  # fmt: skip
    arms, visits = ("medication", "therapy"), range(2, 6)
    X = np.column_stack(
        [np.ones(len(data)), data["dose"], *(data["arm"] == arm for arm in arms),
         *(data["visit"] == visit for visit in visits),
         *((data["arm"] == arm) & (data["visit"] == visit) for arm in arms for visit in visits)]
    ).astype(float)  # fmt: skip
    y = data["y"].to_numpy()
    V = made.model.solution.covariance[0]
    information, right = np.zeros((X.shape[1], X.shape[1])), np.zeros(X.shape[1])
    for _, rows in data.reset_index(drop=True).groupby("id"):
        k, at = rows.index, rows["visit"].to_numpy() - 1
        inverse = np.linalg.inv(V[np.ix_(at, at)])
        information += X[k].T @ inverse @ X[k]
        right += X[k].T @ inverse @ y[k]
    row = made.estimates().coefficients().set_index("term").loc["dose"]
    assert row["estimate"] == pytest.approx(np.linalg.solve(information, right)[1], rel=1e-9)
    assert row["std_error"] == pytest.approx(np.sqrt(np.linalg.inv(information)[1, 1]), rel=1e-9)
    reference = MixedLM(y, X, data["id"].to_numpy()).fit(reml=True, gtol=1e-10)
    assert row["estimate"] == pytest.approx(reference.fe_params[1], rel=1e-5)


def test_small_cells_are_counted_by_pattern_and_indicator():
    """Pattern one: 30 patients, 2 of them with the indicator; pattern two: 20, 10 with it; three: 4."""
    scores = np.ones((54, 2))
    scores[30:50, 1] = np.nan
    scores[50:, 0] = np.nan
    indicator = np.r_[np.ones(2), np.zeros(28), np.ones(10), np.zeros(10), np.ones(2), np.zeros(2)]
    made = cross_products(scores, np.column_stack([indicator, np.arange(54.0)]))
    assert [made.n_small_cells(fewest) for fewest in (11, 10, 3, 2)] == [3, 2, 2, 0]


def test_nothing_is_kept_of_patients_without_scores_but_their_number():
    scores = np.array([[1.0, 2.0], [2.0, 3.0], [np.nan, np.nan]])
    made = cross_products(scores, np.array([[1.0], [2.0], [77.0]]))
    assert made.n_patients.sum() == 3
    assert "77" not in made.to_json()


def test_patients_of_unequal_weight_make_a_small_cell():
    """Weighted sums do not tell how many have an indicator."""
    scores, indicator = np.ones((40, 2)), np.r_[np.ones(20), np.zeros(20)][:, None]
    even = cross_products(scores, indicator, weights=np.full(40, 2.5))
    uneven = cross_products(scores, indicator, weights=np.r_[0.1, np.full(39, 3.0)])
    assert (even.n_small_cells(10), uneven.n_small_cells(10)) == (0, 1)


def test_sums_over_nobody_are_empty():
    made = cross_products(np.empty((0, 2)), np.empty((0, 1)))
    assert made.n_scores.tolist() == [0, 0]
