"""The frames of a plan's analyses before any model: what endpoints refuse, and days that nobody reaches."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

import pandas as pd

from outcomes.config import Cohort, Plan
from outcomes.config.plan import Analysis
from outcomes.config.project import canonical_json
from outcomes.config.states import EventMultiverseEndpoint
from outcomes.episodes.times import RECOVERY
from outcomes.errors import ConfigError, DataError, Note, Problem
from outcomes.frames import AnalysisFrame, Tables
from outcomes.stages.derivable import derive_frame

MOST_ROWS = 10_000_000
"""Rows gone through, once per definition, before the other analyses are left to the run: some seconds."""
DAYS = ("periods_days", "horizon_days", "horizons_days", "at_days")
"""Options that name days on which, or up to which, somebody must be followed."""
PATIENTS = ("covariates", "strata", "subgroups", "cluster", "weights")
"""Options that decide, beside endpoint and population, whose rows a frame has."""


@dataclass
class Derived:
    """What deriving the analyses of a plan told.

    Attributes
    ----------
    problems : list of Problem
        Of endpoints that refuse.
    notes : list of Note
        Days of the plan on which nobody is followed any more.
    left : list of str
        Analyses that were not derived, for their tables are large.
    """

    problems: list[Problem] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    left: list[str] = field(default_factory=list)


def derive_all(tables: Tables, cohort: Cohort, plan: Plan, shown: str, unsound: Collection[str]) -> Derived:
    """Derive the frame of every analysis whose entry is not `unsound`, the cheapest first.

    Analyses of one frame share it, and those beyond `MOST_ROWS` are left to the run.
    """
    found = Derived()
    by_frame: dict[str, list[str]] = {}
    for name, analysis in plan.analyses.items():
        if name not in unsound:
            by_frame.setdefault(_frame_key(analysis), []).append(name)
    left: list[str] = []
    rows = 0
    for names in sorted(by_frame.values(), key=lambda names: _rows(tables, plan.analyses[names[0]])):
        rows += _rows(tables, plan.analyses[names[0]])
        if rows > MOST_ROWS:
            left += names
            continue
        try:
            frame = derive_frame(tables, cohort, names[0], plan.analyses[names[0]], shown)
        except (ConfigError, DataError) as error:
            found.problems += [
                Problem(p.source, f"analyses.{name}", p.what) for name in names for p in error.problems
            ]
            continue
        for name in names:
            found.notes += _beyond_follow_up(frame, name, plan.analyses[name], shown)
    place = list(plan.analyses).index
    found.problems.sort(key=lambda problem: place(problem.where.split(".")[1]))
    found.notes.sort(key=lambda note: place(note.where.split(".")[1]))
    found.left = sorted(left, key=place)
    return found


def _frame_key(analysis: Analysis) -> str:
    """Text that is the same for analyses of one frame."""
    chosen = analysis.model_dump(mode="json", include={"endpoint", "population", *PATIENTS})
    baseline = getattr(analysis, "adjust_for_baseline", None)
    return canonical_json({**chosen, "adjust_for_baseline": baseline})


def _rows(tables: Tables, analysis: Analysis) -> int:
    """Rows that deriving an analysis goes through, once per definition."""
    endpoint = analysis.endpoint
    named = getattr(endpoint, "measure", None) or getattr(endpoint, "measures", ())
    rows = len(tables.patients) + (len(tables.visits) if named else len(tables.events))
    return rows * (1 + len(endpoint.points()) if isinstance(endpoint, EventMultiverseEndpoint) else 1)


def _beyond_follow_up(frame: AnalysisFrame, name: str, analysis: Analysis, shown: str) -> Iterator[Note]:
    """Say which days of an entry lie beyond what is known of every patient."""
    if "time_days" not in frame.data:
        return
    landmark = getattr(analysis.endpoint, "landmark_day", None)
    if frame.data.empty:
        if landmark is not None:
            what = f"nobody is followed, free of the event, beyond day {landmark:g}: there will be no result"
            yield Note("warning", shown, f"analyses.{name}.endpoint.landmark_day", what)
        return
    since = "" if landmark is None else " after the landmark"
    recovered = int((frame.data["reason"] == RECOVERY).sum()) if "reason" in frame.data else 0
    ends = f" ({recovered} of {len(frame.data)} times end at recovery)" if recovered else ""
    for key in DAYS:
        days = getattr(analysis, key, None) or ()
        known = _known_until(frame.data, by_curve=key != "periods_days")
        late = [day for day in ((days,) if isinstance(days, float) else days) if day > known]
        if late:
            named = ", ".join(f"{day:g}" for day in late)
            what = f"nobody is followed up to day {named}{since}{ends}: there will be no result of it"
            yield Note("warning", shown, f"analyses.{name}.{key}", what)


def _known_until(data: pd.DataFrame, *, by_curve: bool) -> float:
    """Longest follow-up; for ever, by curves, where one of them falls to 0."""
    longest = data.groupby("arm", observed=True)["time_days"].transform("max")
    last = data[data["time_days"] == longest]
    falls = last.groupby("arm", observed=True)["observed"].all()
    return math.inf if by_curve and falls.any() else float(longest.max())
