"""What stands beside the hazard ratio: Firth's, proportionality, periods, subgroups, clusters, curves."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from survival_rows import (
    ARMS,
    NEWTON_RTOL,
    assert_contract,
    make_frame,
    plan,
    row_of,
    rows_of,
    simulate,
    with_data,
)

from outcomes.config.survival import CoxAnalysis, RmstAnalysis
from outcomes.models.proportional_hazards import fit_cox
from outcomes.models.rmst import fit_rmst

PAIRS = [("therapy", "medication"), ("combined", "medication"), ("combined", "therapy")]
PROFILE_RTOL = 1e-7  # limits are found to 1e-9 of a normal quantile


def fit(frame, **options):
    found = fit_cox(frame, plan(CoxAnalysis, **options))
    assert_contract(found)
    return found


def without_events(arm="combined", also=()):
    frame = simulate()
    silent = frame.data["arm"].isin([arm, *also])
    return with_data(frame, frame.data.assign(observed=frame.data["observed"] & ~silent))


def late_effect(n=300):
    """Combined treatment halves nothing for 100 days, and then prevents nearly everything."""
    rng = np.random.default_rng(11)
    arm = np.array(ARMS)[np.arange(n) % 3]
    early, later = rng.exponential(150, n), rng.exponential(np.where(arm == "combined", 3000, 100))
    time = np.where(early < 100, early, 100 + later)
    return make_frame(np.ceil(np.minimum(time, 400)), time <= 400, arm, age=rng.normal(45, 10, n))


def pairs_of(rows):
    return [(row["arm"], row["comparator"]) for row in rows]


# ---------- Firth


def test_firth_stands_beside_the_contrasts_of_an_arm_without_events():
    rows = rows_of(fit(without_events()), "penalised_hazard_ratio")
    assert pairs_of(rows) == PAIRS[1:]
    for row in rows:
        assert row["status"] == "ok"
        assert 0 < row["ci_low"] < row["estimate"] < row["ci_high"] < 1
        assert row["df"] == 1


def test_firth_is_reported_always_or_never_as_planned():
    assert pairs_of(rows_of(fit(simulate(), firth="always"), "penalised_hazard_ratio")) == PAIRS
    assert rows_of(fit(simulate()), "penalised_hazard_ratio") == []
    never = fit(without_events(), firth="never")
    assert rows_of(never, "penalised_hazard_ratio") == []
    assert "Firth" not in row_of(never, "hazard_ratio", "combined", "therapy")["message"]


def test_two_arms_without_events_are_not_compared_by_the_penalty_alone():
    found = fit(without_events(also=("therapy",)), firth="always")
    row = row_of(found, "penalised_hazard_ratio", "combined", "therapy")
    assert (row["status"], row["message"]) == ("not_estimable", "no event in arm combined and arm therapy")
    assert row_of(found, "penalised_hazard_ratio", "combined", "medication")["status"] == "ok"


def test_swapping_arm_and_comparator_inverts_firths_ratio_and_its_limits():
    found = fit(without_events(), contrasts=(("combined", "therapy"), ("therapy", "combined")))
    one, two = rows_of(found, "penalised_hazard_ratio")
    assert one["estimate"] == pytest.approx(1 / two["estimate"], rel=PROFILE_RTOL)
    assert one["ci_low"] == pytest.approx(1 / two["ci_high"], rel=PROFILE_RTOL)
    assert one["p_value"] == pytest.approx(two["p_value"], rel=PROFILE_RTOL)


# ---------- proportionality


def test_arms_are_one_term_of_the_test_and_a_category_is_another():
    found = fit(simulate(), covariates=("age", "site"))
    rows = rows_of(found, "proportionality_chi_square")
    assert [(row["term"], row["df"]) for row in rows] == [
        ("treatment", 2), ("age", 1), ("site", 2), ("global", 5)
    ]  # fmt: skip
    assert found.methods["Proportional hazards"].startswith("not rejected (p = ")
    assert rows_of(found, "rmst_difference") == []
    assert found.warnings == ()


def test_the_reference_arm_does_not_change_the_test():
    frame = simulate()
    renamed = {"medication": "combined", "combined": "medication", "therapy": "therapy"}
    turned = frame.data["arm"].astype(str).map(renamed)
    data = frame.data.assign(arm=pd.Categorical(turned, categories=ARMS, ordered=True))
    one, two = (rows_of(fit(f), "proportionality_chi_square")[0] for f in (frame, with_data(frame, data)))
    assert one["statistic"] == pytest.approx(two["statistic"], rel=NEWTON_RTOL)


def test_an_effect_that_comes_late_is_found_said_and_answered_by_restricted_means():
    found = fit(late_effect())
    test = rows_of(found, "proportionality_chi_square")[0]
    assert test["p_value"] < 0.001
    assert found.methods["Proportional hazards"] == "rejected (p < 0.001, treatment)"
    assert "weights that depend on the censoring" in found.warnings[-1]
    assert found.warnings[-1].endswith("restricted mean survival time leads")
    assert pairs_of(rows_of(found, "rmst_difference")) == PAIRS
    curve = [row for row in rows_of(found, "hazard_ratio_over_time") if pairs_of([row]) == [PAIRS[1]]]
    assert len(curve) == 40
    assert curve[-1]["estimate"] < 0.3 < curve[0]["estimate"]
    assert [row["time"] for row in curve] == sorted({row["time"] for row in curve})


def test_restricted_means_beside_an_adjusted_model_are_adjusted_and_say_that_their_horizon_is_of_the_data():
    frame = late_effect()
    age = np.random.default_rng(2).normal(45, 10, len(frame.data))
    frame = with_data(frame, frame.data.assign(age=age))
    found = fit(frame, covariates=("age",))
    adjusted = fit_rmst(frame, plan(RmstAnalysis, covariates=("age",)))
    assert rows_of(found, "rmst_difference") == rows_of(adjusted, "rmst_difference")
    assert set(adjusted.warnings) < set(found.warnings)
    fact = found.methods["Restricted means"]
    assert "the shortest arm's longest follow-up" in fact
    assert fact.endswith("adjusted for Age (years) by regression of pseudo-values")
    assert fit(late_effect()).methods["Restricted means"].endswith("adjusted for nothing")


def test_the_hazard_ratio_over_time_turns_around_with_its_contrast():
    found = fit(simulate(), contrasts=(("combined", "therapy"), ("therapy", "combined")))
    rows = rows_of(found, "hazard_ratio_over_time")
    for one, two in zip(rows[:40], rows[40:], strict=True):
        assert one["estimate"] == pytest.approx(1 / two["estimate"], rel=NEWTON_RTOL)
        assert one["std_error"] == pytest.approx(two["std_error"], rel=NEWTON_RTOL)


def test_few_times_of_events_give_no_smooth_line():
    frame = simulate()
    data = frame.data.assign(time_days=100 * np.ceil(frame.data["time_days"] / 100))
    rows = rows_of(fit(with_data(frame, data)), "hazard_ratio_over_time")
    assert {row["message"].split(":")[0] for row in rows} == {"4 distinct times of events"}


# ---------- periods and subgroups


def test_one_period_is_the_whole():
    found = fit(simulate(), periods_days=(1000,))
    for pair in PAIRS:
        rows = [row for row in rows_of(found, "period_hazard_ratio") if pairs_of([row]) == [pair]]
        assert [row["term"] for row in rows] == ["days 0 to 1000", "days 1000 and later"]
        whole = row_of(found, "hazard_ratio", *pair)
        assert rows[0]["estimate"] == pytest.approx(whole["estimate"], rel=NEWTON_RTOL)
        assert (rows[0]["n_patients"], rows[0]["n_events"]) == (whole["n_patients"], whole["n_events"])
        assert (rows[1]["status"], rows[1]["n_patients"]) == ("not_estimable", 0)
    assert rows_of(found, "interaction_chi_square")[0]["status"] == "not_estimable"


def test_without_covariates_a_period_is_the_model_of_its_rows_alone():
    frame, cut = simulate(), 60
    first = frame.data.assign(
        observed=frame.data["observed"] & (frame.data["time_days"] <= cut),
        time_days=frame.data["time_days"].clip(upper=cut),
    )
    later = frame.data[frame.data["time_days"] > cut]
    found = fit(frame, periods_days=(cut,))
    for k, data in enumerate((first, later)):
        alone = fit(with_data(frame, data))
        for pair in PAIRS:
            row = [r for r in rows_of(found, "period_hazard_ratio") if pairs_of([r]) == [pair]][k]
            expected = row_of(alone, "hazard_ratio", *pair)
            for key in ("estimate", "std_error"):
                assert row[key] == pytest.approx(expected[key], rel=NEWTON_RTOL)
            assert (row["n_patients"], row["n_events"]) == (expected["n_patients"], expected["n_events"])


def test_subgroups_that_are_strata_are_the_models_of_their_levels():
    frame = simulate()
    found = fit(frame, subgroups=("site",), strata=("site",))
    for site in "abc":
        alone = fit(with_data(frame, frame.data[frame.data["site"] == site]))
        for row in rows_of(found, "subgroup_hazard_ratio"):
            if row["term"] == f"site={site}":
                expected = row_of(alone, "hazard_ratio", row["arm"], row["comparator"])
                assert row["estimate"] == pytest.approx(expected["estimate"], rel=NEWTON_RTOL)
                assert row["n_events"] == expected["n_events"]
    test = rows_of(found, "interaction_chi_square")[0]
    assert (test["term"], test["df"], test["status"]) == ("site", 4, "ok")


def test_a_level_in_which_an_arm_has_no_event_is_refused_there_only():
    frame = simulate()
    none = (frame.data["arm"] == "combined") & (frame.data["site"] == "b")
    found = fit(
        with_data(frame, frame.data.assign(observed=frame.data["observed"] & ~none)), subgroups=("site",)
    )
    for row in rows_of(found, "subgroup_hazard_ratio"):
        touched = row["arm"] == "combined" and row["term"] == "site=b"
        assert (row["status"] == "not_estimable") == touched
        assert not touched or row["message"] == "no event in arm combined in site=b"
    test = rows_of(found, "interaction_chi_square")[0]
    assert (test["status"], test["df"]) == ("boundary", 2)
    assert test["message"] == "left out: no event in arm combined in site=b"


def test_every_planned_effect_of_a_failed_analysis_has_its_row():
    frame = simulate()
    options = {"periods_days": (60,), "subgroups": ("site",), "covariates": ("age",)}
    complete = fit(frame, **options)
    failed = fit(with_data(frame, frame.data.assign(age=1.0)), **options)
    for quantity in (
        "hazard_ratio",
        "period_hazard_ratio",
        "subgroup_hazard_ratio",
        "interaction_chi_square",
    ):
        keys = [
            [(r.get("term"), r.get("arm"), r.get("comparator")) for r in rows_of(found, quantity)]
            for found in (complete, failed)
        ]
        assert keys[0] == keys[1]
    assert {row["status"] for row in failed.rows} == {"not_estimable"}
    assert all("'age' does not vary" in row["message"] for row in failed.rows)


# ---------- clusters and curves


def test_clusters_change_the_errors_and_not_the_ratios():
    frame = simulate()
    data = frame.data.assign(practice=pd.Categorical([f"q{k // 3:02d}" for k in range(150)]))
    plain, robust = fit(frame), fit(with_data(frame, data), cluster="practice")
    for pair in PAIRS:
        one, two = (row_of(found, "hazard_ratio", *pair) for found in (plain, robust))
        assert one["estimate"] == pytest.approx(two["estimate"], rel=NEWTON_RTOL)
        assert one["std_error"] != pytest.approx(two["std_error"], rel=1e-3)
    assert robust.methods["Variance"].startswith("robust, clusters of practice")


def test_an_arm_in_one_cluster_has_no_robust_variance():
    """Its scores add to nearly 0: with clusters that are the arms the error would be 0.001 and not 0.15."""
    frame = simulate()
    site = np.where(frame.data["arm"] == "therapy", "own", (np.arange(150) % 20).astype(str))
    sex = np.where(np.arange(150) % 2 == 0, "f", "m")
    found = fit(
        with_data(frame, frame.data.assign(site=site, sex=sex)),
        cluster="site", periods_days=(60,), subgroups=("sex",),
    )  # fmt: skip
    why = "all patients of arm therapy are in one cluster: the effect cannot be told from that of the cluster"
    for quantity in ("hazard_ratio", "period_hazard_ratio", "subgroup_hazard_ratio"):
        for row in rows_of(found, quantity):
            alone = "therapy" in (row["arm"], row["comparator"])
            few = "boundary" if quantity == "hazard_ratio" else "ok"
            assert row["status"] == ("not_estimable" if alone else few)
            assert not alone or "are in one cluster" in row["message"]
            assert alone or few == "ok" or row["message"].startswith("21 clusters, fewer than 30")
    assert row_of(found, "hazard_ratio", "therapy", "medication")["message"].startswith(why)
    statuses = {row["term"]: row["status"] for row in rows_of(found, "log_hazard_coefficient")}
    assert statuses == {"therapy": "not_estimable", "combined": "ok"}
    assert {row["status"] for row in rows_of(found, "interaction_chi_square")} == {"not_estimable"}


def test_too_few_clusters_have_no_robust_variance():
    found = fit(simulate(), cluster="site", covariates=("age",))
    assert found.methods["Test of proportionality"].endswith("without clusters")
    assert found.methods["Hazard ratio over time"].endswith("without clusters")
    row = row_of(found, "hazard_ratio", "combined", "therapy")
    assert row["status"] == "not_estimable"
    assert row["message"].startswith("3 clusters for 3 coefficients")
    assert rows_of(found, "penalised_hazard_ratio") == []


def test_an_adjusted_curve_falls_within_its_limits_and_is_the_arms_own():
    found = fit(simulate(), covariates=("age",))
    for arm in ARMS:
        rows = [row for row in rows_of(found, "predicted_survival") if row["arm"] == arm]
        values = [row["estimate"] for row in rows]
        assert values == sorted(values, reverse=True)
        assert all(0 < row["ci_low"] < row["estimate"] < row["ci_high"] < 1 for row in rows)
        assert math.isclose(rows[0]["time"], 1.0)
    assert rows_of(fit(simulate()), "predicted_survival") == []


def test_breslow_ties_are_said_and_used():
    efron, breslow = fit(simulate()), fit(simulate(), ties="breslow")
    assert breslow.methods["Ties"] == "Breslow"
    pair = ("combined", "therapy")
    assert (
        row_of(efron, "hazard_ratio", *pair)["estimate"] != row_of(breslow, "hazard_ratio", *pair)["estimate"]
    )
