"""Which columns of a design the data cannot tell apart from those before them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from outcomes.models.mmrm.crossproducts import Array

ALIAS_TOL = 1e-10
"""Share of a column's sum of squares that must be new, beyond the columns before it, for it to count."""


NAMED = 1e-4
"""Weight of a column of unit length from which on it is named as a part of a combination."""
ROUNDING = 1e-7
"""Weight of a column in a combination that rounding explains."""


@dataclass(frozen=True)
class Alias:
    """A column that is a combination of others: its place, and theirs (none where it is zero)."""

    column: int
    of: tuple[int, ...]


def find_aliases(gram: Array) -> tuple[Alias, ...]:
    """Columns that add nothing to those before them, from ``X'X``: Cholesky's factor without pivoting."""
    size = np.sqrt(np.diag(gram))
    unit = np.where(size > 0.0, size, 1.0)
    G = gram / np.outer(unit, unit)
    kept: list[int] = []
    found: list[Alias] = []
    low = np.zeros_like(G)
    for j in range(len(G)):
        if size[j] == 0.0:
            found.append(Alias(j, ()))
            continue
        row = np.zeros(len(kept))
        if kept:
            row = np.linalg.solve(low[: len(kept), : len(kept)], G[kept, j])
        new = 1.0 - float(row @ row)
        if new <= ALIAS_TOL:
            weights = np.linalg.solve(low[: len(kept), : len(kept)].T, row)
            found.append(Alias(j, tuple(k for k, w in zip(kept, weights, strict=True) if abs(w) > NAMED)))
            continue
        n = len(kept)
        low[n, :n], low[n, n] = row, np.sqrt(new)
        kept.append(j)
    return tuple(found)


def null_space(gram: Array, aliases: tuple[Alias, ...]) -> Array:
    """Combinations of columns that are zero in the data, one a row, shape (aliases, p)."""
    p = len(gram)
    gone = {alias.column for alias in aliases}
    kept = [j for j in range(p) if j not in gone]
    rows = np.zeros((len(aliases), p))
    for row, alias in zip(rows, aliases, strict=True):
        row[alias.column] = 1.0
        if alias.of:
            row[kept] = -np.linalg.lstsq(gram[np.ix_(kept, kept)], gram[kept, alias.column], rcond=None)[0]
    return np.where(np.abs(rows) > ROUNDING, rows, 0.0)  # of indicators the weights are whole numbers
