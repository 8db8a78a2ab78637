"""Newton's method for the Cox model, and the evidence that what it found is a maximum.

The log partial likelihood is concave: where it has a maximum, Newton with step-halving finds it. Where it
has none, each step moves a coefficient by about a unit while the likelihood stands still: R's `coxph` warns
of the same ("beta may be infinite").
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from outcomes.models.counting import Floats
from outcomes.models.cox.likelihood import Derivatives, evaluate, log_likelihood
from outcomes.models.cox.risk_sets import RiskSets

SCORE = 1e-9
"""Largest score at the solution, in standard errors for weights of mean 1, and relative to the events.

Where rounding leaves more than that many standard errors, up to `STILL`, the second alone holds.
"""
POLISHED = 1e-13
"""Score from which one more step changes nothing; from `SCORE` one more brings it here."""
STILL = 1e-6
"""Newton step in standard errors with which the likelihood stands still, a gain below 1e-12 ..."""
RUNAWAY = 1e-3
"""... although it would change a log hazard by this much: a coefficient on its way to infinity."""
PIVOT = 1e-12
"""Smallest eigenvalue of the information scaled to a unit diagonal."""
NO_INFORMATION = 1e-11
"""Smallest information of a covariate of unit variance, per event: less is rounding."""
FAR = 30.0
"""Log hazard ratio per standard deviation that no data could show, where risks can no longer be added."""
ROUNDING = 1e-13
"""Of a log likelihood: a sum of a million terms."""
HALVINGS = 30
"""Of a step that lowers the likelihood."""
GREY = 1e-2
"""Least part of a term in a direction without information."""


@dataclass(frozen=True)
class Path:
    """Where Newton's method ended.

    Attributes
    ----------
    status : {'ok', 'not_converged', 'not_estimable'}
    message : str
        Why it is not ok.
    coefficients : ndarray, shape (p,)
        In the units of `RiskSets.x`.
    first, here : Derivatives
        At the start and at the coefficients.
    inverse : ndarray, shape (p, p)
        Inverse of the information; empty unless ok.
    iterations : int
        Newton steps.
    """

    status: str
    message: str
    coefficients: Floats
    first: Derivatives
    here: Derivatives
    inverse: Floats
    iterations: int


def maximise(sets: RiskSets, terms: tuple[str, ...], start: Floats, max_iterations: int) -> Path:
    """Climb from `start` until the score is zero within `SCORE`, or say why it does not get there."""
    at, here = start, evaluate(sets, start)
    first = here
    reach = _reach(sets)
    events, close, previous = float(sets.step_weight.sum()), False, np.inf
    unit = events / sets.dead.size  # weights of any size mean the same

    def stop(status: str, message: str, inverse: Floats | None = None) -> Path:
        empty = np.empty((0, 0))
        return Path(status, message, at, first, here, empty if inverse is None else inverse, iteration)

    for iteration in range(max_iterations + 1):
        if not here.finite:
            return stop("not_estimable", _overflow(sets, at, terms))
        direction = flat_direction(here.information, events)
        if direction is not None:
            terms_of = named(terms, direction)
            return stop("not_estimable", _infinite(terms_of) if iteration else _no_information(terms_of))
        inverse = np.linalg.inv(here.information)
        step = inverse @ here.score
        size = np.sqrt(abs(float(here.score @ step)) / unit)
        moving = np.abs(step) * reach > RUNAWAY
        if size < STILL and moving.any():
            return stop("not_estimable", _infinite(named(terms, moving)))
        # steps that no longer shrink are rounding: sums over many events beside an arm with few
        stuck, previous = previous < STILL and previous / 2.0 < size < STILL, size
        small = np.abs(here.score).max(initial=0.0) <= SCORE * events
        close, before = size < SCORE and small, close
        if (close and (before or size < POLISHED)) or (stuck and small):
            return stop("ok", "", (inverse + inverse.T) / 2.0)
        ahead = _step(sets, at, step, here, size)
        if ahead is None:
            far = np.abs(at) > FAR
            if far.any():
                return stop("not_estimable", _infinite(named(terms, far)))
            return stop("not_converged", "no step increases the likelihood although its gradient is not zero")
        at, here = ahead
    return stop("not_converged", f"the gradient is not zero after {max_iterations} Newton steps")


def _step(
    sets: RiskSets, at: Floats, step: Floats, here: Derivatives, size: float
) -> tuple[Floats, Derivatives] | None:
    """Take the whole step, or the first half of a half of it that does not lower the likelihood."""
    floor = here.log_likelihood - ROUNDING * abs(here.log_likelihood)
    ahead = evaluate(sets, at + step)
    if ahead.finite and (size < STILL or ahead.log_likelihood >= floor):
        return at + step, ahead
    for k in range(1, HALVINGS + 1):
        part = at + 0.5**k * step
        if log_likelihood(sets, part) >= floor:
            ahead = evaluate(sets, part)
            if ahead.finite:
                return part, ahead
    return None


def flat_direction(information: Floats, events: float) -> Floats | None:
    """Direction without information in units of `RiskSets.x`, or None; its largest part is 1."""
    diagonal = np.diag(information)
    empty = diagonal <= NO_INFORMATION * events
    if empty.any():
        return empty.astype(float)
    if diagonal.size < 2:
        return None
    root = np.sqrt(diagonal)
    values, vectors = np.linalg.eigh(information / np.outer(root, root))
    if values[0] > PIVOT:
        return None
    direction = np.abs(vectors[:, 0] / root)
    return np.asarray(direction / direction.max())


def named(terms: tuple[str, ...], parts: Floats | NDArray[np.bool_]) -> str:
    """Quote the terms that have a part."""
    return ", ".join(f"'{term}'" for term, part in zip(terms, parts, strict=True) if part > GREY)


def _reach(sets: RiskSets) -> Floats:
    reach = np.zeros(sets.x.shape[1])
    for block in sets.blocks:
        np.maximum(reach, np.abs(sets.x[block.rows]).max(axis=0), out=reach)
    return reach


def _infinite(terms: str) -> str:
    which = f"coefficients of {terms} run" if ", " in terms else f"coefficient of {terms} runs"
    return f"the likelihood has no maximum: the {which} to infinity (separation)"


def _no_information(terms: str) -> str:
    if ", " in terms:
        return f"{terms} are collinear among the patients at risk at every event"
    return f"{terms} does not vary among the patients at risk at any event"


def _overflow(sets: RiskSets, at: Floats, terms: tuple[str, ...]) -> str:
    large = np.abs(at) > 0
    why = f"the coefficients of {named(terms, large)}" if large.any() else "the offsets"
    if not np.isfinite(sets.scale).all():
        why = f"the values of {named(terms, ~np.isfinite(sets.scale))}"
    return f"hazards overflow: {why} make them differ by more than a number can hold"
