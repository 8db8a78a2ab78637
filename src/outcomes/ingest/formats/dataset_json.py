"""CDISC Dataset-JSON 1.1, as JSON or NDJSON.

Standard: CDISC Dataset-JSON Specification, version 1.1 (2024-12-05),
https://www.cdisc.org/standards/data-exchange/dataset-json
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np

from outcomes.config.files import FileSpec
from outcomes.errors import DataError, Problem, format_lines
from outcomes.ingest.columns import TextColumn
from outcomes.ingest.formats.sniff import refuse_other_format
from outcomes.ingest.reader import RawFile, header_problems
from outcomes.ingest.typed import column_of, distinct, without_empty_rows

VERSION = re.compile(r"1\.1(\.(0|[1-9][0-9]*))?")
DECIMAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
"""A number as text; the exponent, which R writes, is bounded since its zeros are written out."""
REQUIRED: dict[str, type] = {
    "datasetJSONVersion": str, "itemGroupOID": str, "name": str, "records": int, "columns": list,
}  # fmt: skip


def read_dataset_json(paths: Mapping[str, Path], spec: FileSpec) -> RawFile:
    """Read one data set; null is an empty cell, dates and times are the ISO 8601 text of the file.

    Decimals, which the standard sends as text, become the shortest text that means them; in them a comma
    may mean thousands or decimals, and is refused. A date that the receiving system would store as a number
    (``targetDataType: integer``) stays a date.
    """
    refuse_other_format(paths["path"], spec)
    head, rows = _load(paths["path"], spec)
    names = _columns(head, spec)
    if head["records"] != len(rows):
        what = f"promises {head['records']} records and holds {len(rows)} rows: it is cut short or was edited"
        raise DataError(Problem(spec.path, "", what))
    odd = [n for n, row in enumerate(rows, start=1) if not isinstance(row, list) or len(row) != len(names)]
    if odd:
        what = f"{len(odd)} of {len(rows)} rows do not have one cell for each of the {len(names)} columns"
        raise DataError(Problem(spec.path, "", f"{what} ({_rows(odd)}): write the file anew"))
    columns: dict[str, TextColumn] = {}
    problems = header_problems(names, spec)
    for place, column in enumerate(head["columns"]):
        found = _column([row[place] for row in rows], column, spec)
        if isinstance(found, Problem):
            problems.append(found)
        else:
            columns[column["name"]] = found
    if problems:
        raise DataError(problems)
    labels = {
        column["name"]: label
        for column in head["columns"]
        if isinstance(label := column.get("label"), str) and label
    }
    return without_empty_rows(RawFile(spec.path, columns, np.arange(1, len(rows) + 1), "row", names=labels))


def _load(path: Path, spec: FileSpec) -> tuple[dict[str, Any], list[Any]]:
    """Return what the file says of itself, and its rows."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        first, _, rest = text.partition("\n")
        head = _object_of_line(first) if rest.strip() else None
        if head is not None:
            # no other line break ends a row: JSON may hold U+2028 within a text
            return head, [_loads(line) for line in rest.split("\n") if line.strip()]
        head = _loads(text)
    except ValueError:  # of JSON, numbers and encodings
        what = "is not sound JSON in UTF-8: it is damaged or cut short; restore it from its source"
        raise DataError(Problem(spec.path, "", what)) from None
    if not isinstance(head, dict):
        raise DataError(
            Problem(spec.path, "", "is JSON, but no Dataset-JSON: its outermost value is no object")
        )
    rows = head.get("rows", [])
    if not isinstance(rows, list):
        raise DataError(Problem(spec.path, "rows", "is no list: write the file anew"))
    return head, rows


def _object_of_line(line: str) -> dict[str, Any] | None:
    """Return the first line of NDJSON; None where a line does not hold a whole object."""
    try:
        found = _loads(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _loads(text: str) -> Any:  # noqa: ANN401 - any JSON
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except RecursionError:
        raise ValueError("nested without end") from None


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _columns(head: Mapping[str, Any], spec: FileSpec) -> list[str]:
    """Names of the columns; everything wrong with the description of the file is told at once."""
    problems = []
    for key, kind in REQUIRED.items():
        if not isinstance(head.get(key), kind):
            what = "is missing or of another type: Dataset-JSON 1.1 requires it"
            problems.append(Problem(spec.path, key, what))
    version = head.get("datasetJSONVersion")
    if isinstance(version, str) and not VERSION.fullmatch(version):
        what = f"is {version}: only version 1.1 is read; convert the file, or export it anew"
        problems.append(Problem(spec.path, "datasetJSONVersion", what))
    columns = head["columns"] if isinstance(head.get("columns"), list) else []
    for place, column in enumerate(columns, start=1):
        if not _is_column(column):
            what = f"needs a name and a dataType (one of {', '.join(TYPES)})"
            problems.append(Problem(spec.path, f"columns, {place}", what))
    if problems:
        raise DataError(problems)
    return [column["name"] for column in columns]


def _is_column(column: object) -> bool:
    if not isinstance(column, dict):
        return False
    name, kind = column.get("name"), column.get("dataType")
    return isinstance(name, str) and bool(name) and isinstance(kind, str) and kind in TYPES


def _column(cells: list[Any], column: Mapping[str, Any], spec: FileSpec) -> TextColumn | Problem:
    """Text of a column, or what its cells are not."""
    kind = column["dataType"]
    try:
        values, codes = distinct(cells)
    except TypeError:  # a list or an object inside a cell
        return Problem(spec.path, column["name"], "holds lists or objects: write text or numbers")
    wrong = {value for value in values if value is not None and not TYPES[kind](value)}
    if wrong:
        rows = [n for n, cell in enumerate(cells, start=1) if cell is not None and not TYPES[kind](cell)]
        count = f"{len(rows)} of {len(cells)} rows not of its dataType {kind} ({_rows(rows)})"
        form = "a decimal is text of a number with a point, without commas; " if kind == "decimal" else ""
        return Problem(spec.path, column["name"], f"{count}: {form}mend the rows")
    if kind == "decimal":
        values = [Decimal(value) if value else None for value in values]
    return column_of(values, codes)


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_whole(value: object) -> bool:
    if isinstance(value, float):
        return value.is_integer()
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: object) -> bool:
    """Whether a value is a finite number; 1e999 is none that a program can hold."""
    whole = isinstance(value, int) and not isinstance(value, bool)
    return whole or (isinstance(value, float) and isfinite(value))


def _is_boolean(value: object) -> bool:
    return isinstance(value, bool)


def _is_decimal(value: object) -> bool:
    """Whether a text is a number; the empty text is a missing one."""
    return isinstance(value, str) and (not value or DECIMAL.fullmatch(value) is not None)


TYPES: dict[str, Callable[[object], bool]] = {
    "string": _is_text,
    "integer": _is_whole,
    "decimal": _is_decimal,
    "float": _is_number,
    "double": _is_number,
    "boolean": _is_boolean,
    "datetime": _is_text,
    "date": _is_text,
    "time": _is_text,
    "URI": _is_text,
}
"""By `dataType`, whether a JSON value is one."""


def _rows(numbers: list[int]) -> str:
    return format_lines(numbers).replace("line", "row", 1)
