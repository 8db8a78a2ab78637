"""A complete project on two tiny cohorts: what the workflow, stage and command-line tests run on."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np

REPOSITORY = Path(__file__).parents[1]
ARMS = ("neither", "medication", "therapy", "combined")
WEEKS = (0, 4, 8)

COHORT = """\
title: Tiny cohort {name}
description: Forty made-up people for tests.
source: made by the test suite
condition: depression
design: randomised_trial
components:
  medication: {{label: Medication, randomised: true}}
  therapy: {{label: Therapy, randomised: true}}
arms:
  neither: {{label: Neither, components: []}}
  medication: {{label: Medication, components: [medication]}}
  therapy: {{label: Therapy, components: [therapy]}}
  combined: {{label: Combined, components: [medication, therapy]}}
files:
  patients: {{path: data/{name}/patients.csv, format: csv}}
  visits: {{path: data/{name}/visits.csv, format: csv}}
patients:
  file: patients
  id: id
  arm:
    column: arm
    labels: {{neither: neither, medication: medication, therapy: therapy, combined: combined}}
  covariates:
    age_years: {{column: age, kind: number, label: Age, unit: years}}
schedule:
  unit: week
  visits: {{baseline: 0, week_4: 4, week_8: 8}}
measures:
  phq9:
    layout: long
    file: visits
    id: id
    visit: {{column: week, labels: {{0: baseline, 4: week_4, 8: week_8}}}}
    score: phq9
    instrument: PHQ-9
    label: PHQ-9
events:
  relapse:
    label: Relapse
    file: patients
    id: id
    time: {{column: days, unit: day}}
    status: {{column: relapsed, event: [1], censored: {{0: end of follow-up}}}}
"""

PLAN = """\
title: Plan of cohort {name}
multiplicity: {{main: holm}}
analyses:
  participant_flow:
    model: participant_flow
    role: descriptive
    question: Who stayed?
    endpoint: {{kind: flow, measure: phq9}}
  baseline:
    model: baseline_table
    role: descriptive
    question: Alike at baseline?
    endpoint: {{kind: baseline, measures: [phq9]}}
  dropout:
    model: proportion
    role: secondary
    question: Who left?
    endpoint: {{kind: dropout, measure: phq9}}
"""

FITTED = """\
  phq9_mixed:
    model: mixed
    role: secondary
    question: Fewer symptoms?
    endpoint: {kind: score, measure: phq9}
    population: with_post_baseline_score
    family: main
    conf_level: 0.95
  relapse_kaplan_meier:
    model: kaplan_meier
    role: secondary
    question: How many remain well?
    endpoint: {kind: time_to_event, event: relapse}
  relapse_cox:
    model: cox
    role: secondary
    question: Less relapse?
    endpoint: {kind: time_to_event, event: relapse}
    conf_level: 0.95
"""

CONFIG = """\
seed: 1
outputs: config/outputs.yaml
cohorts:
  alpha: {cohort: config/cohorts/alpha.yaml, plan: config/plans/alpha.yaml}
  beta: {cohort: config/cohorts/beta.yaml, plan: config/plans/beta.yaml}
"""


def write_project(folder: Path, *, with_code: bool = False) -> Path:
    """Lay out the project; with `with_code`, also a copy of the package that a test may edit."""
    for name in ("Snakefile", "workflow", "profiles"):
        source = REPOSITORY / name
        copy = shutil.copytree if source.is_dir() else shutil.copy2
        copy(source, folder / name)
    if with_code:
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(REPOSITORY / "src" / "outcomes", folder / "src" / "outcomes", ignore=ignored)
    for sub in ("config/cohorts", "config/plans"):
        (folder / sub).mkdir(parents=True)
    (folder / "config/config.yaml").write_text(CONFIG)
    shutil.copy2(REPOSITORY / "config/outputs.yaml", folder / "config/outputs.yaml")
    for seed, name in enumerate(("alpha", "beta")):
        (folder / f"config/cohorts/{name}.yaml").write_text(COHORT.format(name=name))
        plan = PLAN.format(name=name) + (FITTED if name == "alpha" else "")
        (folder / f"config/plans/{name}.yaml").write_text(plan)
        write_data(folder / "data" / name, seed)
    return folder


def write_data(folder: Path, seed: int) -> None:
    """Ten patients an arm; scores fall with treatment, some leave, some relapse."""
    random = np.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)
    patients, visits = ["id,arm,age,days,relapsed"], ["id,week,phq9"]
    for number in range(40):
        arm = ARMS[number % 4]
        days, relapsed = int(random.integers(1, 180)), int(random.random() < 0.6)
        patients.append(f"P{number:03d},{arm},{random.integers(20, 70)},{days},{relapsed}")
        level = random.normal(16, 3)
        stays = random.random() > 0.2
        for week in WEEKS if stays else WEEKS[:2]:
            score = level - 0.3 * (number % 4) * week / 2 + random.normal(0, 2)
            visits.append(f"P{number:03d},{week},{int(np.clip(round(score), 0, 27))}")
    (folder / "patients.csv").write_text("\n".join(patients) + "\n")
    (folder / "visits.csv").write_text("\n".join(visits) + "\n")
