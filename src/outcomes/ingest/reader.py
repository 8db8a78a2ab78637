"""Raw files to columns of text: what stands in the file, cell by cell, with its line number."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from importlib import import_module
from pathlib import Path

import numpy as np

from outcomes.config.files import FileSpec
from outcomes.errors import DataError, Problem, format_lines
from outcomes.ingest.columns import TextColumn
from outcomes.ingest.formats import READERS

MOST_CHARACTERS = 131_072
"""Of a cell; the csv module's own limit for text."""
COMPRESSED = {
    b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\xfd7zXZ\x00": "xz", b"\x28\xb5\x2f\xfd": "zstandard",
    b"7z\xbc\xaf": "7z", b"PK\x03\x04": "zip",
}  # fmt: skip
"""First bytes of compressed files; what they unpack to is not known before, so they are not unpacked."""


@dataclass(frozen=True)
class RawFile:
    """One file as text.

    Attributes
    ----------
    path : str
        As the cohort file writes it.
    columns : dict of str to TextColumn
        A cell without content is ``""``. Numbers stand as the shortest text that means them (1503, not
        1503.0), dates as ``2020-01-31``, dates with a time as ``2020-01-31T08:30:00``.
    lines : numpy.ndarray of int, shape (n_rows,)
        Line of each row in a text file (the header is line 1), or the row's number.
    row_word : {'line', 'row'}
        What `lines` counts.
    labels : dict
        By column, the value labels that the file itself holds: code as text to label.
    missing : dict
        By column, cell texts that the file itself declares as missing, with why ("" where it does not say).
    names : dict
        By column, the variable label that the file itself holds.
    periods : dict
        By column that counts periods of the calendar, such as months since 1960: which, and how to convert.
    notes : tuple of str
        What was noticed on reading that does not stop it.
    """

    path: str
    columns: dict[str, TextColumn]
    lines: np.ndarray
    row_word: str
    labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    missing: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    periods: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.lines)

    def keep(self, rows: np.ndarray) -> RawFile:
        """Return the file with the rows where the mask `rows` holds."""
        columns = {name: column.take(rows) for name, column in self.columns.items()}
        return replace(self, columns=columns, lines=self.lines[rows])

    def places(self, broken: np.ndarray) -> str:
        """Return ``"lines 2, 3"`` for the rows where `broken` holds."""
        text = format_lines(int(n) for n in self.lines[broken])
        return text if self.row_word == "line" else text.replace("line", self.row_word, 1)


def read_raw(paths: Mapping[str, Path], spec: FileSpec) -> RawFile:
    """Read one raw file as its format says.

    Parameters
    ----------
    paths : mapping
        The file under ``path``, and those that it needs under ``dictionary`` or ``catalog``.
    spec : FileSpec
        The file's declaration.

    Raises
    ------
    DataError
        If the file is empty, cut short, damaged, compressed, of another format, or has no sound
        header; with every problem that can be told at once.
    """
    for key, path in paths.items():
        _refuse_unreadable(path, getattr(spec, key), spec.format)
    module, _, function = READERS[spec.format].partition(":")
    reader: Callable[[Mapping[str, Path], FileSpec], RawFile] = getattr(import_module(module), function)
    raw = reader(paths, spec)
    _refuse_long_cells(raw)
    return raw


def _refuse_long_cells(raw: RawFile) -> None:
    """Raise a DataError for cells that are no values but documents, or a damaged file's rest."""
    problems = []
    for name, column in raw.columns.items():
        long = column.test(lambda cell: len(cell) > MOST_CHARACTERS)
        if long.any():
            count = f"{int(long.sum())} of {len(raw)} rows with a cell of over {MOST_CHARACTERS} characters"
            what = f"{count} ({raw.places(long)}): shorten them, or restore the file"
            problems.append(Problem(raw.path, name, what))
    if problems:
        raise DataError(problems)


def _refuse_unreadable(path: Path, shown: str, file_format: str) -> None:
    try:
        if not path.is_file():  # a pipe or a device would be waited for without end
            raise IsADirectoryError
        with path.open("rb") as file:
            start = file.read(4096)
    except OSError:
        what = "cannot be opened: is it a file, and may you read it?"
        raise DataError(Problem(shown, "", what)) from None
    kind = next((name for mark, name in COMPRESSED.items() if start.startswith(mark)), None)
    if kind is not None and not (kind == "zip" and file_format == "excel"):
        what = f"is a {kind} archive: unpack it, and name the file inside"
        if kind == "zip":
            what = "is a zip archive or an Excel workbook: unpack it, or declare format: excel"
        raise DataError(Problem(shown, "", what))
    if not start.strip() and path.stat().st_size <= len(start):
        raise DataError(Problem(shown, "", "is empty: restore it from its source"))


def header_problems(header: list[str], spec: FileSpec) -> list[Problem]:
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
