"""Log-rank test: observed minus expected events per arm, summed over event times and strata.

Mantel 1966, Cancer Chemother Rep 50:163; K samples and strata: Peto & Peto 1972, J R Stat Soc A 135:185;
variance with ties is hypergeometric, as in R's `survdiff`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from outcomes.config.survival import LogRankAnalysis
from outcomes.frames import AnalysisFrame
from outcomes.inference import chi_square_p_value
from outcomes.models.counting import Floats, Sample, absent_arms, counts, samples_by_arm, stratum_codes
from outcomes.models.fit import Fit, Row, contrast_pairs, failed_row, level

SINGULAR = 1e-10
"""Relative size below which a pivot of the variance is rounding: it is a sum of products of fractions."""


@dataclass(frozen=True)
class LogRank:
    """Counts and test of K samples.

    Attributes
    ----------
    observed, expected : ndarray, shape (K,)
        Events seen, and expected were all hazards equal.
    variance : ndarray, shape (K, K)
        Covariance of observed minus expected.
    chi_square : float
        Statistic; nan when the samples cannot be compared.
    df : int
        Samples with someone at risk when an event happened, minus one.
    """

    observed: Floats
    expected: Floats
    variance: Floats
    chi_square: float
    df: int


def log_rank(time: Floats, observed: NDArray[np.bool_], group: NDArray[np.int64],
             stratum: NDArray[np.int64]) -> LogRank:  # fmt: skip
    """Test the equality of the hazards of K groups.

    Parameters
    ----------
    time, observed : ndarray, shape (n,)
        Time to event or censoring; whether the event happened.
    group : ndarray of int, shape (n,)
        Group of each patient, 0 to K - 1.
    stratum : ndarray of int, shape (n,)
        Stratum of each patient; risk sets do not cross strata.
    """
    k = int(group.max()) + 1
    seen, expected, variance = np.zeros(k), np.zeros(k), np.zeros((k, k))
    for value in np.unique(stratum):
        inside = stratum == value
        parts = [Sample(time[inside & (group == g)], observed[inside & (group == g)]) for g in range(k)]
        times = np.unique(time[inside & observed])
        at_risk = np.array([part.at_risk(times) for part in parts], dtype=float)
        events = np.array([_events_at(part, times) for part in parts], dtype=float)
        n, d = at_risk.sum(axis=0), events.sum(axis=0)
        share = at_risk / n
        # with one patient left at risk the hypergeometric variance is 0
        factor = np.divide(d * (n - d), n - 1, out=np.zeros_like(n), where=n > 1)
        seen += events.sum(axis=1)
        expected += (share * d).sum(axis=1)
        variance += np.diag((share * factor).sum(axis=1)) - (share * factor) @ share.T
    chi_square, df = _chi_square(seen - expected, variance, expected > 0)
    return LogRank(seen, expected, variance, chi_square, df)


def _events_at(sample: Sample, times: Floats) -> NDArray[np.int64]:
    """Events of `sample` at each of the ascending `times`, which hold all its event times."""
    place = np.searchsorted(times, sample.time[sample.observed])
    return np.bincount(place, minlength=times.size).astype(np.int64)


def _chi_square(excess: Floats, variance: Floats, at_risk: NDArray[np.bool_]) -> tuple[float, int]:
    """Quadratic form over the groups ever at risk, less one: the excesses sum to 0."""
    keep = np.flatnonzero(at_risk)[1:]
    if keep.size == 0:
        return float("nan"), 0
    inner = variance[np.ix_(keep, keep)]
    scale = np.sqrt(np.diag(inner))
    if not (scale > 0).all():
        return float("nan"), int(keep.size)
    correlation = inner / np.outer(scale, scale)
    if np.linalg.eigvalsh(correlation)[0] < SINGULAR:
        return float("nan"), int(keep.size)
    z = excess[keep] / scale
    return float(z @ np.linalg.solve(correlation, z)), int(keep.size)


def fit_log_rank(frame: AnalysisFrame, analysis: LogRankAnalysis) -> Fit:
    """Chi-square over all arms (no arm, no comparator), and for each contrast among its two arms alone."""
    samples = samples_by_arm(frame)
    present = [arm for arm, sample in samples.items() if sample.n_patients]
    rows = [log_rank_row(frame, samples, present, analysis.strata)]
    for arm, comparator in contrast_pairs(analysis, frame):
        row = log_rank_row(frame, samples, (arm, comparator), analysis.strata)
        rows.append(row | {"arm": arm, "comparator": comparator})
    strata = ", ".join(frame.labels.get(name, name) for name in analysis.strata)
    return Fit(tuple(rows), {"Model": "Log-rank test, two-sided", "Stratified by": strata or "nothing"})


def log_rank_row(frame: AnalysisFrame, samples: dict[str, Sample], arms: Sequence[str],
             strata: Sequence[str]) -> Row:  # fmt: skip
    """Row of one test among `arms`, or the reason why there is none."""
    totals = counts(*(samples[arm] for arm in arms))
    reason = absent_arms(samples, *arms)
    if reason is None and len(arms) < 2:
        reason = "fewer than two arms have patients with follow-up"
    if reason is None and totals["n_events"] == 0:
        reason = "no event in these arms"
    if reason is not None:
        return failed_row("log_rank_chi_square", "not_estimable", reason, **totals)
    chosen = frame.data["arm"].isin(arms).to_numpy(dtype=bool)
    data = frame.data[chosen]
    codes = {arm: code for code, arm in enumerate(arms)}
    result = log_rank(
        data["time_days"].to_numpy(dtype=float),
        data["observed"].to_numpy(dtype=bool),
        np.array([codes[arm] for arm in data["arm"].astype(str)], dtype=np.int64),
        stratum_codes(frame.data, strata)[chosen],
    )
    if not np.isfinite(result.chi_square):
        reason = "no event while patients of different arms were at risk together"
        return failed_row("log_rank_chi_square", "not_estimable", reason, **totals)
    return level(
        "log_rank_chi_square",
        estimate=result.chi_square,
        statistic=result.chi_square,
        df=float(result.df),
        p_value=chi_square_p_value(result.chi_square, result.df),
        unit="chi-square",
        **totals,
    )
