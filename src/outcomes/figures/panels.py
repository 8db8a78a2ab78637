"""Small multiples: panels on the same axes, two beside each other, at most six for contrasts."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from matplotlib.axes import Axes

from outcomes.figures.page import GAP, LINE, WIDTH, Page, wrap
from outcomes.figures.plot import Frame, left_margin
from outcomes.figures.points import Point
from outcomes.figures.steps import draw_band
from outcomes.figures.style import MUTED, Style
from outcomes.figures.words import DAGGER, NOT_ESTIMABLE, at_time, in_shown_unit, interval

Contrast = tuple[str, str]
Title = tuple[tuple[str, str], ...]
"""Texts of a title, each with its colour."""

MOST_PANELS = 6
COLUMNS = 2
PANEL_HEIGHT = 92.0
TICK_LABELS = 16.0  # height of tick labels under a panel
FEW = 15  # so many points of a line, or fewer, are marked


@dataclass(frozen=True)
class Grid:
    """Where the panels stand, and the lines of their titles with their colours."""

    frames: list[Frame]
    titles: list[list[tuple[str, str]]]

    @property
    def bottom(self) -> float:
        """Lower edge of the lowest tick labels."""
        return max(frame.bottom for frame in self.frames) + TICK_LABELS

    def leads(self, place: int) -> bool:
        """Whether a panel stands at the left, where the y tick labels are."""
        return place % COLUMNS == 0


def contrasts_of(found: Iterable[Point]) -> list[Contrast]:
    """Contrasts of some rows, in the order of the rows."""
    return list(
        dict.fromkeys((p.arm, p.comparator) for p in found if p.arm is not None and p.comparator is not None)
    )


def of_contrast(found: Iterable[Point], contrast: Contrast) -> list[Point]:
    """Rows of one contrast."""
    return [point for point in found if (point.arm, point.comparator) == contrast]


def shown_note(contrasts: Sequence[Contrast]) -> list[str]:
    """Return the note that says how many contrasts have no panel; none where all have one."""
    if len(contrasts) <= MOST_PANELS:
        return []
    return [f"Shown: the first {MOST_PANELS} of {len(contrasts)} contrasts, in the order of the arms."]


def grid(
    titles: Sequence[Title], tick_texts: Sequence[str], top: float, height: float = PANEL_HEIGHT
) -> Grid:  # fmt: skip
    """Place a panel under each title, two beside each other; one alone takes the whole width."""
    columns = min(COLUMNS, len(titles))
    left = left_margin(tick_texts)
    width = (WIDTH - left - 2 * GAP * columns) / columns
    wrapped = [wrapped_title(title, width) for title in titles]
    frames = []
    for start in range(0, len(wrapped), columns):
        row = wrapped[start : start + columns]
        top += max(len(lines) for lines in row) * LINE + GAP
        frames += [Frame(left + place * (width + 2 * GAP), top, width, height) for place in range(len(row))]
        top += height + TICK_LABELS + GAP
    return Grid(frames, wrapped)


def wrapped_title(title: Title, width: float) -> list[tuple[str, str]]:
    """Lines of a title, each with its colour."""
    return [(line, colour) for text, colour in title for line in wrap(text, width)]


def contrast_title(contrast: Contrast, style: Style) -> Title:
    """Both names of a contrast, each in its arm's colour."""
    arm, comparator = (style.arms[name] for name in contrast)
    mark = DAGGER if style.confounders(contrast) else ""
    return (arm.label, arm.colour), (f"vs {comparator.label}{mark}", comparator.colour)


def print_titles(page: Page, made: Grid) -> None:
    """Print the title of each panel above it."""
    for frame, lines in zip(made.frames, made.titles, strict=True):
        top = frame.top - GAP + 2 - len(lines) * LINE
        for place, (line, colour) in enumerate(lines):
            page.text(frame.left, top + place * LINE, line, colour, gid="name")


def print_not_estimable(page: Page, frame: Frame) -> None:
    """Say in the middle of an empty panel why it is empty."""
    centre, middle = frame.left + frame.width / 2, frame.top + frame.height / 2
    page.text(centre, middle, NOT_ESTIMABLE, MUTED, ha="center", va="center")


def draw_series(ax: Axes, found: Sequence[Point], arm: str, style: Style, *, smooth: bool = False) -> None:
    """Draw a line over time with its band; where a time has no number, line and band are broken.

    The points are marked if they are few and no smooth curve; so is one alone between two gaps,
    which no line would show.
    """
    look = replace(style.arms[arm], dashes=())  # one line to a panel: its style has nothing to tell
    found = [point for point in found if not math.isnan(point.time)]
    xs = [point.time for point in found]
    ys, low, high = (
        [in_shown_unit(value, p.unit) if p.ok else math.nan for value, p in zip(column, found, strict=True)]
        for column in ([p.estimate for p in found], [p.low for p in found], [p.high for p in found])
    )
    ax.plot(xs, ys, color=look.colour, zorder=3)
    draw_band(ax, xs, low, high, look)
    padded = [math.nan, *ys, math.nan]
    for place, (x, y) in enumerate(zip(xs, ys, strict=True)):
        alone = math.isnan(padded[place]) and math.isnan(padded[place + 2])
        if not math.isnan(y) and (alone or (len(xs) <= FEW and not smooth)):
            ax.plot(
                [x], [y], marker=look.marker, markersize=3, color=look.colour, linestyle="none", zorder=4,
                clip_on=False,
            )  # fmt: skip


def ends_in_words(found: Sequence[Point], digits: int) -> str:
    """First and last number of a contrast over time, with their intervals."""
    ok = [point for point in found if point.ok]
    if not ok:
        return NOT_ESTIMABLE
    told = [ok[0], ok[-1]] if len(ok) > 1 else ok
    return ", ".join(f"{interval(p, digits)} at {at_time(p.time_unit, p.time)}" for p in told)
