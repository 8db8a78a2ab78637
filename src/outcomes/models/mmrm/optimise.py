"""The best covariance parameters: Fisher scoring, then Newton, from a ladder of starts.

Scoring uses the expected information of maximum likelihood, which is positive definite at any point; near
the optimum Newton's steps use the observed information of the criterion itself. A step is halved until the
likelihood rises. A fit counts as converged by its own gradient and information, never by a flag.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from outcomes.models.mmrm import likelihood as lik
from outcomes.models.mmrm.crossproducts import Array
from outcomes.models.mmrm.likelihood import Curvature, Point, Problem

MAX_STEPS = 100
HALVINGS = 40
NEWTON_BELOW = 0.1
"""Decrement (twice what a step should gain) below which Newton's steps are taken."""
DONE_BELOW = 1e-18
"""Decrement at which the optimum is exact to the last digits of the likelihood."""
GRADIENT_TOL = 1e-6
"""Largest gradient, each entry divided by its standard deviation (the root of the information)."""
RISE_TOL = 1e-11
"""Share of the log-likelihood that a step may lose by rounding."""
SINGULAR_TOL = 1e-9
"""Smallest eigenvalue of the correlations between visits, below which the covariance is singular."""


@dataclass(frozen=True, eq=False)
class Optimum:
    """Where the search ended.

    Attributes
    ----------
    point : Point
    curvature : Curvature
    steps : int
    fault : str or None
        Why this is not an optimum to rely on.
    """

    point: Point
    curvature: Curvature
    steps: int
    fault: str | None


def maximise(problem: Problem, starts: Iterator[Array]) -> Optimum | str:
    """Climb from the starts; the best fit among those that converged, else the best of all.

    An unstructured covariance is climbed once: its likelihood has hardly ever a second summit. That of the
    others may have several, so they are climbed from every start.

    Returns
    -------
    Optimum, or str
        Why no climb came to an end.
    """
    found: list[Optimum] = []
    broken = ""
    for theta in starts:
        try:
            found.append(climb(problem, theta))
        except np.linalg.LinAlgError as exc:
            broken = str(exc)
            continue
        if problem.structure.one_summit and found[-1].fault is None:
            break
    if not found:
        return f"the search broke down from every start ({broken})"
    return max(found, key=lambda o: (o.fault is None, o.point.log_likelihood))


def climb(problem: Problem, theta: Array) -> Optimum:
    """Follow the likelihood up from one start."""
    point = lik.evaluate(problem, theta)
    newton = False
    steps = 0
    for steps in range(MAX_STEPS):  # noqa: B007 - told with the result
        at = lik.slope(problem, point)
        information = _information(problem, point, at, newton=newton)
        step = np.asarray(np.linalg.solve(information, at.gradient), dtype=float)
        decrement = float(at.gradient @ step)
        if decrement < DONE_BELOW:
            break
        newton = decrement < NEWTON_BELOW
        raised = _raised(problem, point, step.reshape(theta.shape))
        if raised is None:
            break
        point = raised
    at = lik.slope(problem, point)
    bend = lik.curvature(problem, point, at)
    return Optimum(point, bend, steps, _fault(problem, point, at, bend))


def _information(problem: Problem, point: Point, at: lik.Slope, *, newton: bool) -> Array:
    if newton:
        observed = lik.curvature(problem, point, at).observed
        if _positive(observed):
            return observed
    return lik.expected(problem, point)


def _raised(problem: Problem, point: Point, step: Array) -> Point | None:
    """Half the step until the likelihood is no lower; None if it never is."""
    floor = point.log_likelihood - RISE_TOL * (1.0 + abs(point.log_likelihood))
    for halving in range(HALVINGS):
        try:
            # a step too long may leave the range of numbers; that is found when the covariance is factorised
            with np.errstate(over="ignore", invalid="ignore"):
                tried = lik.evaluate(problem, point.theta + 0.5**halving * step)
        except np.linalg.LinAlgError:
            continue
        if tried.log_likelihood >= floor:
            return tried
    return None


def _positive(information: Array) -> bool:
    scale = np.sqrt(np.abs(np.diag(information)))
    if not (np.isfinite(information).all() and (scale > 0.0).all()):
        return False
    return bool(np.linalg.eigvalsh(information / np.outer(scale, scale))[0] > SINGULAR_TOL)


def _fault(problem: Problem, point: Point, at: lik.Slope, bend: Curvature) -> str | None:
    full = [problem.structure.value(theta, problem.days(g)) for g, theta in enumerate(point.theta)]
    V = lik.covariances(problem, point.theta) if problem.structure.by_day else np.concatenate(full)
    if not np.diagonal(V, axis1=1, axis2=2).min() > 0.0:
        return "the best covariance between visits has a variance that is not positive"
    sd = np.sqrt(np.diagonal(V, axis1=1, axis2=2))
    if not np.linalg.eigvalsh(V / (sd[:, :, None] * sd[:, None, :]))[:, 0].min() > SINGULAR_TOL:
        return (
            "the covariance between visits is singular, or not positive definite where no patient has all "
            "visits: scores at some visits follow from those at others"
        )
    if not _positive(bend.observed):
        return "the information about the covariance is not positive definite"
    size = float(np.abs(at.gradient / np.sqrt(np.diag(bend.observed))).max())
    if not size < GRADIENT_TOL:
        return f"the scaled gradient is {size:.1e} at the end of the search, above {GRADIENT_TOL:.0e}"
    return None
