"""Means of the covariates in the risk sets of the event times, and their sums along the baseline hazard."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from outcomes.models.counting import Floats
from outcomes.models.cox.likelihood import Hazards, block_sums, increments
from outcomes.models.cox.risk_sets import RiskSets


@dataclass(frozen=True)
class Moments:
    """At each event time, in the units of `RiskSets.x`; all have shape (J, p).

    Attributes
    ----------
    mean : ndarray
        Mean of x over the risk set; over those of the tied events' terms with Efron's ties.
    hazard_mean : ndarray
        Sum over the terms of the hazard times their mean.
    left_mean : ndarray
        The same with each term's share: what the tied events themselves do not count.
    """

    mean: Floats
    hazard_mean: Floats
    left_mean: Floats


def event_moments(sets: RiskSets, here: Hazards) -> Moments:
    """Means over the risk sets, in one pass over the rows."""
    steps = increments(sets, here, None)[0]
    inverse, stay = 1.0 / here.denominator, 1.0 - sets.share
    each = sets.per_time(np.ones(steps.size))[sets.step_group]
    kinds = [sets.per_time(inverse / each), sets.per_time(steps * inverse)]
    if not sets.single:
        kinds += [
            sets.per_time(stay * inverse / each),
            sets.per_time(steps * stay * inverse),
            sets.per_time(steps * sets.share * inverse),
            sets.per_time(steps * sets.share * stay * inverse),
        ]
    shape = (sets.ends.size, sets.x.shape[1])
    mean, hazard_mean = np.empty(shape), np.empty(shape)
    left_mean = np.zeros((1, 1)) if sets.single else np.empty(shape)
    carry: Floats | float = 0.0
    for block in sets.blocks:
        at = block.times
        alive, dead, carry = block_sums(sets, here.risk, block, carry)
        mean[at] = alive * kinds[0][at, None]
        hazard_mean[at] = alive * kinds[1][at, None]
        if not sets.single and alive.size:
            mean[at] += dead * kinds[2][at, None]
            hazard_mean[at] += dead * kinds[3][at, None]
            left_mean[at] = alive * kinds[4][at, None] + dead * kinds[5][at, None]
    return Moments(mean, hazard_mean, np.broadcast_to(left_mean, shape))
