"""Cross-products of a table read in parts: one pass, memory that does not grow with the patients."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pandas as pd

from outcomes.models.mmrm.crossproducts import CrossProducts, combine
from outcomes.models.mmrm.design import Design
from outcomes.models.mmrm.frames import Columns, sum_wide, to_wide


def sum_chunks(
    chunks: Iterable[pd.DataFrame],
    columns: Columns,
    design: Design,
    visits: Sequence[object],
    groups: Sequence[str] = ("all",),
) -> CrossProducts:
    """Sum over the patients of a long table that comes in parts, sorted by patient.

    Parameters
    ----------
    chunks : iterable of DataFrame
        One row per patient and visit, patients in rising order: the rows of a patient may go on in the next
        part, but not come back later.
    columns : Columns
        Which column is what.
    design : Design
        As `build_design` lays it out; its factors name their levels, since no part shows them all.
    visits : sequence
        Values of the visit column, in the order of the design's visits.

    Raises
    ------
    ValueError
        If there are no rows, patients are not in rising order, or a part breaks a rule of `to_wide`.
    """
    total: CrossProducts | None = None
    rest: pd.DataFrame | None = None
    for chunk in chunks:
        rows = chunk if rest is None else pd.concat([rest, chunk], ignore_index=True)
        if rows.empty:
            continue
        ids = rows[columns.patient]
        if not ids.is_monotonic_increasing:
            raise ValueError(
                f"column {columns.patient}: patients are not in rising order; sort the table by it"
            )
        unfinished = ids == ids.iloc[-1]
        rest = rows[unfinished]
        total = _added(total, rows[~unfinished], columns, design, visits, groups)
    if rest is not None:
        total = _added(total, rest, columns, design, visits, groups)
    if total is None:
        raise ValueError("the table has no rows")
    return total


def _added(
    total: CrossProducts | None, rows: pd.DataFrame, columns: Columns, design: Design,
    visits: Sequence[object], groups: Sequence[str],
) -> CrossProducts | None:  # fmt: skip
    if rows.empty:
        return total
    made = sum_wide(to_wide(rows, columns, design, visits, groups), design, groups)
    return made if total is None else combine((total, made))
