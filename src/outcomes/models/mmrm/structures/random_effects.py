"""Random effects over planned time as a covariance of the visits: V = Z D Z' + s2 I.

Z holds ones, or ones and the planned times. `RandomEffects` has D's lower triangle and s2 for theta, in
which V is linear; D is not held to be positive semidefinite there. Where its best value is not, the optimum
lies on the boundary, D = l l' or 0: `OneDirection` has (l, s2) for theta, and no random effects at all are
`RandomEffects` without columns.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from outcomes.models.mmrm.structures.base import Array, Structure


@dataclass(frozen=True)
class RandomEffects(Structure):
    """See the module.

    Attributes
    ----------
    times : tuple of float (T,)
        Planned times of the visits.
    n_effects : int
        0: none; 1: an intercept; 2: intercept and slope over time, correlated.
    """

    times: tuple[float, ...]
    n_effects: int

    @property
    def label(self) -> str:
        """In words."""
        return ("no correlation", "random intercept", "random intercept and slope over planned time")[
            self.n_effects
        ]

    @property
    def linear(self) -> bool:
        """It is."""
        return True

    @cached_property
    def parts(self) -> Array:
        """What each parameter is multiplied by, shape (t, 1, T, T)."""
        T = len(self.times)
        Z = columns(self.times, self.n_effects)
        made = [
            np.outer(Z[:, a], Z[:, b]) + (0.0 if a == b else np.outer(Z[:, b], Z[:, a]))
            for a in range(self.n_effects) for b in range(a + 1)
        ]  # fmt: skip
        return np.stack([*made, np.eye(T)])[:, None]

    def start(self, moments: Array, days: Array | None) -> Array:  # noqa: ARG002
        """Mean covariance between patients, within bounds; the rest within; a slope of a quarter of it."""
        total, between = _shares(moments)
        within = total - between
        return np.array(([total], [between, within], [between, 0.0, 0.25 * within, within])[self.n_effects])

    def value(self, theta: Array, days: Array | None) -> Array:  # noqa: ARG002
        """Covariance."""
        return np.asarray(np.tensordot(theta, self.parts, 1))

    def first(self, theta: Array, days: Array | None) -> Array:  # noqa: ARG002
        """Constant."""
        return self.parts

    def second(self, theta: Array, days: Array | None) -> None:
        """Linear."""


@dataclass(frozen=True)
class OneDirection(Structure):
    """D of rank one: intercept and slope of a patient determine each other.

    Attributes
    ----------
    times : tuple of float (T,)
        Planned times of the visits.
    """

    times: tuple[float, ...]

    @property
    def label(self) -> str:
        """In words."""
        return "random intercept and slope in one direction"

    def start(self, moments: Array, days: Array | None) -> Array:  # noqa: ARG002
        """Mean covariance between patients by the intercept, half as much by the slope."""
        total, between = _shares(moments)
        return np.array([np.sqrt(between), 0.5 * np.sqrt(between), total - between])

    def value(self, theta: Array, days: Array | None) -> Array:  # noqa: ARG002
        """Covariance."""
        line = columns(self.times, 2) @ theta[:2]
        return np.asarray((np.outer(line, line) + theta[2] * np.eye(len(self.times)))[None])

    def first(self, theta: Array, days: Array | None) -> Array:  # noqa: ARG002
        """First derivatives."""
        Z = columns(self.times, 2)
        line = Z @ theta[:2]
        made = [np.outer(z, line) + np.outer(line, z) for z in Z.T]
        return np.stack([*made, np.eye(len(self.times))])[:, None]

    def second(self, theta: Array, days: Array | None) -> Array:  # noqa: ARG002
        """Second derivatives: constant."""
        T = len(self.times)
        Z = columns(self.times, 2)
        out = np.zeros((3, 3, 1, T, T))
        for a in range(2):
            for b in range(2):
                out[a, b, 0] = np.outer(Z[:, a], Z[:, b]) + np.outer(Z[:, b], Z[:, a])
        return out


def columns(times: tuple[float, ...], n: int) -> Array:
    """Z in standard units: ones, and the times less their mean, divided by their range; shape (T, n).

    D is that of these columns: the same covariance of the visits, without the near-collinearity of ones
    and, say, calendar years.
    """
    t = np.asarray(times, dtype=float)
    spread = float(np.ptp(t)) or 1.0
    return np.column_stack([np.ones(len(t)), (t - t.mean()) / spread])[:, :n]


def in_own_units(D: Array, times: tuple[float, ...]) -> Array:
    """Covariance of intercept (at time 0) and slope (a unit of time), from that of `columns`."""
    t = np.asarray(times, dtype=float)
    spread = float(np.ptp(t)) or 1.0
    back = np.array([[1.0, -t.mean() / spread], [0.0, 1.0 / spread]])[: len(D), : len(D)]
    return np.asarray(back @ D @ back.T)


def _shares(moments: Array) -> tuple[float, float]:
    """Mean variance, and the mean covariance within five to ninety-five hundredths of it."""
    total = float(np.mean(np.diag(moments)))
    T = len(moments)
    mean = float(moments[np.triu_indices(T, 1)].mean()) if T > 1 else 0.5 * total
    return total, min(max(mean, 0.05 * total), 0.95 * total)
