"""What a printed table is: head, rows of cells, notes; and the cells that all layouts share."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from outcomes.report.content import ReportContent, Row, has_numbers
from outcomes.report.formats import ABSENT, level_text, line_ranges, listed, number_text

STATUS_WORDS = {
    "ok": "ok",
    "boundary": "boundary",
    "not_converged": "not converged",
    "not_estimable": "not estimable",
}


@dataclass(frozen=True)
class Head:
    """A column head; `colour` marks an arm, `flag` a comparison that was not randomised."""

    text: str
    span: int = 1
    rows: int = 1
    colour: str = ""
    flag: str = ""
    numeric: bool = True


@dataclass(frozen=True)
class Cell:
    """A cell: its text, and smaller below it a detail and a flag."""

    text: str
    detail: str = ""
    flag: str = ""
    numeric: bool = True
    kind: str = ""


@dataclass(frozen=True)
class Line:
    """A row: the cell that names it, and the others. `level` 1 is indented below its group."""

    head: Cell
    cells: tuple[Cell, ...]
    level: int = 0


@dataclass(frozen=True)
class TableView:
    """One printed table; `source` says which rows of `estimates.csv` it shows, `flag` as that of a figure."""

    caption: str
    heads: tuple[tuple[Head, ...], ...]
    lines: tuple[Line, ...]
    notes: tuple[str, ...] = ()
    source: str = ""
    flag: str = ""

    @property
    def width(self) -> int:
        """Number of columns, the one that names the rows included."""
        return sum(head.span for head in self.heads[0])


def text_cell(text: str, detail: str = "", flag: str = "") -> Cell:
    """Return a cell of words, set flush left."""
    return Cell(text, detail, flag, numeric=False)


def status_cell(rows: Iterable[Row]) -> Cell:
    """Return the status of the rows behind a line; the reasons stand once, among the warnings."""
    found = list(rows)
    statuses = dict.fromkeys(str(row["status"]) for row in found)
    worst = "" if set(statuses) <= {"ok"} else "boundary" if all(map(has_numbers, found)) else "failed"
    words = listed([STATUS_WORDS[status] for status in statuses])
    return Cell(words or ABSENT, numeric=False, kind=f"status {worst}".strip())


def last_cells(members: Iterable[Row], table: Sequence[Row]) -> tuple[Cell, ...]:
    """Return status and source of one line; no status where every row of the table is ok."""
    found = list(members)
    return (source_cell(found),) if all_ok(table) else (status_cell(found), source_cell(found))


def last_heads(table: Sequence[Row], rows: int = 1) -> tuple[Head, ...]:
    """Return the heads above `last_cells`."""
    texts = ("Source",) if all_ok(table) else ("Status", "Source")
    return tuple(Head(text, rows=rows, numeric=False) for text in texts)


def all_ok(rows: Iterable[Row]) -> bool:
    """Whether no row is short of its numbers or to be read with care."""
    return all(row["status"] == "ok" for row in rows)


def has_finite_df(rows: Iterable[Row]) -> bool:
    """Whether any test has degrees of freedom to print."""
    return any(row["df"] is not None and not math.isinf(row["df"]) for row in rows)


def interval_head(rows: Iterable[Row]) -> str:
    """Return the head of a column of intervals, with their level where they share it."""
    levels = {row["conf_level"] for row in rows if row["conf_level"] is not None}
    return level_text(levels.pop()) if len(levels) == 1 else "CI"


def source_cell(rows: Iterable[Row]) -> Cell:
    """Return the lines of `estimates.csv` behind a line of a table."""
    return Cell(line_ranges(int(row["line"]) for row in rows), numeric=False, kind="source")


def source_text(rows: Iterable[Row]) -> str:
    """Return where a table's or a figure's numbers stand."""
    lines = [int(row["line"]) for row in rows]
    if not lines:
        return ""
    return f"{'line' if len(lines) == 1 else 'lines'} {line_ranges(lines)}"


def size_text(rows: Iterable[Row], column: str) -> str:
    """Return the one value of a count column, or the range of several; a dash without any."""
    values = sorted({int(row[column]) for row in rows if row[column] is not None})
    if not values:
        return ABSENT
    return " to ".join(number_text(value, 0) for value in dict.fromkeys((values[0], values[-1])))


def arms_in(content: ReportContent, rows: Iterable[Row]) -> tuple[str, ...]:
    """Return the arms that rows speak of, in canonical order."""
    present = {row["arm"] for row in rows}
    return tuple(arm for arm in content.cohort.treatment.arms if arm in present)


def pairs_in(content: ReportContent, rows: Iterable[Row]) -> tuple[tuple[str, str], ...]:
    """Return the pairs that rows compare: by the canonical order of comparator, then of arm."""
    order = {arm: place for place, arm in enumerate(content.cohort.treatment.arms)}
    present = {(row["arm"], row["comparator"]) for row in rows if row["arm"] and row["comparator"]}
    return tuple(sorted(present, key=lambda pair: (order[pair[1]], order[pair[0]])))


def by_time(rows: Iterable[Row]) -> list[Row]:
    """Return rows in the order of time, those without one first."""
    return sorted(rows, key=lambda row: (row["time"] is not None, row["time"] or 0.0))


def drop_empty(
    heads: Sequence[Head], lines: Sequence[Line], keep: Sequence[str] = ()
) -> tuple[tuple[Head, ...], tuple[Line, ...]]:
    """Leave out the columns in which no line has anything; `heads` excludes the column of row names."""
    used = [
        place for place, head in enumerate(heads)
        if head.text in keep or any(line.cells[place].text not in ("", ABSENT) for line in lines)
    ]  # fmt: skip
    return (
        tuple(heads[place] for place in used),
        tuple(Line(line.head, tuple(line.cells[p] for p in used), line.level) for line in lines),
    )
