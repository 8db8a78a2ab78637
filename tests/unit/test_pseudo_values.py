"""Pseudo-values in closed form against leaving each patient out, and their regression on arms."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from outcomes.models.counting import Sample, known_until
from outcomes.models.pseudo_regression import adjusted_means, column_problem, joint_covariance
from outcomes.models.pseudo_values import rmst_pseudo_values
from outcomes.models.restricted_mean import joint_rmst_covariance, restricted_mean, rmst_covariance

LEAVE_ONE_OUT_RTOL = 1e-10  # of n times the horizon: a pseudo-value is a difference of numbers of that size
CLOSED_RTOL = 1e-12  # closed forms: a handful of roundings


def area(time, observed, horizon):
    """Area under Kaplan and Meier's curve, flat after its last time: one factor per event time, in a loop."""
    total, survival, last = 0.0, 1.0, 0.0
    for day in np.unique(time[observed & (time < horizon)]):
        total += survival * (day - last)
        survival *= 1 - (observed & (time == day)).sum() / (time >= day).sum()
        last = day
    return total + survival * (horizon - last)


def leave_one_out(time, observed, horizon):
    n, places = len(time), np.arange(len(time))
    whole = n * area(time, observed, horizon)
    return np.array(
        [whole - (n - 1) * area(time[places != k], observed[places != k], horizon) for k in places]
    )


patients = st.lists(st.tuples(st.integers(1, 12), st.booleans()), min_size=2, max_size=25)


@settings(max_examples=300, deadline=None)
@given(patients, st.floats(0.5, 20))
def test_closed_form_equals_leaving_each_patient_out(people, horizon):
    """Days from 1 to 12, so that times are tied, curves reach 0, and patients are alone at risk."""
    time = np.array([day for day, _ in people], dtype=float)
    observed = np.array([seen for _, seen in people])
    assume(horizon <= known_until(Sample(time, observed)))
    np.testing.assert_allclose(
        rmst_pseudo_values(time, observed, horizon),
        leave_one_out(time, observed, horizon),
        atol=LEAVE_ONE_OUT_RTOL * len(people) * horizon,
    )


def test_without_censoring_a_pseudo_value_is_the_time_up_to_the_horizon():
    time = np.array([5.0, 40, 40, 90, 300])
    values = rmst_pseudo_values(time, np.ones(5, bool), 60.0)
    np.testing.assert_allclose(values, [5, 40, 40, 60, 60], rtol=CLOSED_RTOL)


def test_the_order_of_patients_is_kept():
    rng = np.random.default_rng(3)
    time, observed = np.ceil(rng.exponential(50, 80)), rng.random(80) < 0.6
    order = rng.permutation(80)
    values = rmst_pseudo_values(time, observed, 60.0)
    np.testing.assert_allclose(
        rmst_pseudo_values(time[order], observed[order], 60.0), values[order], rtol=1e-12
    )


@pytest.mark.parametrize("horizon", [0.0, -1.0, 31.0, float("nan")])
def test_a_horizon_that_is_not_within_the_follow_up_is_refused(horizon):
    with pytest.raises(ValueError, match="horizon"):
        rmst_pseudo_values(np.array([10.0, 30.0]), np.array([True, False]), horizon)


def test_adjusted_means_without_covariates_are_means_of_pseudo_values():
    """Their variance is that of a mean with n in the denominator, and arms are independent."""
    values, arm = np.array([1.0, 3, 8, 10, 12]), np.array([0, 0, 1, 1, 1])
    means = adjusted_means(values, arm, np.empty((5, 0)))
    np.testing.assert_allclose(means.mean, [2, 10], rtol=CLOSED_RTOL)
    np.testing.assert_allclose(means.covariance, np.diag([1 / 2, (8 / 3) / 3]), rtol=CLOSED_RTOL, atol=1e-15)


def test_adjusted_means_are_standardised_over_the_sample():
    """Values on two parallel lines without error: the mean of each arm at the mean covariate of all.

    What varies is only where the sample's mean lies: slope squared times its variance, for all arms alike.
    """
    arm, x = np.array([0, 0, 0, 1, 1]), np.array([1.0, 2, 6, 4, 12])
    means = adjusted_means(np.array([10.0, 30])[arm] + 2 * x, arm, x[:, None])
    np.testing.assert_allclose(means.mean, [20, 40], rtol=CLOSED_RTOL)
    np.testing.assert_allclose(means.slopes, [2], rtol=CLOSED_RTOL)
    expected = 4 * x.var() / 5
    np.testing.assert_allclose(means.covariance, np.full((2, 2), expected), rtol=1e-10)


def test_their_covariance_is_the_sandwich_of_the_equations_for_slopes_and_sample_mean_together():
    """Stacked estimating equations X'e = 0 and Z - mu = 0, the covariate as it stands, not centred.

    The mean of arm a is a_a + mu b; bread by hand, meat the sum of the outer products.
    """
    rng = np.random.default_rng(11)
    arm, z = np.arange(40) % 2, rng.normal(50, 10, 40)
    values = 20 + 30 * arm + 1.5 * z + rng.normal(0, 8, 40) * (1 + arm)
    x = np.column_stack([arm == 0, arm == 1, z]).astype(float)
    coefficients = np.linalg.solve(x.T @ x, x.T @ values)
    scores = np.column_stack([x * (values - x @ coefficients)[:, None], z - z.mean()])
    bread = np.zeros((4, 4))
    bread[:3, :3], bread[3, 3] = x.T @ x, 40
    inverse = np.linalg.inv(bread)
    sandwich = inverse @ (scores.T @ scores) @ inverse.T
    b, mu = coefficients[2], z.mean()
    gradient = np.array([[1, 0, mu, b], [0, 1, mu, b]])
    means = adjusted_means(values, arm, z[:, None])
    np.testing.assert_allclose(means.mean, coefficients[:2] + mu * b, rtol=1e-11)
    np.testing.assert_allclose(means.covariance, gradient @ sandwich @ gradient.T, rtol=1e-10)


def test_the_joint_covariance_over_horizons_holds_each_horizons_own():
    rng = np.random.default_rng(8)
    time, observed, arm = rng.exponential(80, 90), rng.random(90) < 0.7, np.arange(90) % 3
    age = rng.normal(size=(90, 1))
    means = [adjusted_means(rmst_pseudo_values(time, observed, day), arm, age) for day in (30.0, 60.0)]
    joint = joint_covariance(means)
    for k, mean in enumerate(means):
        np.testing.assert_allclose(joint[:, k, :, k], mean.covariance, rtol=1e-10)
    flat = joint.reshape(6, 6)
    np.testing.assert_allclose(flat, flat.T, rtol=1e-12)
    assert np.linalg.eigvalsh(flat)[0] > 0


@pytest.mark.parametrize(
    ("column", "message"),
    [
        ([5.0] * 6, "'x' does not vary among the patients analysed"),
        ([1.0, 1, 1, 2, 2, 2], "'x' is collinear with the arms and 'age'"),
        ([3.0, 5, 7, 9, 3, 1], "'x' is collinear with the arms and 'age'"),
        ([1.0, 0, 0, 1, 1, 0], None),
    ],
)
def test_a_constant_or_collinear_covariate_is_named(column, message):
    age = np.array([1.0, 2, 3, 4, 1, 0])
    columns = np.column_stack([age, column])
    assert column_problem(np.array([0, 0, 0, 1, 1, 1]), columns, ("age", "x")) == message


# ---------- covariance of areas under one curve


def test_the_covariance_over_horizons_equals_the_variance_on_its_diagonal():
    rng = np.random.default_rng(5)
    sample = Sample(np.ceil(rng.exponential(90, 70)), rng.random(70) < 0.6)
    horizons = (20.0, 45.5, 90.0)
    covariance = rmst_covariance(sample, horizons)
    variances = [restricted_mean(sample, day).variance for day in horizons]
    np.testing.assert_allclose(np.diag(covariance), variances, rtol=CLOSED_RTOL)
    assert np.linalg.eigvalsh(covariance)[0] > 0
    joint = joint_rmst_covariance([sample, sample], horizons)
    np.testing.assert_allclose(joint[1, :, 1, :], covariance, rtol=CLOSED_RTOL)
    assert (joint[0, :, 1, :] == 0).all()


def test_without_censoring_it_is_the_covariance_of_the_times_up_to_the_horizons():
    """Of the means of min(T, h) and min(T, k), with n in the denominator."""
    time = np.random.default_rng(2).exponential(100, 50)
    covariance = rmst_covariance(Sample(time, np.ones(50, bool)), (60.0, 150.0))
    expected = np.cov(np.minimum(time, 60), np.minimum(time, 150), bias=True) / 50
    np.testing.assert_allclose(covariance, expected, rtol=1e-10)


def test_two_horizons_by_hand():
    """Four patients: events on days 1 and 3, censored on 2 and 4. S = 3/4 from day 1, 3/8 from day 3.

    To day 2: area beyond day 1 is 3/4. To day 4: 3/2 + 3/8 beyond day 1, 3/8 beyond day 3. Greenwood's
    terms 1 / (4 * 3) and 1 / (2 * 1).
    """
    sample = Sample(np.array([1.0, 2, 3, 4]), np.array([1, 0, 1, 0], bool))
    one, two = 1 / 12, 1 / 2
    expected = [
        [0.75**2 * one, 0.75 * 1.875 * one],
        [0.75 * 1.875 * one, 1.875**2 * one + 0.375**2 * two],
    ]
    np.testing.assert_allclose(rmst_covariance(sample, (2.0, 4.0)), expected, rtol=CLOSED_RTOL)
