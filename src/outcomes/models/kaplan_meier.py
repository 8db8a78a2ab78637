"""Kaplan-Meier: S_a(t) = prod over event times t_j <= t of (1 - d_j / n_j), in each arm a.

Estimator and Greenwood's variance: Kaplan & Meier 1958, J Am Stat Assoc 53:457. Intervals are symmetric on
the log(-log S) scale (Kalbfleisch & Prentice 1980, section 1.3), so they stay within 0 and 1. The median's
interval inverts that band (Brookmeyer & Crowley 1982, Biometrics 38:29).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from outcomes.config.survival import KaplanMeierAnalysis
from outcomes.frames import AnalysisFrame
from outcomes.inference import critical_value
from outcomes.models.counting import (
    DAY,
    Floats,
    Integers,
    Sample,
    absent_arms,
    counts,
    event_table,
    samples_by_arm,
)
from outcomes.models.fit import Fit, Row, failed_row, level

METHODS = {
    "Model": "Kaplan-Meier estimate by arm",
    "Intervals": "pointwise, symmetric on the log(-log) scale, Greenwood variance",
    "Median": "first time with probability at most 0.5, the midpoint where the curve is flat at 0.5; "
    "interval from the pointwise limits",
}
FLAT = math.sqrt(np.finfo(float).eps)
"""How close to 0.5 a product of fractions counts as 0.5: the tolerance of R's survival package."""
NO_EVENTS = "no event in this arm: the interval has no width"
REACHED_ZERO = "the curve has reached 0, where Greenwood's variance is undefined: upper limit carried forward"
STEPS = (1.0, 2.0, 2.5, 3.0, 5.0, 6.0)
ABOUT = 6


@dataclass(frozen=True)
class Curve:
    """A survival curve at its event times; all arrays have one entry per event time.

    Attributes
    ----------
    time : ndarray
        Distinct event times, ascending.
    survival : ndarray
        Probability of being event-free just after the time.
    std_error : ndarray
        Greenwood's standard error of `survival`; nan where survival is 0.
    low, high : ndarray
        Log-log confidence limits; nan where survival is 0.
    at_risk, events : ndarray of int
        Counts at the time.
    """

    time: Floats
    survival: Floats
    std_error: Floats
    low: Floats
    high: Floats
    at_risk: Integers
    events: Integers


def kaplan_meier(sample: Sample, conf_level: float = 0.95) -> Curve:
    """Estimate the survival curve of one sample, with pointwise log-log limits."""
    table = event_table(sample).at_events()
    n, d = table.at_risk.astype(float), table.events.astype(float)
    survival = np.cumprod((n - d) / n)
    alive = survival > 0
    terms = np.divide(d, n * (n - d), out=np.zeros_like(n), where=alive)
    spread = np.where(alive, np.sqrt(np.cumsum(terms)), np.nan)
    inside = np.where(alive, survival, np.nan)
    width = critical_value(conf_level) * spread / np.log(inside)
    # log(S) < 0, so the plus sign gives the lower limit's larger power
    low, high = inside ** np.exp(-width), inside ** np.exp(width)
    return Curve(table.time, survival, inside * spread, low, high, table.at_risk, table.events)


def median_time(time: Floats, survival: Floats) -> float:
    """First time at which a step curve is at most 0.5; inf when it never is.

    Where the curve is flat at exactly 0.5, the midpoint of that stretch, as R's survival package
    prints it. Entries of `survival` that are nan are passed over.
    """
    below = survival < 0.5 + FLAT  # nan compares as False
    if not below.any():
        return math.inf
    times, values = time[below], survival[below]
    later = values < values[0]
    if abs(values[0] - 0.5) < FLAT and later.any():
        return float((times[0] + times[later][0]) / 2)
    return float(times[0])


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
    """
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
            rows += sorted([*known, *landmark_rows(known, sample, ticks)], key=lambda row: float(row["time"]))
            rows.append(median_row(curve, sample, arm, analysis.conf_level))
        rows += at_risk_rows(sample, arm, ticks)
    return Fit(tuple(rows), METHODS)


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
