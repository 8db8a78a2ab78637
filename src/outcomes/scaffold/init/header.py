"""Whether the first line of a file names its columns, or is a row of data."""

from __future__ import annotations

import re

from outcomes.errors import DataError, Problem
from outcomes.ingest.columns import TextColumn
from outcomes.ingest.reader import RawFile
from outcomes.scaffold.init.columns import NUMBER

FEWEST_COLUMNS = 2
MANY_COLUMNS = 5
"""From as many, one column of texts that are all different does not hide that line 1 is a row."""
SAME_SHAPE = 0.9
"""Share of the texts of a column that are built like its name, letter for letter and digit for digit."""


def refuse_without_header(raw: RawFile, path: str) -> None:
    """Refuse a file whose names of columns are built like the cells below them.

    Numbers count only beside other evidence, or where every name is one: a column may be called 8 for week 8.

    Raises
    ------
    DataError
        Without a cell in its message: the names may be a patient's.
    """
    names = [name for name, column in raw.columns.items() if _texts(column) and name.strip()]
    numbered = [str(n) for n in range(len(names))], [str(n + 1) for n in range(len(names))]
    if len(names) < FEWEST_COLUMNS or [name.strip() for name in names] in numbered:
        return
    numbers = [name for name in names if NUMBER.fullmatch(name.strip().replace(",", "."))]
    others = [name for name in names if name not in numbers and _is_cell(name.strip(), raw.columns[name])]
    alike = [name for name in numbers if _holds_numbers(raw.columns[name])] + others
    spared = len(names) >= MANY_COLUMNS and len(others) >= FEWEST_COLUMNS
    if len(alike) >= len(names) - spared:
        what = (
            f"line 1 looks like a row of data, not like names of columns: {len(alike)} of {len(names)} cells "
            "are built like those below them; add a line with the names of the columns on top"
        )
        raise DataError(Problem(path, "", what))


def _texts(column: TextColumn) -> list[str]:
    return [text.strip() for text in column.texts if text.strip()]


def _holds_numbers(column: TextColumn) -> bool:
    texts = _texts(column)
    return sum(NUMBER.fullmatch(text.replace(",", ".")) is not None for text in texts) >= SAME_SHAPE * len(
        texts
    )


def _is_cell(name: str, column: TextColumn) -> bool:
    """Whether a name stands among the cells too, or is built like nearly all, as a date or an id is."""
    texts = _texts(column)
    if name in texts:
        return True
    alike = sum(_shape(text) == _shape(name) for text in texts)
    return any(letter.isdigit() for letter in name) and alike >= SAME_SHAPE * len(texts)


def _shape(text: str) -> str:
    return re.sub(r"[^\W\d_]", "a", re.sub(r"\d", "9", text))
