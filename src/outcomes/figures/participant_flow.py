"""Participant flow after CONSORT 2010 (Schulz et al., BMJ 340:c332), one lane per arm.

Lanes rather than columns: four arms with long names stay readable at the width of a printed column.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch
from matplotlib.transforms import Affine2D

from outcomes.figures.page import (
    GAP,
    LINE,
    NO_BREAK,
    POINTS_PER_INCH,
    WIDTH,
    Page,
    block_width,
    draw_foot,
    figure_settings,
    foot_lines,
    together,
    wrap,
)
from outcomes.figures.points import Point, points
from outcomes.figures.style import INK, MUTED, PAPER, RULE, Style
from outcomes.figures.words import failures, lower_first, number
from outcomes.wording import mid_sentence

TRUNK = 8.0  # x of the line from which the lanes branch off
LANE = 24.0  # left edge of the lanes
BOX = 58.0
WIDEST_BOX = 84.0  # of the last box: the name of an event may be long
ARROW = 16.0
REASONS_LEFT = LANE + BOX + ARROW + 6
EXCLUDED, OBSERVED = "excluded: ", "observed: "
HEAD = ("screened", "assigned")


@dataclass(frozen=True)
class Box:
    """A stage and its count; `value` is empty where the stage is not counted."""

    name: tuple[str, ...]
    value: str
    width: float = BOX

    @property
    def height(self) -> float:
        """Height of the box."""
        return (len(self.name) + 1) * LINE + 6


@dataclass(frozen=True)
class Ending:
    """How the lanes of a flow end: the term and name of the last box, and of the others' reasons."""

    term: str
    name: str
    prefix: str
    others: str

    def box(self, value: str) -> Box:
        """Return the last box of a lane."""
        lines = tuple(wrap(self.name, WIDEST_BOX - 6))
        return Box(lines, value, max(BOX, block_width(lines) + 6))


@dataclass(frozen=True)
class Lane:
    """What is printed for one arm."""

    arm: str
    name: list[str]
    assigned: Box
    end: Box
    reasons: list[str]
    facts: list[str]

    @property
    def body(self) -> float:
        """Height of the row of boxes."""
        return max(self.assigned.height, self.end.height, len(self.reasons) * LINE + 2)

    @property
    def height(self) -> float:
        """Height of the lane."""
        return len(self.name) * LINE + 3 + self.body + 4 + len(self.facts) * LINE + 2 * GAP


@figure_settings()
def draw_participant_flow(rows: pd.DataFrame, style: Style) -> Figure | None:
    """Draw the `count` rows of a flow analysis, from screening where known to the last step, by arm.

    Parameters
    ----------
    rows : pandas.DataFrame
        Rows of `estimates` of the flow analysis; `analysed` and ``excluded: <reason>`` rows of
        other analyses may stand among them and are listed per arm under the analyses' labels.
    style : Style
        `labels` holds the printed names of visits and analyses; `outcome` is the event, of a flow to one.
    """
    counts = points(rows, "count", style)
    lanes = _lanes(counts, style)
    head = _head(counts)
    if not lanes and not head:
        return None
    foot = foot_lines(failures(counts, style), synthetic=style.synthetic)
    excluded = _excluded_lines(counts, style)
    tops = _head_tops(head, excluded)
    page = Page.of_height(tops[-1] + sum(lane.height for lane in lanes) + len(foot) * LINE + 2)
    y = tops[-1]
    if lanes:
        first = 1 + head[0].height if head else y + _box_middle(lanes[0])
        last = y + sum(lane.height for lane in lanes[:-1]) + _box_middle(lanes[-1])
        page.line((TRUNK, TRUNK), (first, last), RULE, linewidth=0.7)
    for box, top in zip(head, tops, strict=False):
        _box(page, 1, top, box, INK)
    if head and excluded:
        _arrow(page, head[0].width + 1, REASONS_LEFT - 4, 1 + head[0].height / 2)
        page.text(REASONS_LEFT, 4, "\n".join(excluded), INK, gid="excluded")
    for lane in lanes:
        _draw_lane(page, lane, y, style)
        y += lane.height
    draw_foot(page, y, foot)
    return page.figure


def describe_participant_flow(rows: pd.DataFrame, style: Style) -> str:
    """Counts of each stage, in words."""
    counts = points(rows, "count", style)
    parts = []
    excluded = _reasons(_of(counts, None), EXCLUDED, style)
    for term in HEAD:
        if value := _overall(counts, term):
            left_out = f"; excluded: {', '.join(excluded)}" if excluded and term == "screened" else ""
            parts.append(f"{term.capitalize()} {value}{left_out}")
    ending, flow = _ending(counts, style), _flow_analyses(counts)
    for lane in _lanes(counts, style):
        mine = _of(counts, lane.arm)
        said = [
            f"{style.arms[lane.arm].label}: {lane.assigned.value} assigned",
            f"{mid_sentence(ending.name)}: {lane.end.value}",
            *map(lower_first, _without_follow_up(mine)),
        ]
        reasons = _reasons(mine, ending.prefix, style)
        said += [f"{ending.others} ({', '.join(reasons)})"] if reasons else []
        parts.append("; ".join([*said, *map(lower_first, _analysed(mine, flow, style))]))
    parts += failures(counts, style)
    return " ".join(f"{part}." for part in parts)


def _of(counts: Sequence[Point], arm: str | None) -> list[Point]:
    return [point for point in counts if point.arm == arm]


def _flow_analyses(counts: Sequence[Point]) -> set[str]:
    return {point.analysis for point in counts if point.term == "assigned"}


def _overall(counts: Sequence[Point], term: str) -> str:
    return next((number(p.estimate) for p in counts if p.arm is None and p.term == term and p.ok), "")


def _head(counts: Sequence[Point]) -> list[Box]:
    """Boxes of the people of all arms: screened and assigned, where counted."""
    values = {term: _overall(counts, term) for term in HEAD}
    return [Box((term.capitalize(),), value, LANE + BOX - 1) for term, value in values.items() if value]


def _head_tops(head: Sequence[Box], excluded: Sequence[str]) -> list[float]:
    """Top of each of those boxes, then of the first lane."""
    tops = [1.0]
    for place, box in enumerate(head):
        beside = len(excluded) * LINE + 2 if place == 0 else 0.0
        tops.append(tops[-1] + max(box.height, beside) + 2 * GAP)
    return tops


def _ending(counts: Sequence[Point], style: Style) -> Ending:
    if any(point.term == "event" for point in counts):
        return Ending("event", style.outcome, "censored: ", "censored")
    return Ending("completed", "Completed", "discontinued: ", "discontinued")


def _lanes(counts: Sequence[Point], style: Style) -> list[Lane]:
    flow, ending = _flow_analyses(counts), _ending(counts, style)
    lanes = []
    for arm, look in style.arms.items():
        mine = [point for point in _of(counts, arm) if point.analysis in flow and point.ok]
        if not mine:
            continue
        by_term = {p.term: number(p.estimate) for p in mine}
        end = ending.box(by_term.get(ending.term, "–"))
        facts = [*_observed(mine, style), *_analysed(_of(counts, arm), flow, style)]
        lanes.append(
            Lane(
                arm, wrap(look.label, WIDTH - LANE - 2, "bold"),
                Box(("Assigned",), by_term.get("assigned", "–")), end, _others(mine, ending, end, style),
                [line for fact in facts for line in wrap(fact, WIDTH - LANE - 2)],
            )
        )  # fmt: skip
    return lanes


def _others(mine: Sequence[Point], ending: Ending, end: Box, style: Style) -> list[str]:
    """Lines on those who did not reach the last box, and why."""
    reasons = _reasons(mine, ending.prefix, style)
    room = WIDTH - REASONS_LEFT - ARROW - 12 - end.width - 1
    head = ending.others.capitalize() if reasons else f"None {ending.others}"
    return _wrapped([*_without_follow_up(mine), head, *reasons], room)


def _without_follow_up(mine: Sequence[Point]) -> list[str]:
    """``"No follow-up: 3"``, where there were any."""
    return [
        f"No follow-up: {number(p.estimate)}" for p in mine if p.term == "no follow-up" and p.estimate > 0
    ]


def _wrapped(reasons: Sequence[str], room: float) -> list[str]:
    """Lines of reasons with their counts; no count stands alone on a line."""
    lines = []
    for reason in reasons:
        words, _, count = reason.rpartition(" ")
        lines += wrap(f"{words}{NO_BREAK}{count}" if words else count, room)
    return lines


def _reasons(mine: Sequence[Point], prefix: str, style: Style) -> list[str]:
    """``"lost to follow-up: 12"`` for every reason that occurs, the commonest first."""
    found = [p for p in mine if p.ok and p.term is not None and p.term.startswith(prefix) and p.estimate > 0]
    found.sort(key=lambda p: (-p.estimate, p.term or ""))
    return [f"{style.label((p.term or '')[len(prefix) :])}: {number(p.estimate)}" for p in found]


def _observed(mine: Sequence[Point], style: Style) -> list[str]:
    found = [p for p in mine if p.ok and p.term is not None and p.term.startswith(OBSERVED)]
    said = [together(f"{style.label((p.term or '')[len(OBSERVED) :])}: {number(p.estimate)}") for p in found]
    return [f"Observed: {', '.join(said)}"] if said else []


def _analysed(mine: Sequence[Point], flow: set[str], style: Style) -> list[str]:
    """One line per number analysed: the analyses that rest on it, and who is left out of them."""
    groups: dict[tuple[str, str], list[str]] = {}
    for analysed in mine:
        if analysed.term != "analysed" or analysed.analysis in flow or not analysed.ok:
            continue
        left_out = _reasons([p for p in mine if p.analysis == analysed.analysis], EXCLUDED, style)
        key = number(analysed.estimate), ", ".join(left_out)
        groups.setdefault(key, []).append(style.label(analysed.analysis))
    return [
        f"Analysed: {n} ({', '.join(names)})" + (f"; left out: {left_out}" if left_out else "")
        for (n, left_out), names in groups.items()
    ]


def _excluded_lines(counts: Sequence[Point], style: Style) -> list[str]:
    said = _reasons(_of(counts, None), EXCLUDED, style)
    return ["Excluded", *_wrapped(said, WIDTH - REASONS_LEFT - 1)] if said else []


def _box_middle(lane: Lane) -> float:
    return len(lane.name) * LINE + 3 + lane.body / 2


def _draw_lane(page: Page, lane: Lane, top: float, style: Style) -> None:
    colour = style.arms[lane.arm].colour
    middle = top + _box_middle(lane)
    page.text(LANE, top, "\n".join(lane.name), colour, weight="bold", gid=f"lane_{lane.arm}")
    _arrow(page, TRUNK, LANE - 1, middle)
    _box(page, LANE, middle - lane.assigned.height / 2, lane.assigned, colour)
    start = LANE + BOX
    _arrow(page, start + 1, REASONS_LEFT - 4, middle)
    page.text(REASONS_LEFT, middle, "\n".join(lane.reasons), INK, va="center", gid="reasons")
    left = WIDTH - lane.end.width - 1
    _arrow(page, left - ARROW - 2, left - 2, middle)
    _box(page, left, middle - lane.end.height / 2, lane.end, colour)
    facts = middle + lane.body / 2 + 4
    if lane.facts:
        page.text(LANE, facts, "\n".join(lane.facts), MUTED, gid="facts")


def _box(page: Page, left: float, top: float, box: Box, colour: str) -> None:
    """Rounded box, over the lines that reach it."""
    page.figure.add_artist(
        FancyBboxPatch(
            (left + 2, page.height - top - box.height + 2), box.width - 4, box.height - 4,
            boxstyle="round,pad=2,rounding_size=3", facecolor=PAPER, edgecolor=colour, linewidth=0.8,
            transform=Affine2D().scale(1 / POINTS_PER_INCH) + page.figure.dpi_scale_trans, zorder=2.5,
        )
    )  # fmt: skip
    centre, below = left + box.width / 2, top + 3 + len(box.name) * LINE
    page.text(centre, top + 3, "\n".join(box.name), MUTED, ha="center", gid="box")
    page.text(centre, below, box.value, colour, ha="center", weight="bold", gid="box")


def _arrow(page: Page, start: float, stop: float, y: float) -> None:
    page.line((start, stop), (y, y), RULE, linewidth=0.7)
    page.line((stop - 3, stop, stop - 3), (y - 2, y, y + 2), RULE, linewidth=0.7)
