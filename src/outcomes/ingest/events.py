"""The events table: time to each outcome event, and adverse events."""

from __future__ import annotations

import numpy as np
import pandas as pd

from outcomes.config.cohort import AdverseEvents, OutcomeEvent
from outcomes.ingest.cells import (
    Cells,
    Source,
    read_codes,
    read_days,
    read_ids,
    read_text,
    report_repeats,
    report_strangers,
)
from outcomes.ingest.patients import Grouping, Patients, group_rows
from outcomes.ingest.sources import Opened
from outcomes.io import shape
from outcomes.tables import EVENTS

HALF_DAY = 0.5
"""Days that stand for a time of zero under the half_day policy: before the first full day, yet at risk."""

OBSERVED, CENSORED = "+", "-"


def read_events(opened: Opened, patients: Patients) -> pd.DataFrame:
    """Read the outcome events and adverse events of a cohort; problems go to `opened`."""
    cohort = opened.cohort
    tables = []
    for name, event in cohort.events.items():
        source = opened.sources.get(event.file)
        if source is not None and event.id in source.raw.cells:
            repeated = cohort.patients.rows == "visit" and event.file == cohort.patients.file
            tables.append(_read_outcome(source, name, event, patients, repeated=repeated))
    if cohort.adverse_events is not None:
        source = opened.sources.get(cohort.adverse_events.file)
        if source is not None and cohort.adverse_events.id in source.raw.cells:
            tables.append(_read_adverse(source, cohort.adverse_events, patients))
    empty = pd.DataFrame({column.name: [] for column in EVENTS.columns})
    shaped = [shape(table, EVENTS) for table in (*tables, empty)]
    table = pd.concat([t for t in shaped if len(t)] or shaped[-1:], ignore_index=True)
    return shape(table.sort_values(list(EVENTS.key)), EVENTS)


def _read_outcome(
    source: Source, name: str, event: OutcomeEvent, patients: Patients, *, repeated: bool
) -> pd.DataFrame:
    """One row per patient: followed from baseline to the event or to censoring."""
    ids = read_ids(source, event.id)
    report_strangers(source, event.id, ids, patients.known)
    rows = group_rows(source, event.id, ids, repeated=repeated)
    column, place = event.time.column, f"events.{name}"
    days = rows.collapse(column, read_days(source, event.time, patients.zero_of(ids)), "time")
    rows.report(column, days.missing, "of patients without a time to event or censoring", "give the time")
    status = _read_status(source, event, rows, place)
    time, kept = _apply_policies(rows, event, days, place)
    told = pd.Series(status.values, dtype="string")
    observed = told.str.startswith(OBSERVED).to_numpy(dtype=bool, na_value=False)
    reason = told.str[1:].replace("", pd.NA)
    table = pd.DataFrame(
        {
            "patient_id": rows.ids, "kind": "outcome", "event": name, "start_day": 0.0, "end_day": time,
            "observed": observed, "reason": reason, "grade": None,
        }
    )  # fmt: skip
    followed: pd.DataFrame = table[kept & days.good & status.good]
    return followed


def _read_status(source: Source, event: OutcomeEvent, rows: Grouping, place: str) -> Cells:
    """`OBSERVED` or `CENSORED` by patient, followed by the reason in words where one is declared."""
    column = event.status.column
    events = event.status.event
    reasons = events if isinstance(events, dict) else dict.fromkeys(events, "")
    labels = {code: OBSERVED + reason for code, reason in reasons.items()}
    labels |= {code: CENSORED + reason for code, reason in event.status.censored.items()}
    key = f"{place}.status.event or {place}.status.censored"
    status = rows.collapse(column, read_codes(source, column, labels, key), "status")
    rows.report(column, status.missing, "of patients without a status", "give the status")
    return status


def _apply_policies(
    rows: Grouping, event: OutcomeEvent, days: Cells, place: str
) -> tuple[np.ndarray, np.ndarray]:
    """Times after the declared policies, and the patients that stay."""
    time = days.values.astype("float64")
    zero, negative = days.good & (time == 0), days.good & (time < 0)
    kept = np.ones(len(time), dtype=bool)
    if event.negative_time == "error":
        remedy = f"mend the times, or declare {place}.negative_time: exclude"
        rows.report(event.time.column, negative, "before baseline (negative time)", remedy)
    else:
        kept &= ~negative
    if event.zero_time == "error":
        remedy = f"mend the times, or declare {place}.zero_time: half_day or exclude"
        rows.report(event.time.column, zero, "on the day of baseline (time zero)", remedy)
    elif event.zero_time == "exclude":
        kept &= ~zero
    else:
        time = np.where(zero, HALF_DAY, time)
    return time, kept


def _read_adverse(source: Source, spec: AdverseEvents, patients: Patients) -> pd.DataFrame:
    ids = read_ids(source, spec.id)
    kept = report_strangers(source, spec.id, ids, patients.known)
    zero = patients.zero_of(ids)
    if spec.terms is None:
        terms = read_text(source, spec.term)
    else:
        terms = read_codes(source, spec.term, spec.terms, "adverse_events.terms")
    source.report(spec.term, terms.missing, "without a term", "name the adverse event")
    onset = read_days(source, spec.onset, zero)
    source.report(spec.onset.column, onset.missing, "without an onset", "give the onset")
    early = onset.good & (onset.values < 0)
    if spec.negative_time == "error":
        remedy = "mend the times, or declare adverse_events.negative_time: exclude"
        source.report(spec.onset.column, early, "with an onset before baseline (negative time)", remedy)
    else:
        kept = kept & ~early
    if spec.after_follow_up == "error":
        late = onset.good & (onset.values > patients.follow_up_of(ids))
        remedy = "mend the times, extend patients.follow_up, or declare adverse_events.after_follow_up: keep"
        source.report(spec.onset.column, late, "with an onset after the patient's follow-up", remedy)
    end = np.full(len(source), np.nan)
    if spec.end is not None:
        end = read_days(source, spec.end, zero).values
        source.report(spec.end.column, end < onset.values, "with an end before the onset", "mend the times")
    grade = read_text(source, spec.grade).values if spec.grade else None
    complete = ids.good & terms.good & onset.good
    keys = {"id": ids.values, "term": terms.values, "onset": onset.values}
    rule = "that repeat a patient's adverse event (same term and onset)"
    report_repeats(source, spec.term, keys, complete, rule, "keep one row per event")
    table = pd.DataFrame(
        {
            "patient_id": ids.values, "kind": "adverse", "event": terms.values, "start_day": onset.values,
            "end_day": end, "observed": True, "reason": None, "grade": grade,
        }
    )  # fmt: skip
    recorded: pd.DataFrame = table[kept & complete]
    return recorded
