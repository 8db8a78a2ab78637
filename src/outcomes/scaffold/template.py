"""Configuration templates: YAML in which each option names its key, and rendering that explains it there."""

from __future__ import annotations

import re
import textwrap
from importlib import resources
from typing import Any

from outcomes.config.schema import FILES, described_keys, models_below, schemas

MARK = re.compile(r"  #\? ([A-Za-z]+\.\w+(?: [A-Za-z]+\.\w+)*)$")
"""Ends a line of a template: the keys, as ``Class.key``, that are explained above it."""
WIDTH = 110
SCHEMA_LINE = "# yaml-language-server: $schema={folder}/{kind}.schema.json\n"


def read_template(name: str) -> str:
    """Text of a file beside this module."""
    return resources.files(__package__).joinpath("templates", name).read_text(encoding="utf-8")


def render_template(kind: str, folder: str) -> str:
    """Return the template of a kind of configuration file with every marked key explained.

    Parameters
    ----------
    kind : str
        As in `outcomes.config.schema.FILES`.
    folder : str
        Folder of the schemas as seen from the file, for its first line.
    """
    words = explanations(kind)
    lines = [SCHEMA_LINE.format(folder=folder, kind=kind).rstrip("\n")]
    for line in read_template(f"{kind}.yaml").splitlines():
        marked = MARK.search(line)
        keys = marked[1].split() if marked else []
        indent = re.match(r"#?(?! \S) *", line)
        before = f"{indent[0] if indent else ''}# "
        for key in keys:
            text = f"{key.partition('.')[2]}: {words[key]}" if len(keys) > 1 else words[key]
            lines += textwrap.wrap(text, WIDTH, initial_indent=before, subsequent_indent=before)
        lines.append(MARK.sub("", line))
    return "\n".join(lines) + "\n"


def marked_keys(kind: str) -> set[str]:
    """Keys that the template of a kind of file explains."""
    marks = (MARK.search(line) for line in read_template(f"{kind}.yaml").splitlines())
    return {key for found in marks if found for key in found[1].split()}


def explanations(kind: str) -> dict[str, str]:
    """``Class.key`` -> its description, its choices and its default, for every key of a kind of file."""
    schema = schemas()[kind]
    words: dict[str, str] = {}
    for name, model in models_below(FILES[kind]).items():
        part = schema if model is FILES[kind] else schema["$defs"][name]
        for (key, description), place in zip(
            described_keys(model).items(), part["properties"].values(), strict=True
        ):
            words.setdefault(key, f"{description}{_choices(place)}")
    return words


def _choices(place: dict[str, Any]) -> str:
    options = [place, *place.get("anyOf", ())]
    allowed = [str(word) for option in options for word in option.get("enum", ())]
    told = f" One of: {', '.join(_quoted(word) for word in allowed)}." if len(allowed) > 1 else ""
    default = place.get("default")
    if isinstance(default, bool):
        return f"{told} Default: {str(default).lower()}."
    return told if default in (None, "", []) else f"{told} Default: {_quoted(str(default))}."


def _quoted(word: str) -> str:
    return word if re.fullmatch(r"[A-Za-z0-9][\w./-]*", word) else f'"{word}"'
