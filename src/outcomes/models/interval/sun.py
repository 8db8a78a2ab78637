"""Equality of K distributions of interval-censored times: sums of log-rank scores by group, by permutation.

Scores: Sun 1996, Stat Med 15:1387, from the pooled Turnbull estimate; an exact time's score is 1 less the
cumulative hazard at it, a right-censored one's 0 less it, so that their sums are observed minus expected
events. Variance and chi-square: Fay 1999, Stat Med 18:273; Fay & Shaw 2010, J Stat Softw 36(2). Permuting
patients between groups is fair where the visits were held alike in all of them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from outcomes.models.interval.cliques import find_cliques
from outcomes.models.interval.masses import solve_masses
from outcomes.models.interval.times import Floats, Integers, IntervalTimes

SPREAD = 1e-12
"""Sum of squared scores, per patient, below which all scores are 0 but for rounding."""


@dataclass(frozen=True)
class SunTest:
    """Test of K groups.

    Attributes
    ----------
    excess : ndarray, shape (K,)
        Sum of the scores of each group: above 0 where events came earlier than in all groups together.
    variance : ndarray, shape (K, K)
        Its permutation covariance.
    chi_square : float
        Statistic; nan where every patient has the same score.
    df : int
        Groups with patients, minus one.
    converged : bool
        Whether the pooled estimate, which the scores come from, meets the conditions of a maximum.
    """

    excess: Floats
    variance: Floats
    chi_square: float
    df: int
    converged: bool


def sun_scores(times: IntervalTimes) -> tuple[Floats, bool]:
    """Score of each interval, which add up to 0, and whether the pooled estimate has converged.

    Raises
    ------
    ValueError
        If case weights differ from 1: a permutation needs patients who count alike.
    """
    if (times.weight != 1).any():
        raise ValueError("the permutation test takes no case weights")
    cliques = find_cliques(times)
    solved = solve_masses(cliques)
    free = np.cumsum(np.append(solved.mass, 0.0)[::-1])[::-1]
    hazard = np.divide(solved.mass, free[:-1], out=np.zeros_like(solved.mass), where=free[:-1] > 0)
    slope = -free * np.concatenate([[0.0], np.cumsum(hazard)])
    start, stop = cliques.first, cliques.last + 1
    score = (slope[start] - slope[stop]) / (free[start] - free[stop])
    return np.asarray(score[cliques.member], dtype=np.float64), solved.converged


def sun_test(times: IntervalTimes, group: Integers) -> SunTest:
    """Test whether the times of all groups have one distribution.

    Parameters
    ----------
    times : IntervalTimes
        Intervals of all patients, weights 1.
    group : ndarray of int, shape (n,)
        Group of each, 0 to K - 1; groups without patients are left aside.
    """
    present, code = np.unique(group, return_inverse=True)
    score, converged = sun_scores(times)
    n, size = times.n, np.bincount(code)
    excess = np.asarray(np.bincount(code, score), dtype=np.float64)
    squares = float(score @ score)
    spread = np.diag(size.astype(float)) - np.outer(size, size) / n
    variance = spread * squares / (n - 1) if n > 1 else np.zeros_like(spread)
    df = int(present.size) - 1
    if df == 0 or squares <= SPREAD * n:
        return SunTest(excess, variance, float("nan"), df, converged)
    z = excess[1:] @ np.linalg.solve(variance[1:, 1:], excess[1:])
    return SunTest(excess, variance, float(z), df, converged)
