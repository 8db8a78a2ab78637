"""Small survival data for the tests of the Cox model on arrays, and its likelihood written as plain sums."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from outcomes.models.cox.likelihood import evaluate
from outcomes.models.cox.sorting import build_risk_sets
from outcomes.models.cox.ties import tie_ranks


def simulate(seed, n=60, p=2, last_day=30):
    """Whole days, so that times are tied; about half of the rows end with the event."""
    rng = np.random.default_rng(seed)
    x = np.column_stack([rng.normal(size=n), *(rng.integers(0, 2, n) for _ in range(p - 1))]).astype(float)
    time = np.ceil(rng.exponential(12 * np.exp(-0.5 * x[:, 0]))).clip(1, last_day)
    return {"time": time, "observed": rng.random(n) < 0.6, "covariates": x}


seeds = st.integers(0, 10_000)


def plain_likelihood(
    beta, time, observed, covariates, *, ties, stratum=None, entry=None, weights=None, offset=None
):
    """Log likelihood, gradient and information term by term: Therneau & Grambsch 2000, section 3.3."""
    n, p = covariates.shape
    stratum = np.zeros(n) if stratum is None else stratum
    entry = np.full(n, -1.0) if entry is None else entry
    weights = np.ones(n) if weights is None else weights
    eta = covariates @ beta + (0.0 if offset is None else offset)
    risk = weights * np.exp(eta)
    value, score, information = 0.0, np.zeros(p), np.zeros((p, p))
    for code, t in sorted({(s, t) for s, t, d in zip(stratum, time, observed, strict=True) if d}):
        at_risk = (stratum == code) & (entry < t) & (time >= t)
        dead = at_risk & (time == t) & observed
        d = int(dead.sum())
        value += weights[dead] @ eta[dead]
        score += weights[dead] @ covariates[dead]
        for k in range(d):
            r = np.where(dead, risk * (1 - k / d), risk)[at_risk] if ties == "efron" else risk[at_risk]
            x, each = covariates[at_risk], weights[dead].mean()
            mean = r @ x / r.sum()
            value -= each * np.log(r.sum())
            score -= each * mean
            information += each * ((x.T * r) @ x / r.sum() - np.outer(mean, mean))
    return value, score, information


def engine_likelihood(beta, time, observed, covariates, *, ties, entry=None, weights=None, **options):
    """The same by the package, in the units of the covariates."""
    ranks = tie_ranks(time if entry is None else np.concatenate([time, entry]))
    sets = build_risk_sets(
        time, observed, covariates, ranks=ranks, efron=ties == "efron", weight=weights, **options
    )
    here = evaluate(sets, beta * sets.scale)
    return here.log_likelihood, here.score * sets.scale, here.information * np.outer(sets.scale, sets.scale)
