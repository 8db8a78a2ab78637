"""Cumulative incidence by arm: one panel per cause on the same scale, over the numbers at risk."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd
from matplotlib.figure import Figure

from outcomes.figures.page import GAP, LINE, WIDTH, Page, draw_foot, figure_settings, foot_lines, wrap
from outcomes.figures.plot import (
    X_AXIS,
    Frame,
    arm_lines,
    frame_beside,
    label_ends,
    nice_ticks,
    set_x,
    x_title,
    y_axis,
)
from outcomes.figures.points import Point, points
from outcomes.figures.steps import (
    Curve,
    at_risk_height,
    common_time,
    counts_at_risk,
    curves_of,
    draw_at_risk,
    draw_curve,
    left_room,
    since_start,
    time_axis,
    unit_of_time,
)
from outcomes.figures.style import MUTED, Style
from outcomes.figures.words import (
    NOT_ESTIMABLE,
    band_note,
    chi_square,
    failures,
    not_randomised,
    percent,
    short,
)

PLOT_HEIGHT = 118.0
TICK_LABELS = 14.0  # height of tick labels without a title
TOP_SHARE = 10.0  # the least that the y axis reaches, in percent: small incidences look small


@figure_settings()
def draw_cumulative_incidence(rows: pd.DataFrame, style: Style) -> Figure | None:
    """Draw `cumulative_incidence` rows as steps, one panel per cause (`term`), the event itself first.

    Parameters
    ----------
    rows : pandas.DataFrame
        Rows of `estimates` of one analysis: `cumulative_incidence`, `number_at_risk` by arm, and
        `gray_chi_square` by cause, which is printed.
    style : Style
        `outcome` is the event in words: the cause of that name comes first, the others by name.
    """
    found, at_risk = _points(rows, style)
    causes = _causes(found, style)
    curves = {cause: curves_of(_of_cause(found, cause, style), at_risk, style) for cause in causes}
    drawn = [curve for by_arm in curves.values() for curve in by_arm.values()]
    if not drawn:
        return None
    arms = [arm for arm in style.arms if any(arm in by_arm for by_arm in curves.values())]
    notes = [*not_randomised([arms], style), *failures([*found, *at_risk], style)]
    foot = foot_lines([band_note(found), *_tests(rows, causes, style), *notes], synthetic=style.synthetic)
    top, ticks_y = _y_axis(drawn)
    texts = [f"{short(tick)}%" for tick in ticks_y]
    header = wrap("Cumulative incidence (% of patients)", WIDTH - 2)
    titles = {cause: wrap(style.label(cause), WIDTH - 2) for cause in causes}
    first = frame_beside(arm_lines(style), left_room(texts, at_risk), 0.0, PLOT_HEIGHT)
    end, ticks = time_axis(drawn, at_risk, first.width)
    frames = _frames(first, [len(titles[cause]) for cause in causes], 1 + len(header) * LINE + GAP)
    counts = counts_at_risk(found, at_risk, style)
    below = frames[-1].bottom + X_AXIS
    page = Page.of_height(below + at_risk_height(counts, style) + GAP + len(foot) * LINE + 2)
    page.text(1, 1, "\n".join(header))
    for cause, frame in zip(causes, frames, strict=True):
        above = frame.top - LINE / 2 - len(titles[cause]) * LINE
        page.text(1, above, "\n".join(titles[cause]), weight="bold")
        ax = page.axes(frame.left, frame.top, frame.width, frame.height)
        ax.set_ylim(0, top)
        set_x(ax, 0, end, ticks)
        y_axis(ax, ticks_y, texts)
        ends = {arm: draw_curve(ax, curve, style.arms[arm]) for arm, curve in curves[cause].items()}
        label_ends(page, ax, frame, style, ends)
        if not ends:
            middle = frame.left + frame.width / 2
            page.text(middle, frame.top + frame.height / 2, NOT_ESTIMABLE, MUTED, ha="center", va="center")
    below = x_title(page, frames[-1], since_start(found, style))
    if counts:
        below = draw_at_risk(page, frames[-1], below + GAP, counts, style, ticks, end)
    draw_foot(page, below + GAP, foot)
    return page.figure


def describe_cumulative_incidence(rows: pd.DataFrame, style: Style) -> str:
    """Incidence of each cause in each arm at the last time that every curve reaches."""
    found, at_risk = _points(rows, style)
    parts, drawn = [], []
    for cause in _causes(found, style):
        curves = curves_of(_of_cause(found, cause, style), at_risk, style)
        if not curves:
            parts.append(f"{style.label(cause)}: {NOT_ESTIMABLE}.")
            continue
        drawn += list(curves)
        time = common_time(curves, at_risk, final=None)
        shares = [f"{style.arms[a].label} {percent(c.levels[c.at(time)] / 100)}" for a, c in curves.items()]
        parts.append(
            f"{style.label(cause)}, cumulative incidence at {unit_of_time(found)} {short(time)}: "
            f"{', '.join(shares)}."
        )
    notes = [*not_randomised([drawn], style), *failures(found, style)]
    parts += _tests(rows, _causes(found, style), style)
    return " ".join([*parts, *(f"{note}." for note in notes)])


def _tests(rows: pd.DataFrame, causes: Sequence[str], style: Style) -> list[str]:
    """Gray's test over all arms, cause by cause."""
    tests = {_cause(p, style): p for p in points(rows, "gray_chi_square", style) if p.arm is None}
    said = [f"{style.label(cause)}: {chi_square(tests[cause])}" for cause in causes if cause in tests]
    return [f"Gray's test over all arms: {'; '.join(said)}."] if said else []


def _points(rows: pd.DataFrame, style: Style) -> tuple[list[Point], list[Point]]:
    found = [p for p in points(rows, "cumulative_incidence", style) if p.arm is not None]
    return found, points(rows, "number_at_risk", style)


def _cause(point: Point, style: Style) -> str:
    return style.outcome if point.term is None else point.term


def _of_cause(found: Sequence[Point], cause: str, style: Style) -> list[Point]:
    return [point for point in found if _cause(point, style) == cause]


def _causes(found: Sequence[Point], style: Style) -> list[str]:
    """Causes as the panels stand: the event of the analysis first, the others by name."""
    outcome = style.outcome.casefold()

    def rank(cause: str) -> tuple[bool, str]:
        return style.label(cause).casefold() != outcome, cause

    return sorted({_cause(point, style) for point in found}, key=rank)


def _y_axis(drawn: Sequence[Curve]) -> tuple[float, list[float]]:
    """Upper end and ticks of the axis that every panel shares."""
    values = [v for curve in drawn for v in (*curve.levels, *curve.high) if math.isfinite(v)]
    highest = max(TOP_SHARE, *values)
    ticks = nice_ticks(0.0, min(100.0, 1.25 * highest), 5)
    top = next((tick for tick in ticks if tick >= highest), min(100.0, highest))
    return top, [tick for tick in ticks if tick <= top]


def _frames(first: Frame, titles: Sequence[int], top: float) -> list[Frame]:
    """Boxes of the panels under each other, each below a title of so many lines."""
    frames = []
    for lines in titles:
        top += lines * LINE + LINE / 2
        frames.append(Frame(first.left, top, first.width, first.height))
        top += first.height + TICK_LABELS + GAP
    return frames
