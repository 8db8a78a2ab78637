"""Survival models: closed forms, identities, refusals, and the contract of their rows."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from outcomes.config.plan import CoxAnalysis, KaplanMeierAnalysis, LogRankAnalysis, RmstAnalysis
from outcomes.frames import AnalysisFrame
from outcomes.io import check, shape
from outcomes.models.counting import Sample, event_table
from outcomes.models.cox import fit_cox, solve_cox
from outcomes.models.cox_design import Design
from outcomes.models.efron import partial_likelihood
from outcomes.models.kaplan_meier import fit_kaplan_meier, kaplan_meier, median_time, tick_days
from outcomes.models.log_rank import fit_log_rank
from outcomes.models.rmst import fit_rmst, restricted_mean
from outcomes.tables import ESTIMATES
from outcomes.treatment import Treatment

CLOSED_RTOL = 1e-12  # closed forms: a handful of roundings
NEWTON_RTOL = 1e-8  # Newton stops within 1e-9 standard errors

TREATMENT = Treatment.from_sets(
    {"medication": True, "therapy": True},
    {
        "medication": frozenset({"medication"}),
        "therapy": frozenset({"therapy"}),
        "combined": frozenset({"medication", "therapy"}),
    },
)
ARMS = TREATMENT.arms


def make_frame(time, observed, arm, **covariates):
    data = pd.DataFrame(
        {
            "patient_id": [f"p{k:03d}" for k in range(len(time))],
            "arm": pd.Categorical(list(arm), categories=ARMS, ordered=True),
            "time_days": np.asarray(time, float),
            "observed": np.asarray(observed, bool),
            **covariates,
        }
    )
    return AnalysisFrame(data, TREATMENT, "relapse", "Relapse", "days", True, labels={"age": "Age (years)"})


def simulate(n=150, rates=(0.01, 0.015, 0.004), seed=7):
    """Exponential times, censored at random and after 365 days; whole days, so times are tied."""
    rng = np.random.default_rng(seed)
    arm = np.array(ARMS)[np.arange(n) % 3]
    rate = np.array(rates)[np.arange(n) % 3]
    event, censoring = rng.exponential(1 / rate), rng.uniform(30, 500, n)
    end = np.minimum(censoring, 365)
    site = pd.Categorical(np.array(["a", "b", "c"])[rng.integers(0, 3, n)])
    return make_frame(
        np.ceil(np.minimum(event, end)), event <= end, arm, age=rng.normal(45, 10, n), site=site
    )


def with_data(frame, data):
    return replace(frame, data=data)


def plan(cls, **options):
    return cls(
        question="?", role="secondary", endpoint={"kind": "time_to_event", "event": "relapse"}, **options
    )


def rows_of(fit, quantity):
    return [row for row in fit.rows if row["quantity"] == quantity]


def row_of(fit, quantity, arm=None, comparator=None):
    found = [
        row for row in rows_of(fit, quantity) if (row.get("arm"), row.get("comparator")) == (arm, comparator)
    ]
    assert len(found) == 1
    return found[0]


MODELS = [
    (fit_kaplan_meier, plan(KaplanMeierAnalysis)),
    (fit_log_rank, plan(LogRankAnalysis, strata=("site",))),
    (fit_rmst, plan(RmstAnalysis)),
    (fit_cox, plan(CoxAnalysis, covariates=("age",), strata=("site",))),
]


def assert_contract(fit):
    """The rows fulfil the contract of `estimates`, keys included."""
    names = {"cohort": "c", "analysis": "a", "endpoint": "e", "population": "p", "model": "m"}
    assert check(shape(pd.DataFrame(fit.rows).assign(**names), ESTIMATES), ESTIMATES) == []


# ---------- identities of every model


@pytest.mark.parametrize(("fit_model", "analysis"), MODELS)
def test_rows_fulfil_the_contract(fit_model, analysis):
    fit = fit_model(simulate(), analysis)
    assert {row["status"] for row in fit.rows} <= {"ok", "boundary"}
    assert_contract(fit)


@pytest.mark.parametrize(("fit_model", "analysis"), MODELS)
def test_row_order_does_not_matter(fit_model, analysis):
    frame = simulate()
    shuffled = with_data(frame, frame.data.sample(frac=1, random_state=3))
    assert fit_model(shuffled, analysis).rows == fit_model(frame, analysis).rows


@pytest.mark.parametrize(("fit_model", "analysis"), MODELS)
def test_a_time_that_is_not_positive_is_a_bug(fit_model, analysis):
    frame = simulate()
    with pytest.raises(ValueError, match="positive"):
        fit_model(with_data(frame, frame.data.assign(time_days=0.0)), analysis)


@pytest.mark.parametrize(("fit_model", "analysis"), MODELS)
def test_an_absent_arm_is_named_and_the_other_contrast_stands(fit_model, analysis):
    frame = simulate()
    fit = fit_model(with_data(frame, frame.data[frame.data["arm"] != "therapy"]), analysis)
    assert_contract(fit)
    for row in fit.rows:
        if row["quantity"] == "number_at_risk":
            continue
        touched = "therapy" in (row.get("arm"), row.get("comparator"))
        assert (row["status"] == "not_estimable") == touched
        if touched:
            assert row["message"] == "no patients with follow-up in arm therapy"


@pytest.mark.parametrize(("fit_model", "analysis"), MODELS)
def test_nobody_at_all_gives_reasons_not_a_crash(fit_model, analysis):
    frame = simulate()
    fit = fit_model(with_data(frame, frame.data.iloc[:0]), analysis)
    assert_contract(fit)
    assert {row["status"] for row in fit.rows if row["quantity"] != "number_at_risk"} == {"not_estimable"}


# ---------- counting


def test_event_table_counts_a_censoring_at_an_event_time_as_at_risk():
    table = event_table(Sample(np.array([3.0, 1, 1, 6, 6, 6]), np.array([0, 1, 0, 1, 1, 0], bool)))
    assert table.time.tolist() == [1, 3, 6]
    assert table.at_risk.tolist() == [6, 4, 3]
    assert table.events.tolist() == [1, 0, 2]
    assert table.censored.tolist() == [1, 1, 1]
    assert table.at_events().time.tolist() == [1, 6]


# ---------- Kaplan-Meier


def test_kaplan_meier_by_hand():
    """Six patients, events at 1, 3 and 6 (two), censored at 1 and 6: S = 5/6, 5/6 * 3/4, 5/8 * 1/3."""
    sample = Sample(np.array([1.0, 1, 3, 6, 6, 6]), np.array([1, 0, 1, 1, 1, 0], bool))
    curve = kaplan_meier(sample)
    np.testing.assert_allclose(curve.survival, [5 / 6, 5 / 8, 5 / 24], rtol=CLOSED_RTOL)
    greenwood = 1 / (6 * 5) + 1 / (4 * 3) + 2 / (3 * 1)
    assert curve.std_error[2] == pytest.approx(5 / 24 * math.sqrt(greenwood), rel=CLOSED_RTOL)
    z = 1.959963984540054
    theta, se = math.log(-math.log(5 / 24)), math.sqrt(greenwood) / abs(math.log(5 / 24))
    assert curve.low[2] == pytest.approx(math.exp(-math.exp(theta + z * se)), rel=CLOSED_RTOL)
    assert curve.high[2] == pytest.approx(math.exp(-math.exp(theta - z * se)), rel=CLOSED_RTOL)


def test_median_is_the_midpoint_where_the_curve_is_flat_at_one_half():
    time = np.array([1.0, 2, 5, 8])
    assert median_time(time, np.array([0.75, 0.5, 0.25, 0.0])) == 3.5
    assert median_time(time, np.array([0.75, 0.4, 0.25, 0.0])) == 2
    assert median_time(time[:2], np.array([0.75, 0.5])) == 2
    assert math.isinf(median_time(time[:1], np.array([0.75])))


def test_a_curve_that_reaches_zero_says_so_and_keeps_its_interval():
    time, arm = [1, 2, 3, 4, 9, 9], ["medication"] * 4 + ["therapy"] * 2
    fit = fit_kaplan_meier(make_frame(time, [1, 1, 1, 1, 0, 0], arm), plan(KaplanMeierAnalysis))
    assert_contract(fit)
    curve = [row for row in rows_of(fit, "survival_probability") if row["arm"] == "medication"]
    assert [row["status"] for row in curve] == ["ok"] * 4 + ["boundary"]
    assert (curve[-1]["estimate"], curve[-1]["ci_low"]) == (0, 0)
    assert curve[-1]["ci_high"] == curve[-2]["ci_high"]
    assert "std_error" not in curve[-1]


def test_the_curve_is_drawn_to_the_last_observed_time():
    fit = fit_kaplan_meier(
        make_frame([5, 40, 30, 30], [1, 0, 0, 0], ["medication"] * 2 + ["therapy"] * 2),
        plan(KaplanMeierAnalysis),
    )
    assert_contract(fit)
    ticks = {row["time"] for row in rows_of(fit, "number_at_risk")} - {0}
    repeated = [row for row in rows_of(fit, "survival_probability") if row["time"] in ticks]
    assert {(r["arm"], r["time"], r["estimate"], r["n_at_risk"]) for r in repeated} == {
        ("medication", t, 0.5, 1) for t in ticks if t < 40
    } | {("therapy", t, 1.0, 2) for t in ticks if t < 30}
    curve = [row for row in rows_of(fit, "survival_probability")[:-1] if row not in repeated]
    places = [(row["arm"], row["time"], row["n_at_risk"], row["n_events"]) for row in curve]
    assert places == [
        ("medication", 0, 2, 0), ("medication", 5, 2, 1), ("medication", 40, 1, 0),
        ("therapy", 0, 2, 0), ("therapy", 30, 2, 0),
    ]  # fmt: skip
    assert curve[4]["status"] == "boundary"
    assert row_of(fit, "median_survival", "therapy")["message"] == "not reached"
    assert math.isinf(row_of(fit, "median_survival", "therapy")["estimate"])


@pytest.mark.parametrize(
    ("longest", "expected"),
    [(182, 30), (84, 14), (365, 60), (1096, 200), (6, 1), (0.5, 0.1)],
)
def test_ticks_are_round_and_about_six(longest, expected):
    ticks = tick_days(longest)
    assert ticks[0] == 0
    assert ticks[1] == pytest.approx(expected)
    assert 4 <= len(ticks) <= 9
    assert ticks[-1] <= longest


def test_numbers_at_risk_stand_just_before_the_tick():
    analysis = plan(KaplanMeierAnalysis, at_risk_days=(0, 5, 6))
    fit = fit_kaplan_meier(make_frame([5, 5, 9], [1, 0, 1], ["medication"] * 3), analysis)
    rows = [row for row in rows_of(fit, "number_at_risk") if row["arm"] == "medication"]
    assert [row["estimate"] for row in rows] == [3, 3, 1]


# ---------- log-rank


def test_log_rank_is_the_score_test_of_cox_without_ties():
    """At b = 0 the Cox score is O - E and its information the hypergeometric variance."""
    frame = simulate()
    data = frame.data[frame.data["arm"] != "combined"].copy()
    data["time_days"] += np.arange(len(data)) / 1000  # no ties
    row = row_of(
        fit_log_rank(with_data(frame, data), plan(LogRankAnalysis)),
        "log_rank_chi_square", "therapy", "medication",
    )  # fmt: skip
    x = (data["arm"] == "therapy").to_numpy(float)[:, None]
    time, event = data["time_days"].to_numpy(), data["observed"].to_numpy()
    null = partial_likelihood(time, event, x, np.zeros(len(x), np.int64), np.zeros(1))
    assert row["estimate"] == pytest.approx(null.score[0] ** 2 / null.information[0, 0], rel=1e-10)


def test_log_rank_without_events_is_not_estimable():
    frame = simulate()
    fit = fit_log_rank(with_data(frame, frame.data.assign(observed=False)), plan(LogRankAnalysis))
    assert {row["message"] for row in fit.rows} == {"no event in these arms"}


def test_log_rank_of_arms_in_different_strata_is_not_estimable():
    site = pd.Categorical(["a", "a", "b", "b"])
    frame = make_frame([1, 2, 3, 4], [1, 1, 1, 1], ["medication"] * 2 + ["therapy"] * 2, site=site)
    row = fit_log_rank(frame, plan(LogRankAnalysis, strata=("site",))).rows[0]
    assert row["status"] == "not_estimable"
    assert "at risk together" in row["message"]


# ---------- RMST


def test_rmst_without_censoring_is_the_mean_of_the_shorter_of_time_and_horizon():
    """The variance is then that of the mean, with n in the denominator."""
    time = np.random.default_rng(1).exponential(100, 60)
    result = restricted_mean(Sample(time, np.ones(60, bool)), 120.0)
    capped = np.minimum(time, 120)
    assert result.mean == pytest.approx(capped.mean(), rel=CLOSED_RTOL)
    assert result.variance == pytest.approx(capped.var() / 60, rel=1e-10)


def test_the_default_horizon_is_the_shortest_arms_longest_follow_up():
    arm = ["medication"] * 3 + ["therapy"] * 3
    frame = make_frame([10, 60, 90, 20, 30, 182], [1, 1, 0, 1, 0, 0], arm)
    fit = fit_rmst(frame, plan(RmstAnalysis))
    assert fit.methods["Horizon"] == "90 days (the shortest arm's longest follow-up)"
    assert {row["time"] for row in fit.rows} == {90.0}


def test_a_horizon_beyond_an_arms_follow_up_is_refused_for_that_arm_only():
    arm = ["medication"] * 3 + ["therapy"] * 3 + ["combined"] * 3
    frame = make_frame([10, 60, 90, 20, 30, 182, 5, 50, 200], [1, 1, 0, 1, 0, 0, 1, 1, 0], arm)
    fit = fit_rmst(frame, plan(RmstAnalysis, horizon_days=180))
    assert_contract(fit)
    assert "beyond the follow-up of arm medication" in row_of(fit, "rmst", "medication")["message"]
    assert row_of(fit, "rmst_difference", "combined", "medication")["status"] == "not_estimable"
    assert row_of(fit, "rmst_difference", "combined", "therapy")["status"] == "ok"


def test_a_curve_at_zero_is_known_beyond_its_last_event():
    sample = Sample(np.array([10.0, 20.0]), np.ones(2, bool))
    assert restricted_mean(sample, 100.0).mean == 15


def test_rmst_without_events_has_no_standard_error_to_speak_of():
    arm = ["medication"] * 2 + ["therapy"] * 3
    fit = fit_rmst(make_frame([90, 90, 20, 30, 95], [0, 0, 1, 1, 0], arm), plan(RmstAnalysis))
    assert_contract(fit)
    row = row_of(fit, "rmst", "medication")
    assert (row["status"], row["estimate"]) == ("boundary", 90)
    assert row_of(fit, "rmst_difference", "therapy", "medication")["status"] == "boundary"


def test_rmst_differences_are_those_of_the_arms():
    fit = fit_rmst(simulate(), plan(RmstAnalysis))
    one, two = row_of(fit, "rmst", "combined"), row_of(fit, "rmst", "medication")
    row = row_of(fit, "rmst_difference", "combined", "medication")
    assert row["estimate"] == pytest.approx(one["estimate"] - two["estimate"], rel=CLOSED_RTOL)
    assert row["std_error"] == pytest.approx(math.hypot(one["std_error"], two["std_error"]), rel=CLOSED_RTOL)


# ---------- Cox


def cox_design(time, observed, *columns):
    matrix = np.column_stack([np.asarray(column, float) for column in columns])
    terms = tuple(f"x{k}" for k in range(len(columns)))
    stratum = np.zeros(len(time), np.int64)
    return Design(terms, matrix, np.asarray(time, float), np.asarray(observed, bool), stratum)


def test_cox_six_subjects_closed_form():
    """Test data 1 of Therneau & Grambsch 2000, appendix E (survival's `validate` vignette), Efron ties.

    Risk sets with r = exp(b): 3r + 3 at time 1; r + 3 and (r + 5)/2 for the two tied events at 6. The score
    2 - r/(r+1) - r/(r+3) - r/(r+5) is 0 where r^3 - 23r - 30 = 0, so b = 1.676857; the information
    is the sum of rk/(r+k)^2 over k = 1, 3, 5.
    """
    r = max(np.roots([1, 0, -23, -30]).real)
    design = cox_design([1, 1, 6, 6, 8, 9], [1, 0, 1, 1, 0, 1], [1, 1, 1, 0, 0, 0])
    solution = solve_cox(design)
    assert solution.coefficients[0] == pytest.approx(math.log(r), rel=NEWTON_RTOL)
    assert round(solution.coefficients[0], 6) == 1.676857
    information = sum(r * k / (r + k) ** 2 for k in (1, 3, 5))
    assert solution.covariance[0, 0] == pytest.approx(1 / information, rel=NEWTON_RTOL)
    log_likelihood = 2 * math.log(r) - math.log(3 * r + 3) - math.log(r + 3) - math.log((r + 5) / 2)
    assert solution.log_likelihood == pytest.approx(log_likelihood, rel=CLOSED_RTOL)


def test_score_and_information_are_derivatives_of_the_likelihood():
    """Central differences with step 1e-5: error near 1e-10 relative to the third derivative."""
    data = simulate().data
    x = np.column_stack([data["age"] / 10, data["arm"] == "combined"]).astype(float)
    arguments = (data["time_days"].to_numpy(), data["observed"].to_numpy(), x,
                 data["site"].cat.codes.to_numpy(np.int64))  # fmt: skip
    at = np.array([0.2, -0.5])
    here = partial_likelihood(*arguments, at)
    for k in range(2):
        step = 1e-5 * np.eye(2)[k]
        up, down = partial_likelihood(*arguments, at + step), partial_likelihood(*arguments, at - step)
        slope = (up.log_likelihood - down.log_likelihood) / 2e-5
        assert slope == pytest.approx(here.score[k], rel=1e-6)
        np.testing.assert_allclose((down.score - up.score) / 2e-5, here.information[k], rtol=1e-6)


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


def refuse(frame, **options):
    fit = fit_cox(frame, plan(CoxAnalysis, **options))
    assert_contract(fit)
    assert len(rows_of(fit, "hazard_ratio")) == 3
    return fit


def test_an_arm_without_events_loses_its_contrasts_only():
    """The rest is the limit of the likelihood as that arm's hazard goes to 0: the model without the arm."""
    frame = simulate()
    silent = frame.data["arm"] == "combined"
    fit = refuse(with_data(frame, frame.data.assign(observed=frame.data["observed"] & ~silent)))
    for arm, comparator in (("combined", "medication"), ("combined", "therapy")):
        row = row_of(fit, "hazard_ratio", arm, comparator)
        assert (row["status"], row["message"]) == ("not_estimable", "no event in arm combined")
    without = fit_cox(with_data(frame, frame.data[~silent]), plan(CoxAnalysis))
    kept = row_of(fit, "hazard_ratio", "therapy", "medication")
    assert kept == row_of(without, "hazard_ratio", "therapy", "medication")
    assert fit.warnings[0] == "arm combined has no event and is left out of the model"


def test_the_limit_of_an_arm_without_events_is_the_model_without_it():
    """With its coefficient at -30, the likelihood in the other coefficients is that without the arm."""
    data = simulate().data
    silent = (data["arm"] == "combined").to_numpy()
    observed = data["observed"].to_numpy() & ~silent
    x = np.column_stack([data["arm"] == "therapy", silent]).astype(float)
    time, stratum = data["time_days"].to_numpy(), np.zeros(len(data), np.int64)
    full = partial_likelihood(time, observed, x, stratum, np.array([0.3, -30.0]))
    rest = partial_likelihood(
        time[~silent], observed[~silent], x[~silent, :1], stratum[~silent], np.array([0.3])
    )
    assert full.log_likelihood == pytest.approx(rest.log_likelihood, rel=1e-10)


def test_no_event_and_few_events_are_refused():
    frame = simulate()
    none = refuse(with_data(frame, frame.data.assign(observed=False)))
    assert {row["message"] for row in none.rows} == {"no event in any arm"}
    few = np.zeros(len(frame.data), bool)
    few[:4] = True
    fit = refuse(with_data(frame, frame.data.assign(observed=few)))
    assert {row["message"] for row in fit.rows} == {"4 events in all arms together: fewer than 5"}


@pytest.mark.parametrize("value", [1.0, 0.1, 1e9])
def test_a_constant_covariate_is_named(value):
    frame = simulate()
    fit = refuse(with_data(frame, frame.data.assign(age=value)), covariates=("age",))
    assert {row["message"] for row in fit.rows} == {"'age' does not vary among the patients at risk"}


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
    assert {row["message"] for row in fit.rows} == {
        "'size' does not vary among the patients at risk within every stratum"
    }


def test_a_covariate_level_without_events_has_no_maximum():
    """The partial likelihood rises for ever; lifelines reports convergence all the same."""
    frame = simulate()
    mild = np.arange(len(frame.data)) % 5 == 0
    data = frame.data.assign(mild=mild.astype(float), observed=frame.data["observed"] & ~mild)
    fit = refuse(with_data(frame, data), covariates=("mild",))
    for row in fit.rows:
        assert row["status"] == "not_estimable"
        assert "the coefficient of 'mild' runs to infinity" in row["message"]


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
    assert fit_cox(simulate(), plan(CoxAnalysis)).warnings == ()


def test_methods_say_what_was_run():
    methods = fit_cox(simulate(), plan(CoxAnalysis, covariates=("age",), strata=("site",))).methods
    assert methods["Ties"] == "Efron"
    assert methods["Adjusted for"] == "Age (years)"
    assert methods["Stratified by"] == "site"
    assert methods["Reference arm"] == "medication"
    assert methods["Engine"].startswith("lifelines ")


def test_a_missing_covariate_is_a_bug():
    frame = simulate()
    with pytest.raises(ValueError, match="must be known"):
        fit_cox(with_data(frame, frame.data.assign(age=np.nan)), plan(CoxAnalysis, covariates=("age",)))
