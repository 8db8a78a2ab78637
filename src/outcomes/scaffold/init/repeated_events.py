"""Events in a file of several rows per patient: a row per kind of event, or one after another of one kind."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np

from outcomes.scaffold.init.codes import read_codes
from outcomes.scaffold.init.columns import Column, count_distinct
from outcomes.scaffold.init.events import EventGuess, event_of, is_status, is_time, unit_of
from outcomes.scaffold.init.look import Table
from outcomes.scaffold.init.pairing import find_time
from outcomes.scaffold.init.people import Identity, is_constant
from outcomes.scaffold.init.text import flow_list, text
from outcomes.scaffold.init.visit_columns import find_visits, rows_twice
from outcomes.scaffold.init.words import readable, slug, squeezed

START = re.compile(r"t?start(time|day)?|begin|entry|from|time1")
STOP = re.compile(r"t?stop(time|day)?|end|exit|until|time2")
NUMBERING = re.compile(
    r"enum|order|(event|episode|spell|recurrence|attack|row|record|interval)(no|nr|num|number|seq|id)?|"
    r"seq(uence)?|no|nr|num|[a-z]*(num|number|seq)"
)
"""Name of a column that counts the rows of a patient."""
MOST_KINDS, MOST_WORDS = 4, 12
"""Kinds of event that are drafted, and as many as words are taken for."""
NEARLY_ALL = 0.95
"""Share of patients who have a row of every kind of event, where rows are kinds."""


@dataclass(frozen=True)
class Repeated:
    """Events of a table of several rows per patient.

    Attributes
    ----------
    told : tuple of str
        What its rows are taken for.
    asked : str
        What to ask, where nothing says which row counts.
    """

    events: tuple[EventGuess, ...] = ()
    told: tuple[str, ...] = ()
    asked: str = ""


def find_repeated_events(table: Table, identity: Identity, spoken_for: Collection[str]) -> Repeated:
    """Events of rows that have a time and a status each; none where the rows are visits."""
    ids = table.columns[identity.column]
    columns = [c for c in table.columns.values() if c.name not in {identity.column, *spoken_for}]
    statuses = [c for c in columns if is_status(c)]
    stop = [c for c in columns if c.kind == "number" and STOP.fullmatch(squeezed(c.name))]
    times = stop or [c for c in columns if c.kind == "number" and is_time(c) and c not in statuses]
    status = next((c for c in statuses if not is_constant(c, ids)), None)
    time = find_time(status, times, columns, alone=True) if status is not None else None
    if status is None or time is None or is_constant(time, ids) or find_visits(table, ids) is not None:
        return Repeated()
    others = [c for c in columns if c is not status and c is not time and c.filled.all()]
    pair = f"{time.name} and {status.name} in several rows per patient"
    kinds = next((c for c in others if _tells_kinds(c, ids)), None)
    if kinds is not None and len(kinds.levels) > MOST_KINDS:
        asked = (
            f"{pair}: one row per value of {kinds.name}; declare those that are asked about as events, each "
            f"with its where: {{{text(kinds.name)}: {flow_list([next(iter(kinds.levels))])}}}"
        )
        return Repeated(asked=asked)
    if kinds is not None:
        events = tuple(_narrowed(table, identity, status, time, kinds, level) for level in kinds.levels)
        return Repeated(events, (f"{pair}: one row per value of {kinds.name}, each drafted as an event",))
    first = next((c for c in others if _numbers_rows(c, ids)), None)
    first = first or next((c for c in others if _starts(c, ids)), None)
    if first is None:
        asked = (
            f"{pair}: recurrent events or start-stop rows; which row of a patient counts? Number the rows "
            "in a column of the file, and declare the time to the first with where: {number: [1]}"
        )
        return Repeated(asked=asked)
    level = min(first.levels, key=lambda cell: first.numbers[first.texts.index(cell)])
    if cut := _go_on_without_event(first, level, status, ids):
        asked = (
            f"{pair}: {cut} patients have more rows though their first ends without the event, as where rows "
            "are cut at changes of a covariate; write a file of one row per patient, with the time to the "
            "event or else to the end of the last row, and declare that"
        )
        return Repeated(asked=asked)
    event = _narrowed(table, identity, status, time, first, level)
    told = f"{pair}: recurrent events or start-stop rows; only the first of a patient is drafted"
    return Repeated((event,), (told, *_late_entries(event)))


def _tells_kinds(column: Column, ids: Column) -> bool:
    """Whether nearly every patient has one row of each of a few values, which are no mere numbers of rows."""
    kinds = len(column.levels)
    if (
        not 2 <= kinds <= (MOST_WORDS if column.kind == "text" else MOST_KINDS)
        or NUMBERING.fullmatch(squeezed(column.name))
        or rows_twice(column, ids)
    ):
        return False
    return len(column.codes) >= NEARLY_ALL * kinds * count_distinct(ids.codes[ids.filled])


def _numbers_rows(column: Column, ids: Column) -> bool:
    """Whether a column counts the rows of each patient from the same number on."""
    if column.kind != "number" or not column.is_whole or rows_twice(column, ids):
        return False
    if NUMBERING.fullmatch(squeezed(column.name)) is None:
        return False
    return bool(_first_of(column, ids).min() == _first_of(column, ids).max())


def _starts(column: Column, ids: Column) -> bool:
    """Whether a column is the start of each row, and everybody's first row starts at one time."""
    named = column.kind == "number" and START.fullmatch(squeezed(column.name)) is not None
    return named and not rows_twice(column, ids) and bool(np.ptp(_first_of(column, ids)) == 0)


def _go_on_without_event(first: Column, level: str, status: Column, ids: Column) -> int:
    """Patients whose first row ends without the event and who have more rows; of recurrent events, none."""
    event, _, _ = read_codes(status)
    starts = first.by_row == first.numbers[first.texts.index(level)]
    happened = np.isin(status.codes, [status.texts.index(code) for code in event])
    open_ended = set(ids.codes[starts & ids.filled & ~happened]) if event else set()
    return len(open_ended & set(ids.codes[~starts & ids.filled]))


def _first_of(column: Column, ids: Column) -> np.ndarray:
    """Lowest number of each patient."""
    lowest = np.full(len(ids.texts), np.inf)
    np.minimum.at(lowest, ids.codes, column.by_row)
    found: np.ndarray = lowest[np.isfinite(lowest)]
    return found


def _late_entries(event: EventGuess) -> tuple[str, ...]:
    """Say how many first rows start after 0, before which nobody saw whether there was an event."""
    columns = event.table.columns.values()
    start = next((c for c in columns if c.kind == "number" and START.fullmatch(squeezed(c.name))), None)
    late = int((start.values > 0).sum()) if start is not None else 0
    if start is None or not late:
        return ()
    return (f"{late} first rows have a {start.name} above 0: the time before it counts as time at risk",)


def _narrowed(
    table: Table, identity: Identity, status: Column, time: Column, by: Column, level: str
) -> EventGuess:
    """Event of the rows with one value of a column; its codes are those of all rows."""
    part = table.where(by.name, level)
    own = part.columns[status.name], part.columns[time.name]
    found = event_of(part, replace(identity, repeated=False), *own, unit_of(time))
    event, censored, why = read_codes(status, table.key)
    found = replace(found, event=event, censored=censored, why=why)
    if not _tells_kinds(by, table.columns[identity.column]):
        return found
    words = by.means(level)
    title = words if words[:1].isalpha() else f"{by.name} {level}"
    return replace(found, name=slug(title, "event"), label=readable(title))
