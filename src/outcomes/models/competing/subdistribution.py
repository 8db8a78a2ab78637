"""Log pseudo-likelihood of the subdistribution hazard, its derivatives, and the variance of its maximum.

Fine & Gray 1999, J Am Stat Assoc 94:496, sections 3.2 and 4; Breslow's ties. Linear in patients.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from outcomes.models.competing.risk_sets import Censoring, StratumRisk, SubdistributionData
from outcomes.models.counting import Floats


@dataclass(frozen=True)
class Evaluation:
    """The log pseudo-likelihood at some coefficients.

    Attributes
    ----------
    log_likelihood : float
        Sum over failures of x b - log of the weighted risk set's sum of exp(x b).
    score : ndarray, shape (p,)
        Its gradient.
    information : ndarray, shape (p, p)
        Minus its Hessian.
    """

    log_likelihood: float
    score: Floats
    information: Floats


@dataclass(frozen=True)
class _Baseline:
    """One stratum's risk sets: Breslow's increments (J,), mean covariates (J, p), log sums over failures."""

    hazard: Floats
    means: Floats
    log_sum: float


def evaluate(data: SubdistributionData, x: Floats, coefficients: Floats) -> Evaluation:
    """Log pseudo-likelihood, score and information.

    The first part of the information is X' diag(w) X, with w a patient's risk times the hazard cumulated
    over the weighted time at risk: no running sums of p x p matrices.

    Parameters
    ----------
    x : ndarray, shape (n, p)
        Covariates; best centred.
    coefficients : ndarray, shape (p,)
        Log subdistribution hazard ratios.
    """
    predictor = x @ coefficients
    shift = float(predictor.max())
    risk = np.exp(predictor - shift)
    log_likelihood = float(np.sum(predictor[data.failed] - shift))
    score = x[data.failed].sum(axis=0)
    exposure = np.zeros(x.shape[0])
    second = np.zeros((x.shape[1], x.shape[1]))
    for stratum in data.strata:
        base = _baseline(stratum, x, risk)
        log_likelihood -= base.log_sum
        score = score - stratum.failures @ base.means
        second += (base.means * stratum.failures[:, None]).T @ base.means
        exposure[stratum.rows] += _from_zero(base.hazard)[stratum.passed]
        for part in stratum.lingering:
            to_come = _to_end(part.remaining * base.hazard)
            exposure[part.rows] += part.weight * to_come[part.place]
    weighted = x * (risk * exposure)[:, None]
    return Evaluation(log_likelihood, score, weighted.T @ x - second)


def residuals(data: SubdistributionData, x: Floats, coefficients: Floats) -> Floats:
    """Each patient's independent part of the score, shape (n, p); their sum is the score.

    The covariance of the estimate is the inverse information around the sum of their squares. The part
    that the estimated censoring curve adds (psi in the paper) is among them.
    """
    predictor = x @ coefficients
    risk = np.exp(predictor - predictor.max())
    exposure, drawn = np.zeros(x.shape[0]), np.zeros(x.shape)
    out = np.zeros(x.shape)
    pulls = [np.zeros((curve.time.size, x.shape[1])) for curve in data.censoring]
    for stratum in data.strata:
        base = _baseline(stratum, x, risk)
        rows = stratum.rows
        exposure[rows] += _from_zero(base.hazard)[stratum.passed]
        drawn[rows] += _from_zero(base.means * base.hazard[:, None])[stratum.passed]
        own = data.failed[rows]
        out[rows[own]] += x[rows[own]] - base.means[stratum.passed[own] - 1]
        for part in stratum.lingering:
            hazard_left = _to_end(part.remaining * base.hazard)
            mean_left = _to_end((part.remaining * base.hazard)[:, None] * base.means)
            exposure[part.rows] += part.weight * hazard_left[part.place]
            drawn[part.rows] += part.weight[:, None] * mean_left[part.place]
            # q(u) sums over those with time < u and failures at or after u
            at = data.censoring[part.group].time
            gone = np.searchsorted(part.time, at, side="left")
            left = np.searchsorted(stratum.times, at, side="left")
            w = risk[part.rows] * part.weight
            pulls[part.group] += _from_zero(w[:, None] * x[part.rows])[gone] * hazard_left[left][:, None]
            pulls[part.group] -= _from_zero(w)[gone][:, None] * mean_left[left]
    out -= risk[:, None] * (x * exposure[:, None] - drawn)
    for group, (curve, pull) in enumerate(zip(data.censoring, pulls, strict=True)):
        members = data.censoring_group == group
        out[members] += _censoring_part(curve, pull, data.time[members], data.is_censored[members])
    return out


def _censoring_part(curve: Censoring, pull: Floats, time: Floats, is_censored: NDArray[np.bool_]) -> Floats:
    """Integral of q / pi over each patient's censoring martingale (psi), shape (n_g, p)."""
    jump = pull / curve.at_risk[:, None]
    drift = _from_zero(jump * (curve.censored / curve.at_risk)[:, None])
    passed = np.searchsorted(curve.time, time, side="right")
    out = -drift[passed]
    out[is_censored] += jump[passed[is_censored] - 1]
    return np.asarray(out, dtype=np.float64)


def _baseline(stratum: StratumRisk, x: Floats, risk: Floats) -> _Baseline:
    """Sums over the risk sets of one stratum, at each of its failure times."""
    r = risk[stratum.rows]
    total = _to_end(r)[stratum.first]
    sums = _to_end(r[:, None] * x[stratum.rows])[stratum.first]
    for part in stratum.lingering:
        w = risk[part.rows] * part.weight
        total = total + part.remaining * _from_zero(w)[part.before]
        sums = sums + part.remaining[:, None] * _from_zero(w[:, None] * x[part.rows])[part.before]
    log_sum = float(stratum.failures @ np.log(total))
    return _Baseline(stratum.failures / total, sums / total[:, None], log_sum)


def _from_zero(values: Floats) -> Floats:
    """Sums of the first 0, 1, ..., J entries along the first axis."""
    return np.concatenate([np.zeros((1, *values.shape[1:])), np.cumsum(values, axis=0)])


def _to_end(values: Floats) -> Floats:
    """Sums from each entry to the last along the first axis, and 0 behind it."""
    return _from_zero(values[::-1])[::-1]
