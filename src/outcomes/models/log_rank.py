"""Log-rank test: sum over event times of w(t) (observed - expected events), by arm and summed over strata.

The test and its weights: `outcomes.models.weighted_log_rank`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from outcomes.config.survival import LogRankAnalysis
from outcomes.frames import AnalysisFrame
from outcomes.inference import chi_square_p_value
from outcomes.models.counting import (
    Sample,
    absent_arms,
    counts,
    samples_by_arm,
    stratum_codes,
    unusable_times,
)
from outcomes.models.fit import Fit, Row, contrast_pairs, failed_row, level
from outcomes.models.weighted_log_rank import MAX_COMBO, UNWEIGHTED, Weights, log_rank, max_combo

NOT_TOGETHER = "no event that counts while patients of different arms were at risk together"
COMBINED = (
    "Max-combo: largest |z| of the Fleming-Harrington statistics G(0, 0), G(1, 0), G(0, 1), G(1, 1), p from "
    "their joint normal distribution"
)


@dataclass(frozen=True)
class _Data:
    """Arrays of one test: those of its arms, coded 0, 1, ... in their order."""

    arrays: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
    totals: dict[str, int]
    reason: str | None


def fit_log_rank(frame: AnalysisFrame, analysis: LogRankAnalysis) -> Fit:
    """Chi-square over all arms (no arm, no comparator), and for each contrast among its two arms alone.

    With `weights: max_combo` the rows of a contrast are the max-combo statistic, which answers, and the
    four weighted tests that it is made of, named in `term`; over all arms there are the four only, since
    the joint distribution is that of two samples.
    """
    samples = samples_by_arm(frame) if unusable_times(frame) is None else {}
    present = [arm for arm, sample in samples.items() if sample.n_patients]
    combined = analysis.weights == "max_combo"
    weights = _weights(analysis)
    overall = _data(frame, samples, present, analysis.strata)
    rows = [_test_row(overall, pair, term) for pair, term in weights]
    for arm, comparator in contrast_pairs(analysis, frame):
        data = _data(frame, samples, (arm, comparator), analysis.strata)
        found = [_max_combo_row(data)] if combined else []
        found += [_test_row(data, pair, term) for pair, term in weights]
        rows += [row | {"arm": arm, "comparator": comparator} for row in found]
    strata = ", ".join(frame.labels.get(name, name) for name in analysis.strata)
    return Fit(tuple(rows), {"Model": _model(analysis), "Stratified by": strata or "nothing"})


def _weights(analysis: LogRankAnalysis) -> tuple[tuple[Weights, str | None], ...]:
    """Weights of the tests, and the term of their rows: none where there is one test only."""
    if analysis.weights == "max_combo":
        return tuple((pair, _name(pair)) for pair in MAX_COMBO)
    if analysis.weights == "log_rank":
        return ((UNWEIGHTED, None),)
    return (((analysis.weights.rho, analysis.weights.gamma), None),)


def _name(weights: Weights) -> str:
    return f"G({weights[0]:g}, {weights[1]:g})"


def _model(analysis: LogRankAnalysis) -> str:
    if analysis.weights == "max_combo":
        return COMBINED
    ((weights, _),) = _weights(analysis)
    if weights == UNWEIGHTED:
        return "Log-rank test, two-sided"
    return f"Log-rank test with Fleming-Harrington weights {_name(weights)}, two-sided"


def _data(frame: AnalysisFrame, samples: dict[str, Sample], arms: Sequence[str],
          strata: Sequence[str]) -> _Data:  # fmt: skip
    """Arrays of one test among `arms`, or the reason why there is none."""
    reason = unusable_times(frame)
    if reason is not None:
        return _Data(_arrays(frame.data.iloc[:0], {}, np.empty(0, dtype=np.int64)), {}, reason)
    totals = counts(*(samples[arm] for arm in arms))
    reason = absent_arms(samples, *arms)
    if reason is None and len(arms) < 2:
        reason = "fewer than two arms have patients with follow-up"
    if reason is None and totals["n_events"] == 0:
        reason = "no event in these arms"
    chosen = frame.data["arm"].isin(arms).to_numpy(dtype=bool)
    codes = {arm: code for code, arm in enumerate(arms)}
    arrays = _arrays(frame.data[chosen], codes, stratum_codes(frame.data, strata)[chosen])
    return _Data(arrays, totals, reason)


def _arrays(data: pd.DataFrame, codes: dict[str, int], stratum: np.ndarray,
            ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:  # fmt: skip
    return (
        data["time_days"].to_numpy(dtype=float),
        data["observed"].to_numpy(dtype=bool),
        np.array([codes[arm] for arm in data["arm"].astype(str)], dtype=np.int64),
        stratum,
    )


def _test_row(data: _Data, weights: Weights, term: str | None) -> Row:
    """Row of one test, or the reason why there is none."""
    columns = data.totals | ({} if term is None else {"term": term})
    if data.reason is not None:
        return failed_row("log_rank_chi_square", "not_estimable", data.reason, **columns)
    result = log_rank(*data.arrays, weights)
    if not np.isfinite(result.chi_square):
        return failed_row("log_rank_chi_square", "not_estimable", NOT_TOGETHER, **columns)
    return level(
        "log_rank_chi_square",
        estimate=result.chi_square,
        statistic=result.chi_square,
        df=float(result.df),
        p_value=chi_square_p_value(result.chi_square, result.df),
        unit="chi-square",
        **columns,
    )


def _max_combo_row(data: _Data) -> Row:
    """Row of the largest of the four statistics; df is inf, as they are jointly normal."""
    if data.reason is not None:
        return failed_row("max_combo", "not_estimable", data.reason, **data.totals)
    result = max_combo(*data.arrays)
    if not np.isfinite(result.statistic):
        return failed_row("max_combo", "not_estimable", NOT_TOGETHER, **data.totals)
    row = level(
        "max_combo",
        estimate=result.statistic,
        statistic=result.statistic,
        df=float("inf"),
        p_value=result.p_value,
        unit="|z|",
        **data.totals,
    )
    left_out = [_name(pair) for pair in MAX_COMBO if pair not in result.weights]
    if not left_out:
        return row
    what = f"{', '.join(left_out)} left out: no variance under these weights"
    return row | {"status": "boundary", "message": what}
