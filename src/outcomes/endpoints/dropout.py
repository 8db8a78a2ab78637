"""Dropout: no score of the measure at its last planned visit.

A patient who misses a visit and returns for the last one did not drop out. Source: the definition of
study completion by the last planned assessment, CONSORT 2010 explanation, item 13b (Moher et al. 2010,
BMJ 340:c869).
"""

from __future__ import annotations

from outcomes.config import Cohort
from outcomes.config.plan import ProportionAnalysis
from outcomes.frames import AnalysisFrame, Tables
from outcomes.populations import last_visit, select


def derive_dropout(tables: Tables, cohort: Cohort, analysis: ProportionAnalysis) -> AnalysisFrame:
    """Whether each patient of the population has no score at the last planned visit."""
    kept, exclusions = select(tables, cohort, analysis)
    measure = analysis.endpoint.measure
    last = last_visit(tables, cohort, measure)
    visits = tables.visits
    seen = visits.loc[
        (visits["measure"] == measure) & (visits["visit"] == last) & visits["score"].notna(), "patient_id"
    ]
    data = tables.patients.loc[tables.patients["patient_id"].isin(kept), ["patient_id", "arm"]]
    data = data.assign(outcome=~data["patient_id"].isin(seen)).reset_index(drop=True)
    return AnalysisFrame(
        data=data,
        treatment=cohort.treatment,
        endpoint="dropout",
        label=f"Dropout before the last {cohort.measures[measure].label} visit",
        unit="probability",
        higher_is_better=False,
        exclusions=exclusions,
    )
