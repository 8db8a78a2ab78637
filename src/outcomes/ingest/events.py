"""The events table: time to each outcome event, and adverse events."""

from __future__ import annotations

import numpy as np
import pandas as pd

from outcomes.config.cohort import AdverseEvents, Cohort, LongVisits, OutcomeEvent, Status
from outcomes.ingest.cells import Cells, Source, read_codes, read_words
from outcomes.ingest.dates import read_days
from outcomes.ingest.folding import fold
from outcomes.ingest.ids import read_ids, report_repeats, report_strangers
from outcomes.ingest.patients import ONE_ROW, Grouping, Patients
from outcomes.ingest.sources import Opened
from outcomes.io import shape
from outcomes.tables import EVENTS

HALF_DAY = 0.5
"""Days that stand for a time of zero under the half_day policy: before the first full day, yet at risk."""

OBSERVED, CENSORED = "+", "-"

ONE_EVENT = "an event has one row per patient: keep one, or choose the rows of one event by where"

Origins = list[tuple[str, np.ndarray]]
"""Columns of times, each with the patients whose time was read from it."""


def read_events(opened: Opened, patients: Patients) -> pd.DataFrame:
    """Read the outcome events and adverse events of a cohort; problems go to `opened`."""
    cohort = opened.cohort
    tables = []
    for name, event in cohort.events.items():
        source = opened.source_of(event, f"events.{name}")
        if source is not None:
            repeated = _stands_on_visits(cohort, event.file)
            remedy = ONE_ROW if event.file == cohort.patients.file else ONE_EVENT
            tables.append(_read_outcome(source, name, event, patients, None if repeated else remedy))
    if cohort.adverse_events is not None:
        source = opened.source_of(cohort.adverse_events, "adverse_events")
        if source is not None:
            tables.append(_read_adverse(source, cohort.adverse_events, patients))
    empty = pd.DataFrame({column.name: [] for column in EVENTS.columns})
    shaped = [shape(table, EVENTS) for table in (*tables, empty)]
    table = pd.concat([t for t in shaped if len(t)] or shaped[-1:], ignore_index=True)
    return shape(table.sort_values(list(EVENTS.key)), EVENTS)


def _stands_on_visits(cohort: Cohort, file: str) -> bool:
    """Whether a file has a row per visit, so that it repeats a patient's event, the same on each row."""
    if file == cohort.patients.file:
        return cohort.patients.rows == "visit"
    return any(isinstance(one, LongVisits) and one.file == file for one in cohort.measures.values())


def _read_outcome(
    source: Source, name: str, event: OutcomeEvent, patients: Patients, one_row: str | None
) -> pd.DataFrame:
    """One row per patient: followed from baseline to the event or to censoring.

    `one_row` says what to do about a patient on two rows; None where a patient may have several.
    """
    ids = read_ids(source, event.id)
    report_strangers(source, event.id, ids, patients.known)
    if one_row is not None:
        rule = "of patients who have another row"
        report_repeats(source, event.id, {"id": ids.codes}, ids.good, rule, one_row)
    rows = Grouping(source, ids, repeated=one_row is None)
    column, place = event.time.column, f"events.{name}"
    zero = patients.zero_of(ids)
    days = rows.collapse(column, read_days(source, event.time, zero), "time")
    if isinstance(event.status, Status):
        status = _read_status(source, event.status, rows, place)
    else:
        status = _status_of_times(rows, column, days)
    rule, remedy = "of patients without a time to event or censoring", "give the time"
    if event.status == "timed":
        rule = "of patients without a time of the event and without a last contact"
        remedy = "give one of them"
    origins: Origins = [(column, np.ones(len(rows), dtype=bool))]
    if event.censored_time is not None:
        days, censored = _with_censored(rows, event, days, status, zero)
        origins = [(column, ~censored), (event.censored_time.column, censored)]
    elif event.time.format is not None:
        remedy += f"; if the censored have theirs in another column, name it under {place}.censored_time"
    _report(rows, origins, days.missing, rule, remedy)
    time, kept = _apply_policies(rows, event, days, place, origins)
    told = pd.Series(status.values, dtype="string")
    observed = told.str.startswith(OBSERVED).to_numpy(dtype=bool, na_value=False)
    reason = told.str[1:].replace("", pd.NA)
    table = pd.DataFrame(
        {
            "patient_id": ids.names, "kind": "outcome", "event": name, "start_day": 0.0, "end_day": time,
            "observed": observed, "reason": reason, "grade": None,
        }
    )  # fmt: skip
    followed: pd.DataFrame = table[kept & days.good & status.good]
    return followed


def _with_censored(
    rows: Grouping, event: OutcomeEvent, days: Cells, status: Cells, zero: np.ndarray | None
) -> tuple[Cells, np.ndarray]:
    """Times of the event, or of the last contact where the status says censored; and where it says so."""
    assert event.censored_time is not None  # noqa: S101 - the caller asked
    column = event.censored_time.column
    last = rows.collapse(column, read_days(rows.source, event.censored_time, zero), "time")
    told = pd.Series(status.values, dtype="string")
    censored: np.ndarray = told.str.startswith(CENSORED).to_numpy(dtype=bool, na_value=False)
    # the last contact is often a date where the event has a time of day
    early = ~censored & days.good & last.good & (np.floor(_numbers(last)) < np.floor(_numbers(days)))
    rule = "of patients whose last contact lies before their event"
    rows.warn(column, early, rule, "the time of the event counts; mend the times if it is wrong")
    rule = "of patients who are censored and have a time of the event"
    rows.report(event.time.column, censored & days.good, rule, "mend the status, or the time")
    times = Cells(
        np.where(censored, last.values, days.values),
        np.where(censored, last.missing, days.missing),
        np.where(censored, last.bad, days.bad),
    )
    return times, censored


def _report(rows: Grouping, origins: Origins, broken: np.ndarray, rule: str, remedy: str) -> None:
    """Report times that are broken, each under the column that it was read from."""
    for column, theirs in origins:
        rows.report(column, broken & theirs, rule, remedy)


def _numbers(cells: Cells) -> np.ndarray:
    values: np.ndarray = np.where(cells.good, cells.values, np.nan).astype("float64")
    return values


def _read_status(source: Source, spec: Status, rows: Grouping, place: str) -> Cells:
    """`OBSERVED` or `CENSORED` by patient, followed by the reason in words where one is declared."""
    column = spec.column
    events = spec.event
    reasons = events if isinstance(events, dict) else dict.fromkeys(events, "")
    labels = {code: OBSERVED + reason for code, reason in reasons.items()}
    labels |= {code: CENSORED + reason for code, reason in spec.censored.items()}
    key = f"{place}.status.event or {place}.status.censored"
    status = rows.collapse(column, read_codes(source, column, labels, key), "status")
    rows.report(column, status.missing, "of patients without a status", "give the status")
    return status


def _status_of_times(rows: Grouping, column: str, days: Cells) -> Cells:
    """`OBSERVED` by patient where a time of the event stands, else `CENSORED`."""
    if days.good.all():
        rule = "with a time of the event, so that under status timed nobody is censored"
        remedy = "if those without the event have a time here too, declare the column of the status"
        rows.warn(column, days.good, rule, remedy)
    told = np.where(days.missing, CENSORED, OBSERVED).astype(object)
    told[days.bad] = None
    return Cells(told, np.zeros(len(rows), dtype=bool), days.bad)


def _apply_policies(
    rows: Grouping, event: OutcomeEvent, days: Cells, place: str, origins: Origins
) -> tuple[np.ndarray, np.ndarray]:
    """Times after the declared policies, and the patients that stay."""
    time = days.values.astype("float64")
    zero, negative = days.good & (time == 0), days.good & (time < 0)
    kept = np.ones(len(time), dtype=bool)
    if event.negative_time == "error":
        remedy = f"mend the times, or declare {place}.negative_time: exclude"
        _report(rows, origins, negative, "before baseline (negative time)", remedy)
    else:
        kept &= ~negative
        _note_left_out(rows, f"{place}.negative_time", negative)
    if event.zero_time == "error":
        remedy = f"mend the times, or declare {place}.zero_time: half_day or exclude"
        _report(rows, origins, zero, "on the day of baseline (time zero)", remedy)
    elif event.zero_time == "exclude":
        kept &= ~zero
        _note_left_out(rows, f"{place}.zero_time", zero)
    else:
        time = np.where(zero, HALF_DAY, time)
    return time, kept


def _warn_of_look_alikes(source: Source, column: str, terms: Cells) -> None:
    """Warn of free terms that are one but for case, spaces or look-alike letters: they count as several."""
    text = source.text(column)
    used = pd.Series(text.texts[np.unique(text.codes[terms.good])], dtype=object).drop_duplicates()
    alike = set(used[used.map(fold).duplicated(keep=False)])
    rule = "with a term that others spell in another way (case, spaces, letters that look alike)"
    rows = terms.good & text.test(alike.__contains__)
    source.warn(column, rows, rule, "they count as different events: declare terms, or write each one way")


def _note_left_out(rows: Grouping, key: str, left_out: np.ndarray) -> None:
    if left_out.any():
        what = f"{int(left_out.sum())} of {len(rows)} patients are left out, as declared"
        rows.source.findings.note(rows.source.raw.path, key, what)


def _read_adverse(source: Source, spec: AdverseEvents, patients: Patients) -> pd.DataFrame:
    ids = read_ids(source, spec.id)
    kept = report_strangers(source, spec.id, ids, patients.known)
    zero = patients.zero_of(ids)
    if spec.terms is None:
        remedy = f"{source.declare_missing}; remove rows that record no event"
        terms = read_words(source, spec.term, remedy)
        _warn_of_look_alikes(source, spec.term, terms)
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
        if early.any():
            what = f"{int(early.sum())} of {len(source)} rows are left out, as declared"
            source.findings.note(source.raw.path, "adverse_events.negative_time", what)
    if spec.after_follow_up == "error":
        late = onset.good & (onset.values > patients.follow_up_of(ids))
        remedy = "mend the times, extend patients.follow_up, or declare adverse_events.after_follow_up: keep"
        source.report(spec.onset.column, late, "with an onset after the patient's follow-up", remedy)
    end = np.full(len(source), np.nan)
    if spec.end is not None:
        end = read_days(source, spec.end, zero).values
        source.report(spec.end.column, end < onset.values, "with an end before the onset", "mend the times")
    grade = read_words(source, spec.grade).values if spec.grade else None
    complete = ids.good & terms.good & onset.good
    keys = {"id": ids.codes, "term": terms.values, "onset": onset.values}
    rule = "that repeat a patient's adverse event (same term and onset)"
    report_repeats(source, spec.term, keys, complete, rule, "keep one row per event")
    table = pd.DataFrame(
        {
            "patient_id": ids.of_rows(), "kind": "adverse", "event": terms.values, "start_day": onset.values,
            "end_day": end, "observed": True, "reason": None, "grade": grade,
        }
    )  # fmt: skip
    recorded: pd.DataFrame = table[kept & complete]
    return recorded
