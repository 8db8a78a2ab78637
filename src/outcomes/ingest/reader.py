"""Raw files to frames of text cells: what stands in the file, cell by cell, with its line number."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from outcomes.config.cohort import FileSpec
from outcomes.errors import DataError, Problem, format_lines

UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
PARQUET_MARK = b"PAR1"


@dataclass(frozen=True)
class RawFile:
    """One file as text.

    Attributes
    ----------
    path : str
        As the cohort file writes it.
    cells : pandas.DataFrame
        One column of Python strings per column of the file; a cell without content is ``""``.
    lines : numpy.ndarray
        Line of each row in a text file (the header is line 1), or the row's number from 1.
    row_word : {'line', 'row'}
        What `lines` counts.
    """

    path: str
    cells: pd.DataFrame
    lines: np.ndarray
    row_word: str

    def without(self, rows: np.ndarray) -> RawFile:
        """Return the file without the rows where `rows` holds."""
        return replace(self, cells=self.cells[~rows].reset_index(drop=True), lines=self.lines[~rows])

    def places(self, broken: np.ndarray) -> str:
        """Return ``"lines 2, 3"`` for the rows where `broken` holds."""
        text = format_lines(int(n) for n in self.lines[broken])
        return text if self.row_word == "line" else text.replace("line", self.row_word, 1)


def read_raw(path: Path, spec: FileSpec) -> RawFile:
    """Read one raw file as its format says.

    Raises
    ------
    DataError
        If the file is empty, cut short, damaged, not in the declared encoding, or has no
        sound header; with every problem that can be told at once.
    """
    try:
        content = path.read_bytes()
    except OSError:
        raise DataError(
            Problem(spec.path, "", "cannot be opened: is it a file, and may you read it?")
        ) from None
    if not content.strip():
        raise DataError(Problem(spec.path, "", "is empty: restore it from its source"))
    return READERS[spec.format](content, spec)


def read_csv(content: bytes, spec: FileSpec) -> RawFile:
    """Read delimited text strictly; rows without any content are skipped."""
    if content.startswith(PARQUET_MARK):
        raise DataError(Problem(spec.path, "", "is a Parquet file: declare format: parquet for it"))
    text = _decode(content, spec)
    header, rows, lines = _records(text, spec)
    problems = _header_problems(header, spec)
    width = len(header)
    filled = [any(cell.strip() for cell in row) for row in rows]
    rows = [row for row, full in zip(rows, filled, strict=True) if full]
    lines = [line for line, full in zip(lines, filled, strict=True) if full]
    short = [line for row, line in zip(rows, lines, strict=True) if len(row) < width]
    long = [line for row, line in zip(rows, lines, strict=True) if len(row) > width]
    if short and short[-1] == lines[-1] and not text.endswith(("\n", "\r")):
        what = (
            f"seems cut short: its last row has {len(rows[-1])} of {width} cells (line {lines[-1]}): restore"
        )
        problems.append(Problem(spec.path, "", what))
        short = short[:-1]
    if short:
        what = f"{len(short)} of {len(rows)} rows with fewer cells than the header ({format_lines(short)})"
        problems.append(
            Problem(spec.path, "", f"{what}: mend the rows, or quote cells that hold a line break")
        )
    if long:
        what = f"{len(long)} of {len(rows)} rows with more cells than the header ({format_lines(long)})"
        problems.append(Problem(spec.path, "", f"{what}: quote cells that hold the delimiter"))
    if problems:
        raise DataError(problems)
    cells = {name: [row[place] for row in rows] for place, name in enumerate(header) if name}
    return RawFile(spec.path, pd.DataFrame(cells, dtype=object), np.array(lines, dtype=int), "line")


def _decode(content: bytes, spec: FileSpec) -> str:
    if content.startswith(UTF16_MARKS) and spec.encoding.lower().startswith("utf-8"):
        what = "is UTF-16 text: declare encoding: utf-16 for it in the cohort file"
        raise DataError(Problem(spec.path, "", what))
    encoding = "utf-8-sig" if spec.encoding.lower() in ("utf-8", "utf8") else spec.encoding
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        what = f"is not {spec.encoding} text (line {line}): declare its encoding, such as cp1252"
        raise DataError(Problem(spec.path, "", what)) from None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        what = f"holds NUL bytes (line {line}): it is damaged, or no text file; restore it"
        raise DataError(Problem(spec.path, "", what))
    return text


def _records(text: str, spec: FileSpec) -> tuple[list[str], list[list[str]], list[int]]:
    """Header, rows and the line on which each row starts."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=spec.delimiter, strict=True)
    rows: list[list[str]] = []
    lines: list[int] = []
    start = 1
    try:
        for row in reader:
            if row:
                rows.append(row)
                lines.append(start)
            start = reader.line_num + 1
    except csv.Error as error:
        if "unexpected end" in str(error):
            rule = "opens a quote that is never closed: the file may be cut short"
        elif "field limit" in str(error):
            rule = f"has a cell that is too long (over {csv.field_size_limit()} characters; an open quote?)"
        else:
            rule = "misplaces a quote"
        what = f"the row that starts on line {start} {rule}; mend the row, or restore the file"
        raise DataError(Problem(spec.path, "", what)) from None
    if not rows:
        raise DataError(Problem(spec.path, "", "is empty: restore it from its source"))
    return [name.strip() for name in rows[0]], rows[1:], lines[1:]


def _header_problems(header: list[str], spec: FileSpec) -> list[Problem]:
    """Columns that share a name, by position: without a header line the names would be cell values."""
    positions: dict[str, list[int]] = {}
    for position, name in enumerate(header, start=1):
        positions.setdefault(name, []).append(position)
    problems = []
    for name, shared in positions.items():
        if name and len(shared) > 1:
            where = f"columns {', '.join(map(str, shared))}"
            what = "share a name in the header: rename all but one, or add the header line if there is none"
            problems.append(Problem(spec.path, where, what))
    return problems


def read_parquet(content: bytes, spec: FileSpec) -> RawFile:
    """Read Parquet; numbers become the shortest text that means them, so 1503.0 is ``1503``.

    Timestamps that are all at midnight mean dates, and become ``2020-01-31``.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not content.startswith(PARQUET_MARK) and _is_text(content):
        raise DataError(Problem(spec.path, "", "is text, no Parquet: declare format: csv for it"))
    try:
        table = pq.read_table(io.BytesIO(content))
    except (pa.ArrowException, OSError, ValueError):
        what = "is not readable Parquet: it is damaged, cut short or of another format; restore it"
        raise DataError(Problem(spec.path, "", what)) from None
    problems = _header_problems(table.column_names, spec)
    for field in table.schema:
        if pa.types.is_nested(field.type) or pa.types.is_binary(field.type):
            what = "holds lists, records or bytes: write it as text or numbers"
            problems.append(Problem(spec.path, field.name, what))
    if problems:
        raise DataError(problems)
    cells = {}
    for field in table.schema:
        values = table.column(field.name).to_pylist()
        if pa.types.is_timestamp(field.type) and all(v is None or v.time() == time.min for v in values):
            values = [v if v is None else v.date() for v in values]
        cells[field.name] = [_as_text(value) for value in values]
    lines = np.arange(1, table.num_rows + 1)
    return RawFile(spec.path, pd.DataFrame(cells, dtype=object), lines, "row")


def _is_text(content: bytes) -> bool:
    try:
        return "\0" not in content.decode("utf-8")
    except UnicodeDecodeError:
        return False


def _as_text(value: Any) -> str:  # noqa: ANN401 - whatever a Parquet cell holds
    if value is None or value != value:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


READERS: dict[str, Callable[[bytes, FileSpec], RawFile]] = {"csv": read_csv, "parquet": read_parquet}
"""Readers by `files.<name>.format`; a new format is one function and one line here."""
