"""Covariance structures by name."""

from __future__ import annotations

from collections.abc import Callable

from outcomes.models.mmrm.structures import correlations as c
from outcomes.models.mmrm.structures.base import Structure
from outcomes.models.mmrm.structures.correlated import Correlated
from outcomes.models.mmrm.structures.random_effects import OneDirection, RandomEffects
from outcomes.models.mmrm.structures.spatial import SpatialExponential
from outcomes.models.mmrm.structures.unstructured import Unstructured

__all__ = [
    "STRUCTURES",
    "Correlated",
    "OneDirection",
    "RandomEffects",
    "SpatialExponential",
    "Structure",
    "Unstructured",
]

Times = tuple[float, ...]
AR1 = (c.first_order, c.free, c.unfree, c.mean_of_neighbours)
COMPOUND = (c.exchangeable, c.bounded, c.unbounded, c.mean_of_all)
TOEPLITZ = (c.banded, c.free, c.unfree, c.mean_by_lag)
ANTE = (c.chained, c.free, c.unfree, c.neighbours)

STRUCTURES: dict[str, Callable[[Times], Structure]] = {
    "unstructured": lambda _: Unstructured(),
    "toeplitz": lambda times: Correlated("Toeplitz", len(times), False, *TOEPLITZ),
    "heterogeneous_toeplitz": lambda times: Correlated("heterogeneous Toeplitz", len(times), True, *TOEPLITZ),
    "ar1": lambda times: Correlated("first-order autoregressive", len(times), False, *AR1),
    "heterogeneous_ar1": lambda times: Correlated(
        "heterogeneous first-order autoregressive", len(times), True, *AR1
    ),
    "compound_symmetry": lambda times: Correlated("compound symmetry", len(times), False, *COMPOUND),
    "heterogeneous_compound_symmetry": lambda times: Correlated(
        "heterogeneous compound symmetry", len(times), True, *COMPOUND
    ),
    "ante_dependence": lambda times: Correlated("ante-dependence", len(times), False, *ANTE),
    "heterogeneous_ante_dependence": lambda times: Correlated(
        "heterogeneous ante-dependence", len(times), True, *ANTE
    ),
    "spatial_exponential": lambda _: SpatialExponential(),
    "independent": lambda times: RandomEffects(times, 0),
    "random_intercept": lambda times: RandomEffects(times, 1),
    "random_intercept_and_slope": lambda times: RandomEffects(times, 2),
    "random_effects_in_one_direction": OneDirection,
}
"""Name in a plan to what makes the structure over the planned times of the visits."""
