"""Censored times that no follow-up has, visits at another visit's time, patients and arms without scores."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from plausible_cohort import only_warning, plausible

MONTH = 365.25 / 12


def with_event(cohort, days, observed):
    return replace(cohort, events={"relapse": (days, observed)})


def cohort_of(days, observed):
    return with_event(plausible(n=len(days)), np.asarray(days, dtype=float), np.asarray(observed, dtype=bool))


def staggered(seed=1, n=160):
    """Censored between six and twelve months, as where patients entered over half a year."""
    rng = np.random.default_rng(seed)
    end, wait = rng.integers(180, 365, n), np.ceil(rng.exponential(400, n))
    return np.minimum(end, wait), wait <= end


@pytest.mark.parametrize("day", [1.0, 2.0])
def test_censoring_all_at_once_before_the_events_is_a_warning(day):
    days, observed = staggered()
    cohort = cohort_of(np.where(observed, days + 2, day), observed)
    said = only_warning(cohort.config("events.relapse.status.confirmed", True).found())
    n = int(observed.sum())
    assert "people.csv: events.relapse.time: all" in said
    assert (
        f"all {160 - n} censored patients have one and the same time, and {n} of {n} events come after"
        in said
    )


def test_censoring_all_at_once_after_the_events_is_the_end_of_the_study():
    days, observed = staggered()
    assert cohort_of(np.where(observed, np.minimum(days, 300), 365), observed).found().notes == []


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("factor", [MONTH, 1 / MONTH])
def test_censored_times_of_some_patients_in_another_unit_are_a_warning(seed, factor):
    days, observed = staggered(seed)
    some = np.arange(160) < 40
    said = only_warning(cohort_of(np.where(some, days * factor, days), observed).found())
    assert "of the censored the values form two clusters" in said
    assert "about the factor 30.4 of two units apart" in said


@pytest.mark.parametrize("seed", range(20))
def test_one_follow_up_is_no_mixture_of_units(seed):
    days, observed = staggered(seed)
    assert cohort_of(days, observed).found().notes == []


def test_censoring_after_one_and_after_twelve_months_is_a_design():
    rng = np.random.default_rng(1)
    days, observed = staggered()
    short = np.arange(160) % 3 == 0
    ends = np.where(short, 30 + rng.integers(-4, 5, 160), 365 + rng.integers(-9, 10, 160))
    assert cohort_of(np.where(observed, days, ends), observed).found().notes == []


def in_dates(cohort):
    date = {"column": "on", "format": "%Y-%m-%d"}
    cohort = cohort.config("patients.time_zero", {"column": "start", "format": "%Y-%m-%d"})
    cohort = cohort.config("events.relapse.time", date)
    for name in ("phq9", "madrs", "quality"):
        cohort = cohort.config(f"measures.{name}.time", date)
    return cohort


def censored_early(cohort, n):
    days, observed = cohort.events["relapse"]
    measured = np.isfinite(cohort.scores["phq9"][:, 3]) | np.isfinite(cohort.scores["phq9"][:, 2])
    rows = np.flatnonzero(~observed & (days > 100) & measured)[:n]
    return with_event(cohort, np.where(np.isin(np.arange(len(days)), rows), 30.0, days), observed)


def test_scores_from_after_the_last_contact_are_a_warning():
    cohort = in_dates(censored_early(plausible(), 6))
    days, observed = cohort.events["relapse"]
    last = np.where(np.isfinite(cohort.scores["phq9"]), cohort.days, -1).max(axis=1)
    early = int((~observed & (days < last)).sum())
    said = only_warning(cohort.found())
    assert early > 6
    assert f"events.relapse.time: {early} of 44 censored patients with scores have a score of madrs" in said
    assert "from after their last contact" in said


def test_numbers_may_count_from_another_day_than_the_visits():
    assert censored_early(plausible(), 6).found().notes == []


def labelled(cohort, rows, day):
    days = cohort.days.copy()
    days[rows, 1] = day
    scores = {}
    for name, values in cohort.scores.items():
        scores[name] = values.copy()
        scores[name][rows, 2:] = np.nan
    days[rows, 2:] = np.nan
    return replace(cohort, days=days, scores=scores)


def test_a_label_of_another_visit_than_the_time_is_a_warning():
    cohort = plausible().config("schedule.windows", {})
    said = only_warning(labelled(cohort, slice(0, 12), 84.0).found())
    assert "scores.csv: measures.madrs.time: 12 of 456 times lie at another planned visit than" in said


@pytest.mark.parametrize(("rows", "day"), [(slice(0, 4), 84.0), (slice(0, 12), 45.0)])
def test_late_patients_are_late(rows, day):
    cohort = plausible().config("schedule.windows", {})
    assert labelled(cohort, rows, day).found().notes == []


def test_patients_without_a_score_are_noted():
    cohort = plausible()
    some = (np.arange(120) < 7)[:, None]
    madrs = np.where(some, np.nan, cohort.scores["madrs"])
    (note,) = cohort.score("madrs", madrs).found().notes
    assert str(note) == "note: scores.csv: measures.madrs: 7 of 120 patients have no score of madrs"


def test_an_arm_that_nobody_measured_after_baseline_is_a_warning():
    cohort = plausible()
    for name, values in cohort.scores.items():
        scores = values.copy()
        if name == "phq9":
            scores[1::2, 1:] = np.nan
        cohort = cohort.score(name, scores)
    said = only_warning(cohort.found())
    assert (
        "measures.phq9: none of the 60 patients of arm combined has a score after baseline, others have"
        in said
    )
    assert "contrasts with this arm will be not estimable" in said


def test_visits_that_are_all_far_off_their_plan_are_not_labelled_wrong():
    cohort = plausible().config("schedule.windows", {})
    rng = np.random.default_rng(1)
    days = np.where(cohort.days > 0, cohort.days + np.round(rng.normal(0, 14, cohort.days.shape)), 0.0)
    notes = replace(cohort, days=days).found().notes
    assert not [note for note in notes if "at another planned visit" in note.what]
