"""The plan's `mmrm`: its rows, what it falls back on, and what it says about itself."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError
from score_frame import SCHEDULE, assert_all_fail, assert_contract, edited, make_frame, make_mmrm, rows_of

from outcomes.config.plan import Covariance
from outcomes.models.mmrm import STRUCTURES, fit_mmrm
from outcomes.models.repeated import fit_mmrm_analysis


def fitted(frame, **changes):
    return fit_mmrm_analysis(frame, make_mmrm(**changes))


def in_python(frame, **changes):
    """The same model from the data frame."""
    rows = frame.data[frame.data["time"] > 0.0].astype({"arm": str, "visit": str})
    call = {"covariates": ["baseline"], "by_visit": ["baseline"], "visits": ["week_4", "week_8", "week_12"]}
    return fit_mmrm(
        rows, score="score", patient="patient_id", visit="visit", arm="arm",
        levels={"arm": list(frame.treatment.arms)}, **(call | changes),
    )  # fmt: skip


@pytest.mark.parametrize("df", ["satterthwaite", "kenward_roger", "kenward_roger_linear", "between_within"])
def test_means_and_contrasts_are_those_of_the_engine(df):
    frame = make_frame(missing=0.2)
    rows = rows_of(fitted(frame, df=df), "mean_difference").set_index(["arm", "comparator", "time"])
    table = in_python(frame).estimates(df).contrasts()
    assert len(rows) == len(table)
    for _, expected in table.iterrows():
        row = rows.loc[(expected["arm"], expected["comparator"], SCHEDULE[expected["visit"]])]
        for ours, theirs in (("estimate", "estimate"), ("std_error", "std_error"), ("df", "df"),
                             ("p_value", "p_value"), ("ci_low", "ci_low")):  # fmt: skip
            assert row[ours] == pytest.approx(expected[theirs], rel=1e-9)


def test_rows_keep_the_contract_and_say_what_they_rest_on():
    frame = make_frame(missing=0.2)
    fit = fitted(frame, covariates=("sex",), covariates_by_time=("sex",))
    assert_contract(fit)
    scored = frame.data[frame.data["time"] == 12.0]["arm"].value_counts()
    means = rows_of(fit, "mean").set_index(["arm", "time"])
    assert all(means.loc[(arm, 12.0), "n_patients"] == n for arm, n in scored.items())
    terms = rows_of(fit, "f_statistic")["term"].tolist()
    assert terms == ["arm", "visit", "baseline", "sex", "arm:visit", "baseline:visit", "sex:visit"]


def test_overall_differences_and_areas_are_sums_over_the_visits():
    fit = fitted(make_frame(missing=0.2))
    at = rows_of(fit, "mean_difference").pivot_table("estimate", ["arm", "comparator"], "time")
    overall = rows_of(fit, "mean_difference_over_visits").set_index(["arm", "comparator"])
    areas = rows_of(fit, "area_difference").set_index(["arm", "comparator"])
    for pair, row in at.iterrows():
        assert overall.loc[pair, "estimate"] == pytest.approx(row.mean())
        assert areas.loc[pair, "estimate"] == pytest.approx(np.trapezoid(row, row.index))
    assert set(areas["unit"]) == {"points \u00d7 weeks"}


def test_standardised_differences_are_those_of_the_engine():
    frame = make_frame(missing=0.2)
    rows = rows_of(fitted(frame), "standardised_mean_difference").set_index(["arm", "comparator", "time"])
    expected = (
        in_python(frame).estimates("kenward_roger_linear").standardised("combined", "therapy", "week_8")
    )
    row = rows.loc[("combined", "therapy", 8.0)]
    assert [row[key] for key in ("estimate", "std_error", "ci_low", "ci_high")] == pytest.approx(
        list(expected)
    )


def test_the_covariance_is_told_as_deviations_and_correlations():
    frame = make_frame(missing=0.1)
    fit = fitted(frame, covariance_by_arm=True, covariance=["unstructured"])
    V = in_python(frame, covariance_by="arm").model
    told = rows_of(fit, "model_standard_deviation").set_index(["arm", "term"])["estimate"]
    links = rows_of(fit, "model_correlation").set_index(["arm", "term"])["estimate"]
    for group, matrix in zip(V.groups, V.solution.covariance, strict=True):
        assert told[group, "week_8"] == pytest.approx(np.sqrt(matrix[1, 1]))
        assert links[group, "week_4:week_12"] == pytest.approx(
            matrix[2, 0] / np.sqrt(matrix[0, 0] * matrix[2, 2])
        )
    assert "one for each arm" in fit.methods["Covariance"]


def test_a_step_of_the_chain_is_told_in_methods_and_warnings():
    """Nobody has scores at both week 4 and week 8."""
    frame = make_frame()
    number = frame.data["patient_id"].str[1:].astype(int)
    lost = ((number % 2 == 0) & (frame.data["visit"] == "week_4")) | (
        (number % 2 == 1) & (frame.data["visit"] == "week_8")
    )
    fit = fitted(edited(frame, frame.data[~lost]))
    told = "no patient has scores at both of the visits week_8 and week_4"
    assert fit.methods["Covariance"].startswith(
        "Heterogeneous Toeplitz, the same in all arms, as pre-declared"
    )
    assert told in fit.methods["Covariance"]
    assert any(told in warning for warning in fit.warnings)
    assert set(rows_of(fit, "mean_difference")["status"]) == {"ok"}


def test_a_chain_that_ends_has_no_numbers_and_says_why():
    frame = make_frame()
    number = frame.data["patient_id"].str[1:].astype(int)
    one_each = edited(
        frame, frame.data[(frame.data["time"] == 0) | (number % 3 == frame.data["time"] / 4 - 1)]
    )
    fit = fitted(one_each, covariance=["unstructured"])
    assert_all_fail(fit, "not_estimable", "no patient has scores at two visits", standardised=9)


def test_one_visit_is_analysis_of_covariance():
    import statsmodels.formula.api as smf

    frame = make_frame()
    last = edited(frame, frame.data[frame.data["visit"].isin(["baseline", "week_12"])])
    fit = fitted(last)
    row = (
        rows_of(fit, "mean_difference")
        .set_index(["arm", "comparator", "time"])
        .loc[("combined", "therapy", 12.0)]
    )
    rows = last.data[last.data["time"] > 0].assign(arm=lambda d: d["arm"].astype(str))
    reference = smf.ols("score ~ C(arm, Treatment('therapy')) + baseline", rows).fit()
    assert row["p_value"] == pytest.approx(
        reference.pvalues["C(arm, Treatment('therapy'))[T.combined]"], rel=1e-6
    )
    assert row["df"] == pytest.approx(56.0)
    assert "Least squares" in fit.methods["Estimation"]


def test_an_arm_without_scores_at_a_visit_fails_there_alone():
    frame = make_frame()
    empty = (frame.data["arm"] == "combined") & (frame.data["visit"] == "week_8")
    fit = fitted(edited(frame, frame.data[~empty]))
    rows = rows_of(fit, "mean_difference").set_index(["arm", "comparator", "time"])["status"]
    assert rows["combined", "therapy", 8.0] == "not_estimable"
    assert rows["combined", "therapy", 12.0] == "ok"
    assert rows["therapy", "medication", 8.0] == "ok"
    overall = rows_of(fit, "mean_difference_over_visits").set_index(["arm", "comparator"])["status"]
    assert overall["combined", "therapy"] == "not_estimable"
    assert overall["therapy", "medication"] == "ok"
    assert_contract(fit)


def test_actual_days_are_needed_where_the_covariance_rests_on_them():
    frame = make_frame()
    days = frame.data["time"] * 7 + (frame.data.index % 5)
    with_days = edited(frame, frame.data.assign(day=days))
    fit = fitted(with_days, covariance=["spatial_exponential"])
    assert "exponential decay over actual days" in fit.methods["Covariance"].casefold()
    some = edited(frame, frame.data.assign(day=days.where(frame.data.index % 10 > 0)))
    lost = int((frame.data["time"].gt(0) & (frame.data.index % 10 == 0)).sum())
    assert_all_fail(
        fitted(some, covariance=["spatial_exponential"]),
        "not_estimable",
        f"{lost} scores have no actual day",
        standardised=9,
    )


def test_a_sandwich_keeps_the_estimates_and_is_named():
    frame = make_frame(missing=0.2)
    plain, robust = (
        fitted(frame, df="satterthwaite"),
        fitted(frame, df="satterthwaite", standard_errors="CR2"),
    )
    one, other = rows_of(plain, "mean_difference"), rows_of(robust, "mean_difference")
    pd.testing.assert_series_equal(one["estimate"], other["estimate"])
    expected = in_python(frame).estimates("satterthwaite", empirical="CR2").contrasts()
    assert sorted(other["std_error"]) == pytest.approx(sorted(expected["std_error"]))
    assert "bias-reduced" in robust.methods["Intervals and tests"]


def test_change_and_score_differ_by_a_constant_only_where_baseline_may_differ_by_visit():
    frame = make_frame(missing=0.2)
    change = edited(frame, frame.data.assign(score=frame.data["score"] - frame.data["baseline"]))
    one, other = (rows_of(fitted(f), "mean_difference") for f in (frame, change))
    assert other["estimate"].to_numpy() == pytest.approx(one["estimate"].to_numpy(), rel=1e-8)


def test_weights_and_observed_margins_are_those_of_the_engine():
    frame = make_frame(missing=0.2)
    number = frame.data["patient_id"].str[1:].astype(int)
    frame = edited(frame, frame.data.assign(weight=1.0 + number % 3))
    fit = fitted(frame, weights="weight", covariates=("sex",), margins="observed")
    engine = in_python(frame, weight="weight", covariates=["baseline", "sex"]).estimates(
        "kenward_roger_linear"
    )
    means = rows_of(fit, "mean").set_index(["arm", "time"])["estimate"]
    for _, row in engine.ls_means(margins="observed").iterrows():
        assert means[row["arm"], SCHEDULE[row["visit"]]] == pytest.approx(row["estimate"], rel=1e-9)
    assert "as observed" in fit.methods["Marginal means"]
    nothing = edited(frame, frame.data.assign(weight=np.where(number < 4, 0.0, 1.0)))
    assert_all_fail(
        fitted(nothing, weights="weight"),
        "not_estimable",
        "4 patients have a weight in weight that is not a number above zero",
        standardised=9,
    )


def test_the_plan_names_the_structures_of_the_engine_but_those_of_random_effects():
    own = {"independent", "random_intercept", "random_intercept_and_slope", "random_effects_in_one_direction"}
    assert set(get_args(Covariance)) == set(STRUCTURES) - own


def test_a_sample_too_small_for_a_joint_test_says_so_in_its_row():
    """Kenward and Roger's degrees of freedom are negative there."""
    fits = [fitted(make_frame(5, seed=seed, missing=0.45), df="kenward_roger") for seed in range(110, 125)]
    for fit in fits:
        assert_contract(fit)
    messages = {row.get("message") for fit in fits for row in fit.rows if row["quantity"] == "f_statistic"}
    assert "the sample is too small for this test" in messages


def test_a_structure_that_lacks_its_days_is_passed_over_with_a_warning():
    frame = make_frame()
    fit = fitted(edited(frame, frame.data.assign(day=np.nan)), covariance=["spatial_exponential", "ar1"])
    assert set(rows_of(fit, "mean_difference")["status"]) == {"ok"}
    assert any("scores have no actual day" in warning for warning in fit.warnings)


@pytest.mark.parametrize("covariance", ["ar1", "compound_symmetry", "heterogeneous_ar1"])
def test_one_visit_keeps_the_contract_under_every_structure(covariance):
    frame = make_frame()
    last = edited(frame, frame.data[frame.data["visit"].isin(["baseline", "week_12"])])
    for df in ("kenward_roger_linear", "between_within"):
        fit = fitted(last, covariance=[covariance], df=df)
        assert_contract(fit)
        differences = rows_of(fit, "mean_difference")
        assert set(differences.loc[differences["time"] == 12.0, "status"]) == {"ok"}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"method": "ml"}, "kenward_roger_linear is defined for method: reml"),
        ({"standard_errors": "CR0"}, "adjusts model-based standard errors"),
        ({"covariates_by_time": ["sex"]}, "sex not among covariates"),
        ({"covariance": []}, "at least 1 item"),
        ({"covariance": ["ar1", "ar1"]}, "stands more than once"),
    ],
)
def test_choices_that_do_not_go_together_are_refused(changes, message):
    with pytest.raises(ValidationError, match=message):
        make_mmrm(**changes)
