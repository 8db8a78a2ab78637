"""Weibull regression against closed forms, finite differences and the reasons to refuse."""

from __future__ import annotations

import numpy as np
import pytest

from outcomes.models.interval.times import interval_times
from outcomes.models.interval.weibull import SCORE, fit_weibull
from outcomes.models.interval.weibull_effects import (
    log_hazard_ratio,
    log_time_ratio,
    predict_survival,
)
from outcomes.models.interval.weibull_likelihood import derivatives, log_likelihood, weibull_data

INF = np.inf
DIFFERENCE_RTOL = 1e-6  # central differences with steps of 1e-5 are right to about 1e-8
CLOSED_RTOL = 1e-8  # Newton stops within 1e-9 standard errors
NONE = np.empty((0, 0))


def mixed(n=60, seed=4):
    """Exact, left-, interval- and right-censored times with two covariates."""
    rng = np.random.default_rng(seed)
    x = np.column_stack([rng.integers(0, 2, n), rng.normal(size=n)]).astype(float)
    time = np.exp(3 + 0.5 * x[:, 0] - 0.3 * x[:, 1] + 0.7 * np.log(rng.exponential(size=n)))
    left, right = np.floor(time / 10) * 10, np.ceil(time / 10) * 10
    exact = np.arange(n) % 4 == 0
    left, right = np.where(exact, time, left), np.where(exact, time, right)
    beyond = right > 60
    return interval_times(np.where(beyond, 60, left), np.where(beyond, INF, right)), x


def test_gradient_and_hessian_are_those_of_the_likelihood():
    times, x = mixed()
    data = weibull_data(times, np.column_stack([np.ones(times.n), x]))
    phi, step = np.array([4.0, 0.6, -0.4, 1.3]), 1e-5
    gradient, information = derivatives(data, phi)
    moves = step * np.eye(4)
    slopes = [(log_likelihood(data, phi + m) - log_likelihood(data, phi - m)) / (2 * step) for m in moves]
    bends = [(derivatives(data, phi + m)[0] - derivatives(data, phi - m)[0]) / (2 * step) for m in moves]
    np.testing.assert_allclose(gradient, slopes, rtol=DIFFERENCE_RTOL)
    np.testing.assert_allclose(information, -np.array(bends), rtol=DIFFERENCE_RTOL)


def test_two_visits_are_solved_by_shares():
    """Visits at 10 and 40 days; the shares event-free are 0.8 and 0.5. Two points determine the curve:
    log(-log S) = (log t - b0) / scale."""
    left, right = np.repeat([0.0, 10.0, 40.0], [20, 30, 50]), np.repeat([10.0, 40.0, INF], [20, 30, 50])
    fit = fit_weibull(interval_times(left, right), np.empty((100, 0)), ())
    low, high = np.log(-np.log(0.8)), np.log(-np.log(0.5))
    scale = np.log(4) / (high - low)
    assert fit.scale == pytest.approx(scale, rel=CLOSED_RTOL)
    assert fit.coefficients[0] == pytest.approx(np.log(10) - scale * low, rel=CLOSED_RTOL)
    curve = predict_survival(fit, np.empty((1, 0)), [0, 10, 40], 0.95)
    np.testing.assert_allclose(curve.survival, [1, 0.8, 0.5], rtol=CLOSED_RTOL)
    # saturated: the variance of each share is the binomial one
    np.testing.assert_allclose(curve.std_error, [0, 0.04, 0.05], rtol=CLOSED_RTOL)


def test_two_arms_at_one_scale_have_the_ratio_of_log_survival():
    """Both arms' cumulative hazards at both visits are in the ratio 2: that is the hazard ratio."""
    n = 1_000_000
    shares = [(0.2, 0.3), (0.36, 0.39)]  # 1 - 0.8**2, 0.8**2 - 0.5**2
    left, right, arm, weight = [], [], [], []
    for code, (first, second) in enumerate(shares):
        left += [0.0, 10.0, 40.0]
        right += [10.0, 40.0, INF]
        arm += [code] * 3
        weight += [n * first, n * second, n * (1 - first - second)]
    fit = fit_weibull(interval_times(left, right, weight), np.array(arm, float)[:, None], ("b",))
    ratio, time_ratio = log_hazard_ratio(fit, [0, 1]), log_time_ratio(fit, [0, 1])
    assert np.exp(ratio.log) == pytest.approx(2, rel=CLOSED_RTOL)
    assert time_ratio.log == pytest.approx(-ratio.log * fit.scale, rel=CLOSED_RTOL)


def test_the_unit_of_time_moves_the_intercept_alone():
    times, x = mixed()
    days = fit_weibull(times, x, ("a", "b"))
    years = fit_weibull(interval_times(times.left / 365.25, times.right / 365.25), x, ("a", "b"))
    shift = np.array([np.log(365.25), 0, 0])
    np.testing.assert_allclose(years.coefficients + shift, days.coefficients, rtol=CLOSED_RTOL)
    np.testing.assert_allclose(years.covariance, days.covariance, rtol=CLOSED_RTOL)
    assert days.score < SCORE


def test_the_unit_of_a_covariate_moves_its_coefficient_alone():
    times, x = mixed()
    one = fit_weibull(times, x, ("a", "b"))
    other = fit_weibull(times, x * [1, 1000] + [0, 5e4], ("a", "b"))
    np.testing.assert_allclose(other.coefficients[1:] * [1, 1000], one.coefficients[1:], rtol=CLOSED_RTOL)
    assert other.log_likelihood == pytest.approx(one.log_likelihood, rel=CLOSED_RTOL)


def test_swapping_the_arms_inverts_both_ratios():
    times, x = mixed()
    one, other = (fit_weibull(times, column[:, None], ("a",)) for column in (x[:, 0], 1 - x[:, 0]))
    for ratio in (log_hazard_ratio, log_time_ratio):
        assert ratio(one, [0, 1]).log == pytest.approx(-ratio(other, [0, 1]).log, rel=CLOSED_RTOL)
        assert ratio(one, [0, 1]).std_error == pytest.approx(ratio(other, [0, 1]).std_error, rel=CLOSED_RTOL)


def test_a_curve_over_covariates_is_the_mean_of_the_patients_curves():
    times, x = mixed()
    fit = fit_weibull(times, x, ("a", "b"))
    whole = predict_survival(fit, x, [20], 0.95)
    each = [predict_survival(fit, row[None], [20], 0.95).survival[0] for row in x]
    assert whole.survival[0] == pytest.approx(np.mean(each), rel=CLOSED_RTOL)
    assert whole.low[0] < whole.survival[0] < whole.high[0]


def test_intervals_that_narrow_approach_the_exact_time():
    """A day's interval at day 300 against the day itself: the density is even across it."""
    rng = np.random.default_rng(8)
    time = np.ceil(300 * rng.exponential(size=400)) + 100
    exact = fit_weibull(interval_times(time, time), np.empty((400, 0)), ())
    narrow = fit_weibull(interval_times(time - 1e-3, time + 1e-3), np.empty((400, 0)), ())
    np.testing.assert_allclose(narrow.coefficients, exact.coefficients, rtol=1e-9)
    np.testing.assert_allclose(narrow.covariance, exact.covariance, rtol=1e-5)


def arms_with(left, right, code=(0, 0, 0, 1, 1, 1)):
    return fit_weibull(interval_times(left, right), np.array(code, float)[:, None], ("combined",))


@pytest.mark.parametrize(
    ("left", "right", "told"),
    [
        ([1, 2, 3, 4, 5, 6], [INF] * 6, "no event: every time is right-censored"),
        ([0, 4, 8, 9, 9, 9], [4, 8, 12, INF, INF, INF], "the coefficient of 'combined' runs to infinity"),
        ([4, 4, 8, 0, 0, 0], [8, 12, INF, 4, 4, 4], "the coefficient of 'combined' runs to infinity"),
        ([2, 2, 2, 3, 3, 3], [2, 2, 2, 3, 3, 3], "exact times are predicted without error"),
        ([0, 4, 4, 0, 4, 4], [4, INF, INF, 4, INF, INF], "do not tell location and scale apart"),
        ([4, 4, 4, 8, 8, 8], [8, 8, 8, 12, 12, 12], "the coefficient of 'combined' runs to infinity"),
    ],
)
def test_a_likelihood_without_a_maximum_is_refused_with_its_reason(left, right, told):
    fit = arms_with(left, right)
    assert fit.status == "not_estimable"
    assert told in fit.message
    assert fit.coefficients.size == 0


@pytest.mark.parametrize(
    ("extra", "told"),
    [
        ([7.0] * 6, "'age' does not vary among the patients"),
        ([1.0, 1, 1, 3, 3, 3], "'age' is collinear with 'combined'"),
    ],
)
def test_constant_and_collinear_columns_are_named(extra, told):
    matrix = np.column_stack([[0, 0, 0, 1, 1, 1], extra]).astype(float)
    fit = fit_weibull(interval_times([0, 4, 8, 0, 4, 8], [4, 8, INF, 4, 8, 12]), matrix, ("combined", "age"))
    assert (fit.status, fit.message) == ("not_estimable", told)


def test_a_design_with_holes_is_refused_without_its_values():
    with pytest.raises(ValueError, match="1 rows of the design are not finite"):
        fit_weibull(interval_times([0, 4], [4, 8]), np.array([[np.nan], [1.0]]), ("age",))
