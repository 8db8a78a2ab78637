"""Files of SPSS, Stata and SAS: codes stay codes, with their labels and reasons for missing values beside.

Read by pyreadstat (ReadStat) with its value labels off, since replacing codes by labels loses the codes and
sorts categories by the alphabet. Its ``missing_user_values`` are empty for SAS (Roche/pyreadstat issue 279),
so special missings are told by the letters that stand among a column's numbers.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from os import SEEK_END
from pathlib import Path
from typing import Any

import numpy as np

from outcomes.config.files import FileSpec
from outcomes.errors import DataError, Problem
from outcomes.ingest.columns import TextColumn
from outcomes.ingest.formats.sniff import NAMES, refuse_other_format
from outcomes.ingest.formats.xport import read_layout, refuse_cut, special_missings
from outcomes.ingest.reader import RawFile, header_problems
from outcomes.ingest.typed import as_text, column_of, distinct, refuse_immense, without_empty_rows

STATA_END = b"</stata_dta>"
CPORT_MARK = b"**COMPRESSED**"
SAS_DATES = re.compile(r"(MONYY|JULIAN|(YYMM|MMYY)[CDNPS]?|NLDATE|EURDFD[DE])[0-9.]*")
DATES = {
    "stata": re.compile(r"%-?(td|d).*"),
    "spss": re.compile(r"(MOYR|QYR|WKYR)[0-9]*"),
    "sas_xport": SAS_DATES,
    "sas7bdat": SAS_DATES,
}
"""Formats that show a day's number as part of a date, or in an order of one's own."""
TIMESTAMPS = {"stata": re.compile(r"%-?t[cC](?!HH:MM(:SS)?$).*")}
PERIOD = re.compile(r"%-?t([wmqhyb])")
STATA_PERIODS = {
    "w": "weeks since 1960 (%tw): dofw() makes dates of them",
    "m": "months since 1960 (%tm): dofm() makes dates of them",
    "q": "quarters since 1960 (%tq): dofq() makes dates of them",
    "h": "half-years since 1960 (%th): dofh() makes dates of them",
    "y": "calendar years (%ty): dofy() makes dates of them",
    "b": "days of a business calendar (%tb): dofb() makes dates of them, given its name",
}
"""What Stata's formats of periods count, and its function to dates."""
Cells = dict[str, list[Any]]
Option = bool | str | list[str]
Labels = Mapping[str, Mapping[Any, str]]


def read_spss(paths: Mapping[str, Path], spec: FileSpec) -> RawFile:
    """Read SPSS .sav or .zsav; values declared as user-missing, one by one or as a range, are kept.

    An empty text and a missing one are the same in this format: both are ``""``.
    """
    import pyreadstat

    cells, meta = _read(pyreadstat.read_sav, paths["path"], spec, user_missing=True)
    return _raw_file(cells, meta, meta.variable_value_labels, spec)


def read_stata(paths: Mapping[str, Path], spec: FileSpec) -> RawFile:
    """Read Stata .dta, versions 8 to 15; extended missings are ``.a`` to ``.z`` in the cells."""
    import pyreadstat

    cells, meta = _read(pyreadstat.read_dta, paths["path"], spec, user_missing=True)
    with paths["path"].open("rb") as file:
        has_end = file.read(1) == b"<"  # from version 117 on
        file.seek(-len(STATA_END), SEEK_END)
        if has_end and file.read() != STATA_END:
            # the value labels stand last; without them the library reads on in silence
            raise DataError(Problem(spec.path, "", "is cut short: restore it from its source"))
    raw = _raw_file(cells, meta, meta.variable_value_labels, spec)
    shown = meta.original_variable_types.items()
    periods = {name: STATA_PERIODS[found[1]] for name, form in shown if (found := PERIOD.match(form or ""))}
    if not periods:
        return raw
    note = f"weeks, months, quarters or years are read as numbers since 1960, no dates: {', '.join(periods)}"
    return replace(raw, notes=(*raw.notes, note), periods=periods)


def read_sas(paths: Mapping[str, Path], spec: FileSpec) -> RawFile:
    """Read SAS .sas7bdat, with the value labels of its catalog if one is given; special missings: ``.A``."""
    import pyreadstat

    labels: dict[str, Mapping[Any, str]] = {}
    cells, meta = _read(pyreadstat.read_sas7bdat, paths["path"], spec, user_missing=True)
    if "catalog" in paths:
        _, catalog = _read(pyreadstat.read_sas7bcat, paths["catalog"], spec, spec.catalog or "")
        # asking for the labels on reading the data would replace the codes by them
        formats = {name.upper(): found for name, found in catalog.value_labels.items()}
        labels = {
            column: formats[name.upper()]
            for column, name in meta.variable_to_label.items()
            if name and name.upper() in formats
        }
    return _raw_file(cells, meta, labels, spec)


def read_sas_xport(paths: Mapping[str, Path], spec: FileSpec) -> RawFile:
    """Read SAS transport, version 5 or 8; special missings are ``.A`` to ``.Z`` and ``._`` in the cells.

    The format holds no value labels. Version 5 does not say how many rows it has: a file cut exactly
    between two rows cannot be told from a whole one.
    """
    import pyreadstat

    content = paths["path"].read_bytes()
    if content.startswith(CPORT_MARK):
        what = "was written by PROC CPORT, which only SAS reads: write it with the XPORT engine"
        raise DataError(Problem(spec.path, "", what))
    refuse_other_format(paths["path"], spec)
    layout = read_layout(content, spec)
    cells, meta = _read(pyreadstat.read_xport, paths["path"], spec)
    n_rows = _n_rows(cells)
    refuse_cut(content, layout, n_rows, spec)
    for place, (rows, letters) in special_missings(content, layout, n_rows).items():
        column = cells[meta.column_names[place]]
        for row, letter in zip(rows, letters, strict=True):
            column[row] = chr(letter)
    return _raw_file(cells, meta, {}, spec)


def _read(
    function: Callable[..., Any], path: Path, spec: FileSpec, catalog: str = "", **options: Option
) -> tuple[Cells, Any]:
    """Cells and metadata; what the library cannot read becomes a problem of the file (or of its catalog)."""
    from pyreadstat import PyreadstatError, ReadstatError

    if spec.encoding.lower() not in ("utf-8", "utf8"):
        options["encoding"] = codecs.lookup(spec.encoding).name
    try:
        if not catalog:
            return _read_data(function, path, spec, options)
        found: tuple[Cells, Any] = function(path, output_format="dict", **options)
    except (ReadstatError, PyreadstatError, IndexError, ValueError) as error:
        # the last two are how the library itself fails on some damaged files
        if isinstance(error, UnicodeDecodeError) or "convert" in str(error) or "character set" in str(error):
            what = "holds text in another encoding than it says: declare its encoding, such as cp1252"
        else:
            kind = "a SAS catalog" if catalog else f"{NAMES[spec.format]} file"
            what = f"is not readable as {kind}: it is damaged, cut short or of another format; restore it"
        raise DataError(Problem(catalog or spec.path, "", what)) from None
    return found


def _read_data(
    function: Callable[..., Any], path: Path, spec: FileSpec, options: dict[str, Option]
) -> tuple[Cells, Any]:
    """Cells and metadata of a file, after a look at its size and its date formats."""
    refuse_other_format(path, spec)
    head = function(path, metadataonly=True, disable_datetime_conversion=True, **options)[1]
    refuse_immense(head.number_rows or 0, head.number_columns, spec)
    options = {**options, **_date_formats(head.original_variable_types.values(), spec)}
    try:
        found: tuple[Cells, Any] = function(path, output_format="dict", **options)
    except OverflowError:
        span = "before year 1 or after 9999"
        what = f"holds dates, or a range of missing dates, that no calendar has ({span}): mend them"
        problems = []
        for column in head.column_names:
            try:
                function(path, output_format="dict", usecols=[column], **options)
            except OverflowError:
                problems.append(Problem(spec.path, column, what))
        raise DataError(problems or Problem(spec.path, "", what)) from None
    return found


def _date_formats(shown: Iterable[str | None], spec: FileSpec) -> dict[str, list[str]]:
    """Options of the library for the date formats of a file: it knows the common ones only."""
    used = sorted({name for name in shown if name})
    return {
        option: found
        for option, formats in (("extra_date_formats", DATES), ("extra_datetime_formats", TIMESTAMPS))
        if (
            found := [
                name for name in used if spec.format in formats and formats[spec.format].fullmatch(name)
            ]
        )
    }


def _n_rows(cells: Cells) -> int:
    return len(next(iter(cells.values()), []))


def _raw_file(cells: Cells, meta: Any, labels: Labels, spec: FileSpec) -> RawFile:  # noqa: ANN401 - untyped
    """Text of the cells, and by column what the file says of its codes."""
    problems = header_problems(list(meta.column_names), spec)
    if problems:
        raise DataError(problems)
    n_rows = _n_rows(cells)
    columns: dict[str, TextColumn] = {}
    texts: dict[str, dict[str, str]] = {}
    missing: dict[str, dict[str, str]] = {}
    for name in meta.column_names:
        kind = meta.readstat_variable_types[name]
        tagged = kind != "string"
        values, codes = distinct(cells.pop(name))
        shown = [f".{value}" if tagged and isinstance(value, str) else value for value in values]
        if kind == "float":
            # single precision: as a Python float, 0.1 would read 0.10000000149011612
            shown = [np.float32(value) if isinstance(value, float) else value for value in shown]
        column = column_of(shown, codes)
        columns[name] = column
        texts[name] = {_code(code, tagged): label for code, label in labels.get(name, {}).items()}
        ranges = meta.missing_ranges.get(name, [])
        missing[name] = {
            text: texts[name].get(text, f"special missing {text}" if is_tag else "")
            for value, text in zip(values, column.texts, strict=False)
            if (is_tag := tagged and isinstance(value, str)) or (text and _in_any(value, ranges))
        }
    raw = RawFile(
        spec.path,
        columns,
        np.arange(1, n_rows + 1),
        "row",
        labels={name: found for name, found in texts.items() if found},
        missing={name: found for name, found in missing.items() if found},
        names={name: label for name, label in meta.column_names_to_labels.items() if label},
    )
    return without_empty_rows(raw)


def _code(code: Any, tagged: bool) -> str:  # noqa: ANN401 - a number, a letter or a text
    return f".{code}" if tagged and isinstance(code, str) else as_text(code)


def _in_any(value: Any, ranges: list[dict[str, Any]]) -> bool:  # noqa: ANN401 - a number, date or text
    """Whether an SPSS range of user-missing values, or a single one, holds a value."""
    return any(
        bounds["lo"] <= value <= bounds["hi"] for bounds in ranges if type(bounds["lo"]) is type(value)
    )
