"""What is looked at before any search: rank, variation, and whether a covariance can be told."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from outcomes.models.mmrm.crossproducts import Array, Booleans, CrossProducts
from outcomes.models.mmrm.design import VISIT, Design, Factor
from outcomes.models.mmrm.likelihood import Problem
from outcomes.models.mmrm.rank import Alias, find_aliases, null_space
from outcomes.models.mmrm.result import NotEstimableError
from outcomes.models.mmrm.standardise import gram
from outcomes.models.mmrm.starts import residual_moments

EXACT_TOL = 1e-12
"""Residual variance of least squares, in standard units, up to which rounding explains it."""
GENERIC = 0.55
"""A correlation that nothing is special of."""
RANK_TOL = 1e-8
"""Size of a derivative, or a difference of covariances, up to which rounding explains it."""
CONSTANT_TOL = 1e-12
"""Spread of the scores beside their mean up to which rounding explains it."""


def estimable_columns(sums: CrossProducts, design: Design) -> tuple[list[int], Array]:
    """Columns to keep, and what empty cells leave unknown, shape (a, p).

    Raises
    ------
    NotEstimableError
        Without any score, or where columns are combinations of others for another reason than an arm
        (or another factor that multiplies the visit) without scores at a visit.
    """
    if not sums.observed.any():
        raise NotEstimableError("no patient has a score")
    G = gram(sums, design)
    aliases = find_aliases(G)
    told = [
        _describe(alias, design.names) for alias in aliases if not _is_empty_cell(design, G, alias.column)
    ]
    if told:
        raise NotEstimableError(
            f"the design is rank-deficient: {'; '.join(told)}; leave out a covariate, or its effect by visit"
        )
    gone = {alias.column for alias in aliases}
    return [k for k in range(len(G)) if k not in gone], null_space(G, aliases)


def _describe(alias: Alias, names: Sequence[str]) -> str:
    if not alias.of:
        return f"'{names[alias.column]}' does not vary between the scores (or nobody was observed there)"
    return f"'{names[alias.column]}' is a combination of {', '.join(repr(names[k]) for k in alias.of)}"


def _is_empty_cell(design: Design, G: Array, column: int) -> bool:
    """Whether a column is lost since a level of a factor has no score at a visit, whatever the covariates."""
    term = next(term for term, places in design.terms.items() if column in places)
    if VISIT not in term or not all(
        isinstance(design.variables[name], Factor) for name in term if name != VISIT
    ):
        return False
    cells = sorted(k for inner, places in design.terms.items() if set(inner) <= set(term) for k in places)
    return column in {cells[alias.column] for alias in find_aliases(G[np.ix_(cells, cells)])}


def refuse_constant(sums: CrossProducts) -> None:
    """Refuse scores that do not vary.

    Raises
    ------
    NotEstimableError
        If they are all the same, to the precision of a sum of numbers of their size.
    """
    T = len(sums.visits)
    seen = sums.observed.astype(float)
    weight = sums.weight[:, None] * seen
    means = sums.mean[:, -T:]
    centre = float((weight * means).sum() / weight.sum()) if seen.any() else 0.0
    within = np.diagonal(sums.scatter, axis1=1, axis2=2)[:, -T:].sum()
    between = (weight * (means - centre) ** 2).sum()
    if seen.any() and within + between <= (CONSTANT_TOL * centre) ** 2 * weight.sum():
        raise NotEstimableError("all scores are the same: there is no variation to model")


def find_flaw(problem: Problem, sums: CrossProducts) -> str | None:
    """Why a structure cannot be fitted to these scores, before any search."""
    return _exact(problem, sums) or _unidentified(problem, sums) or _one_day_twice(problem)


def _exact(problem: Problem, sums: CrossProducts) -> str | None:
    """Visits at which a variance of their own would be zero, or has no scores; all where they share one."""
    data, visits = problem.data, np.array(sums.visits)
    left = np.diagonal(residual_moments(data), axis1=1, axis2=2)
    for g, group in enumerate(sums.groups):
        seen = data.observed[data.group == g].any(axis=0)
        exact = (left[g] < EXACT_TOL) & seen
        of = f" in group {group}" if len(sums.groups) > 1 else ""
        if problem.structure.by_visit and not seen.all():
            return f"no scores at visit {', '.join(visits[~seen])}{of}"
        if exact.any() and (problem.structure.by_visit or exact[seen].all()):
            return f"the fixed effects fit every score exactly at visit {', '.join(visits[exact])}{of}"
    return None


def constant_visits(sums: CrossProducts) -> str:
    """Say at which visits all scores are the same: a usual reason of a variance without a best value."""
    T = len(sums.visits)
    scatter = np.diagonal(sums.scatter, axis1=1, axis2=2)[:, -T:].sum(axis=0)
    means = np.where(sums.observed, sums.mean[:, -T:], np.nan)
    with np.errstate(invalid="ignore"):
        size = CONSTANT_TOL * np.nanmax(np.abs(means), axis=0)
        same = (np.nanmax(means, axis=0) - np.nanmin(means, axis=0) <= size) & (
            scatter <= size**2 * float(sums.weight.sum())
        )
    visits = [visit for visit, one in zip(sums.visits, same.tolist(), strict=True) if one]
    return f" (all scores are the same at visit {', '.join(visits)})" if visits else ""


def _one_day_twice(problem: Problem) -> str | None:
    """Two scores of a patient on one day: a correlation over days makes them the same."""
    data = problem.data
    if data.days is None or not problem.structure.by_day:
        return None
    n = 0
    for days, seen, size in zip(data.days, data.observed, data.n, strict=True):
        n += int(size) if len(np.unique(days[seen])) < seen.sum() else 0
    return f"{n} patients have two scores on one day" if n else None


def _unidentified(problem: Problem, sums: CrossProducts) -> str | None:
    """Why a covariance cannot be told from these scores, if so.

    The pairs of visits at which some patient has both scores must give as many independent equations as
    there are parameters, and correlations of the other sign must give another covariance.
    """
    data, structure = problem.data, problem.structure
    if structure.by_day:
        return None
    T = len(sums.visits)
    theta = structure.start(GENERIC ** np.abs(np.subtract.outer(np.arange(T), np.arange(T))), None)
    theta = theta * (1.0 + 0.1 * np.cos(np.arange(len(theta))))
    variances = np.arange(len(theta)) < (T if structure.by_visit else 1)
    mirrored = theta if structure.linear else np.where(variances, theta, -theta)
    lower = np.tril_indices(T)
    first = structure.first(theta, None)[:, 0, lower[0], lower[1]]
    change = (structure.value(mirrored, None) - structure.value(theta, None))[0][lower]
    for g, group in enumerate(sums.groups):
        of = f" in group {group}" if len(sums.groups) > 1 else ""
        seen = data.observed[data.group == g].astype(float)
        together = (seen.T @ seen)[lower] > 0.0
        if np.linalg.matrix_rank(first[:, together], RANK_TOL) < len(first):
            if len(first) == len(lower[0]):
                return f"no patient{of} has scores at both of the visits {_apart(sums.visits, together)}"
            told = f"to tell its {len(first)} parameters apart"
            return f"patients{of} have too few scores at different times {told}"
        if not structure.linear and T > 1 and np.abs(change[together]).max() < RANK_TOL:
            return f"no patient{of} has scores at neighbouring visits: a correlation's sign is open"
    return None


def _apart(visits: Sequence[str], together: Booleans) -> str:
    """Pairs of visits at which nobody has both scores."""
    rows, columns = (places.tolist() for places in np.tril_indices(len(visits)))
    return ", ".join(
        f"{visits[j]} and {visits[k]}" if j != k else visits[j]
        for j, k, there in zip(rows, columns, together.tolist(), strict=True)
        if not there
    )
