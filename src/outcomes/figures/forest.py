"""Forest of contrasts: one line each, with its interval drawn and printed."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

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
from outcomes.figures.plot import Frame, nice_ticks, thin_ticks
from outcomes.figures.points import Point, points
from outcomes.figures.style import INK, MUTED, RULE, Style
from outcomes.figures.words import (
    at_time,
    confidence,
    decimals_of,
    failures,
    in_shown_unit,
    interval,
    lower_first,
    not_randomised,
    short,
    shown_unit,
    who,
)
from outcomes.tables import QUANTITIES

SHOWN = ("mean_difference", "hazard_ratio", "rmst_difference", "risk_difference")
NAMES_WIDTH = 108.0
MOST_RATIO = 50.0  # an interval that runs further than this, or its inverse, ends in an arrow
RATIO_TICKS = (0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0)
NOT_ESTIMABLE = "not estimable"
DAGGER = "\N{DAGGER}"


@figure_settings()
def draw_forest(rows: pd.DataFrame, style: Style) -> Figure | None:
    """Draw the contrasts of one quantity, at the last time where there are several.

    Ratios stand on a log axis; a dashed line marks no difference; probabilities are shown in percent.

    Parameters
    ----------
    rows : pandas.DataFrame
        Rows of `estimates` of one analysis.
    style : Style
        `higher_is_better` decides which side of the line is called better.
    """
    quantity, found, digits = _contrasts(rows, style)
    if not any(point.ok for point in found):
        return None
    names = [_names(point, style) for point in found]
    texts = _texts(found, digits)
    heights = [max(len(first) + len(second), 1) * LINE + GAP for first, second in names]
    left = max(block_width([*first, *second]) for first, second in names) + 2 * GAP
    head = confidence(found)
    right = max(block_width(texts), text_width(f"Estimate ({head})")) + GAP
    title, sides = wrap(_title(quantity, found, style), WIDTH - 2), _sides(quantity, style)
    frame = Frame(left, len(title) * LINE + 2 * GAP + LINE, WIDTH - left - right - GAP, sum(heights))
    marked = [f"{DAGGER} {note}" for note in _not_randomised(found, style)]
    foot = foot_lines([*marked, *failures(found, style)], synthetic=style.synthetic)
    below = frame.bottom + LINE + GAP + (2 * LINE + GAP if sides else 0)
    page = Page.of_height(below + GAP + len(foot) * LINE)
    page.text(1, 1, "\n".join(title))
    page.text(WIDTH - 1, frame.top - LINE - 2, f"Estimate ({head})", MUTED, ha="right")
    ax = page.axes(frame.left, frame.top, frame.width, frame.height)
    log = QUANTITIES[quantity].scale == "log"
    _x_axis(ax, frame, quantity, found)
    y = frame.top
    for point, (first, second), text, height in zip(found, names, texts, heights, strict=True):
        middle = y + height / 2
        _print_names(page, point, first, second, middle, style)
        page.text(
            WIDTH - 1, middle, text, INK if point.ok else MUTED, ha="right", va="center", gid="interval"
        )
        if point.ok:
            _draw_interval(ax, point, sum(heights) - (middle - frame.top), style, log=log)
        y += height
    if sides:
        _print_sides(page, ax, frame, sides, QUANTITIES[quantity].null or 0.0)
    draw_foot(page, below, foot)
    return page.figure


def describe_forest(rows: pd.DataFrame, style: Style) -> str:
    """Each contrast with its interval, in words."""
    quantity, found, digits = _contrasts(rows, style)
    parts = []
    for point, text in zip(found, _texts(found, digits), strict=True):
        flag = " (not randomised)" if _differ_otherwise(point, style) else ""
        parts.append(f"{who(point, style)}{flag} {text}")
    said = f"{_title(quantity, found, style)}, with {confidence(found)}: {'; '.join(parts)}."
    return " ".join([said, *(f"{note}." for note in _not_randomised(found, style))])


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


def _texts(found: Sequence[Point], digits: int) -> list[str]:
    """Each interval as printed."""
    return [interval(point, digits) if point.ok else NOT_ESTIMABLE for point in found]


def _differ_otherwise(point: Point, style: Style) -> bool:
    """Whether the arms differ in a component that was not randomised."""
    return bool(style.confounders((point.arm, point.comparator)))


def _not_randomised(found: Sequence[Point], style: Style) -> list[str]:
    return not_randomised([(point.arm, point.comparator) for point in found], style)


def _title(quantity: str, found: Sequence[Point], style: Style) -> str:
    unit = shown_unit(next((point.unit for point in found if point.unit), ""))
    timed = next((p for p in found if not math.isnan(p.time)), None)
    when = ""
    if timed is not None:
        word = "to" if quantity == "rmst_difference" else "at"
        when = f" {word} {at_time(timed.time_unit, timed.time)}"
    said = f"{QUANTITIES[quantity].label}{f' ({unit})' if unit else ''}{when}"
    return f"{style.outcome}: {lower_first(said)}"


def _names(point: Point, style: Style) -> tuple[list[str], list[str]]:
    arm, comparator = style.arms[point.arm or ""], style.arms[point.comparator or ""]
    mark = DAGGER if _differ_otherwise(point, style) else ""
    return wrap(arm.label, NAMES_WIDTH), wrap(f"vs {comparator.label}{mark}", NAMES_WIDTH)


def _print_names(
    page: Page, point: Point, first: Sequence[str], second: Sequence[str], middle: float, style: Style
) -> None:
    top = middle - (len(first) + len(second)) * LINE / 2
    for lines, arm, start in ((first, point.arm, top), (second, point.comparator, top + len(first) * LINE)):
        page.text(1, start, "\n".join(lines), style.arms[arm or ""].colour, gid="name")


def _x_axis(ax: Axes, frame: Frame, quantity: str, found: Sequence[Point]) -> None:
    declared = QUANTITIES[quantity]
    null = declared.null or 0.0
    low, high = _limits(found, null, log=declared.scale == "log")
    if declared.scale == "log":
        ax.set_xscale("log")
        ticks = [tick for tick in RATIO_TICKS if low <= tick <= high]
        shown = thin_ticks([math.log(t) for t in ticks], math.log(low), math.log(high), frame.width, ["0.02"])
        ticks = [t for t in ticks if math.log(t) in shown]
    else:
        ticks = thin_ticks(nice_ticks(low, high, 4), low, high, frame.width)
    ax.set_xlim(low, high)
    ax.set_xticks(ticks, labels=[short(tick) for tick in ticks])
    ax.set_xticks([], minor=True)
    ax.set_ylim(0, frame.height)
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    ax.axvline(null, color=RULE, linewidth=0.8, linestyle=(0, (3, 2)), zorder=1)


def _limits(found: Sequence[Point], null: float, *, log: bool) -> tuple[float, float]:
    """Room for every estimate, the null and every finite bound; far bounds of ratios are cut off."""
    ok = [point for point in found if point.ok]
    inner = [null, *(in_shown_unit(p.estimate, p.unit) for p in ok)]
    bounds = [in_shown_unit(b, p.unit) for p in ok for b in (p.low, p.high) if math.isfinite(b)]
    if log:
        bounds = [min(max(b, 1 / MOST_RATIO), MOST_RATIO) for b in bounds]
        low, high = min([*inner, *bounds, 0.5]), max([*inner, *bounds, 2.0])
        return low / 1.08, high * 1.08
    low, high = min([*inner, *bounds]), max([*inner, *bounds])
    pad = 0.06 * (high - low) or 1.0
    return low - pad, high + pad


def _draw_interval(ax: Axes, point: Point, y: float, style: Style, *, log: bool) -> None:
    look = style.arms[point.arm or ""]
    estimate, low, high = (in_shown_unit(v, point.unit) for v in (point.estimate, point.low, point.high))
    left, right = ax.get_xlim()
    inset = (right / left) ** 0.02 if log else 0.02 * (right - left)
    near, far = (left * inset, right / inset) if log else (left + inset, right - inset)
    start, stop = (near if low < left else low), (far if high > right else high)
    ax.plot([start, stop], [y, y], color=look.colour, linewidth=1.2, solid_capstyle="butt")
    for cut, x, marker in ((low < left, near, "<"), (high > right, far, ">")):
        if cut:
            ax.plot([x], [y], marker=marker, color=look.colour, markersize=4, linestyle="none")
    ax.plot([estimate], [y], marker=look.marker, color=look.colour, markersize=5, linestyle="none", zorder=3)


def _sides(quantity: str, style: Style) -> tuple[str, str] | None:
    """Which of the two arms does better left and right of the line; None where no side is better."""
    if style.higher_is_better is None:
        return None
    # a higher hazard is a shorter time to the event
    right = style.higher_is_better != (quantity == "hazard_ratio")
    first, second = "first named\nis better", "second named\nis better"
    return (second, first) if right else (first, second)


def _print_sides(page: Page, ax: Axes, frame: Frame, sides: tuple[str, str], null: float) -> None:
    """Print them at either end of the axis, where each has room beside the null."""
    to_page = ax.transData.transform((null, 0.0))[0] / page.figure.bbox.width * WIDTH
    top = frame.bottom + LINE + GAP + 2
    for text, x, align, room in (
        (f"← {sides[0]}", to_page - 4, "right", to_page - 4),
        (f"{sides[1].replace(chr(10), ' →' + chr(10))}", to_page + 4, "left", WIDTH - to_page),
    ):
        if room >= block_width(text.split("\n")):
            page.text(x, top, text, MUTED, ha=align, gid="side")
