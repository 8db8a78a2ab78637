"""Firth's penalised Cox fit: b maximises l*(b) = l(b) + log|I(b)| / 2, I the information of Cox's l.

Firth 1993, Biometrika 80:27; Heinze & Schemper 2001, Biometrics 57:114. The estimate is finite where l has no
maximum: an arm without events, or separation. Intervals and tests stand in `firth_profile`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from outcomes.models.counting import Floats, Integers
from outcomes.models.cox.firth_likelihood import (
    PenalisedLikelihood,
    StratumEvents,
    Ties,
    penalised_likelihood,
    stratum_events,
)

MOST_STEPS = 200
MOST_HALVINGS = 40
SCORE = 1e-9
"""Largest score at a solution, in standard errors of the coefficients, ..."""
STILL = 1e-6
"""... and where rounding leaves more: risks far apart, as where a continuous covariate separates."""
DIFFERENCE = 1e-5
"""Step of the forward difference that gives the Hessian of l*, in standard deviations of a covariate."""
ROUNDING = 1e-13
"""Share of the log likelihood that rounding may take away in a step."""
LONGEST = 3.0
"""Longest Newton step, in log hazard ratios per standard deviation."""
SINGULAR = 1e-10
"""Smallest eigenvalue of the information scaled to a unit diagonal, where no covariate has an effect."""


@dataclass(frozen=True)
class FirthFit:
    """The maximum of the penalised likelihood, or why there is none.

    Attributes
    ----------
    status : {'ok', 'not_converged', 'not_estimable'}
        Only an ok fit has numbers.
    message : str
        Why there are none; empty when ok.
    terms : tuple of str
        Name of each coefficient.
    coefficients : ndarray, shape (p,)
        Log hazard ratios per unit of each covariate.
    covariance : ndarray, shape (p, p)
        Inverse of the information of the partial likelihood at the estimate (Heinze & Schemper 2001).
    log_likelihood, penalised_log_likelihood : float
        l and l* at the estimate.
    iterations : int
        Newton steps.
    spread : ndarray, shape (p,)
        Standard deviation of each covariate, the unit in which `sets` hold it.
    sets : tuple of StratumEvents
        What the profiles are computed from.
    """

    status: str
    message: str
    terms: tuple[str, ...]
    coefficients: Floats
    covariance: Floats
    log_likelihood: float
    penalised_log_likelihood: float
    iterations: int
    spread: Floats
    sets: tuple[StratumEvents, ...]


def fit_firth(
    time: ArrayLike,
    observed: ArrayLike,
    covariates: ArrayLike,
    *,
    terms: Sequence[str],
    ties: Ties = "efron",
    stratum: ArrayLike | None = None,
    weights: ArrayLike | None = None,
) -> FirthFit:
    """Maximise Firth's penalised partial likelihood.

    Parameters
    ----------
    time, observed : array_like, shape (n,)
        Time to event or censoring, not negative; whether the event happened.
    covariates : array_like, shape (n, p)
        One column per term.
    terms : sequence of str
        Names of the columns.
    ties : {'efron', 'breslow'}
        How tied events are compared.
    stratum : array_like of int, shape (n,), optional
        Each stratum has its own baseline hazard.
    weights : array_like, shape (n,), optional
        Above 0; a weight of 2 is a patient seen twice (Breslow).

    Returns
    -------
    FirthFit
        Not estimable without events, or where a column is constant or follows from the others.

    Raises
    ------
    ValueError
        If shapes differ, or a value is not finite, a time negative or a weight not positive.
    """
    columns = np.asarray(covariates, np.float64)
    times, status = np.asarray(time, np.float64), np.asarray(observed, np.bool_)
    n = times.size
    strata = np.zeros(n, np.int64) if stratum is None else np.asarray(stratum, np.int64)
    weight = np.ones(n) if weights is None else np.asarray(weights, np.float64)
    _check(times, status, columns, strata, weight, tuple(terms))
    if not status.any():
        return _failed(terms, "not_estimable", "no event")
    spread = columns.std(axis=0)
    # a constant such as 0.1 has a mean, and so a spread, of rounding
    unit = np.where(spread > SINGULAR * np.abs(columns).max(axis=0), spread, 1.0)
    sets = stratum_events(times, status, columns / unit, strata, weight, ties)
    p = columns.shape[1]
    start = penalised_likelihood(sets, np.zeros(p))
    if _is_singular(start.information):
        why = "the information is singular: a covariate is constant, or collinear with others"
        return _failed(terms, "not_estimable", why)
    climbed = climb(sets, np.zeros(p), np.eye(p))
    if climbed is None:
        return _failed(terms, "not_converged", "the penalised likelihood was not maximised")
    inverse = np.linalg.inv(climbed.here.information)
    return FirthFit(
        "ok",
        "",
        tuple(terms),
        climbed.coefficients / unit,
        (inverse + inverse.T) / 2.0 / np.outer(unit, unit),
        climbed.here.log_likelihood,
        climbed.here.value + float(np.log(unit).sum()),
        climbed.iterations,
        unit,
        sets,
    )


@dataclass(frozen=True)
class Climbed:
    """A maximum, perhaps within a plane, in units of the covariates' standard deviations."""

    coefficients: Floats
    here: PenalisedLikelihood
    iterations: int


def climb(sets: tuple[StratumEvents, ...], start: Floats, plane: Floats) -> Climbed | None:
    """Newton's method from `start` along the columns of `plane`, steps halved until the value rises."""
    at, here, size = start, penalised_likelihood(sets, start), math.inf
    for step in range(MOST_STEPS):
        if not math.isfinite(here.value):
            return None
        slope = plane.T @ here.score
        fisher = plane.T @ here.information @ plane
        before, size = size, math.sqrt(abs(float(slope @ np.linalg.solve(fisher, slope))))
        # steps that no longer shrink are rounding
        if size < SCORE or (before < STILL and before / 2.0 < size < STILL):
            return Climbed(at, here, step)
        move = plane @ np.linalg.solve(_curvature(sets, at, here, plane, fisher), slope)
        move *= min(1.0, LONGEST / float(np.abs(move).max()))
        for _ in range(MOST_HALVINGS):
            there = penalised_likelihood(sets, at + move)
            if there.value >= here.value - ROUNDING * abs(here.value):
                break
            move = move / 2.0
        else:
            return Climbed(at, here, step) if size < STILL else None
        at, here = at + move, there
    return None


def _curvature(
    sets: tuple[StratumEvents, ...], at: Floats, here: PenalisedLikelihood, plane: Floats, fisher: Floats
) -> Floats:
    """Minus the Hessian of l* in the plane; where l* is not concave, that of l, which always is."""
    columns = [
        plane.T @ (here.score - penalised_likelihood(sets, at + DIFFERENCE * direction).score) / DIFFERENCE
        for direction in plane.T
    ]
    hessian = np.column_stack(columns)
    hessian = (hessian + hessian.T) / 2.0
    usable = np.isfinite(hessian).all() and np.linalg.eigvalsh(hessian)[0] > 0
    return hessian if usable else fisher


def _is_singular(information: Floats) -> bool:
    """Whether covariates of spread 1 leave a direction without information."""
    diagonal = np.diag(information)
    if not diagonal.min() > SINGULAR * diagonal.max():
        return True
    scale = np.sqrt(diagonal)
    return bool(np.linalg.eigvalsh(information / np.outer(scale, scale))[0] < SINGULAR)


def _check(
    time: Floats,
    observed: NDArray[np.bool_],
    covariates: Floats,
    stratum: Integers,
    weights: Floats,
    terms: tuple[str, ...],
) -> None:
    n = time.size
    if any(array.shape != (n,) for array in (time, observed, stratum, weights)):
        raise ValueError("time, observed, stratum and weights need one value per patient")
    if covariates.shape != (n, len(terms)) or not terms:
        raise ValueError("covariates need a row per patient and a column per term, at least one")
    if not (np.isfinite(time) & (time >= 0)).all():
        raise ValueError("times must be finite and not negative")
    if not np.isfinite(covariates).all():
        raise ValueError("covariates must be finite")
    if not (np.isfinite(weights) & (weights > 0)).all():
        raise ValueError("weights must be finite and above 0")


def _failed(terms: Sequence[str], status: str, message: str) -> FirthFit:
    p = len(terms)
    nothing, square, nan = np.full(p, np.nan), np.full((p, p), np.nan), math.nan
    return FirthFit(status, message, tuple(terms), nothing, square, nan, nan, 0, np.ones(p), ())
