"""Specification curve: the same contrast under every definition of the event, sorted by size.

Simonsohn U, Simmons JP & Nelson LD (2020) Specification curve analysis. Nat Hum Behav 4:1208-1214.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from outcomes.figures.choice_matrix import MARKER, SHADE, draw_matrix, mark_size, matrix_of
from outcomes.figures.definitions import Definition, by_size
from outcomes.figures.page import GAP, LINE, WIDTH, Page, draw_foot, figure_settings, foot_lines, wrap
from outcomes.figures.panels import (
    MOST_PANELS,
    contrast_title,
    contrasts_of,
    of_contrast,
    shown_note,
    wrapped_title,
)
from outcomes.figures.plot import (
    Frame,
    left_margin,
    nice_ticks,
    ratio_limits,
    ratio_ticks,
    ratios_apart,
    y_axis,
)
from outcomes.figures.points import Point, points
from outcomes.figures.style import INK, MUTED, RULE, Style
from outcomes.figures.words import (
    DAGGER,
    at_time,
    confidence,
    decimals_of,
    in_shown_unit,
    interval,
    lower_first,
    not_randomised,
    number,
    short,
    shown_unit,
)
from outcomes.tables import QUANTITIES

SHOWN = ("hazard_ratio", "rmst_difference", "survival_difference", "risk_difference", "mean_difference")
PLOT_HEIGHT = 84.0


@figure_settings()
def draw_specification_curve(rows: pd.DataFrame, style: Style) -> Figure | None:
    """Draw the contrasts of one quantity by definition (`term`), over the choices that make each.

    None without a number, or with a single definition.

    Parameters
    ----------
    rows : pandas.DataFrame
        Rows of `estimates` of one analysis; the declared definition has no term, or "declared".
    style : Style
        `labels` may name a key, and a ``key=value``.
    """
    quantity, found = _points(rows, style)
    if not any(point.ok for point in found) or len(_distinct(found)) < 2:
        return None
    contrasts = contrasts_of(found)
    shown = contrasts[:MOST_PANELS]
    log = QUANTITIES[quantity].scale == "log"
    low, high = ratio_limits(found) if log else _limits(found)
    ticks = nice_ticks(low, high)
    if log:
        ticks = ratios_apart(ratio_ticks(low, high), low, high, PLOT_HEIGHT, upright=True)
    texts = [short(tick) for tick in ticks]
    matrix = matrix_of([d for c in shown for d in by_size(of_contrast(found, c))], style, left_margin(texts))
    below = matrix.height + GAP
    header = wrap(_title(quantity, found, style), WIDTH - 2)
    foot = foot_lines(_notes(found, style), synthetic=style.synthetic)
    titles = {contrast: wrapped_title(contrast_title(contrast, style), WIDTH - 2) for contrast in shown}
    above = 1 + len(header) * LINE + GAP
    tall = sum(len(lines) * LINE + PLOT_HEIGHT + below + 3 * GAP for lines in titles.values())
    page = Page.of_height(above + tall + len(foot) * LINE + 2)
    page.text(1, 1, "\n".join(header))
    top = above
    for contrast, lines in titles.items():
        for line, colour in lines:
            page.text(1, top, line, colour, gid="name")
            top += LINE
        frame = Frame(matrix.left, top + GAP, WIDTH - matrix.left - 2, PLOT_HEIGHT)
        ax = page.axes(frame.left, frame.top, frame.width, frame.height)
        if log:
            ax.set_yscale("log")
        ax.set_ylim(low, high)
        y_axis(ax, ticks, texts)
        ax.set_yticks([], minor=True)
        definitions = by_size(of_contrast(found, contrast))
        _draw_curve(ax, definitions, contrast[0], style, QUANTITIES[quantity].null or 0.0, frame.width)
        draw_matrix(page, matrix, definitions, frame, style.arms[contrast[0]].colour)
        top = frame.bottom + below + 2 * GAP
    draw_foot(page, top, foot)
    return page.figure


def describe_specification_curve(rows: pd.DataFrame, style: Style) -> str:
    """How far each contrast ranges over the definitions, and apart from these the declared one."""
    quantity, found = _points(rows, style)
    digits, parts = decimals_of(found), []
    for contrast in contrasts_of(found):
        mine = by_size(of_contrast(found, contrast))
        others = [definition.point for definition in mine if not definition.declared]
        ok = [point for point in others if point.ok]
        text = f"{style.contrast(*contrast)}: {len(others)} definitions"
        if ok:
            least, most = min(p.estimate for p in ok), max(p.estimate for p in ok)
            ends = [number(in_shown_unit(value, ok[0].unit), digits) for value in (least, most)]
            null = QUANTITIES[quantity].null or 0.0
            apart = sum(point.low > null or point.high < null for point in ok)
            text += f", {ends[0]} to {ends[1]}; {apart} of {len(ok)} intervals leave out {short(null)}"
        declared = [d.point for d in mine if d.declared and d.point.ok]
        text += "".join(f"; as declared {interval(point, digits)}" for point in declared)
        parts.append(f"{text}.")
    notes = [f"{note}." for note in (*not_randomised(contrasts_of(found), style), *_failures(found, style))]
    return " ".join([f"{_title(quantity, found, style)}, with {confidence(found)}.", *parts, *notes])


def _points(rows: pd.DataFrame, style: Style) -> tuple[str, list[Point]]:
    """Quantity to draw, and its contrasts at the last time that any of them has."""
    for quantity in SHOWN:
        found = [p for p in points(rows, quantity, style) if p.arm is not None and p.comparator is not None]
        if found:
            last = max((p.time for p in found if not math.isnan(p.time)), default=math.nan)
            return quantity, [p for p in found if math.isnan(last) or p.time == last]
    return "", []


def _distinct(found: Sequence[Point]) -> set[frozenset[tuple[str, str]]]:
    return {frozenset(definition.choices.items()) for definition in by_size(found)}


def _title(quantity: str, found: Sequence[Point], style: Style) -> str:
    unit = shown_unit(next((point.unit for point in found if point.unit), ""))
    timed = next((p for p in found if not math.isnan(p.time)), None)
    when = f" to {at_time(timed.time_unit, timed.time)}" if timed is not None else ""
    label = lower_first(QUANTITIES[quantity].label)
    return f"{style.outcome}: {label}{f' ({unit})' if unit else ''}{when}, by definition of the event"


def _limits(found: Sequence[Point]) -> tuple[float, float]:
    values = [0.0] + [
        in_shown_unit(value, p.unit)
        for p in found if p.ok for value in (p.estimate, p.low, p.high) if math.isfinite(value)
    ]  # fmt: skip
    pad = 0.06 * (max(values) - min(values)) or 1.0
    return min(values) - pad, max(values) + pad


def _draw_curve(
    ax: Axes, definitions: Sequence[Definition], arm: str, style: Style, null: float, width: float
) -> None:
    """Estimates with intervals from left to right by size; a cross at the foot where there is none."""
    look = style.arms[arm]
    ax.set_xlim(0.4, len(definitions) + 0.6)
    ax.set_xticks([])
    ax.spines["bottom"].set_visible(False)
    ax.axhline(null, color=RULE, linewidth=0.8, linestyle=(0, (3, 2)), zorder=1.6)
    foot, _ = ax.get_ylim()
    size = mark_size(len(definitions), width)
    thin = min(
        0.8, 0.25 * width / len(definitions)
    )  # so that many intervals leave their estimates to be seen
    for place, definition in enumerate(definitions, start=1):
        point = definition.point
        if definition.declared:
            ax.axvspan(place - 0.5, place + 0.5, color=SHADE, linewidth=0, zorder=0.5)
        if not point.ok:
            ax.plot(
                [place], [foot], marker="x", color=MUTED, markersize=size, clip_on=False, linestyle="none"
            )
            continue
        y, low, high = (in_shown_unit(value, point.unit) for value in (point.estimate, point.low, point.high))
        bottom, top = ax.get_ylim()
        colour, weight = (INK, 2 * thin) if definition.declared else (look.colour, thin)
        ax.plot([place] * 2, [max(low, bottom), min(high, top)], linewidth=weight, color=colour)
        ax.plot(
            [place], [y], marker=look.marker, color=look.colour, linestyle="none",
            zorder=5 if definition.declared else 4, markersize=1.4 * MARKER if definition.declared else size,
            markeredgecolor=colour, markeredgewidth=0.2 * size,
        )  # fmt: skip


def _notes(found: Sequence[Point], style: Style) -> list[str]:
    contrasts = contrasts_of(found)
    said = [f"Bars: {confidence(found)}; definitions by size of the estimate."]
    if any(definition.declared for definition in by_size(found)):
        said.append("Shaded: the definition declared beforehand.")
    events = [point.n_events for point in found if not math.isnan(point.n_events)]
    if events:
        said.append(f"Events by definition: {_range(min(events), max(events))}.")
    marked = [f"{DAGGER} {note}" for note in not_randomised(contrasts, style)]
    return [" ".join(said), *shown_note(contrasts), *marked, *_failures(found, style)]


def _range(low: float, high: float) -> str:
    return number(low) if low == high else f"{number(low)} to {number(high)}"


def _failures(found: Sequence[Point], style: Style) -> list[str]:
    """One note per reason: how many definitions of which contrasts give no number."""
    notes = []
    for reason in sorted({point.reason for point in found if not point.ok}):
        counted = []
        for contrast in contrasts_of(found):
            mine = of_contrast(found, contrast)
            n = sum(point.reason == reason for point in mine if not point.ok)
            counted += [f"{style.contrast(*contrast)} {n} of {len(mine)} definitions"] if n else []
        notes.append(f"Not estimable (×): {'; '.join(counted)}" + (f" ({reason})" if reason else ""))
    return notes
