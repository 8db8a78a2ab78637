"""The mixed model for repeated measures: hard data, each with its outcome."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from mmrm_trial import DATA, fit, plain, told, trial

from outcomes.models.mmrm import NotEstimableError


def test_a_singular_covariance_has_no_numbers():
    data = trial()
    second = data.query("visit == 2").set_index("id")["y"]
    data.loc[data["visit"] == 3, "y"] = data.loc[data["visit"] == 3, "id"].map(second)
    status, message = told(data)
    assert status == "not_converged"
    assert "the covariance between visits is singular" in message
    with pytest.raises(NotEstimableError, match="singular"):
        fit(data).estimates()


def test_one_patient_per_arm_is_not_estimable():
    data = trial()
    ones = data.groupby("arm")["id"].first()
    model = plain(data[data["id"].isin(ones)]).model
    assert model.status == "not_estimable"
    assert model.solution is None


def test_a_visit_observed_by_nobody_is_left_out_and_named():
    data = trial()
    expected = fit(data[data["visit"] != 3]).estimates().contrasts()
    data.loc[data["visit"] == 3, "y"] = np.nan
    made = fit(data)
    assert made.model.unseen_visits == ("3",)
    pd.testing.assert_frame_equal(made.estimates().contrasts(), expected, rtol=1e-9)


def test_a_visit_observed_by_one_arm_leaves_only_the_empty_cells_without_numbers():
    data = trial()
    data.loc[(data["visit"] == 3) & (data["arm"] != "therapy"), "y"] = np.nan
    made = fit(data)
    means = made.estimates().ls_means().set_index(["arm", "visit"])["estimate"]
    assert set(means.index[means.isna()]) == {("medication", "3"), ("combined", "3")}
    differences = made.estimates().contrasts().set_index("visit")["estimate"]
    assert differences["3"].isna().all()
    assert differences.drop("3").notna().all()
    row = np.array(made.model.design.names)[None, :] == "arm=combined:visit=3"
    with pytest.raises(NotEstimableError, match="empty cell"):
        made.estimates().inference.joint(row.astype(float))
    assert made.estimates().type_iii().set_index("term")["statistic"].isna()["arm"]


def test_scores_that_are_all_the_same_have_nothing_to_model():
    status, message = told(trial().assign(y=3.0))
    assert (status, message) == ("not_estimable", "all scores are the same: there is no variation to model")


def test_scores_that_are_all_the_same_at_one_visit_are_named():
    data = trial()
    data.loc[data["visit"] == 2, "y"] = 7.0
    status, message = told(data)
    assert status == "not_converged"
    assert "all scores are the same at visit 2" in message


def test_collinear_covariates_are_named():
    data = trial()
    data["age_twice"] = 2 * data["age"] + 1
    status, message = told(data, covariates=["base", "sex", "age", "age_twice"])
    assert status == "not_estimable"
    assert "'age_twice' is a combination of" in message
    assert "'age'" in message


def test_ten_visits_of_twelve_patients_are_just_enough_for_an_unstructured_covariance():
    rng = np.random.default_rng(0)
    data = pd.DataFrame({
        "id": np.repeat(range(12), 10), "visit": np.tile(range(10), 12), "arm": np.repeat(["a", "b"] * 6, 10),
        "y": (rng.normal(size=(12, 10)) + rng.normal(size=(12, 1))).ravel(),
    })  # fmt: skip
    call = {"covariates": [], "by_visit": [], "levels": {}}
    assert told(data, **call) == ("ok", None)
    fewer = data[data["id"] < 11]
    status, message = told(fewer, **call)
    assert status == "not_converged"
    assert "singular" in message


def test_the_chain_of_structures_is_walked_and_reported():
    data = trial()
    apart = data[
        ((data["visit"] < 3) & (data["id"] % 2 == 0)) | ((data["visit"] >= 3) & (data["id"] % 2 == 1))
    ]
    model = fit(apart, covariance=["unstructured", "heterogeneous_ar1"]).model
    assert model.status == "ok"
    assert model.structure == "heterogeneous_ar1"
    assert [attempt.structure for attempt in model.attempts] == ["unstructured", "heterogeneous_ar1"]
    assert "no patient has scores at both of the visits 3 and 1" in model.attempts[0].fault
    assert model.attempts[1].fault is None


def test_a_patient_without_scores_is_counted():
    data = trial()
    nobody = data.iloc[[0]].assign(id=9999, y=np.nan)
    made, expected = fit(pd.concat([data, nobody])), fit(data)
    assert (made.model.n_patients, made.model.n_without_scores) == (200, 1)
    pd.testing.assert_frame_equal(made.estimates().contrasts(), expected.estimates().contrasts())


def test_a_leverage_of_one_has_no_corrected_sandwich():
    data = trial()
    data["only"] = (data["id"] == data["id"].iloc[0]).astype(float)
    with pytest.raises(NotEstimableError, match="one patient alone"):
        fit(data, covariates=["base", "only"]).estimates(empirical="CR2")


@pytest.mark.parametrize("value", [0.1, 1 / 3, 2.2, 1e9 + 0.1, 0.0])
def test_the_same_score_everywhere_is_known_whatever_its_rounding(value):
    data = trial().assign(y=value)
    assert told(data, covariance=["unstructured", "ar1"]) == (
        "not_estimable", "all scores are the same: there is no variation to model"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "covariance", "summit"),
    [
        # nlme 3.1-162: gls(y ~ arm * v, correlation = corAR1(0.7, form = ~ as.integer(v) | id));
        # from 0.1 it ends at -88.0489142825
        ("two_summits_ar1", "ar1", -87.9373098447),
        # the REML likelihood written out patient by patient, by BFGS from 25 starts; another is at -203.88
        ("two_summits_toeplitz", "toeplitz", -200.503),
    ],
)
def test_the_higher_of_two_summits_is_found(name, covariance, summit):
    data = pd.read_csv(DATA / f"{name}.csv")
    made = plain(data, levels={}, covariance=covariance)
    assert made.model.solution.log_likelihood == pytest.approx(summit, abs=6e-4)


def test_a_covariance_that_is_none_where_nobody_has_all_visits_has_no_numbers():
    """Each patient misses a visit; the best symmetric matrix has an eigenvalue of -0.012."""
    data = pd.read_csv(DATA / "indefinite.csv")
    status, message = told(data, covariates=[], by_visit=[], levels={})
    assert status == "not_converged"
    assert "not positive definite where no patient has all visits" in message


def test_a_covariance_per_arm_where_an_arm_misses_a_visit_falls_back_to_one_variance():
    data = trial()
    data = data[~((data["arm"] == "combined") & (data["visit"] == 3))]
    model = plain(data, covariance=["unstructured", "compound_symmetry"], covariance_by="arm").model
    assert model.attempts[0].fault == "no scores at visit 3 in group combined"
    assert (model.status, model.structure) == ("ok", "compound_symmetry")


def test_an_empty_cell_stays_empty_beside_a_large_covariate():
    data = trial()
    data = data[~((data["arm"] == "combined") & (data["visit"] == 3))].assign(base=data["base"] + 1e9)
    means = fit(data).estimates().ls_means().set_index(["arm", "visit"])["estimate"]
    assert set(means.index[means.isna()]) == {("combined", "3")}


@pytest.mark.parametrize(
    "covariance", ["ar1", "compound_symmetry", "heterogeneous_toeplitz", "ante_dependence"]
)
def test_every_structure_over_one_visit_is_one_variance(covariance):
    data = trial().query("visit == 5")
    expected = fit(data, by_visit=[]).estimates().contrasts()
    made = fit(data, by_visit=[], covariance=covariance).estimates().contrasts()
    pd.testing.assert_frame_equal(made, expected)


def test_no_degrees_of_freedom_within_patients_leave_no_number():
    table = fit(trial().query("visit == 5"), by_visit=[]).estimates("between_within").coefficients()
    assert table.set_index("term")["estimate"].isna()["intercept"]
    assert table.set_index("term")["df"]["arm=combined"] == 139


def test_two_scores_on_one_day_are_counted():
    data = trial().assign(day=lambda d: 14 * d["visit"])
    patient = data["id"].value_counts().index[0]
    data.loc[data["id"] == patient, "day"] = 14
    status, message = told(data, covariance="spatial_exponential", day="day")
    assert (status, message) == (
        "not_estimable",
        "spatial exponential: 1 patients have two scores on one day",
    )


def test_the_summit_of_another_pattern_of_signs_is_found():
    """The best of 80 random starts is -209.7413; like signs everywhere end at -211.2120."""
    data = pd.read_csv(DATA / "two_summits_ante.csv")
    made = plain(data, levels={}, covariance="ante_dependence")
    assert made.model.solution.log_likelihood == pytest.approx(-209.7413, abs=6e-5)


@pytest.mark.parametrize("covariance", ["ar1", "heterogeneous_ar1", "toeplitz", "ante_dependence"])
def test_a_correlation_of_which_only_the_square_is_told_has_no_sign(covariance):
    """Arm combined has scores two visits apart only."""
    data = trial().query("visit <= 3")
    data = data[~((data["arm"] == "combined") & (data["visit"] == 2))]
    model = plain(data, covariance=covariance, covariance_by="arm").model
    assert model.status == "not_estimable"
    assert "group combined" in model.message
