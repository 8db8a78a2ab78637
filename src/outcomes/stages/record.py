"""What each stage was last made from, in full beside its results, so that a plan can say what changed.

Snakemake keeps digests, which tell that something changed; this tells what. Nothing is decided by it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from outcomes.atomic import write_text
from outcomes.config import Project, load_project
from outcomes.config.base import Strict
from outcomes.config.project import CONFIG_FILE
from outcomes.digest import file_sha256
from outcomes.stages import paths
from outcomes.stages.code import analysis_code, derive_code, ingest_code, library_versions, present_code

PARTS = ("inputs", "files", "code", "libraries")


@contextmanager
def recorded(root: Path, name: str, stage: str) -> Iterator[None]:
    """Run a stage of cohort `name`; once it is done, keep what it was made from.

    The configuration is read before, so that an edit made meanwhile counts as a change.
    """
    project = load_project(root, only=name)
    facts = facts_of(project, name, stage)
    yield
    write_text(root / record_path(name, stage), json.dumps(facts, indent=1, ensure_ascii=False) + "\n")


def facts_of(project: Project, name: str, stage: str) -> dict[str, Any]:
    """Everything that a stage of a cohort is made from beside other stages' results.

    Parameters
    ----------
    stage : str
        ``ingest``, ``derive``, ``fit <family>`` or ``present``.

    Returns
    -------
    dict
        `inputs` (path -> sha256), `files` (configuration file -> its settings), `code` (what runs -> digest;
        by analysis in a fit), `libraries`.
    """
    cohort, plan, entry = project.cohorts[name], project.plans[name], project.main.cohorts[name]
    read: tuple[str, ...] = ()
    if stage == "ingest":
        read = tuple(path for spec in cohort.files.values() for path in spec.paths)
        code, files = {stage: ingest_code()}, {entry.cohort: _settings(cohort)}
    elif stage == "derive":
        code = {stage: derive_code()}
        used = {key: _settings(definition) for (_, key), definition in plan.used_definitions.items()}
        files = {entry.plan: {"definitions": used}}
    elif stage == "present":
        read = (cohort.truth,) if cohort.truth else ()
        code, files = (
            {stage: present_code()},
            {
                CONFIG_FILE: {"seed": project.main.seed},
                entry.cohort: _settings(cohort),
                entry.plan: _settings(plan),
                project.main.outputs: _settings(project.outputs),
            },
        )
    else:
        family = stage.removeprefix("fit ")
        analyses = plan.of_family(family)
        code = {key: analysis_code(analysis) for key, analysis in analyses.items()}
        files = {entry.plan: {"analyses": {key: _settings(a) for key, a in analyses.items()}}}
    return {
        "inputs": {path: _content(project.root / path) for path in sorted(set(read))},
        "files": files,
        "code": code,
        "libraries": library_versions(),
    }


def read_record(root: Path, name: str, stage: str) -> dict[str, Any] | None:
    """Return what a stage was last made from; None where no record of this form stands."""
    try:
        found = json.loads((root / record_path(name, stage)).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    sound = isinstance(found, dict) and all(isinstance(found.get(part), dict) for part in PARTS)
    return found if sound else None


def has_records(root: Path, name: str) -> bool:
    """Whether any stage of a cohort was ever done."""
    return (root / record_path(name, "ingest").parent).exists()


def _settings(model: Strict) -> dict[str, Any]:
    return model.model_dump(mode="json")


def _content(path: Path) -> str | None:
    return file_sha256(path) if path.is_file() else None  # a missing file is the stage's to tell


def record_path(name: str, stage: str) -> Path:
    """Where the record of a stage lies."""
    return paths.restricted(name) / "made_from" / f"{stage.replace(' ', '_')}.json"
