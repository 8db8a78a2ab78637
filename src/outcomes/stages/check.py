"""Stage `check`: configuration and data of every cohort, all problems in one pass, before anything runs."""

from __future__ import annotations

from pathlib import Path

from outcomes.config import load_project
from outcomes.config.project import CONFIG_FILE, MainConfig, load_file
from outcomes.errors import DataError, OutcomesError, Problem
from outcomes.ingest import read_cohort


def check_project(root: Path) -> list[str]:
    """One line per cohort that is in order.

    Raises
    ------
    OutcomesError
        With every problem of every file of every cohort.
    """
    main = load_file(root, CONFIG_FILE, MainConfig)
    lines: list[str] = []
    problems: list[Problem] = []
    for name, entry in main.cohorts.items():
        try:
            project = load_project(root, only=name)
            tables = read_cohort(root, project.cohorts[name], entry.cohort)
        except OutcomesError as error:
            problems += error.problems
            continue
        sizes = tables.patients["arm"].value_counts().reindex(list(project.cohorts[name].treatment.arms))
        arms = ", ".join(f"{arm} {n}" for arm, n in sizes.items())
        analyses = len(project.plans[name].analyses)
        lines.append(f"{name}: in order; {len(tables.patients)} patients ({arms}); {analyses} analyses")
    if problems:
        raise DataError(problems)
    return lines
