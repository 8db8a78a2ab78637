"""Counts by cause at each distinct time: who is at risk, who fails of which cause, who is censored."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from outcomes.models.counting import Floats, Integers


@dataclass(frozen=True)
class CauseTable:
    """Weighted counts at each distinct time, ascending; J times, K causes.

    Attributes
    ----------
    time : ndarray, shape (J,)
        Distinct times of failures and censorings.
    at_risk : ndarray, shape (J,)
        Weight of the patients at risk just before the time; those censored at it are among them.
    events : ndarray, shape (K, J)
        Weight of the failures of each cause at the time.
    squares : ndarray, shape (K + 1, J)
        Sum of squared weights of those who leave at the time: censored first, then by cause.
    """

    time: Floats
    at_risk: Floats
    events: Floats
    squares: Floats

    @property
    def failed(self) -> Floats:
        """Weight of the failures of any cause at each time."""
        return np.asarray(self.events.sum(axis=0), dtype=np.float64)


def cause_table(time: Floats, cause: Integers, n_causes: int, weights: Floats | None = None) -> CauseTable:
    """Count failures by cause, censorings and patients at risk at each distinct time.

    Parameters
    ----------
    time : ndarray, shape (n,)
        Days to the first failure or to censoring, finite and > 0.
    cause : ndarray of int, shape (n,)
        0 where censored, else 1 to `n_causes`.
    weights : ndarray, shape (n,), optional
        Positive weight of each patient; 1 by default.

    Raises
    ------
    ValueError
        If a time is not positive and finite, a cause unknown or a weight not positive.
    """
    weights = np.ones(time.size) if weights is None else weights
    check_times(time, cause, n_causes)
    if not (np.isfinite(weights) & (weights > 0)).all():
        raise ValueError("weights must be positive and finite")
    distinct, place = np.unique(time, return_inverse=True)
    leaving, squares = np.zeros((n_causes + 1, distinct.size)), np.zeros((n_causes + 1, distinct.size))
    np.add.at(leaving, (cause, place), weights)
    np.add.at(squares, (cause, place), weights**2)
    # the same sums as of `failed`, so that at the last time at risk minus failed is 0 and not a rounding
    total = leaving[1:].sum(axis=0) + leaving[0]
    at_risk = np.cumsum(total[::-1])[::-1]
    return CauseTable(distinct, at_risk, leaving[1:], squares)


def check_times(time: Floats, cause: Integers, n_causes: int) -> None:
    """Refuse times and causes that ingest would not have let pass.

    Raises
    ------
    ValueError
        If a time is not positive and finite, or a cause is not one of 0 to `n_causes`.
    """
    if not (np.isfinite(time) & (time > 0)).all():
        raise ValueError("times to event must be positive and finite")
    if not ((cause >= 0) & (cause <= n_causes)).all():
        raise ValueError(f"causes must lie between 0 and {n_causes}")


def left_of(times: Floats, at: Floats, values: Floats, start: float) -> NDArray[np.float64]:
    """Value just before each of `at` of a step function that is `start` before its ascending `times`."""
    return np.asarray(np.append(start, values)[np.searchsorted(times, at, side="left")], dtype=np.float64)
