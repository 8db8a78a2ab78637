"""What the primary analysis of the antidepressant trial says, and what an analysis of completers misses.

The MMRM's numbers against R's nlme 3.1-162: ``gls(change ~ arm * week + baseline * week, correlation =
corSymm(form = ~ k | patient), weights = varIdent(form = ~ 1 | k))`` with week 8 as the reference. The
completers' against least squares at week 8.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from outcomes.config import load_project
from outcomes.endpoints.score import derive_score
from outcomes.ingest import read_cohort
from outcomes.models.repeated import fit_mmrm_analysis

ROOT = Path(__file__).parents[2]
GLS_ESTIMATE = -2.41760980
GLS_LOG_LIKELIHOOD = -2377.757
GLS_RTOL = 1e-4  # its optimiser stops at a relative change of 1e-9 of the likelihood, not of the estimate


@pytest.fixture(scope="module")
def fits():
    project = load_project(ROOT, only="antidepressant_trial")
    cohort, plan = project.cohorts["antidepressant_trial"], project.plans["antidepressant_trial"]
    tables = read_cohort(ROOT, cohort, "antidepressant_trial")
    found = {}
    for name in ("hamd17_mmrm", "hamd17_mmrm_completers"):
        frame = derive_score(tables, cohort, plan.analyses[name])
        found[name] = (frame, fit_mmrm_analysis(frame, plan.analyses[name]))
    return found


def at_week_8(fit):
    (row,) = (row for row in fit.rows if row["quantity"] == "mean_difference" and row["time"] == 8.0)
    return row


def test_all_patients_differ_at_week_8_as_gls_has_it(fits):
    _, fit = fits["hamd17_mmrm"]
    row = at_week_8(fit)
    assert row["estimate"] == pytest.approx(GLS_ESTIMATE, rel=GLS_RTOL)
    (log_likelihood,) = (row["estimate"] for row in fit.rows if row["quantity"] == "log_likelihood")
    assert log_likelihood == pytest.approx(GLS_LOG_LIKELIHOOD, abs=5.1e-4)
    assert round(row["p_value"], 2) == 0.03


def test_those_who_stayed_are_compared_by_analysis_of_covariance(fits):
    import statsmodels.formula.api as smf

    frame, fit = fits["hamd17_mmrm_completers"]
    last = frame.data[frame.data["time"] == 8.0].assign(arm=lambda rows: rows["arm"].astype(str))
    reference = smf.ols("score ~ C(arm, Treatment('neither')) + baseline", pd.DataFrame(last)).fit()
    row, name = at_week_8(fit), "C(arm, Treatment('neither'))[T.medication]"
    # one score before week 8 is missing, so that least squares at week 8 is not the model to the last digit
    assert row["estimate"] == pytest.approx(reference.params[name], rel=1e-3)
    assert row["p_value"] == pytest.approx(reference.pvalues[name], rel=1e-2)
    assert round(row["p_value"], 2) == 0.13
