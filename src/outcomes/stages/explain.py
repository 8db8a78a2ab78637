"""Stage `explain`: one patient's timeline, state by state, and why. Rows of a person: for the screen only."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from outcomes.config import load_project
from outcomes.config.definition import Definition
from outcomes.definitions.page import say_dropout, say_run, say_threshold
from outcomes.episodes import Episodes
from outcomes.episodes.rules import settled
from outcomes.episodes.runs import read_signs
from outcomes.episodes.timeline import EVENT, MISSED, NOTHING, Timeline
from outcomes.errors import ConfigError, Problem
from outcomes.stages import paths
from outcomes.stages.definitions import derived
from outcomes.stages.ingest import load_tables
from outcomes.stages.listing import Listing


def explain_patient(root: Path, name: str, patient: str) -> list[Listing]:
    """Return, for each definition of the plan, what was seen of a patient, the states that follow, and why.

    Raises
    ------
    ConfigError
        If the cohort has no such patient; it names nobody.
    RunError
        If the cohort was not ingested yet.
    """
    project = load_project(root, only=name)
    tables = load_tables(root, name)
    mine = tables.patients["patient_id"] == patient
    if not mine.any():
        what = "the cohort has no patient of that id; ids are text, so 001 and 1 are two patients"
        raise ConfigError(Problem(str(paths.restricted(name) / "patients.parquet"), "patient_id", what))
    tables = replace(tables, patients=tables.patients[mine])
    listings = []
    for (measure, key), episodes in derived(project, name, tables).items():
        definition = episodes.definition
        chapter = f"{measure} by {key}: {definition.title}, version {definition.version}. {definition.source}"
        listings += [
            replace(_seen(episodes.timeline, episodes), chapter=chapter),
            _states(episodes, measure, key),
            _rules(definition, episodes),
        ]
    return listings


def _seen(line: Timeline, episodes: Episodes) -> Listing:
    rules = {state: settled(rule, episodes.instrument) for state, rule in episodes.definition.rules.items()}
    signs = {state: read_signs(rule, line, episodes.instrument) for state, rule in rules.items()}
    baseline = "" if np.isnan(line.baseline[0]) else f"{line.baseline[0]:g}"
    rows = [("0", "baseline", baseline or "no score", "", "")]
    for j in np.flatnonzero(line.kind[:, 0] != NOTHING):
        kind, score = line.kind[j, 0], line.score[j, 0]
        shown = {EVENT: "event", MISSED: "no score"}.get(int(kind), f"{score:g}")
        counts = [s for s, sign in signs.items() if sign.counts[j, 0] or sign.at_once[j, 0]]
        breaks = [s for s, sign in signs.items() if sign.breaks[j, 0]]
        rows.append(
            (
                f"{line.day[j, 0]:g}",
                line.labels[line.label[j, 0]],
                shown,
                ", ".join(counts),
                ", ".join(breaks),
            )
        )
    columns = ("day", "visit or event", "score", "counts for", "ends a run of")
    return Listing("What was seen", columns, tuple(rows), frozenset(("day", "score")))


def _states(episodes: Episodes, measure: str, key: str) -> Listing:
    table = episodes.table(measure, key).sort_values(["confirmed_day", "start_day"], kind="stable")
    rows: list[tuple[str, ...]] = []
    for _, row in table.iterrows():
        days = (f"{row[day]:g}" for day in ("start_day", "confirmed_day", "end_day"))
        rows.append((str(row["state"]), *days, str(row["ended"]), str(row["evidence"])))
    columns = ("state", "from day", "known on day", "until day", "ended by", "because of")
    empty = (("none", "", "", "", "", ""),)
    return Listing("States", columns, tuple(rows) or empty, frozenset(columns[1:4]))


def _rules(definition: Definition, episodes: Episodes) -> Listing:
    rows: list[tuple[str, ...]] = []
    for state, rule in definition.rules.items():
        when = say_threshold(settled(rule, episodes.instrument))
        rows.append((state, when, say_run(rule), rule.missing, rule.source))
    if definition.dropout:
        rows.append(("dropout", say_dropout(definition.dropout), "", "", definition.dropout.source))
    return Listing("Rules", ("state", "when", "for how long", "no score", "source"), tuple(rows))
