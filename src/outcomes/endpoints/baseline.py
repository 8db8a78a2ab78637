"""Baseline characteristics: the covariates of the cohort file and the baseline scores of named measures."""

from __future__ import annotations

from outcomes.config import Cohort
from outcomes.config.plan import BaselineAnalysis
from outcomes.frames import AnalysisFrame, Tables
from outcomes.populations import printed_names, select


def derive_baseline(tables: Tables, cohort: Cohort, analysis: BaselineAnalysis) -> AnalysisFrame:
    """One row per patient; a column per covariate, and ``baseline_<measure>`` per measure."""
    kept, exclusions = select(tables, cohort, analysis)
    covariates = cohort.patients.covariates
    patients = tables.patients[tables.patients["patient_id"].isin(kept)]
    data = patients[["patient_id", "arm", *covariates]].set_index("patient_id", drop=False)
    labels = printed_names(cohort, list(covariates))
    for measure in analysis.endpoint.measures:
        visits = tables.visits
        rows = visits[(visits["measure"] == measure) & (visits["week"] == 0)]
        data[f"baseline_{measure}"] = rows.set_index("patient_id")["score"].reindex(data.index)
        labels[f"baseline_{measure}"] = f"{cohort.measures[measure].label} at baseline"
    return AnalysisFrame(
        data=data.reset_index(drop=True),
        treatment=cohort.treatment,
        endpoint="baseline",
        label="Baseline characteristics",
        unit="",
        higher_is_better=None,
        exclusions=exclusions,
        labels=labels,
    )
