"""Participant flow: who was assigned, seen at each visit, and lost, with the recorded reason.

Follows the participant flow of CONSORT 2010, item 13 (Schulz, Altman & Moher 2010, BMJ 340:c332).
"""

from __future__ import annotations

import pandas as pd

from outcomes.config import Cohort
from outcomes.config.plan import FlowAnalysis
from outcomes.frames import AnalysisFrame, Tables
from outcomes.populations import last_visit, select

NO_REASON = "reason not recorded"


def derive_flow(tables: Tables, cohort: Cohort, analysis: FlowAnalysis) -> AnalysisFrame:
    """One row per patient with `step`, the flow term that the patient ended in.

    Of a measure: ``completed`` (a score at its last planned visit) or ``discontinued: <reason>``, with the
    reason of an event named ``dropout`` where the cohort has one; and ``observed: <visit>`` (bool).
    Of an event: ``event``, ``censored: <reason>`` or ``no follow-up``.
    """
    kept, exclusions = select(tables, cohort, analysis)
    data = tables.patients.loc[tables.patients["patient_id"].isin(kept), ["patient_id", "arm"]]
    data = data.set_index("patient_id", drop=False)
    measure, event = analysis.endpoint.measure, analysis.endpoint.event
    schedule: dict[str, float] = {}
    if measure is not None and cohort.schedule is not None:
        scored = tables.visits[(tables.visits["measure"] == measure) & tables.visits["score"].notna()]
        planned = set(tables.visits.loc[tables.visits["measure"] == measure, "visit"].astype(str))
        for visit in (name for name in cohort.schedule.visits if name in planned):
            data[f"observed: {visit}"] = data.index.isin(scored.loc[scored["visit"] == visit, "patient_id"])
            schedule[visit] = cohort.schedule.visits[visit]
        completed = data[f"observed: {last_visit(tables, cohort, measure)}"]
        left = _outcome(tables, "dropout")
        left = left[left["observed"].astype(bool)]
        reasons = _reasons(left).reindex(data.index).fillna(NO_REASON)
        data["step"] = ("discontinued: " + reasons).mask(completed, "completed")
    else:
        outcome = _outcome(tables, str(event))
        steps = ("censored: " + _reasons(outcome)).mask(outcome["observed"].astype(bool), "event")
        data["step"] = steps.reindex(data.index).fillna("no follow-up")
    return AnalysisFrame(
        data=data.reset_index(drop=True),
        treatment=cohort.treatment,
        endpoint="flow",
        label=cohort.events[event].label if event is not None else "Participant flow",
        unit="patients",
        higher_is_better=None,
        exclusions=exclusions,
        schedule=schedule,
        time_unit=cohort.schedule.unit if cohort.schedule else "day",
        screening=_screening_counts(cohort),
    )


def _reasons(outcome: pd.DataFrame) -> pd.Series:
    return outcome["reason"].astype("string").fillna(NO_REASON)


def _screening_counts(cohort: Cohort) -> dict[str, int]:
    """Terms and counts before assignment; empty where the cohort file has none."""
    if cohort.screening is None:
        return {}
    excluded = {f"excluded: {reason}": n for reason, n in cohort.screening.excluded.items()}
    return {"screened": cohort.screening.screened, **excluded}


def _outcome(tables: Tables, event: str) -> pd.DataFrame:
    """Rows of one outcome event by patient."""
    events = tables.events
    return events[(events["kind"] == "outcome") & (events["event"] == event)].set_index("patient_id")
