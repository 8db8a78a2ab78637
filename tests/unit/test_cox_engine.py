"""The Cox model on arrays: hand-solved cases, plain sums, and what must not change an answer."""

from __future__ import annotations

import math

import numpy as np
import pytest
from cox_rows import engine_likelihood, plain_likelihood, seeds, simulate
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq

from outcomes.models.cox import (
    baseline_hazard,
    fit_cox_model,
    martingale_residuals,
    predict_survival,
    proportionality_tests,
    schoenfeld_residuals,
    score_residuals,
)  # fmt: skip

HAND_RTOL = 1e-12  # Newton's last step and a handful of roundings
SAME_RTOL = 1e-9  # two runs of Newton to 1e-9 standard errors, polished by one more step; other sums
TIES = ("efron", "breslow")


def few(**changes):
    return settings(max_examples=25, deadline=None, **changes)


# ---------- Therneau & Grambsch 2000, appendix E (survival's vignette "Validation"), r = exp(b)

ONE = {
    "time": [1, 1, 6, 6, 8, 9],
    "observed": np.array([1, 0, 1, 1, 0, 1], bool),
    "covariates": np.array([[1.0], [1], [1], [0], [0], [0]]),
}
TWO = {
    "entry": [1, 2, 5, 2, 1, 7, 3, 4, 8, 8],
    "time": [2, 3, 6, 7, 8, 9, 9, 9, 14, 17],
    "observed": np.array([1, 1, 1, 1, 1, 1, 1, 0, 0, 0], bool),
    "covariates": np.array([[1.0], [0], [0], [1], [0], [1], [1], [1], [0], [0]]),
}
# the events' own part of the score, then (d, a, c) of risk sets a r + c with d terms each: derived by hand
CASES = {
    ("one", "breslow"): (2, [(1, 3, 3), (2, 1, 3)], 1.475285),
    ("one", "efron"): (2, [(1, 3, 3), (1, 1, 3), (1, 0.5, 2.5)], 1.676857),
    ("two", "breslow"): (4, [(1, 1, 1), (1, 1, 2), (1, 3, 2), (2, 3, 1), (2, 3, 2)], -0.084526),
    ("two", "efron"): (4, [(1, 1, 1), (1, 1, 2), (1, 3, 2), (2, 3, 1), (1, 3, 2), (1, 2, 2)], -0.021105),
}


@pytest.mark.parametrize(("data", "ties"), CASES)
def test_hand_solved_cases(data, ties):
    """Root of the score, its information and log likelihood; the printed roots have six decimals."""
    own, risk_sets, printed = CASES[data, ties]
    score = lambda b: own - sum(d * a * math.exp(b) / (a * math.exp(b) + c) for d, a, c in risk_sets)  # noqa: E731
    b = brentq(score, -5, 5, xtol=1e-15, rtol=1e-15)
    r = math.exp(b)
    information = sum(d * a * c * r / (a * r + c) ** 2 for d, a, c in risk_sets)
    fit = fit_cox_model(**(ONE if data == "one" else TWO), ties=ties)
    assert round(b, 6) == printed
    assert fit.coefficients[0] == pytest.approx(b, rel=HAND_RTOL, abs=HAND_RTOL)
    assert fit.covariance[0, 0] == pytest.approx(1 / information, rel=HAND_RTOL)
    at = lambda r: math.log(r) * own - sum(d * math.log(a * r + c) for d, a, c in risk_sets)  # noqa: E731
    assert fit.log_likelihood == pytest.approx(at(r), rel=HAND_RTOL)
    assert fit.log_likelihood_null == pytest.approx(at(1), rel=HAND_RTOL)
    null = sum(d * a * c / (a + c) ** 2 for d, a, c in risk_sets)
    assert fit.score_test.statistic == pytest.approx(score(0) ** 2 / null, rel=HAND_RTOL)


def test_breslow_root_in_closed_form():
    """Data set 1: 2 = r/(r+1) + 2r/(r+3) where r^2 - 3r - 6 = 0."""
    fit = fit_cox_model(**ONE, ties="breslow")
    assert fit.coefficients[0] == pytest.approx(math.log((3 + math.sqrt(33)) / 2), rel=HAND_RTOL)


def test_hazard_and_martingale_residuals_by_hand():
    """Data set 1 with Breslow's ties: the hazard grows by 1/(3r + 3), 2/(r + 3) and 1."""
    r = (3 + math.sqrt(33)) / 2
    fit = fit_cox_model(**ONE, ties="breslow")
    hazard = np.cumsum([1 / (3 * r + 3), 2 / (r + 3), 1.0])
    np.testing.assert_allclose(baseline_hazard(fit).cumulative_hazard, hazard, rtol=HAND_RTOL)
    expected = [
        1 - r * hazard[0],
        -r * hazard[0],
        1 - r * hazard[1],
        1 - hazard[1],
        -hazard[1],
        1 - hazard[2],
    ]
    np.testing.assert_allclose(martingale_residuals(fit), expected, rtol=1e-11, atol=HAND_RTOL)


# ---------- the likelihood as plain sums


@pytest.mark.parametrize("ties", TIES)
@given(seed=seeds, truncated=st.booleans(), stratified=st.booleans(), weighted=st.booleans())
@few()
def test_likelihood_equals_its_plain_sums(ties, seed, truncated, stratified, weighted):
    data, rng = simulate(seed), np.random.default_rng(seed)
    n = data["time"].size
    data["observed"][0] = True
    options = {
        "entry": np.floor(data["time"] * rng.choice([0, 0.3, 0.8], n)) if truncated else None,
        "stratum": rng.integers(0, 4, n) if stratified else None,
        "weights": rng.uniform(0.2, 3, n) if weighted else None,
        "offset": rng.normal(size=n),
    }
    beta = rng.normal(size=2)
    ours = engine_likelihood(beta, **data, ties=ties, **options)
    expected = plain_likelihood(beta, **data, ties=ties, **options)
    size = np.abs(expected[2]).max()
    assert ours[0] == pytest.approx(expected[0], rel=1e-12)
    np.testing.assert_allclose(ours[1], expected[1], atol=1e-11 * (1 + size))
    np.testing.assert_allclose(ours[2], expected[2], atol=1e-11 * (1 + size))


def test_blocks_of_rows_leave_no_seam():
    """More rows than a block holds, with ties across its edge, left truncation and strata."""
    rng = np.random.default_rng(3)
    n, p = 3000, 40
    time = np.ceil(rng.exponential(100, n))
    data = {"time": time, "observed": rng.random(n) < 0.5, "covariates": rng.normal(size=(n, p))}
    options = {"entry": np.floor(time * rng.choice([0, 0.5], n)), "stratum": rng.integers(0, 2, n)}
    beta = 0.1 * rng.normal(size=p)
    for ties in TIES:
        ours = engine_likelihood(beta, **data, ties=ties, **options)
        expected = plain_likelihood(beta, **data, ties=ties, **options)
        np.testing.assert_allclose(ours[1], expected[1], atol=1e-9)
        np.testing.assert_allclose(ours[2], expected[2], atol=1e-9)


# ---------- what must not change an answer


def same_fit(one, two, rtol=SAME_RTOL):
    assert (one.status, two.status) == ("ok", "ok"), (one.message, two.message)
    scale = one.std_errors
    np.testing.assert_allclose(one.coefficients / scale, two.coefficients / scale, rtol=rtol, atol=rtol)
    np.testing.assert_allclose(
        one.covariance / np.outer(scale, scale), two.covariance / np.outer(scale, scale), atol=10 * rtol
    )


@pytest.mark.parametrize("ties", TIES)
@given(seed=seeds, unit=st.sampled_from([7.0, 30.4375, 365.25, 1 / 24, 1 / 86400]))
@few()
def test_days_and_years_agree(ties, seed, unit):
    """Tied days stay tied in every unit, entries with events too, and days apart stay apart."""
    data = simulate(seed)
    data["entry"] = np.floor(data["time"] * np.random.default_rng(seed).choice([0, 0.5], 60))
    other = data | {"time": data["time"] / unit, "entry": data["entry"] / unit}
    same_fit(fit_cox_model(**data, ties=ties), fit_cox_model(**other, ties=ties))


def test_times_tied_but_for_their_rounding_are_tied():
    """The same days as differences of dates counted in years from 1970."""
    data = simulate(5)
    begin = 20_000.0 + np.arange(60)
    years = (begin + data["time"]) / 365.25 - begin / 365.25
    assert np.unique(years).size > np.unique(data["time"]).size
    same_fit(fit_cox_model(**data), fit_cox_model(**data | {"time": years}))


def test_half_days_are_not_cut_off():
    data = simulate(6)
    halves = data["time"] - 0.5 * (np.arange(60) % 2)
    fit = fit_cox_model(**data | {"time": halves})
    same_fit(fit, fit_cox_model(**data | {"time": 2 * halves}))
    assert np.unique(baseline_hazard(fit).time % 1).tolist() == [0.0, 0.5]


@pytest.mark.parametrize("ties", TIES)
@given(seed=seeds)
@few()
def test_row_order_does_not_matter(ties, seed):
    data = simulate(seed)
    shuffled = np.random.default_rng(seed).permutation(60)
    cluster = np.arange(60) // 3
    one = fit_cox_model(**data, ties=ties, cluster=cluster)
    two = fit_cox_model(**{key: value[shuffled] for key, value in data.items()}, ties=ties,
                        cluster=cluster[shuffled])  # fmt: skip
    same_fit(one, two)
    np.testing.assert_allclose(martingale_residuals(one)[shuffled], martingale_residuals(two), atol=SAME_RTOL)


@given(seed=seeds)
@few()
def test_a_row_twice_equals_weight_two_with_breslows_ties(seed):
    """Efron's ties tell the two apart: two events are tied, one of weight 2 is not."""
    data = simulate(seed)
    twice = np.random.default_rng(seed).integers(1, 3, 60)
    repeated = {key: np.repeat(value, twice, axis=0) for key, value in data.items()}
    same_fit(fit_cox_model(**data, ties="breslow", weights=twice), fit_cox_model(**repeated, ties="breslow"))


@pytest.mark.parametrize("ties", TIES)
@given(seed=seeds)
@few()
def test_cutting_a_row_in_two_changes_nothing(ties, seed):
    """(0, t] is (0, c] without the event, then (c, t]; the patient is the cluster of both."""
    data = simulate(seed)
    rng = np.random.default_rng(seed)
    cut = np.where(rng.random(60) < 0.5, np.floor(data["time"] * rng.random(60)), 0.0)
    parts = np.flatnonzero(cut > 0)
    joined = {
        "entry": np.concatenate([cut, np.zeros(parts.size)]),
        "time": np.concatenate([data["time"], cut[parts]]),
        "observed": np.concatenate([data["observed"], np.zeros(parts.size, bool)]),
        "covariates": np.concatenate([data["covariates"], data["covariates"][parts]]),
    }
    cluster = np.concatenate([np.arange(60), parts])
    same_fit(
        fit_cox_model(**data, ties=ties, robust=True), fit_cox_model(**joined, ties=ties, cluster=cluster)
    )


@given(seed=seeds)
@few()
def test_weight_zero_is_no_row(seed):
    data = simulate(seed)
    weights = np.random.default_rng(seed).integers(0, 2, 60)
    kept = {key: value[weights > 0] for key, value in data.items()}
    one, two = fit_cox_model(**data, weights=weights), fit_cox_model(**kept)
    assert (one.n, one.n_events) == (two.n, two.n_events)
    if two.status == "ok":
        same_fit(one, two)
        residuals = martingale_residuals(one)
        assert np.isnan(residuals[weights == 0]).all()
        np.testing.assert_allclose(residuals[weights > 0], martingale_residuals(two), atol=SAME_RTOL)


@pytest.mark.parametrize("size", [1e-12, 1e12])
def test_the_size_of_weights_scales_the_variance_only(size):
    data, weights = simulate(17), np.random.default_rng(17).uniform(0.5, 2, 60)
    one, two = fit_cox_model(**data, weights=weights), fit_cox_model(**data, weights=size * weights)
    np.testing.assert_allclose(two.coefficients, one.coefficients, rtol=SAME_RTOL)
    np.testing.assert_allclose(two.covariance * size, one.covariance, rtol=SAME_RTOL)


@given(seed=seeds, shift=st.floats(-5, 5))
@few()
def test_an_offset_is_a_covariate_whose_coefficient_is_known(seed, shift):
    data = simulate(seed)
    full = fit_cox_model(**data)
    rest = fit_cox_model(
        **data | {"covariates": data["covariates"][:, :1]},
        offset=full.coefficients[1] * data["covariates"][:, 1] + shift,
    )
    assert rest.coefficients[0] == pytest.approx(full.coefficients[0], rel=1e-8)
    assert rest.log_likelihood == pytest.approx(full.log_likelihood, rel=1e-12)


def test_strata_are_fits_of_their_own_with_common_coefficients():
    """Each stratum's coefficient on its own column: the model falls apart into two."""
    data = simulate(11)
    stratum = np.arange(60) % 2
    own = data["covariates"][:, :1] * (stratum[:, None] == [0, 1])
    both = fit_cox_model(**data | {"covariates": own}, stratum=stratum)
    for code in (0, 1):
        part = {key: value[stratum == code] for key, value in data.items()}
        alone = fit_cox_model(**part | {"covariates": part["covariates"][:, :1]})
        assert both.coefficients[code] == pytest.approx(alone.coefficients[0], rel=SAME_RTOL)
        assert both.std_errors[code] == pytest.approx(alone.std_errors[0], rel=SAME_RTOL)


def test_another_start_ends_at_the_same_maximum():
    data = simulate(12)
    far = fit_cox_model(**data, start=[4.0, -4.0])
    same_fit(fit_cox_model(**data), far)
    assert far.log_likelihood_null == fit_cox_model(**data).log_likelihood_null


def test_a_start_out_of_reach_is_no_obstacle():
    """All risk sets are empty for the computer at a log hazard ratio of 5000: Newton begins at 0 instead."""
    data = simulate(12)
    same_fit(fit_cox_model(**data), fit_cox_model(**data, start=[5000.0, -5000.0]))


def test_memory_beside_the_data_is_at_most_twice_theirs():
    """One sorted copy of the covariates, vectors, and blocks; counted by Python, not by the system."""
    import tracemalloc

    rng = np.random.default_rng(1)
    n = 100_000
    time, observed, x = rng.exponential(1.0, n), (rng.random(n) < 0.6).astype(float), rng.normal(size=(n, 10))
    tracemalloc.start()
    fit = fit_cox_model(time, observed, x)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert fit.status == "ok"
    assert peak < 2 * (time.nbytes + observed.nbytes + x.nbytes)


def test_a_units_power_of_ten_changes_only_its_coefficient():
    data = simulate(13)
    one = fit_cox_model(**data)
    two = fit_cox_model(**data | {"covariates": data["covariates"] * [1e6, 1.0] + [1e8, 0.0]})
    assert two.coefficients[0] * 1e6 == pytest.approx(one.coefficients[0], rel=1e-7)  # 1e8 leaves 8 digits
    assert two.coefficients[1] == pytest.approx(one.coefficients[1], rel=1e-7)


# ---------- identities


@pytest.mark.parametrize("ties", TIES)
def test_residuals_add_to_zero(ties):
    fit = fit_cox_model(**simulate(14), ties=ties)
    assert abs(martingale_residuals(fit).sum()) < 1e-9
    np.testing.assert_allclose(score_residuals(fit).sum(axis=0), 0.0, atol=1e-9)
    np.testing.assert_allclose(schoenfeld_residuals(fit).values.sum(axis=0), 0.0, atol=1e-9)


def test_without_covariates_the_baseline_is_nelson_aalen():
    data = simulate(15)
    fit = fit_cox_model(**data | {"covariates": np.empty((60, 0))}, ties="breslow", cluster=np.arange(60))
    times = np.unique(data["time"][data["observed"]])
    deaths = [(data["observed"] & (data["time"] == t)).sum() / (data["time"] >= t).sum() for t in times]
    np.testing.assert_allclose(baseline_hazard(fit).cumulative_hazard, np.cumsum(deaths), rtol=HAND_RTOL)


def test_curves_start_at_one_and_end_with_the_data():
    data = simulate(16)
    fit = fit_cox_model(**data | {"time": data["time"] + 5})
    curves = predict_survival(fit, [[0.0, 1.0]], [0, 5, 20, 35, 36], conf_type="log-log")
    assert curves.survival[:2, 0].tolist() == [1.0, 1.0]
    assert curves.std_error[:2, 0].tolist() == [0.0, 0.0]
    assert np.isnan(curves.survival[4, 0])
    assert curves.low[2, 0] < curves.survival[2, 0] < curves.high[2, 0]


def test_a_change_over_time_that_cannot_be_tested_says_so():
    """One event of two rows: no change of the coefficient can be seen."""
    fit = fit_cox_model([1.0, 2, 3, 3], [True, False, False, False], [[1.0], [0], [2], [0.5]])
    tests = proportionality_tests(fit, "identity")
    assert [test.message for test in tests] == ["the events say nothing of a change over time"] * 2
    assert all(np.isnan(test.statistic) for test in tests)
