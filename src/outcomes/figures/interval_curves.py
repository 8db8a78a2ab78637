"""Curves of interval-censored times, one panel per arm: Turnbull's estimate and the model beside it.

Turnbull BW (1976) J R Stat Soc B 38:290-295: the estimate is level between the innermost intervals and
not defined inside them, so that nothing but a box can be drawn there.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from outcomes.figures.page import GAP, LINE, WIDTH, Page, draw_foot, figure_settings, foot_lines, wrap
from outcomes.figures.panels import grid, print_not_estimable, print_titles
from outcomes.figures.plot import nice_ticks, set_x, thin_ticks, y_axis
from outcomes.figures.points import Point, of_arm, points
from outcomes.figures.steps import draw_band, since_start, unit_of_time
from outcomes.figures.style import INK, RULE, ArmStyle, Style
from outcomes.figures.words import (
    NOT_ESTIMABLE,
    band_note,
    event_free,
    failures,
    not_randomised,
    number,
    percent,
    short,
)

Y_TICKS = (0.0, 25.0, 50.0, 75.0, 100.0)
BOX = "#D2D2D2"
TURNBULL = "Dots and thin lines: Turnbull's estimate, not defined inside the grey boxes."
MODEL = "Thick line: the model's curve."


@dataclass(frozen=True)
class Pair:
    """Both curves of one arm; either may be empty."""

    turnbull: list[Point]
    model: list[Point]

    @property
    def end(self) -> float:
        """Last time of either."""
        return max((point.time for point in (*self.turnbull, *self.model)), default=0.0)


@figure_settings()
def draw_interval_curves(rows: pd.DataFrame, style: Style) -> Figure | None:
    """Draw `survival_probability` rows as Turnbull's estimate over `predicted_survival` rows with bands.

    Two `survival_probability` rows of an arm at neighbouring times with different values are the ends of an
    innermost interval: the estimate falls somewhere between them.

    Parameters
    ----------
    rows : pandas.DataFrame
        Rows of `estimates` of one analysis.
    style : Style
        `outcome` is the event in words.
    """
    found, pairs = _pairs(rows, style)
    end = max((pair.end for pair in pairs.values()), default=0.0)
    if end <= 0:
        return None
    header = wrap(f"{event_free(style)} (% of patients)", WIDTH - 2)
    texts = [f"{number(tick)}%" for tick in Y_TICKS]
    titles = [((style.arms[arm].label, style.arms[arm].colour),) for arm in pairs]
    made = grid(titles, texts, 1 + len(header) * LINE + GAP)
    foot = foot_lines(_notes(found, pairs, style), synthetic=style.synthetic)
    page = Page.of_height(made.bottom + LINE + 2 * GAP + len(foot) * LINE + 2)
    page.text(1, 1, "\n".join(header))
    print_titles(page, made)
    for place, ((arm, pair), frame) in enumerate(zip(pairs.items(), made.frames, strict=True)):
        ax = page.axes(frame.left, frame.top, frame.width, frame.height)
        ax.set_ylim(0, 100)
        set_x(ax, 0, end, thin_ticks(nice_ticks(0, end), 0, end, frame.width))
        y_axis(ax, Y_TICKS, texts if made.leads(place) else [""] * len(texts))
        _draw_model(ax, pair.model, style.arms[arm])
        _draw_turnbull(ax, pair.turnbull)
        if not (pair.turnbull or pair.model):
            print_not_estimable(page, frame)
    page.text(WIDTH / 2, made.bottom, since_start(found, style), ha="center")
    draw_foot(page, made.bottom + LINE + GAP, foot)
    return page.figure


def describe_interval_curves(rows: pd.DataFrame, style: Style) -> str:
    """Both estimates of each arm at the last time that every curve reaches."""
    found, pairs = _pairs(rows, style)
    ends = [curve[-1].time for pair in pairs.values() for curve in (pair.turnbull, pair.model) if curve]
    time = min(ends)
    parts = []
    for arm, pair in pairs.items():
        both = [f"Turnbull {_between(pair.turnbull, time)}"] if pair.turnbull else []
        if pair.model:
            last = max((p for p in pair.model if p.time <= time), key=lambda p: p.time, default=pair.model[0])
            when = "" if last.time == time else f" at {unit_of_time(found)} {short(last.time)}"
            both.append(f"model {percent(last.estimate)}{when}")
        parts.append(f"{style.arms[arm].label} {', '.join(both) or NOT_ESTIMABLE}")
    notes = [*not_randomised([pairs], style), *failures(found, style)]
    said = f"{event_free(style)} at {unit_of_time(found)} {short(time)}: {'; '.join(parts)}."
    return " ".join([said, *(f"{note}." for note in notes)])


def _pairs(rows: pd.DataFrame, style: Style) -> tuple[list[Point], dict[str, Pair]]:
    """Every row, and the curves of each arm that has rows."""
    turnbull = [p for p in points(rows, "survival_probability", style) if p.arm is not None]
    model = [p for p in points(rows, "predicted_survival", style) if p.arm is not None]
    found = [*turnbull, *model]
    arms = [arm for arm in style.arms if any(point.arm == arm for point in found)]
    return found, {arm: Pair(of_arm(turnbull, arm), of_arm(model, arm)) for arm in arms}


def _draw_model(ax: Axes, model: Sequence[Point], look: ArmStyle) -> None:
    if not model:
        return
    xs = [point.time for point in model]
    solid = replace(look, dashes=())  # one model to a panel: its style has nothing to tell
    ax.plot(xs, [100 * point.estimate for point in model], color=look.colour, zorder=2.5)
    low, high = (
        [100 * value for value in bounds] for bounds in zip(*((p.low, p.high) for p in model), strict=True)
    )
    draw_band(ax, xs, low, high, solid)


def _draw_turnbull(ax: Axes, turnbull: Sequence[Point]) -> None:
    """Level stretches as lines, each stretch where the estimate falls as a box between its ends."""
    for before, after in pairwise(turnbull):
        xs, high, low = (before.time, after.time), 100 * before.estimate, 100 * after.estimate
        if high == low:
            ax.plot(xs, (high, low), color=INK, linewidth=1.0, zorder=3, clip_on=False)
        else:
            # the edge shows a box that is a day wide
            ax.fill_between(xs, low, high, facecolor=BOX, edgecolor=RULE, linewidth=0.4, zorder=1.2)
    for point in turnbull:  # an end of two boxes has no level stretch to show it
        ax.plot(
            [point.time], [100 * point.estimate], marker="o", markersize=1.8, color=INK, linestyle="none",
            zorder=3, clip_on=False,
        )  # fmt: skip


def _between(turnbull: Sequence[Point], time: float) -> str:
    """Value of the estimate at a time, or the two between which it lies."""
    before = max((p for p in turnbull if p.time <= time), key=lambda p: p.time, default=turnbull[0])
    after = min((p for p in turnbull if p.time > time), key=lambda p: p.time, default=before)
    if before.time == time or math.isclose(before.estimate, after.estimate):
        return percent(before.estimate)
    return f"{percent(after.estimate)} to {percent(before.estimate)}"


def _notes(found: Sequence[Point], pairs: dict[str, Pair], style: Style) -> list[str]:
    said = [TURNBULL] if any(pair.turnbull for pair in pairs.values()) else []
    model = [point for pair in pairs.values() for point in pair.model]
    said += [f"{MODEL} {band_note(model)}"] if model else []
    return [" ".join(said), *not_randomised([pairs], style), *failures(found, style)]
