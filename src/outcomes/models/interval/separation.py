"""Whether a Weibull likelihood has its maximum at a finite place, decided by linear programming.

The likelihood is concave in (g, a) of `weibull_likelihood`. It has no finite maximum where it can be moved in
some direction for ever without any row's loss: no left end's z may rise, no right end's fall, no exact time's
change (as Albert & Anderson 1984, Biometrika 71:1 for logistic models; Konis 2007, DPhil thesis, Oxford, for
the linear program).
"""

from __future__ import annotations

import numpy as np

from outcomes.models.interval.times import Floats
from outcomes.models.interval.weibull_likelihood import WeibullData

MOVES = 1e-7
"""Entry of the direction, which is 1 at most, above which a coefficient moves: the program's tolerance."""


FLAT = 1e-10
"""Singular value, against the largest, below which the rows say nothing about a direction."""


def flat_direction(data: WeibullData) -> Floats | None:
    """Direction of (g, a), length 1, that changes no row's z and so not the likelihood, or None."""
    known = np.vstack([data.low[data.has_low > 0], data.high[data.has_high > 0]])
    _, size, directions = np.linalg.svd(known.T @ known)
    return np.asarray(directions[-1], dtype=np.float64) if size[-1] <= FLAT * size[0] else None


def endless_direction(data: WeibullData) -> Floats | None:
    """Direction of (g, a), entries within [-1, 1], in which the likelihood never falls, or None.

    Columns should be of similar size. Without a flat direction any other makes some row rise.
    """
    from scipy.optimize import linprog

    censored = ~data.exact
    falls = -data.low[censored & (data.has_low > 0)]
    rises = data.high[censored & (data.has_high > 0)]
    gains = np.vstack([falls, rises])
    fixed = data.high[data.exact]
    size = data.low.shape[1]
    aim = gains.sum(axis=0)
    aim[-1] += float(fixed.shape[0] > 0)  # an exact time's likelihood rises with a where its z stays
    found = linprog(
        -aim,
        A_ub=-gains if gains.size else None,
        b_ub=np.zeros(len(gains)) if gains.size else None,
        A_eq=fixed if fixed.size else None,
        b_eq=np.zeros(len(fixed)) if fixed.size else None,
        bounds=[(-1.0, 1.0)] * size,
        method="highs",
    )
    if found.x is None or not (np.abs(found.x) > MOVES).any():
        return None
    return np.asarray(found.x, dtype=np.float64)
