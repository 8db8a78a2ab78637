"""The mixed model: closed form, identities, and what happens when the data cannot answer."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from score_frame import (
    SCHEDULE,
    SEXES,
    assert_all_fail,
    assert_contract,
    edited,
    make_analysis,
    make_frame,
    rows_of,
)
from statsmodels.regression.linear_model import OLS

from outcomes.frames import Exclusion
from outcomes.models.repeated import fit_mixed

EXACT = 1e-8  # both sides are sums of a few hundred products


def test_balanced_data_give_the_anova_estimator():
    """Random intercept, complete data, arm x visit cells, no covariate.

    REML equals the ANOVA estimator (Searle, Casella & McCulloch 1992, Variance Components, ch. 4):
    s2 = MSE within, s2_intercept = (MS between patients in arms - MSE) / visits; a marginal mean is
    the cell's mean with variance (s2 + s2_intercept) / n.
    """
    n, m = 20, 3
    frame = make_frame(n)
    fit = fit_mixed(frame, make_analysis(adjust_for_baseline=False))

    after = frame.data[frame.data["time"] > 0]
    scores = after["score"].to_numpy().reshape(3, n, m)
    centred = scores - scores.mean(axis=1, keepdims=True)
    patient = centred.mean(axis=2, keepdims=True)
    within = ((centred - patient) ** 2).sum() / (3 * (n - 1) * (m - 1))
    between = m * (patient**2).sum() / (3 * (n - 1))
    intercept = (between - within) / m

    components = rows_of(fit, "variance_component").set_index("term")["estimate"]
    assert components["residual"] == pytest.approx(within, rel=EXACT)
    assert components["intercept"] == pytest.approx(intercept, rel=EXACT)
    means = rows_of(fit, "mean")
    assert means["estimate"].to_numpy() == pytest.approx(scores.mean(axis=1).reshape(-1), rel=EXACT)
    assert means["std_error"].to_numpy() == pytest.approx(math.sqrt((within + intercept) / n), rel=EXACT)
    assert set(means["n_obs"]) == {n}
    assert_contract(fit)


def test_row_order_changes_nothing():
    frame = make_frame(missing=0.2)
    analysis = make_analysis(covariates=("sex",), random_effects="intercept_and_slope")
    shuffled = edited(frame, frame.data.sample(frac=1.0, random_state=3).reset_index(drop=True))
    assert fit_mixed(shuffled, analysis) == fit_mixed(frame, analysis)


def test_scaling_the_score_scales_the_differences():
    frame, c = make_frame(missing=0.2), 3.5
    scaled = edited(frame, frame.data.assign(score=c * frame.data["score"]))
    one, other = (rows_of(fit_mixed(f, make_analysis()), "mean_difference") for f in (frame, scaled))
    for column in ("estimate", "std_error", "ci_low", "ci_high"):
        assert other[column].to_numpy() == pytest.approx(c * one[column].to_numpy(), rel=EXACT)
    assert other["p_value"].to_numpy() == pytest.approx(one["p_value"].to_numpy(), rel=EXACT)


def test_the_unit_of_time_does_not_matter():
    frame = make_frame(sd_slope=0.3)
    days = dataclasses.replace(
        edited(frame, frame.data.assign(time=7.0 * frame.data["time"])),
        schedule={visit: 7.0 * time for visit, time in SCHEDULE.items()}, time_unit="day",
    )  # fmt: skip
    analysis = make_analysis(time="linear", random_effects="intercept_and_slope")
    one, other = (rows_of(fit_mixed(f, analysis), "mean_difference") for f in (frame, days))
    assert other["estimate"].to_numpy() == pytest.approx(one["estimate"].to_numpy(), rel=EXACT)
    assert other["time"].tolist() == [7.0 * t for t in one["time"]]


def test_swapping_arm_and_comparator_negates():
    frame = make_frame(missing=0.2)
    one = rows_of(fit_mixed(frame, make_analysis(contrasts=[["combined", "therapy"]])), "mean_difference")
    other = rows_of(fit_mixed(frame, make_analysis(contrasts=[["therapy", "combined"]])), "mean_difference")
    assert other["estimate"].tolist() == (-one["estimate"]).tolist()
    assert other["ci_low"].to_numpy() == pytest.approx(-one["ci_high"].to_numpy())
    assert other["p_value"].tolist() == one["p_value"].tolist()


def test_a_difference_is_the_difference_of_the_means():
    fit = fit_mixed(make_frame(missing=0.2), make_analysis(covariates=("sex",)))
    means = rows_of(fit, "mean").set_index(["arm", "time"])["estimate"]
    for _, row in rows_of(fit, "mean_difference").iterrows():
        expected = means[row["arm"], row["time"]] - means[row["comparator"], row["time"]]
        assert row["estimate"] == pytest.approx(expected)


def test_observed_means_include_the_baseline_and_are_plain():
    frame = make_frame(missing=0.3)
    rows = rows_of(fit_mixed(frame, make_analysis()), "observed_mean")
    assert len(rows) == 3 * 4
    for _, row in rows.iterrows():
        cell = frame.data[(frame.data["arm"] == row["arm"]) & (frame.data["time"] == row["time"])]["score"]
        assert row["estimate"] == pytest.approx(cell.mean())
        assert row["std_error"] == pytest.approx(cell.sem())
        assert row["n_obs"] == len(cell)


def test_coefficients_are_named_after_what_they_are():
    analysis = make_analysis(covariates=("sex",))
    names = rows_of(fit_mixed(make_frame(), analysis), "coefficient")["term"].tolist()
    assert names == [
        "intercept", "arm=therapy", "arm=combined", "visit=week_8", "visit=week_12", "baseline", "sex=male",
        "arm=therapy:visit=week_8", "arm=therapy:visit=week_12",
        "arm=combined:visit=week_8", "arm=combined:visit=week_12",
    ]  # fmt: skip
    analysis = make_analysis(predictors="components", time="linear")
    names = rows_of(fit_mixed(make_frame(), analysis), "coefficient")["term"].tolist()
    assert names == [
        "intercept",
        "medication",
        "therapy",
        "time",
        "baseline",
        "medication:time",
        "therapy:time",
    ]


def test_methods_say_what_was_run():
    methods = fit_mixed(
        make_frame(), make_analysis(covariates=("sex",), random_effects="intercept_and_slope")
    ).methods
    text = " ".join(methods.values())
    for word in ("random intercept and slope", "REML", "Satterthwaite", "statsmodels",
                 "60 patients, 180 scores", "baseline at its mean over the scores analysed",
                 "2 levels of sex weighted equally",
                 ):  # fmt: skip
        assert word in text


def test_no_variance_between_patients_is_a_boundary_and_ordinary_least_squares():
    """Residuals of one patient sum to zero, so the between-patient mean square is below the within one."""
    frame = make_frame(n := 20)
    after = frame.data["time"] > 0
    centred = frame.data["score"] - frame.data[after].groupby("patient_id")["score"].transform("mean")
    frame = edited(frame, frame.data.assign(score=centred.where(after, frame.data["score"])))
    fit = fit_mixed(frame, make_analysis(adjust_for_baseline=False))
    means = rows_of(fit, "mean")
    assert set(means["status"]) == {"boundary"}
    assert means["message"].str.contains("variance between patients is estimated as zero").all()
    assert rows_of(fit, "variance_component").set_index("term").loc["intercept", "estimate"] == 0.0
    scores = frame.data.loc[after, "score"].to_numpy().reshape(3, n, 3)
    residual = ((scores - scores.mean(axis=1, keepdims=True)) ** 2).sum() / (scores.size - 9)
    assert means["std_error"].to_numpy() == pytest.approx(math.sqrt(residual / n), rel=EXACT)
    assert_contract(fit)


def test_a_perfect_correlation_of_intercept_and_slope_is_a_boundary():
    """Patients' lines all cross at one point, so intercepts determine slopes."""
    frame = make_frame(30)
    after = frame.data["time"] > 0
    spread = (
        frame.data.groupby("patient_id")
        .ngroup()
        .map(dict(enumerate(np.random.default_rng(4).normal(0, 4, 90))))
    )
    noise = np.random.default_rng(6).normal(0, 1, len(frame.data))
    score = spread * (1 + 0.5 * frame.data["time"]) + noise
    frame = edited(frame, frame.data.assign(score=score.where(after, frame.data["score"])))
    analysis = make_analysis(random_effects="intercept_and_slope", adjust_for_baseline=False)
    fit = fit_mixed(frame, analysis)
    states = {row["status"] for row in fit.rows if row["quantity"] == "mean"}
    components = rows_of(fit, "variance_component").set_index("term")["estimate"]
    correlation = components["intercept:slope"] / math.sqrt(components["intercept"] * components["slope"])
    assert states == {"boundary"}
    assert correlation == pytest.approx(1.0, abs=EXACT)
    assert "estimated as +1" in fit.warnings[0]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda d: d[d["time"] == 0], "no patient has a score after baseline"),
        (lambda d: d[d["arm"] == "therapy"], "only one arm has scores after baseline (therapy)"),
        (lambda d: d.assign(score=7.0), "all scores are the same"),
        (lambda d: d[d.groupby("arm", observed=True)["patient_id"].rank("dense") <= 1], "too few"),
    ],
    ids=["no-scores", "one-arm", "constant", "few-patients"],
)  # fmt: skip
def test_what_cannot_be_estimated_says_why_in_every_row(change, reason):
    frame = make_frame(30)
    fit = fit_mixed(edited(frame, change(frame.data).reset_index(drop=True)), make_analysis())
    assert_all_fail(fit, "not_estimable", reason)
    assert any(reason in warning for warning in fit.warnings)


@pytest.mark.parametrize("random_effects", ["intercept", "intercept_and_slope"])
def test_one_visit_after_baseline_is_ancova(random_effects):
    """Least squares with its t distribution, by statsmodels' OLS on the same columns."""
    frame = make_frame()
    data = frame.data[frame.data["time"] <= 4.0].reset_index(drop=True)
    analysis = make_analysis(random_effects=random_effects)
    fit = fit_mixed(
        edited(dataclasses.replace(frame, schedule={"baseline": 0.0, "week_4": 4.0}), data), analysis
    )
    later = data[data["time"] > 0]
    columns = [later["arm"] == arm for arm in ("therapy", "combined")]
    ols = OLS(later["score"].to_numpy(), np.column_stack([np.ones(60), *columns, later["baseline"]])).fit()
    found = rows_of(fit, "mean_difference").set_index(["arm", "comparator"]).loc[("combined", "medication")]
    assert found["estimate"] == pytest.approx(ols.params[2], rel=EXACT)
    assert found["std_error"] == pytest.approx(ols.bse[2], rel=EXACT)
    assert found["df"] == ols.df_resid == 56
    assert found["p_value"] == pytest.approx(ols.pvalues[2], rel=EXACT)
    assert [row["term"] for row in fit.rows if row["quantity"] == "variance_component"] == ["residual"]
    assert "ANCOVA" in fit.methods["Model"]
    assert rows_of(fit, "log_likelihood")["term"].tolist() == ["reml"]
    assert_contract(fit)


def test_ancova_of_few_patients_needs_no_random_effects_parameters():
    frame = make_frame(3)
    data = frame.data[frame.data["time"] <= 4.0].reset_index(drop=True)
    short = dataclasses.replace(frame, schedule={"baseline": 0.0, "week_4": 4.0})
    kept = data[data["patient_id"].isin(sorted(set(data["patient_id"]))[:7])].reset_index(drop=True)
    fits = [
        fit_mixed(edited(short, kept), make_analysis(random_effects=r, method="ml"))
        for r in ("intercept", "intercept_and_slope")
    ]
    for fit in fits:
        assert {row["status"] for row in fit.rows if row["quantity"] == "coefficient"} == {"ok"}
        assert {row["df"] for row in fit.rows if row["quantity"] == "coefficient"} == {3.0}


def test_a_level_of_few_patients_is_named_in_a_warning():
    frame = make_frame()
    rare = frame.data["patient_id"] == "p0000"
    sex = frame.data["sex"].astype(str).mask(rare, "other")
    data = frame.data.assign(sex=pd.Categorical(sex, [*SEXES, "other"], ordered=True))
    fit = fit_mixed(edited(frame, data), make_analysis(covariates=["sex"]))
    assert any("levels of 'sex' with fewer than 5 patients: 1" in warning for warning in fit.warnings)


def test_an_additive_contrast_rests_on_every_arm():
    frame = make_frame()
    analysis = make_analysis(predictors="components", treatment_by_time=False)
    found = rows_of(fit_mixed(frame, analysis), "mean_difference")
    assert found["n_patients"].tolist() == [60] * 3
    by_visit = rows_of(fit_mixed(frame, make_analysis(predictors="components")), "mean_difference")
    assert set(by_visit["n_patients"]) == {60}


def test_completers_are_not_said_to_be_missing_at_random():
    fit = fit_mixed(make_frame(), make_analysis(population="completers"))
    assert "missing completely at random" in fit.methods["Missing scores"]


def test_nobody_left_says_who_was_left_out():
    frame = make_frame()
    data = frame.data[frame.data["time"] == 0].reset_index(drop=True)
    left_out = (Exclusion("therapy", "no baseline score", 3), Exclusion("combined", "no baseline score", 4))
    fit = fit_mixed(dataclasses.replace(edited(frame, data), exclusions=left_out), make_analysis())
    assert_all_fail(fit, "not_estimable", "every patient was left out: no baseline score (7)")
    assert fit.methods["Fit"].startswith("Not fitted")


def test_scores_that_the_design_fits_exactly_carry_no_numbers():
    frame = make_frame()
    data = frame.data
    data = data.assign(score=np.where(data["time"] > 0, data["baseline"] - data["time"], data["baseline"]))
    fit = fit_mixed(edited(frame, data), make_analysis())
    assert_all_fail(fit, "not_estimable", "fit every score exactly")


def test_scores_that_lie_on_one_line_per_patient_are_not_converged():
    """The residual variance is zero and the relative covariance has no finite optimum."""
    frame = make_frame()
    line = np.random.default_rng(2).normal(size=(2, 60))
    patient = frame.data.groupby("patient_id").ngroup().to_numpy()
    data = frame.data.assign(score=line[0, patient] + line[1, patient] * frame.data["time"])
    analysis = make_analysis(random_effects="intercept_and_slope", time="linear")
    assert_all_fail(fit_mixed(edited(frame, data), analysis), "not_converged", "is singular")


def test_an_arm_without_patients_fails_alone():
    frame = make_frame()
    fit = fit_mixed(edited(frame, frame.data[frame.data["arm"] != "therapy"]), make_analysis())
    for row in fit.rows:
        if row["quantity"] in ("mean", "mean_difference"):
            lost = "therapy" in (row["arm"], row["comparator"])
            assert row["status"] == ("not_estimable" if lost else "ok")
    assert_contract(fit)


def test_an_arm_without_scores_at_a_visit_fails_there_alone():
    frame = make_frame()
    empty = (frame.data["arm"] == "combined") & (frame.data["visit"] == "week_12")
    fit = fit_mixed(edited(frame, frame.data[~empty]), make_analysis())
    for row in fit.rows:
        if row["quantity"] in ("mean", "mean_difference"):
            lost = row["time"] == 12.0 and "combined" in (row["arm"], row["comparator"])
            assert row["status"] == ("not_estimable" if lost else "ok")
            assert not lost or "has no scores" in row["message"]


def test_a_visit_without_scores_fails_alone():
    frame = make_frame()
    fit = fit_mixed(edited(frame, frame.data[frame.data["visit"] != "week_8"]), make_analysis())
    for row in fit.rows:
        if row["quantity"] in ("mean", "mean_difference"):
            assert row["status"] == ("not_estimable" if row["time"] == 8.0 else "ok")


def test_random_slopes_need_more_than_two_fixed_times():
    """Two times give 3 (co)variances for the 4 of an intercept-and-slope model; three times give 6."""
    frame = make_frame()
    two = edited(frame, frame.data[frame.data["visit"] != "week_8"])
    slopes = make_analysis(random_effects="intercept_and_slope")
    assert_all_fail(fit_mixed(two, slopes), "not_estimable", "to tell its 4 parameters apart")
    assert {row["status"] for row in rows_of(fit_mixed(two, make_analysis()), "mean_difference").iloc} >= {
        "ok"
    }


def test_a_likelihood_that_the_engine_does_not_confirm_is_not_converged(monkeypatch):
    monkeypatch.setattr("outcomes.models.random_effects.engine_log_likelihood", lambda *_: -1.0)
    assert_all_fail(fit_mixed(make_frame(), make_analysis()), "not_converged", "two log-likelihoods disagree")


def test_a_maximum_that_is_nowhere_is_not_converged(monkeypatch):
    """Without a boundary that the likelihood falls away from, a negative variance is no answer."""
    monkeypatch.setattr("outcomes.models.random_effects._falls_inwards", lambda *_: False)
    frame = make_frame(20)
    after = frame.data["time"] > 0
    centred = frame.data["score"] - frame.data[after].groupby("patient_id")["score"].transform("mean")
    nearly = 0.9 * centred + 0.1 * frame.data["score"]
    alike = edited(frame, frame.data.assign(score=nearly.where(after, frame.data["score"])))
    fit = fit_mixed(alike, make_analysis(adjust_for_baseline=False))
    assert_all_fail(fit, "not_converged", "inside its range or on the boundary")


def test_a_negative_residual_variance_is_no_inside():
    """lme4 finds -49.790; two scores each, and a summit at a residual variance of -0.089 with -50.492."""
    raw = pd.read_csv(Path(__file__).parents[1] / "reference/data/negative_residual.csv")
    frame = make_frame(6)
    arms = dict(zip(sorted(raw["arm"].unique()), ("therapy", "combined"), strict=True))
    data = pd.DataFrame({
        "patient_id": raw["id"].astype("string"),
        "arm": pd.Categorical(raw["arm"].map(arms), frame.treatment.arms, ordered=True),
        "visit": pd.Categorical("v" + raw["time"].astype(str)), "time": raw["time"].astype(float),
        "baseline": raw["base"], "score": raw["y"],
    })  # fmt: skip
    schedule = {f"v{time}": float(time) for time in sorted(raw["time"].unique())}
    made = dataclasses.replace(edited(frame, data), schedule=schedule)
    fit = fit_mixed(made, make_analysis(random_effects="intercept_and_slope"))
    variances = rows_of(fit, "variance_component").set_index("term")["estimate"]
    (log_likelihood,) = rows_of(fit, "log_likelihood")["estimate"]
    assert variances["residual"] == pytest.approx(0.0425, abs=5e-4)
    assert log_likelihood == pytest.approx(-49.790, abs=5e-4)
