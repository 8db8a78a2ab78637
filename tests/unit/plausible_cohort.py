"""A cohort of two arms with nothing wrong in it, as tables; tests plant one fault each in copies of it."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
import yaml

from outcomes.config import Cohort
from outcomes.config.base import build
from outcomes.frames import Tables
from outcomes.ingest.findings import Findings
from outcomes.ingest.plausibility import look_at
from outcomes.io import shape
from outcomes.tables import EVENTS, EXPOSURES, PATIENTS, VISITS

CONFIG = """
title: Plausible
description: Nothing wrong
source: made up
condition: depression
design: randomised_trial
components:
  medication: {label: Drug, randomised: true}
  therapy: {label: Talk, randomised: true}
arms:
  medication: {label: Drug, components: [medication]}
  combined: {label: Both, components: [medication, therapy]}
files:
  people: {path: people.csv, format: csv}
  scores: {path: scores.csv, format: csv}
patients:
  file: people
  id: pid
  arm: {column: grp, labels: {A: medication, B: combined}}
  follow_up: {column: followed, unit: day}
  covariates:
    age_years: {column: age, kind: number, label: Age, unit: years}
    weight: {column: kilos, kind: number, label: Weight, unit: kg}
    height: {column: tall, kind: number, label: Height, unit: cm}
    sex: {column: sex, kind: category, label: Sex, levels: {a: female, b: male}}
    site: {column: site, kind: category, label: Site, levels: {"1": north, "2": south}}
schedule:
  unit: week
  visits: {baseline: 0, week_4: 4, week_8: 8, week_12: 12}
  windows: {baseline: [-1, 0], week_4: [3, 5], week_8: [7, 9], week_12: [11, 13]}
measures:
  phq9: &phq9
    layout: long
    file: scores
    id: pid
    visit: {column: visit, labels: {V0: baseline, V1: week_4, V2: week_8, V3: week_12}}
    time: {column: day, unit: day}
    score: phq
    instrument: PHQ-9
    label: PHQ-9
  madrs: {<<: *phq9, score: madrs, instrument: MADRS, label: MADRS}
  quality: {<<: *phq9, score: qol, instrument: Q-LES-Q-SF, label: Quality of life}
events:
  relapse: &event
    label: Relapse
    file: people
    id: pid
    time: {column: days, unit: day}
    status: {column: status, event: [1], censored: {0: end of study}}
"""
VISITS_PLANNED = {"baseline": 0, "week_4": 28, "week_8": 56, "week_12": 84}


@dataclass(frozen=True)
class Planted:
    """Arrays by patient (rows) and visit (columns), from which the tables are made."""

    cohort: dict[str, Any]
    people: dict[str, np.ndarray]
    scores: dict[str, np.ndarray]
    days: np.ndarray
    events: dict[str, tuple[np.ndarray, np.ndarray]] = field(default_factory=dict)

    def config(self, path: str, value: object) -> Planted:
        """Set one key of the cohort file, given as `a.b.c`."""
        content = deepcopy(self.cohort)
        *parents, last = path.split(".")
        place = content
        for key in parents:
            place = place.setdefault(key, {})
        place[last] = value
        return replace(self, cohort=content)

    def person(self, name: str, values: np.ndarray) -> Planted:
        return replace(self, people={**self.people, name: values})

    def score(self, name: str, values: np.ndarray) -> Planted:
        return replace(self, scores={**self.scores, name: values})

    def event(self, name: str, days: np.ndarray, observed: np.ndarray, column: str = "status") -> Planted:
        spec = {**self.cohort["events"]["relapse"], "label": name}
        spec["status"] = {**spec["status"], "column": column}
        planted = self.config(f"events.{name}", spec)
        return replace(planted, events={**self.events, name: (days, observed)})

    def found(self) -> Findings:
        """What `look_at` says of it."""
        findings = Findings()
        cohort = build(Cohort, self.cohort, "config/cohorts/plausible.yaml")
        look_at(self.tables(cohort), cohort, findings)
        return findings

    def tables(self, cohort: Cohort) -> Tables:
        ids = np.array([f"zq{i:05}" for i in range(len(self.people["arm"]))])
        people = pd.DataFrame({"patient_id": ids, **self.people})
        people["arm"] = pd.Categorical(people["arm"], categories=cohort.treatment.arms, ordered=True)
        for name, spec in cohort.patients.covariates.items():
            if spec.levels is not None:
                people[name] = pd.Categorical(
                    people[name], categories=list(spec.levels.values()), ordered=True
                )
        visits = [
            pd.DataFrame({"patient_id": ids, "measure": name, "visit": visit, "week": day / 7})
            .assign(day=self.days[:, at], score=values[:, at])
            for name, values in self.scores.items() for at, (visit, day) in enumerate(VISITS_PLANNED.items())
        ]  # fmt: skip
        table = pd.concat(visits, ignore_index=True)
        table["visit"] = pd.Categorical(table["visit"], categories=list(VISITS_PLANNED), ordered=True)
        events = [
            pd.DataFrame({"patient_id": ids, "kind": "outcome", "event": name, "start_day": 0.0})
            .assign(end_day=days, observed=observed)
            .dropna(subset="end_day")
            for name, (days, observed) in self.events.items()
        ]
        return Tables(
            shape(people, PATIENTS),
            shape(table.sort_values(["patient_id", "measure", "visit"]), VISITS),
            shape(pd.concat(events, ignore_index=True), EVENTS),
            shape(pd.DataFrame({column.name: [] for column in EXPOSURES.columns}), EXPOSURES),
        )


def plausible(seed: int = 1, n: int = 120) -> Planted:
    """Scores that fall with treatment, quality of life that rises, some visits missed, ties at the end."""
    rng = np.random.default_rng(seed)
    fall = np.array([0, 1, 2, 2.5])
    illness = rng.normal(0, 1, (n, 1)) + rng.normal(0, 0.8, (n, 4)) - fall * rng.uniform(0.2, 0.8, (n, 1))

    def scale(mean: float, sd: float, low: float, high: float, digits: int = 0) -> np.ndarray:
        values = np.round(mean + sd * (illness + rng.normal(0, 0.7, (n, 4))), digits)
        return np.where(missed, np.nan, np.clip(values, low, high))

    missed = rng.random((n, 4)) < np.array([0, 0.1, 0.2, 0.3])
    planned = np.array(list(VISITS_PLANNED.values()))
    wait = np.ceil(rng.exponential(300, n))
    lost = np.ceil(rng.exponential(900, n))
    end = np.minimum(np.minimum(wait, lost), 365.0)
    people = {
        "arm": np.where(np.arange(n) % 2, "combined", "medication"),
        "medication": np.ones(n, dtype=bool),
        "therapy": np.arange(n) % 2 == 1,
        "follow_up_days": end,
        "age_years": np.round(rng.uniform(18, 75, n)),
        "weight": np.round(rng.normal(76, 13, n), 1),
        "height": np.round(rng.normal(171, 9, n)),
        "sex": np.where(rng.random(n) < 0.6, "female", "male"),
        "site": np.where(rng.random(n) < 0.5, "north", "south"),
    }
    scores = {
        "phq9": scale(15, 4, 0, 27),
        "madrs": scale(28, 6, 0, 60),
        "quality": scale(45, -10, 0, 100, 1),
    }
    days = np.where(planned, planned + rng.integers(-6, 7, (n, 4)), 0).astype(float)
    event = (end, wait <= np.minimum(lost, 365.0))
    return Planted(yaml.safe_load(CONFIG), people, scores, days, {"relapse": event})


def only_warning(findings: Findings) -> str:
    """The one thing found, as printed; it is a warning and holds no patient's id."""
    assert not findings.problems
    (note,) = findings.notes
    assert note.level == "warning"
    assert "zq0" not in note.what
    return f"{note.source}: {note.where}: {note.what}"


def only_problem(findings: Findings) -> str:
    """The one problem found, as printed; warnings beside it are not looked at."""
    (problem,) = findings.problems
    assert "zq0" not in problem.what
    return f"{problem.source}: {problem.where}: {problem.what}"
