"""Which times are tied: t_(k+1) - t_k <= sqrt(eps) * mean |t| joins neighbouring distinct times.

The same day written in days, weeks or years differs in its last digits; the rule depends on ratios of times
only, so that all units give the same ties. It is the relative part of the rule of R's survival
(`aeqSurv`, vignette "Roundoff error and tied times"; Therneau & Grambsch 2000, section 3.3).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from outcomes.models.counting import Floats

SAME_TIME = 2.0**-26
"""Square root of the double's relative rounding, 1.5e-8: half a minute in 60 years."""


def tie_ranks(values: Floats) -> NDArray[np.intp]:
    """Rank of each value among the distinct ones, 0 first; tied values share a rank.

    Parameters
    ----------
    values : ndarray, shape (n,)
        Finite times; those of entry and exit together, so that an entry can be tied with an event.
    """
    order = np.argsort(values)
    ordered = values[order]
    gaps = np.diff(ordered)
    new = gaps > 0
    distinct = np.abs(ordered[1:][new])
    mean = (distinct.sum() + np.abs(ordered[:1]).sum()) / (distinct.size + 1)
    new &= gaps > SAME_TIME * mean
    ranks = np.zeros(values.size, dtype=np.intp)
    ranks[order[1:]] = np.cumsum(new)
    return ranks
