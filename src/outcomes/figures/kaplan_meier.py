"""Kaplan-Meier curves by arm with their confidence bands, over the numbers at risk."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from outcomes.figures.page import GAP, LINE, WIDTH, Page, draw_foot, figure_settings, foot_lines, wrap
from outcomes.figures.plot import X_AXIS, arm_lines, frame_beside, label_ends, set_x, x_title, y_axis
from outcomes.figures.points import points
from outcomes.figures.steps import (
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
from outcomes.figures.style import Style
from outcomes.figures.words import band_note, event_free, failures, not_randomised, number, percent, short

PLOT_HEIGHT = 165.0
Y_TICKS = (0.0, 25.0, 50.0, 75.0, 100.0)


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
    curves = curves_of(found, at_risk, style)
    if not curves:
        return None
    notes = [*not_randomised([curves], style), *failures([*found, *at_risk], style)]
    header = wrap(f"{event_free(style)} (% of patients)", WIDTH - 2)
    texts = [f"{number(tick)}%" for tick in Y_TICKS]
    frame = frame_beside(
        arm_lines(style), left_room(texts, at_risk), len(header) * LINE + GAP + LINE / 2, PLOT_HEIGHT
    )
    end, ticks = time_axis(list(curves.values()), at_risk, frame.width)
    foot = foot_lines([band_note(found), *notes], synthetic=style.synthetic)
    counts = counts_at_risk(found, at_risk, style)
    page = Page.of_height(
        frame.bottom + X_AXIS + at_risk_height(counts, style) + GAP + len(foot) * LINE + 2
    )  # fmt: skip
    page.text(1, 1, "\n".join(header))
    ax = page.axes(frame.left, frame.top, frame.width, frame.height)
    ax.set_ylim(0, 100)
    set_x(ax, 0, end, ticks)
    y_axis(ax, Y_TICKS, texts)
    ends = {arm: draw_curve(ax, curve, style.arms[arm]) for arm, curve in curves.items()}
    label_ends(page, ax, frame, style, ends)
    below = x_title(page, frame, since_start(found, style))
    if counts:
        below = draw_at_risk(page, frame, below + GAP, counts, style, ticks, end)
    draw_foot(page, below + GAP, foot)
    return page.figure


def describe_kaplan_meier(rows: pd.DataFrame, style: Style) -> str:
    """Share of each arm still free of the event at the last time that every curve reaches."""
    found = points(rows, "survival_probability", style)
    at_risk = points(rows, "number_at_risk", style)
    curves = curves_of(found, at_risk, style)
    notes = [f"{note}." for note in (*not_randomised([curves], style), *failures(found, style))]
    time = common_time(curves, at_risk, final=0.0)
    parts = [f"{style.arms[a].label} {percent(c.levels[c.at(time)] / 100)}" for a, c in curves.items()]
    return " ".join(
        [f"{event_free(style)} at {unit_of_time(found)} {short(time)}: {', '.join(parts)}.", *notes]
    )
