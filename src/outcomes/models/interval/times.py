"""Times known to lie in (left, right]: exact where both are equal, right-censored where right is infinite.

A visit at which the event has happened closes the interval, the last one without it opens it, so that an
exact time t and a censoring at t keep the convention of Kaplan & Meier 1958, J Am Stat Assoc 53:457: who is
censored at t was event-free at t.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class IntervalTimes:
    """Checked intervals of some patients.

    Attributes
    ----------
    left, right : ndarray, shape (n,)
        The event happened after `left` and not after `right` (same unit); at `right` itself where both are
        equal. `left` is 0 where nothing is known before, `right` is inf where the event was never seen.
    weight : ndarray, shape (n,)
        Case weights, > 0.
    """

    left: Floats
    right: Floats
    weight: Floats

    @property
    def n(self) -> int:
        """Number of intervals."""
        return int(self.left.size)

    @property
    def exact(self) -> NDArray[np.bool_]:
        """Whether the time itself is known."""
        return np.asarray(self.left == self.right, dtype=np.bool_)

    @property
    def right_censored(self) -> NDArray[np.bool_]:
        """Whether the event was never seen."""
        return np.isinf(self.right)

    @property
    def left_censored(self) -> NDArray[np.bool_]:
        """Whether the event had happened at the first look."""
        return np.asarray((self.left == 0) & ~self.right_censored, dtype=np.bool_)

    def take(self, rows: NDArray[np.bool_] | Integers) -> IntervalTimes:
        """Return some of the intervals."""
        return IntervalTimes(self.left[rows], self.right[rows], self.weight[rows])


def interval_times(left: ArrayLike, right: ArrayLike, weight: ArrayLike | None = None) -> IntervalTimes:
    """Check intervals (left, right] and their weights.

    Parameters
    ----------
    left, right : array-like, shape (n,)
        Times since the start, same unit: 0 <= left <= right, right > 0, inf where right-censored.
    weight : array-like, shape (n,), optional
        Case weights, 0 or more; rows of weight 0 are left out. Default 1.

    Raises
    ------
    ValueError
        With the fault and how many rows have it.
    """
    low, high = np.asarray(left, dtype=np.float64), np.asarray(right, dtype=np.float64)
    weights = np.ones(low.shape) if weight is None else np.asarray(weight, dtype=np.float64)
    if low.ndim != 1 or low.shape != high.shape or low.shape != weights.shape:
        raise ValueError("left, right and weight must be vectors of one length")
    problem = interval_problem(low, high, weights)
    if problem is not None:
        raise ValueError(problem)
    counted = weights > 0
    return IntervalTimes(low[counted], high[counted], weights[counted])


def interval_problem(low: Floats, high: Floats, weights: Floats) -> str | None:
    """Say what is wrong with intervals or their weights, and in how many rows; None where nothing is."""
    faults = {
        "left or right is missing (NaN)": np.isnan(low) | np.isnan(high),
        "left is negative": low < 0,
        "left is infinite": np.isinf(low),
        "left lies after right": low > high,
        "right is 0": high == 0,
        "the weight is negative or not finite": ~(np.isfinite(weights) & (weights >= 0)),
    }
    told = [f"{what} in {int(rows.sum())} of {low.size} rows" for what, rows in faults.items() if rows.any()]
    return "; ".join(told) or None
