"""Restricted means adjusted for covariates: E[min(T, h)] = a_arm + (Z - mean Z)'b, by pseudo-values.

Pseudo-values of all arms together stand for the times that censoring hides and are regressed by least
squares, a generalised estimating equation with the identity link (Andersen, Hansen & Klein 2004, Lifetime
Data Anal 10:335; Andersen & Perme 2010, Stat Methods Med Res 19:71). One curve of all arms is the standard
choice: it needs censoring that does not depend on arm or covariates. a_arm is the mean had all patients been
in that arm (standardised over the sample). Variance: sum of squared influences, which is the sandwich HC0 for
differences and adds the spread of the sample's covariates for levels (Bartlett 2018, Pharm Stat 17:648).
That pseudo-values depend on each other makes it slightly too large (Jacobsen & Martinussen 2016, Scand J Stat
43:845).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from outcomes.models.columns import quoted, redundant_column
from outcomes.models.counting import Floats, Integers


@dataclass(frozen=True)
class AdjustedMeans:
    """Standardised restricted means of A arms, in the unit of the pseudo-values.

    Attributes
    ----------
    mean : ndarray, shape (A,)
        Mean had all patients been in the arm.
    covariance : ndarray, shape (A, A)
        Their joint covariance.
    slopes : ndarray, shape (p,)
        Coefficients of the covariates.
    slope_covariance : ndarray, shape (p, p)
        Sandwich covariance of the coefficients.
    influence : ndarray, shape (n, A)
        Influence of each patient on the means; products of two horizons' influences, summed, are their
        covariances.
    """

    mean: Floats
    covariance: Floats
    slopes: Floats
    slope_covariance: Floats
    influence: Floats


def adjusted_means(values: Floats, arm: Integers, covariates: Floats) -> AdjustedMeans:
    """Regress pseudo-values on arms and covariates; return the standardised mean of each arm.

    Parameters
    ----------
    values : ndarray, shape (n,)
        Pseudo-values.
    arm : ndarray of int, shape (n,)
        Arm of each patient, 0 to A - 1, each with patients.
    covariates : ndarray, shape (n, p)
        Columns that are neither constant nor collinear with each other and the arms.

    Raises
    ------
    numpy.linalg.LinAlgError
        If the columns are collinear.
    """
    arms = int(arm.max()) + 1
    centred = covariates - covariates.mean(axis=0)
    # columns of one size: squares of days must not hide squares of indicators
    size = np.sqrt((centred**2).mean(axis=0))
    design = np.column_stack([arm[:, None] == np.arange(arms), centred / size])
    bread = np.linalg.inv(design.T @ design)
    coefficients = bread @ (design.T @ values)
    residuals = values - design @ coefficients
    parts = (design * residuals[:, None]) @ bread
    scaled = coefficients[arms:]
    influence = parts[:, :arms] + ((design[:, arms:] @ scaled) / values.size)[:, None]
    slopes = parts[:, arms:] / size
    return AdjustedMeans(
        coefficients[:arms], influence.T @ influence, scaled / size, slopes.T @ slopes, influence
    )


def column_problem(arm: Integers, covariates: Floats, terms: Sequence[str]) -> str | None:
    """Say which column is constant, or follows from the arms and the columns before it; None if none does."""
    arms = [np.asarray(arm == code, dtype=np.float64) for code in np.unique(arm)]
    known = [column / np.linalg.norm(column) for column in arms]
    found = redundant_column(covariates, covariates - covariates.mean(axis=0), known)
    if found is None:
        return None
    if found.constant:
        return f"'{terms[found.place]}' does not vary among the patients analysed"
    before = f" and {quoted(terms[: found.place])}" if found.place else ""
    return f"'{terms[found.place]}' is collinear with the arms{before}"


def joint_covariance(means: Sequence[AdjustedMeans]) -> Floats:
    """Covariance of the adjusted means of several horizons, shape (A, H, A, H), of the same patients."""
    influence = np.stack([mean.influence for mean in means], axis=2)
    return np.asarray(np.einsum("iah,ibk->ahbk", influence, influence))
