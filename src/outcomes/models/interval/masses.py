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
    mass = _starting_masses(cliques)
    gradient = _gradient(cliques, mass, total)
    best, stalled, steps = (_gap(mass, gradient, total), mass), 0, 0
    while best[0] > TIGHT and stalled < 3 and steps < STEPS:
        steps += 1
        mass = _step(cliques, mass, gradient, total)
        gradient = _gradient(cliques, mass, total)
        gap = _gap(mass, gradient, total)
        # below GAP only rounding moves: a step that does not halve the gap counts against going on
        stalled = stalled + 1 if best[0] < GAP and gap > best[0] / 2 else 0
        if gap < best[0]:
            best = (gap, mass)
    gap, mass = best
    return Masses(mass, float(cliques.weight @ np.log(_probabilities(cliques, mass))), gap, steps)


def _starting_masses(cliques: Cliques) -> Floats:
    """Equal masses on few innermost intervals, of which each observation covers one at least."""
    chosen: list[int] = []
    for k in np.lexsort((cliques.first, cliques.last)):
        if not chosen or cliques.first[k] > chosen[-1]:
            chosen.append(int(cliques.last[k]))
    mass = np.zeros(cliques.left.size)
    mass[chosen] = 1 / len(chosen)
    return mass


def _probabilities(cliques: Cliques, mass: Floats) -> Floats:
    """Probability of each distinct observation."""
    reached = np.concatenate([[0.0], np.cumsum(mass)])
    beyond = np.concatenate([np.cumsum(mass[::-1])[::-1], [0.0]])
    low = reached[cliques.last + 1] - reached[cliques.first]
    high = beyond[cliques.first] - beyond[cliques.last + 1]
    single = cliques.first == cliques.last
    # the sum from the nearer end is the smaller one, and its rounding too
    nearer = np.where(reached[cliques.last + 1] < beyond[cliques.first], low, high)
    return np.where(single, mass[cliques.first], nearer)


def _gradient(cliques: Cliques, mass: Floats, total: float) -> Floats:
    """Derivative of f by each mass."""
    share = cliques.weight / _probabilities(cliques, mass)
    m = mass.size
    change = np.bincount(cliques.first, share, m + 1) - np.bincount(cliques.last + 1, share, m + 1)
    return np.asarray(np.cumsum(change[:m]) - total, dtype=np.float64)


def _gap(mass: Floats, gradient: Floats, total: float) -> float:
    return float(max(gradient.max(), np.abs(gradient[mass > 0]).max()) / total)


def _step(cliques: Cliques, mass: Floats, gradient: Floats, total: float) -> Floats:
    """One Newton step on a working set, or where it does not rise one towards the steepest interval."""
    working = _working_set(mass, gradient)
    first = np.searchsorted(working, cliques.first)
    last = np.searchsorted(working, cliques.last, side="right") - 1
    curvature = _curvature(first, last, cliques.weight / _probabilities(cliques, mass) ** 2, working.size)
    target = np.zeros_like(mass)
    target[working] = _quadratic_maximum(curvature, gradient[working], mass[working])
    newton = target - mass
    if float(gradient @ newton) > 0:
        found = _ascend(cliques, mass, newton, gradient, total)
        if found is not None:
            return found
    vertex = -mass
    vertex[int(np.argmax(gradient))] += 1
    found = _ascend(cliques, mass, vertex, gradient, total)
    return mass if found is None else found


def _working_set(mass: Floats, gradient: Floats) -> Integers:
    """Intervals with mass, and between two of them the one whose gradient is largest, where above 0."""
    support = np.flatnonzero(mass > 0)
    bounds = np.concatenate([[0], support + 1, [mass.size]])
    added = [
        start + int(np.argmax(gradient[start:stop]))
        for start, stop in zip(bounds[:-1], np.append(support, mass.size), strict=True)
        if stop > start
    ]
    rising = [k for k in added if gradient[k] > 0]
    return np.union1d(support, np.array(rising, dtype=np.int64)).astype(np.int64)


def _curvature(first: Integers, last: Integers, share: Floats, size: int) -> Floats:
    """Negative second derivative of f on a working set, from the runs' ends by two cumulative sums."""
    corners = np.bincount(first * size + last, share, size * size).reshape(size, size)
    upper = np.cumsum(np.cumsum(corners, axis=0)[:, ::-1], axis=1)[:, ::-1]
    return np.asarray(np.triu(upper) + np.triu(upper, 1).T, dtype=np.float64)


def _quadratic_maximum(curvature: Floats, gradient: Floats, mass: Floats) -> Floats:
    """Maximise the quadratic approximation, leaving out intervals whose mass would turn negative."""
    scale = np.sqrt(np.diag(curvature))
    shape = curvature / np.outer(scale, scale)
    kept = np.arange(mass.size)
    while True:
        gone = np.setdiff1d(np.arange(mass.size), kept, assume_unique=True)
        push = gradient[kept] + curvature[np.ix_(kept, gone)] @ mass[gone]
        inner = shape[np.ix_(kept, kept)] + RIDGE * np.eye(kept.size)
        move = np.linalg.solve(inner, push / scale[kept]) / scale[kept]
        reached = mass[kept] + move
        if (reached > 0).all():
            found = np.zeros_like(mass)
            found[kept] = reached
            return found
        if not (reached > 0).any():
            return mass
        kept = kept[reached > 0]


def _ascend(
    cliques: Cliques, mass: Floats, direction: Floats, gradient: Floats, total: float
) -> Floats | None:
    """Halve the step until f rises by a share of what its slope promises; None where it never does."""
    slope = float(gradient @ direction)
    here = _probabilities(cliques, mass)
    length = 1.0
    for _ in range(HALVINGS):
        tried = np.maximum(mass + length * direction, 0.0)
        probability = _probabilities(cliques, tried)
        if (probability > 0).all():
            # by ratios: close to the maximum a difference of two sums would be rounding
            rise = float(cliques.weight @ np.log1p((probability - here) / here))
            rise -= total * float((tried - mass).sum())
            if rise >= 1e-4 * length * slope or slope < TIGHT * total:
                return np.asarray(tried / tried.sum(), dtype=np.float64)
        length /= 2
    return None
