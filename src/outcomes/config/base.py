"""YAML to frozen models: strict loading, and validation errors told as file, key and remedy."""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from outcomes.config.explain import explain
from outcomes.errors import ConfigError, Problem

NAME_PATTERN = r"^[a-z][a-z0-9_]{1,62}$"
"""Names reach file names and shell lines: lower case, digits, underscores, two characters or more."""

MOST_BYTES = 1_000_000
"""A configuration is written by people; a larger file is something else."""


UNQUOTED = ("expected ',' or", "mapping values are not allowed")
"""Begins what YAML says of text that holds its signs."""
IN_QUOTES = '; text with a ? : , # or a bracket in it stands in quotes, such as question: "Is it so?"'


class Strict(BaseModel):
    """Frozen model that refuses unknown keys, and numbers that are not finite."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


ModelT = TypeVar("ModelT", bound=Strict)


class _Loader(yaml.SafeLoader):
    """YAML 1.2 scalars (``No``, ``001`` and dates stay text); no repeated keys, aliases, anchors or tags."""

    yaml_implicit_resolvers = {}  # noqa: RUF012 - overrides the class variable of SafeLoader

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:  # noqa: ANN401
        event = self.peek_event()  # type: ignore[no-untyped-call]  # types-PyYAML leaves it bare
        refused = ""
        if isinstance(event, yaml.AliasEvent):
            refused = "aliases (*name)"
        elif event.anchor is not None:
            refused = "anchors (&name)"
        elif event.tag is not None:
            refused = "tags (!name)"
        if refused:
            problem = f"{refused} are not allowed; text that starts like this stands in quotes"
            raise yaml.MarkedYAMLError(problem=problem, problem_mark=event.start_mark)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: dict[Any, int] = {}
        for key_node, _ in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                problem = "a key must be a word or a number, not a list or a mapping"
                raise yaml.MarkedYAMLError(problem=problem, problem_mark=key_node.start_mark)
            key = self.construct_object(key_node, deep=True)
            line = key_node.start_mark.line + 1
            if key in seen:
                problem = f"key '{key}' stands twice (lines {seen[key]} and {line}): keep one"
                raise yaml.MarkedYAMLError(problem=problem)
            seen[key] = line
        return super().construct_mapping(node, deep)


_RESOLVERS = (
    ("null", r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    ("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", list("tTfF")),
    ("int", r"^[-+]?(?:0|[1-9][0-9]*)$", list("-+0123456789")),
    ("float", r"^[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$",
     list("-+.0123456789")),
)  # fmt: skip
for _name, _pattern, _first in _RESOLVERS:
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_name}", re.compile(_pattern), _first)


def load_yaml(path: Path, shown: str) -> dict[str, Any]:
    """Read one YAML mapping.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    shown : str
        Its name as the user knows it, for messages.

    Raises
    ------
    ConfigError
        If the file is missing, is not UTF-8, is not YAML, repeats a key or is not a mapping.
    """
    try:
        if path.exists() and not path.is_file():  # a pipe or a device would be waited for without end
            raise ConfigError(Problem(shown, "", "is no file"))
        if path.stat().st_size > MOST_BYTES:
            what = f"has over {MOST_BYTES} bytes: is it a file of data?"
            raise ConfigError(Problem(shown, "", what))
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        what = "no such file; paths start at the project folder: run in it, or give --project"
        raise ConfigError(Problem(shown, "", what)) from None
    except (OSError, UnicodeDecodeError):
        raise ConfigError(Problem(shown, "", "cannot be read as UTF-8 text")) from None
    return parse_yaml(text, shown)


def parse_yaml(text: str, shown: str) -> dict[str, Any]:
    """Read a YAML mapping from text; see `load_yaml`."""
    try:
        content = yaml.load(text, Loader=_Loader)  # noqa: S506 - a SafeLoader with less in it
    except yaml.MarkedYAMLError as error:
        where = f"line {error.problem_mark.line + 1}" if error.problem_mark else ""
        problem = error.problem or "is not YAML"
        quotes = IN_QUOTES if problem.startswith(UNQUOTED) else ""
        raise ConfigError(Problem(shown, where, problem + quotes)) from None
    except yaml.YAMLError:
        raise ConfigError(Problem(shown, "", "is not YAML text")) from None
    except RecursionError:
        raise ConfigError(Problem(shown, "", "is nested too deeply to be read")) from None
    except ValueError:  # Python reads no whole number of more than 4300 digits
        raise ConfigError(Problem(shown, "", "holds a number with too many digits")) from None
    if not isinstance(content, dict):
        raise ConfigError(Problem(shown, "", "must be a mapping of keys to values"))
    return content


def build(model: type[ModelT], content: Mapping[str, Any], shown: str) -> ModelT:
    """Validate `content` as `model`; every problem in one ConfigError."""
    try:
        return model.model_validate(content)
    except ValidationError as error:
        raise ConfigError(explain(error, model, shown)) from None
