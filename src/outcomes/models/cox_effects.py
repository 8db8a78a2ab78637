"""Hazard ratios by period of follow-up and in subgroups, each from one model, with a test of equal effects.

Periods: rows are cut at the days of the plan, and arms have effects of their own in each (Therneau & Grambsch
2000, section 6.5). Subgroups: arm by level, with the covariate's own effect or stratum.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd

from outcomes.models.counting import Floats, Integers, stratum_codes
from outcomes.models.cox_case import CoxCase, Pair, one_cluster_reason
from outcomes.models.cox_cells import CellFit, EqualEffects, Spells, equal_effects, fit_cells, reason_of
from outcomes.models.cox_design import covariate_columns, patients_of
from outcomes.models.fit import Row, failed_row, level, wald_row

PERIOD, SUBGROUP, INTERACTION = "period_hazard_ratio", "subgroup_hazard_ratio", "interaction_chi_square"


def period_rows(case: CoxCase) -> list[Row]:
    """Hazard ratio of each contrast in each period, and the test of equal effects in all.

    A period is (from, to]: an event on the day of a cut belongs to the earlier one.
    """
    cuts = case.analysis.periods_days
    if not cuts:
        return []
    data = patients_of(case.frame.data, tuple(case.samples))
    end = float(data["time_days"].max()) if len(data) else 0.0
    bounds = (0.0, *cuts, max(end, cuts[-1]))
    names = [f"days {start:g} to {stop:g}" for start, stop in pairwise(bounds)]
    if end <= cuts[-1]:
        names[-1] = f"days {cuts[-1]:g} and later"
    whole = _spells(case, data, case.analysis.covariates, np.zeros(len(data), np.int64))
    spells = whole.cut(bounds)
    return _effect_rows(case, spells, names, range(len(names)), PERIOD, "period")


def subgroup_rows(case: CoxCase) -> list[Row]:
    """Hazard ratio of each contrast in each level of each subgroup covariate, and tests of interaction."""
    rows: list[Row] = []
    data = patients_of(case.frame.data, tuple(case.samples))
    for name in case.analysis.subgroups:
        known = data[name].astype("category").cat.remove_unused_categories().cat
        names = [f"{name}={value}" for value in known.categories]
        others = tuple(other for other in case.analysis.covariates if other != name)
        spells = _spells(case, data, others, np.asarray(known.codes, dtype=np.int64))
        own_baselines = name in case.analysis.strata
        blocks = range(len(names)) if own_baselines else [0] * len(names)
        rows += _effect_rows(case, spells, names, blocks, SUBGROUP, name)
    return rows


def _spells(case: CoxCase, data: pd.DataFrame, covariates: Sequence[str], part: Integers) -> Spells:
    """One row per patient, those of arms without an event too: they are counted."""
    arms, cluster = tuple(case.samples), case.analysis.cluster
    columns: dict[str, Floats] = {}
    for name in covariates:
        columns |= covariate_columns(data, name)
    return Spells(
        np.arange(len(data), dtype=np.int64),
        np.array([arms.index(arm) for arm in data["arm"].astype(str)], dtype=np.int64),
        part,
        np.zeros(len(data)),
        data["time_days"].to_numpy(dtype=float),
        data["observed"].to_numpy(dtype=bool),
        stratum_codes(data, case.analysis.strata),
        columns,
        stratum_codes(data, (cluster,)) if cluster else None,
    )


def _effect_rows(
    case: CoxCase, spells: Spells, names: Sequence[str], blocks: Sequence[int], quantity: str, test: str
) -> list[Row]:
    arms = tuple(case.samples)
    cells = None
    if not all(case.reasons.values()):
        cells = fit_cells(spells, arms, names, blocks, case.analysis.ties)
        cells = replace(cells, reasons=_one_cluster(spells, arms, names) | dict(cells.reasons))
    rows = []
    for pair, why in case.reasons.items():
        codes = (arms.index(pair[0]), arms.index(pair[1]))
        for part, name in enumerate(names):
            row = _effect_row(case, cells, pair, codes, part, why, quantity)
            rows.append(row | {"term": name} | spells.counts(codes, part))
    if cells is None:
        found: EqualEffects | str = next(iter(case.reasons.values())) or ""
    else:
        found = equal_effects(cells, [arms.index(arm) for arm in case.arms], range(len(names)))
    return [*rows, _test_row(case, found, cells, test)]


def _one_cluster(spells: Spells, arms: Sequence[str], names: Sequence[str]) -> dict[tuple[int, int], str]:
    """Arms in a part whose patients are all in one cluster: no robust variance tells of their effect."""
    if spells.cluster is None:
        return {}
    found = {}
    for part, name in enumerate(names):
        for arm, label in enumerate(arms):
            if np.unique(spells.cluster[(spells.arm == arm) & (spells.part == part)]).size == 1:
                found[arm, part] = one_cluster_reason([label], f" in {name}")
    return found


def _effect_row(
    case: CoxCase,
    cells: CellFit | None,
    pair: Pair,
    codes: tuple[int, int],
    part: int,
    why: str | None,
    quantity: str,
) -> Row:
    told = why if cells is None else why or reason_of(cells, codes, part)
    if told is not None or cells is None:
        return case.failed(quantity, pair, "not_estimable", str(told))
    if cells.fit.status != "ok":
        return case.failed(quantity, pair, cells.fit.status, cells.fit.message)
    weights = cells.weights(codes, part)
    estimate = float(weights @ cells.fit.coefficients)
    std_error = float(np.sqrt(weights @ cells.fit.covariance @ weights))
    return wald_row(quantity, estimate, std_error, case.conf_level, unit="ratio") | case.place(pair)


def _test_row(case: CoxCase, found: EqualEffects | str, cells: CellFit | None, term: str) -> Row:
    if isinstance(found, str):
        broken = cells is not None and cells.fit.status == "not_converged"
        status = "not_converged" if broken else "not_estimable"
        return failed_row(INTERACTION, status, found, term=term, **case.totals())
    row = level(
        INTERACTION,
        term=term,
        estimate=found.test.statistic,
        statistic=found.test.statistic,
        df=float(found.test.df),
        p_value=found.test.p_value,
        unit="chi-square",
        **case.totals(),
    )
    if found.left_out:
        row |= {"status": "boundary", "message": f"left out: {'; '.join(found.left_out)}"}
    return row
