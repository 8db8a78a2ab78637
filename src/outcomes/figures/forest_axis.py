"""What every forest is made of: the axis, an interval on it, the names of a contrast, the better side."""

from __future__ import annotations

import math
from collections.abc import Sequence

from matplotlib.axes import Axes

from outcomes.figures.page import GAP, LINE, WIDTH, Page, block_width, wrap
from outcomes.figures.plot import Frame, nice_ticks, ratio_limits, ratio_ticks, ratios_apart, thin_ticks
from outcomes.figures.points import Point
from outcomes.figures.style import MUTED, RULE, Style
from outcomes.figures.words import DAGGER, NOT_ESTIMABLE, in_shown_unit, interval, not_randomised, short
from outcomes.tables import QUANTITIES

NAMES_WIDTH = 108.0
HAZARDS = ("hazard_ratio", "penalised_hazard_ratio", "period_hazard_ratio", "subgroup_hazard_ratio")
"""Ratios that are higher where the time to the event is shorter."""


def interval_texts(found: Sequence[Point], digits: int) -> list[str]:
    """Each interval as printed."""
    return [interval(point, digits) if point.ok else NOT_ESTIMABLE for point in found]


def differ_otherwise(point: Point, style: Style) -> bool:
    """Whether the arms differ in a component that was not randomised."""
    return bool(style.confounders((point.arm, point.comparator)))


def not_randomised_notes(found: Sequence[Point], style: Style) -> list[str]:
    """Return the note on components that were not randomised, if any."""
    return not_randomised([(point.arm, point.comparator) for point in found], style)


def contrast_names(point: Point, style: Style) -> tuple[list[str], list[str]]:
    """Lines of both names of a contrast."""
    arm, comparator = style.arms[point.arm or ""], style.arms[point.comparator or ""]
    mark = DAGGER if differ_otherwise(point, style) else ""
    return wrap(arm.label, NAMES_WIDTH), wrap(f"vs {comparator.label}{mark}", NAMES_WIDTH)


def print_names(
    page: Page, point: Point, first: Sequence[str], second: Sequence[str], middle: float, style: Style
) -> None:
    """Print both names around the line of their interval, each in its arm's colour."""
    top = middle - (len(first) + len(second)) * LINE / 2
    for lines, arm, start in ((first, point.arm, top), (second, point.comparator, top + len(first) * LINE)):
        page.text(1, start, "\n".join(lines), style.arms[arm or ""].colour, gid="name")


def x_axis(ax: Axes, frame: Frame, quantity: str, found: Sequence[Point]) -> None:
    """Limits and ticks of the axis, logarithmic for ratios, and the line of no difference.

    On a log axis 1 is always labelled, and every other ratio beside which there is room.
    """
    declared = QUANTITIES[quantity]
    null = declared.null or 0.0
    if declared.scale == "log":
        low, high = ratio_limits(found)
        ax.set_xscale("log")
        ticks = ratios_apart(ratio_ticks(low, high), low, high, frame.width)
    else:
        low, high = _limits(found, null)
        ticks = thin_ticks(nice_ticks(low, high, 4), low, high, frame.width)
    ax.set_xlim(low, high)
    ax.set_xticks(ticks, labels=[short(tick) for tick in ticks])
    ax.set_xticks([], minor=True)
    ax.set_ylim(0, frame.height)
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    ax.axvline(null, color=RULE, linewidth=0.8, linestyle=(0, (3, 2)), zorder=1)


def _limits(found: Sequence[Point], null: float) -> tuple[float, float]:
    """Room for every estimate, the null and every finite bound."""
    ok = [point for point in found if point.ok]
    inner = [null, *(in_shown_unit(p.estimate, p.unit) for p in ok)]
    bounds = [in_shown_unit(b, p.unit) for p in ok for b in (p.low, p.high) if math.isfinite(b)]
    low, high = min([*inner, *bounds]), max([*inner, *bounds])
    pad = 0.06 * (high - low) or 1.0
    return low - pad, high + pad


def draw_interval(ax: Axes, point: Point, y: float, style: Style, *, log: bool) -> None:
    """Draw an estimate with its interval; an arrow where a limit lies beyond the axis."""
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


def better_sides(quantity: str, style: Style) -> tuple[str, str] | None:
    """Which of the two arms does better left and right of the line; None where no side is better."""
    if style.higher_is_better is None:
        return None
    # a higher hazard is a shorter time to the event
    right = style.higher_is_better != (quantity in HAZARDS)
    first, second = "first named\nis better", "second named\nis better"
    return (second, first) if right else (first, second)


def print_sides(page: Page, ax: Axes, frame: Frame, sides: tuple[str, str], null: float) -> None:
    """Print them at either end of the axis, where each has room beside the null."""
    to_page = ax.transData.transform((null, 0.0))[0] / page.figure.bbox.width * WIDTH
    top = frame.bottom + LINE + GAP + 2
    for text, x, align, room in (
        (f"← {sides[0]}", to_page - 4, "right", to_page - 4),
        (f"{sides[1].replace(chr(10), ' →' + chr(10))}", to_page + 4, "left", WIDTH - to_page),
    ):
        if room >= block_width(text.split("\n")):
            page.text(x, top, text, MUTED, ha=align, gid="side")
