"""Codes that probably mean "not recorded", in the columns that are read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from outcomes.scaffold.init.columns import NUMBER
from outcomes.scaffold.init.look import Table
from outcomes.scaffold.init.measure_guess import MeasureGuess


def missing_codes(
    tables: list[Table],
    people: Table,
    covariates: list[str],
    spoken: Mapping[str, set[str]],
    measures: Iterable[MeasureGuess],
) -> tuple[dict[str, dict[str, list[str]]], dict[str, dict[str, list[str]]]]:
    """Codes of gaps in the columns that are read: those that mean nothing else there, and the others."""
    sure: dict[str, dict[str, list[str]]] = {}
    doubtful: dict[str, dict[str, list[str]]] = {}
    for table in tables:
        read = {*spoken[table.key], *(covariates if table.key == people.key else ())} & set(table.columns)
        found: dict[str, list[str]] = {}
        for column in (table.columns[name] for name in table.columns if name in read):
            for text in column.missing:
                found.setdefault(text, []).append(column.name)
        for measure in (m for m in measures if m.table.key == table.key):
            for text in measure.codes:
                held = [n for n in table.columns if n in measure.scores and text in table.columns[n].levels]
                found.setdefault(text, []).extend(held)
        for text, names in found.items():
            clash = NUMBER.fullmatch(text) and any(
                text in table.columns[name].levels for name in read if name not in names
            )
            (doubtful if clash else sure).setdefault(table.key, {})[text] = names
    return sure, doubtful
