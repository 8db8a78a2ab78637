"""Weighted log-rank: U_w = sum over event times of w(t) (O - E), w = S(t-)^rho (1 - S(t-))^gamma.

S is the Kaplan-Meier curve of all groups together, in each stratum by itself, just before the event time
(Fleming & Harrington 1991, Counting Processes and Survival Analysis, section 7.2; rho alone: Harrington &
Fleming 1982, Biometrika 69:553, as `survdiff` of R's survival). Unweighted: Mantel 1966, Cancer Chemother Rep
50:163; K samples and strata: Peto & Peto 1972, J R Stat Soc A 135:185. The variance with ties is
hypergeometric; that of U_w with U_v sums the hypergeometric variances times w v.

Max-combo: the largest |Z| of four weights, its p-value from their joint normal distribution (Lee 2007, Comput
Stat Data Anal 51:6557; Karrison 2016, Stata J 16:678). Since S + (1 - S) = 1 the four span three dimensions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from outcomes.models.counting import Floats
from outcomes.models.max_normal import max_abs_normal_p_value
from outcomes.models.score_test import score_chi_square

Booleans = NDArray[np.bool_]
Codes = NDArray[np.int64]
Weights = tuple[float, float]

UNWEIGHTED: Weights = (0.0, 0.0)
MAX_COMBO: tuple[Weights, ...] = ((0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0))
"""(rho, gamma): all events alike, early ones, late ones, those in the middle."""
NO_VARIANCE = 1e-10
"""Share of the largest standard error below which another is rounding."""


@dataclass(frozen=True)
class LogRank:
    """Counts and test of K samples; with weights, weighted counts.

    Attributes
    ----------
    observed, expected : ndarray, shape (K,)
        Events seen, and expected were all hazards equal.
    variance : ndarray, shape (K, K)
        Covariance of observed minus expected.
    chi_square : float
        Statistic; nan when the samples cannot be compared.
    df : int
        Samples with someone at risk when an event happened, minus one.
    """

    observed: Floats
    expected: Floats
    variance: Floats
    chi_square: float
    df: int


@dataclass(frozen=True)
class MaxCombo:
    """The largest of some weighted log-rank statistics of two samples.

    Attributes
    ----------
    weights : tuple of (rho, gamma)
        Those whose statistic has a variance.
    z : ndarray, shape (W,)
        Standardised statistics; positive where the second sample has more events than expected.
    correlation : ndarray, shape (W, W)
        Their correlation were the hazards equal.
    statistic : float
        Largest ``|z|``; nan when the samples cannot be compared.
    p_value : float
        Probability of one as large.
    """

    weights: tuple[Weights, ...]
    z: Floats
    correlation: Floats
    statistic: float
    p_value: float


@dataclass(frozen=True)
class _Sums:
    """Sums over event times: observed and expected (W, K), covariances (W, W, K, K), groups ever at risk."""

    observed: Floats
    expected: Floats
    covariance: Floats
    at_risk: Booleans


def log_rank(time: Floats, observed: Booleans, group: Codes, stratum: Codes,
             weights: Weights = UNWEIGHTED) -> LogRank:  # fmt: skip
    """Test the equality of the hazards of K groups.

    Parameters
    ----------
    time, observed : ndarray, shape (n,)
        Time to event or censoring; whether the event happened.
    group : ndarray of int, shape (n,)
        Group of each patient, 0 to K - 1.
    stratum : ndarray of int, shape (n,)
        Stratum of each patient; risk sets do not cross strata.
    weights : (rho, gamma)
        Of Fleming and Harrington; (0, 0) counts all events alike.

    Raises
    ------
    ValueError
        If rho or gamma is negative.
    """
    sums = _sums(time, observed, group, stratum, (weights,))
    seen, expected, variance = sums.observed[0], sums.expected[0], sums.covariance[0, 0]
    chi_square, df = score_chi_square(seen - expected, variance, sums.at_risk)
    return LogRank(seen, expected, variance, chi_square, df)


def max_combo(time: Floats, observed: Booleans, group: Codes, stratum: Codes,
              weights: Sequence[Weights] = MAX_COMBO) -> MaxCombo:  # fmt: skip
    """Largest of several weighted log-rank statistics of two groups; see `log_rank` for the arrays.

    A statistic without variance (late weights where all events fall on one day) is left out.

    Raises
    ------
    ValueError
        If there are other than two groups, rho or gamma is negative, or the statistics span more than
        three dimensions.
    """
    if set(np.unique(group)) - {0, 1}:
        raise ValueError("max-combo compares two groups, coded 0 and 1")
    sums = _sums(time, observed, group, stratum, weights, groups=2)
    covariance = sums.covariance[:, :, 1, 1]
    scale = np.sqrt(np.diag(covariance))
    kept = np.flatnonzero(scale > NO_VARIANCE * scale.max(initial=0.0))
    if kept.size == 0:
        return MaxCombo((), np.empty(0), np.empty((0, 0)), float("nan"), float("nan"))
    z = (sums.observed - sums.expected)[kept, 1] / scale[kept]
    correlation = covariance[np.ix_(kept, kept)] / np.outer(scale[kept], scale[kept])
    statistic = float(np.abs(z).max())
    p_value = max_abs_normal_p_value(statistic, correlation)
    return MaxCombo(tuple(weights[int(k)] for k in kept), z, correlation, statistic, p_value)


def _sums(time: Floats, observed: Booleans, group: Codes, stratum: Codes, weights: Sequence[Weights],
          groups: int | None = None) -> _Sums:  # fmt: skip
    """Add up the strata; rows in any order."""
    if any(power < 0 for pair in weights for power in pair):
        raise ValueError("rho and gamma must not be negative")
    k, w = int(group.max()) + 1 if groups is None else groups, len(weights)
    seen, expected = np.zeros((w, k)), np.zeros((w, k))
    covariance, ever = np.zeros((w, w, k, k)), np.zeros(k, dtype=bool)
    order = np.lexsort((time, stratum))
    starts = np.flatnonzero(np.diff(stratum[order], prepend=stratum.min(initial=0) - 1))
    for rows in np.split(order, starts[1:]):
        at_risk, events = _tables(time[rows], observed[rows], group[rows], k)
        n, d = at_risk.sum(axis=0), events.sum(axis=0)
        share = at_risk / n
        # with one patient left at risk the hypergeometric variance is 0
        factor = np.divide(d * (n - d), n - 1, out=np.zeros_like(n), where=n > 1)
        factors = _weights(n, d, weights)
        seen += (events * factors[:, None]).sum(axis=2)
        expected += (share * d * factors[:, None]).sum(axis=2)
        ever |= (at_risk > 0).any(axis=1)
        for one in range(w):
            for two in range(one, w):
                part = share * (factor * factors[one] * factors[two])
                both = -(part @ share.T)
                # exactly 0 where a group is alone: a difference of two sums would leave rounding
                np.fill_diagonal(both, (part * (1.0 - share)).sum(axis=1))
                covariance[one, two] += both
                covariance[two, one] += both.T if one != two else 0.0
    return _Sums(seen, expected, covariance, ever)


def _tables(time: Floats, observed: Booleans, group: Codes, k: int) -> tuple[Floats, Floats]:
    """Patients at risk and events, shape (K, times), at the event times; `time` ascending."""
    times, place = np.unique(time[observed], return_inverse=True)
    first = np.searchsorted(times, time, side="right")  # at risk at the event times before this one
    size = times.size
    leaving = np.bincount(group * (size + 1) + first, minlength=k * (size + 1)).reshape(k, size + 1)
    at_risk = np.cumsum(leaving[:, ::-1], axis=1)[:, ::-1][:, 1:]
    events = np.bincount(group[observed] * size + place, minlength=k * size).reshape(k, size)
    return at_risk.astype(float), events.astype(float)


def _weights(n: Floats, d: Floats, weights: Sequence[Weights]) -> Floats:
    """Weights at the event times, shape (W, times)."""
    before = np.concatenate([[1.0], np.cumprod((n - d) / n)])[: n.size]
    return np.array([before**rho * (1.0 - before) ** gamma for rho, gamma in weights])
