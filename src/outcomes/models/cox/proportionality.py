"""Tests of proportional hazards: whether a coefficient is b + c g(t) rather than b.

Score test of c = 0 for each term and for all together, as `cox.zph` of R's survival from version 3 on;
Grambsch & Therneau 1994, Biometrika 81:515, tests the same by an approximation of the information.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from outcomes.inference import chi_square_p_value
from outcomes.models.counting import Floats
from outcomes.models.cox.likelihood import hazards, information
from outcomes.models.cox.moments import event_moments
from outcomes.models.cox.newton import PIVOT
from outcomes.models.cox.result import CoxFit
from outcomes.models.cox.risk_sets import Index
from outcomes.models.cox.ties import tie_ranks

Transform = Literal["km", "identity", "rank", "log"]
GLOBAL = "GLOBAL"


@dataclass(frozen=True)
class ProportionalityTest:
    """Score test of one term's hazard ratio being constant; without numbers where it cannot be made.

    Attributes
    ----------
    term : str
        Name of a group or a column; 'GLOBAL' is the test of all.
    statistic, df, p_value : float, int, float
        Chi-square.
    message : str
        Why there are none; empty otherwise.
    """

    term: str
    statistic: float
    df: int
    p_value: float
    message: str = ""


def proportionality_tests(
    fit: CoxFit, transform: Transform = "km", *, groups: Mapping[str, Sequence[str]] | None = None
) -> tuple[ProportionalityTest, ...]:
    """Test each term, then all together.

    Parameters
    ----------
    fit : CoxFit
    transform : {'km', 'identity', 'rank', 'log'}
        g(t): one minus the Kaplan-Meier estimate just before t, t, its rank among all times, log t.
    groups : mapping of str to sequence of str, optional
        Columns to be tested together (a category's indicators), by the name to report; in order. Columns
        that are in no group are tested alone, after the groups.

    Raises
    ------
    ValueError
        If the fit is not ok or without columns, or a group has an unknown column.
    """
    sets = fit.data
    p = len(fit.terms)
    if not p:
        raise ValueError("a model without covariates has no hazard ratio to test")
    tested = _columns(fit.terms, groups)
    g = centred_times(fit, transform)
    here = hazards(sets, fit.scaled)
    mean = event_moments(sets, here).mean
    weight = np.ones(sets.dead.size) if sets.weight is None else sets.weight[sets.dead]
    residual = sets.x[sets.dead] - mean[sets.dead_group]
    score = (weight * g[sets.dead_group]) @ residual
    blocks = [information(sets, here, factor=factor) for factor in (np.ones(g.size), g, g * g)]
    joint = np.block([[blocks[0], blocks[1]], [blocks[1], blocks[2]]])
    return tuple(_test(name, columns, score, joint) for name, columns in tested.items())


def transformed_times(fit: CoxFit, transform: Transform) -> Floats:
    """Transformed time g at each event time of ``fit.data``, shape (J,).

    Raises
    ------
    ValueError
        If the transform is unknown, or the logarithm is asked for at time 0.
    """
    if transform not in get_args(Transform):
        raise ValueError(f"transform must be one of {', '.join(get_args(Transform))}")
    time = fit.data.time
    if transform == "identity":
        return time
    if transform == "log":
        if (time <= 0).any():
            raise ValueError("an event at time 0 has no logarithm")
        return np.log(time)
    n, sets = fit.time.size, fit.data
    # ranks, since tied times may differ in their last digits
    ranks = tie_ranks(fit.time if fit.entry is None else np.concatenate([fit.time, fit.entry]))
    at = ranks[sets.order[sets.dead[sets.dead_starts]]]
    kept = slice(None) if fit.weights is None else fit.weights > 0
    ends = np.sort(ranks[:n][kept])
    if transform == "rank":
        below, up_to = (np.searchsorted(ends, at, side=side) for side in ("left", "right"))
        return np.asarray((below + up_to + 1) / 2.0)
    return _km_before(sets.dead_group, at, ends, np.sort(ranks[n:][kept]) if ranks.size > n else ranks[:0])


def centred_times(fit: CoxFit, transform: Transform) -> Floats:
    """`transformed_times` less their mean over the events."""
    g = transformed_times(fit, transform)
    return np.asarray(g - g[fit.data.dead_group].mean())


def _km_before(dead_group: Index, at: Index, ends: Index, entries: Index) -> Floats:
    """One minus the Kaplan-Meier estimate of all rows together just before each event time `at`."""
    times, place = np.unique(at, return_inverse=True)
    events = np.bincount(place[dead_group], minlength=times.size)
    at_risk = ends.size - np.searchsorted(ends, times, side="left")
    at_risk = at_risk - (entries.size - np.searchsorted(entries, times, side="left"))
    survival = np.cumprod(1.0 - events / at_risk)
    return np.asarray(1.0 - np.concatenate([[1.0], survival[:-1]])[place])


def _columns(terms: tuple[str, ...], groups: Mapping[str, Sequence[str]] | None) -> dict[str, list[int]]:
    groups = {} if groups is None else groups
    grouped = [name for names in groups.values() for name in names]
    unknown = set(grouped) - set(terms)
    if unknown:
        raise ValueError(f"no such column: {', '.join(sorted(unknown))}")
    found = {name: [terms.index(term) for term in names] for name, names in groups.items()}
    found |= {term: [k] for k, term in enumerate(terms) if term not in grouped}
    return found | {GLOBAL: list(range(len(terms)))}


def _test(name: str, columns: list[int], score: Floats, joint: Floats) -> ProportionalityTest:
    p = score.size
    kept = [*range(p), *(p + k for k in columns)]
    part = joint[np.ix_(kept, kept)]
    root = np.sqrt(np.clip(np.diag(part), 0.0, None))
    df, nan = len(columns), float("nan")
    flat = not (root > 0).all() or np.linalg.eigvalsh(part / np.outer(root, root))[0] < PIVOT
    if flat:
        return ProportionalityTest(name, nan, df, nan, "the events say nothing of a change over time")
    right = np.concatenate([np.zeros(p), score[columns]])
    statistic = float(right @ np.linalg.solve(part, right))
    return ProportionalityTest(name, statistic, df, chi_square_p_value(statistic, df))
