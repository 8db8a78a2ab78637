"""Generated cells to raw files of each format."""

from __future__ import annotations

import csv
import datetime as dt
import io
import random
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
from shapes import Style

SUFFIX = {"excel": "xlsx", "spss": "sav", "stata": "dta", "sas_xport": "xpt"}
EXTRA = ("", "0", "x", "7.5", "NA", "free text")


@dataclass
class Sheet:
    """One raw file before it is written: cells as text, numbers with a point, dates in their format.

    `kinds` says of each column whether its cells are numbers (written with the style's marks), dates of
    ISO form (real dates in formats that have them) or other text. `labels` are value labels in the file.
    """

    name: str
    style: Style
    kinds: dict[str, str] = field(default_factory=dict)
    rows: list[dict[str, str]] = field(default_factory=list)
    labels: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def path(self) -> str:
        return f"{self.name}.{SUFFIX.get(self.style.format, self.style.format)}"

    @property
    def word(self) -> str:
        return "line" if self.style.is_text else "row"

    def line(self, row: int) -> int:
        """Number under which messages name a row; text and workbooks have a header above."""
        return row + (2 if self.style.is_text or self.style.format == "excel" else 1)

    def column(self, base: str, kind: str = "text") -> str:
        """Add a column, and return its name in the file."""
        names = {"upper": base.upper(), "spaces": f"{base} (no. 1)", "unicode": f"{base} ñ"}
        name = names.get(self.style.names, base)
        self.kinds[name] = kind
        return name

    def encoding(self) -> str:
        """The style's encoding, or utf-8 where that cannot hold the text."""
        try:
            "".join([*self.kinds, *(cell for row in self.rows for cell in row.values())]).encode(
                self.style.encoding
            )
        except UnicodeEncodeError:
            return "utf-8"
        return self.style.encoding

    def spec(self) -> dict[str, object]:
        """The file's declaration in the cohort file."""
        style = self.style
        found: dict[str, object] = {"path": self.path, "format": style.format}
        if style.format == "csv":
            found["delimiter"] = style.delimiter
        if style.is_text:
            # a byte-order mark is accepted without being declared
            found |= {"decimal": style.decimal, "encoding": self.encoding().removesuffix("-sig")}
        if style.is_text and style.thousands:
            found["thousands"] = style.thousands
        return found


def short(value: float) -> str:
    """The shortest text of a number."""
    return str(int(value)) if float(value).is_integer() else repr(float(value))


def write(sheet: Sheet, root: Path, rng: random.Random) -> None:
    """Write a file, its columns in any order, beside columns that nothing reads."""
    columns = [*sheet.kinds, *(f"extra{n}" for n in range(sheet.style.extra))]
    rng.shuffle(columns)
    rows = [[row.get(column, rng.choice(EXTRA)) for column in columns] for row in sheet.rows]
    if sheet.style.is_text:
        (root / sheet.path).write_bytes(as_bytes(sheet, columns, rows, rng))
        return
    cells = {name: [row[place] for row in rows] for place, name in enumerate(columns)}
    table = pd.DataFrame({name: _typed(sheet, name, cells[name]) for name in columns})
    if sheet.style.format in ("parquet", "excel"):
        blank = pd.DataFrame([[None] * len(columns)] * sheet.style.empty_rows, columns=columns, dtype=object)
        table = pd.DataFrame({name: [*table[name], *blank[name]] for name in columns}, dtype=object)
    WRITERS[sheet.style.format](table, root / sheet.path, sheet)


def as_bytes(sheet: Sheet, columns: list[str], rows: list[list[str]], rng: random.Random) -> bytes:
    style = sheet.style
    out = io.StringIO()
    quoting = csv.QUOTE_ALL if style.quote_all else csv.QUOTE_MINIMAL
    writer = csv.writer(out, delimiter=style.delimiter, quoting=quoting, lineterminator=style.end)
    writer.writerow(columns)
    for row in rows:
        writer.writerow(
            [
                number_text(c, style) if sheet.kinds.get(n) == "number" else c
                for n, c in zip(columns, row, strict=True)
            ]
        )
    empty = rng.choice(["", style.delimiter * (len(columns) - 1)]) + style.end
    return (out.getvalue() + empty * style.empty_rows).encode(sheet.encoding())


def number_text(cell: str, style: Style) -> str:
    """A number with the marks of a style; a missing code stays as it is."""
    try:
        value = float(cell)
    except ValueError:
        return cell
    whole, _, fraction = cell.partition(".")
    if style.thousands and abs(value) >= 1000:
        whole = f"{int(whole):,}".replace(",", style.thousands)
    return whole + (style.decimal + fraction if fraction else "")


def _typed(sheet: Sheet, name: str, cells: list[str]) -> list[object]:
    """Cells as numbers or dates where all of them are, else as text; empty ones as nothing."""
    filled = [cell for cell in cells if cell]
    if sheet.style.typed or name in sheet.labels:
        if filled and all(_is_number(cell) for cell in filled):
            return [float(cell) if cell else None for cell in cells]
        if filled and sheet.kinds.get(name) == "iso date" and all(_is_date(cell) for cell in filled):
            return [dt.date.fromisoformat(cell) if cell else None for cell in cells]
    return [cell or None for cell in cells]


def _is_number(cell: str) -> bool:
    """Whether a cell says the same after it was a float64."""
    try:
        value = float(cell)
    except ValueError:
        return False
    return np.isfinite(value) and cell == short(value)


def _is_date(cell: str) -> bool:
    try:
        dt.date.fromisoformat(cell)
    except ValueError:
        return False
    return True


def _write_parquet(table: pd.DataFrame, path: Path, sheet: Sheet) -> None:
    table.to_parquet(path, index=False)


def _write_excel(table: pd.DataFrame, path: Path, sheet: Sheet) -> None:
    import openpyxl

    book = openpyxl.Workbook()
    page = book.active
    for place, name in enumerate(table.columns, start=1):
        for line, value in enumerate([name, *table[name]], start=1):
            cell = page.cell(line, place, value)
            if isinstance(value, str):
                cell.data_type = "s"  # a text that starts with = is no formula here
    book.save(path)


def _statistical(table: pd.DataFrame) -> pd.DataFrame:
    """Numbers as float64, text without nulls: what the writer takes."""
    numbers = [name for name in table if any(isinstance(v, float) for v in table[name])]
    dates = [name for name in table if any(isinstance(v, dt.date) for v in table[name])]
    out = {}
    for name in table:
        if name in numbers:
            out[name] = table[name].astype("float64")
        else:
            out[name] = pd.to_datetime(table[name]) if name in dates else table[name].map(lambda v: v or "")
    return pd.DataFrame(out)


def _value_labels(sheet: Sheet) -> dict[str, dict[float, str]]:
    return {name: {float(code): word for code, word in words.items()} for name, words in sheet.labels.items()}


def _write_spss(table: pd.DataFrame, path: Path, sheet: Sheet) -> None:
    import pyreadstat

    pyreadstat.write_sav(_statistical(table), path, variable_value_labels=_value_labels(sheet))


def _write_stata(table: pd.DataFrame, path: Path, sheet: Sheet) -> None:
    import pyreadstat

    labels = {n: {int(code): word for code, word in w.items()} for n, w in _value_labels(sheet).items()}
    pyreadstat.write_dta(_statistical(table), path, version=15, variable_value_labels=labels)


def _write_sas(table: pd.DataFrame, path: Path, sheet: Sheet) -> None:
    import pyreadstat

    pyreadstat.write_xport(_statistical(table), path, file_format_version=8)


WRITERS = {
    "parquet": _write_parquet, "excel": _write_excel, "spss": _write_spss, "stata": _write_stata,
    "sas_xport": _write_sas,
}  # fmt: skip
