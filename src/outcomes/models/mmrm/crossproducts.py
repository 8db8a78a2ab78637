"""All that the model needs of the data: sums over patients, within each pattern of observed visits.

A patient's vector is v = (covariates, covariates measured at each visit, score at each visit). Patients with
scores at the same visits form a pattern, and enter the likelihood only by their number, the mean of v and the
scatter of v about that mean. Means and scatters of parts of a cohort add up (Chan, Golub and LeVeque 1983, Am
Stat 37:242, eq. 1.5), so the same fit comes from a table in memory, from a file read in chunks, and from the
sums of several hospitals.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from outcomes.atomic import write_text

Array = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]

BLOCK_ROWS = 16_384
"""Patients summed at a time: their rows fit into a processor's cache."""
MULTIPLIER, SHIFT = np.uint64(0x9E3779B97F4A7C15), np.uint64(29)
"""Of a multiplicative hash (Knuth, The Art of Computer Programming 3, section 6.4)."""
WEIGHT_TOL = 1e-9
"""Spread of the logarithms of weights up to which rounding explains it."""
MOST_KEYS = 1 << 22
"""Patterns that could be, up to which they are numbered by a table instead of by sorting."""
FORMAT = "outcomes cross-products 1"


@dataclass(frozen=True, eq=False)
class CrossProducts:
    """Sums over patients by pattern; add two with ``+``, many with `combine`.

    Sums over few patients tell of each of them: look at `n_small_cells` before sending these anywhere.

    Attributes
    ----------
    covariates : tuple of str (r,)
        Columns that are the same at every visit, without the constant.
    visit_covariates : tuple of str (c,)
        Covariates measured anew at each visit.
    visits : tuple of str (T,)
        Planned visits, in order.
    groups : tuple of str (G,)
        Groups with a covariance of their own; one name where all share one.
    group : array of int (P,)
        Group of each of the P patterns, as a place in `groups`.
    observed : array of bool (P, T)
        Visits with a score.
    days : array (P, T) or None
        Actual day of each visit, where patterns are told apart by it; 0 where there is no score.
    n_patients : array of int (P,)
        Patients; also those without any score, who weigh nothing.
    weight, log_weight : array (P,)
        Sums of the patients' weights and of their logarithms.
    mean : array (P, d)
        Weighted mean of v, d = r + c T + T; 0 for what a pattern has not observed.
    scatter : array (P, d, d)
        Weighted sum of ``(v - mean)(v - mean)'``.
    """

    covariates: tuple[str, ...]
    visit_covariates: tuple[str, ...]
    visits: tuple[str, ...]
    groups: tuple[str, ...]
    group: Integers
    observed: Booleans
    days: Array | None
    n_patients: Integers
    weight: Array
    log_weight: Array
    mean: Array
    scatter: Array

    def __add__(self, other: CrossProducts) -> CrossProducts:
        """Sums over the patients of both."""
        return combine((self, other))

    @property
    def n_scores(self) -> Integers:
        """Scores at each visit, shape (T,)."""
        return np.asarray(self.n_patients @ self.observed, dtype=np.int64)

    def n_small_cells(self, fewest: int = 10) -> int:
        """Patterns in which fewer than `fewest` patients stand, or have (or lack) one of the indicators.

        What such patients have in common can be worked out from the sums: of one, all of the data. With
        actual days hardly any pattern has a second patient. A pattern whose patients differ in weight counts
        as small, since weighted sums do not tell how many have an indicator. Indicators are quantities of 0
        and 1, as designs make them.
        """
        n = self.n_patients.astype(float)
        r = len(self.covariates)
        mean = self.mean[:, :r]
        scatter = np.diagonal(self.scatter, axis1=1, axis2=2)[:, :r]
        # of a 0/1 quantity the scatter is that of a proportion
        indicator = np.isclose(scatter, self.weight[:, None] * mean * (1.0 - mean)).all(axis=0)
        having = n[:, None] * mean[:, indicator]
        fewer = np.minimum(having, n[:, None] - having)
        # the mean of logarithms is that of the logarithm only where all weights are the same
        uneven = self.log_weight < n * (np.log(self.weight / n) - WEIGHT_TOL)
        small = (n < fewest) | uneven | ((fewer > 0.5) & (fewer < fewest - 0.5)).any(axis=1)
        return int((small & self.observed.any(axis=1)).sum())

    def to_json(self) -> str:
        """Text that `from_json` reads back to the same numbers, and a person can look through."""
        names = {name: list(getattr(self, name)) for name in NAMES}
        arrays = {name: getattr(self, name).tolist() for name in ARRAYS if getattr(self, name) is not None}
        return json.dumps({"format": FORMAT} | names | arrays, indent=1) + "\n"

    def save(self, path: Path) -> None:
        """Write `to_json` to a file."""
        write_text(path, self.to_json())


NAMES = ("covariates", "visit_covariates", "visits", "groups")
ARRAYS = ("group", "observed", "days", "n_patients", "weight", "log_weight", "mean", "scatter")


def cross_products(
    scores: Array,
    covariates: Array | None = None,
    *,
    visits: Sequence[str] | None = None,
    covariate_names: Sequence[str] | None = None,
    visit_covariates: Array | None = None,
    visit_covariate_names: Sequence[str] | None = None,
    group: Integers | None = None,
    groups: Sequence[str] = ("all",),
    days: Array | None = None,
    weights: Array | None = None,
) -> CrossProducts:
    """Sum over patients, one row each.

    Parameters
    ----------
    scores : array (n, T)
        NaN where a patient has no score. A patient without any is counted and adds nothing.
    covariates : array (n, r)
        Without the constant.
    visit_covariates : array (n, c, T)
        May be NaN where the score is.
    group : array of int (n,)
        Place in `groups` of each patient.
    days : array (n, T)
        Actual days, for a covariance over actual time.
    weights : array (n,)
        Of the patients, above 0: a patient's covariance matrix is divided by it.

    Raises
    ------
    ValueError
        If shapes differ, a needed covariate, day or weight is missing or not finite, or a score is infinite.
    """
    n, T = scores.shape
    Z = np.empty((n, 0)) if covariates is None else covariates
    V = np.empty((n, 0, T)) if visit_covariates is None else visit_covariates
    names = _named(covariate_names, "x", Z.shape[1])
    visit_names = _named(visit_covariate_names, "z", V.shape[1])
    planned = _named(visits, "visit", T)
    observed = ~np.isnan(scores)
    _check(scores, Z, V, observed, group, len(groups), days, weights)
    code, first = _patterns(observed, group, days)
    tables = [table for table in (scores, Z, V, weights) if table is not None]
    parts = []
    for rows in _runs(code, tables):
        kept = observed[rows[0]]
        z = np.concatenate([Z[rows], V[rows].reshape(len(rows), -1), scores[rows]], axis=1)
        z[:, Z.shape[1] :] = np.where(np.tile(kept, V.shape[1] + 1), z[:, Z.shape[1] :], 0.0)
        if not kept.any():
            z[:] = 0.0  # nothing of these patients is needed but their number
        w = np.ones(len(rows)) if weights is None else weights[rows]
        parts.append((int(code[rows[0]]), *_moments(z, w)))
    keys, sizes, weight, log_weight, mean, scatter = zip(*parts, strict=True) if parts else ((),) * 6
    at = first[np.asarray(keys, dtype=np.int64)]
    size = Z.shape[1] + (V.shape[1] + 1) * T
    made = CrossProducts(
        covariates=names,
        visit_covariates=visit_names,
        visits=planned,
        groups=tuple(groups),
        group=np.zeros(len(at), dtype=np.int64) if group is None else np.asarray(group[at], dtype=np.int64),
        observed=observed[at],
        days=None if days is None else np.where(observed[at], days[at], 0.0),
        n_patients=np.asarray(sizes, dtype=np.int64),
        weight=np.asarray(weight),
        log_weight=np.asarray(log_weight),
        mean=np.asarray(mean).reshape(len(at), size),
        scatter=np.asarray(scatter).reshape(len(at), size, size),
    )
    return combine((made,))


def combine(parts: Iterable[CrossProducts]) -> CrossProducts:
    """Sums over the patients of all parts.

    Raises
    ------
    ValueError
        If there is no part, or parts differ in covariates, visits, groups, or in having actual days.
    """
    listed = tuple(parts)
    if not listed:
        raise ValueError("no cross-products to combine")
    base = listed[0]
    for part in listed[1:]:
        differing = [name for name in NAMES if getattr(part, name) != getattr(base, name)]
        if differing or (part.days is None) != (base.days is None):
            raise ValueError(f"cross-products differ in {', '.join(differing) or 'days'}")
    stacked = {
        name: np.concatenate([getattr(part, name) for part in listed])
        for name in ARRAYS
        if getattr(base, name) is not None
    }
    key = [stacked["group"][:, None], ~stacked["observed"]]
    if base.days is not None:
        key.append(stacked["days"])
    _, first, code = np.unique(np.concatenate(key, axis=1), axis=0, return_index=True, return_inverse=True)
    code = code.reshape(-1)
    P = len(first)

    def total(values: NDArray[np.generic]) -> Array:
        summed = np.zeros((P, *values.shape[1:]), dtype=values.dtype)
        np.add.at(summed, code, values)
        return summed

    weight = total(stacked["weight"])
    # a pattern summed from one part keeps its mean to the last digit
    shift = stacked["mean"] - stacked["mean"][first][code]
    mean = stacked["mean"][first] + total(stacked["weight"][:, None] * shift) / weight[:, None]
    apart = stacked["mean"] - mean[code]
    between = stacked["weight"][:, None, None] * apart[:, :, None] * apart[:, None, :]
    return CrossProducts(
        **{name: getattr(base, name) for name in NAMES},
        group=stacked["group"][first],
        observed=stacked["observed"][first],
        days=None if base.days is None else stacked["days"][first],
        n_patients=np.asarray(total(stacked["n_patients"]), dtype=np.int64),
        weight=weight,
        log_weight=total(stacked["log_weight"]),
        mean=mean,
        scatter=total(stacked["scatter"] + between),
    )


def _named(names: Sequence[str] | None, stem: str, n: int) -> tuple[str, ...]:
    made = tuple(f"{stem}{k + 1}" for k in range(n)) if names is None else tuple(names)
    if len(made) != n:
        raise ValueError(f"{len(made)} names for {n} columns")
    return made


def _check(
    scores: Array, Z: Array, V: Array, observed: Booleans, group: Integers | None, n_groups: int,
    days: Array | None, w: Array | None,
) -> None:  # fmt: skip
    n, T = scores.shape
    if len(Z) != n or V.shape[::2] != (n, T) or any(len(x) != n for x in (group, w) if x is not None):
        raise ValueError("scores, covariates, groups and weights must have one row per patient")
    faults = {
        "infinite scores": int(np.isinf(scores).sum()),
        "covariates missing or not finite": int((~np.isfinite(Z[observed.any(axis=1)])).sum()),
        "visit covariates missing at an observed score": int((~np.isfinite(V) & observed[:, None, :]).sum()),
        "groups without a name": 0 if group is None else int(((group < 0) | (group >= n_groups)).sum()),
        "days missing at an observed score": (
            0 if days is None else int((~np.isfinite(days) & observed).sum())
        ),
        "weights not above 0": 0 if w is None else int((~(np.isfinite(w) & (w > 0))).sum()),
    }
    told = [f"{count} {what}" for what, count in faults.items() if count]
    if told:
        raise ValueError("; ".join(told))


def _patterns(observed: Booleans, group: Integers | None, days: Array | None) -> tuple[Integers, Integers]:
    """Pattern of each patient, numbered from 0, and the first patient of each."""
    n, T = observed.shape
    n_keys = (1 if group is None or not n else int(group.max()) + 1) << min(T, 62)
    if days is None and n_keys <= MOST_KEYS:
        key = np.zeros(n, dtype=np.int64) if group is None else group << T
        for j in range(T):
            key += observed[:, j].astype(np.int64) << j
        found = np.flatnonzero(np.bincount(key, minlength=1))
        place = np.zeros(n_keys, dtype=np.int64)
        place[found] = np.arange(len(found))
        np.take(place, key, out=key)
    else:
        columns = [np.zeros((n, 1)) if group is None else group[:, None], observed]
        if days is not None:
            columns.append(np.where(observed, days, 0.0))
        key = np.unique(np.concatenate(columns, axis=1), axis=0, return_inverse=True)[1].reshape(-1)
    first = np.full(int(key.max(initial=-1)) + 1, n)
    for start in range(0, n, BLOCK_ROWS):  # in blocks: an index of all rows takes as much as a column
        block = key[start : start + BLOCK_ROWS]
        np.minimum.at(first, block, np.arange(start, start + len(block)))
    return key, first


def _runs(code: Integers, tables: Sequence[Array]) -> Iterator[Integers]:
    """Rows of one pattern, a block at a time, in an order made of what stands in the rows.

    Sums depend in their last digits on the order of what is added. Rows are therefore put into the order
    of a hash of their contents, so that a cohort gives the same bytes however its file was sorted.
    """
    order = np.argsort(_digest(code, tables))
    sizes = np.bincount(code)
    ends = np.cumsum(sizes)
    for start, end in zip(ends - sizes, ends, strict=True):
        for place in range(int(start), int(end), BLOCK_ROWS):
            yield order[place : min(place + BLOCK_ROWS, int(end))]


def _digest(code: Integers, tables: Sequence[Array]) -> NDArray[np.uint64]:
    """Pattern in the highest bits, a hash of the row below."""
    digest = np.zeros(len(code), dtype=np.uint64)
    if not len(code):
        return digest
    for table in tables:
        for column in table.reshape(len(code), -1).T:
            digest ^= (column + 0.0).view(np.uint64)  # -0.0 is 0.0
            digest *= MULTIPLIER
            digest ^= digest >> SHIFT
    bits = int(code.max(initial=0)).bit_length()
    if bits:
        digest >>= np.uint64(bits)
        digest |= code.astype(np.uint64) << np.uint64(64 - bits)
    return digest


def _moments(z: Array, w: Array) -> tuple[int, float, float, Array, Array]:
    """Patients, sum of weights, sum of their logarithms, weighted mean and scatter of some rows."""
    weight = float(w.sum())
    mean = w @ z / weight
    apart = z - mean
    return len(z), weight, float(np.log(w).sum()), mean, (apart * w[:, None]).T @ apart
