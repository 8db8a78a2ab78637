"""What curves, log-rank tests and restricted means refuse, in which words, and what still stands."""

from __future__ import annotations

import numpy as np
import pytest
from survival_rows import assert_contract, make_frame, plan, row_of, rows_of, simulate, with_data

from outcomes.config.survival import KaplanMeierAnalysis, LogRankAnalysis, RmstAnalysis
from outcomes.models.kaplan_meier import fit_kaplan_meier
from outcomes.models.log_rank import fit_log_rank
from outcomes.models.rmst import fit_rmst

FITS = [
    (fit_kaplan_meier, plan(KaplanMeierAnalysis, at_days=(90,))),
    (fit_log_rank, plan(LogRankAnalysis, strata=("site",))),
    (fit_log_rank, plan(LogRankAnalysis, weights="max_combo")),
    (fit_rmst, plan(RmstAnalysis, horizon_days=200, horizons_days=(90,))),
    (fit_rmst, plan(RmstAnalysis, horizon_days=200, covariates=("age",))),
]
CONTRASTS = ("survival_difference", "log_rank_chi_square", "max_combo", "rmst_difference", "rmst_ratio")
SPOILT = [
    ({0: np.nan}, "of 150 times to the event 1 missing:"),
    ({0: -3.0, 1: -1.0}, "of 150 times to the event 2 negative:"),
    ({0: 0.0}, "of 150 times to the event 1 zero:"),
    ({0: np.inf, 1: np.nan, 2: -1.0}, "of 150 times to the event 1 missing, 1 infinite, 1 negative:"),
]


@pytest.mark.parametrize(("spoilt", "words"), SPOILT)
@pytest.mark.parametrize(("fit_model", "analysis"), FITS)
def test_times_that_cannot_be_are_counted_and_no_number_is_given(fit_model, analysis, spoilt, words):
    """In every row that would have been there, with what to do; never a value or a patient."""
    frame = simulate()
    data = frame.data.copy()
    for place, value in spoilt.items():
        data.loc[place, "time_days"] = value
    fit = fit_model(with_data(frame, data), analysis)
    assert_contract(fit)
    assert {row["status"] for row in fit.rows} == {"not_estimable"}
    (message,) = {row["message"] for row in fit.rows}
    assert message.startswith(words)
    assert "zero_time, negative_time" in message
    whole = fit_model(frame, analysis)
    places = {
        (row["quantity"], row.get("arm"), row.get("comparator"), row.get("term")) for row in fit.rows
    }  # fmt: skip
    expected = {
        (row["quantity"], row.get("arm"), row.get("comparator"), row.get("term")) for row in whole.rows
        if row["quantity"] != "number_at_risk"
    }  # fmt: skip
    assert places == expected


@pytest.mark.parametrize(("fit_model", "analysis"), FITS)
def test_no_event_at_all_leaves_no_test_and_no_difference(fit_model, analysis):
    frame = simulate()
    fit = fit_model(with_data(frame, frame.data.assign(observed=False)), analysis)
    assert_contract(fit)
    compared = [row for row in fit.rows if row["quantity"] in CONTRASTS]
    assert compared
    assert {row["status"] for row in compared} == {"not_estimable"}
    assert all("no event" in row["message"] for row in compared)


def test_no_event_at_all_still_leaves_curves_at_1_and_means_at_the_horizon():
    frame = simulate()
    silent = with_data(frame, frame.data.assign(observed=False))
    curves = fit_kaplan_meier(silent, plan(KaplanMeierAnalysis, at_days=(90,)))
    for row in rows_of(curves, "survival_probability"):
        assert row["estimate"] == 1
        assert row["time"] == 0 or (row["status"], row["message"]) == (
            "boundary", "no event in this arm: the interval has no width",
        )  # fmt: skip
    assert any(row["estimate"] > 0 for row in rows_of(curves, "number_at_risk"))
    for covariates in ((), ("age",)):
        means = fit_rmst(silent, plan(RmstAnalysis, horizon_days=200, covariates=covariates))
        assert [(row["status"], row["estimate"]) for row in rows_of(means, "rmst")] == [
            ("boundary", pytest.approx(200.0, rel=1e-12))
        ] * 3


def test_no_event_in_one_arm_still_leaves_the_test_against_another():
    """Nobody of combined relapses: the log-rank test needs no estimate of that arm's hazard."""
    frame = simulate()
    data = frame.data.assign(observed=frame.data["observed"] & (frame.data["arm"] != "combined"))
    tested = fit_log_rank(with_data(frame, data), plan(LogRankAnalysis))
    assert {row["status"] for row in tested.rows} == {"ok"}
    assert row_of(tested, "log_rank_chi_square", "combined", "therapy")["p_value"] < 0.01
    means = fit_rmst(with_data(frame, data), plan(RmstAnalysis, horizon_days=200))
    assert_contract(means)
    assert row_of(means, "rmst_ratio", "combined", "therapy")["status"] == "boundary"
    assert row_of(means, "rmst_ratio", "therapy", "medication")["status"] == "ok"


@pytest.mark.parametrize("covariates", [(), ("age",)])
def test_a_horizon_beyond_all_follow_up_is_refused_and_shorter_ones_stand(covariates):
    frame = simulate()
    # an arm's curve that has reached 0 is known for ever: the last of each arm is censored here
    last = frame.data.groupby("arm", observed=False)["time_days"].transform("max") == frame.data["time_days"]
    data = frame.data.assign(observed=frame.data["observed"] & ~last)
    analysis = plan(RmstAnalysis, horizon_days=1000, horizons_days=(90,), covariates=covariates)
    fit = fit_rmst(with_data(frame, data), analysis)
    assert_contract(fit)
    shortest = data.groupby("arm", observed=False)["time_days"].max().min()
    assert fit.warnings[0] == (
        "the RMST horizon of 1000 days lies beyond the follow-up of an arm: up to "
        f"{shortest:g} days every arm has a restricted mean"
    )
    for row in fit.rows:
        assert (row["status"] == "not_estimable") == (row["time"] == 1000)
        if row["time"] == 1000:
            assert "the horizon of 1000 days lies beyond the follow-up of arm" in row["message"]


def test_an_arm_whose_time_event_free_is_zero_has_no_ratio():
    """The mean of medication is adjusted to below 0 by a covariate that explains everything: no logarithm."""
    time = [1, 2, 3, 4, 40, 41, 42, 43]
    age = [0.0, 0.1, 0.2, 0.3, 8.0, 8.1, 8.2, 8.2]
    frame = make_frame(time, [1] * 8, ["medication"] * 4 + ["therapy"] * 4, age=age)
    pair = (("therapy", "medication"),)
    fit = fit_rmst(frame, plan(RmstAnalysis, horizon_days=43, covariates=("age",), contrasts=pair))
    assert_contract(fit)
    means = {row["arm"]: row["estimate"] for row in rows_of(fit, "rmst") if "estimate" in row}
    assert min(means.values()) < 0
    assert (
        row_of(fit, "rmst_ratio", "therapy", "medication")["message"]
        == "a ratio needs restricted means above 0"
    )
    assert row_of(fit, "rmst_difference", "therapy", "medication")["status"] == "ok"
