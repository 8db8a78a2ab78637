"""Events and measures of all tables."""

from __future__ import annotations

from dataclasses import dataclass

from outcomes.scaffold.init.dates import Dated, Dates
from outcomes.scaffold.init.events import EventGuess, find_events
from outcomes.scaffold.init.look import Table
from outcomes.scaffold.init.measure_guess import MeasureGuess
from outcomes.scaffold.init.measures import find_measures
from outcomes.scaffold.init.people import Identity
from outcomes.scaffold.init.repeated_events import Repeated, find_repeated_events
from outcomes.scaffold.init.repeats import parts_of


@dataclass(frozen=True)
class Outcomes:
    """Events and measures of all tables, the baseline's date if events say it, and what is in doubt.

    `asked` is what to ask about rows of which nothing says which one counts.
    """

    events: list[EventGuess]
    measures: list[MeasureGuess]
    zero: Dates | None
    dated: Dated | None
    doubts: dict[str, tuple[str, ...]]
    asked: str


def find_outcomes(
    tables: list[Table], identities: dict[str, Identity], people: Table, spoken: dict[str, set[str]]
) -> Outcomes:
    """Find events and measures; the columns of events join those `spoken` for."""
    events: list[EventGuess] = []
    measures: list[MeasureGuess] = []
    zero, dated = None, None
    asked = ""
    doubts: dict[str, tuple[str, ...]] = {}
    for table in tables:
        if table.key not in identities:
            continue
        identity = identities[table.key]
        parts = parts_of(table, identity)
        some = find_events(*parts[0], spoken[table.key])
        repeated = find_repeated_events(*parts[0], spoken[table.key]) if parts[0][1].repeated else Repeated()
        doubts[table.key] = (*some.doubts, *repeated.told)
        asked = asked or repeated.asked
        events += repeated.events
        spoken[table.key] |= {name for event in repeated.events for name in event.columns}
        if some.zero is not None and table.key == people.key:
            zero, dated = some.zero, some.dated
            spoken[table.key].add(some.zero.column)
        events += [e for e in some.events if e.unit or not e.table.columns[e.time].formats or zero]
        spoken[table.key] |= {name for e in some.events for name in e.columns}
        if {"PARAMCD", "AVAL", "CNSR"} - set(table.columns):
            for part, own in parts:
                measures += find_measures(part, own, spoken[table.key])
    return Outcomes(events, measures, zero, dated, doubts, asked)
