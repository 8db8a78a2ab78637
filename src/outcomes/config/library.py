"""The library of definitions that ships with the package, and how a plan's names become definitions."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import TypeVar

from pydantic import ValidationError

from outcomes.config.base import Strict, build, parse_yaml
from outcomes.config.definition import BasedOn, Definition, StateEndpoint, changed
from outcomes.config.explain import explain
from outcomes.errors import did_you_mean

EndpointT = TypeVar("EndpointT", bound=StateEndpoint)
PARTS = ("any_instrument", "depression", "anxiety", "trauma", "psychosis", "bipolar")
"""Files of the library, in the order of its page."""


class Library(Strict):
    """All definitions by name."""

    definitions: dict[str, Definition]


@cache
def load_library() -> dict[str, Definition]:
    """Return the definitions that ship with the package."""
    found: dict[str, Definition] = {}
    for part in PARTS:
        shown = f"definitions/catalogue/{part}.yaml"
        text = resources.files("outcomes").joinpath(shown).read_text(encoding="utf-8")
        found |= build(Library, {"definitions": parse_yaml(text, shown)}, shown).definitions
    return found


def resolve_definitions(declared: Mapping[str, Definition | BasedOn]) -> dict[str, Definition]:
    """Return every definition that a plan can name: the library's, and above it the plan's own.

    Raises
    ------
    ValueError
        If one is based on itself or on an unknown one, or its changes make no sound definition.
    """
    known = dict(load_library())
    waiting = dict(declared)
    while waiting:
        ready = [
            name for name, entry in waiting.items()
            if isinstance(entry, Definition) or entry.based_on not in waiting
        ]  # fmt: skip
        if not ready:
            raise ValueError(f"definitions: based on each other in a circle: {', '.join(waiting)}")
        for name in ready:
            entry = waiting.pop(name)
            try:
                known[name] = entry if isinstance(entry, Definition) else _derived(entry, known)
            except ValueError as error:
                raise ValueError(f"definitions.{name}: {error}") from None
    return known


def resolved_endpoint(endpoint: EndpointT, known: Mapping[str, Definition]) -> EndpointT:
    """Return the endpoint with the definition in place of its name.

    Raises
    ------
    ValueError
        If the name is unknown, or the definition does not tell the states that the endpoint asks for.
    """
    name = endpoint.definition
    if isinstance(name, Definition):
        return endpoint
    if name not in known:
        raise ValueError(f"definition: unknown definition '{name}'{did_you_mean(name, known)}")
    content = {key: getattr(endpoint, key) for key in endpoint.model_fields_set}
    try:
        return type(endpoint).model_validate(content | {"definition": known[name]})
    except ValidationError as error:
        problems = explain(error, type(endpoint), "")
        raise ValueError("\n".join(f"{p.where or 'definition'}: {p.what}" for p in problems)) from None


def _derived(entry: BasedOn, known: Mapping[str, Definition]) -> Definition:
    if entry.based_on not in known:
        raise ValueError(
            f"based_on: unknown definition '{entry.based_on}'{did_you_mean(entry.based_on, known)}"
        )
    return changed(known[entry.based_on], entry.changes, entry.source)
