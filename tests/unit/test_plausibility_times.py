"""Status codes turned round, visits after death, two units in a column: one planted fault each."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from plausible_cohort import only_problem, only_warning, plausible

from outcomes.ingest.plausibility.units import two_units

SEEDS = (1, 2, 3)
POUNDS = 2.2046


def at_random(cohort, seed=1):
    """Let events and censoring come at constant rates: when they do says nothing of which is which."""
    rng = np.random.default_rng(seed)
    wait, lost = np.ceil(rng.exponential(300, 120)), np.ceil(rng.exponential(300, 120))
    return replace(cohort, events={"relapse": (np.minimum(wait, lost), wait <= lost)})


def one_after_another(seed=1, n=300):
    """Let patients enter over two years until one closing day, as in a registry, and one stay far longer."""
    rng = np.random.default_rng(seed)
    closing = np.ceil(rng.uniform(400, 1100, n))
    wait = np.ceil(np.where(rng.random(n) < 0.6, rng.exponential(90, n), 5000))
    closing[0], wait[0] = 4000, 5000
    return replace(plausible(seed, n), events={"relapse": (np.minimum(wait, closing), wait <= closing)})


def swapped(cohort):
    days, observed = cohort.events["relapse"]
    return replace(cohort, events={"relapse": (days, ~observed)})


@pytest.mark.parametrize(
    ("column", "codes", "says"),
    [
        ("cens", ["1"], "named for censoring, yet its yes is declared the event"),
        ("CNSR", ["1", "2"], "CNSR, in which CDISC ADaM has 0 for the event"),
        ("CNSR", ["2"], "CNSR, in which CDISC ADaM has 0 for the event"),
        ("cnsr", ["0", "2"], "yet another code than 0 is declared the event"),
        ("isCensored", ["TRUE"], "named for censoring, yet its yes is declared the event"),
        ("alive", ["yes"], "named for being without the event, yet its yes is declared the event"),
        ("relapse_free", ["1"], "named for being without the event, yet its yes is declared the event"),
        ("relapse", ["0"], "named for the event, yet its no is declared the event"),
        ("DEATH_EVENT", ["No"], "named for the event, yet its no is declared the event"),
    ],
)
def test_a_column_named_for_the_opposite_of_its_code_is_asked_about(column, codes, says):
    cohort = at_random(plausible()).config(
        "events.relapse.status", {"column": column, "event": codes, "censored": {"9": "end"}}
    )
    said = only_problem(cohort.found())
    assert "people.csv: events.relapse.status: the column is" in said
    n = int(cohort.events["relapse"][1].sum())
    assert says in said
    assert f"({n} of 120 patients)" in said
    assert "swap the codes of events.relapse.status.event and censored" in said
    assert "events.relapse.status.confirmed: true" in said
    assert cohort.config("events.relapse.status.confirmed", True).found().problems == []


@pytest.mark.parametrize(
    ("column", "codes"),
    [
        ("cens", ["0"]), ("CNSR", ["0"]), ("CNSR", ["0.0"]), ("cens", ["2"]),
        ("status", ["0"]), ("status", ["1"]),
        ("relapse", ["1"]),
        ("uncensored", ["1"]), ("not_censored", ["1"]), ("census", ["1"]), ("relapse", ["2"]),
        ("alive", ["0"]),
        ("cens", ["relapsed"]), ("dead_or_alive", ["1"]),
    ],
)  # fmt: skip
def test_a_column_named_for_what_its_code_means_is_not_asked_about(column, codes):
    cohort = at_random(plausible()).config(
        "events.relapse.status", {"column": column, "event": codes, "censored": {"9": "end"}}
    )
    assert cohort.found().problems == []


@pytest.mark.parametrize("seed", SEEDS)
def test_events_of_all_who_stay_to_the_end_are_asked_about(seed):
    cohort = plausible(seed)
    days, observed = cohort.events["relapse"]
    said = only_problem(swapped(cohort).found())
    at_end, earlier = int((days == 365).sum()), int((days < 365).sum())
    assert (
        f"{at_end} of the {at_end} patients who reach the end of follow-up have the event just then" in said
    )
    assert f"{int(observed.sum())} of the {earlier} who leave earlier are censored" in said
    assert swapped(cohort).config("events.relapse.status.confirmed", True).found().problems == []


def test_an_end_given_or_take_some_days_is_an_end():
    cohort = plausible()
    days, observed = cohort.events["relapse"]
    late = np.where(days == 365, 365 + np.arange(120) % 6, days)
    turned = replace(cohort, events={"relapse": (late, ~observed)})
    assert "reach the end of follow-up" in only_problem(turned.found())


def test_one_who_stays_far_longer_is_no_end_of_follow_up():
    cohort = plausible()
    days, observed = cohort.events["relapse"]
    longer = np.where(np.arange(120) == np.argmax(days), 2000, days)
    turned = replace(cohort, events={"relapse": (longer, ~observed)})
    assert "reach the end of follow-up" in only_problem(turned.found())
    assert replace(cohort, events={"relapse": (longer, observed)}).found().problems == []


@pytest.mark.parametrize("seed", SEEDS)
def test_events_later_than_censoring_are_asked_about_where_follow_up_has_no_common_end(seed):
    cohort = one_after_another(seed)
    days, observed = cohort.events["relapse"]
    assert cohort.found().problems == []
    said = only_problem(swapped(cohort).found())
    found = re.search(r"(\d+) of the (\d+) events are later than (\d+) of the (\d+) censored times", said)
    late, events, early, censored = map(int, found.groups())
    assert (events, censored) == (int((~observed).sum()), int(observed.sum()))
    cut = np.sort(days[~observed])[-late]
    assert (days[observed] < cut).sum() == early
    assert min(late / events, early / censored) >= 0.85
    assert swapped(cohort).config("events.relapse.status.confirmed", True).found().problems == []


@pytest.mark.parametrize("seed", range(1, 9))
def test_events_and_censoring_at_random_say_nothing_either_way_round(seed):
    cohort = at_random(plausible(), seed)
    assert (cohort.found().problems, swapped(cohort).found().problems) == ([], [])


@pytest.mark.parametrize("cohort", [plausible(), one_after_another()])
@pytest.mark.parametrize(("column", "codes"), [("CENSOR", ["1"]), ("relapse", ["0"])])
def test_a_name_that_the_times_contradict_is_not_asked_about(cohort, column, codes):
    status = {"column": column, "event": codes, "censored": {"9": "end"}}
    assert cohort.config("events.relapse.status", status).found().problems == []
    said = only_problem(swapped(cohort).config("events.relapse.status", status).found())
    assert "the column is named for" in said
    assert " and " in said


def test_a_study_in_which_everyone_has_the_event_is_not_asked_about():
    cohort = plausible()
    days, observed = cohort.events["relapse"]
    assert replace(cohort, events={"relapse": (days, observed | True)}).found().problems == []


def dies(cohort, name, day):
    days = np.full(120, 365.0)
    days[:4] = day
    return cohort.event(name, days, np.arange(120) < 4)


@pytest.mark.parametrize("name", ["death", "death_any_cause", "died"])
def test_scores_after_death_are_a_problem(name):
    cohort = dies(plausible(), name, 40.0)
    findings = cohort.found()
    late = np.isfinite(cohort.scores["phq9"][:4, 2:])
    assert [problem.where for problem in findings.problems] == [
        "measures.madrs",
        "measures.phq9",
        "measures.quality",
    ]
    counts = (
        f"{late.sum()} scores of {late.any(axis=1).sum()} patients are from after their death (events.{name})"
    )
    assert counts in findings.problems[1].what


def test_without_actual_days_a_planned_visit_may_have_been_early():
    cohort = plausible().config("schedule.windows", {})
    cohort = replace(cohort, days=np.full((120, 4), np.nan))
    assert dies(cohort, "death", 71.0).found().problems == []
    assert len(dies(cohort, "death", 40.0).found().problems) == 3


@pytest.mark.parametrize("name", ["dropout", "withdrawal", "lost_to_follow_up"])
def test_scores_after_withdrawal_are_a_warning(name):
    findings = dies(plausible(), name, 40.0).found()
    assert findings.problems == []
    assert len(findings.notes) == 3
    assert f"patients are from after their withdrawal (events.{name})" in findings.notes[0].what


@pytest.mark.parametrize("name", ["relapse_or_death", "recurrence", "discontinuation"])
def test_scores_after_other_events_are_ordinary(name):
    findings = dies(plausible(), name, 40.0).found()
    assert (findings.problems, findings.notes) == ([], [])


def test_scores_until_death_are_ordinary():
    cohort = plausible()
    scores = {name: np.where(np.arange(4) < 2, values, np.nan) for name, values in cohort.scores.items()}
    findings = dies(replace(cohort, scores=scores), "death", 40.0).found()
    assert (findings.problems, findings.notes) == ([], [])


def timed(cohort, rows, column, day):
    days = cohort.days.copy()
    days[rows, column] = day
    return replace(cohort, days=days)


def test_a_follow_up_before_baseline_is_a_problem_told_once_for_measures_with_the_same_times():
    cohort = timed(plausible(), slice(0, 3), 2, -5.0).config("schedule.windows", {})
    said = only_problem(cohort.found())
    assert "scores.csv: measures.madrs.time: 3 follow-up visits of 3 patients are from before their" in said


def test_a_baseline_some_days_before_time_zero_is_ordinary():
    assert timed(plausible(), slice(0, 30), 0, -3.0).found().notes == []


def test_days_that_do_not_rise_with_the_visits_are_a_warning():
    cohort = timed(plausible(), slice(0, 4), 3, 20.0).config("schedule.windows", {})
    said = only_warning(cohort.found())
    assert "4 of 120 patients with two visits or more have a later visit on the same day" in said
    cohort = timed(timed(plausible(), slice(0, 4), 1, 60.0), slice(0, 4), 2, np.nan)
    assert cohort.config("schedule.windows", {}).found().notes == []


def test_visits_outside_their_window_are_a_warning():
    said = only_warning(timed(plausible(), slice(0, 5), 1, 40.0).found())
    assert "5 of 120 times of visit week_4 lie outside schedule.windows (day 21 to 35)" in said
    assert timed(plausible(), slice(0, 5), 1, 35.0).found().notes == []


@pytest.mark.parametrize(("factor", "shown"), [(1 / 7, "0.143"), (7.0, "7")])
def test_visit_days_in_weeks_are_a_warning(factor, shown):
    cohort = plausible().config("schedule.windows", {})
    some = (np.arange(120) % 4 == 0)[:, None]
    converted = np.where(some, np.ceil(cohort.days * factor), cohort.days)
    said = only_warning(replace(cohort, days=converted).found())
    assert f"90 of 360 actual times of follow-up visits are about {shown} times the planned time" in said


def test_times_longer_than_a_life_are_a_warning():
    cohort = plausible()
    followed = np.where(np.arange(120) < 6, 45_000.0, cohort.people["follow_up_days"])
    said = only_warning(cohort.person("follow_up_days", followed).found())
    assert "people.csv: patients.follow_up: 6 of 120 times are longer than a lifetime" in said


@pytest.mark.parametrize("age", [-1.0, 119.0])
def test_ages_that_nobody_has_are_a_warning(age):
    cohort = plausible()
    ages = np.where(np.arange(120) < 2, age, cohort.people["age_years"])
    said = only_warning(cohort.person("age_years", ages).found())
    assert "patients.covariates.age_years: 2 of 120 ages are below 0 or above 110 years" in said


@pytest.mark.parametrize(("name", "factor"), [("weight", POUNDS), ("height", 1 / 2.54), ("height", 0.01)])
@pytest.mark.parametrize("seed", SEEDS)
def test_two_units_among_patients_are_a_warning_with_their_spread(name, factor, seed):
    cohort = plausible(seed)
    values = cohort.people[name]
    mixed = np.where(np.arange(120) % 3 == 0, values * factor, values)
    said = only_warning(cohort.person(name, mixed).found())
    assert f"people.csv: patients.covariates.{name}: the values form two clusters, " in said
    assert "two units in one column?" in said


def test_a_site_that_counts_weeks_is_a_warning():
    cohort = plausible(n=400)
    days, observed = cohort.events["relapse"]
    mixed = np.where(cohort.people["site"] == "north", days / 7, days)
    said = only_warning(replace(cohort, events={"relapse": (mixed, observed)}).found())
    assert "people.csv: events.relapse.time: the median by site is " in said
    assert "about 7 times apart" in said


@pytest.mark.parametrize("seed", range(1, 9))
def test_sites_that_open_one_after_another_have_one_unit(seed):
    rng = np.random.default_rng(seed)
    cohort = plausible(seed, n=400)
    end = np.where(cohort.people["site"] == "north", 365.0, 365 / 7)
    wait = np.ceil(rng.exponential(400, 400))
    cohort = replace(cohort, events={"relapse": (np.minimum(wait, end), wait <= end)})
    assert cohort.person("follow_up_days", end).found().notes == []


def test_an_arm_weighed_in_pounds_is_a_warning():
    cohort = plausible()
    weight = cohort.people["weight"]
    mixed = np.where(cohort.people["arm"] == "combined", weight * POUNDS, weight)
    assert "patients.covariates.weight" in only_warning(cohort.person("weight", mixed).found())


def test_an_effective_treatment_is_no_second_unit():
    cohort = plausible(n=400)
    rng = np.random.default_rng(5)
    wait = rng.exponential(np.where(cohort.people["therapy"], 700.0, 100.0))
    event = (np.minimum(wait, 365.0), wait <= 365)
    assert replace(cohort, events={"relapse": event}).found().notes == []


@pytest.mark.parametrize("n", [20, 60, 1000])
def test_one_population_is_one_unit(n):
    rng = np.random.default_rng(11)
    factors = (POUNDS, 2.54, 7.0, 12.0, 30.4375, 100.0, 365.25)
    for values in (
        rng.normal(75, 14, n), rng.uniform(1, 100, n), rng.exponential(200, n), rng.lognormal(3, 1, n),
        rng.gamma(2, 50, n), np.concatenate([rng.normal(163, 7, n), rng.normal(177, 7, n)]),
        rng.integers(1, 3, n).astype(float), np.full(n, 3.0), rng.choice([5.0, 10.0, 20.0, 40.0, 80.0], n),
    ):  # fmt: skip
        assert two_units(values, factors) is None


def test_two_clusters_another_factor_apart_are_two_populations():
    rng = np.random.default_rng(12)
    adults_and_children = np.concatenate([rng.normal(75, 8, 80), rng.normal(18, 2, 40)])
    assert two_units(adults_and_children, (POUNDS,)) is None


def test_two_units_are_found_with_sizes_and_medians():
    rng = np.random.default_rng(13)
    kilograms, pounds = rng.normal(75, 9, 71), rng.normal(75, 9, 31) * POUNDS
    found = two_units(np.concatenate([kilograms, pounds, [np.nan, 0.0, -3.0]]), (3.0, POUNDS))
    assert found is not None
    assert (found.factor, found.n_low, found.n_high) == (POUNDS, 71, 31)
    assert found.median_low == pytest.approx(np.median(kilograms))
    assert found.median_high == pytest.approx(np.median(pounds))
