"""The tables as arrays by patient, in which the rules of plausibility look."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from outcomes.config.cohort import DAYS_PER, Cohort, LongVisits, Measure, OutcomeEvent, TimeSpec
from outcomes.frames import Tables
from outcomes.instruments import Instrument, instruments_of

FEWEST = 10
"""Patients below whom a pattern is left to chance: ten equal values are hardly an accident, three are."""


@dataclass(frozen=True)
class Grid:
    """One measure as matrices of patients by planned visits.

    Attributes
    ----------
    source : str
        Path of the file that the scores were read from.
    visits : tuple of str
        Planned visits of the measure, in order.
    planned : numpy.ndarray, shape (n_visits,)
        Planned day of each.
    scores, days : numpy.ndarray, shape (n_patients, n_visits)
        NaN where not observed, or without an actual day; rows in the order of the patients table.
    starts_at_baseline : bool
        Whether the first visit is the baseline.
    """

    name: str
    measure: Measure
    instrument: Instrument
    source: str
    visits: tuple[str, ...]
    planned: np.ndarray
    scores: np.ndarray
    days: np.ndarray
    starts_at_baseline: bool

    @property
    def where(self) -> str:
        """Key of the measure in the cohort file."""
        return f"measures.{self.name}"


@dataclass(frozen=True)
class Outcome:
    """One outcome event by patient, in the order of the patients table; `days` is NaN without a row."""

    name: str
    spec: OutcomeEvent
    source: str
    days: np.ndarray
    observed: np.ndarray

    @property
    def where(self) -> str:
        """Key of the event in the cohort file."""
        return f"events.{self.name}"


@dataclass(frozen=True)
class Evidence:
    """A cohort as the rules see it."""

    cohort: Cohort
    patients: pd.DataFrame
    grids: tuple[Grid, ...]
    outcomes: tuple[Outcome, ...]

    @property
    def patients_path(self) -> str:
        """Path of the patients file."""
        return self.cohort.files[self.cohort.patients.file].path

    @property
    def timed(self) -> tuple[Grid, ...]:
        """Measures with actual times; of those that share rows and times, only the first."""
        found: list[tuple[tuple[object, ...], Grid]] = []
        for grid in self.grids:
            measure = grid.measure
            if isinstance(measure, LongVisits) and measure.time is not None and np.isfinite(grid.days).any():
                key = (measure.file, measure.where, measure.time, measure.visit)
                if all(key != known for known, _ in found):
                    found.append((key, grid))
        return tuple(grid for _, grid in found)


def gather(tables: Tables, cohort: Cohort) -> Evidence:
    """Lay out a cohort's tables by patient."""
    ids = pd.Index(tables.patients["patient_id"])
    return Evidence(
        cohort, tables.patients, _grids(tables.visits, cohort, ids), _outcomes(tables, cohort, ids)
    )


def words(*texts: str | None) -> tuple[str, ...]:
    """Lower-case words of names: ``CENS_flag`` and ``censFlag`` are both ``cens``, ``flag``."""
    spaced = re.sub(r"([a-z])([A-Z])", r"\1 \2", " ".join(text for text in texts if text))
    return tuple(re.findall(r"[a-z]+", spaced.lower()))


def days_of_rounding(time: TimeSpec) -> float:
    """By how many days a time may be off because it was written in whole units."""
    return DAYS_PER[time.unit] if time.unit is not None else DAYS_PER["day"]


def _rows_of(patients: pd.Series, ids: pd.Index) -> np.ndarray:
    """Position in `ids` of each row's patient; ids are hashed once, not once per row."""
    codes, distinct = pd.factorize(patients)
    rows: np.ndarray = ids.get_indexer(pd.Index(distinct))[codes]
    return rows


def _grids(visits: pd.DataFrame, cohort: Cohort, ids: pd.Index) -> tuple[Grid, ...]:
    if cohort.schedule is None or visits.empty:
        return ()
    rows = _rows_of(visits["patient_id"], ids)
    measure_codes, measures = pd.factorize(visits["measure"])
    visit_codes = visits["visit"].cat.codes.to_numpy()
    names = np.asarray(visits["visit"].cat.categories)
    instruments, schedule = instruments_of(cohort), cohort.schedule
    grids = []
    for code, name in enumerate(measures):
        mine = np.flatnonzero(measure_codes == code)
        planned = np.flatnonzero(np.bincount(visit_codes[mine]))
        columns = np.searchsorted(planned, visit_codes[mine])
        measure = cohort.measures[name]
        shape = (len(ids), len(planned))
        scores, days = np.full(shape, np.nan), np.full(shape, np.nan)
        scores[rows[mine], columns] = visits["score"].to_numpy()[mine]
        if isinstance(measure, LongVisits) and measure.time is not None:
            days[rows[mine], columns] = visits["day"].to_numpy()[mine]
        mine_names = tuple(str(visit) for visit in names[planned])
        day = np.array([schedule.visits[visit] * DAYS_PER[schedule.unit] for visit in mine_names])
        path = cohort.files[measure.file].path
        instrument = instruments[measure.instrument]
        grids.append(
            Grid(name, measure, instrument, path, mine_names, day, scores, days, bool(day[0] == 0.0))
        )
    return tuple(grids)


def _outcomes(tables: Tables, cohort: Cohort, ids: pd.Index) -> tuple[Outcome, ...]:
    found = []
    events = tables.events[tables.events["kind"] == "outcome"]
    for name, spec in cohort.events.items():
        mine = events[events["event"] == name]
        rows = _rows_of(mine["patient_id"], ids)
        days, observed = np.full(len(ids), np.nan), np.zeros(len(ids), dtype=bool)
        days[rows] = mine["end_day"].to_numpy(dtype="float64", na_value=np.nan)
        observed[rows] = mine["observed"].to_numpy(dtype=bool)
        found.append(Outcome(name, spec, cohort.files[spec.file].path, days, observed))
    return tuple(found)
