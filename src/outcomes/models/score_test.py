"""Chi-square of K scores that add to 0: u' V^-1 u over all of them but one, V their covariance."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from outcomes.models.counting import Floats

SINGULAR = 1e-10
"""Smallest eigenvalue of correlations, sums of products of fractions, that is more than rounding."""


def score_chi_square(score: Floats, variance: Floats, compared: NDArray[np.bool_]) -> tuple[float, int]:
    """Statistic and degrees of freedom of the scores of some groups.

    Parameters
    ----------
    score : ndarray, shape (K,)
        One a group; those of the groups compared add to 0.
    variance : ndarray, shape (K, K)
        Their covariance.
    compared : ndarray of bool, shape (K,)
        Groups that are; the others' scores are 0.

    Returns
    -------
    tuple of float and int
        The statistic is nan where the covariance does not tell the groups apart.
    """
    keep = np.flatnonzero(compared)[1:]
    if keep.size == 0:
        return float("nan"), 0
    inner = variance[np.ix_(keep, keep)]
    scale = np.sqrt(np.diag(inner))
    if not (np.isfinite(inner).all() and (scale > 0).all()):
        return float("nan"), int(keep.size)
    correlation = inner / np.outer(scale, scale)
    if np.linalg.eigvalsh(correlation)[0] < SINGULAR:
        return float("nan"), int(keep.size)
    z = score[keep] / scale
    return float(z @ np.linalg.solve(correlation, z)), int(keep.size)
