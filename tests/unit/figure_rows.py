"""Cohort styles and estimates rows, made by hand, that the figure tests draw."""

from __future__ import annotations

import importlib
import math
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from outcomes.figures import ALT_TEXTS, FIGURES
from outcomes.figures.style import Style, arm_style
from outcomes.io import shape
from outcomes.tables import ESTIMATES, NUMBERED_STATUSES, QUANTITIES

NOT_CONVERGED = "the optimiser stopped at a gradient of 0.3"

FOUR_ARMS = {
    "neither": ((False, False), "Clinical management only"),
    "medication": ((True, False), "Sertraline"),
    "therapy": ((False, True), "Cognitive behavioural therapy"),
    "combined": ((True, True), "Cognitive behavioural therapy and sertraline"),
}
TWO_ARMS = {
    "patch": ((True, False), "Patch only"),
    "triple": ((True, True), "Triple combination"),
}
INERT_ARMS = {
    "medication": ((True, False), "$x$ <b>"),
    "combined": ((True, True), "a & b \\frac{1}{2} $\\alpha"),
}
COHORTS = {"four_arms": FOUR_ARMS, "two_arms": TWO_ARMS, "inert": INERT_ARMS}

LABELS = {
    "age_years": "Age, years",
    "sex": "Sex",
    "sex=female": "Sex: female",
    "sex=male": "Sex: male",
    "years_of_education": "Years of education",
    "previous_episodes": "Previous depressive episodes before the current one",
    "phq9": "PHQ-9 at baseline",
    "employment": "Employment",
    "relapse": "Relapse",
    "early_withdrawal": "Withdrawal from the study before the end of follow-up",
    "symptoms_mixed": "Symptoms",
    "relapse_cox": "Relapse",
    "week_4": "week 4",
    "week_8": "week 8",
    "week_12": "week 12",
}


def style_of(cohort: str, **changes: Any) -> Style:
    arms = {name: arm_style(vector, label) for name, (vector, label) in COHORTS[cohort].items()}
    return Style(arms, **{"labels": LABELS, **changes})


def pairs_of(cohort: str) -> list[tuple[str, str]]:
    arms = list(COHORTS[cohort])
    return [(arm, comparator) for i, comparator in enumerate(arms) for arm in arms[i + 1 :]]


def row(quantity: str, **columns: Any) -> dict[str, Any]:
    made = {
        "cohort": "c", "analysis": "a", "endpoint": "e", "population": "all_assigned", "model": "m",
        "quantity": quantity, "status": "ok",
        "conf_level": 0.95 if QUANTITIES[quantity].interval else math.nan, **columns,
    }  # fmt: skip
    if made["status"] not in NUMBERED_STATUSES:
        made |= {"estimate": math.nan, "ci_low": math.nan, "ci_high": math.nan}
        made.setdefault("message", NOT_CONVERGED)
    return made


def table(rows: list[dict[str, Any]]) -> pd.DataFrame:
    return shape(pd.DataFrame(rows, columns=list(ESTIMATES.names)), ESTIMATES)


def failed(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the same rows as of a fit that did not converge."""
    numbers = ["estimate", "ci_low", "ci_high", "conf_level"]
    return frame.assign(status="not_converged", message=NOT_CONVERGED, **dict.fromkeys(numbers, math.nan))


def trajectory_rows(cohort: str, fail: str | None = None) -> pd.DataFrame:
    """Means at weeks 4, 8 and 12; the arm `fail` has none at week 12."""
    rows = []
    for i, arm in enumerate(COHORTS[cohort]):
        rows.append(
            row("observed_mean", arm=arm, time=0, time_unit="week", estimate=16.4 + 0.2 * i, unit="points")
        )
        for week, share in ((1, 0.2), (2, 0.35), (4, 0.6), (8, 0.85), (12, 1.0)):
            mean = 16.4 - share * (3.8, 6.6, 6.9, 9.3)[i]
            status = "not_converged" if arm == fail and week == 12 else "ok"
            rows.append(row("mean", arm=arm, time=week, time_unit="week", estimate=mean, ci_low=mean - 0.9,
                            ci_high=mean + 0.9, unit="points", status=status))  # fmt: skip
    return table(rows)


def kaplan_meier_rows(cohort: str) -> pd.DataFrame:
    """Exponential curves with steps of 7 days to day 182; at risk at seven ticks."""
    rows = []
    for i, arm in enumerate(COHORTS[cohort]):
        rate, n = (0.0088, 0.0052, 0.0047, 0.0021)[i], (61, 64, 60, 120)[i]
        for day in range(0, 176, 7):
            s = math.exp(-rate * day)
            half = 1.96 * math.sqrt(s * (1 - s) / n)
            rows.append(row("survival_probability", arm=arm, time=day, time_unit="day", estimate=s,
                            unit="probability", ci_low=max(0.0, s - half),
                            ci_high=min(1.0, s + half)))  # fmt: skip
        rows += [
            row("number_at_risk", arm=arm, time=tick, time_unit="day", unit="patients",
                estimate=round(n * math.exp(-rate * tick)))
            for tick in (0, 30, 60, 90, 120, 150, 182)
        ]  # fmt: skip
    return table(rows)


CONTRASTS = {
    "mean_difference": (
        "points",
        (-2.8, -3.1, -5.5, -0.3, -2.7, -2.4),
        1.3,
        {"time": 12.0, "time_unit": "week"},
    ),
    "hazard_ratio": ("ratio", (0.59, 0.53, 0.24, 0.90, 0.40, 0.45), 0.35, {}),
    "rmst_difference": (
        "days",
        (21.0, 24.0, 58.0, 3.0, 37.0, 34.0),
        18.0,
        {"time": 182.0, "time_unit": "day"},
    ),
    "risk_difference": ("probability", (-0.10, -0.08, -0.21, 0.02, -0.11, -0.13), 0.09, {}),
}


def forest_rows(cohort: str, quantity: str, fail: int | None = None) -> pd.DataFrame:
    """All pairwise contrasts; the one at place `fail` is not estimable."""
    unit, estimates, half, when = CONTRASTS[quantity]
    rows = []
    for i, (arm, comparator) in enumerate(pairs_of(cohort)):
        x = estimates[i]
        low, high = (x * math.exp(-half), x * math.exp(half)) if unit == "ratio" else (x - half, x + half)
        rows.append(row(quantity, arm=arm, comparator=comparator, estimate=x, ci_low=low, ci_high=high,
                        unit=unit, status="not_estimable" if i == fail else "ok", **when))  # fmt: skip
        if when.get("time_unit") == "week":
            rows.append(row(quantity, arm=arm, comparator=comparator, estimate=x / 2, ci_low=x / 2 - half,
                            ci_high=x / 2 + half, unit=unit, time=4.0, time_unit="week"))  # fmt: skip
    return table(rows)


def count(term: str, n: int, arm: str | None = None, **more: Any) -> dict[str, Any]:
    return row("count", term=term, arm=arm, estimate=n, unit="patients", **more)


def event_flow_rows(cohort: str) -> pd.DataFrame:
    """Of every arm but the first all were followed up."""
    arms = list(COHORTS[cohort])
    rows = [count("assigned", 121 * len(arms))]
    for i, arm in enumerate(arms):
        event, withdrew, nothing = (52, 41, 37, 23)[i], (9, 8, 0, 6)[i], 3 if i == 0 else 0
        rows += [
            count("assigned", 121, arm), count("event", event, arm),
            count("censored: end of study", 121 - event - withdrew - nothing, arm),
            count("censored: withdrew", withdrew, arm), count("no follow-up", nothing, arm),
            count("analysed", 121, arm),
        ]  # fmt: skip
    return table(rows)


def flow_rows(cohort: str, screened: bool = True) -> pd.DataFrame:
    arms = list(COHORTS[cohort])
    rows = [count("assigned", 120 * len(arms))]
    if screened:
        rows += [
            count("screened", 655), count("excluded: did not meet the criteria", 112),
            count("excluded: declined to take part", 63),
        ]  # fmt: skip
    for i, arm in enumerate(arms):
        lost, harm, no_score = (14, 11, 9, 6)[i], (0, 7, 0, 5)[i], (3, 2, 1, 0)[i]
        rows += [
            count("assigned", 120, arm), count("analysed", 120, arm),
            count("completed", 120 - lost - harm, arm),
            count("discontinued: lost to follow-up", lost, arm),
            count("discontinued: adverse event", harm, arm),
            *(count(f"observed: week_{w}", 120 - round((lost + harm) * w / 12), arm, time=w, time_unit="week")
              for w in (4, 8, 12)),
            count("analysed", 120 - no_score, arm, analysis="symptoms_mixed"),
            count("excluded: no score after baseline", no_score, arm, analysis="symptoms_mixed"),
            count("analysed", 120, arm, analysis="relapse_cox"),
        ]  # fmt: skip
    return table(rows)


def balance_rows(cohort: str, fail: str | None = None) -> pd.DataFrame:
    sizes = {
        "age_years": 0.04, "sex": 0.11, "years_of_education": 0.07, "previous_episodes": 0.19, "phq9": 0.02,
        "employment": 0.14,
    }  # fmt: skip
    rows = []
    for term, size in sizes.items():
        status = "not_estimable" if term == fail else "ok"
        for i, (arm, comparator) in enumerate(pairs_of(cohort)):
            value = size * (1.0, -0.7, 0.3, 0.55, -0.15, 0.85)[i]
            rows.append(row("standardised_mean_difference", term=term, arm=arm, comparator=comparator,
                            estimate=value, unit="standard deviations", status=status))  # fmt: skip
    return table(rows)


KINDS = {
    "trajectory": trajectory_rows,
    "kaplan_meier": kaplan_meier_rows,
    "forest": lambda cohort: forest_rows(cohort, "hazard_ratio"),
    "participant_flow": flow_rows,
    "baseline_balance": balance_rows,
    "event_flow": event_flow_rows,
}


RELAPSE = {"outcome": "Relapse", "unit": "days", "higher_is_better": True}


def resolve(target: str):
    module, function = target.split(":")
    return getattr(importlib.import_module(module), function)


KIND_OF = {
    "event_flow": "participant_flow",
    "subgroup_forest": "forest",
    "period_forest": "forest",
    "cause_forest": "forest",
    "firth_forest": "forest",
    "difference_forest": "forest",
}
"""Kind of the rows that are not called after it."""


def kind_of(name: str) -> str:
    return KIND_OF.get(name, name)


def draw(kind: str, rows: pd.DataFrame, style: Style) -> Figure:
    return resolve(FIGURES[kind_of(kind)])(rows, style)


def describe(kind: str, rows: pd.DataFrame, style: Style) -> str:
    return resolve(ALT_TEXTS[kind_of(kind)])(rows, style)


def texts(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.texts]
