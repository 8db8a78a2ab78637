"""Patients who stand in the cohort twice, under two ids: everything that was recorded of them agrees."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from outcomes.frames import Tables
from outcomes.ingest.findings import Findings
from outcomes.ingest.ids import read_ids
from outcomes.ingest.patients import Patients
from outcomes.ingest.sources import Opened

FEWEST_CELLS = 6
"""Recorded values that two patients must share; who has fewer may be like another by chance."""

CERTAIN_BITS = 10
"""By chance alone a pair would be found once in 2 to the power of 10 cohorts."""

DEPENDENT = 0.5
"""What a patient's scores tell beyond the first, as a share of what they would if they were unrelated."""


def warn_of_twins(opened: Opened, patients: Patients, tables: Tables) -> None:
    """Warn of patients with the same covariates, scores, days and events, value for value.

    Arms are not compared: a patient who is entered twice may get another one. What a value tells is how rare
    it is in its column, so that patients at the floor of every scale are not taken for one.
    """
    cohort = opened.cohort
    source = replace(opened, findings=Findings()).source_of(cohort.patients, "")
    if source is None or patients.known is None or len(patients.known) <= FEWEST_CELLS:
        return
    twins = _twins(*_cells(tables, list(cohort.patients.covariates)))
    if not twins.any():
        return
    ids = read_ids(replace(source, findings=Findings()), cohort.patients.id)
    rows = np.append(twins, False)[patients.place(ids)]
    rule = "of patients whose recorded values all agree with those of another patient"
    remedy = "was a patient entered twice, under two ids? Then remove one of them from every file"
    source.warn(cohort.patients.id, rows, rule, remedy)


def _cells(tables: Tables, covariates: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Codes of what is recorded, patients by columns, 0 for nothing; and what each weighs as evidence."""
    ids = pd.Index(tables.patients["patient_id"])
    columns = [tables.patients[name] for name in (*covariates, "follow_up_days")]
    events = tables.events[tables.events["kind"] == "outcome"]
    for _, one in events.groupby("event", observed=True):
        columns.append(pd.Series(one["end_day"].to_numpy(), index=one["patient_id"]).reindex(ids))
    weights = [np.ones(len(ids)) for _ in columns]
    scored = tables.visits.dropna(subset="score")
    for number, (_, one) in enumerate(scored.groupby("measure", observed=True)):
        scores = one.pivot_table("score", "patient_id", "visit", observed=True).reindex(ids)
        # a score that repeats the last one may have been carried forward, and tells nothing new
        fresh = (scores != scores.ffill(axis=1).shift(axis=1)).to_numpy()
        for at, visit in enumerate(scores):
            columns.append(scores[visit])
            weights.append(fresh[:, at] * (1.0 if number == at == 0 else DEPENDENT))
    return np.column_stack([pd.factorize(column)[0] + 1 for column in columns]), np.column_stack(weights)


def _twins(cells: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Patients with exactly the row of another, of which chance makes no second one."""
    n = len(cells)
    weights = np.where(cells > 0, weights, 0.0)
    rarity = np.column_stack([-np.log2(np.bincount(column)[column] / n) for column in cells.T])
    _, row, copies = np.unique(cells, axis=0, return_inverse=True, return_counts=True)
    pairs = np.log2(n * (n - 1) / 2)
    enough = ((weights > 0).sum(axis=1) >= FEWEST_CELLS) & (
        (rarity * weights).sum(axis=1) >= pairs + CERTAIN_BITS
    )
    twins: np.ndarray = (copies[row.ravel()] > 1) & enough
    return twins
