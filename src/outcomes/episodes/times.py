"""Time to a state, from the start of another: who is at risk, until when, and between which visits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from outcomes.config.definition import WORSE
from outcomes.episodes.course import BEFORE, day_of
from outcomes.episodes.derive import Episodes
from outcomes.episodes.timeline import EVENT, SCORED, Floats

NEVER, ALREADY, UNSEEN, NO_BASELINE = "never", "already", "unseen", "no_baseline"
"""Why a patient has no time."""
END, RECOVERY = "end of observation", "recovery"
"""Why a time was censored."""


@dataclass(frozen=True)
class EventTimes:
    """One entry per patient of the episodes; days are counted from `origin_day`.

    Attributes
    ----------
    origin_day : ndarray
        Day on which the start state was confirmed; 0 for baseline.
    time_days : ndarray
        To the event or censoring, > 0; nan for the left out.
    observed : ndarray of bool
        Whether the event came.
    reason : ndarray of object
        Why a time was censored; None where the event came.
    left_days, right_days : ndarray
        The event came after `left_days` and by `right_days`; inf where it was not seen, equal for a dated
        event. Of a run, `left_days` is the last score before it, and so many days more as it must last.
    left_out : ndarray of object
        NEVER in the start state, ALREADY in the state when that began, UNSEEN after it, NO_BASELINE for a
        rule that needs one; None for those who have a time.
    """

    origin_day: Floats
    time_days: Floats
    observed: NDArray[np.bool_]
    reason: NDArray[np.object_]
    left_days: Floats
    right_days: Floats
    left_out: NDArray[np.object_]


def event_times(episodes: Episodes, state: str, start: str = "baseline") -> EventTimes:
    """Time from `start` to the first `state` after it, for every patient.

    The start counts from the day on which it was confirmed: until then nobody knew it, and whoever had
    relapsed would not be in it. The event is dated as its rule says. Without it, a patient is censored at the
    last score, and from relapse at recovery, after which there is recurrence and no relapse.

    Parameters
    ----------
    state : str
        A state of the definition, or ``relapse_or_recurrence``.
    start : {'baseline', 'response', 'remission', 'recovery'}
    """
    line, definition = episodes.timeline, episodes.definition
    n = line.day.shape[1]
    left_out = np.full(n, None, dtype=object)
    origin = np.zeros(n)
    if start != "baseline":
        origin = _first_day(episodes, (start,), np.full(n, -np.inf), dated=False).day
        left_out[np.isinf(origin)] = NEVER
        left_out[np.isinf(origin) & _unjudged(episodes, (start,))] = NO_BASELINE
    wanted = ("relapse", "recurrence") if state == "relapse_or_recurrence" else (state,)
    after = np.where(np.isinf(origin), np.inf, origin)
    found = _first_day(episodes, wanted, after, dated=True)
    day = found.day
    until, reason = line.last_scored_day.copy(), np.full(n, END, dtype=object)
    if state == "relapse" and definition.recovery:
        recovered = _first_day(episodes, ("recovery",), after, dated=False).day
        sooner = recovered < day
        day = np.where(sooner, np.inf, day)
        until = np.where(sooner, recovered, until)
        reason[sooner] = RECOVERY
    observed = np.isfinite(day)
    if state not in WORSE and state != "relapse_or_recurrence" and start != "baseline":
        before = _first_day(episodes, wanted, np.full(n, -np.inf), dated=True).day
        left_out[(before <= origin) & (left_out == None)] = ALREADY  # noqa: E711 - elementwise
    left_out[_unjudged(episodes, wanted) & (left_out == None)] = NO_BASELINE  # noqa: E711 - elementwise
    time = np.where(observed, day, until) - origin
    unseen = ~(time > 0) & (left_out == None)  # noqa: E711 - elementwise
    left_out[unseen] = UNSEEN
    kept = left_out == None  # noqa: E711 - elementwise
    observed &= kept
    reason[observed] = None
    time = np.where(kept, time, np.nan)
    left, right = _bracket(episodes, found, origin, observed, time)
    return EventTimes(origin, time, observed, reason, left, right, left_out)


def _unjudged(episodes: Episodes, states: tuple[str, ...]) -> NDArray[np.bool_]:
    """Patients without the baseline score that a rule on the way to some states needs."""
    definition, on_the_way = episodes.definition, set(states)
    if definition.starts_in == "ill" and on_the_way & {"recovery", "relapse", "recurrence"}:
        on_the_way.add(definition.relapse_after)
    rules = [definition.rules[name] for name in on_the_way if name in definition.rules]
    needed = any(rule.needs_baseline and not rule.events for rule in rules)
    return np.isnan(episodes.timeline.baseline) & needed


@dataclass(frozen=True)
class _First:
    """Each patient's first spell of some states after a day.

    Its day (inf where there is none), the entry of that day, the entry at which its run began, and for how
    many days that run had to last.
    """

    day: Floats
    entry: NDArray[np.int64]
    begun: NDArray[np.int64]
    lasting: Floats


def _first_day(episodes: Episodes, states: tuple[str, ...], after: Floats, *, dated: bool) -> _First:
    """Find each patient's first spell of some states after a day.

    `dated` takes the day that the state's rule says; otherwise the day of confirmation.
    """
    line, spells, definition = episodes.timeline, episodes.spells, episodes.definition
    n = line.day.shape[1]
    best, lasting = np.full(n, np.inf), np.zeros(n)
    at, begun = np.full(n, BEFORE, dtype=np.int64), np.full(n, BEFORE, dtype=np.int64)
    for state in states:
        rule = definition.rules.get(state)
        at_start = state == "dropout" or (dated and rule is not None and rule.dated == "start")
        where = np.flatnonzero(spells.state == state)
        patient = spells.patient[where]
        entry, first = (spells.first if at_start else spells.confirmed)[where], spells.first[where]
        day = day_of(line, patient, entry)
        later = day > after[patient]
        patient, entry, first, day = patient[later], entry[later], first[later], day[later]
        order = np.argsort(-day, kind="stable")  # written last, the earliest stays
        patient, entry, first, day = patient[order], entry[order], first[order], day[order]
        found, place, run = (each.copy() for each in (np.full(n, np.inf), at, begun))
        found[patient], place[patient], run[patient] = day, entry, first
        sooner = found < best
        best, at = np.where(sooner, found, best), np.where(sooner, place, at)
        begun = np.where(sooner, run, begun)
        lasting[sooner] = 0.0 if at_start or rule is None else rule.days_in_row
    return _First(best, at, begun, lasting)


def _bracket(
    episodes: Episodes, found: _First, origin: Floats, observed: NDArray[np.bool_], time: Floats
) -> tuple[Floats, Floats]:
    """Between which days the event came, counted from the origin.

    The visits of a run do not say when it began: that was after the last score before them. A run that must
    last some days was complete so many days later.
    """
    line = episodes.timeline
    begun = np.where(observed, day_of(line, np.arange(time.size), found.begun), 0.0)
    last = np.zeros(time.size)
    for j in range(line.day.shape[0]):
        earlier = (line.kind[j] == SCORED) & (line.day[j] < begun)
        last = np.where(earlier, line.day[j], last)
    exact = observed.copy()
    exact[observed] = line.kind[found.entry[observed], np.flatnonzero(observed)] == EVENT
    seen_between = observed & ~exact
    left = np.where(seen_between, np.fmax(last + found.lasting - origin, 0.0), time)
    right = np.where(observed, time, np.inf)
    unknown = np.isnan(time)
    return np.where(unknown, np.nan, left), np.where(unknown, np.nan, right)
