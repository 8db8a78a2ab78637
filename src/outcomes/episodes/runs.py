"""Runs of entries at which a rule holds, followed entry by entry for all patients at once."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from outcomes.config.instrument import Instrument
from outcomes.config.rule import Rule
from outcomes.episodes.rules import SLACK, holds
from outcomes.episodes.timeline import EVENT, MISSED, SCORED, Bools, Floats, Timeline


@dataclass(frozen=True)
class Signs:
    """What each entry means for one rule; all of shape (m, n).

    `counts` adds to a run, `breaks` ends one, `at_once` is a dated event that needs no run.
    """

    counts: Bools
    breaks: Bools
    at_once: Bools


def read_signs(rule: Rule, timeline: Timeline, instrument: Instrument) -> Signs:
    """Judge every entry of a timeline by a rule whose instrument is settled."""
    scored, missed = timeline.kind == SCORED, timeline.kind == MISSED
    met = holds(rule, timeline, instrument)
    as_event = missed & (rule.missing == "event")
    as_break = missed & (rule.missing == "break")
    codes = [timeline.labels.index(name, timeline.n_visits) for name in rule.events]
    at_once = (timeline.kind == EVENT) & np.isin(timeline.label, codes)
    return Signs(met | as_event, (scored & ~met) | as_break, at_once)


@dataclass
class Runs:
    """The run in progress of each patient for one rule.

    Attributes
    ----------
    count : ndarray of int32, shape (n,)
        Entries in the run; 0 where none is in progress.
    first : ndarray of int16, shape (n,)
        Entry at which it began.
    """

    rule: Rule
    signs: Signs
    day: Floats
    count: NDArray[np.int32] = field(init=False)
    first: NDArray[np.int16] = field(init=False)
    first_day: Floats = field(init=False)
    last_day: Floats = field(init=False)

    def __post_init__(self) -> None:
        n = self.day.shape[1]
        self.count, self.first = np.zeros(n, dtype=np.int32), np.zeros(n, dtype=np.int16)
        self.first_day, self.last_day = np.zeros(n), np.zeros(n)

    def step(self, j: int, allowed: Bools) -> Bools:
        """Take entry j of the patients to whom it is allowed to count; return where the rule is fulfilled."""
        day, rule = self.day[j], self.rule
        counts = self.signs.counts[j] & allowed
        fresh = counts & (self.count == 0)
        if rule.most_days_between is not None:
            with np.errstate(invalid="ignore"):  # inf - inf where there is nothing
                fresh |= counts & (day - self.last_day > rule.most_days_between + SLACK)
        at_once = self.signs.at_once[j] & allowed
        np.copyto(self.first, np.int16(j), where=fresh | at_once)
        np.copyto(self.first_day, day, where=fresh)
        np.copyto(self.last_day, day, where=counts)
        self.count += counts
        np.copyto(self.count, 1, where=fresh)
        np.copyto(self.count, 0, where=self.signs.breaks[j])
        done = counts & (self.count >= rule.visits_in_row)
        if rule.days_in_row > 0:
            done &= day - self.first_day >= rule.days_in_row - SLACK
        fulfilled: Bools = done | at_once
        return fulfilled

    def stop(self, where: Bools) -> None:
        """End the runs of some patients."""
        np.copyto(self.count, 0, where=where)
