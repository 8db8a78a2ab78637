"""Typed cells, as formats other than text hold them, to the text that means them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import numpy as np

from outcomes.config.files import FileSpec
from outcomes.errors import DataError, Problem
from outcomes.ingest.columns import TextColumn
from outcomes.ingest.reader import RawFile

MOST_CELLS = 2_000_000_000
"""Cells beyond which a file is taken for damaged or hostile: some 40 times a very large registry."""


MOST_DIGITS = 300


def as_text(value: Any) -> str:  # noqa: ANN401 - whatever a cell of a typed format holds
    """Text of one typed value: whole numbers without a fraction, dates in ISO form."""
    if value is None or value != value:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float | np.floating) and value.is_integer():
        return str(int(value))
    if isinstance(value, Decimal) and abs(value.adjusted()) > MOST_DIGITS:
        return str(value)  # written out, 1E+999999 would have a million digits
    if isinstance(value, Decimal):
        text = format(value, "f")
        return text.rstrip("0").rstrip(".") if "." in text else text
    if isinstance(value, date | time):  # a datetime is a date, too
        return value.isoformat()
    if isinstance(value, timedelta):
        return _duration(value)
    return str(value)


def _duration(value: timedelta) -> str:
    """Hours, minutes and seconds; hours may pass 24."""
    seconds = abs(value.days * 86_400 + value.seconds)
    sign = "-" if value < timedelta(0) else ""
    return f"{sign}{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def distinct(cells: Iterable[Any]) -> tuple[list[Any], np.ndarray]:
    """Return the different values and each cell's position among them; 1, 1.0 and true differ."""
    positions: dict[tuple[type, Any], int] = {}
    codes = np.array(
        [positions.setdefault((type(cell), cell), len(positions)) for cell in cells], dtype=np.int32
    )
    return [value for _, value in positions], codes


def column_of(values: list[Any], codes: np.ndarray) -> TextColumn:
    """Column of typed values, each named by its position in `values`; -1 is an empty cell.

    Timestamps that are all at midnight mean dates; those with a time zone keep time and zone, which
    whoever reads dates refuses.
    """
    stamps = [v for v in values if isinstance(v, datetime)]
    if stamps and all(stamp.time() == time.min and stamp.tzinfo is None for stamp in stamps):
        values = [v.date() if isinstance(v, datetime) else v for v in values]
    elif stamps:  # among timestamps, Excel gives those at midnight as dates
        values = [datetime.combine(v, time.min) if type(v) is date else v for v in values]
    texts = np.empty(len(values) + 1, dtype=object)
    texts[:] = [*(as_text(value) for value in values), ""]
    return TextColumn(np.where(codes < 0, len(values), codes).astype(np.int32), texts)


def refuse_immense(n_rows: int, n_columns: int, spec: FileSpec) -> None:
    """Raise a DataError if a file promises more than any cohort holds, before memory is spent on it."""
    if n_rows * n_columns > MOST_CELLS:
        size = f"{n_rows} rows x {n_columns} columns"
        what = f"promises {size}, over {MOST_CELLS} cells: it is damaged, or no cohort; restore it"
        raise DataError(Problem(spec.path, "", what))


def without_empty_rows(raw: RawFile) -> RawFile:
    """Return the file without rows that have no content, as for text."""
    filled = np.zeros(len(raw), dtype=bool)
    for column in raw.columns.values():
        filled |= column.test(lambda cell: cell.strip() != "")
    return raw if filled.all() else raw.keep(filled)
