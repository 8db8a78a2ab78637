"""The library of definitions that ships with the package, and how a plan's names become definitions."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import TypeVar

from pydantic import ValidationError

from outcomes.config.base import Strict, build, parse_yaml
from outcomes.config.changes import BasedOn, changed
from outcomes.config.definition import Definition
from outcomes.config.explain import explain
from outcomes.config.states import StateEndpoint
from outcomes.errors import did_you_mean

CHANGED = ", changed"
"""Behind the title of a definition that is another one with some keys changed."""
UNCHANGED = "Before the changes: "
"""Before the note of such a definition, which speaks of the other one."""
MOST_LETTERS = 120
"""Of a title, as `Label` has it."""
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
        If some are based on each other or on unknown ones, or their changes make no sound definition: a line
        for each, those aside that only rest on a faulty one.
    """
    known = dict(load_library())
    waiting = dict(declared)
    faults: dict[str, str] = {}
    while waiting:
        ready = [
            name for name, entry in waiting.items()
            if isinstance(entry, Definition) or entry.based_on not in waiting
        ]  # fmt: skip
        if not ready:
            circle = _circle(waiting)
            waiting = {name: entry for name, entry in waiting.items() if name not in circle}
            faults |= dict.fromkeys(circle, "")
            faults[circle[0]] = f"definitions: based on each other in a circle: {', '.join(circle)}"
        for name in ready:
            entry = waiting.pop(name)
            if not isinstance(entry, Definition) and entry.based_on in faults:
                faults[name] = ""
                continue
            try:
                known[name] = entry if isinstance(entry, Definition) else _derived(entry, known)
            except ValueError as error:
                faults[name] = f"definitions.{name}: {error}"
    told = [faults[name] for name in declared if faults.get(name)]
    if told:
        raise ValueError("\n".join(told))
    return known


def _circle(waiting: Mapping[str, Definition | BasedOn]) -> list[str]:
    """Names that lead back to themselves, where each is based on another one of them."""
    trail: list[str] = []
    name = next(iter(waiting))
    while name not in trail:
        trail.append(name)
        entry = waiting[name]
        name = entry.based_on if isinstance(entry, BasedOn) else name
    circle = trail[trail.index(name) :]
    return [name for name in waiting if name in circle]


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
    found = changed(known[entry.based_on], entry.changes, entry.source)
    anew: dict[str, str] = {}
    if "title" not in entry.changes and not found.title.endswith(CHANGED):
        anew["title"] = f"{found.title[: MOST_LETTERS - len(CHANGED)]}{CHANGED}"
    if found.note and "note" not in entry.changes and not found.note.startswith(UNCHANGED):
        anew["note"] = f"{UNCHANGED}{found.note}"
    return found.model_copy(update=anew)
