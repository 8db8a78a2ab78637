"""Survival at named days and the differences between arms: rows, closed forms, and where they end."""

from __future__ import annotations

import math

import numpy as np
import pytest
from pydantic import ValidationError
from scipy import special
from survival_rows import CLOSED_RTOL, assert_contract, make_frame, plan, row_of, rows_of, simulate, with_data

from outcomes.config.survival import KaplanMeierAnalysis
from outcomes.models.counting import Sample
from outcomes.models.curve import kaplan_meier
from outcomes.models.kaplan_meier import fit_kaplan_meier

Z = 1.959963984540054


def at(fit, quantity, day, arm, comparator=None):
    found = [
        row for row in rows_of(fit, quantity)
        if (row.get("arm"), row.get("comparator"), row["time"]) == (arm, comparator, day)
    ]  # fmt: skip
    assert len(found) == 1
    return found[0]


def test_every_curve_has_a_row_at_each_named_day_and_every_contrast_a_difference():
    fit = fit_kaplan_meier(simulate(), plan(KaplanMeierAnalysis, at_days=(90, 200.5)))
    assert_contract(fit)
    for day in (90, 200.5):
        levels = {
            arm: at(fit, "survival_probability", day, arm) for arm in ("medication", "therapy", "combined")
        }
        for arm, comparator in (
            ("therapy", "medication"),
            ("combined", "medication"),
            ("combined", "therapy"),
        ):
            row = at(fit, "survival_difference", day, arm, comparator)
            one, two = levels[arm], levels[comparator]
            assert row["status"] == "ok"
            assert row["estimate"] == pytest.approx(one["estimate"] - two["estimate"], rel=CLOSED_RTOL)
            assert row["std_error"] == pytest.approx(
                math.hypot(one["std_error"], two["std_error"]), rel=1e-12
            )
            assert row["n_at_risk"] == one["n_at_risk"] + two["n_at_risk"]
    assert len(rows_of(fit, "survival_difference")) == 6


def test_without_named_days_rows_are_those_of_before():
    frame = simulate()
    plain = fit_kaplan_meier(frame, plan(KaplanMeierAnalysis))
    named = fit_kaplan_meier(frame, plan(KaplanMeierAnalysis, at_days=(90.5,)))
    assert "survival_difference" not in {row["quantity"] for row in plain.rows}
    extra = [row for row in named.rows if row.get("time") != 90.5]
    assert extra == list(plain.rows)


def test_a_difference_by_hand():
    """Medication 6 of 10 and therapy 9 of 12 free on day 30, no censoring: all parts from two binomials.

    Test: difference of log(-log S) over its error, s^2 = d / (n (n - d)) (Klein et al. 2007); limits: from
    the arms' own log-log limits (Zou & Donner 2008).
    """
    time = [*range(1, 5), *[40] * 6, *range(1, 4), *[40] * 9]
    observed = [1] * 4 + [0] * 6 + [1] * 3 + [0] * 9
    frame = make_frame(time, observed, ["medication"] * 10 + ["therapy"] * 12)
    fit = fit_kaplan_meier(
        frame, plan(KaplanMeierAnalysis, at_days=(30,), contrasts=(("therapy", "medication"),))
    )
    row = at(fit, "survival_difference", 30, "therapy", "medication")
    s = np.array([9 / 12, 6 / 10])
    spread = np.sqrt([3 / (12 * 9), 4 / (10 * 6)])
    assert row["estimate"] == pytest.approx(0.15, rel=1e-12)
    assert row["std_error"] == pytest.approx(np.hypot(*(s * spread)), rel=1e-12)
    change = np.log(np.log(s[1]) / np.log(s[0]))
    z = change / np.hypot(*(spread / np.log(s)))
    assert row["statistic"] == pytest.approx(z, rel=1e-12)
    assert row["statistic"] > 0
    assert row["p_value"] == pytest.approx(2 * special.ndtr(-z), rel=1e-12)
    low, high = s ** np.exp(-Z * spread / np.log(s)), s ** np.exp(Z * spread / np.log(s))
    assert row["ci_low"] == pytest.approx(0.15 - np.hypot(s[0] - low[0], high[1] - s[1]), rel=1e-12)
    assert row["ci_high"] == pytest.approx(0.15 + np.hypot(high[0] - s[0], s[1] - low[1]), rel=1e-12)
    assert (row["n_patients"], row["n_events"], row["n_at_risk"]) == (22, 7, 15)


def test_swapping_arm_and_comparator_negates_the_difference():
    one, two = (("combined", "therapy"), ("therapy", "combined"))
    fit = fit_kaplan_meier(simulate(), plan(KaplanMeierAnalysis, at_days=(120,), contrasts=(one, two)))
    here, there = (row_of(fit, "survival_difference", *pair) for pair in (one, two))
    for key, turned in (("estimate", "estimate"), ("ci_low", "ci_high"), ("statistic", "statistic")):
        assert here[key] == pytest.approx(-there[turned], rel=1e-12)
    assert here["p_value"] == there["p_value"]


def test_a_day_beyond_an_arms_follow_up_is_refused_there_and_nowhere_else():
    arm = ["medication"] * 3 + ["therapy"] * 3 + ["combined"] * 3
    frame = make_frame([10, 60, 90, 20, 30, 182, 5, 50, 200], [1, 1, 0, 1, 0, 0, 1, 1, 0], arm)
    fit = fit_kaplan_meier(frame, plan(KaplanMeierAnalysis, at_days=(120,)))
    assert_contract(fit)
    row = at(fit, "survival_probability", 120, "medication")
    assert row["status"] == "not_estimable"
    assert row["message"] == "day 120 lies beyond the follow-up of arm medication (90 days)"
    row = at(fit, "survival_difference", 120, "combined", "medication")
    assert row["message"] == "day 120 lies beyond the follow-up of arm medication (90 days)"
    assert at(fit, "survival_difference", 120, "combined", "therapy")["status"] == "ok"


def test_an_arm_without_events_by_the_day_gives_a_difference_without_a_test():
    arm = ["medication"] * 3 + ["therapy"] * 4
    frame = make_frame([10, 60, 90, 90, 90, 90, 90], [1, 1, 0, 1, 0, 0, 0], arm)
    pair = (("therapy", "medication"),)
    fit = fit_kaplan_meier(frame, plan(KaplanMeierAnalysis, at_days=(5, 60), contrasts=pair))
    assert_contract(fit)
    row = at(fit, "survival_probability", 5, "medication")
    assert (row["status"], row["estimate"]) == ("boundary", 1)
    assert row["message"] == "no event in this arm by day 5: the interval has no width"
    early = at(fit, "survival_difference", 5, "therapy", "medication")
    assert early["status"] == "not_estimable"
    assert early["message"].startswith(
        "no event in arm therapy by day 5; no event in arm medication by day 5"
    )
    late = at(fit, "survival_difference", 60, "therapy", "medication")
    assert late["status"] == "boundary"
    assert late["message"].startswith("no event in arm therapy by day 60")
    assert "p_value" not in late
    assert late["estimate"] == pytest.approx(2 / 3, rel=1e-12)


def test_a_curve_that_has_reached_zero_is_zero_at_later_days():
    frame = make_frame([1, 2, 3, 9, 9, 5], [1, 1, 1, 0, 0, 1], ["medication"] * 3 + ["therapy"] * 3)
    pair = (("therapy", "medication"),)
    fit = fit_kaplan_meier(frame, plan(KaplanMeierAnalysis, at_days=(7,), contrasts=pair))
    assert_contract(fit)
    row = at(fit, "survival_probability", 7, "medication")
    assert (row["estimate"], row["status"], row["n_at_risk"]) == (0, "boundary", 0)
    row = at(fit, "survival_difference", 7, "therapy", "medication")
    assert (row["status"], row["estimate"]) == ("boundary", pytest.approx(2 / 3))
    assert row["message"].startswith("nobody is event-free in arm medication by day 7")


def test_an_absent_arm_has_rows_that_say_so_at_each_day():
    frame = simulate()
    data = frame.data[frame.data["arm"] != "therapy"]
    fit = fit_kaplan_meier(with_data(frame, data), plan(KaplanMeierAnalysis, at_days=(90,)))
    assert_contract(fit)
    row = at(fit, "survival_difference", 90, "therapy", "medication")
    assert row["message"] == "no patients with follow-up in arm therapy"


@pytest.mark.parametrize("days", [(0,), (-5,), (90, 90), (90, 30)])
def test_days_are_above_0_and_rising(days):
    with pytest.raises(ValidationError):
        plan(KaplanMeierAnalysis, at_days=days)


def test_a_late_entry_is_at_risk_after_its_day():
    """Three patients, one from day 4 on: at the event of day 4 two are at risk, at that of day 6 also two."""
    sample = Sample(np.array([4.0, 6, 8]), np.array([1, 1, 0], bool), np.array([0.0, 0, 4]))
    curve = kaplan_meier(sample)
    assert sample.at_risk([4, 5, 6]).tolist() == [2, 2, 2]
    np.testing.assert_allclose(curve.survival, [1 / 2, 1 / 4], rtol=CLOSED_RTOL)
