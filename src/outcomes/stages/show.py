"""Stage `show`: the analyses of a project, and the estimates of one of them, as a table of text."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pandas as pd

from outcomes.config import Project, load_project
from outcomes.errors import ConfigError, Problem, RunError, did_you_mean
from outcomes.io import read_table
from outcomes.stages import paths
from outcomes.stages.listing import Listing
from outcomes.tables import ESTIMATES

MAIN_COLUMNS = ("term", "arm", "time", "estimate", "interval", "p_value", "p_adjusted", "status", "message")
"""What a reader looks for first; the rest with --all-columns."""
EXACT_COLUMNS = (
    "cohort", "analysis", "quantity", "term", "arm", "comparator", "time", "time_unit", "estimate", "ci_low",
    "ci_high", "conf_level", "unit", "p_value", "p_adjusted", "status", "message",
)  # fmt: skip
"""The same, one fact a column and unrounded, for another program."""
IDENTITY = ("cohort", "analysis", "endpoint", "population", "model")
"""The same on every row of an analysis: said once, above its table."""
TEXTS = frozenset(("quantity", "term", "arm", "status", "message", "question"))
P_COLUMNS = ("p_value", "p_adjusted")


def list_analyses(root: Path, only: str | None = None) -> list[Listing]:
    """One listing per cohort: name, role and question of each analysis."""
    project = load_project(root, only=only)
    return [
        Listing(
            cohort,
            ("analysis", "role", "question"),
            tuple((name, analysis.role, analysis.question) for name, analysis in plan.analyses.items()),
        )
        for cohort, plan in project.plans.items()
    ]


def show_analysis(
    root: Path, name: str, only: str | None = None, *, all_columns: bool = False, exact: bool = False
) -> list[Listing]:
    """Estimates of analysis `name` in every cohort that has it: contrasts first, then the rest.

    Parameters
    ----------
    only : str, optional
        One cohort.
    all_columns : bool
        Every column of `estimates` rather than those that a reader looks for first.
    exact : bool
        Numbers as they stand in the file, one fact a column; otherwise four digits, for the eye.

    Raises
    ------
    ConfigError
        If no cohort has such an analysis.
    RunError
        If its cohort has no estimates yet.
    """
    project = load_project(root, only=only)
    cohorts = [cohort for cohort, plan in project.plans.items() if name in plan.analyses]
    if not cohorts:
        known = {key for plan in project.plans.values() for key in plan.analyses}
        source = project.main.cohorts[only].plan if only else "config/plans"
        what = f"unknown analysis '{name}'{did_you_mean(name, known)}"
        raise ConfigError(Problem(source, "analyses", what))
    listings = []
    for cohort in cohorts:
        analysis = project.plans[cohort].analyses[name]
        facts = f"{analysis.model}, {analysis.population}, {analysis.role}"
        heading = f"{cohort}: {name} ({facts}): {analysis.question}"
        rows = _rows(project, cohort, name)
        if exact:
            wanted = ESTIMATES.names if all_columns else EXACT_COLUMNS
            listings.append(_listing(heading, {column: [*map(_exact, rows[column])] for column in wanted}))
        else:
            listings += _for_the_eye(heading, rows, all_columns=all_columns)
    return listings


def _rows(project: Project, cohort: str, name: str) -> pd.DataFrame:
    shown = paths.release(cohort) / "estimates.csv"
    if not (project.root / shown).is_file():
        raise RunError(Problem(str(shown), "", "is not there yet; run 'outcomes run' first"))
    rows = read_table(project.root / shown, ESTIMATES)
    rows = rows[rows["analysis"] == name]
    if rows.empty:
        raise RunError(Problem(str(shown), "", f"has no rows of '{name}' yet; run 'outcomes run' first"))
    return rows.iloc[rows["comparator"].isna().to_numpy().argsort(kind="stable")]


def _for_the_eye(heading: str, rows: pd.DataFrame, *, all_columns: bool) -> Iterator[Listing]:
    """One table per quantity and unit, without columns that say nothing; or all columns in one table."""
    if all_columns:
        kept = [column for column in ESTIMATES.names if column not in IDENTITY]
        yield _listing(
            heading, {column: [_rounded(value, column) for value in rows[column]] for column in kept}
        )
        return
    chapter = heading
    for (quantity, unit), group in rows.groupby(["quantity", "unit"], sort=False, dropna=False):
        title = f"{quantity}, {unit}" if isinstance(unit, str) else f"{quantity}"
        yield _listing(title, _main_columns(group), chapter)
        chapter = ""


def _main_columns(rows: pd.DataFrame) -> dict[str, list[str]]:
    texts = {c: [_rounded(value, c) for value in rows[c]] for c in ESTIMATES.names}
    levels = rows["conf_level"].dropna().unique()
    interval = f"{100 * levels[0]:g}% CI" if len(levels) == 1 else "CI"
    texts["arm"] = [
        f"{arm} vs {comparator}" if comparator else arm
        for arm, comparator in zip(texts["arm"], texts["comparator"], strict=True)
    ]
    if any(texts["arm"]):  # a row beside them that names neither arm nor term is about all arms at once
        texts["arm"] = [
            arm or ("" if term else "all arms") for arm, term in zip(texts["arm"], texts["term"], strict=True)
        ]
    texts["time"] = _joined(texts["time_unit"], texts["time"], " ")
    texts["interval"] = _joined(texts["ci_low"], texts["ci_high"], " to ")
    if set(texts["status"]) == {"ok"}:
        del texts["status"]
    found = {column: texts[column] for column in MAIN_COLUMNS if any(texts.get(column, ()))}
    return {interval if column == "interval" else column: values for column, values in found.items()}


def _listing(heading: str, columns: Mapping[str, Sequence[str]], chapter: str = "") -> Listing:
    whole = frozenset(columns) - TEXTS
    return Listing(heading, tuple(columns), tuple(zip(*columns.values(), strict=True)), whole, chapter)


def _joined(values: Sequence[str], others: Sequence[str], between: str) -> list[str]:
    return [f"{value}{between}{other}" if value else "" for value, other in zip(values, others, strict=True)]


def _exact(value: object) -> str:
    nothing = value is pd.NA or (isinstance(value, float) and math.isnan(value))
    return "" if nothing else str(value)


def _rounded(value: object, column: str) -> str:
    if not isinstance(value, float) or math.isnan(value):
        return _exact(value)
    if column in P_COLUMNS:
        return "<0.001" if value < 0.001 else f"{value:.3f}"
    return f"{value:.4g}"
