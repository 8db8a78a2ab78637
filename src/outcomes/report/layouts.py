"""Rows of `estimates` as printed tables, one function per kind of the outputs file."""

from __future__ import annotations

import math
from collections.abc import Sequence

from outcomes.report.baseline import baseline
from outcomes.report.content import ReportContent, Row, has_numbers
from outcomes.report.formats import (
    ABSENT,
    count_share,
    df_text,
    format_of,
    level_text,
    number_text,
    p_text,
    upper_first,
)
from outcomes.report.naming import (
    coefficient_text,
    name_of,
    observational_note,
    pair_text,
    term_note,
    term_text,
    time_text,
)
from outcomes.report.tables import (
    Cell,
    Head,
    Line,
    TableView,
    arms_in,
    by_time,
    drop_empty,
    pairs_in,
    size_text,
    source_cell,
    source_text,
    status_cell,
    text_cell,
)
from outcomes.tables import QUANTITIES

COEFFICIENTS = ("coefficient", "log_hazard_coefficient", "variance_component", "log_likelihood")
ANY_EVENT = "Any adverse event"


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
        Head("Quantity", numeric=False), Head("Time", numeric=False), Head("Patients"), Head("Obs."),
        Head("Events"), Head(_estimate_head(ordered)), Head(_interval_head(ordered)), Head("SE"),
        Head("Statistic"), Head("df"), Head("p"), Head("Adjusted p"),
        Head("Status", numeric=False), Head("Source", numeric=False),
    ]  # fmt: skip
    finite = has_finite_df(ordered)
    lines = [_contrast_line(content, row, several=several, finite=finite) for row in ordered]
    kept, lines_kept = drop_empty(heads, lines, keep=("Patients", "Status", "Source"))
    head = Head("Comparison", numeric=False)
    notes = _adjustment_notes(content, ordered) + _scale_notes(ordered) + normal_notes(ordered)
    return TableView(caption, ((head, *kept),), lines_kept, notes, source_text(ordered))


def has_finite_df(rows: Sequence[Row]) -> bool:
    """Whether any test has degrees of freedom to print."""
    return any(row["df"] is not None and not math.isinf(row["df"]) for row in rows)


def normal_notes(rows: Sequence[Row]) -> tuple[str, ...]:
    """Say so where every test refers to the normal distribution, and no column of df stands in the table."""
    tested = any(row["statistic"] is not None for row in rows)
    return ("Statistic: z, normal distribution.",) if tested and not has_finite_df(rows) else ()


def _contrast_line(content: ReportContent, row: Row, *, several: bool, finite: bool) -> Line:
    form = format_of(row["quantity"], row["unit"])
    paired = row["arm"] is not None and row["comparator"] is not None
    name = pair_text(content, row["arm"], row["comparator"]) if paired else "All arms"
    cells = (
        text_cell(QUANTITIES[row["quantity"]].label if several else ""),
        text_cell(upper_first(time_text(content, row))),
        *(Cell(size_text([row], c)) for c in ("n_patients", "n_obs", "n_events")),
        Cell(form.number(row["estimate"]), kind="estimate"),
        Cell(form.interval(row["ci_low"], row["ci_high"])),
        Cell(number_text(_shown_error(row), form.decimals + 1)),
        Cell(number_text(row["statistic"], 2)),
        Cell(df_text(row["df"]) if finite else ""),
        Cell(p_text(row["p_value"])),
        Cell(p_text(row["p_adjusted"])),
        status_cell([row]),
        source_cell([row]),
    )
    return Line(text_cell(name, flag=observational_note(content, row["arm"], row["comparator"])), cells)


def _shown_error(row: Row) -> float | None:
    """Return the standard error in the unit in which the estimate is printed."""
    if row["std_error"] is None:
        return None
    factor = format_of(row["quantity"], row["unit"]).factor if row["scale"] != "log" else 1.0
    return float(row["std_error"] * factor)


def _estimate_head(rows: Sequence[Row]) -> str:
    """Return the quantity and its unit where the rows share them."""
    labels = {QUANTITIES[row["quantity"]].label for row in rows}
    units = {format_of(row["quantity"], row["unit"]).unit for row in rows if has_numbers(row)}
    label = labels.pop() if len(labels) == 1 else "Estimate"
    return f"{label}, {units.pop()}" if len(units) == 1 and units != {""} else label


def _interval_head(rows: Sequence[Row]) -> str:
    levels = {row["conf_level"] for row in rows if row["conf_level"] is not None}
    return level_text(levels.pop()) if len(levels) == 1 else "CI"


def _adjustment_notes(content: ReportContent, rows: Sequence[Row]) -> tuple[str, ...]:
    families = dict.fromkeys(str(row["family"]) for row in rows if row["p_adjusted"] is not None)
    methods = {name: upper_first(content.plan.multiplicity.get(name, "none")) for name in families}
    return tuple(f"Adjusted p: {how} over family {name.replace('_', ' ')}." for name, how in methods.items())


def _scale_notes(rows: Sequence[Row]) -> tuple[str, ...]:
    logs = any(row["scale"] == "log" and row["std_error"] is not None for row in rows)
    return ("SE is that of the logarithm.",) if logs else ()


def levels(content: ReportContent, rows: Sequence[Row], caption: str) -> TableView:
    """One line per quantity, term and time; one column per arm with estimate, interval and size."""
    found = [row for row in rows if row["arm"] and not row["comparator"] and row["quantity"] != "truth"]
    arms = arms_in(content, found)
    several = len({row["quantity"] for row in found}) > 1
    groups: dict[tuple[str, str | None, float | None], list[Row]] = {}
    for row in by_time(found):
        groups.setdefault((row["quantity"], row["term"], row["time"]), []).append(row)
    order = list(dict.fromkeys(row["quantity"] for row in found))
    lines = []
    for key in sorted(groups, key=lambda group: order.index(group[0])):
        members = groups[key]
        cells = tuple(_level_cell([row for row in members if row["arm"] == arm]) for arm in arms)
        name = _level_name(content, members[0], several=several)
        lines.append(Line(text_cell(name), (*cells, status_cell(members), source_cell(members))))
    heads = (
        Head(upper_first(str(found[0]["time_unit"])) if _by_time_only(found, several=several) else "Quantity",
             numeric=False),
        *(Head(name_of(content, arm), colour=content.arm_colours.get(arm, "")) for arm in arms),
        Head("Status", numeric=False),
        Head("Source", numeric=False),
    )  # fmt: skip
    unit = "" if several or not found else _estimate_head(found)
    note = f"{unit} ({_interval_head(found)}); n: patients." if unit else "Estimate (interval); n: patients."
    return TableView(caption, (heads,), tuple(lines), (note,), source_text(found))


def _by_time_only(rows: Sequence[Row], *, several: bool) -> bool:
    return not several and bool(rows) and all(row["time_unit"] and row["time"] is not None for row in rows)


def _level_name(content: ReportContent, row: Row, *, several: bool) -> str:
    parts = [QUANTITIES[row["quantity"]].label] if several else []
    parts += [term_text(content, row["term"])] if row["term"] else []
    parts += [upper_first(time_text(content, row))] if row["time"] is not None else []
    return ", ".join(parts) or QUANTITIES[row["quantity"]].label


def _level_cell(rows: Sequence[Row]) -> Cell:
    if not rows:
        return Cell(ABSENT)
    (row,) = rows[:1]
    form = format_of(row["quantity"], row["unit"])
    if not has_numbers(row):
        return Cell(ABSENT)
    size = f"n = {row['n_patients']}" if row["n_patients"] is not None else ""
    interval = form.interval(row["ci_low"], row["ci_high"]) if row["ci_low"] is not None else ""
    return Cell(form.number(row["estimate"]), "; ".join(part for part in (interval, size) if part))


def coefficients(content: ReportContent, rows: Sequence[Row], caption: str) -> TableView:
    """Return the full coefficient table, variance components and log-likelihood included."""
    found = [row for q in COEFFICIENTS for row in rows if row["quantity"] == q]
    heads = [
        Head("Estimate"), Head("SE"), Head(_interval_head(found)), Head("Statistic"), Head("df"), Head("p"),
        Head("Patients"), Head("Obs."), Head("Events"),
        Head("Status", numeric=False), Head("Source", numeric=False),
    ]  # fmt: skip
    finite = has_finite_df(found)
    lines = []
    for row in found:
        form = format_of(row["quantity"], row["unit"])
        term = coefficient_text(content, row["analysis"], row["term"] or "")
        kind = row["quantity"] in ("variance_component", "log_likelihood")
        name = f"{QUANTITIES[row['quantity']].label}: {term.lower()}" if kind else term
        cells = (
            Cell(form.number(row["estimate"]), kind="estimate"),
            Cell(number_text(row["std_error"], form.decimals)),
            Cell(form.interval(row["ci_low"], row["ci_high"])),
            Cell(number_text(row["statistic"], 2)),
            Cell(df_text(row["df"]) if finite else ""),
            Cell(p_text(row["p_value"])),
            *(Cell(size_text([row], c)) for c in ("n_patients", "n_obs", "n_events")),
            status_cell([row]),
            source_cell([row]),
        )
        flag = "" if kind else term_note(content, row["term"])
        lines.append(Line(text_cell(name, flag=flag), cells))
    kept, lines_kept = drop_empty(heads, lines, keep=("Patients", "Status", "Source"))
    head = Head("Term", numeric=False)
    return TableView(caption, ((head, *kept),), lines_kept, normal_notes(found), source_text(found))


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
        tail = (status_cell(members), source_cell(members))
        lines.append(Line(text_cell(name), (*cells, *tail), level=int(term is not None)))
    heads = (
        Head("Adverse event", rows=2, numeric=False),
        *(Head(_arm_with_years(content, arm, years), span=3, colour=content.arm_colours.get(arm, ""))
          for arm in arms),
        Head("Status", rows=2, numeric=False), Head("Source", rows=2, numeric=False),
    )  # fmt: skip
    under = tuple(Head(text) for _ in arms for text in ("Patients (%)", "Events", "Per person-year"))
    notes = (f"Rates per person-year with {_interval_head(events)}.",) if events else ()
    return TableView(caption, (heads, under), tuple(lines), notes, source_text(found))


def _arm_with_years(content: ReportContent, arm: str, years: Sequence[Row]) -> str:
    row = next((row for row in years if row["arm"] == arm), None)
    name = name_of(content, arm)
    if row is None or row["estimate"] is None:
        return name
    size = f"{row['n_patients']} patients, " if row["n_patients"] is not None else ""
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


def truth(content: ReportContent, rows: Sequence[Row], caption: str) -> TableView:
    """Each true value of a simulation beside its estimate, and whether the interval holds it."""
    analyses = dict.fromkeys(str(row["analysis"]) for row in rows)
    whole = [row for a in analyses for row in content.of_analysis(a) if row["term"] is None]
    known = {_place(row, row["quantity"]): row for row in whole}
    truths = [row for row in rows if row["quantity"] == "truth"]
    lines: list[Line] = []
    held = judged = 0
    for row in truths:
        estimate = known.get(_place(row, row["term"]))
        form = format_of(str(row["term"]), row["unit"])
        usable = estimate is not None and has_numbers(estimate) and estimate["ci_low"] is not None
        verdict = "no interval"
        if estimate is not None and usable:
            holds = bool(estimate["ci_low"] <= row["estimate"] <= estimate["ci_high"])
            held, judged, verdict = held + holds, judged + 1, "yes" if holds else "no"
        lines.append(_truth_line(content, row, estimate, form.number(row["estimate"]), verdict))
    heads = [
        Head("Quantity", numeric=False), Head("Time", numeric=False),
        Head("Truth"), Head("Estimate"), Head(_interval_head(list(known.values()))),
        Head("Interval holds the truth", numeric=False),
        Head("Patients"), Head("Status", numeric=False), Head("Source", numeric=False),
    ]  # fmt: skip
    notes = (f"Intervals that hold the truth: {held} of {judged}.",) if judged else ()
    kept, lines_kept = drop_empty(heads, lines, keep=("Patients", "Status", "Source"))
    head = Head("Arm or comparison", numeric=False)
    return TableView(caption, ((head, *kept),), lines_kept, notes, source_text(truths))


def _place(row: Row, quantity: str | None) -> tuple[object, ...]:
    return (row["analysis"], quantity, row["arm"], row["comparator"], row["time"])


def _truth_line(content: ReportContent, row: Row, estimate: Row | None, true: str, verdict: str) -> Line:
    members = [row] if estimate is None else [row, estimate]
    paired = row["arm"] is not None and row["comparator"] is not None
    alone = "All arms" if row["arm"] is None else name_of(content, row["arm"])
    name = pair_text(content, row["arm"], row["comparator"]) if paired else alone
    label = QUANTITIES[row["term"]].label if row["term"] in QUANTITIES else str(row["term"])
    number = interval = ABSENT
    if estimate is not None and has_numbers(estimate):
        form = format_of(str(row["term"]), estimate["unit"])
        number = form.number(estimate["estimate"])
        interval = form.interval(estimate["ci_low"], estimate["ci_high"])
    cells = (
        text_cell(label),
        text_cell(upper_first(time_text(content, row))),
        Cell(true),
        Cell(number, kind="estimate"),
        Cell(interval),
        Cell(verdict, numeric=False, kind="verdict missed" if verdict == "no" else "verdict"),
        Cell(size_text(members, "n_patients")),
        status_cell(members[1:]) if members[1:] else Cell("no estimate", numeric=False),
        source_cell(members),
    )
    return Line(text_cell(name, flag=observational_note(content, row["arm"], row["comparator"])), cells)


LAYOUTS = {
    "contrasts": contrasts,
    "levels": levels,
    "baseline": baseline,
    "coefficients": coefficients,
    "adverse_events": adverse_events,
    "truth": truth,
}
"""Table kind to its layout: ``(content, rows, caption)`` to a `TableView`."""
