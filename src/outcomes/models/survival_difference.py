"""Difference of two survival curves at a fixed day: S_1(t) - S_2(t), the arms independent.

Test: z = [g(S_2) - g(S_1)] / sqrt(V_1 + V_2) with g(S) = log(-log S), V = s^2 / (log S)^2 and s^2 Greenwood's
sum; of the scales compared there, this one keeps its level with few patients (Klein, Logan, Harhoff &
Andersen 2007, Stat Med 26:4505). Interval: from the curves' limits on the same scale, the lower one
sqrt((S_1 - l_1)^2 + (u_2 - S_2)^2) below the estimate (Zou & Donner 2008, Stat Med 27:1693), within -1 and 1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from outcomes.inference import wald_interval, wald_p_value
from outcomes.models.counting import Sample, known_until
from outcomes.models.curve import Curve
from outcomes.models.fit import Row, failed_row, level


@dataclass(frozen=True)
class Point:
    """A survival curve at one day.

    Attributes
    ----------
    day : float
        The day.
    survival, std_error, low, high : float
        Probability of being event-free just after the day, Greenwood's error and log-log limits; the last
        three are nan before the first event and once the curve is at 0.
    n_patients, n_events, n_at_risk : int
        Patients of the sample, their events up to the day, and patients at risk just before it.
    end : float
        Last day on which the curve is known.
    """

    day: float
    survival: float
    std_error: float
    low: float
    high: float
    n_patients: int
    n_events: int
    n_at_risk: int
    end: float


def point_at(curve: Curve, sample: Sample, day: float) -> Point:
    """Read a curve at a day."""
    place = int(np.searchsorted(curve.time, day, side="right")) - 1
    survival, std_error, low, high = (
        (float(values[place]) for values in (curve.survival, curve.std_error, curve.low, curve.high))
        if place >= 0
        else (1.0, math.nan, math.nan, math.nan)
    )
    events = int(curve.events[: place + 1].sum())
    at_risk = int(sample.at_risk(day))
    return Point(day, survival, std_error, low, high, sample.n_patients, events, at_risk, known_until(sample))


def difference_row(one: tuple[str, Point], two: tuple[str, Point], conf_level: float) -> Row:
    """Row of the difference between two arms, each given as name and point.

    Where a curve is still at 1, or at 0, its error is not known: the row is a boundary, with the interval
    that the other arm's error alone gives, and no test.
    """
    points = (one[1], two[1])
    totals = {
        "n_patients": sum(point.n_patients for point in points),
        "n_events": sum(point.n_events for point in points),
        "n_at_risk": sum(point.n_at_risk for point in points),
    }
    day = one[1].day
    late = [f"arm {arm} ({point.end:g} days)" for arm, point in (one, two) if day > point.end]
    if late:
        why = f"day {day:g} lies beyond the follow-up of {' and of '.join(late)}"
        return failed_row("survival_difference", "not_estimable", why, **totals)
    difference = one[1].survival - two[1].survival
    unsure = [(arm, point) for arm, point in (one, two) if not point.std_error > 0]
    if len(unsure) == 2:
        why = "; ".join(f"{_ailment(point)} in arm {arm} by day {day:g}" for arm, point in unsure)
        return failed_row("survival_difference", "not_estimable", f"{why}: no standard error", **totals)
    if unsure:
        arm, point = unsure[0]
        known = next(p for p in points if p is not point)
        interval = wald_interval(difference, known.std_error, conf_level)
        what = f"{_ailment(point)} in arm {arm} by day {day:g}: standard error of the other arm, no test"
        return level(
            "survival_difference", estimate=difference, conf_level=conf_level, std_error=known.std_error,
            ci_low=max(-1.0, interval.low), ci_high=min(1.0, interval.high), scale="identity", **totals,
        ) | {"status": "boundary", "message": what}  # fmt: skip
    low, high = (
        difference - math.hypot(one[1].survival - one[1].low, two[1].high - two[1].survival),
        difference + math.hypot(one[1].high - one[1].survival, two[1].survival - two[1].low),
    )
    change, error = _on_log_log(points)
    return level(
        "survival_difference",
        estimate=difference,
        ci_low=low,
        ci_high=high,
        conf_level=conf_level,
        std_error=math.hypot(one[1].std_error, two[1].std_error),
        scale="identity",
        df=math.inf,
        statistic=change / error,
        p_value=wald_p_value(change, error),
        **totals,
    )


def _on_log_log(points: tuple[Point, Point]) -> tuple[float, float]:
    """Difference of log(-log S), signed as the difference of S, and its standard error."""
    logs = [math.log(point.survival) for point in points]
    errors = [p.std_error / (p.survival * -log) for p, log in zip(points, logs, strict=True)]
    return math.log(logs[1] / logs[0]), math.hypot(*errors)


def _ailment(point: Point) -> str:
    return "no event" if point.survival > 0 else "nobody is event-free"
