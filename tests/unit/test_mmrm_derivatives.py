"""Gradients and information of every structure against difference quotients, away from the optimum."""

from __future__ import annotations

import numpy as np
import pytest

from outcomes.models.mmrm import STRUCTURES, Factor, Number, build_design, cross_products, quantity_names
from outcomes.models.mmrm import likelihood as lik
from outcomes.models.mmrm.standardise import standardise
from outcomes.models.mmrm.starts import starts

TIMES = (1.0, 2.0, 4.0, 8.0)
STEP = 1e-5  # of a difference quotient: its error is about 1e-10 of the third derivative
TOL = 2e-6


def problem(name, *, reml, groups=2):
    rng = np.random.default_rng(3)
    n, T = 60, 4
    arm = rng.integers(0, 2, n)
    Z = np.column_stack([arm, rng.normal(20, 4, n)]).astype(float)
    y = rng.normal(size=(n, T)) @ rng.normal(size=(T, T)) + rng.normal(size=(n, 1)) + 0.3 * Z[:, 1:]
    y[rng.random((n, T)) < 0.2] = np.nan
    design = build_design("abcd", (Factor("arm", ("x", "y")), Number("base")),
                          [("arm",), ("visit",), ("base",), ("arm", "visit")])  # fmt: skip
    sums = cross_products(
        y, Z, visits="abcd", covariate_names=quantity_names(design), group=arm % groups,
        groups=("x", "y")[:groups], days=np.add.outer(rng.normal(0, 2, n), 10.0 * np.array(TIMES)),
        weights=rng.uniform(0.5, 2.0, n),
    )  # fmt: skip
    return lik.Problem(standardise(sums, design.columns), STRUCTURES[name](TIMES), reml)


@pytest.mark.parametrize("reml", [True, False])
@pytest.mark.parametrize("name", STRUCTURES)
def test_gradient_and_observed_information_are_difference_quotients(name, reml):
    made = problem(name, reml=reml)
    theta = next(starts(made)) * 1.05
    shape = theta.shape

    def value(flat):
        return lik.evaluate(made, flat.reshape(shape)).log_likelihood

    def gradient(flat):
        return lik.slope(made, lik.evaluate(made, flat.reshape(shape))).gradient

    point = lik.evaluate(made, theta)
    at = lik.slope(made, point)
    flat = theta.ravel()
    steps = STEP * np.eye(theta.size)
    quotient = np.array([(value(flat + h) - value(flat - h)) / (2 * STEP) for h in steps])
    size = 1.0 + np.abs(quotient).max()
    np.testing.assert_allclose(at.gradient / size, quotient / size, atol=TOL)
    bend = lik.curvature(made, point, at)
    quotient = -np.array([(gradient(flat + h) - gradient(flat - h)) / (2 * STEP) for h in steps])
    size = np.abs(quotient).max()
    np.testing.assert_allclose(bend.observed / size, quotient / size, atol=TOL)


@pytest.mark.parametrize("name", ["unstructured", "heterogeneous_ar1", "spatial_exponential"])
def test_the_change_of_the_coefficients_covariance_is_a_difference_quotient(name):
    made = problem(name, reml=True)
    theta = next(starts(made))
    point = lik.evaluate(made, theta)
    bend = lik.curvature(made, point, lik.slope(made, point))
    for a, h in enumerate(STEP * np.eye(theta.size)):
        up, down = (lik.evaluate(made, theta + sign * h.reshape(theta.shape)).cov for sign in (1.0, -1.0))
        change = point.cov @ bend.P[a] @ point.cov
        np.testing.assert_allclose(change, (up - down) / (2 * STEP), atol=TOL * np.abs(change).max())


@pytest.mark.parametrize("name", ["unstructured", "toeplitz", "random_intercept_and_slope"])
def test_the_expected_information_is_the_mean_of_the_observed_one(name):
    """Over scores drawn from the model itself; the tolerance is four standard errors of that mean."""
    made = problem(name, reml=True, groups=1)
    theta = next(starts(made))
    data = made.data
    rng = np.random.default_rng(5)
    T = len(TIMES)
    drawn = []
    expected = None
    n, arm = 60, np.arange(60) % 2
    Z = np.column_stack([arm, rng.normal(0, 1, n)]).astype(float)
    design = build_design(
        "abcd", (Factor("arm", ("x", "y")), Number("base")), [("arm",), ("visit",), ("base",)]
    )
    low = np.linalg.cholesky(made.structure.value(theta[0], None)[0])
    missing = rng.random((n, T)) < 0.15
    for _ in range(400):
        y = rng.normal(size=(n, T)) @ low.T
        y[missing] = np.nan
        sums = cross_products(y, Z, visits="abcd", covariate_names=quantity_names(design))
        standard = standardise(sums, design.columns)
        one = lik.Problem(standard, made.structure, reml=True)
        scaled = (
            theta / standard.score_scale**2 if made.structure.linear else theta - _log_scale(name, standard)
        )
        point = lik.evaluate(one, scaled)
        bend = lik.curvature(one, point, lik.slope(one, point))
        unit = standard.score_scale**2 if made.structure.linear else 1.0
        drawn.append(bend.observed / unit**2)
        expected = bend.expected / unit**2
    assert data.n_groups == 1
    mean, error = np.mean(drawn, axis=0), np.std(drawn, axis=0) / np.sqrt(len(drawn))
    assert (np.abs(mean - expected) < 4.0 * error + 1e-9 * np.abs(expected).max()).all()


def _log_scale(name, standard):
    """The first parameter of a homogeneous structure is the logarithm of its standard deviation."""
    shift = np.zeros((1, len(TIMES) if name == "toeplitz" else 2))
    shift[0, 0] = np.log(standard.score_scale)
    return shift
