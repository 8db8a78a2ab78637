"""Turnbull's estimator: S(t) = 1 - sum of the masses of innermost intervals up to t, by maximum likelihood.

Turnbull 1976, J R Stat Soc B 38:290. Inside an innermost interval any way to spread its mass has the same
likelihood: the curve is known at the ends only. With exact and right-censored times it is Kaplan-Meier's.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from outcomes.models.interval.cliques import find_cliques
from outcomes.models.interval.masses import solve_masses
from outcomes.models.interval.times import Floats, IntervalTimes


@dataclass(frozen=True)
class Turnbull:
    """The estimate; arrays have one entry per innermost interval with mass, ascending.

    Attributes
    ----------
    left, right : ndarray, shape (k,)
        Ends of the intervals (left, right], equal where the point is known; the last right may be inf.
    mass : ndarray, shape (k,)
        Probability of each; they add up to 1.
    log_likelihood : float
        At the maximum.
    gap : float
        Largest violation of the Kuhn-Tucker conditions, as a share of the total weight.
    converged : bool
        Whether `gap` is below 1e-9.
    """

    left: Floats
    right: Floats
    mass: Floats
    log_likelihood: float
    gap: float
    converged: bool

    @property
    def before(self) -> Floats:
        """Probability of being event-free at the left end of each interval."""
        return np.concatenate([[1.0], 1.0 - np.cumsum(self.mass)[:-1]])

    @property
    def after(self) -> Floats:
        """Probability of being event-free at the right end of each interval; exactly 0 after the last."""
        return np.append(self.before[1:], 0.0)

    def bounds(self, times: ArrayLike) -> tuple[Floats, Floats]:
        """Lowest and highest value of the curve at each time; equal outside of the innermost intervals."""
        asked = np.asarray(times, dtype=np.float64)
        steps = np.append(self.before, 0.0)
        ended = np.searchsorted(self.right, asked, side="right")
        begun = np.searchsorted(self.left, asked, side="left")
        # a point is left and right end at once, and over when it is reached
        return steps[np.maximum(begun, ended)], steps[ended]


def turnbull(times: IntervalTimes) -> Turnbull:
    """Estimate the curve by constrained Newton steps.

    Raises
    ------
    ValueError
        If there is no observation.
    """
    cliques = find_cliques(times)
    solved = solve_masses(cliques)
    kept = solved.mass > 0
    return Turnbull(
        cliques.left[kept], cliques.right[kept], solved.mass[kept], solved.log_likelihood, solved.gap,
        solved.converged,
    )  # fmt: skip
