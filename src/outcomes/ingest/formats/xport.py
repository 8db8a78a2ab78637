"""What a SAS transport file holds that its library does not tell: special missings, and where it ends.

Layout: SAS Institute, TS-140, "The Record Layout of a Data Set in SAS Transport (XPORT) Format", and "Record
Layout of a SAS Version 8 or 9 Data Set in SAS Transport Format". Records have 80 bytes, padded with blanks.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from outcomes.config.files import FileSpec
from outcomes.errors import DataError, Problem

RECORD = 80
MARK = b"HEADER RECORD*******"
NUMERIC = 1
NUMERIC_SIZES = range(2, 9)
POSITION = 84
"""Offset, in the description of a variable, of where its cells start in a row."""
TAGS = np.frombuffer(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ_", dtype=np.uint8)


@dataclass(frozen=True)
class Layout:
    """Where the rows of the one data set lie.

    Attributes
    ----------
    numeric : dict of int to (int, int)
        By position of the variable, offset and width of its cells in a row; numeric variables only.
    width : int
        Bytes of a row.
    start : int
        Offset of the first row in the file.
    n_rows : int or None
        What version 8 promises; None where the file does not say.
    """

    numeric: dict[int, tuple[int, int]]
    width: int
    start: int
    n_rows: int | None


def read_layout(content: bytes, spec: FileSpec) -> Layout:
    """Find the rows; a library of several data sets is refused, since its reader would mix them."""
    members = _headers(content, b"MEMB")
    if len(members) > 1:
        what = f"holds {len(members)} data sets: write the one that is meant to a file of its own"
        raise DataError(Problem(spec.path, "", what))
    try:
        member, describe, rows = (
            members[0],
            _headers(content, b"NAMEST", b"NAMSTV")[0],
            _headers(content, b"OBS")[0],
        )
        n_variables = int(content[describe + 48 : describe + 58])
        length = int(content[member + 74 : member + 78])
        promised = content[rows + 48 : rows + 63].strip(b" 0\0")
        numeric, width = {}, 0
        for place in range(n_variables):
            start = describe + RECORD + place * length
            kind, size = _number(content, start, 2), _number(content, start + 4, 2)
            if kind == NUMERIC:
                numeric[place] = (_number(content, start + POSITION, 4), size)
            width += size
        if any(size not in NUMERIC_SIZES or start + size > width for start, size in numeric.values()):
            raise ValueError("a number outside its row")
        n_rows = int(content[rows + 48 : rows + 63]) if promised else None
    except (IndexError, ValueError):
        raise DataError(Problem(spec.path, "", "is a damaged SAS transport file: restore it")) from None
    return Layout(numeric, width, rows + RECORD, n_rows)


def refuse_cut(content: bytes, layout: Layout, n_rows: int, spec: FileSpec) -> None:
    """Raise a DataError if the file ends within a row, or before the rows that it promises."""
    end = layout.start + n_rows * layout.width
    if (
        len(content) % RECORD
        or end > len(content)
        or content[end:].strip()
        or layout.n_rows not in (None, n_rows)
    ):
        promised = f" of {layout.n_rows}" if layout.n_rows is not None else ""
        what = f"is cut short: {n_rows}{promised} rows are whole; restore it from its source"
        raise DataError(Problem(spec.path, "", what))


def special_missings(content: bytes, layout: Layout, n_rows: int) -> dict[int, tuple[np.ndarray, np.ndarray]]:
    """By position of the variable, the rows with a special missing and its letter in each.

    A numeric cell whose first byte is ``A`` to ``Z`` or ``_``, and whose other bytes are zero, is no number.
    """
    size = n_rows * layout.width
    rows = np.frombuffer(content, np.uint8, size, layout.start).reshape(n_rows, layout.width)
    found = {}
    for place, (start, width) in layout.numeric.items():
        cells = rows[:, start : start + width]
        special = np.flatnonzero(np.isin(cells[:, 0], TAGS) & ~cells[:, 1:].any(axis=1))
        if len(special):
            found[place] = (special, cells[special, 0])
    return found


def _headers(content: bytes, *names: bytes) -> list[int]:
    """Offsets of the header records of these names; headers start on whole records."""
    found = []
    for name in names:
        at = content.find(MARK + name)
        while at >= 0:
            if at % RECORD == 0 and content[at + 28 : at + 41] == b"HEADER RECORD":
                found.append(at)
            at = content.find(MARK + name, at + 1)
    return found


def _number(content: bytes, start: int, width: int) -> int:
    if start + width > len(content):
        raise ValueError("cut short")
    return int.from_bytes(content[start : start + width], "big")
