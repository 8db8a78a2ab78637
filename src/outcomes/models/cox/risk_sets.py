"""Risk sets as an order of rows: all that does not change from one iteration to the next.

Rows stand by stratum and falling time, the events last among those of one event time. The risk set of an
event is then every row of its stratum up to it, less those that enter at its time or later.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from outcomes.models.counting import Floats, Integers

BLOCK = 1 << 15
"""Numbers in a block of covariates: small enough for the processor's cache."""

Index = NDArray[np.intp]


@dataclass(frozen=True)
class Block:
    """Some sorted rows, the event times that end in them, and where in them a stratum starts."""

    rows: slice
    times: slice
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
    ends, counts, tied : ndarray of int, shape (J,)
        End of each event time's rows; how many these are; how many of the last of them are its events.
    row_starts, row_counts, group_starts : ndarray of int, shape (S,)
        First row, number of rows and first event time of each stratum.
    stratum : ndarray of int, shape (S,)
        The caller's code.
    time : ndarray, shape (J,)
        Event times, falling within a stratum.
    dead, dead_group : ndarray of int, shape (D,)
        The events' rows, ascending, and their event times.
    step_group : ndarray of int, shape (K,)
        Event time of each term of the likelihood: one per time (Breslow) or one per event (Efron).
    step_weight, share : ndarray, shape (K,)
        Weight of the term; share of the tied events that has left its risk set.
    step_starts : ndarray of int, shape (J,)
        First term of each event time.
    late, late_group : ndarray of int, shape (L,)
        Rows that enter after the first event, and the last event time before their entry (ascending).
    leave_at, leave_starts : ndarray of int
        The distinct `late_group`, and where each starts.
    blocks : tuple of Block
    """

    order: Index
    x: Floats
    centre: Floats
    scale: Floats
    weight: Floats | None
    offset: Floats | None
    ends: Index
    counts: Index
    tied: Index
    row_starts: Index
    row_counts: Index
    group_starts: Index
    stratum: Integers
    time: Floats
    dead: Index
    dead_group: Index
    step_group: Index
    step_weight: Floats
    share: Floats
    step_starts: Index
    late: Index
    late_group: Index
    leave_at: Index
    leave_starts: Index
    blocks: tuple[Block, ...]

    @property
    def single(self) -> bool:
        """Whether every event time is one term, with the whole risk set: no ties, or Breslow's."""
        return self.step_group.size == self.ends.size

    def per_time(self, terms: Floats) -> Floats:
        """Sum over the terms of each event time, along axis 0."""
        return terms if self.single else np.asarray(np.add.reduceat(terms, self.step_starts, axis=0))

    def from_first_event(self, increments: Floats) -> Floats:
        """Sum over the event times of the stratum up to each one, along axis 0."""
        out = np.empty_like(increments)
        for first, last in _pieces(self.group_starts, self.ends.size):
            out[first:last] = np.cumsum(increments[first:last][::-1], axis=0)[::-1]
        return out

    def at_rows(self, per_time: Floats) -> Floats:
        """Value of the last event time within each row's time at risk."""
        return np.asarray(np.repeat(per_time, self.counts, axis=0))

    def of_stratum(self, per_stratum: Floats) -> Floats:
        """Value of each row's stratum."""
        return np.asarray(np.repeat(per_stratum, self.row_counts, axis=0))


def running_sums(values: Floats, starts: Index, carry: Floats | float) -> None:
    """Turn `values` into cumulative sums along axis 0, in place, anew at each of `starts`.

    `carry` is what came before, for the rows before the first start.
    """
    first = int(starts[0]) if starts.size else len(values)
    if first > 0:
        values[0] += carry
        np.cumsum(values[:first], axis=0, out=values[:first])
    for begin, end in _pieces(starts, len(values)):
        np.cumsum(values[begin:end], axis=0, out=values[begin:end])


def _pieces(starts: Index, size: int) -> list[tuple[int, int]]:
    bounds = [*starts.tolist(), size]
    return list(pairwise(bounds))


@dataclass(frozen=True)
class _Sort:
    """Sorted rows with the `first` and `last` event time, in rising order, of their time at risk."""

    order: Index
    event: NDArray[np.bool_]
    last: Index
    first: Index | None
    time_stratum: Index
    labels: Integers


def build_risk_sets(
    time: Floats,
    observed: NDArray[np.bool_],
    x: Floats,
    *,
    ranks: Index,
    efron: bool,
    stratum: Integers | None = None,
    weight: Floats | None = None,
    offset: Floats | None = None,
) -> RiskSets:
    """Sort the rows. Rows at risk at no event, and rows of weight 0, count for nothing and are left out.

    Arguments are those of `fit_cox_model`, checked by the caller; there is an event. `ranks` are
    `tie_ranks` of the times, followed by those of the entries if there are any.
    """
    sort = _sort_rows(ranks, observed, stratum, weight)
    order, event, time_stratum = sort.order, sort.event, sort.time_stratum
    n_times = time_stratum.size
    group = n_times - 1 - sort.last
    counts = np.bincount(group, minlength=n_times)
    ends = np.cumsum(counts)
    dead = np.flatnonzero(event)
    dead_group = group[dead]
    tied = np.bincount(dead_group, minlength=n_times)
    weights = None if weight is None else weight[order]
    group_starts = np.flatnonzero(np.diff(time_stratum, prepend=-1))
    row_starts = np.concatenate([[0], ends[group_starts[1:] - 1]]).astype(np.intp)
    death_starts = np.cumsum(tied) - tied
    dead_weight = tied.astype(float) if weights is None else np.add.reduceat(weights[dead], death_starts)
    if efron and dead.size > n_times:
        step_group, step_starts = dead_group, death_starts
        rank = np.arange(dead.size) - np.repeat(death_starts, tied)
        share, step_weight = rank / tied[dead_group], (dead_weight / tied)[dead_group]
    else:
        step_group = step_starts = np.arange(n_times)
        share, step_weight = np.broadcast_to(0.0, n_times), dead_weight
    late, late_group = _late_rows(sort.first, group, group_starts, n_times)
    leave_starts = np.flatnonzero(np.diff(late_group, prepend=-1))
    leave_at = late_group[leave_starts]
    row_counts = np.diff(row_starts, append=order.size)
    sorted_x, centre, scale = _centred(x, order, row_starts, row_counts)
    return RiskSets(
        order, sorted_x, centre, scale, weights, None if offset is None else offset[order],
        ends, counts, tied, row_starts, row_counts, group_starts,
        sort.labels[time_stratum[group_starts]],
        np.minimum.reduceat(time[order[dead]], death_starts),
        dead, dead_group, step_group, step_weight, share, step_starts,
        late, late_group, leave_at, leave_starts,
        _blocks(ends, tied, leave_at, row_starts, x.shape[1]),
    )  # fmt: skip


def _sort_rows(
    ranks: Index, observed: NDArray[np.bool_], stratum: Integers | None, weight: Floats | None
) -> _Sort:
    n = observed.size
    size = int(ranks.max()) + 1
    labels, codes = (
        np.unique(stratum, return_inverse=True) if stratum is not None else (np.zeros(1, int), None)
    )
    code = ranks[:n] if codes is None else ranks[:n] + size * codes
    order = np.argsort(2 * code + ~observed)[::-1]
    if weight is not None:
        order = order[weight[order] > 0]
    event, code = observed[order], code[order]
    dead = code[event]
    times = dead[np.diff(dead, append=-1) != 0][::-1]
    last = np.searchsorted(times, code, side="right") - 1
    time_stratum = times // size
    kept = last >= 0
    if codes is not None:
        kept &= time_stratum[last] == code // size
    first = None
    if ranks.size > n:
        entered = ranks[n:] if codes is None else ranks[n:] + size * codes
        first = np.searchsorted(times, entered[order], side="right")
        kept &= first <= last
        first = first[kept]
    return _Sort(order[kept], event[kept], last[kept], first, time_stratum[::-1], labels)


def _late_rows(first: Index | None, group: Index, group_starts: Index, n_times: int) -> tuple[Index, Index]:
    """Rows that enter after their stratum's first event, and the event time before their entry."""
    if first is None:
        return np.empty(0, np.intp), np.empty(0, np.intp)
    leave = n_times - first
    stratum = np.searchsorted(group_starts, group, side="right") - 1
    late = np.flatnonzero(leave < np.append(group_starts[1:], n_times)[stratum])
    late = late[np.argsort(leave[late], kind="stable")]
    return late, leave[late]


def _centred(x: Floats, order: Index, starts: Index, counts: Index) -> tuple[Floats, Floats, Floats]:
    """Sorted, centred and scaled copy, made in blocks beside nothing else of its size."""
    z = np.take(x, order, axis=0)
    m, p = z.shape
    if starts.size == 1:
        centre = (np.full(m, 1.0 / m) @ z)[None, :]
        z -= centre
    else:
        centre = np.add.reduceat(z, starts, axis=0) / counts[:, None]
        code = np.repeat(np.arange(starts.size), counts)
        for first in range(0, m, BLOCK):
            z[first : first + BLOCK] -= centre[code[first : first + BLOCK]]
    scale = np.sqrt(np.einsum("ij,ij->j", z, z) / m) if p else np.ones(0)
    z /= np.where(scale > 0, scale, 1.0)
    return z, centre, scale


def _blocks(ends: Index, tied: Index, leave_at: Index, row_starts: Index, p: int) -> tuple[Block, ...]:
    """Cut the rows into blocks; the tied events of one time stay together."""
    rows, last, time = max(BLOCK // max(p, 1), 256), 0, 0
    blocks: list[Block] = []
    cuts: Sequence[int] = ()
    while last < ends[-1]:
        first = last
        last = min(first + rows, int(ends[-1]))
        inside = int(np.searchsorted(ends, last, side="left"))
        if ends[inside] - tied[inside] < last:
            last = int(ends[inside])
        until = int(np.searchsorted(ends, last, side="right"))
        cuts = np.searchsorted(leave_at, [time, until]).tolist()
        starts = row_starts[slice(*np.searchsorted(row_starts, [first, last]))] - first
        blocks.append(Block(slice(first, last), slice(time, until), slice(*cuts), starts))
        time = until
    return tuple(blocks)
