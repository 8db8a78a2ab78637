"""RMST over several horizons, as difference and ratio, plain and adjusted: the rows of the analysis."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError
from survival_rows import (
    ARMS,
    CLOSED_RTOL,
    assert_contract,
    make_frame,
    plan,
    row_of,
    rows_of,
    simulate,
    with_data,
)

from outcomes.config.survival import RmstAnalysis
from outcomes.models.rmst import fit_rmst

PAIRS = [("therapy", "medication"), ("combined", "medication"), ("combined", "therapy")]


def at(fit, quantity, day, arm, comparator=None):
    found = [
        row for row in rows_of(fit, quantity)
        if (row.get("arm"), row.get("comparator"), row["time"]) == (arm, comparator, day)
    ]  # fmt: skip
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize("covariates", [(), ("age", "site")])
def test_each_horizon_has_levels_differences_and_ratios_of_every_arm(covariates):
    analysis = plan(RmstAnalysis, horizon_days=250, horizons_days=(90, 180), covariates=covariates)
    fit = fit_rmst(simulate(), analysis)
    assert_contract(fit)
    assert [row["time"] for row in rows_of(fit, "rmst")] == [90.0] * 3 + [180.0] * 3 + [250.0] * 3
    assert {row["status"] for row in fit.rows} == {"ok"}
    for day in (90, 180, 250):
        mean = {arm: at(fit, "rmst", day, arm)["estimate"] for arm in ARMS}
        for arm, comparator in PAIRS:
            difference = at(fit, "rmst_difference", day, arm, comparator)
            ratio = at(fit, "rmst_ratio", day, arm, comparator)
            assert difference["estimate"] == pytest.approx(mean[arm] - mean[comparator], rel=1e-9)
            assert ratio["estimate"] == pytest.approx(mean[arm] / mean[comparator], rel=CLOSED_RTOL)
            assert ratio["scale"] == "log"
    assert fit.methods["Horizon"] == "90, 180, 250 days (pre-specified)"


def test_one_horizon_alone_gives_the_rows_it_has_among_several():
    frame = simulate()
    alone = fit_rmst(frame, plan(RmstAnalysis, horizon_days=250))
    among = fit_rmst(frame, plan(RmstAnalysis, horizon_days=250, horizons_days=(90,)))
    assert [row for row in among.rows if row["time"] == 250] == list(alone.rows)


def test_the_ratios_error_is_the_delta_methods():
    fit = fit_rmst(simulate(), plan(RmstAnalysis, horizon_days=250))
    one, two = row_of(fit, "rmst", "combined"), row_of(fit, "rmst", "medication")
    row = row_of(fit, "rmst_ratio", "combined", "medication")
    error = math.hypot(one["std_error"] / one["estimate"], two["std_error"] / two["estimate"])
    assert row["std_error"] == pytest.approx(error, rel=CLOSED_RTOL)
    assert row["ci_low"] == pytest.approx(row["estimate"] * math.exp(-1.959963984540054 * error), rel=1e-12)


def test_adjusting_for_what_separates_the_arms_changes_the_difference_and_names_the_covariate():
    frame = simulate(n=300)
    older = frame.data.assign(
        age=frame.data["age"] + 15 * (frame.data["arm"] == "combined") - 0.05 * frame.data["time_days"]
    )
    plain = fit_rmst(with_data(frame, older), plan(RmstAnalysis, horizon_days=250))
    adjusted = fit_rmst(with_data(frame, older), plan(RmstAnalysis, horizon_days=250, covariates=("age",)))
    pair = ("rmst_difference", "combined", "medication")
    assert row_of(adjusted, *pair)["estimate"] > row_of(plain, *pair)["estimate"] + 10
    assert adjusted.methods["Covariates"] == "Age (years)"
    assert "pseudo-values" in adjusted.methods["Model"]


def test_few_patients_for_the_robust_variance_are_told_where_it_is_adjusted():
    adjusted = fit_rmst(simulate(), plan(RmstAnalysis, horizon_days=200, covariates=("age",)))
    assert adjusted.warnings == (
        "150 patients, fewer than 250: the robust standard errors (HC0) of adjusted restricted means may be "
        "too small",
    )
    assert fit_rmst(simulate(n=300), plan(RmstAnalysis, horizon_days=200, covariates=("age",))).warnings == ()
    assert fit_rmst(simulate(), plan(RmstAnalysis, horizon_days=200)).warnings == ()


def test_the_units_of_a_covariate_do_not_matter_nor_does_the_order_of_rows():
    frame, analysis = simulate(), plan(RmstAnalysis, horizon_days=250, covariates=("age", "site"))
    here = fit_rmst(frame, analysis)
    seconds = with_data(frame, frame.data.assign(age=frame.data["age"] * 3.2e7))
    shuffled = with_data(frame, frame.data.sample(frac=1, random_state=5))
    assert fit_rmst(shuffled, analysis).rows == here.rows
    for one, two in zip(here.rows, fit_rmst(seconds, analysis).rows, strict=True):
        assert one["estimate"] == pytest.approx(two["estimate"], rel=1e-9)
        assert one["std_error"] == pytest.approx(two["std_error"], rel=1e-9)


def test_an_arm_that_ends_before_the_horizon_is_left_out_of_the_regression():
    """The rest is what it would be had the arm never been there."""
    frame = simulate(n=300)
    data = frame.data
    short = data["arm"] == "therapy"
    data = data.assign(
        observed=data["observed"] & ~(short & (data["time_days"] > 100)),
        time_days=data["time_days"].where(~short, np.minimum(data["time_days"], 100)),
    )
    analysis = plan(RmstAnalysis, horizon_days=250, covariates=("age",))
    fit = fit_rmst(with_data(frame, data), analysis)
    assert_contract(fit)
    assert "beyond the follow-up of arm therapy (100 days)" in row_of(fit, "rmst", "therapy")["message"]
    without = fit_rmst(with_data(frame, data[~short]), analysis)
    for quantity in ("rmst_difference", "rmst_ratio"):
        pair = (quantity, "combined", "medication")
        assert row_of(fit, *pair) == row_of(without, *pair)
        assert row_of(fit, quantity, "therapy", "medication")["status"] == "not_estimable"


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"age": 40.0}, "'age' does not vary among the patients analysed"),
        ({"site": pd.Categorical(["a"] * 150)}, "'site' does not vary among the patients analysed"),
    ],
)
def test_a_constant_covariate_is_named_in_every_row(columns, message):
    frame = simulate()
    fit = fit_rmst(
        with_data(frame, frame.data.assign(**columns)), plan(RmstAnalysis, covariates=("age", "site"))
    )
    assert_contract(fit)
    assert {(row["status"], row["message"]) for row in fit.rows} == {("not_estimable", message)}


def test_more_coefficients_than_patients_are_refused():
    arm = ["medication"] * 2 + ["therapy"] * 2
    site = pd.Categorical(["a", "b", "c", "a"])
    frame = make_frame([5, 9, 7, 9], [1, 0, 1, 0], arm, site=site)
    fit = fit_rmst(frame, plan(RmstAnalysis, covariates=("site",), contrasts=(("therapy", "medication"),)))
    assert row_of(fit, "rmst", "medication")["message"] == "4 patients are too few for 4 coefficients"


def test_an_adjusted_arm_without_events_has_a_difference_without_a_test():
    frame = simulate()
    data = frame.data.assign(observed=frame.data["observed"] & (frame.data["arm"] != "combined"))
    fit = fit_rmst(with_data(frame, data), plan(RmstAnalysis, horizon_days=200, covariates=("age",)))
    assert_contract(fit)
    row = row_of(fit, "rmst_difference", "combined", "medication")
    assert row["status"] == "boundary"
    assert "one arm has no variance" in row["message"]
    assert "p_value" not in row
    assert row_of(fit, "rmst_difference", "therapy", "medication")["status"] == "ok"


def test_a_contrast_that_covariates_explain_without_rest_has_no_variance():
    """Whoever is 80 has the event at once, nobody else has any: no residual is left, in either arm."""
    n = 30
    age = np.where(np.arange(n) < 2, 80.0, 40.0)
    time = np.where(age == 80, 5.0, 20.0)
    arm = np.where(np.arange(n) % 2 == 0, "therapy", "combined")
    frame = make_frame(time, age == 80, arm, age=age)
    pair = (("combined", "therapy"),)
    fit = fit_rmst(frame, plan(RmstAnalysis, horizon_days=20, covariates=("age",), contrasts=pair))
    assert_contract(fit)
    for quantity in ("rmst_difference", "rmst_ratio"):
        row = row_of(fit, quantity, "combined", "therapy")
        assert row["status"] == "not_estimable"
        assert row["message"].startswith("the covariates explain all")


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"horizons_days": (90,)}, "give horizon_days"),
        ({"horizon_days": 90, "horizons_days": (90,)}, "90 not below horizon_days"),
        ({"horizon_days": 90, "horizons_days": (30, 120)}, "120 not below horizon_days"),
        ({"horizon_days": 90, "horizons_days": (60, 30)}, "rising"),
        ({"horizon_days": 90, "horizons_days": (0, 30)}, "greater than 0"),
    ],
)
def test_the_headline_horizon_is_the_longest(options, match):
    with pytest.raises(ValidationError, match=match):
        plan(RmstAnalysis, **options)
