"""Pieces that line plots share: ticks, labels at line ends, the page around the axes."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from outcomes.figures.page import GAP, LINE, WIDTH, Page, block_width, spread, text_width, wrap
from outcomes.figures.points import Point
from outcomes.figures.style import RULE, Style
from outcomes.figures.words import short

LABEL_WIDTH = 92.0  # most that arm labels may take at the right of a plot
LEADER = 18.0  # room for the lines that lead from curve to label
X_AXIS = 27.0  # height of tick labels and title under an x axis
MOST_RATIO = 50.0  # an interval that runs further than this, or its inverse, ends in an arrow or at the edge
RATIO_TICKS = (0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0)
MOVED = 1.5  # a label that moved further than this from its curve gets such a line


@dataclass(frozen=True)
class Frame:
    """The box of the plotting area, in points of the page."""

    left: float
    top: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """Right edge."""
        return self.left + self.width

    @property
    def bottom(self) -> float:
        """Lower edge."""
        return self.top + self.height


def arm_lines(style: Style) -> dict[str, list[str]]:
    """Arm labels wrapped to the column at the right of a plot."""
    return {arm: wrap(look.label, LABEL_WIDTH) for arm, look in style.arms.items()}


def frame_beside(lines: Mapping[str, Sequence[str]], left: float, top: float, height: float) -> Frame:
    """Box of a plot that leaves room for these labels at its right."""
    labels = max((block_width(block) for block in lines.values()), default=0.0)
    return Frame(left, top, WIDTH - left - LEADER - labels - 2, height)


def nice_ticks(low: float, high: float, most: int = 5) -> list[float]:
    """Round numbers inside ``[low, high]``."""
    values = MaxNLocator(nbins=most, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)
    slack = 1e-9 * (high - low)
    return [float(round(v, 10)) for v in values if low - slack <= v <= high + slack]


def thin_ticks(
    ticks: Sequence[float], low: float, high: float, width: float, texts: Sequence[str] = ()
) -> list[float]:
    """Ticks whose labels do not touch: the last one, then as many as fit from the first on.

    Parameters
    ----------
    width : float
        Length of the axis in points.
    texts : sequence of str
        What else is printed under every tick; the widest counts.
    """
    other = max((text_width(text) for text in texts), default=0.0)
    halves = {tick: max(text_width(short(tick)), other) / 2 for tick in ticks}
    last = ticks[-1]

    def apart(a: float, b: float) -> bool:
        return abs(b - a) * width / (high - low) >= halves[a] + halves[b] + GAP / 2

    kept: list[float] = []
    for tick in ticks[:-1]:
        if apart(tick, last) and (not kept or apart(kept[-1], tick)):
            kept.append(tick)
    return [*kept, last]


def ratio_limits(found: Iterable[Point]) -> tuple[float, float]:
    """Ends of a log axis: room for 1, every estimate and every bound within `MOST_RATIO`."""
    ok = [point for point in found if point.ok]
    bounds = [bound for point in ok for bound in (point.low, point.high) if math.isfinite(bound)]
    bounds = [min(max(bound, 1 / MOST_RATIO), MOST_RATIO) for bound in bounds]
    inner = [1.0, *(point.estimate for point in ok)]
    low, high = min([*inner, *bounds, 0.5]), max([*inner, *bounds, 2.0])
    return low / 1.08, high * 1.08


def ratio_ticks(low: float, high: float) -> list[float]:
    """Simple ratios inside ``[low, high]``."""
    return [tick for tick in RATIO_TICKS if low <= tick <= high]


def ratios_apart(
    ticks: Sequence[float], low: float, high: float, length: float, *, upright: bool = False
) -> list[float]:
    """Ticks of a log axis whose labels do not touch: 1 first, then the others from the ends inwards.

    Parameters
    ----------
    length : float
        Length of the axis in points.
    upright : bool
        Whether the labels stand above each other, on a y axis.
    """
    scale = length / math.log(high / low)

    def room(one: float, two: float) -> float:
        return LINE if upright else (text_width(short(one)) + text_width(short(two)) + GAP) / 2

    kept: list[float] = []
    for tick in sorted(ticks, key=lambda t: (t != 1.0, -abs(math.log(t)), t)):
        if all(abs(math.log(tick / other)) * scale >= room(tick, other) for other in kept):
            kept.append(tick)
    return sorted(kept)


def set_x(ax: Axes, low: float, high: float, ticks: Sequence[float]) -> None:
    """Fix limits and ticks of the x axis."""
    ax.set_xlim(low, high)
    ax.set_xticks(list(ticks), labels=[short(tick) for tick in ticks])


def label_ends(
    page: Page, ax: Axes, frame: Frame, style: Style, ends: Mapping[str, tuple[float, float]]
) -> None:
    """Print each arm's label beside the end of its line, moved apart where they would touch.

    Parameters
    ----------
    ends : mapping
        Arm to the last point of its line, in data units.
    """
    lines = arm_lines(style)
    x_low, x_high = ax.get_xlim()
    y_low, y_high = ax.get_ylim()
    xs = {a: frame.left + frame.width * (x - x_low) / (x_high - x_low) for a, (x, _) in ends.items()}
    ys = {a: frame.bottom - frame.height * (y - y_low) / (y_high - y_low) for a, (_, y) in ends.items()}
    heights = [len(lines[arm]) * LINE + 2 for arm in ends]
    centres = spread(list(ys.values()), heights, frame.top - LINE, frame.bottom + LINE)
    for arm, centre in zip(ends, centres, strict=True):
        look = style.arms[arm]
        start = frame.right + LEADER
        if abs(centre - ys[arm]) > MOVED or xs[arm] < frame.right - LEADER:
            page.line(
                (xs[arm] + 5, frame.right + LEADER / 3, start - 3), (ys[arm], ys[arm], centre),
                RULE, linewidth=0.5,
            )  # fmt: skip
        page.text(start, centre, "\n".join(lines[arm]), look.colour, va="center", gid=f"label_{arm}")


def y_axis(ax: Axes, ticks: Sequence[float], texts: Sequence[str]) -> None:
    """Light horizontal rules with their values; no spine, the rules carry the eye."""
    ax.set_yticks(list(ticks), labels=list(texts))
    ax.grid(visible=True, axis="y")
    ax.tick_params(axis="y", pad=3)


def left_margin(texts: Sequence[str]) -> float:
    """Room for the y tick labels."""
    return block_width(texts) + 5


def x_title(page: Page, frame: Frame, text: str) -> float:
    """Print the title of the x axis; return the y below it."""
    page.text(frame.left + frame.width / 2, frame.bottom + X_AXIS - LINE, text, ha="center")
    return frame.bottom + X_AXIS
