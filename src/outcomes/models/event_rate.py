"""Adverse events by arm: events, patients with any, and events per person-year with exact Poisson limits."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from outcomes.config.plan import EventRateAnalysis
from outcomes.frames import AnalysisFrame
from outcomes.inference import poisson_rate_interval
from outcomes.models.fit import Fit, Row, failed_row, level
from outcomes.models.proportion import proportion_row

METHODS = {
    "Model": "Adverse events by arm, all recorded events counted; rates over the patients with a known time",
    "Intervals": "rates: exact Poisson (Garwood); patients with any: Wilson score",
}


@dataclass(frozen=True)
class AtRisk:
    """Patients of one arm, those of them with a known time under observation, and that time in years."""

    arm: str
    n_patients: int
    n_timed: int
    years: float


def fit_event_rate(frame: AnalysisFrame, analysis: EventRateAnalysis) -> Fit:
    """Counts, patients and rates of each arm: over all adverse events, then for each one."""
    untimed = frame.data[frame.data["person_years"] == 0]
    terms = sorted(frame.data["term"].dropna().astype(str).unique())
    rows: list[Row] = []
    for arm in frame.treatment.arms:
        data = frame.data[frame.data["arm"] == arm]
        years = data.drop_duplicates("patient_id")["person_years"]
        at_risk = AtRisk(arm, len(years), int((years > 0).sum()), float(years.sum()))
        rows.append(
            level(
                "person_years", arm=arm, estimate=at_risk.years, unit="years", n_patients=at_risk.n_patients
            )
        )
        rows += _rows_of(data[data["term"].notna()], at_risk, None, analysis.conf_level)
        for term in terms:
            rows += _rows_of(data[data["term"] == term], at_risk, term, analysis.conf_level)
    return Fit(tuple(rows), METHODS, _warnings(untimed))


def _warnings(untimed: pd.DataFrame) -> tuple[str, ...]:
    if untimed.empty:
        return ()
    n, events = untimed["patient_id"].nunique(), int(untimed["term"].notna().sum())
    return (f"{n} patients with {events} adverse events have no time under observation: not in the rates",)


def _rows_of(events: pd.DataFrame, at_risk: AtRisk, term: str | None, conf_level: float) -> list[Row]:
    place = {"arm": at_risk.arm, "term": term}
    n, count, patients = at_risk.n_patients, len(events), int(events["patient_id"].nunique())
    rows = [
        level("event_count", estimate=count, unit="events", n_patients=n, n_events=count, **place),
        level("count", estimate=patients, unit="patients", n_patients=n, **place),
        proportion_row(patients, n, conf_level, **place),
    ]
    if at_risk.years == 0:
        rows.append(failed_row("incidence_rate", "not_estimable", "no time under observation", **place))
        return rows
    timed = int((events["person_years"] > 0).sum())
    interval = poisson_rate_interval(timed, at_risk.years, conf_level)
    rows.append(
        level(
            "incidence_rate",
            estimate=timed / at_risk.years,
            ci_low=interval.low,
            ci_high=interval.high,
            conf_level=conf_level,
            unit="per person-year",
            n_patients=at_risk.n_timed,
            n_events=timed,
            **place,
        )
    )
    return rows
