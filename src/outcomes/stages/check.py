"""Stage `check`: configuration and data of every cohort, all problems in one pass, before anything runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TypeVar

from outcomes.config import Cohort, Outputs, Plan
from outcomes.config.measures import LongVisits
from outcomes.config.plan import RepeatedAnalysis
from outcomes.config.project import CONFIG_FILE, MainConfig, check_plan, load_file
from outcomes.config.truth import Truth
from outcomes.errors import DataError, OutcomesError, Problem
from outcomes.frames import Tables
from outcomes.ingest import STRANGERS, swapped_files
from outcomes.stages.check_frames import derive_all
from outcomes.stages.definitions import unfit_definitions
from outcomes.stages.reading import read_and_keep

T = TypeVar("T")


def check_project(root: Path) -> list[str]:
    """One line per cohort that is in order, followed by what was noticed in its files.

    Raises
    ------
    OutcomesError
        With every problem of every file of every cohort.
    """
    main = load_file(root, CONFIG_FILE, MainConfig)
    lines: list[str] = []
    problems: list[Problem] = []
    hints: list[str] = []
    cohorts: dict[str, Cohort] = {}
    attempt(partial(load_file, root, main.outputs, Outputs, "outputs"), problems)
    for name, entry in main.cohorts.items():
        faults: list[Problem] = []
        cohort = attempt(partial(load_file, root, entry.cohort, Cohort, f"cohorts.{name}.cohort"), problems)
        plan = attempt(partial(load_file, root, entry.plan, Plan, f"cohorts.{name}.plan"), problems)
        if cohort is not None and plan is not None:
            faults = [*check_plan(plan, cohort, entry.plan), *unfit_definitions(plan, cohort, entry.plan)]
            problems += faults
        if cohort is None:
            continue
        cohorts[name] = cohort
        if cohort.truth is not None:
            attempt(partial(load_file, root, cohort.truth, Truth), problems)
        tables = attempt(partial(read_and_keep, root, name, cohort, entry.cohort), problems, hints)
        if tables is None or plan is None:
            continue
        problems += without_baseline(tables, cohort, plan, entry.cohort)
        unsound = {fault.where.split(".")[1] for fault in faults if fault.where.startswith("analyses.")}
        derived = derive_all(tables, cohort, plan, entry.plan, unsound)
        problems += derived.problems
        sizes = tables.patients["arm"].value_counts().reindex(list(cohort.treatment.arms))
        arms = ", ".join(f"{arm} {n}" for arm, n in sizes.items())
        analyses = "1 analysis" if len(plan.analyses) == 1 else f"{len(plan.analyses)} analyses"
        lines.append(f"{name}: in order; {len(tables.patients)} patients ({arms}); {analyses}")
        lines += [f"  {note}" for note in (*tables.notes, *derived.notes)]
        if derived.left:
            large = f"so many rows are derived by the run alone: {', '.join(derived.left)}"
            lines.append(f"  note: {entry.plan}: {large}")
    if len(cohorts) > 1 and any(STRANGERS in problem.what for problem in problems):
        problems += swapped_files(root, cohorts)
    if problems:
        raise DataError(problems, hints=hints)
    return lines


def attempt(run: Callable[[], T], problems: list[Problem], hints: list[str] | None = None) -> T | None:
    """Run one step; keep what is to be mended and go on."""
    try:
        return run()
    except OutcomesError as error:
        problems += error.problems
        if hints is not None:
            hints += error.hints
        return None


def without_baseline(tables: Tables, cohort: Cohort, plan: Plan, shown: str) -> Iterator[Problem]:
    """Yield each measure that has no baseline score at all although an analysis of it needs them."""
    at_baseline = tables.visits[(tables.visits["week"] == 0) & tables.visits["score"].notna()]
    known = set(at_baseline["measure"])
    for name, analysis in plan.analyses.items():
        if not isinstance(analysis, RepeatedAnalysis) or analysis.endpoint.measure in known:
            continue
        if analysis.endpoint.measure not in cohort.measures:  # told by check_plan
            continue
        change = analysis.endpoint.kind == "change"
        if not (change or analysis.adjust_for_baseline):
            continue
        measure = analysis.endpoint.measure
        key = "baseline" if isinstance(cohort.measures[measure], LongVisits) else "columns"
        otherwise = "kind: score and adjust_for_baseline: false" if change else "adjust_for_baseline: false"
        what = (
            "no scores at the baseline visit; if a column holds the baseline score name it under "
            f"measures.{measure}.{key}, or set {otherwise} in the plan (analyses.{name})"
        )
        yield Problem(shown, f"measures.{measure}", what)
