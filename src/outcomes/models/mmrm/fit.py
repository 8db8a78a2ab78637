"""Fit the model to sums over patients: check, climb, fall back along a declared chain, report each step."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from outcomes.models.mmrm.checks import constant_visits, estimable_columns, find_flaw, refuse_constant
from outcomes.models.mmrm.crossproducts import Array, CrossProducts
from outcomes.models.mmrm.design import Design, Factor, Number, build_design, quantity_names
from outcomes.models.mmrm.likelihood import Problem
from outcomes.models.mmrm.optimise import Optimum, maximise
from outcomes.models.mmrm.result import MMRM, Attempt, NotEstimableError, Solution, Status
from outcomes.models.mmrm.standardise import standardise
from outcomes.models.mmrm.starts import starts
from outcomes.models.mmrm.structures import STRUCTURES


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
    _check_names(chain, sums, times)
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
        refuse_constant(seen)
        kept, blank = estimable_columns(seen, design)
        if result.n_scores <= len(kept):
            raise NotEstimableError(f"{result.n_scores} scores are too few for {len(kept)} coefficients")
    except NotEstimableError as reason:
        return replace(result, message=str(reason))
    data = standardise(seen, design.columns[:, :, kept])
    attempts: list[Attempt] = []
    status: Status = "not_estimable"
    for name in chain:
        problem = Problem(data, STRUCTURES[name](at), reml)
        flaw = find_flaw(problem, seen)
        if flaw is not None:
            attempts.append(Attempt(name, flaw))
            continue
        status = "not_converged"
        optimum = maximise(problem, starts(problem))
        fault = optimum if isinstance(optimum, str) else optimum.fault
        attempts.append(Attempt(name, fault and fault + constant_visits(seen)))
        if not isinstance(optimum, str) and optimum.fault is None:
            solution = _solve(problem, optimum, kept, blank, len(design.names), at)
            return replace(result, status="ok", structure=name, attempts=tuple(attempts), solution=solution)
    told = "; ".join(f"{attempt.structure.replace('_', ' ')}: {attempt.fault}" for attempt in attempts)
    return replace(result, status=status, message=told, structure=chain[-1], attempts=tuple(attempts))


def _check_names(chain: Sequence[str], sums: CrossProducts, times: Mapping[str, float] | None) -> None:
    unknown = [name for name in chain if name not in STRUCTURES]
    if unknown or not chain:
        raise ValueError(f"unknown covariance {', '.join(unknown)}; known: {', '.join(STRUCTURES)}")
    if "spatial_exponential" in chain and sums.days is None:
        raise ValueError("spatial_exponential needs the actual days")
    without = [visit for visit in sums.visits if times is not None and visit not in times]
    if without:
        raise ValueError(f"times: none for visit {', '.join(without)}")


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


def _match(sums: CrossProducts, design: Design) -> None:
    wanted = quantity_names(design)
    if sums.covariates != wanted or sums.visit_covariates != design.visit_quantities:
        raise ValueError(
            f"the terms need the covariates {', '.join((*wanted, *design.visit_quantities))} in this order, "
            f"the cross-products hold {', '.join((*sums.covariates, *sums.visit_covariates))}"
        )


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
