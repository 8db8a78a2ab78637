"""Collect the rows of all families of a cohort: multiplicity adjusted once, truth added if known."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from outcomes.config import Cohort, Plan
from outcomes.config.base import load_yaml
from outcomes.inference import adjust_p_values
from outcomes.io import read_table
from outcomes.stages import paths
from outcomes.tables import ESTIMATES

CONTRASTS = ("mean_difference", "hazard_ratio", "rmst_difference", "risk_difference")
"""Quantities whose p-values form a multiplicity family; coefficients and omnibus tests do not."""


def collect_estimates(root: Path, name: str, cohort: Cohort, plan: Plan) -> pd.DataFrame:
    """All rows of a cohort in plan order, adjusted and with their truth."""
    frames = [read_table(root / paths.fits(name, family), ESTIMATES) for family in plan.families]
    rows = pd.concat([frame for frame in frames if len(frame)], ignore_index=True)
    position = {key: n for n, key in enumerate(plan.analyses)}
    rows = rows.sort_values("analysis", key=lambda s: s.map(position), kind="stable", ignore_index=True)
    rows = adjust_families(rows, plan)
    if cohort.truth is not None:
        truth = load_yaml(root / cohort.truth, cohort.truth)["truth"]
        rows = pd.concat([rows, truth_rows(rows, truth)], ignore_index=True)
    return rows


def adjust_families(rows: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """Fill `p_adjusted`: within a family, over its headline contrasts.

    A family's hypotheses are its contrasts: at the last time of each analysis where there are
    several. Rows of a family outside them lose their `family` mark.
    """
    tested = rows["family"].notna() & rows["quantity"].isin(CONTRASTS) & rows["p_value"].notna()
    last = rows.groupby("analysis")["time"].transform(
        lambda times: times[tested.loc[times.index]].max() if tested.loc[times.index].any() else None
    )
    tested &= rows["time"].isna() | last.isna() | (rows["time"] == last)
    adjusted = rows.assign(p_adjusted=float("nan"))
    adjusted.loc[~tested, "family"] = pd.NA
    for family, method in plan.multiplicity.items():
        members = tested & (rows["family"] == family)
        adjusted.loc[members, "p_adjusted"] = adjust_p_values(rows.loc[members, "p_value"].tolist(), method)
    return adjusted


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
