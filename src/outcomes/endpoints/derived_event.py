"""Time to a state that a definition derives from visits and dated events: response, remission, relapse, ...

The terms are those of Frank et al. 1991, Arch Gen Psychiatry 48:851; what each state is, the plan's
definition says, and docs/definitions.md how it is found. Time runs from baseline, or from the day on which
response, remission or recovery was confirmed, for those who were ever in it: a landmark analysis whose
landmark each patient reaches on a day of their own (Anderson, Cain & Gelber 1983, J Clin Oncol 1:710).
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from outcomes.config import Cohort
from outcomes.config.changes import EITHER
from outcomes.config.definition import WORSE, Definition
from outcomes.config.multiverse import MultiverseAnalysis
from outcomes.config.states import StateEndpoint
from outcomes.config.survival import CoxAnalysis, KaplanMeierAnalysis, LogRankAnalysis, RmstAnalysis
from outcomes.endpoints.time_to_event import patient_columns
from outcomes.episodes import Episodes, EventTimes, derive_episodes, event_times
from outcomes.episodes.rules import definition_faults
from outcomes.episodes.times import ALREADY, NEVER, NO_BASELINE, RECOVERY, UNSEEN
from outcomes.errors import ConfigError, Problem
from outcomes.frames import AnalysisFrame, Exclusion, Tables
from outcomes.instruments import instruments_of
from outcomes.populations import count_exclusions, drop_missing, printed_names, select
from outcomes.wording import mid_sentence

SurvivalAnalysis = KaplanMeierAnalysis | LogRankAnalysis | CoxAnalysis | RmstAnalysis
RETURNS = ("relapse", "recurrence", *EITHER)
"""States that only those who were well can be in."""
BEFORE_ASSIGNMENT = (NO_BASELINE,)
"""Reasons to leave a patient out that do not arise after treatment was assigned."""


def derive_derived_event(tables: Tables, cohort: Cohort, analysis: SurvivalAnalysis) -> AnalysisFrame:
    """One row per patient: `time_days` (> 0), `observed`, `reason`, `left_days`, `right_days`, covariates.

    The event lies after `left_days` and by `right_days`, as `EventTimes` has them; `right_days` is inf where
    it was not seen. Patients who were never in the start state, who were in the
    state already, or of whom nothing is known after it are left out and counted.

    Raises
    ------
    ConfigError
        If the definition does not fit the measure's instrument.
    ValueError
        If the definition is still a name: load the plan that names it.
    """
    endpoint = analysis.endpoint
    if not isinstance(endpoint, StateEndpoint):
        raise TypeError(f"not an endpoint of a derived state: {endpoint.kind}")
    kept, exclusions = select(tables, cohort, analysis)
    patients = tables.patients[tables.patients["patient_id"].isin(kept)].sort_values("patient_id")
    complete, missing = drop_missing(patients, cohort, patient_columns(analysis))
    data, left_out, late = timed_patients(tables, cohort, analysis, complete, endpoint.resolved)
    cautions = (
        *start_cautions(endpoint),
        *recovery_caution(int((data["reason"] == RECOVERY).sum())),
        *_late_caution(late, int(data["observed"].sum())),
    )
    return state_frame(data, cohort, analysis, (*exclusions, *missing, *left_out), cautions)


def state_frame(
    data: pd.DataFrame,
    cohort: Cohort,
    analysis: SurvivalAnalysis | MultiverseAnalysis,
    exclusions: tuple[Exclusion, ...],
    cautions: tuple[str, ...],
) -> AnalysisFrame:
    """Frame of times to a derived state, under one definition or several."""
    endpoint = analysis.endpoint
    if not isinstance(endpoint, StateEndpoint):
        raise TypeError(f"not an endpoint of a derived state: {endpoint.kind}")
    return AnalysisFrame(
        data=data,
        treatment=cohort.treatment,
        endpoint=endpoint.state,
        label=state_label(endpoint, cohort),
        unit="days",
        higher_is_better=endpoint.state in (*WORSE, *EITHER),
        exclusions=exclusions,
        labels=printed_names(cohort, patient_columns(analysis)),
        cautions=cautions,
    )


def timed_patients(
    tables: Tables,
    cohort: Cohort,
    analysis: SurvivalAnalysis | MultiverseAnalysis,
    patients: pd.DataFrame,
    definition: Definition,
) -> tuple[pd.DataFrame, tuple[Exclusion, ...], int]:
    """Rows of those of `patients` who have a time under a definition, and who of them has none and why.

    The number is of those whose event is a dated one after their last score.
    """
    endpoint = analysis.endpoint
    if not isinstance(endpoint, StateEndpoint):
        raise TypeError(f"not an endpoint of a derived state: {endpoint.kind}")
    episodes = episodes_of(tables, cohort, endpoint.measure, patients, definition)
    times = event_times(episodes, endpoint.state, endpoint.start)
    exclusions: tuple[Exclusion, ...] = ()
    for why in sorted({reason for reason in times.left_out if reason is not None}):
        exclusions += count_exclusions(
            patients[times.left_out == why],
            told(why, endpoint),
            after_assignment=why not in BEFORE_ASSIGNMENT,
        )
    columns = ["patient_id", "arm", *cohort.treatment.components, *patient_columns(analysis)]
    found = patients[columns].reset_index(drop=True)
    data = pd.concat([found, _times_table(times)], axis=1)[[why is None for why in times.left_out]]
    data["arm"] = pd.Categorical(data["arm"].astype(str), categories=cohort.treatment.arms, ordered=True)
    return data.reset_index(drop=True), exclusions, int(_after_last_score(episodes, times).sum())


def _after_last_score(episodes: Episodes, times: EventTimes) -> NDArray[np.bool_]:
    dated = times.observed & (times.left_days == times.right_days)
    by_then = times.origin_day + times.time_days <= episodes.timeline.last_scored_day
    return np.asarray(dated & ~by_then, dtype=np.bool_)


def _late_caution(n: int, n_events: int) -> tuple[str, ...]:
    if n == 0:
        return ()
    return (
        f"{n} of {n_events} events are dated after the patient's last score, while patients without one are "
        "censored at theirs: this makes the risk after the last scores too high",
    )


def episodes_of(
    tables: Tables, cohort: Cohort, measure: str, patients: pd.DataFrame, definition: Definition
) -> Episodes:
    """Episodes of some patients under a definition.

    Raises
    ------
    ConfigError
        If the definition does not fit the measure's instrument.
    """
    name = cohort.measures[measure].instrument
    instrument = instruments_of(cohort)[name]
    faults = definition_faults(definition, name, instrument)
    if faults:
        raise ConfigError(Problem(f"definition '{definition.title}'", "", fault) for fault in faults)
    return derive_episodes(
        tables.visits, tables.events, patients["patient_id"], measure, definition, instrument
    )


def _times_table(times: EventTimes) -> pd.DataFrame:
    columns = ("time_days", "observed", "reason", "left_days", "right_days")
    return pd.DataFrame({column: getattr(times, column) for column in columns})


def state_label(endpoint: StateEndpoint, cohort: Cohort) -> str:
    """The state in words; what stands behind the comma is left out inside sentences."""
    start = "" if endpoint.start == "baseline" else f" from {endpoint.start}"
    measure = mid_sentence(cohort.measures[endpoint.measure].label)
    return f"{in_words(endpoint.state).capitalize()}{start}, by {measure}"


def told(why: str, endpoint: StateEndpoint) -> str:
    """Why a definition gives a patient no time, as printed."""
    state, start = in_words(endpoint.state), endpoint.start
    return {
        NEVER: f"never in {start}",
        ALREADY: f"{state} before {start}",
        UNSEEN: "no score after baseline" if start == "baseline" else f"no score after {start}",
        NO_BASELINE: "no score at baseline, which the definition needs",
    }[why]


def recovery_caution(n: int) -> tuple[str, ...]:
    """What it means that `n` patients are no longer at risk of a relapse because they recovered."""
    if not n:
        return ()
    return (
        f"{n} {'patient is' if n == 1 else 'patients are'} censored at recovery, after which a return is a "
        "recurrence and no relapse: risks and rates of relapse are those as if nobody recovered; state: "
        "relapse_or_recurrence counts both",
    )


def start_cautions(endpoint: StateEndpoint) -> tuple[str, ...]:
    """What it means to count from a state that treatment may have brought about, or not to."""
    start, starts_in = endpoint.start, endpoint.resolved.starts_in
    if start == "baseline" and starts_in == "ill" and endpoint.state in RETURNS:
        return (
            f"time counts from baseline, when nobody was in {endpoint.resolved.relapse_after} yet: whoever "
            f"never gets there cannot have a {in_words(endpoint.state)} and counts as free of it, so that a "
            "treatment which helps nobody looks protective",
        )
    if start == "baseline" or endpoint.resolved.starts_in == start:
        return ()
    return (
        f"the answers hold for patients who reached {start}, and time counts from the day on which it was "
        f"confirmed; treatment may have decided who got there and when, so arms that were alike at the start "
        "need not be alike here (Anderson, Cain and Gelber 1983, J Clin Oncol 1:710)",
    )


def in_words(state: str) -> str:
    """Name of a state as printed."""
    return state.replace("_", " ")
