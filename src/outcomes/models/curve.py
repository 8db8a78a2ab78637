"""Kaplan-Meier on arrays: S(t) = prod over event times t_j <= t of (1 - d_j / n_j).

Estimator and Greenwood's variance: Kaplan & Meier 1958, J Am Stat Assoc 53:457. With late entries n_j counts
those who have entered before t_j; with weights d_j and n_j are sums of weights. Greenwood's variance takes a
weight as a number of patients; the robust one, for weights that are no counts, sums the squared influence of
each patient on log S (infinitesimal jackknife, as `survfit(robust = TRUE)` of R's survival).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from outcomes.models.counting import EventTable, Floats, Integers, Sample, event_table
from outcomes.models.curve_limits import Scale, limits

FLAT = math.sqrt(np.finfo(float).eps)
"""How close to a level a product of fractions counts as equal to it: as in R's survival package."""


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
        Standard error of `survival`; nan where survival is 0.
    low, high : ndarray
        Confidence limits; nan where survival is 0.
    at_risk, events : ndarray of int
        Patients at the time, whatever their weight.
    """

    time: Floats
    survival: Floats
    std_error: Floats
    low: Floats
    high: Floats
    at_risk: Integers
    events: Integers


def kaplan_meier(
    sample: Sample, conf_level: float = 0.95, scale: Scale = "log_log", *, robust: bool = False
) -> Curve:
    """Estimate the survival curve of one sample, with pointwise limits.

    Parameters
    ----------
    sample : Sample
        Times, and where there are any entries and weights.
    conf_level : float
        Level of the limits, in (0, 1).
    scale : {'log_log', 'log', 'plain', 'logit', 'arcsine'}
        Where the limits are symmetric.
    robust : bool
        The robust variance instead of Greenwood's.

    Raises
    ------
    ValueError
        If a time, an entry or a weight is impossible.
    """
    table = event_table(sample).at_events()
    n, d = table.weight_at_risk, table.weight_of_events
    # where all at risk have the event, n - d of weights that are no whole numbers is 0 but for rounding
    share = np.where(table.at_risk > table.events, (n - d) / n, 0.0)
    survival = np.asarray(np.cumprod(share), dtype=np.float64)
    alive = survival > 0
    terms = np.divide(d, n * (n - d), out=np.zeros_like(n), where=alive)
    variance = _robust_variance(sample, table, terms) if robust else np.cumsum(terms)
    spread = np.where(alive, np.sqrt(variance), np.nan)
    inside = np.where(alive, survival, np.nan)
    low, high = limits(inside, spread, conf_level, scale)
    std_error = np.asarray(inside * spread)
    return Curve(table.time, survival, std_error, low, high, table.at_risk, table.events)


def _robust_variance(sample: Sample, table: EventTable, terms: Floats) -> Floats:
    """Sum of squared influences on log S(t), at each event time t.

    A patient under observation from e to T moves log S(t) by w [G(min(t, T)) - G(e) - D], with G the sums of
    `terms` and D = 1 / (n - d) at T if the event happened by t.
    """
    weight = np.ones_like(sample.time) if sample.weight is None else sample.weight
    entry = np.full_like(sample.time, -1.0) if sample.entry is None else sample.entry
    sums = np.concatenate([[0.0], np.cumsum(terms)])
    before = sums[np.searchsorted(table.time, entry, side="right")]
    last = np.searchsorted(table.time, sample.time, side="right")
    jump = np.zeros_like(sample.time)
    at = last[sample.observed] - 1
    left = (table.weight_at_risk - table.weight_of_events)[at]
    jump[sample.observed] = np.divide(1.0, left, out=np.zeros_like(left), where=left > 0)
    settled = (weight * (sums[last] - before - jump)) ** 2
    first = np.searchsorted(table.time, entry, side="right")
    size = table.time.size
    done = np.cumsum(np.bincount(_leaving(sample, table), settled, size + 1))[:size]
    square, cross, level = (
        _under_way(first, _leaving(sample, table), part, size)
        for part in (weight**2, weight**2 * before, (weight * before) ** 2)
    )
    total = sums[1:]
    return np.asarray(done + total**2 * square - 2 * total * cross + level)


def _leaving(sample: Sample, table: EventTable) -> Integers:
    """Index of the first event time at which each patient's influence no longer grows."""
    return np.asarray(np.searchsorted(table.time, sample.time, side="left"), np.int64)


def _under_way(first: Integers, leaving: Integers, part: Floats, size: int) -> Floats:
    """Sum of `part` over the patients who have entered and not left, at each event time."""
    change = np.bincount(first, part, size + 1) - np.bincount(leaving, part, size + 1)
    return np.asarray(np.cumsum(change)[:size])


def quantile_time(time: Floats, survival: Floats, share: float = 0.5) -> float:
    """First time by which a `share` of patients has had the event; inf when that never comes.

    Where the curve is flat at exactly ``1 - share``, the midpoint of that stretch, as R's survival package
    has it. Entries of `survival` that are nan are passed over.
    """
    target = 1.0 - share
    below = survival < target + FLAT  # nan compares as False
    if not below.any():
        return math.inf
    times, values = time[below], survival[below]
    later = values < values[0]
    if abs(values[0] - target) < FLAT and later.any():
        return float((times[0] + times[later][0]) / 2)
    return float(times[0])


def median_time(time: Floats, survival: Floats) -> float:
    """First time at which a step curve is at most 0.5; see `quantile_time`."""
    return quantile_time(time, survival, 0.5)
