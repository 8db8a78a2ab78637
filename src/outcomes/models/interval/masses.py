"""Masses p >= 0 that maximise sum_i w_i log(sum of p over the run of i), sum p = 1: constrained Newton.

With W = sum w the constraint is dropped for the objective f(p) = sum_i w_i log P_i - W sum_j p_j, whose
maximum over p >= 0 has sum p = 1. Each step takes the innermost intervals with mass and, between them, those
whose gradient is largest (Wang 2007, J R Stat Soc B 69:185), maximises the quadratic approximation over
p >= 0 (Wellner & Zhan 1997, J Am Stat Assoc 92:945; Dümbgen, Freitag & Jongbloed 2006, Metrika 63:149), and
halves the step until f rises. It stops by the Kuhn-Tucker conditions: no gradient is above 0, and all are 0
where there is mass (Gentleman & Geyer 1994, Biometrika 81:618).

The masses are unique: an innermost interval ends where some observation ends, so the runs have full column
rank and f is strictly concave (Gentleman & Vandal 2002, Can J Stat 30:557, lemma 4).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from outcomes.models.interval.cliques import Cliques
from outcomes.models.interval.times import Floats, Integers

GAP = 1e-9
"""Largest share of the total weight by which a gradient may miss the Kuhn-Tucker conditions."""
TIGHT = 1e-13
"""Gap at which iterating ends at once: only rounding is left."""
STEPS = 500
HALVINGS = 60
RIDGE = 1e-11
"""Added to the scaled curvature's unit diagonal: it slows a step by as little, and keeps it solvable."""


@dataclass(frozen=True)
class Masses:
    """The maximiser and how far it is from being one.

    Attributes
    ----------
    mass : ndarray, shape (m,)
        Probability of each innermost interval.
    log_likelihood : float
        Sum of w log P.
    gap : float
        Largest violation of the Kuhn-Tucker conditions, as a share of the total weight. The log-likelihood
        is within `gap` times the total weight of the maximum.
    steps : int
        Newton steps taken.
    """

    mass: Floats
    log_likelihood: float
    gap: float
    steps: int

    @property
    def converged(self) -> bool:
        """Whether the gap is below `GAP`."""
        return self.gap < GAP


def solve_masses(cliques: Cliques) -> Masses:
    """Maximise the likelihood of `cliques`."""
    total = float(cliques.weight.sum())
    here = _at(cliques, _starting_masses(cliques))
    gradient = _gradient(cliques, here, total)
    best, gap, stalled, steps = here, _gap(here, gradient, total), 0, 0
    while gap > TIGHT and stalled < 3 and steps < STEPS:
        steps += 1
        here = _step(cliques, here, gradient, total)
        gradient = _gradient(cliques, here, total)
        reached = _gap(here, gradient, total)
        # below GAP only rounding moves: a step that does not halve the gap counts against going on
        stalled = stalled + 1 if gap < GAP and reached > gap / 2 else 0
        if reached < gap:
            best, gap = here, reached
    return Masses(best.mass, float(cliques.weight @ np.log(best.probability)), gap, steps)


@dataclass(frozen=True)
class _Point:
    """Masses, and the probability of each distinct observation under them."""

    mass: Floats
    probability: Floats


def _starting_masses(cliques: Cliques) -> Floats:
    """Equal masses on few innermost intervals, of which each observation covers one at least."""
    chosen: list[int] = []
    for k in np.lexsort((cliques.first, cliques.last)):
        if not chosen or cliques.first[k] > chosen[-1]:
            chosen.append(int(cliques.last[k]))
    mass = np.zeros(cliques.left.size)
    mass[chosen] = 1 / len(chosen)
    return mass


def _at(cliques: Cliques, mass: Floats) -> _Point:
    """Sum the masses of each run from the end where less is summed, which rounds less."""
    reached = np.concatenate([[0.0], np.cumsum(mass)])
    beyond = np.concatenate([np.cumsum(mass[::-1])[::-1], [0.0]])
    start, stop = cliques.first, cliques.last + 1
    low, high = reached[stop] - reached[start], beyond[start] - beyond[stop]
    nearer = np.where(reached[stop] < beyond[start], low, high)
    return _Point(mass, np.where(cliques.first == cliques.last, mass[start], nearer))


def _gradient(cliques: Cliques, here: _Point, total: float) -> Floats:
    """Derivative of f by each mass."""
    share = cliques.weight / here.probability
    m = here.mass.size
    change = np.bincount(cliques.first, share, m + 1) - np.bincount(cliques.last + 1, share, m + 1)
    return np.asarray(np.cumsum(change[:m]) - total, dtype=np.float64)


def _gap(here: _Point, gradient: Floats, total: float) -> float:
    return float(max(gradient.max(), np.abs(gradient[here.mass > 0]).max()) / total)


def _step(cliques: Cliques, here: _Point, gradient: Floats, total: float) -> _Point:
    """One Newton step on a working set, or where it does not rise one towards the steepest interval."""
    working = _working_set(here.mass, gradient)
    first = np.searchsorted(working, cliques.first)
    last = np.searchsorted(working, cliques.last, side="right") - 1
    curvature = _curvature(first, last, cliques.weight / here.probability**2, working.size)
    newton = -here.mass
    newton[working] += _quadratic_maximum(curvature, gradient[working], here.mass[working])
    if float(gradient @ newton) > 0:
        found = _ascend(cliques, here, newton, gradient, total)
        if found is not None:
            return found
    vertex = -here.mass
    vertex[int(np.argmax(gradient))] += 1
    found = _ascend(cliques, here, vertex, gradient, total)
    return here if found is None else found


def _working_set(mass: Floats, gradient: Floats) -> Integers:
    """Intervals with mass, and between two of them those whose gradient is largest, where above 0."""
    between = np.where(mass > 0, -np.inf, gradient)
    starts = np.union1d(np.flatnonzero(mass > 0), [0])
    largest = np.repeat(np.maximum.reduceat(between, starts), np.diff(np.append(starts, mass.size)))
    return np.flatnonzero((mass > 0) | ((between == largest) & (between > 0)))


def _curvature(first: Integers, last: Integers, share: Floats, size: int) -> Floats:
    """Negative second derivative of f on a working set, from the runs' ends by two cumulative sums."""
    corners = np.bincount(first * size + last, share, size * size).reshape(size, size)
    upper = np.cumsum(np.cumsum(corners, axis=0)[:, ::-1], axis=1)[:, ::-1]
    return np.asarray(np.triu(upper) + np.triu(upper, 1).T, dtype=np.float64)


def _quadratic_maximum(curvature: Floats, gradient: Floats, mass: Floats) -> Floats:
    """Rise on the quadratic approximation until no mass turns negative on the way to its maximum.

    The inner loop of Lawson & Hanson 1974, Solving Least Squares Problems, chapter 23: go towards the
    maximum over those kept, stop where the first mass reaches 0, leave it out, go on.
    """
    scale = np.sqrt(np.diag(curvature))
    shape = curvature / np.outer(scale, scale) + RIDGE * np.eye(mass.size)
    at, kept = mass.copy(), np.ones(mass.size, dtype=bool)
    while kept.any():
        push = gradient[kept] + curvature[kept][:, ~kept] @ mass[~kept]
        reached = np.zeros_like(mass)
        reached[kept] = mass[kept] + np.linalg.solve(shape[kept][:, kept], push / scale[kept]) / scale[kept]
        falling = kept & (reached <= 0)
        if not falling.any():
            return reached
        share = at[falling] / (at[falling] - reached[falling])
        at = np.maximum(at + share.min() * (reached - at), 0.0)
        at[np.flatnonzero(falling)[share == share.min()]] = 0.0
        kept &= ~falling | (at > 0)
    return at


def _ascend(
    cliques: Cliques, here: _Point, direction: Floats, gradient: Floats, total: float
) -> _Point | None:
    """Halve the step until f rises by a share of what its slope promises; None where it never does."""
    slope = float(gradient @ direction)
    length = 1.0
    for _ in range(HALVINGS):
        tried = _at(cliques, np.maximum(here.mass + length * direction, 0.0))
        if (tried.probability > 0).all():
            # by ratios: close to the maximum a difference of two sums would be rounding
            change = (tried.probability - here.probability) / here.probability
            rise = float(cliques.weight @ np.log1p(change)) - total * float((tried.mass - here.mass).sum())
            if rise >= 1e-4 * length * slope or slope < TIGHT * total:
                return _at(cliques, tried.mass / tried.mass.sum())
        length /= 2
    return None
