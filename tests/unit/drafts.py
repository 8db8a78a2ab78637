"""Drafts of `outcomes init` and answers to its questions, over people and scores made up for tests."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from outcomes.config import Cohort, Plan
from outcomes.config.base import build, parse_yaml
from outcomes.config.project import check_plan
from outcomes.frames import Tables
from outcomes.ingest import read_cohort
from outcomes.scaffold.init import init_cohort

ANSWERS = {"design": "randomised_trial", "randomised": "true"}
"""What no file can say."""


def draft(root, *names, **answers):
    """Run init, answer its questions, and load what it wrote: cohort, plan, tables, text."""
    files = [Path("data") / name for name in names]
    init_cohort(root, files, "trial")
    text = (root / "config/cohorts/trial.yaml").read_text(encoding="utf-8")
    cohort = build(Cohort, parse_yaml(answered(text, ANSWERS | answers), "trial"), "trial")
    plan = build(
        Plan, parse_yaml((root / "config/plans/trial.yaml").read_text(encoding="utf-8"), "plan"), "plan"
    )
    assert check_plan(plan, cohort, "plan") == []
    tables = read_cohort(root, cohort, "trial")
    assert isinstance(tables, Tables)
    return cohort, plan, tables, text


def answered(text, answers):
    lines = []
    for line in text.splitlines():
        head, mark, _ = line.partition("# TO FILL IN:")
        key = head.strip().partition(":")[0].strip('"')
        lines.append(f"{head.rstrip()} {answers[key]}" if mark else line)
    return "\n".join(lines)


def questions(text):
    return [line.partition(":")[0].strip() for line in text.splitlines() if "# TO FILL IN:" in line]


def people(n=24, seed=1):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "subject": [f"P{k:03d}" for k in range(n)],
            "group": ["placebo", "sertraline", "CBT", "CBT + sertraline"] * (n // 4),
            "age": rng.integers(18, 65, n),
            "sex": ["f", "m", "m"] * (n // 3),
        }
    )


def scores(frame, visits, column, seed=2):
    rng = np.random.default_rng(seed)
    rows = frame[["subject"]].merge(pd.DataFrame({"week": visits}), how="cross")
    rows[column] = rng.integers(3, 26, len(rows))
    return rows
