"""Definitions that are others with some keys changed: in a plan, and over a grid."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Discriminator, Field, Tag, ValidationError

from outcomes.config.base import Strict
from outcomes.config.definition import Definition
from outcomes.config.explain import explain
from outcomes.config.fields import Name

Value = bool | float | str | tuple[Name, ...] | None
Path = Annotated[str, Field(pattern=r"^[a-z_]+(\.[a-z_]+){0,2}$")]
"""``rule.key``, such as ``relapse.at_least``; ``relapse_or_recurrence.at_least`` is that of both rules."""
Changes = dict[Path, Value]
"""Null takes a key away."""
EITHER = {"relapse_or_recurrence": ("relapse", "recurrence")}
"""What stands for several rules, as a state and in a path."""


def _declared_kind(value: Any) -> str:  # noqa: ANN401 - raw YAML, or a model already built
    raw = value if isinstance(value, Mapping) else getattr(value, "__dict__", {})
    return "based_on" if "based_on" in raw else "definition"


class BasedOn(Strict):
    """A definition of the library, or of the same plan, with some of its keys changed."""

    based_on: Name
    changes: Annotated[Changes, Field(min_length=1)]
    source: str


Declared = Annotated[
    Annotated[BasedOn, Tag("based_on")] | Annotated[Definition, Tag("definition")],
    Discriminator(_declared_kind),
]
"""A definition as a plan writes it."""


def changed(definition: Definition, changes: Mapping[str, Any], source: str | None = None) -> Definition:
    """Return `definition` with the keys that `changes` names by path set anew.

    A rule that is not there yet begins with the first key that is given to it. A rule with a source says, by
    `source`, which of its keys are from there now.

    Raises
    ------
    ValueError
        If a path leads nowhere, or the result is no sound definition.
    """
    content = definition.model_dump(exclude_unset=True)
    changes = _written_out(changes)
    for path, value in changes.items():
        *parents, key = path.split(".")
        place = content
        for parent in parents:
            inner = place.setdefault(parent, {})
            if not isinstance(inner, dict):
                raise ValueError(f"{path}: '{parent}' has no keys that could be changed")
            place = inner
        place[key] = int(value) if isinstance(value, float) and value.is_integer() else value
    if source is not None:
        content["source"] = source
        for state, keys in _keys_by_rule(changes).items():
            before = content[state].get("source")
            if before is not None and "source" not in keys:
                content[state]["source"] = f"{source} ({', '.join(keys)}); {before}"
    try:
        return Definition.model_validate(content)
    except ValidationError as error:
        problems = explain(error, Definition, "")
        raise ValueError("; ".join(f"{p.where}: {p.what}".removeprefix(": ") for p in problems)) from None


def _written_out(changes: Mapping[str, Any]) -> dict[str, Any]:
    """Changes with a path of each rule in place of ``relapse_or_recurrence``."""
    found: dict[str, Any] = {}
    for path, value in changes.items():
        first, dot, rest = path.partition(".")
        found |= {f"{state}{dot}{rest}": value for state in EITHER.get(first, (first,))}
    return found


def _keys_by_rule(changes: Mapping[str, Any]) -> dict[str, list[str]]:
    """Keys of each rule that are set anew."""
    found: dict[str, list[str]] = {}
    for path in changes:
        state, _, key = path.partition(".")
        if key:
            found.setdefault(state, []).append(key)
    return found
