"""The part of a cohort file that says what was recorded after baseline: schedule, measures, events."""

from __future__ import annotations

import re
from collections.abc import Iterator

from outcomes.scaffold.init.columns import Column
from outcomes.scaffold.init.dates import Dated
from outcomes.scaffold.init.events import EventGuess
from outcomes.scaffold.init.look import Table
from outcomes.scaffold.init.measures import MeasureGuess
from outcomes.scaffold.init.study import Study
from outcomes.scaffold.init.text import code, comment, date_format, fill_in, flow_list, flow_map, guess, text
from outcomes.scaffold.init.words import readable, slug

FIRST_OF_ALL = (
    "the first of visits that are numbered from 1; if it is a later visit, there is no baseline score"
)

MOST_NAMED = 12
"""Columns that a question names."""
LAST_SEEN = "the others have no date of the event, and one here"
AFTER_UNKNOWN = " if its number counts from baseline; or count it from there yourself"


def schedule_lines(study: Study) -> Iterator[str]:
    """Lines of ``schedule:``; none where nothing was measured."""
    if not study.measures:
        return
    plan = study.schedule
    yield "schedule:"
    if plan.unit is None:
        yield fill_in("  unit:", "day, week, month or year: what the times of the visits below count")
    else:
        yield guess(f"  unit: {plan.unit}", plan.why)
    dated = any(measure.is_dated for measure in study.measures)
    if dated and len(plan.times) == 1:
        yield fill_in("  visits:", "each planned visit and its time, such as {baseline: 0, week_6: 6}")
        yield _windows_asked()
        return
    yield "  visits:"
    unknown = False
    for name, time in plan.times.items():
        if time is None:
            unknown = True
            yield fill_in(f"    {name}:", "planned time of this visit, counted from baseline")
        elif name == "baseline":
            yield "    baseline: 0"
        else:
            yield guess(f"    {name}: {time:g}", "planned time" + (AFTER_UNKNOWN if unknown else ""))
    if dated:
        yield _windows_asked()
    elif plan.windows:
        yield "  windows:"
        for name, (low, high) in plan.windows.items():
            yield guess(
                f"    {name}: [{low:g}, {high:g}]", "from the times in the file; put what was planned"
            )


def _windows_asked() -> str:
    asked = "the time from patients.time_zero that belongs to each visit, such as "
    return fill_in("  windows:", f"{asked}{{baseline: [-2, 2], week_6: [4, 8]}}; only dates tell the visits")


def measure_lines(study: Study) -> Iterator[str]:
    """Lines of ``instruments:`` and ``measures:``."""
    if study.could_be_score:
        yield from _unrecognised(study.could_be_score)
    own = {m.scale.key: m for m in study.measures if m.scale.instrument is None}
    if own:
        yield "instruments:"
    for key, measure in own.items():
        yield from _own_instrument(key, measure)
    if study.measures:
        yield "measures:"
    for measure in study.measures:
        yield from _measure(measure)


def _unrecognised(columns: list[str]) -> Iterator[str]:
    named = ", ".join(columns[:MOST_NAMED]) + (" and others" if len(columns) > MOST_NAMED else "")
    asked = (
        f"no score at visits and no time to an event was recognised; is one of these the outcome: {named}? "
        "Declare it here (layout: wide, columns:) with a schedule:, as config/cohorts/example.yaml shows, "
        "and those of baseline under covariates:; if there is no score, remove this line"
    )
    yield fill_in("measures:", asked)


def _own_instrument(key: str, measure: MeasureGuess) -> Iterator[str]:
    scale = measure.scale
    yield f"  {text(key)}:"
    yield guess(f"    name: {text(measure.label)}", "the catalogue has no instrument of this name and range")
    yield guess("    condition: other", "what it measures")
    yield guess(f"    low: {scale.low:g}", "lowest possible score; here from the data, rounded")
    yield guess(f"    high: {scale.high:g}", "highest possible score; here from the data, rounded")
    yield guess(f"    integer: {str(scale.whole).lower()}", "from the data")
    yield fill_in(
        "    higher_is_better:", f"true or false: is a higher {measure.label} better for the patient?"
    )
    yield guess('    source: ""', "author year, journal")


def _is_shifted(measure: MeasureGuess, visit: str) -> bool:
    """Whether a visit is taken for the baseline only because it is the first of numbered ones."""
    named = next((word for word, name in measure.plan.names.items() if name == visit), "")
    return visit == "baseline" and re.fullmatch(r"0*[1-9][0-9]*", named.strip()) is not None


def _measure(measure: MeasureGuess) -> Iterator[str]:
    yield f"  {measure.name}:"
    wide = measure.columns or measure.item_columns
    yield f"    layout: {'wide' if wide else 'long'}"
    yield from _place(measure.table, measure.identity.column)
    if measure.columns:
        yield "    columns:"
        for visit, column in measure.columns.items():
            line = f"      {visit}: {text(column)}"
            yield guess(line, FIRST_OF_ALL) if _is_shifted(measure, visit) else line
    if measure.item_columns:
        yield "    items:"
        for visit, items in measure.item_columns.items():
            yield f"      {visit}: [{', '.join(text(item) for item in items)}]"
    if not wide:
        yield from _rows(measure)
    yield guess(f"    instrument: {text(measure.scale.key)}", measure.scale.why)
    yield f"    label: {text(measure.label)}"


def _place(table: Table, identity: str) -> Iterator[str]:
    yield f"    file: {table.key}"
    yield f"    id: {text(identity)}"
    if table.only:
        filters = ", ".join(f"{text(column)}: {flow_list([value])}" for column, value in table.only.items())
        marked = "; ANL01FL marks those to analyse" if "ANL01FL" in table.only else ""
        yield guess(f"    where: {{{filters}}}", f"the rows that are read{marked}")


def _rows(measure: MeasureGuess) -> Iterator[str]:
    if measure.visit:
        yield "    visit:"
        yield guess(
            f"      column: {text(measure.visit)}", "by its name; a patient has no two rows of one visit"
        )
        yield "      labels:"
        for value, visit in measure.plan.names.items():
            stay = flow_list(value for value, name in measure.plan.names.items() if name)
            asked = "a visit of schedule.visits; or leave these rows out: "
            asked += f"remove this line, and list under where: what stays, {text(measure.visit)}: {stay}"
            line = f"        {code(value)}: {visit}"
            if not visit:
                line = fill_in(f"        {code(value)}:", asked)
            yield guess(line, FIRST_OF_ALL) if _is_shifted(measure, visit) else line
    if measure.is_dated:
        yield "    time:"
        why = "it changes from row to row; schedule.windows match it to the visits"
        yield guess(f"      column: {text(measure.time)}", why)
        yield date_format("      format:", measure.table.columns[measure.time].formats)
    elif measure.time:
        unit = "day" if measure.visit else measure.plan.unit
        line = f"    time: {{column: {text(measure.time)}, unit: {unit}}}"
        if unit is None:
            yield "    time:"
            yield f"      column: {text(measure.time)}"
            yield fill_in("      unit:", "day, week, month or year")
        else:
            yield guess(line, "actual time, by its name")
    if measure.items:
        yield f"    items: [{', '.join(text(item) for item in measure.items)}]"
    if measure.score:
        yield f"    score: {text(measure.score)}"
    if measure.change:
        yield guess("    value: change_from_baseline", "by the name of the column")
    if measure.baseline:
        yield guess(
            f"    baseline: {text(measure.baseline)}",
            "by its name; remove it if it counts another time or unit than the scores",
        )


def event_lines(study: Study) -> Iterator[str]:
    """Lines of ``events:``."""
    if study.dated is not None:
        yield from _dated(study, study.dated)
    if study.events:
        yield "events:"
    for event in study.events:
        yield f"  {event.name}:"
        yield guess(f"    label: {text(event.label)}", "by the name of the column")
        yield from _place(event.table, event.identity.column)
        yield from _time("time", event.table.columns[event.time], event.unit)
        if event.last is not None:
            yield from _time("censored_time", event.last, "")
        yield from _status(event)
        if event.at_zero:
            yield guess("    zero_time: half_day", f"{event.at_zero} patients have a time of 0; or exclude")


def _dated(study: Study, dated: Dated) -> Iterator[str]:
    """Say what an event that stands as a date alone needs, with the commonest as the example."""
    names = ", ".join(comment(column.name) for column in dated.events)
    first, table = max(dated.events, key=lambda column: int(column.filled.sum())), study.people
    yield f"# Dates that are blank for some patients: {names}"
    yield "# Where a date says that it happened and a blank that it did not, it is an event without a status,"
    yield "# and needs the last contact of the patients without it:"
    yield "# events:"
    yield f"#   {slug(first.name, 'event')}:"
    yield f"#     label: {text(readable(first.name))}"
    yield f"#     file: {table.key}"
    yield f"#     id: {text(study.identities[table.key].column)}"
    yield f"#     time: {{column: {text(first.name)}, format: {_format(first)}}}"
    if dated.last is None:
        yield '#     censored_time: {column: ..., format: "..."}  # no date of a last contact was recognised'
    else:
        yield f"#     censored_time: {{column: {text(dated.last.name)}, format: {_format(dated.last)}}}"
    yield "#     status: timed"


def _format(column: Column) -> str:
    return " or ".join(text(form) for form in column.formats)


def _time(key: str, column: Column, unit: str) -> Iterator[str]:
    if unit:
        yield guess(f"    {key}: {{column: {text(column.name)}, unit: {unit}}}", "by its name or its length")
        return
    yield f"    {key}:"
    yield guess(f"      column: {text(column.name)}", LAST_SEEN if key == "censored_time" else "by its name")
    if column.kind == "date":
        yield date_format("      format:", column.formats)
    else:
        yield fill_in("      unit:", "day, week, month or year: nothing says what the numbers count")


def _status(event: EventGuess) -> Iterator[str]:
    codes = ", ".join(f"{c} in {n} rows" for c, n in event.status.spoken_levels.items())
    yield "    status:"
    yield guess(f"      column: {text(event.status.name)}", "by its name")
    if event.event:
        meant = {c: event.status.means(c) for c in event.event}
        codes_of_it = flow_map(meant) if len(meant) > 1 else flow_list(event.event)
        yield guess(f"      event: {codes_of_it}", f"{event.why} ({codes})")
        why = "each code and why" + (" no more is known; the words of EVNTDESC" if event.reasons else "")
        reasons = {c: event.reason(c) for c in event.censored}
        yield guess(f"      censored: {flow_map(reasons)}", why + _ruled_out(event))
    else:
        yield fill_in("      event:", f"list of the codes that mean that it happened; {event.why} ({codes})")
        yield fill_in("      censored:", f"the other codes with why, such as {_example(event)}")


def _ruled_out(event: EventGuess) -> str:
    """What becomes of deaths: they end the time at risk, and the plan counts them as a competing event."""
    if not event.competing:
        return ""
    return f"; {', '.join(event.competing)} rules it out: model: competing_risks in the plan counts it"


def _example(event: EventGuess) -> str:
    """Codes of censoring in a question; with three codes or more one of them may be a competing event."""
    if len(event.status.spoken_levels) < 3:
        return "{0: end of follow-up}"
    return (
        "{0: end of follow-up, 2: death}; what rules the event out competes with it: the plan then takes "
        f"model: competing_risks, endpoint: {{kind: competing_events, event: {event.name}, "
        "competing: [death]}"
    )
