"""A mixed model for repeated measures (MMRM): `fit_mmrm` for a data frame, `fit_sums` for sums over patients.

The model is y_i ~ N(X_i beta, V) for the vector of a patient's scores at the planned visits, with a
covariance V of a chosen structure, fitted by (restricted) maximum likelihood. See ``docs/mmrm.md``.
"""

from __future__ import annotations

from outcomes.models.mmrm.api import Estimates, Fitted, fit_mmrm
from outcomes.models.mmrm.chunks import sum_chunks
from outcomes.models.mmrm.crossproducts import CrossProducts, combine, cross_products
from outcomes.models.mmrm.design import Design, Factor, Number, build_design, quantity_names
from outcomes.models.mmrm.fit import fit_sums
from outcomes.models.mmrm.frames import Columns
from outcomes.models.mmrm.inference import FTest, Inference, Linear, infer
from outcomes.models.mmrm.means import Means, ls_means, standardised_difference, type_iii
from outcomes.models.mmrm.patients import standard_patients
from outcomes.models.mmrm.result import MMRM, Attempt, NotEstimableError, Solution
from outcomes.models.mmrm.structures import STRUCTURES
from outcomes.models.mmrm.summaries import from_json

__all__ = [
    "MMRM",
    "STRUCTURES",
    "Attempt",
    "Columns",
    "CrossProducts",
    "Design",
    "Estimates",
    "FTest",
    "Factor",
    "Fitted",
    "Inference",
    "Linear",
    "Means",
    "NotEstimableError",
    "Number",
    "Solution",
    "build_design",
    "combine",
    "cross_products",
    "fit_mmrm",
    "fit_sums",
    "from_json",
    "infer",
    "ls_means",
    "quantity_names",
    "standard_patients",
    "standardised_difference",
    "sum_chunks",
    "type_iii",
]
