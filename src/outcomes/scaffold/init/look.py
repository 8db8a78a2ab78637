"""A user's files to tables: detected format, encoding, delimiter and decimal mark, and every column."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from outcomes.config.files import MARKED_FORMATS, FileSpec
from outcomes.errors import DataError, Problem
from outcomes.ingest.formats.sniff import START, sniff_format
from outcomes.ingest.reader import RawFile, read_raw
from outcomes.scaffold.init.columns import Column, look_at_column
from outcomes.scaffold.init.header import refuse_without_header
from outcomes.scaffold.init.words import slug, unused

DELIMITERS = (",", ";", "\t", "|")
SAMPLE_LINES = 50
DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+")
THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+")
DECIMAL_POINT = re.compile(r"[+-]?\d+\.\d+")
DICTIONARY_HEADS = ("variable / field name", "field_name")
THOUSANDS_OR_DECIMAL = (
    'commas in {} stand before three digits each: declare thousands: "," if they set off thousands{}'
)
HEADED = ("csv", "tsv", "redcap", "excel")
"""Formats whose first line may lack the names of the columns."""
UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, eq=False)
class Table:
    """One file, or one sheet of a workbook, with what was detected.

    Attributes
    ----------
    key : str
        Its name under ``files:``.
    spec : FileSpec
        How it was read.
    guesses : dict
        Keys of `spec` that are guesses, with why.
    only : dict
        Rows that this table is narrowed to: column to code.
    asks : tuple of str
        What looking at the file leaves open.
    """

    key: str
    spec: FileSpec
    columns: Mapping[str, Column]
    rows: int
    guesses: Mapping[str, str] = field(default_factory=dict)
    only: Mapping[str, str] = field(default_factory=dict)
    asks: tuple[str, ...] = ()

    def where(self, column: str, text: str) -> Table:
        """Return the rows with `text` in a column."""
        found = self.columns[column]
        rows = found.codes == found.texts.index(text)
        columns = {name: c.take(rows) for name, c in self.columns.items()}
        return replace(self, columns=columns, rows=int(rows.sum()), only={**self.only, column: text})

    def analysed(self) -> Table:
        """Return the rows that ADaM marks for analysis; all where nothing is marked."""
        record = self.columns.get("ANL01FL")
        marked = self.spec.standard is not None and record is not None and "Y" in record.levels
        return self.where("ANL01FL", "Y") if marked else self


def look_at_files(root: Path, files: list[Path]) -> list[Table]:
    """Open every file; those that only describe another one are joined to it.

    Raises
    ------
    DataError
        With every problem of every file.
    """
    dictionaries = [path for path in files if _is_dictionary(path)]
    catalogs = [path for path in files if path.suffix.casefold() == ".sas7bcat"]
    tables: list[Table] = []
    problems: list[Problem] = []
    for path in files:
        if path in dictionaries or path in catalogs:
            continue
        try:
            for keys, guesses in _declarations(path, dictionaries, catalogs):
                tables.append(_look(root, path, keys, guesses, [table.key for table in tables]))
        except DataError as error:
            problems += [replace(p, source=_shown(root, path)) for p in error.problems]
    if problems:
        raise DataError(problems)
    return tables


def _shown(root: Path, path: Path) -> str:
    return path.relative_to(root).as_posix()


def _look(
    root: Path, path: Path, keys: Mapping[str, str | Path], guesses: Mapping[str, str], taken: list[str]
) -> Table:
    paths = {"path": path} | {key: value for key, value in keys.items() if isinstance(value, Path)}
    told = {key: _shown(root, v) if isinstance(v, Path) else v for key, v in keys.items()}
    spec = FileSpec.model_validate({"path": _shown(root, path)} | told)
    raw = read_raw(paths, spec)
    if spec.format in HEADED:
        refuse_without_header(raw, spec.path)
    found = dict(guesses)
    asks = []
    if spec.format in MARKED_FORMATS:
        commas, thousands, points = _marks(raw)
        free = spec.format not in ("csv", "redcap") or spec.delimiter != ","
        if free and commas and not points:
            spec = FileSpec.model_validate(spec.model_dump(exclude_unset=True) | {"decimal": ","})
            found["decimal"] = f"numbers have commas in {', '.join(commas[:3])}, and points in no column"
        elif thousands and not commas:
            decimal = ', or decimal: "," if decimals' if free and not points else ""
            asks.append(THOUSANDS_OR_DECIMAL.format(", ".join(thousands[:3]), decimal))
    if _is_adam(raw):
        spec = spec.model_copy(update={"standard": "adam"})
        found["standard"] = "columns are called as in CDISC ADaM"
        raw = _without_derived(raw)
    columns = {
        name: look_at_column(
            name, column, spec.decimal, raw.missing.get(name, {}), raw.names.get(name, ""),
            raw.labels.get(name, {}),
        )
        for name, column in raw.columns.items()
    }  # fmt: skip
    stem = f"{path.stem}_{spec.sheet}" if spec.sheet else path.stem
    return Table(unused(slug(stem, "file"), taken), spec, columns, len(raw), found, asks=tuple(asks))


def _declarations(
    path: Path, dictionaries: list[Path], catalogs: list[Path]
) -> Iterator[tuple[dict[str, str | Path], dict[str, str]]]:
    with path.open("rb") as file:
        kind = sniff_format(file.read(START))
    if kind == "excel":
        yield from _sheets(path)
    elif kind == "sas7bdat" and catalogs:
        yield {"format": kind, "catalog": catalogs[0]}, {}
    elif kind is not None:
        yield {"format": kind}, {}
    else:
        yield _text_file(path, dictionaries)


def _sheets(path: Path) -> Iterator[tuple[dict[str, str | Path], dict[str, str]]]:
    """Sheets of a workbook that have a header and a row."""
    import python_calamine

    try:
        book = python_calamine.load_workbook(str(path))
        names = [name for name in book.sheet_names if len(book.get_sheet_by_name(name).to_python()) > 1]
    except (python_calamine.CalamineError, OSError):
        names = []  # damaged or locked: the reader says what it is
    if len(names) < 2:
        yield {"format": "excel"}, {}
    for name in names if len(names) > 1 else ():
        yield {"format": "excel", "sheet": name}, {}


def _text_file(path: Path, dictionaries: list[Path]) -> tuple[dict[str, str | Path], dict[str, str]]:
    text, encoding = _decoded(path)
    delimiter = _delimiter(text)
    keys: dict[str, str | Path] = {"format": "csv"}
    guesses: dict[str, str] = {}
    if dictionaries and delimiter == ",":
        keys |= {"format": "redcap", "dictionary": dictionaries[0]}
        guesses["dictionary"] = "a REDCap data dictionary was named beside it"
    elif delimiter == "\t":
        keys["format"] = "tsv"
    elif delimiter != ",":
        keys["delimiter"] = delimiter
    if encoding != "utf-8":
        keys["encoding"] = encoding
    if encoding == "cp1252":
        guesses["encoding"] = "the file is not UTF-8; look whether accented letters come out right"
    return keys, guesses


def _decoded(path: Path) -> tuple[str, str]:
    content = path.read_bytes()
    for encoding in ("utf-16",) if content.startswith(UTF16_MARKS) else ("utf-8", "cp1252", "latin-1"):
        try:
            return content.decode("utf-8-sig" if encoding == "utf-8" else encoding), encoding
        except UnicodeDecodeError:
            continue
    return "", "utf-8"  # the reader refuses it, and says where


def _delimiter(text: str) -> str:
    """Delimiter that gives the first lines one width, the widest where several do."""
    lines = [line for line in text.splitlines()[:SAMPLE_LINES] if line.strip()]
    best, width = ",", 1
    for mark in DELIMITERS:
        try:
            widths = Counter(len(row) for row in csv.reader(io.StringIO("\n".join(lines)), delimiter=mark))
        except csv.Error:
            continue
        common, rows = widths.most_common(1)[0] if widths else (1, 0)
        if common > width and rows >= 0.9 * len(lines):
            best, width = mark, common
    return best


def _marks(raw: RawFile) -> tuple[list[str], list[str], list[str]]:
    """Columns with commas that are decimal marks, with commas that may set off thousands, with points."""
    commas, thousands, points = [], [], []
    for name, column in raw.columns.items():
        texts = {text.strip() for text in column.texts}
        apart = {text for text in texts if THOUSANDS.fullmatch(text)}
        if any(DECIMAL_COMMA.fullmatch(text) for text in texts - apart):
            commas.append(name)
        elif apart:
            thousands.append(name)
        if any(DECIMAL_POINT.fullmatch(text) for text in texts):
            points.append(name)
    return commas, thousands, points


def _is_dictionary(path: Path) -> bool:
    with path.open("rb") as file:
        head = file.read(START).decode("utf-8-sig", errors="replace").lstrip('"').casefold()
    return head.startswith(DICTIONARY_HEADS)


def _is_adam(raw: RawFile) -> bool:
    names = set(raw.columns)
    return "USUBJID" in names and bool({"PARAMCD", "AVAL"} <= names or names & {"TRT01P", "TRTP", "ARM"})


def _without_derived(raw: RawFile) -> RawFile:
    """Leave out the rows that ADaM marks as derived, as ingest will."""
    column = raw.columns.get("DTYPE")
    return raw if column is None else raw.keep(np.asarray(column.test(lambda text: not text.strip())))
