"""Swimmer plot: the states of each patient over time. Its rows are people: for the restricted tree only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from outcomes.figures.courses import DROPOUT, STATES, Course, courses_of, select
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
from outcomes.figures.plot import X_AXIS, Frame, nice_ticks, set_x, thin_ticks, x_title
from outcomes.figures.style import INK, MUTED, PAPER, RULE, Style

EVENT_MARKERS = ("D", "^", "s", "v", "P", "p", "*")
BAR = 6.4
PEOPLE = "Each row is a person: not for release."


@figure_settings()
def draw_swimmer(episodes: pd.DataFrame, style: Style) -> Figure | None:
    """Draw a bar per patient, by arm, the longest followed first; None without patients.

    Of more than 60 patients those are shown that stand at even distances in that order, as many of each
    arm as its share of the patients.

    Parameters
    ----------
    episodes : pandas.DataFrame
        One row per spell or event: `patient` (a number that is no identifier), `arm`, `state`, `start_day`,
        `end_day`. A state of `STATES` lasts from start to end; "dropout", and any other name without an end
        or with the end on the day of the start, is an event. A row without a state only says until when a
        patient was followed. Other states that last are not drawn, and named under the figure.
    style : Style
        `outcome` names the measure.

    Raises
    ------
    ValueError
        If a row ends before it starts.
    """
    everyone = courses_of(episodes, style)
    shown = select(everyone)
    if not shown:
        return None
    arms = [arm for arm in style.arms if any(one.arm == arm for one in shown)]
    header = wrap(f"{style.outcome}: states of each patient over time", WIDTH - 2)
    names = {arm: wrap(style.arms[arm].label, WIDTH - 2) for arm in arms}
    markers = _markers(everyone)
    key = _key_lines(shown, markers, style)
    foot = foot_lines(_notes(episodes, everyone, shown), synthetic=style.synthetic)
    top = 1 + len(header) * LINE + GAP + len(key) * LINE + GAP
    heights = [len(names[arm]) * LINE + 2 + LINE * sum(s.arm == arm for s in shown) + GAP for arm in arms]
    left = text_width(str(len(shown))) + GAP
    frame = Frame(left, top, WIDTH - left - GAP, sum(heights))
    page = Page.of_height(frame.bottom + X_AXIS + GAP + len(foot) * LINE + 2)
    page.text(1, 1, "\n".join(header))
    _draw_key(page, 1 + len(header) * LINE + GAP, key, markers)
    ax = page.axes(frame.left, frame.top, frame.width, frame.height)
    end = max(one.followed for one in shown) or 1.0
    set_x(ax, 0, end, thin_ticks(nice_ticks(0, end, 7), 0, end, frame.width))
    ax.set_ylim(frame.height, 0)
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    place, y = 0, frame.top
    for arm, height in zip(arms, heights, strict=True):
        page.text(1, y, "\n".join(names[arm]), style.arms[arm].colour, gid="name")
        row = y + len(names[arm]) * LINE + 2
        for one in (one for one in shown if one.arm == arm):
            place += 1
            middle = row + LINE / 2
            page.text(left - GAP, middle, str(place), MUTED, ha="right", va="center", gid="patient")
            _draw_one(ax, one, middle - frame.top, markers)
            row += LINE
        y += height
    draw_foot(page, x_title(page, frame, "Days since baseline") + GAP, foot)
    return page.figure


def describe_swimmer(episodes: pd.DataFrame, style: Style) -> str:
    """How many patients of each arm are shown, and how many of them were in each state."""
    everyone = courses_of(episodes, style)
    shown = select(everyone)
    parts = []
    for arm in style.arms:
        mine = [one for one in shown if one.arm == arm]
        if not mine:
            continue
        names = [*STATES, DROPOUT]
        counted = {name: sum(name in one.names for one in mine) for name in names}
        said = ", ".join(f"{style.label(name)} {n}" for name, n in counted.items() if n)
        parts.append(f"{style.arms[arm].label}: {len(mine)} patients" + (f" ({said})" if said else ""))
    notes = _notes(episodes, everyone, shown)
    return " ".join([f"{style.outcome}, states over time. {'; '.join(parts)}.", *notes])


def _markers(everyone: Sequence[Course]) -> dict[str, str]:
    """Marker of each event: a cross for dropout, for the others one each, by name."""
    names = sorted({name for one in everyone for name, _ in one.events} - {DROPOUT})
    named = {name: EVENT_MARKERS[place % len(EVENT_MARKERS)] for place, name in enumerate(names)}
    return {DROPOUT: "x", **named}


def _draw_one(ax: Axes, one: Course, y: float, markers: Mapping[str, str]) -> None:
    ax.plot([0, one.followed], [y, y], color=RULE, linewidth=0.8, zorder=1.5)
    for state, start, end in one.spells:
        ax.barh(
            [y], [end - start], left=[start], height=BAR, color=STATES[state], edgecolor=INK, linewidth=0.3,
            zorder=2 + list(STATES).index(state) / 10,
        )  # fmt: skip
    for name, day in one.events:
        look = _marker(name, markers)
        if name == DROPOUT:  # a cross on a dark bar needs an edge
            rim = {**look, "markeredgewidth": 2.8}
            ax.plot([day], [y], color=PAPER, **rim, zorder=3.9, clip_on=False)
        ax.plot([day], [y], color=INK, **look, zorder=4, clip_on=False)


def _marker(name: str, markers: Mapping[str, str]) -> dict[str, Any]:
    return {
        "marker": markers[name], "markersize": 4.2, "markerfacecolor": PAPER,
        "markeredgewidth": 1.0 if name == DROPOUT else 0.8, "linestyle": "none",
    }  # fmt: skip


def _key_lines(
    shown: Sequence[Course], markers: Mapping[str, str], style: Style
) -> list[list[tuple[str, str, float]]]:
    """States and events that occur, with their labels and places, in lines that fit the page."""
    present = set().union(*(one.names for one in shown))
    lines: list[list[tuple[str, str, float]]] = [[]]
    x = 1.0
    for name in [name for name in (*STATES, *markers) if name in present]:
        label = style.label(name)[:1].upper() + style.label(name)[1:]
        width = 14 + text_width(label) + 2 * GAP
        if x > 1 and x + width > WIDTH:
            lines.append([])
            x = 1.0
        lines[-1].append((name, label, x))
        x += width
    return lines if lines[0] else []


def _draw_key(
    page: Page, top: float, lines: Sequence[Sequence[tuple[str, str, float]]], markers: Mapping[str, str]
) -> None:
    for place, line in enumerate(lines):
        y = top + place * LINE
        for name, label, x in line:
            page.text(x + 14, y, label, gid="key")
            if name in STATES:
                middle = (y + LINE / 2, y + LINE / 2)
                page.line((x, x + 11), middle, INK, linewidth=BAR + 0.6, solid_capstyle="butt")
                page.line((x + 0.3, x + 10.7), middle, STATES[name], linewidth=BAR, solid_capstyle="butt")
            else:
                page.line((x + 5.5,), (y + LINE / 2,), **_marker(name, markers))


def _notes(episodes: pd.DataFrame, everyone: Sequence[Course], shown: Sequence[Course]) -> list[str]:
    chosen = f"All {len(everyone)} patients."
    if len(shown) < len(everyone):
        chosen = (
            f"Shown: {len(shown)} of {len(everyone)} patients, at even distances by length of follow-up "
            "within each arm."
        )
    lasting = episodes[~episodes["state"].isin([*STATES, DROPOUT]) & episodes["state"].notna()]
    lasting = lasting[lasting["end_day"] > lasting["start_day"]]
    others = sorted({str(state).replace("_", " ") for state in lasting["state"]})
    return [f"{chosen} {PEOPLE}", *([f"Not drawn: {', '.join(others)}."] if others else [])]
