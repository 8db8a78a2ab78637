"""Baseline balance: absolute standardised mean differences by variable (the plot of Love 2004)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

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
    wrap,
)
from outcomes.figures.plot import X_AXIS, Frame, nice_ticks, x_title
from outcomes.figures.points import Point, points
from outcomes.figures.style import INK, MUTED, RULE, Style
from outcomes.figures.words import not_randomised, number, short

THRESHOLD = 0.1  # above it an imbalance is customarily called notable: Austin 2009, Stat Med 28:3083
NAMES_WIDTH = 98.0
PAIR_WIDTH = 108.0
NOT_ESTIMABLE = "not estimable"


@dataclass(frozen=True)
class Variable:
    """One baseline variable: its differences over all pairs of arms, and the largest of them."""

    name: str
    sizes: tuple[float, ...]
    largest: Point | None
    failed: int

    @property
    def size(self) -> float:
        """Largest absolute difference; -1 where there is none."""
        return abs(self.largest.estimate) if self.largest is not None else -1.0


@figure_settings()
def draw_baseline_balance(rows: pd.DataFrame, style: Style) -> Figure | None:
    """Draw one line per variable, most unbalanced first; the largest pair is dark and named.

    Parameters
    ----------
    rows : pandas.DataFrame
        Rows of `estimates` of one baseline analysis.
    style : Style
        `labels` holds the printed names of the variables.
    """
    variables = _variables(rows, style)
    if not any(variable.largest for variable in variables):
        return None
    pairs = _pairs(rows, style)
    names = [wrap(style.label(v.name), NAMES_WIDTH) for v in variables]
    said = [_largest_lines(v, style, one_pair=len(pairs) == 1) for v in variables]
    heights = [max(len(a), len(b)) * LINE + 4 for a, b in zip(names, said, strict=True)]
    left, right = max(map(block_width, names)) + GAP, max(map(block_width, said)) + 2 * GAP
    head = [] if len(pairs) == 1 else wrap("Largest difference between two arms", right)
    right = max(right, block_width(head) + 2 * GAP)
    frame = Frame(left, len(head) * LINE + GAP, WIDTH - left - right, sum(heights))
    foot = foot_lines(_notes(variables, pairs, style), synthetic=style.synthetic)
    page = Page.of_height(frame.bottom + X_AXIS + LINE + GAP + len(foot) * LINE + 2)
    page.text(frame.right + 2 * GAP, 1, "\n".join(head), MUTED)
    ax = page.axes(frame.left, frame.top, frame.width, frame.height)
    _x_axis(ax, frame, max(v.size for v in variables))
    y = frame.top
    for variable, name, lines, height in zip(variables, names, said, heights, strict=True):
        middle = y + height / 2
        page.text(1, middle, "\n".join(name), va="center", gid="name")
        colour = INK if variable.largest is not None else MUTED
        page.text(frame.right + 2 * GAP, middle, "\n".join(lines), colour, va="center", gid="largest")
        _draw_variable(ax, variable, frame.bottom - middle)
        y += height
    below = x_title(page, frame, "Absolute standardised\nmean difference") + LINE
    draw_foot(page, below + GAP, foot)
    return page.figure


def describe_baseline_balance(rows: pd.DataFrame, style: Style) -> str:
    """Name the largest standardised mean difference, and how many variables exceed the threshold."""
    variables = _variables(rows, style)
    known = [variable for variable in variables if variable.largest is not None]
    notes = [f"{note}." for note in not_randomised(_pairs(rows, style), style)]
    notes += [f"Not estimable: {style.label(v.name)}." for v in variables if v.failed]
    first, above = known[0], sum(variable.size > THRESHOLD for variable in known)
    said = (
        f"Largest absolute standardised mean difference {number(first.size, 2)} "
        f"({style.label(first.name)}, {_pair(first.largest, style)}); "
        f"{above} of {len(known)} variables above {THRESHOLD}."
    )
    return " ".join([said, *notes])


def _variables(rows: pd.DataFrame, style: Style) -> list[Variable]:
    groups: dict[str, list[Point]] = {}
    for point in points(rows, "standardised_mean_difference", style):
        if point.term is not None:
            groups.setdefault(point.term, []).append(point)
    found = []
    for name, group in groups.items():
        ok = [point for point in group if point.ok]
        largest = max(ok, key=lambda point: abs(point.estimate), default=None)
        found.append(Variable(name, tuple(abs(p.estimate) for p in ok), largest, len(group) - len(ok)))
    return sorted(found, key=lambda variable: (-variable.size, variable.name))


def _pairs(rows: pd.DataFrame, style: Style) -> set[tuple[str | None, str | None]]:
    return {(p.arm, p.comparator) for p in points(rows, "standardised_mean_difference", style)}


def _pair(point: Point | None, style: Style) -> str:
    if point is None or point.arm is None or point.comparator is None:
        return "all arms"
    return style.contrast(point.arm, point.comparator)


def _largest_lines(variable: Variable, style: Style, *, one_pair: bool) -> list[str]:
    if variable.largest is None:
        return [NOT_ESTIMABLE]
    size = number(variable.size, 2)
    return [size] if one_pair else wrap(f"{size}  {_pair(variable.largest, style)}", PAIR_WIDTH)


def _notes(
    variables: Sequence[Variable], pairs: set[tuple[str | None, str | None]], style: Style
) -> list[str]:
    notes = []
    if len(pairs) > 1:
        notes.append(f"Each dot is one of {len(pairs)} pairs of arms; the largest is dark.")
    partly = [style.label(v.name) for v in variables if v.failed and v.largest is not None]
    if partly:
        notes.append(f"Not estimable for some pairs: {'; '.join(partly)}")
    return [*notes, *not_randomised(sorted(pairs, key=str), style)]


def _x_axis(ax: Axes, frame: Frame, largest: float) -> None:
    high = 1.06 * max(largest, 2 * THRESHOLD)
    ticks = nice_ticks(0, high, 4)
    ax.set_xlim(0, high)
    ax.set_xticks(ticks, labels=[short(tick) for tick in ticks])
    ax.set_ylim(0, frame.height)
    ax.set_yticks([])
    ax.axvline(THRESHOLD, color=RULE, linewidth=0.8, linestyle=(0, (3, 2)), zorder=1)


def _draw_variable(ax: Axes, variable: Variable, y: float) -> None:
    if variable.largest is None:
        return
    ax.plot([0, variable.size], [y, y], color=RULE, linewidth=0.5, zorder=1)
    dot: dict[str, Any] = {"marker": "o", "linestyle": "none", "clip_on": False}
    rest = [size for size in variable.sizes if not math.isclose(size, variable.size)]
    ax.plot(rest, [y] * len(rest), color="#A6A6A6", markersize=3.2, zorder=2, **dot)
    ax.plot([variable.size], [y], color=INK, markersize=4.8, zorder=3, **dot)
