"""Draft a cohort file and a first plan from a user's files: every guess marked, nothing silently assumed."""

from __future__ import annotations

import re
from pathlib import Path

from outcomes.atomic import write_text
from outcomes.config.base import NAME_PATTERN
from outcomes.errors import ConfigError, Problem
from outcomes.scaffold.init.cohort_file import cohort_file
from outcomes.scaffold.init.look import look_at_files
from outcomes.scaffold.init.plan_file import plan_file
from outcomes.scaffold.init.register import register
from outcomes.scaffold.init.study import Study, patients_in, study
from outcomes.scaffold.init.text import FILL_IN, GUESS
from outcomes.scaffold.init.words import readable, slug

MOST_NAMED = 8
"""Columns that one line names."""

__all__ = ["init_cohort"]


def init_cohort(root: Path, files: list[Path], name: str | None = None, force: bool = False) -> list[str]:
    """Write ``config/cohorts/<name>.yaml`` and ``config/plans/<name>.yaml`` for a user's files.

    Parameters
    ----------
    root : pathlib.Path
        The project folder.
    files : list of pathlib.Path
        Data files below it, and what describes them: a REDCap data dictionary, a SAS catalog.
    name : str, optional
        Of the cohort; by default that of the first file, or of the folder of several.
    force : bool
        Whether to write over an earlier draft.

    Returns
    -------
    list of str
        What was recognised, the open questions with their places, and what to do next.

    Raises
    ------
    OutcomesError
        If a file cannot be read or lies outside the project, or if the drafts are there already.
    """
    root = root.resolve()
    paths = _inside(root, files)
    chosen = name or _default_name(root, paths)
    if re.match(NAME_PATTERN, chosen) is None:
        what = f"'{chosen}' cannot name a cohort: lower case letters, digits and underscores, two or more"
        raise ConfigError(Problem("--name", "", what))
    targets = {kind: f"config/{kind}s/{chosen}.yaml" for kind in ("cohort", "plan")}
    there = [target for target in targets.values() if (root / target).exists()]
    if there and not force:
        what = "is there already: give another --name, or --force to write over it"
        raise ConfigError([Problem(target, "", what) for target in there])
    found = study(look_at_files(root, paths))
    title = readable(chosen)
    written = {targets["cohort"]: cohort_file(found, title), targets["plan"]: plan_file(found, title)}
    for target, content in written.items():
        write_text(root / target, content)
    return [*_recognised(found), "", *_written(written), *register(root, chosen), "", *_next(root, written)]


def _inside(root: Path, files: list[Path]) -> list[Path]:
    problems = []
    found = []
    for file in files:
        path = (root / file).resolve() if (root / file).exists() else file.resolve()
        if not path.is_file():
            problems.append(Problem(str(file), "", "no such file"))
        elif not path.is_relative_to(root):
            what = "lies outside the project folder: copy it below data/, and name it there"
            problems.append(Problem(str(file), "", what))
        else:
            found.append(path)
    if not files:
        problems.append(
            Problem("outcomes init", "", "name one file or several: outcomes init data/my_trial/*.csv")
        )
    if problems:
        raise ConfigError(problems)
    return list(dict.fromkeys(found))


def _default_name(root: Path, paths: list[Path]) -> str:
    folder = paths[0].parent
    common = len(paths) > 1 and folder not in (root, root / "data")
    return slug(folder.name if common else paths[0].stem, "cohort")


def _recognised(found: Study) -> list[str]:
    lines = ["Recognised:"]
    for table in found.tables:
        identity = found.identities.get(table.key)
        people = (
            f", {patients_in(table, identity)} patients ({identity.column})"
            if identity and identity.why
            else ""
        )
        people = people or ", no column that tells patients apart"
        size = f"{table.rows} rows, {len(table.columns)} columns"
        lines.append(f"  {table.spec.path}: {table.spec.format}, {size}{people}")
        lines += [f"    {line}" for line in found.asides.get(table.key, ())]
    if found.arms is None:
        lines.append("  arms: not recognised")
    else:
        names = ", ".join(f"{name} ({arm.label})" for name, arm in found.arms.arms.arms.items())
        lines.append(f"  arms: {names}, in {', '.join(column.name for column in found.arms.columns)}")
    lines += [f"  measure: {m.name} ({m.scale.key}: {m.scale.why})" for m in found.measures]
    lines += [
        f"  event: {event.name}, time in {event.time}, status in {event.status.name}"
        for event in found.events
    ]
    if found.dated is not None:
        names = ", ".join(column.name for column in found.dated.events)
        lines.append(
            f"  dates that may be events: {names}; the end of the cohort file shows how to declare them"
        )
    elif not found.measures and not found.events:
        lines.append(
            "  neither scores at visits nor times to an event: declare measures: or events: by hand, "
            "as config/cohorts/example.yaml shows"
        )
    if found.covariates:
        lines.append(f"  covariates: {', '.join(covariate.name for covariate in found.covariates)}")
    lines += [
        "  not drafted, for the name may be of an outcome: "
        f"{', '.join(names[:MOST_NAMED])}{' and others' if len(names) > MOST_NAMED else ''} ({key}:)"
        for key, names in found.afterwards.items() if key != "patients.arm.components"
    ]  # fmt: skip
    return lines


def _written(written: dict[str, str]) -> list[str]:
    counted = {target: content.count(GUESS) for target, content in written.items()}
    return [
        f"{target}: written; {n} {'guess' if n == 1 else 'guesses'}, marked '{GUESS}'"
        for target, n in counted.items()
    ]


def _next(root: Path, written: dict[str, str]) -> list[str]:
    questions = []
    for target, content in written.items():
        for number, line in enumerate(content.splitlines(), start=1):
            key, mark, what = line.partition(FILL_IN)
            if mark:
                questions.append(f"{target}:{number}: {key.partition(':')[0].strip()}: {what.strip()}")
    lines = ["Open questions:", *(f"  {n}. {question}" for n, question in enumerate(questions, start=1))]
    lines += ["", "Next: answer them, look at the guesses, then: outcomes check"]
    if not (root / "config/outputs.yaml").exists():
        lines.append("This folder has no config/outputs.yaml: outcomes new DIR lays out a whole project")
    return lines
