"""From a data frame with one row per patient and visit to arrays with one row per patient."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from outcomes.models.mmrm.crossproducts import Array, Booleans, CrossProducts, Integers, cross_products
from outcomes.models.mmrm.design import Design, Factor, Number, quantity_names


@dataclass(frozen=True)
class Columns:
    """Which column of a frame is what.

    Attributes
    ----------
    score, patient, visit : str
    day, weight, covariance_by : str or None
        Actual day of a score; weight of a patient; factor whose levels have covariances of their own.
    """

    score: str
    patient: str
    visit: str
    day: str | None = None
    weight: str | None = None
    covariance_by: str | None = None


@dataclass(frozen=True, eq=False)
class Wide:
    """One row per patient, in the order of their sorted ids.

    Attributes
    ----------
    visits : tuple of str (T,)
    scores : array (n, T)
    quantities : array (n, r)
    visit_quantities : array (n, c, T)
    group : array of int (n,)
    days : array (n, T) or None
    weights : array (n,)
    """

    visits: tuple[str, ...]
    scores: Array
    quantities: Array
    visit_quantities: Array
    group: Integers
    days: Array | None
    weights: Array


def describe_variables(
    data: pd.DataFrame, names: Sequence[str], levels: Mapping[str, Sequence[str]], at_visits: Sequence[str]
) -> tuple[Factor | Number, ...]:
    """Take each column for a factor (text, category, boolean, or with levels given) or a number.

    Levels are those given, else the category's, else sorted; only those that occur, the first the reference.
    """
    made: list[Factor | Number] = []
    for name in names:
        values = data[name]
        boolean = pd.api.types.is_bool_dtype(values.dtype)
        if name not in levels and pd.api.types.is_numeric_dtype(values) and not boolean:
            made.append(Number(name, name in at_visits))
            continue
        present = {level_text(value) for value in values.dropna().unique()}
        if name in levels:
            order = [level_text(level) for level in levels[name]]
        elif isinstance(values.dtype, pd.CategoricalDtype):
            order = [level_text(level) for level in values.cat.categories]
        else:
            order = sorted(present)
        strange = len(present - set(order))
        if strange:
            raise ValueError(f"column {name}: {strange} levels that are not among {', '.join(order)}")
        made.append(Factor(name, tuple(level for level in order if level in present)))
    return tuple(made)


def level_text(value: object) -> str:
    """Text of a level; a whole number is the same with and without its decimal point."""
    whole = isinstance(value, float | np.floating) and float(value).is_integer()
    return str(int(value)) if whole else str(value)  # type: ignore[call-overload]


def to_wide(
    data: pd.DataFrame, columns: Columns, design: Design, visits: Sequence[object], groups: Sequence[str]
) -> Wide:
    """Lay out scores and quantities by patient.

    Raises
    ------
    ValueError
        If a patient has two rows for a visit, a covariate that varies within a patient or is missing, or a
        visit that is not planned; with the count, never an id.
    """
    code, place, n = _cells(data, columns, visits)
    T = len(visits)

    def by_cell(name: str) -> Array:
        if not pd.api.types.is_numeric_dtype(data[name]):
            raise ValueError(f"column {name}: holds no numbers (days count from a start)")
        out = np.full((n, T), np.nan)
        out[code, place] = data[name].to_numpy(dtype=float, na_value=np.nan)
        return out

    scores = by_cell(columns.score)
    scored = ~np.isnan(scores)[code, place]
    seen = np.zeros(n, dtype=bool)
    seen[code[scored]] = True

    def of_patients(name: str, variable: Factor | Number) -> Array:
        return _of_patients(data[name], variable, code, scored, seen)

    values = {
        name: of_patients(name, variable)
        for name, variable in design.variables.items()
        if name not in design.visit_quantities
    }
    quantities = np.ones((n, len(design.quantities)))
    for k, parts in enumerate(design.quantities):
        for name, level in parts:
            variable = design.variables[name]
            of = values[name]
            quantities[:, k] *= (
                of if isinstance(variable, Number) else of == variable.levels.index(str(level))
            )
    group = np.zeros(n, dtype=np.int64)
    if columns.covariance_by is not None:
        by = Factor(columns.covariance_by, tuple(groups))
        group = of_patients(columns.covariance_by, by).astype(np.int64)
    return Wide(
        visits=design.visits,
        scores=scores,
        quantities=quantities,
        visit_quantities=np.stack([by_cell(name) for name in design.visit_quantities], axis=1)
        if design.visit_quantities
        else np.empty((n, 0, T)),
        group=group,
        days=None if columns.day is None else by_cell(columns.day),
        weights=np.ones(n)
        if columns.weight is None
        else np.where(seen, of_patients(columns.weight, Number(columns.weight)), 1.0),
    )


def _cells(data: pd.DataFrame, columns: Columns, visits: Sequence[object]) -> tuple[Integers, Integers, int]:
    """Place of each row's patient and visit, and the number of patients."""
    code, ids = pd.factorize(data[columns.patient], sort=True)
    if (code < 0).any():
        raise ValueError(f"column {columns.patient}: {int((code < 0).sum())} rows without a patient")
    place = pd.Index(list(visits)).get_indexer(pd.Index(data[columns.visit]))
    if (place < 0).any():
        raise ValueError(
            f"column {columns.visit}: {int((place < 0).sum())} rows of visits that are not planned"
        )
    cell = code * len(visits) + place
    twice = len(cell) - len(np.unique(cell))
    if twice:
        raise ValueError(f"{twice} rows repeat a patient's visit: keep one row per patient and visit")
    return code, place, len(ids)


def _of_patients(
    values: pd.Series, variable: Factor | Number, code: Integers, scored: Booleans, seen: Booleans
) -> Array:
    """Value (of a factor: the place of its level) of each patient, from the rows with a score.

    Of patients without any (not `seen`) it is 0: nothing is needed of them but their number.
    """
    if isinstance(variable, Number):
        each = values.to_numpy(dtype=float, na_value=np.nan)
    else:
        codes, uniques = pd.factorize(values)
        known = {level: k for k, level in enumerate(variable.levels)}
        places = np.array([*(known.get(level_text(value), -1) for value in uniques), np.nan])
        each = places[codes]
        strange = int((scored & (each == -1.0)).sum())
        if strange:
            raise ValueError(
                f"column {variable.name}: {strange} rows with a level that is not among "
                f"{', '.join(variable.levels)}"
            )
    missing = int((scored & np.isnan(each)).sum())
    if missing:
        raise ValueError(
            f"column {variable.name}: {missing} rows with a score have no value: leave them out, or impute"
        )
    one = np.zeros(len(seen))
    one[code[scored][::-1]] = each[scored][::-1]
    varying = len(np.unique(code[scored & (each != one[code])]))
    if varying:
        raise ValueError(f"column {variable.name}: not the same in all rows of {varying} patients")
    return one


def sum_wide(wide: Wide, design: Design, groups: Sequence[str]) -> CrossProducts:
    """Cross-products of patients laid out by `to_wide`."""
    return cross_products(
        wide.scores, wide.quantities, visits=design.visits, covariate_names=quantity_names(design),
        visit_covariates=wide.visit_quantities, visit_covariate_names=design.visit_quantities,
        group=wide.group, groups=groups, days=wide.days, weights=wide.weights,
    )  # fmt: skip
