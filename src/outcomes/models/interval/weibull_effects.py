"""What a Weibull regression says: time ratios, hazard ratios, survival curves, each with its standard error.

Delta method on the log scale, for curves on log(-log S) (Kalbfleisch & Prentice 2002, 1.4). With covariates a
curve is standardised: the mean over the patients given, each as if in the arm asked for.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from outcomes.inference import critical_value
from outcomes.models.interval.times import Floats
from outcomes.models.interval.weibull import Weibull


@dataclass(frozen=True)
class Effect:
    """A logarithm and its standard error."""

    log: float
    std_error: float


@dataclass(frozen=True)
class PredictedSurvival:
    """A curve; all arrays have one entry per time.

    Attributes
    ----------
    time, survival, std_error, low, high : ndarray
        Time, probability of being event-free, its standard error (on the probability) and its limits.
    """

    time: Floats
    survival: Floats
    std_error: Floats
    low: Floats
    high: Floats


def log_time_ratio(fit: Weibull, contrast: ArrayLike) -> Effect:
    """Log of the factor by which times are longer: c'b.

    Parameters
    ----------
    contrast : array-like, shape (p + 1,)
        Weight of each term, the intercept first.
    """
    weights = np.append(np.asarray(contrast, dtype=np.float64), 0.0)
    return _effect(fit, float(weights[:-1] @ fit.coefficients), weights)


def log_hazard_ratio(fit: Weibull, contrast: ArrayLike) -> Effect:
    """Log of the ratio of hazards, -c'b / scale."""
    weights = np.asarray(contrast, dtype=np.float64)
    value = -float(weights @ fit.coefficients) / fit.scale
    return _effect(fit, value, np.append(-weights / fit.scale, -value))


def _effect(fit: Weibull, value: float, slope: Floats) -> Effect:
    return Effect(value, float(np.sqrt(slope @ fit.covariance @ slope)))


def predict_survival(fit: Weibull, matrix: Floats, times: ArrayLike, conf_level: float) -> PredictedSurvival:
    """Survival at `times`, averaged over the rows of `matrix`.

    Parameters
    ----------
    matrix : ndarray, shape (n, p)
        Design without the intercept, as in `fit_weibull`.
    times : array-like, shape (k,)
        Times, 0 or more; at 0 the curve is 1.
    """
    asked = np.asarray(times, dtype=np.float64)
    rows, counts = np.unique(matrix, axis=0, return_counts=True)
    share = counts / counts.sum()
    design = np.column_stack([np.ones(len(rows)), rows])
    after = asked > 0
    z = (np.log(asked[after])[:, None] - design @ fit.coefficients) / fit.scale
    each = np.exp(-np.exp(z))
    survival = each @ share
    steep = -np.exp(z) * each * share
    # dz / db = -x / scale, dz / d log scale = -z
    slope = np.column_stack([-(steep @ design) / fit.scale, -(steep * z).sum(axis=1)])
    std_error = np.sqrt(np.einsum("kp,pq,kq->k", slope, fit.covariance, slope))
    low, high = _log_log_limits(survival, std_error, critical_value(conf_level))
    return PredictedSurvival(
        asked, _filled(after, survival, 1.0), _filled(after, std_error, 0.0), _filled(after, low, 1.0),
        _filled(after, high, 1.0),
    )  # fmt: skip


def _log_log_limits(survival: Floats, std_error: Floats, critical: float) -> tuple[Floats, Floats]:
    """Limits symmetric on log(-log S); a probability that is 0 or 1 to the machine has itself as limits."""
    inside = (survival > 0) & (survival < 1)
    hazard = -np.log(survival, out=np.full_like(survival, -1.0), where=inside)
    factor = np.exp(critical * std_error / (survival * hazard), out=np.ones_like(survival), where=inside)
    low = np.where(inside, np.exp(-hazard * factor), survival)
    return low, np.where(inside, np.exp(-hazard / factor), survival)


def _filled(after: np.ndarray, values: Floats, start: float) -> Floats:
    filled = np.full(after.size, start)
    filled[after] = values
    return filled
