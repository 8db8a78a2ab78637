"""Forest of contrasts: one line each, with its interval drawn and printed."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd
from matplotlib.figure import Figure

from outcomes.figures.forest_axis import (
    better_sides,
    contrast_names,
    differ_otherwise,
    draw_interval,
    interval_texts,
    not_randomised_notes,
    print_names,
    print_sides,
    x_axis,
)
from outcomes.figures.forest_groups import groups_of
from outcomes.figures.forest_lines import describe_groups, draw_groups
from outcomes.figures.page import (
    GAP,
    LINE,
    WIDTH,
    Page,
    block_width,
    draw_foot,
    figure_settings,
    foot_lines,
    text_width,
    wrap,
)
from outcomes.figures.plot import Frame
from outcomes.figures.points import Point, points
from outcomes.figures.style import INK, MUTED, Style
from outcomes.figures.words import (
    DAGGER,
    at_time,
    confidence,
    decimals_of,
    failures,
    lower_first,
    shown_unit,
    who,
)
from outcomes.tables import QUANTITIES

SHOWN = (
    "mean_difference", "hazard_ratio", "rmst_difference", "risk_difference", "survival_difference",
    "penalised_hazard_ratio", "time_ratio", "rmst_ratio",
)  # fmt: skip


@figure_settings()
def draw_forest(rows: pd.DataFrame, style: Style) -> Figure | None:
    """Draw the contrasts of one quantity, at the last time where there are several.

    Ratios stand on a log axis; a dashed line marks no difference; probabilities are shown in percent.
    Rows by subgroup, period or cause, and differences in probability at several times, stand under
    headings: see `forest_groups`.

    Parameters
    ----------
    rows : pandas.DataFrame
        Rows of `estimates` of one analysis.
    style : Style
        `higher_is_better` decides which side of the line is called better.
    """
    groups = groups_of(rows, style)
    if groups is not None:
        return draw_groups(groups, style)
    quantity, found, digits = _contrasts(rows, style)
    if not any(point.ok for point in found):
        return None
    names = [contrast_names(point, style) for point in found]
    texts = interval_texts(found, digits)
    heights = [max(len(first) + len(second), 1) * LINE + GAP for first, second in names]
    left = max(block_width([*first, *second]) for first, second in names) + 2 * GAP
    head = confidence(found)
    right = max(block_width(texts), text_width(f"Estimate ({head})")) + GAP
    title, sides = wrap(_title(quantity, found, style), WIDTH - 2), better_sides(quantity, style)
    frame = Frame(left, len(title) * LINE + 2 * GAP + LINE, WIDTH - left - right - GAP, sum(heights))
    marked = [f"{DAGGER} {note}" for note in not_randomised_notes(found, style)]
    foot = foot_lines([*marked, *failures(found, style)], synthetic=style.synthetic)
    below = frame.bottom + LINE + GAP + (2 * LINE + GAP if sides else 0)
    page = Page.of_height(below + GAP + len(foot) * LINE)
    page.text(1, 1, "\n".join(title))
    page.text(WIDTH - 1, frame.top - LINE - 2, f"Estimate ({head})", MUTED, ha="right")
    ax = page.axes(frame.left, frame.top, frame.width, frame.height)
    log = QUANTITIES[quantity].scale == "log"
    x_axis(ax, frame, quantity, found)
    y = frame.top
    for point, (first, second), text, height in zip(found, names, texts, heights, strict=True):
        middle = y + height / 2
        print_names(page, point, first, second, middle, style)
        page.text(
            WIDTH - 1, middle, text, INK if point.ok else MUTED, ha="right", va="center", gid="interval"
        )
        if point.ok:
            draw_interval(ax, point, sum(heights) - (middle - frame.top), style, log=log)
        y += height
    if sides:
        print_sides(page, ax, frame, sides, QUANTITIES[quantity].null or 0.0)
    draw_foot(page, below, foot)
    return page.figure


def describe_forest(rows: pd.DataFrame, style: Style) -> str:
    """Each contrast with its interval, in words."""
    groups = groups_of(rows, style)
    if groups is not None:
        return describe_groups(groups, style)
    quantity, found, digits = _contrasts(rows, style)
    parts = []
    for point, text in zip(found, interval_texts(found, digits), strict=True):
        flag = " (not randomised)" if differ_otherwise(point, style) else ""
        parts.append(f"{who(point, style)}{flag} {text}")
    said = f"{_title(quantity, found, style)}, with {confidence(found)}: {'; '.join(parts)}."
    return " ".join([said, *(f"{note}." for note in not_randomised_notes(found, style))])


def _contrasts(rows: pd.DataFrame, style: Style) -> tuple[str, list[Point], int]:
    """Quantity to draw, its contrasts at the last time that any of them has, and their decimals."""
    for quantity in SHOWN:
        found = [
            p for p in points(rows, quantity, style)
            if p.arm is not None and p.comparator is not None and p.term is None
        ]  # fmt: skip
        if found:
            last = max((p.time for p in found if not math.isnan(p.time)), default=math.nan)
            drawn = [p for p in found if math.isnan(last) or p.time == last]
            return quantity, drawn, decimals_of(found)
    return "", [], 0


def _title(quantity: str, found: Sequence[Point], style: Style) -> str:
    unit = shown_unit(next((point.unit for point in found if point.unit), ""))
    timed = next((p for p in found if not math.isnan(p.time)), None)
    when = ""
    if timed is not None:
        word = "to" if quantity in ("rmst_difference", "rmst_ratio") else "at"
        when = f" {word} {at_time(timed.time_unit, timed.time)}"
    said = f"{QUANTITIES[quantity].label}{f' ({unit})' if unit else ''}{when}"
    return f"{style.outcome}: {lower_first(said)}"
