"""Event tables: at each distinct time, who is at risk, who has the event and who is censored.

Kaplan-Meier, the log-rank test and restricted means are sums over these tables. A patient censored at the
time of an event is at risk for it (Kaplan & Meier 1958, J Am Stat Assoc 53:457).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from outcomes.frames import AnalysisFrame

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
DAY = {"time_unit": "day"}


@dataclass(frozen=True)
class Sample:
    """Times of some patients.

    Attributes
    ----------
    time : ndarray, shape (n,)
        Days to the event or to censoring.
    observed : ndarray of bool, shape (n,)
        Whether the event happened.
    """

    time: Floats
    observed: NDArray[np.bool_]

    @property
    def n_patients(self) -> int:
        """Patients in the sample."""
        return int(self.time.size)

    @property
    def n_events(self) -> int:
        """Patients with the event."""
        return int(self.observed.sum())

    def at_risk(self, times: ArrayLike) -> Integers:
        """Patients at risk just before each of `times`."""
        ordered = np.sort(self.time)
        return np.asarray(
            self.n_patients - np.searchsorted(ordered, np.asarray(times), side="left"), np.int64
        )


@dataclass(frozen=True)
class EventTable:
    """Counts at each distinct time, ascending; all arrays have one entry per time.

    Attributes
    ----------
    time : ndarray of float
        Distinct times of events and censorings.
    at_risk : ndarray of int
        Patients at risk just before the time.
    events, censored : ndarray of int
        Patients with the event, and censored, at the time.
    """

    time: Floats
    at_risk: Integers
    events: Integers
    censored: Integers

    def at_events(self) -> EventTable:
        """Return the same table, at the times with an event only."""
        keep = self.events > 0
        return EventTable(self.time[keep], self.at_risk[keep], self.events[keep], self.censored[keep])


def event_table(sample: Sample) -> EventTable:
    """Count events, censorings and patients at risk at each distinct time of `sample`.

    Raises
    ------
    ValueError
        If a time is negative, missing or infinite: ingest refuses those, so it is a bug.
    """
    if not (np.isfinite(sample.time) & (sample.time >= 0)).all():
        raise ValueError("times must be finite and not negative")
    time, place = np.unique(sample.time, return_inverse=True)
    total = np.bincount(place, minlength=time.size)
    events = np.bincount(place[sample.observed], minlength=time.size)
    at_risk = sample.n_patients - np.concatenate([[0], np.cumsum(total)[:-1]]) if time.size else total
    return EventTable(
        time, at_risk.astype(np.int64), events.astype(np.int64), (total - events).astype(np.int64)
    )


def samples_by_arm(frame: AnalysisFrame) -> dict[str, Sample]:
    """Split a time-to-event frame into a sample per arm of the cohort, in canonical order; some may be empty.

    Raises
    ------
    ValueError
        If a time is not positive and finite, or a status is missing.
    """
    time = frame.data["time_days"].to_numpy(dtype=float)
    if not (np.isfinite(time) & (time > 0)).all():
        raise ValueError("times to event must be positive and finite")
    observed = frame.data["observed"].to_numpy(dtype=bool)
    arm = frame.data["arm"].astype(str).to_numpy()
    return {name: Sample(time[arm == name], observed[arm == name]) for name in frame.treatment.arms}


def counts(*samples: Sample) -> dict[str, int]:
    """`n_patients` and `n_events` of some samples together, as columns of `estimates`."""
    return {
        "n_patients": sum(sample.n_patients for sample in samples),
        "n_events": sum(sample.n_events for sample in samples),
    }


def absent_arms(samples: Mapping[str, Sample], *arms: str) -> str | None:
    """Say which of `arms` have no patients; None when all have some."""
    absent = [arm for arm in arms if samples[arm].n_patients == 0]
    return f"no patients with follow-up in arm {' and arm '.join(absent)}" if absent else None


def stratum_codes(data: pd.DataFrame, strata: Sequence[str]) -> Integers:
    """Code of each row's combination of `strata`, 0, 1, ...; all 0 without strata.

    Raises
    ------
    ValueError
        If a stratum is missing: endpoints leave such patients out.
    """
    if not strata:
        return np.zeros(len(data), dtype=np.int64)
    if data[list(strata)].isna().to_numpy().any():
        raise ValueError("strata must be known")
    codes = data.groupby(list(strata), observed=True, sort=True).ngroup()
    return np.asarray(codes, dtype=np.int64)
