"""The (restricted) likelihood of y_i ~ N(X_i beta, V / w_i), its gradient and its information.

With K = V^-1 written into a T x T matrix with zeros where a pattern has no score, all are sums over patterns
of products of K with the pattern's cross-products; no patient is looked at. Formulas: Jennrich and
Schluchter 1986, Biometrics 42:805 (likelihood, scoring); Lindstrom and Bates 1988, JASA 83:1014 (derivatives
of the restricted likelihood); Kenward and Roger 1997, Biometrics 53:983 (P and Q matrices).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from outcomes.models.mmrm.crossproducts import Array
from outcomes.models.mmrm.standardise import Standardised
from outcomes.models.mmrm.structures import Structure

CHUNK = 1 << 21
"""Numbers held at once when a product is formed for every parameter and pattern."""


@dataclass(frozen=True, eq=False)
class Point:
    """The likelihood at one value of the covariance parameters, in standard units.

    Attributes
    ----------
    theta : array (G, t)
        Parameters of each group.
    log_likelihood : float
        Without the constants of the standardisation.
    gamma, cov : array (q,), array (q, q)
        Generalised least squares and its covariance ``(X' V^-1 X)^-1``.
    K : array (P, T, T)
        Inverse covariances.
    residual : array (P, T, T)
        Weighted cross-products of the residuals.
    """

    theta: Array
    log_likelihood: float
    gamma: Array
    cov: Array
    K: Array
    residual: Array


@dataclass(frozen=True, eq=False)
class Slope:
    """Gradient at a point, and what the information needs of it.

    Attributes
    ----------
    gradient : array (G t,)
    by_entry : array (P, T, T)
        Derivative of the log-likelihood by the entries of each pattern's covariance.
    leverage : array (P, T, T)
        Sum over patients of ``w X cov X'``; zero for maximum likelihood.
    """

    gradient: Array
    by_entry: Array
    leverage: Array


@dataclass(frozen=True, eq=False)
class Problem:
    """Data, structure and method of one fit; functions below evaluate it."""

    data: Standardised
    structure: Structure
    reml: bool

    def days(self, group: int) -> Array | None:
        """Actual days of the patterns of a group."""
        return None if self.data.days is None else self.data.days[self.data.group == group]


def covariances(problem: Problem, theta: Array) -> Array:
    """Covariance of every pattern, shape (P, T, T), with rows of the identity where there is no score."""
    data = problem.data
    P, T = data.observed.shape
    V = np.empty((P, T, T))
    for group in range(data.n_groups):
        V[data.group == group] = problem.structure.value(theta[group], problem.days(group))
    seen = data.observed.astype(float)
    V *= seen[:, :, None] * seen[:, None, :]
    V[:, np.arange(T), np.arange(T)] += 1.0 - seen
    return V


def evaluate(problem: Problem, theta: Array) -> Point:
    """Likelihood at `theta`.

    Raises
    ------
    numpy.linalg.LinAlgError
        Where a covariance is not positive definite.
    """
    data = problem.data
    seen = data.observed.astype(float)
    both = seen[:, :, None] * seen[:, None, :]
    V = covariances(problem, theta)
    if not np.isfinite(V).all():
        raise np.linalg.LinAlgError("the covariance is not finite")
    low = np.linalg.cholesky(V)
    log_det = 2.0 * np.log(np.diagonal(low, axis1=1, axis2=2)).sum(axis=1)
    half = np.linalg.inv(low)
    K = (np.swapaxes(half, 1, 2) @ half) * both
    information = quadratic(data.basis, data.uu, K[None])[0]
    cross = np.einsum("pjk,psk->js", K, data.uy)
    right = np.tensordot(cross, data.basis, ((0, 1), (0, 1)))
    root = np.linalg.cholesky(information)
    inverse = np.linalg.inv(root)
    cov = inverse.T @ inverse
    gamma = cov @ right
    line = data.basis @ gamma
    fitted = line @ data.uy
    residual = data.yy - fitted - np.swapaxes(fitted, 1, 2) + line @ data.uu @ line.T
    log_likelihood = -0.5 * (float(data.n @ log_det) + float(np.vdot(K, residual)))
    n = data.n_scores
    if problem.reml:
        log_likelihood -= float(np.log(np.diag(root)).sum())
        n -= len(gamma)
    log_likelihood -= 0.5 * n * math.log(2.0 * math.pi)
    return Point(theta, log_likelihood, gamma, cov, K, residual)


def quadratic(basis: Array, uu: Array, L: Array) -> Array:
    """Sum over patients of ``w X' L X``, shape (a, q, q), from L of shape (a, P, T, T)."""
    T, s, q = basis.shape
    P = len(uu)
    sums = np.swapaxes(L.reshape(len(L), P, T * T), 1, 2) @ uu.reshape(P, s * s)
    inner = np.swapaxes(sums.reshape(len(L), T, T, s, s), 2, 3).reshape(len(L), T * s, T * s)
    columns = basis.reshape(T * s, q)
    return columns.T @ inner @ columns


def slope(problem: Problem, point: Point) -> Slope:
    """Gradient of the log-likelihood by theta."""
    data = problem.data
    T, s, q = data.basis.shape
    leverage = np.zeros_like(point.K)
    if problem.reml:
        columns = data.basis.reshape(T * s, q)
        blocks = (columns @ point.cov @ columns.T).reshape(T, s, T, s)
        spread = np.swapaxes(blocks, 1, 2).reshape(T * T, s * s)
        leverage = (data.uu.reshape(-1, s * s) @ spread.T).reshape(-1, T, T)
    K = point.K
    by_entry = 0.5 * (K @ (point.residual + leverage) @ K - data.n[:, None, None] * K)
    parts = [
        _against(problem.structure.first(point.theta[g], problem.days(g)), by_entry[data.group == g])
        for g in range(data.n_groups)
    ]
    return Slope(np.concatenate(parts), by_entry, leverage)


def _against(first: Array, values: Array) -> Array:
    """Sum over patterns and entries of first derivatives (t, K, T, T) times values (P, T, T)."""
    if first.shape[1] == 1:
        return np.asarray(np.tensordot(first[:, 0], values.sum(axis=0), 2))
    return np.asarray(np.tensordot(first, values, 3))


def pairs(problem: Problem, theta: Array, left: Array, right: Array) -> Array:
    """Sum over patterns of ``tr(V_a left V_b right)`` for all pairs of parameters, shape (G t, G t)."""
    data = problem.data
    t = theta.shape[1]
    out = np.zeros((theta.size, theta.size))
    for g in range(data.n_groups):
        mine = data.group == g
        first = problem.structure.first(theta[g], problem.days(g))
        place = slice(g * t, (g + 1) * t)
        out[place, place] = _pairs(first, left[mine], right[mine])
    return out


def _pairs(first: Array, left: Array, right: Array) -> Array:
    T = left.shape[1]
    t = len(first)
    if first.shape[1] == 1:
        # one product over patterns serves all parameters: sum of left[j, k] right[l, i]
        product = (left.reshape(-1, T * T).T @ right.reshape(-1, T * T)).reshape(T, T, T, T)
        over = product.transpose(3, 0, 1, 2).reshape(T * T, T * T)
        flat = first.reshape(t, T * T)
        return np.asarray(flat @ over @ flat.T)
    one = (first @ left).reshape(t, -1)
    two = np.swapaxes(first @ right, 2, 3).reshape(t, -1)
    return np.asarray(one @ two.T)


def expected(problem: Problem, point: Point) -> Array:
    """Expected information of maximum likelihood, ``tr(V^-1 V_a V^-1 V_b) / 2``: always positive definite."""
    return 0.5 * pairs(problem, point.theta, problem.data.n[:, None, None] * point.K, point.K)


@dataclass(frozen=True, eq=False)
class Curvature:
    """Second-order quantities at a point.

    Attributes
    ----------
    observed, expected : array (G t, G t)
        Information about theta: of the data at hand, and its expectation.
    P : array (G t, q, q)
        ``X' V^-1 V_a V^-1 X``; the covariance of gamma changes by ``cov P_a cov``.
    """

    observed: Array
    expected: Array
    P: Array


def curvature(problem: Problem, point: Point, at: Slope) -> Curvature:
    """Information of the (restricted) likelihood, observed and expected."""
    data, K = problem.data, point.K
    t = point.theta.shape[1]
    P, q = _by_parameter(problem, point)
    N = data.n[:, None, None] * K
    first_term = 0.5 * pairs(problem, point.theta, N, K)
    observed = pairs(problem, point.theta, K, K @ point.residual @ K) - first_term - q @ point.cov @ q.T
    mean = first_term
    if problem.reml:
        spread = pairs(problem, point.theta, K, K @ at.leverage @ K)
        PC = P @ point.cov
        twice = 0.5 * np.einsum("aij,bji->ab", PC, PC, optimize=True)
        observed = observed + spread - twice
        mean = first_term - spread + twice
    for g in range(data.n_groups):
        second = problem.structure.second(point.theta[g], problem.days(g))
        if second is not None:
            mine = at.by_entry[data.group == g]
            place = slice(g * t, (g + 1) * t)
            observed[place, place] -= _against(second.reshape(t * t, *second.shape[2:]), mine).reshape(t, t)
    return Curvature(0.5 * (observed + observed.T), 0.5 * (mean + mean.T), P)


def _by_parameter(problem: Problem, point: Point) -> tuple[Array, Array]:
    """P of each parameter, and ``X' V^-1 V_a V^-1 r`` with r the residuals, shape (G t, q)."""
    data, K = problem.data, point.K
    T, s, q = data.basis.shape
    columns = data.basis.reshape(T * s, q)
    across = data.uy - data.uu @ (data.basis @ point.gamma).T
    P_parts, q_parts = [], []
    for g in range(data.n_groups):
        mine = np.flatnonzero(data.group == g)
        first = problem.structure.first(point.theta[g], problem.days(g))
        step = max(1, CHUNK // max(1, len(mine) * T * T))
        for start in range(0, len(first), step):
            L = K[mine] @ first[start : start + step] @ K[mine]
            P_parts.append(quadratic(data.basis, data.uu[mine], L))
            by_visit = np.tensordot(L, across[mine], ((1, 3), (0, 2)))
            q_parts.append(by_visit.reshape(len(L), T * s) @ columns)
    return np.concatenate(P_parts), np.concatenate(q_parts)
