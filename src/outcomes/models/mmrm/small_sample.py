"""Degrees of freedom and standard errors that small samples need.

Satterthwaite: Satterthwaite 1946, Biometrics Bull 2:110, with the gradient and the observed information at
the optimum; several degrees of freedom at once as Fai and Cornelius 1996, J Stat Comput Simul 54:363.
Kenward-Roger: Kenward and Roger 1997, Biometrics 53:983; with second derivatives left out (linear) it is
their formula for a covariance that is linear in its parameters, and SAS's DDFM=KR under an unstructured
covariance. Between-within: Schluchter and Elashoff 1990, J Stat Comput Simul 37:69, as R's mmrm counts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from outcomes.models.mmrm.crossproducts import Array
from outcomes.models.mmrm.likelihood import Curvature, Point, Problem, quadratic

EQUAL_TOL = 1e-8
"""Largest difference of degrees of freedom that count as equal, as lmerTest has it."""


@dataclass(frozen=True, eq=False)
class Spread:
    """What degrees of freedom rest on, in standard units.

    Attributes
    ----------
    cov : array (q, q)
        Covariance of the coefficients that standard errors come from.
    model_cov : array (q, q)
        ``(X' V^-1 X)^-1``.
    change : array (t, q, q)
        Derivative of `model_cov` by each covariance parameter.
    theta_cov : array (t, t)
        Covariance of the covariance parameters.
    """

    cov: Array
    model_cov: Array
    change: Array
    theta_cov: Array


def spread(problem: Problem, point: Point, bend: Curvature, *, adjust: str, information: str) -> Spread:
    """Gather the matrices.

    Parameters
    ----------
    adjust : {'none', 'linear', 'full'}
        Kenward and Roger's covariance without or with its term of second derivatives.
    information : {'observed', 'expected'}
        Whose inverse is the covariance of the covariance parameters.
    """
    W = np.asarray(np.linalg.inv(bend.observed if information == "observed" else bend.expected), dtype=float)
    cov = point.cov
    if adjust != "none":
        cov = cov + 2.0 * cov @ _correction(problem, point, bend.P, W, second=adjust == "full") @ cov
    return Spread(0.5 * (cov + cov.T), point.cov, point.cov @ bend.P @ point.cov, W)


def _correction(problem: Problem, point: Point, P: Array, W: Array, *, second: bool) -> Array:
    """Sum of ``W_ab (Q_ab - P_a cov P_b - R_ab / 4)``."""
    data, K = problem.data, point.K
    t = point.theta.shape[1]
    middle = np.empty_like(K)
    for g in range(data.n_groups):
        mine = data.group == g
        place = slice(g * t, (g + 1) * t)
        first = problem.structure.first(point.theta[g], problem.days(g))
        weighted = np.tensordot(W[place, place], first, 1)
        middle[mine] = _sandwich(first, weighted, K[mine])
        if second:
            bend = problem.structure.curvature(point.theta[g], W[place, place], problem.days(g))
            middle[mine] -= 0.25 * bend
    around = np.tensordot(P @ point.cov, np.tensordot(W, P, 1), ((0, 2), (0, 1)))
    return np.asarray(quadratic(data.basis, data.uu, (K @ middle @ K)[None])[0] - around)


def _sandwich(first: Array, weighted: Array, K: Array) -> Array:
    """Sum over a of ``first_a K weighted_a``, shape (P, T, T)."""
    P, T, _ = K.shape
    if first.shape[1] == 1:
        four = np.tensordot(first[:, 0], weighted[:, 0], ((0,), (0,)))
        four = four.transpose(0, 3, 1, 2).reshape(T * T, T * T)
        return np.asarray((K.reshape(P, T * T) @ four.T).reshape(P, T, T))
    return np.asarray((first @ K @ weighted).sum(axis=0))


def satterthwaite(base: Spread, L: Array) -> Array:
    """Degrees of freedom of each row of L, shape (m,)."""
    variance = np.einsum("mi,ij,mj->m", L, base.model_cov, L)
    change = np.einsum("tij,mi,mj->tm", base.change, L, L, optimize=True)
    return np.asarray(2.0 * variance**2 / np.einsum("tm,tu,um->m", change, base.theta_cov, change))


def pool(df: Array) -> float:
    """Denominator degrees of freedom of a mean of squared t statistics."""
    if np.ptp(df) < EQUAL_TOL:
        return float(np.mean(df))
    if (df <= 2.0).any():
        return 2.0
    expected = float(np.sum(df / (df - 2.0)))
    return 2.0 * expected / (expected - len(df))


def kenward_roger_joint(base: Spread, L: Array, estimate: Array) -> tuple[float, float]:
    """Scaled F statistic of ``L gamma = 0`` and its denominator degrees of freedom."""
    n = len(L)
    theta = L.T @ np.linalg.solve(L @ base.model_cov @ L.T, L)
    parts = theta @ base.change
    traces = np.trace(parts, axis1=1, axis2=2)
    A1 = float(traces @ base.theta_cov @ traces)
    A2 = float(np.sum(base.theta_cov * np.einsum("aij,bji->ab", parts, parts, optimize=True)))
    B = (A1 + 6.0 * A2) / (2.0 * n)
    g = ((n + 1.0) * A1 - (n + 4.0) * A2) / ((n + 2.0) * A2)
    bottom = 3.0 * n + 2.0 * (1.0 - g)
    c1, c2, c3 = g / bottom, (n - g) / bottom, (n + 2.0 - g) / bottom
    mean = 1.0 / (1.0 - A2 / n)
    variance = 2.0 / n * (1.0 + c1 * B) / ((1.0 - c2 * B) ** 2 * (1.0 - c3 * B))
    rho = variance / (2.0 * mean**2)
    df = 4.0 + (n + 2.0) / (n * rho - 1.0)
    scale = df / (mean * (df - 2.0))
    F = float(estimate @ np.linalg.solve(L @ base.cov @ L.T, estimate)) / n
    return scale * F, float(df)
