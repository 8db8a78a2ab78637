"""A page to draw on, in points from the top left: text is measured before it is placed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

from outcomes.figures.style import GRID, INK, MUTED, PAPER

POINTS_PER_INCH = 72.0
WIDTH = 4.6 * POINTS_PER_INCH  # printed at a column's 89 mm (3.5 in), 8 point text is still 6 points high
FONT_SIZE = 8.0
LINE = 10.0  # height of a line of text
BASELINE = 7.8  # from the top of a line to its baseline: capitals stand in the middle
GAP = 6.0
NO_BREAK = "\N{NO-BREAK SPACE}"
FONT = "DejaVu Sans"  # the only family that ships with matplotlib: same glyphs on every machine

SETTINGS: dict[str, Any] = {
    "axes.axisbelow": True,
    "axes.edgecolor": INK,
    "axes.grid": False,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.6,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "figure.dpi": 300.0,
    "figure.facecolor": PAPER,
    "font.family": [FONT],
    "font.size": FONT_SIZE,
    "grid.color": GRID,
    "grid.linewidth": 0.6,
    "lines.linewidth": 1.4,
    "svg.fonttype": "path",  # text as outlines: the report looks the same where DejaVu Sans is not installed
    "text.color": INK,
    "text.parse_math": False,  # a label is text, whatever characters it holds
    "xtick.color": INK,
    "xtick.labelsize": FONT_SIZE,
    "xtick.major.size": 2.5,
    "xtick.major.width": 0.6,
    "xtick.minor.visible": False,
    "ytick.color": INK,
    "ytick.labelsize": FONT_SIZE,
    "ytick.major.size": 0.0,
    "ytick.minor.visible": False,
}


@contextmanager
def figure_settings() -> Iterator[None]:
    """Matplotlib's own defaults with `SETTINGS` on top, for a block or (as decorator) a function.

    A user's matplotlibrc has no say, and nothing outlives the block.
    """
    defaults: Any = dict(matplotlib.rcParamsDefault)
    settings = {key: value for key, value in defaults.items() if not key.startswith("backend")} | SETTINGS
    with matplotlib.rc_context(settings):
        yield


@dataclass(frozen=True)
class Page:
    """A figure `WIDTH` points wide; x runs right from its left edge, y down from its top."""

    figure: Figure
    height: float

    @classmethod
    def of_height(cls, height: float) -> Page:
        """Return an empty page, `height` in points."""
        figure = Figure(figsize=(WIDTH / POINTS_PER_INCH, height / POINTS_PER_INCH))
        return cls(figure, height)

    def axes(self, left: float, top: float, width: float, height: float) -> Axes:
        """Axes whose plotting area is this box."""
        box = (left / WIDTH, 1 - (top + height) / self.height, width / WIDTH, height / self.height)
        return self.figure.add_axes(box)

    def text(
        self, x: float, y: float, text: str, colour: str = INK, *, va: str = "top", ha: str = "left",
        weight: str = "normal", gid: str | None = None,
    ) -> None:  # fmt: skip
        """Print lines of text with their top, or (``va="center"``) their middle, at y.

        Each line is set on its own baseline: matplotlib would space the lines of one text by the
        letters that happen to stand in them.
        """
        lines = text.split("\n")
        top = y - len(lines) * LINE / 2 if va == "center" else y
        for place, line in enumerate(lines):
            baseline = top + place * LINE + BASELINE
            self.figure.text(
                x / WIDTH, 1 - baseline / self.height, line,
                color=colour, ha=ha, va="baseline", weight=weight, gid=gid,
            )  # fmt: skip

    def line(self, xs: Sequence[float], ys: Sequence[float], colour: str = INK, **options: Any) -> None:  # noqa: ANN401
        """Polyline through points of the page."""
        from matplotlib.lines import Line2D

        self.figure.add_artist(
            Line2D(
                [x / WIDTH for x in xs], [1 - y / self.height for y in ys],
                color=colour, transform=self.figure.transFigure, **options,
            )
        )  # fmt: skip


@lru_cache(maxsize=4096)
def text_width(text: str, weight: str = "normal") -> float:
    """Width of one line of text, in points."""
    font = FontProperties(family=[FONT], size=FONT_SIZE, weight=weight)
    width, _, _ = text_to_path.get_text_width_height_descent(text, font, ismath=False)
    return float(width)


def wrap(text: str, width: float, weight: str = "normal") -> list[str]:
    """Break text into lines at most `width` points wide; a word longer than a line is cut.

    What no-break spaces join stays on one line, if it fits on one.
    """
    lines: list[str] = []
    for word in _words(text, width, weight):
        joined = f"{lines[-1]} {word}" if lines else word
        if text_width(joined, weight) <= width:
            lines[-1:] = [joined]
            continue
        rest = word
        while text_width(rest, weight) > width and len(rest) > 1:
            cut = 1
            while text_width(rest[: cut + 1], weight) <= width:
                cut += 1
            lines.append(rest[:cut])
            rest = rest[cut:]
        lines.append(rest)
    return lines or [""]


def _words(text: str, width: float, weight: str) -> Iterator[str]:
    for part in re.split(rf"[^\S{NO_BREAK}]+", text):
        joined = part.replace(NO_BREAK, " ")
        yield from [joined] if text_width(joined, weight) <= width else joined.split()


def together(text: str) -> str:
    """Join the words of a text for `wrap`."""
    return text.replace(" ", NO_BREAK)


SYNTHETIC = "Synthetic data: simulated, not patients."


def block_width(lines: Sequence[str], weight: str = "normal") -> float:
    """Width of the longest of several lines, in points."""
    return max((text_width(line, weight) for line in lines), default=0.0)


def foot_lines(notes: Sequence[str], *, synthetic: bool) -> list[str]:
    """Lines of the notes under a figure, each note starting a new one; simulated data are called so first."""
    told = [SYNTHETIC, *notes] if synthetic else notes
    return [line for note in told for line in wrap(note, WIDTH - 2)]


def draw_foot(page: Page, top: float, lines: Sequence[str]) -> None:
    """Print the notes under a figure."""
    if lines:
        page.text(1, top, "\n".join(lines), MUTED)


def spread(wanted: Sequence[float], heights: Sequence[float], low: float, high: float) -> list[float]:
    """Centres of labels in one column, as near to `wanted` as they can be without overlap.

    Least squares under order and distance: isotonic regression of the centres less the room that the
    labels before them take, by pooling adjacent violators. Where the labels do not fit between
    `low` and `high` they start at `low`.
    """
    order = sorted(range(len(wanted)), key=lambda i: (wanted[i], i))
    room, total = [], 0.0
    for i in order:
        room.append(total + heights[i] / 2)
        total += heights[i]
    pools: list[tuple[float, int]] = []
    for place, i in enumerate(order):
        pools.append((wanted[i] - room[place], 1))
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            (b, n_b), (a, n_a) = pools.pop(), pools.pop()
            pools.append(((a * n_a + b * n_b) / (n_a + n_b), n_a + n_b))
    starts = [mean for mean, n in pools for _ in range(n)]
    centres = [0.0] * len(wanted)
    for place, i in enumerate(order):
        centres[i] = max(low, min(starts[place], high - total)) + room[place]
    return centres
