"""Turnbull's estimator against closed forms, Kaplan-Meier and its own optimality conditions."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outcomes.models.counting import Sample, event_table
from outcomes.models.interval.bootstrap import bootstrap_limits
from outcomes.models.interval.cliques import find_cliques
from outcomes.models.interval.masses import GAP, solve_masses
from outcomes.models.interval.times import interval_times
from outcomes.models.interval.turnbull import turnbull

INF = np.inf
CLOSED_ATOL = 1e-12  # Newton ends where only rounding is left
KAPLAN_MEIER_ATOL = 1e-10  # products of a hundred factors on one side, sums of as many masses on the other

intervals = st.lists(
    st.tuples(st.integers(0, 12), st.integers(0, 5)).map(
        lambda pair: (pair[0], INF) if pair[1] == 5 else (pair[0], pair[0] + max(pair[1], pair[0] == 0))
    ),
    min_size=1,
    max_size=40,
)


def arrays(pairs):
    left, right = np.array(pairs, dtype=float).T
    return left, right


def covers(times):
    """Whether each interval covers each innermost one, by comparing the ends and not by ranks."""
    found = find_cliques(times)
    a, b, x, y = times.left[:, None], times.right[:, None], found.left, found.right
    within = (a <= x) & (y <= b)
    # (a, b] leaves out the point a
    return within & ~((a < b) & (x == y) & (x == a))


def test_two_overlapping_intervals_put_everything_where_they_overlap():
    curve = turnbull(interval_times([0, 1], [2, 3]))
    assert (curve.left, curve.right, curve.mass) == (1.0, 2.0, 1.0)


def test_current_status_at_two_visits_has_the_isotonic_shares():
    """2 of 6 had the event by day 10, 5 of 8 by day 20: F(10) = 1/3 and F(20) = 5/8 rise, so they stand."""
    pairs = [(0, 10)] * 2 + [(10, INF)] * 4 + [(0, 20)] * 5 + [(20, INF)] * 3
    curve = turnbull(interval_times(*arrays(pairs)))
    np.testing.assert_allclose(curve.after, [2 / 3, 3 / 8, 0], atol=CLOSED_ATOL)
    assert curve.right.tolist() == [10, 20, INF]


def test_current_status_that_falls_is_pooled():
    """4 of 6 by day 10 and 2 of 6 by day 20 would fall: pooled, F = 6 / 12 at both (Ayer et al. 1955)."""
    pairs = [(0, 10)] * 4 + [(10, INF)] * 2 + [(0, 20)] * 2 + [(20, INF)] * 4
    curve = turnbull(interval_times(*arrays(pairs)))
    np.testing.assert_allclose(curve.mass, [0.5, 0.5], atol=CLOSED_ATOL)
    assert curve.left.tolist() == [0, 20]


def test_exact_and_right_censored_times_give_kaplan_meier():
    rng = np.random.default_rng(5)
    time = np.ceil(rng.exponential(60, 200))
    observed = rng.random(200) < 0.6
    curve = turnbull(interval_times(time, np.where(observed, time, INF)))
    table = event_table(Sample(time, observed)).at_events()
    survival = np.cumprod(1 - table.events / table.at_risk)
    exact = np.isfinite(curve.right)
    assert curve.right[exact].tolist() == table.time.tolist()
    np.testing.assert_allclose(curve.after[exact], survival, atol=KAPLAN_MEIER_ATOL)


def test_a_censoring_at_the_time_of_an_event_counts_as_later():
    curve = turnbull(interval_times([5, 5], [5, INF]))
    assert curve.left.tolist() == [5, 5]
    assert curve.right.tolist() == [5, INF]


@settings(deadline=None)
@given(intervals)
def test_the_masses_meet_the_conditions_of_a_maximum_and_add_up_to_one(pairs):
    times = interval_times(*arrays(pairs))
    solved = solve_masses(find_cliques(times))
    cover = covers(times)
    share = (cover / (cover @ solved.mass)[:, None]).mean(axis=0)
    assert solved.gap < GAP
    assert share.max() < 1 + GAP
    np.testing.assert_allclose(share[solved.mass > 0], 1, atol=GAP)
    assert solved.mass.sum() == pytest.approx(1, abs=CLOSED_ATOL)


@pytest.mark.parametrize("seed", range(60))
def test_weights_that_differ_ten_thousandfold_reach_the_maximum_too(seed):
    """Leaving out at once every interval whose mass would turn negative stalls on such data."""
    rng = np.random.default_rng(seed)
    n = 130
    left = rng.integers(0, 50, n).astype(float)
    right = np.where(rng.random(n) < 0.3, INF, left + rng.integers(1, 25, n))
    weight = rng.choice([1, 2.5, 1e4], n)
    assert turnbull(interval_times(left, right, weight)).gap < GAP


@settings(deadline=None)
@given(intervals)
def test_the_masses_are_unique(pairs):
    """The cover matrix has full column rank, so that the log-likelihood is strictly concave."""
    cover = covers(interval_times(*arrays(pairs)))
    assert np.linalg.matrix_rank(cover.astype(float)) == cover.shape[1]


@settings(deadline=None)
@given(intervals, st.randoms(use_true_random=False))
def test_order_repetition_and_the_unit_of_time_do_not_matter(pairs, random):
    left, right = arrays(pairs)
    curve = turnbull(interval_times(left, right))
    order = list(range(len(pairs)))
    random.shuffle(order)
    shuffled = turnbull(interval_times(left[order] * 7, right[order] * 7))
    doubled = turnbull(interval_times(np.tile(left, 2), np.tile(right, 2)))
    weighted = turnbull(interval_times(left, right, np.full(left.size, 2.0)))
    assert shuffled.mass.tobytes() == curve.mass.tobytes()
    assert (shuffled.left == 7 * curve.left).all()
    for other in (doubled, weighted):
        np.testing.assert_allclose(other.mass, curve.mass, atol=1e-9)


def test_inside_an_innermost_interval_the_curve_lies_between_its_ends():
    curve = turnbull(interval_times([0, 0, 4, 9], [3, 3, 7, INF]))
    low, high = curve.bounds([0, 1, 3, 3.5, 4, 5, 7, 9, 10])
    np.testing.assert_allclose(low, [1, 0.5, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0], atol=CLOSED_ATOL)
    np.testing.assert_allclose(high, [1, 1, 0.5, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25], atol=CLOSED_ATOL)


def test_an_exact_time_drops_at_the_point():
    low, high = turnbull(interval_times([2, 5], [2, 5])).bounds([1.9, 2, 4.9, 5])
    np.testing.assert_allclose(low, [1, 0.5, 0.5, 0], atol=CLOSED_ATOL)
    np.testing.assert_allclose(high, [1, 0.5, 0.5, 0], atol=CLOSED_ATOL)


def test_nobody_with_the_event_leaves_the_curve_at_one_up_to_the_last_visit():
    curve = turnbull(interval_times([3, 8], [INF, INF]))
    assert (curve.left.tolist(), curve.right.tolist(), curve.mass.tolist()) == ([8], [INF], [1])


@pytest.mark.parametrize(
    ("left", "right", "told"),
    [
        ([np.nan, 1], [2, 3], "left or right is missing (NaN) in 1 of 2 rows"),
        ([-1, 1], [2, 3], "left is negative in 1 of 2 rows"),
        ([4, 1], [2, 3], "left lies after right in 1 of 2 rows"),
        ([0, 1], [0, 3], "right is 0 in 1 of 2 rows"),
        ([INF, 1], [INF, 3], "left is infinite in 1 of 2 rows"),
    ],
)
def test_impossible_intervals_are_refused_and_counted(left, right, told):
    with pytest.raises(ValueError, match=re.escape(told)):
        interval_times(left, right)


def test_the_bootstrap_is_the_same_for_any_order_of_patients_and_covers_the_binomial_share():
    """One visit: the curve there is the share without the event, and its draws are binomial: 40 of 100,
    whose 2.5% and 97.5% quantiles are 0.31 and 0.50."""
    left, right = np.array([0.0] * 60 + [10.0] * 40), np.array([10.0] * 60 + [INF] * 40)
    limits = bootstrap_limits(interval_times(left, right), [10], 0.95, seed=3, resamples=1000)
    turned = bootstrap_limits(interval_times(left[::-1], right[::-1]), [10], 0.95, seed=3, resamples=1000)
    assert limits == turned
    np.testing.assert_allclose(np.ravel(limits), [0.31, 0.50], atol=0.011)  # one patient, the draws' step
