"""Aalen-Johansen: F_k(t) = sum over t_j <= t of S(t_j-) d_kj / n_j, S the Kaplan-Meier curve of all causes.

Aalen & Johansen 1978, Scand J Stat 5:141. The variance reported is the infinitesimal jackknife, the sum of
squared weighted influences w_i dF_k/dw_i (Efron 1982, CBMS 38, chapter 6), as R's `survfit` has it; without
weights it is the delta-method (Greenwood-type) variance of Marubini & Valsecchi 1995, formula 10.12. The
counting-process variance, which R's `cuminc` prints, stands beside it.
Limits are symmetric on the log(-log) scale of F (Choudhury 2002, Stat Med 21:1129): within 0 and 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from outcomes.inference import critical_value
from outcomes.models.competing.counts import CauseTable
from outcomes.models.counting import Floats

GRID = 2.0**52
"""Probabilities are whole multiples of 1 / GRID: sums of them up to 2 are exact in double precision."""


@dataclass(frozen=True)
class Incidences:
    """Cumulative incidences of K causes at J distinct times.

    Attributes
    ----------
    time : ndarray, shape (J,)
        Distinct times of failures and censorings, ascending.
    event_free : ndarray, shape (J,)
        Probability of no failure of any cause up to the time.
    incidence : ndarray, shape (K, J)
        Probability of a failure of each cause up to the time; with `event_free` these add to exactly 1.
    std_error : ndarray, shape (K, J)
        Infinitesimal-jackknife standard error of `incidence`.
    event_free_std_error : ndarray, shape (J,)
        The same of `event_free`; without weights this is Greenwood's.
    """

    time: Floats
    event_free: Floats
    incidence: Floats
    std_error: Floats
    event_free_std_error: Floats


def aalen_johansen(table: CauseTable) -> Incidences:
    """Estimate the cumulative incidence of every cause of one sample, with standard errors."""
    before, free = _event_free(table)
    raw = np.cumsum(before * table.events / table.at_risk, axis=1)
    incidence, event_free = _add_to_one(raw, free)
    together = CauseTable(
        table.time, table.at_risk, table.failed[None, :],
        np.vstack([table.squares[:1], table.squares[1:].sum(axis=0)]),
    )  # fmt: skip
    return Incidences(
        table.time,
        event_free,
        incidence,
        _std_error(incidence, jackknife_variance(table)),
        _std_error(event_free, jackknife_variance(together)[0]),
    )


def _std_error(probability: Floats, variance: Floats) -> Floats:
    """Root of the variance; at 0 and at 1 exactly 0, where sums leave a rounding."""
    return np.asarray(np.where((probability > 0) & (probability < 1), np.sqrt(variance), 0.0))


def _event_free(table: CauseTable) -> tuple[Floats, Floats]:
    """Kaplan-Meier curve of all causes together, just before and just after each time."""
    after = np.cumprod((table.at_risk - table.failed) / table.at_risk, dtype=np.float64)
    return np.append(1.0, after[:-1])[: after.size], after


def _add_to_one(raw: Floats, free: Floats) -> tuple[Floats, Floats]:
    """Round to the grid; what rounding leaves goes to the largest incidence of each time."""
    free = np.round(free * GRID) / GRID
    rounded = np.round(raw * GRID) / GRID
    if rounded.size:
        largest = rounded.argmax(axis=0), np.arange(free.size)
        rounded[largest] += (1.0 - free) - rounded.sum(axis=0)
    return rounded, free


def jackknife_variance(table: CauseTable) -> Floats:
    """Infinitesimal-jackknife variance of each incidence at each time, shape (K, J), in linear time.

    The influence of a patient who left at u is B_k(t) for t < u. From u on it is B_k(u) plus the jump
    S(u-) / n(u) of a failure of cause k plus c (F_k(t) - F_k(u)), with c the influence on log S.
    Patients who leave at one time in one way share theirs, and its square is a polynomial in F_k(t).
    """
    n, d = table.at_risk, table.failed
    if not n.size:
        return np.zeros_like(table.events)
    before, _ = _event_free(table)
    rest = n - d
    # where everyone left fails, F stands still ever after: the influence on log S no longer matters
    per_rest = np.divide(1.0, rest, out=np.zeros_like(n), where=rest > 0)
    hazard_part = np.cumsum(d / n * per_rest)
    steps = before * table.events / n
    incidence = np.cumsum(steps, axis=1)
    staying = np.cumsum(steps * (np.append(0.0, hazard_part[:-1]) - 1.0 / n), axis=1)
    # measured from the curve's end, so that the large c of the last patients meet small differences
    ahead = incidence - incidence[:, -1:]
    still = np.append(np.cumsum(table.squares.sum(axis=0)[::-1])[::-1][1:], 0.0)
    variance = still * staying**2
    for way in range(table.squares.shape[0]):
        c = hazard_part - (per_rest if way else 0.0)
        a = staying - c * ahead
        if way:
            a[way - 1] += before / n
        weight = table.squares[way]
        variance += np.cumsum(weight * a**2, axis=1)
        variance += 2.0 * ahead * np.cumsum(weight * a * c, axis=1)
        variance += ahead**2 * np.cumsum(weight * c**2)
    return np.asarray(np.maximum(variance, 0.0), dtype=np.float64)


def counting_variance(table: CauseTable) -> Floats:
    """Counting-process variance of each incidence at each time, shape (K, J); for tables without weights.

    A failure at t_j adds S(t_j-) / n_j to its own incidence, and takes (F_k(t) - F_k(t_j)) / S(t_j) as much
    from what is still to come of each (Gray 1988, Ann Stat 16:1141). Failures of one cause at one time
    vary as hypergeometric; those of different causes are taken as independent, as R's `cuminc` has it.
    """
    n, rest = table.at_risk, table.at_risk - table.failed
    before, after = _event_free(table)
    incidence = np.cumsum(before * table.events / n, axis=1)
    jumps = (before / n) ** 2 * table.events * (n - table.events) / np.maximum(n - 1.0, 1.0)
    per_after = np.divide(1.0, after, out=np.zeros_like(n), where=rest > 0)
    ahead = incidence - incidence[:, -1:]
    together = jumps.sum(axis=0)
    # (own + (F(t_j) - F(t)) / S(t_j))^2, summed as a polynomial in F(t)
    at_failure = ahead * per_after
    own = np.cumsum(jumps * (1.0 + 2.0 * at_failure) + together * at_failure**2, axis=1)
    cross = np.cumsum((jumps + together * at_failure) * per_after, axis=1)
    square = np.cumsum(together * per_after**2)
    return np.asarray(own - 2.0 * ahead * cross + ahead**2 * square, dtype=np.float64)


def log_log_limits(incidence: Floats, std_error: Floats, conf_level: float) -> tuple[Floats, Floats]:
    """Confidence limits symmetric on log(-log F); nan where F is 0 or 1 or has no standard error."""
    inside = (incidence > 0) & (incidence < 1) & (std_error > 0)
    known = np.where(inside, incidence, np.nan)
    width = critical_value(conf_level) * std_error / (known * np.log(known))
    # log F < 0, so that width < 0 and its exponential shrinks the power: nearer 1
    with np.errstate(over="ignore"):  # an infinite power is a limit of 0
        return known ** np.exp(-width), known ** np.exp(width)
