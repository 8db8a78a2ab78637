"""Survival models: the contract of their rows, closed forms and refusals of curves, log-rank and RMST."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from survival_rows import (
    CLOSED_RTOL,
    MODELS,
    assert_contract,
    make_frame,
    plan,
    row_of,
    rows_of,
    simulate,
    with_data,
)  # fmt: skip

from outcomes.config.survival import KaplanMeierAnalysis, LogRankAnalysis, RmstAnalysis
from outcomes.models.counting import Sample, event_table
from outcomes.models.cox import fit_cox_model
from outcomes.models.curve import kaplan_meier, median_time
from outcomes.models.kaplan_meier import fit_kaplan_meier, tick_days
from outcomes.models.log_rank import fit_log_rank
from outcomes.models.restricted_mean import restricted_mean
from outcomes.models.rmst import fit_rmst

# ---------- identities of every model


@pytest.mark.parametrize(("fit_model", "analysis"), MODELS)
def test_rows_fulfil_the_contract(fit_model, analysis):
    fit = fit_model(simulate(), analysis)
    assert {row["status"] for row in fit.rows} <= {"ok", "boundary"}
    assert_contract(fit)


@pytest.mark.parametrize(("fit_model", "analysis"), MODELS)
def test_row_order_does_not_matter(fit_model, analysis):
    frame = simulate()
    shuffled = with_data(frame, frame.data.sample(frac=1, random_state=3))
    assert fit_model(shuffled, analysis).rows == fit_model(frame, analysis).rows


@pytest.mark.parametrize(("fit_model", "analysis"), MODELS)
def test_an_absent_arm_is_named_and_the_other_contrast_stands(fit_model, analysis):
    frame = simulate()
    fit = fit_model(with_data(frame, frame.data[frame.data["arm"] != "therapy"]), analysis)
    assert_contract(fit)
    for row in fit.rows:
        if row["quantity"] == "number_at_risk":
            continue
        touched = "therapy" in (row.get("arm"), row.get("comparator"))
        assert (row["status"] == "not_estimable") == touched
        if touched:
            assert row["message"] == "no patients with follow-up in arm therapy"


@pytest.mark.parametrize(("fit_model", "analysis"), MODELS)
def test_nobody_at_all_gives_reasons_not_a_crash(fit_model, analysis):
    frame = simulate()
    fit = fit_model(with_data(frame, frame.data.iloc[:0]), analysis)
    assert_contract(fit)
    assert {row["status"] for row in fit.rows if row["quantity"] != "number_at_risk"} == {"not_estimable"}


# ---------- counting


def test_event_table_counts_a_censoring_at_an_event_time_as_at_risk():
    table = event_table(Sample(np.array([3.0, 1, 1, 6, 6, 6]), np.array([0, 1, 0, 1, 1, 0], bool)))
    assert table.time.tolist() == [1, 3, 6]
    assert table.at_risk.tolist() == [6, 4, 3]
    assert table.events.tolist() == [1, 0, 2]
    assert table.censored.tolist() == [1, 1, 1]
    assert table.at_events().time.tolist() == [1, 6]


# ---------- Kaplan-Meier


def test_kaplan_meier_by_hand():
    """Six patients, events at 1, 3 and 6 (two), censored at 1 and 6: S = 5/6, 5/6 * 3/4, 5/8 * 1/3."""
    sample = Sample(np.array([1.0, 1, 3, 6, 6, 6]), np.array([1, 0, 1, 1, 1, 0], bool))
    curve = kaplan_meier(sample)
    np.testing.assert_allclose(curve.survival, [5 / 6, 5 / 8, 5 / 24], rtol=CLOSED_RTOL)
    greenwood = 1 / (6 * 5) + 1 / (4 * 3) + 2 / (3 * 1)
    assert curve.std_error[2] == pytest.approx(5 / 24 * math.sqrt(greenwood), rel=CLOSED_RTOL)
    z = 1.959963984540054
    theta, se = math.log(-math.log(5 / 24)), math.sqrt(greenwood) / abs(math.log(5 / 24))
    assert curve.low[2] == pytest.approx(math.exp(-math.exp(theta + z * se)), rel=CLOSED_RTOL)
    assert curve.high[2] == pytest.approx(math.exp(-math.exp(theta - z * se)), rel=CLOSED_RTOL)


def test_median_is_the_midpoint_where_the_curve_is_flat_at_one_half():
    time = np.array([1.0, 2, 5, 8])
    assert median_time(time, np.array([0.75, 0.5, 0.25, 0.0])) == 3.5
    assert median_time(time, np.array([0.75, 0.4, 0.25, 0.0])) == 2
    assert median_time(time[:2], np.array([0.75, 0.5])) == 2
    assert math.isinf(median_time(time[:1], np.array([0.75])))


def test_a_curve_that_reaches_zero_says_so_and_keeps_its_interval():
    time, arm = [1, 2, 3, 4, 9, 9], ["medication"] * 4 + ["therapy"] * 2
    fit = fit_kaplan_meier(make_frame(time, [1, 1, 1, 1, 0, 0], arm), plan(KaplanMeierAnalysis))
    assert_contract(fit)
    curve = [row for row in rows_of(fit, "survival_probability") if row["arm"] == "medication"]
    assert [row["status"] for row in curve] == ["ok"] * 4 + ["boundary"]
    assert (curve[-1]["estimate"], curve[-1]["ci_low"]) == (0, 0)
    assert curve[-1]["ci_high"] == curve[-2]["ci_high"]
    assert "std_error" not in curve[-1]


def test_the_curve_is_drawn_to_the_last_observed_time():
    fit = fit_kaplan_meier(
        make_frame([5, 40, 30, 30], [1, 0, 0, 0], ["medication"] * 2 + ["therapy"] * 2),
        plan(KaplanMeierAnalysis),
    )
    assert_contract(fit)
    ticks = {row["time"] for row in rows_of(fit, "number_at_risk")} - {0}
    repeated = [row for row in rows_of(fit, "survival_probability") if row["time"] in ticks]
    assert {(r["arm"], r["time"], r["estimate"], r["n_at_risk"]) for r in repeated} == {
        ("medication", t, 0.5, 1) for t in ticks if t < 40
    } | {("therapy", t, 1.0, 2) for t in ticks if t < 30}
    assert {r["status"] for r in repeated if r["arm"] == "therapy"} == {"boundary"}
    curve = [row for row in rows_of(fit, "survival_probability")[:-1] if row not in repeated]
    places = [(row["arm"], row["time"], row["n_at_risk"], row["n_events"]) for row in curve]
    assert places == [
        ("medication", 0, 2, 0), ("medication", 5, 2, 1), ("medication", 40, 1, 0),
        ("therapy", 0, 2, 0), ("therapy", 30, 2, 0),
    ]  # fmt: skip
    assert curve[4]["status"] == "boundary"
    assert math.isinf(row_of(fit, "median_survival", "therapy")["estimate"])


@pytest.mark.parametrize(
    ("longest", "expected"),
    [(182, 30), (84, 14), (365, 60), (1096, 200), (6, 1), (0.5, 0.1)],
)
def test_ticks_are_round_and_about_six(longest, expected):
    ticks = tick_days(longest)
    assert ticks[0] == 0
    assert ticks[1] == pytest.approx(expected)
    assert 4 <= len(ticks) <= 9
    assert ticks[-1] <= longest


def test_numbers_at_risk_stand_just_before_the_tick():
    analysis = plan(KaplanMeierAnalysis, at_risk_days=(0, 5, 6))
    fit = fit_kaplan_meier(make_frame([5, 5, 9], [1, 0, 1], ["medication"] * 3), analysis)
    rows = [row for row in rows_of(fit, "number_at_risk") if row["arm"] == "medication"]
    assert [row["estimate"] for row in rows] == [3, 3, 1]


# ---------- log-rank


def test_log_rank_is_the_score_test_of_cox_without_ties():
    """At b = 0 the Cox score is O - E and its information the hypergeometric variance."""
    frame = simulate()
    data = frame.data[frame.data["arm"] != "combined"].copy()
    data["time_days"] += np.arange(len(data)) / 1000  # no ties
    row = row_of(
        fit_log_rank(with_data(frame, data), plan(LogRankAnalysis)),
        "log_rank_chi_square", "therapy", "medication",
    )  # fmt: skip
    x = (data["arm"] == "therapy").to_numpy(float)[:, None]
    time, event = data["time_days"].to_numpy(), data["observed"].to_numpy()
    assert row["estimate"] == pytest.approx(fit_cox_model(time, event, x).score_test.statistic, rel=1e-10)


def test_log_rank_without_events_is_not_estimable():
    frame = simulate()
    fit = fit_log_rank(with_data(frame, frame.data.assign(observed=False)), plan(LogRankAnalysis))
    assert {row["message"] for row in fit.rows} == {"no event in these arms"}


def test_log_rank_of_arms_in_different_strata_is_not_estimable():
    site = pd.Categorical(["a", "a", "b", "b"])
    frame = make_frame([1, 2, 3, 4], [1, 1, 1, 1], ["medication"] * 2 + ["therapy"] * 2, site=site)
    row = fit_log_rank(frame, plan(LogRankAnalysis, strata=("site",))).rows[0]
    assert row["status"] == "not_estimable"
    assert "at risk together" in row["message"]


# ---------- RMST


def test_rmst_without_censoring_is_the_mean_of_the_shorter_of_time_and_horizon():
    """The variance is then that of the mean, with n in the denominator."""
    time = np.random.default_rng(1).exponential(100, 60)
    result = restricted_mean(Sample(time, np.ones(60, bool)), 120.0)
    capped = np.minimum(time, 120)
    assert result.mean == pytest.approx(capped.mean(), rel=CLOSED_RTOL)
    assert result.variance == pytest.approx(capped.var() / 60, rel=1e-10)


def test_the_default_horizon_is_the_shortest_arms_longest_follow_up():
    arm = ["medication"] * 3 + ["therapy"] * 3
    frame = make_frame([10, 60, 90, 20, 30, 182], [1, 1, 0, 1, 0, 0], arm)
    fit = fit_rmst(frame, plan(RmstAnalysis))
    assert fit.methods["Horizon"] == "90 days (the shortest arm's longest follow-up)"
    assert {row["time"] for row in fit.rows} == {90.0}


def test_a_horizon_beyond_an_arms_follow_up_is_refused_for_that_arm_only():
    arm = ["medication"] * 3 + ["therapy"] * 3 + ["combined"] * 3
    frame = make_frame([10, 60, 90, 20, 30, 182, 5, 50, 200], [1, 1, 0, 1, 0, 0, 1, 1, 0], arm)
    fit = fit_rmst(frame, plan(RmstAnalysis, horizon_days=180))
    assert_contract(fit)
    assert "beyond the follow-up of arm medication" in row_of(fit, "rmst", "medication")["message"]
    assert row_of(fit, "rmst_difference", "combined", "medication")["status"] == "not_estimable"
    assert row_of(fit, "rmst_difference", "combined", "therapy")["status"] == "ok"


def test_a_curve_at_zero_is_known_beyond_its_last_event():
    sample = Sample(np.array([10.0, 20.0]), np.ones(2, bool))
    assert restricted_mean(sample, 100.0).mean == 15


def test_rmst_without_events_has_no_standard_error_to_speak_of():
    arm = ["medication"] * 2 + ["therapy"] * 3
    fit = fit_rmst(make_frame([90, 90, 20, 30, 95], [0, 0, 1, 1, 0], arm), plan(RmstAnalysis))
    assert_contract(fit)
    row = row_of(fit, "rmst", "medication")
    assert (row["status"], row["estimate"]) == ("boundary", 90)
    assert row_of(fit, "rmst_difference", "therapy", "medication")["status"] == "boundary"


def test_rmst_differences_are_those_of_the_arms():
    fit = fit_rmst(simulate(), plan(RmstAnalysis))
    one, two = row_of(fit, "rmst", "combined"), row_of(fit, "rmst", "medication")
    row = row_of(fit, "rmst_difference", "combined", "medication")
    assert row["estimate"] == pytest.approx(one["estimate"] - two["estimate"], rel=CLOSED_RTOL)
    assert row["std_error"] == pytest.approx(math.hypot(one["std_error"], two["std_error"]), rel=CLOSED_RTOL)
