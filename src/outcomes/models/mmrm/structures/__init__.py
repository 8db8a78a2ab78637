"""Covariance structures by name."""

from __future__ import annotations

from collections.abc import Callable

from outcomes.models.mmrm.structures import correlations as c
from outcomes.models.mmrm.structures.base import Array, Structure
from outcomes.models.mmrm.structures.correlated import Correlated, Correlation, Link
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
Family = tuple[Correlation, Link, Callable[[Array, int], Array], Callable[[Array], Array]]
AR1: Family = (c.first_order, c.free, c.unfree, c.mean_of_neighbours)
COMPOUND: Family = (c.exchangeable, c.bounded, c.unbounded, c.mean_of_all)
TOEPLITZ: Family = (c.banded, c.free, c.unfree, c.mean_by_lag)
ANTE: Family = (c.chained, c.free, c.unfree, c.neighbours)


def _correlated(label: str, family: Family, *, heterogeneous: bool) -> Callable[[Times], Structure]:
    def make(times: Times) -> Structure:
        if len(times) == 1:  # one variance is all there is
            return Unstructured()
        return Correlated(label, len(times), heterogeneous, *family)

    return make


STRUCTURES: dict[str, Callable[[Times], Structure]] = {
    "unstructured": lambda _: Unstructured(),
    "toeplitz": _correlated("Toeplitz", TOEPLITZ, heterogeneous=False),
    "heterogeneous_toeplitz": _correlated("heterogeneous Toeplitz", TOEPLITZ, heterogeneous=True),
    "ar1": _correlated("first-order autoregressive", AR1, heterogeneous=False),
    "heterogeneous_ar1": _correlated("heterogeneous first-order autoregressive", AR1, heterogeneous=True),
    "compound_symmetry": _correlated("compound symmetry", COMPOUND, heterogeneous=False),
    "heterogeneous_compound_symmetry": _correlated(
        "heterogeneous compound symmetry", COMPOUND, heterogeneous=True
    ),
    "ante_dependence": _correlated("ante-dependence", ANTE, heterogeneous=False),
    "heterogeneous_ante_dependence": _correlated("heterogeneous ante-dependence", ANTE, heterogeneous=True),
    "spatial_exponential": lambda times: SpatialExponential() if len(times) > 1 else Unstructured(),
    "independent": lambda times: RandomEffects(times, 0),
    "random_intercept": lambda times: RandomEffects(times, 1),
    "random_intercept_and_slope": lambda times: RandomEffects(times, 2),
    "random_effects_in_one_direction": OneDirection,
}
"""Name to what makes the structure over the planned times; the first ten are those of a plan."""
