"""Smoothed hazard ratio over time beside the model's constant one, one panel per contrast."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from outcomes.figures.page import GAP, LINE, WIDTH, Page, draw_foot, figure_settings, foot_lines, wrap
from outcomes.figures.panels import (
    MOST_PANELS,
    PANEL_HEIGHT,
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
from outcomes.figures.plot import (
    nice_ticks,
    ratio_limits,
    ratio_ticks,
    ratios_apart,
    set_x,
    thin_ticks,
    y_axis,
)
from outcomes.figures.points import Point, points
from outcomes.figures.steps import since_start
from outcomes.figures.style import INK, RULE, Style
from outcomes.figures.words import (
    DAGGER,
    band_note,
    chi_square,
    confidence,
    decimals_of,
    failures,
    not_randomised,
    number,
    short,
    who,
)

TESTED = ("treatment", "global")
"""Terms of the test of proportional hazards that are printed; those of covariates stand in tables."""
NO_PEOPLE = "The residuals behind the smoothed line are not drawn: each is a person."


@figure_settings()
def draw_hazard_ratio_over_time(rows: pd.DataFrame, style: Style) -> Figure | None:
    """Draw `hazard_ratio_over_time` rows on a log axis, with the constant `hazard_ratio` dashed.

    Parameters
    ----------
    rows : pandas.DataFrame
        Rows of `estimates` of one analysis: the two quantities, and `proportionality_chi_square`.
    style : Style
        `outcome` is the event in words.
    """
    found, constant = _points(rows, "hazard_ratio_over_time", style), _points(rows, "hazard_ratio", style)
    if not any(point.ok for point in found):
        return None
    contrasts = contrasts_of(found)
    low, high = ratio_limits([*found, *constant])
    header = wrap(f"{style.outcome}: hazard ratio over time", WIDTH - 2)
    ticks_y = ratios_apart(ratio_ticks(low, high), low, high, PANEL_HEIGHT, upright=True)
    texts = [short(tick) for tick in ticks_y]
    shown = contrasts[:MOST_PANELS]
    titles = [contrast_title(contrast, style) for contrast in shown]
    made = grid(titles, texts, 1 + len(header) * LINE + GAP)
    foot = foot_lines(_notes(rows, found, constant, style), synthetic=style.synthetic)
    page = Page.of_height(made.bottom + LINE + 2 * GAP + len(foot) * LINE + 2)
    page.text(1, 1, "\n".join(header))
    print_titles(page, made)
    end = max(point.time for point in found if point.ok)
    for place, (contrast, frame) in enumerate(zip(shown, made.frames, strict=True)):
        ax = page.axes(frame.left, frame.top, frame.width, frame.height)
        ax.set_yscale("log")
        ax.set_ylim(low, high)
        set_x(ax, 0, end, thin_ticks(nice_ticks(0, end, 5), 0, end, frame.width))
        y_axis(ax, ticks_y, texts if made.leads(place) else [""] * len(texts))
        ax.set_yticks([], minor=True)
        ax.axhline(1.0, color=RULE, linewidth=0.8, zorder=1.6)
        mine = of_contrast(found, contrast)
        draw_series(ax, mine, contrast[0], style, smooth=True)
        _draw_constant(ax, of_contrast(constant, contrast))
        if not any(point.ok for point in mine):
            print_not_estimable(page, frame)
    page.text(WIDTH / 2, made.bottom, since_start(found, style), ha="center")
    draw_foot(page, made.bottom + LINE + GAP, foot)
    return page.figure


def describe_hazard_ratio_over_time(rows: pd.DataFrame, style: Style) -> str:
    """First and last smoothed ratio of each contrast, the constant one, and the test, in words."""
    found, constant = _points(rows, "hazard_ratio_over_time", style), _points(rows, "hazard_ratio", style)
    parts = []
    for contrast in contrasts_of(found):
        said = (
            f"{style.contrast(*contrast)} {ends_in_words(of_contrast(found, contrast), decimals_of(found))}"
        )
        ratios = [number(p.estimate, 2) for p in of_contrast(constant, contrast) if p.ok]
        parts.append(said + (f" (constant: {ratios[0]})" if ratios else ""))
    notes = [*_tests(rows, style), *not_randomised(contrasts_of(found), style)]
    notes += [f"{note}." for note in failures([*found, *constant], style)]
    said = f"{style.outcome}: smoothed hazard ratio over time, with {confidence(found)}: {'; '.join(parts)}."
    return " ".join([said, *(note if note.endswith(".") else f"{note}." for note in notes)])


def _points(rows: pd.DataFrame, quantity: str, style: Style) -> list[Point]:
    return [
        p for p in points(rows, quantity, style)
        if p.arm is not None and p.comparator is not None and p.term is None
        and (quantity == "hazard_ratio" or not p.ok or not math.isnan(p.time))
    ]  # fmt: skip


def _draw_constant(ax: Axes, constant: Sequence[Point]) -> None:
    for point in constant:
        if point.ok:
            ax.axhline(point.estimate, color=INK, linewidth=1.0, linestyle=(0, (4, 2)), zorder=2.8)


def _tests(rows: pd.DataFrame, style: Style) -> list[str]:
    """Test of proportional hazards, one sentence per term and contrast."""
    tested = points(rows, "proportionality_chi_square", style)
    tested = [p for p in tested if p.term is None or p.term in TESTED]
    said = []
    for point in sorted(tested, key=lambda p: TESTED.index(p.term) if p.term else 0):
        names = [style.label(point.term)] if point.term else []
        if point.arm is not None:
            names.append(who(point, style))
        said.append(f"{', '.join(names) or 'all terms'}: {chi_square(point)}")
    return [f"Test of proportional hazards: {'; '.join(said)}."] if said else []


def _notes(rows: pd.DataFrame, found: Sequence[Point], constant: Sequence[Point], style: Style) -> list[str]:
    contrasts = contrasts_of(found)
    dashed = ["Dashed: the model's constant hazard ratio."] if any(p.ok for p in constant) else []
    marked = [f"{DAGGER} {note}" for note in not_randomised(contrasts, style)]
    return [" ".join([band_note(found), *dashed]), *_tests(rows, style), NO_PEOPLE, *shown_note(contrasts),
            *marked, *failures([*found, *constant], style)]  # fmt: skip
