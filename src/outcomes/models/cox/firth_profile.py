"""Profile of Firth's penalised likelihood: pl(v) = max of l*(b) over all b with c'b = v, for a contrast c.

There l* is often far from quadratic, so limits solve 2 (max l* - pl(v)) = z^2 and the test compares pl(0)
with the maximum (Heinze & Schemper 2001, Biometrics 57:114); the determinant is that of the full
model throughout.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from outcomes.inference import chi_square_p_value, critical_value
from outcomes.models.counting import Floats
from outcomes.models.cox.firth import Climbed, FirthFit, climb
from outcomes.models.cox.firth_likelihood import penalised_likelihood

MOST_STEPS = 60
LIMIT = 1e-9
"""Accuracy of the root of the deviance at a limit; what it should be is a normal quantile."""


@dataclass(frozen=True)
class Profile:
    """One linear combination of the coefficients, from the profile of the penalised likelihood.

    Attributes
    ----------
    status : {'ok', 'not_converged'}
        Only an ok profile has limits and a test.
    estimate, std_error : float
        The combination at the maximum; its standard error from the information, for what Wald intervals
        would be.
    low, high : float
        Profile penalised-likelihood limits. Both exist: l is at most 0, and t^2 times the variance of a
        covariate under risks proportional to exp(t x) is bounded, so log|I| falls without end on every way
        to infinity.
    chi_square, p_value : float
        Penalised likelihood ratio test that the combination is 0, one degree of freedom.
    """

    status: str
    estimate: float
    std_error: float
    low: float
    high: float
    chi_square: float
    p_value: float


def profile_contrast(fit: FirthFit, contrast: ArrayLike, conf_level: float) -> Profile:
    """Interval and test of ``contrast @ coefficients`` from the profile of the penalised likelihood.

    Parameters
    ----------
    fit : FirthFit
        An ok fit.
    contrast : array_like, shape (p,)
        Not all 0; the log hazard ratio of arm against comparator is +1 and -1 at their columns.
    conf_level : float
        Confidence level of the interval.

    Raises
    ------
    ValueError
        If the fit is not ok, or the contrast has another length or is 0.
    """
    lengths = np.asarray(contrast, np.float64)
    if fit.status != "ok":
        raise ValueError(f"a fit that is {fit.status} has no profile")
    if lengths.shape != fit.coefficients.shape or not lengths.any():
        raise ValueError(f"a contrast has {fit.coefficients.size} numbers, not all 0")
    estimate = float(lengths @ fit.coefficients)
    std_error = math.sqrt(float(lengths @ fit.covariance @ lengths))
    path = _Path(fit, lengths / fit.spread)
    null = path.at(0.0)
    low = path.limit(-critical_value(conf_level))
    high = path.limit(critical_value(conf_level))
    if null is None or low is None or high is None:
        nan = math.nan
        return Profile("not_converged", estimate, std_error, nan, nan, nan, nan)
    chi_square = path.root(null) ** 2
    return Profile("ok", estimate, std_error, low, high, chi_square, chi_square_p_value(chi_square, 1))


class _Path:
    """The maximum of l* at each value of one linear combination of the coefficients."""

    def __init__(self, fit: FirthFit, contrast: Floats) -> None:
        self.sets, self.contrast = fit.sets, contrast
        self.top = fit.coefficients * fit.spread
        self.best = penalised_likelihood(fit.sets, self.top).value
        self.estimate = float(contrast @ self.top)
        covariance = fit.covariance * np.outer(fit.spread, fit.spread)
        variance = float(contrast @ covariance @ contrast)
        self.std_error = math.sqrt(variance)
        # the way along which a quadratic l* would have its conditional maxima
        self.way = covariance @ contrast / variance
        unit = contrast / np.linalg.norm(contrast)
        self.plane = np.linalg.svd(unit[None, :])[2][1:].T

    def at(self, value: float) -> Climbed | None:
        """Return the maximum where the combination is `value`."""
        return climb(self.sets, self.top + (value - self.estimate) * self.way, self.plane)

    def root(self, climbed: Climbed) -> float:
        """Root of twice the fall of l* below its maximum."""
        return math.sqrt(max(0.0, 2.0 * (self.best - climbed.here.value)))

    def limit(self, quantile: float) -> float | None:
        """Value, on the side of the sign of `quantile`, where the root is its size; None without convergence.

        Newton's method on the root, which is a straight line where l* is quadratic; its slope is that of
        l* along any way on which the combination rises by 1. Kept between values on either side of the limit.
        """
        side, target = math.copysign(1.0, quantile), abs(quantile)
        inner, outer = 0.0, math.inf
        distance = target * self.std_error
        for _ in range(MOST_STEPS):
            climbed = self.at(self.estimate + side * distance)
            if climbed is None:
                return None
            root = self.root(climbed)
            if abs(root - target) < LIMIT:
                return self.estimate + side * distance
            inner, outer = (distance, outer) if root < target else (inner, distance)
            slope = -side * float(climbed.here.score @ self.way) / root if root > 0 else 0.0
            distance = distance + (target - root) / slope if slope > 0 else math.inf
            if not inner < distance < min(outer, 2.0 * inner + self.std_error * target):
                distance = (inner + outer) / 2.0 if math.isfinite(outer) else 2.0 * inner
        return None
