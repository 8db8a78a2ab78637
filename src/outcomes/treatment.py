"""Treatment as a vector of components: an arm is the set of components its patients were given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations


@dataclass(frozen=True)
class Treatment:
    """The arms of a cohort as component vectors, in the one order used everywhere.

    Attributes
    ----------
    components : tuple of str
        Component names in the order of the cohort file.
    vectors : dict
        Arm name to its tuple of booleans, one per component; iteration order is the canonical
        order: fewest components first, then by the order of the components.
    randomised : frozenset of str
        Components that were allocated at random.
    """

    components: tuple[str, ...]
    vectors: Mapping[str, tuple[bool, ...]]
    randomised: frozenset[str]

    @classmethod
    def from_sets(cls, components: Mapping[str, bool], arms: Mapping[str, frozenset[str]]) -> Treatment:
        """Build from ``component -> was it randomised`` and ``arm -> set of components``."""
        names = tuple(components)
        vectors = {arm: tuple(name in members for name in names) for arm, members in arms.items()}

        def rank(arm: str) -> tuple[int, tuple[bool, ...]]:
            vector = vectors[arm]
            return sum(vector), tuple(not present for present in vector)

        ordered = {arm: vectors[arm] for arm in sorted(vectors, key=rank)}
        return cls(names, ordered, frozenset(name for name, flag in components.items() if flag))

    @property
    def arms(self) -> tuple[str, ...]:
        """Arm names in canonical order."""
        return tuple(self.vectors)

    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Every pair as (arm, comparator), the arm later in canonical order."""
        return tuple((arm, comparator) for comparator, arm in combinations(self.arms, 2))

    def arm_of(self, vector: tuple[bool, ...]) -> str | None:
        """Name of the arm with this vector, or None when the cohort has no such arm."""
        return next((arm for arm, known in self.vectors.items() if known == vector), None)

    def differing(self, arm: str, comparator: str) -> tuple[str, ...]:
        """Components that one of the two arms has and the other lacks."""
        left, right = self.vectors[arm], self.vectors[comparator]
        return tuple(n for n, a, b in zip(self.components, left, right, strict=True) if a != b)

    def not_randomised(self, arm: str, comparator: str) -> tuple[str, ...]:
        """Components in which the two arms differ without having been randomised."""
        return tuple(n for n in self.differing(arm, comparator) if n not in self.randomised)
