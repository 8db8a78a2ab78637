"""The rows behind a figure as a plain table, for those who cannot see it or want its numbers."""

from __future__ import annotations

from collections.abc import Sequence

from outcomes.report.content import ReportContent, Row
from outcomes.report.formats import upper_first
from outcomes.report.naming import name_of, observational_note, pair_text, row_term, time_text
from outcomes.report.notes import status_notes
from outcomes.report.tables import (
    Cell,
    Head,
    Line,
    TableView,
    drop_empty,
    last_cells,
    last_heads,
    size_text,
    source_text,
    text_cell,
)
from outcomes.tables import QUANTITIES


def numbers_table(content: ReportContent, rows: Sequence[Row], caption: str) -> TableView:
    """One line per row of `estimates`, columns without content left out."""
    heads = [
        Head("Arm or comparison", numeric=False), Head("Item", numeric=False), Head("Time", numeric=False),
        Head("Estimate"), Head("CI"), Head("Patients"), Head("Events"),
        *last_heads(rows),
    ]  # fmt: skip
    lines = [_line(content, row, rows) for row in rows]
    kept, lines_kept = drop_empty(heads, lines, keep=("Status", "Source"))
    head = Head("Quantity", numeric=False)
    return TableView(caption, ((head, *kept),), lines_kept, status_notes(rows), source_text(rows))


def _line(content: ReportContent, row: Row, table: Sequence[Row]) -> Line:
    form = content.format_of(row)
    arm, comparator = row["arm"], row["comparator"]
    who = (
        ""
        if arm is None
        else name_of(content, arm)
        if comparator is None
        else pair_text(content, arm, comparator)
    )
    cells = (
        text_cell(who, flag=observational_note(content, arm, comparator)),
        text_cell(row_term(content, row)),
        text_cell(upper_first(time_text(content, row))),
        Cell(form.quantity(row["estimate"]), kind="estimate"),
        Cell(form.interval(row["ci_low"], row["ci_high"])),
        Cell(size_text([row], "n_patients")),
        Cell(size_text([row], "n_events")),
        *last_cells([row], table),
    )
    return Line(text_cell(QUANTITIES[row["quantity"]].label), cells)
