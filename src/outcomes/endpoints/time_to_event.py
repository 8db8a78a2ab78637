"""Time from the start of time at risk to the event; patients without it are censored when last seen.

Censoring follows Kaplan & Meier 1958, J Am Stat Assoc 53:457: a censored patient is known to be event-free
up to, and including, the recorded day. What the event is, and which codes mean it, the cohort file declares.

With a landmark, only patients event-free and under observation beyond that day count, and time runs from
it (Anderson, Cain & Gelber 1983, J Clin Oncol 1:710).
"""

from __future__ import annotations

import pandas as pd

from outcomes.config import AnalysisBase, Cohort
from outcomes.config.survival import (
    CoxAnalysis,
    EventEndpoint,
    KaplanMeierAnalysis,
    LogRankAnalysis,
    RmstAnalysis,
)
from outcomes.frames import AnalysisFrame, Tables
from outcomes.populations import count_exclusions, drop_missing, no_follow_up, printed_names, select

SurvivalAnalysis = KaplanMeierAnalysis | LogRankAnalysis | CoxAnalysis | RmstAnalysis


def derive_time_to_event(tables: Tables, cohort: Cohort, analysis: SurvivalAnalysis) -> AnalysisFrame:
    """One row per patient: `time_days` (> 0), `observed`, `reason`, and the analysis' covariates and strata.

    Patients of the population without follow-up for the event, and those with an unknown covariate
    or stratum, are left out and counted under the first reason that applies. With a landmark so are
    those with the event up to it, that day included, and those not followed beyond it.

    Raises
    ------
    ValueError
        If a patient has several rows of the event, or a time is not positive: ingest refuses both.
    """
    kept, exclusions = select(tables, cohort, analysis)
    endpoint = analysis.endpoint
    if not isinstance(endpoint, EventEndpoint):
        raise TypeError(f"not an endpoint of a dated event: {endpoint.kind}")
    event = cohort.events[endpoint.event]
    needed = patient_columns(analysis)
    patients = tables.patients[tables.patients["patient_id"].isin(kept)].sort_values("patient_id")
    follow_up = follow_up_of(tables, endpoint.event).drop(columns="start_day")
    followed = patients["patient_id"].isin(follow_up.index)
    reason = no_follow_up(cohort, endpoint.event)
    exclusions += count_exclusions(patients[~followed], reason, after_assignment=True)
    patients = patients[followed]
    landmark = endpoint.landmark_day
    if landmark is not None:
        follow_up, reasons = _from_landmark(follow_up, landmark, event.label)
        for why, out in reasons.items():
            left = patients["patient_id"].isin(out)
            exclusions += count_exclusions(patients[left], why, after_assignment=True)
            patients = patients[~left]
    complete, missing = drop_missing(patients, cohort, needed)
    columns = ["patient_id", "arm", *cohort.treatment.components, *needed]
    data = complete[columns].merge(follow_up, left_on="patient_id", right_index=True, validate="one_to_one")
    data["arm"] = pd.Categorical(data["arm"].astype(str), categories=cohort.treatment.arms, ordered=True)
    return AnalysisFrame(
        data=data.reset_index(drop=True),
        treatment=cohort.treatment,
        endpoint=endpoint.event + ("" if landmark is None else f"_from_day_{landmark:g}"),
        label=event.label if landmark is None else f"{event.label}, from day {landmark:g}",
        unit="days",
        higher_is_better=not event.favourable,
        exclusions=(*exclusions, *missing),
        labels=printed_names(cohort, needed),
        cautions=() if landmark is None else (_selection(event.label, landmark),),
    )


def _from_landmark(
    follow_up: pd.DataFrame, landmark: float, label: str
) -> tuple[pd.DataFrame, dict[str, pd.Index]]:
    """Times from the landmark of those who got beyond it; reason to patients of those who did not."""
    beyond = follow_up["time_days"] > landmark
    early, later = follow_up[~beyond], follow_up[beyond]
    reasons = {
        f"{label} up to the landmark, day {landmark:g}": early.index[early["observed"]],
        f"not followed beyond the landmark, day {landmark:g}": early.index[~early["observed"]],
    }
    return later.assign(time_days=later["time_days"] - landmark), reasons


def _selection(label: str, landmark: float) -> str:
    return (
        f"landmark analysis: the answers hold for patients free of the event ({label}) and still followed "
        f"after day {landmark:g}, and time counts from that day; treatment may have decided who got there, "
        "so arms that were alike at the start need not be alike here, and events up to that day are not "
        "compared (Anderson, Cain and Gelber 1983, J Clin Oncol 1:710)"
    )


def patient_columns(analysis: AnalysisBase) -> tuple[str, ...]:
    """Covariates of the plan entry, whatever they are there for, each once, in plan order."""
    several = (getattr(analysis, key, ()) for key in ("covariates", "strata", "subgroups"))
    cluster = getattr(analysis, "cluster", None)
    named = [name for names in several for name in names] + ([cluster] if cluster else [])
    return tuple(dict.fromkeys(named))


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
