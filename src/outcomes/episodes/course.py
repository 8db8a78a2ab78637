"""The course of an illness: ill -> remission -> recovery, and back by relapse or recurrence.

The terms are those of Frank et al. 1991, Arch Gen Psychiatry 48:851. All patients take entry j together, so
that the work is one pass over the entries of a timeline.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from outcomes.config.definition import Definition
from outcomes.config.instrument import Instrument
from outcomes.config.rule import Dropout, Rule
from outcomes.episodes.rules import settled
from outcomes.episodes.runs import Runs, read_signs
from outcomes.episodes.timeline import MISSED, NOTHING, SCORED, Bools, Floats, Timeline

ILL, WELL, RECOVERED = 0, 1, 2
OBSERVATION, NOT_MET, NOT_SEEN = "observation", "rule no longer met", "visit without score"
BEFORE = -1
"""Entry at which a state began that a patient had on day 0."""


@dataclass(frozen=True)
class Spells:
    """Spells of one or several states; arrays of one length.

    Attributes
    ----------
    patient : ndarray of int
        Place in the timeline.
    first, confirmed : ndarray of int
        Entries at which the run began and was complete; `BEFORE` for what was so on day 0.
    end_day : ndarray
        When it ended, or was last known to last.
    ended : ndarray of object
        The state that ended it, or why nothing more is known.
    """

    state: NDArray[np.object_]
    patient: NDArray[np.int64]
    first: NDArray[np.int64]
    confirmed: NDArray[np.int64]
    end_day: Floats
    ended: NDArray[np.object_]


Found = tuple[str, NDArray[np.int64], NDArray[np.int64], int]
"""State, patients, entries at which their runs began, and the entry at which these were complete."""


@dataclass
class _Now:
    """Where n patients stand: state, the day on or before which no run begins, and the runs in progress."""

    state: NDArray[np.int8]
    floor: Floats
    runs: dict[str, Runs]

    def enter(self, state: int, done: Bools, day: Floats) -> None:
        """Put those who are done into a state, which is known from this day on."""
        self.state[done], self.floor[done] = state, day[done]

    def stop(self, where: Bools) -> None:
        """Begin every run of some patients anew."""
        for run in self.runs.values():
            run.stop(where)


def follow_course(timeline: Timeline, definition: Definition, instrument: Instrument) -> Spells:
    """Run the states that end one another: remission (or response), recovery, relapse and recurrence.

    An entry is judged in this order: relapse and recurrence from the state that held before it, then
    remission, then recovery. Runs of relapse and recurrence begin after the day on which the state that they
    end was confirmed, runs of remission after the relapse was; recovery counts from where remission began.
    """
    n = timeline.day.shape[1]
    entry = definition.relapse_after
    rules = {
        state: settled(rule, instrument) for state, rule in definition.rules.items()
        if state in (entry, "recovery", "relapse", "recurrence")
    }  # fmt: skip
    runs = {
        state: Runs(rule, read_signs(rule, timeline, instrument), timeline.day)
        for state, rule in rules.items()
    }
    start = {"ill": ILL, "remission": WELL, "recovery": RECOVERED}[definition.starts_in]
    now = _Now(np.full(n, start, dtype=np.int8), np.zeros(n), runs)
    found: list[Found] = []
    if start != ILL:
        found.append((entry if start == WELL else "recovery", np.arange(n), np.full(n, BEFORE), BEFORE))
    for j in range(timeline.day.shape[0]):
        there = timeline.kind[j] != NOTHING
        was_ill = (now.state == ILL) & there & (timeline.day[j] > now.floor)
        found += _fall(j, timeline.day[j], now, there)
        found += _rise(j, timeline.day[j], now, entry, was_ill)
        found += _last(j, timeline.day[j], now, entry, was_ill, there)
    return _linked(found, timeline)


def _fall(j: int, day: Floats, now: _Now, there: Bools) -> list[Found]:
    """Relapse of those in remission and recurrence of the recovered; every run begins anew."""
    at_risk = {"relapse": WELL, "recurrence": RECOVERED}
    exposed = {name: (now.state == state) & there & (day > now.floor) for name, state in at_risk.items()}
    found: list[Found] = []
    for name in (name for name in at_risk if name in now.runs):
        done = now.runs[name].step(j, exposed[name])
        found.append(_found(name, now.runs[name], done, j))
        now.stop(done)
        now.enter(ILL, done, day)
    return found


def _rise(j: int, day: Floats, now: _Now, entry: str, was_ill: Bools) -> list[Found]:
    """Remission of those who were ill; a dated relapse before it is confirmed breaks its run."""
    if "relapse" in now.runs:
        interrupted = was_ill & now.runs["relapse"].signs.at_once[j]
        now.stop(interrupted)
        now.floor[interrupted] = day[interrupted]
        was_ill &= ~interrupted
    if entry not in now.runs:
        return []
    done = now.runs[entry].step(j, was_ill)
    now.enter(WELL, done, day)
    return [_found(entry, now.runs[entry], done, j)]


def _last(j: int, day: Floats, now: _Now, entry: str, was_ill: Bools, there: Bools) -> list[Found]:
    """Recovery, which is lasting remission: its run begins where that of remission does, or later."""
    if "recovery" not in now.runs:
        return []
    recovery = now.runs["recovery"]
    well = (now.state == WELL) & there
    begun = np.zeros_like(well)
    if entry in now.runs:
        remission = now.runs[entry]
        recovery.stop(was_ill & ((remission.count == 0) | (remission.first == j)))
        begun = was_ill & (remission.count > 0)
    known = well & ((day > now.floor) | was_ill)
    done = recovery.step(j, well | begun) & known
    now.enter(RECOVERED, done, day)
    return [_found("recovery", recovery, done, j)]


def _found(state: str, runs: Runs, done: Bools, j: int) -> Found:
    where = np.flatnonzero(done)
    return state, where, runs.first[where].astype(np.int64), j


def _linked(found: list[Found], timeline: Timeline) -> Spells:
    """Let each spell end where the patient's next begins; the last one ends with observation."""
    sizes = [each[1].size for each in found]
    state = np.repeat(np.array([each[0] for each in found], dtype=object), sizes)
    patient = np.concatenate([each[1] for each in found]) if found else np.empty(0, dtype=np.int64)
    first = np.concatenate([each[2] for each in found]) if found else np.empty(0, dtype=np.int64)
    confirmed = np.repeat(np.array([each[3] for each in found], dtype=np.int64), sizes)
    order = np.argsort(patient, kind="stable")  # found in the order of entries, which it keeps
    state, patient, first, confirmed = (each[order] for each in (state, patient, first, confirmed))
    begun = day_of(timeline, patient, first)
    known = day_of(timeline, patient, confirmed)
    last = np.ones(patient.size, dtype=bool)
    last[:-1] = patient[1:] != patient[:-1]
    following = np.where(np.roll(state, -1) == "recovery", np.roll(known, -1), np.roll(begun, -1))
    observed = np.fmax(timeline.last_scored_day[patient], known)
    end_day = np.where(last, observed, following)
    ended = np.where(last, OBSERVATION, np.roll(state, -1))
    return Spells(state, patient, first, confirmed, end_day, ended)


def day_of(timeline: Timeline, patient: NDArray[np.int64], entry: NDArray[np.int64]) -> Floats:
    """Day of each patient's entry; 0 for what was so before."""
    if timeline.day.shape[0] == 0:
        return np.zeros(patient.size)
    return np.where(entry == BEFORE, 0.0, timeline.day[np.maximum(entry, 0), patient])


def follow_state(timeline: Timeline, state: str, rule: Rule, instrument: Instrument) -> Spells:
    """Every spell of a state that ends no other, from its run to the first entry that breaks it."""
    rule = settled(rule, instrument)
    signs = read_signs(rule, timeline, instrument)
    runs = Runs(rule, signs, timeline.day)
    n = timeline.day.shape[1]
    inside, since = np.zeros(n, dtype=bool), np.full(n, -1, dtype=np.int64)
    parts: list[tuple[NDArray[np.int64], NDArray[np.int64], int]] = []
    ends: list[tuple[NDArray[np.int64], NDArray[np.int64], Floats, NDArray[np.object_]]] = []
    for j in range(timeline.day.shape[0]):
        ending = inside & signs.breaks[j]
        where = np.flatnonzero(ending)
        why = np.where(timeline.kind[j, where] == MISSED, NOT_SEEN, NOT_MET).astype(object)
        ends.append((where, since[where], timeline.day[j, where], why))
        inside &= ~ending
        done = runs.step(j, timeline.kind[j] != NOTHING) & ~inside
        where = np.flatnonzero(done)
        parts.append((where, runs.first[where].astype(np.int64), j))
        since[where] = j
        inside |= done
    patient = np.concatenate([each[0] for each in parts]) if parts else np.empty(0, dtype=np.int64)
    first = np.concatenate([each[1] for each in parts]) if parts else np.empty(0, dtype=np.int64)
    confirmed = np.repeat(np.array([each[2] for each in parts], dtype=np.int64), [p[0].size for p in parts])
    order = np.lexsort((confirmed, patient))
    patient, first, confirmed = patient[order], first[order], confirmed[order]
    end_day = np.fmax(timeline.last_scored_day[patient], day_of(timeline, patient, confirmed))
    ended = np.full(patient.size, OBSERVATION, dtype=object)
    key = patient * (len(parts) + 1) + confirmed
    for who, entry, day, why in ends:
        place = np.searchsorted(key, who * (len(parts) + 1) + entry)
        end_day[place], ended[place] = day, why
    return Spells(np.full(patient.size, state, dtype=object), patient, first, confirmed, end_day, ended)


def follow_dropout(timeline: Timeline, rule: Dropout) -> Spells:
    """Dropout: planned visits without score, and no score later; one spell a patient at most."""
    n = timeline.day.shape[1]
    missed, first, confirmed = (np.zeros(n, dtype=np.int64) for _ in range(3))
    for j in range(timeline.day.shape[0]):
        np.copyto(missed, 0, where=timeline.kind[j] == SCORED)
        absent = timeline.kind[j] == MISSED
        missed += absent
        np.copyto(first, j, where=absent & (missed == 1))
        np.copyto(confirmed, j, where=absent & (missed == rule.visits_in_row))
    patient = np.flatnonzero(missed >= rule.visits_in_row)
    end_day = day_of(timeline, patient, confirmed[patient])
    return Spells(
        np.full(patient.size, "dropout", dtype=object), patient, first[patient], confirmed[patient], end_day,
        np.full(patient.size, OBSERVATION, dtype=object),
    )  # fmt: skip
