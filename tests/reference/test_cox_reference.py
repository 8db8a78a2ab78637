"""The Cox model on arrays against R 4.2, survival 3.5-3: every fit of `cox.json` but those with exact ties.

R iterates until the log likelihood changes by less than 1e-13 of itself; as the change is the square of the
step, its own coefficients are good to about 1e-12 after the last one. What is left here is far below the
tolerances. R is robust by itself where weights are fractions: so are these fits, by argument.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from cox_fits import COX, ENGINE, FITS, all_at_once, arguments, groups

from outcomes.models.cox import (
    baseline_hazard,
    concordance,
    deviance_residuals,
    dfbeta_residuals,
    effect_over_time,
    fit_cox_model,
    martingale_residuals,
    predict_survival,
    proportionality_tests,
    scaled_schoenfeld_residuals,
    schoenfeld_residuals,
    score_residuals,
)  # fmt: skip

COEFFICIENT_RTOL = 1e-8
ERROR_RTOL = 1e-7
CLOSED_RTOL = 1e-9  # functions of the coefficients, which are good to 1e-12
TAIL_RTOL = 1e-8  # a p-value in the tail magnifies the error of its statistic
ENGINES_RTOL = 1e-9  # lifelines stops at steps of 1e-9 standard errors
RESIDUALS = {
    "martingale": martingale_residuals,
    "deviance": deviance_residuals,
    "score": score_residuals,
    "dfbeta": dfbeta_residuals,
    "schoenfeld": lambda fit: schoenfeld_residuals(fit).values,
    "scaledsch": lambda fit: scaled_schoenfeld_residuals(fit).values,
}
TRANSFORMS = ("km", "identity", "rank", "log")


@pytest.fixture(scope="module")
def fitted():
    done = {}

    def fit(name):
        if name not in done:
            done[name] = fit_cox_model(**arguments(name))
        return done[name]

    return fit


def assert_residuals(fit, reference):
    for key, residuals in RESIDUALS.items():
        ours = residuals(fit)
        ours = ours.reshape(len(ours), -1)
        assert np.abs(ours).sum() == pytest.approx(reference[key]["sum_abs"], rel=CLOSED_RTOL)
        assert (ours**2).sum() == pytest.approx(reference[key]["sum_sq"], rel=CLOSED_RTOL)
        largest = np.abs(ours).max(axis=0)
        np.testing.assert_allclose(
            ours[:5] / largest, np.array(reference[key]["first5"]) / largest, atol=CLOSED_RTOL
        )


@pytest.mark.parametrize("name", FITS)
def test_coefficients_errors_and_tests_equal_coxph(name, fitted):
    fit, reference = fitted(name), COX[name]
    assert fit.status == "ok", fit.message
    assert (fit.n, fit.n_events) == (reference["n"], reference["nevent"])
    np.testing.assert_allclose(fit.coefficients, reference["coef"], rtol=COEFFICIENT_RTOL)
    np.testing.assert_allclose(fit.std_errors, reference["se"], rtol=ERROR_RTOL)
    naive = np.array(reference["naive_var"] or reference["var"])
    for ours, theirs in ((fit.covariance, np.array(reference["var"])), (fit.naive_covariance, naive)):
        scale = np.sqrt(np.outer(np.diag(theirs), np.diag(theirs)))
        np.testing.assert_allclose(ours / scale, theirs / scale, atol=ERROR_RTOL)
    assert fit.log_likelihood == pytest.approx(reference["loglik"], rel=CLOSED_RTOL)
    assert fit.log_likelihood_null == pytest.approx(reference["loglik_null"], rel=CLOSED_RTOL)
    assert fit.likelihood_ratio.statistic == pytest.approx(reference["lr_test"][0], rel=CLOSED_RTOL)
    assert fit.score_test.statistic == pytest.approx(reference["score_test"][0], rel=CLOSED_RTOL)
    assert fit.wald.p_value == pytest.approx(
        reference["wald_test"][2], rel=CLOSED_RTOL
    )  # R rounds its chi-square
    if reference["robust_score"]:
        assert fit.robust_score_test.statistic == pytest.approx(reference["robust_score"][0], rel=CLOSED_RTOL)


def stratum_code(name, label):
    cells = {"squamous": 0, "smallcell": 1, "adeno": 2, "large": 3}
    return cells[label] if label in cells else int(float(label.partition("=")[2] or label))


@pytest.mark.parametrize("name", FITS)
def test_baseline_hazard_equals_basehaz(name, fitted):
    """At covariates 0; R lists the times of censorings too, at which a step function stands still."""
    reference = COX[name]["baseline_cumhaz_uncentered"]
    baseline = baseline_hazard(fitted(name))
    for k, (time, expected) in enumerate(zip(reference["time"], reference["cumhaz"], strict=True)):
        inside = np.ones(baseline.time.size, bool)
        if "strata" in reference:
            inside = baseline.stratum == stratum_code(name, reference["strata"][k])
        passed = np.searchsorted(baseline.time[inside], time, side="right")
        ours = np.append(0.0, baseline.cumulative_hazard[inside])[passed]
        assert ours == pytest.approx(expected, rel=CLOSED_RTOL)


@pytest.mark.parametrize("name", FITS)
def test_concordance_equals_that_of_coxph(name, fitted):
    found = concordance(fitted(name))
    ours = (found.estimate, found.std_error)
    np.testing.assert_allclose(ours, COX[name]["concordance"], rtol=CLOSED_RTOL)


@pytest.mark.parametrize("name", FITS)
def test_residuals_equal_those_of_coxph(name, fitted):
    assert_residuals(fitted(name), COX[name]["residuals"])


@pytest.mark.parametrize("name", FITS)
def test_proportionality_tests_equal_cox_zph(name, fitted):
    fit = fitted(name)
    for transform, reference in COX[name]["cox_zph"].items():
        tests = {
            test.term: test for test in proportionality_tests(fit, transform, groups=groups(name, fit.terms))
        }
        assert set(tests) == set(reference["term"])
        for term, statistic, df, p in zip(
            reference["term"], reference["chisq"], reference["df"], reference["p"], strict=True
        ):
            assert tests[term].statistic == pytest.approx(statistic, rel=CLOSED_RTOL)
            assert tests[term].df == df
            assert tests[term].p_value == pytest.approx(p, rel=TAIL_RTOL)


def test_predicted_curves_equal_survfit():
    reference = COX["lung_predicted_curves"]
    fit = fit_cox_model(**arguments("lung_robust_no_cluster") | {"robust": False})
    newdata = np.column_stack([reference["newdata"]["age"], reference["newdata"]["sex"]])
    curves = predict_survival(fit, newdata, reference["times"])
    for attribute, key in (("survival", "surv"), ("std_error", "se"), ("low", "lower"), ("high", "upper")):
        np.testing.assert_allclose(getattr(curves, attribute), reference[key], rtol=CLOSED_RTOL)


@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_everything_at_once_equals_coxph(ties):
    """Left truncation, fractional weights, an offset, strata and clusters, with ties: `cox_engine_ref.R`."""
    reference = ENGINE[f"all_at_once_{ties}"]
    fit = fit_cox_model(**all_at_once(ties))
    assert fit.status == "ok", fit.message
    np.testing.assert_allclose(fit.coefficients, reference["coef"], rtol=COEFFICIENT_RTOL)
    np.testing.assert_allclose(fit.covariance, reference["var"], rtol=ERROR_RTOL)
    np.testing.assert_allclose(fit.naive_covariance, reference["naive_var"], rtol=ERROR_RTOL)
    ours = [fit.log_likelihood_null, fit.log_likelihood]
    np.testing.assert_allclose(ours, reference["loglik"], rtol=CLOSED_RTOL)
    assert fit.score_test.statistic == pytest.approx(reference["score_test"], rel=CLOSED_RTOL)
    assert fit.wald.statistic == pytest.approx(reference["wald_test"], rel=CLOSED_RTOL)
    for transform in TRANSFORMS:
        statistics = [test.statistic for test in proportionality_tests(fit, transform)]
        np.testing.assert_allclose(statistics, reference["zph"][transform], rtol=CLOSED_RTOL)
    assert_residuals(fit, reference["residuals"])
    found = concordance(fit)
    ours = (found.estimate, found.std_error)
    np.testing.assert_allclose(ours, reference["concordance"], rtol=CLOSED_RTOL)


@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_robust_score_test_equals_coxph_without_the_offset(ties):
    """R sets the whole linear predictor to 0 for this test, its offset included; ours keeps the offset."""
    fit = fit_cox_model(**all_at_once(ties) | {"offset": None})
    expected = ENGINE[f"all_at_once_{ties}"]["robust_score"]
    assert fit.robust_score_test.statistic == pytest.approx(expected, rel=CLOSED_RTOL)


@pytest.mark.parametrize("ties", ["efron", "breslow"])
@pytest.mark.parametrize("scale", ["log", "log-log"])
def test_curves_of_a_stratum_equal_survfit_on_both_scales(ties, scale):
    reference = ENGINE[f"all_at_once_{ties}"][scale.replace("-", "_")]
    fit = fit_cox_model(**all_at_once(ties))
    times = reference["time"][: len(reference["time"]) // 2]
    curves = predict_survival(fit, [[0, 0, 1], [1, 1, -1]], times, conf_level=0.9, conf_type=scale, stratum=1)
    for attribute, key in (("survival", "surv"), ("std_error", "se"), ("low", "lower"), ("high", "upper")):
        expected = np.array(reference[key]).reshape(2, -1).T
        np.testing.assert_allclose(getattr(curves, attribute), expected, rtol=CLOSED_RTOL)


@pytest.mark.parametrize("transform", TRANSFORMS)
def test_smooth_effect_equals_plot_cox_zph(transform):
    """Value and standard error; the natural spline has another basis here, and spans the same curves."""
    reference = ENGINE["veteran_smooth"][transform]
    fit = fit_cox_model(**veteran_three())
    for k, term in enumerate(fit.terms):
        effect = effect_over_time(fit, term, transform, points=12)
        np.testing.assert_allclose(effect.log_hazard_ratio, np.array(reference["y"])[:, k], rtol=CLOSED_RTOL)
        np.testing.assert_allclose(effect.std_error, np.array(reference["se"])[:, k], rtol=CLOSED_RTOL)
        if transform in ("identity", "log"):
            times = np.array(reference["x"])
            np.testing.assert_allclose(
                effect.time, np.exp(times) if transform == "log" else times, rtol=CLOSED_RTOL
            )


def veteran_three():
    full = arguments("veteran_efron")
    kept = [full["terms"].index(term) for term in ("trt", "karno", "age")]
    return full | {"covariates": full["covariates"][:, kept], "terms": ("trt", "karno", "age")}


@pytest.mark.parametrize("name", ["lung_efron", "pbc_efron", "simcox_days_efron"])
def test_lifelines_finds_the_same_maximum(name, fitted):
    """A second engine at hand: its Newton is asked to stop at steps of 1e-9 standard errors."""
    from lifelines import CoxPHFitter

    data, fit = arguments(name), fitted(name)
    table = pd.DataFrame(data["covariates"], columns=fit.terms)
    table = table.assign(t=data["time"], d=data["observed"])
    other = CoxPHFitter().fit(table, "t", "d", fit_options={"precision": 1e-18, "r_precision": 0.0})
    np.testing.assert_allclose(fit.coefficients, other.params_, rtol=ENGINES_RTOL)
    np.testing.assert_allclose(fit.std_errors, other.standard_errors_, rtol=ENGINES_RTOL)
