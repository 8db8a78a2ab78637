"""Profiled likelihood of y_i = X_i beta + Z_i b_i + e_i, b_i ~ N(0, sigma2 L L'), e_i ~ N(0, sigma2 I).

The deviance, minus twice the log-likelihood with `beta` and `sigma2` profiled out, is a smooth
function of `theta`, the entries of the lower triangular L by column (Bates, Maechler, Bolker &
Walker 2015, J Stat Softw 67(1), sections 2.2 and 3.4). It needs the data only through cross-products
per pattern of Z_i, so one evaluation costs the same for ten patients as for ten thousand:
``V_i^-1 = I - Z_i M Z_i'`` with ``M = (I + G Z_i'Z_i)^-1 G`` and ``G = L L'``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

GRADIENT_TOL = 1e-5
"""Largest scaled gradient at an optimum: the deviance is then within 1e-10 of its minimum."""
CURVATURE_TOL = 1e-6
"""Smallest ratio of the Hessian's eigenvalues to their largest that still tells a minimum from a ridge."""
SINGULAR_TOL = 1e-4
"""A diagonal entry of L below this is a boundary, as in lme4's `isSingular`."""
RESIDUAL_TOL = 1e-10
"""Residual variance, as a share of the variance that the fixed effects leave, that counts as none."""
STARTS = (1.0, 0.3, 3.0)
"""Diagonals of L to start from: REML surfaces can have more than one minimum."""


@dataclass(frozen=True)
class Moments:
    """What the likelihood needs of the data.

    The fixed-effects columns are orthonormalised (X = Q R) and the scores replaced by their
    least-squares residuals, so that nothing is lost to cancellation.

    Attributes
    ----------
    gram : array (k, q, q)
        Z_i'Z_i of each pattern, the columns of Z scaled by `z_scale`.
    counts : array (k,)
        Patients of each pattern.
    cross : array (k, q, q, p + 1, p + 1)
        Sums over a pattern's patients of products of the rows of ``Z_i'[Q_i, residual_i]``.
    total : array (p + 1, p + 1)
        ``[Q, residual]'[Q, residual]``.
    r_inverse : array (p, p)
        R^-1.
    beta_ols : array (p,)
        Least-squares coefficients.
    z_scale : array (q,)
        Largest absolute value of each column of Z; makes `theta` free of the unit of time.
    n_obs : int
        Scores.
    reml : bool
        Restricted likelihood, or the full one.
    """

    gram: Array
    counts: Array
    cross: Array
    total: Array
    r_inverse: Array
    beta_ols: Array
    z_scale: Array
    n_obs: int
    reml: bool

    @property
    def n_fixed(self) -> int:
        """Fixed effects."""
        return self.beta_ols.size

    @property
    def df(self) -> int:
        """Divisor of the residual sum of squares."""
        return self.n_obs - self.n_fixed * self.reml


@dataclass(frozen=True)
class Solution:
    """The model at one `theta`, in the units of the data.

    Attributes
    ----------
    beta, cov_beta : array (p,), array (p, p)
        Generalised least squares and ``sigma2 (X' V^-1 X)^-1``.
    cov_random : array (q, q)
        Covariance matrix of the random effects.
    sigma2 : float
        Residual variance.
    log_likelihood : float
        Restricted or full, constants included.
    """

    theta: Array
    beta: Array
    cov_beta: Array
    cov_random: Array
    sigma2: float
    log_likelihood: float


def summarise(y: Array, X: Array, Z: Array, groups: NDArray[np.int64], *, reml: bool) -> Moments:
    """Cross-products of one data set.

    Parameters
    ----------
    y, X, Z : array (n,), array (n, p), array (n, q)
        Scores, fixed-effects design of full column rank, random-effects design; q is 1 or 2.
    groups : array of int (n,)
        Patient of each row, numbered from 0, rows of a patient together.

    Raises
    ------
    ValueError
        If the rows of a patient do not stand together.
    """
    starts = np.flatnonzero(np.r_[True, groups[1:] != groups[:-1]])
    if starts.size != np.unique(groups).size:
        raise ValueError("rows of a patient must stand together")
    Q, R = np.linalg.qr(X)
    r_inverse = np.linalg.inv(R)
    projected = Q.T @ y
    W = np.column_stack([Q, y - Q @ projected])
    z_scale = np.abs(Z).max(axis=0)
    U = Z / z_scale
    gram = np.add.reduceat(U[:, :, None] * U[:, None, :], starts, axis=0)
    rows = np.add.reduceat(U[:, :, None] * W[:, None, :], starts, axis=0)
    patterns, member = np.unique(gram.reshape(starts.size, -1), axis=0, return_inverse=True)
    member = member.reshape(-1)
    q, width = Z.shape[1], W.shape[1]
    cross = np.empty((len(patterns), q, q, width, width))
    for k in range(len(patterns)):
        own = rows[member == k]
        cross[k] = np.einsum("iax,iby->abxy", own, own)
    return Moments(
        gram=patterns.reshape(-1, q, q),
        counts=np.bincount(member).astype(float),
        cross=cross,
        total=W.T @ W,
        r_inverse=r_inverse,
        beta_ols=r_inverse @ projected,
        z_scale=z_scale,
        n_obs=y.size,
        reml=reml,
    )


def lower_triangle(theta: Array) -> Array:
    """L from `theta`: 1 entry (intercept) or 3 (intercept, covariance, slope), by column as in lme4."""
    if theta.size == 1:
        return theta.reshape(1, 1)
    return np.array([[theta[0], 0.0], [theta[1], theta[2]]])


def deviance(moments: Moments, theta: Array) -> tuple[float, Array]:
    """Profiled deviance (ML) or REML criterion, constants included, and its gradient in `theta`."""
    m, p, eye = moments, moments.n_fixed, np.eye(moments.gram.shape[1])
    L = lower_triangle(theta)
    G = L @ L.T
    B = np.linalg.inv(eye + G @ m.gram)
    A = m.total - np.einsum("kab,kabxy->xy", B @ G, m.cross)
    inner = np.linalg.inv(A[:p, :p])
    contrast = np.append(-inner @ A[:p, p], 1.0)
    # where the random effects fit every score it is zero up to rounding; find_fault reports that
    rss = max(float(contrast @ A @ contrast), float(np.finfo(float).tiny))
    logdet_v = -float(m.counts @ np.linalg.slogdet(B)[1])
    value = logdet_v + m.df * (1.0 + math.log(2.0 * math.pi * rss / m.df))
    if m.reml:
        value += float(np.linalg.slogdet(A[:p, :p])[1] - 2.0 * np.linalg.slogdet(m.r_inverse)[1])
    gradient = np.empty(theta.size)
    for j, (row, column) in enumerate(np.argwhere(np.tri(L.shape[0], dtype=bool).T)[:, ::-1]):
        dL = np.zeros_like(L)
        dL[row, column] = 1.0
        dG = dL @ L.T + L @ dL.T
        dA = -np.einsum("kab,kabxy->xy", B @ dG @ np.swapaxes(B, 1, 2), m.cross)
        slope = float(np.einsum("k,kab,kbc,ca->", m.counts, m.gram, B, dG))
        slope += m.df / rss * float(contrast @ dA @ contrast)
        if m.reml:
            slope += float(np.sum(inner * dA[:p, :p]))
        gradient[j] = slope
    return value, gradient


def hessian(moments: Moments, theta: Array) -> Array:
    """Second derivatives of the deviance, by central differences of its exact gradient."""
    step = np.cbrt(np.finfo(float).eps) * max(1.0, float(np.abs(theta).max()))
    columns = [
        (deviance(moments, theta + h)[1] - deviance(moments, theta - h)[1]) / (2.0 * step)
        for h in step * np.eye(theta.size)
    ]
    H: Array = np.array(columns)
    symmetric: Array = 0.5 * (H + H.T)
    return symmetric


def minimise(moments: Moments) -> Array:
    """`theta` of the smallest deviance found from several starts, polished by Newton steps.

    L is not held to a non-negative diagonal: the deviance depends on it through L L' only, so a
    variance of zero is an ordinary stationary point, and the Hessian tells whether it is a minimum.
    """
    q = moments.gram.shape[1]
    starts = [np.array([s]) if q == 1 else np.array([s, 0.0, s]) for s in STARTS]
    best: tuple[float, Array] | None = None
    for start in starts:
        theta = _leave_saddle(moments, _descend(moments, start))
        value = deviance(moments, theta)[0]
        # a later start must be better by more than rounding, so that ties fall the same way everywhere
        if best is None or value < best[0] - 1e-9:
            best = (value, theta)
    assert best is not None  # noqa: S101 - there is always a start
    return canonical_theta(polish(moments, best[1]))


def _descend(moments: Moments, start: Array) -> Array:
    from scipy.optimize import minimize

    def value(theta: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float:
        return deviance(moments, theta)[0]

    def gradient(theta: np.ndarray[tuple[int], np.dtype[np.float64]]) -> list[float]:
        slopes: list[float] = deviance(moments, theta)[1].tolist()
        return slopes

    found = minimize(value, start.tolist(), jac=gradient, method="BFGS")
    return np.asarray(found.x, dtype=np.float64)


def _leave_saddle(moments: Moments, theta: Array) -> Array:
    values, vectors = np.linalg.eigh(hessian(moments, theta))
    if values[0] >= -CURVATURE_TOL * abs(values[-1]):
        return theta
    return _descend(moments, theta + 0.1 * vectors[:, 0])


def polish(moments: Moments, theta: Array, most: int = 30) -> Array:
    """Newton steps for as long as they shrink the gradient; a point without positive curvature stays."""
    gradient = deviance(moments, theta)[1]
    for _ in range(most):
        H = hessian(moments, theta)
        if not np.linalg.eigvalsh(H)[0] > 0.0:
            break
        trial = theta - np.linalg.solve(H, gradient)
        trial_gradient = deviance(moments, trial)[1]
        if not np.abs(trial_gradient).max() < np.abs(gradient).max():
            break
        theta, gradient = trial, trial_gradient
    return theta


def canonical_theta(theta: Array) -> Array:
    """Give L a non-negative diagonal, which leaves L L' and so the deviance as they are."""
    L = lower_triangle(theta)
    L = L * np.where(np.diag(L) < 0.0, -1.0, 1.0)
    return np.asarray(L.T[np.triu_indices(L.shape[0])], dtype=np.float64)


def solve(moments: Moments, theta: Array) -> Solution:
    """Fixed effects, their covariance matrix and the variance components at `theta`."""
    m, p = moments, moments.n_fixed
    L = lower_triangle(theta)
    G = L @ L.T
    A = m.total - np.einsum("kab,kabxy->xy", np.linalg.inv(np.eye(len(G)) + G @ m.gram) @ G, m.cross)
    inner = np.linalg.inv(A[:p, :p])
    shift = inner @ A[:p, p]
    sigma2 = float(A[p, p] - A[:p, p] @ shift) / m.df
    return Solution(
        theta=theta,
        beta=m.beta_ols + m.r_inverse @ shift,
        cov_beta=sigma2 * m.r_inverse @ inner @ m.r_inverse.T,
        cov_random=sigma2 * G / np.outer(m.z_scale, m.z_scale),
        sigma2=sigma2,
        log_likelihood=-0.5 * deviance(m, theta)[0],
    )


def find_fault(moments: Moments, solution: Solution) -> str | None:
    """Why `solution` is not a trustworthy optimum, in words; None when it is one."""
    values, vectors = np.linalg.eigh(hessian(moments, solution.theta))
    explained = moments.total[-1, -1] / moments.df
    if not solution.sigma2 > RESIDUAL_TOL * explained:
        return "the residual variance is zero: the model fits every score exactly"
    if not values[0] > CURVATURE_TOL * abs(values[-1]):
        return (
            "the likelihood is flat or not at a maximum in the variance components "
            "(Hessian not positive definite)"
        )
    scaled = (vectors.T @ deviance(moments, solution.theta)[1]) / np.sqrt(values)
    if not np.abs(scaled).max() < GRADIENT_TOL:
        return f"the likelihood still rises at the solution (scaled gradient {np.abs(scaled).max():.1e})"
    variances = np.diag(solution.cov_beta)
    if not (np.isfinite(variances).all() and (variances > 0.0).all()):
        return "a standard error is not a positive number"
    return None


def describe_boundary(solution: Solution) -> str | None:
    """What a random-effects covariance matrix at the edge of its range means; None inside it."""
    L = lower_triangle(solution.theta)
    means = "the fixed effects stand"
    if L[0, 0] < SINGULAR_TOL and (len(L) == 1 or np.abs(L[1]).max() < SINGULAR_TOL):
        return (
            "the variance between patients is estimated as zero: scores of one patient are no more alike "
            f"than scores of different patients; {means}, the model is ordinary least squares"
        )
    if len(L) == 1:
        return None
    if L[0, 0] < SINGULAR_TOL:
        return f"the variance of patients' intercepts is estimated as zero; {means}"
    if np.abs(L[1]).max() < SINGULAR_TOL:
        return f"the variance of patients' slopes is estimated as zero: a random intercept would do; {means}"
    if L[1, 1] < SINGULAR_TOL:
        sign = "+1" if L[1, 0] > 0.0 else "-1"
        return (
            f"the correlation of patients' intercepts and slopes is estimated as {sign}: the scores do not "
            f"support both as separate effects; {means}"
        )
    return None
