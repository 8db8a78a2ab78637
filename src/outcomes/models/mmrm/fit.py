"""Fit the model to sums over patients: check, climb, fall back along a declared chain, report each step."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from outcomes.models.mmrm.crossproducts import Array, CrossProducts
from outcomes.models.mmrm.design import VISIT, Design, Factor, Number, build_design
from outcomes.models.mmrm.likelihood import Problem
from outcomes.models.mmrm.optimise import Optimum, maximise
from outcomes.models.mmrm.rank import Alias, find_aliases, null_space
from outcomes.models.mmrm.standardise import Standardised, gram, standardise
from outcomes.models.mmrm.starts import residual_moments, starts
from outcomes.models.mmrm.structures import STRUCTURES

Status = Literal["ok", "not_converged", "not_estimable"]
EXACT_TOL = 1e-20
"""Residual variance of least squares, in standard units, that rounding explains."""


class NotEstimableError(Exception):
    """The data cannot answer what is asked; the message is the reason, as printed."""


@dataclass(frozen=True)
class Attempt:
    """One structure of the chain: its name, and how its fit ended (None: well)."""

    structure: str
    fault: str | None


@dataclass(frozen=True, eq=False)
class Solution:
    """A fit that may be relied on, on the scale of the scores.

    Attributes
    ----------
    coefficients : array (p,)
        0 for columns that an empty cell left without data.
    log_likelihood : float
        With its constants, as R's mmrm and SAS print it: the restricted one without ``log |X'X| / 2``.
    covariance : array (G, T, T)
        Between the visits, by group; with actual days, that at the planned ones.
    n_parameters : int
        Of the covariance.
    problem, optimum
        In standard units.
    to_design : array (p, q)
        Leads from the coefficients in standard units to those of the design, less `origin`.
    origin : array (p,)
    unknown : array (a, p)
        Combinations of the coefficients that the data say nothing of.
    """

    coefficients: Array
    log_likelihood: float
    covariance: Array
    n_parameters: int
    problem: Problem
    optimum: Optimum
    to_design: Array
    origin: Array
    unknown: Array

    @property
    def data(self) -> Standardised:
        """Sums in standard units."""
        return self.problem.data


@dataclass(frozen=True, eq=False)
class MMRM:
    """Outcome of a fit; without numbers where the status is not ok.

    Attributes
    ----------
    status : {'ok', 'not_converged', 'not_estimable'}
    message : str or None
        Why there are no numbers.
    structure : str
        Name of the covariance that was fitted, or tried last.
    attempts : tuple of Attempt
        The chain, in order.
    reml : bool
    design : Design
        Over the visits with scores.
    groups : tuple of str
        Groups with a covariance of their own.
    sums : CrossProducts
        Over the visits with scores.
    unseen_visits : tuple of str
        Visits at which nobody has a score; left out.
    n_patients, n_without_scores, n_scores : int
        Patients with a score, patients without any, scores.
    solution : Solution or None
    """

    status: Status
    message: str | None
    structure: str
    attempts: tuple[Attempt, ...]
    reml: bool
    design: Design
    groups: tuple[str, ...]
    sums: CrossProducts
    unseen_visits: tuple[str, ...]
    n_patients: int
    n_without_scores: int
    n_scores: int
    solution: Solution | None

    @property
    def aic(self) -> float:
        """Akaike's criterion; of a restricted likelihood it counts covariance parameters only, as in SAS.

        Raises
        ------
        NotEstimableError
            Where there are no numbers.
        """
        solution = self.solved()
        return 2.0 * (self._n_counted() - solution.log_likelihood)

    @property
    def bic(self) -> float:
        """Schwarz's criterion, with the number of patients, as SAS and mmrm.

        Raises
        ------
        NotEstimableError
            Where there are no numbers.
        """
        return self._n_counted() * math.log(self.n_patients) - 2.0 * self.solved().log_likelihood

    def _n_counted(self) -> int:
        solution = self.solved()
        return solution.n_parameters + (0 if self.reml else solution.to_design.shape[1])

    def solved(self) -> Solution:
        """Return the solution.

        Raises
        ------
        NotEstimableError
            Where there is none.
        """
        if self.solution is None:
            raise NotEstimableError(self.message or self.status)
        return self.solution


def fit_sums(
    sums: CrossProducts,
    variables: Sequence[Factor | Number],
    terms: Sequence[Sequence[str]],
    *,
    times: Mapping[str, float] | None = None,
    linear_time: bool = False,
    covariance: str | Sequence[str] = "unstructured",
    reml: bool = True,
) -> MMRM:
    """Fit to cross-products.

    Parameters
    ----------
    sums : CrossProducts
        Whose covariates are the quantities of ``build_design(sums.visits, variables, terms)``, by name.
    times : mapping, optional
        Planned time of each visit; by default their places 1, 2, ...
    linear_time : bool
        Whether ``visit`` is a straight line over `times` in the terms.
    covariance : str or sequence of str
        Names in `STRUCTURES`: the one wanted, then those to fall back on, in order.

    Returns
    -------
    MMRM

    Raises
    ------
    ValueError
        If the terms or names do not fit together.
    """
    chain = (covariance,) if isinstance(covariance, str) else tuple(covariance)
    unknown = [name for name in chain if name not in STRUCTURES]
    if unknown or not chain:
        raise ValueError(f"unknown covariance {', '.join(unknown)}; known: {', '.join(STRUCTURES)}")
    if "spatial_exponential" in chain and sums.days is None:
        raise ValueError("spatial_exponential needs the actual days")
    seen, unseen = _visits_with_scores(sums)
    at = tuple(float(times[visit]) if times else float(sums.visits.index(visit) + 1) for visit in seen.visits)
    design = build_design(seen.visits, variables, terms, at if linear_time else None)
    _match(seen, design)
    with_scores = seen.observed.any(axis=1)
    result = MMRM(
        status="not_estimable", message=None, structure=chain[0], attempts=(), reml=reml, design=design,
        groups=sums.groups, sums=seen, unseen_visits=unseen,
        n_patients=int(seen.n_patients[with_scores].sum()),
        n_without_scores=int(seen.n_patients[~with_scores].sum()),
        n_scores=int(seen.n_scores.sum()), solution=None,
    )  # fmt: skip
    between = 1 + len(design.quantities)
    if 0 < result.n_patients <= between:
        told = f"{result.n_patients} patients are too few for {between} coefficients between patients"
        return replace(result, message=told)
    try:
        kept, blank = _estimable(seen, design)
        data = standardise(seen, design.columns[:, :, kept])
        _check_variation(seen, data, len(kept))
    except NotEstimableError as reason:
        return replace(result, message=str(reason))
    attempts: list[Attempt] = []
    status: Status = "not_estimable"
    for name in chain:
        problem = Problem(data, STRUCTURES[name](at), reml)
        fault = _unidentified(problem, seen.visits)
        if fault is None:
            status = "not_converged"
            optimum = maximise(problem, starts(problem))
            fault = "the likelihood has no value at any start" if optimum is None else optimum.fault
            if optimum is not None and fault is None:
                solution = _solve(problem, optimum, kept, blank, len(design.names), at)
                attempts.append(Attempt(name, None))
                return replace(
                    result, status="ok", structure=name, attempts=tuple(attempts), solution=solution
                )
            fault = f"{fault}{_constant_visits(seen)}"
        attempts.append(Attempt(name, fault))
    told = "; ".join(f"{attempt.structure.replace('_', ' ')}: {attempt.fault}" for attempt in attempts)
    return replace(result, status=status, message=told, structure=chain[-1], attempts=tuple(attempts))


def _visits_with_scores(sums: CrossProducts) -> tuple[CrossProducts, tuple[str, ...]]:
    """Leave out visits at which nobody has a score."""
    there = np.asarray(sums.observed.any(axis=0))
    if there.all():
        return sums, ()
    r, c = len(sums.covariates), len(sums.visit_covariates)
    columns = np.concatenate([np.ones(r, dtype=bool), np.tile(there, c + 1)])
    unseen = tuple(visit for visit, seen in zip(sums.visits, there, strict=True) if not seen)
    return replace(
        sums,
        visits=tuple(visit for visit in sums.visits if visit not in unseen),
        observed=sums.observed[:, there],
        days=None if sums.days is None else sums.days[:, there],
        mean=sums.mean[:, columns],
        scatter=sums.scatter[:, columns][:, :, columns],
    ), unseen


def quantity_names(design: Design) -> tuple[str, ...]:
    """Names of the patient-level quantities, as cross-products carry them."""
    return tuple(
        ":".join(name if level is None else f"{name}={level}" for name, level in parts)
        for parts in design.quantities
    )


def _match(sums: CrossProducts, design: Design) -> None:
    wanted = quantity_names(design)
    if sums.covariates != wanted or sums.visit_covariates != design.visit_quantities:
        raise ValueError(
            f"the terms need the covariates {', '.join((*wanted, *design.visit_quantities))} in this order, "
            f"the cross-products hold {', '.join((*sums.covariates, *sums.visit_covariates))}"
        )


def _estimable(sums: CrossProducts, design: Design) -> tuple[list[int], Array]:
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
        raise NotEstimableError(f"the design is rank-deficient: {'; '.join(told)}")
    gone = {alias.column for alias in aliases}
    return [k for k in range(len(G)) if k not in gone], null_space(G, aliases)


def _describe(alias: Alias, names: Sequence[str]) -> str:
    if not alias.of:
        return f"'{names[alias.column]}' is zero for every score (nobody was observed there)"
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


def _check_variation(sums: CrossProducts, data: Standardised, columns: int) -> None:
    """Refuse scores that do not vary, and designs that leave nothing to estimate a variance from."""
    T = len(sums.visits)
    scatter = np.diagonal(sums.scatter, axis1=1, axis2=2)[:, -T:]
    means = sums.mean[:, -T:][sums.observed]
    if not scatter.any() and np.ptp(means) == 0.0:
        raise NotEstimableError("all scores are the same: there is no variation to model")
    left = np.diagonal(residual_moments(data), axis1=1, axis2=2)
    exact = [visit for k, visit in enumerate(sums.visits) if (left[:, k] < EXACT_TOL).any()]
    if exact:
        raise NotEstimableError(f"the fixed effects fit every score exactly at visit {', '.join(exact)}")
    if data.n_scores <= columns:
        raise NotEstimableError(f"{data.n_scores} scores are too few for {columns} coefficients")


def _constant_visits(sums: CrossProducts) -> str:
    """Visits whose scores are all the same: a usual reason of a covariance without a best value."""
    T = len(sums.visits)
    scatter = np.diagonal(sums.scatter, axis1=1, axis2=2)[:, -T:].sum(axis=0)
    means = np.where(sums.observed, sums.mean[:, -T:], np.nan)
    same = (np.nanmax(means, axis=0) == np.nanmin(means, axis=0)) & (scatter == 0.0)
    visits = [visit for visit, one in zip(sums.visits, same.tolist(), strict=True) if one]
    return f" (all scores are the same at visit {', '.join(visits)})" if visits else ""


def _unidentified(problem: Problem, visits: Sequence[str]) -> str | None:
    """Why a covariance that is linear in its parameters cannot be told from these scores, if so.

    The pairs of visits at which some patient has both scores must give as many independent equations.
    """
    data, structure = problem.data, problem.structure
    if not structure.linear:
        return None
    T = len(visits)
    rows, columns = np.tril_indices(T)
    for g in range(data.n_groups):
        seen = data.observed[data.group == g].astype(float)
        together = (seen.T @ seen)[rows, columns] > 0.0
        first = structure.first(structure.start(np.eye(T), None), None)[:, 0, rows, columns]
        if np.linalg.matrix_rank(first[:, together]) == len(first):
            continue
        if len(first) == len(rows):
            pairs = [
                f"{visits[j]} and {visits[k]}" if j != k else visits[j]
                for j, k, there in zip(rows.tolist(), columns.tolist(), together.tolist(), strict=True)
                if not there
            ]  # fmt: skip
            return f"no patient has scores at both of the visits {', '.join(pairs)}"
        return f"patients have too few scores at different times to tell its {len(first)} parameters apart"
    return None


def _solve(
    problem: Problem, optimum: Optimum, kept: Sequence[int], unknown: Array, p: int, times: Sequence[float]
) -> Solution:
    data, point = problem.data, optimum.point
    to_design = np.zeros((p, len(kept)))
    to_design[kept] = data.score_scale * data.back
    origin = np.zeros(p)
    origin[kept] = data.origin
    n = data.n_scores - (len(kept) if problem.reml else 0)
    log_likelihood = (
        point.log_likelihood - n * math.log(data.score_scale) + 0.5 * data.log_weight
        - (data.log_det if problem.reml else 0.0)
    )  # fmt: skip
    planned = None if data.days is None else np.asarray(times)[None]
    V = np.stack([problem.structure.value(theta, planned)[0] for theta in point.theta])
    return Solution(
        coefficients=origin + to_design @ point.gamma,
        log_likelihood=log_likelihood,
        covariance=data.score_scale**2 * V,
        n_parameters=point.theta.size,
        problem=problem,
        optimum=optimum,
        to_design=to_design,
        origin=origin,
        unknown=unknown,
    )
