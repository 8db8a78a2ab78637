"""Truth of a simulated cohort beside its estimates."""

from __future__ import annotations

from collections.abc import Sequence

from outcomes.report.content import ReportContent, Row, has_numbers
from outcomes.report.formats import ABSENT, upper_first
from outcomes.report.naming import name_of, observational_note, pair_text, time_text
from outcomes.report.notes import status_notes
from outcomes.report.tables import (
    Cell,
    Head,
    Line,
    TableView,
    drop_empty,
    interval_head,
    last_cells,
    last_heads,
    size_text,
    source_text,
    text_cell,
)
from outcomes.tables import QUANTITIES


def truth(content: ReportContent, rows: Sequence[Row], caption: str) -> TableView:
    """Each true value of a simulation beside its estimate, and whether the interval holds it."""
    analyses = dict.fromkeys(str(row["analysis"]) for row in rows)
    whole = [row for a in analyses for row in content.of_analysis(a) if row["term"] is None]
    known = {_place(row, row["quantity"]): row for row in whole}
    truths = [row for row in rows if row["quantity"] == "truth"]
    estimates = [known.get(_place(row, row["term"])) for row in truths]
    shown = [row for row in estimates if row is not None]
    lines: list[Line] = []
    held = judged = 0
    for row, estimate in zip(truths, estimates, strict=True):
        usable = estimate is not None and has_numbers(estimate) and estimate["ci_low"] is not None
        verdict = "no interval"
        if estimate is not None and usable:
            holds = bool(estimate["ci_low"] <= row["estimate"] <= estimate["ci_high"])
            held, judged, verdict = held + holds, judged + 1, "yes" if holds else "no"
        lines.append(_line(content, row, estimate, shown, verdict))
    heads = [
        Head("Quantity", numeric=False), Head("Time", numeric=False),
        Head("Truth"), Head("Estimate"), Head(interval_head(known.values())),
        Head("Interval holds the truth", numeric=False),
        Head("Patients"), *last_heads(shown),
    ]  # fmt: skip
    notes = [f"Intervals that hold the truth: {held} of {judged}."] if judged else []
    if any(row["term"] == "mean" and row["model"] in ("mmrm", "mixed") for row in truths):
        notes.append("Intervals of means take the sample's baseline mean as fixed.")
    kept, lines_kept = drop_empty(heads, lines, keep=("Patients", "Status", "Source"))
    head = Head("Arm or comparison", numeric=False)
    return TableView(
        caption, ((head, *kept),), lines_kept, (*notes, *status_notes(shown)), source_text(truths)
    )


def _place(row: Row, quantity: str | None) -> tuple[object, ...]:
    return (row["analysis"], quantity, row["arm"], row["comparator"], row["time"])


def _line(content: ReportContent, row: Row, estimate: Row | None, table: Sequence[Row], verdict: str) -> Line:
    members = [row] if estimate is None else [row, estimate]
    paired = row["arm"] is not None and row["comparator"] is not None
    alone = "All arms" if row["arm"] is None else name_of(content, row["arm"])
    name = pair_text(content, row["arm"], row["comparator"]) if paired else alone
    label = QUANTITIES[row["term"]].label if row["term"] in QUANTITIES else str(row["term"])
    form = content.format_of(row)
    number = interval = ABSENT
    if estimate is not None and has_numbers(estimate):
        number = form.number(estimate["estimate"])
        interval = form.interval(estimate["ci_low"], estimate["ci_high"])
    cells = (
        text_cell(label),
        text_cell(upper_first(time_text(content, row))),
        Cell(form.number(row["estimate"])),
        Cell(number, kind="estimate"),
        Cell(interval),
        Cell(verdict, numeric=False, kind="verdict missed" if verdict == "no" else "verdict"),
        Cell(size_text(members, "n_patients")),
        *last_cells(members, table),
    )
    return Line(text_cell(name, flag=observational_note(content, row["arm"], row["comparator"])), cells)
