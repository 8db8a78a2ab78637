"""Parquet: dictionaries, precision, time zones, decimals, and files that promise too much."""

from __future__ import annotations

from decimal import Decimal

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from outcomes.config.files import FileSpec
from outcomes.errors import DataError
from outcomes.ingest.reader import read_raw


def read(folder, table):
    pq.write_table(table, folder / "a.parquet")
    return read_raw({"path": folder / "a.parquet"}, FileSpec(path="a.parquet", format="parquet"))


def refusal(folder, table):
    with pytest.raises(DataError) as caught:
        read(folder, table)
    return str(caught.value)


STAMPS = pd.to_datetime(["2020-01-31", "2020-02-01"])
COLUMNS = {
    "dictionary": (pa.array(["b", None]).dictionary_encode(), ["b", ""]),
    "dictionary of numbers": (pa.array([2.0, 0.5]).dictionary_encode(), ["2", "0.5"]),
    "single precision": (pa.array([0.1, 1503.0], pa.float32()), ["0.1", "1503"]),
    "decimal": (pa.array([Decimal("10.00"), Decimal("0.50")]), ["10", "0.5"]),
    "boolean": (pa.array([True, None]), ["true", ""]),
    "large integer": (pa.array([2**53 + 1, 2**63 - 1]), ["9007199254740993", "9223372036854775807"]),
    "midnight": (pa.array(STAMPS, pa.timestamp("us")), ["2020-01-31", "2020-02-01"]),
    "midnight in a zone": (
        pa.array(STAMPS, pa.timestamp("us", tz="UTC")),
        ["2020-01-31T00:00:00+00:00", "2020-02-01T00:00:00+00:00"],
    ),
    "view": (pa.array(["b", None], pa.string_view()), ["b", ""]),
    "nothing": (pa.nulls(2), ["", ""]),
    "time of day": (pa.array([30_600, None], pa.time32("s")), ["08:30:00", ""]),
    "not a number": (pa.array([float("nan"), 1.0]), ["", "1"]),
}


@pytest.mark.parametrize("name", COLUMNS)
def test_typed_columns_become_text(tmp_path, name):
    values, texts = COLUMNS[name]
    raw = read(tmp_path, pa.table({"id": ["p1", "p2"], name: values}))
    assert list(raw.columns[name].cells()) == texts
    assert list(raw.columns["id"].cells()) == ["p1", "p2"]


NO_TEXT = {
    "list": pa.array([[1], [2]]),
    "record": pa.array([{"a": 1}, {"a": 2}]),
    "bytes": pa.array([b"x", b"y"]),
    "bytes of one length": pa.array([b"x", b"y"], pa.binary(1)),
    "uuid": pa.array([b"x" * 16, b"y" * 16], pa.uuid()),
}


@pytest.mark.parametrize("name", NO_TEXT)
def test_columns_that_no_text_means_are_told(tmp_path, name):
    assert "x: holds lists, records or bytes" in refusal(tmp_path, pa.table({"x": NO_TEXT[name]}))


def test_dates_that_no_calendar_has_are_told(tmp_path):
    table = pa.table({"day": pa.array([10_000_000], pa.int32()).cast(pa.date32()), "x": [1]})
    assert "day: holds dates that no calendar has" in refusal(tmp_path, table)


def test_a_file_that_promises_more_cells_than_any_cohort_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("outcomes.ingest.typed.MOST_CELLS", 5)
    assert "promises 3 rows x 2 columns" in refusal(tmp_path, pa.table({"x": [1, 2, 3], "y": [1, 2, 3]}))
