"""What a covariance structure is: parameters to the covariance matrices of all patterns, with derivatives."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class Structure(ABC):
    """A covariance over T planned visits with t parameters.

    Arrays of matrices have a pattern axis of length K: 1 where every pattern has the same matrix, or the
    number of patterns where the matrix depends on their actual days.
    """

    @property
    @abstractmethod
    def label(self) -> str:
        """In words, as it stands before or after "covariance": "heterogeneous Toeplitz"."""

    @property
    def linear(self) -> bool:
        """Whether the covariance is linear in theta."""
        return False

    @property
    def by_visit(self) -> bool:
        """Whether each visit has a variance of its own."""
        return False

    @property
    def by_day(self) -> bool:
        """Whether it rests on actual days."""
        return False

    @property
    def by_sign(self) -> bool:
        """Whether summits of the likelihood differ in the signs of neighbouring correlations."""
        return False

    @property
    def one_summit(self) -> bool:
        """Whether one climb is enough."""
        return False

    @abstractmethod
    def start(self, moments: Array, days: Array | None) -> Array:
        """Parameters to begin with, shape (t,), from a positive definite matrix of shape (T, T)."""

    @abstractmethod
    def value(self, theta: Array, days: Array | None) -> Array:
        """Covariance, shape (K, T, T)."""

    @abstractmethod
    def first(self, theta: Array, days: Array | None) -> Array:
        """First derivatives, shape (t, K, T, T)."""

    @abstractmethod
    def second(self, theta: Array, days: Array | None) -> Array | None:
        """Second derivatives, shape (t, t, K, T, T); None where the covariance is linear in theta."""

    def curvature(self, theta: Array, weights: Array, days: Array | None) -> Array:
        """Sum over a, b of ``weights[a, b]`` times the second derivative, shape (K, T, T).

        In the parametrisation of R's mmrm, since the Kenward-Roger covariance depends on it; `weights`
        is the covariance of theta as it is here.
        """
        second = self.second(theta, days)
        if second is None:
            return np.zeros_like(self.value(theta, days))
        return np.asarray(np.tensordot(weights, second, 2))
