"""A coefficient over time: natural spline through the scaled Schoenfeld residuals, with pointwise errors.

Grambsch & Therneau 1994, Biometrika 81:515; the smooth of R's `plot.cox.zph`. With D events and V the
covariance of the coefficients, a residual has variance D V_kk about b_k(t).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from outcomes.inference import critical_value
from outcomes.models.counting import Floats
from outcomes.models.cox.proportionality import Transform, transformed_times
from outcomes.models.cox.residuals import scaled_schoenfeld_residuals
from outcomes.models.cox.result import CoxFit


@dataclass(frozen=True)
class EffectOverTime:
    """Log hazard ratio of one column along time; arrays have shape (points,).

    Attributes
    ----------
    term : str
    time : ndarray
        Rising, in the unit of the fit, from the first event to the last; even on the transformed scale.
    log_hazard_ratio, std_error, low, high : ndarray
        Per unit of the column; limits are pointwise.
    """

    term: str
    time: Floats
    log_hazard_ratio: Floats
    std_error: Floats
    low: Floats
    high: Floats


def effect_over_time(
    fit: CoxFit,
    term: str,
    transform: Transform = "km",
    *,
    df: int = 4,
    points: int = 40,
    conf_level: float = 0.95,
) -> EffectOverTime:
    """Smooth the log hazard ratio of a column over time.

    Raises
    ------
    ValueError
        If the fit is not ok, the term unknown, `df` below 2, or fewer than `df` distinct event times.
    """
    sets = fit.data
    if term not in fit.terms:
        raise ValueError("no such term in the fit")
    if df < 2:
        raise ValueError("df must be at least 2: a straight line")
    k = fit.terms.index(term)
    found = scaled_schoenfeld_residuals(fit)
    g = transformed_times(fit, transform)
    times, first = np.unique(sets.time, return_index=True)
    if times.size < df:
        raise ValueError(f"{times.size} distinct event times are too few for {df} degrees of freedom")
    x = g[first][np.searchsorted(times, found.time)]
    grid = np.linspace(x.min(), x.max(), points)
    together = np.concatenate([grid, x])
    knots = np.quantile(together, np.linspace(0.0, 1.0, df))
    basis, at = _natural_spline(x, knots), _natural_spline(grid, knots)
    q, r = np.linalg.qr(basis)
    rows = np.linalg.solve(r.T, at.T).T
    value = rows @ (q.T @ found.values[:, k])
    error = np.sqrt(found.row.size * fit.naive_covariance[k, k] * np.sum(rows**2, axis=1))
    half = critical_value(conf_level) * error
    return EffectOverTime(term, np.interp(grid, g[first], times), value, error, value - half, value + half)


def _natural_spline(x: Floats, knots: Floats) -> Floats:
    """Basis of the cubic splines with these knots that are straight outside them; shape (n, knots).

    Hastie, Tibshirani & Friedman 2009, The Elements of Statistical Learning, equations 5.4 and 5.5.
    """
    t = (x - knots[0]) / (knots[-1] - knots[0])
    places = (knots - knots[0]) / (knots[-1] - knots[0])
    cubes = np.clip(t[:, None] - places, 0.0, None) ** 3
    slopes = (cubes[:, :-1] - cubes[:, -1:]) / (places[-1] - places[:-1])
    return np.column_stack([np.ones_like(t), t, slopes[:, :-1] - slopes[:, -1:]])
