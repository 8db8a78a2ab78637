"""Cox's log partial likelihood with Efron's ties, its gradient and its information, on arrays.

With d events tied at a time, the l-th of them (l = 0 .. d - 1) is compared with the risk set less l/d of the
tied patients: Efron 1977, J Am Stat Assoc 72:557; Therneau & Grambsch 2000, section 3.3.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from outcomes.models.counting import Floats, Integers


@dataclass(frozen=True)
class PartialLikelihood:
    """Value and derivatives at one coefficient vector.

    Attributes
    ----------
    log_likelihood : float
        Log partial likelihood.
    score : ndarray, shape (p,)
        Its gradient.
    information : ndarray, shape (p, p)
        Minus its Hessian.
    """

    log_likelihood: float
    score: Floats
    information: Floats


def partial_likelihood(
    time: Floats, observed: NDArray[np.bool_], covariates: Floats, stratum: Integers, coefficients: Floats
) -> PartialLikelihood:
    """Evaluate the stratified Cox partial likelihood; without events it is 0, and so are its derivatives.

    Parameters
    ----------
    time, observed : ndarray, shape (n,)
        Time to event or censoring; whether the event happened. A patient censored at the time of an
        event is at risk for it.
    covariates : ndarray, shape (n, p)
        Centred or not: the value does not depend on it, the rounding does.
    stratum : ndarray of int, shape (n,)
        Each has its own baseline hazard.
    coefficients : ndarray, shape (p,)
        Log hazard ratios per unit of each covariate.
    """
    p = covariates.shape[1]
    value, score, information = 0.0, np.zeros(p), np.zeros((p, p))
    for code in np.unique(stratum):
        inside = stratum == code
        part = _one_stratum(time[inside], observed[inside], covariates[inside], coefficients)
        value += part.log_likelihood
        score += part.score
        information += part.information
    return PartialLikelihood(value, score, information)


def _one_stratum(
    time: Floats, observed: NDArray[np.bool_], covariates: Floats, coefficients: Floats
) -> PartialLikelihood:
    p = covariates.shape[1]
    if not observed.any():
        return PartialLikelihood(0.0, np.zeros(p), np.zeros((p, p)))
    x = covariates - covariates.mean(axis=0)
    linear = x @ coefficients
    top = linear.max()
    weight = np.exp(linear - top)  # relative to the largest: exp cannot overflow
    times, place, tied = np.unique(time[observed], return_inverse=True, return_counts=True)
    # patient i is at risk at the first reach[i] event times
    reach = np.searchsorted(times, time, side="right")
    products = x[:, :, None] * x[:, None, :]
    moments = (weight, weight[:, None] * x, weight[:, None, None] * products)
    every = np.repeat(np.arange(times.size), tied)
    rank = np.arange(every.size) - np.repeat(np.cumsum(tied) - tied, tied)
    share = rank / tied[every]
    sums = []
    for moment in moments:
        at_risk = _sum_at(reach, moment, times.size + 1)[::-1].cumsum(axis=0)[::-1][1:]
        events = _sum_at(place, moment[observed], times.size)
        less = share.reshape(-1, *[1] * (moment.ndim - 1))
        sums.append(at_risk[every] - less * events[every])
    total, first, second = sums
    mean = first / total[:, None]
    value = float(np.sum(linear[observed] - top) - np.sum(np.log(total)))
    score = x[observed].sum(axis=0) - mean.sum(axis=0)
    information = (second / total[:, None, None]).sum(axis=0) - mean.T @ mean
    return PartialLikelihood(value, score, information)


def _sum_at(place: NDArray[np.intp], values: Floats, size: int) -> Floats:
    """Sum `values` (rows) into `size` bins by `place`."""
    out = np.zeros((size, *values.shape[1:]))
    np.add.at(out, place, values)
    return out
