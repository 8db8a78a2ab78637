"""Numbers as printed."""

from __future__ import annotations

import math

import pytest

from outcomes.report.formats import (
    count_share,
    df_text,
    format_of,
    level_text,
    line_ranges,
    listed,
    number_text,
    p_statement,
    p_text,
    short_number,
)


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (-2.34, 1, "−2.3"),
        (-0.04, 1, "0.0"),
        (0.0, 2, "0.00"),
        (-935.7461, 3, "−935.746"),
        (12345.6, 1, "12,345.6"),
        (math.inf, 1, "not reached"),
        (math.nan, 1, "–"),
        (None, 1, "–"),
    ],
)
def test_numbers_have_fixed_decimals_and_a_true_minus(value, decimals, text):
    assert number_text(value, decimals) == text


@pytest.mark.parametrize(
    ("p", "cell", "sentence"),
    [
        (0.0124, "0.012", "p = 0.012"),
        (0.00099, "<0.001", "p < 0.001"),
        (0.001, "0.001", "p = 0.001"),
        (0.9999, ">0.999", "p > 0.999"),
        (0.0, "<0.001", "p < 0.001"),
    ],
)
def test_p_values(p, cell, sentence):
    assert (p_text(p), p_statement(p)) == (cell, sentence)


def test_a_missing_p_value_is_a_dash():
    assert p_text(None) == "–"


@pytest.mark.parametrize(
    ("quantity", "unit", "low", "high", "text"),
    [
        ("mean_difference", "points", -4.04, -0.2, "−4.0 to −0.2"),
        ("hazard_ratio", "ratio", 0.357, 0.8334, "0.36 to 0.83"),
        ("proportion", "probability", 0.24, 0.5, "24.0% to 50.0%"),
        ("risk_difference", "probability", -0.3, 0.07, "−30.0 to 7.0"),
        ("median_survival", "days", 77, math.inf, "77 to not reached"),
        ("incidence_rate", "per person-year", 0.05, 0.614, "0.05 to 0.61"),
        ("mean_difference", "points", None, None, "–"),
    ],
)
def test_intervals_by_quantity_and_unit(quantity, unit, low, high, text):
    assert format_of(quantity, unit).interval(low, high) == text


@pytest.mark.parametrize(
    ("quantity", "unit", "value", "text"),
    [
        ("mean_difference", "points", -2.05, "−2.0 points"),  # the nearest double to 2.05 lies below it
        ("mean_difference", "probability", 0.0823, "8.2 percentage points"),
        ("mean", "probability", 0.812, "81.2%"),
        ("rmst_difference", "days", 32.44, "32 days"),
        ("count", "patients", 25.0, "25"),
        ("mean", "kilograms", 70.25, "70.2 kilograms"),
        ("median_survival", "days", math.inf, "not reached"),
        ("rmst_difference", "days", -1828.4, "−1,828 days"),
        ("rmst_difference", "days", -1.2, "−1 day"),
        ("mean_difference", "pounds", -2.31, "−2.3 pounds"),
    ],
)
def test_quantities_carry_their_unit(quantity, unit, value, text):
    assert format_of(quantity, unit).quantity(value) == text


def test_a_narrow_scale_is_printed_as_finely_as_it_is_known():
    assert format_of("mean_difference", "points", [0.05, 0.06]).quantity(0.352) == "0.35 points"
    assert format_of("mean_difference", "points", [1.2]).quantity(0.352) == "0.4 points"


def test_planned_times_have_no_decimals_that_say_nothing():
    assert [short_number(time) for time in (12.0, 0.5, 1095.0)] == ["12", "0.5", "1,095"]
    assert [short_number(time) for time in (609.663125, 1162.528852, 30.4375)] == ["609.7", "1,162.5", "30.4"]


def test_small_texts():
    assert level_text(0.95) == "95% CI"
    assert level_text(0.975) == "97.5% CI"
    assert df_text(1204.0) == "1,204"
    assert (df_text(math.inf), df_text(180.44), df_text(2.0), df_text(None)) == ("∞", "180.4", "2", "–")
    assert count_share(31, 120) == "31 (25.8%)"
    assert count_share(0, 0) == "0"
    assert line_ranges([18, 12, 13, 14, 15]) == "12 to 15, 18"
    assert listed(["a"]) == "a"
    assert listed(["a", "b", "c"]) == "a, b and c"
