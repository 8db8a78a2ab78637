"""The analysis of interval-censored events: its rows, its refusals, and the visit-date analysis beside it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from survival_rows import ARMS, TREATMENT, row_of, rows_of

from outcomes.config.interval import IntervalCensoredAnalysis
from outcomes.frames import AnalysisFrame
from outcomes.io import check, shape
from outcomes.models.interval.times import interval_times
from outcomes.models.interval.turnbull import turnbull
from outcomes.models.interval.weibull import fit_weibull
from outcomes.models.interval_censored import fit_interval_censored
from outcomes.tables import ESTIMATES

SAME_RTOL = 1e-10  # the same Newton steps on rows in another order
INF = np.inf
RELAPSE = {
    "title": "Above 10",
    "version": "1",
    "source": "made up",
    "starts_in": "remission",
    "relapse": {"at_least": 10, "source": "made up"},
}


def entry(**options):
    endpoint = {"kind": "interval_event", "measure": "phq9", "definition": RELAPSE, "state": "relapse"}
    return IntervalCensoredAnalysis(question="?", role="secondary", endpoint=endpoint, **options)


def make(left, right, arm, **covariates):
    left, right = np.asarray(left, float), np.asarray(right, float)
    seen = np.isfinite(right)
    data = pd.DataFrame(
        {
            "patient_id": [f"p{k:03d}" for k in range(left.size)],
            "arm": pd.Categorical(list(arm), categories=ARMS, ordered=True),
            "left_days": left,
            "right_days": right,
            "time_days": np.where(seen, right, left),
            "observed": seen,
            "reason": None,
            **covariates,
        }
    )
    return AnalysisFrame(data, TREATMENT, "relapse", "Relapse, PHQ-9", "days", True, labels={"age": "Age"})


def trial(n=240, ratios=(1.0, 1.0, 0.5), every=56, seed=3):
    """Exponential times with hazard ratios against the first arm, looked for every so many days in a year."""
    rng = np.random.default_rng(seed)
    arm = np.arange(n) % 3
    time = rng.exponential(200 / np.array(ratios)[arm])
    visits = every * np.arange(1, 365 // every + 1) + rng.integers(-1, 2, (n, 365 // every))
    left = np.where(visits < time[:, None], visits, 0).max(axis=1)
    right = np.where(visits >= time[:, None], visits, INF).min(axis=1)
    return make(left, right, np.array(ARMS)[arm], age=rng.normal(45, 10, n))


def with_data(frame, **columns):
    return replace(frame, data=frame.data.assign(**columns))


def checked(fit):
    rows = [
        {"cohort": "c", "analysis": "a", "endpoint": "e", "population": "p", "model": "m"} | r
        for r in fit.rows
    ]
    assert check(shape(pd.DataFrame(rows), ESTIMATES), ESTIMATES) == []
    return fit


def ratio(fit, quantity, arm, comparator, term=None):
    found = [
        row for row in rows_of(fit, quantity)
        if (row["arm"], row["comparator"], row.get("term")) == (arm, comparator, term)
    ]  # fmt: skip
    assert len(found) == 1
    return found[0]


def test_every_patient_is_counted_by_what_is_known_of_the_time():
    frame = make([0, 5, 7, 9, 3], [5, 9, INF, INF, 3], [ARMS[0]] * 5)
    fit = checked(fit_interval_censored(frame, entry()))
    known = {row["term"]: row["estimate"] for row in rows_of(fit, "count") if row["arm"] == ARMS[0]}
    assert known == {"exact day": 1, "left-censored": 1, "interval-censored": 1, "right-censored": 2}


def test_the_curve_stands_at_both_ends_of_every_fall_and_nowhere_between():
    frame = trial()
    fit = checked(fit_interval_censored(frame, entry()))
    first = frame.data[frame.data["arm"] == ARMS[0]]
    curve = turnbull(interval_times(first["left_days"], first["right_days"]))
    rows = {
        row["time"]: row["estimate"] for row in rows_of(fit, "survival_probability") if row["arm"] == ARMS[0]
    }
    ends = {0.0, *curve.left, *curve.right[np.isfinite(curve.right)]}
    assert set(rows) == ends
    low, high = curve.bounds(list(rows))
    np.testing.assert_allclose(list(rows.values()), low, atol=1e-12)
    np.testing.assert_allclose(low, high, atol=1e-12)
    assert "not defined" in fit.methods["Curves"]


def test_ratios_are_those_of_the_regression_on_arms_and_covariates():
    frame = trial()
    fit = checked(fit_interval_censored(frame, entry(covariates=["age"])))
    data = frame.data
    matrix = np.column_stack([data["arm"] == ARMS[1], data["arm"] == ARMS[2], data["age"]]).astype(float)
    model = fit_weibull(interval_times(data["left_days"], data["right_days"]), matrix, ("b", "c", "age"))
    row = ratio(fit, "hazard_ratio", ARMS[2], ARMS[0])
    assert row["estimate"] == pytest.approx(np.exp(-model.coefficients[2] / model.scale), rel=SAME_RTOL)
    row = ratio(fit, "time_ratio", ARMS[2], ARMS[1])
    difference = model.coefficients[2] - model.coefficients[1]
    assert row["estimate"] == pytest.approx(np.exp(difference), rel=SAME_RTOL)
    terms = [row["term"] for row in rows_of(fit, "coefficient")]
    assert terms == ["intercept", ARMS[1], ARMS[2], "age", "log_scale"]


def test_the_visit_date_makes_times_too_long_and_the_intervals_do_not():
    """Exponential times of mean 200 days in 3,000 patients, visits every 56 days: half are event-free at day
    139; the date of the visit adds about half of the 56 days."""
    frame = trial(n=3000, ratios=(1, 1, 1))
    intervals = fit_interval_censored(frame, entry(at_days=[200 * np.log(2)]))
    later = with_data(frame, left_days=frame.data["time_days"])
    dated = fit_interval_censored(later, entry(at_days=[200 * np.log(2)]))
    for arm in ARMS:
        one, other = (
            next(
                r
                for r in rows_of(fit, "predicted_survival")
                if (r["arm"], r["time"]) == (arm, 200 * np.log(2))
            )
            for fit in (intervals, dated)
        )
        assert one["estimate"] == pytest.approx(0.5, abs=0.04)
        assert other["ci_low"] > 0.5
        one, other = (
            ratio(fit, "hazard_ratio", ARMS[2], ARMS[0], term)["estimate"]
            for fit, term in ((intervals, "visit date"), (dated, None))
        )
        assert one == pytest.approx(other, rel=SAME_RTOL)


def test_curves_are_predicted_at_even_steps_and_at_the_days_asked_for():
    fit = checked(fit_interval_censored(trial(n=60), entry(at_days=[91, 182])))
    days = [row["time"] for row in rows_of(fit, "predicted_survival") if row["arm"] == ARMS[0]]
    assert {0, 91, 182} < set(days)
    assert days == sorted(days)
    assert len(set(np.diff([day for day in days if day not in (91, 182)]).round(9))) == 1


def test_swapping_a_contrast_inverts_its_ratios():
    forth = fit_interval_censored(trial(n=60), entry(contrasts=[(ARMS[2], ARMS[0])]))
    back = fit_interval_censored(trial(n=60), entry(contrasts=[(ARMS[0], ARMS[2])]))
    for quantity in ("hazard_ratio", "time_ratio"):
        one, other = ratio(forth, quantity, ARMS[2], ARMS[0]), ratio(back, quantity, ARMS[0], ARMS[2])
        assert one["estimate"] * other["estimate"] == pytest.approx(1, rel=SAME_RTOL)
        assert one["ci_low"] * other["ci_high"] == pytest.approx(1, rel=SAME_RTOL)
        assert one["p_value"] == pytest.approx(other["p_value"], rel=SAME_RTOL)


def test_the_order_of_rows_does_not_matter():
    frame = trial(n=60)
    turned = replace(frame, data=frame.data.iloc[::-1].reset_index(drop=True))
    assert fit_interval_censored(frame, entry()).rows == fit_interval_censored(turned, entry()).rows


def test_an_arm_without_events_is_left_out_by_name_and_the_others_compared():
    frame = trial()
    silent = frame.data["arm"] == ARMS[1]
    frame = with_data(frame, right_days=frame.data["right_days"].mask(silent, INF))
    frame = replace(frame, data=frame.data[~silent | (frame.data["left_days"] > 0)])
    fit = checked(fit_interval_censored(frame, entry()))
    assert ratio(fit, "hazard_ratio", ARMS[2], ARMS[0])["status"] == "ok"
    assert ratio(fit, "hazard_ratio", ARMS[2], ARMS[1])["message"] == f"no event in arm {ARMS[1]}"
    assert row_of(fit, "log_rank_chi_square", ARMS[2], ARMS[1])["status"] == "ok"
    assert {row["status"] for row in rows_of(fit, "survival_probability") if row["arm"] == ARMS[1]} == {
        "boundary"
    }
    assert fit.warnings[0] == f"arm {ARMS[1]} has no event and is left out of the Weibull model"


def left_of(arm):
    """Every patient of one arm has the event before the first visit."""
    data = trial().data
    inside = data["arm"] == arm
    return {"left_days": data["left_days"].mask(inside, 0), "right_days": data["right_days"].mask(inside, 49)}


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        ({"right_days": INF}, "no event in any arm"),
        (
            {"right_days": [20.0] * 4 + [INF] * 236, "left_days": 10.0},
            "4 events in all arms together: fewer than 5",
        ),
        ({"left_days": np.nan}, "left or right is missing (NaN) in 240 of 240 rows"),
        ({"left_days": -1.0}, "left is negative in 240 of 240 rows"),
        ({"left_days": 400.0, "right_days": 300.0}, "left lies after right in 240 of 240 rows"),
        ({"age": 45.0}, "'age' does not vary among the patients"),
        (left_of(ARMS[2]), f"the coefficient of '{ARMS[2]}' runs to infinity (separation)"),
    ],
)
def test_refusals_say_why_and_carry_no_numbers(columns, told):
    fit = checked(fit_interval_censored(with_data(trial(), **columns), entry(covariates=["age"])))
    rows = [*rows_of(fit, "hazard_ratio"), *rows_of(fit, "time_ratio")]
    of_intervals = [row for row in rows if row.get("term") is None]
    assert {row["status"] for row in of_intervals} == {"not_estimable"}
    assert all(told in row["message"] for row in of_intervals)


def test_curves_and_the_test_stand_where_no_regression_can():
    fit = checked(fit_interval_censored(with_data(trial(), **left_of(ARMS[2])), entry()))
    assert {row["status"] for row in rows_of(fit, "survival_probability")} == {"ok"}
    assert row_of(fit, "log_rank_chi_square", ARMS[2], ARMS[0])["p_value"] < 1e-6


def test_a_model_that_does_not_fit_is_said_and_its_distance_from_turnbull_always():
    """Half have the event within a day or two, the others never: no Weibull curve falls and then stays."""
    n = 300
    arm = np.array(ARMS)[np.arange(n) % 3]
    cured = np.arange(n) // 3 % 2 == 0
    day = 40.0 + np.arange(n) % 7
    split = make(np.where(cured, 360, day), np.where(cured, INF, day + 2), arm)
    fits = fit_interval_censored(split, entry()), fit_interval_censored(trial(), entry())
    said = [any("does not fit" in text for text in fit.warnings) for fit in fits]
    assert said == [True, False]
    assert all("Distance of the model's curves from Turnbull's" in fit.methods for fit in fits)


def test_few_events_for_the_coefficients_are_said():
    frame = trial(n=24)
    assert any("fewer than 10 each" in text for text in fit_interval_censored(frame, entry()).warnings)
