"""Difference in restricted mean survival time as the horizon moves, one panel per contrast."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd
from matplotlib.figure import Figure

from outcomes.figures.page import GAP, LINE, WIDTH, Page, draw_foot, figure_settings, foot_lines, wrap
from outcomes.figures.panels import (
    MOST_PANELS,
    contrast_title,
    contrasts_of,
    draw_series,
    ends_in_words,
    grid,
    of_contrast,
    print_not_estimable,
    print_titles,
    shown_note,
)
from outcomes.figures.plot import nice_ticks, set_x, thin_ticks, y_axis
from outcomes.figures.points import Point, points
from outcomes.figures.style import RULE, Style
from outcomes.figures.words import (
    DAGGER,
    band_note,
    confidence,
    decimals_of,
    failures,
    in_shown_unit,
    lower_first,
    not_randomised,
    plural,
    short,
    shown_unit,
)
from outcomes.tables import QUANTITIES

QUANTITY = "rmst_difference"


@figure_settings()
def draw_rmst_horizons(rows: pd.DataFrame, style: Style) -> Figure | None:
    """Draw `rmst_difference` rows over their horizons (`time`); None unless two of them have numbers.

    Parameters
    ----------
    rows : pandas.DataFrame
        Rows of `estimates` of one analysis.
    style : Style
        `higher_is_better` decides which side of the line is called better.
    """
    found = _points(rows, style)
    if len({point.time for point in found if point.ok}) < 2:
        return None
    contrasts = contrasts_of(found)
    low, high = _limits(found)
    ticks_y = nice_ticks(low, high)
    texts = [short(tick) for tick in ticks_y]
    header = wrap(_title(found, style), WIDTH - 2)
    shown = contrasts[:MOST_PANELS]
    titles = [contrast_title(contrast, style) for contrast in shown]
    made = grid(titles, texts, 1 + len(header) * LINE + GAP)
    foot = foot_lines(_notes(found, style), synthetic=style.synthetic)
    page = Page.of_height(made.bottom + LINE + 2 * GAP + len(foot) * LINE + 2)
    page.text(1, 1, "\n".join(header))
    print_titles(page, made)
    last = max(point.time for point in found if not math.isnan(point.time))
    for place, (contrast, frame) in enumerate(zip(shown, made.frames, strict=True)):
        ax = page.axes(frame.left, frame.top, frame.width, frame.height)
        ax.set_ylim(low, high)
        ticks = thin_ticks(nice_ticks(0, last), 0, last, frame.width)
        set_x(ax, 0, last, ticks)
        y_axis(ax, ticks_y, texts if made.leads(place) else [""] * len(texts))
        ax.axhline(0.0, color=RULE, linewidth=0.8, linestyle=(0, (3, 2)), zorder=1.6)
        mine = of_contrast(found, contrast)
        draw_series(ax, mine, contrast[0], style)
        if not any(point.ok for point in mine):
            print_not_estimable(page, frame)
    unit = plural(next((point.time_unit for point in found if point.time_unit), ""))
    page.text(WIDTH / 2, made.bottom, f"Horizon ({unit})" if unit else "Horizon", ha="center")
    draw_foot(page, made.bottom + LINE + GAP, foot)
    return page.figure


def describe_rmst_horizons(rows: pd.DataFrame, style: Style) -> str:
    """Difference of each contrast at its shortest and longest horizon, in words."""
    found = _points(rows, style)
    digits = decimals_of(found)
    parts = [
        f"{style.contrast(*contrast)} {ends_in_words(of_contrast(found, contrast), digits)}"
        for contrast in contrasts_of(found)
    ]
    said = f"{_title(found, style)}, with {confidence(found)}: {'; '.join(parts)}."
    notes = [*not_randomised(contrasts_of(found), style), *failures(found, style)]
    return " ".join([said, *(f"{note}." for note in notes)])


def _points(rows: pd.DataFrame, style: Style) -> list[Point]:
    return [
        p for p in points(rows, QUANTITY, style)
        if p.arm is not None and p.comparator is not None and not (p.ok and math.isnan(p.time))
    ]  # fmt: skip


def _title(found: Sequence[Point], style: Style) -> str:
    unit = shown_unit(next((point.unit for point in found if point.unit), ""))
    label = lower_first(QUANTITIES[QUANTITY].label)
    return f"{style.outcome}: {label}{f' ({unit})' if unit else ''} by horizon"


def _notes(found: Sequence[Point], style: Style) -> list[str]:
    contrasts = contrasts_of(found)
    marked = [f"{DAGGER} {note}" for note in not_randomised(contrasts, style)]
    return [" ".join([band_note(found), *_sides(style)]), *shown_note(contrasts), *marked,
            *failures(found, style)]  # fmt: skip


def _sides(style: Style) -> list[str]:
    if style.higher_is_better is None:
        return []
    return [f"{'Above' if style.higher_is_better else 'Below'} the dashed line the first named is better."]


def _limits(found: Sequence[Point]) -> tuple[float, float]:
    values = [0.0] + [
        in_shown_unit(value, p.unit)
        for p in found if p.ok for value in (p.estimate, p.low, p.high) if math.isfinite(value)
    ]  # fmt: skip
    pad = 0.06 * (max(values) - min(values)) or 1.0
    return min(values) - pad, max(values) + pad
