"""Where a project keeps what; `restricted` holds rows that are people, `release` what may leave."""

from __future__ import annotations

from pathlib import Path

INDEX = Path("results/index.html")


def restricted(cohort: str) -> Path:
    """Folder of the tables and fits of a cohort."""
    return Path("results") / cohort / "restricted"


def release(cohort: str) -> Path:
    """Folder of the estimates, figures and report of a cohort."""
    return Path("results") / cohort / "release"


def notes(cohort: str) -> Path:
    """What was found on reading the raw files that did not stop it; counts only."""
    return restricted(cohort) / "notes.json"


def problem_rows(cohort: str) -> Path:
    """Rows behind the problems of the raw files, as they stand there."""
    return restricted(cohort) / "problem_rows.csv"


def episodes(cohort: str) -> Path:
    """States of each patient by definition, with the visits that made them."""
    return restricted(cohort) / "episodes.parquet"


def swimmers(cohort: str) -> Path:
    """Swimmer plots of the episodes: rows that are people, drawn."""
    return restricted(cohort) / "figures"


def fits(cohort: str, family: str) -> Path:
    """Rows of `estimates` of one model family."""
    return restricted(cohort) / "fits" / f"{family}.csv"


def methods(cohort: str, family: str) -> Path:
    """Methods and warnings of one model family, beside its rows."""
    return restricted(cohort) / "fits" / f"{family}.json"
