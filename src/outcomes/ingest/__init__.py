"""Raw files of a cohort to its four input tables; every problem of every file in one pass."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from outcomes.config.cohort import Cohort
from outcomes.errors import DataError
from outcomes.frames import Tables
from outcomes.ingest.adam import check_adam
from outcomes.ingest.agreement import report_disagreement, swapped_files
from outcomes.ingest.events import read_events
from outcomes.ingest.exposures import read_exposures
from outcomes.ingest.ids import STRANGERS
from outcomes.ingest.left_out import leave_out_patients
from outcomes.ingest.patients import read_patients
from outcomes.ingest.plausibility import look_at
from outcomes.ingest.sources import open_sources, source_files
from outcomes.ingest.twice import warn_of_twins
from outcomes.ingest.visits import read_visits

__all__ = ["STRANGERS", "read_cohort", "source_files", "swapped_files"]


def read_cohort(
    root: Path, cohort: Cohort, shown: str, say: Callable[[str], None] = lambda _: None
) -> Tables:
    """Read the raw files that `cohort` declares.

    Parameters
    ----------
    root : pathlib.Path
        The project folder; paths of the cohort file are relative to it.
    cohort : Cohort
        What was measured.
    shown : str
        The cohort file's name, for messages.
    say : callable
        Told what is being done, for a progress line.

    Returns
    -------
    Tables
        Each sorted by its key, so that the order of the raw rows does not matter; with notes.

    Raises
    ------
    DataError
        With every problem of every file, and the rows behind them.
    """
    opened = leave_out_patients(open_sources(root, cohort, shown, say))
    findings = opened.findings
    say("reading patients")
    patients = read_patients(opened)
    report_disagreement(opened, patients)
    say("reading scores")
    visits = read_visits(opened, patients)
    say("reading events and exposures")
    tables = Tables(patients.table, visits, read_events(opened, patients), read_exposures(opened, patients))
    check_adam(opened)
    if not findings.problems:
        say("looking at the whole")
        look_at(tables, cohort, findings)
        warn_of_twins(opened, patients, tables)
    if findings.problems:
        raise DataError(findings.problems, findings.details)
    return replace(tables, notes=tuple(dict.fromkeys(findings.notes)))
