"""Stage `plan`: which results a run would make anew, and why, before anything runs.

Snakemake's dry run decides what would run; the records of the last run say which keys and files changed.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from outcomes.config import Plan, Project, load_project
from outcomes.errors import ConfigError, Problem, RunError
from outcomes.stages.record import facts_of, has_records, read_record

JOB = re.compile(
    r"^Job \d+: (?:(ingest|derive|present) (\w+)|(fit \w+) of (\w+)|(index))\nReason: (.*)$", re.MULTILINE
)
FOLLOWS = "Input files updated by another job"
IN_OUR_WORDS = (
    (r"Missing output files: (.+)", r"missing: \1"),
    (r"Updated input files: (.+)", r"newer than the results: \1"),
    (r"Set of input files has changed.*", "other files are read than before"),
    (r"Params have changed.*", "its settings, data or code changed"),
    (r"Code has changed.*", "the rule of the workflow changed"),
    (r"Software environment.*", "the software environment changed"),
    (rf"{FOLLOWS}.*", ""),
)
"""Reasons of Snakemake where no record explains them."""
NEVER = "did not run yet"
LONGEST_VALUE = 40


@dataclass(frozen=True)
class Job:
    """One job that a run would do.

    Attributes
    ----------
    cohort : str
        Empty for the page over all cohorts.
    stage : str
        ``ingest``, ``derive``, ``fit <family>``, ``present`` or ``index``.
    reasons : tuple of str
        As Snakemake says them.
    """

    cohort: str
    stage: str
    reasons: tuple[str, ...]


def plan_run(root: Path) -> list[str]:
    """Lines that say, by cohort, why results change, what runs, and which numbers may move."""
    project = load_project(root)
    _refuse_missing(project)
    jobs = planned_jobs(root)
    lines: list[str] = []
    for name in project.cohorts:
        mine = [job for job in jobs if job.cohort == name]
        lines += _told(project, name, mine) if mine else [f"{name}: nothing to do"]
    if jobs and all(job.stage == "index" for job in jobs):
        lines.append("the page over all cohorts: made anew")
    return lines


def _refuse_missing(project: Project) -> None:
    read = {
        path for cohort in project.cohorts.values() for spec in cohort.files.values() for path in spec.paths
    }
    read |= {cohort.truth for cohort in project.cohorts.values() if cohort.truth}
    missing = sorted(path for path in read if not (project.root / path).is_file())
    if missing:
        raise ConfigError(
            Problem(path, "", "no such file; outcomes check tells who names it") for path in missing
        )


def planned_jobs(root: Path) -> list[Job]:
    """Jobs of a dry run, in the order of the stages.

    Raises
    ------
    RunError
        If Snakemake cannot plan; with what it said.
    """
    if not (root / "Snakefile").is_file():
        raise RunError(
            Problem("Snakefile", "", "no such file; run this in a project folder, or give --project")
        )
    command = [sys.executable, "-m", "snakemake", "--dry-run", "--cores", "1"]
    done = subprocess.run(
        command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", check=False
    )
    if done.returncode != 0:
        raise RunError(Problem("Snakefile", "", f"the workflow cannot be planned:\n{done.stdout.strip()}"))
    return parse_jobs(done.stdout)


def parse_jobs(text: str) -> list[Job]:
    """Jobs that a dry run of Snakemake announced, in the order of the stages."""
    jobs = [
        Job(cohort or of_cohort, stage or fit or index, tuple(reasons.split("; ")))
        for stage, cohort, fit, of_cohort, index, reasons in JOB.findall(text)
    ]
    order = ("ingest", "derive", "fit", "present", "index")
    return sorted(jobs, key=lambda job: (order.index(job.stage.split()[0]), job.stage))


def _told(project: Project, name: str, jobs: list[Job]) -> list[str]:
    plan = project.plans[name]
    whys: dict[str, None] = {}
    moved: set[str] = set()
    gone: dict[str, None] = {}
    for job in jobs:
        before, now = read_record(project.root, name, job.stage), facts_of(project, name, job.stage)
        changed = [] if before is None else list(changes(before, now))
        missing = any(reason.startswith("Missing output") for reason in job.reasons)
        if missing and before is None:
            whys[f"{job.stage} {NEVER}" if has_records(project.root, name) else f"it {NEVER}"] = None
        else:
            whys |= dict.fromkeys(changed or filter(None, map(_in_our_words, job.reasons)))
        if job.stage.startswith("fit "):
            analyses = plan.of_family(job.stage.removeprefix("fit "))
            gone |= {key: None for key in _entries(before) if key not in analyses}
            only = _edited_analyses(before, now) if changed and not _follows(job) else None
            moved |= {key for key in analyses if only is None or key in only}
    return [
        f"{name}:",
        *(f"  because {why}" for why in whys),
        f"  runs {', '.join(job.stage for job in jobs)}",
        f"  may move {_results(plan, moved, whys)}",
        *([f"  leaves out what there was of {', '.join(gone)}"] if gone else []),
    ]


def _results(plan: Plan, moved: set[str], whys: Iterable[str]) -> str:
    if moved == set(plan.analyses):
        return "all estimates; figures and report"
    if moved:
        return f"estimates of {', '.join(key for key in plan.analyses if key in moved)}; figures and report"
    adjusted = any(": multiplicity" in why for why in whys)
    return "adjusted p-values; figures and report" if adjusted else "figures and report"


def _follows(job: Job) -> bool:
    return any(reason.startswith(FOLLOWS) for reason in job.reasons)


def _edited_analyses(before: Mapping[str, Any] | None, now: Mapping[str, Any]) -> set[str] | None:
    """Analyses whose entries or code differ; None when something behind all of them does."""
    if before is None or before["libraries"] != now["libraries"]:
        return None
    old, new = _entries(before), _entries(now)
    return {key for key in new if old.get(key) != new[key] or before["code"].get(key) != now["code"][key]}


def _entries(facts: Mapping[str, Any] | None) -> dict[str, Any]:
    """Analyses of the record of a fit, with their settings."""
    files = {} if facts is None else facts["files"]
    return {key: entry for file in files.values() for key, entry in file.get("analyses", {}).items()}


def changes(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    """Each difference between two records, in words."""
    for path, content in now["inputs"].items():
        if path not in before["inputs"]:
            yield f"{path} is read now"
        elif content != before["inputs"][path]:
            yield f"{path} changed" if content else f"{path} is gone"
    yield from (f"{path} is no longer read" for path in before["inputs"] if path not in now["inputs"])
    for file, settings in now["files"].items():
        if file in before["files"]:
            yield from _differences(before["files"][file], settings, file)
        else:
            yield f"{file} is used instead of another file"
    old, new = before["libraries"], now["libraries"]
    updated = [f"{key} {old.get(key, 'none')} -> {new[key]}" for key in new if old.get(key) != new[key]]
    if updated:
        yield f"libraries changed: {', '.join(updated)}"
    elif any(digest != before["code"].get(key, digest) for key, digest in now["code"].items()):
        yield "the package's code behind it changed"


def _differences(before: object, now: object, file: str, key: str = "") -> Iterator[str]:
    if isinstance(before, dict) and isinstance(now, dict):
        for part in dict.fromkeys((*now, *before)):
            place = f"{key}.{part}" if key else part
            if part not in before:
                yield f"{file}: {place} is new"
            elif part not in now:
                yield f"{file}: {place} is gone"
            else:
                yield from _differences(before[part], now[part], file, place)
        if before == now and list(before) != list(now):
            yield f"{file}: {key}: the order changed"
    elif before != now:
        yield f"{file}: {key}: {_value(before)} -> {_value(now)}"


def _value(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}..."


def _in_our_words(reason: str) -> str:
    for pattern, words in IN_OUR_WORDS:
        if found := re.fullmatch(pattern, reason, re.DOTALL):
            return found.expand(words)
    return reason
