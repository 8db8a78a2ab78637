"""Cox proportional hazards from arrays: h_i(t) = h0_s(t) exp(x_i b + offset_i), s the stratum of i.

Cox 1972, J R Stat Soc B 34:187. Ties, weights, start-stop rows and robust variance mean what they mean in
R's `coxph` (Therneau & Grambsch 2000).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from outcomes.models.counting import Floats
from outcomes.models.cox.checks import cluster_problem, column_problem, count_problem, value_problem
from outcomes.models.cox.likelihood import Derivatives, evaluate
from outcomes.models.cox.newton import Path, maximise
from outcomes.models.cox.result import CoxFit
from outcomes.models.cox.risk_sets import Index, RiskSets
from outcomes.models.cox.sandwich import robust_covariance
from outcomes.models.cox.sorting import build_risk_sets
from outcomes.models.cox.ties import tie_ranks

Ties = Literal["efron", "breslow"]


def fit_cox_model(
    time: ArrayLike,
    observed: ArrayLike,
    covariates: ArrayLike,
    *,
    terms: Sequence[str] | None = None,
    ties: Ties = "efron",
    stratum: ArrayLike | None = None,
    entry: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    offset: ArrayLike | None = None,
    cluster: ArrayLike | None = None,
    robust: bool = False,
    start: ArrayLike | None = None,
    max_iterations: int = 60,
) -> CoxFit:
    """Maximise the partial likelihood, and report it only where it has a maximum.

    Parameters
    ----------
    time : array_like, shape (n,)
        End of each row's time at risk, not negative. Times closer than `outcomes.models.cox.ties` says
        are tied, in any unit.
    observed : array_like of bool, shape (n,)
        Whether the row ends with the event.
    covariates : array_like, shape (n, p)
        Numbers; centred and scaled inside. No column at all gives the baseline hazard alone.
    terms : sequence of str, optional
        Names of the columns, for the messages; x1, x2, ... if not given.
    ties : {'efron', 'breslow'}
        How tied events share their risk sets. Exact ties are not offered.
    stratum : array_like of int, shape (n,), optional
        Rows with the same code share a baseline hazard.
    entry : array_like, shape (n,), optional
        Start of the time at risk: the row is at risk on (entry, time] (left truncation, start-stop rows).
    weights : array_like, shape (n,), optional
        Case weights, not negative. A row of weight 0 counts for nothing, in ties as elsewhere.
    offset : array_like, shape (n,), optional
        Added to the linear predictor.
    cluster : array_like, shape (n,), optional
        Codes of the units that are independent (patients of start-stop rows, sites): robust variance.
    robust : bool
        Robust variance with each row a cluster of its own, unless `cluster` is given.
    start : array_like, shape (p,), optional
        Where Newton's method starts; 0 if not given.
    max_iterations : int
        Newton steps before giving up; a fit with a maximum takes 4 to 10.

    Returns
    -------
    CoxFit
        With status 'ok', or 'not_estimable' or 'not_converged' and the reason, naming the term.

    Raises
    ------
    ValueError
        If lengths differ, codes are no integers or `ties` is unknown: bugs of the caller, not faults of data.
    """
    if ties not in get_args(Ties):
        raise ValueError(f"ties must be one of {', '.join(get_args(Ties))}")
    days, x, seen = np.asarray(time, float), np.asarray(covariates, float), np.asarray(observed)
    extra = {"entry": _floats(entry), "weight": _floats(weights), "offset": _floats(offset)}
    codes = {"stratum": _codes(stratum, "stratum"), "cluster": _codes(cluster, "cluster")}
    names = tuple(terms) if terms is not None else tuple(f"x{k + 1}" for k in range(x.shape[-1]))
    _check_shapes(x, names, {"time": days, "observed": seen, **extra, **codes})
    weight, first = extra["weight"], _floats(start)
    if first is not None and not (first.shape == (len(names),) and np.isfinite(first).all()):
        raise ValueError(f"start must have one finite number for each of the {len(names)} terms")
    problem, ranks = value_problem(days, seen, x, names, extra), np.empty(0, np.intp)
    if problem is None:
        entered = extra["entry"]
        ranks = tie_ranks(days if entered is None else np.concatenate([days, entered]))
        problem = count_problem(seen, weight, ranks) or cluster_problem(codes["cluster"], len(names))
    if problem is not None:
        return CoxFit("not_estimable", problem, names, ties, days.size, int(np.count_nonzero(seen == 1)))
    seen = seen.astype(bool, copy=False)
    kept = np.ones(days.size, bool) if weight is None else weight > 0
    blank = CoxFit(
        "not_estimable",
        "",
        names,
        ties,
        int(np.count_nonzero(kept)),
        int(np.count_nonzero(seen & kept)),
        robust=robust or cluster is not None,
        time=days,
        observed=seen,
        entry=extra["entry"],
        weights=weight,
    )
    sets = build_risk_sets(
        days,
        seen,
        x,
        ranks=ranks,
        efron=ties == "efron",
        stratum=codes["stratum"],
        weight=weight,
        offset=extra["offset"],
    )
    del ranks  # a million of them are 8 MB
    problem = column_problem(sets, names)
    if problem is not None:
        return replace(blank, message=problem)
    return _solve(blank, sets, first, max_iterations, codes["cluster"])


def _solve(
    blank: CoxFit, sets: RiskSets, first: Floats | None, max_iterations: int, cluster: Index | None
) -> CoxFit:
    """Climb from `first`, or from 0 where that is not given or leads nowhere."""
    names, zero = blank.terms, np.zeros(len(blank.terms))
    path = maximise(sets, names, zero if first is None else first * sets.scale, max_iterations)
    if first is not None and path.status != "ok":
        path = maximise(sets, names, zero, max_iterations)
    if path.status != "ok":
        return replace(blank, status=path.status, message=path.message, iterations=path.iterations)
    null = path.first if first is None else evaluate(sets, zero)
    return _result(blank, sets, path, null, cluster)


def _result(blank: CoxFit, sets: RiskSets, path: Path, null: Derivatives, cluster: Index | None) -> CoxFit:
    """Put the solution into the units of the caller."""
    if cluster is not None:
        cluster = np.unique(cluster, return_inverse=True)[1]
    scale = np.outer(sets.scale, sets.scale)
    naive = path.inverse / scale
    sandwich = naive
    if blank.robust:
        sandwich = robust_covariance(sets, path.coefficients, path.inverse, cluster) / scale
    return replace(
        blank,
        status="ok",
        coefficients=path.coefficients / sets.scale,
        covariance=sandwich,
        naive_covariance=naive,
        score=path.here.score * sets.scale,
        log_likelihood=path.here.log_likelihood,
        log_likelihood_null=null.log_likelihood,
        iterations=path.iterations,
        score_statistic=float(null.score @ np.linalg.solve(null.information, null.score)),
        cluster=cluster,
        sets=sets,
        scaled=path.coefficients,
    )


def _floats(values: ArrayLike | None) -> Floats | None:
    return None if values is None else np.asarray(values, float)


def _codes(values: ArrayLike | None, name: str) -> Index | None:
    if values is None:
        return None
    codes = np.asarray(values)
    if codes.dtype.kind not in "iub":
        raise ValueError(f"{name} must be integer codes")
    return codes.astype(np.intp, copy=False)


def _check_shapes(x: Floats, names: tuple[str, ...], vectors: Mapping[str, NDArray[Any] | None]) -> None:
    if x.ndim != 2:
        raise ValueError("covariates must have a row per row of the data and a column per term")
    if len(names) != x.shape[1]:
        raise ValueError(f"{len(names)} terms for {x.shape[1]} columns of covariates")
    for name, values in vectors.items():
        if values is not None and values.shape != (x.shape[0],):
            raise ValueError(f"{name} must have one value for each of the {x.shape[0]} rows of covariates")
