"""Weibull log-likelihood of interval-censored times and its derivatives, where it is concave.

With y = log t and z = a y - x g (a = 1/scale, g = b/scale) the survival function is exp(-exp(z)), z is linear
in (g, a), and the log-likelihood is concave in them for exact, left-, right- and interval-censored times
alike (Burridge 1981, J R Stat Soc B 43:41). One row contributes
    exact               log a - y + z - exp(z)
    in (left, right]    log(exp(-u) - exp(-v)) = -u + log(1 - exp(-(v - u)))
with u = exp(z_left), v = exp(z_right), u = 0 at left = 0 and v = inf where right-censored.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from outcomes.models.interval.times import Floats, IntervalTimes


@dataclass(frozen=True)
class WeibullData:
    """Rows ready for the likelihood.

    Attributes
    ----------
    low, high : ndarray, shape (n, p + 1)
        Derivative of z by (g, a) at the left and right end: (-x, log t); log t is 0 where t is 0 or inf.
    has_low, has_high : ndarray of float, shape (n,)
        1 where the left end is above 0, and where the right end is finite; an exact time has no left end.
    exact : ndarray of bool, shape (n,)
        Whether the time itself is known; its z is that of the right end.
    weight : ndarray, shape (n,)
        Case weights.
    """

    low: Floats
    high: Floats
    has_low: Floats
    has_high: Floats
    exact: NDArray[np.bool_]
    weight: Floats

    @property
    def exact_weight(self) -> float:
        """Sum of the weights of exact times."""
        return float(self.weight[self.exact].sum())


def weibull_data(times: IntervalTimes, matrix: Floats) -> WeibullData:
    """Lay out `times` with the design `matrix`, shape (n, p)."""
    known_low = (times.left > 0) & ~times.exact
    known_high = ~times.right_censored
    log_low = np.log(times.left, out=np.zeros_like(times.left), where=known_low)
    log_high = np.log(times.right, out=np.zeros_like(times.right), where=known_high)
    return WeibullData(
        np.column_stack([-matrix, log_low]), np.column_stack([-matrix, log_high]),
        known_low.astype(float), known_high.astype(float), times.exact, times.weight,
    )  # fmt: skip


def log_likelihood(data: WeibullData, phi: Floats) -> float:
    """Value at (g, a), -inf where a is not above 0 or a row is impossible to the machine's precision."""
    if not phi[-1] > 0:
        return -np.inf
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        u, v = _cumulative_hazards(data, phi)
        z = data.high @ phi
        inside = -u + np.log(-np.expm1(-(v - u)))
        rows = np.where(data.exact, np.log(phi[-1]) - data.high[:, -1] + z - v, inside)
        total = float(data.weight @ rows)
    return total if np.isfinite(total) else -np.inf


def derivatives(data: WeibullData, phi: Floats) -> tuple[Floats, Floats]:
    """Gradient, shape (p + 1,), and negative Hessian, shape (p + 1, p + 1), by (g, a)."""
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        u, v = _cumulative_hazards(data, phi)
        q = np.where(np.isinf(v), 0.0, 1 / np.expm1(v - u))
        v = np.where(np.isinf(v), 0.0, v)  # every term with it vanishes: q falls faster than v rises
        vq = v * q
        by_low = np.where(data.exact, 0.0, -u * (1 + q))
        by_high = np.where(data.exact, 1 - v, vq)
        # u (1 + q) and v q stay finite where u, v or q alone would not
        low_low = np.where(data.exact, 0.0, u * (1 + q) + u * q * u * (1 + q))
        cross = np.where(data.exact, 0.0, -(u * (1 + q)) * vq)
        high_high = np.where(data.exact, v, vq * (v * (1 + q)) - vq)
    gradient = data.low.T @ (data.weight * by_low) + data.high.T @ (data.weight * by_high)
    mixed = data.low.T @ (data.high * (data.weight * cross)[:, None])
    curvature = (
        data.low.T @ (data.low * (data.weight * low_low)[:, None])
        + data.high.T @ (data.high * (data.weight * high_high)[:, None])
        + mixed + mixed.T
    )  # fmt: skip
    gradient[-1] += data.exact_weight / phi[-1]
    curvature[-1, -1] += data.exact_weight / phi[-1] ** 2
    return np.asarray(gradient, dtype=np.float64), np.asarray(curvature, dtype=np.float64)


def _cumulative_hazards(data: WeibullData, phi: Floats) -> tuple[Floats, Floats]:
    """Cumulative hazard at the left end (0 without one) and at the right end (inf without one)."""
    u = np.where(data.has_low > 0, np.exp(data.low @ phi), 0.0)
    v = np.where(data.has_high > 0, np.exp(data.high @ phi), np.inf)
    return u, v
