"""Which columns are the items of an instrument of the catalogue."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence

from outcomes.instruments import load_catalogue, match_instruments
from outcomes.scaffold.init.columns import Column
from outcomes.scaffold.init.look import Table
from outcomes.scaffold.init.scales import Scale, beyond_range

ITEM = re.compile(r"(.+?)(?:[_. ](?:q|i|item)|(?<=\d)[qi]|item)?[_. ]?(\d+)", flags=re.IGNORECASE)
"""The q of phq1 is the instrument's; that of phq9q1 or phq_q1 is not."""
VALUE_NAMES = ("aval", "value", "score", "result")
"""Columns of values in a file with a row per parameter and visit."""


def numbered(names: Iterable[str]) -> dict[str, dict[int, str]]:
    """Names that end in a number, by what stands before it: ``phq9_1`` is number 1 of ``phq9``."""
    groups: dict[str, dict[int, str]] = {}
    for name in names:
        if match := ITEM.fullmatch(name):
            groups.setdefault(match[1], {})[int(match[2])] = name
    return groups


def find_item_scale(
    stem: str, columns: Mapping[int, Sequence[Column]], beside: Collection[str] = ()
) -> tuple[Scale, tuple[str, ...]] | None:
    """Return the instrument whose items columns numbered from 1 are, and their codes for a gap.

    Of several that fit, that of a total is taken: of a column with a name of those `beside` them.
    """
    totals = {key for name in beside for key in match_instruments(name)[:1]}
    fitting = []
    for key in match_instruments(stem):
        instrument = load_catalogue()[key]
        low, high = instrument.item_low, instrument.item_high
        if low is None or high is None or sorted(columns) != list(range(1, (instrument.items or 0) + 1)):
            continue
        beyond = [beyond_range(column, low, high) for each in columns.values() for column in each]
        if None not in beyond:
            fitting.append((key, instrument, tuple(sorted({t for texts in beyond for t in texts or ()}))))
    if not fitting:
        return None
    fitting.sort(key=lambda entry: entry[0] not in totals)
    key, instrument, codes = fitting[0]
    why = f"name, {len(columns)} items, range {instrument.item_low:g} to {instrument.item_high:g} each"
    if len(fitting) > 1:
        why += f"; {', '.join(other for other, _, _ in fitting[1:4])} would fit too"
    return Scale(key, instrument, why), codes


def item_parameters(table: Table, parameter: Column) -> set[str]:
    """Codes of a parameter that are the items of an instrument, one row each."""
    found: set[str] = set()
    value = next((c for c in table.columns.values() if c.name.casefold() in VALUE_NAMES), None)
    if value is None:
        return found
    for stem, names in numbered(parameter.levels).items():
        if len(names) < 2:
            continue
        rows = {n: parameter.codes == parameter.texts.index(code) for n, code in names.items()}
        if find_item_scale(stem, {n: [value.take(each)] for n, each in rows.items()}) is not None:
            found |= set(names.values())
    return found
