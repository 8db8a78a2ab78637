"""Interval-censored times against R and published numbers; `interval_ref.R` made `interval.json`."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from outcomes.inference import wald_p_value
from outcomes.models.interval.sun import sun_test
from outcomes.models.interval.times import interval_times
from outcomes.models.interval.turnbull import turnbull
from outcomes.models.interval.weibull import fit_weibull
from outcomes.models.interval.weibull_effects import predict_survival

HERE = Path(__file__).parent
REFERENCE = json.loads((HERE / "interval.json").read_text())
EM_ATOL = 1e-10  # the reference EM stops at a gradient of 1e-12
SURVREG_RTOL = 1e-9  # survreg stops at a relative change of 1e-14 of the log-likelihood: half its digits
COVARIANCE_RTOL = 1e-8  # the inverse of an information of condition 1e5
SURVFIT_ATOL = 2e-3  # survfit's EM stops early; on two published samples it is 3e-4 off its own limit
PRINTED_ATOL = 5.1e-5  # masses printed with four digits


def frame(name):
    data = pd.read_csv(HERE / "data" / name)
    return data.assign(right=data["right"].fillna(np.inf))


def cosmesis(treatment=None):
    data = frame("cosmesis.csv")
    return data if treatment is None else data[data["treatment"] == treatment]


def sample(name):
    if name.startswith("visits"):
        data = frame("interval_visits.csv")
        return interval_times(data["left"], data["right"], data["weight"] if "weighted" in name else None)
    data = cosmesis(name)
    return interval_times(data["left"], data["right"])


@pytest.mark.parametrize("name", REFERENCE["turnbull"])
def test_turnbull_equals_an_em_algorithm_run_to_its_end(name):
    curve, expected = turnbull(sample(name)), REFERENCE["turnbull"][name]
    right = [np.inf if value == "inf" else value for value in expected["right"]]
    assert curve.converged
    assert curve.left.tolist() == expected["left"]
    assert curve.right.tolist() == right
    np.testing.assert_allclose(curve.mass, expected["mass"], atol=EM_ATOL)
    np.testing.assert_allclose(curve.log_likelihood, expected["log_likelihood"], atol=EM_ATOL)


@pytest.mark.parametrize("name", REFERENCE["survfit"])
def test_turnbull_agrees_with_survfit_as_far_as_that_has_converged(name):
    """R puts the mass of an innermost interval at its middle: its values lie between ours there."""
    expected = REFERENCE["survfit"][name]
    low, high = turnbull(sample(name)).bounds(expected["time"])
    survival = np.array(expected["survival"])
    assert (survival >= low - SURVFIT_ATOL).all()
    assert (survival <= high + SURVFIT_ATOL).all()


def test_turnbull_of_the_breast_cosmesis_trial_has_the_published_masses():
    """Finkelstein & Wolfe 1985, Biometrics 41:933; masses as R's package interval prints them."""
    radiation, both = turnbull(sample("radiation")), turnbull(sample("radiation_chemotherapy"))
    assert radiation.left.tolist() == [4, 6, 7, 11, 24, 33, 38, 46]
    np.testing.assert_allclose(
        radiation.mass, [0.0463, 0.0334, 0.0887, 0.0708, 0.0926, 0.0818, 0.1209, 0.4656], atol=PRINTED_ATOL
    )
    assert both.left.tolist() == [4, 5, 11, 16, 18, 19, 24, 30, 35, 44, 48]
    np.testing.assert_allclose(
        both.mass,
        [0.0433, 0.0433, 0.0692, 0.1454, 0.1411, 0.1157, 0.0999, 0.0709, 0.1608, 0.0552, 0.0552],
        atol=PRINTED_ATOL,
    )


def test_the_breast_cosmesis_trials_arms_differ_as_published():
    """Fay & Shaw 2010: scores -9.141846 and 9.141846, Z = -2.6684, p = 0.007622 (R package interval)."""
    data = cosmesis()
    group = (data["treatment"] != "radiation").to_numpy(dtype=np.int64)
    test = sun_test(interval_times(data["left"], data["right"]), group)
    np.testing.assert_allclose(test.excess, [-9.141846, 9.141846], atol=5.1e-7)  # as printed
    z = np.sqrt(test.chi_square)
    assert z == pytest.approx(2.6684, abs=5.1e-5)
    assert wald_p_value(z, 1.0) == pytest.approx(0.007622, abs=5.1e-7)


DESIGNS = {
    "cosmesis": (["radiation_chemotherapy"], [0.0]),
    "visits": (["medication", "therapy", "age"], [0.0, 0.0, 50.0]),
    "visits_weighted": (["medication", "therapy"], [0.0, 1.0]),
}


@pytest.mark.parametrize("name", DESIGNS)
def test_weibull_regression_equals_survreg(name):
    terms, at = DESIGNS[name]
    expected = REFERENCE["weibull"][name]
    data = cosmesis() if name == "cosmesis" else frame("interval_visits.csv")
    group = data["treatment" if name == "cosmesis" else "arm"]
    matrix = np.column_stack([data["age"] if term == "age" else group == term for term in terms])
    weight = data["weight"] if name == "visits_weighted" else None
    fit = fit_weibull(interval_times(data["left"], data["right"], weight), matrix.astype(float), tuple(terms))
    np.testing.assert_allclose(fit.coefficients, expected["coefficients"], rtol=SURVREG_RTOL)
    np.testing.assert_allclose(fit.log_scale, expected["log_scale"][0], rtol=SURVREG_RTOL)
    np.testing.assert_allclose(fit.covariance, expected["covariance"], rtol=COVARIANCE_RTOL)
    np.testing.assert_allclose(fit.log_likelihood, expected["log_likelihood"][0], rtol=SURVREG_RTOL)
    curve = predict_survival(fit, np.array([at]), expected["at"], 0.95)
    for part in ("survival", "low", "high"):
        np.testing.assert_allclose(getattr(curve, part), expected[part], rtol=COVARIANCE_RTOL)


SURVREG = json.loads((HERE / "survreg.json").read_text())["fits"]
RIGHT_CENSORED = {
    "lung_weibull": ("lung.csv", "time", lambda d: d["status"] == 2, ["age", "sex", "ph.ecog"], {}),
    "veteran_weibull": (
        "veteran.csv", "time", lambda d: d["status"] == 1, ["trt", "celltype", "karno"],
        {"celltype": ["smallcell", "adeno", "large"]},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", RIGHT_CENSORED)
def test_weibull_regression_of_exact_and_right_censored_times_equals_survreg(name):
    file, time, happened, covariates, levels = RIGHT_CENSORED[name]
    expected = SURVREG[name]
    data = pd.read_csv(HERE / "data" / file).dropna(subset=covariates)
    columns = {}
    for covariate in covariates:
        if covariate in levels:
            columns |= {level: data[covariate] == level for level in levels[covariate]}
        else:
            columns[covariate] = data[covariate]
    matrix = np.column_stack(list(columns.values())).astype(float)
    times = interval_times(data[time], np.where(happened(data), data[time], np.inf))
    fit = fit_weibull(times, matrix, tuple(columns))
    np.testing.assert_allclose(fit.coefficients, list(expected["coef"].values()), rtol=SURVREG_RTOL)
    np.testing.assert_allclose(fit.scale, expected["scale"], rtol=SURVREG_RTOL)
    np.testing.assert_allclose(fit.covariance, expected["var"], rtol=COVARIANCE_RTOL)
    np.testing.assert_allclose(fit.log_likelihood, expected["loglik"], rtol=SURVREG_RTOL)
