"""Every variance and covariance a parameter of its own: theta is the lower triangle, row by row.

The covariance is linear in theta, so Fisher scoring takes few steps; whether it is positive definite is
seen when it is factorised.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from outcomes.models.mmrm.structures.base import Array, Structure


@dataclass(frozen=True)
class Unstructured(Structure):
    """See the module."""

    @property
    def label(self) -> str:
        """In words."""
        return "unstructured"

    @property
    def linear(self) -> bool:
        """It is."""
        return True

    @property
    def by_visit(self) -> bool:
        """It has."""
        return True

    @property
    def one_summit(self) -> bool:
        """It has."""
        return True

    def start(self, moments: Array, days: Array | None) -> Array:  # noqa: ARG002
        """Take the moments."""
        return np.asarray(moments[np.tril_indices(len(moments))])

    def value(self, theta: Array, days: Array | None) -> Array:  # noqa: ARG002
        """Covariance."""
        T = _visits(theta)
        S = np.zeros((T, T))
        S[np.tril_indices(T)] = theta
        return (S + np.tril(S, -1).T)[None]

    def first(self, theta: Array, days: Array | None) -> Array:  # noqa: ARG002
        """One or two ones in each derivative."""
        T = _visits(theta)
        rows, columns = np.tril_indices(T)
        E = np.zeros((len(theta), 1, T, T))
        place = np.arange(len(theta))
        E[place, 0, rows, columns] = E[place, 0, columns, rows] = 1.0
        return E

    def second(self, theta: Array, days: Array | None) -> None:
        """Linear."""

    def curvature(self, theta: Array, weights: Array, days: Array | None) -> Array:
        """In mmrm's parameters: logarithms of Cholesky's diagonal, and its rows divided by that."""
        T, t = _visits(theta), len(theta)
        low = np.linalg.cholesky(self.value(theta, days)[0])
        diagonal = np.diag(low)
        rows, columns = np.tril_indices(T, -1)
        # L = D M: dL/dlog d_a is row a of L, dL/dm_ij is d_i at (i, j), the mixed one d_i at (i, j) for a = i
        dL = np.zeros((t, T, T))
        dL[np.arange(T), np.arange(T)] = low
        dL[T + np.arange(t - T), rows, columns] = diagonal[rows]
        mixed = np.zeros((t, t, T, T))
        mixed[np.arange(T), np.arange(T), np.arange(T)] = low
        place = T + np.arange(t - T)
        mixed[place, rows, rows, columns] = mixed[rows, place, rows, columns] = diagonal[rows]
        d1 = dL @ low.T
        d1 = d1 + np.swapaxes(d1, 1, 2)
        lower = np.tril_indices(T)
        inverse = np.linalg.inv(d1[:, lower[0], lower[1]].T)
        w = inverse @ weights @ inverse.T
        once = np.tensordot(w, mixed, 2) @ low.T
        twice = np.einsum("ab,aij,bkj->ik", w, dL, dL, optimize=True)
        total = once + twice
        return np.asarray((total + total.T)[None])


def _visits(theta: Array) -> int:
    return (math.isqrt(8 * len(theta) + 1) - 1) // 2
