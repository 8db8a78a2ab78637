"""Pure maths shared by models: Wald tests and intervals, proportions, rates, multiplicity.

Uses `scipy.special` only: `scipy.stats` costs seconds to import and adds nothing here.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special


@dataclass(frozen=True)
class Interval:
    """A confidence interval on the scale of its estimate."""

    low: float
    high: float


def critical_value(conf_level: float, df: float = math.inf) -> float:
    """Two-sided critical value of the t (or, with infinite `df`, the normal) distribution.

    Raises
    ------
    ValueError
        If `conf_level` is not strictly between 0 and 1 or `df` is not positive.
    """
    if not 0.0 < conf_level < 1.0:
        raise ValueError("conf_level must lie strictly between 0 and 1")
    if not df > 0.0:
        raise ValueError("df must be positive")
    tail = 0.5 * (1.0 + conf_level)
    return float(special.ndtri(tail) if math.isinf(df) else special.stdtrit(df, tail))


def wald_p_value(estimate: float, std_error: float, df: float = math.inf) -> float:
    """Two-sided Wald p-value of ``estimate = 0``.

    Parameters
    ----------
    estimate : float
        On the linear scale (log hazard ratio, points); not a ratio.
    std_error : float
        Same unit as `estimate`, > 0.
    df : float
        Degrees of freedom of the t reference; ``inf`` is the normal.

    Returns
    -------
    float
        In [0, 1]; from the lower tail at ``-|t|``, since ``1 - cdf`` is 0 beyond |z| = 8.3.

    Raises
    ------
    ValueError
        If `std_error` is not positive.
    """
    if not std_error > 0.0:
        raise ValueError("std_error must be positive")
    statistic = -abs(estimate / std_error)
    return float(2.0 * (special.ndtr(statistic) if math.isinf(df) else special.stdtr(df, statistic)))


def wald_interval(estimate: float, std_error: float, conf_level: float, df: float = math.inf) -> Interval:
    """``estimate`` plus and minus the critical value times ``std_error``, on the linear scale."""
    half = critical_value(conf_level, df) * std_error
    return Interval(estimate - half, estimate + half)


def chi_square_p_value(statistic: float, df: float) -> float:
    """Upper tail of the chi-square distribution."""
    return float(special.chdtrc(df, statistic))


def wilson_interval(events: int, n: int, conf_level: float) -> Interval:
    """Wilson score interval of a proportion (Wilson 1927, J Am Stat Assoc 22:209).

    Raises
    ------
    ValueError
        If `n` is not positive or `events` lies outside ``[0, n]``.
    """
    if n <= 0 or not 0 <= events <= n:
        raise ValueError("need 0 <= events <= n and n > 0")
    z = critical_value(conf_level)
    p = events / n
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    # at 0 and n events the bound is the estimate itself; rounding must not cross it
    low = 0.0 if events == 0 else centre - half
    high = 1.0 if events == n else centre + half
    return Interval(low, high)


def newcombe_interval(
    events: int, n: int, events_comparator: int, n_comparator: int, conf_level: float
) -> Interval:
    """Interval of a difference of two independent proportions from their Wilson limits.

    Method 10 of Newcombe 1998, Stat Med 17:873.
    """
    one = wilson_interval(events, n, conf_level)
    two = wilson_interval(events_comparator, n_comparator, conf_level)
    p1, p2 = events / n, events_comparator / n_comparator
    difference = p1 - p2
    return Interval(
        difference - math.hypot(p1 - one.low, two.high - p2),
        difference + math.hypot(one.high - p1, p2 - two.low),
    )


def poisson_rate_interval(events: int, exposure: float, conf_level: float) -> Interval:
    """Exact interval of a Poisson rate (Garwood 1936, Biometrika 28:437).

    Parameters
    ----------
    events : int
        Count, >= 0.
    exposure : float
        Time at risk, > 0; the interval is per unit of it.
    """
    if events < 0 or not exposure > 0.0:
        raise ValueError("need events >= 0 and exposure > 0")
    tail = 0.5 * (1.0 - conf_level)
    low = 0.0 if events == 0 else float(special.gammaincinv(events, tail))
    high = float(special.gammainccinv(events + 1, tail))
    return Interval(low / exposure, high / exposure)


def adjust_p_values(p_values: Sequence[float], method: str) -> NDArray[np.float64]:
    """Adjusted p-values of one family, in the order given.

    Parameters
    ----------
    p_values : sequence of float
        Raw two-sided p-values, none missing.
    method : {'none', 'bonferroni', 'holm', 'hochberg'}
        Holm 1979, Scand J Stat 6:65; Hochberg 1988, Biometrika 75:800.

    Raises
    ------
    ValueError
        If `method` is unknown.
    """
    p: NDArray[np.float64] = np.asarray(p_values, dtype=np.float64)
    m = p.size
    order = np.argsort(p, kind="stable")
    factors = m - np.arange(m)
    if method == "none":
        return p
    if method == "bonferroni":
        stepped = m * p[order]
    elif method == "holm":
        stepped = np.maximum.accumulate(factors * p[order])
    elif method == "hochberg":
        stepped = np.minimum.accumulate((factors * p[order])[::-1])[::-1]
    else:
        raise ValueError(f"unknown multiplicity method: {method}")
    adjusted = np.empty(m)
    adjusted[order] = np.minimum(1.0, stepped)
    return adjusted
