"""Event tables: at each distinct time, who is at risk, who has the event and who is censored.

Kaplan-Meier, the log-rank test and restricted means are sums over these tables. A patient censored at the
time of an event is at risk for it (Kaplan & Meier 1958, J Am Stat Assoc 53:457).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from outcomes.frames import AnalysisFrame

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
DAY = {"time_unit": "day"}
EVENTS_PER_COEFFICIENT = 10
"""Peduzzi et al. 1995, J Clin Epidemiol 48:1503."""


@dataclass(frozen=True)
class Sample:
    """Times of some patients.

    Attributes
    ----------
    time : ndarray, shape (n,)
        Days to the event or to censoring.
    observed : ndarray of bool, shape (n,)
        Whether the event happened.
    entry : ndarray, shape (n,), optional
        Days after which a patient is under observation (left truncation); from the start by default.
    weight : ndarray, shape (n,), optional
        How many patients each stands for, > 0; one by default.
    """

    time: Floats
    observed: NDArray[np.bool_]
    entry: Floats | None = None
    weight: Floats | None = None

    @property
    def n_patients(self) -> int:
        """Patients in the sample."""
        return int(self.time.size)

    @property
    def n_events(self) -> int:
        """Patients with the event."""
        return int(self.observed.sum())

    def at_risk(self, times: ArrayLike) -> Integers:
        """Patients at risk just before each of `times`: who enters on a day is at risk after it."""
        days = np.asarray(times)
        staying = self.n_patients - np.searchsorted(np.sort(self.time), days, side="left")
        if self.entry is not None:
            staying = staying - (self.n_patients - np.searchsorted(np.sort(self.entry), days, side="left"))
        return np.asarray(staying, np.int64)


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
    weight_at_risk, weight_of_events : ndarray of float
        The same counts, each patient counted by weight.
    """

    time: Floats
    at_risk: Integers
    events: Integers
    censored: Integers
    weight_at_risk: Floats
    weight_of_events: Floats

    def at_events(self) -> EventTable:
        """Return the same table, at the times with an event only."""
        keep = self.events > 0
        return EventTable(
            self.time[keep], self.at_risk[keep], self.events[keep], self.censored[keep],
            self.weight_at_risk[keep], self.weight_of_events[keep],
        )  # fmt: skip


def event_table(sample: Sample) -> EventTable:
    """Count events, censorings and patients at risk at each distinct time of `sample`.

    Raises
    ------
    ValueError
        If a time is negative, missing or infinite, an entry is not before its time, or a weight is not
        positive and finite.
    """
    _refuse_impossible(sample)
    time, place = np.unique(sample.time, return_inverse=True)
    total = np.bincount(place, minlength=time.size)
    events = np.bincount(place[sample.observed], minlength=time.size)
    at_risk = sample.at_risk(time)
    if sample.weight is None:
        heavy, heavy_events = at_risk.astype(float), events.astype(float)
    else:
        heavy = _weight_from(sample.time, sample.weight, time)
        if sample.entry is not None:
            heavy = heavy - _weight_from(sample.entry, sample.weight, time)
        heavy_events = np.bincount(place[sample.observed], sample.weight[sample.observed], time.size)
    return EventTable(
        time, at_risk, events.astype(np.int64), (total - events).astype(np.int64), heavy, heavy_events
    )


def _weight_from(days: Floats, weight: Floats, times: Floats) -> Floats:
    """Weight of the patients whose day is at or after each of `times`."""
    order = np.argsort(days, kind="stable")[::-1]
    beyond = np.concatenate([[0.0], np.cumsum(weight[order])])
    return np.asarray(beyond[days.size - np.searchsorted(days[order[::-1]], times, side="left")])


def _refuse_impossible(sample: Sample) -> None:
    if not (np.isfinite(sample.time) & (sample.time >= 0)).all():
        raise ValueError("times must be finite and not negative")
    if sample.entry is not None and not (np.isfinite(sample.entry) & (sample.entry < sample.time)).all():
        raise ValueError("entries must be finite and before the time")
    if sample.weight is not None and not (np.isfinite(sample.weight) & (sample.weight > 0)).all():
        raise ValueError("weights must be positive and finite")


def unusable_times(frame: AnalysisFrame) -> str | None:
    """Say how many times to the event cannot be analysed, and why; None when all are positive and finite."""
    time = frame.data["time_days"].to_numpy(dtype=float)
    found = {
        "missing": int(np.isnan(time).sum()),
        "infinite": int(np.isinf(time).sum()),
        "negative": int((time[np.isfinite(time)] < 0).sum()),
        "zero": int((time == 0).sum()),
    }
    told = ", ".join(f"{n} {word}" for word, n in found.items() if n)
    if not told:
        return None
    return (
        f"of {time.size} times to the event {told}: no curve, test or mean rests on such data; times must be "
        "above 0 days (the cohort file says what to do with others: zero_time, negative_time)"
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


def known_until(sample: Sample) -> float:
    """Time up to which the curve is known: the longest follow-up, or for ever once it has reached 0."""
    if sample.n_patients == 0:
        return 0.0
    last = float(sample.time.max())
    return math.inf if sample.observed[sample.time == last].all() else last


def counts(*samples: Sample) -> dict[str, int]:
    """`n_patients` and `n_events` of some samples together, as columns of `estimates`."""
    return {
        "n_patients": sum(sample.n_patients for sample in samples),
        "n_events": sum(sample.n_events for sample in samples),
    }


def few_events(n_events: int, p: int, of: str = "") -> str:
    """How many events there are for `p` coefficients, where they are too few for them; else nothing."""
    if n_events >= EVENTS_PER_COEFFICIENT * p:
        return ""
    events = "event" if n_events == 1 else "events"
    each = "1 coefficient, fewer" if p == 1 else f"{p} coefficients, fewer"
    return f"{n_events} {events}{of} for {each} than {EVENTS_PER_COEFFICIENT}{'' if p == 1 else ' each'}: "


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
