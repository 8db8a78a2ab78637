"""Risk sets of the subdistribution hazard, as sums from both ends of time.

A patient who failed of another cause at u stays at risk at t > u with weight G(t-) / G(u-), G the
Kaplan-Meier curve of censoring (Fine & Gray 1999, J Am Stat Assoc 94:496). The sum over a risk set is a sum
over those still there, from the last time backwards, plus G(t-) times one over those failed of another
cause before, from the first time forwards: linear time (Kawaguchi et al. 2020, R Journal 12:2, 163).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from outcomes.models.competing.counts import check_times, left_of
from outcomes.models.counting import Floats, Integers, Sample, event_table


@dataclass(frozen=True)
class Lingering:
    """Patients of one stratum and one censoring group who failed of another cause; m of them.

    Attributes
    ----------
    rows : ndarray of int, shape (m,)
        Their rows, by ascending time.
    time : ndarray, shape (m,)
        When they failed.
    weight : ndarray, shape (m,)
        1 / G(time-).
    place : ndarray of int, shape (m,)
        How many failure times of the stratum lie at or before their time.
    group : int
        Their censoring group.
    before : ndarray of int, shape (J,)
        How many of them failed before each failure time of the stratum.
    remaining : ndarray, shape (J,)
        G just before each failure time of the stratum.
    """

    rows: Integers
    time: Floats
    weight: Floats
    place: Integers
    group: int
    before: Integers
    remaining: Floats


@dataclass(frozen=True)
class StratumRisk:
    """One stratum with failures of the cause at J distinct times.

    Attributes
    ----------
    rows : ndarray of int, shape (n_s,)
        Patients of the stratum by ascending time.
    times, failures : ndarray, shape (J,)
        Distinct failure times of the cause, and how many failed.
    first : ndarray of int, shape (J,)
        Place in `rows` of the first patient still there at each failure time.
    passed : ndarray of int, shape (n_s,)
        How many failure times lie at or before each patient's time.
    lingering : tuple of Lingering
        By censoring group.
    """

    rows: Integers
    times: Floats
    failures: Floats
    first: Integers
    passed: Integers
    lingering: tuple[Lingering, ...]


@dataclass(frozen=True)
class Censoring:
    """Censoring in one group: its Kaplan-Meier curve, and what its martingale needs; one entry per time.

    Attributes
    ----------
    time : ndarray
        Distinct times of censoring, ascending.
    at_risk, censored : ndarray
        Counts at the time; those who fail at it are at risk of being censored.
    remaining : ndarray
        Probability of being uncensored just after the time.
    last : float
        Longest follow-up in the group.
    """

    time: Floats
    at_risk: Floats
    censored: Floats
    remaining: Floats
    last: float

    def before(self, at: Floats) -> Floats:
        """Probability of being uncensored just before each of `at`; 0 beyond the longest follow-up.

        Beyond it no failure of the group could be seen, so that nobody of it lingers at risk (R's `crr`,
        `cengroup`).
        """
        return np.where(at > self.last, 0.0, left_of(self.time, at, self.remaining, 1.0))


@dataclass(frozen=True)
class SubdistributionData:
    """Times prepared once for every iteration; n patients.

    Attributes
    ----------
    time : ndarray, shape (n,)
        Days to failure or censoring.
    failed, is_censored : ndarray of bool, shape (n,)
        Whether of the cause of interest; whether censored.
    censoring_group : ndarray of int, shape (n,)
        Group whose censoring curve a patient has.
    censoring : tuple of Censoring
        One per group.
    strata : tuple of StratumRisk
        Strata with a failure of the cause.
    """

    time: Floats
    failed: NDArray[np.bool_]
    is_censored: NDArray[np.bool_]
    censoring_group: Integers
    censoring: tuple[Censoring, ...]
    strata: tuple[StratumRisk, ...]


def prepare(
    time: Floats, cause: Integers, of_interest: int, stratum: Integers, censoring_group: Integers
) -> SubdistributionData:
    """Sort, and estimate the censoring curve of each group.

    Parameters
    ----------
    time : ndarray, shape (n,)
        Days, > 0.
    cause : ndarray of int, shape (n,)
        0 where censored.
    of_interest : int
        The cause whose subdistribution is modelled.
    stratum, censoring_group : ndarray of int, shape (n,)
        Groups with a baseline, and with a censoring curve, of their own; the latter 0, 1, ...

    Raises
    ------
    ValueError
        If a time is not positive and finite.
    """
    check_times(time, cause, int(cause.max(initial=0)))
    censoring = tuple(
        _censoring(time[censoring_group == g], cause[censoring_group == g] == 0)
        for g in range(int(censoring_group.max(initial=-1)) + 1)
    )
    failed = cause == of_interest
    other = (cause != 0) & ~failed
    strata = tuple(
        _stratum(np.flatnonzero(stratum == s), time, failed, other, censoring_group, censoring)
        for s in np.unique(stratum[failed])
    )
    return SubdistributionData(time, failed, cause == 0, censoring_group, censoring, strata)


def _censoring(time: Floats, censored: NDArray[np.bool_]) -> Censoring:
    table = event_table(Sample(time, censored)).at_events()
    n, c = table.at_risk.astype(np.float64), table.events.astype(np.float64)
    remaining = np.cumprod((n - c) / n, dtype=np.float64)
    return Censoring(table.time, n, c, remaining, float(time.max(initial=0.0)))


def _stratum(
    members: Integers,
    time: Floats,
    failed: NDArray[np.bool_],
    other: NDArray[np.bool_],
    group: Integers,
    censoring: tuple[Censoring, ...],
) -> StratumRisk:
    rows = members[np.argsort(time[members], kind="stable")]
    times, failures = np.unique(time[rows][failed[rows]], return_counts=True)
    lingering = []
    for code, curve in enumerate(censoring):
        mine = rows[other[rows] & (group[rows] == code)]
        if mine.size:
            at = time[mine]
            lingering.append(
                Lingering(
                    mine,
                    at,
                    1.0 / curve.before(at),
                    np.searchsorted(times, at, side="right").astype(np.int64),
                    code,
                    np.searchsorted(at, times, side="left").astype(np.int64),
                    curve.before(times),
                )
            )
    return StratumRisk(
        rows,
        times,
        failures.astype(np.float64),
        np.searchsorted(time[rows], times, side="left").astype(np.int64),
        np.searchsorted(times, time[rows], side="right").astype(np.int64),
        tuple(lingering),
    )
