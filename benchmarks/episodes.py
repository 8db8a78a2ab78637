"""Time the derivation of every state of the consensus terms for a million patients with ten visits each.

Run by `make bench`. Prints seconds and the peak of memory; a share of scores is missing, visits stray from
their planned days, and a tenth of the patients has a dated event.
"""

from __future__ import annotations

import resource
import sys
import time

import numpy as np
import pandas as pd

from outcomes.config.changes import changed
from outcomes.config.library import load_library
from outcomes.episodes import derive_episodes, event_times
from outcomes.instruments import load_catalogue

PATIENTS = 1_000_000
WEEKS = np.array([0, 2, 4, 8, 12, 20, 28, 36, 44, 52])
SEED = 20260101


def make_tables(n: int) -> tuple[pd.DataFrame, pd.DataFrame, pd.Series]:
    """Visits as the ingest stage writes them, events, and ids."""
    rng = np.random.default_rng(SEED)
    k = WEEKS.size
    ids = pd.Series(np.char.add("p", np.arange(n).astype(str)), dtype="string")
    level = 22 - 14 * (1 - np.exp(-WEEKS / 8)) + np.cumsum(rng.normal(0, 3, (n, k)), axis=1)
    score = np.clip(np.rint(level), 0, 52)
    score[rng.random((n, k)) < 0.15] = np.nan
    day = WEEKS * 7 + rng.integers(-6, 7, (n, k)) * (WEEKS > 0)
    names = [f"week_{week}" for week in WEEKS]
    visits = pd.DataFrame(
        {
            "patient_id": ids.repeat(k).reset_index(drop=True),
            "measure": pd.array(["hamd17"], dtype="string").repeat(n * k),
            "visit": pd.Categorical.from_codes(np.tile(np.arange(k), n), names, ordered=True),
            "week": np.tile(WEEKS.astype(float), n),
            "day": day.ravel().astype(float),
            "score": score.ravel(),
        }
    )
    ill = rng.choice(n, n // 10, replace=False)
    events = pd.DataFrame(
        {
            "patient_id": ids.iloc[ill].to_numpy(),
            "kind": "outcome",
            "event": "hospitalisation",
            "start_day": 0.0,
            "end_day": rng.integers(1, 364, ill.size).astype(float),
            "observed": True,
        }
    )
    return visits, events, ids


def main() -> None:
    n = int(sys.argv[1]) if len(sys.argv) > 1 else PATIENTS
    visits, events, ids = make_tables(n)
    dated = ("hospitalisation",)
    definition = changed(
        load_library()["hamd17_consensus"], {"relapse.events": dated, "recurrence.events": dated}
    )
    instrument = load_catalogue()["HAM-D17"]
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    start = time.perf_counter()
    episodes = derive_episodes(visits, events, ids, "hamd17", definition, instrument)
    derived = time.perf_counter()
    table = episodes.table("hamd17", "hamd17_consensus")
    listed = time.perf_counter()
    times = event_times(episodes, "relapse", "remission")
    timed = time.perf_counter()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(
        f"{n:,} patients, {len(visits):,} visits: {len(table):,} spells of {table['state'].nunique()} states"
    )
    print(f"states {derived - start:.1f} s, table with evidence {listed - derived:.1f} s, ", end="")
    print(f"times from remission to relapse {timed - listed:.1f} s ({int(times.observed.sum()):,} relapses)")
    print(f"together {timed - start:.1f} s; peak {peak:.1f} GB, of which the tables {held:.1f} GB")


if __name__ == "__main__":
    main()
