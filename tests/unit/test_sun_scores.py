"""The test of interval-censored samples against published numbers and the log-rank test."""

from __future__ import annotations

import numpy as np
import pytest

from outcomes.models.interval.sun import sun_scores, sun_test
from outcomes.models.interval.times import interval_times
from outcomes.models.log_rank import log_rank

INF = np.inf
SUM_ATOL = 1e-10  # sums of a hundred scores, each a difference of masses right to 1e-13


def right_censored(n=120, seed=2):
    rng = np.random.default_rng(seed)
    group = np.arange(n) % 3
    time = np.ceil(rng.exponential(40 + 20 * group))
    return time, rng.random(n) < 0.7, group


def test_with_right_censored_times_the_sums_are_observed_minus_expected_events():
    time, observed, group = right_censored()
    test = sun_test(interval_times(time, np.where(observed, time, INF)), group)
    counted = log_rank(time, observed, group, np.zeros(time.size, dtype=np.int64))
    np.testing.assert_allclose(test.excess, counted.observed - counted.expected, atol=SUM_ATOL)


def test_scores_add_up_to_nothing_and_the_variance_is_that_of_all_permutations():
    """Five patients, groups of 2 and 3: the ten ways to choose two have this mean and variance exactly."""
    from itertools import combinations

    times = interval_times([0, 2, 3, 5, 1], [2, 4, INF, INF, 3])
    scores, _ = sun_scores(times)
    sums = [scores[list(chosen)].sum() for chosen in combinations(range(5), 2)]
    test = sun_test(times, np.array([0, 0, 1, 1, 1]))
    assert scores.sum() == pytest.approx(0, abs=SUM_ATOL)
    assert test.variance[0, 0] == pytest.approx(np.mean(np.square(sums)), abs=SUM_ATOL)


def test_the_names_of_groups_do_not_matter_and_an_empty_one_is_left_aside():
    time, observed, group = right_censored()
    times = interval_times(time, np.where(observed, time, INF))
    one, other = sun_test(times, group), sun_test(times, np.array([4, 0, 2])[group])
    assert one.df == other.df == 2
    assert one.chi_square == pytest.approx(other.chi_square, rel=SUM_ATOL)


def test_equal_scores_and_one_group_have_no_statistic():
    nobody = interval_times([3, 3], [INF, INF])
    assert np.isnan(sun_test(nobody, np.array([0, 1])).chi_square)
    assert np.isnan(sun_test(interval_times([0, 3], [2, 4]), np.array([0, 0])).chi_square)


def test_case_weights_are_refused():
    with pytest.raises(ValueError, match="no case weights"):
        sun_scores(interval_times([0, 3], [2, 4], [1, 2]))
