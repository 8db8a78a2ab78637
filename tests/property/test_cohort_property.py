"""No valid cohort is refused, whatever its files look like, and what is read is what was meant."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pandas as pd
from cohorts import SHOWN, generate
from hypothesis import given, settings
from shapes import QUICK, shapes

from outcomes.ingest import read_cohort
from outcomes.io import check
from outcomes.tables import INPUT_TABLES

DECIMALS = 9
"""Times and scores have at most six decimals; prorated and summed ones differ by rounding beyond these."""


def plain(value):
    if isinstance(value, tuple):
        return tuple(plain(part) for part in value)
    if pd.isna(value):
        return None
    return value if isinstance(value, str) else round(float(value), DECIMALS) + 0.0


def rows_of(table, key):
    """By key, each row as a dict of what is recorded."""
    return {
        plain(tuple(row[part] for part in key)): {
            name: plain(v) for name, v in row.items() if name not in key
        }
        for row in table.to_dict("records")
    }


@settings(QUICK, max_examples=60)
@given(shapes())
def test_a_valid_cohort_is_read_as_it_was_meant(shape):
    made = generate(shape)
    with tempfile.TemporaryDirectory() as folder:
        made.write(Path(folder))
        tables = read_cohort(Path(folder), made.build(), SHOWN)
    for name, contract in INPUT_TABLES.items():
        table = getattr(tables, name)
        assert check(table, contract) == []
        found = rows_of(table, contract.key)
        assert len(found) == len(table)
        meant = {
            plain(key): {column: plain(value) for column, value in row.items()}
            for key, row in made.expected[name].items()
        }
        columns = {column for row in meant.values() for column in row}
        assert {key: {c: row.get(c) for c in columns} for key, row in found.items()} == meant
        others = {value for row in found.values() for c, value in row.items() if c not in columns}
        assert not meant or others <= {None}
        if len(table):
            assert list(table[contract.key[0]]) == sorted(table[contract.key[0]])
