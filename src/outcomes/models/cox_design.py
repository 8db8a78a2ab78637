"""Design of the Cox model: named columns for arms, covariates and category levels, and what ails them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from outcomes.config.headlines import TREATMENT
from outcomes.models.columns import quoted, redundant_column
from outcomes.models.counting import Floats, Integers, stratum_codes
from outcomes.models.cox import CoxFit, fit_cox_model
from outcomes.models.cox.fit import Ties


@dataclass(frozen=True)
class Design:
    """What the partial likelihood needs; rows are patients, sorted by patient.

    Attributes
    ----------
    terms : tuple of str
        Name of each column: an arm, a covariate, or ``covariate=level``.
    matrix : ndarray, shape (n, p)
        Indicators and numbers, not centred.
    time, observed, stratum : ndarray, shape (n,)
        Time in days, whether the event happened, code of the stratum.
    variables : tuple of str
        What each column belongs to: `TREATMENT` or the covariate.
    cluster : ndarray of int, shape (n,), or None
        Code of the cluster, for a robust variance.
    """

    terms: tuple[str, ...]
    matrix: Floats
    time: Floats
    observed: NDArray[np.bool_]
    stratum: Integers
    variables: tuple[str, ...] = ()
    cluster: Integers | None = None


def build_design(
    data: pd.DataFrame,
    arms: Sequence[str],
    covariates: Sequence[str],
    strata: Sequence[str],
    cluster: str | None = None,
) -> Design:
    """Build indicators of all `arms` but the first, then the covariates in plan order.

    Categories give an indicator per level present, but the first. Patients of other arms are left out.

    Raises
    ------
    ValueError
        If a covariate, stratum or cluster is missing: endpoints leave such patients out.
    """
    data = patients_of(data, arms)
    columns = {arm: np.asarray(data["arm"].astype(str) == arm, dtype=np.float64) for arm in arms[1:]}
    variables = [TREATMENT] * len(columns)
    for name in covariates:
        found = covariate_columns(data, name)
        columns |= found
        variables += [name] * len(found)
    matrix = np.column_stack(list(columns.values())) if columns else np.empty((len(data), 0))
    return Design(
        tuple(columns),
        matrix,
        data["time_days"].to_numpy(dtype=float),
        data["observed"].to_numpy(dtype=bool),
        stratum_codes(data, strata),
        tuple(variables),
        stratum_codes(data, (cluster,)) if cluster else None,
    )


def patients_of(data: pd.DataFrame, arms: Sequence[str]) -> pd.DataFrame:
    """Rows of some arms, in the order of patients."""
    return data[data["arm"].isin(arms)].sort_values("patient_id", kind="stable")


def covariate_columns(data: pd.DataFrame, name: str) -> dict[str, Floats]:
    """One column of a number; of a category, an indicator per level present beyond the first.

    Raises
    ------
    ValueError
        If a value is missing.
    """
    series = data[name]
    if series.isna().any():
        raise ValueError("covariates must be known")
    if pd.api.types.is_numeric_dtype(series):
        return {name: series.to_numpy(dtype=float)}
    values = series.astype("category").cat.remove_unused_categories()
    levels = values.cat.categories
    if len(levels) == 1:  # kept as a constant, to be refused by name
        return {name: np.zeros(len(series))}
    return {f"{name}={level}": (values == level).to_numpy(dtype=float) for level in levels[1:]}


def solve_cox(design: Design, ties: Ties = "efron", entry: Floats | None = None) -> CoxFit:
    """Maximise the partial likelihood of a design; robust variance where it has clusters."""
    return fit_cox_model(
        design.time,
        design.observed,
        design.matrix,
        terms=design.terms,
        ties=ties,
        stratum=design.stratum,
        entry=entry,
        cluster=design.cluster,
    )


def design_problem(design: Design) -> str | None:
    """Say which column is constant, or follows from those before it, among the patients that count.

    Only patients at risk at some event of their stratum enter the partial likelihood, and only
    differences within strata matter.
    """
    rows = np.zeros(design.time.size, dtype=bool)
    within = np.array(design.matrix)
    for code in np.unique(design.stratum):
        inside = design.stratum == code
        first = design.time[inside & design.observed].min(initial=np.inf)
        at_risk = inside & (design.time >= first)
        if at_risk.any():
            rows |= at_risk
            within[at_risk] -= within[at_risk].mean(axis=0)
    where = " within every stratum" if design.stratum.any() else ""
    found = redundant_column(design.matrix[rows], within[rows])
    if found is None:
        return None
    term = f"'{design.terms[found.place]}'"
    if found.constant:
        return f"{term} does not vary among the patients at risk{where}"
    return f"{term} is collinear with {quoted(design.terms[: found.place])}{where}"
