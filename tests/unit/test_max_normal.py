"""The tail of the largest of some correlated normals: closed forms, bounds and symmetries."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special

from outcomes.models.max_normal import max_abs_normal_p_value

ROUNDING = 1e-13  # of a rule of 321 points on each of some tens of arcs
FLAT_RTOL = 1e-9  # an angle of 1e-7 between two statistics is known to 1e-9: cosines lose half the digits


def two_sided(statistic: float) -> float:
    return float(2 * special.ndtr(-statistic))


@pytest.mark.parametrize("statistic", [0.0, 0.01, 0.3, 1.0, 1.96, 3.0, 8.0, 30.0])
@pytest.mark.parametrize("count", [1, 2, 3])
def test_independent_statistics_multiply(statistic, count):
    """1 - (1 - p)^k, by logarithms so that the tail keeps its digits: 30 standard errors are p = 1e-197."""
    single = two_sided(statistic)
    expected = -np.expm1(count * np.log1p(-single)) if single < 1 else 1.0
    found = max_abs_normal_p_value(statistic, np.eye(count))
    assert found == pytest.approx(expected, rel=ROUNDING, abs=0)


def test_statistics_that_coincide_in_either_direction_count_once():
    signs = np.array([1.0, -1.0, 1.0])
    assert max_abs_normal_p_value(2.0, np.outer(signs, signs)) == pytest.approx(two_sided(2.0), rel=ROUNDING)


def test_two_correlated_statistics_at_zero_height_and_far_out():
    """Far out the two tails hardly meet: the sum of both, less a term that vanishes faster."""
    corr = np.array([[1.0, 0.5], [0.5, 1.0]])
    assert max_abs_normal_p_value(0.0, corr) == pytest.approx(1.0, rel=ROUNDING)
    assert max_abs_normal_p_value(12.0, corr) == pytest.approx(2 * two_sided(12.0), rel=1e-7)


@pytest.mark.parametrize("correlation", [-0.9, -0.3, 0.0, 0.6, 0.999])
@pytest.mark.parametrize("statistic", [0.4, 2.1])
def test_two_statistics_equal_an_integral_over_the_first(correlation, statistic):
    """Given Z_1 = x the second is normal about r x: Gauss and Legendre's rule over x, to rounding of 1."""
    nodes, weights = np.polynomial.legendre.leggauss(400)
    x, spread = statistic * nodes, np.sqrt(1 - correlation**2)
    ends = [(end - correlation * x) / spread for end in (statistic, -statistic)]
    inside = special.ndtr(ends[0]) - special.ndtr(ends[1])
    probability = statistic * weights @ (inside * np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi))
    found = max_abs_normal_p_value(statistic, [[1.0, correlation], [correlation, 1.0]])
    assert found == pytest.approx(1 - probability, abs=ROUNDING)


vectors = st.lists(
    st.lists(st.floats(-1, 1).filter(lambda x: abs(x) > 0.01), min_size=3, max_size=3), min_size=2, max_size=5
)


@settings(max_examples=60, deadline=None)
@given(vectors, st.floats(0.05, 6), st.randoms(use_true_random=False))
def test_order_and_sign_do_not_matter_and_bonferroni_bounds_it(rows, statistic, random):
    axes = np.array(rows)
    axes /= np.linalg.norm(axes, axis=1, keepdims=True)
    corr = axes @ axes.T
    p = max_abs_normal_p_value(statistic, corr)
    slack = 1 + FLAT_RTOL
    assert two_sided(statistic) / slack <= p <= min(1.0, len(axes) * two_sided(statistic)) * slack
    order = list(range(len(axes)))
    random.shuffle(order)
    turned = axes[order] * np.array([random.choice([-1, 1]) for _ in order])[:, None]
    assert max_abs_normal_p_value(statistic, turned @ turned.T) == pytest.approx(p, rel=FLAT_RTOL)
    assert max_abs_normal_p_value(statistic + 0.1, corr) < p


@pytest.mark.parametrize(
    ("statistic", "corr", "match"),
    [
        (-1.0, np.eye(2), "not negative"),
        (float("nan"), np.eye(2), "finite"),
        (1.0, np.eye(4), "rank 3"),
        (1.0, [[1.0, 1.2], [1.2, 1.0]], "semidefinite"),
        (1.0, [[2.0, 0.0], [0.0, 2.0]], "ones"),
        (1.0, [[1.0, 0.0]], "square"),
    ],
)
def test_what_is_no_correlation_of_rank_three_or_less_is_refused(statistic, corr, match):
    with pytest.raises(ValueError, match=match):
        max_abs_normal_p_value(statistic, corr)
