"""The choices that make each definition, as a matrix of marks under a specification curve."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from outcomes.figures.definitions import Choice, Definition, choices_of, key_label, value_label
from outcomes.figures.page import GAP, LINE, Page, block_width, wrap
from outcomes.figures.plot import Frame
from outcomes.figures.style import GRID, MUTED, Style

KEY_WIDTH = 74.0
VALUE_WIDTH = 62.0
MARKER = 3.6
SHADE = "#F0F0F0"


@dataclass(frozen=True)
class Matrix:
    """Lines under the plots, the same for every contrast: keys at the left, their values beside them."""

    choices: Mapping[str, Sequence[Choice]]
    keys: Mapping[str, Sequence[str]]
    values: Mapping[Choice, Sequence[str]]
    left: float

    def heights(self) -> dict[str, float]:
        """Height of the lines of each key, and of the space after them."""
        lines = {key: sum(len(self.values[c]) for c in group) for key, group in self.choices.items()}
        return {key: max(lines[key], len(self.keys[key])) * LINE + 3 for key in lines}

    @property
    def height(self) -> float:
        """Height of all lines."""
        return sum(self.heights().values())


def matrix_of(definitions: Sequence[Definition], style: Style, tick_room: float) -> Matrix:
    """Lay out the choices of all definitions, at least `tick_room` points wide."""
    choices = choices_of(definitions)
    keys = {key: wrap(key_label(key, style), KEY_WIDTH) for key in choices}
    values = {c: wrap(value_label(c, style), VALUE_WIDTH) for group in choices.values() for c in group}
    names = max((block_width(lines) for lines in keys.values()), default=0.0)
    left = names + GAP + max((block_width(lines) for lines in values.values()), default=0.0) + GAP
    return Matrix(choices, keys, values, max(left, tick_room))


def mark_size(n: int, width: float) -> float:
    """Size of a mark such that n of them stand apart on this width, in points."""
    return min(MARKER, 0.7 * width / n)


def draw_matrix(
    page: Page, matrix: Matrix, definitions: Sequence[Definition], frame: Frame, colour: str
) -> None:
    """Mark, under each estimate, the choices that define it."""
    y = frame.bottom + GAP
    heights = matrix.heights()
    ax = page.axes(frame.left, y, frame.width, matrix.height)
    ax.set_axis_off()
    ax.set_xticks([])
    ax.set_yticks([])
    ax.set_xlim(0.4, len(definitions) + 0.6)
    ax.set_ylim(matrix.height, 0)
    size = mark_size(len(definitions), frame.width)
    for place, definition in enumerate(definitions, start=1):
        if definition.declared:
            ax.axvspan(place - 0.5, place + 0.5, color=SHADE, linewidth=0, zorder=0.5)
    top = 0.0
    for key, group in matrix.choices.items():
        page.text(1, y + top, "\n".join(matrix.keys[key]), gid="key")
        line = top
        for choice in group:
            lines = matrix.values[choice]
            middle = line + len(lines) * LINE / 2
            page.text(frame.left - GAP, y + middle, "\n".join(lines), ha="right", va="center", gid="value")
            ax.axhline(middle, color=GRID, linewidth=0.5, zorder=1)
            for ok, marker, ink in ((True, "s", colour), (False, "x", MUTED)):
                chosen = [
                    place for place, definition in enumerate(definitions, start=1)
                    if definition.choices.get(key) == choice.value and definition.point.ok == ok
                ]  # fmt: skip
                ax.plot(
                    chosen, [middle] * len(chosen), marker=marker, color=ink, markersize=size,
                    linestyle="none", zorder=3,
                )  # fmt: skip
            line += len(lines) * LINE
        top += heights[key]
