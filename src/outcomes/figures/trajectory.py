"""Mean by arm over the planned visits: marginal means with intervals, after the observed baseline mean."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from outcomes.figures.page import (
    GAP,
    LINE,
    WIDTH,
    Page,
    draw_foot,
    figure_settings,
    foot_lines,
    wrap,
)
from outcomes.figures.plot import (
    X_AXIS,
    Frame,
    arm_lines,
    frame_beside,
    label_ends,
    left_margin,
    nice_ticks,
    set_x,
    thin_ticks,
    x_title,
    y_axis,
)
from outcomes.figures.points import Point, of_arm, points
from outcomes.figures.style import PAPER, Style
from outcomes.figures.words import (
    at_time,
    confidence,
    decimals_of,
    direction,
    failures,
    in_shown_unit,
    not_randomised,
    number,
    plural,
    short,
)

PLOT_HEIGHT = 170.0
DODGE = 4.0  # points between the markers of neighbouring arms at one visit
MARKER = 4.2


@figure_settings()
def draw_trajectory(rows: pd.DataFrame, style: Style) -> Figure | None:
    """Draw `mean` rows over time with their intervals; at time 0 the `observed_mean`, hollow.

    Parameters
    ----------
    rows : pandas.DataFrame
        Rows of `estimates` of one analysis.
    style : Style
        `outcome`, `unit` and `higher_is_better` name the y axis.
    """
    means = _means(rows, style)
    if not any(point.ok for point in means):  # observed means alone make no trajectory
        return None
    series = _series(means, _baseline(rows, style), style)
    notes = _notes(series, means, style)
    drawn = [point for found in series.values() for point in found]
    header = wrap(_header(style), WIDTH - 2)
    low, high = _y_limits(drawn)
    ticks = nice_ticks(low, high)
    texts = [short(tick) for tick in ticks]
    frame = frame_beside(arm_lines(style), left_margin(texts), len(header) * LINE + GAP + 2, PLOT_HEIGHT)
    foot = foot_lines([*_legend(series, means), *notes], synthetic=style.synthetic)
    page = Page.of_height(frame.bottom + X_AXIS + GAP + len(foot) * LINE + 2)
    page.text(1, 1, "\n".join(header))
    ax = page.axes(frame.left, frame.top, frame.width, frame.height)
    ax.set_ylim(low, high)
    y_axis(ax, ticks, texts)
    ends = _draw_series(ax, frame, series, style)
    label_ends(page, ax, frame, style, ends)
    draw_foot(page, x_title(page, frame, _x_label(drawn)) + GAP, foot)
    return page.figure


def describe_trajectory(rows: pd.DataFrame, style: Style) -> str:
    """First and last mean of each arm, in words."""
    means = _means(rows, style)
    series = _series(means, _baseline(rows, style), style)
    parts = []
    digits = decimals_of(means)
    for arm, found in series.items():
        if not found:
            continue
        first, last = found[0], found[-1]
        text = f"{style.arms[arm].label} "
        if first is not last:
            text += f"{_shown(first.estimate, first, digits)} at {at_time(first.time_unit, first.time)}, "
        text += f"{_shown(last.estimate, last, digits)} at {at_time(last.time_unit, last.time)}"
        if not math.isnan(last.low):
            low, high = _shown(last.low, last, digits), _shown(last.high, last, digits)
            text += f" ({confidence([last])} {low} to {high})"
        parts.append(text)
    said = f"{_header(style)}: {'; '.join(parts)}."
    return " ".join([said, *(f"{note}." for note in _notes(series, means, style))])


def _means(rows: pd.DataFrame, style: Style) -> list[Point]:
    return [p for p in points(rows, "mean", style) if p.arm is not None and not math.isnan(p.time)]


def _baseline(rows: pd.DataFrame, style: Style) -> list[Point]:
    return [p for p in points(rows, "observed_mean", style) if p.arm is not None and p.time == 0]


def _series(means: Sequence[Point], baseline: Sequence[Point], style: Style) -> dict[str, list[Point]]:
    series = {}
    for arm in style.arms:
        modelled = of_arm(means, arm)
        before = [] if any(p.time == 0 for p in modelled) else of_arm(baseline, arm)
        series[arm] = [*before, *modelled]
    return series


def _notes(series: Mapping[str, Sequence[Point]], means: Sequence[Point], style: Style) -> list[str]:
    shown = [arm for arm, found in series.items() if found]
    return [*not_randomised([shown], style), *failures(means, style)]


def _draw_series(
    ax: Axes, frame: Frame, series: Mapping[str, Sequence[Point]], style: Style
) -> dict[str, tuple[float, float]]:
    """Draw each arm's line; return where each ends."""
    times = sorted({point.time for found in series.values() for point in found})
    present = [arm for arm, found in series.items() if found]
    spread = DODGE * (len(present) - 1) / 2 + MARKER
    pad = 0.5 if len(times) == 1 else 0.0
    scale = (times[-1] - times[0] + 2 * pad) / (frame.width - 2 * spread)
    low, high = times[0] - pad - spread * scale, times[-1] + pad + spread * scale
    set_x(ax, low, high, thin_ticks(times, low, high, frame.width))
    nearest = min((b - a for a, b in pairwise(times)), default=math.inf)
    dodge = min(DODGE * scale, 0.6 * nearest / max(1, len(present) - 1))
    ends = {}
    for place, arm in enumerate(present):
        look = style.arms[arm]
        shift = (place - (len(present) - 1) / 2) * dodge
        xs = [point.time + shift for point in series[arm]]
        ys = [in_shown_unit(point.estimate, point.unit) for point in series[arm]]
        ax.plot(xs, ys, color=look.colour, linestyle=look.linestyle, zorder=2 + place / 10)
        for x, y, point in zip(xs, ys, series[arm], strict=True):
            hollow = math.isnan(point.low)
            if not hollow:
                bounds = [in_shown_unit(bound, point.unit) for bound in (point.low, point.high)]
                ax.plot([x, x], bounds, color=look.colour, linewidth=0.8, solid_capstyle="butt")
            ax.plot(
                [x], [y], color=look.colour, marker=look.marker, markersize=MARKER, zorder=4,
                markerfacecolor=PAPER if hollow else look.colour, markeredgewidth=0.9, linestyle="none",
            )  # fmt: skip
        ends[arm] = xs[-1], ys[-1]
    return ends


def _y_limits(drawn: Sequence[Point]) -> tuple[float, float]:
    values = [
        in_shown_unit(value, point.unit)
        for point in drawn for value in (point.estimate, point.low, point.high) if math.isfinite(value)
    ]  # fmt: skip
    low, high = min(values), max(values)
    pad = 0.06 * (high - low) or 1.0
    return low - pad, high + pad


def _header(style: Style) -> str:
    unit = f" ({style.unit})" if style.unit else ""
    better = f"; {direction(style)}" if direction(style) else ""
    return f"{style.outcome}, mean{unit}{better}"


def _x_label(drawn: Sequence[Point]) -> str:
    units = sorted({plural(point.time_unit) for point in drawn} - {""})
    return f"{units[0].capitalize()} since baseline" if units else "Time since baseline"


def _legend(series: Mapping[str, Sequence[Point]], means: Sequence[Point]) -> list[str]:
    hollow = any(math.isnan(point.low) for found in series.values() for point in found)
    bars = any(not math.isnan(point.low) for found in series.values() for point in found)
    said = [f"Bars: {confidence(means)} of the model's means."] if bars else []
    return [" ".join([*said, "Hollow: observed mean at baseline."])] if hollow else said


def _shown(value: float, point: Point, digits: int) -> str:
    return number(in_shown_unit(value, point.unit), digits)
