"""Competing risks in the pipeline: everything together, identities across rows, and what is refused."""

from __future__ import annotations

import math

import numpy as np
import pytest
from competing_rows import CAUSES, competing_frame, draw, plan, simulate
from survival_rows import ARMS, assert_contract, row_of, rows_of, with_data
from survival_rows import plan as survival_plan

from outcomes.config.survival import KaplanMeierAnalysis
from outcomes.models.competing.gray import gray_test
from outcomes.models.competing_risks import fit_competing_risks
from outcomes.models.kaplan_meier import fit_kaplan_meier

CLOSED_RTOL = 1e-12  # the same sums
CONTRASTS = (
    "risk_difference", "gray_chi_square", "cause_specific_hazard_ratio", "subdistribution_hazard_ratio"
)  # fmt: skip

PAIRS = (("therapy", "medication"), ("combined", "medication"), ("combined", "therapy"))


def of_cause(fit, quantity, cause, *pair):
    found = [
        row for row in rows_of(fit, quantity)
        if row["term"] == cause and (row.get("arm"), row.get("comparator")) == (pair or (None, None))
    ]  # fmt: skip
    assert len(found) == 1
    return found[0]


def curve_of(fit, cause, arm):
    return [row for row in rows_of(fit, "cumulative_incidence") if (row["term"], row["arm"]) == (cause, arm)]


def followed_to(frame, arm, day):
    """The same frame with the times of one arm cut off at a day."""
    data = frame.data
    cut = ((data["arm"] == arm) & (data["time_days"] > day)).to_numpy()
    cause = data["cause"].mask(cut)
    return with_data(frame, data.assign(time_days=data["time_days"].mask(cut, day), cause=cause))


def recode(frame, change):
    """`change` takes the codes (0 censored, 1 relapse, 2 death) and the arms, and returns codes."""
    data = frame.data
    code = change(data["cause"].cat.codes.to_numpy() + 1, data["arm"].astype(str).to_numpy())
    covariates = {name: data[name].to_numpy() for name in ("age",)} | {"site": data["site"]}
    return competing_frame(data["time_days"], code, data["arm"], **covariates)


def test_every_cause_and_contrast_has_every_answer():
    fit = fit_competing_risks(simulate(), plan(covariates=("age",), strata=("site",), at_days=(90, 180)))
    assert_contract(fit)
    for cause in CAUSES:
        assert of_cause(fit, "gray_chi_square", cause)["df"] == 2
        for arm, comparator in PAIRS:
            for quantity in CONTRASTS[1:]:
                row = of_cause(fit, quantity, cause, arm, comparator)
                assert row["status"] == "ok"
                assert 0 <= row["p_value"] <= 1
            days = [r["time"] for r in rows_of(fit, "risk_difference")
                    if (r["term"], r["arm"], r["comparator"]) == (cause, arm, comparator)]  # fmt: skip
            assert days == [90, 180]


def test_incidences_and_the_event_free_add_to_one_in_the_rows():
    fit = fit_competing_risks(simulate(), plan(at_days=(50, 100, 200)))
    for arm in ARMS:
        for free in (row for row in rows_of(fit, "survival_probability") if row["arm"] == arm):
            parts = [row["estimate"] for row in rows_of(fit, "cumulative_incidence")
                     if (row["arm"], row["time"]) == (arm, free["time"])]  # fmt: skip
            assert len(parts) == 2
            assert sum(parts) + free["estimate"] == 1.0


def test_the_event_free_are_kaplan_meiers_of_any_event():
    frame = simulate()
    fit = fit_competing_risks(frame, plan(at_days=(100,)))
    curve = fit_kaplan_meier(frame, survival_plan(KaplanMeierAnalysis, at_risk_days=(0, 100)))
    for free in rows_of(fit, "survival_probability"):
        (row,) = (r for r in rows_of(curve, "survival_probability")
                  if (r["arm"], r["time"]) == (free["arm"], 100))  # fmt: skip
        for key in ("estimate", "std_error", "ci_low", "ci_high"):
            assert free[key] == pytest.approx(row[key], rel=1e-10)


def test_a_difference_is_that_of_the_incidences_with_independent_errors():
    fit = fit_competing_risks(simulate(), plan(at_days=(100,)))
    one, two = (
        next(r for r in rows_of(fit, "cumulative_incidence")
             if (r["term"], r["arm"], r["time"]) == ("relapse", arm, 100))
        for arm in ("combined", "medication")
    )  # fmt: skip
    row = of_cause(fit, "risk_difference", "relapse", "combined", "medication")
    assert row["estimate"] == pytest.approx(one["estimate"] - two["estimate"], rel=CLOSED_RTOL)
    assert row["std_error"] == pytest.approx(math.hypot(one["std_error"], two["std_error"]), rel=CLOSED_RTOL)
    assert row["statistic"] == pytest.approx(row["estimate"] / row["std_error"], rel=CLOSED_RTOL)


def test_a_contrasts_gray_test_rests_on_its_two_arms():
    frame = simulate()
    row = of_cause(fit_competing_risks(frame, plan()), "gray_chi_square", "death", "combined", "therapy")
    two = frame.data[frame.data["arm"] != "medication"]
    alone = gray_test(
        two["time_days"].to_numpy(), two["cause"].cat.codes.to_numpy() + 1,
        (two["arm"] == "combined").to_numpy(dtype=np.int64), of_interest=2,
    )  # fmt: skip
    assert row["estimate"] == pytest.approx(alone.chi_square, rel=CLOSED_RTOL)


def test_the_two_hazards_tell_different_things():
    """Arms alike in the hazard of relapse; in the combined arm deaths come first, so fewer relapse."""
    rng = np.random.default_rng(1)
    arm = np.array(ARMS)[np.arange(1500) % 3]
    relapse = rng.exponential(100, 1500)
    death = rng.exponential(np.where(arm == "combined", 40, 400))
    time = np.ceil(np.minimum(np.minimum(relapse, death), 300))
    code = np.where(time == 300, 0, np.where(relapse < death, 1, 2))
    fit = fit_competing_risks(competing_frame(time, code, arm), plan())
    pair = ("combined", "medication")
    specific = of_cause(fit, "cause_specific_hazard_ratio", "relapse", *pair)
    assert specific["ci_low"] < 1 < specific["ci_high"]
    assert of_cause(fit, "subdistribution_hazard_ratio", "relapse", *pair)["ci_high"] < 0.6
    assert of_cause(fit, "risk_difference", "relapse", *pair)["ci_high"] < -0.3


def test_row_order_does_not_matter():
    frame, analysis = simulate(), plan(covariates=("age",), strata=("site",))
    shuffled = with_data(frame, frame.data.sample(frac=1, random_state=3))
    assert fit_competing_risks(shuffled, analysis).rows == fit_competing_risks(frame, analysis).rows


def test_swapping_arm_and_comparator_turns_every_contrast():
    frame = simulate()
    one = fit_competing_risks(frame, plan(contrasts=[("combined", "therapy")]))
    other = fit_competing_risks(frame, plan(contrasts=[("therapy", "combined")]))
    for cause in CAUSES:
        for quantity, sign in zip(CONTRASTS, (-1, 1, -1, -1), strict=True):
            row = of_cause(one, quantity, cause, "combined", "therapy")
            turned = of_cause(other, quantity, cause, "therapy", "combined")
            assert turned["statistic"] == pytest.approx(sign * row["statistic"], rel=1e-9)
            assert turned["p_value"] == pytest.approx(row["p_value"], rel=1e-8)


def test_which_cause_is_asked_about_does_not_change_its_numbers():
    frame = simulate()
    swapped = frame.data["cause"].cat.reorder_categories(["death", "relapse"])
    one, other = (
        fit_competing_risks(f, plan(covariates=("age",)))
        for f in (frame, with_data(frame, frame.data.assign(cause=swapped)))
    )
    for cause in CAUSES:
        for quantity in CONTRASTS:
            row, turned = (of_cause(fit, quantity, cause, "combined", "therapy") for fit in (one, other))
            for key in ("estimate", "statistic", "p_value", "n_events"):
                assert turned[key] == pytest.approx(row[key], rel=1e-9)


def test_censoring_by_arm_changes_only_the_subdistribution():
    everyone, by_arm = (
        fit_competing_risks(simulate(), plan(censoring=whose)) for whose in ("everyone", "by_arm")
    )
    for row, other in zip(everyone.rows, by_arm.rows, strict=True):
        assert (row == other) == (row["quantity"] != "subdistribution_hazard_ratio")


# ---------- what is said beside the numbers


def test_the_reader_is_told_what_the_ratio_is_not_and_what_was_not_fixed():
    fit = fit_competing_risks(simulate(), plan(covariates=("age",)))
    assert any("not an effect on a rate" in warning for warning in fit.warnings)
    assert any("was not fixed beforehand" in warning for warning in fit.warnings)
    assert fit.methods["Causes"] == "relapse; death"
    assert fit.methods["Adjusted for"] == "hazards: Age (years); incidences and tests: nothing"
    fixed = fit_competing_risks(simulate(), plan(at_days=(100,)))
    assert not any("was not fixed" in warning for warning in fixed.warnings)


def test_few_events_are_told_by_cause_and_arm():
    few = recode(simulate(), lambda code, _: np.where((code == 2) & (np.cumsum(code == 2) > 12), 0, code))
    fit = fit_competing_risks(few, plan(covariates=("age",)))
    assert any(w == "death: its incidence rests on fewer than 10 events in every arm" for w in fit.warnings)
    assert any(w.startswith("death: 12 events of this cause for 3 coefficients") for w in fit.warnings)
    two = recode(simulate(), lambda code, arm: np.where((code == 2) & (arm != "combined"), 0, code))
    said = "death: its incidence rests on fewer than 10 events in arm medication, arm therapy"
    assert said in fit_competing_risks(two, plan()).warnings


def test_events_that_came_too_late_to_count_are_told():
    frame = simulate()
    late = (frame.data["cause"].isna() & (frame.data["time_days"] < 100)).to_numpy()
    fit = fit_competing_risks(with_data(frame, frame.data.assign(event_after_censoring=late)), plan())
    assert any(w.startswith(f"{late.sum()} patients have one of the events on a day") for w in fit.warnings)


# ---------- refusals


def test_an_arm_without_an_event_of_the_cause_keeps_its_incidence_and_test():
    frame = recode(simulate(), lambda code, arm: np.where((arm == "combined") & (code == 2), 0, code))
    fit = fit_competing_risks(frame, plan())
    assert_contract(fit)
    for quantity in CONTRASTS[2:]:
        row = of_cause(fit, quantity, "death", "combined", "therapy")
        assert (row["status"], row["message"]) == (
            "not_estimable",
            "no event of this cause in arm combined; the cumulative incidences and Gray's test stand",
        )
        assert of_cause(fit, quantity, "death", "therapy", "medication")["status"] == "ok"
        assert of_cause(fit, quantity, "relapse", "combined", "therapy")["status"] == "ok"
    assert of_cause(fit, "gray_chi_square", "death", "combined", "therapy")["status"] == "ok"
    difference = of_cause(fit, "risk_difference", "death", "combined", "therapy")
    assert difference["status"] == "boundary"
    assert "p_value" not in difference
    curve = curve_of(fit, "death", "combined")
    assert {row["estimate"] for row in curve} == {0.0}
    assert {row["status"] for row in curve if row["time"] > 0} == {"boundary"}


def test_a_cause_that_nobody_had_says_so():
    fit = fit_competing_risks(
        recode(simulate(), lambda code, _: np.where(code == 2, 0, code)), plan(at_days=(90,))
    )
    assert_contract(fit)
    said = {row["message"] for row in fit.rows if row.get("comparator") and row["term"] == "death"}
    assert said == {
        "no event of this cause in any arm",
        "no event of this cause in these arms",
        "no event of this cause, or everyone's, in both arms: the difference has no standard error",
    }
    assert {r["status"] for r in fit.rows if r.get("comparator") and r["term"] == "relapse"} == {"ok"}


def test_fewer_than_five_events_have_no_hazard_ratio():
    def leave_four(code, arm):
        kept = code != 2
        for name, n in zip(ARMS, (2, 1, 1), strict=True):
            kept[np.flatnonzero((code == 2) & (arm == name))[:n]] = True
        return np.where(kept, code, 0)

    fit = fit_competing_risks(recode(simulate(), leave_four), plan())
    row = of_cause(fit, "subdistribution_hazard_ratio", "death", "therapy", "medication")
    assert row["message"].startswith("4 events of this cause in all arms together: fewer than 5; the cumul")


@pytest.mark.parametrize(("column", "said"), [("constant", "does not vary"), ("twice", "collinear")])
def test_a_constant_or_collinear_covariate_is_named_and_the_rest_stands(column, said):
    frame = simulate()
    data = frame.data.assign(constant=1.0, twice=2 * frame.data["age"])
    fit = fit_competing_risks(with_data(frame, data), plan(covariates=("age", column)))
    assert_contract(fit)
    for quantity in CONTRASTS[2:]:
        row = of_cause(fit, quantity, "relapse", "combined", "therapy")
        assert row["status"] == "not_estimable"
        assert f"'{column}'" in row["message"]
        assert said in row["message"]
        assert row["message"].endswith("the cumulative incidences and Gray's test stand")
    assert of_cause(fit, "gray_chi_square", "relapse")["status"] == "ok"


def test_separation_is_named():
    frame = simulate()
    fit = fit_competing_risks(
        with_data(frame, frame.data.assign(age=(frame.data["cause"] == "relapse").astype(float))),
        plan(covariates=("age",)),
    )
    row = of_cause(fit, "subdistribution_hazard_ratio", "relapse", "combined", "therapy")
    assert row["status"] == "not_estimable"
    assert "'age' runs to infinity" in row["message"]


def test_an_absent_arm_is_named_and_the_other_contrast_stands():
    frame = simulate()
    fit = fit_competing_risks(with_data(frame, frame.data[frame.data["arm"] != "therapy"]), plan())
    assert_contract(fit)
    for row in fit.rows:
        if row["quantity"] != "number_at_risk":
            touched = "therapy" in (row.get("arm"), row.get("comparator"))
            assert (row["status"] == "not_estimable") == touched
            if touched:
                assert row["message"] == "no patients with follow-up in arm therapy"


def test_nobody_at_all_gives_reasons_not_a_crash():
    frame = simulate()
    fit = fit_competing_risks(with_data(frame, frame.data.iloc[:0]), plan())
    assert_contract(fit)
    assert {row["status"] for row in fit.rows} == {"not_estimable"}


def test_a_day_beyond_an_arms_follow_up_is_refused_for_that_arm():
    fit = fit_competing_risks(followed_to(simulate(), "therapy", 60.0), plan(at_days=(200,)))
    row = of_cause(fit, "risk_difference", "relapse", "combined", "therapy")
    assert row["status"] == "not_estimable"
    assert row["message"] == "day 200 lies beyond the follow-up of arm therapy (60 days)"
    assert of_cause(fit, "risk_difference", "relapse", "combined", "medication")["status"] == "ok"


def test_by_default_arms_are_compared_on_the_last_day_that_all_were_followed():
    fit = fit_competing_risks(followed_to(simulate(), "therapy", 60.0), plan())
    assert {row["time"] for row in rows_of(fit, "risk_difference")} == {60.0}


def test_times_that_are_no_times_are_refused_with_counts():
    frame = simulate()
    time = frame.data["time_days"].where(np.arange(len(frame.data)) > 1, [np.nan, -3.0] + [1.0] * 238)
    fit = fit_competing_risks(with_data(frame, frame.data.assign(time_days=time)), plan())
    assert_contract(fit)
    assert {row["status"] for row in fit.rows} == {"not_estimable"}
    assert "1 missing, 1 negative" in fit.rows[0]["message"]


def test_everyone_failing_of_one_cause_is_a_boundary_with_the_lower_limit_kept():
    time, _, group = draw(30, seed=2)
    fit = fit_competing_risks(competing_frame(time, np.ones(30, int), np.array(ARMS)[group]), plan())
    assert_contract(fit)
    curve = curve_of(fit, "relapse", "therapy")
    last, before = curve[-1], curve[-2]
    assert (last["estimate"], last["ci_high"], last["status"]) == (1.0, 1.0, "boundary")
    assert last["ci_low"] == before["ci_low"]
    assert row_of(fit, "survival_probability", "therapy")["status"] in ("ok", "boundary")
