"""Forest under headings: its lines, how they are drawn and what they say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure

from outcomes.figures.forest_axis import (
    NAMES_WIDTH,
    better_sides,
    draw_interval,
    interval_texts,
    not_randomised_notes,
    print_sides,
    x_axis,
)
from outcomes.figures.page import (
    GAP,
    LINE,
    WIDTH,
    Page,
    block_width,
    draw_foot,
    foot_lines,
    text_width,
    wrap,
)
from outcomes.figures.plot import Frame
from outcomes.figures.points import Point
from outcomes.figures.style import INK, MUTED, PAPER, Style
from outcomes.figures.words import DAGGER, confidence, decimals_of, failures
from outcomes.tables import QUANTITIES


@dataclass(frozen=True)
class Line:
    """One line: names in their colours, and the row whose interval stands beside them; None: a heading."""

    names: tuple[tuple[str, str], ...]
    point: Point | None
    said: str
    aside: str = ""
    indent: float = 0.0

    @property
    def heading(self) -> bool:
        """Whether the line has no interval of its own."""
        return self.point is None


@dataclass(frozen=True)
class Groups:
    """A whole forest: `quantity` gives the axis, `sided` says whether one side is better."""

    quantity: str
    title: str
    lines: tuple[Line, ...]
    sided: bool
    notes: tuple[str, ...] = ()

    @property
    def found(self) -> list[Point]:
        """Rows with a line of their own."""
        return [line.point for line in self.lines if line.point is not None]


def draw_groups(groups: Groups, style: Style) -> Figure | None:
    """Draw the lines from top to bottom; None where none of them has a number."""
    found = groups.found
    if not any(point.ok for point in found):
        return None
    texts = interval_texts(found, decimals_of(found))
    names = [_wrapped(line) for line in groups.lines]
    heights = [
        _height(place, line, len(lines))
        for place, (line, lines) in enumerate(zip(groups.lines, names, strict=True))
    ]
    head = f"Estimate ({confidence(found)})"
    left = GAP + max(
        (line.indent + block_width([text for text, _ in lines])
         for line, lines in zip(groups.lines, names, strict=True) if not line.heading), default=0.0,
    )  # fmt: skip
    right = max(block_width(texts), text_width(head)) + GAP
    title = wrap(groups.title, WIDTH - 2)
    frame = Frame(left, len(title) * LINE + 2 * GAP + LINE, WIDTH - left - right - GAP, sum(heights))
    sides = better_sides(groups.quantity, style) if groups.sided else None
    marked = [f"{DAGGER} {note}" for note in not_randomised_notes(found, style)]
    foot = foot_lines([*groups.notes, *marked, *failures(found, style)], synthetic=style.synthetic)
    below = frame.bottom + LINE + GAP + (2 * LINE + GAP if sides else 0)
    page = Page.of_height(below + GAP + len(foot) * LINE)
    page.text(1, 1, "\n".join(title))
    page.text(WIDTH - 1, frame.top - LINE - 2, head, MUTED, ha="right")
    ax = page.axes(frame.left, frame.top, frame.width, frame.height)
    log = QUANTITIES[groups.quantity].scale == "log"
    x_axis(ax, frame, groups.quantity, found)
    y, intervals = frame.top, iter(texts)
    for line, lines, height in zip(groups.lines, names, heights, strict=True):
        _print_line(page, line, lines, y, height)
        middle = y + height / 2
        if line.point is None:  # a heading runs across the plot, so the null line makes way for it
            ax.axhspan(frame.bottom - y - height, frame.bottom - y, color=PAPER, linewidth=0, zorder=1.1)
        else:
            colour = INK if line.point.ok else MUTED
            page.text(WIDTH - 1, middle, next(intervals), colour, ha="right", va="center", gid="interval")
            if line.point.ok:
                draw_interval(ax, line.point, sum(heights) - (middle - frame.top), style, log=log)
        y += height
    if sides:
        print_sides(page, ax, frame, sides, QUANTITIES[groups.quantity].null or 0.0)
    draw_foot(page, below, foot)
    return page.figure


def describe_groups(groups: Groups, style: Style) -> str:
    """Each line with its interval under its heading, in words."""
    found = groups.found
    texts = iter(interval_texts(found, decimals_of(found)))
    sections: list[list[str]] = []
    for line in groups.lines:
        if line.heading:
            sections.append([f"{line.said}{f' ({line.aside})' if line.aside else ''}"])
        else:
            sections[-1].append(f"{line.said} {next(texts)}")
    said = [f"{head}: {'; '.join(parts)}." if parts else f"{head}:" for head, *parts in sections]
    notes = [*not_randomised_notes(found, style), *failures(found, style)]
    opening = f"{groups.title}, with {confidence(found)}."
    return " ".join([opening, *said, *groups.notes, *(f"{note}." for note in notes)])


def _wrapped(line: Line) -> list[tuple[str, str]]:
    room = WIDTH - 2 - line.indent - (text_width(line.aside) + 2 * GAP if line.aside else 0.0)
    width = room if line.heading else NAMES_WIDTH
    return [
        (part, colour) for text, colour in line.names for part in wrap(text, width, _weight(line, colour))
    ]  # fmt: skip


def _weight(line: Line, colour: str) -> str:
    return "bold" if line.heading and colour == INK and not line.indent else "normal"


def _height(place: int, line: Line, lines: int) -> float:
    """Height of a line; a heading stands off from what is above it."""
    above = GAP if line.heading and not line.indent and place else 0.0
    return lines * LINE + (3 if line.heading else 2) + above


def _print_line(page: Page, line: Line, lines: Sequence[tuple[str, str]], top: float, height: float) -> None:
    """Print the names at the foot of the line's box, and what stands aside of a heading."""
    start = top + height - 1 - len(lines) * LINE
    for place, (text, colour) in enumerate(lines):
        page.text(
            1 + line.indent, start + place * LINE, text, colour, weight=_weight(line, colour), gid="name"
        )
    if line.aside:
        page.text(WIDTH - 1, start, line.aside, MUTED, ha="right", gid="interaction")
