"""An Excel workbook as a zip archive of XML: what must be known before, and beside, reading its cells."""

from __future__ import annotations

import re
import zipfile
import zlib
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from posixpath import normpath

from outcomes.config.files import FileSpec
from outcomes.errors import DataError, Problem

ZIP_MARK = b"PK\x03\x04"
MOST_BYTES = 2_000_000_000
"""Bytes that all parts of a workbook may unpack to; 1,000,000 rows x 20 columns are some 600 MB."""
LARGE_PART = 50_000_000
MOST_RATIO = 200
"""How far a large part may shrink; sheets of numbers shrink to a tenth."""
MOST_GRID = 100_000_000
SPARSE_GRID, MOST_EMPTY = 10_000_000, 100
"""Cells between the first and the last that are filled: the reader keeps a place for each. A large grid of
which only one place in a hundred is filled has stray cells."""
LAST_ROW = 1_048_576
"""Of any worksheet."""
CHUNK = 1 << 20

BOOK, LINKS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
CELL = re.compile(rb"<(?:\w+:)?c\s([^>]*?)(/?)>")
PLACE = re.compile(rb"\br=[\"']([A-Z]{1,3})(\d+)[\"']")
IS_ERROR = re.compile(rb"\bt=[\"']e[\"']")
IS_TEXT = re.compile(rb"\bt=[\"']str[\"']")
FORMULA = rb"<(?:\w+:)?f\b(?:[^>]*/>|[^>]*>[^<]*</(?:\w+:)?f>)"
NO_VALUE = rb"(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*</|</(?:\w+:)?c>)"
NEVER_COMPUTED = re.compile(rb"\s*" + FORMULA + rb"\s*" + NO_VALUE)
SHEET = re.compile(rb"<(?:\w+:)?sheet\s[^>]*>")
LINK = re.compile(rb"<(?:\w+:)?Relationship\s[^>]*>")
ATTRIBUTE = re.compile(r"([\w:]+)\s*=\s*([\"'])(.*?)\2")

ARCHIVE_ERRORS = (
    zipfile.BadZipFile, zlib.error,  # a broken directory; broken content
    EOFError, OSError, ValueError,  # a part that ends early, or lies before the file's first byte
    NotImplementedError, RuntimeError,  # a way of packing that is unknown, or a password
)  # fmt: skip
"""What `zipfile` raises for a damaged archive, by what is damaged."""


@dataclass(frozen=True)
class Marks:
    """Places (column, row; both from 1) of cells that a reader shows as empty, though they are not.

    Attributes
    ----------
    errors : list of (int, int)
        Cells that show ``#N/A``, ``#DIV/0!`` or another error.
    uncomputed : list of (int, int)
        Formulas whose result is not stored.
    """

    errors: list[tuple[int, int]]
    uncomputed: list[tuple[int, int]]


def is_zip(path: Path) -> bool:
    """Whether a workbook is of the newer kind; an .xls, or one with a password, is not."""
    with path.open("rb") as file:
        return file.read(len(ZIP_MARK)) == ZIP_MARK


def refuse_unsound_archive(path: Path, spec: FileSpec) -> None:
    """Raise a DataError if the archive is no .xlsx, unpacks to far more than a cohort or than it declares."""
    what = "is a damaged workbook (its zip archive is broken or cut short): restore it from its source"
    damaged = Problem(spec.path, "", what)
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
            if not {BOOK, LINKS} <= set(archive.namelist()):
                what = "is an .xlsb or .ods workbook, or none: save it as .xlsx"
                raise DataError(Problem(spec.path, "", what))
            total = sum(part.file_size for part in parts)
            swollen = [
                p for p in parts if p.file_size > LARGE_PART and p.file_size > MOST_RATIO * p.compress_size
            ]
            if total > MOST_BYTES or swollen:
                size = f"{max(total // 1_000_000, 1)} MB"
                what = f"unpacks to {size}, which no cohort of its size does: write it as CSV or Parquet"
                raise DataError(Problem(spec.path, "", what))
            for part in parts:
                declared = part.file_size
                part.file_size = declared + 1  # so that reading goes on past what was declared
                with archive.open(part) as content:
                    size_found = sum(len(chunk) for chunk in iter(lambda: content.read(CHUNK), b""))
                if size_found != declared:
                    raise DataError(damaged)
    except ARCHIVE_ERRORS:
        raise DataError(damaged) from None


def sheet_marks(path: Path, sheet: str, spec: FileSpec) -> Marks:
    """Find errors and formulas without a result in one sheet, by its XML; none in a workbook without XML.

    Raises
    ------
    DataError
        If a stray cell far from the others would make the sheet larger than memory.
    """
    marks = Marks([], [])
    if not is_zip(path):
        return marks
    with zipfile.ZipFile(path) as archive:
        part = _part_of(archive, sheet)
        if part is None:
            what = "is not found inside the workbook: open it in a spreadsheet program, and save it anew"
            raise DataError(Problem(spec.path, f"sheet '{sheet}'", what))
        content = archive.read(part)
    columns = rows = filled = 0
    for found in CELL.finditer(content):
        place = PLACE.search(found[1])
        if place is None:
            continue
        column, row = _number(place[1]), int(place[2])
        columns, rows, filled = max(columns, column), max(rows, row), filled + 1
        if IS_ERROR.search(found[1]):
            marks.errors.append((column, row))
        elif not found[2] and not IS_TEXT.search(found[1]) and NEVER_COMPUTED.match(content, found.end()):
            marks.uncomputed.append((column, row))
    grid = columns * rows
    stray = grid > SPARSE_GRID and grid > MOST_EMPTY * filled
    if grid > MOST_GRID or stray or rows > LAST_ROW:
        what = f"spans {rows} rows x {columns} columns: delete stray cells far from the table"
        raise DataError(Problem(spec.path, f"sheet '{sheet}'", what))
    return marks


def _part_of(archive: zipfile.ZipFile, sheet: str) -> str | None:
    """Name of the archive's part that holds a sheet."""
    names = set(archive.namelist())
    links = {}
    for tag in LINK.findall(archive.read(LINKS)):
        link = _attributes(tag)
        links[link.get("Id", "")] = link.get("Target", "")
    for tag in SHEET.findall(archive.read(BOOK)):
        found = _attributes(tag)
        if found.get("name") == sheet:
            target = links.get(next((v for k, v in found.items() if k.endswith(":id")), ""), "")
            part = target.removeprefix("/") if target.startswith("/") else normpath(f"xl/{target}")
            return part if part in names else None
    return None


def _attributes(tag: bytes) -> dict[str, str]:
    return {key: unescape(value) for key, _, value in ATTRIBUTE.findall(tag.decode("utf-8"))}


def _number(letters: bytes) -> int:
    """Number of a column: A is 1, Z is 26, AA is 27."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number
