"""Excel workbooks: one sheet, its first row with content as the header."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from outcomes.config.files import FileSpec
from outcomes.errors import DataError, Problem, did_you_mean, format_lines
from outcomes.ingest.formats.sniff import refuse_other_format
from outcomes.ingest.formats.workbook import Marks, is_zip, refuse_unsound_archive, sheet_marks
from outcomes.ingest.reader import RawFile, header_problems
from outcomes.ingest.typed import as_text, column_of, distinct

if TYPE_CHECKING:
    from python_calamine import CalamineSheet, CalamineWorkbook

ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
UNCHECKED = (
    "is an .xls workbook: cells that show an error, and formulas without a stored result, read as empty; "
    "save it as .xlsx to have them found"
)
ERROR = "#N/A"
"""Text of a cell that shows an error, whichever."""
NumberedRow = tuple[int, list[Any]]


@dataclass(frozen=True)
class Sheet:
    """One sheet's rows with content, each with its number; `left` columns before the first are empty."""

    name: str
    rows: list[NumberedRow]
    left: int
    merged: list[tuple[tuple[int, int], tuple[int, int]]]
    marks: Marks


def read_excel(paths: Mapping[str, Path], spec: FileSpec) -> RawFile:
    """Read one sheet of an .xlsx or .xls workbook.

    In .xlsb and .ods, errors and stray cells cannot be told before they do harm: they are refused.

    The sheet is the one that is named, or the only visible one with content; a hidden sheet is read only by
    name. Rows keep the numbers that the sheet shows. A cell is what it holds, not what its format shows: a
    number 7 shown as 007 reads ``7``, 0.5 shown as 50% reads ``0.5``; dates become ISO text, errors
    ``#N/A``. Refused, since each would read as a silently empty cell: formulas without a stored result, and
    merged cells from the header on (only the first of them holds the value). Rows and columns hidden by a
    filter are read; columns without a name must be empty.
    """
    path = paths["path"]
    refuse_other_format(path, spec)
    if is_zip(path):
        refuse_unsound_archive(path, spec)
    sheet, notes = _choose(_open(path, spec), path, spec)
    (first, names), *body = _with_errors(sheet)
    header = [as_text(cell).strip() for cell in names]
    problems = [
        *header_problems(header, spec),
        *_nameless(header, first, body, spec),
        *_merged(sheet, first, spec),
        *_unreadable(sheet, header, first, spec),
    ]
    if problems:
        raise DataError(problems)
    columns = {
        column: column_of(*distinct(row[place] for _, row in body))
        for place, column in enumerate(header)
        if column
    }
    lines = np.array([number for number, _ in body], dtype=int)
    return RawFile(spec.path, columns, lines, "row", notes=tuple(notes))


def _with_errors(sheet: Sheet) -> list[NumberedRow]:
    """Rows in which cells of errors say so, to be refused where their column is read."""
    places: dict[int, list[int]] = {}
    for column, row in sheet.marks.errors:
        places.setdefault(row, []).append(column - 1 - sheet.left)
    rows = []
    for number, cells in sheet.rows:
        shown = list(cells)
        for at in places.get(number, ()):
            if 0 <= at < len(shown):
                shown[at] = ERROR
        rows.append((number, shown))
    return rows


def _open(path: Path, spec: FileSpec) -> CalamineWorkbook:
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError

    with path.open("rb") as file:
        # a workbook with a password is an old-style container around the encrypted zip archive
        encrypted = not is_zip(path) and ENCRYPTED in path.read_bytes()
        try:
            if encrypted:
                raise PasswordError
            return CalamineWorkbook.from_filelike(file)
        except PasswordError:
            what = "is protected by a password: save it without one (File, Info, Protect Workbook)"
        except CalamineError:
            what = "is not readable as a workbook: it is damaged, cut short or of another format; restore it"
    raise DataError(Problem(spec.path, "", what))


def _choose(book: CalamineWorkbook, path: Path, spec: FileSpec) -> tuple[Sheet, list[str]]:
    """Take the sheet that is named, or the only visible one with content, and what is worth noting of it."""
    from python_calamine import SheetTypeEnum, SheetVisibleEnum

    known = [
        sheet for sheet in book.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet
    ]  # charts are none
    shown = [sheet.name for sheet in known if sheet.visible == SheetVisibleEnum.Visible]
    hidden = len(known) - len(shown)
    if spec.sheet is not None and spec.sheet not in [sheet.name for sheet in known]:
        what = f"no sheet '{spec.sheet}'{did_you_mean(spec.sheet, [sheet.name for sheet in known])}"
        raise DataError(Problem(spec.path, "sheet", what))
    names = shown if spec.sheet is None else [spec.sheet]
    sheets = [sheet for name in names if (sheet := _sheet(book, name, path, spec)).rows]
    if not sheets:
        where = "" if spec.sheet is None else f"sheet '{spec.sheet}'"
        raise DataError(Problem(spec.path, where, "has no cells with content: is it the right one?"))
    if len(sheets) > 1:
        found = ", ".join(f"'{sheet.name}'" for sheet in sheets)
        what = f"has {len(sheets)} sheets with content: declare sheet, one of {found}"
        raise DataError(Problem(spec.path, "sheet", what))
    notes = [] if is_zip(path) else [UNCHECKED]
    if hidden and spec.sheet is None:
        notes.append(f"{hidden} hidden sheet{'s are' if hidden > 1 else ' is'} not read")
    return sheets[0], notes


def _sheet(book: CalamineWorkbook, name: str, path: Path, spec: FileSpec) -> Sheet:
    from python_calamine import CalamineError

    marks = sheet_marks(path, name, spec)  # before the sheet is unfolded: it refuses one that is too wide
    try:
        sheet: CalamineSheet = book.get_sheet_by_name(name)
    except CalamineError:
        what = "is not readable: the workbook is damaged; restore it from its source"
        raise DataError(Problem(spec.path, f"sheet '{name}'", what)) from None
    top, left = sheet.start or (0, 0)
    errors = {row for _, row in marks.errors}
    rows = [
        (number, row)
        for number, row in enumerate(sheet.to_python(skip_empty_area=True), start=top + 1)
        if number in errors or any(as_text(cell).strip() for cell in row)
    ]
    return Sheet(name, rows, left, sheet.merged_cell_ranges or [], marks)


def _nameless(header: list[str], first: int, body: list[NumberedRow], spec: FileSpec) -> list[Problem]:
    """Columns with content under an empty header cell: often the table starts below a title."""
    places = [place for place, name in enumerate(header) if not name]
    filled = sum(any(as_text(row[place]).strip() for _, row in body) for place in places)
    if not filled:
        return []
    columns = "1 column with content has" if filled == 1 else f"{filled} columns with content have"
    what = f"{columns} no name: name them, and delete title rows above the header"
    return [Problem(spec.path, f"row {first}", what)]


def _merged(sheet: Sheet, first: int, spec: FileSpec) -> list[Problem]:
    """Merged cells in the header or below: all but the first of them would read as empty."""
    rows = [start[0] + 1 for start, end in sheet.merged if end[0] + 1 >= first]
    if not rows:
        return []
    ranges = "range" if len(rows) == 1 else "ranges"
    what = f"{len(rows)} merged {ranges} of cells ({_rows(rows)}): unmerge them, and fill in each cell"
    return [Problem(spec.path, f"sheet '{sheet.name}'", what)]


def _unreadable(sheet: Sheet, header: list[str], first: int, spec: FileSpec) -> list[Problem]:
    """Formulas without a result, by column."""
    problems = []
    places = sheet.marks.uncomputed
    for place in dict.fromkeys(column for column, row in places if row >= first):
        rows = [row for column, row in places if column == place and row >= first]
        at = place - 1 - sheet.left
        where = header[at] if 0 <= at < len(header) and header[at] else f"column {place}"
        cells = "cell" if len(rows) == 1 else "cells"
        what = f"{len(rows)} {cells} with a formula without a stored result ({_rows(rows)})"
        problems.append(Problem(spec.path, where, f"{what}: open and save it in a spreadsheet program"))
    return problems


def _rows(numbers: list[int]) -> str:
    return format_lines(numbers).replace("line", "row", 1)
