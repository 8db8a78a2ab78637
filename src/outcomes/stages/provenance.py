"""What a cohort's release rests on, so that a reader can tell whether it is the one they know."""

from __future__ import annotations

from typing import Any

from outcomes import __version__
from outcomes.config import Project
from outcomes.config.project import CONFIG_FILE, canonical_json, digest
from outcomes.digest import file_sha256
from outcomes.stages.code import code_of, library_versions


def describe_provenance(project: Project, name: str) -> dict[str, Any]:
    """Versions and digests; no host, user or time, so that equal inputs give equal bytes."""
    entry, cohort, plan = project.main.cohorts[name], project.cohorts[name], project.plans[name]
    settings = {
        "cohort": cohort.model_dump(mode="json"),
        "plan": plan.model_dump(mode="json"),
        "outputs": project.outputs.model_dump(mode="json"),
        "seed": project.main.seed,
    }
    inputs = {path for spec in cohort.files.values() for path in spec.paths} | (
        {cohort.truth} if cohort.truth else set()
    )
    return {
        "cohort": name,
        "package": {"name": "outcomes", "version": __version__},
        "code_sha256": code_of(plan),
        "config_sha256": digest(canonical_json(settings)),
        "config_files": [CONFIG_FILE, project.main.outputs, entry.cohort, entry.plan],
        "inputs": {path: file_sha256(project.root / path) for path in sorted(inputs)},
        "libraries": library_versions(),
    }
