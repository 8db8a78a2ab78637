"""Kaplan-Meier curves against R 4.2 (survival 3.5-3): every scale, quantiles, late entries, weights.

`survival_ref.R` made `km_logrank_rmst.json` and `curves_tests_rmst_ref.R` made `curves_tests_rmst.json`, both
with `common.R` from `data/`.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from outcomes.models.counting import Sample
from outcomes.models.curve import kaplan_meier, quantile_time

HERE = Path(__file__).parent
CLOSED_RTOL = 1e-12  # sums and products in another order: nothing is iterated
KM = json.loads((HERE / "km_logrank_rmst.json").read_text())["kaplan_meier"]
WEIGHTED = json.loads((HERE / "curves_tests_rmst.json").read_text())["curves"]
SCALES = {"log_log": "log_log", "log": "log", "plain": "plain", "logit": "logit", "arcsine": "arcsin"}
FILES = {"pharmacoSmoking": HERE.parents[1] / "data" / "smoking_relapse" / "pharmacoSmoking.csv"}
COLUMNS = {  # time, event, the code of an event, what strata are made of
    "lung": ("time", "status", 2, "sex"),
    "veteran": ("time", "status", 1, "trt"),
    "colon": ("time", "status", 1, "rx"),
    "pharmacoSmoking": ("ttr", "relapse", 1, "grp"),
    "heart": ("stop", "event", 1, "transplant"),
}
CASES = [
    (name, stratum)
    for name, fit in KM.items()
    for stratum in dict.fromkeys(fit["log_log"]["strata"]) or [None]
]


def sample_of(name: str, stratum: str | None = None, weight: np.ndarray | None = None) -> Sample:
    file = name.partition("_")[0]
    time, event, code, by = COLUMNS[file]
    data = pd.read_csv(FILES.get(file, HERE / "data" / f"{file}.csv"))
    data = data[data["etype"] == 2] if file == "colon" else data
    data = data if stratum is None else data[f"{by}=" + data[by].astype(str) == stratum]
    entry = data["start"].to_numpy(float) if file == "heart" else None
    return Sample(data[time].to_numpy(float), data[event].to_numpy() == code, entry, weight)


def places(curve_time: np.ndarray, reference: dict, stratum: str | None) -> tuple[list[int], np.ndarray]:
    """Rows of the reference with this stratum at or after the first event, and our place for each."""
    rows = [
        k for k, time in enumerate(reference["time"])
        if (stratum is None or reference["strata"][k] == stratum) and time >= curve_time[0]
    ]  # fmt: skip
    times = [reference["time"][k] for k in rows]
    return rows, np.searchsorted(curve_time, times, side="right") - 1


def assert_column(ours: np.ndarray, column: list, rows: list[int]) -> None:
    """Where R has no number (error and limits at probability 0), ours is nan."""
    expected = np.array([np.nan if column[k] is None else column[k] for k in rows], dtype=float)
    np.testing.assert_allclose(ours[np.isfinite(expected)], expected[np.isfinite(expected)], rtol=CLOSED_RTOL)


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize(("name", "stratum"), CASES)
def test_probabilities_errors_and_limits_equal_survfit(name, stratum, scale):
    """`heart_startstop_transplant` enters patients late: numbers at risk rise and fall."""
    reference = KM[name][SCALES[scale]]
    sample = sample_of(name, stratum)
    curve = kaplan_meier(sample, scale=scale)
    rows, at = places(curve.time, reference, stratum)
    assert len(rows) >= 3
    assert list(sample.at_risk([reference["time"][k] for k in rows])) == [
        reference["n_risk"][k] for k in rows
    ]
    for ours, key in ((curve.survival, "surv"), (curve.std_error, "std_err"), (curve.low, "lower"),
                      (curve.high, "upper")):  # fmt: skip
        assert_column(ours[at], reference[key], rows)


NOT_MONOTONE = ("heart_startstop_transplant", "transplant=1", "log_log", "lower", 0.25)


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize(("name", "stratum"), CASES)
def test_quantiles_and_their_limits_equal_quantile_survfit(name, stratum, scale):
    """Null in R where a quantile is not reached.

    One limit differs: of the late entries in heart the lower log-log limit is 0.508 on day 5 and 0.526
    on day 16. It is at most 0.75 from day 5 on; R, which sorts the limits, answers 16.
    """
    reference = KM[name][SCALES[scale]]["quantiles"]
    curve = kaplan_meier(sample_of(name, stratum), scale=scale)
    strata = list(dict.fromkeys(KM[name]["log_log"]["strata"]))
    for values, key in ((curve.survival, "value"), (curve.low, "lower"), (curve.high, "upper")):
        expected = reference[key] if stratum is None else reference[key][strata.index(stratum)]
        for share, day in zip(reference["q"], expected, strict=True):
            ours = quantile_time(curve.time, values, share)
            if (name, stratum, scale, key, share) == NOT_MONOTONE:
                assert (ours, day) == (5, 16)
            else:
                assert ours == (np.inf if day is None else day)


ROW = np.arange(1, 229)
CASE_WEIGHTS = {
    "counts": 1.0 + ROW % 3,
    "halves": 0.5 + (ROW % 4) / 2,
    "unweighted": np.ones(228),
    "entry": None,
}


@pytest.mark.parametrize("name", WEIGHTED)
def test_weighted_curves_equal_survfit(name):
    """Greenwood's variance of whole and broken weights; the robust variance, with late entries too."""
    file, kind, _ = name.split("_")
    reference = WEIGHTED[name]
    curve = kaplan_meier(sample_of(file, weight=CASE_WEIGHTS[kind]), robust=reference["robust"])
    at = np.searchsorted(curve.time, reference["time"], side="right") - 1
    for ours, key in ((curve.survival, "surv"), (curve.std_error, "std_err"), (curve.low, "lower"),
                      (curve.high, "upper")):  # fmt: skip
        np.testing.assert_allclose(ours[at], reference[key], rtol=CLOSED_RTOL)


def test_a_whole_weight_counts_as_that_many_patients():
    plain = sample_of("lung")
    weight = CASE_WEIGHTS["counts"]
    weighted = kaplan_meier(Sample(plain.time, plain.observed, weight=weight))
    times = weight.astype(int)
    repeated = kaplan_meier(Sample(np.repeat(plain.time, times), np.repeat(plain.observed, times)))
    for key in ("time", "survival", "std_error", "low", "high"):
        np.testing.assert_allclose(getattr(weighted, key), getattr(repeated, key), rtol=CLOSED_RTOL)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"entry": np.array([0.0, 5.0])}, "entries"),
        ({"entry": np.array([0.0, np.nan])}, "entries"),
        ({"weight": np.array([1.0, 0.0])}, "weights"),
        ({"weight": np.array([1.0, np.nan])}, "weights"),
    ],
)
def test_an_entry_after_the_time_or_a_weight_of_nothing_is_refused(change, match):
    with pytest.raises(ValueError, match=match):
        kaplan_meier(Sample(np.array([3.0, 5.0]), np.array([True, False]), **change))
