"""Every tutorial can be followed: it prints what it says, and another source gives the same numbers."""

from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tutorial_page import follow, quotations, words

TUTORIALS = Path(__file__).parents[2] / "docs/tutorials"
PAGES = sorted(page.stem for page in TUTORIALS.glob("*.md") if page.stem != "README")
ROUNDING_OF_R = {3: 5e-4, 7: 5e-8}
"""Half of the last digit of a number that R printed, by its decimals."""
EXACT = 1e-9
"""Two ways to the same least squares or mean differ by floating-point error only."""
NEWTON_RTOL = 1e-6
"""Two engines stop their Newton steps at different points."""
FTOL_OF_LIFELINES = 1e-14
"""At its default lifelines stops 2e-5 short of the hazard ratios at which it ends, here within 1e-7."""


@pytest.fixture
def followed(request, tmp_path):
    """The project that a page leads to; the page's outputs and quotations are checked on the way."""
    page = TUTORIALS / f"{request.param}.md"
    project, printed = follow(page, tmp_path)
    assert [block.real for block in printed if not block.alike] == []
    report = words(next(project.glob("results/*/release/report.html")))
    assert [sentence for sentence in quotations(page) if sentence not in report] == []
    return project


def page(name):
    return pytest.mark.parametrize("followed", [name], indirect=True)


def contrasts(project, analysis, quantity="mean_difference"):
    """Rows of an analysis that compare arms, by what they compare and when."""
    rows = pd.read_csv(next(project.glob("results/*/release/estimates.csv")))
    rows = rows[(rows["analysis"] == analysis) & (rows["quantity"] == quantity) & rows["comparator"].notna()]
    return rows.set_index(["arm", "comparator", "time"]).sort_index()


def least_squares(outcome, *columns):
    return np.linalg.lstsq(np.column_stack([np.ones(len(outcome)), *columns]), outcome, rcond=None)[0]


def least_squares_of_first(outcome, *columns):
    """Coefficient of the first column, its standard error and the degrees of freedom."""
    X = np.column_stack([*columns, np.ones(len(outcome))]).astype(float)
    found, squares = np.linalg.lstsq(X, outcome, rcond=None)[:2]
    df = len(X) - X.shape[1]
    return found[0], np.sqrt(np.linalg.inv(X.T @ X)[0, 0] * squares[0] / df), df


def assert_is_least_squares(row, found):
    assert row["estimate"] == pytest.approx(found[0], rel=EXACT)
    assert row["std_error"] == pytest.approx(found[1], rel=NEWTON_RTOL)
    assert row["df"] == pytest.approx(found[2], rel=NEWTON_RTOL)


@page("anorexia")
def test_anorexia(followed):
    """R, MASS: lm(Postwt ~ Prewt + Treat), control as reference, prints 4.097 and 8.660."""
    estimate = contrasts(followed, "wt_mmrm")["estimate"]
    assert estimate["cbt", "neither", 12] == pytest.approx(4.097, abs=ROUNDING_OF_R[3])
    assert estimate["family", "neither", 12] == pytest.approx(8.660, abs=ROUNDING_OF_R[3])
    raw = pd.read_csv(followed / "data/anorexia.csv")
    again = least_squares(raw["Postwt"], raw["Prewt"], raw["Treat"] == "CBT", raw["Treat"] == "FT")
    assert estimate["cbt", "neither", 12] == pytest.approx(again[2], rel=EXACT)
    assert estimate["family", "neither", 12] == pytest.approx(again[3], rel=EXACT)


@page("jobs")
def test_jobs(followed):
    """R: lm(depress2 ~ treat + econ_hard + sex + age, data = jobs).

    As printed at https://inductivestep.github.io/Random-bits-and-pieces/mediator_effects.nb.html.
    """
    row = contrasts(followed, "depression_mmrm_unadjusted").loc[("seminar", "booklet", 6)]
    assert row["estimate"] == pytest.approx(-0.0560093, abs=ROUNDING_OF_R[7])
    assert row["std_error"] == pytest.approx(0.0451637, abs=ROUNDING_OF_R[7])


@page("weight_loss")
def test_weight_loss(followed):
    """With nobody missing and nothing adjusted for, an LS mean is the plain mean of its cell.

    Under an unstructured covariance, standard errors are those of least squares on each month alone.
    """
    rows = contrasts(followed, "loss_mmrm").loc[("both", "diet")]
    raw = pd.read_csv(followed / "data/weight_loss.csv")
    means = raw.groupby("group")[["wl1", "wl2", "wl3"]].mean()
    apart = means.loc["DietEx"] - means.loc["Diet"]
    assert list(rows["estimate"]) == pytest.approx(list(apart), rel=EXACT)
    for month, column in ((1, "wl1"), (2, "wl2"), (3, "wl3")):
        alone = least_squares_of_first(raw[column], raw["group"] == "DietEx", raw["group"] == "Control")
        assert_is_least_squares(rows.loc[month], alone)
    over = contrasts(followed, "loss_mmrm", "mean_difference_over_visits").iloc[0]
    mean = raw[["wl1", "wl2", "wl3"]].mean(axis=1)
    alone = least_squares_of_first(mean, raw["group"] == "DietEx", raw["group"] == "Control")
    assert_is_least_squares(over, alone)


@page("epilepsy")
def test_epilepsy(followed):
    """With every patient at every visit and every effect by visit, each visit is least squares alone."""
    rows = contrasts(followed, "seizures_mmrm").loc[("progabide", "neither")]
    raw = pd.read_csv(followed / "data/epilepsy.csv")
    for period, week in ((1, 2), (2, 4), (3, 6), (4, 8)):
        seen = raw[raw["period"] == period]
        treated = seen["treatment"] == "Progabide"
        alone = least_squares_of_first(seen["seizure.rate"], treated, seen["base"], seen["age"])
        assert_is_least_squares(rows.loc[week], alone)


@page("breast_cancer")
def test_breast_cancer(followed):
    """Another engine: statsmodels, with Efron's handling of ties as R and lifelines have it."""
    from statsmodels.duration.hazard_regression import PHReg

    raw = pd.read_csv(followed / "data/gbsg2.csv")
    known = ["age", "tsize", "pnodes", "progrec", "estrec"]
    groups = pd.get_dummies(raw[["menostat", "tgrade"]], drop_first=True)
    alone = pd.DataFrame({"treated": raw["horTh"] == "yes"})
    adjusted = pd.concat([alone, raw[known], groups], axis=1)
    for analysis, columns in (("recurrence_cox", alone), ("recurrence_cox_adjusted", adjusted)):
        model = PHReg(raw["time"], columns.astype(float), status=raw["cens"], ties="efron")
        ratio = np.exp(model.fit().params[0])
        found = contrasts(followed, analysis, "hazard_ratio")["estimate"].to_list()
        assert found == pytest.approx([ratio], rel=NEWTON_RTOL)


def relapses(project, remission, relapse, visits_in_row):
    """Days from the first score of remission to relapse, by a plain loop; relapse lies in (left, right].

    `visits_in_row` scores of relapse in a row make one, dated at the last of them; an admission is one, too.
    """
    text = {"patient_id": str}
    patients = pd.read_csv(project / "data/relapse/patients.csv", dtype=text)
    scores = pd.read_csv(project / "data/relapse/course.csv", dtype=text).query("day > 0 and pars >= 0")
    first = pd.read_csv(project / "data/relapse/hospitalisation.csv", dtype=text)
    admitted = first[first["status"] == "hospitalisation"].set_index("patient_id")["day"]
    rows = []
    for patient, seen in scores.groupby("patient_id"):
        start = seen.loc[seen["pars"] <= remission, "day"].min()
        later = seen[seen["day"] > start]
        if later.empty:
            continue
        high = later["pars"] >= relapse
        found = later.loc[high.rolling(visits_in_row).sum() == visits_in_row, "day"].min()
        day = admitted.get(patient, np.nan)
        exact = day > start and not found < day
        right = day if exact else found if found > 0 else np.inf
        free = later.loc[~high & (later["day"] < right), "day"]
        left = day if exact else max(free.to_list(), default=start)
        time = right if right < np.inf else later["day"].max()
        rows.append((patient, time - start, right < np.inf, left - start, right - start))
    columns = ["patient_id", "time", "event", "left", "right"]
    return pd.DataFrame(rows, columns=columns).merge(patients[["patient_id", "arm"]])


@page("relapse")
def test_relapse(followed):
    """Other engines, on relapses from a plain loop: statsmodels with Efron's ties, and lifelines.

    A Weibull hazard is proportional to (t / exp(x b))^shape, so that a ratio of hazards is exp(-b)^shape.
    """
    from lifelines import KaplanMeierFitter, WeibullAFTFitter
    from lifelines.utils import restricted_mean_survival_time
    from statsmodels.duration.hazard_regression import PHReg

    others = ["medication", "therapy"]
    keys = ("remission.at_most", "relapse_or_recurrence.at_least", "relapse_or_recurrence.visits_in_row")
    ratios = contrasts(followed, "relapse_multiverse", "hazard_ratio").reset_index()
    ratios = ratios.set_index(["term", "comparator"])["estimate"]
    for points in product([8, 10], [13, 15], [1, 2]):
        times = relapses(followed, *points)
        arms = pd.get_dummies(times["arm"]).drop(columns="combined").astype(float)
        model = PHReg(times["time"], arms, status=times["event"], ties="efron")
        again = pd.Series(np.exp(-model.fit().params), arms.columns)
        term = "; ".join(f"{key}={point}" for key, point in zip(keys, points, strict=True))
        assert list(ratios[term][others]) == pytest.approx(list(again[others]), rel=NEWTON_RTOL)
    ratio = contrasts(followed, "relapse_cox", "hazard_ratio")["estimate"]
    assert list(ratio) == pytest.approx(list(ratios["declared"][others]), rel=EXACT)

    times = relapses(followed, 8, 13, 1)
    curves = {arm: KaplanMeierFitter().fit(of["time"], of["event"]) for arm, of in times.groupby("arm")}
    apart = contrasts(followed, "relapse_kaplan_meier", "survival_difference")["estimate"]
    longer = contrasts(followed, "relapse_cox", "rmst_difference")["estimate"]
    for arm in others:
        well = [curves[name].predict(730) for name in ("combined", arm)]
        days = [restricted_mean_survival_time(curves[name], t=1118) for name in ("combined", arm)]
        assert apart["combined", arm, 730] == pytest.approx(well[0] - well[1], rel=EXACT)
        assert longer["combined", arm, 1118] == pytest.approx(days[0] - days[1], rel=EXACT)

    arms = pd.get_dummies(times["arm"]).drop(columns="combined").astype(float)
    intervals, stop = arms.assign(left=times["left"], right=times["right"]), {"ftol": FTOL_OF_LIFELINES}
    weibull = WeibullAFTFitter().fit_interval_censoring(intervals, "left", "right", fit_options=stop).params_
    again = np.exp(weibull["lambda_"][others] * np.exp(weibull["rho_"]["Intercept"]))
    rows = contrasts(followed, "relapse_interval_censored", "hazard_ratio")
    found = rows.loc[rows["term"].isna(), "estimate"]
    assert list(found) == pytest.approx(list(again), rel=NEWTON_RTOL)


def test_every_tutorial_is_listed_and_followed():
    listed = (TUTORIALS / "README.md").read_text(encoding="utf-8")
    assert [name for name in PAGES if f"({name}.md)" not in listed] == []
    assert [name for name in PAGES if f"test_{name}" not in globals()] == []
