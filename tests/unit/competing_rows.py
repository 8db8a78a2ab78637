"""Frames, plan entries and small data sets that the tests of competing risks share."""

from __future__ import annotations

import numpy as np
import pandas as pd
from survival_rows import ARMS, make_frame

from outcomes.config.competing import CompetingRisksAnalysis

CAUSES = ("relapse", "death")


def plan(**options):
    endpoint = {"kind": "competing_events", "event": "relapse", "competing": ("death",)}
    return CompetingRisksAnalysis(question="?", role="secondary", endpoint=endpoint, **options)


def competing_frame(time, code, arm, **columns):
    """`code` is 0 where censored, 1 for relapse, 2 for death."""
    code = np.asarray(code)
    return make_frame(
        time, code > 0, arm,
        cause=pd.Categorical.from_codes(code - 1, categories=list(CAUSES)),
        event_after_censoring=False, reason=None, **columns,
    )  # fmt: skip


def draw(n, seed, rates=(0.01, 0.01, 0.01), death=0.0025, censored=500.0, step=1.0):
    """Times rounded up to `step` days, causes 0 to 2 and groups in turn; one relapse rate per group."""
    rng = np.random.default_rng(seed)
    group = np.arange(n) % len(rates)
    relapse = rng.exponential(1 / np.array(rates)[group])
    died, left = rng.exponential(1 / death, n), rng.uniform(30, censored, n)
    first = np.minimum(relapse, died)
    time = np.minimum(first, left)
    cause = np.where(left < first, 0, np.where(relapse < died, 1, 2))
    return (np.ceil(time / step) * step if step else time), cause, group


def simulate(n=240, seed=5, rates=(0.01, 0.012, 0.004), **columns):
    """Three arms with whole days, a covariate and two sites."""
    time, cause, group = draw(n, seed, rates)
    rng = np.random.default_rng(seed + 1)
    site = pd.Categorical(np.array(["a", "b"])[rng.integers(0, 2, n)])
    return competing_frame(
        time, cause, np.array(ARMS)[group], age=rng.normal(45, 10, n), site=site, **columns
    )
