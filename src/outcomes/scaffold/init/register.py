"""Add a cohort to config/config.yaml as a person would: a line or two of text, every comment kept."""

from __future__ import annotations

import re
from pathlib import Path

from outcomes.atomic import write_text
from outcomes.config.base import build, parse_yaml
from outcomes.config.project import CONFIG_FILE, MainConfig
from outcomes.errors import ConfigError

NEW = """\
# yaml-language-server: $schema=schemas/config.schema.json
# Which cohorts run, each with its cohort file (what was measured) and its plan (what was pre-specified).
seed: 20260101
outputs: config/outputs.yaml
cohorts:
"""


def register(root: Path, name: str) -> list[str]:
    """Add the cohort; return what was done, or the lines to add by hand."""
    path = root / CONFIG_FILE
    paths = f"{{cohort: config/cohorts/{name}.yaml, plan: config/plans/{name}.yaml}}"
    old = path.read_text(encoding="utf-8-sig") if path.exists() else NEW
    if name in _cohorts(old):
        return [f"{CONFIG_FILE}: has the cohort {name} already"]
    new = _with_entry(old, f"{name}: {paths}")
    expected = {*_cohorts(old), name}
    if new is None or set(_cohorts(new)) != expected:
        return [f"add to {CONFIG_FILE}, under cohorts:", f"  {name}: {paths}"]
    write_text(path, new)
    return [f"{CONFIG_FILE}: added the cohort {name}"]


def _cohorts(content: str) -> dict[str, object]:
    """Cohorts of a main configuration; none where it cannot be loaded."""
    try:
        return dict(build(MainConfig, parse_yaml(content, CONFIG_FILE), CONFIG_FILE).cohorts)
    except ConfigError:
        return {}


def _with_entry(content: str, entry: str) -> str | None:
    """Text with one more entry under ``cohorts:``; None where no block of entries stands there."""
    lines = content.splitlines()
    start = next(
        (n for n, line in enumerate(lines) if re.fullmatch(r"cohorts:\s*(\{\})?\s*(#.*)?", line)), None
    )
    if start is None:
        return None
    lines[start] = re.sub(r":\s*\{\}", ":", lines[start])
    indent, end = "  ", start + 1
    for place in range(start + 1, len(lines)):
        line = lines[place]
        if line.strip() and not line.startswith((" ", "#")):
            break
        if line.startswith(" ") and not line.lstrip().startswith("#"):
            indent = indent if end > start + 1 else line[: len(line) - len(line.lstrip())]
            end = place + 1
    lines.insert(end, f"{indent}{entry}")
    return "\n".join(lines) + "\n"
