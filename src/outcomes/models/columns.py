"""Columns of a design that say nothing, or what those before them say: Gram-Schmidt, column by column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from outcomes.models.counting import Floats

SAME = 1e-9
"""Share of a column's length that rounding may leave after projection on the columns before it."""


@dataclass(frozen=True)
class Redundant:
    """The first column without information of its own.

    Attributes
    ----------
    place : int
        Its number, from 0.
    constant : bool
        Whether it does not vary at all; else it follows from the columns before it.
    """

    place: int
    constant: bool


def redundant_column(raw: Floats, centred: Floats, known: Sequence[Floats] = ()) -> Redundant | None:
    """Find the first column that is constant, or lies in the span of those before it.

    Parameters
    ----------
    raw, centred : ndarray, shape (n, p)
        Columns as they are, against whose length a remainder counts as rounding; and without their means.
    known : sequence of ndarray, shape (n,)
        Directions that stand before the first column, of unit length and orthogonal.
    """
    basis = list(known)
    for place, (whole, column) in enumerate(zip(raw.T, centred.T, strict=True)):
        size = float(np.linalg.norm(column))
        if size <= SAME * max(1.0, float(np.linalg.norm(whole))):
            return Redundant(place, constant=True)
        rest = column / size
        for _ in range(2):  # twice is enough to be orthogonal to rounding
            for direction in basis:
                rest = rest - (direction @ rest) * direction
        left = float(np.linalg.norm(rest))
        if left <= SAME:
            return Redundant(place, constant=False)
        basis.append(rest / left)
    return None


def quoted(terms: Sequence[str]) -> str:
    """``"'age', 'sex=male'"``."""
    return ", ".join(f"'{term}'" for term in terms)
