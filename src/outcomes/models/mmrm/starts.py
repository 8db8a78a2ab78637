"""Where to begin the search: moments of least-squares residuals, then simpler matrices made of them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np

from outcomes.models.mmrm.crossproducts import Array
from outcomes.models.mmrm.likelihood import Problem, quadratic
from outcomes.models.mmrm.standardise import Standardised

SHRINKAGE = (0.05, 0.5, 1.0)
"""Shares of the correlations that the first starts give up."""
CHAINS, COMMON = (0.8, -0.5), (0.5, 0.95)
"""Correlations of neighbouring visits, and of all, that the other starts have instead of the moments'."""
MOST_SIGNED = 6
"""Visits up to which every pattern of signs is a start, where summits differ in it."""
SMALLEST_EIGENVALUE = 1e-3


def starts(problem: Problem) -> Iterator[Array]:
    """Covariance parameters to begin with, shape (G, t) each, the most promising first."""
    moments = residual_moments(problem.data)
    for share in SHRINKAGE:
        matrices = [_positive(S, share) for S in moments]
        yield np.array([problem.structure.start(S, problem.days(g)) for g, S in enumerate(matrices)])
    T = moments.shape[1]
    lag = np.abs(np.subtract.outer(np.arange(T), np.arange(T)))
    tried = [rho**lag for rho in CHAINS] + [np.where(lag > 0, rho, 1.0) for rho in COMMON]
    if problem.structure.by_sign and T <= MOST_SIGNED:
        tried += [_chain(COMMON[0] * np.array(signs)) for signs in product((1.0, -1.0), repeat=T - 1)]
    for R in tried:
        matrices = [R * np.sqrt(np.outer(np.diag(S), np.diag(S))) for S in map(_diagonal, moments)]
        yield np.array([problem.structure.start(S, problem.days(g)) for g, S in enumerate(matrices)])


def residual_moments(data: Standardised) -> Array:
    """Mean products of least-squares residuals at each pair of visits, shape (G, T, T)."""
    _, T = data.observed.shape
    seen = data.observed.astype(float)
    identity = np.eye(T) * seen[:, :, None]
    information = quadratic(data.basis, data.uu, identity[None])[0]
    cross = np.einsum("psj,pj->js", data.uy, seen)
    gamma = np.linalg.solve(information, np.tensordot(cross, data.basis, ((0, 1), (0, 1))))
    line = data.basis @ gamma
    fitted = line @ data.uy
    residual = data.yy - fitted - np.swapaxes(fitted, 1, 2) + line @ data.uu @ line.T
    both = seen[:, :, None] * seen[:, None, :]
    out = np.empty((data.n_groups, T, T))
    for g in range(data.n_groups):
        mine = data.group == g
        total = (residual * both)[mine].sum(axis=0)
        out[g] = total / np.maximum((data.n[:, None, None] * both)[mine].sum(axis=0), 1.0)
    return out


def _chain(rho: Array) -> Array:
    """Correlations that are products of those of neighbouring visits."""
    T = len(rho) + 1
    R = np.eye(T)
    for j in range(T):
        for k in range(j + 1, T):
            R[j, k] = R[k, j] = np.prod(rho[j:k])
    return R


def _diagonal(S: Array) -> Array:
    """Its variances alone."""
    return _positive(S, 1.0)


def _positive(S: Array, share: float) -> Array:
    """Shrink the correlations, and lift eigenvalues until the matrix is safely positive definite."""
    variance = np.diag(S)
    sd = np.sqrt(np.where(variance > 0.0, variance, max(float(variance.max()), 1e-8)))
    R = np.clip(S / np.outer(sd, sd), -1.0, 1.0) * (1.0 - share)
    np.fill_diagonal(R, 1.0)
    values, vectors = np.linalg.eigh(R)
    R = (vectors * np.maximum(values, SMALLEST_EIGENVALUE)) @ vectors.T
    scale = sd / np.sqrt(np.diag(R))
    return np.asarray(R * np.outer(scale, scale))
