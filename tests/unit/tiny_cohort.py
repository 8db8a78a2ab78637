"""A valid cohort of four patients in five files, in which tests plant one fault at a time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from outcomes.config import Cohort
from outcomes.config.base import build

SHOWN = "config/cohorts/tiny.yaml"

CONFIG = """
title: Tiny
description: Four patients
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
  people: {path: people.csv, format: csv, missing_codes: [NA]}
  phq: {path: phq.csv, format: csv, missing_codes: [NA]}
  qol: {path: qol.csv, format: csv}
  harms: {path: harms.csv, format: csv}
  pills: {path: pills.csv, format: csv}
patients:
  file: people
  id: pid
  arm: {column: grp, labels: {A: medication, B: combined}}
  time_zero: {column: start, format: "%Y-%m-%d"}
  follow_up: {column: followed, unit: week}
  covariates:
    age_years: {column: age, kind: number, label: Age, unit: years, low: 18, high: 110}
    weight: {column: kilos, kind: number, label: Weight, unit: kg}
    sex: {column: sex, kind: category, label: Sex, levels: {f: female, m: male}}
schedule:
  unit: week
  visits: {baseline: 0, week_4: 4, week_8: 8}
  windows: {baseline: [-1, 0], week_4: [3, 5], week_8: [7, 9]}
measures:
  phq9:
    layout: long
    file: phq
    id: pid
    visit: {column: visit, labels: {V0: baseline, V1: week_4, V2: week_8}}
    time: {column: seen, format: "%Y-%m-%d"}
    score: total
    instrument: PHQ-9
    label: PHQ-9
  quality:
    layout: long
    file: qol
    id: pid
    time: {column: week, unit: week}
    score: percent
    instrument: Q-LES-Q-SF
    label: Quality of life
events:
  relapse:
    label: Relapse
    file: people
    id: pid
    time: {column: days, unit: day}
    status: {column: status, event: [1], censored: {0: end of study}}
adverse_events:
  file: harms
  id: pid
  term: event
  onset: {column: began, unit: day}
  end: {column: ended, unit: day}
  grade: grade
exposures:
  medication:
    file: pills
    id: pid
    start: {column: from, unit: day}
    end: {column: to, unit: day}
    dose: mg
    days_planned: planned
    days_covered: covered
    sessions_offered: offered
    sessions_attended: attended
screening: {screened: 6, excluded: {declined: 2}}
"""

FILES = {
    "people.csv": """pid,grp,start,followed,age,kilos,sex,days,status
zq1,A,2020-01-01,8,41,70,f,30,1
zq2,B,2020-01-05,8,52,81,m,56,0
zq3,A,2020-02-01,4,NA,65,f,21,1
zq4,B,2020-02-03,8,37,90,m,56,0
""",
    "phq.csv": """pid,visit,seen,total
zq1,V0,2020-01-01,15
zq1,V1,2020-01-29,11
zq1,V2,2020-02-26,NA
zq2,V0,2020-01-05,17
zq2,V1,2020-02-02,8
zq2,V2,2020-03-01,4
zq3,V0,2020-02-01,20
zq4,V0,2020-02-03,13
""",
    "qol.csv": """pid,week,percent
zq1,0,41.5
zq1,4.2,50
zq2,0,38
zq2,8,61
zq3,0,44
zq4,-1,47
""",
    "harms.csv": """pid,event,began,ended,grade
zq1,Headache,3,5,mild
zq1,Nausea,3,,mild
zq2,Headache,10,12,severe
""",
    "pills.csv": """pid,from,to,mg,planned,covered,offered,attended
zq1,0,56,20,56,50,8,8
zq2,0,28,20,28,28,8,3
zq2,29,56,40,28,20,,
""",
}


def write_tiny(root: Path, edit: Callable[[dict[str, Any]], None] | None = None) -> Cohort:
    for name, text in FILES.items():
        (root / name).write_text(text, encoding="utf-8")
    content = yaml.safe_load(CONFIG.replace("{f: female, m: male}", '{"f": female, "m": male}'))
    if edit:
        edit(content)
    return build(Cohort, content, SHOWN)


def plant(root: Path, file: str, old: str, new: str) -> None:
    text = (root / file).read_text(encoding="utf-8")
    assert text.count(old) == 1, f"the fault must stand once in {file}"
    (root / file).write_text(text.replace(old, new), encoding="utf-8")
