"""Write a million patients with six visits as CSV; time reading, checking and writing them as Parquet.

Run by `make bench`. Prints seconds and the peak of memory of the process that ingests.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

PATIENTS = 1_000_000
WEEKS = (0, 2, 4, 6, 8, 12)
ARMS = ("medication", "therapy", "combined")
COHORT = """\
title: A million
description: Made-up people
source: benchmarks/large_cohort.py
condition: depression
design: registry
components:
  medication: {label: Medication, randomised: false}
  therapy: {label: Therapy, randomised: false}
arms:
  medication: {label: Medication, components: [medication]}
  therapy: {label: Therapy, components: [therapy]}
  combined: {label: Combined, components: [medication, therapy]}
files:
  people: {path: data/people.csv, format: csv, missing_codes: [NA]}
  scores: {path: data/scores.csv, format: csv, missing_codes: [NA]}
patients:
  file: people
  id: id
  arm: {column: arm, labels: {medication: medication, therapy: therapy, combined: combined}}
  covariates:
    age_years: {column: age, kind: number, label: Age, unit: years}
    sex: {column: sex, kind: category, label: Sex, levels: {f: female, m: male}}
schedule:
  unit: week
  visits: {baseline: 0, week_2: 2, week_4: 4, week_6: 6, week_8: 8, week_12: 12}
measures:
  phq9:
    layout: long
    file: scores
    id: id
    visit: {column: week, labels: {0: baseline, 2: week_2, 4: week_4, 6: week_6, 8: week_8, 12: week_12}}
    time: {column: day, unit: day}
    score: phq9
    instrument: PHQ-9
    label: PHQ-9
events:
  relapse:
    label: Relapse
    file: people
    id: id
    time: {column: days, unit: day}
    status: {column: relapsed, event: [1], censored: {0: end of follow-up}}
"""
PLAN = """\
title: Counts
analyses:
  baseline:
    model: baseline_table
    role: descriptive
    question: Alike at baseline?
    endpoint: {kind: baseline, measures: [phq9]}
"""
CONFIG = "cohorts:\n  large: {cohort: config/cohort.yaml, plan: config/plan.yaml}\n"
OUTPUTS = "figures: {}\ntables: {}\n"


def write_project(folder: Path, n_patients: int = PATIENTS) -> None:
    """Write the two CSV files and their configuration."""
    random = np.random.default_rng(20260101)
    (folder / "config").mkdir(parents=True)
    (folder / "data").mkdir()
    texts = {"cohort.yaml": COHORT, "plan.yaml": PLAN, "config.yaml": CONFIG, "outputs.yaml": OUTPUTS}
    for name, text in texts.items():
        (folder / "config" / name).write_text(text, encoding="utf-8")
    ids = np.array([f"P{n:07d}" for n in range(n_patients)], dtype=object)
    arm = random.integers(0, len(ARMS), n_patients)
    people = pd.DataFrame(
        {
            "id": ids, "arm": np.array(ARMS, dtype=object)[arm], "age": random.integers(18, 80, n_patients),
            "sex": np.where(random.random(n_patients) < 0.6, "f", "m"),
            "days": random.integers(1, 400, n_patients), "relapsed": random.integers(0, 2, n_patients),
        }
    )  # fmt: skip
    people.to_csv(folder / "data/people.csv", index=False, lineterminator="\n")
    level = random.normal(16, 4, n_patients)
    scores = np.column_stack(
        [level - (0.4 + 0.1 * arm) * week + random.normal(0, 2.5, n_patients) for week in WEEKS]
    )
    scores = np.clip(np.rint(scores), 0, 27).astype(int).astype(object)
    scores[random.random(scores.shape) < 0.08] = "NA"
    day = np.array(WEEKS) * 7 + random.integers(-3, 4, scores.shape) * (np.array(WEEKS) > 0)
    visits = pd.DataFrame(
        {
            "id": np.repeat(ids, len(WEEKS)), "week": np.tile(WEEKS, n_patients),
            "day": day.ravel(), "phq9": scores.ravel(),
        }
    )  # fmt: skip
    visits.to_csv(folder / "data/scores.csv", index=False, lineterminator="\n")


def main() -> None:
    """Time one run of ``outcomes ingest`` in a process of its own."""
    n_patients = int(sys.argv[1]) if len(sys.argv) > 1 else PATIENTS
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_project(folder, n_patients)
        start = time.perf_counter()
        command = [sys.executable, "-m", "outcomes", "ingest", "--cohort", "large"]
        subprocess.run(command, cwd=folder, check=True)
        seconds = time.perf_counter() - start
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024**2
        print(f"{n_patients} patients x {len(WEEKS)} visits: {seconds:.1f} s, {peak:.2f} GB at most")


if __name__ == "__main__":
    main()
