"""The mixed model against R: lme4 1.1-31, emmeans 1.8.4-1, and a printed fit.

`gls_lmer_ref.R` made the numbers; `lmer.json` is its output, cut down to the fits and fields used here.
"""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from outcomes.config.plan import MixedAnalysis
from outcomes.frames import AnalysisFrame
from outcomes.models.repeated import fit_mixed
from outcomes.treatment import Treatment

HERE = Path(__file__).parent
FITS = json.loads((HERE / "lmer.json").read_text())["fits"]

LOG_LIKELIHOOD_RTOL = 1e-9  # at an optimum an error in theta enters squared
ESTIMATE_RTOL = (
    1e-6  # of the standard error, or the estimate where that is larger: lme4 stops at a gradient up to 6e-5
)
SE_RTOL = 1e-6  # lme4's own gradients leave its standard errors good to about 1e-7
VARIANCE_RTOL = 2e-5  # first order in theta: lme4's gradients leave its variances good to about 1e-5
PRINTED = 5.1e-6  # half of the last digit printed, five decimals

ARM = {"TAU": "usual", "BtheB": "computerised_therapy"}


def btheb_frame(*, four_cells: bool) -> AnalysisFrame:
    """BtheB as two arms (treatment) with drug as a covariate, or as the four cells of both components."""
    raw = pd.read_csv(HERE / "data" / "BtheB_long.csv", dtype={"id": "string"}).dropna(subset="bdi")
    data = pd.DataFrame({
        "patient_id": raw["id"],
        "baseline": raw["bdi.pre"].astype(float),
        "time": raw["month"].astype(float),
        "visit": "month_" + raw["month"].astype(str),
        "score": raw["bdi"].astype(float),
        "length": pd.Categorical(raw["length"], ["<6m", ">6m"], ordered=True),
        "drug": pd.Categorical(raw["drug"], ["No", "Yes"], ordered=True),
    })  # fmt: skip
    if four_cells:
        treatment = Treatment.from_sets(
            {"treatment": True, "drug_given": False},
            {"usual": frozenset(), "computerised_therapy": frozenset({"treatment"}),
             "drug_only": frozenset({"drug_given"}), "both": frozenset({"treatment", "drug_given"})},
        )  # fmt: skip
        cells = {("TAU", "No"): "usual", ("BtheB", "No"): "computerised_therapy",
                 ("TAU", "Yes"): "drug_only", ("BtheB", "Yes"): "both"}  # fmt: skip
        arm = [cells[cell] for cell in zip(raw["treatment"], raw["drug"], strict=True)]
    else:
        treatment = Treatment.from_sets(
            {"treatment": True}, {"usual": frozenset(), "computerised_therapy": frozenset({"treatment"})}
        )
        arm = [ARM[label] for label in raw["treatment"]]
    data["arm"] = pd.Categorical(arm, treatment.arms, ordered=True)
    schedule = {"month_0": 0.0, "month_2": 2.0, "month_3": 3.0, "month_5": 5.0, "month_8": 8.0}
    return AnalysisFrame(
        data, treatment, "bdi", "BDI", "points", higher_is_better=False, schedule=schedule, time_unit="month"
    )


def btheb_analysis(**changes) -> MixedAnalysis:
    """The plan entry of `bdi ~ bdi.pre + month + treatment + ... + (1 | subject)`."""
    entry = {
        "question": "q", "role": "secondary", "endpoint": {"kind": "score", "measure": "bdi"},
        "time": "linear", "treatment_by_time": False, "covariates": ("length",),
    }  # fmt: skip
    return MixedAnalysis.model_validate(entry | changes)


def rows_of(fit, quantity: str) -> pd.DataFrame:
    """Rows of one quantity."""
    return pd.DataFrame([row for row in fit.rows if row["quantity"] == quantity])


NAMES = {
    "(Intercept)": "intercept", "bdi.pre": "baseline", "month": "time",
    "treatmentBtheB": "arm=computerised_therapy",
    "drugYes": "drug=Yes", "length>6m": "length=>6m", "treatmentBtheB:month": "arm=computerised_therapy:time",
}  # fmt: skip


def assert_coefficients(fit, reference, names) -> None:
    table = rows_of(fit, "coefficient").set_index("term")
    assert set(table.index) == set(names.values())
    found = table.loc[[names[name] for name in reference["coef_names"]]]
    error = np.sqrt(np.diag(reference["vcov"]["values"]))
    assert found["std_error"].to_numpy() == pytest.approx(error, rel=SE_RTOL)
    worst = np.abs(found["estimate"].to_numpy() - reference["estimate"])
    assert (worst <= ESTIMATE_RTOL * np.maximum(error, np.abs(reference["estimate"]))).all()
    (log_likelihood,) = rows_of(fit, "log_likelihood")["estimate"]
    assert log_likelihood == pytest.approx(reference["logLik"], rel=LOG_LIKELIHOOD_RTOL)


def lme4_components(reference) -> dict[str, float]:
    """Variance components of `lmer.json` under the names of `estimates`."""
    table = reference["varcorr"]
    labels = ["residual" if group == "Residual" else "intercept" if first == "(Intercept)" and not second
              else "slope" if not second else "intercept:slope"
              for group, first, second in zip(table["grp"], table["var1"], table["var2"], strict=True)
              ]  # fmt: skip
    return dict(zip(labels, table["vcov"], strict=True))


def assert_components(found: dict[str, float], expected: dict[str, float]) -> None:
    """Variances relative to themselves, the covariance relative to the standard deviations it joins."""
    assert set(found) == set(expected)
    for name, value in expected.items():
        size = math.sqrt(math.prod(expected[part] for part in name.split(":"))) if ":" in name else value
        assert found[name] == pytest.approx(value, abs=VARIANCE_RTOL * size), name


@pytest.mark.parametrize("method", ["ml", "reml"])
@pytest.mark.parametrize("slope", [False, True])
def test_btheb_as_two_arms(method, slope):
    reference = FITS[f"btheb_{'rs' if slope else 'ri'}_{method}"]
    analysis = btheb_analysis(
        method=method, covariates=("drug", "length"), treatment_by_time=slope,
        random_effects="intercept_and_slope" if slope else "intercept",
    )  # fmt: skip
    frame = btheb_frame(four_cells=False)
    fit = fit_mixed(frame, analysis)

    assert {row["status"] for row in fit.rows if row["quantity"] != "observed_mean"} == {"ok"}
    assert_coefficients(fit, reference, {k: v for k, v in NAMES.items() if k in reference["coef_names"]})
    found = rows_of(fit, "variance_component").set_index("term")["estimate"].to_dict()
    assert_components(found, lme4_components(reference))


@pytest.mark.parametrize("method", ["ml", "reml"])
def test_marginal_means_and_contrasts_by_visit_are_those_of_emmeans(method):
    """Numbers at their mean over rows, categories equally weighted: emmeans(fit, ~ treatment | month)."""
    reference = FITS[f"btheb_rs_{method}"]["emm"]
    analysis = btheb_analysis(
        method=method, covariates=("drug", "length"), treatment_by_time=True,
        random_effects="intercept_and_slope",
    )  # fmt: skip
    fit = fit_mixed(btheb_frame(four_cells=False), analysis)

    means = rows_of(fit, "mean").set_index(["arm", "time"])
    expected = reference["emmeans"]
    for arm, month, mean, error in zip(
        expected["treatment"], expected["month"], expected["emmean"], expected["SE"], strict=True
    ):
        assert means.loc[(ARM[arm], month), "estimate"] == pytest.approx(mean, rel=ESTIMATE_RTOL)
        assert means.loc[(ARM[arm], month), "std_error"] == pytest.approx(error, rel=SE_RTOL)
    contrasts = rows_of(fit, "mean_difference").set_index("time")
    expected = reference["contrasts"]
    months = expected["month"]
    found, error = contrasts.loc[months, "estimate"], np.array(expected["SE"])
    assert found.to_numpy() == pytest.approx(expected["estimate"], abs=float(ESTIMATE_RTOL * error.min()))
    assert contrasts.loc[months, "std_error"].to_numpy() == pytest.approx(error, rel=SE_RTOL)


@pytest.mark.parametrize("method", ["ml", "reml"])
def test_a_contrast_without_interaction_is_one_row_as_in_emmeans(method):
    fit = fit_mixed(
        btheb_frame(four_cells=False), btheb_analysis(method=method, covariates=("drug", "length"))
    )
    (row,) = (row for row in fit.rows if row["quantity"] == "mean_difference")
    expected = FITS[f"btheb_ri_{method}"]["emm"]["contrasts"]
    assert row["estimate"] == pytest.approx(expected["estimate"], rel=ESTIMATE_RTOL)
    assert row["std_error"] == pytest.approx(expected["SE"], rel=SE_RTOL)
    assert row.get("time") is None


def test_printed_fit_of_beat_the_blues_with_components_as_predictors():
    """Everitt & Hothorn, A Handbook of Statistical Analyses Using R, "Analyzing longitudinal data I".

    `bdi ~ bdi.pre + month + treatment + drug + length + (1 | subject)`, ML. The four cells of
    treatment and drug are arms here, and the model is additive in the components.
    """
    fit = fit_mixed(btheb_frame(four_cells=True), btheb_analysis(method="ml", predictors="components"))
    table = rows_of(fit, "coefficient").set_index("term")
    printed = {
        "treatment": (-2.32908, 1.67036),
        "drug_given": (-2.82495, 1.72684),
        "time": (-0.70476, 0.14639),
    }
    for term, (estimate, error) in printed.items():
        assert table.loc[term, "estimate"] == pytest.approx(estimate, abs=PRINTED)
        assert table.loc[term, "std_error"] == pytest.approx(error, abs=PRINTED)
    (log_likelihood,) = rows_of(fit, "log_likelihood")["estimate"]
    assert log_likelihood == pytest.approx(-935.746, abs=5.1e-4)  # half a unit of the last digit printed

    differences = rows_of(fit, "mean_difference").set_index(["arm", "comparator"])["estimate"]
    treatment, drug = table.loc["treatment", "estimate"], table.loc["drug_given", "estimate"]
    assert differences["both", "usual"] == pytest.approx(treatment + drug)
    assert differences["both", "drug_only"] == pytest.approx(treatment)
