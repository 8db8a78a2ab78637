"""Rows of cumulative incidences by arm, of their differences, and of being free of every cause."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np

from outcomes.models.competing.aalen_johansen import log_log_limits
from outcomes.models.competing.samples import CauseSample, counts_of
from outcomes.models.counting import DAY, Floats, absent_arms
from outcomes.models.fit import Row, failed_row, level, wald_row

NONE_YET = "no event of this cause by this day: the interval has no width"
ALL = "everyone has had this event: lower limit carried forward"
FREE = "no event of any cause by this day: the interval has no width"
NOBODY_FREE = "nobody is free of every event any more: upper limit carried forward"
NO_SPREAD = "no event of this cause, or everyone's, in both arms: the difference has no standard error"
ONE_WITHOUT = "no event of this cause, or everyone's, in one arm: standard error too small"


def curve_rows(
    sample: CauseSample, arm: str, cause: int, term: str, days: Iterable[float], conf_level: float
) -> list[Row]:
    """Rows of one cause in one arm: day 0, its event days, the last day, and `days` as far as known.

    Where an incidence is 0 or 1 its variance is 0 or undefined: that row is `boundary`.
    """
    curves, k = sample.curves, cause - 1
    last = float(sample.time.max())
    own = curves.time[sample.table.events[k] > 0]
    asked = [float(day) for day in days if 0 < day <= max(last, sample.known_until)]
    shown = np.unique(np.concatenate([own, [last], asked]))
    place = np.searchsorted(curves.time, shown, side="right") - 1
    at = np.where(place >= 0, place, 0)
    estimate = np.where(place >= 0, curves.incidence[k][at], 0.0)
    error = np.where(place >= 0, curves.std_error[k][at], 0.0)
    low, high = log_log_limits(estimate, error, conf_level)
    at_risk = sample.of_any_cause().at_risk(shown)
    events = np.where(np.isin(shown, own), sample.table.events[k][at], 0)
    common = {"term": term, "arm": arm, "conf_level": conf_level, "unit": "probability",
              "scale": "identity", "n_patients": sample.n_patients, **DAY}  # fmt: skip
    start = {"estimate": 0.0, "ci_low": 0.0, "ci_high": 0.0, "std_error": 0.0, "n_events": 0}
    rows = [level("cumulative_incidence", time=0.0, n_at_risk=sample.n_patients, **start, **common)]
    before = 0.0
    for j, day in enumerate(shown):
        columns = {"time": float(day), "estimate": float(estimate[j]), "n_at_risk": int(at_risk[j]),
                   "n_events": int(events[j])}  # fmt: skip
        if np.isfinite(low[j]):
            before = float(low[j])
            columns |= {"ci_low": before, "ci_high": float(high[j]), "std_error": float(error[j])}
            rows.append(level("cumulative_incidence", **columns, **common))
        elif estimate[j] == 0:
            columns |= {"ci_low": 0.0, "ci_high": 0.0, "std_error": 0.0}
            rows.append(level("cumulative_incidence", **columns, **common) | _boundary(NONE_YET))
        else:
            columns |= {"ci_low": before, "ci_high": 1.0}
            rows.append(level("cumulative_incidence", **columns, **common) | _boundary(ALL))
    return rows


def absent_rows(reason: str, arm: str, terms: Sequence[str]) -> list[Row]:
    """Return one row per cause of an arm without patients."""
    place = {"arm": arm, "time": 0.0, "n_patients": 0, "n_events": 0, **DAY}
    return [failed_row("cumulative_incidence", "not_estimable", reason, term=term, **place) for term in terms]


def free_rows(samples: dict[str, CauseSample], days: Sequence[float], conf_level: float) -> list[Row]:
    """Probability of none of the causes up to each day: with the incidences it adds to 1."""
    rows = []
    for arm, sample in samples.items():
        for day in days:
            place = {"arm": arm, "time": day, **DAY, "n_patients": sample.n_patients}
            place["n_events"] = int(((sample.cause > 0) & (sample.time <= day)).sum())
            reason = unknown(samples, arm, day)
            if reason:
                rows.append(failed_row("survival_probability", "not_estimable", reason, **place))
                continue
            estimate, error = _at(
                sample, day, sample.curves.event_free, sample.curves.event_free_std_error, 1
            )
            row = level("survival_probability", estimate=estimate, conf_level=conf_level, unit="probability",
                        scale="identity", std_error=error, **place)  # fmt: skip
            curves = sample.curves
            low, high = log_log_limits(curves.event_free, curves.event_free_std_error, conf_level)
            past = (curves.time <= day) & np.isfinite(low)
            if 0 < estimate < 1:
                limits = {"ci_low": float(low[past][-1]), "ci_high": float(high[past][-1])}
                rows.append(row | limits)
            elif estimate == 1:
                rows.append(row | {"ci_low": 1.0, "ci_high": 1.0} | _boundary(FREE))
            else:
                limits = {"ci_low": 0.0, "ci_high": float(high[past][-1]) if past.any() else 1.0}
                rows.append(row | limits | _boundary(NOBODY_FREE))
    return rows


def difference_row(
    samples: dict[str, CauseSample], pair: tuple[str, str], cause: int, day: float, conf_level: float
) -> Row:
    """Incidence of a cause in the arm less that in the comparator at a day, with a Wald test."""
    arm, comparator = pair
    one, two = samples[arm], samples[comparator]
    place: Row = {"arm": arm, "comparator": comparator, "time": day, **DAY}
    place |= counts_of(cause, one, two, until=day)
    absent = absent_arms({name: s.of_any_cause() for name, s in samples.items()}, arm, comparator)
    reasons = [absent] if absent else [unknown(samples, name, day) for name in pair]
    why = "; ".join(dict.fromkeys(reason for reason in reasons if reason))
    if why:
        return failed_row("risk_difference", "not_estimable", why, **place)
    values = [
        _at(s, day, s.curves.incidence[cause - 1], s.curves.std_error[cause - 1], 0) for s in (one, two)
    ]
    (first, first_error), (second, second_error) = values
    error = math.hypot(first_error, second_error)
    if error == 0:
        return failed_row("risk_difference", "not_estimable", NO_SPREAD, **place)
    certain = first_error > 0 and second_error > 0
    row = wald_row("risk_difference", first - second, error, conf_level, test=certain,
                   unit="probability", **place)  # fmt: skip
    return row if certain else row | _boundary(ONE_WITHOUT)


def unknown(samples: dict[str, CauseSample], arm: str, day: float) -> str | None:
    """Say why nothing is known about an arm at a day, or None."""
    if not samples[arm].n_patients:
        return f"no patients with follow-up in arm {arm}"
    if day > samples[arm].known_until:
        return f"day {day:g} lies beyond the follow-up of arm {arm} ({samples[arm].time.max():g} days)"
    return None


def _at(sample: CauseSample, day: float, values: Floats, errors: Floats, start: float) -> tuple[float, float]:
    """Value and standard error of a step function at a day."""
    place = int(np.searchsorted(sample.curves.time, day, side="right")) - 1
    return (float(values[place]), float(errors[place])) if place >= 0 else (float(start), 0.0)


def _boundary(message: str) -> Row:
    return {"status": "boundary", "message": message}
