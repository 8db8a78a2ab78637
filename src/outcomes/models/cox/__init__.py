"""The Cox model on arrays: `fit_cox_model` maximises the partial likelihood, and judges what it found.

h_i(t) = h0_s(t) exp(x_i b + offset_i) for row i of stratum s. Efron's and Breslow's ties, case weights, left
truncation and start-stop rows, cluster-robust variance; then baseline hazards, predicted curves, residuals
and tests of proportionality from the fit.
"""

from __future__ import annotations

from outcomes.models.cox.baseline import BaselineHazard, PredictedSurvival, baseline_hazard, predict_survival
from outcomes.models.cox.concordance import Concordance, concordance
from outcomes.models.cox.effect_over_time import EffectOverTime, effect_over_time
from outcomes.models.cox.fit import fit_cox_model
from outcomes.models.cox.proportionality import ProportionalityTest, proportionality_tests
from outcomes.models.cox.residuals import (
    EventResiduals,
    deviance_residuals,
    dfbeta_residuals,
    martingale_residuals,
    scaled_schoenfeld_residuals,
    schoenfeld_residuals,
    score_residuals,
)
from outcomes.models.cox.result import ChiSquare, CoxFit

__all__ = [
    "BaselineHazard",
    "ChiSquare",
    "Concordance",
    "CoxFit",
    "EffectOverTime",
    "EventResiduals",
    "PredictedSurvival",
    "ProportionalityTest",
    "baseline_hazard",
    "concordance",
    "deviance_residuals",
    "dfbeta_residuals",
    "effect_over_time",
    "fit_cox_model",
    "martingale_residuals",
    "predict_survival",
    "proportionality_tests",
    "scaled_schoenfeld_residuals",
    "schoenfeld_residuals",
    "score_residuals",
]
