"""Risk sets as an order of rows: all that does not change from one iteration to the next.

Rows stand by stratum and falling time, the events last among those of one event time. The risk set of an
event is then every row of its stratum up to it, less those that enter at its time or later.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from outcomes.models.counting import Floats, Integers

Index = NDArray[np.intp]


@dataclass(frozen=True)
class Block:
    """Some sorted rows, the event times that end in them, and where in them a stratum starts."""

    rows: slice
    times: slice
    several: slice
    leaves: slice
    starts: Index


@dataclass(frozen=True)
class RiskSets:
    """Sorted rows that are at risk at some event of their stratum: m rows, J event times, S strata.

    Attributes
    ----------
    order : ndarray of int, shape (m,)
        Input row of each sorted row.
    x : ndarray, shape (m, p)
        Covariates, centred in each stratum and divided by `scale`.
    centre : ndarray, shape (S, p)
        What was subtracted.
    scale : ndarray, shape (p,)
        Standard deviation within strata; 0 where a column does not vary.
    weight, offset : ndarray, shape (m,), or None
        None stands for 1 and for 0.
    ends : ndarray of int, shape (J,)
        End of each event time's rows; the last of them are its events.
    row_starts, row_counts, group_starts : ndarray of int, shape (S,)
        First row, number of rows and first event time of each stratum.
    stratum : ndarray of int, shape (S,)
        The caller's code.
    last_time : ndarray, shape (S,)
        Last time of each stratum at which a row is at risk.
    time : ndarray, shape (J,)
        Event times, falling within a stratum.
    dead, dead_group : ndarray of int, shape (D,)
        The events' rows, ascending, and their event times.
    dead_starts : ndarray of int, shape (J,)
        Where in `dead` each event time starts.
    step_group : ndarray of int, shape (K,)
        Event time of each term of the likelihood: one per time (Breslow) or one per event (Efron).
    step_weight, share : ndarray, shape (K,)
        Weight of the term; share of the tied events that has left its risk set.
    several : ndarray of int, shape (V,)
        Event times with shares: Efron's, with more than one event.
    several_dead, several_starts : ndarray of int, shape (.,) and (V + 1,)
        Their events, as places in `dead` and so in the terms; where each time starts, and the end.
    late, late_group : ndarray of int, shape (L,)
        Rows that enter after the first event, and the last event time before their entry (ascending).
    leave_at, leave_starts : ndarray of int
        The distinct `late_group`; where each starts, and the end.
    blocks : tuple of Block
    """

    order: Index
    x: Floats
    centre: Floats
    scale: Floats
    weight: Floats | None
    offset: Floats | None
    ends: Index
    row_starts: Index
    row_counts: Index
    group_starts: Index
    stratum: Integers
    last_time: Floats
    time: Floats
    dead: Index
    dead_group: Index
    dead_starts: Index
    step_group: Index
    step_weight: Floats
    share: Floats
    several: Index
    several_dead: Index
    several_starts: Index
    late: Index
    late_group: Index
    leave_at: Index
    leave_starts: Index
    blocks: tuple[Block, ...]

    def per_time(self, terms: Floats) -> Floats:
        """Sum over the terms of each event time."""
        single = self.step_group.size == self.ends.size
        return terms if single else np.asarray(np.add.reduceat(terms, self.dead_starts))

    def per_several(self, terms: Floats) -> Floats:
        """Sum over the terms, or the events, of each time in `several`, along axis 0."""
        if not self.several.size:
            return terms[:0]
        return np.asarray(np.add.reduceat(terms[self.several_dead], self.several_starts[:-1], axis=0))

    def to_several(self, values: Floats) -> Floats:
        """Give each event of the times in `several` the value of its time."""
        return np.asarray(np.repeat(values, np.diff(self.several_starts), axis=0))

    def from_first_event(self, increments: Floats) -> Floats:
        """Sum over the event times of the stratum up to each one, along axis 0."""
        out = increments[::-1].copy()
        running_sums(out, (self.ends.size - np.append(self.group_starts[1:], self.ends.size))[::-1], 0.0)
        return out[::-1]

    def at_rows(self, per_time: Floats) -> Floats:
        """Value of the last event time within each row's time at risk."""
        return np.asarray(np.repeat(per_time, np.diff(self.ends, prepend=0), axis=0))

    def of_stratum(self, per_stratum: Floats) -> Floats:
        """Value of each row's stratum."""
        return np.asarray(np.repeat(per_stratum, self.row_counts, axis=0))


LARGE = 32
"""Rows of a stratum that are worth a call of their own; smaller strata are summed side by side."""


def running_sums(values: Floats, starts: Index, carry: Floats | float) -> None:
    """Turn `values` into cumulative sums along axis 0, in place, anew at each of `starts`.

    `carry` is what came before, for the rows before the first start.
    """
    first = int(starts[0]) if starts.size else len(values)
    if first > 0:
        values[0] += carry
        np.cumsum(values[:first], axis=0, out=values[:first])
    sizes = np.diff(starts, append=len(values))
    large = sizes > LARGE
    for begin, size in zip(starts[large].tolist(), sizes[large].tolist(), strict=True):
        np.cumsum(values[begin : begin + size], axis=0, out=values[begin : begin + size])
    small, rest = starts[~large], sizes[~large]
    for k in range(1, int(rest.max(initial=1))):
        small, rest = small[rest > k], rest[rest > k]
        values[small + k] += values[small + k - 1]
