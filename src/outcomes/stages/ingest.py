"""Stage `ingest`: raw files of one cohort to its four checked input tables."""

from __future__ import annotations

import json
import logging
from dataclasses import asdict
from pathlib import Path

from outcomes.config import load_project
from outcomes.errors import Note
from outcomes.frames import Tables
from outcomes.io import read_table, write_tables, write_text
from outcomes.stages import paths
from outcomes.stages.reading import read_and_keep
from outcomes.tables import INPUT_TABLES

log = logging.getLogger(__name__)


def ingest_cohort(root: Path, name: str) -> None:
    """Read, check and write the input tables of cohort `name` as Parquet under ``restricted``, with notes."""
    project = load_project(root, only=name)
    tables = read_and_keep(root, name, project.cohorts[name], project.main.cohorts[name].cohort)
    folder = root / paths.restricted(name)
    write_tables([(getattr(tables, t.name), t, folder / f"{t.name}.parquet") for t in INPUT_TABLES.values()])
    notes = [asdict(note) for note in tables.notes]
    write_text(root / paths.notes(name), json.dumps(notes, indent=1, ensure_ascii=False) + "\n")
    for table in INPUT_TABLES:
        log.info("ingest %s: %s, %d rows", name, table, len(getattr(tables, table)))
    for note in tables.notes:
        log.info("ingest %s: %s", name, note)


def load_notes(root: Path, name: str) -> tuple[Note, ...]:
    """Read back the notes that `ingest_cohort` wrote."""
    found = json.loads((root / paths.notes(name)).read_text(encoding="utf-8"))
    return tuple(Note(**note) for note in found)


def load_tables(root: Path, name: str) -> Tables:
    """Read back what `ingest_cohort` wrote."""
    folder = root / paths.restricted(name)
    patients, visits, events, exposures = (
        read_table(folder / f"{t.name}.parquet", t) for t in INPUT_TABLES.values()
    )
    return Tables(patients, visits, events, exposures)
