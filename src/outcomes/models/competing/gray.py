"""Gray's test: F_k1(t) = ... = F_kG(t) for all t, one cause k among others, G groups, any strata.

Gray 1988, Ann Stat 16:1141, with rho = 0. The score of group g is O_g - E_g as in a log-rank test whose
risk sets R_g = Y_g (1 - F_kg(t-)) / S_g(t-) keep those who failed of another cause. Its variance (section 3)
sums the martingale increments of cause k and of the other causes; failures tied at one time vary as
hypergeometric, with the size h(t) S_g(t-) of the pooled risk set seen by g for cause k, as in R's `cuminc`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from outcomes.models.competing.counts import check_times
from outcomes.models.counting import Floats, Integers
from outcomes.models.score_test import score_chi_square


@dataclass(frozen=True)
class GrayTest:
    """Score and test of G groups.

    Attributes
    ----------
    score : ndarray, shape (G,)
        Failures of the cause seen, less those expected were all incidences equal.
    variance : ndarray, shape (G, G)
        Covariance of `score`.
    chi_square : float
        Statistic; nan when the groups cannot be compared.
    df : int
        Groups with someone at risk when a failure of the cause happened, minus one.
    """

    score: Floats
    variance: Floats
    chi_square: float
    df: int


@dataclass(frozen=True)
class _Counts:
    """Counts by group at the J distinct times of one stratum, each of shape (G, J)."""

    at_risk: Floats
    own: Floats
    other: Floats


def gray_test(
    time: Floats, cause: Integers, group: Integers, *, of_interest: int = 1, stratum: Integers | None = None
) -> GrayTest:
    """Test the equality of the cumulative incidences of one cause between groups.

    Parameters
    ----------
    time : ndarray, shape (n,)
        Days to the first failure or to censoring, > 0.
    cause : ndarray of int, shape (n,)
        0 where censored, else which cause.
    group : ndarray of int, shape (n,)
        Group of each patient, 0 to G - 1.
    of_interest : int
        The cause k; all others compete with it.
    stratum : ndarray of int, shape (n,), optional
        Stratum of each patient; scores and variances are summed over strata.

    Raises
    ------
    ValueError
        If a time is not positive and finite.
    """
    check_times(time, cause, int(cause.max(initial=0)))
    n_groups = int(group.max()) + 1
    stratum = np.zeros(time.size, dtype=np.int64) if stratum is None else stratum
    score, variance = np.zeros(n_groups), np.zeros((n_groups, n_groups))
    compared = np.zeros(n_groups, dtype=bool)
    for code in np.unique(stratum):
        inside = stratum == code
        found = _count(time[inside], cause[inside], group[inside], of_interest, n_groups)
        part = _stratum(found)
        score += part[0]
        variance += part[1]
        compared |= ((found.at_risk > 0) & (found.own.sum(axis=0) > 0)).any(axis=1)
    chi_square, df = score_chi_square(score, variance, compared)
    return GrayTest(score, variance, chi_square, df)


def _count(time: Floats, cause: Integers, group: Integers, of_interest: int, n_groups: int) -> _Counts:
    distinct, place = np.unique(time, return_inverse=True)

    def by_group(chosen: NDArray[np.bool_]) -> Floats:
        out = np.zeros((n_groups, distinct.size))
        np.add.at(out, (group[chosen], place[chosen]), 1.0)
        return out

    leaving = by_group(np.ones(time.size, dtype=bool))
    return _Counts(
        np.cumsum(leaving[:, ::-1], axis=1)[:, ::-1],
        by_group(cause == of_interest),
        by_group((cause != of_interest) & (cause != 0)),
    )


def _stratum(counts: _Counts) -> tuple[Floats, Floats]:
    """Score (G,) and its covariance (G, G) from one stratum."""
    n, own, other = counts.at_risk, counts.own, counts.other
    present = n > 0
    each = np.where(present, n, 1.0)
    after = np.cumprod((each - own - other) / each, axis=1, dtype=np.float64)
    before = _just_before(after, 1.0)
    incidence_before = _just_before(np.cumsum(before * own / each, axis=1), 0.0)
    # once a group's curve is at 0 nobody of it is at risk: its shares below are 0 by `present`
    safe = np.where(present, before, 1.0)
    risk = n * (1.0 - incidence_before) / safe
    size = n / safe
    failed = own.sum(axis=0)
    score = (own - risk * failed / risk.sum(axis=0)).sum(axis=1)

    pooled_size = size.sum(axis=0)
    null = np.cumsum(failed / pooled_size)
    # an average over groups censored differently: in tiny samples it can pass 1, and nothing is to come
    left = np.clip(1.0 - null, 0.0, None)
    left_before = _just_before(left, 1.0)
    hazard = np.divide(failed, pooled_size * left_before, out=np.zeros_like(null), where=left_before > 0)
    # influence[i, r, t] on the score of group i of a failure in group r at t
    influence = np.eye(n.shape[0])[:, :, None] * size[:, None, :] - size[:, None, :] * size / pooled_size
    drift = np.cumsum(influence * hazard, axis=2)
    to_come = drift[:, :, -1:] - drift
    lost = np.divide(left, after, out=np.zeros_like(after), where=after > 0)
    seen = pooled_size * before
    own_ties = _tie_factor(np.broadcast_to(failed, n.shape), seen)
    own_rate = np.divide(own_ties * failed, pooled_size * size, out=np.zeros_like(n), where=present)
    other_ties = _tie_factor(other, n)
    other_rate = np.divide(other_ties * before**2 * other, each**2, out=np.zeros_like(n), where=present)
    of_own = influence + (1.0 - lost) * to_come
    of_other = lost * to_come
    variance = np.einsum("irt,jrt,rt->ij", of_own, of_own, own_rate, optimize=True)
    variance += np.einsum("irt,jrt,rt->ij", of_other, of_other, other_rate, optimize=True)
    return score, variance


def _just_before(values: Floats, start: float) -> Floats:
    """Shift each row by one time: the value of a step function just before each of its times."""
    return np.concatenate([np.full((*values.shape[:-1], 1), start), values[..., :-1]], axis=-1)


def _tie_factor(failed: Floats, size: Floats) -> Floats:
    """Hypergeometric variance of `failed` among `size` over the binomial's; never below 0."""
    several = (failed > 1) & (size > 1)
    shrunk = np.divide(failed - 1.0, size - 1.0, out=np.zeros(failed.shape), where=several)
    return np.asarray(np.clip(1.0 - shrunk, 0.0, None), dtype=np.float64)
