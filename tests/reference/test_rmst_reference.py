"""Restricted means against R 4.2: ratios (survRM2 1.0-4), pseudo-values and their regression (survival).

`survival_ref.R` made `km_logrank_rmst.json`, `curves_tests_rmst_ref.R` made `curves_tests_rmst.json`, both
with `common.R` from `data/`.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from outcomes.config.survival import RmstAnalysis
from outcomes.frames import AnalysisFrame
from outcomes.models.pseudo_regression import adjusted_means
from outcomes.models.pseudo_values import rmst_pseudo_values
from outcomes.models.rmst import fit_rmst
from outcomes.treatment import Treatment

HERE = Path(__file__).parent
CLOSED_RTOL = 1e-9  # sums in another order, twice, and a logarithm
LEAVE_ONE_OUT_RTOL = 1e-12  # of n times the mean, which a pseudo-value is a difference of
SURVRM2 = json.loads((HERE / "km_logrank_rmst.json").read_text())["rmst"]
PSEUDO = json.loads((HERE / "curves_tests_rmst.json").read_text())["rmst"]
TREATMENT = Treatment.from_sets({"extra": True}, {"control": frozenset(), "active": frozenset({"extra"})})


def lung() -> pd.DataFrame:
    data = pd.read_csv(HERE / "data" / "lung.csv")
    return data.assign(event=data["status"] == 2, active=data["sex"] == 2)


def veteran() -> pd.DataFrame:
    data = pd.read_csv(HERE / "data" / "veteran.csv")
    small = pd.Categorical(np.where(data["celltype"] == "smallcell", "yes", "no"))
    return data.assign(event=data["status"] == 1, active=data["trt"] == 2, small=small)


DATA = {"lung": lung, "veteran": veteran}


def rows_of(name: str, **options) -> pd.DataFrame:
    data = DATA[name.partition("_")[0]]()
    arm = pd.Categorical(np.where(data["active"], "active", "control"), ["control", "active"], ordered=True)
    data = data.assign(
        patient_id=[f"p{k:04d}" for k in range(len(data))], arm=arm,
        time_days=data["time"].astype(float), observed=data["event"].astype(bool),
    )  # fmt: skip
    frame = AnalysisFrame(data, TREATMENT, "death", "Death", "days", True)
    endpoint = {"kind": "time_to_event", "event": "death"}
    analysis = RmstAnalysis(question="?", role="secondary", endpoint=endpoint, **options)
    return pd.DataFrame(fit_rmst(frame, analysis).rows).set_index("quantity")


@pytest.mark.parametrize("name", ["lung_sex_tau365", "lung_sex_tau730", "veteran_trt_tau300"])
def test_difference_and_ratio_equal_survrm2(name):
    """Estimate, limits and p of `unadjusted.result`."""
    reference = SURVRM2[name]
    rows = rows_of(name, horizon_days=reference["tau"])
    for quantity, expected in zip(
        ("rmst_difference", "rmst_ratio"), reference["contrast"]["values"], strict=False
    ):
        ours = rows.loc[quantity, ["estimate", "ci_low", "ci_high", "p_value"]].to_numpy(float)
        np.testing.assert_allclose(ours, expected, rtol=CLOSED_RTOL)


@pytest.mark.parametrize("name", PSEUDO)
def test_pseudo_values_equal_those_of_survfit_without_each_patient(name):
    reference = PSEUDO[name]
    data = DATA[name.partition("_")[0]]()
    ours = rmst_pseudo_values(data["time"].to_numpy(float), data["event"].to_numpy(bool), reference["tau"])
    np.testing.assert_allclose(
        ours, reference["pseudo"], rtol=0, atol=LEAVE_ONE_OUT_RTOL * len(data) * np.mean(reference["pseudo"])
    )


@pytest.mark.parametrize(
    ("name", "covariates"), [("lung_sex_age_tau365", ("age",)), ("veteran_tau300", ("karno", "small"))]
)
def test_the_adjusted_difference_equals_least_squares_on_pseudo_values(name, covariates):
    """Coefficient of the arm and its sandwich (HC0) variance; slopes and theirs from the arrays."""
    reference = PSEUDO[name]
    rows = rows_of(name, horizon_days=reference["tau"], covariates=covariates)
    variance = np.array(reference["var"])
    row = rows.loc["rmst_difference"]
    assert row["estimate"] == pytest.approx(reference["coef"]["arm"], rel=CLOSED_RTOL)
    assert row["std_error"] == pytest.approx(np.sqrt(variance[1, 1]), rel=CLOSED_RTOL)
    data = DATA[name.partition("_")[0]]()
    columns = data.assign(small=data["small"] == "yes") if "small" in data else data
    means = adjusted_means(
        np.array(reference["pseudo"]),
        data["active"].to_numpy(np.int64),
        columns[list(covariates)].to_numpy(float),
    )
    np.testing.assert_allclose(means.slopes, list(reference["coef"].values())[2:], rtol=CLOSED_RTOL)
    np.testing.assert_allclose(means.slope_covariance, variance[2:, 2:], rtol=CLOSED_RTOL)


def test_the_adjusted_difference_is_near_survrm2s_which_weights_instead():
    """It regresses uncensored times with inverse censoring weights by arm (Tian et al. 2014, Biostatistics
    15:222): another estimator of the same difference, here a tenth of a standard error away.
    """
    reference = SURVRM2["lung_sex_tau365_adj_age"]["difference"]["values"][1]
    ratio = SURVRM2["lung_sex_tau365_adj_age"]["ratio"]["values"][1]
    rows = rows_of("lung", horizon_days=365, covariates=("age",))
    row = rows.loc["rmst_difference"]
    assert np.log(rows.loc["rmst_ratio", "estimate"]) == pytest.approx(ratio[0], abs=0.15 * ratio[1])
    assert row["estimate"] == pytest.approx(reference[0], abs=0.15 * reference[1])
    assert row["std_error"] == pytest.approx(reference[1], rel=0.02)
