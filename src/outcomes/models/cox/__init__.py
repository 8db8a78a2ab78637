"""The Cox model on arrays: `fit_cox_model` maximises the partial likelihood, and judges what it found.

h_i(t) = h0_s(t) exp(x_i b + offset_i) for row i of stratum s. Efron's and Breslow's ties, case weights, left
truncation and start-stop rows, cluster-robust variance.
"""

from __future__ import annotations

from outcomes.models.cox.fit import fit_cox_model
from outcomes.models.cox.result import ChiSquare, CoxFit

__all__ = ["ChiSquare", "CoxFit", "fit_cox_model"]
