"""Time from a state to the first of a derived event and of what competes with it, and which of them it was.

Whoever withdraws, or dies, before a relapse is seen can have no relapse that anyone sees: no censoring, but a
competing event (Kalbfleisch & Prentice 2002, The Statistical Analysis of Failure Time Data, section 8.2).
Scores tell of the state up to the next planned visit that was missed; what is recorded later could have had
the state before it, unseen, and does not count (Joly et al. 2002, Biostatistics 3:433).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from outcomes.config import Cohort
from outcomes.config.competing import CompetingRisksAnalysis, DerivedCompetingEventsEndpoint
from outcomes.config.definition import WORSE
from outcomes.endpoints.competing_events import one_cause
from outcomes.endpoints.derived_event import (
    BEFORE_ASSIGNMENT,
    episodes_of,
    recovery_caution,
    start_cautions,
    state_label,
    told,
)
from outcomes.endpoints.time_to_event import follow_up_of, patient_columns
from outcomes.episodes import Episodes, EventTimes, event_times
from outcomes.episodes.times import ALREADY, NEVER, NO_BASELINE, RECOVERY, UNSEEN
from outcomes.errors import DataError, Problem
from outcomes.frames import AnalysisFrame, Exclusion, Tables
from outcomes.populations import count_exclusions, drop_missing, no_follow_up, printed_names, select

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Course:
    """One cause, patient by patient; days count from the day on which the start state was confirmed.

    Attributes
    ----------
    day : ndarray
        When it came; inf where it was not seen.
    until : ndarray
        Last day on which it was known not to have come, where it was not seen: there a patient without any
        cause is censored; inf where it was seen.
    visible : ndarray
        Last day on which another cause would still be known to be the first; `until` or later.
    reason : ndarray of object
        Why nothing is known after `until`.
    """

    day: Floats
    until: Floats
    visible: Floats
    reason: NDArray[np.object_]


def derive_derived_competing_events(
    tables: Tables, cohort: Cohort, analysis: CompetingRisksAnalysis
) -> AnalysisFrame:
    """One row per patient: `time_days` (> 0), `observed`, `cause`, `reason`, `event_after_censoring`.

    Left out and counted are patients never in the start state, in the state already, without follow-up for a
    competing event, with it by the day of the start, or of whom nothing is known after that day.

    Raises
    ------
    ConfigError
        If the definition does not fit the measure's instrument.
    DataError
        If a competing event is not counted from baseline, or causes of a patient fall on one day and the
        plan does not say which counts.
    """
    endpoint = analysis.endpoint
    if not isinstance(endpoint, DerivedCompetingEventsEndpoint):
        raise TypeError(f"not an endpoint of a derived state with competing events: {endpoint.kind}")
    kept, exclusions = select(tables, cohort, analysis)
    needed = patient_columns(analysis)
    patients = tables.patients[tables.patients["patient_id"].isin(kept)].sort_values("patient_id")
    complete, missing = drop_missing(patients, cohort, needed)
    episodes = episodes_of(tables, cohort, endpoint.measure, complete, endpoint.resolved)
    times = event_times(episodes, endpoint.state, endpoint.start)
    origin = np.where(np.isfinite(times.origin_day), times.origin_day, np.nan)
    recorded = endpoint.recorded(cohort.events)
    events = {name: _course_of_event(tables, name, complete["patient_id"], origin) for name in recorded}
    courses = [_course_of_state(episodes, times, origin)]
    courses += [
        events[name] if name in events else _course_of_dropout(episodes, endpoint.start)
        for name in endpoint.competing
    ]
    first, now = _first_of(courses, recovered=times.reason == RECOVERY)
    left, left_out = _left_out(complete, times, events, first["time_days"].to_numpy(), cohort, endpoint)
    columns = ["patient_id", "arm", *cohort.treatment.components, *needed]
    data = pd.concat([complete[columns].reset_index(drop=True), first], axis=1)[~left]
    data["arm"] = pd.Categorical(data["arm"].astype(str), categories=cohort.treatment.arms, ordered=True)
    data["cause"] = one_cause(now[:, ~left], endpoint)
    last_visit = episodes.timeline.first_missed_day(origin + first["time_days"].to_numpy()) == np.inf
    by_last_visit = (data["cause"] == "dropout") & last_visit[~left] & ("dropout" not in recorded)
    label = state_label(endpoint, cohort)
    causes = {"dropout": "Dropout"} | {name: cohort.events[name].label for name in recorded}
    return AnalysisFrame(
        data=data.drop(columns="at_recovery").reset_index(drop=True),
        treatment=cohort.treatment,
        endpoint=endpoint.state,
        label=label,
        unit="days",
        higher_is_better=endpoint.state in (*WORSE, "relapse_or_recurrence"),
        exclusions=(*exclusions, *missing, *left_out),
        labels=printed_names(cohort, needed) | causes | {endpoint.state: label},
        cautions=(
            *start_cautions(endpoint),
            *recovery_caution(int(data["at_recovery"].sum())),
            *_dropout_caution(int(by_last_visit.sum()), int((data["cause"] == "dropout").sum())),
        ),
    )


def _course_of_state(episodes: Episodes, times: EventTimes, origin: Floats) -> Course:
    """The state, known at visits: what comes by the next planned visit that was missed comes before it."""
    scored = np.fmax(episodes.timeline.last_scored_day, origin)
    missed = episodes.timeline.first_missed_day(scored)
    recovered = times.reason == RECOVERY
    until = np.where(recovered, times.time_days, scored - origin)
    visible = np.where(recovered | np.isinf(missed), until, missed - origin)
    day = np.where(times.observed, times.time_days, np.inf)
    until, visible = (np.where(times.observed, np.inf, each) for each in (until, visible))
    return Course(day, until, visible, times.reason)


def _course_of_event(tables: Tables, name: str, patients: pd.Series, origin: Floats) -> Course:
    """An event of the cohort file; all nan for patients without follow-up for it."""
    table = follow_up_of(tables, name)
    apart = int((table["start_day"] != 0).sum())
    if apart:
        what = (
            f"patients for whom it is not counted from baseline: {apart}; scores are, and only times from "
            "one day can tell which came first"
        )
        raise DataError(Problem("events", name, what))
    mine = table.reindex(pd.Index(patients))
    day = mine["time_days"].to_numpy(dtype=float) - origin
    seen = mine["observed"].eq(other=True).to_numpy(dtype=bool)
    until = np.where(seen, np.inf, day)
    when = np.where(seen | np.isnan(day), day, np.inf)
    return Course(when, until, until, mine["reason"].to_numpy(dtype=object))


def _course_of_dropout(episodes: Episodes, start: str) -> Course:
    """Dropout as the definition has it; it needs no follow-up but the scores', which are the state's."""
    times = event_times(episodes, "dropout", start)
    always = np.full(times.time_days.size, np.inf)
    return Course(np.where(times.observed, times.time_days, np.inf), always, always, times.reason)


def _first_of(courses: list[Course], recovered: Bools) -> tuple[pd.DataFrame, Bools]:
    """How follow-up of each patient ended; and which causes fell on that day, shape (causes, patients)."""
    days, untils = (np.vstack([getattr(each, key) for each in courses]) for key in ("day", "until"))
    day, until = days.min(axis=0), untils.min(axis=0)
    visible = np.min([course.visible for course in courses], axis=0)
    observed = np.isfinite(day) & (day <= visible)
    ended = untils.argmin(axis=0)
    reason = np.vstack([course.reason for course in courses])[ended, np.arange(day.size)]
    at_recovery = recovered & (ended == 0) & ~observed
    found = pd.DataFrame(
        {
            "time_days": np.where(observed, day, until),
            "observed": observed,
            "reason": np.where(observed, None, reason),
            "event_after_censoring": np.isfinite(day) & ~observed & ~at_recovery,
            "at_recovery": at_recovery,
        }
    )
    return found, (days == day) & observed


def _left_out(
    patients: pd.DataFrame,
    times: EventTimes,
    events: Mapping[str, Course],
    time: Floats,
    cohort: Cohort,
    endpoint: DerivedCompetingEventsEndpoint,
) -> tuple[Bools, tuple[Exclusion, ...]]:
    """Who is left out, each counted under the first reason that applies."""
    reasons = [(times.left_out == why, told(why, endpoint)) for why in (NEVER, ALREADY, NO_BASELINE)]
    for name, course in events.items():
        label = cohort.events[name].label
        reasons += [
            (np.isnan(course.day), no_follow_up(cohort, name)),
            (course.day <= 0, f"{label}: by the day of {endpoint.start}"),
            (course.until <= 0, f"{label}: not followed beyond the day of {endpoint.start}"),
        ]
    reasons.append((~(time > 0), told(UNSEEN, endpoint)))
    before = [told(why, endpoint) for why in BEFORE_ASSIGNMENT]
    left = np.zeros(len(patients), dtype=bool)
    found: tuple[Exclusion, ...] = ()
    for where, reason in reasons:
        mine = where & ~left
        left |= mine
        found += count_exclusions(patients[mine], reason, after_assignment=reason not in before)
    return left, found


def _dropout_caution(n: int, everyone: int) -> tuple[str, ...]:
    if not n:
        return ()
    return (
        f"{n} of {everyone} dropouts are told by the last planned visit alone: where a study closed before "
        "that visit it looks the same; a rule of dropout with visits_in_row: 2 asks for one visit more",
    )
