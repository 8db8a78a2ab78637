"""A trial, its call, and complete data for tests of the mixed model for repeated measures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from outcomes.models.mmrm import fit_mmrm

DATA = Path(__file__).parents[1] / "reference/data"
CALL = {
    "score": "y", "patient": "id", "visit": "visit", "arm": "arm", "covariates": ["base", "sex", "age"],
    "by_visit": ["base"], "levels": {"arm": ["medication", "therapy", "combined"]},
}  # fmt: skip


def trial():
    return pd.read_csv(DATA / "sim3arm_n200_m5.csv")


def fit(data, **changes):
    return fit_mmrm(data, **(CALL | changes))


def plain(data, **changes):
    """Arm, visit and their product only."""
    return fit(data, covariates=[], by_visit=[], **changes)


def balanced(n=12, T=3, seed=1, arms=("a", "b")):
    """Complete data: n patients an arm, T correlated visits."""
    rng = np.random.default_rng(seed)
    N = n * len(arms)
    y = rng.normal(size=(N, T)) @ np.array([[1.0, 0, 0], [0.6, 1, 0], [0.4, 0.5, 1.2]])[:T, :T].T
    return pd.DataFrame({
        "id": np.repeat(np.arange(N), T), "visit": np.tile(np.arange(T), N),
        "arm": np.repeat(np.repeat(list(arms), n), T), "y": y.ravel(),
    })  # fmt: skip


def wide(data):
    return data.sort_values(["id", "visit"])["y"].to_numpy().reshape(data["id"].nunique(), -1)


def told(data, **changes):
    model = fit(data, **changes).model
    return model.status, model.message
