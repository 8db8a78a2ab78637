"""Means of the covariates in the risk sets of the event times, and their sums along the baseline hazard."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from outcomes.models.counting import Floats
from outcomes.models.cox.likelihood import Hazards, block_sums, increments
from outcomes.models.cox.risk_sets import RiskSets


@dataclass(frozen=True)
class Moments:
    """At each event time, in the units of `RiskSets.x`; shape (J, p) but for the last.

    Attributes
    ----------
    mean : ndarray
        Mean of x over the risk set; over those of the tied events' terms with Efron's ties.
    hazard_mean : ndarray
        Sum over the terms of the hazard times their mean.
    left_mean : ndarray, shape (V, p)
        The same with each term's share, at the times in ``several``: what the tied events do not count.
    """

    mean: Floats
    hazard_mean: Floats
    left_mean: Floats


def event_moments(sets: RiskSets, here: Hazards) -> Moments:
    """Means over the risk sets, in one pass over the rows."""
    steps = increments(sets, here, None)[0]
    inverse, stay = 1.0 / here.denominator, 1.0 - sets.share
    each = inverse / sets.per_time(np.ones(steps.size))[sets.step_group]
    slopes = steps * inverse
    at_risk = [sets.per_time(each)[:, None], sets.per_time(slopes)[:, None]]
    tied = [sets.per_several(terms)[:, None] for terms in (each * stay, slopes * stay)]
    left = [sets.per_several(terms)[:, None] for terms in (slopes * sets.share, slopes * sets.share * stay)]
    p = sets.x.shape[1]
    mean, hazard_mean = np.empty((sets.ends.size, p)), np.empty((sets.ends.size, p))
    left_mean = np.empty((sets.several.size, p))
    carry: Floats | float = 0.0
    for block in sets.blocks:
        at, shared = block.times, block.several
        alive, dead, carry = block_sums(sets, here.risk, block, carry)
        mean[at], hazard_mean[at] = alive * at_risk[0][at], alive * at_risk[1][at]
        if len(dead):
            which = sets.several[shared]
            mean[which] += dead * tied[0][shared]
            hazard_mean[which] += dead * tied[1][shared]
            left_mean[shared] = alive[which - at.start] * left[0][shared] + dead * left[1][shared]
    return Moments(mean, hazard_mean, left_mean)
