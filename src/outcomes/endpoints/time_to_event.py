"""Time from the start of time at risk to the event; patients without it are censored when last seen.

Censoring follows Kaplan & Meier 1958, J Am Stat Assoc 53:457: a censored patient is known to be event-free
up to, and including, the recorded day. What the event is, and which codes mean it, the cohort file declares.
"""

from __future__ import annotations

import pandas as pd

from outcomes.config import AnalysisBase, Cohort
from outcomes.config.survival import CoxAnalysis, KaplanMeierAnalysis, LogRankAnalysis, RmstAnalysis
from outcomes.frames import AnalysisFrame, Tables
from outcomes.populations import count_exclusions, drop_missing, no_follow_up, printed_names, select

SurvivalAnalysis = KaplanMeierAnalysis | LogRankAnalysis | CoxAnalysis | RmstAnalysis


def derive_time_to_event(tables: Tables, cohort: Cohort, analysis: SurvivalAnalysis) -> AnalysisFrame:
    """One row per patient: `time_days` (> 0), `observed`, `reason`, and the analysis' covariates and strata.

    Patients of the population without follow-up for the event, and those with an unknown covariate
    or stratum, are left out and counted under the first reason that applies.

    Raises
    ------
    ValueError
        If a patient has several rows of the event, or a time is not positive: ingest refuses both.
    """
    kept, exclusions = select(tables, cohort, analysis)
    event = cohort.events[analysis.endpoint.event]
    needed = patient_columns(analysis)
    patients = tables.patients[tables.patients["patient_id"].isin(kept)].sort_values("patient_id")
    follow_up = follow_up_of(tables, analysis.endpoint.event).drop(columns="start_day")
    followed = patients["patient_id"].isin(follow_up.index)
    reason = no_follow_up(cohort, analysis.endpoint.event)
    exclusions += count_exclusions(patients[~followed], reason, after_assignment=True)
    complete, missing = drop_missing(patients[followed], cohort, needed)
    columns = ["patient_id", "arm", *cohort.treatment.components, *needed]
    data = complete[columns].merge(follow_up, left_on="patient_id", right_index=True, validate="one_to_one")
    data["arm"] = pd.Categorical(data["arm"].astype(str), categories=cohort.treatment.arms, ordered=True)
    return AnalysisFrame(
        data=data.reset_index(drop=True),
        treatment=cohort.treatment,
        endpoint=analysis.endpoint.event,
        label=event.label,
        unit="days",
        higher_is_better=not event.favourable,
        exclusions=(*exclusions, *missing),
        labels=printed_names(cohort, needed),
    )


def patient_columns(analysis: AnalysisBase) -> tuple[str, ...]:
    """Covariates and strata of the plan entry, each once, in plan order."""
    return tuple(dict.fromkeys((*getattr(analysis, "covariates", ()), *getattr(analysis, "strata", ()))))


def follow_up_of(tables: Tables, name: str) -> pd.DataFrame:
    """Start, time, status and reason of one outcome event by patient; rows without an end say nothing.

    Raises
    ------
    ValueError
        If a patient has several rows of the event, or a time is not positive: ingest refuses both.
    """
    events = tables.events
    rows = events[(events["kind"] == "outcome") & (events["event"] == name) & events["end_day"].notna()]
    rows = rows.set_index("patient_id")
    if not rows.index.is_unique:
        raise ValueError(f"{int(rows.index.duplicated().sum())} patients have several rows of event '{name}'")
    time = (rows["end_day"] - rows["start_day"]).astype("float64")
    if not (time > 0).all():
        raise ValueError(f"{int((~(time > 0)).sum())} times to event '{name}' are not positive")
    return pd.DataFrame(
        {
            "start_day": rows["start_day"],
            "time_days": time,
            "observed": rows["observed"].astype(bool),
            "reason": rows["reason"],
        }
    )
