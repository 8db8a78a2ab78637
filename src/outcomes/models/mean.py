"""Means by arm, unadjusted: m_a with t limits on n_a - 1 df; differences by Welch 1947, Biometrika 34:28."""

from __future__ import annotations

import math

import pandas as pd

from outcomes.config.plan import MeanAnalysis
from outcomes.frames import AnalysisFrame
from outcomes.models.fit import Fit, Row, contrast_pairs, failed_row, wald_row

METHODS = {
    "Model": "Means by arm, unadjusted",
    "Intervals": "t distribution, unequal variances (Welch)",
}


def fit_mean(frame: AnalysisFrame, analysis: MeanAnalysis) -> Fit:
    """Mean of each arm that has the component, and Welch difference of each contrast between them."""
    groups = frame.data.groupby("arm", observed=True)["value"]
    summary = {str(arm): (len(v), float(v.mean()), _deviation(v)) for arm, v in groups}
    rows: list[Row] = []
    for arm, (n, mean, deviation) in summary.items():
        place: Row = {"arm": arm, "unit": frame.unit, "n_patients": n}
        if n < 2 or deviation == 0:
            rows.append(failed_row("mean", "not_estimable", _why(n), **place))
        else:
            rows.append(
                wald_row(
                    "mean", mean, deviation / math.sqrt(n), analysis.conf_level, n - 1, test=False, **place
                )
            )
    for arm, comparator in contrast_pairs(analysis, frame):
        absent = [name for name in (arm, comparator) if name not in summary]
        if absent:
            why = f"no values in {' and '.join(absent)}"
            place = {"arm": arm, "comparator": comparator, "unit": frame.unit}
            rows.append(failed_row("mean_difference", "not_estimable", why, **place))
        else:
            rows.append(_difference(summary, arm, comparator, frame.unit, analysis.conf_level))
    return Fit(tuple(rows), METHODS)


def _deviation(values: pd.Series) -> float:
    """Standard deviation; exactly 0 where all values are equal, which a sum of squares need not give."""
    return 0.0 if values.min() == values.max() else float(values.std(ddof=1))


def _difference(
    summary: dict[str, tuple[int, float, float]], arm: str, comparator: str, unit: str, conf_level: float
) -> Row:
    (n1, m1, s1), (n2, m2, s2) = summary[arm], summary[comparator]
    place: Row = {"arm": arm, "comparator": comparator, "unit": unit, "n_patients": n1 + n2}
    for n, deviation in ((n1, s1), (n2, s2)):
        if n < 2 or deviation == 0:
            return failed_row("mean_difference", "not_estimable", _why(n), **place)
    v1, v2 = s1**2 / n1, s2**2 / n2
    df = (v1 + v2) ** 2 / (v1**2 / (n1 - 1) + v2**2 / (n2 - 1))
    return wald_row("mean_difference", m1 - m2, math.sqrt(v1 + v2), conf_level, df, **place)


def _why(n: int) -> str:
    return "fewer than two patients in an arm" if n < 2 else "all values of an arm are equal"
