"""Firth's penalised Cox fit against R 4.2.

`firth_ref.R` made `firth.json`: R's coxph at fixed coefficients gives l(b) and I(b); the penalised likelihood
is maximised and profiled there by other means (BFGS, differences, uniroot). In four of the five fits on the
veteran trial, the squamous cells have no event.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from outcomes.models.cox.firth import fit_firth
from outcomes.models.cox.firth_profile import profile_contrast

HERE = Path(__file__).parent
FITS = json.loads((HERE / "firth.json").read_text())["fits"]
OPTIMUM_RTOL = 1e-9  # R's gradient is a difference with an error near 1e-10
COVARIANCE_RTOL = 1e-8  # the same, times the third derivative


@pytest.fixture(scope="module")
def veteran():
    return pd.read_csv(HERE / "data" / "veteran.csv")


@pytest.mark.parametrize("name", FITS)
def test_firth_equals_r(name, veteran):
    reference = FITS[name]
    cells = [veteran["celltype"] == cell for cell in ("adeno", "large", "squamous")]
    x = np.column_stack([*cells, veteran["karno"] / 10]).astype(float)
    silent = (veteran["celltype"] == "squamous") & (name != "all_events")
    weights = 0.5 + (np.arange(1, len(veteran) + 1) % 3) / 2
    fit = fit_firth(
        veteran["time"],
        (veteran["status"] == 1) & ~silent,
        x,
        terms=("adeno", "large", "squamous", "karno"),
        ties=reference["ties"],
        stratum=veteran["trt"] if name == "silent_strata" else None,
        weights=weights if name == "silent_weights" else None,
    )
    assert fit.status == "ok"
    np.testing.assert_allclose(fit.coefficients, reference["coefficients"], rtol=OPTIMUM_RTOL)
    np.testing.assert_allclose(fit.covariance, reference["covariance"], rtol=COVARIANCE_RTOL)
    assert fit.log_likelihood == pytest.approx(reference["log_likelihood"], rel=OPTIMUM_RTOL)
    assert fit.penalised_log_likelihood == pytest.approx(
        reference["penalised_log_likelihood"], rel=OPTIMUM_RTOL
    )
    for expected in reference["profiles"]:
        profile = profile_contrast(fit, expected["contrast"], 0.95)
        for key in ("estimate", "low", "high", "chi_square"):
            assert getattr(profile, key) == pytest.approx(expected[key], rel=OPTIMUM_RTOL), key
