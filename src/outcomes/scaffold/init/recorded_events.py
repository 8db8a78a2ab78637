"""The part of a cohort file that says which events were recorded after baseline."""

from __future__ import annotations

import re
from collections.abc import Iterator

from outcomes.scaffold.init.columns import Column
from outcomes.scaffold.init.dates import Dated
from outcomes.scaffold.init.events import EventGuess
from outcomes.scaffold.init.recorded import place_lines
from outcomes.scaffold.init.study import Study
from outcomes.scaffold.init.text import comment, date_format, fill_in, flow_list, flow_map, guess, text
from outcomes.scaffold.init.words import readable, slug

DATE_WORD = re.compile(r"^date[_. ]?(of[_. ])?|[_. ](on|date|day|dt|dat)$", re.IGNORECASE)
"""What a column's name has for being a date, beside what happened on it."""
LAST_SEEN = "the others have no date of the event, and one here"


def event_lines(study: Study) -> Iterator[str]:
    """Lines of ``events:``."""
    if study.dated is not None:
        yield from _dated(study, study.dated)
    if study.event_asked:
        yield fill_in("events:", study.event_asked)
    if study.events:
        yield "events:"
    for event in study.events:
        yield f"  {event.name}:"
        yield guess(f"    label: {text(event.label)}", "by the name of the column")
        yield from place_lines(event.table, event.identity.column)
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
    happened = DATE_WORD.sub("", first.name) or first.name
    yield f"#   {slug(happened, 'event')}:"
    yield f"#     label: {text(readable(happened))}"
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
