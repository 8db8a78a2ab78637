"""JSON Schemas of the configuration files, for editors: generated from the models, with a word on every key.

``python -m outcomes.config.schema FOLDER`` writes them anew.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from outcomes.atomic import write_text
from outcomes.config import fields
from outcomes.config.base import Strict
from outcomes.config.cohort import Cohort
from outcomes.config.descriptions import DESCRIPTIONS
from outcomes.config.outputs import CLOSED, Outputs
from outcomes.config.plan import Plan
from outcomes.config.project import MainConfig

FILES: Mapping[str, type[Strict]] = {
    "config": MainConfig,
    "cohort": Cohort,
    "plan": Plan,
    "outputs": Outputs,
}
"""Kind of file -> its model."""
DECIDED_BY = {"from_components": "components", "based_on": "based_on"}
"""Branch of two that stand without a tag -> the key by which it is told."""
DIALECT = "https://json-schema.org/draft/2020-12/schema"


class _ForEditors(GenerateJsonSchema):
    """What the loader takes rather than what the models hold: codes may be numbers, tags decide branches."""

    def function_before_schema(self, schema: Any) -> dict[str, Any]:  # noqa: ANN401 - a core schema
        """Lists of codes take numbers too: the loader reads them as text."""
        described = super().function_before_schema(schema)
        if schema["function"]["function"] is fields._items_as_text:
            described["items"] = {"type": ["string", "number"]}
        return described

    def tagged_union_schema(self, schema: Any) -> dict[str, Any]:  # noqa: ANN401 - a core schema
        """Decide by the tag first, so that an editor tells what is wrong in the branch that is meant."""
        tag = schema["discriminator"]
        branches = {name: self.generate_inner(choice) for name, choice in schema["choices"].items()}
        if not isinstance(tag, str):  # the arm and a plan's definitions: a key decides which of the two it is
            chosen = next(name for name in branches if name in DECIDED_BY)
            return {
                "type": "object",
                "if": {"required": [DECIDED_BY[chosen]]},
                "then": branches[chosen],
                "else": next(branch for name, branch in branches.items() if name != chosen),
            }
        told = [
            {"if": {"required": [tag], "properties": {tag: {"const": name}}}, "then": branch}
            for name, branch in branches.items()
        ]
        return {
            "type": "object",
            "required": [tag],
            "properties": {tag: {"enum": list(branches)}},
            "allOf": told,
        }


def schemas() -> dict[str, dict[str, Any]]:
    """Return the JSON Schema of each kind of configuration file."""
    return {kind: _schema(model) for kind, model in FILES.items()}


def render_schemas() -> dict[str, str]:
    """File name -> text of each schema, as committed."""
    return {
        f"{kind}.schema.json": json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
        for kind, schema in schemas().items()
    }


def described_keys(model: type[Strict]) -> dict[str, str]:
    """Every key of a model as ``Class.key``, after the class that declares it, with its description.

    Raises
    ------
    KeyError
        If a key has no entry in `outcomes.config.descriptions`.
    """
    return {(word := f"{_owner(model, key)}.{key}"): DESCRIPTIONS[word] for key in model.model_fields}


def models_below(model: type[Strict]) -> dict[str, type[Strict]]:
    """Every model that a file of this kind can hold, by class name, the outermost first."""
    named = {found.__name__: found for found in _subclasses(Strict)}
    inner = model.model_json_schema(schema_generator=_ForEditors).get("$defs", {})
    return {model.__name__: model} | {name: named[name] for name in inner}


def _schema(model: type[Strict]) -> dict[str, Any]:
    schema = model.model_json_schema(schema_generator=_ForEditors)
    _close_named(schema)
    parts = {model.__name__: schema} | schema.get("$defs", {})
    for name, member in models_below(model).items():
        properties = parts[name]["properties"]
        for place, description in zip(properties.values(), described_keys(member).values(), strict=True):
            place["description"] = description
        if name in ("FigureSpec", "TableSpec"):
            properties["where"]["properties"] = {
                column: _one_or_more(words) for column, words in CLOSED.items()
            }
    return {"$schema": DIALECT} | schema


def _one_or_more(words: tuple[str, ...]) -> dict[str, Any]:
    one = {"enum": list(words)}
    return {"anyOf": [one, {"type": "array", "items": one, "minItems": 1}]}


def _close_named(node: Any) -> None:  # noqa: ANN401 - any part of a schema
    """Refuse keys that break a mapping's pattern; drop titles, which say a key's name once more."""
    if isinstance(node, dict):
        if "patternProperties" in node:
            node["additionalProperties"] = False
        if isinstance(node.get("title"), str) and "properties" not in node:
            del node["title"]
        for inner in node.values():
            _close_named(inner)
    elif isinstance(node, list):
        for inner in node:
            _close_named(inner)


def _owner(model: type[Strict], key: str) -> str:
    return next(cls.__name__ for cls in reversed(model.__mro__) if key in getattr(cls, "model_fields", {}))


def _subclasses(model: type[Strict]) -> Iterator[type[Strict]]:
    for found in model.__subclasses__():
        yield found
        yield from _subclasses(found)


if __name__ == "__main__":
    for file, text in render_schemas().items():
        write_text(Path(sys.argv[1]) / file, text)
