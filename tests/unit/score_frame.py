"""A made-up trial of three arms as an analysis frame, and what its fits are looked at by."""

from __future__ import annotations

import dataclasses
from collections import Counter

import numpy as np
import pandas as pd

from outcomes.config.plan import MixedAnalysis, MmrmAnalysis
from outcomes.frames import AnalysisFrame
from outcomes.io import check, shape
from outcomes.tables import ESTIMATES
from outcomes.treatment import Treatment

TREATMENT = Treatment.from_sets(
    {"medication": True, "therapy": True},
    {
        "medication": frozenset({"medication"}),
        "therapy": frozenset({"therapy"}),
        "combined": frozenset({"medication", "therapy"}),
    },
)
SEXES = ["female", "male"]
SCHEDULE = {"baseline": 0.0, "week_4": 4.0, "week_8": 8.0, "week_12": 12.0}


def make_frame(n_per_arm: int = 20, *, seed: int = 1, sd_slope: float = 0.0, missing: float = 0.0, **fields):
    """Three arms, three visits after baseline; scores fall, fastest under the combination."""
    rng = np.random.default_rng(seed)
    n = 3 * n_per_arm
    arm = np.repeat(TREATMENT.arms, n_per_arm)
    baseline = rng.normal(20, 4, n)
    effect = np.array([{"medication": 0.4, "therapy": 0.5, "combined": 0.8}[a] for a in arm])
    intercept, slope = rng.normal(0, 3, n), rng.normal(0, sd_slope, n) if sd_slope else np.zeros(n)
    times = np.array(list(SCHEDULE.values()))
    scores = (baseline + intercept)[:, None] + (slope - effect)[:, None] * times + rng.normal(0, 2, (n, 4))
    scores[:, 0] = baseline
    lost = rng.random((n, 4)) < missing
    lost[:, :2] = False
    data = pd.DataFrame({
        "patient_id": pd.array(np.repeat([f"p{i:04d}" for i in range(n)], 4), dtype="string"),
        "arm": pd.Categorical(np.repeat(arm, 4), TREATMENT.arms, ordered=True),
        "visit": pd.Categorical(np.tile(list(SCHEDULE), n), list(SCHEDULE), ordered=True),
        "time": np.tile(times, n),
        "baseline": np.repeat(baseline, 4),
        "score": scores.reshape(-1),
        "sex": pd.Categorical(np.repeat(rng.choice(SEXES, n), 4), SEXES, ordered=True),
    })[~lost.reshape(-1)]  # fmt: skip
    frame = AnalysisFrame(
        data.reset_index(drop=True), TREATMENT, "phq9", "PHQ-9", "points", higher_is_better=False,
        schedule=SCHEDULE, time_unit="week",
    )  # fmt: skip
    return dataclasses.replace(frame, **fields)


def make_analysis(**changes) -> MixedAnalysis:
    """A plan entry; random intercept, REML, visits as categories, all pairs."""
    entry = {"question": "q", "role": "secondary", "endpoint": {"kind": "score", "measure": "phq9"}}
    return MixedAnalysis.model_validate(entry | changes)


def make_mmrm(**changes) -> MmrmAnalysis:
    """A plan entry; unstructured, REML, linear Kenward-Roger, all pairs."""
    entry = {"question": "q", "role": "secondary", "endpoint": {"kind": "score", "measure": "phq9"}}
    return MmrmAnalysis.model_validate(entry | changes)


def edited(frame: AnalysisFrame, data: pd.DataFrame) -> AnalysisFrame:
    """The frame with other rows."""
    return dataclasses.replace(frame, data=data)


def rows_of(fit, quantity: str) -> pd.DataFrame:
    """Rows of one quantity."""
    return pd.DataFrame([row for row in fit.rows if row["quantity"] == quantity])


def assert_contract(fit) -> None:
    """The rows fulfil the contract of `estimates`."""
    identity = {"cohort": "c", "analysis": "a", "endpoint": "e", "population": "p", "model": "mixed"}
    assert check(shape(pd.DataFrame([identity | row for row in fit.rows]), ESTIMATES), ESTIMATES) == []


def assert_all_fail(fit, status: str, reason: str, standardised: int = 0) -> None:
    """Every mean and contrast has its row, without a number, with the reason."""
    counted = Counter(row["quantity"] for row in fit.rows)
    assert counted["mean"] == counted["mean_difference"] == 3 * 3
    assert counted["mean_difference_over_visits"] == counted["area_difference"] == 3
    assert counted["standardised_mean_difference"] == standardised
    rows = [row for row in fit.rows if "mean" in row["quantity"] or row["quantity"] == "area_difference"]
    rows = [row for row in rows if row["quantity"] != "observed_mean"]
    for row in rows:
        assert row["status"] == status
        assert reason in row["message"]
        assert "estimate" not in row
    assert_contract(fit)
