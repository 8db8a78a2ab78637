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

POINTS = 40
SINGULAR = 1e-10
"""Smallest singular value of the spline's basis at the events, relative to the largest: less is rounding."""


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
    points: int = POINTS,
    conf_level: float = 0.95,
) -> EffectOverTime:
    """Smooth the log hazard ratio of a column over time.

    Raises
    ------
    ValueError
        If the fit is not ok, the term unknown, `df` below 2, or `smooth_problem` finds one.
    """
    if term not in fit.terms:
        raise ValueError("no such term in the fit")
    if df < 2:
        raise ValueError("df must be at least 2: a straight line")
    problem = smooth_problem(fit, transform, df=df, points=points)
    if problem is not None:
        raise ValueError(problem)
    k = fit.terms.index(term)
    found = scaled_schoenfeld_residuals(fit)
    g = transformed_times(fit, transform)
    times, first = np.unique(fit.data.time, return_index=True)
    x = g[first][np.searchsorted(times, found.time)]
    grid, knots = _grid_and_knots(x, df, points)
    basis, smooth = _natural_spline(x, knots), _natural_spline(grid, knots)
    q, r = np.linalg.qr(basis)
    rows = np.linalg.solve(r.T, smooth.T).T
    value = rows @ (q.T @ found.values[:, k])
    error = np.sqrt(found.row.size * fit.naive_covariance[k, k] * np.sum(rows**2, axis=1))
    half = critical_value(conf_level) * error
    # of logarithms the time is known between event times, too
    at = np.exp(grid) if transform == "log" else np.interp(grid, g[first], times)
    return EffectOverTime(term, at, value, error, value - half, value + half)


def smooth_problem(
    fit: CoxFit, transform: Transform = "km", *, df: int = 4, points: int = POINTS
) -> str | None:
    """Say why no natural spline of `df` degrees of freedom goes through the residuals, or None.

    Raises
    ------
    ValueError
        If the fit is not ok.
    """
    g = transformed_times(fit, transform)
    distinct = np.unique(g).size
    if distinct < df:
        return f"{distinct} distinct event times are too few for {df} degrees of freedom"
    x = g[fit.data.dead_group]
    knots = _grid_and_knots(x, df, points)[1]
    if (np.diff(knots) > 0).all():
        sizes = np.linalg.svd(_natural_spline(x, knots), compute_uv=False)
        if sizes[-1] > SINGULAR * sizes[0]:
            return None
    most = int(np.bincount(np.unique(x, return_inverse=True)[1]).max())
    return f"{most} of {x.size} events at one time: too many for a smooth of {df} degrees of freedom"


def _grid_and_knots(x: Floats, df: int, points: int) -> tuple[Floats, Floats]:
    """Even steps, and the quantiles of events and steps together at which the spline has its knots."""
    grid = np.linspace(x.min(), x.max(), points)
    return grid, np.quantile(np.concatenate([grid, x]), np.linspace(0.0, 1.0, df))


def _natural_spline(x: Floats, knots: Floats) -> Floats:
    """Basis of the cubic splines with these knots that are straight outside them; shape (n, knots).

    Hastie, Tibshirani & Friedman 2009, The Elements of Statistical Learning, equations 5.4 and 5.5.
    """
    t = (x - knots[0]) / (knots[-1] - knots[0])
    places = (knots - knots[0]) / (knots[-1] - knots[0])
    cubes = np.clip(t[:, None] - places, 0.0, None) ** 3
    slopes = (cubes[:, :-1] - cubes[:, -1:]) / (places[-1] - places[:-1])
    return np.column_stack([np.ones_like(t), t, slopes[:, :-1] - slopes[:, -1:]])
