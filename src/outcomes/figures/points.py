"""Rows of `estimates` as plain values, in an order that does not depend on the order of the rows."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pandas as pd

from outcomes.figures.style import Style
from outcomes.tables import NUMBERED_STATUSES


@dataclass(frozen=True)
class Point:
    """One row; absent text is None, absent numbers are nan. `ok`: the row carries numbers."""

    analysis: str
    term: str | None
    arm: str | None
    comparator: str | None
    time: float
    time_unit: str
    estimate: float
    low: float
    high: float
    conf_level: float
    std_error: float
    unit: str
    ok: bool
    reason: str
    df: float
    p_value: float
    n_events: float


def points(rows: pd.DataFrame, quantity: str, style: Style) -> list[Point]:
    """Rows of one quantity, by arm in canonical order, then time, analysis and term."""
    names = list(style.arms)

    def rank(point: Point) -> tuple[int, int, float, str, str]:
        arm = names.index(point.arm) if point.arm is not None else -1
        comparator = names.index(point.comparator) if point.comparator is not None else -1
        time = -math.inf if math.isnan(point.time) else point.time
        return arm, comparator, time, point.analysis, point.term or ""

    chosen = rows[rows["quantity"] == quantity].to_dict("records")
    return sorted((_point(row) for row in chosen), key=rank)


def _point(row: dict[Any, Any]) -> Point:
    return Point(
        analysis=_text(row["analysis"]) or "",
        term=_text(row["term"]),
        arm=_text(row["arm"]),
        comparator=_text(row["comparator"]),
        time=_number(row["time"]),
        time_unit=_text(row["time_unit"]) or "",
        estimate=_number(row["estimate"]),
        low=_number(row["ci_low"]),
        high=_number(row["ci_high"]),
        conf_level=_number(row["conf_level"]),
        std_error=_number(row["std_error"]),
        unit=_text(row["unit"]) or "",
        ok=row["status"] in NUMBERED_STATUSES,
        reason=_text(row["message"]) or "",
        df=_number(row["df"]),
        p_value=_number(row["p_value"]),
        n_events=_number(row["n_events"]),
    )


def _text(value: Any) -> str | None:  # noqa: ANN401
    return None if pd.isna(value) else str(value)


def _number(value: Any) -> float:  # noqa: ANN401
    return math.nan if pd.isna(value) else float(value)


def of_arm(found: Iterable[Point], arm: str) -> list[Point]:
    """Those of one arm that carry numbers."""
    return [point for point in found if point.arm == arm and point.ok]
