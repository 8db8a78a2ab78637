"""Collect the rows of all families of a cohort: multiplicity adjusted once, truth added if known."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from outcomes.config import Cohort, Plan
from outcomes.config.headlines import headline_of
from outcomes.config.project import load_file
from outcomes.config.truth import Truth
from outcomes.inference import adjust_p_values
from outcomes.io import read_table
from outcomes.stages import paths
from outcomes.tables import ESTIMATES


def collect_estimates(root: Path, name: str, cohort: Cohort, plan: Plan) -> pd.DataFrame:
    """All rows of a cohort in plan order, adjusted and with their truth."""
    frames = [read_table(root / paths.fits(name, family), ESTIMATES) for family in plan.families]
    rows = pd.concat([frame for frame in frames if len(frame)], ignore_index=True)
    position = {key: n for n, key in enumerate(plan.analyses)}
    rows = rows.sort_values("analysis", key=lambda s: s.map(position), kind="stable", ignore_index=True)
    rows = adjust_families(rows, plan)
    if cohort.truth is not None:
        truth = load_file(root, cohort.truth, Truth).truth
        found = truth_rows(rows, [value.model_dump() for value in truth])
        rows = pd.concat([rows, found], ignore_index=True)
    return rows


def adjust_families(rows: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """Fill `family` and `p_adjusted`: within a family, over its headline contrasts.

    A family's hypotheses are the contrasts of its analyses, at the last time where an analysis has
    several. One that could not be tested stays in the family, with p = 1, so that what was planned
    decides how strict the adjustment is.
    """
    families = {name: a.family for name, a in plan.analyses.items() if a.family is not None}
    contrast = _answers(rows, plan) & rows["comparator"].notna()
    last = rows["time"].where(contrast).groupby(rows["analysis"]).transform("max")
    headline = contrast & (rows["time"].isna() | (rows["time"] == last))
    adjusted = rows.assign(
        family=rows["analysis"].map(families).where(headline).astype("string"), p_adjusted=float("nan")
    )
    for family, method in plan.multiplicity.items():
        members = adjusted["family"] == family
        found = adjust_p_values(adjusted.loc[members, "p_value"].fillna(1.0).tolist(), method)
        adjusted.loc[members, "p_adjusted"] = found
    return adjusted.assign(p_adjusted=adjusted["p_adjusted"].where(adjusted["p_value"].notna()))


def _answers(rows: pd.DataFrame, plan: Plan) -> pd.Series:
    """Whether a row answers the question of its analysis, at any time."""
    found = {name: headline_of(analysis) for name, analysis in plan.analyses.items()}
    quantity = rows["analysis"].map({name: h.quantity for name, h in found.items() if h})
    term = rows["analysis"].map({name: h.term for name, h in found.items() if h and h.term})
    # a row without a term answers where no term is asked for
    same_term = (rows["term"].isna() & term.isna()) | (rows["term"] == term).fillna(False).astype(bool)
    return (rows["quantity"] == quantity).fillna(False).astype(bool) & same_term


def truth_rows(rows: pd.DataFrame, truth: list[Mapping[str, Any]]) -> pd.DataFrame:
    """One `truth` row beside each row of estimates whose true value the simulation knows."""
    known = pd.DataFrame(truth).rename(columns={"value": "true_value"})
    keys = ["endpoint", "quantity", "arm", "comparator", "time"]
    known["time"] = pd.to_numeric(known["time"])
    text = ["endpoint", "quantity", "arm", "comparator"]
    known[text] = known[text].astype("string")
    plain = rows[rows["term"].isna()]
    matched = plain.merge(known[[*keys, "true_value"]], on=keys, how="inner")
    identity = ["cohort", "analysis", "endpoint", "population", "model", "arm", "comparator", "time",
                "time_unit", "unit"]  # fmt: skip
    out = matched[identity].assign(
        quantity="truth", term=matched["quantity"], estimate=matched["true_value"], status="ok"
    )
    return out.reindex(columns=list(ESTIMATES.names)).astype(rows.dtypes.to_dict())


def collect_methods(root: Path, name: str, plan: Plan) -> dict[str, Any]:
    """Methods, labels and warnings of every analysis, in plan order."""
    found: dict[str, Any] = {}
    for family in plan.families:
        found |= json.loads((root / paths.methods(name, family)).read_text(encoding="utf-8"))
    return {key: found[key] for key in plan.analyses}
