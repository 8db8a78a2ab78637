"""Proportions by arm, unadjusted: p_a = x_a / n_a with Wilson limits; differences with Newcombe limits.

The test of a difference is the z test with the pooled variance, whose square is Pearson's chi-square.
"""

from __future__ import annotations

import math

from outcomes.config.plan import ProportionAnalysis
from outcomes.frames import AnalysisFrame
from outcomes.inference import newcombe_interval, wald_p_value, wilson_interval
from outcomes.models.fit import Fit, Row, contrast_pairs, failed_row, level

METHODS = {
    "Model": "Proportions by arm, unadjusted",
    "Intervals": "Wilson score; differences by Newcombe's method 10",
    "Test": "z test of the difference with pooled variance",
}


def proportion_row(events: int, n: int, conf_level: float, **columns: object) -> Row:
    """One proportion with its Wilson interval, or a row that says that there is nobody."""
    if n == 0:
        return failed_row("proportion", "not_estimable", "no patients in this arm", n_patients=0, **columns)
    interval = wilson_interval(events, n, conf_level)
    return level(
        "proportion",
        estimate=events / n,
        ci_low=interval.low,
        ci_high=interval.high,
        conf_level=conf_level,
        unit="probability",
        n_patients=n,
        n_events=events,
        **columns,
    )


def fit_proportion(frame: AnalysisFrame, analysis: ProportionAnalysis) -> Fit:
    """Proportion of each arm and risk difference of each requested contrast."""
    outcome = frame.data.groupby("arm", observed=False)["outcome"].agg(["sum", "size"])
    events = {arm: int(outcome["sum"].get(arm, 0)) for arm in frame.treatment.arms}
    sizes = {arm: int(outcome["size"].get(arm, 0)) for arm in frame.treatment.arms}
    rows = [proportion_row(events[arm], sizes[arm], analysis.conf_level, arm=arm) for arm in sizes]
    for arm, comparator in contrast_pairs(analysis, frame):
        place = {"arm": arm, "comparator": comparator, "n_patients": sizes[arm] + sizes[comparator]}
        if sizes[arm] == 0 or sizes[comparator] == 0:
            rows.append(failed_row("risk_difference", "not_estimable", "an arm has no patients", **place))
            continue
        rows.append(
            risk_difference_row(
                (events[arm], sizes[arm]), (events[comparator], sizes[comparator]), analysis.conf_level
            )
            | place
        )
    return Fit(tuple(rows), METHODS)


def risk_difference_row(one: tuple[int, int], two: tuple[int, int], conf_level: float) -> Row:
    """Difference of two proportions given as (events, patients); no test where nobody or all had it."""
    (x1, n1), (x2, n2) = one, two
    p1, p2 = x1 / n1, x2 / n2
    interval = newcombe_interval(x1, n1, x2, n2, conf_level)
    row = level(
        "risk_difference",
        estimate=p1 - p2,
        ci_low=interval.low,
        ci_high=interval.high,
        conf_level=conf_level,
        unit="probability",
        std_error=math.sqrt(p1 * (1 - p1) / n1 + p2 * (1 - p2) / n2),
        scale="identity",
        df=math.inf,
        n_events=x1 + x2,
    )
    pooled = (x1 + x2) / (n1 + n2)
    pooled_error = math.sqrt(pooled * (1 - pooled) * (1 / n1 + 1 / n2))
    if pooled_error > 0:
        row |= {
            "statistic": (p1 - p2) / pooled_error,
            "p_value": wald_p_value(p1 - p2, pooled_error),
        }
    return row
