"""Step curves by arm with bands that stay apart in grey, and the numbers at risk under their axis."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes

from outcomes.figures.page import GAP, LINE, Page, text_width
from outcomes.figures.plot import LEADER, Frame, arm_lines, left_margin, nice_ticks, thin_ticks
from outcomes.figures.points import Point, of_arm
from outcomes.figures.style import ArmStyle, Style
from outcomes.figures.words import number, plural

KEY = 16.0  # length of the line samples before the numbers at risk
LINE_WEIGHT, EDGE_WEIGHT = 1.4, 0.5
FILL = 0.07  # where the bands of four arms lie on each other, text and lines still stand out


@dataclass(frozen=True)
class Curve:
    """One arm's step function in percent: level and interval from each time on, and where it ends."""

    times: list[float]
    levels: list[float]
    low: list[float]
    high: list[float]

    def at(self, time: float) -> int:
        """Index of the step in force at `time`."""
        return max(i for i, start in enumerate(self.times) if start <= time)


def curves_of(found: Sequence[Point], at_risk: Sequence[Point], style: Style) -> dict[str, Curve]:
    """Curve of each arm with numbers; it goes on, level, to the last tick with patients at risk."""
    curves = {}
    for arm in style.arms:
        steps = _steps(of_arm(found, arm))
        if not steps:
            continue
        times = [point.time for point in steps]
        bounds = [[100 * v for v in (p.estimate, p.low, p.high)] for p in steps]
        still = [p.time for p in of_arm(at_risk, arm) if p.estimate > 0 and p.time > times[-1]]
        if still:
            times, bounds = [*times, still[-1]], [*bounds, bounds[-1]]
        columns = [list(column) for column in zip(*bounds, strict=True)]
        curves[arm] = Curve(times, *columns)
    return curves


def _steps(found: Sequence[Point]) -> list[Point]:
    """Rows at which the curve or its band moves, and the last; the others only repeat a value."""
    values = [(point.estimate, point.low, point.high) for point in found]
    last = len(found) - 1
    return [p for i, p in enumerate(found) if i in (0, last) or values[i] != values[i - 1]]


def common_time(curves: Mapping[str, Curve], at_risk: Sequence[Point], final: float | None) -> float:
    """Last time, planned where numbers at risk are, that every curve reaches.

    Parameters
    ----------
    final : float or None
        Level at which a curve stays for good, so that it reaches every time; None: there is none.
    """
    reached = min(
        math.inf if final is not None and c.levels[-1] <= final else c.times[-1] for c in curves.values()
    )
    if math.isinf(reached):
        reached = max(curve.times[-1] for curve in curves.values())
    planned = [point.time for point in at_risk if point.ok and point.time <= reached]
    return max(planned, default=reached)


def draw_curve(ax: Axes, curve: Curve, look: ArmStyle) -> tuple[float, float]:
    """Draw the steps and their band; return where the curve ends."""
    low = [s if math.isnan(v) else v for v, s in zip(curve.low, curve.levels, strict=True)]
    high = [s if math.isnan(v) else v for v, s in zip(curve.high, curve.levels, strict=True)]
    ax.step(
        curve.times, curve.levels, where="post", color=look.colour, linestyle=look.linestyle,
        linewidth=LINE_WEIGHT, clip_on=False, zorder=2.5,
    )  # fmt: skip
    draw_band(ax, curve.times, low, high, look, stepped=True)
    return curve.times[-1], curve.levels[-1]


def draw_band(
    ax: Axes, xs: Sequence[float], low: Sequence[float], high: Sequence[float], look: ArmStyle,
    *, stepped: bool = False,
) -> None:  # fmt: skip
    """Fill between two limits, so lightly that edges in the arm's line style tell the arm in print.

    In grey all arm colours are much the same; the dashes of the edges are as long as those of the
    arm's own line, which is three times as thick.
    """
    ax.fill_between(
        xs, low, high, step="post" if stepped else None, color=look.colour, alpha=FILL, linewidth=0,
        zorder=1.5,
    )  # fmt: skip
    for edge in (low, high):
        ax.plot(
            xs, edge, drawstyle="steps-post" if stepped else "default", color=look.colour,
            linewidth=EDGE_WEIGHT, linestyle=edge_style(look), zorder=1.8,
        )  # fmt: skip


def edge_style(look: ArmStyle) -> str | tuple[float, tuple[float, ...]]:
    """Dashes of the arm's line at the weight of an edge, as long on paper."""
    if not look.dashes:
        return "solid"
    return 0.0, tuple(length * LINE_WEIGHT / EDGE_WEIGHT for length in look.dashes)


def time_axis(
    curves: Sequence[Curve], at_risk: Sequence[Point], width: float
) -> tuple[float, list[float]]:  # fmt: skip
    """Where the time axis ends, and its ticks: those of the numbers at risk where there are any."""
    end = max([*(c.times[-1] for c in curves), *(p.time for p in at_risk if p.ok)]) or 1.0
    ticks = sorted({p.time for p in at_risk if p.ok}) or nice_ticks(0, end, 7)
    return end, thin_ticks(ticks, 0, end, width, [widest_count(at_risk)])


def counts_at_risk(
    found: Sequence[Point], at_risk: Sequence[Point], style: Style
) -> dict[str, dict[float, float]]:
    """Numbers at risk by time, for each arm that has rows at all; empty where none has any."""
    if not at_risk:
        return {}
    present = [arm for arm in style.arms if any(p.arm == arm for p in (*found, *at_risk))]
    return {arm: {p.time: p.estimate for p in of_arm(at_risk, arm)} for arm in present}


def at_risk_height(counts: Mapping[str, Mapping[float, float]], style: Style) -> float:
    """Room that `draw_at_risk` needs."""
    lines = arm_lines(style)
    return sum(len(lines[arm]) * LINE + 2 for arm in counts) + LINE + 3 + GAP if counts else 0.0


def draw_at_risk(
    page: Page, frame: Frame, top: float, counts: Mapping[str, Mapping[float, float]], style: Style,
    ticks: Sequence[float], end: float,
) -> float:  # fmt: skip
    """Print one row of numbers per arm, each number centred under its tick; return the y below."""
    page.text(1, top, "Number at risk")
    y = top + LINE + 3
    for arm, row in counts.items():
        look, lines = style.arms[arm], arm_lines(style)[arm]
        height = len(lines) * LINE
        middle = y + LINE / 2
        page.line(
            (1, 1 + KEY), (middle - 0.5, middle - 0.5), look.colour, linestyle=look.linestyle, linewidth=1.4
        )
        for tick in ticks:
            page.text(
                frame.left + frame.width * tick / end, y, number(row[tick]) if tick in row else "–",
                look.colour, ha="center", gid=f"at_risk_{arm}_{tick:g}",
            )  # fmt: skip
        page.text(frame.right + LEADER, y, "\n".join(lines), look.colour, gid=f"row_{arm}")
        y += height + 2
    return y


def left_room(texts: Sequence[str], at_risk: Sequence[Point]) -> float:
    """Room for the y tick labels, and for a line sample before the first number at risk."""
    return max(left_margin(texts), KEY + text_width(widest_count(at_risk)) / 2 + 4 if at_risk else 0.0)


def widest_count(at_risk: Sequence[Point]) -> str:
    """Longest number at risk, as printed."""
    return max((number(p.estimate) for p in at_risk if p.ok), key=len, default="")


def unit_of_time(found: Sequence[Point]) -> str:
    """Unit of the time axis."""
    return next((point.time_unit for point in found if point.time_unit), "day")


def since_start(found: Sequence[Point], style: Style) -> str:
    """Title of the time axis."""
    return f"{plural(unit_of_time(found)).capitalize()} since {style.origin}"
