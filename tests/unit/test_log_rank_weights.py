"""Weighted log-rank tests and max-combo as rows of an analysis, and their multiplicity family."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
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

from outcomes.config.base import build
from outcomes.config.plan import Plan
from outcomes.config.survival import LogRankAnalysis
from outcomes.errors import ConfigError
from outcomes.inference import adjust_p_values, wald_p_value
from outcomes.io import shape
from outcomes.models.log_rank import fit_log_rank
from outcomes.models.weighted_log_rank import log_rank, max_combo
from outcomes.stages.collect import adjust_families
from outcomes.tables import ESTIMATES

TERMS = ["G(0, 0)", "G(1, 0)", "G(0, 1)", "G(1, 1)"]


def late(n=240, seed=4):
    """Medication and therapy share a hazard to day 100; then therapy's falls to a quarter."""
    rng = np.random.default_rng(seed)
    arm = np.array(ARMS)[np.arange(n) % 3]
    early = rng.exponential(120, n)
    event = np.where((early > 100) & (arm == "therapy"), 100 + 4 * (early - 100), early)
    return make_frame(np.ceil(np.minimum(event, 400)), event <= 400, arm)


def test_weights_of_0_and_0_are_the_log_rank_test():
    frame = simulate()
    plain = fit_log_rank(frame, plan(LogRankAnalysis, strata=("site",)))
    weighted = fit_log_rank(frame, plan(LogRankAnalysis, strata=("site",), weights={"rho": 0, "gamma": 0}))
    assert weighted.rows == plain.rows
    assert weighted.methods["Model"] == "Log-rank test, two-sided"


def test_late_weights_see_a_late_difference_better():
    rows = {
        gamma: row_of(
            fit_log_rank(late(), plan(LogRankAnalysis, weights={"rho": 0, "gamma": gamma})),
            "log_rank_chi_square", "therapy", "medication",
        ) for gamma in (0, 1)
    }  # fmt: skip
    assert rows[1]["p_value"] < rows[0]["p_value"]


def test_max_combo_leads_each_contrast_and_its_four_parts_follow():
    """The row without a term answers; over all arms there are the four weighted tests only."""
    fit = fit_log_rank(late(), plan(LogRankAnalysis, weights="max_combo"))
    assert_contract(fit)
    assert [row["term"] for row in fit.rows if row.get("arm") is None] == TERMS
    for arm, comparator in (("therapy", "medication"), ("combined", "medication"), ("combined", "therapy")):
        row = row_of(fit, "max_combo", arm, comparator)
        parts = [
            r
            for r in rows_of(fit, "log_rank_chi_square")
            if (r.get("arm"), r.get("comparator")) == (arm, comparator)
        ]
        assert [part["term"] for part in parts] == TERMS
        largest = max(math.sqrt(part["estimate"]) for part in parts)
        assert row["estimate"] == pytest.approx(largest, rel=CLOSED_RTOL)
        assert (row["estimate"], row["df"]) == (row["statistic"], math.inf)
        single = wald_p_value(largest, 1.0)
        assert single < row["p_value"] < 4 * single


def test_max_combo_of_one_event_time_leaves_out_the_weights_without_variance():
    """All events on one day: before it the pooled curve is at 1, so G(0, 1) and G(1, 1) weigh nothing."""
    arm = ["medication"] * 4 + ["therapy"] * 4
    frame = make_frame([5, 9, 9, 9, 5, 5, 5, 9], [1, 0, 0, 0, 1, 1, 1, 0], arm)
    fit = fit_log_rank(
        frame, plan(LogRankAnalysis, weights="max_combo", contrasts=(("therapy", "medication"),))
    )
    assert_contract(fit)
    row = row_of(fit, "max_combo", "therapy", "medication")
    assert row["status"] == "boundary"
    assert row["message"].startswith("G(0, 1), G(1, 1) left out")
    plain = next(r for r in fit.rows if r.get("arm") == "therapy" and r.get("term") == "G(0, 0)")
    assert row["p_value"] == pytest.approx(plain["p_value"], rel=1e-12)
    empty = next(r for r in fit.rows if r.get("arm") == "therapy" and r.get("term") == "G(0, 1)")
    assert empty["status"] == "not_estimable"


def test_max_combo_does_not_depend_on_the_order_of_the_arms_or_the_unit_of_time():
    data = late().data
    data = data[data["arm"] != "combined"]
    time, observed = data["time_days"].to_numpy(), data["observed"].to_numpy()
    group, stratum = (data["arm"] == "therapy").to_numpy(np.int64), np.zeros(len(data), np.int64)
    here, swapped = max_combo(time, observed, group, stratum), max_combo(time, observed, 1 - group, stratum)
    assert here.p_value == pytest.approx(swapped.p_value, rel=1e-10)
    np.testing.assert_allclose(here.z, -swapped.z, rtol=1e-10)
    assert max_combo(time / 365.25, observed, group, stratum).p_value == here.p_value


def test_the_four_statistics_are_tied_by_one_sum():
    """S + (1 - S) = 1, so G(0, 0) is G(1, 0) plus G(0, 1), statistics and covariances alike."""
    data = late().data
    arrays = (
        data["time_days"].to_numpy(), data["observed"].to_numpy(),
        data["arm"].cat.codes.to_numpy(np.int64), np.zeros(len(data), np.int64),
    )  # fmt: skip
    whole, early, later = (log_rank(*arrays, weights) for weights in ((0, 0), (1, 0), (0, 1)))
    np.testing.assert_allclose(whole.observed, early.observed + later.observed, rtol=1e-12)
    np.testing.assert_allclose(whole.expected, early.expected + later.expected, rtol=1e-12)


def test_negative_weights_and_three_groups_are_refused():
    time, observed = np.array([1.0, 2.0, 3.0]), np.ones(3, bool)
    codes, stratum = np.array([0, 1, 2]), np.zeros(3, np.int64)
    with pytest.raises(ValueError, match="negative"):
        log_rank(time, observed, codes, stratum, (-1.0, 0.0))
    with pytest.raises(ValueError, match="two groups"):
        max_combo(time, observed, codes, stratum)


@pytest.mark.parametrize(
    ("weights", "what"),
    [
        (
            "maxcombo",
            "weights: unknown value 'maxcombo' (did you mean 'max_combo'?). Known: log_rank, max_combo",
        ),
        ({"rho": -1}, "weights.rho: must be greater than or equal to 0"),
        ({"rho": 1, "gama": 1}, "weights: unknown key 'gama' (did you mean 'gamma'?). Known: gamma, rho"),
    ],
)
def test_weights_that_are_none_are_refused_with_what_was_meant(weights, what):
    entry = {
        "model": "log_rank", "role": "secondary", "question": "?", "weights": weights,
        "endpoint": {"kind": "time_to_event", "event": "relapse"},
    }  # fmt: skip
    with pytest.raises(ConfigError) as caught:
        build(Plan, {"title": "t", "analyses": {"entry": entry}}, "plan.yaml")
    assert f"analyses.entry.{what}" in str(caught.value)


@pytest.mark.parametrize("weights", ["log_rank", "max_combo"])
def test_no_event_is_said_in_every_row_and_other_contrasts_stand(weights):
    frame = simulate()
    silent = frame.data["arm"].isin(["medication", "therapy"])
    data = frame.data.assign(observed=frame.data["observed"] & ~silent)
    fit = fit_log_rank(with_data(frame, data), plan(LogRankAnalysis, weights=weights))
    assert_contract(fit)
    for row in fit.rows:
        none = (row.get("arm"), row.get("comparator")) == ("therapy", "medication")
        assert (row["status"] == "not_estimable") == none
        assert not none or row["message"] == "no event in these arms"


@pytest.mark.parametrize(
    ("weights", "quantity"), [("log_rank", "log_rank_chi_square"), ("max_combo", "max_combo")]
)
def test_all_pairs_of_a_family_are_adjusted_together_by_holm(weights, quantity):
    """Only the answers of the contrasts enter: neither the test over all arms nor the parts of max-combo."""
    entry = {
        "model": "log_rank", "role": "secondary", "question": "?", "family": "relapse", "weights": weights,
        "endpoint": {"kind": "time_to_event", "event": "relapse"},
    }  # fmt: skip
    whole = build(
        Plan, {"title": "t", "multiplicity": {"relapse": "holm"}, "analyses": {"entry": entry}}, "plan"
    )
    fit = fit_log_rank(simulate(), whole.analyses["entry"])
    identity = {"cohort": "c", "analysis": "entry", "endpoint": "e", "population": "p", "model": "log_rank"}
    rows = adjust_families(shape(pd.DataFrame(fit.rows).assign(**identity), ESTIMATES), whole)
    members = rows[rows["family"].notna()]
    assert set(members["quantity"]) == {quantity}
    assert list(zip(members["arm"], members["comparator"], strict=True)) == [
        ("therapy", "medication"), ("combined", "medication"), ("combined", "therapy")
    ]  # fmt: skip
    expected = adjust_p_values(members["p_value"].tolist(), "holm")
    np.testing.assert_allclose(members["p_adjusted"].to_numpy(float), expected)
    assert (members["p_adjusted"] > members["p_value"]).any()
    assert rows.loc[rows["family"].isna(), "p_adjusted"].isna().all()


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("weights", [(0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (0.5, 0.3)])
def test_arms_that_never_share_a_stratum_are_not_compared(seed, weights):
    """Every risk set has one arm: variances are 0, and not the rounding of a difference, which made p 1."""
    rng, n = np.random.default_rng(seed), 60
    arm = np.arange(n) % 2
    time, observed = np.ceil(rng.exponential(20, n)), rng.random(n) < 0.7
    found = log_rank(time, observed, arm, arm, weights)
    assert math.isnan(found.chi_square)
    assert not found.variance.any()
    assert math.isnan(max_combo(time, observed, arm, arm).statistic)
