"""Repeating instruments of a REDCap export: whose rows each part of a cohort file reads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from outcomes.scaffold.init.columns import Column, count_distinct
from outcomes.scaffold.init.look import Table
from outcomes.scaffold.init.measure_guess import MeasureGuess
from outcomes.scaffold.init.people import Identity
from outcomes.scaffold.init.text import code, flow_list

INSTRUMENT = "redcap_repeat_instrument"
STATUS = "_complete"
INCOMPLETE = ("0", "Incomplete")


def parts_of(table: Table, identity: Identity) -> list[tuple[Table, Identity]]:
    """Return the rows that repeat nothing, then those of each instrument; the table where none repeats."""
    repeated = table.columns.get(INSTRUMENT)
    if repeated is None or not repeated.levels:
        return [(table, identity)]
    parts = [_rows(table, ~repeated.filled, "")] if not repeated.filled.all() else []
    parts += [
        _rows(table, repeated.codes == repeated.texts.index(name), name) for name in sorted(repeated.levels)
    ]
    return [(part, _within(part, identity)) for part in parts]


def _rows(table: Table, rows: np.ndarray, instrument: str) -> Table:
    taken = {name: column.take(rows) for name, column in table.columns.items()}
    columns = {name: column for name, column in taken.items() if column.filled.any()}
    return replace(table, columns=columns, rows=int(rows.sum()), only={**table.only, INSTRUMENT: instrument})


def _within(part: Table, identity: Identity) -> Identity:
    ids = part.columns[identity.column]
    return replace(identity, repeated=count_distinct(ids.codes[ids.filled]) < part.rows)


def repeat_lines(table: Table, measures: Sequence[MeasureGuess]) -> Iterator[str]:
    """Say which instruments repeat, of which nothing is drafted, and which forms look never filled in."""
    repeated = table.columns.get(INSTRUMENT)
    if repeated is not None and repeated.levels:
        named = ", ".join(f"{name} in {n}" for name, n in sorted(repeated.levels.items()))
        others = int((~repeated.filled).sum())
        yield f"repeating instruments: {named}, none in {others} of {table.rows} rows"
        own = [measure for measure in measures if measure.table.key == table.key]
        read = {measure.table.only.get(INSTRUMENT) for measure in own}
        for name in sorted(set(repeated.levels) - read):
            rows = f"where: {{{INSTRUMENT}: {flow_list([name])}}}"
            keys = "adverse_events:, events: or exposures:"
            yield f"nothing is drafted of the rows of {name}: declare them under {keys} with {rows}"
    for measure in measures:
        if measure.table.key == table.key:
            yield from _never_filled_in(measure)


def _never_filled_in(measure: MeasureGuess) -> Iterator[str]:
    names = [name for name in measure.scores if name in measure.table.columns]
    answers = np.column_stack([measure.table.columns[name].by_row for name in names])
    zeros = (answers == 0).all(axis=1)
    for status in measure.table.columns.values():
        if not status.name.endswith(STATUS) or status.kind == "empty":
            continue
        unfinished = [text for text in status.levels if text in INCOMPLETE]
        suspect = int((_is_one_of(status, unfinished) & zeros).sum())
        if suspect:
            stay = [text for text in _choices(status) if text not in INCOMPLETE]
            yield (
                f"{suspect} forms are marked incomplete and have 0 in all of {measure.name}: "
                f"never filled in? Then leave them out, where: {{{code(status.name)}: {flow_list(stay)}}}"
            )


def _is_one_of(column: Column, texts: Sequence[str]) -> np.ndarray:
    return np.isin(column.codes, [column.texts.index(text) for text in texts])


def _choices(status: Column) -> list[str]:
    """Codes of a form's status: those of the file, or all that REDCap has where they stand as numbers."""
    return ["1", "2"] if set(status.levels) <= {"0", "1", "2"} else list(status.levels)
