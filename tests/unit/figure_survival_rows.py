"""Rows of the survival suite, made by hand, that the figure tests draw; `KINDS` holds those of every kind."""

from __future__ import annotations

import math

import figure_rows
import pandas as pd
from figure_rows import COHORTS, pairs_of, row, table

DAY = {"time_unit": "day"}
RATES = (0.0088, 0.0052, 0.0047, 0.0021)
SIZES = (61, 64, 60, 120)
LOG_HR = (-0.53, -0.63, -1.43, -0.10, -0.90, -0.80)
Z = 1.96


def at_risk_rows(cohort: str, leaving: float = 0.0) -> list[dict]:
    return [
        row("number_at_risk", arm=arm, time=tick, unit="patients", **DAY,
            estimate=round(SIZES[i] * math.exp(-(RATES[i] + leaving) * tick)))
        for i, arm in enumerate(COHORTS[cohort]) for tick in (0, 30, 60, 90, 120, 150, 182)
    ]  # fmt: skip


def cumulative_incidence_rows(cohort: str, fail: str | None = None) -> pd.DataFrame:
    """Constant hazards of relapse and withdrawal, steps of 7 days; the cause `fail` has no numbers."""
    rows = []
    for i, arm in enumerate(COHORTS[cohort]):
        rates = {"relapse": RATES[i], "early_withdrawal": (0.0012, 0.0019, 0.0008, 0.0010)[i]}
        total = sum(rates.values())
        for cause, rate in rates.items():
            for day in range(0, 176, 7):
                f = rate / total * -math.expm1(-total * day)
                half = Z * math.sqrt(f * (1 - f) / SIZES[i])
                rows.append(row("cumulative_incidence", term=cause, arm=arm, time=day, unit="probability",
                                estimate=f, ci_low=max(0.0, f - half), ci_high=min(1.0, f + half), **DAY,
                                status="not_estimable" if cause == fail else "ok"))  # fmt: skip
    return table([*rows, *at_risk_rows(cohort, leaving=0.0011)])


def rmst_horizons_rows(cohort: str, fail: float | None = None) -> pd.DataFrame:
    """Differences that grow with the horizon; at the horizon `fail` no contrast has one."""
    rows = []
    for i, (arm, comparator) in enumerate(pairs_of(cohort)):
        for horizon in (30, 60, 90, 120, 150, 182):
            x = (21.0, 24.0, 58.0, 3.0, 37.0, 34.0)[i] * (horizon / 182) ** 1.8
            half = 18.0 * (horizon / 182) ** 1.4
            rows.append(row("rmst_difference", arm=arm, comparator=comparator, time=horizon, unit="days",
                            estimate=x, ci_low=x - half, ci_high=x + half, std_error=half / Z, **DAY,
                            status="not_estimable" if horizon == fail else "ok"))  # fmt: skip
    return table(rows)


def hazard_ratio_over_time_rows(cohort: str, fail: int | None = None) -> pd.DataFrame:
    """Effects that wane by a third, the constant ratios between, and the test of it."""
    rows = []
    for i, (arm, comparator) in enumerate(pairs_of(cohort)):
        pair = {"arm": arm, "comparator": comparator, "unit": "ratio",
                "status": "not_estimable" if i == fail else "ok"}  # fmt: skip
        for day in (9, 21, 36, 50, 64, 79, 95, 108, 121, 133, 147, 160, 174):
            x, half = LOG_HR[i] * (1.35 - 0.7 * day / 174), 0.3 + 0.3 * ((day - 80) / 90) ** 2
            rows.append(row("hazard_ratio_over_time", time=day, estimate=math.exp(x), **DAY, **pair,
                            ci_low=math.exp(x - half), ci_high=math.exp(x + half)))  # fmt: skip
        rows.append(row("hazard_ratio", estimate=math.exp(LOG_HR[i]), **pair,
                        ci_low=math.exp(LOG_HR[i] - 0.35), ci_high=math.exp(LOG_HR[i] + 0.35)))  # fmt: skip
    rows += [
        row("proportionality_chi_square", term=term, estimate=x, statistic=x, df=df, p_value=p)
        for term, x, df, p in (
            ("treatment", 4.84, 3, 0.184), ("age_years", 0.31, 1, 0.578), ("global", 5.2, 4, 0.267),
        )
    ]  # fmt: skip
    return table(rows)


KINDS = figure_rows.KINDS | {
    "cumulative_incidence": cumulative_incidence_rows,
    "rmst_horizons": rmst_horizons_rows,
    "hazard_ratio_over_time": hazard_ratio_over_time_rows,
}
