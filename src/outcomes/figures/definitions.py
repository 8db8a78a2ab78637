"""Definitions of an event as a multiverse of analyses names them: choices as `key=value`, joined by "; "."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from outcomes.figures.points import Point
from outcomes.figures.style import Style

DECLARED = "declared"
AS_DECLARED = "as declared"


@dataclass(frozen=True)
class Definition:
    """One row of a multiverse: what it changes in the declared definition, and the number it gives."""

    choices: Mapping[str, str]
    point: Point

    @property
    def declared(self) -> bool:
        """Whether this is the definition that was declared beforehand."""
        return not self.choices


@dataclass(frozen=True)
class Choice:
    """One line of the matrix: a value of a key, None for the declared one."""

    key: str
    value: str | None


def definition_of(point: Point) -> Definition:
    """Read the `term` of a row; a part without "=" is a choice that is made or not."""
    if point.term in (None, "", DECLARED):
        return Definition({}, point)
    parts = (part.strip() for part in (point.term or "").split(";"))
    pairs = (part.partition("=") for part in parts if part)
    return Definition({key.strip(): value.strip() for key, _, value in pairs}, point)


def by_size(found: Iterable[Point]) -> list[Definition]:
    """Definitions by the size of their estimate; those without one at the end, by name."""

    def rank(definition: Definition) -> tuple[bool, float, str]:
        point = definition.point
        return not point.ok, point.estimate if point.ok else 0.0, point.term or ""

    return sorted((definition_of(point) for point in found), key=rank)


def choices_of(definitions: Sequence[Definition]) -> dict[str, list[Choice]]:
    """Lines of the matrix by key: values in rising order, the declared one first where any keeps it."""
    lines = {}
    for key in sorted({key for definition in definitions for key in definition.choices}):
        values = {definition.choices.get(key) for definition in definitions}
        named = sorted((value for value in values if value is not None), key=_rank)
        lines[key] = [Choice(key, None)] * (None in values) + [Choice(key, value) for value in named]
    return lines


def _rank(value: str) -> tuple[bool, float, str]:
    try:
        return False, float(value), value
    except ValueError:
        return True, 0.0, value


def key_label(key: str, style: Style) -> str:
    """``"relapse at least"`` for ``relapse.at_least``, unless the style has a label for it."""
    return style.labels.get(key, key.replace(".", " ").replace("_", " "))


def value_label(choice: Choice, style: Style) -> str:
    """Printed value of a choice; a key without values is chosen or not."""
    if choice.value is None:
        return AS_DECLARED
    said = style.labels.get(f"{choice.key}={choice.value}", choice.value.replace("_", " "))
    return said or "yes"
