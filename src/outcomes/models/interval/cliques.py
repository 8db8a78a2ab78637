"""Innermost intervals: the only places where an estimate of the distribution can put probability.

Turnbull 1976, J R Stat Soc B 38:290; Peto 1973, Appl Stat 22:86. Each observed interval then covers a run of
consecutive innermost intervals, and the likelihood depends on the probabilities of these alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from outcomes.models.interval.times import Floats, Integers, IntervalTimes


@dataclass(frozen=True)
class Cliques:
    """Innermost intervals and the runs of them that distinct observations cover.

    Attributes
    ----------
    left, right : ndarray, shape (m,)
        Ends of the innermost intervals, ascending: (left, right], or the point where both are equal.
    first, last : ndarray of int, shape (d,)
        First and last innermost interval of each distinct observation.
    weight : ndarray, shape (d,)
        Sum of the case weights of the observations that are the same.
    member : ndarray of int, shape (n,)
        Which distinct observation each of the intervals is.
    """

    left: Floats
    right: Floats
    first: Integers
    last: Integers
    weight: Floats
    member: Integers


def find_cliques(times: IntervalTimes) -> Cliques:
    """Find the innermost intervals: a left end followed by a right end with no other end between.

    Raises
    ------
    ValueError
        If there is no observation.
    """
    if times.n == 0:
        raise ValueError("no interval to estimate from")
    values = np.unique(np.concatenate([times.left, times.right]))
    # twice the rank, and one more where the end is open: (t, opens after the point [t, t] and the end t]
    lefts = 2 * np.searchsorted(values, times.left) + ~times.exact
    rights = 2 * np.searchsorted(values, times.right)
    ends = np.unique(np.concatenate([2 * lefts, 2 * rights + 1]))  # at one place left ends come first
    is_left = ends % 2 == 0
    inner = np.flatnonzero(is_left[:-1] & ~is_left[1:])
    opening, closing = ends[inner] // 2, ends[inner + 1] // 2
    first = np.searchsorted(opening, lefts)
    last = np.searchsorted(closing, rights, side="right") - 1
    distinct, member = np.unique(np.stack([first, last]), axis=1, return_inverse=True)
    member = member.reshape(-1)
    weight = np.asarray(np.bincount(member, weights=times.weight), dtype=np.float64)
    return Cliques(
        values[opening // 2], values[closing // 2], distinct[0].astype(np.int64),
        distinct[1].astype(np.int64), weight, member.astype(np.int64),
    )  # fmt: skip
