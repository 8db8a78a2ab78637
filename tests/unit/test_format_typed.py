"""Typed values to text: the text means the value, and no shorter value's text is taken for another."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outcomes.ingest.typed import as_text, column_of, distinct


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_the_text_of_a_number_means_the_number(value):
    assert float(as_text(value)) == value


@given(st.floats(allow_nan=False, allow_infinity=False, width=32))
def test_the_text_of_a_single_precision_number_means_the_number(value):
    assert np.float32(as_text(np.float32(value))) == np.float32(value)


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**9), max_value=10**9))
def test_the_text_of_a_decimal_means_the_number(value):
    assert Decimal(as_text(value)) == value


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (float("nan"), ""),
        (1503.0, "1503"),
        (-0.0, "0"),
        (2**60, "1152921504606846976"),
        (Decimal("1E+3"), "1000"),
        (True, "true"),
        (dt.date(2020, 1, 31), "2020-01-31"),
        (dt.time(8, 30), "08:30:00"),
        (dt.timedelta(hours=30, seconds=5), "30:00:05"),
        (dt.timedelta(minutes=-90), "-01:30:00"),
        (" x ", " x "),
    ],
)
def test_each_kind_of_value_has_one_text(value, text):
    assert as_text(value) == text


def test_values_that_python_takes_for_equal_stay_apart():
    values, codes = distinct([1, True, 1.0, "1", 1])
    assert len(values) == 4
    assert list(codes) == [0, 1, 2, 3, 0]


def test_dates_among_timestamps_are_midnights():
    eight = dt.datetime.fromisoformat("2020-01-31T08:00:00")
    column = column_of([eight, dt.date(2020, 2, 1)], np.array([0, 1, -1]))
    assert list(column.cells()) == ["2020-01-31T08:00:00", "2020-02-01T00:00:00", ""]
