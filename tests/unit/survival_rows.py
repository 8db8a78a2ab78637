"""Analysis frames, plan entries and row checks that the tests of the survival models share."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from outcomes.config.survival import CoxAnalysis, KaplanMeierAnalysis, LogRankAnalysis, RmstAnalysis
from outcomes.frames import AnalysisFrame
from outcomes.io import check, shape
from outcomes.models.kaplan_meier import fit_kaplan_meier
from outcomes.models.log_rank import fit_log_rank
from outcomes.models.proportional_hazards import fit_cox
from outcomes.models.rmst import fit_rmst
from outcomes.tables import ESTIMATES
from outcomes.treatment import Treatment

CLOSED_RTOL = 1e-12  # closed forms: a handful of roundings
NEWTON_RTOL = 1e-8  # Newton stops within 1e-9 standard errors

TREATMENT = Treatment.from_sets(
    {"medication": True, "therapy": True},
    {
        "medication": frozenset({"medication"}),
        "therapy": frozenset({"therapy"}),
        "combined": frozenset({"medication", "therapy"}),
    },
)
ARMS = TREATMENT.arms


def make_frame(time, observed, arm, **covariates):
    data = pd.DataFrame(
        {
            "patient_id": [f"p{k:03d}" for k in range(len(time))],
            "arm": pd.Categorical(list(arm), categories=ARMS, ordered=True),
            "time_days": np.asarray(time, float),
            "observed": np.asarray(observed, bool),
            **covariates,
        }
    )
    return AnalysisFrame(data, TREATMENT, "relapse", "Relapse", "days", True, labels={"age": "Age (years)"})


def simulate(n=150, rates=(0.01, 0.015, 0.004), seed=7):
    """Exponential times, censored at random and after 365 days; whole days, so times are tied."""
    rng = np.random.default_rng(seed)
    arm = np.array(ARMS)[np.arange(n) % 3]
    rate = np.array(rates)[np.arange(n) % 3]
    event, censoring = rng.exponential(1 / rate), rng.uniform(30, 500, n)
    end = np.minimum(censoring, 365)
    site = pd.Categorical(np.array(["a", "b", "c"])[rng.integers(0, 3, n)])
    return make_frame(
        np.ceil(np.minimum(event, end)), event <= end, arm, age=rng.normal(45, 10, n), site=site
    )


def with_data(frame, data):
    return replace(frame, data=data)


def plan(cls, **options):
    return cls(
        question="?", role="secondary", endpoint={"kind": "time_to_event", "event": "relapse"}, **options
    )


def rows_of(fit, quantity):
    return [row for row in fit.rows if row["quantity"] == quantity]


def row_of(fit, quantity, arm=None, comparator=None):
    found = [
        row for row in rows_of(fit, quantity) if (row.get("arm"), row.get("comparator")) == (arm, comparator)
    ]
    assert len(found) == 1
    return found[0]


MODELS = [
    (fit_kaplan_meier, plan(KaplanMeierAnalysis)),
    (fit_log_rank, plan(LogRankAnalysis, strata=("site",))),
    (fit_rmst, plan(RmstAnalysis)),
    (fit_cox, plan(CoxAnalysis, covariates=("age",), strata=("site",))),
]


def assert_contract(fit):
    """The rows fulfil the contract of `estimates`, keys included."""
    names = {"cohort": "c", "analysis": "a", "endpoint": "e", "population": "p", "model": "m"}
    assert check(shape(pd.DataFrame(fit.rows).assign(**names), ESTIMATES), ESTIMATES) == []
