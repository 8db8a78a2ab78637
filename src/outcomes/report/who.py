"""Who was analysed: patients by arm, and who was left out of which analysis and why."""

from __future__ import annotations

from outcomes.report.content import ReportContent, Row
from outcomes.report.formats import number_text, upper_first
from outcomes.report.naming import name_of
from outcomes.report.tables import Cell, Head, Line, TableView, source_cell, source_text

ANALYSED = "analysed"
ASSIGNED = "assigned"
EXCLUDED = "excluded: "


def patients_by_arm(content: ReportContent) -> dict[str, int | None]:
    """Patients assigned to each arm; where no flow counts them, those that an analysis has or leaves out."""
    found: dict[str, int | None] = {}
    for arm in content.cohort.treatment.arms:
        counts = [row for row in content.rows if row["quantity"] == "count" and row["arm"] == arm]
        assigned = [row["estimate"] for row in counts if row["term"] == ASSIGNED]
        known = assigned or list(_accounted_for(content, counts).values())
        found[arm] = int(max(known)) if known else None
    return found


def _accounted_for(content: ReportContent, counts: list[Row]) -> dict[str, float]:
    """Patients of an arm by analysis, analysed or left out."""
    totals: dict[str, float] = {}
    for row in counts:
        mine = row["term"] == ANALYSED or str(row["term"]).startswith(EXCLUDED)
        if mine and row["estimate"] is not None and not _flow(content, row):
            totals[row["analysis"]] = totals.get(row["analysis"], 0.0) + row["estimate"]
    return totals


def total_patients(content: ReportContent) -> int | None:
    """All arms together; None where no row counts them."""
    known = [n for n in patients_by_arm(content).values() if n is not None]
    return sum(known) if known else None


def sizes_table(content: ReportContent, caption: str) -> TableView | None:
    """Patients of each analysis by arm, and those left out by reason; None without such rows."""
    rows = [
        row for row in content.rows
        if row["quantity"] == "count" and row["arm"] and row["estimate"] is not None
        and (row["term"] == ANALYSED or (str(row["term"]).startswith(EXCLUDED) and not _flow(content, row)))
    ]  # fmt: skip
    if not rows:
        return None
    arms = content.cohort.treatment.arms
    lines: list[Line] = []
    for analysis in content.plan.analyses:
        mine = [row for row in rows if row["analysis"] == analysis]
        for term in sorted({str(row["term"]) for row in mine}, key=lambda t: (t != ANALYSED, t)):
            members = [row for row in mine if row["term"] == term]
            counts = {row["arm"]: row["estimate"] for row in members}
            cells = tuple(Cell(number_text(counts.get(arm, 0.0), 0)) for arm in arms)
            total = Cell(number_text(sum(counts.values()), 0))
            shown = analysis if term == ANALYSED else upper_first(term.removeprefix(EXCLUDED))
            head = Cell(shown, numeric=False, kind="code" if term == ANALYSED else "")
            lines.append(Line(head, (*cells, total, source_cell(members)), level=int(term != ANALYSED)))
    heads = (
        Head("Analysed; left out, by reason", numeric=False),
        *(Head(name_of(content, arm), colour=content.arm_colours.get(arm, "")) for arm in arms),
        Head("All"),
        Head("Source", numeric=False),
    )
    return TableView(caption, (heads,), tuple(lines), (), source_text(rows))


def _flow(content: ReportContent, row: Row) -> bool:
    analysis = content.plan.analyses.get(row["analysis"])
    return analysis is not None and analysis.model == "participant_flow"
