"""Firth's penalised log likelihood on arrays: l*(b) = l(b) + log|I(b)| / 2, with its exact gradient.

With A the inverse of the information I, and E_k, m_k expectation and mean of the covariates in the risk set
of the k-th event, the gradient is U_r + sum_k E_k[(x - m_k)' A (x - m_k) (x - m_k)_r] / 2: the third central
moments are the derivatives of I (Firth 1993, Biometrika 80:27; Heinze & Schemper 2001, Biometrics 57:114).
Sums over risk sets and patients change places, so that nothing larger than the covariates is kept.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from outcomes.models.counting import Floats, Integers

Ties = Literal["efron", "breslow"]


@dataclass(frozen=True)
class StratumEvents:
    """One stratum, patients ascending in time; the terms of the likelihood are its events.

    Attributes
    ----------
    covariates : ndarray, shape (n, p)
        Centred.
    weight : ndarray, shape (n,)
        Weight of each patient.
    event : ndarray of int, shape (d,)
        Row of each event.
    start, place : ndarray of int, shape (k,) and (d,)
        First row at risk at each event time; the event time of each event.
    reach : ndarray of int, shape (n,)
        Event times at which each patient is at risk.
    share, size : ndarray, shape (d,)
        Part of the tied events that a term leaves out of its risk set (Breslow: none); weight of the term.
    """

    covariates: Floats
    weight: Floats
    event: Integers
    start: Integers
    place: Integers
    reach: Integers
    share: Floats
    size: Floats

    def over_patients(self, values: Floats) -> Floats:
        """Sum `values` of patients over the risk set of each term; shape (d, ...)."""
        at_risk = values[::-1].cumsum(axis=0)[::-1][self.start]
        tied = _sum_at(self.place, values[self.event], self.start.size)
        return at_risk[self.place] - _scaled(self.share, tied[self.place])

    def over_terms(self, values: Floats) -> Floats:
        """Sum `values` of terms over those that each patient is at risk for; shape (n, ...)."""
        until = np.zeros((self.start.size + 1, *values.shape[1:]))
        until[1:] = _sum_at(self.place, values, self.start.size).cumsum(axis=0)
        summed = until[self.reach]
        left_out = _sum_at(self.place, _scaled(self.share, values), self.start.size)
        summed[self.event] -= left_out[self.place]
        return summed


@dataclass(frozen=True)
class PenalisedLikelihood:
    """Value and derivatives at one coefficient vector.

    Attributes
    ----------
    value : float
        Penalised log likelihood; minus infinity where the information is singular.
    log_likelihood : float
        Log partial likelihood.
    score : ndarray, shape (p,)
        Gradient of `value`; nan where that is minus infinity.
    information : ndarray, shape (p, p)
        Minus the Hessian of `log_likelihood`.
    """

    value: float
    log_likelihood: float
    score: Floats
    information: Floats


def stratum_events(
    time: Floats,
    observed: NDArray[np.bool_],
    covariates: Floats,
    stratum: Integers,
    weights: Floats,
    ties: Ties,
) -> tuple[StratumEvents, ...]:
    """Prepare each stratum that has an event.

    Parameters
    ----------
    time, observed, stratum, weights : ndarray, shape (n,)
        Time to event or censoring; whether the event happened; stratum; weight, above 0.
    covariates : ndarray, shape (n, p)
        One column per coefficient.
    ties : {'efron', 'breslow'}
        How tied events are compared.
    """
    found = []
    for code in np.unique(stratum):
        rows = np.flatnonzero(stratum == code)
        rows = rows[np.lexsort((~observed[rows], time[rows]))]
        if observed[rows].any():
            found.append(_one_stratum(time[rows], observed[rows], covariates[rows], weights[rows], ties))
    return tuple(found)


def _one_stratum(
    time: Floats, observed: NDArray[np.bool_], covariates: Floats, weights: Floats, ties: Ties
) -> StratumEvents:
    event = np.flatnonzero(observed)
    times, place, tied = np.unique(time[event], return_inverse=True, return_counts=True)
    rank = np.arange(event.size) - np.repeat(np.cumsum(tied) - tied, tied)
    share = rank / tied[place] if ties == "efron" else np.zeros(event.size)
    # each of d tied terms has the mean of their weights: Therneau & Grambsch 2000, section 3.3
    size = _sum_at(place, weights[event], times.size) / tied
    return StratumEvents(
        covariates - covariates.mean(axis=0),
        weights,
        event.astype(np.int64),
        np.searchsorted(time, times, side="left").astype(np.int64),
        place.astype(np.int64),
        np.searchsorted(times, time, side="right").astype(np.int64),
        share,
        size[place],
    )


def penalised_likelihood(sets: tuple[StratumEvents, ...], coefficients: Floats) -> PenalisedLikelihood:
    """Evaluate the penalised log likelihood at `coefficients`, shape (p,)."""
    # hazards that differ by more than exp(745) leave empty risk sets: the value is then minus infinity
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return _evaluate(sets, coefficients)


def _evaluate(sets: tuple[StratumEvents, ...], coefficients: Floats) -> PenalisedLikelihood:
    p = coefficients.size
    score, information, value = np.zeros(p), np.zeros((p, p)), 0.0
    moments = []
    for part in sets:
        linear = part.covariates @ coefficients
        top = float(linear.max())
        risk = part.weight * np.exp(linear - top)
        total = part.over_patients(risk)
        mean = part.over_patients(risk[:, None] * part.covariates) / total[:, None]
        expected = risk * part.over_terms(part.size / total)
        weight, x = part.weight[part.event], part.covariates[part.event]
        value += float(weight @ (linear[part.event] - top) - part.size @ np.log(total))
        score += weight @ x - part.size @ mean
        information += (part.covariates * expected[:, None]).T @ part.covariates
        information -= (mean * part.size[:, None]).T @ mean
        moments.append((part, risk, total, mean, expected))
    log_determinant = _log_determinant(information)
    if not (math.isfinite(value) and math.isfinite(log_determinant)):
        return PenalisedLikelihood(-math.inf, value, np.full(p, np.nan), information)
    inverse = np.asarray(np.linalg.inv(information), np.float64)
    for part, risk, total, mean, expected in moments:
        score = score + _third_moments(part, risk, total, mean, expected, inverse) / 2.0
    if not np.isfinite(score).all():
        return PenalisedLikelihood(-math.inf, value, np.full(p, np.nan), information)
    return PenalisedLikelihood(value + log_determinant / 2.0, value, score, information)


def _third_moments(
    part: StratumEvents, risk: Floats, total: Floats, mean: Floats, expected: Floats, inverse: Floats
) -> Floats:
    """Sum over terms of E[(x - m)' A (x - m) (x - m)], A the `inverse` information; shape (p,)."""
    x = part.covariates
    turned = x @ inverse
    length = np.einsum("ij,ij->i", turned, x)
    means = risk[:, None] * part.over_terms(mean * (part.size / total)[:, None])
    squared = part.size * np.einsum("ij,ij->i", mean @ inverse, mean)
    cubes = x.T @ (expected * length) - means.T @ length
    crossed = x.T @ np.einsum("ij,ij->i", turned, means) - mean.T @ squared
    return np.asarray(cubes - 2.0 * crossed, np.float64)


def _log_determinant(information: Floats) -> float:
    """Log determinant of a positive definite matrix, minus infinity of any other."""
    if not np.isfinite(information).all():
        return -math.inf
    sign, value = np.linalg.slogdet(information)
    return float(value) if sign > 0 else -math.inf


def _sum_at(place: NDArray[np.int64], values: Floats, size: int) -> Floats:
    """Sum rows of `values` into `size` bins; `place` is ascending and leaves no bin empty."""
    first = np.searchsorted(place, np.arange(size))
    return np.asarray(np.add.reduceat(values, first, axis=0), np.float64)


def _scaled(factor: Floats, values: Floats) -> Floats:
    return np.asarray(factor.reshape(-1, *[1] * (values.ndim - 1)) * values, np.float64)
