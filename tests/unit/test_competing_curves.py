"""Cumulative incidences: they add to 1, reduce to Kaplan-Meier, and have the variance that weights show."""

from __future__ import annotations

import numpy as np
import pytest
from competing_rows import draw
from hypothesis import given
from hypothesis import strategies as st

from outcomes.models.competing.aalen_johansen import (
    aalen_johansen,
    counting_variance,
    jackknife_variance,
    log_log_limits,
)
from outcomes.models.competing.counts import cause_table
from outcomes.models.counting import Sample
from outcomes.models.kaplan_meier import kaplan_meier

CLOSED_RTOL = 1e-12  # sums in another order
STEP = 1e-4
DERIVATIVE_ATOL = 1e-7  # central differences: STEP squared, and rounding over STEP

patients = st.lists(
    st.tuples(st.integers(1, 12), st.integers(0, 3), st.floats(0.01, 50)), min_size=1, max_size=40
)


def arrays(rows):
    time, cause, weight = (np.array(column) for column in zip(*rows, strict=True))
    return time.astype(float), cause.astype(np.int64), weight.astype(float)


@given(patients)
def test_incidences_and_being_event_free_add_to_exactly_one(rows):
    """With ties and weights; in any order of addition, since all are multiples of 2^-52."""
    time, cause, weight = arrays(rows)
    curves = aalen_johansen(cause_table(time, cause, 3, weight))
    parts = np.vstack([curves.event_free, curves.incidence])
    assert (parts.sum(axis=0) == 1.0).all()
    assert (parts[::-1].sum(axis=0) == 1.0).all()
    assert ((parts >= 0) & (parts <= 1)).all()
    assert np.isfinite(curves.std_error).all()


@given(patients)
def test_incidences_never_fall(rows):
    curves = aalen_johansen(cause_table(*arrays(rows)[:2], 3))
    # rounding to multiples of 2^-52 may take one of them away
    assert (np.diff(curves.incidence, axis=1) >= -(2.0**-51)).all()


@given(patients)
def test_the_order_of_patients_does_not_matter(rows):
    time, cause, weight = arrays(rows)
    one = aalen_johansen(cause_table(time, cause, 3, weight))
    other = aalen_johansen(cause_table(time[::-1], cause[::-1], 3, weight[::-1]))
    np.testing.assert_allclose(one.incidence, other.incidence, atol=1e-13)
    np.testing.assert_allclose(one.std_error**2, other.std_error**2, atol=1e-13)


def test_by_hand():
    """Relapse at 1, death at 2, censored at 2, relapse at 3: F1 = 1/4, then 1/4 + (1/2)(1/1)."""
    time, cause = np.array([1.0, 2, 2, 3]), np.array([1, 2, 0, 1])
    curves = aalen_johansen(cause_table(time, cause, 2))
    assert curves.incidence.tolist() == [[0.25, 0.25, 0.75], [0, 0.25, 0.25]]
    assert curves.event_free.tolist() == [0.75, 0.5, 0]


def test_with_one_cause_the_incidence_is_one_minus_kaplan_meier_with_greenwood_variance():
    """Unweighted, the infinitesimal jackknife of Kaplan-Meier is Greenwood's formula."""
    time, cause, _ = draw(200, seed=1)
    observed = cause == 1
    table = cause_table(time, observed.astype(np.int64), 1)
    curves, curve = aalen_johansen(table), kaplan_meier(Sample(time, observed))
    at = np.isin(curves.time, curve.time)
    np.testing.assert_allclose(1 - curves.incidence[0][at], curve.survival, rtol=CLOSED_RTOL)
    np.testing.assert_allclose(curves.std_error[0][at], curve.std_error, rtol=1e-10)
    np.testing.assert_allclose(curves.event_free_std_error[at], curve.std_error, rtol=1e-10)


def test_without_censoring_the_incidence_is_a_proportion():
    rng = np.random.default_rng(2)
    time, cause = rng.integers(1, 9, 60).astype(float), rng.integers(1, 4, 60)
    curves = aalen_johansen(cause_table(time, cause, 3))
    for k in range(3):
        share = np.array([((cause == k + 1) & (time <= day)).mean() for day in curves.time])
        np.testing.assert_allclose(curves.incidence[k], share, atol=1e-14)
        np.testing.assert_allclose(curves.std_error[k] ** 2, share * (1 - share) / 60, atol=1e-14)


@pytest.mark.parametrize("step", [1.0, 40.0])
def test_jackknife_variance_is_the_sum_of_squared_numerical_influences(step):
    """Efron 1982, chapter 6: the influence is the derivative by a patient's weight, times the weight."""
    time, cause, _ = draw(40, seed=3, step=step)
    weight = np.random.default_rng(4).uniform(0.5, 2, time.size)
    influence = []
    for i in range(time.size):
        nudge = np.where(np.arange(time.size) == i, STEP, 0.0)
        up, down = (
            aalen_johansen(cause_table(time, cause, 2, weight + sign * nudge)).incidence for sign in (1, -1)
        )
        influence.append(weight[i] * (up - down) / (2 * STEP))
    expected = (np.array(influence) ** 2).sum(axis=0)
    found = jackknife_variance(cause_table(time, cause, 2, weight))
    np.testing.assert_allclose(found, expected, atol=DERIVATIVE_ATOL)


def test_unweighted_jackknife_variance_is_the_delta_methods():
    """Marubini & Valsecchi 1995, formula 10.12, as a double loop over times."""
    time, cause, _ = draw(120, seed=6, step=10.0)
    table = cause_table(time, cause, 2)
    n, d, own = table.at_risk, table.failed, table.events[0]
    before = np.append(1.0, np.cumprod((n - d) / n)[:-1])
    incidence = np.cumsum(before * own / n)
    expected = []
    for t in range(n.size):
        total = 0.0
        for j in range(t + 1):
            ahead = incidence[t] - incidence[j]
            total += before[j] ** 2 * own[j] * (n[j] - own[j]) / n[j] ** 3
            if n[j] > d[j]:
                total += ahead**2 * d[j] / (n[j] * (n[j] - d[j])) - 2 * ahead * before[j] * own[j] / n[j] ** 2
        expected.append(total)
    np.testing.assert_allclose(jackknife_variance(table)[0], expected, rtol=1e-10)


def test_the_counting_process_variance_is_close_to_the_jackknifes_in_a_large_sample():
    """They differ by terms of 1 / n: with 4000 patients by far less than 1%."""
    time, cause, _ = draw(4000, seed=7)
    table = cause_table(time, cause, 2)
    early = table.at_risk > 400
    np.testing.assert_allclose(
        counting_variance(table)[:, early][:, 5:], jackknife_variance(table)[:, early][:, 5:], rtol=0.01
    )


def test_whole_weights_give_the_curves_of_repeated_patients():
    time, cause, _ = draw(50, seed=8)
    weight = np.random.default_rng(9).integers(1, 4, time.size)
    weighted = aalen_johansen(cause_table(time, cause, 2, weight.astype(float)))
    repeated = aalen_johansen(cause_table(np.repeat(time, weight), np.repeat(cause, weight), 2))
    np.testing.assert_allclose(weighted.incidence, repeated.incidence, rtol=CLOSED_RTOL)
    assert (weighted.std_error >= repeated.std_error).all()


def test_limits_are_symmetric_on_the_log_log_scale_and_inside_0_and_1():
    incidence, error = np.array([0.0, 0.01, 0.2, 0.95, 1.0]), np.array([0.0, 0.006, 0.05, 0.03, 0.0])
    low, high = log_log_limits(incidence, error, 0.95)
    assert np.isnan([low[0], high[0], low[4], high[4]]).all()
    inside = slice(1, 4)
    assert ((low[inside] > 0) & (low[inside] < incidence[inside]) & (high[inside] < 1)).all()
    scale = np.log(-np.log([low[inside], incidence[inside], high[inside]]))
    np.testing.assert_allclose(scale[0] - scale[1], scale[1] - scale[2], rtol=1e-9)


def test_limits_of_an_incidence_that_is_nearly_1_stay_within_0_and_1():
    low, high = log_log_limits(np.array([1 - 1e-9]), np.array([0.01]), 0.95)
    assert (low[0], high[0]) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("time", "cause", "weight", "said"),
    [
        (0.0, 1, 1.0, "positive"),
        (np.nan, 1, 1.0, "positive"),
        (1.0, 3, 1.0, "causes"),
        (1.0, 1, 0.0, "weights"),
    ],
)
def test_impossible_values_are_a_bug(time, cause, weight, said):
    with pytest.raises(ValueError, match=said):
        cause_table(np.array([time]), np.array([cause]), 2, np.array([weight]))
