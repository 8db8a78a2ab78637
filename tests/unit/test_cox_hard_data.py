"""The Cox model on data that are rare but sound: in words or in numbers, never a crash."""

from __future__ import annotations

import numpy as np
import pytest
from cox_rows import simulate as simulate_arrays
from scipy.optimize import brentq
from survival_rows import ARMS, assert_contract, make_frame, plan, rows_of, simulate, with_data

from outcomes.config.survival import CoxAnalysis
from outcomes.models.cox import effect_over_time, fit_cox_model, predict_survival, proportionality_tests
from outcomes.models.proportional_hazards import fit_cox

SAME_RTOL = 1e-9  # the same sums of times that differ in their last digits


def cox(frame, **options):
    found = fit_cox(frame, plan(CoxAnalysis, **options))
    assert_contract(found)
    return found


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("transform", ["km", "rank", "log", "identity"])
def test_days_written_in_two_ways_as_other_units_are_tested_as_the_same_days(transform, late):
    """d / 7.1 and 3 d / 21.3 differ in their last digits: ties, numbers at risk and ranks must not."""
    data = simulate_arrays(5, n=300)
    day, entry = data.pop("time"), np.zeros(300)
    stratum = np.arange(300) % 3
    if late:
        entry = np.floor(day * 0.4)
    other = np.where(np.arange(300) % 2 == 0, day / 7.1, day * 3 / 21.3)
    assert np.unique(other).size > np.unique(day).size
    fits = [
        fit_cox_model(day, **data, stratum=stratum, entry=entry),
        fit_cox_model(other, **data, stratum=stratum, entry=entry / 7.1),
    ]
    days, others = ([test.statistic for test in proportionality_tests(fit, transform)] for fit in fits)
    np.testing.assert_allclose(others, days, rtol=SAME_RTOL)
    days, others = (effect_over_time(fit, "x1", "rank").log_hazard_ratio for fit in fits)
    np.testing.assert_allclose(others, days, rtol=SAME_RTOL)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_one_event_of_an_arm_in_a_registry_is_enough(seed):
    """Its score is of the size of rounding: sums over 15,000 events of the other arm, beside one of its own.

    Against the root of the score from counts by day, for Breslow's ties.
    """
    rng, n = np.random.default_rng(seed), 100_000
    arm = np.arange(n) % 2
    time = np.ceil(1000 * rng.exponential(size=n))
    observed = (rng.random(n) < 0.3) & (arm == 0)
    observed[1] = True
    fit = fit_cox_model(time, observed, arm[:, None], ties="breslow")
    assert fit.status == "ok"

    days = np.unique(time[observed])
    d = np.bincount(np.searchsorted(days, time[observed]))
    n0, n1 = ((arm == k).sum() - np.searchsorted(np.sort(time[arm == k]), days) for k in (0, 1))
    root = brentq(lambda b: 1 - (d * n1 * np.exp(b) / (n0 + n1 * np.exp(b))).sum(), -20, 0, xtol=1e-14)
    assert fit.coefficients[0] == pytest.approx(root, abs=1e-6 * fit.std_errors[0])  # newton.STILL


def test_a_smooth_is_refused_where_most_events_share_a_day():
    """Relapses found at a planned visit: two of the spline's knots, quantiles of the events, are that day."""
    rng = np.random.default_rng(1)
    time = np.where(rng.random(300) < 0.8, 28.0, np.ceil(rng.uniform(1, 200, 300)))
    observed = rng.random(300) < 0.8
    found = cox(make_frame(time, observed, np.array(ARMS)[np.arange(300) % 3]))
    rows = rows_of(found, "hazard_ratio_over_time")
    most = int((observed & (time == 28)).sum())
    assert {row["status"] for row in rows} == {"not_estimable"}
    assert {row["message"] for row in rows} == {
        f"{most} of {observed.sum()} events at one time: too many for a smooth of 4 degrees of freedom"
    }
    assert {row["status"] for row in rows_of(found, "hazard_ratio")} == {"ok"}
    fit = fit_cox_model(time, observed, rng.normal(size=(300, 1)))
    with pytest.raises(ValueError, match="too many for a smooth"):
        effect_over_time(fit, "x1")


def test_an_arm_that_a_covariate_all_but_determines_has_no_ratio_and_the_others_have():
    frame = simulate(300)
    arm = (frame.data["arm"] == ARMS[1]).to_numpy(float)
    almost = arm + 1e-4 * np.random.default_rng(1).normal(size=300)
    found = cox(with_data(frame, frame.data.assign(age=almost)), covariates=("age",))
    rows = {(row["arm"], row["comparator"]): row for row in rows_of(found, "hazard_ratio")}
    for pair, row in rows.items():
        if ARMS[1] in pair:
            assert row["status"] == "not_estimable"
            assert "beyond any number" in row["message"]
        else:
            assert row["status"] == "ok"


@pytest.mark.parametrize("value", [np.inf, -np.inf])
def test_an_infinite_covariate_is_counted(value):
    frame = simulate(300)
    age = frame.data["age"].where(frame.data.index != 3, value)
    found = cox(with_data(frame, frame.data.assign(age=age)), covariates=("age",))
    messages = {row["message"] for row in rows_of(found, "hazard_ratio")}
    assert messages == {"'age' is infinite in 1 of 300 patients"}


def test_an_adjusted_curve_that_has_fallen_to_0_says_so():
    """All of the first arm have the event in days, the others in years: its curve ends below any number."""
    rng = np.random.default_rng(3)
    arm = np.repeat(np.array(ARMS), 1000)
    mean = np.repeat([1.0, 700.0, 900.0], 1000)
    frame = make_frame(np.ceil(2 * rng.exponential(mean)) / 2, np.ones(3000), arm, age=rng.normal(size=3000))
    rows = rows_of(cox(frame, covariates=("age",)), "predicted_survival")
    last = {row["arm"]: row for row in rows}  # rows by rising day
    assert last[ARMS[0]]["status"] == "not_estimable"
    assert last[ARMS[0]]["message"] == "the curve is 0 but for rounding: it has no limits"
    assert last[ARMS[1]]["status"] == last[ARMS[2]]["status"] == "ok"


def test_an_adjusted_curve_of_one_day_has_one_row():
    """A site of one patient, who had the first event: no curve of all sites lasts longer."""
    frame = simulate(90)
    time = frame.data["time_days"].where(frame.data.index != 0, 0.5)
    observed = frame.data["observed"] | (frame.data.index == 0)
    site = np.where(frame.data.index == 0, "single", frame.data["site"].astype(str))
    alone = with_data(frame, frame.data.assign(time_days=time, observed=observed, site=site))
    rows = rows_of(cox(alone, strata=("site",)), "predicted_survival")
    assert [(row["arm"], row["time"], row["status"]) for row in rows] == [(arm, 0.5, "ok") for arm in ARMS]


def test_limits_of_a_predicted_curve_stay_between_0_and_1_however_wide():
    data = simulate_arrays(2)
    fit = fit_cox_model(**data)
    found = predict_survival(fit, [[60.0, 0.0], [-60.0, 0.0]], [5.0, 20.0])
    assert (found.low >= 0).all()
    assert (found.high <= 1).all()


def test_a_predicted_curve_lasts_while_somebody_is_followed():
    """As R's survfit: who enters after the last event is at risk, at no event."""
    data = simulate_arrays(4)
    end = float(data["time"].max())
    later = {
        "time": np.append(data["time"], end + 30),
        "observed": np.append(data["observed"], False),
        "covariates": np.vstack([data["covariates"], [0.0, 1.0]]),
    }
    fit = fit_cox_model(**later, entry=np.append(np.zeros(60), end + 10))
    found = predict_survival(fit, [[0.0, 0.0]], [end, end + 30, end + 31]).survival[:, 0]
    assert found[0] == found[1]
    assert np.isnan(found[2])
