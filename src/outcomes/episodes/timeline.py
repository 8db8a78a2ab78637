"""What was seen of each patient, in order of days: scores, visits without score, and dated events.

Arrays have shape (m, n): entry j of every patient lies in one row, so that a loop over at most a few dozen
entries handles all patients at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from outcomes.config.fields import DAYS_PER

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Arrays = tuple[NDArray[Any], NDArray[Any], NDArray[Any], NDArray[Any]]
NOTHING, SCORED, MISSED, EVENT = 0, 1, 2, 3
"""Kinds of entries; nothing fills up the patients who have fewer than others."""


@dataclass(frozen=True)
class Timeline:
    """Entries of n patients after baseline, each patient's by day; an event precedes a visit of its day.

    Attributes
    ----------
    patients : ndarray of object, shape (n,)
        Ids, in the order given.
    baseline : ndarray, shape (n,)
        Score of the visit planned at week 0; nan where there is none.
    day : ndarray, shape (m, n)
        Actual day where recorded, else the planned one; inf where there is nothing.
    kind : ndarray of int8, shape (m, n)
        NOTHING, SCORED, MISSED (planned, no score) or EVENT.
    score : ndarray, shape (m, n)
        nan where there is none.
    label : ndarray of int16, shape (m, n)
        Place in `labels` of the visit or event.
    labels : tuple of str
        Names of visits in planned order, then of events.
    n_visits : int
        How many of `labels` are visits.
    """

    patients: NDArray[np.object_]
    baseline: Floats
    day: Floats
    kind: NDArray[np.int8]
    score: Floats
    label: NDArray[np.int16]
    labels: tuple[str, ...]
    n_visits: int

    def part(self, where: slice) -> Timeline:
        """Return some of the patients."""
        day, kind = np.ascontiguousarray(self.day[:, where]), np.ascontiguousarray(self.kind[:, where])
        score, label = np.ascontiguousarray(self.score[:, where]), np.ascontiguousarray(self.label[:, where])
        patients, baseline = self.patients[where], self.baseline[where]
        return Timeline(patients, baseline, day, kind, score, label, self.labels, self.n_visits)

    @property
    def last_scored_day(self) -> Floats:
        """Day of each patient's last score after baseline; nan where there is none."""
        days = np.where(self.kind == SCORED, self.day, -np.inf).max(axis=0, initial=-np.inf)
        return np.where(np.isfinite(days), days, np.nan)

    def first_missed_day(self, after: Floats) -> Floats:
        """Day of each patient's first planned visit without score after a day; inf where there is none."""
        missed = (self.kind == MISSED) & (self.day > after)
        days: Floats = np.where(missed, self.day, np.inf).min(axis=0, initial=np.inf)
        return days


def build_timeline(
    visits: pd.DataFrame, events: pd.DataFrame, measure: str, named: Sequence[str], patients: pd.Series
) -> Timeline:
    """Lay out the visits of one measure and the named events of the given patients.

    Visits count from the first day after baseline on: the baseline visit only gives the baseline score, and a
    visit whose actual day is 0 or less is left out.

    Parameters
    ----------
    visits, events : pandas.DataFrame
        Input tables as `outcomes.tables` declares them; rows of other patients are passed over.
    measure : str
        Measure of the cohort file.
    named : sequence of str
        Outcome events that count; each patient's observed ones are placed at their `end_day`.
    patients : pandas.Series
        Ids, each once.
    """
    ids = pd.Index(patients.astype(object))
    mine = visits[(visits["measure"] == measure).to_numpy(dtype=bool)]
    place = ids.get_indexer(pd.Index(mine["patient_id"].astype(object)))
    mine, place = mine[place >= 0], place[place >= 0]
    names, column = _planned_order(mine)
    n, k = len(ids), len(names)
    week = np.full((k, n), np.nan)
    day, score = np.full((k, n), np.nan), np.full((k, n), np.nan)
    week[column, place] = mine["week"].to_numpy(dtype="float64")
    day[column, place] = mine["day"].to_numpy(dtype="float64", na_value=np.nan)
    score[column, place] = mine["score"].to_numpy(dtype="float64", na_value=np.nan)
    baseline = np.where(week == 0, score, np.nan)
    first = np.full(n, np.nan) if k == 0 else np.fmax.reduce(baseline, axis=0)
    day = np.where(np.isnan(day), week * DAYS_PER["week"], day)
    counts = (week > 0) & (day > 0)
    kind = np.where(counts, np.where(np.isnan(score), MISSED, SCORED), NOTHING).astype(np.int8)
    label = np.broadcast_to(np.arange(k, dtype=np.int16)[:, None], (k, n))
    dated = _dated(events, named, ids)
    parts = [(np.where(counts, day, np.inf), kind, np.where(counts, score, np.nan), label)]
    if len(dated):
        parts.append(_event_rows(dated, n, k))
    # events come first, so that a stable sort keeps them before a visit of the same day
    arrays = [np.concatenate(each[::-1], axis=0) for each in zip(*parts, strict=True)]
    day, kind, score, label = _in_order(arrays)
    return Timeline(ids.to_numpy(), first, day, kind, score, label, (*names, *named), k)


def _planned_order(visits: pd.DataFrame) -> tuple[list[str], NDArray[np.int64]]:
    """Names of the visits by planned time, and the place of each row's visit among them."""
    visit = visits["visit"].astype("category").cat.remove_unused_categories()
    codes = visit.cat.codes.to_numpy(dtype=np.int64)
    names = [str(name) for name in visit.cat.categories]
    weeks = pd.Series(visits["week"].to_numpy(dtype="float64")).groupby(codes).min().to_numpy()
    order = sorted(range(len(names)), key=lambda code: (weeks[code], names[code]))
    rank = np.empty(len(names), dtype=np.int64)
    rank[order] = np.arange(len(names))
    return [names[code] for code in order], rank[codes]


def _dated(events: pd.DataFrame, named: Sequence[str], ids: pd.Index) -> pd.DataFrame:
    """Observed events after day 0: place of the patient, day, and place of the name."""
    happened = (events["kind"] == "outcome") & events["event"].isin(list(named)) & events["observed"]
    rows = events[(happened & (events["end_day"] > 0)).fillna(value=False).to_numpy(dtype=bool)]
    codes = {name: code for code, name in enumerate(named)}
    found = pd.DataFrame(
        {
            "patient": ids.get_indexer(pd.Index(rows["patient_id"].astype(object))),
            "day": rows["end_day"].to_numpy(dtype="float64"),
            "event": rows["event"].astype(str).map(codes).to_numpy(dtype=np.int64),
        }
    )
    return found[found["patient"] >= 0].sort_values(["patient", "day", "event"], ignore_index=True)


def _event_rows(dated: pd.DataFrame, n: int, n_visits: int) -> Arrays:
    patient = dated["patient"].to_numpy()
    row = dated.groupby("patient").cumcount().to_numpy()
    shape = (int(row.max()) + 1, n)
    day, kind = np.full(shape, np.inf), np.zeros(shape, dtype=np.int8)
    label = np.zeros(shape, dtype=np.int16)
    day[row, patient] = dated["day"].to_numpy()
    kind[row, patient] = EVENT
    label[row, patient] = dated["event"].to_numpy() + n_visits
    return day, kind, np.full(shape, np.nan), label


def _in_order(arrays: list[NDArray[Any]]) -> list[NDArray[Any]]:
    """Sort the entries of those patients by day whose entries are not in order."""
    day = arrays[0]
    if day.shape[0] < 2:
        return [np.ascontiguousarray(each) for each in arrays]
    astray = np.flatnonzero((day[1:] < day[:-1]).any(axis=0))
    if astray.size == 0:
        return [np.ascontiguousarray(each) for each in arrays]
    order = np.argsort(day[:, astray], axis=0, kind="stable")
    found = []
    for each in arrays:
        sorted_ = each.copy()
        sorted_[:, astray] = np.take_along_axis(each[:, astray], order, axis=0)
        found.append(sorted_)
    return found
