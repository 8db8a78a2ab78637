"""A patient who was entered twice, under two ids."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from outcomes.config import Cohort
from outcomes.config.base import build, load_yaml
from outcomes.ingest import read_cohort
from outcomes.simulate.trial import simulate_trial, write_trial

ROOT = Path(__file__).parents[2]
TWIN = "zq-twin"


def warnings(folder, seed, change=lambda name, rows: rows):
    """What is said of a simulated trial to which the rows of one patient are added under another id."""
    trial = simulate_trial(seed, 200)
    one = trial.patients["patient_id"].iloc[10]
    planted = {}
    for name, table in vars(trial).items():
        if isinstance(table, pd.DataFrame) and "patient_id" in table:
            rows = table[table["patient_id"] == one].assign(patient_id=TWIN)
            planted[name] = pd.concat([table, change(name, rows)], ignore_index=True)
    write_trial(replace(trial, **planted), folder / "data/synthetic_trial")
    content = load_yaml(ROOT / "config/cohorts/synthetic_trial.yaml", "trial")
    del content["screening"]
    return [str(note) for note in read_cohort(folder, build(Cohort, content, "trial"), "trial").notes]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_patient_under_two_ids_is_a_warning_with_the_lines(tmp_path, seed):
    (said,) = [note for note in warnings(tmp_path, seed) if "entered twice" in note]
    assert "patients.csv: patient_id: 2 of 201 rows of patients whose recorded values all agree" in said
    assert "(lines 12, 202)" in said
    assert TWIN not in said


def test_one_other_value_makes_two_patients(tmp_path):
    def older(name, rows):
        return rows.assign(age_years=rows["age_years"] + 1) if name == "patients" else rows

    assert not [note for note in warnings(tmp_path, 1, older) if "entered twice" in note]


CARRIED = """
title: Carried
description: Scores of the baseline on every visit
source: made up
condition: depression
design: randomised_trial
components: {drug: {label: Drug, randomised: true}}
arms: {drug: {label: Drug, components: [drug]}, placebo: {label: Placebo, components: []}}
files: {people: {path: people.csv, format: csv}}
patients:
  file: people
  id: pid
  arm: {column: grp, labels: {A: drug, B: placebo}}
  covariates: {sex: {column: sex, kind: category, label: Sex, levels: {0: female, 1: male}}}
schedule: {unit: week, visits: {baseline: 0, week_4: 4, week_8: 8}}
measures:
  phq9: {layout: wide, file: people, id: pid, columns: {baseline: p0, week_4: p4, week_8: p8},
         instrument: PHQ-9, label: PHQ-9}
  gad7: {layout: wide, file: people, id: pid, columns: {baseline: g0, week_4: g4, week_8: g8},
         instrument: GAD-7, label: GAD-7}
"""


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_scores_carried_forward_make_no_twins(tmp_path, seed):
    rng = np.random.default_rng(seed)
    phq, gad = rng.integers(5, 27, 300), rng.integers(3, 21, 300)
    table = pd.DataFrame({"pid": [f"zq{i}" for i in range(300)], "grp": ["A", "B"] * 150})
    table = table.assign(sex=rng.integers(0, 2, 300), p0=phq, p4=phq, p8=phq, g0=gad, g4=gad, g8=gad)
    assert table.duplicated(["sex", "p0", "g0"]).any()
    table.to_csv(tmp_path / "people.csv", index=False)
    notes = read_cohort(tmp_path, build(Cohort, yaml.safe_load(CARRIED), "c.yaml"), "c.yaml").notes
    assert not [note for note in notes if "entered twice" in note.what]
