"""The Cox analysis: identities of its rows, and what it refuses."""

from __future__ import annotations

import math

import numpy as np
import pytest
from survival_rows import (
    CLOSED_RTOL,
    NEWTON_RTOL,
    assert_contract,
    plan,
    row_of,
    rows_of,
    simulate,
    with_data,
)  # fmt: skip

from outcomes.config.survival import CoxAnalysis
from outcomes.models.counting import few_events
from outcomes.models.cox import fit_cox_model
from outcomes.models.proportional_hazards import fit_cox


def test_swapping_arm_and_comparator_inverts_the_hazard_ratio():
    pairs = (("combined", "medication"), ("medication", "combined"), ("therapy", "combined"),
             ("combined", "therapy"))  # fmt: skip
    fit = fit_cox(simulate(), plan(CoxAnalysis, contrasts=pairs, covariates=("age",)))
    ratios = {(row["arm"], row["comparator"]): row for row in rows_of(fit, "hazard_ratio")}
    assert tuple(ratios) == pairs
    for arm, comparator in pairs:
        one, two = ratios[arm, comparator], ratios[comparator, arm]
        assert one["estimate"] == pytest.approx(1 / two["estimate"], rel=CLOSED_RTOL)
        assert one["ci_low"] == pytest.approx(1 / two["ci_high"], rel=CLOSED_RTOL)
        assert one["p_value"] == pytest.approx(two["p_value"], rel=CLOSED_RTOL)


def test_the_reference_arm_does_not_change_a_contrast():
    """Without medication's patients in the first place, the model of the other two is that pair's own."""
    frame = simulate()
    two = with_data(frame, frame.data[frame.data["arm"] != "therapy"])
    fit = fit_cox(two, plan(CoxAnalysis))
    row = row_of(fit, "hazard_ratio", "combined", "medication")
    coefficient = rows_of(fit, "log_hazard_coefficient")[0]
    assert coefficient["term"] == "combined"
    assert math.log(row["estimate"]) == pytest.approx(coefficient["estimate"], rel=CLOSED_RTOL)
    data = two.data
    assert (row["n_patients"], row["n_events"]) == (len(data), int(data["observed"].sum()))


def test_days_or_weeks_leave_the_hazard_ratio_unchanged():
    frame = simulate()
    weeks = with_data(frame, frame.data.assign(time_days=frame.data["time_days"] / 7))
    analysis = plan(CoxAnalysis, covariates=("age",))
    for one, two in zip(fit_cox(frame, analysis).rows, fit_cox(weeks, analysis).rows, strict=True):
        assert one["estimate"] == pytest.approx(two["estimate"], rel=NEWTON_RTOL)


def test_a_covariates_unit_changes_only_its_own_coefficient():
    frame = simulate()
    large = with_data(frame, frame.data.assign(age=frame.data["age"] * 1e6 + 1e8))
    analysis = plan(CoxAnalysis, covariates=("age",))
    one, two = fit_cox(frame, analysis), fit_cox(large, analysis)
    for a, b in zip(rows_of(one, "hazard_ratio"), rows_of(two, "hazard_ratio"), strict=True):
        assert a["estimate"] == pytest.approx(b["estimate"], rel=NEWTON_RTOL)


def test_categories_are_indicators_of_the_levels_present():
    frame = simulate()
    site = frame.data["site"].cat.add_categories(["nowhere"])
    fit = fit_cox(with_data(frame, frame.data.assign(site=site)), plan(CoxAnalysis, covariates=("site",)))
    terms = [row["term"] for row in rows_of(fit, "log_hazard_coefficient")]
    assert terms == ["therapy", "combined", "site=b", "site=c"]


STANDS = "the log-rank test and the curves can still be read"


def refuse(frame, **options):
    """Fit; every planned contrast has its row, and every row keeps the contract."""
    fit = fit_cox(frame, plan(CoxAnalysis, **options))
    assert_contract(fit)
    assert len(rows_of(fit, "hazard_ratio")) == 3
    return fit


def reasons(fit):
    return {row["message"] for row in rows_of(fit, "hazard_ratio")}


def test_an_arm_without_events_loses_its_contrasts_only():
    """The rest is the limit of the likelihood as that arm's hazard goes to 0: the model without the arm."""
    frame = simulate()
    silent = frame.data["arm"] == "combined"
    fit = refuse(with_data(frame, frame.data.assign(observed=frame.data["observed"] & ~silent)))
    for arm, comparator in (("combined", "medication"), ("combined", "therapy")):
        row = row_of(fit, "hazard_ratio", arm, comparator)
        assert row["status"] == "not_estimable"
        assert row["message"] == f"no event in arm combined; Firth's penalised hazard ratio, {STANDS}"
    without = fit_cox(with_data(frame, frame.data[~silent]), plan(CoxAnalysis))
    kept = row_of(fit, "hazard_ratio", "therapy", "medication")
    assert kept == row_of(without, "hazard_ratio", "therapy", "medication")
    assert fit.warnings[0] == "arm combined has no event and is left out of the model"


def test_the_limit_of_an_arm_without_events_is_the_model_without_it():
    """With its coefficient at -30, the likelihood in the other coefficients is that without the arm."""
    data = simulate().data
    silent = (data["arm"] == "combined").to_numpy()
    observed = data["observed"].to_numpy() & ~silent
    x = (data["arm"] == "therapy").to_numpy(float)[:, None]
    time = data["time_days"].to_numpy()
    full = fit_cox_model(time, observed, x, offset=-30.0 * silent)
    rest = fit_cox_model(time[~silent], observed[~silent], x[~silent])
    assert full.log_likelihood == pytest.approx(rest.log_likelihood, rel=1e-12)  # exp(-30) is 1e-13
    assert full.coefficients[0] == pytest.approx(rest.coefficients[0], rel=1e-10)


def test_no_event_and_few_events_are_refused():
    frame = simulate()
    none = refuse(with_data(frame, frame.data.assign(observed=False)))
    assert reasons(none) == {"no event in any arm; the curves can still be read"}
    assert {row["status"] for row in none.rows} == {"not_estimable"}
    few = np.zeros(len(frame.data), bool)
    few[:4] = True
    fit = refuse(with_data(frame, frame.data.assign(observed=few)))
    assert reasons(fit) == {"4 events in all arms together: fewer than 5; the curves can still be read"}
    assert {row["status"] for row in fit.rows} == {"not_estimable"}


@pytest.mark.parametrize("value", [1.0, 0.1, 1e9])
def test_a_constant_covariate_is_named(value):
    frame = simulate()
    fit = refuse(with_data(frame, frame.data.assign(age=value)), covariates=("age",))
    assert reasons(fit) == {f"'age' does not vary among the patients at risk; {STANDS}"}
    assert {row["status"] for row in fit.rows} == {"not_estimable"}


def test_collinear_covariates_are_named():
    frame = simulate()
    data = frame.data.assign(months=frame.data["age"] * 12 + 3)
    fit = refuse(with_data(frame, data), covariates=("age", "months"))
    assert all("'months' is collinear with" in row["message"] for row in fit.rows)
    assert {row["status"] for row in fit.rows} == {"not_estimable"}


def test_a_covariate_that_is_constant_within_strata_is_refused():
    frame = simulate()
    data = frame.data.assign(size=frame.data["site"].cat.codes.astype(float))
    fit = refuse(with_data(frame, data), covariates=("size",), strata=("site",))
    assert reasons(fit) == {f"'size' does not vary among the patients at risk within every stratum; {STANDS}"}


def test_a_covariate_level_without_events_has_no_maximum():
    """The partial likelihood rises for ever; Firth's does not."""
    frame = simulate()
    mild = np.arange(len(frame.data)) % 5 == 0
    data = frame.data.assign(mild=mild.astype(float), observed=frame.data["observed"] & ~mild)
    fit = refuse(with_data(frame, data), covariates=("mild",))
    for row in rows_of(fit, "hazard_ratio"):
        assert row["status"] == "not_estimable"
        assert "the coefficient of 'mild' runs to infinity" in row["message"]
        assert row["message"].endswith(f"Firth's penalised hazard ratio, {STANDS}")
    assert [row["status"] for row in rows_of(fit, "penalised_hazard_ratio")] == ["ok"] * 3


def test_a_category_level_without_events_is_better_a_stratum():
    frame = simulate()
    data = frame.data.assign(observed=frame.data["observed"] & (frame.data["site"] != "c"))
    refused = refuse(with_data(frame, data), covariates=("site",))
    told = "; with site among strata instead of covariates it would not stand in the way; "
    assert all(told in row["message"] for row in rows_of(refused, "hazard_ratio"))
    as_stratum = fit_cox(with_data(frame, data), plan(CoxAnalysis, strata=("site",)))
    assert {row["status"] for row in rows_of(as_stratum, "hazard_ratio")} == {"ok"}


def test_a_short_stratum_that_ends_the_adjusted_curves_is_told():
    frame = simulate()
    short = frame.data["site"] == "c"
    data = frame.data.assign(
        time_days=np.where(short, np.minimum(frame.data["time_days"], 20), frame.data["time_days"])
    )
    fit = fit_cox(with_data(frame, data), plan(CoxAnalysis, strata=("site",)))
    assert any(
        text.startswith("the adjusted curves end at day 20 of 365: a stratum of site")
        for text in fit.warnings
    )
    assert not any(
        "adjusted curves" in text for text in fit_cox(frame, plan(CoxAnalysis, strata=("site",))).warnings
    )


def test_a_covariate_that_orders_the_events_has_no_maximum():
    """Complete separation: each event has the largest covariate of its risk set."""
    frame = simulate()
    fit = refuse(
        with_data(frame, frame.data.assign(speed=-frame.data["time_days"], observed=True)),
        covariates=("speed",),
    )
    assert {row["status"] for row in fit.rows} == {"not_estimable"}
    assert all("runs to infinity" in row["message"] for row in fit.rows)


def test_few_events_per_coefficient_are_warned_about():
    frame = simulate(n=30)
    events = int(frame.data["observed"].sum())
    fit = fit_cox(frame, plan(CoxAnalysis, covariates=("age",)))
    assert fit.warnings[0].startswith(f"{events} events for 3 coefficients, fewer than 10 each")
    assert few_events(7, 1, " of this cause") == "7 events of this cause for 1 coefficient, fewer than 10: "
    assert fit_cox(simulate(), plan(CoxAnalysis)).warnings == ()


def test_methods_say_what_was_run():
    methods = fit_cox(simulate(), plan(CoxAnalysis, covariates=("age",), strata=("site",))).methods
    assert methods["Ties"] == "Efron"
    assert methods["Adjusted for"] == "Age (years)"
    assert methods["Stratified by"] == "site"
    assert methods["Reference arm"] == "medication"
    assert methods["Engine"] == "outcomes' own (docs/relapse.md)"


def test_missing_covariates_are_refused_and_counted():
    frame = simulate()
    data = frame.data.assign(age=frame.data["age"].mask(np.arange(150) < 2))
    fit = refuse(with_data(frame, data), covariates=("age",), strata=("site",))
    assert reasons(fit) == {"'age' is missing in 2 of 150 patients"}
    assert {row["status"] for row in fit.rows} == {"not_estimable"}


@pytest.mark.parametrize(("value", "word"), [(-3.0, "negative"), (np.nan, "missing"), (np.inf, "infinite")])
def test_times_that_are_none_are_refused_and_counted(value, word):
    frame = simulate()
    data = frame.data.assign(time_days=frame.data["time_days"].mask(np.arange(150) < 2, value))
    fit = refuse(with_data(frame, data), periods_days=(90,), subgroups=("site",), firth="always")
    assert all(f"of 150 times to the event 2 {word}" in reason for reason in reasons(fit))
    assert {row["status"] for row in fit.rows} == {"not_estimable"}


def test_unknown_events_are_refused_and_counted():
    """As truth values, a missing one and a code of 2 would both count as events."""
    frame = simulate()
    status = frame.data["observed"].astype(float)
    for value in (np.nan, 2.0):
        fit = refuse(with_data(frame, frame.data.assign(observed=status.mask(np.arange(150) < 2, value))))
        assert reasons(fit) == {"whether the event happened is unknown in 2 of 150 patients"}


def test_lifelines_says_the_same():
    """Another engine, Efron ties and strata; it stops at a squared step of 1e-18 in standard errors."""
    from lifelines import CoxPHFitter

    frame = simulate()
    data = frame.data
    table = data[["time_days", "observed", "age", "site"]].assign(
        therapy=data["arm"] == "therapy", combined=data["arm"] == "combined"
    )
    oracle = CoxPHFitter().fit(
        table.astype({"therapy": float, "combined": float, "site": str}),
        "time_days", "observed", strata=["site"], fit_options={"precision": 1e-18, "r_precision": 0.0},
    )  # fmt: skip
    rows = rows_of(
        fit_cox(frame, plan(CoxAnalysis, covariates=("age",), strata=("site",))), "log_hazard_coefficient"
    )
    for row in rows:
        assert row["estimate"] == pytest.approx(oracle.params_[row["term"]], rel=NEWTON_RTOL)
        assert row["std_error"] == pytest.approx(oracle.standard_errors_[row["term"]], rel=NEWTON_RTOL)
