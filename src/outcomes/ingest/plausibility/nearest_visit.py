"""A visit's label against its actual time, where no window says which times are its own."""

from __future__ import annotations

import numpy as np

from outcomes.config.cohort import LongVisits
from outcomes.ingest.findings import Findings
from outcomes.ingest.plausibility.evidence import Evidence, Grid
from outcomes.ingest.plausibility.units import FEWEST_VISITS, OTHER_UNITS, VISIT_SHARE, VISIT_WITHIN

NEARER = 3.0
"""How many times nearer to another visit a time must be: a visit that is late by more than half of the way to
the next is still that visit, one that stands where the next is planned hardly."""

FAR_OUT = 5.0
"""Times the median distance from the planned time: of normal distances, one in 1500 lies beyond."""


def labelled_as_another_visit(seen: Evidence, findings: Findings) -> None:
    """Warn of times that are those of another planned visit than the one that the label names.

    Times out of order, or in another unit, have rules of their own.
    """
    windows = seen.cohort.schedule.windows if seen.cohort.schedule else {}
    for grid in seen.timed:
        if not isinstance(grid.measure, LongVisits) or grid.measure.visit is None or len(grid.visits) < 2:
            continue
        free = np.array([visit not in windows for visit in grid.visits])
        off = np.abs(grid.days[:, :, None] - grid.planned)
        own = np.abs(grid.days - grid.planned)
        other = np.where(np.eye(len(grid.visits), dtype=bool), np.inf, off).min(axis=2)
        usual = _usual(own, grid)
        elsewhere = free & (own > np.maximum(NEARER * other, usual)) & _in_order(grid)[:, None]
        elsewhere &= ~_in_another_unit(grid)
        n = int(elsewhere.sum())
        if n >= max(FEWEST_VISITS, VISIT_SHARE * np.isfinite(grid.days).sum()):
            of = int(np.isfinite(grid.days[:, free]).sum())
            what = (
                f"{n} of {of} times lie at another planned visit than the one that their label names: mend "
                "the labels or the times; schedule.windows say how far off a visit may be"
            )
            findings.warn(grid.source, f"{grid.where}.time", what)


def _usual(own: np.ndarray, grid: Grid) -> float:
    """How far off the cohort's visits may be, were they normally distributed about their planned time."""
    later = own[np.isfinite(own) & (grid.planned > 0)]
    return FAR_OUT * float(np.median(later)) if len(later) else 0.0


def _in_order(grid: Grid) -> np.ndarray:
    """Patients whose actual times rise from visit to visit."""
    so_far = np.fmax.accumulate(grid.days, axis=1)
    in_order: np.ndarray = ~np.any(grid.days[:, 1:] <= so_far[:, :-1], axis=1)
    return in_order


def _in_another_unit(grid: Grid) -> np.ndarray:
    """Times that are about the planned one, in another unit."""
    real = np.isfinite(grid.days) & (grid.days > 0) & (grid.planned > 0)
    logs = np.log(np.where(real, grid.days, 1.0) / np.where(grid.planned > 0, grid.planned, 1.0))
    near = np.abs(logs[:, :, None] - np.log(OTHER_UNITS)) <= np.log(VISIT_WITHIN)
    found: np.ndarray = real & near.any(axis=2)
    return found
