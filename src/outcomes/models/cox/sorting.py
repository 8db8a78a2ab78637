"""From arrays to risk sets: ranks the times, sorts the rows once, centres and scales the covariates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from outcomes.models.counting import Floats, Integers
from outcomes.models.cox.risk_sets import Block, Index, RiskSets

BLOCK = 1 << 15
"""Numbers in a block of covariates: small enough for the processor's cache."""


@dataclass(frozen=True)
class _Sort:
    """Sorted rows with the `first` and `last` event time, in rising order, of their time at risk.

    `last_time` is the end of each stratum, by place in `labels`: rows that enter after its last event count.
    """

    order: Index
    event: NDArray[np.bool_]
    last: Index
    first: Index | None
    time_stratum: Index
    labels: Integers
    last_time: Floats


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
    sort = _sort_rows(time, ranks, observed, stratum, weight)
    order, event, time_stratum = sort.order, sort.event, sort.time_stratum
    n_times = time_stratum.size
    group = n_times - 1 - sort.last
    ends = np.cumsum(np.bincount(group, minlength=n_times))
    dead = np.flatnonzero(event)
    each = np.arange(n_times)
    dead_group = group[dead] if dead.size > n_times else each
    tied = np.bincount(dead_group, minlength=n_times)
    weights = None if weight is None else weight[order]
    group_starts = np.flatnonzero(np.diff(time_stratum, prepend=-1))
    row_starts = np.concatenate([[0], ends[group_starts[1:] - 1]]).astype(np.intp)
    dead_starts = np.cumsum(tied) - tied if dead.size > n_times else each
    terms = _terms(tied, None if weights is None else weights[dead], dead_group, dead_starts, efron=efron)
    late, late_group = _late_rows(sort.first, group, group_starts, n_times)
    leave_starts = np.append(np.flatnonzero(np.diff(late_group, prepend=-1)), late.size)
    leave_at = late_group[leave_starts[:-1]]
    last_alone = ends - np.where(tied > 1, tied, 0) if efron else ends
    row_counts = np.diff(row_starts, append=order.size)
    sorted_x, centre, scale = _centred(x, order, row_starts, row_counts)
    return RiskSets(
        order=order,
        x=sorted_x,
        centre=centre,
        scale=scale,
        weight=weights,
        offset=None if offset is None else offset[order],
        ends=ends,
        row_starts=row_starts,
        row_counts=row_counts,
        group_starts=group_starts,
        stratum=sort.labels[time_stratum[group_starts]],
        last_time=sort.last_time[time_stratum[group_starts]],
        time=np.minimum.reduceat(time[order[dead]], dead_starts),
        dead=dead,
        dead_group=dead_group,
        dead_starts=dead_starts,
        step_group=terms.step_group,
        step_weight=terms.step_weight,
        share=terms.share,
        several=terms.several,
        several_dead=terms.several_dead,
        several_starts=terms.several_starts,
        late=late,
        late_group=late_group,
        leave_at=leave_at,
        leave_starts=leave_starts,
        blocks=_blocks(ends, last_alone, terms.several, leave_at, row_starts, x.shape[1]),
    )


@dataclass(frozen=True)
class _Terms:
    """Terms of the likelihood: one per event time, or with Efron's ties one per event; as in `RiskSets`."""

    step_group: Index
    step_weight: Floats
    share: Floats
    several: Index
    several_dead: Index
    several_starts: Index


def _terms(
    tied: Index, weights: Floats | None, dead_group: Index, dead_starts: Index, *, efron: bool
) -> _Terms:
    """Sort out the terms; `tied` counts the events of each time, `weights` are those of the events."""
    each = np.arange(tied.size)
    group, share = each, np.broadcast_to(0.0, tied.size)
    weight = tied.astype(float) if weights is None else np.add.reduceat(weights, dead_starts)
    several = np.flatnonzero(tied > 1) if efron else each[:0]
    if several.size:
        group, weight = dead_group, (weight / tied)[dead_group]
        share = (np.arange(dead_group.size) - dead_starts[dead_group]) / tied[dead_group]
    starts = np.concatenate([[0], np.cumsum(tied[several])])
    dead = np.arange(starts[-1]) + np.repeat(dead_starts[several] - starts[:-1], tied[several])
    return _Terms(group, weight, share, several, dead, starts)


def _sort_rows(
    time: Floats,
    ranks: Index,
    observed: NDArray[np.bool_],
    stratum: Integers | None,
    weight: Floats | None,
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
    strata = code // size
    starts = np.flatnonzero(np.diff(strata, prepend=-1))
    last_time = np.zeros(labels.size)
    last_time[strata[starts]] = np.maximum.reduceat(time[order], starts)
    dead = code[event]
    times = dead[np.diff(dead, append=-1) != 0][::-1]
    last = np.searchsorted(times, code, side="right") - 1
    time_stratum = times // size
    kept = last >= 0
    if codes is not None:
        kept &= time_stratum[last] == strata
    first = None
    if ranks.size > n:
        entered = ranks[n:] if codes is None else ranks[n:] + size * codes
        first = np.searchsorted(times, entered[order], side="right")
        kept &= first <= last
        first = first[kept]
    return _Sort(order[kept], event[kept], last[kept], first, time_stratum[::-1], labels, last_time)


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


def _blocks(
    ends: Index, last_alone: Index, several: Index, leave_at: Index, row_starts: Index, p: int
) -> tuple[Block, ...]:
    """Cut the rows into blocks; tied events, the rows from `last_alone` to `ends`, stay together."""
    rows, last, time = max(BLOCK // max(p, 1), 256), 0, 0
    blocks: list[Block] = []
    while last < ends[-1]:
        first = last
        last = min(first + rows, int(ends[-1]))
        inside = int(np.searchsorted(ends, last, side="left"))
        if last_alone[inside] < last:
            last = int(ends[inside])
        until = int(np.searchsorted(ends, last, side="right"))
        starts = row_starts[slice(*np.searchsorted(row_starts, [first, last]))] - first
        blocks.append(
            Block(
                slice(first, last),
                slice(time, until),
                slice(*np.searchsorted(several, [time, until]).tolist()),
                slice(*np.searchsorted(leave_at, [time, until]).tolist()),
                starts,
            )
        )
        time = until
    return tuple(blocks)
