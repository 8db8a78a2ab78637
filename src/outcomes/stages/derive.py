"""Stage `derive`: the states of every patient under each definition that the plan's analyses use."""

from __future__ import annotations

import logging
from pathlib import Path

import pandas as pd

from outcomes.config import load_project
from outcomes.io import write_table
from outcomes.stages import paths
from outcomes.stages.definitions import derived
from outcomes.stages.ingest import load_tables
from outcomes.stages.swimmers import draw_swimmers
from outcomes.tables import EPISODES

log = logging.getLogger(__name__)


def derive_cohort(root: Path, name: str) -> None:
    """Write the episodes of cohort `name`, and swimmer plots, under ``restricted``: rows of people."""
    project = load_project(root, only=name)
    tables = load_tables(root, name)
    parts = []
    found = derived(project, name, tables)
    for (measure, definition), episodes in found.items():
        table = episodes.table(measure, definition)
        counts = table.groupby("state", observed=False)["patient_id"].nunique()
        told = ", ".join(f"{state} {n}" for state, n in counts.items()) or "none"
        log.info("derive %s: %s by %s: patients in %s", name, measure, definition, told)
        parts.append(table.astype({"state": "string"}))
    write_table(pd.concat(parts, ignore_index=True), EPISODES, root / paths.episodes(name))
    drawn = draw_swimmers(found, tables, project.cohorts[name], root / paths.swimmers(name))
    log.info("derive %s: %d swimmer plots", name, len(drawn))
