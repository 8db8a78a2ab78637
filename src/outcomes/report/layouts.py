"""Rows of `estimates` as printed tables, one function per kind of the outputs file."""

from __future__ import annotations

from collections.abc import Sequence

from outcomes.report.baseline import baseline
from outcomes.report.content import ReportContent, Row, has_numbers
from outcomes.report.formats import (
    ABSENT,
    count_share,
    df_text,
    format_of,
    number_text,
    p_text,
    upper_first,
)
from outcomes.report.naming import (
    arms_note,
    coefficient_text,
    figure_note,
    name_of,
    observational_note,
    pair_text,
    row_term,
    term_note,
    term_text,
    time_text,
)
from outcomes.report.notes import (
    adjustment_notes,
    normal_notes,
    patients_notes,
    scale_notes,
    status_notes,
    variance_notes,
)
from outcomes.report.tables import (
    Cell,
    Head,
    Line,
    TableView,
    arms_in,
    by_time,
    drop_empty,
    has_finite_df,
    interval_head,
    last_cells,
    last_heads,
    pairs_in,
    size_text,
    source_text,
    text_cell,
)
from outcomes.report.truth import truth
from outcomes.tables import QUANTITIES
from outcomes.wording import mid_sentence

MODEL_PARTS = (
    "f_statistic",
    "model_standard_deviation",
    "model_correlation",
    "variance_component",
    "log_likelihood",
)
COEFFICIENTS = ("coefficient", "log_hazard_coefficient", *MODEL_PARTS)
CURVES = ("survival_probability", "cumulative_incidence")
"""Quantities with a row at every step of a curve."""
AT_NAMED_TIMES = ("number_at_risk", "survival_difference", "risk_difference")
"""Quantities whose times are those at which a table shows a curve."""
ANY_EVENT = "Any adverse event"
TERM_HEADS = {
    "subgroup_hazard_ratio": "Subgroup",
    "period_hazard_ratio": "Period",
    "cause_specific_hazard_ratio": "Event",
    "subdistribution_hazard_ratio": "Event",
    "gray_chi_square": "Event",
    "risk_difference": "Event",
    "log_rank_chi_square": "Weights",
    "max_combo": "Weights",
    "hazard_ratio": "Definition",
    "rmst_difference": "Definition",
}
"""What a term is, in a table of this quantity; elsewhere it is a term of the model."""


def contrasts(content: ReportContent, rows: Sequence[Row], caption: str) -> TableView:
    """One line per contrast and time: sizes, estimate with interval, test, status, line of the file."""
    found = [row for row in rows if row["quantity"] not in COEFFICIENTS and row["quantity"] != "truth"]
    overall = [row for row in found if not row["comparator"] and QUANTITIES[row["quantity"]].null is None]
    pairs = pairs_in(content, found)
    ordered = [
        row for pair in pairs for row in by_time(r for r in found if (r["arm"], r["comparator"]) == pair)
    ]
    ordered = [row for row in overall if row["arm"] is None] + ordered
    several = len({row["quantity"] for row in ordered}) > 1
    heads = [
        Head("Quantity", numeric=False), Head(_term_head(ordered), numeric=False),
        Head("Time", numeric=False), Head("Patients"), Head("Obs."), Head("Events"),
        Head(_estimate_head(content, ordered)), Head(interval_head(ordered)), Head("SE"),
        Head("Statistic"), Head("df"), Head("p"), Head("Adjusted p"), *last_heads(ordered),
    ]  # fmt: skip
    finite = has_finite_df(ordered)
    lines = [_contrast_line(content, row, ordered, several=several, finite=finite) for row in ordered]
    kept, lines_kept = drop_empty(heads, lines, keep=("Patients", "Status", "Source"))
    head = Head("Comparison", numeric=False)
    notes = (
        *adjustment_notes(content, ordered), *patients_notes(content, ordered), *scale_notes(ordered),
        *normal_notes(ordered), *variance_notes(ordered), *status_notes(ordered),
    )  # fmt: skip
    return TableView(caption, ((head, *kept),), lines_kept, notes, source_text(ordered))


def _contrast_line(
    content: ReportContent, row: Row, table: Sequence[Row], *, several: bool, finite: bool
) -> Line:
    form = content.format_of(row)
    paired = row["arm"] is not None and row["comparator"] is not None
    name = pair_text(content, row["arm"], row["comparator"]) if paired else "All arms"
    cells = (
        text_cell(QUANTITIES[row["quantity"]].label if several else ""),
        text_cell(row_term(content, row)),
        text_cell(upper_first(time_text(content, row))),
        *(Cell(size_text([row], c)) for c in ("n_patients", "n_obs", "n_events")),
        Cell(form.number(row["estimate"]), kind="estimate"),
        Cell(form.interval(row["ci_low"], row["ci_high"])),
        Cell(number_text(_shown_error(row), form.decimals + 1)),
        Cell("" if row["statistic"] == row["estimate"] else number_text(row["statistic"], 2)),
        Cell(df_text(row["df"]) if finite else ""),
        Cell(p_text(row["p_value"])),
        Cell(p_text(row["p_adjusted"])),
        *last_cells([row], table),
    )
    flag = observational_note(content, row["arm"], row["comparator"]) if paired else arms_note(content)
    return Line(text_cell(name, flag=flag), cells)


def _term_head(rows: Sequence[Row]) -> str:
    heads = {TERM_HEADS.get(row["quantity"], "Term") for row in rows if row["term"]}
    return heads.pop() if len(heads) == 1 else "Term"


def _shown_error(row: Row) -> float | None:
    """Return the standard error in the unit in which the estimate is printed."""
    if row["std_error"] is None:
        return None
    factor = format_of(row["quantity"], row["unit"]).factor if row["scale"] != "log" else 1.0
    return float(row["std_error"] * factor)


def _estimate_head(content: ReportContent, rows: Sequence[Row]) -> str:
    """Return the quantity and its unit where the rows share them."""
    labels = {QUANTITIES[row["quantity"]].label for row in rows}
    units = {content.format_of(row).unit for row in rows if has_numbers(row)}
    label = labels.pop() if len(labels) == 1 else "Estimate"
    return f"{label}, {units.pop()}" if len(units) == 1 and units != {""} else label


def levels(content: ReportContent, rows: Sequence[Row], caption: str) -> TableView:
    """One line per quantity, term and time; one column per arm with estimate, interval and size."""
    found = [row for row in rows if row["arm"] and not row["comparator"] and row["quantity"] != "truth"]
    arms = arms_in(content, found)
    found = _at_ticks(content, found)
    several = len({row["quantity"] for row in found}) > 1
    groups: dict[tuple[str, str | None, float | None], list[Row]] = {}
    for row in by_time(found):
        groups.setdefault((row["quantity"], row["term"], row["time"]), []).append(row)
    order = list(dict.fromkeys(row["quantity"] for row in found))
    lines = []
    for key in sorted(groups, key=lambda group: order.index(group[0])):
        members = groups[key]
        cells = tuple(_level_cell(content, [row for row in members if row["arm"] == arm]) for arm in arms)
        name = _level_name(content, members[0], several=several)
        lines.append(Line(text_cell(name), (*cells, *last_cells(members, found))))
    heads = (
        Head(upper_first(str(found[0]["time_unit"])) if _by_time_only(found, several=several) else "Quantity",
             numeric=False),
        *(Head(name_of(content, arm), colour=content.arm_colours.get(arm, "")) for arm in arms),
        *last_heads(found),
    )  # fmt: skip
    unit = "Estimate" if several else _estimate_head(content, found)
    sizes = "" if any(row["n_at_risk"] is not None for row in found) else "; n: patients"
    notes = (
        f"{unit} ({interval_head(found)}){sizes}.",
        *patients_notes(content, found),
        *status_notes(found),
    )
    flag = figure_note(content, found[0]["analysis"]) if found else ""
    return TableView(caption, (heads,), tuple(lines), notes, source_text(found), flag)


def _at_ticks(content: ReportContent, rows: Sequence[Row]) -> list[Row]:
    """Of a curve, keep the times at which numbers at risk are counted or arms compared, without day 0."""
    ticks = {
        (row["analysis"], row["time"]) for analysis in {str(row["analysis"]) for row in rows}
        for row in content.of_analysis(analysis) if row["quantity"] in AT_NAMED_TIMES and row["time"]
    }  # fmt: skip
    return [
        row for row in rows
        if row["quantity"] not in CURVES or (row["analysis"], row["time"]) in ticks
    ]  # fmt: skip


def _by_time_only(rows: Sequence[Row], *, several: bool) -> bool:
    return not several and bool(rows) and all(row["time_unit"] and row["time"] is not None for row in rows)


def _level_name(content: ReportContent, row: Row, *, several: bool) -> str:
    parts = [QUANTITIES[row["quantity"]].label] if several else []
    parts += [row_term(content, row)] if row["term"] else []
    parts += [upper_first(time_text(content, row))] if row["time"] is not None else []
    return ", ".join(parts) or QUANTITIES[row["quantity"]].label


def _level_cell(content: ReportContent, rows: Sequence[Row]) -> Cell:
    row = next(iter(rows), None)
    if row is None or not has_numbers(row):
        return Cell(ABSENT)
    form = content.format_of(row)
    size = f"n = {size_text([row], 'n_patients')}" if row["n_patients"] is not None else ""
    if row["n_at_risk"] is not None:
        size = f"{size_text([row], 'n_at_risk')} at risk"
    interval = form.interval(row["ci_low"], row["ci_high"]) if row["ci_low"] is not None else ""
    return Cell(form.number(row["estimate"]), "; ".join(part for part in (interval, size) if part))


def coefficients(content: ReportContent, rows: Sequence[Row], caption: str) -> TableView:
    """Return the full coefficient table, variance components and log-likelihood included."""
    found = [row for q in COEFFICIENTS for row in rows if row["quantity"] == q]
    first = "F" if {row["quantity"] for row in found} == {"f_statistic"} else "Estimate"
    heads = [
        Head(first), Head("SE"), Head(interval_head(found)), Head("Statistic"), Head("df"), Head("p"),
        Head("Patients"), Head("Obs."), Head("Events"), *last_heads(found),
    ]  # fmt: skip
    finite = has_finite_df(found)
    lines = []
    for row in found:
        form = content.format_of(row)
        kind = row["quantity"] in MODEL_PARTS
        cells = (
            Cell(form.number(row["estimate"]), kind="estimate"),
            Cell(number_text(row["std_error"], form.decimals)),
            Cell(form.interval(row["ci_low"], row["ci_high"])),
            Cell("" if row["quantity"] == "f_statistic" else number_text(row["statistic"], 2)),
            Cell(df_text(row["df"]) if finite else ""),
            Cell(p_text(row["p_value"])),
            *(Cell(size_text([row], c)) for c in ("n_patients", "n_obs", "n_events")),
            *last_cells([row], found),
        )
        flag = "" if kind else term_note(content, row["analysis"], row["term"])
        lines.append(Line(text_cell(_term_name(content, row), flag=flag), cells))
    kept, lines_kept = drop_empty(heads, lines, keep=("Patients", "Status", "Source"))
    head = Head("Term", numeric=False)
    notes = (*normal_notes(found), *status_notes(found))
    return TableView(caption, ((head, *kept),), lines_kept, notes, source_text(found))


def _term_name(content: ReportContent, row: Row) -> str:
    """Return a coefficient's name, ``"Variance component: slope"`` or ``"Log-likelihood (REML)"``."""
    term = coefficient_text(content, row["analysis"], row["term"] or "")
    label = QUANTITIES[row["quantity"]].label
    match row["quantity"]:
        case "log_likelihood":
            return f"{label} ({term.upper()})"
        case "variance_component":
            return f"{label}: {mid_sentence(term)}"
        case "f_statistic":
            return f"{term} ({row['unit']})" if row["unit"] else term
        case "model_standard_deviation" | "model_correlation":
            visits = " and ".join(name_of(content, visit) for visit in (row["term"] or "").split(":"))
            return f"{label}: {visits}" + (f", {name_of(content, row['arm'])}" if row["arm"] else "")
        case _:
            return term


def adverse_events(content: ReportContent, rows: Sequence[Row], caption: str) -> TableView:
    """Per arm: patients with the event, events, rate; the commonest event first."""
    found = [row for row in rows if row["arm"] and row["quantity"] != "truth"]
    arms = arms_in(content, found)
    years = [row for row in found if row["quantity"] == "person_years"]
    events = [
        row for row in found
        if row["quantity"] != "person_years" and row["term"] != "analysed"
        and not str(row["term"]).startswith("excluded: ")
    ]  # fmt: skip
    patients = {row["term"]: 0.0 for row in events}
    for row in events:
        if row["quantity"] == "count":
            patients[row["term"]] += row["estimate"] or 0.0
    terms = sorted(patients, key=lambda term: (term is not None, -patients[term], str(term)))
    lines = []
    for term in terms:
        members = [row for row in events if row["term"] == term]
        cells = [cell for arm in arms for cell in _event_cells([r for r in members if r["arm"] == arm])]
        name = ANY_EVENT if term is None else term_text(content, term)
        lines.append(
            Line(text_cell(name), (*cells, *last_cells(members, found)), level=int(term is not None))
        )
    heads = (
        Head("Adverse event", rows=2, numeric=False),
        *(Head(_arm_with_years(content, arm, years), span=3, colour=content.arm_colours.get(arm, ""))
          for arm in arms),
        *last_heads(found, rows=2),
    )  # fmt: skip
    under = tuple(Head(text) for _ in arms for text in ("Patients (%)", "Events", "Per person-year"))
    notes = (f"Rates per person-year with {interval_head(events)}.",) if events else ()
    flag = figure_note(content, found[0]["analysis"]) if found else ""
    return TableView(
        caption, (heads, under), tuple(lines), (*notes, *status_notes(found)), source_text(found), flag
    )


def _arm_with_years(content: ReportContent, arm: str, years: Sequence[Row]) -> str:
    row = next((row for row in years if row["arm"] == arm), None)
    name = name_of(content, arm)
    if row is None or row["estimate"] is None:
        return name
    size = f"{size_text([row], 'n_patients')} patients, " if row["n_patients"] is not None else ""
    return f"{name} ({size}{number_text(row['estimate'], 1)} person-years)"


def _event_cells(rows: Sequence[Row]) -> tuple[Cell, Cell, Cell]:
    by_quantity = {row["quantity"]: row for row in rows if has_numbers(row)}
    count, rate = by_quantity.get("count"), by_quantity.get("incidence_rate")
    events = by_quantity.get("event_count")
    form = format_of("incidence_rate", None)
    return (
        Cell(count_share(count["estimate"], count["n_patients"]) if count else ABSENT),
        Cell(number_text(events["estimate"], 0) if events else ABSENT),
        Cell(form.number(rate["estimate"]), form.interval(rate["ci_low"], rate["ci_high"]))
        if rate else Cell(ABSENT),
    )  # fmt: skip


LAYOUTS = {
    "contrasts": contrasts,
    "levels": levels,
    "baseline": baseline,
    "coefficients": coefficients,
    "adverse_events": adverse_events,
    "truth": truth,
}
"""Table kind to its layout: ``(content, rows, caption)`` to a `TableView`."""
