"""What a Cox fit says: coefficients with their covariance, or a status with its reason; and its tests."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from outcomes.inference import chi_square_p_value
from outcomes.models.counting import Floats
from outcomes.models.cox.risk_sets import Index, RiskSets
from outcomes.models.cox.sandwich import robust_score_statistic


@dataclass(frozen=True)
class ChiSquare:
    """A test with a chi-square reference."""

    statistic: float
    df: int
    p_value: float

    @classmethod
    def of(cls, statistic: float, df: int) -> ChiSquare:
        """Look up the upper tail."""
        return cls(statistic, df, chi_square_p_value(statistic, df) if df else float("nan"))


@dataclass(frozen=True)
class CoxFit:
    """A fitted Cox model; without numbers unless `status` is 'ok'.

    Attributes
    ----------
    status : {'ok', 'not_converged', 'not_estimable'}
    message : str
        Why it is not ok, in words; empty when ok.
    terms : tuple of str, length p
    ties : {'efron', 'breslow'}
    n, n_events : int
        Rows and events of weight above 0.
    coefficients : ndarray, shape (p,)
        Log hazard ratios per unit of each covariate.
    covariance : ndarray, shape (p, p)
        Robust where that was asked for, else `naive_covariance`.
    naive_covariance : ndarray, shape (p, p)
        Inverse of the observed information.
    score : ndarray, shape (p,)
        Gradient of the log likelihood at the solution.
    log_likelihood, log_likelihood_null : float
        Log partial likelihood at the solution and with all coefficients 0.
    iterations : int
        Newton steps.
    score_statistic : float
        Score test's chi-square of all coefficients being 0.
    robust : bool
    cluster : ndarray of int, shape (n of the input,), or None
        Codes 0, 1, ... of the clusters.
    sets : RiskSets or None
        The sorted data, for residuals, hazards and tests; None unless ok.
    scaled : ndarray, shape (p,)
        The coefficients in the units of ``sets.x``.
    time, observed, entry, weights : ndarray, shape (n of the input,)
        As given; entry and weights None if not.
    """

    status: str
    message: str
    terms: tuple[str, ...]
    ties: str
    n: int
    n_events: int
    coefficients: Floats = field(default_factory=lambda: np.empty(0))
    covariance: Floats = field(default_factory=lambda: np.empty((0, 0)))
    naive_covariance: Floats = field(default_factory=lambda: np.empty((0, 0)))
    score: Floats = field(default_factory=lambda: np.empty(0))
    log_likelihood: float = float("nan")
    log_likelihood_null: float = float("nan")
    iterations: int = 0
    score_statistic: float = float("nan")
    robust: bool = False
    cluster: Index | None = field(default=None, repr=False)
    sets: RiskSets | None = field(default=None, repr=False)
    scaled: Floats = field(default_factory=lambda: np.empty(0), repr=False)
    time: Floats = field(default_factory=lambda: np.empty(0), repr=False)
    observed: NDArray[np.bool_] = field(default_factory=lambda: np.empty(0, bool), repr=False)
    entry: Floats | None = field(default=None, repr=False)
    weights: Floats | None = field(default=None, repr=False)

    @property
    def std_errors(self) -> Floats:
        """Standard errors of the coefficients; robust where that was asked for."""
        return np.sqrt(np.diag(self.covariance))

    @property
    def data(self) -> RiskSets:
        """The sorted data of a fit that is ok.

        Raises
        ------
        ValueError
            If the fit has no numbers.
        """
        if self.sets is None:
            raise ValueError(f"the fit has no numbers: {self.message}")
        return self.sets

    @property
    def likelihood_ratio(self) -> ChiSquare:
        """Likelihood ratio test of all coefficients being 0; not robust."""
        return ChiSquare.of(2.0 * (self.log_likelihood - self.log_likelihood_null), len(self.terms))

    @property
    def wald(self) -> ChiSquare:
        """Wald test of all coefficients being 0, with `covariance`."""
        solved = np.linalg.solve(self.covariance, self.coefficients)
        return ChiSquare.of(float(self.coefficients @ solved), len(self.terms))

    @property
    def score_test(self) -> ChiSquare:
        """Score test of all coefficients being 0; not robust. Without ties it is the log-rank test."""
        return ChiSquare.of(self.score_statistic, len(self.terms))

    @property
    def robust_score_test(self) -> ChiSquare:
        """Score test with the variance of the clusters' scores at 0 (Lin & Wei 1989)."""
        return ChiSquare.of(robust_score_statistic(self.data, self.cluster), len(self.terms))
