"""Shared maths against closed forms, published values and other engines."""

import math

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from outcomes.inference import (
    adjust_p_values,
    chi_square_p_value,
    critical_value,
    newcombe_interval,
    poisson_rate_interval,
    wald_interval,
    wald_p_value,
    wilson_interval,
)

PRINTED = 5e-5  # half a unit of the fourth decimal, as published
TAIL = 1e-9  # the published digits, or quantiles by another library
SPECIAL_RTOL = 1e-12  # the same special functions by another route


def test_wald_p_value_keeps_digits_where_one_minus_cdf_is_zero():
    """2 * Phi(-10) = 1.5239706048321e-23 (Abramowitz & Stegun 26.2.12)."""
    assert wald_p_value(10.0, 1.0) == pytest.approx(1.5239706048321e-23, rel=TAIL)


def test_wald_with_degrees_of_freedom_is_the_t_distribution():
    assert wald_p_value(2.0, 1.0, 7) == pytest.approx(2 * stats.t.sf(2.0, 7), rel=SPECIAL_RTOL)
    assert critical_value(0.95, 7) == pytest.approx(stats.t.ppf(0.975, 7), rel=SPECIAL_RTOL)


def test_wald_interval_is_symmetric_and_uses_1_96():
    interval = wald_interval(3.0, 2.0, 0.95)
    assert interval.high - 3.0 == pytest.approx(3.0 - interval.low)
    assert interval.high == pytest.approx(3.0 + 1.959963984540054 * 2.0, rel=SPECIAL_RTOL)


@pytest.mark.parametrize(
    "call",
    [
        lambda: wald_p_value(1.0, 0.0),
        lambda: critical_value(1.0),
        lambda: critical_value(0.95, 0.0),
        lambda: wilson_interval(3, 2, 0.95),
        lambda: wilson_interval(0, 0, 0.95),
        lambda: poisson_rate_interval(1, 0.0, 0.95),
        lambda: adjust_p_values([0.1], "tukey"),
    ],
)
def test_impossible_input_is_refused(call):
    with pytest.raises(ValueError, match=r"."):
        call()


def test_chi_square_p_value():
    assert chi_square_p_value(5.991464547107979, 2) == pytest.approx(0.05, rel=TAIL)


@pytest.mark.parametrize(
    ("events", "n", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_interval_published(events, n, low, high):
    """Newcombe 1998, Stat Med 17:857, Table I, method 3 (printed to four decimals)."""
    interval = wilson_interval(events, n, 0.95)
    assert (interval.low, interval.high) == pytest.approx((low, high), abs=PRINTED)


@pytest.mark.parametrize(
    ("one", "two", "low", "high"),
    [
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((10, 10), (0, 20), 0.6791, 1.0),
    ],
)
def test_newcombe_interval_published(one, two, low, high):
    """Newcombe 1998, Stat Med 17:873, Table II, method 10 (printed to four decimals)."""
    interval = newcombe_interval(*one, *two, 0.95)
    assert (interval.low, interval.high) == pytest.approx((low, high), abs=PRINTED)


def test_poisson_interval_against_chi_square_form():
    """Garwood: chi2(a/2, 2x)/2 and chi2(1-a/2, 2x+2)/2, by scipy.stats."""
    interval = poisson_rate_interval(7, 3.5, 0.95)
    assert interval.low == pytest.approx(stats.chi2.ppf(0.025, 14) / 2 / 3.5, rel=TAIL)
    assert interval.high == pytest.approx(stats.chi2.ppf(0.975, 16) / 2 / 3.5, rel=TAIL)
    assert poisson_rate_interval(0, 3.5, 0.95).low == 0.0


@pytest.mark.parametrize(
    ("method", "theirs"), [("holm", "holm"), ("hochberg", "simes-hochberg"), ("bonferroni", "bonferroni")]
)
def test_multiplicity_against_statsmodels(method, theirs):
    p = np.array([0.04, 0.001, 0.03, 0.5, 0.011, 0.03])
    assert adjust_p_values(p, method) == pytest.approx(multipletests(p, method=theirs)[1], rel=SPECIAL_RTOL)


def test_multiplicity_of_nothing_and_of_one():
    assert adjust_p_values([], "holm").size == 0
    assert adjust_p_values([0.2], "holm") == pytest.approx([0.2])
    assert math.isclose(adjust_p_values([0.9, 0.8], "bonferroni")[0], 1.0)
