"""Correlation matrices over T visits with their derivatives, and the maps of their parameters."""

from __future__ import annotations

import numpy as np
from scipy import special

from outcomes.models.mmrm.structures.base import Array


def _lags(T: int) -> Array:
    return np.abs(np.subtract.outer(np.arange(T), np.arange(T))).astype(float)


def first_order(rho: Array, T: int) -> tuple[Array, Array, Array]:
    """``rho^|j - k|``: one parameter."""
    lag, r = _lags(T), rho[0]
    slope = np.where(lag > 0, lag * r ** np.maximum(lag - 1, 0), 0.0)
    bend = np.where(lag > 1, lag * (lag - 1) * r ** np.maximum(lag - 2, 0), 0.0)
    return r**lag, slope[None], bend[None, None]


def exchangeable(rho: Array, T: int) -> tuple[Array, Array, Array]:
    """One correlation for all pairs: one parameter."""
    others = 1.0 - np.eye(T)
    return np.eye(T) + rho[0] * others, others[None], np.zeros((1, 1, T, T))


def banded(rho: Array, T: int) -> tuple[Array, Array, Array]:
    """One correlation a lag: T - 1 parameters."""
    bands = (_lags(T) == np.arange(1, T)[:, None, None]).astype(float)
    return np.eye(T) + np.tensordot(rho, bands, 1), bands, np.zeros((T - 1, T - 1, T, T))


def chained(rho: Array, T: int) -> tuple[Array, Array, Array]:
    """Products of the correlations of neighbouring visits: T - 1 parameters."""
    c = T - 1
    step, earlier, later = np.ogrid[:c, :T, :T]
    between = (np.minimum(earlier, later) <= step) & (step < np.maximum(earlier, later))
    factor = np.where(between, rho[:, None, None], 1.0)
    one = np.ones((1, T, T))
    before = np.cumprod(np.concatenate([one, factor]), axis=0)
    after = np.cumprod(np.concatenate([one, factor[::-1]]), axis=0)[::-1]
    slope = between.astype(float) * before[:c] * after[1:]
    bend = np.zeros((c, c, T, T))
    for a in range(c):
        inside = np.cumprod(np.concatenate([one, factor[a + 1 : -1]]), axis=0)[: c - a - 1]
        bend[a, a + 1 :] = between[a] * between[a + 1 :] * before[a] * inside * after[a + 2 :]
        bend[a + 1 :, a] = bend[a, a + 1 :]
    return np.asarray(before[c]), np.asarray(slope), bend


def free(theta: Array, T: int) -> tuple[Array, Array, Array]:  # noqa: ARG001
    """Correlations between -1 and 1."""
    square = 1.0 + theta**2
    return theta / np.sqrt(square), square**-1.5, -3.0 * theta * square**-2.5


def unfree(rho: Array, T: int) -> Array:  # noqa: ARG001
    """Inverse of `free`."""
    return np.asarray(rho / np.sqrt(1.0 - rho**2))


def bounded(theta: Array, T: int) -> tuple[Array, Array, Array]:
    """Correlations between -1/(T-1) and 1, where compound symmetry is positive definite."""
    low = -1.0 / (T - 1)
    share = special.expit(theta)
    slope = (1.0 - low) * share * (1.0 - share)
    return low + (1.0 - low) * share, slope, slope * (1.0 - 2.0 * share)


def unbounded(rho: Array, T: int) -> Array:
    """Inverse of `bounded`."""
    low = -1.0 / (T - 1)
    inside = np.maximum(rho, 0.9 * low)
    return np.asarray(np.log((inside - low) / (1.0 - inside)))


def neighbours(R: Array) -> Array:
    """Correlations of neighbouring visits."""
    return np.diagonal(R, 1).copy()


def mean_of_neighbours(R: Array) -> Array:
    """One for all lags."""
    return np.array([np.diagonal(R, 1).mean()])


def mean_of_all(R: Array) -> Array:
    """One for all pairs."""
    return np.array([R[np.triu_indices(len(R), 1)].mean()])


def mean_by_lag(R: Array) -> Array:
    """One a lag, shrunk until the matrix is positive definite."""
    T = len(R)
    rho = np.array([np.diagonal(R, lag).mean() for lag in range(1, T)])
    while np.linalg.eigvalsh(banded(rho, T)[0])[0] < 1e-3:
        rho = 0.8 * rho
    return rho
