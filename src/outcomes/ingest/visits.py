"""The visits table: one row per patient, measure and planned visit; a planned visit without a score stays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from outcomes.config.cohort import DAYS_PER, LongVisits, Measure, Schedule, WideVisits
from outcomes.errors import did_you_mean
from outcomes.ingest.cells import Cells, Source, read_codes
from outcomes.ingest.dates import read_days
from outcomes.ingest.ids import read_ids, report_repeats, report_strangers
from outcomes.ingest.patients import ONE_ROW, Patients, group_rows
from outcomes.ingest.scores import Scores, read_change, read_score, read_total
from outcomes.ingest.sources import Opened
from outcomes.instruments import Instrument, instruments_of
from outcomes.io import shape
from outcomes.tables import VISITS

MOST_REASONS = 6
"""Reasons for missing scores that are told one by one."""

LEAVE_OUT = "leave out rows of no planned visit, by the codes that stay, under the measure's where"
UNPLANNED = "with a score in the window of a visit that is not among the measure's visits"
UNPLANNED_REMEDY = "add the visit to the measure's visits, mend the times, or remove the scores"


@dataclass(frozen=True)
class Observed:
    """Rows that a file has for a measure: where each belongs, and what it says.

    Attributes
    ----------
    patient, visit : numpy.ndarray of int
        Row of the patients table, and position in the schedule.
    score, day : numpy.ndarray of float
        NaN where not recorded.
    reason : numpy.ndarray of object
        Why there is no score, where the file says so, else None.
    """

    patient: np.ndarray
    visit: np.ndarray
    score: np.ndarray
    day: np.ndarray
    reason: np.ndarray


def read_visits(opened: Opened, patients: Patients) -> pd.DataFrame:
    """Read every measure of a cohort; problems go to `opened`."""
    schedule = opened.cohort.schedule
    tables = []
    for name, measure in sorted(opened.cohort.measures.items()):
        instrument = _instrument(opened, name, measure)
        source = opened.source_of(measure, f"measures.{name}")
        if schedule is None or instrument is None or source is None:
            continue
        if isinstance(measure, WideVisits):
            observed = _read_wide(source, measure, instrument, patients, schedule)
        else:
            observed = _read_long(source, measure, instrument, patients, schedule)
        if patients.known is not None:
            planned = planned_visits(measure, schedule)
            tables.append(_on_the_grid(observed, name, planned, patients.known, schedule))
            _note_reasons(source, f"measures.{name}", tables[-1])
    if not tables:
        empty = pd.DataFrame({column.name: [] for column in VISITS.columns})
        return shape(empty.astype({"visit": pd.CategoricalDtype(_names(schedule), ordered=True)}), VISITS)
    if len(tables) == 1:
        return shape(tables[0], VISITS)
    table = pd.concat(tables, ignore_index=True)
    # each table is in order of patient and visit, and they come in order of measure
    places = np.concatenate([part.index.to_numpy() for part in tables])
    return shape(table.iloc[np.argsort(places, kind="stable")], VISITS)


def _note_reasons(source: Source, place: str, table: pd.DataFrame) -> None:
    """Note why scores are missing, where the file says so."""
    counts = table.loc[table["score"].isna(), "missing_reason"].value_counts()
    if len(counts):
        told = ", ".join(f"{reason} {n}" for reason, n in counts.head(MOST_REASONS).items())
        rest = f" and {len(counts) - MOST_REASONS} more reasons" if len(counts) > MOST_REASONS else ""
        what = f"{int(counts.sum())} of {len(table)} planned scores are missing with a reason: {told}{rest}"
        source.findings.note(source.raw.path, place, what)


def _names(schedule: Schedule | None) -> list[str]:
    return list(schedule.visits) if schedule else []


def planned_visits(measure: Measure, schedule: Schedule) -> list[str]:
    """Visits at which a measure is planned, in order: those that its columns, codes or windows name."""
    if isinstance(measure, WideVisits):
        named = set(measure.visits)
    else:
        named = set(measure.visit.labels.values() if measure.visit else measure.visits or schedule.windows)
        if measure.baseline is not None:
            named.add(next(iter(schedule.visits)))
    return [visit for visit in schedule.visits if visit in named]


def _instrument(opened: Opened, name: str, measure: Measure) -> Instrument | None:
    catalogue = instruments_of(opened.cohort)
    found = catalogue.get(measure.instrument)
    place = f"measures.{name}"
    if found is None:
        hint = did_you_mean(measure.instrument, catalogue)
        what = f"unknown instrument '{measure.instrument}'{hint}; or declare it under instruments"
        opened.report(f"{place}.instrument", what)
        return None
    for key, items in measure.item_lists.items():
        if len(items) != found.items:
            needed = (
                f"has {found.items} items" if found.items else "has no items declared: give the total score"
            )
            opened.report(f"{place}.{key}", f"{len(items)} columns, but {measure.instrument} {needed}")
            return None
    return found


def _on_the_grid(
    observed: Observed, name: str, planned: list[str], known: pd.Index, schedule: Schedule
) -> pd.DataFrame:
    """Give every patient a row for every planned visit; the index is the patient's row."""
    all_visits = list(schedule.visits)
    column_of = np.full(len(all_visits) + 1, -1)
    column_of[[all_visits.index(visit) for visit in planned]] = np.arange(len(planned))
    slots = observed.patient * len(planned) + column_of[observed.visit]
    size = len(known) * len(planned)
    score, day = np.full(size, np.nan), np.full(size, np.nan)
    reason = np.full(size, None, dtype=object)
    # of several rows of a visit, a problem that is reported, the first counts: written last, it stays
    for grid, values in ((score, observed.score), (day, observed.day), (reason, observed.reason)):
        grid[slots[::-1]] = values[::-1]
    weeks = [schedule.visits[visit] * DAYS_PER[schedule.unit] / DAYS_PER["week"] for visit in planned]
    visits = np.array([all_visits.index(visit) for visit in planned])
    order = pd.CategoricalDtype(all_visits, ordered=True)
    codes: Any = np.tile(visits, len(known))  # the stubs know lists only
    return pd.DataFrame(
        {
            "patient_id": np.repeat(known.to_numpy(), len(planned)),
            "measure": name,
            "visit": pd.Categorical.from_codes(codes, dtype=order),
            "week": np.tile(weeks, len(known)),
            "day": day,
            "score": score,
            "missing_reason": reason,
        },
        index=np.repeat(np.arange(len(known)), len(planned)),
    )


def _read_wide(
    source: Source, measure: WideVisits, instrument: Instrument, patients: Patients, schedule: Schedule
) -> Observed:
    ids = read_ids(source, measure.id)
    kept = report_strangers(source, measure.id, ids, patients.known)
    rule = "of patients who have another row"
    report_repeats(source, measure.id, {"id": ids.codes}, ids.good, rule, ONE_ROW)
    place = patients.place(ids)[kept]
    parts = []
    for position, visit in enumerate(schedule.visits):
        if visit not in measure.visits:
            continue
        items = measure.items.get(visit, ())
        scores = read_total(source, measure.columns.get(visit), items, instrument, measure.missing_items)
        parts.append((np.full(len(place), position), scores.values[kept], scores.reasons[kept]))
    visits, values, reasons = (np.concatenate(each) for each in zip(*parts, strict=True))
    return Observed(np.tile(place, len(parts)), visits, values, np.full(len(values), np.nan), reasons)


def _read_long(
    source: Source, measure: LongVisits, instrument: Instrument, patients: Patients, schedule: Schedule
) -> Observed:
    ids = read_ids(source, measure.id)
    kept = report_strangers(source, measure.id, ids, patients.known)
    days = read_days(source, measure.time, patients.zero_of(ids)) if measure.time else None
    visits, column = _read_visit(source, measure, days, schedule)
    number = pd.Categorical(visits.values, categories=_names(schedule)).codes.astype(int)
    own = visits.good & pd.Index(visits.values).isin(planned_visits(measure, schedule))
    two = (
        "of patients who have another row at the same visit"
        if measure.visit
        else "in a window with another row"
    )
    keys = {"id": ids.codes, "visit": number}
    report_repeats(source, column, keys, ids.good & own, two, "keep one row per patient and visit")
    baseline = read_score(source, measure.baseline, instrument) if measure.baseline else None
    scores = _scores(source, measure, instrument, baseline)
    # a file of several measures has rows at visits of the others alone; without a score they say nothing
    source.report(column, visits.good & ~own & ~np.isnan(scores.values), UNPLANNED, UNPLANNED_REMEDY)
    rows = kept & own
    if baseline is not None:  # a baseline row without a score does not hide the column of baseline scores
        rows &= ~((number == 0) & np.isnan(scores.values))
    day = np.full(len(source), np.nan) if days is None else days.values
    place = patients.place(ids)
    observed = Observed(place[rows], number[rows], scores.values[rows], day[rows], scores.reasons[rows])
    if baseline is None or measure.baseline is None:
        return observed
    groups = group_rows(source, measure.id, ids, repeated=True)
    first = groups.collapse(measure.baseline, baseline, "baseline score").values.astype("float64")
    owners = np.full(len(groups), -1)
    owners[ids.codes[ids.good]] = place[ids.good]
    known = owners >= 0
    n = int(known.sum())
    # rows of the baseline visit come first, so that they win over the repeated column
    return Observed(
        np.concatenate([observed.patient, owners[known]]),
        np.concatenate([observed.visit, np.zeros(n, dtype=int)]),
        np.concatenate([observed.score, first[known]]),
        np.concatenate([observed.day, np.full(n, np.nan)]),
        np.concatenate([observed.reason, np.full(n, None, dtype=object)]),
    )


def _scores(source: Source, measure: LongVisits, instrument: Instrument, baseline: Cells | None) -> Scores:
    """Total score of each row, of a column, of items, or as baseline plus change."""
    if measure.value == "score" or baseline is None or measure.score is None:
        return read_total(source, measure.score, measure.items, instrument, measure.missing_items)
    return read_change(source, measure.score, measure.baseline or "", baseline, instrument)


def _read_visit(
    source: Source, measure: LongVisits, days: Cells | None, schedule: Schedule
) -> tuple[Cells, str]:
    """Planned visit of each row and the column that it comes from."""
    if measure.visit is not None:
        column = measure.visit.column
        visits = read_codes(
            source, column, measure.visit.labels, f"the measure's visit.labels, or {LEAVE_OUT}"
        )
        source.report(column, visits.missing, "without a visit", f"give the visit, or {LEAVE_OUT}")
        return visits, column
    if measure.time is None or days is None:  # the cohort file's check demands one of them
        raise AssertionError(measure)
    column = measure.time.column
    source.report(column, days.missing, "without a time", "give the time, or remove the rows")
    names = np.full(len(source), None, dtype=object)
    for name, (low, high) in schedule.windows.items():
        scale = DAYS_PER[schedule.unit]
        within = days.good & (days.values >= low * scale) & (days.values <= high * scale)
        names[within] = name
    outside = days.good & pd.isna(names)
    remedy = "widen schedule.windows, mend the times, or remove the rows"
    source.report(column, outside, "at a time outside every window", remedy)
    return Cells(names, days.missing, days.bad | outside), column
