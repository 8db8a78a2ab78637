"""Rows of what needs no distribution: Turnbull's curve of each arm, Sun's test, and what is known of whom."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

import numpy as np

from outcomes.inference import chi_square_p_value
from outcomes.models.counting import DAY
from outcomes.models.fit import Row, failed_row, level
from outcomes.models.interval.bootstrap import bootstrap_limits
from outcomes.models.interval.sun import sun_test
from outcomes.models.interval.times import IntervalTimes
from outcomes.models.interval.turnbull import Turnbull, turnbull

NO_EVENTS = "no event in this arm: the interval has no width"
NO_MAXIMUM = "the curve's likelihood was not maximised to the tolerance"


def counts(*arms: IntervalTimes) -> dict[str, int]:
    """`n_patients` and `n_events` of some arms together; an event is one that was seen."""
    return {
        "n_patients": sum(times.n for times in arms),
        "n_events": sum(int((~times.right_censored).sum()) for times in arms),
    }


def knowledge_rows(arm: str, times: IntervalTimes) -> list[Row]:
    """Patients of an arm by what is known of their time."""
    between = ~(times.exact | times.left_censored | times.right_censored)
    known = {
        "exact day": times.exact,
        "left-censored": times.left_censored & ~times.exact,
        "interval-censored": between,
        "right-censored": times.right_censored,
    }
    return [
        level("count", term=term, arm=arm, estimate=int(rows.sum()), unit="patients", n_patients=times.n)
        for term, rows in known.items()
    ]


def curve_rows(arm: str, times: IntervalTimes, conf_level: float) -> list[Row]:
    """Turnbull's curve at 0 and at both ends of each innermost interval, with bootstrap limits."""
    common: Row = {"arm": arm, "unit": "probability", **DAY, "n_patients": times.n}
    if times.n == 0:
        message = f"no patients with follow-up in arm {arm}"
        return [failed_row("survival_probability", "not_estimable", message, **common)]
    curve = turnbull(times)
    if not curve.converged:
        return [failed_row("survival_probability", "not_converged", NO_MAXIMUM, **common)]
    values = _values_at_ends(curve)
    low, high = bootstrap_limits(times, list(values), conf_level, _seed(arm))
    rows = [
        level(
            "survival_probability",
            time=day,
            estimate=value,
            # a percentile of the draws may pass the estimate by rounding, or where few draws agree with it
            ci_low=min(float(low[k]), value),
            ci_high=max(float(high[k]), value),
            conf_level=conf_level,
            **common,
        )
        for k, (day, value) in enumerate(values.items())
    ]
    if times.right_censored.all():
        rows = [row | {"status": "boundary", "message": NO_EVENTS} for row in rows]
    return rows


def _values_at_ends(curve: Turnbull) -> dict[float, float]:
    """Value of the curve by day: where an innermost interval begins and where it ends, if it does."""
    values = {0.0: 1.0}
    for left, right, before, after in zip(curve.left, curve.right, curve.before, curve.after, strict=True):
        if left < right:  # a known day has no value before it but that of the row above
            values.setdefault(float(left), float(before))
        if np.isfinite(right):
            values[float(right)] = float(after)
    return values


def _seed(arm: str) -> int:
    """Seed of an arm's draws from its name, so that no other arm changes them."""
    return int.from_bytes(hashlib.sha256(f"interval_censored:bootstrap:{arm}".encode()).digest()[:8], "big")


def equality_row(samples: Mapping[str, IntervalTimes], arms: Sequence[str]) -> Row:
    """Sun's test among `arms`, or the reason why there is none."""
    totals = counts(*(samples[arm] for arm in arms))
    absent = [arm for arm in arms if samples[arm].n == 0]
    reason = None
    if absent:
        reason = f"no patients with follow-up in arm {' and arm '.join(absent)}"
    elif len(arms) < 2:
        reason = "fewer than two arms have patients with follow-up"
    elif totals["n_events"] == 0:
        reason = "no event in these arms"
    if reason is not None:
        return failed_row("log_rank_chi_square", "not_estimable", reason, **totals)
    pooled = IntervalTimes(
        np.concatenate([samples[arm].left for arm in arms]),
        np.concatenate([samples[arm].right for arm in arms]),
        np.concatenate([samples[arm].weight for arm in arms]),
    )
    group = np.repeat(np.arange(len(arms)), [samples[arm].n for arm in arms])
    test = sun_test(pooled, group.astype(np.int64))
    if not test.converged:
        return failed_row("log_rank_chi_square", "not_converged", NO_MAXIMUM, **totals)
    if np.isnan(test.chi_square):
        reason = "the intervals of all patients overlap: none is known to be earlier than another"
        return failed_row("log_rank_chi_square", "not_estimable", reason, **totals)
    return level(
        "log_rank_chi_square",
        estimate=test.chi_square,
        statistic=test.chi_square,
        df=float(test.df),
        p_value=chi_square_p_value(test.chi_square, test.df),
        unit="chi-square",
        **totals,
    )
