"""Simulate null trials and count how often each method rejects at 5 %: the table in docs/mmrm.md.

Four visits, standard deviation growing from 4 to 10, a fifth of the patients lost by the last visit, more
likely after a high score; the difference of two arms at the last visit.
"""

from __future__ import annotations

import os

os.environ |= {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}

import sys

import numpy as np
import pandas as pd
from scipy import special

from outcomes.models.mmrm import fit_mmrm

TRIALS, SIZES, LEVEL = 2_000, (30, 200), 0.05
METHODS = ("kenward_roger_linear", "satterthwaite", "kenward_roger")


def null_trial(n: int, rng: np.random.Generator) -> pd.DataFrame:
    """One trial without any difference between its arms."""
    visits = 4
    low = np.linalg.cholesky(0.6 + 0.4 * np.eye(visits)) * np.array([4.0, 6.0, 8.0, 10.0])[:, None]
    y = rng.standard_normal((n, visits)) @ low.T
    for k in range(1, visits):
        hazard = special.expit(-2.9 + 0.08 * y[:, k - 1])
        gone = np.isnan(y[:, k - 1]) | (rng.random(n) < np.where(np.isnan(hazard), 1.0, hazard))
        y[gone, k] = np.nan
    return pd.DataFrame({
        "id": np.repeat(np.arange(n), visits), "visit": np.tile(np.arange(visits), n),
        "arm": np.repeat(np.where(np.arange(n) % 2, "a", "b"), visits), "y": y.ravel(),
    })  # fmt: skip


def rejections(n: int, trials: int, seed: int = 1) -> dict[str, float]:
    """Share of trials in which each method finds a difference at the last visit."""
    rng = np.random.default_rng(seed)
    hits = dict.fromkeys((*METHODS, "random intercept, z"), 0)
    for _ in range(trials):
        call = {"data": null_trial(n, rng), "score": "y", "patient": "id", "visit": "visit", "arm": "arm"}
        fit = fit_mmrm(**call)
        for method in METHODS:
            hits[method] += int(fit.estimates(method).contrasts()["p_value"].iloc[-1] < LEVEL)
        simple = fit_mmrm(**call, covariance="random_intercept").estimates().contrasts().iloc[-1]
        hits["random intercept, z"] += int(2.0 * special.ndtr(-abs(simple["statistic"])) < LEVEL)
    return {method: count / trials for method, count in hits.items()}


if __name__ == "__main__":
    trials = int(sys.argv[1]) if len(sys.argv) > 1 else TRIALS
    found = {n: rejections(n, trials) for n in SIZES}
    print("| rejections | " + " | ".join(f"{n} patients" for n in SIZES) + " |")
    print("|---" * (1 + len(SIZES)) + "|")
    for method in found[SIZES[0]]:
        print(f"| {method} | " + " | ".join(f"{100 * found[n][method]:.1f} %" for n in SIZES) + " |")
