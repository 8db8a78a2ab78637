"""Baseline table: means and deviations or proportions by arm, and standardised mean differences.

Numbers: d = (m1 - m2) / sqrt((s1^2 + s2^2) / 2) (Austin 2009, Stat Med 28:3083). Categories: the Mahalanobis
distance between the two vectors of proportions (Yang & Dalton 2012, SAS Global Forum, paper 335), which is
never negative.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from outcomes.config.plan import BaselineAnalysis
from outcomes.frames import AnalysisFrame
from outcomes.models.fit import Fit, Row, contrast_pairs, failed_row, level
from outcomes.models.proportion import proportion_row

METHODS = {
    "Model": "Description by arm; no tests of baseline differences",
    "Standardised mean difference": "pooled SD of the two arms; categories: Mahalanobis distance",
}


def fit_baseline_table(frame: AnalysisFrame, analysis: BaselineAnalysis) -> Fit:
    """Rows of every baseline variable, in the order of the cohort file."""
    rows: list[Row] = []
    for name in (c for c in frame.data.columns if c not in ("patient_id", "arm")):
        values = frame.data[name]
        is_category = isinstance(values.dtype, pd.CategoricalDtype)
        for arm in frame.treatment.arms:
            known = values[frame.data["arm"] == arm]
            missing = int(known.isna().sum())
            known = known.dropna()
            rows += (_category if is_category else _number)(known, name, arm, analysis.conf_level)
            rows.append(
                level("count", term=f"missing: {name}", arm=arm, estimate=missing, unit="patients",
                      n_patients=len(known) + missing)
            )  # fmt: skip
        for arm, comparator in contrast_pairs(analysis, frame):
            one = values[frame.data["arm"] == arm].dropna()
            two = values[frame.data["arm"] == comparator].dropna()
            rows.append(
                _difference(one, two, is_category) | {"term": name, "arm": arm, "comparator": comparator}
            )
    return Fit(tuple(rows), METHODS)


def _number(known: pd.Series, name: str, arm: str, conf_level: float) -> list[Row]:  # noqa: ARG001 - same call for both kinds
    place = {"term": name, "arm": arm, "n_patients": len(known)}
    if known.empty:
        return [
            failed_row(q, "not_estimable", "no known values", **place)
            for q in ("observed_mean", "standard_deviation")
        ]
    rows = [level("observed_mean", estimate=float(known.mean()), **place)]
    if len(known) > 1:
        rows.append(level("standard_deviation", estimate=float(known.std(ddof=1)), **place))
    else:
        rows.append(failed_row("standard_deviation", "not_estimable", "one known value", **place))
    return rows


def _category(known: pd.Series, name: str, arm: str, conf_level: float) -> list[Row]:
    counts = known.value_counts()
    return [
        proportion_row(int(counts.get(value, 0)), len(known), conf_level, term=f"{name}={value}", arm=arm)
        for value in known.cat.categories
    ]


def _difference(one: pd.Series, two: pd.Series, is_category: bool) -> Row:
    quantity = "standardised_mean_difference"
    n = len(one) + len(two)
    if len(one) < 2 or len(two) < 2:
        return failed_row(quantity, "not_estimable", "fewer than two known values in an arm", n_patients=n)
    if is_category:
        value = category_distance(_proportions(one), _proportions(two))
    else:
        value = number_difference(one.to_numpy(float), two.to_numpy(float))
    if not math.isfinite(value):
        return failed_row(quantity, "not_estimable", "no variation within the two arms", n_patients=n)
    return level(quantity, estimate=value, unit="standard deviations", n_patients=n)


def _proportions(known: pd.Series) -> NDArray[np.float64]:
    shares = known.value_counts(normalize=True).reindex(known.cat.categories)
    return np.asarray(shares, dtype=np.float64)


def number_difference(one: NDArray[np.float64], two: NDArray[np.float64]) -> float:
    """Standardised mean difference of two samples, each of two values or more; inf without variation."""
    pooled = math.sqrt((one.var(ddof=1) + two.var(ddof=1)) / 2)
    difference = float(one.mean() - two.mean())
    if pooled == 0:
        return 0.0 if difference == 0 else math.inf
    return difference / pooled


def category_distance(one: NDArray[np.float64], two: NDArray[np.float64]) -> float:
    """Mahalanobis distance between two vectors of proportions over the same levels; inf if degenerate."""
    seen = (one + two) > 0
    p, q = one[seen][1:], two[seen][1:]
    if np.array_equal(p, q):
        return 0.0
    covariance = (np.diag(p) - np.outer(p, p) + np.diag(q) - np.outer(q, q)) / 2
    if np.linalg.matrix_rank(covariance) < len(p):
        return math.inf
    return math.sqrt(float((p - q) @ np.linalg.solve(covariance, p - q)))
