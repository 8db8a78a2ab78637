"""Adverse events and time under observation: events per person-year (ICH E3, section 12.2)."""

from __future__ import annotations

from outcomes.config import Cohort
from outcomes.config.cohort import DAYS_PER
from outcomes.config.plan import EventRateAnalysis
from outcomes.frames import AnalysisFrame, Tables
from outcomes.populations import count_exclusions, select


def derive_adverse_events(tables: Tables, cohort: Cohort, analysis: EventRateAnalysis) -> AnalysisFrame:
    """One row per adverse event, and one with a null `term` per patient without any.

    Every row repeats its patient's `person_years`. Patients without a time under observation are left
    out and counted.
    """
    kept, exclusions = select(tables, cohort, analysis)
    patients = tables.patients[tables.patients["patient_id"].isin(kept)]
    followed = patients["follow_up_days"] > 0
    at_risk = patients.loc[followed, ["patient_id", "arm"]].assign(
        person_years=patients.loc[followed, "follow_up_days"] / DAYS_PER["year"]
    )
    adverse = tables.events[tables.events["kind"] == "adverse"]
    data = at_risk.merge(
        adverse[["patient_id", "event"]].rename(columns={"event": "term"}), on="patient_id", how="left"
    )
    return AnalysisFrame(
        data=data,
        treatment=cohort.treatment,
        endpoint="adverse_events",
        label="Adverse events",
        unit="per person-year",
        higher_is_better=False,
        exclusions=(*exclusions, *count_exclusions(patients[~followed], "no time under observation")),
    )
