"""What the Cox model refuses, in words: values that are no data, no events, columns that say nothing."""

from __future__ import annotations

import numpy as np

from outcomes.models.counting import Floats
from outcomes.models.cox.risk_sets import Index, RiskSets

SAME = 1e-9
"""Share of a column's length that rounding may leave after projection on the columns before it."""
SUSPECT = 1e-10
"""Smallest eigenvalue of the correlations that needs no closer look: squares lose half of the digits."""
PART = 1e-6
"""Least part of another column in a collinear one, in standard deviations."""


def value_problem(
    time: Floats, observed: Floats, x: Floats, terms: tuple[str, ...], others: dict[str, Floats | None]
) -> str | None:
    """Say which value cannot be used and how many there are; `others` are entry, weight and offset."""
    n = time.size
    if n == 0:
        return "no rows"
    for name, values in {"time": time, "observed": observed, **others}.items():
        bad = 0 if values is None else n - int(np.count_nonzero(np.isfinite(values)))
        if bad:
            return f"{name} is missing or infinite in {bad} of {n} rows"
    for name, values in {"time": time, "entry": others["entry"], "weight": others["weight"]}.items():
        bad = 0 if values is None else int(np.count_nonzero(values < 0))
        if bad:
            return f"{name} is negative in {bad} of {n} rows"
    bad = int(np.count_nonzero((observed != 0) & (observed != 1))) if observed.dtype != np.bool_ else 0
    if bad:
        return f"observed is neither 0 nor 1 in {bad} of {n} rows"
    for term, column in zip(terms, x.T, strict=True):
        bad = n - int(np.count_nonzero(np.isfinite(column)))
        if bad:
            return f"'{term}' is missing or infinite in {bad} of {n} rows"
    return None


def count_problem(observed: Floats, weights: Floats | None, ranks: Index) -> str | None:
    """Say whether nobody is left, nobody has the event, or a row has no time at risk."""
    n = observed.size
    empty = int(np.count_nonzero(ranks[n:] >= ranks[:n])) if ranks.size > n else 0
    if empty:
        return f"entry is not before time in {empty} of {n} rows"
    if weights is None:
        return None if observed.any() else "no event"
    if not weights.any():
        return "no rows with a weight above 0"
    return None if (observed.astype(bool) & (weights > 0)).any() else "no event"


def cluster_problem(cluster: Index | None, n_coefficients: int) -> str | None:
    """Say whether too few clusters are left: their scores add to 0, so one of them is spoken for."""
    clusters = n_coefficients + 1 if cluster is None else np.unique(cluster).size
    if clusters > n_coefficients:
        return None
    return f"{clusters} clusters for {n_coefficients} coefficients: a robust variance needs more"


def column_problem(sets: RiskSets, terms: tuple[str, ...]) -> str | None:
    """Say which column is constant, or follows from which others, among the rows at risk, within strata."""
    m, p = sets.x.shape
    if p == 0:
        return None
    where = " within every stratum" if sets.row_starts.size > 1 else ""
    if not np.isfinite(sets.scale).all():
        too_large = ", ".join(f"'{t}'" for t, s in zip(terms, sets.scale, strict=True) if not np.isfinite(s))
        return f"the values of {too_large} overflow"
    raw = np.sqrt(m * sets.scale**2 + sets.row_counts @ sets.centre**2)
    for term, scale, length in zip(terms, sets.scale, raw, strict=True):
        if scale * np.sqrt(m) <= SAME * length:
            return f"'{term}' does not vary among the patients at risk{where}"
    correlations = sets.x.T @ sets.x / m
    if np.linalg.eigvalsh(correlations)[0] > SUSPECT:
        return None
    for k in range(1, p):
        parts, *_ = np.linalg.lstsq(sets.x[:, :k], sets.x[:, k], rcond=None)
        if np.linalg.norm(sets.x[:, k] - sets.x[:, :k] @ parts) <= SAME * np.sqrt(m):
            other = ", ".join(f"'{t}'" for t, part in zip(terms, parts, strict=False) if abs(part) > PART)
            return f"'{terms[k]}' is collinear with {other}{where}"
    return None
