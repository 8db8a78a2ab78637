"""Decimals follow the unit, and for scores the size of the standard errors."""

import math

import pytest

from outcomes.rounding import decimals


@pytest.mark.parametrize(
    ("unit", "expected"), [("ratio", 2), ("probability", 1), ("days", 0), ("events", 0), ("patients", 0)]
)
def test_units_with_fixed_decimals_do_not_look_at_the_errors(unit, expected):
    assert decimals(unit, [0.001]) == expected
    assert decimals(unit, []) == expected


@pytest.mark.parametrize("unit", ["points", "pounds", "", None])
@pytest.mark.parametrize(
    ("errors", "expected"),
    [([], 1), ([1.4], 1), ([0.2], 1), ([0.19], 2), ([0.02], 2), ([0.019], 3), ([0.05, 0.06, 9.0], 2)],
)
def test_scores_are_printed_as_finely_as_they_are_known(unit, errors, expected):
    assert decimals(unit, errors) == expected


def test_errors_that_are_missing_zero_or_infinite_do_not_count():
    assert decimals("points", [math.nan, 0.0, math.inf, -1.0, 0.05]) == 2
    assert decimals("points", iter([math.nan])) == 1
