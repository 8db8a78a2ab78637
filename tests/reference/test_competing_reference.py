"""Competing risks against R 4.2: survival 3.5-3 and cmprsk 2.2-11.

`survival_ref.R` with `common.R` made `competing_risks.json` from `data/mgus2.csv`; `competing_ref.R` made
`competing_weights_strata.json` from `data/simcompeting_n240.csv`. Left out is `finegray` on mgus2: it lets
failures precede censorings in one month, while `crr` (which is reproduced) counts both at risk, and its
robust variance leaves out that the censoring curve is estimated. On data without ties both agree.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from outcomes.inference import chi_square_p_value, critical_value
from outcomes.models.competing.aalen_johansen import aalen_johansen, counting_variance
from outcomes.models.competing.counts import cause_table
from outcomes.models.competing.fine_gray import fit_fine_gray
from outcomes.models.competing.gray import gray_test
from outcomes.models.cox import fit_cox_model

HERE = Path(__file__).parent
CLOSED_RTOL = 1e-11  # sums and products in another order: nothing is iterated
TAIL_RTOL = 1e-9  # a p-value magnifies the error of its statistic
NEWTON_RTOL = 1e-8  # both engines iterate, crr until the gradient is below 1e-12
VARIANCE_RTOL = 1e-8  # variances at two solutions that differ by 1e-8 of their size

REFERENCE = json.loads((HERE / "competing_risks.json").read_text())["fits"]
SIMULATED = json.loads((HERE / "competing_weights_strata.json").read_text())["fits"]


def mgus() -> pd.DataFrame:
    """Plasma-cell malignancy (1), death without it (2), censored (0); times in months, many tied."""
    data = pd.read_csv(HERE / "data" / "mgus2.csv")
    malignant = data["pstat"] == 1
    return data.assign(
        time=np.where(malignant, data["ptime"], data["futime"]).astype(float),
        cause=np.where(malignant, 1, 2 * data["death"]).astype(np.int64),
    )


def simulated() -> pd.DataFrame:
    return pd.read_csv(HERE / "data" / "simcompeting_n240.csv")


def curves_at(data: pd.DataFrame, times: list[float]):
    table = cause_table(data["time"].to_numpy(), data["cause"].to_numpy(), 2)
    curves = aalen_johansen(table)
    place = np.searchsorted(curves.time, times, side="right") - 1
    states = np.column_stack([curves.event_free[place], curves.incidence[:, place].T])
    errors = np.column_stack([curves.event_free_std_error[place], curves.std_error[:, place].T])
    return states, errors, counting_variance(table)[:, place]


@pytest.mark.parametrize("fit", ["aalen_johansen_all", "aalen_johansen_sex"])
def test_curves_and_jackknife_errors_are_survfits(fit):
    reference = REFERENCE[fit]
    strata = np.array(reference["strata"] or ["all"] * len(reference["time"]))
    for stratum in np.unique(strata):
        data = mgus()
        chosen = strata == stratum
        data = data if stratum == "all" else data[data["sex"] == stratum.removeprefix("sex=")]
        states, errors, _ = curves_at(data, np.array(reference["time"])[chosen])
        expected, expected_errors = (np.array(reference[key])[chosen] for key in ("pstate", "std_err"))
        np.testing.assert_allclose(states, expected, rtol=CLOSED_RTOL)
        np.testing.assert_allclose(errors, expected_errors, rtol=CLOSED_RTOL)
        # survfit's own limits are symmetric on the log scale
        for sign, key in ((-1, "lower"), (1, "upper")):
            limits = np.minimum(1, states * np.exp(sign * critical_value(0.95) * errors / states))
            np.testing.assert_allclose(limits, np.array(reference[key])[chosen], rtol=CLOSED_RTOL)


def test_counting_process_variances_are_cumincs():
    reference = REFERENCE["cuminc_gray"]
    times = [float(text) for text in reference["var"]["cols"]]
    for row, name in enumerate(reference["var"]["rows"]):
        sex, cause = name.split()
        data = mgus()
        states, _, variance = curves_at(data[data["sex"] == sex], times)
        np.testing.assert_allclose(states[:, int(cause)], reference["est"]["values"][row], rtol=CLOSED_RTOL)
        np.testing.assert_allclose(
            variance[int(cause) - 1], reference["var"]["values"][row], rtol=CLOSED_RTOL
        )


@pytest.mark.parametrize("cause", [1, 2])
def test_grays_test_is_cumincs(cause):
    statistic, p_value, df = REFERENCE["cuminc_gray"]["tests"]["values"][cause - 1]
    data = mgus()
    found = gray_test(
        data["time"].to_numpy(), data["cause"].to_numpy(), (data["sex"] == "M").to_numpy(dtype=np.int64),
        of_interest=cause,
    )  # fmt: skip
    assert found.df == df
    assert found.chi_square == pytest.approx(statistic, rel=CLOSED_RTOL)
    assert chi_square_p_value(found.chi_square, found.df) == pytest.approx(p_value, rel=TAIL_RTOL)


def covariates(data: pd.DataFrame) -> np.ndarray:
    return np.column_stack([data["age"], data["sex"] == "M", data["mspike"]]).astype(float)


@pytest.mark.parametrize("cause", [1, 2])
def test_subdistribution_hazards_and_their_variance_are_crrs(cause):
    reference = REFERENCE[f"crr_failcode{cause}"]
    data = mgus().dropna(subset=["age", "sex", "mspike"])
    fit = fit_fine_gray(
        data["time"].to_numpy(), data["cause"].to_numpy(), covariates(data),
        terms=reference["covariates"], of_interest=cause,
    )  # fmt: skip
    assert (fit.status, len(data)) == ("ok", reference["n"])
    np.testing.assert_allclose(fit.coefficients, reference["coef"], rtol=NEWTON_RTOL)
    np.testing.assert_allclose(fit.covariance, reference["var"], rtol=VARIANCE_RTOL)
    assert fit.log_likelihood == pytest.approx(reference["loglik"], rel=CLOSED_RTOL)
    assert fit.log_likelihood_null == pytest.approx(reference["loglik_null"], rel=CLOSED_RTOL)


@pytest.mark.parametrize(("cause", "name"), [(1, "pcm"), (2, "death")])
def test_cause_specific_hazards_are_coxphs(cause, name):
    reference = REFERENCE[f"cause_specific_{name}"]
    data = mgus().dropna(subset=["age", "sex", "mspike"])
    fit = fit_cox_model(
        data["time"].to_numpy(), (data["cause"] == cause).to_numpy(), covariates(data),
        terms=list(reference["coef"]),
    )  # fmt: skip
    np.testing.assert_allclose(fit.coefficients, list(reference["coef"].values()), rtol=NEWTON_RTOL)
    np.testing.assert_allclose(fit.covariance, reference["var"], rtol=VARIANCE_RTOL)
    assert fit.log_likelihood == pytest.approx(reference["loglik"][1], rel=CLOSED_RTOL)


def test_weighted_curves_are_survfits():
    """Weights from 0.3 to 3, times tied by fortnights, arms in which nobody is left event-free."""
    reference = SIMULATED["weighted_curves"]
    strata, times = np.array(reference["strata"]), np.array(reference["time"])
    for arm in np.unique(strata):
        data = simulated()
        data = data[data["arm"] == arm.removeprefix("arm=")]
        table = cause_table(*(data[c].to_numpy() for c in ("day", "cause")), 2, data["weight"].to_numpy())
        curves = aalen_johansen(table)
        place = np.searchsorted(curves.time, times[strata == arm], side="right") - 1
        states = np.column_stack([curves.event_free[place], curves.incidence[:, place].T])
        errors = np.column_stack([curves.event_free_std_error[place], curves.std_error[:, place].T])
        # where survfit has -1e-15 for 0
        np.testing.assert_allclose(
            states, np.array(reference["pstate"])[strata == arm], rtol=CLOSED_RTOL, atol=2e-15
        )
        np.testing.assert_allclose(
            errors, np.array(reference["std_err"])[strata == arm], rtol=CLOSED_RTOL, atol=2e-15
        )


@pytest.mark.parametrize("cause", ["relapse", "death"])
@pytest.mark.parametrize("kind", ["everyone", "by_arm", "strata"])
def test_censoring_by_arm_and_strata_are_finegrays(cause, kind):
    """Continuous times; rows of `finegray`, or by arm laid out one by one, in `coxph`."""
    reference, data = SIMULATED[f"{cause}_{kind}"], simulated()
    x = np.column_stack([data["arm"] == "therapy", data["arm"] == "combined", data["age"]]).astype(float)
    fit = fit_fine_gray(
        data["time"].to_numpy(), data["cause"].to_numpy(), x, terms=reference["terms"],
        of_interest=1 if cause == "relapse" else 2,
        stratum=(data["site"] == "north").to_numpy(dtype=np.int64) if kind == "strata" else None,
        censoring_group=data["arm"].astype("category").cat.codes.to_numpy() if kind == "by_arm" else None,
    )  # fmt: skip
    np.testing.assert_allclose(fit.coefficients, reference["coef"], rtol=NEWTON_RTOL)
