"""Standard deviations, one or one a visit, times a correlation matrix of few parameters.

Standard deviations are logarithms in theta. A free correlation rho is ``theta / sqrt(1 + theta^2)``; that of
compound symmetry is a logit between its bounds, -1/(T-1) and 1. Both are those of R's mmrm, in which its
Kenward-Roger covariance is defined (mmrm, vignette "Covariance Structures").
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from outcomes.models.mmrm.structures.base import Array, Structure
from outcomes.models.mmrm.structures.correlations import chained

Correlation = Callable[[Array, int], tuple[Array, Array, Array]]
"""Correlations and T to the matrix (T, T) and its derivatives (c, T, T) and (c, c, T, T)."""
Link = Callable[[Array, int], tuple[Array, Array, Array]]
"""Parameters to correlations and their first and second derivatives."""


@dataclass(frozen=True)
class Correlated(Structure):
    """See the module."""

    name: str
    n_visits: int
    heterogeneous: bool
    correlation: Correlation
    link: Link
    unlink: Callable[[Array, int], Array]
    guess: Callable[[Array], Array]

    @property
    def label(self) -> str:
        """In words."""
        return self.name

    @property
    def by_visit(self) -> bool:
        """Where it is heterogeneous."""
        return self.heterogeneous

    @property
    def by_sign(self) -> bool:
        """Those of chained correlations do."""
        return self.correlation is chained

    def start(self, moments: Array, days: Array | None) -> Array:  # noqa: ARG002
        """Moments' standard deviations, and what `guess` makes of their correlations."""
        T = len(moments)
        sd = np.sqrt(np.diag(moments))
        logs = np.log(sd) if self.heterogeneous else np.log([np.sqrt(np.mean(sd**2))])
        rho = np.clip(self.guess(moments / np.outer(sd, sd)), -0.9, 0.95)
        return np.concatenate([logs, self.unlink(rho, T)])

    def _parts(self, theta: Array) -> tuple[Array, Array, Array, int]:
        """Rows that spread the logarithms over visits; deviations; the rest of theta; where that starts."""
        spread = np.eye(self.n_visits) if self.heterogeneous else np.ones((1, self.n_visits))
        n = len(spread)
        return spread, np.exp(theta[:n] @ spread), theta[n:], n

    def value(self, theta: Array, days: Array | None) -> Array:  # noqa: ARG002
        """Covariance."""
        T = self.n_visits
        _, sd, rest, _ = self._parts(theta)
        return (np.outer(sd, sd) * self.correlation(self.link(rest, T)[0], T)[0])[None]

    def first(self, theta: Array, days: Array | None) -> Array:  # noqa: ARG002
        """First derivatives."""
        T = self.n_visits
        spread, sd, rest, _ = self._parts(theta)
        rho, slope, _ = self.link(rest, T)
        R, R1, _ = self.correlation(rho, T)
        both = spread[:, :, None] + spread[:, None, :]
        scale = np.outer(sd, sd)
        return np.concatenate([both * scale * R, scale * R1 * slope[:, None, None]])[:, None]

    def second(self, theta: Array, days: Array | None) -> Array:  # noqa: ARG002
        """Second derivatives."""
        T = self.n_visits
        spread, sd, rest, n = self._parts(theta)
        rho, slope, bend = self.link(rest, T)
        R, R1, R2 = self.correlation(rho, T)
        both = spread[:, :, None] + spread[:, None, :]
        scale = np.outer(sd, sd)
        t = len(theta)
        out = np.zeros((t, t, T, T))
        out[:n, :n] = both[:, None] * both[None] * (scale * R)
        out[:n, n:] = both[:, None] * (scale * R1 * slope[:, None, None])[None]
        out[n:, :n] = np.swapaxes(out[:n, n:], 0, 1)
        out[n:, n:] = scale * R2 * np.multiply.outer(slope, slope)[:, :, None, None]
        for a in range(t - n):
            out[n + a, n + a] += scale * R1[a] * bend[a]
        return out[:, :, None]
