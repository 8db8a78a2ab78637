"""Exponential decay over the days that really lie between two scores: sigma^2 rho^|day - day'|.

theta = (log sigma, logit rho), as R's mmrm has it (``sp_exp``), rho being the correlation one day apart.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from outcomes.models.mmrm.structures.base import Array, Structure


@dataclass(frozen=True)
class SpatialExponential(Structure):
    """See the module."""

    @property
    def label(self) -> str:
        """In words."""
        return "exponential decay over actual days"

    @property
    def by_day(self) -> bool:
        """It does."""
        return True

    def start(self, moments: Array, days: Array | None) -> Array:
        """Mean variance; a correlation of a half at the median distance of neighbouring scores."""
        apart = self._apart(days)
        step = float(np.median(apart[apart > 0])) if (apart > 0).any() else 1.0
        rho = 0.5 ** (1.0 / step)
        return np.array([0.5 * np.log(np.mean(np.diag(moments))), np.log(rho / (1.0 - rho))])

    def value(self, theta: Array, days: Array | None) -> Array:
        """Covariance of each pattern."""
        return np.asarray(np.exp(2.0 * theta[0]) * special.expit(theta[1]) ** self._apart(days))

    def first(self, theta: Array, days: Array | None) -> Array:
        """First derivatives: d rho^a / d logit rho = a (1 - rho) rho^a."""
        V = self.value(theta, days)
        rest = special.expit(-theta[1])
        return np.stack([2.0 * V, self._apart(days) * rest * V])

    def second(self, theta: Array, days: Array | None) -> Array:
        """Second derivatives."""
        V = self.value(theta, days)
        rest = special.expit(-theta[1])
        a = self._apart(days)
        mixed = 2.0 * a * rest * V
        bend = a * rest * (a * rest - (1.0 - rest)) * V
        return np.stack([np.stack([4.0 * V, mixed]), np.stack([mixed, bend])])

    def _apart(self, days: Array | None) -> Array:
        if days is None:
            raise ValueError("a covariance over actual days needs the days")
        return np.abs(days[:, :, None] - days[:, None, :])
