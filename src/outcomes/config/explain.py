"""Tell pydantic's errors as key path and remedy, in the words of a YAML file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from outcomes.errors import Problem, did_you_mean

PLAIN = {
    "missing": "is missing",
    "string_type": "must be text",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "finite_number": "must be a finite number",
    "string_too_short": "is empty",
    "too_short": "is empty: give one or more",
    "tuple_type": "must be a list",
    "list_type": "must be a list",
    "dict_type": "must be a mapping of keys to values",
    "model_type": "must be a mapping of keys to values",
    "model_attributes_type": "must be a mapping of keys to values",
    "string_pattern_mismatch": "names are lower case letters, digits and underscores, two characters or more",
}
WRONG_TYPES = ("_type", "_parsing")


@dataclass(frozen=True)
class _Place:
    """Where an error sits: keys as the user wrote them, what may stand there, plain unions on the way."""

    keys: tuple[str, ...]
    annotation: Any
    branches: int


def explain(error: ValidationError, model: type[BaseModel], shown: str) -> list[Problem]:
    """Turn pydantic's errors into problems, each with the key path that the user wrote and a remedy."""
    items = [(item, _walk(model, item["loc"])) for item in error.errors(include_url=False)]
    return [
        Problem(shown, ".".join(keys), what)
        for item, place in _without_idle_branches(_without_wrong_kinds(items))
        for keys, what in _tell(item, place)
    ]


def _tell(item: Mapping[str, Any], place: _Place) -> list[tuple[tuple[str, ...], str]]:
    """Key path and message of one error; a check of several rules gives one message a line."""
    keys, context, kind = place.keys, item.get("ctx", {}), item["type"]
    if kind == "extra_forbidden":
        known = sorted({name for m in _models(place.annotation) for name in m.model_fields})
        return [(keys[:-1], f"unknown key '{keys[-1]}'{did_you_mean(keys[-1], known)}")]
    if kind == "union_tag_invalid":
        tag, field = str(context["tag"]), str(context["discriminator"]).strip("'")
        known = re.findall(r"'([^']+)'", str(context["expected_tags"]))
        if keys[-1:] == ("endpoint",):
            kinds = " or ".join(known)
            return [((*keys, field), f"model {item['loc'][-2]} takes endpoint {kinds}, not '{tag}'")]
        return [((*keys, field), f"unknown {field} '{tag}'{did_you_mean(tag, known)}")]
    if kind == "union_tag_not_found":
        return [(keys, f"needs a {str(context['discriminator']).strip(chr(39))}")]
    if kind == "literal_error" and _is_endpoint_kind(place):
        kinds = " or ".join(_words(context))
        return [(keys, f"model {item['loc'][-3]} takes endpoint {kinds}, not '{item['input']}'")]
    if kind == "literal_error" and item["input"] is None:
        return [(keys, f"is empty: give one of {', '.join(sorted(_words(context)))}")]
    if kind == "literal_error":
        return [(keys, f"unknown value '{item['input']}'{_expected(item, context)}")]
    if kind == "value_error":
        return [(keys, line) for line in str(context["error"]).splitlines()]
    if kind == "string_too_long":
        return [(keys, f"must be {context['max_length']} characters or fewer")]
    message = item["msg"].replace("Input should be", "must be", 1)
    rule = PLAIN.get(kind, message[0].lower() + message[1:])
    empty = item["input"] is None and kind.endswith(WRONG_TYPES)
    return [(keys, f"is empty: {rule}" if empty else rule)]


def _expected(item: Mapping[str, Any], context: Mapping[str, Any]) -> str:
    return did_you_mean(str(item["input"]), _words(context))


def _words(context: Mapping[str, Any]) -> list[str]:
    return re.findall(r"'([^']+)'", str(context["expected"]))


def _is_endpoint_kind(place: _Place) -> bool:
    return place.keys[-2:] == ("endpoint", "kind")


def _without_wrong_kinds(items: list[tuple[Any, _Place]]) -> list[tuple[Any, _Place]]:
    """Drop what an endpoint of a wrong kind has too much or too little: the right kind has other keys."""
    wrong = [
        place.keys[:-1] for item, place in items
        if item["type"] == "literal_error" and _is_endpoint_kind(place)
    ]  # fmt: skip
    return [
        (item, place) for item, place in items
        if not (item["type"] in ("missing", "extra_forbidden") and place.keys[:-1] in wrong)
    ]  # fmt: skip


def _without_idle_branches(items: list[tuple[Any, _Place]]) -> list[tuple[Any, _Place]]:
    """Drop the branch of a plain union that the user did not mean: "must be a list" for a wrong word.

    Where no branch was meant, all of them are told.
    """

    def is_idle(item: Mapping[str, Any], place: _Place) -> bool:
        wrong_type = item["type"].endswith(WRONG_TYPES)
        no_word = item["type"] == "literal_error" and not isinstance(item["input"], str)
        return bool(place.branches) and (wrong_type or no_word)

    def has_meant_rival(item: Mapping[str, Any], place: _Place) -> bool:
        depth = len(place.keys)
        return any(
            other is not item and p.branches and p.keys[:depth] == place.keys
            and (not is_idle(other, p) or len(p.keys) > depth)
            for other, p in items
        )  # fmt: skip

    return [(i, place) for i, place in items if not (is_idle(i, place) and has_meant_rival(i, place))]


def _walk(model: type[BaseModel], location: Iterable[int | str]) -> _Place:
    """Follow a pydantic location through the annotations; branch names of unions are not the user's keys."""
    current: Any = model
    keys: list[str] = []
    branches = 0
    for part in location:
        if part == "[key]":
            continue
        current, tagged = _plain(current)
        members = _members(current)
        if len(members) > 1:
            branches += not tagged
            current = _branch(members, str(part))
            continue
        keys.append(str(part))
        inner = _inside(members[0] if members else None, part)
        if inner is None:
            break
        current = inner
    return _Place(tuple(keys), current, branches)


def _plain(annotation: Any) -> tuple[Any, bool]:  # noqa: ANN401 - annotations have no common type
    """Return an annotation without its metadata, and whether a discriminator chooses among its members."""
    tagged = False
    while get_origin(annotation) is Annotated:
        tagged |= any(
            type(extra).__name__ == "Discriminator" or (isinstance(extra, FieldInfo) and extra.discriminator)
            for extra in get_args(annotation)[1:]
        )
        annotation = get_args(annotation)[0]
    return annotation, tagged


def _members(annotation: Any) -> list[Any]:  # noqa: ANN401
    """Alternatives of a union, None aside; anything else alone."""
    if get_origin(annotation) is Union or type(annotation).__name__ == "UnionType":
        return [member for member in get_args(annotation) if member is not type(None)]
    return [annotation]


def _branch(members: list[Any], part: str) -> Any:  # noqa: ANN401
    """Return the member of a union that a location part names: by tag, by class name, else by kind."""
    for member in members:
        tags = [extra.tag for extra in getattr(member, "__metadata__", ()) if hasattr(extra, "tag")]
        plain, _ = _plain(member)
        defaults = [
            get_args(field.annotation)[0] for field in getattr(plain, "model_fields", {}).values()
            if get_origin(field.annotation) is Literal and len(get_args(field.annotation)) == 1
        ]  # fmt: skip
        if part in (*tags, *defaults, getattr(plain, "__name__", None)):
            return plain
    kind = part.split("[", maxsplit=1)[0]
    return next((m for m in members if getattr(get_origin(m), "__name__", "") == kind), members[0])


def _inside(annotation: Any, part: int | str) -> Any:  # noqa: ANN401
    """Annotation of what sits under key or index `part`; None when nothing is known to."""
    plain, _ = _plain(annotation)
    if isinstance(plain, type) and issubclass(plain, BaseModel):
        field = plain.model_fields.get(str(part))
        return None if field is None else Annotated[field.annotation, field]
    if get_origin(plain) in (dict, Mapping):
        return get_args(plain)[1]
    arguments = [a for a in get_args(plain) if a is not Ellipsis]
    if isinstance(part, int) and arguments:
        return arguments[min(part, len(arguments) - 1)]
    return None


def _models(annotation: Any) -> list[type[BaseModel]]:  # noqa: ANN401
    plain, _ = _plain(annotation)
    return [
        member for member in (_plain(m)[0] for m in _members(plain))
        if isinstance(member, type) and issubclass(member, BaseModel)
    ]  # fmt: skip
