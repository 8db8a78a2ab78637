"""Swimmer plot: the states of each patient over time. Its rows are people: for the restricted tree only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
    draw_foot,
    figure_settings,
    foot_lines,
    text_width,
    wrap,
)
from outcomes.figures.plot import X_AXIS, Frame, nice_ticks, set_x, thin_ticks, x_title
from outcomes.figures.style import INK, MUTED, PAPER, RULE, Style

STATES = {
    "response": "#E3F1FA",
    "remission": "#98C4E3",
    "relapse": "#D9772B",
    "recovery": "#1F6391",
    "recurrence": "#5A0A14",
}
"""Colour of each state that lasts, from light to dark so that they differ in grey; later ones lie on top."""
DROPOUT = "dropout"
EVENT_MARKERS = ("D", "^", "s", "v", "P", "p", "*")
MOST_PATIENTS = 60
BAR = 6.4
PEOPLE = "Each row is a person: not for release."


@dataclass(frozen=True)
class Swimmer:
    """One patient: how long followed, spells as (state, start, end), and events as (name, day)."""

    arm: str
    patient: int
    followed: float
    spells: tuple[tuple[str, float, float], ...]
    events: tuple[tuple[str, float], ...]


@figure_settings()
def draw_swimmer(episodes: pd.DataFrame, style: Style) -> Figure | None:
    """Draw a bar per patient, by arm, the longest followed first; None without patients.

    Of more than `MOST_PATIENTS` those are shown that stand at even distances in that order, as many of each
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
    everyone = _swimmers(episodes, style)
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
    everyone = _swimmers(episodes, style)
    shown = select(everyone)
    parts = []
    for arm in style.arms:
        mine = [one for one in shown if one.arm == arm]
        if not mine:
            continue
        names = [*STATES, DROPOUT]
        counted = {name: sum(name in _names_of(one) for one in mine) for name in names}
        said = ", ".join(f"{style.label(name)} {n}" for name, n in counted.items() if n)
        parts.append(f"{style.arms[arm].label}: {len(mine)} patients" + (f" ({said})" if said else ""))
    notes = _notes(episodes, everyone, shown)
    return " ".join([f"{style.outcome}, states over time. {'; '.join(parts)}.", *notes])


def select(everyone: Sequence[Swimmer], most: int = MOST_PATIENTS) -> list[Swimmer]:
    """At most so many patients: of each arm its share, at least one, at even distances by follow-up."""
    arms = list(dict.fromkeys(one.arm for one in everyone))
    if len(everyone) <= most:
        return list(everyone)
    shown = []
    for arm in arms:
        mine = [one for one in everyone if one.arm == arm]
        n = max(1, len(mine) * most // len(everyone))
        shown += [mine[int((k + 0.5) * len(mine) / n)] for k in range(n)]
    return shown


def _swimmers(episodes: pd.DataFrame, style: Style) -> list[Swimmer]:
    """Patients by arm, the longest followed first; the order of rows does not matter."""
    backwards = int((episodes["end_day"] < episodes["start_day"]).sum())
    if backwards:
        raise ValueError(
            f"episodes: {backwards} of {len(episodes)} rows end before they start: derive them anew"
        )
    names = list(style.arms)
    found = []
    for key, rows in episodes.groupby(["arm", "patient"], observed=True, sort=True):
        arm, patient = tuple(key)
        spells, events = [], []
        for state, start, end in zip(rows["state"], rows["start_day"], rows["end_day"], strict=True):
            if pd.isna(state):
                continue
            if state in STATES:
                spells.append((str(state), float(start), float(start if pd.isna(end) else end)))
            elif state == DROPOUT or _at_once(start, end):
                events.append((str(state), float(start)))
        followed = max(
            (float(d) for d in (*rows["start_day"], *rows["end_day"]) if not pd.isna(d)), default=0.0
        )
        order = list(STATES)
        spells.sort(key=lambda spell: (order.index(spell[0]), spell[1], spell[2]))
        found.append(Swimmer(str(arm), int(str(patient)), followed, tuple(spells), tuple(sorted(events))))
    return sorted(found, key=lambda one: (names.index(one.arm), -one.followed, one.patient))


def _at_once(start: float, end: float) -> bool:
    return bool(pd.isna(end) or end == start)


def _names_of(one: Swimmer) -> set[str]:
    return {state for state, *_ in one.spells} | {name for name, _ in one.events}


def _markers(everyone: Sequence[Swimmer]) -> dict[str, str]:
    """Marker of each event: a cross for dropout, for the others one each, by name."""
    names = sorted({name for one in everyone for name, _ in one.events} - {DROPOUT})
    named = {name: EVENT_MARKERS[place % len(EVENT_MARKERS)] for place, name in enumerate(names)}
    return {DROPOUT: "x", **named}


def _draw_one(ax: Axes, one: Swimmer, y: float, markers: Mapping[str, str]) -> None:
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
    shown: Sequence[Swimmer], markers: Mapping[str, str], style: Style
) -> list[list[tuple[str, str, float]]]:
    """States and events that occur, with their labels and places, in lines that fit the page."""
    present = set().union(*(_names_of(one) for one in shown))
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


def _notes(episodes: pd.DataFrame, everyone: Sequence[Swimmer], shown: Sequence[Swimmer]) -> list[str]:
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
