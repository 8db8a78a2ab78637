"""Adverse events and time under observation: events per person-year (ICH E3, section 12.2)."""

from __future__ import annotations

from outcomes.config import Cohort
from outcomes.config.cohort import DAYS_PER
from outcomes.config.plan import EventRateAnalysis
from outcomes.frames import AnalysisFrame, Tables
from outcomes.populations import select


def derive_adverse_events(tables: Tables, cohort: Cohort, analysis: EventRateAnalysis) -> AnalysisFrame:
    """One row per adverse event, and one with a null `term` per patient without any.

    Every row repeats its patient's `person_years`, 0 where the time under observation is unknown or
    none: such patients count among patients and events, and not in a rate.
    """
    kept, exclusions = select(tables, cohort, analysis)
    patients = tables.patients[tables.patients["patient_id"].isin(kept)]
    years = patients["follow_up_days"].fillna(0.0) / DAYS_PER["year"]
    at_risk = patients[["patient_id", "arm"]].assign(person_years=years)
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
        exclusions=exclusions,
    )
