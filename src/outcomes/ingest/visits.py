"""The visits table: one row per patient, measure and planned visit; a planned visit without a score stays."""

from __future__ import annotations

import numpy as np
import pandas as pd

from outcomes.config.cohort import DAYS_PER, LongVisits, Measure, Schedule, WideVisits
from outcomes.errors import did_you_mean
from outcomes.ingest.cells import (
    Cells,
    Source,
    read_codes,
    read_days,
    read_ids,
    read_numbers,
    report_repeats,
    report_strangers,
)
from outcomes.ingest.patients import ONE_ROW, Patients, group_rows
from outcomes.ingest.sources import Opened
from outcomes.instruments import Instrument, instruments_of
from outcomes.io import shape
from outcomes.tables import VISITS

COLUMNS = ["patient_id", "visit", "day", "score"]


def read_visits(opened: Opened, patients: Patients) -> pd.DataFrame:
    """Read every measure of a cohort; problems go to `opened`."""
    schedule = opened.cohort.schedule
    tables = []
    for name, measure in opened.cohort.measures.items():
        instrument = _instrument(opened, name, measure)
        source = opened.sources.get(measure.file)
        if schedule is None or instrument is None or source is None or measure.id not in source.raw.cells:
            continue
        if isinstance(measure, WideVisits):
            observed = _read_wide(source, measure, instrument, patients)
        else:
            observed = _read_long(source, measure, instrument, patients, schedule)
        if patients.known is not None:
            planned = planned_visits(measure, schedule)
            tables.append(_on_the_grid(observed, name, planned, patients.known, schedule))
    if not tables:
        empty = pd.DataFrame({column.name: [] for column in VISITS.columns})
        return shape(empty.astype({"visit": pd.CategoricalDtype(_names(schedule), ordered=True)}), VISITS)
    table = pd.concat(tables, ignore_index=True)
    table["visit"] = pd.Categorical(table["visit"], categories=_names(schedule), ordered=True)
    return shape(table.sort_values(["patient_id", "measure", "visit"]), VISITS)


def _names(schedule: Schedule | None) -> list[str]:
    return list(schedule.visits) if schedule else []


def planned_visits(measure: Measure, schedule: Schedule) -> list[str]:
    """Visits at which a measure is planned, in order: those that its columns, codes or windows name."""
    if isinstance(measure, WideVisits):
        named = set(measure.columns)
    else:
        named = set(measure.visit.labels.values()) if measure.visit else set(schedule.windows)
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
    elif isinstance(measure, LongVisits) and measure.items and len(measure.items) != found.items:
        needed = f"has {found.items} items" if found.items else "has no items declared: give score"
        opened.report(f"{place}.items", f"{len(measure.items)} columns, but {measure.instrument} {needed}")
        return None
    return found


def _on_the_grid(
    observed: pd.DataFrame, name: str, planned: list[str], known: pd.Index, schedule: Schedule
) -> pd.DataFrame:
    """Give every patient a row for every planned visit."""
    grid = pd.MultiIndex.from_product([known, planned], names=["patient_id", "visit"])
    unique = observed.drop_duplicates(["patient_id", "visit"]).set_index(["patient_id", "visit"])
    table = unique.reindex(grid).reset_index()
    table["measure"] = name
    weeks = {
        visit: time * DAYS_PER[schedule.unit] / DAYS_PER["week"] for visit, time in schedule.visits.items()
    }
    table["week"] = table["visit"].map(weeks)
    return table


def _read_score(source: Source, column: str, instrument: Instrument) -> Cells:
    return read_numbers(
        source, column,
        low=instrument.low, high=instrument.high, integer=instrument.integer, unit=instrument.unit,
    )  # fmt: skip


def _read_wide(
    source: Source, measure: WideVisits, instrument: Instrument, patients: Patients
) -> pd.DataFrame:
    ids = read_ids(source, measure.id)
    kept = report_strangers(source, measure.id, ids, patients.known)
    rule = "of patients who have another row"
    report_repeats(source, measure.id, {"id": ids.values}, ids.good, rule, ONE_ROW)
    parts = []
    for visit, column in measure.columns.items():
        scores = _read_score(source, column, instrument).values
        part = {"patient_id": ids.values[kept], "visit": visit, "day": np.nan, "score": scores[kept]}
        parts.append(pd.DataFrame(part))
    return pd.concat(parts, ignore_index=True)


def _read_long(
    source: Source, measure: LongVisits, instrument: Instrument, patients: Patients, schedule: Schedule
) -> pd.DataFrame:
    ids = read_ids(source, measure.id)
    kept = report_strangers(source, measure.id, ids, patients.known)
    days = read_days(source, measure.time, patients.zero_of(ids)) if measure.time else None
    visits, column = _read_visit(source, measure, days, schedule)
    placed = ids.good & visits.good
    two = (
        "of patients who have another row at the same visit"
        if measure.visit
        else "in a window with another row"
    )
    keys = {"id": ids.values, "visit": visits.values}
    report_repeats(source, column, keys, placed, two, "keep one row per patient and visit")
    baseline = _read_score(source, measure.baseline, instrument).values if measure.baseline else None
    scores = _read_total(source, measure, instrument, baseline)
    table = pd.DataFrame({"patient_id": ids.values, "visit": visits.values, "score": scores})
    table["day"] = np.nan if days is None else days.values
    observed = table.loc[kept & visits.good, COLUMNS]
    if baseline is None or measure.baseline is None:
        return observed
    rows = group_rows(source, measure.id, ids, repeated=True)
    first = rows.collapse(
        measure.baseline, Cells(baseline, np.isnan(baseline), np.zeros(len(source), bool)), "baseline score"
    )
    extra = pd.DataFrame({"patient_id": rows.ids, "visit": next(iter(schedule.visits)), "day": np.nan})
    extra["score"] = first.values.astype("float64")
    # rows of the baseline visit come first, so that they win over the repeated column
    return pd.concat([observed, extra], ignore_index=True)


def _read_visit(
    source: Source, measure: LongVisits, days: Cells | None, schedule: Schedule
) -> tuple[Cells, str]:
    """Planned visit of each row and the column that it comes from."""
    if measure.visit is not None:
        column = measure.visit.column
        visits = read_codes(source, column, measure.visit.labels, "the measure's visit.labels")
        source.report(column, visits.missing, "without a visit", "give the visit, or remove the rows")
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


def _read_total(
    source: Source, measure: LongVisits, instrument: Instrument, baseline: np.ndarray | None
) -> np.ndarray:
    """Total score of each row; NaN where not observed."""
    if measure.items:
        items = [
            read_numbers(source, item, low=instrument.item_low, high=instrument.item_high, integer=True)
            for item in measure.items
        ]
        total: np.ndarray = np.sum([item.values for item in items], axis=0)
        return total
    column = measure.score or ""
    if measure.value == "score" or baseline is None:
        return _read_score(source, column, instrument).values
    span = instrument.high - instrument.low
    changes = read_numbers(
        source, column, low=-span, high=span, integer=instrument.integer, unit=instrument.unit
    )
    lone = changes.good & np.isnan(baseline) & (measure.baseline in source.raw.cells)
    source.report(column, lone, "with a change but no baseline score", "give the baseline score")
    scores: np.ndarray = baseline + changes.values
    beyond = (scores < instrument.low) | (scores > instrument.high)
    limits = f"{instrument.low:g} to {instrument.high:g} {instrument.unit}"
    rule = f"whose baseline plus change lies outside {limits}"
    source.report(column, beyond, rule, "mend the values")
    return scores
