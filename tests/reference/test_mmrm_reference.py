"""The mixed model for repeated measures against R's mmrm 0.3.18 and emmeans 1.8.4-1.

`mmrm_ref.R` made the numbers, at the optimum polished by Newton's method; the JSON files are its output, cut
down to the fields used here. Every structure, REML and ML, one covariance or one per arm, and every method of
degrees of freedom and standard errors that mmrm has.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from outcomes.models.mmrm import fit_mmrm, infer
from outcomes.models.mmrm.structures.random_effects import in_own_units

HERE = Path(__file__).parent
SETS = {
    name: json.loads((HERE / f"mmrm_{name}.json").read_text())["fits"] for name in ("sim3", "btheb", "sleep")
}
CASES = [(name, fit) for name, fits in SETS.items() for fit in fits]

# both ends are at the optimum to rounding; measured differences are 3e-10 at most
LOG_LIKELIHOOD_ATOL = 1e-9
ESTIMATE_RTOL, ESTIMATE_ATOL = 1e-8, 1e-8
SE_RTOL = 1e-8
DF_RTOL = 1e-8
P_RTOL = 10 * SE_RTOL  # a tail changes several times as much as its statistic

STRUCTURES = {
    "us": "unstructured",
    "toep": "toeplitz",
    "toeph": "heterogeneous_toeplitz",
    "ar1": "ar1",
    "ar1h": "heterogeneous_ar1",
    "cs": "compound_symmetry",
    "csh": "heterogeneous_compound_symmetry",
    "ad": "ante_dependence",
    "adh": "heterogeneous_ante_dependence",
}
METHODS = {
    "satterthwaite": ("satterthwaite", None),
    "kenward_roger": ("kenward_roger", None),
    "kenward_roger_linear": ("kenward_roger_linear", None),
    "residual": ("residual", None),
    "between_within": ("between_within", None),
    "empirical_satterthwaite": ("satterthwaite", "CR0"),
    "empirical_bias_reduced_satterthwaite": ("satterthwaite", "CR2"),
    "empirical_jackknife_satterthwaite": ("satterthwaite", "CR3"),
    "empirical_residual": ("residual", "CR0"),
    "empirical_between_within": ("between_within", "CR0"),
}
CALLS = {
    "sim3": {
        "file": "sim3arm_n200_m5.csv", "score": "y", "patient": "id", "visit": "visit", "arm": "arm",
        "covariates": ["base", "sex", "age"], "by_visit": ["base"],
        "levels": {"arm": ["medication", "therapy", "combined"]},
    },
    "btheb": {
        "file": "BtheB_long.csv", "score": "bdi", "patient": "id", "visit": "month", "arm": "treatment",
        "covariates": ["bdi.pre", "length", "drug"],
        "levels": {"treatment": ["TAU", "BtheB"], "drug": ["No", "Yes"], "length": ["<6m", ">6m"]},
    },
    "sleep": {
        "file": "sleepstudy.csv", "score": "Reaction", "patient": "Subject", "visit": "Days",
        "linear_time": True, "times": {str(day): float(day) for day in range(10)},
    },
}  # fmt: skip


@cache
def fitted(name, fit):
    call = dict(CALLS[name])
    reference = SETS[name][fit]
    data = pd.read_csv(HERE / "data" / call.pop("file"))
    return fit_mmrm(
        data, covariance=STRUCTURES[reference["covariance"]], covariance_by=reference.get("grouped_by"),
        method="reml" if reference["reml"] else "ml", **call,
    )  # fmt: skip


def term_in_r(name, term):
    """A coefficient's name as R writes it, as a set since R orders products differently."""
    if term == "intercept":
        return frozenset(["(Intercept)"])
    visit = CALLS[name]["visit"]
    parts = (
        visit + part[6:] if part.startswith("visit=") else part.replace("=", "") for part in term.split(":")
    )
    return frozenset("Days" if part == "time" else part for part in parts)


@pytest.mark.parametrize(("name", "fit"), CASES)
def test_likelihood_and_covariance_are_those_of_r(name, fit):
    reference, model = SETS[name][fit], fitted(name, fit).model
    assert model.status == "ok"
    assert model.n_scores == reference["n_obs"]
    assert model.n_patients == reference["n_subjects"]
    assert model.solution.n_parameters == reference["n_theta"]
    assert abs(model.solution.log_likelihood - reference["logLik"]) < LOG_LIKELIHOOD_ATOL
    expected = reference["cov_matrix"]
    matrices = [expected[group] for group in model.groups] if isinstance(expected, dict) else [expected]
    for made, matrix in zip(model.solution.covariance, matrices, strict=True):
        np.testing.assert_allclose(made, matrix, rtol=ESTIMATE_RTOL)
    # R's mmrm never counts the coefficients, not even under ML; SAS does, and so do we
    counted = 0 if reference["reml"] else len(model.design.names)
    assert abs(model.aic - reference["AIC"] - 2 * counted) < 2 * LOG_LIKELIHOOD_ATOL


@pytest.mark.parametrize(
    ("name", "fit", "method"),
    [(name, fit, method) for name, fit in CASES for method in SETS[name][fit]["methods"]],
)
def test_estimates_errors_and_degrees_of_freedom_are_those_of_r(name, fit, method):
    reference = SETS[name][fit]["methods"][method]
    df, empirical = METHODS[method]
    estimates = fitted(name, fit).estimates(df, empirical=empirical)
    table = estimates.coefficients()
    at = {frozenset(term.split(":")): k for k, term in enumerate(reference["coef_names"])}
    order = [at[term_in_r(name, term)] for term in table["term"]]
    compare(table, {key: np.array(reference[key], dtype=float)[order] for key in ("estimate", "se", "df")})
    if "emmeans_by_visit" not in reference:
        return
    arm, visit = CALLS[name]["arm"], CALLS[name]["visit"]
    means, differences = reference["emmeans_by_visit"], reference["contrasts_by_visit"]
    pairs = [tuple(pair.split(" - ")) for pair in differences["contrast"]]
    compare(
        estimates.ls_means()
        .set_index(["arm", "visit"])
        .loc[list(zip(means[arm], means[visit], strict=True))],
        means,
    )
    compare(
        estimates.contrasts().set_index(["arm", "comparator", "visit"])
        .loc[[(*pair, at) for pair, at in zip(pairs, differences[visit], strict=True)]],
        differences,
    )  # fmt: skip
    overall = reference["contrasts_overall"]
    compare(
        estimates.contrasts(over_visits=True).set_index(["arm", "comparator"])
        .loc[[tuple(pair.split(" - ")) for pair in overall["contrast"]]],
        overall,
    )  # fmt: skip
    compare(
        estimates.ls_means(over_visits=True).set_index("arm").loc[reference["emmeans_overall"][arm]],
        reference["emmeans_overall"],
    )
    tests = estimates.type_iii().set_index("term")
    compare_f(tests.loc[f"{arm}:visit"], reference["F_arm_by_visit"])
    of_arm = [k for k, term in enumerate(table["term"]) if f"{arm}=" in term]
    joint = estimates.inference.joint(np.eye(len(table))[of_arm])
    compare_f(pd.Series(vars(joint)), reference["F_arm_all"])


def compare(table, reference):
    """A table of estimates against R's, in the same order."""
    named = {key.lower(): values for key, values in reference.items()}
    estimate = named.get("estimate", named.get("emmean"))
    np.testing.assert_allclose(table["estimate"], estimate, rtol=ESTIMATE_RTOL, atol=ESTIMATE_ATOL)
    np.testing.assert_allclose(table["std_error"], named["se"], rtol=SE_RTOL)
    np.testing.assert_allclose(table["df"], np.array(named["df"], dtype=float), rtol=DF_RTOL)


def compare_f(test, reference):
    """A joint test against R's."""
    assert test["numerator_df"] == reference["num_df"]
    assert test["denominator_df"] == pytest.approx(reference["denom_df"], rel=DF_RTOL)
    assert test["statistic"] == pytest.approx(reference["f_stat"], rel=SE_RTOL)
    assert test["p_value"] == pytest.approx(reference["p_val"], rel=P_RTOL)


SPATIAL = json.loads((HERE / "spatial.json").read_text())["fits"]
GLS_LOG_LIKELIHOOD_ATOL = 1e-8
GLS_RTOL = 5e-6  # gls stops at about 3e-6 of the range, which its standard errors inherit


@pytest.mark.parametrize("method", ["reml", "ml"])
def test_exponential_decay_over_actual_days_is_that_of_gls(method):
    data = pd.read_csv(HERE / "data/sim3arm_n200_m5.csv")
    data["day"] = 14 * data["visit"] + (7 * data["id"] + 5 * data["visit"]) % 9 - 4
    call = {key: value for key, value in CALLS["sim3"].items() if key not in ("file", "by_visit")}
    made = fit_mmrm(
        data, covariance="spatial_exponential", day="day", method=method,
        times={str(visit): 14.0 * visit for visit in range(1, 6)}, **call,
    )  # fmt: skip
    reference = SPATIAL[method]
    solution = made.model.solution
    assert solution.log_likelihood == pytest.approx(reference["logLik"], abs=GLS_LOG_LIKELIHOOD_ATOL)
    V = solution.covariance[0]
    assert np.sqrt(V[0, 0]) == pytest.approx(reference["sigma"], rel=GLS_RTOL)
    assert -14.0 / np.log(V[0, 1] / V[0, 0]) == pytest.approx(reference["range_days"], rel=GLS_RTOL)
    table = made.estimates().coefficients()
    at = {
        frozenset(term.replace("visitf", "visit").split(":")): k
        for k, term in enumerate(reference["coef_names"])
    }
    order = [at[term_in_r("sim3", term)] for term in table["term"]]
    np.testing.assert_allclose(table["estimate"], np.array(reference["estimate"])[order], atol=GLS_RTOL)
    # under ML gls multiplies its standard errors by the root of n / (n - p)
    n, p = made.model.n_scores, len(table)
    factor = 1.0 if method == "reml" else np.sqrt(n / (n - p))
    np.testing.assert_allclose(table["std_error"] * factor, np.array(reference["se"])[order], rtol=GLS_RTOL)


LMER = json.loads((HERE / "lmer.json").read_text())["fits"]
LMER_LOG_LIKELIHOOD_RTOL = 1e-9  # at an optimum an error in theta enters squared
LMER_RTOL = 1e-6  # lme4 stops at a gradient up to 6e-5
LMER_DF_RTOL = 1e-5  # and its second derivatives are numerical
VARIANCE_RTOL = 2e-5  # first order in theta
LMER_CALLS = {
    "sleep": {},
    "btheb_ri": {"arm_by_visit": False, "linear_time": True},
    "btheb_rs": {"linear_time": True},
    "sim3_ri": {},
    "sim3_rs": {"linear_time": True},
}


@pytest.mark.parametrize("fit", LMER)
def test_random_effects_are_those_of_lme4_lmertest_and_pbkrtest(fit):
    reference = LMER[fit]
    name = fit.split("_")[0]
    call = CALLS[name] | next(more for key, more in LMER_CALLS.items() if fit.startswith(key))
    data = pd.read_csv(HERE / "data" / call.pop("file"))
    visits = sorted(data[call["visit"]].unique())
    slope = "_rs_" in fit
    model = fit_mmrm(
        data, covariance="random_intercept_and_slope" if slope else "random_intercept",
        method="reml" if fit.endswith("reml") else "ml",
        **({"times": {str(visit): float(visit) for visit in visits}} | call),
    ).model  # fmt: skip
    solution = model.solution
    assert solution.log_likelihood == pytest.approx(reference["logLik"], rel=LMER_LOG_LIKELIHOOD_RTOL)
    time = {"sleep": "Days", "btheb": "month", "sim3": "visit"}[name]
    names = {"time": time, "intercept": "(Intercept)"}
    parts = [
        frozenset(part.replace("visitf", "visit") for part in c.split(":")) for c in reference["coef_names"]
    ]
    order = [
        parts.index(frozenset(names.get(part, part.replace("=", "")) for part in term.split(":")))
        for term in model.design.names
    ]
    theta = solution.optimum.point.theta[0] * solution.data.score_scale**2
    D = np.zeros((1 + slope, 1 + slope))
    D[np.tril_indices(1 + slope)] = theta[:-1]
    D = in_own_units(D + np.tril(D, -1).T, tuple(float(visit) for visit in visits))
    found = {"residual": theta[-1], "00": D[0, 0]} | ({"01": D[0, 1], "11": D[1, 1]} if slope else {})
    for key, value in lme4_variances(reference, slope).items():
        assert found[key] == pytest.approx(value, rel=VARIANCE_RTOL, abs=VARIANCE_RTOL * D.max())
    for method, df, information in (
        ("satterthwaite", "satterthwaite", "observed"), ("kenward_roger", "kenward_roger_linear", "expected"),
    ):  # fmt: skip
        if method not in reference:
            continue
        linear = infer(model, df, information=information).linear(np.eye(len(order)))
        expected = {key: np.array(values, dtype=float)[order] for key, values in reference[method].items()}
        estimate = np.array(reference["estimate"])[order]
        np.testing.assert_allclose(
            linear.estimate, estimate, rtol=LMER_RTOL, atol=LMER_RTOL * linear.std_error.max()
        )
        np.testing.assert_allclose(linear.std_error, expected["se"], rtol=LMER_RTOL)
        np.testing.assert_allclose(linear.df, expected["df"], rtol=LMER_DF_RTOL)


def lme4_variances(reference, slope):
    """Covariance matrix of the random effects and the residual variance, as lme4 prints them."""
    table = pd.DataFrame(reference["varcorr"])
    out = {"residual": float(table.loc[table["grp"] == "Residual", "vcov"].iloc[0])}
    effects = table[table["grp"] != "Residual"]
    both = effects["var2"].notna()
    out["00"] = float(effects.loc[~both & (effects["var1"] == "(Intercept)"), "vcov"].iloc[0])
    if slope:
        out["11"] = float(effects.loc[~both & (effects["var1"] != "(Intercept)"), "vcov"].iloc[0])
        out["01"] = float(effects.loc[both, "vcov"].iloc[0])
    return out
