"""The same time to a state under every definition of a grid, stacked.

A multiverse analysis (Steegen et al. 2016, Perspect Psychol Sci 11:702): where several definitions are
defensible, the question is asked under each of them.
"""

from __future__ import annotations

import pandas as pd

from outcomes.config import Cohort
from outcomes.config.changes import EITHER
from outcomes.config.multiverse import DECLARED, MultiverseAnalysis
from outcomes.config.states import EventMultiverseEndpoint
from outcomes.endpoints.derived_event import (
    in_words,
    recovery_caution,
    start_cautions,
    state_frame,
    timed_patients,
)
from outcomes.endpoints.time_to_event import patient_columns
from outcomes.episodes.times import RECOVERY
from outcomes.frames import AnalysisFrame, Tables
from outcomes.populations import count_exclusions, drop_missing, select


def derive_event_multiverse(tables: Tables, cohort: Cohort, analysis: MultiverseAnalysis) -> AnalysisFrame:
    """Rows of `derive_derived_event` for every definition; `definition` is an ordered category of labels.

    The definition itself comes first, as `declared`, then every point of the grid.

    Counted as left out are patients without a time under any of the definitions; how many each definition
    rests on, its rows say.
    """
    endpoint = analysis.endpoint
    kept, exclusions = select(tables, cohort, analysis)
    patients = tables.patients[tables.patients["patient_id"].isin(kept)].sort_values("patient_id")
    complete, missing = drop_missing(patients, cohort, patient_columns(analysis))
    points = {DECLARED: endpoint.resolved} | endpoint.points()
    parts = [
        timed_patients(tables, cohort, analysis, complete, definition)[0].assign(definition=label)
        for label, definition in points.items()
    ]
    data = pd.concat(parts, ignore_index=True)
    data["definition"] = pd.Categorical(data["definition"], categories=list(points), ordered=True)
    never = complete[~complete["patient_id"].isin(data["patient_id"])]
    left_out = count_exclusions(never, "no time under any of the definitions", after_assignment=True)
    recovered = int(((data["definition"] == DECLARED) & (data["reason"] == RECOVERY)).sum())
    cautions = (*start_cautions(endpoint), *recovery_caution(recovered), *_half_changed(endpoint))
    return state_frame(data, cohort, analysis, (*exclusions, *missing, *left_out), cautions)


def _half_changed(endpoint: EventMultiverseEndpoint) -> tuple[str, ...]:
    """Say where a grid changes one of two rules of the event and leaves the other."""
    parts = EITHER.get(endpoint.state, ())
    keys = {tuple(path.split(".", 1)) for path in endpoint.grid}
    alone = [f"{state}.{key}" for state, key in sorted(key for key in keys if len(key) == 2)
             if state in parts and any((other, key) not in keys for other in parts)]  # fmt: skip
    if not alone:
        return ()
    return (
        f"the grid changes {', '.join(alone)} and leaves the other rule of {in_words(endpoint.state)} as "
        "declared",
    )
