"""Baseline table: variables by arm, with the standardised mean difference of every pair."""

from __future__ import annotations

from collections.abc import Sequence

from outcomes.report.content import ReportContent, Row, has_numbers
from outcomes.report.formats import ABSENT, TWO_DECIMALS, count_share, number_text
from outcomes.report.naming import name_of, observational_note, pair_text, term_text
from outcomes.report.notes import status_notes
from outcomes.report.tables import (
    Cell,
    Head,
    Line,
    TableView,
    arms_in,
    last_cells,
    last_heads,
    pairs_in,
    source_text,
    text_cell,
)

MISSING = "missing: "
DIFFERENCE = "standardised_mean_difference"


def baseline(content: ReportContent, rows: Sequence[Row], caption: str) -> TableView:
    """Numbers as mean (standard deviation), categories as count (percent), missing values counted."""
    found = [row for row in rows if row["quantity"] != "truth"]
    arms, pairs = arms_in(content, [r for r in found if not r["comparator"]]), pairs_in(content, found)
    lines = [_analysed(found, arms, pairs)] if any(row["term"] == "analysed" for row in found) else []
    for variable in _variables(content, found):
        lines += _variable_lines(content, found, variable, arms, pairs)
    heads = (
        Head("", numeric=False),
        *(Head(name_of(content, arm), colour=content.arm_colours.get(arm, "")) for arm in arms),
        *(
            Head(f"SMD, {pair_text(content, *pair)}", flag=observational_note(content, *pair))
            for pair in pairs
        ),
        *last_heads(found),
    )
    notes = (
        "Mean (standard deviation), or patients (% of those with a known value). "
        "SMD: standardised mean difference; signed for numbers, without a sign for categories.",
        *status_notes(found),
    )
    return TableView(caption, (heads,), tuple(lines), notes, source_text(found))


def _variables(content: ReportContent, rows: Sequence[Row]) -> list[str]:
    """Covariates in the order of the cohort file, then the rest as they come."""
    terms = [
        str(row["term"]).partition("=")[0] for row in rows
        if row["term"] and row["quantity"] in ("observed_mean", "proportion", DIFFERENCE)
    ]  # fmt: skip
    present = dict.fromkeys(terms)
    declared = [name for name in content.cohort.patients.covariates if name in present]
    return [*declared, *(name for name in present if name not in declared)]


def _analysed(rows: Sequence[Row], arms: Sequence[str], pairs: Sequence[tuple[str, str]]) -> Line:
    members = [row for row in rows if row["term"] == "analysed"]
    counts = {row["arm"]: row["estimate"] for row in members}
    cells = (*(Cell(number_text(counts.get(arm), 0)) for arm in arms), *(Cell("") for _ in pairs))
    return Line(text_cell("Patients"), (*cells, *last_cells(members, rows)))


def _variable_lines(
    content: ReportContent,
    rows: Sequence[Row],
    variable: str,
    arms: Sequence[str],
    pairs: Sequence[tuple[str, str]],
) -> list[Line]:
    """Return the variable's line with its differences, a line per level, and the missing values."""
    means = [
        r for r in rows if r["term"] == variable and r["quantity"] in ("observed_mean", "standard_deviation")
    ]
    differences = [r for r in rows if r["term"] == variable and r["quantity"] == DIFFERENCE]
    by_pair = {(r["arm"], r["comparator"]): r for r in differences}
    cells = (*(_mean_cell(means, arm) for arm in arms), *(_difference_cell(by_pair.get(p)) for p in pairs))
    name = term_text(content, variable)
    lines = [_line(name, cells, [*means, *differences], rows, 0)]
    levels = dict.fromkeys(
        str(r["term"])
        for r in rows
        if str(r["term"]).startswith(f"{variable}=") and r["quantity"] == "proportion"
    )
    blank = tuple(Cell("") for _ in pairs)
    for term in levels:
        members = [r for r in rows if r["term"] == term and r["quantity"] == "proportion"]
        shown = term_text(content, term).removeprefix(f"{name}: ")
        lines.append(_line(shown, (*(_share_cell(members, arm) for arm in arms), *blank), members, rows, 1))
    missing = [r for r in rows if r["term"] == f"{MISSING}{variable}"]
    if any(row["estimate"] for row in missing):
        counts = {row["arm"]: row["estimate"] for row in missing}
        gone = tuple(Cell(number_text(counts.get(arm), 0)) for arm in arms)
        lines.append(_line("Missing", (*gone, *blank), missing, rows, 1))
    return lines


def _line(
    name: str, cells: tuple[Cell, ...], members: Sequence[Row], table: Sequence[Row], level: int
) -> Line:
    return Line(text_cell(name), (*cells, *last_cells(members, table)), level)


def _mean_cell(rows: Sequence[Row], arm: str) -> Cell:
    found = {row["quantity"]: row["estimate"] for row in rows if row["arm"] == arm and has_numbers(row)}
    if "observed_mean" not in found:
        return Cell("" if not rows else ABSENT)
    spread = found.get("standard_deviation")
    mean = number_text(found["observed_mean"], 1)
    return Cell(mean if spread is None else f"{mean} ({number_text(spread, 1)})")


def _difference_cell(row: Row | None) -> Cell:
    return Cell(ABSENT if row is None else TWO_DECIMALS.number(row["estimate"]))


def _share_cell(rows: Sequence[Row], arm: str) -> Cell:
    row = next((row for row in rows if row["arm"] == arm and has_numbers(row)), None)
    if row is None:
        return Cell(ABSENT)
    return Cell(count_share(row["n_events"] or 0, row["n_patients"]))
