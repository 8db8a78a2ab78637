"""Kaplan-Meier curves by arm with their confidence bands, over the numbers at risk."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

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
    text_width,
    wrap,
)
from outcomes.figures.plot import (
    LEADER,
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
from outcomes.figures.style import Style
from outcomes.figures.words import (
    confidence,
    failures,
    not_randomised,
    number,
    percent,
    plural,
    short,
)
from outcomes.wording import mid_sentence

PLOT_HEIGHT = 165.0
Y_TICKS = (0.0, 25.0, 50.0, 75.0, 100.0)
KEY = 16.0  # length of the line samples before the numbers at risk


@dataclass(frozen=True)
class Curve:
    """One arm's step function: survival and its interval from each time on, and where it ends."""

    times: list[float]
    survival: list[float]
    low: list[float]
    high: list[float]

    def at(self, time: float) -> int:
        """Index of the step in force at `time`."""
        return max(i for i, start in enumerate(self.times) if start <= time)


@figure_settings()
def draw_kaplan_meier(rows: pd.DataFrame, style: Style) -> Figure | None:
    """Draw `survival_probability` rows as steps, and `number_at_risk` rows under the same ticks.

    A curve goes on, level, to the last tick at which its arm still has patients at risk.

    Parameters
    ----------
    rows : pandas.DataFrame
        Rows of `estimates` of one analysis.
    style : Style
        `outcome` is the event in words.
    """
    found = points(rows, "survival_probability", style)
    at_risk = points(rows, "number_at_risk", style)
    curves = _curves(found, at_risk, style)
    if not curves:
        return None
    notes = [*not_randomised([curves], style), *failures([*found, *at_risk], style)]
    header = wrap(f"{_event_free(style)} (% of patients)", WIDTH - 2)
    texts = [f"{number(tick)}%" for tick in Y_TICKS]
    frame = frame_beside(
        arm_lines(style), _left(texts, at_risk), len(header) * LINE + GAP + LINE / 2, PLOT_HEIGHT
    )
    end = max([*(c.times[-1] for c in curves.values()), *(p.time for p in at_risk if p.ok)]) or 1.0
    ticks = sorted({p.time for p in at_risk if p.ok}) or nice_ticks(0, end, 7)
    ticks = thin_ticks(ticks, 0, end, frame.width, [_widest_count(at_risk)])
    foot = foot_lines([f"Bands: {confidence(found)}.", *notes], synthetic=style.synthetic)
    present = [arm for arm in style.arms if any(p.arm == arm for p in (*found, *at_risk))] if at_risk else []
    counts = {arm: {p.time: p.estimate for p in of_arm(at_risk, arm)} for arm in present}
    table = sum(len(arm_lines(style)[arm]) * LINE + 2 for arm in counts) + LINE + 3 + GAP if counts else 0.0
    page = Page.of_height(frame.bottom + X_AXIS + table + GAP + len(foot) * LINE + 2)
    page.text(1, 1, "\n".join(header))
    ax = page.axes(frame.left, frame.top, frame.width, frame.height)
    ax.set_ylim(0, 100)
    set_x(ax, 0, end, ticks)
    y_axis(ax, Y_TICKS, texts)
    ends = {arm: _draw_curve(ax, curve, arm, style) for arm, curve in curves.items()}
    label_ends(page, ax, frame, style, ends)
    below = x_title(page, frame, _x_label(found))
    if counts:
        below = _draw_at_risk(page, frame, below + GAP, counts, style, ticks, end)
    draw_foot(page, below + GAP, foot)
    return page.figure


def describe_kaplan_meier(rows: pd.DataFrame, style: Style) -> str:
    """Share of each arm still free of the event at the last time that every curve reaches."""
    found = points(rows, "survival_probability", style)
    at_risk = points(rows, "number_at_risk", style)
    curves = _curves(found, at_risk, style)
    notes = [f"{note}." for note in (*not_randomised([curves], style), *failures(found, style))]
    reached = min(_reach(curve) for curve in curves.values())
    if math.isinf(reached):
        reached = max(curve.times[-1] for curve in curves.values())
    planned = [point.time for point in at_risk if point.ok and point.time <= reached]
    time = max(planned, default=reached)
    parts = [f"{style.arms[a].label} {percent(c.survival[c.at(time)] / 100)}" for a, c in curves.items()]
    return " ".join([f"{_event_free(style)} at {_unit(found)} {short(time)}: {', '.join(parts)}.", *notes])


def _curves(found: Sequence[Point], at_risk: Sequence[Point], style: Style) -> dict[str, Curve]:
    curves = {}
    for arm in style.arms:
        steps = _steps(of_arm(found, arm))
        if not steps:
            continue
        times = [point.time for point in steps]
        bounds = [[100 * v for v in (p.estimate, p.low, p.high)] for p in steps]
        still = [p.time for p in of_arm(at_risk, arm) if p.estimate > 0 and p.time > times[-1]]
        if still:
            times, bounds = [*times, still[-1]], [*bounds, bounds[-1]]
        columns = [list(column) for column in zip(*bounds, strict=True)]
        curves[arm] = Curve(times, *columns)
    return curves


def _steps(found: Sequence[Point]) -> list[Point]:
    """Rows at which the curve or its band moves, and the last; the others only repeat a value."""
    values = [(point.estimate, point.low, point.high) for point in found]
    last = len(found) - 1
    return [p for i, p in enumerate(found) if i in (0, last) or values[i] != values[i - 1]]


def _reach(curve: Curve) -> float:
    """Last time at which the curve is defined: at 0% it stays there for good."""
    return math.inf if curve.survival[-1] <= 0 else curve.times[-1]


def _draw_curve(ax: Axes, curve: Curve, arm: str, style: Style) -> tuple[float, float]:
    look = style.arms[arm]
    low = [s if math.isnan(v) else v for v, s in zip(curve.low, curve.survival, strict=True)]
    high = [s if math.isnan(v) else v for v, s in zip(curve.high, curve.survival, strict=True)]
    ax.fill_between(
        curve.times, low, high, step="post", color=look.colour, alpha=0.1, linewidth=0, zorder=1.5
    )
    ax.step(
        curve.times, curve.survival, where="post", color=look.colour, linestyle=look.linestyle, clip_on=False
    )
    return curve.times[-1], curve.survival[-1]


def _draw_at_risk(
    page: Page, frame: Frame, top: float, counts: Mapping[str, Mapping[float, float]], style: Style,
    ticks: Sequence[float], end: float,
) -> float:  # fmt: skip
    """Print one row of numbers per arm, each number centred under its tick; return the y below."""
    page.text(1, top, "Number at risk")
    y = top + LINE + 3
    for arm, row in counts.items():
        look, lines = style.arms[arm], arm_lines(style)[arm]
        height = len(lines) * LINE
        middle = y + LINE / 2
        page.line(
            (1, 1 + KEY), (middle - 0.5, middle - 0.5), look.colour, linestyle=look.linestyle, linewidth=1.4
        )
        for tick in ticks:
            page.text(
                frame.left + frame.width * tick / end, y, number(row[tick]) if tick in row else "–",
                look.colour, ha="center", gid=f"at_risk_{arm}_{tick:g}",
            )  # fmt: skip
        page.text(frame.right + LEADER, y, "\n".join(lines), look.colour, gid=f"row_{arm}")
        y += height + 2
    return y


def _left(texts: Sequence[str], at_risk: Sequence[Point]) -> float:
    """Room for the y tick labels, and for a line sample before the first number at risk."""
    return max(left_margin(texts), KEY + text_width(_widest_count(at_risk)) / 2 + 4 if at_risk else 0.0)


def _widest_count(at_risk: Sequence[Point]) -> str:
    return max((number(p.estimate) for p in at_risk if p.ok), key=len, default="")


def _event_free(style: Style) -> str:
    # staying free of a recovery is no success, so the words do not praise it
    verb = "Still without" if style.higher_is_better is False else "Remaining free of"
    return f"{verb} {mid_sentence(style.outcome)}"


def _unit(found: Sequence[Point]) -> str:
    return next((point.time_unit for point in found if point.time_unit), "day")


def _x_label(found: Sequence[Point]) -> str:
    return f"{plural(_unit(found)).capitalize()} since the start of follow-up"
