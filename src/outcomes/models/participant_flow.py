"""Participant flow: counts with reasons, from screening or assignment to the end of follow-up."""

from __future__ import annotations

from outcomes.config.plan import FlowAnalysis
from outcomes.frames import AnalysisFrame
from outcomes.models.fit import Fit, Row, level

METHODS = {"Model": "Counts of participants; reasons as recorded"}


def fit_participant_flow(frame: AnalysisFrame, analysis: FlowAnalysis) -> Fit:  # noqa: ARG001 - one signature for all
    """Count each step over all and by arm."""
    rows = [_count(term, None, n) for term, n in frame.screening.items()]
    rows.append(_count("assigned", None, len(frame.data)))
    end = "completed" if frame.schedule else "event"
    for arm in frame.treatment.arms:
        data = frame.data[frame.data["arm"] == arm]
        rows.append(_count("assigned", arm, len(data)))
        for visit, time in frame.schedule.items():
            n = int(data[f"observed: {visit}"].sum())
            rows.append(_count(f"observed: {visit}", arm, n) | {"time": time, "time_unit": frame.time_unit})
        steps = data["step"].value_counts().sort_index()
        rows += [_count(str(step), arm, int(n)) for step, n in steps.items() if step != end]
        rows.append(_count(end, arm, int(steps.get(end, 0))))
    return Fit(tuple(rows), METHODS)


def _count(term: str, arm: str | None, n: int) -> Row:
    return level("count", term=term, arm=arm, estimate=n, unit="patients")
