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
    """One row per patient: `completed`, ``observed: <visit>`` (bool), `reason` (null when completed).

    With a measure, completing means a score at its last planned visit, and the reason of those who did
    not is that of an event named ``dropout``, where the cohort has one. With an event instead, it
    means the event, or follow-up to the longest time seen; the reason is that of the censoring.
    """
    kept, exclusions = select(tables, cohort, analysis)
    data = tables.patients.loc[tables.patients["patient_id"].isin(kept), ["patient_id", "arm"]]
    data = data.set_index("patient_id", drop=False)
    ids = data.index
    schedule: dict[str, float] = {}
    if analysis.endpoint.measure is not None and cohort.schedule is not None:
        measure = analysis.endpoint.measure
        scored = tables.visits[(tables.visits["measure"] == measure) & tables.visits["score"].notna()]
        planned = set(tables.visits.loc[tables.visits["measure"] == measure, "visit"].astype(str))
        for visit in (name for name in cohort.schedule.visits if name in planned):
            data[f"observed: {visit}"] = ids.isin(scored.loc[scored["visit"] == visit, "patient_id"])
            schedule[visit] = cohort.schedule.visits[visit]
        data["completed"] = data[f"observed: {last_visit(tables, cohort, measure)}"]
        dropout = _outcome(tables, "dropout")
        reasons = dropout.loc[dropout["observed"].astype(bool), "reason"]
    else:
        outcome = _outcome(tables, str(analysis.endpoint.event))
        ended = outcome["observed"].astype(bool) | (outcome["end_day"] >= outcome["end_day"].max())
        data["completed"] = ended.reindex(ids, fill_value=False).to_numpy(bool)
        reasons = outcome["reason"]
    data["reason"] = reasons.reindex(ids).astype("string").fillna(NO_REASON).mask(data["completed"])
    return AnalysisFrame(
        data=data.reset_index(drop=True),
        treatment=cohort.treatment,
        endpoint="flow",
        label="Participant flow",
        unit="patients",
        higher_is_better=None,
        exclusions=exclusions,
        schedule=schedule,
        time_unit=cohort.schedule.unit if cohort.schedule else "day",
        screening=_screening_counts(cohort),
    )


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
