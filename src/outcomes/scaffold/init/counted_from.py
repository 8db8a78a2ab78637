"""The date that dates of visits count from, where a file has one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from outcomes.scaffold.init.dates import Dates, find_zero
from outcomes.scaffold.init.look import Table
from outcomes.scaffold.init.measure_guess import MeasureGuess
from outcomes.scaffold.init.people import Identity, is_constant

Doubts = Mapping[str, tuple[str, ...]]
"""By table, what is left open."""


def counted(
    measures: list[MeasureGuess], people: Table, identity: Identity, zero: Dates | None, doubts: Doubts
) -> tuple[list[MeasureGuess], Dates | None, Doubts]:
    """Measures, the date that theirs count from, and doubts.

    Where a code tells the visit and no date to count from is known, planned days stand for dates, and a
    doubt says so; where a date alone tells the visit, the date to count from is asked for.
    """
    if zero is not None or not any(measure.has_date for measure in measures):
        return measures, zero, doubts
    found = _zero(people, identity)
    asked = any(measure.has_date and not measure.visit for measure in measures)
    sure = bool(found.column) and _has_everybody(people, identity, found.column)
    if sure or asked:
        return measures, found, doubts
    return [_on_planned_days(measure) for measure in measures], None, _uncounted(doubts, measures)


def _has_everybody(people: Table, identity: Identity, column: str) -> bool:
    ids, dates = people.columns[identity.column], people.columns[column]
    return set(ids.codes[ids.filled]) == set(ids.codes[ids.filled & dates.filled])


def _zero(people: Table, identity: Identity) -> Dates:
    """Return the date of each patient's baseline, or all that it could be."""
    ids = people.columns[identity.column]
    dates = [
        column for column in people.columns.values() if column.kind == "date" and is_constant(column, ids)
    ]
    formats = tuple(dict.fromkeys(form for column in dates for form in column.formats))
    return find_zero(dates) or Dates("", formats, tuple(column.name for column in dates))


def _on_planned_days(measure: MeasureGuess) -> MeasureGuess:
    return replace(measure, time="") if measure.has_date else measure


def _uncounted(doubts: Doubts, measures: Iterable[MeasureGuess]) -> Doubts:
    """Doubts about tables, and the dates of visits that nothing is known to count from."""
    found = dict(doubts)
    for measure in measures:
        line = (
            f"{measure.time}: the day of each visit? No date to count it from was recognised, so planned "
            "days stand for it: name one under patients.time_zero, and this one as the measure's time"
        )
        told = found.get(measure.table.key, ())
        if measure.has_date and line not in told:
            found[measure.table.key] = (*told, line)
    return found
