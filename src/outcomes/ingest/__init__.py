"""Raw files of a cohort to its four input tables; every problem of every file in one pass."""

from __future__ import annotations

from pathlib import Path

from outcomes.config.cohort import Cohort
from outcomes.errors import DataError
from outcomes.frames import Tables
from outcomes.ingest.events import read_events
from outcomes.ingest.exposures import read_exposures
from outcomes.ingest.patients import leave_out_unassigned, read_patients
from outcomes.ingest.sources import open_sources, source_files
from outcomes.ingest.visits import read_visits

__all__ = ["read_cohort", "source_files"]


def read_cohort(root: Path, cohort: Cohort, shown: str) -> Tables:
    """Read the raw files that `cohort` declares.

    Parameters
    ----------
    root : pathlib.Path
        The project folder; paths of the cohort file are relative to it.
    cohort : Cohort
        What was measured.
    shown : str
        The cohort file's name, for messages.

    Returns
    -------
    Tables
        Each sorted by its key, so that the order of the raw rows does not matter.

    Raises
    ------
    DataError
        With every problem of every file.
    """
    opened = leave_out_unassigned(open_sources(root, cohort, shown))
    patients = read_patients(opened)
    tables = Tables(
        patients=patients.table,
        visits=read_visits(opened, patients),
        events=read_events(opened, patients),
        exposures=read_exposures(opened, patients),
    )
    if opened.problems:
        raise DataError(opened.problems)
    return tables
