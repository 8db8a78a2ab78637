"""Episodes of simulated patients that the tests of the swimmer plot draw."""

from __future__ import annotations

import numpy as np
import pandas as pd
from figure_rows import COHORTS


def swimmer_episodes(cohort: str, n: int = 34, seed: int = 3) -> pd.DataFrame:
    """Weekly steps to day 364 of patients who respond, remit, recover, and fall ill again."""
    rng = np.random.default_rng(seed)
    arms = list(COHORTS[cohort])
    rows = []
    for patient in range(n):
        place = {"patient": patient, "arm": arms[patient % len(arms)]}
        last = int(rng.choice([364, 364, 364, rng.integers(60, 360)]))
        rows.append({**place, "state": None, "start_day": 0, "end_day": last})
        remission = int(rng.integers(21, 120))
        if rng.random() < 0.85:
            rows.append({**place, "state": "response", "start_day": remission - 14,
                         "end_day": max(last, remission - 13)})  # fmt: skip
        if remission < last and rng.random() < 0.8:
            recovery, relapse = remission + 120, remission + int(rng.integers(40, 360))
            ends = min(relapse, recovery, last)
            rows.append({**place, "state": "remission", "start_day": remission, "end_day": ends})
            if recovery < min(relapse, last):
                rows.append(
                    {**place, "state": "recovery", "start_day": recovery, "end_day": min(relapse, last)}
                )
            if relapse < last:
                state = "recurrence" if relapse > recovery else "relapse"
                rows.append({**place, "state": state, "start_day": relapse, "end_day": last})
                if rng.random() < 0.3:
                    rows.append({**place, "state": "hospital_admission", "start_day": min(relapse + 9, last)})
        if last < 364:
            rows.append({**place, "state": "dropout", "start_day": last, "end_day": last})
    return pd.DataFrame(rows)
