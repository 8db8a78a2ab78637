"""Percentile bootstrap of Turnbull's curve: patients are drawn again with replacement.

Efron 1981, J Am Stat Assoc 76:312. No standard pointwise interval exists for this curve. With visits on few
planned days it converges at the usual rate and the bootstrap holds; with visits spread continuously it
converges slower and the bootstrap is not consistent (Sen & Xu 2015, Comput Stat Data Anal 81:121): the
limits are then a rough guide.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from outcomes.models.interval.times import Floats, IntervalTimes
from outcomes.models.interval.turnbull import turnbull

RESAMPLES = 200


def bootstrap_limits(
    times: IntervalTimes, at: ArrayLike, conf_level: float, seed: int, resamples: int = RESAMPLES
) -> tuple[Floats, Floats]:
    """Limits of the curve at each time of `at`, from `resamples` draws of as many patients.

    Parameters
    ----------
    times : IntervalTimes
        Intervals of the patients, weights 1; their order does not matter.
    at : array-like, shape (k,)
        Times.
    conf_level : float
        Share of the draws between the limits.
    seed : int
        Of the random numbers: the same seed, the same limits.

    Returns
    -------
    tuple of ndarray, shape (k,)
        Low and high. Where a draw leaves the curve open between two values the lower counts for the low
        limit, the higher for the high one.

    Raises
    ------
    ValueError
        If case weights differ from 1.
    """
    if (times.weight != 1).any():
        raise ValueError("the bootstrap by patient takes no case weights")
    distinct, number = np.unique(np.stack([times.left, times.right]), axis=1, return_counts=True)
    pooled = IntervalTimes(distinct[0], distinct[1], number.astype(np.float64))
    asked = np.asarray(at, dtype=np.float64)
    random = np.random.default_rng(seed)
    draws = random.multinomial(times.n, number / times.n, size=resamples)
    low, high = np.empty((resamples, asked.size)), np.empty((resamples, asked.size))
    for k, draw in enumerate(draws):
        kept = np.flatnonzero(draw)
        curve = turnbull(replace(pooled.take(kept), weight=draw[kept].astype(np.float64)))
        low[k], high[k] = curve.bounds(asked)
    tail = (1 - conf_level) / 2
    return np.quantile(low, tail, axis=0), np.quantile(high, 1 - tail, axis=0)
