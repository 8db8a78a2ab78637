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
    rows += [row("gray_chi_square", term=cause, estimate=x, statistic=x, df=3, p_value=p)
             for cause, x, p in (("early_withdrawal", 3.91, 0.2711), ("relapse", 27.4, 4.9e-6))]  # fmt: skip
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


def specification_curve_rows(cohort: str, fail: str | None = "remission.days_in_row=56") -> pd.DataFrame:
    """Three thresholds of relapse by three lengths of remission; the strictest in both gives no number."""
    rows = []
    for i, (arm, comparator) in enumerate(pairs_of(cohort)[:3]):
        for at_least in ("16", "18", "20"):
            for days in ("14", "28", "56"):
                term = f"relapse.at_least={at_least}; remission.days_in_row={days}"
                x = LOG_HR[i] + 0.04 * (int(at_least) - 18) - 0.003 * (int(days) - 28) + 0.03 * (i % 2)
                half = 0.35 + 0.02 * (int(at_least) - 16)
                status = "not_estimable" if at_least == "20" and fail and fail in term else "ok"
                rows.append(row("hazard_ratio", term="declared" if (at_least, days) == ("18", "28") else term,
                                arm=arm, comparator=comparator, unit="ratio", estimate=math.exp(x),
                                ci_low=math.exp(x - half), ci_high=math.exp(x + half), status=status,
                                message="fewer than 5 events" if status != "ok" else None,
                                n_events=68 - 3 * (int(at_least) - 16) - int(days) // 7))  # fmt: skip
    return table(rows)


def interval_curves_rows(cohort: str, fail: str | None = None) -> pd.DataFrame:
    """Visits every 28 days: an innermost interval before each; the model of the arm `fail` has no numbers."""
    rows = []
    for i, arm in enumerate(COHORTS[cohort]):
        at = {0.0: 1.0}
        for visit in range(28, 183, 28):
            fallen = math.exp(-RATES[i] * visit * (1.06 if visit % 56 else 0.95))
            at |= {float(visit - (21 if visit % 56 else 28)): min(at.values()), float(visit): fallen}
        rows += [row("survival_probability", arm=arm, time=time, estimate=value, unit="probability",
                     ci_low=max(0.0, value - 0.1), ci_high=min(1.0, value + 0.1), **DAY)
                 for time, value in at.items()]  # fmt: skip
        for day in range(0, 183, 14):
            s = math.exp(-RATES[i] * day)
            half = Z * math.sqrt(s * (1 - s) / SIZES[i])
            rows.append(row("predicted_survival", arm=arm, time=day, estimate=s, unit="probability",
                            ci_low=max(0.0, s - half), ci_high=min(1.0, s + half), **DAY,
                            status="not_converged" if arm == fail else "ok"))  # fmt: skip
    return table(rows)


def ratio(quantity: str, pair: tuple[str, str], x: float, half: float, **columns) -> dict:
    return row(quantity, arm=pair[0], comparator=pair[1], unit="ratio", estimate=math.exp(x),
               ci_low=math.exp(x - half), ci_high=math.exp(x + half), **columns)  # fmt: skip


SUBGROUPS = {"sex=female": -0.15, "sex=male": 0.2, "previous_episodes=0 to 1": 0.3,
             "previous_episodes=2 to 9": -0.05, "previous_episodes=10 or more": -0.4}  # fmt: skip


def subgroup_rows(cohort: str, fail: str | None = None) -> pd.DataFrame:
    """Overall ratios, those of two covariates' levels, and a joint test of interaction for each."""
    rows = [
        row("interaction_chi_square", term=term, estimate=x, statistic=x, df=df, p_value=p)
        for term, x, df, p in (("sex", 1.02, 1, 0.3125), ("previous_episodes", 9.45, 2, 0.0089))
    ]
    for i, pair in enumerate(pairs_of(cohort)[:3]):
        rows.append(ratio("hazard_ratio", pair, LOG_HR[i], 0.35))
        for term, shift in SUBGROUPS.items():
            status = "not_estimable" if term == fail else "ok"
            rows.append(ratio("subgroup_hazard_ratio", pair, LOG_HR[i] + shift, 0.5, term=term, status=status,
                              message="no event in an arm" if term == fail else None))  # fmt: skip
    return table(rows)


def period_rows(cohort: str) -> pd.DataFrame:
    periods = {"days 0 to 90": -0.3, "days 90 to 180": 0.1, "after day 180": 0.5}
    test = row("interaction_chi_square", term="period", estimate=5.1, statistic=5.1, df=2, p_value=0.0781)
    return table([test, *(
        made
        for i, pair in enumerate(pairs_of(cohort)[:3])
        for made in (
            ratio("hazard_ratio", pair, LOG_HR[i], 0.35),
            *(ratio("period_hazard_ratio", pair, LOG_HR[i] + shift, 0.55, term=term)
              for term, shift in periods.items()),
        )
    )])  # fmt: skip


def cause_rows(cohort: str) -> pd.DataFrame:
    """Both ratios of both causes, shown together: a subdistribution ratio mixes the two hazards."""
    return table([
        ratio(quantity, pair, LOG_HR[i] * share, 0.35 + 0.2 * (cause != "relapse"), term=cause)
        for i, pair in enumerate(pairs_of(cohort)[:3])
        for cause, quantity, share in (
            ("relapse", "cause_specific_hazard_ratio", 1.0),
            ("relapse", "subdistribution_hazard_ratio", 0.9),
            ("early_withdrawal", "cause_specific_hazard_ratio", -0.3),
            ("early_withdrawal", "subdistribution_hazard_ratio", -0.05),
        )
    ])  # fmt: skip


def firth_rows(cohort: str) -> pd.DataFrame:
    """An arm without an event: the plain ratio is not estimable, the penalised one is."""
    rows = []
    for i, pair in enumerate(pairs_of(cohort)[:3]):
        rows += [ratio("hazard_ratio", pair, LOG_HR[i], 0.35, status="ok" if i else "not_estimable",
                       message=None if i else "no event in an arm"),
                 ratio("penalised_hazard_ratio", pair, LOG_HR[i] * 1.5, 1.1)]  # fmt: skip
    return table(rows)


def difference_rows(cohort: str, quantity: str = "survival_difference") -> pd.DataFrame:
    """Differences in probability at two times."""
    rows = []
    for i, (arm, comparator) in enumerate(pairs_of(cohort)[:3]):
        for day, share in ((90, 0.7), (182, 1.0)):
            x = (0.19, 0.22, 0.48)[i] * share
            rows.append(row(quantity, arm=arm, comparator=comparator, time=day, unit="probability",
                            estimate=x, ci_low=x - 0.16, ci_high=x + 0.16, **DAY))  # fmt: skip
    return table(rows)


KINDS = figure_rows.KINDS | {
    "cumulative_incidence": cumulative_incidence_rows,
    "rmst_horizons": rmst_horizons_rows,
    "hazard_ratio_over_time": hazard_ratio_over_time_rows,
    "interval_curves": interval_curves_rows,
    "specification_curve": specification_curve_rows,
    "subgroup_forest": subgroup_rows,
    "period_forest": period_rows,
    "cause_forest": cause_rows,
    "firth_forest": firth_rows,
    "difference_forest": difference_rows,
}
