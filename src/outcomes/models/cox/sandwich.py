"""Cluster-robust variance: D'D, D the sum over each cluster of weight times dfbeta.

Lin & Wei 1989, J Am Stat Assoc 84:1074; a grouped jackknife: Therneau & Grambsch 2000, sections 7.1 and 8.2.
"""

from __future__ import annotations

import numpy as np

from outcomes.models.counting import Floats
from outcomes.models.cox.likelihood import Hazards, exposures, hazards
from outcomes.models.cox.moments import event_moments
from outcomes.models.cox.risk_sets import Index, RiskSets


def weighted_scores(sets: RiskSets, here: Hazards) -> Floats:
    """Part of each sorted row in the score, weight included; shape (m, p), units of `RiskSets.x`.

    Row i gives w_i d_i (x_i - m(t_i)) minus the integral of r_i (x_i - m) over the hazard while at risk.
    """
    moments = event_moments(sets, here)
    along = sets.from_first_event(moments.hazard_mean)
    out = sets.at_rows(along)
    if sets.late.size:
        out[sets.late] -= along[sets.late_group]
    if sets.several.size:
        out[sets.dead[sets.several_dead]] -= sets.to_several(moments.left_mean)
    out *= here.risk[:, None]
    residual = -exposures(sets, here, None)
    weight = np.ones(sets.dead.size) if sets.weight is None else sets.weight[sets.dead]
    residual[sets.dead] += weight
    for block in sets.blocks:
        out[block.rows] += sets.x[block.rows] * residual[block.rows, None]
    out[sets.dead] -= weight[:, None] * moments.mean[sets.dead_group]
    return out


def grouped(sets: RiskSets, values: Floats, cluster: Index | None) -> Floats:
    """Sums of sorted rows over clusters; their codes 0, 1, ... stand per input row, None is row by row."""
    if cluster is None:
        return values
    codes = cluster[sets.order]
    out = np.empty((int(cluster.max()) + 1, values.shape[1]))
    for k, column in enumerate(values.T):
        out[:, k] = np.bincount(codes, column, minlength=len(out))
    return out


def robust_covariance(sets: RiskSets, coefficients: Floats, inverse: Floats, cluster: Index | None) -> Floats:
    """Sandwich of the inverse information around the clusters' scores; shape (p, p)."""
    scores = grouped(sets, weighted_scores(sets, hazards(sets, coefficients)), cluster)
    return np.asarray(inverse @ (scores.T @ scores) @ inverse)


def robust_score_statistic(sets: RiskSets, cluster: Index | None) -> float:
    """Score test of all coefficients being 0, with the variance of the clusters' scores there."""
    p = sets.x.shape[1]
    scores = grouped(sets, weighted_scores(sets, hazards(sets, np.zeros(p))), cluster)
    total = scores.sum(axis=0)
    return float(total @ np.linalg.solve(scores.T @ scores, total))
