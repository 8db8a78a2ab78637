"""Kaplan-Meier: S_a(t) = prod over event times t_j <= t of (1 - d_j / n_j), in each arm a.

Estimator and Greenwood's variance: Kaplan & Meier 1958, J Am Stat Assoc 53:457. Intervals are symmetric on
the log(-log S) scale (Kalbfleisch & Prentice 1980, section 1.3), so they stay within 0 and 1. The median's
interval inverts that band (Brookmeyer & Crowley 1982, Biometrics 38:29).
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from outcomes.config.survival import KaplanMeierAnalysis
from outcomes.frames import AnalysisFrame
from outcomes.models.counting import (
    DAY,
    Sample,
    absent_arms,
    counts,
    known_until,
    samples_by_arm,
    unusable_times,
)
from outcomes.models.curve import Curve, kaplan_meier, median_time
from outcomes.models.fit import Fit, Row, contrast_pairs, failed_row, level
from outcomes.models.survival_difference import difference_row, point_at

METHODS = {
    "Model": "Kaplan-Meier estimate by arm",
    "Intervals": "pointwise, symmetric on the log(-log) scale, Greenwood variance",
    "Median": "first time with probability at most 0.5, the midpoint where the curve is flat at 0.5; "
    "interval from the pointwise limits",
}
DIFFERENCES = {
    "Differences at named days": "z test on the log(-log) scale (Klein et al. 2007); interval from the two "
    "arms' log(-log) limits (Zou and Donner 2008); standard error Greenwood's",
}
NO_EVENTS = "no event in this arm: the interval has no width"
REACHED_ZERO = "the curve has reached 0, where Greenwood's variance is undefined: upper limit carried forward"
STEPS = (1.0, 2.0, 2.5, 3.0, 5.0, 6.0)
ABOUT = 6


def tick_days(longest: float) -> tuple[float, ...]:
    """About six even steps of round length (days; also one or two weeks) from 0 to `longest`.

    Raises
    ------
    ValueError
        If `longest` is not positive.
    """
    if not longest > 0:
        raise ValueError("longest must be positive")
    power = math.floor(math.log10(longest / ABOUT))
    steps = sorted([7.0, 14.0, *(s * 10.0**p for p in (power, power + 1) for s in STEPS)])
    step = min(steps, key=lambda s: abs(longest / s - ABOUT))
    return tuple(float(step * k) for k in range(int(longest / step * (1 + 1e-12)) + 1))


def fit_kaplan_meier(frame: AnalysisFrame, analysis: KaplanMeierAnalysis) -> Fit:
    """Survival curve, numbers at risk and median of each arm.

    The curve has rows at time 0, at each event time and at the last observed time. Where it has
    reached 0, Greenwood's variance is 0 times infinity: that row is `boundary`, without a standard
    error, its limits are 0 and the upper limit of the event time before (the curve cannot rise).
    At each of `analysis.at_days` every curve has a row, even beyond its last observed time, where the
    row says that nothing is known; and each contrast has a row with the difference.
    """
    reason = unusable_times(frame)
    if reason is not None:
        return Fit(tuple(refused_rows(frame, analysis, reason)), METHODS)
    samples = samples_by_arm(frame)
    longest = max((float(s.time.max()) for s in samples.values() if s.n_patients), default=0.0)
    ticks = tuple(sorted(set(analysis.at_risk_days))) or (tick_days(longest) if longest else ())
    rows: list[Row] = []
    for arm, sample in samples.items():
        reason = absent_arms(samples, arm)
        if reason:
            place = {"arm": arm, "n_patients": 0, "n_events": 0}
            rows.append(failed_row("survival_probability", "not_estimable", reason, time=0.0, **DAY, **place))
            rows.append(failed_row("median_survival", "not_estimable", reason, **place))
        else:
            curve = kaplan_meier(sample, analysis.conf_level)
            known = curve_rows(curve, sample, arm, analysis.conf_level)
            days = tuple(sorted({*ticks, *analysis.at_days}))
            known += landmark_rows(known, sample, days) + beyond_rows(known, sample, arm, analysis.at_days)
            known = [without_width(row) if row["time"] in analysis.at_days else row for row in known]
            rows += sorted(known, key=lambda row: float(row["time"]))
            rows.append(median_row(curve, sample, arm, analysis.conf_level))
        rows += at_risk_rows(sample, arm, ticks)
    rows += difference_rows(frame, analysis, samples)
    return Fit(tuple(rows), METHODS | (DIFFERENCES if analysis.at_days else {}))


def difference_rows(
    frame: AnalysisFrame, analysis: KaplanMeierAnalysis, samples: Mapping[str, Sample]
) -> list[Row]:
    """Difference of the two curves of each contrast at each named day."""
    followed = {arm: sample for arm, sample in samples.items() if sample.n_patients}
    curves = {arm: kaplan_meier(sample, analysis.conf_level) for arm, sample in followed.items()}
    rows = []
    for day in analysis.at_days:
        points = {arm: point_at(curve, followed[arm], day) for arm, curve in curves.items()}
        for arm, comparator in contrast_pairs(analysis, frame):
            place = {"arm": arm, "comparator": comparator, "time": float(day), **DAY, "unit": "probability"}
            absent = absent_arms(samples, arm, comparator)
            if absent is not None:
                place |= counts(samples[arm], samples[comparator])
                rows.append(failed_row("survival_difference", "not_estimable", absent, **place))
            else:
                two = (arm, points[arm]), (comparator, points[comparator])
                rows.append(difference_row(*two, analysis.conf_level) | place)
    return rows


def refused_rows(frame: AnalysisFrame, analysis: KaplanMeierAnalysis, reason: str) -> list[Row]:
    """Rows that would stand here, without numbers."""
    rows = []
    for arm in frame.treatment.arms:
        for day in (0.0, *(float(day) for day in analysis.at_days if day > 0)):
            place = {"arm": arm, "time": day, **DAY}
            rows.append(failed_row("survival_probability", "not_estimable", reason, **place))
        rows.append(failed_row("median_survival", "not_estimable", reason, arm=arm))
    for day in analysis.at_days:
        for arm, comparator in contrast_pairs(analysis, frame):
            place = {"arm": arm, "comparator": comparator, "time": float(day), **DAY}
            rows.append(failed_row("survival_difference", "not_estimable", reason, **place))
    return rows


def curve_rows(curve: Curve, sample: Sample, arm: str, conf_level: float) -> list[Row]:
    """Rows of one curve: 0, the event times, and the last observed time if no event ends the curve."""
    common = {"arm": arm, "conf_level": conf_level, "unit": "probability", "scale": "identity",
              "n_patients": sample.n_patients, **DAY}  # fmt: skip
    start = {"estimate": 1.0, "ci_low": 1.0, "ci_high": 1.0, "std_error": 0.0, "n_events": 0}
    rows = [level("survival_probability", time=0.0, n_at_risk=sample.n_patients, **start, **common)]
    high = 1.0
    for k, time in enumerate(curve.time):
        columns = {"time": float(time), "estimate": float(curve.survival[k]),
                   "n_at_risk": int(curve.at_risk[k]), "n_events": int(curve.events[k])}  # fmt: skip
        if curve.survival[k] > 0:
            high = float(curve.high[k])
            columns |= {"ci_low": float(curve.low[k]), "std_error": float(curve.std_error[k])}
            rows.append(level("survival_probability", ci_high=high, **columns, **common))
        else:
            row = level("survival_probability", ci_low=0.0, ci_high=high, **columns, **common)
            rows.append(row | {"status": "boundary", "message": REACHED_ZERO})
    last = float(sample.time.max())
    if rows[-1]["time"] < last:
        end = {"time": last, "n_events": 0, "n_at_risk": int(sample.at_risk(last))}
        rows.append(rows[-1] | end)
        if sample.n_events == 0:
            rows[-1] |= {"status": "boundary", "message": NO_EVENTS}
    return rows


def landmark_rows(curve: list[Row], sample: Sample, ticks: tuple[float, ...]) -> list[Row]:
    """Repeat the curve's value at the ticks between its rows, up to the last observed time."""
    times = np.array([row["time"] for row in curve])
    rows = []
    for tick in ticks:
        if tick not in times and tick < times[-1]:
            before = curve[int(np.searchsorted(times, tick)) - 1]
            row = before | {"time": float(tick), "n_events": 0, "n_at_risk": int(sample.at_risk(tick))}
            without = {"status": "boundary", "message": NO_EVENTS} if sample.n_events == 0 else {}
            rows.append(row | without)
    return rows


def without_width(row: Row) -> Row:
    """Say of a row before the first event, whose interval is 1 to 1, that this is no certainty."""
    if row["status"] != "ok" or row["estimate"] < 1:
        return row
    what = f"no event in this arm by day {row['time']:g}: the interval has no width"
    return row | {"status": "boundary", "message": what}


def beyond_rows(curve: list[Row], sample: Sample, arm: str, days: tuple[float, ...]) -> list[Row]:
    """Rows at named days after the last observed time: 0 where the curve has reached 0, else unknown."""
    last, end = curve[-1], float(curve[-1]["time"])
    rows = []
    for day in (float(day) for day in days if day > end):
        if day <= known_until(sample):
            rows.append(last | {"time": day, "n_events": 0, "n_at_risk": 0})
        else:
            why = f"day {day:g} lies beyond the follow-up of arm {arm} ({end:g} days)"
            place = {"arm": arm, "time": day, "n_patients": sample.n_patients, **DAY}
            rows.append(failed_row("survival_probability", "not_estimable", why, **place))
    return rows


def median_row(curve: Curve, sample: Sample, arm: str, conf_level: float) -> Row:
    """Median with limits where the pointwise band crosses 0.5; inf where it is not reached.

    A lower limit that lies beyond the last event has no value: it stays null.
    """
    median = median_time(curve.time, curve.survival)
    low, high = median_time(curve.time, curve.low), median_time(curve.time, curve.high)
    row = level(
        "median_survival",
        arm=arm,
        estimate=median,
        ci_high=high,
        conf_level=conf_level,
        unit="days",
        **counts(sample),
    )
    if math.isfinite(low):
        row["ci_low"] = low
    return row


def at_risk_rows(sample: Sample, arm: str, ticks: tuple[float, ...]) -> list[Row]:
    """Patients at risk just before each tick."""
    return [
        level(
            "number_at_risk",
            arm=arm,
            time=float(tick),
            estimate=float(n),
            n_at_risk=int(n),
            n_patients=sample.n_patients,
            unit="patients",
            **DAY,
        )
        for tick, n in zip(ticks, sample.at_risk(ticks), strict=True)
    ]
