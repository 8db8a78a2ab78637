"""Visits and events of a few patients, written as scores at weeks, for tests of episodes."""

from __future__ import annotations

import numpy as np
import pandas as pd

from outcomes.config.definition import Definition
from outcomes.config.library import load_library
from outcomes.episodes import Episodes, derive_episodes
from outcomes.instruments import load_catalogue

HAMD17 = load_library()["hamd17_consensus"]
MADE_UP = {"source": "made up"}


def rules(**states) -> Definition:
    """A definition of the given rules, each with a source."""
    content = {state: rule | MADE_UP if isinstance(rule, dict) else rule for state, rule in states.items()}
    return Definition.model_validate({"title": "T", "version": "1.0", **MADE_UP, **content})


def visits_of(rows: dict[str, list], measure: str = "hamd17") -> pd.DataFrame:
    """One row per entry: (week, score), or (week, score, actual day)."""
    return pd.DataFrame(
        [
            {"patient_id": who, "measure": measure, "visit": f"week_{week:03d}", "week": float(week),
             "day": float(rest[0]) if rest else np.nan, "score": np.nan if score is None else float(score)}
            for who, entries in rows.items() for week, score, *rest in entries
        ]
    )  # fmt: skip


def events_of(*dated: tuple[str, str, float]) -> pd.DataFrame:
    """Observed outcome events as (patient, name, day)."""
    columns = ["patient_id", "kind", "event", "start_day", "end_day", "observed", "reason"]
    rows = [(who, "outcome", name, 0.0, float(day), True, None) for who, name, day in dated]
    return pd.DataFrame(rows, columns=columns)


def derive(rows, definition=HAMD17, dated=(), instrument="HAM-D17") -> Episodes:
    return derive_episodes(
        visits_of(rows), events_of(*dated), pd.Series(list(rows), dtype=object), "hamd17", definition,
        load_catalogue()[instrument],
    )  # fmt: skip


def course(rows, definition=HAMD17, dated=(), instrument="HAM-D17"):
    """Of one patient: (state, start, confirmed, end, how ended) in order of confirmation."""
    found = derive({"p": rows}, definition, dated, instrument).table("hamd17", "d")
    found = found.sort_values("confirmed_day", kind="stable")
    columns = ["state", "start_day", "confirmed_day", "end_day", "ended"]
    return [tuple(row) for row in found[columns].astype({"state": str}).itertuples(index=False)]
