"""Weighted log-rank tests and max-combo against R 4.2 (survival 3.5-3, mvtnorm 1.1-3).

`survival_ref.R` made `km_logrank_rmst.json` (survdiff with rho), `curves_tests_rmst_ref.R` made
`curves_tests_rmst.json` (rho and gamma written out; mvtnorm's integral), both with `common.R` from `data/`.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import special

from outcomes.inference import chi_square_p_value
from outcomes.models.max_normal import max_abs_normal_p_value
from outcomes.models.weighted_log_rank import log_rank, max_combo

HERE = Path(__file__).parent
CLOSED_RTOL = 1e-11  # sums in another order; a chi-square near 0.02 is a small difference of large counts
RHO_FAMILY = {
    name: fit
    for name, fit in json.loads((HERE / "km_logrank_rmst.json").read_text())["logrank"].items()
    if "rho" in fit
}
OURS = json.loads((HERE / "curves_tests_rmst.json").read_text())
SMOKING = HERE.parents[1] / "data" / "smoking_relapse" / "pharmacoSmoking.csv"


def codes(values: pd.Series, order: tuple) -> np.ndarray:
    return values.map({value: k for k, value in enumerate(order)}).to_numpy(np.int64)


def arrays(name: str) -> tuple[np.ndarray, ...]:
    """Time, observed, group, stratum of the data a name begins with."""
    file = name.partition("_")[0]
    data = pd.read_csv(SMOKING if file == "pharmacoSmoking" else HERE / "data" / f"{file}.csv")
    if file == "lung":
        group, event = codes(data["sex"], (1, 2)), data["status"] == 2
    elif file == "veteran":
        group, event = codes(data["trt"], (1, 2)), data["status"] == 1
    elif file == "colon":
        arms = ("Obs", "Lev+5FU") if "lev5fu" in name else ("Obs", "Lev", "Lev+5FU")
        data = data[(data["etype"] == 2) & data["rx"].isin(arms)]
        group, event = codes(data["rx"], arms), data["status"] == 1
    else:
        group, event = codes(data["grp"], ("combination", "patchOnly")), data["relapse"] == 1
    time = data["ttr" if "ttr" in data else "time"].to_numpy(float)
    stratum = pd.factorize(data["celltype"])[0] if "strata" in name else np.zeros(len(data))
    return time, event.to_numpy(bool), group, stratum.astype(np.int64)


@pytest.mark.parametrize("name", RHO_FAMILY)
def test_the_rho_family_equals_survdiff(name):
    """Weighted observed and expected, covariance, chi-square, p; strata have pooled curves of their own."""
    reference = RHO_FAMILY[name]
    result = log_rank(*arrays(name), (reference["rho"], 0.0))
    np.testing.assert_allclose(result.observed, reference["obs"], rtol=CLOSED_RTOL)
    np.testing.assert_allclose(result.expected, reference["exp"], rtol=CLOSED_RTOL)
    np.testing.assert_allclose(result.variance, reference["var"], rtol=CLOSED_RTOL)
    assert result.chi_square == pytest.approx(reference["chisq"], rel=CLOSED_RTOL)
    assert result.df == reference["df"]
    assert chi_square_p_value(result.chi_square, result.df) == pytest.approx(reference["p"], rel=CLOSED_RTOL)


@pytest.mark.parametrize("name", OURS["fleming_harrington"])
def test_rho_and_gamma_equal_the_sums_written_out(name):
    reference = OURS["fleming_harrington"][name]
    for weights, chi_square, excess in zip(
        reference["weights"], reference["chisq"], reference["excess"], strict=True
    ):
        result = log_rank(*arrays(name), tuple(weights))
        assert (result.chi_square, result.df) == (pytest.approx(chi_square, rel=CLOSED_RTOL), reference["df"])
        np.testing.assert_allclose(result.observed - result.expected, excess, rtol=CLOSED_RTOL, atol=1e-11)


@pytest.mark.parametrize("name", OURS["max_combo"])
def test_max_combo_equals_mvtnorm(name):
    """Genz and Bretz' integral is random: equal within its own error bound, which is below 1e-6."""
    reference = OURS["max_combo"][name]
    result = max_combo(*arrays(name))
    np.testing.assert_allclose(result.z, reference["z"], rtol=CLOSED_RTOL)
    np.testing.assert_allclose(result.correlation, reference["corr"], rtol=CLOSED_RTOL)
    assert result.statistic == pytest.approx(reference["max"], rel=CLOSED_RTOL)
    assert reference["error"] < 1e-6
    assert result.p_value == pytest.approx(reference["p"], abs=reference["error"])


def rule(low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Gauss and Legendre's nodes and weights between `low` and `high`, along a last axis."""
    nodes, weights = np.polynomial.legendre.leggauss(120)
    half = np.maximum(high - low, 0.0)[..., None] / 2
    return (low + high)[..., None] / 2 + half * nodes, half * weights


@pytest.mark.parametrize("name", OURS["max_combo"])
def test_the_p_value_of_max_combo_equals_an_integral_over_the_plane(name):
    """P(all |Z| < m), integrated over x = Z of G(1, 0) and y = Z of G(0, 1).

    Z of G(0, 0) is a x + b y and bounds y; Z of G(1, 1), given both, is normal. In x the bounds switch at
    -+ m (1 - b) / a. What is left is 1 - P, so both sides agree to the rounding of 1.
    """
    reference = OURS["max_combo"][name]
    corr, m = np.array(reference["corr"]), reference["max"]
    pair = corr[1:3, 1:3]
    a, b = np.linalg.solve(pair, corr[1:3, 0])
    assert a > 0
    assert b > 0
    slopes = np.linalg.solve(pair, corr[1:3, 3])
    spread = np.sqrt(1 - slopes @ corr[1:3, 3])
    switch = m * (1 - b) / a
    edges = np.unique(np.clip([-m, -switch, switch, m], -m, m))
    x, x_weight = (part.ravel() for part in rule(edges[:-1], edges[1:]))
    low, high = np.maximum(-m, (-m - a * x) / b), np.minimum(m, (m - a * x) / b)
    y, y_weight = rule(low, high)
    r = pair[0, 1]
    square = (x[:, None] ** 2 - 2 * r * x[:, None] * y + y**2) / (1 - r**2)
    density = np.exp(-square / 2) / (2 * np.pi * np.sqrt(1 - r**2))
    centre = slopes[0] * x[:, None] + slopes[1] * y
    inside = special.ndtr((m - centre) / spread) - special.ndtr((-m - centre) / spread)
    probability = x_weight @ (density * inside * y_weight).sum(axis=1)
    assert max_abs_normal_p_value(m, corr) == pytest.approx(1 - probability, abs=1e-13)
