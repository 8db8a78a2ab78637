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
    POINTS_PER_INCH,
    WIDTH,
    Page,
    draw_foot,
    figure_settings,
    foot_lines,
    message_page,
    wrap,
)
from outcomes.figures.points import Point, points
from outcomes.figures.style import INK, MUTED, PAPER, RULE, Style
from outcomes.figures.words import failures, number

TRUNK = 8.0  # x of the line from which the lanes branch off
LANE = 24.0  # left edge of the lanes
BOX = 58.0
BOX_HEIGHT = 2 * LINE + 6
ARROW = 16.0
REASONS_LEFT = LANE + BOX + ARROW + 6
REASONS_WIDTH = WIDTH - REASONS_LEFT - ARROW - 12 - BOX - 1
EXCLUDED, DISCONTINUED, OBSERVED = "excluded: ", "discontinued: ", "observed: "


@dataclass(frozen=True)
class Lane:
    """What is printed for one arm."""

    arm: str
    name: list[str]
    assigned: str
    completed: str
    reasons: list[str]
    facts: list[str]

    @property
    def body(self) -> float:
        """Height of the row of boxes."""
        return max(BOX_HEIGHT, len(self.reasons) * LINE + 2)

    @property
    def height(self) -> float:
        """Height of the lane."""
        return len(self.name) * LINE + 3 + self.body + 4 + len(self.facts) * LINE + 2 * GAP


@figure_settings()
def draw_participant_flow(rows: pd.DataFrame, style: Style) -> Figure:
    """Draw the `count` rows of a flow analysis, from screening where known to completion, by arm.

    Parameters
    ----------
    rows : pandas.DataFrame
        Rows of `estimates` of the flow analysis; `analysed` and ``excluded: <reason>`` rows of
        other analyses may stand among them and are listed per arm under the analyses' labels.
    style : Style
        `labels` holds the printed names of visits and analyses.
    """
    counts = points(rows, "count", style)
    lanes = _lanes(counts, style)
    if not lanes and not _overall(counts, "screened"):
        notes = failures(counts, style)
        return message_page(*(notes or ["Nothing to draw: the analysis counts no participants."]))
    foot = foot_lines(failures(counts, style))
    screening = _screening_height(counts, style)
    page = Page.of_height(screening + sum(lane.height for lane in lanes) + len(foot) * LINE + 2)
    _draw_screening(page, counts, style)
    y = screening
    for lane in lanes:
        _draw_lane(page, lane, y, style)
        y += lane.height
    if lanes:
        last = y - lanes[-1].height + _box_middle(lanes[-1])
        first = BOX_HEIGHT + 1 if screening > BOX_HEIGHT else screening + _box_middle(lanes[0])
        page.line((TRUNK, TRUNK), (first, last), RULE, linewidth=0.7)
    draw_foot(page, y, foot)
    return page.figure


def describe_participant_flow(rows: pd.DataFrame, style: Style) -> str:
    """Counts of each stage, in words."""
    counts = points(rows, "count", style)
    parts = []
    screened = _overall(counts, "screened")
    if screened:
        excluded = _reasons([p for p in counts if p.arm is None], EXCLUDED, style)
        parts.append(f"Screened {screened}" + (f"; excluded: {', '.join(excluded)}" if excluded else ""))
    for lane in _lanes(counts, style):
        said = f"{style.arms[lane.arm].label}: {lane.assigned} assigned, {lane.completed} completed"
        parts.append("; ".join([said, *_reasons(_of(counts, lane.arm), DISCONTINUED, style)]))
    parts += failures(counts, style)
    return " ".join(f"{part}." for part in parts) or "No counts of participants to draw."


def _of(counts: Sequence[Point], arm: str) -> list[Point]:
    return [point for point in counts if point.arm == arm]


def _flow_analyses(counts: Sequence[Point]) -> set[str]:
    return {point.analysis for point in counts if point.term == "assigned"}


def _overall(counts: Sequence[Point], term: str) -> str:
    return next((number(p.estimate) for p in counts if p.arm is None and p.term == term and p.ok), "")


def _lanes(counts: Sequence[Point], style: Style) -> list[Lane]:
    flow = _flow_analyses(counts)
    lanes = []
    for arm, look in style.arms.items():
        mine = [point for point in _of(counts, arm) if point.analysis in flow]
        if not mine:
            continue
        by_term = {p.term: number(p.estimate) for p in mine if p.ok}
        reasons = _reasons(mine, DISCONTINUED, style)
        listed = ["Discontinued" if reasons else "None discontinued"]
        listed += [line for reason in reasons for line in wrap(reason, REASONS_WIDTH)]
        facts = [*_observed(mine, style), *_analysed(_of(counts, arm), flow, style)]
        lanes.append(
            Lane(
                arm, wrap(look.label, WIDTH - LANE - 2, "bold"),
                by_term.get("assigned", "–"), by_term.get("completed", "–"),
                listed, [line for fact in facts for line in wrap(fact, WIDTH - LANE - 2)],
            )
        )  # fmt: skip
    return lanes


def _reasons(mine: Sequence[Point], prefix: str, style: Style) -> list[str]:
    """``"lost to follow-up: 12"`` for every reason that occurs, the commonest first."""
    found = [p for p in mine if p.ok and p.term is not None and p.term.startswith(prefix) and p.estimate > 0]
    found.sort(key=lambda p: (-p.estimate, p.term or ""))
    return [f"{style.label((p.term or '')[len(prefix) :])}: {number(p.estimate)}" for p in found]


def _observed(mine: Sequence[Point], style: Style) -> list[str]:
    found = [p for p in mine if p.ok and p.term is not None and p.term.startswith(OBSERVED)]
    said = [f"{style.label((p.term or '')[len(OBSERVED) :])}: {number(p.estimate)}" for p in found]
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
    said = _reasons([p for p in counts if p.arm is None], EXCLUDED, style)
    lines = [line for reason in said for line in wrap(reason, WIDTH - REASONS_LEFT - 1)]
    return ["Excluded", *lines] if lines else []


def _screening_height(counts: Sequence[Point], style: Style) -> float:
    if not _overall(counts, "screened"):
        return 1.0
    return max(BOX_HEIGHT, len(_excluded_lines(counts, style)) * LINE + 2) + 2 * GAP


def _draw_screening(page: Page, counts: Sequence[Point], style: Style) -> None:
    """Print the people screened and those excluded, at the head of the trunk; nothing where unknown."""
    screened = _overall(counts, "screened")
    if not screened:
        return
    _box(page, 1, 1, LANE + BOX - 1, "Screened", screened, INK)
    lines = _excluded_lines(counts, style)
    if lines:
        middle = 1 + BOX_HEIGHT / 2
        _arrow(page, LANE + BOX, REASONS_LEFT - 4, middle)
        page.text(REASONS_LEFT, 4, "\n".join(lines), INK, gid="excluded")


def _box_middle(lane: Lane) -> float:
    return len(lane.name) * LINE + 3 + lane.body / 2


def _draw_lane(page: Page, lane: Lane, top: float, style: Style) -> None:
    colour = style.arms[lane.arm].colour
    middle = top + _box_middle(lane)
    page.text(LANE, top, "\n".join(lane.name), colour, weight="bold", gid=f"lane_{lane.arm}")
    _arrow(page, TRUNK, LANE - 1, middle)
    _box(page, LANE, middle - BOX_HEIGHT / 2, BOX, "Assigned", lane.assigned, colour)
    start = LANE + BOX
    _arrow(page, start + 1, REASONS_LEFT - 4, middle)
    page.text(REASONS_LEFT, middle, "\n".join(lane.reasons), INK, va="center", gid="reasons")
    _arrow(page, WIDTH - BOX - ARROW - 3, WIDTH - BOX - 3, middle)
    _box(page, WIDTH - BOX - 1, middle - BOX_HEIGHT / 2, BOX, "Completed", lane.completed, colour)
    facts = middle + lane.body / 2 + 4
    if lane.facts:
        page.text(LANE, facts, "\n".join(lane.facts), MUTED, gid="facts")


def _box(page: Page, left: float, top: float, width: float, name: str, value: str, colour: str) -> None:
    """Rounded box with a stage and its count."""
    page.figure.add_artist(
        FancyBboxPatch(
            (left + 2, page.height - top - BOX_HEIGHT + 2), width - 4, BOX_HEIGHT - 4,
            boxstyle="round,pad=2,rounding_size=3", facecolor=PAPER, edgecolor=colour, linewidth=0.8,
            transform=Affine2D().scale(1 / POINTS_PER_INCH) + page.figure.dpi_scale_trans,
        )
    )  # fmt: skip
    page.text(left + width / 2, top + 3, name, MUTED, ha="center", gid="box")
    page.text(left + width / 2, top + 3 + LINE, value, colour, ha="center", weight="bold", gid="box")


def _arrow(page: Page, start: float, stop: float, y: float) -> None:
    page.line((start, stop), (y, y), RULE, linewidth=0.7)
    page.line((stop - 3, stop, stop - 3), (y - 2, y, y + 2), RULE, linewidth=0.7)
