"""What looks like something to declare but is not drafted, each with what it would take."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from outcomes.scaffold.init.covariates import find_pairs
from outcomes.scaffold.init.items import item_parameters
from outcomes.scaffold.init.look import Table
from outcomes.scaffold.init.measure_guess import MeasureGuess
from outcomes.scaffold.init.measures import PARAMETER
from outcomes.scaffold.init.people import Identity, is_constant
from outcomes.scaffold.init.repeats import repeat_lines
from outcomes.scaffold.init.scales import find_scale
from outcomes.scaffold.init.visit_columns import find_visits
from outcomes.scaffold.init.words import squeezed

SCORED = re.compile(r".*(score|total|scale|index|sum)|(score|total|sum)[a-z]*")
"""Name of a column that is a score by its own word."""
MOST_NAMED = 8


def find_asides(
    tables: list[Table],
    identities: Mapping[str, Identity],
    measures: list[MeasureGuess],
    doubts: Mapping[str, Sequence[str]],
) -> dict[str, list[str]]:
    """By table, what its columns leave open; `doubts` are those about events."""
    found = {}
    for table in tables:
        lines = [*table.asks, *doubts.get(table.key, ())]
        if table.key in identities and table.key not in {measure.table.key for measure in measures}:
            lines += _without_visits(table, identities[table.key])
        elif table.key in identities:
            lines += _other_scores(table, identities[table.key], measures)
        lines += [*_items(table), *repeat_lines(table, measures)]
        if lines:
            found[table.key] = lines
    return found


def _without_visits(table: Table, identity: Identity) -> Iterator[str]:
    """Scores of known instruments in a file of several rows per patient, of which nothing tells the visit."""
    if not identity.repeated or find_visits(table, table.columns[identity.column]) is not None:
        return
    ids = table.columns[identity.column]
    for column in table.columns.values():
        if column.kind != "number" or is_constant(column, ids):
            continue
        known = find_scale(column.name, [column]) or find_scale(column.title, [column])
        if known is not None:
            fits = f"{column.name} fits {known[0].key}"
            yield f"{fits}, but no column of visits was recognised: which is it?"


def _other_scores(table: Table, identity: Identity, measures: Sequence[MeasureGuess]) -> Iterator[str]:
    """Scores beside those that are drafted, by their names."""
    own = [measure for measure in measures if measure.table.key == table.key]
    read = {name for m in own for name in (*m.scores, m.visit, m.time, m.baseline)}
    if not identity.repeated or any(measure.table.only for measure in own):
        return
    ids = table.columns[identity.column]
    left = [
        column.name for column in table.columns.values()
        if column.name not in read and column.kind == "number" and SCORED.fullmatch(squeezed(column.name))
        and len(column.levels) > 2 and not is_constant(column, ids)
    ]  # fmt: skip
    if left:
        shown = ", ".join(left[:MOST_NAMED]) + (" and others" if len(left) > MOST_NAMED else "")
        yield f"{shown}: also a score at visits? Not drafted: declare it under measures:, with an instrument"


def _items(table: Table) -> Iterator[str]:
    parameter = next((table.columns[name] for name in PARAMETER if name in table.columns), None)
    items = item_parameters(table, parameter) if parameter else set()
    if parameter is not None and items:
        shown = [code for code in parameter.levels if code in items]
        named = f"{shown[0]} to {shown[-1]}" if len(shown) > 1 else shown[0]
        yield f"{named} in {parameter.name} are items, one row each: they are not drafted, only a total is"


def pair_lines(people: Table, covariates: list[str], spoken: set[str]) -> list[str]:
    """Lines on covariates that may be the first of two visits of a score."""
    names = [name for name in people.columns if name not in spoken]
    return [
        f"{one}, {other}: one score at two visits? then declare it under measures:"
        for one, other in find_pairs(people, names) if one in covariates
    ]  # fmt: skip
