"""Stage `ingest`: raw files of one cohort to its four checked input tables."""

from __future__ import annotations

import logging
from pathlib import Path

from outcomes.config import load_project
from outcomes.frames import Tables
from outcomes.ingest import read_cohort
from outcomes.io import fulfil, read_table, write_table
from outcomes.stages import paths
from outcomes.tables import INPUT_TABLES

log = logging.getLogger(__name__)


def ingest_cohort(root: Path, name: str) -> None:
    """Read, check and write the input tables of cohort `name` as Parquet under ``restricted``."""
    project = load_project(root, only=name)
    tables = read_cohort(root, project.cohorts[name], project.main.cohorts[name].cohort)
    frames = {t: fulfil(getattr(tables, t.name), t, t.name) for t in INPUT_TABLES.values()}
    for table, frame in frames.items():
        write_table(frame, table, root / paths.restricted(name) / f"{table.name}.parquet")
        log.info("ingest %s: %s, %d rows", name, table.name, len(frame))


def load_tables(root: Path, name: str) -> Tables:
    """Read back what `ingest_cohort` wrote."""
    folder = root / paths.restricted(name)
    return Tables(**{t.name: read_table(folder / f"{t.name}.parquet", t) for t in INPUT_TABLES.values()})
