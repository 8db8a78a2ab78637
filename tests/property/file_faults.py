"""Single faults of whole files of a generated cohort, planted in the bytes, and what must be said of each."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from cohorts import Generated
from faults import Fault, Planted, pick, plain_styles
from raw_files import Sheet

PLAIN = plain_styles(("csv",)).map(
    lambda style: replace(style, encoding="utf-8", quote_all=False, names="plain")
)
TEXT = {"others": PLAIN, "layout": "long"}
Change = Callable[[list[str], int, Sheet], None]


def _edited(change: Change, row: int, sheet: Sheet) -> Callable[[Path], None]:
    """Change the lines of a written file; `row` is counted from the first below the header."""

    def edit(path: Path) -> None:
        lines = path.read_bytes().decode("utf-8").split(sheet.style.end)
        change(lines, row + 1, sheet)
        # a lone surrogate stands for a byte that is no UTF-8
        path.write_bytes(sheet.style.end.join(lines).encode("utf-8", "surrogateescape"))

    return edit


def line(change: Change, *words: str, counted: bool = False) -> Fault:
    """A fault of one line of the file of scores: counted like rows, or only placed."""

    def plant(made: Generated) -> Planted:
        sheet = made.sheets["scores"]
        row = pick(made, range(len(sheet.rows)))
        placed = () if counted else (f"line {row + 2}",)
        rows = (row,) if counted else ()
        return Planted(sheet, "", (*words, *placed), rows, "qqz", edit=_edited(change, row, sheet))

    return Fault(plant, TEXT)


def whole(change: Callable[[Path], object], *words: str, where: str = "", **fixed: Any) -> Fault:
    """A fault of the file of scores as a whole."""

    def plant(made: Generated) -> Planted:
        return Planted(made.sheets["scores"], where, words, edit=lambda path: change(path) and None)

    return Fault(plant, TEXT | fixed)


def _cells(text: str, sheet: Sheet) -> list[str]:
    return next(csv.reader([text], delimiter=sheet.style.delimiter))


def _text(cells: list[str], sheet: Sheet) -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=sheet.style.delimiter, lineterminator="").writerow(cells)
    return out.getvalue()


def _too_long(lines: list[str], at: int, sheet: Sheet) -> None:
    lines[at] += f"{sheet.style.delimiter}qqz"


def _too_short(lines: list[str], at: int, sheet: Sheet) -> None:
    lines[at] = _text(_cells(lines[at], sheet)[:-1], sheet)


def _open_quote(lines: list[str], at: int, sheet: Sheet) -> None:
    lines[at] = '"qqz' + lines[at].replace('"', "")
    lines[at + 1 :] = [text.replace('"', "") for text in lines[at + 1 :]]


def _nul(lines: list[str], at: int, sheet: Sheet) -> None:
    lines[at] += "\0"


def _latin(lines: list[str], at: int, sheet: Sheet) -> None:
    lines[at] += "\udce9"


def _repeated_name(lines: list[str], at: int, sheet: Sheet) -> None:
    first, _, *others = _cells(lines[0], sheet)
    lines[0] = _text([first, first, *others], sheet)


def _share_a_name(made: Generated) -> Planted:
    sheet = made.sheets["scores"]
    return Planted(sheet, "columns 1, 2", ("share a name",), edit=_edited(_repeated_name, 0, sheet))


def _no_column(made: Generated) -> Planted:
    sheet, column = made.place["total"]
    del sheet.kinds[column]
    sheet.rows = [{name: cell for name, cell in row.items() if name != column} for row in sheet.rows]
    return Planted(sheet, column, ("no such column",))


def _no_rows(made: Generated) -> Planted:
    sheet = made.sheets["scores"]
    sheet.rows = []
    return Planted(sheet, "", ("has a header and no rows",))


def _to_utf_16(path: Path) -> None:
    path.write_bytes(path.read_bytes().decode("utf-8").encode("utf-16"))


def _other_delimiter(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b",", b";"))


def _to_gzip(path: Path) -> None:
    path.write_bytes(gzip.compress(path.read_bytes()))


def _to_parquet(path: Path) -> None:
    path.write_bytes(b"PAR1" + path.read_bytes() + b"PAR1")


FILE_FAULTS: dict[str, Fault] = {
    "row too long": line(_too_long, "more cells", counted=True),
    "row too short": line(_too_short, "fewer cells", counted=True),
    "quote that stays open": line(_open_quote, "quote"),
    "NUL byte": line(_nul, "NUL"),
    "wrong encoding": line(_latin, "utf-8", "encoding"),
    "UTF-16 under utf-8": whole(_to_utf_16, "utf-16"),
    "another delimiter": whole(
        _other_delimiter, "declare delimiter", others=PLAIN.map(lambda style: replace(style, delimiter=","))
    ),
    "Parquet under csv": whole(_to_parquet, "format: parquet"),
    "gzip under csv": whole(_to_gzip, "gzip"),
    "file that is missing": whole(Path.unlink, "no such file"),
    "empty file": whole(lambda path: path.write_bytes(b""), "is empty"),
    "header only": Fault(_no_rows, {"layout": "long"}),
    "column that is missing": Fault(_no_column, {"layout": "long"}),
    "column name that stands twice": Fault(_share_a_name, TEXT),
}
