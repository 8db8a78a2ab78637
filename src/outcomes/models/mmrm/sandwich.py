"""Empirical (sandwich) covariance of the coefficients, from the patients' own residuals.

CR0: Liang and Zeger 1986, Biometrika 73:13. CR2 and CR3: Bell and McCaffrey 2002, Survey Methodology 28:169,
with their Satterthwaite degrees of freedom under the fitted covariance, as R's mmrm and clubSandwich compute
them. These are of fourth order in the data, so they need the patients, which cross-products no longer hold.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from outcomes.models.mmrm.crossproducts import Array, Integers
from outcomes.models.mmrm.likelihood import Point, Problem, covariances
from outcomes.models.mmrm.result import NotEstimableError

Kind = Literal["CR0", "CR2", "CR3"]
POWER = {"CR0": 0.0, "CR2": -0.5, "CR3": -1.0}
"""Power of I - H that multiplies a patient's residuals, H being its leverage."""
FULL_LEVERAGE = 1e-9
"""Eigenvalue of I - H at which a patient's scores determine a coefficient by themselves."""


@dataclass(frozen=True, eq=False)
class Patients:
    """Patients in standard units.

    Attributes
    ----------
    pattern : array of int (n,)
        Pattern of each, as a place in the problem's data.
    u : array (n, s)
        (1, covariates, visit covariates).
    scores : array (n, T)
        0 where there is none.
    weights : array (n,)
    """

    pattern: Integers
    u: Array
    scores: Array
    weights: Array


@dataclass(frozen=True, eq=False)
class Sandwich:
    """The empirical covariance, and what its degrees of freedom need.

    Attributes
    ----------
    cov : array (q, q)
    whitened, adjusted : array (n, T, q)
        Each patient's design times the root of its inverse covariance, before and after the adjustment.
    """

    cov: Array
    whitened: Array
    adjusted: Array


def sandwich(problem: Problem, point: Point, patients: Patients, kind: Kind) -> Sandwich:
    """Empirical covariance.

    Raises
    ------
    NotEstimableError
        For CR2 and CR3, where the scores of one patient alone determine a coefficient.
    """
    data = problem.data
    n, T = patients.scores.shape
    q = data.basis.shape[2]
    V = covariances(problem, point.theta)
    X = np.tensordot(patients.u, data.basis, ((1,), (1,)))
    residual = patients.scores - X @ point.gamma
    whitened, errors = np.zeros((n, T, q)), np.zeros((n, T))
    for k in np.unique(patients.pattern):
        rows = np.flatnonzero(patients.pattern == k)
        seen = np.flatnonzero(data.observed[k])
        half = np.linalg.inv(np.linalg.cholesky(V[k][np.ix_(seen, seen)]))
        root = np.sqrt(patients.weights[rows])
        place = np.ix_(rows, seen)
        whitened[place] = np.einsum("jk,ikq->ijq", half, X[place]) * root[:, None, None]
        errors[place] = residual[place] @ half.T * root[:, None]
    adjusted = _adjust(whitened, point.cov, POWER[kind])
    score = np.einsum("ijq,ij->iq", adjusted, errors)
    return Sandwich(point.cov @ (score.T @ score) @ point.cov, whitened, adjusted)


def _adjust(whitened: Array, cov: Array, power: float) -> Array:
    """``(I - H)^power`` times each patient's whitened design; rows without a score stay zero."""
    if power == 0.0:
        return whitened
    T = whitened.shape[1]
    rest = np.eye(T) - whitened @ cov @ np.swapaxes(whitened, 1, 2)
    values, vectors = np.linalg.eigh(rest)
    if values.min() < FULL_LEVERAGE:
        raise NotEstimableError("the scores of one patient alone determine a coefficient")
    made = (vectors * values[:, None, :] ** power) @ np.swapaxes(vectors, 1, 2)
    return np.asarray(made @ whitened)


def degrees_of_freedom(made: Sandwich, model_cov: Array, L: Array) -> Array:
    """Bell and McCaffrey's degrees of freedom of each row of L, shape (m,)."""
    out = np.empty(len(L))
    for m, row in enumerate(L @ model_cov):
        a = made.adjusted @ row
        own = np.einsum("ij,ij->i", a, a)
        b = np.einsum("ijq,ij->iq", made.whitened, a)
        shared = np.einsum("iq,qr,ir->i", b, model_cov, b, optimize=True)
        joint = model_cov @ (b.T @ b)
        trace = float(np.sum(own - shared))
        square = float(np.sum(own**2) - 2.0 * np.sum(own * shared) + np.sum(joint * joint.T))
        out[m] = trace**2 / square
    return out
