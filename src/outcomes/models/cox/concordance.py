"""Harrell's concordance: of two rows at risk at an event, whether the one with the event has the higher risk.

Harrell, Lee & Mark 1996, Stat Med 15:361; standard error by the infinitesimal jackknife, as R's survival
(vignette "Concordance"). Pairs of different strata, and of two events at the same time, do not count; pairs
with the same predictor count half. The sums over pairs are range queries of a wavelet matrix (Claude,
Navarro & Ordonez 2015, Inf Syst 47:15): time n log n.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from outcomes.models.counting import Floats
from outcomes.models.cox.result import CoxFit
from outcomes.models.cox.risk_sets import Index, RiskSets

SAME_PREDICTOR = 1e-12
"""Difference of linear predictors, as a share of their range, that is rounding."""


@dataclass(frozen=True)
class Concordance:
    """Share of concordant pairs, 0.5 without any discrimination.

    Attributes
    ----------
    estimate, std_error : float
        NaN where no pair can be compared.
    concordant, discordant, tied : float
        Weights of the pairs.
    """

    estimate: float
    std_error: float
    concordant: float
    discordant: float
    tied: float


def concordance(fit: CoxFit) -> Concordance:
    """Compare the linear predictors of all pairs of rows of which one has the event while both are at risk.

    Raises
    ------
    ValueError
        If the fit is not ok.
    """
    sets = fit.data
    weight = np.ones(sets.order.size) if sets.weight is None else sets.weight
    below, equal, above = _pairs_as_event(sets, _ranks(sets, fit.scaled), weight)
    lower, same, higher = _pairs_as_other(sets, _ranks(sets, fit.scaled), weight)
    dead = weight[sets.dead]
    totals = [float(dead @ part[sets.dead]) for part in (below, above, equal)]
    pairs = sum(totals)
    if not pairs > 0:
        return Concordance(float("nan"), float("nan"), *totals)
    somers = (totals[0] - totals[1]) / pairs
    # a row is concordant with those below it when it has the event, with those above when they have it
    gained, all_pairs = below + higher - above - lower, below + equal + above + lower + same + higher
    change = weight * (gained - somers * all_pairs) / pairs
    if fit.cluster is not None:
        change = np.bincount(fit.cluster[sets.order], weights=change).astype(np.float64)
    return Concordance((somers + 1.0) / 2.0, float(np.sqrt(change @ change)) / 2.0, *totals)


def _ranks(sets: RiskSets, coefficients: Floats) -> Index:
    eta = sets.x @ coefficients + sets.of_stratum(sets.centre @ (coefficients / sets.scale))
    if sets.offset is not None:
        eta += sets.offset
    order = np.argsort(eta)
    gaps = np.diff(eta[order])
    ranks: Index = np.zeros(eta.size, np.intp)
    ranks[order[1:]] = np.cumsum(gaps > SAME_PREDICTOR * max(float(gaps.sum()), 1.0))
    return ranks


def _pairs_as_event(sets: RiskSets, ranks: Index, weight: Floats) -> tuple[Floats, Floats, Floats]:
    """Weights of those at risk below, at and above each event's predictor; 0 for rows without the event."""
    group, at = sets.dead_group, ranks[sets.dead]
    stratum = np.searchsorted(sets.group_starts, group, side="right") - 1
    tied = np.diff(sets.dead_starts, append=sets.dead.size)
    found = _range_sums(ranks, weight, sets.row_starts[stratum], (sets.ends - tied)[group], at)
    if sets.late.size:
        first = np.searchsorted(sets.late_group, sets.group_starts)[stratum]
        left = np.searchsorted(sets.late_group, group, side="right")
        found = found - _range_sums(ranks[sets.late], weight[sets.late], first, left, at)
    out = np.zeros((3, ranks.size))
    out[:, sets.dead] = found
    return out[0], out[1], out[2]


def _pairs_as_other(sets: RiskSets, ranks: Index, weight: Floats) -> tuple[Floats, Floats, Floats]:
    """Weights of the events below, at and above each row's predictor while it is at risk."""
    group = np.repeat(np.arange(sets.ends.size), np.diff(sets.ends, prepend=0))
    group[sets.dead] += 1  # events at its own time are no pair
    bounds = np.append(sets.dead_starts, sets.dead.size)
    leave = np.repeat(np.append(sets.group_starts[1:], sets.ends.size), sets.row_counts)
    leave[sets.late] = sets.late_group
    found = _range_sums(ranks[sets.dead], weight[sets.dead], bounds[group], bounds[leave], ranks)
    return found[0], found[1], found[2]


def _range_sums(ranks: Index, weight: Floats, begin: Index, end: Index, at: Index) -> Floats:
    """Weights of the places in ``[begin, end)`` with a rank below, at and above `at`; shape (3, queries)."""
    total = np.concatenate([[0.0], np.cumsum(weight)])
    below, up_to = (_sums_below(ranks, weight, begin, end, limit) for limit in (at, at + 1))
    return np.stack([below, up_to - below, total[end] - total[begin] - up_to])


def _sums_below(ranks: Index, weight: Floats, begin: Index, end: Index, limit: Index) -> Floats:
    """Weights of the places in ``[begin, end)`` with a rank below `limit`.

    From the highest bit of the ranks on, places with a 0 go before those with a 1, in their order: a range
    stays a range. Where the limit has a 1, all zeros of the range are below it.
    """
    out = np.zeros(limit.size)
    for bit in range(int(max(ranks.max(initial=0), limit.max(initial=0))).bit_length() - 1, -1, -1):
        one = (ranks >> bit & 1).astype(bool)
        zeros = np.concatenate([[0], np.cumsum(~one)])
        sums = np.concatenate([[0.0], np.cumsum(np.where(one, 0.0, weight))])
        up = (limit >> bit & 1).astype(bool)
        out += np.where(up, sums[end] - sums[begin], 0.0)
        begin, end = (np.where(up, zeros[-1] + place - zeros[place], zeros[place]) for place in (begin, end))
        order = np.concatenate([np.flatnonzero(~one), np.flatnonzero(one)])
        ranks, weight = ranks[order], weight[order]
    return out
