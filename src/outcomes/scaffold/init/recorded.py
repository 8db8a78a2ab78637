"""The part of a cohort file that says what was scored after baseline: schedule, instruments, measures."""

from __future__ import annotations

import re
from collections.abc import Iterator

from outcomes.scaffold.init.look import Table
from outcomes.scaffold.init.measure_guess import MeasureGuess
from outcomes.scaffold.init.study import Study
from outcomes.scaffold.init.text import code, date_format, fill_in, flow_list, guess, text
from outcomes.scaffold.init.visit_columns import rows_twice

FIRST_OF_ALL = (
    "the first of visits that are numbered from 1; if it is a later visit, there is no baseline score"
)

MOST_NAMED = 12
"""Columns that a question names."""
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
    asked = next((measure for measure in study.measures if measure.needs_windows), None)
    if asked is not None and len(plan.times) == 1:
        yield fill_in("  visits:", "each planned visit and its time, such as {baseline: 0, week_6: 6}")
        yield _windows_asked(asked)
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
    if asked is not None:
        yield _windows_asked(asked)
    elif plan.windows:
        yield "  windows:"
        for name, (low, high) in plan.windows.items():
            yield guess(
                f"    {name}: [{low:g}, {high:g}]", "from the times in the file; put what was planned"
            )


def _windows_asked(measure: MeasureGuess) -> str:
    since = " from patients.time_zero" if measure.has_date else ""
    told = "only dates tell the visits" if measure.has_date else f"only {measure.time} tells the visits"
    example = "{baseline: [-2, 2], week_6: [4, 8]}"
    return fill_in("  windows:", f"the time{since} that belongs to each visit, such as {example}; {told}")


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
    yield from place_lines(measure.table, measure.identity.column)
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


def place_lines(table: Table, identity: str) -> Iterator[str]:
    """Lines of the file, the id and the rows that a part of a cohort file reads."""
    yield f"    file: {table.key}"
    yield f"    id: {text(identity)}"
    if table.only:
        filters = ", ".join(f"{text(column)}: {flow_list([value])}" for column, value in table.only.items())
        marked = "; ANL01FL marks those to analyse" if "ANL01FL" in table.only else ""
        yield guess(f"    where: {{{filters}}}", f"the rows that are read{marked}")


def _rows(measure: MeasureGuess) -> Iterator[str]:
    if measure.visit:
        yield "    visit:"
        yield guess(f"      column: {text(measure.visit)}", f"by its name; {_told_twice(measure)}")
        yield "      labels:"
        for value, visit in measure.plan.names.items():
            stay = flow_list(value for value, name in measure.plan.names.items() if name)
            asked = "a visit of schedule.visits; or leave these rows out: "
            asked += f"remove this line, and list under where: what stays, {text(measure.visit)}: {stay}"
            line = f"        {code(value)}: {visit}"
            if not visit:
                line = fill_in(f"        {code(value)}:", asked)
            yield guess(line, FIRST_OF_ALL) if _is_shifted(measure, visit) else line
    if measure.has_date:
        yield "    time:"
        why = "schedule.windows match it to the visits" if measure.needs_windows else "the visit's actual day"
        yield guess(f"      column: {text(measure.time)}", f"it changes from row to row; {why}")
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


def _told_twice(measure: MeasureGuess) -> str:
    columns = measure.table.columns
    twice = rows_twice(columns[measure.visit], columns[measure.identity.column])
    if not twice:
        return "a patient has no two rows of one visit"
    rows = "row is" if twice == 1 else "rows are"
    return f"but {twice} {rows} a patient's second of one visit: keep one row of each"
