"""Scores that contradict the catalogue, repeat each other or say nothing: one planted fault each."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from plausible_cohort import only_warning, plausible

from outcomes.config import Cohort
from outcomes.config.base import build, load_yaml
from outcomes.config.project import load_file
from outcomes.ingest import read_cohort
from outcomes.simulate.trial import simulate_trial, write_trial

ROOT = Path(__file__).parents[2]
SEEDS = (1, 2, 3)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("n", [6, 30, 500])
def test_nothing_is_said_of_plausible_scores(seed, n):
    findings = plausible(seed, n).found()
    assert (findings.problems, findings.notes) == ([], [])


@pytest.mark.parametrize(
    "name", ["antidepressant_trial", "beat_the_blues", "smoking_relapse", "synthetic_trial"]
)
def test_nothing_is_said_of_the_embedded_cohorts(name):
    cohort = load_file(ROOT, f"config/cohorts/{name}.yaml", Cohort)
    assert [note for note in read_cohort(ROOT, cohort, name).notes if note.level == "warning"] == []


@pytest.mark.parametrize(("seed", "n"), [(1, 40), (2, 200), (3, 200)])
def test_nothing_is_said_of_simulated_trials(tmp_path, seed, n):
    write_trial(simulate_trial(seed, n), tmp_path / "data/synthetic_trial")
    content = load_yaml(ROOT / "config/cohorts/synthetic_trial.yaml", "trial")
    cohort = build(Cohort, {key: value for key, value in content.items() if key != "screening"}, "trial")
    assert [note for note in read_cohort(tmp_path, cohort, "trial").notes if note.level == "warning"] == []


def test_a_healthy_mean_at_baseline_is_a_warning():
    cohort = plausible()
    healthy = cohort.scores["phq9"].copy()
    healthy[:, 0] = np.arange(len(healthy)) % 8
    said = only_warning(cohort.score("phq9", healthy).found())
    assert "scores.csv: measures.phq9: the mean baseline score of 120 patients is 3.5 points" in said
    assert "band 'minimal', 0 to 4 (PHQ-9), in a cohort of depression" in said
    assert "right where patients start in remission (a trial of relapse prevention)" in said


def of_both_poles(mania, depression):
    """Make a bipolar cohort with mean baselines of the YMRS and the MADRS."""
    cohort = plausible().config("condition", "bipolar").config("measures.quality.instrument", "YMRS")
    spread = np.arange(120)[:, None] % 4 + np.arange(4)
    return cohort.score("quality", mania + spread).score("madrs", depression + spread[:, ::-1])


def test_either_pole_of_a_bipolar_illness_may_be_healthy_and_not_both():
    assert of_both_poles(mania=1, depression=28).found().notes == []
    assert of_both_poles(mania=25, depression=1).found().notes == []
    both = of_both_poles(mania=1, depression=0)
    healthy = both.scores["madrs"]
    both = both.score("phq9", healthy[:, [2, 0, 1, 3]])
    said = [note for note in both.found().notes if "mean baseline score" in note.what]
    assert [note.where for note in said] == ["measures.madrs", "measures.phq9", "measures.quality"]


def test_a_mean_within_remission_is_a_warning_where_there_are_no_bands():
    scale = {
        "name": "My scale", "condition": "depression", "low": 0, "high": 60, "integer": True,
        "higher_is_better": False, "remission": {"at_most": 35, "source": "B 2000"}, "source": "A 2000",
    }  # fmt: skip
    cohort = plausible().config("instruments.MINE", scale).config("measures.madrs.instrument", "MINE")
    assert "within remission, 35 or less (MINE)" in only_warning(cohort.found())


def test_scores_of_another_illness_may_be_healthy():
    cohort = plausible().config("condition", "anxiety")
    healthy = cohort.scores["phq9"].copy()
    healthy[:, 0] = np.arange(len(healthy)) % 8
    assert cohort.score("phq9", healthy).found().notes == []


def test_means_of_items_are_no_totals():
    cohort = plausible()
    means = cohort.scores["quality"] * 0 + np.linspace(0.5, 3, 120)[:, None] + np.arange(4) * 0.01
    scale = {
        "name": "Twenty items", "condition": "functioning", "low": 0, "high": 80, "items": 20, "item_low": 0,
        "item_high": 4, "integer": False, "higher_is_better": True, "source": "Author 2000",
    }  # fmt: skip
    cohort = cohort.config("instruments.MINE", scale).config("measures.quality.instrument", "MINE")
    said = only_warning(cohort.score("quality", means).found())
    assert "measures.quality: the scores of 120 patients never leave the range of one of its 20 items" in said


@pytest.mark.parametrize("high", [9, 10])
def test_a_scale_that_may_end_near_one_has_no_shares(high):
    scale = {
        "name": "Mine", "condition": "functioning", "low": 0, "high": high, "integer": False,
        "higher_is_better": True, "source": "Author 2000",
    }  # fmt: skip
    cohort = plausible().config("instruments.MINE", scale).config("measures.quality.instrument", "MINE")
    notes = cohort.score("quality", cohort.scores["quality"] / 100).found().notes
    assert ["shares of the maximum" in note.what for note in notes] == [True] * (high == 10)


def test_shares_are_no_percent():
    cohort = plausible()
    said = only_warning(cohort.score("quality", cohort.scores["quality"] / 100).found())
    assert "they look like shares of the maximum; Q-LES-Q-SF runs from 0 to 100" in said


@pytest.mark.parametrize("seed", SEEDS)
def test_a_measure_coded_in_reverse_contradicts_the_others(seed):
    cohort = plausible(seed)
    findings = cohort.score("quality", 100 - cohort.scores["quality"]).found()
    assert [note.where for note in findings.notes] == [
        "measures.madrs and measures.quality", "measures.phq9 and measures.quality",
    ]  # fmt: skip
    assert (
        "rise as the other falls, but their changes from baseline within a visit correlate at 0."
        in findings.notes[0].what
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_two_measures_that_both_drift_with_time_need_not_be_related(seed):
    cohort = plausible(seed)
    rng = np.random.default_rng(seed)
    drift = np.array([0, -8, -16, -24])
    quality = np.clip(70 + drift + rng.normal(0, 5, (120, 4)), 0, 100)
    symptoms = np.clip(np.round(40 + drift + rng.normal(0, 4, (120, 4))), 0, 60)
    without = {name: values for name, values in cohort.scores.items() if name != "phq9"}
    content = dict(cohort.cohort["measures"])
    del content["phq9"]
    cohort = replace(cohort, scores=without).config("measures", content)
    assert cohort.score("quality", quality).score("madrs", symptoms).found().notes == []


def test_a_symptom_scale_coded_in_reverse_contradicts_another():
    cohort = plausible()
    without = {name: values for name, values in cohort.scores.items() if name != "quality"}
    reverse = {**cohort.cohort["measures"]["madrs"], "score": "reverse"}
    cohort = cohort.config("measures.quality", reverse).score("quality", 60 - without["madrs"])
    says = [note.what for note in cohort.found().notes]
    assert any("should fall and rise together, but" in what and "correlate at -0." in what for what in says)


def test_mania_and_depression_may_move_oppositely():
    cohort = plausible().config("measures.madrs.instrument", "YMRS")
    assert cohort.score("madrs", 60 - cohort.scores["madrs"]).found().notes == []


def test_a_baseline_that_stands_for_a_follow_up_is_a_warning():
    cohort = plausible()
    scores = cohort.scores["phq9"].copy()
    scores[:, 2] = scores[:, 0]
    said = only_warning(cohort.score("phq9", scores).found())
    assert "measures.phq9: visit week_8 repeats the baseline to the digit for 120 of 120 patients" in said


def test_a_visit_carried_forward_for_everyone_is_a_warning():
    cohort = plausible()
    scores = cohort.scores["quality"].copy()
    scores[:, 3] = scores[:, 2]
    both = int(np.isfinite(scores[:, 2]).sum())
    said = only_warning(cohort.score("quality", scores).found())
    assert f"visit week_12 repeats the visit week_8 to the digit for {both} of {both} patients" in said


def test_ten_equal_pairs_are_a_repeat_and_nine_are_not():
    cohort = plausible(n=10)
    scores = cohort.scores["quality"].copy()
    scores[:, 0] = np.arange(10) + 40.5
    scores[:, 2:] = np.nan
    scores[:, 1] = scores[:, 0]
    assert "for 10 of 10 patients" in only_warning(cohort.score("quality", scores).found())
    scores[0, 1] = np.nan
    assert cohort.score("quality", scores).found().notes == []


@pytest.mark.parametrize("measure", ["phq9", "madrs", "quality"])
@pytest.mark.parametrize("seed", SEEDS)
def test_last_scores_carried_forward_for_those_who_left_are_a_warning(measure, seed):
    cohort = plausible(seed)
    scores = cohort.scores[measure].copy()
    for at in range(1, 4):
        scores[:, at] = np.where(np.isnan(scores[:, at]), scores[:, at - 1], scores[:, at])
    said = only_warning(cohort.score(measure, scores).found())
    assert f"measures.{measure}: " in said
    assert "have at week_12 exactly the score of week_8" in said


def test_patients_who_stay_at_the_floor_carry_nothing_forward():
    cohort = plausible()
    scores = cohort.scores["phq9"].copy()
    scores[:60, 2:] = 0
    assert cohort.score("phq9", scores).found().notes == []


def test_an_index_of_few_states_stays_the_same_by_chance():
    cohort = plausible().config("measures.quality.instrument", "EQ-5D-5L")
    index = np.round(np.random.default_rng(3).choice([0.61, 0.683, 0.745, 0.8], (120, 4)), 3)
    index[:, 3] = np.where(np.arange(120) % 3 > 0, index[:, 2], index[:, 3])
    assert cohort.score("quality", index).found().notes == []


@pytest.mark.parametrize("code", [88, 98, 99])
def test_a_code_inside_the_range_of_a_scale_is_asked_about(code):
    cohort = plausible()
    scores = np.minimum(cohort.scores["quality"], 70)
    scores[:7, 2] = code
    said = only_warning(cohort.score("quality", scores).found())
    assert f"scores.csv: measures.quality: 7 of 120 patients have the value {code}, and no other" in said
    scores[2:7, 2] = 50
    assert cohort.score("quality", scores).found().notes == []


def test_a_code_among_ages_is_asked_about_unless_a_range_is_declared():
    cohort = plausible()
    ages = np.where(np.arange(120) % 20 == 0, 99.0, cohort.people["age_years"])
    cohort = cohort.person("age_years", ages)
    said = only_warning(cohort.found())
    assert "people.csv: patients.covariates.age_years: 6 of 120 patients have the value 99" in said
    assert "if they are true values, declare low and high" in said
    ranged = cohort.config("patients.covariates.age_years.low", 18)
    assert ranged.config("patients.covariates.age_years.high", 110).found().notes == []


def test_the_highest_of_many_values_may_be_99():
    cohort = plausible()
    ages = np.where(np.arange(120) < 5, 99.0, np.linspace(18, 90, 120).round())
    assert cohort.person("age_years", ages).found().notes == []


def test_equal_ratings_on_a_narrow_scale_are_ordinary():
    cohort = plausible().config("measures.madrs.instrument", "CGI-S")
    rating = np.clip(np.round(cohort.scores["madrs"] / 9), 2, 7)
    rating[:, 3] = np.where(np.arange(120) % 5 > 0, rating[:, 2], rating[:, 3])
    assert cohort.score("madrs", rating).found().notes == []


@pytest.mark.parametrize(("name", "value"), [("weight", 70.0), ("sex", "female"), ("site", "south")])
def test_a_covariate_that_is_the_same_for_everyone_is_a_warning(name, value):
    cohort = plausible()
    said = only_warning(cohort.person(name, np.full(120, value)).found())
    assert f"people.csv: patients.covariates.{name}: all 120 patients have the same value" in said


def test_nine_equal_values_are_no_constant():
    assert plausible(n=9).person("weight", np.full(9, 70.0)).found().notes == []


def test_a_visit_or_a_measure_with_one_score_for_everyone_is_a_warning():
    cohort = plausible()
    scores = cohort.scores["madrs"].copy()
    scores[:, 1] = np.where(np.isnan(scores[:, 1]), np.nan, 20)
    assert "scores at visit week_4 are the same" in only_warning(cohort.score("madrs", scores).found())
    said = only_warning(cohort.score("madrs", np.full((120, 4), 20.0)).found())
    assert "every score of all 120 patients is the same" in said


def test_equal_times_are_constant_only_with_events():
    cohort = plausible()
    days, nobody = np.full(120, 365.0), np.zeros(120, dtype=bool)
    censored = cohort.event("relapse", days, nobody).person("follow_up_days", days)
    assert censored.found().notes == []
    some = np.arange(120) % 3 == 0
    said = only_warning(cohort.event("relapse", days, some).found())
    assert "events.relapse.time: all 120 patients have the same time, 40 of them with the event" in said


def test_an_arm_of_one_and_a_single_visit_say_what_will_not_be_estimable():
    cohort = plausible()
    arm = np.where(np.arange(120) == 0, "combined", "medication")
    assert "people.csv: arms.combined: 1 of 120 patients is in this arm" in only_warning(
        cohort.person("arm", arm).found()
    )
    first = np.where(np.arange(4) == 0, cohort.scores["madrs"], np.nan)
    said = only_warning(cohort.score("madrs", first).found())
    assert (
        "measures.madrs: scores were observed at one visit only, baseline: changes and mixed models" in said
    )
    assert "will be not estimable, and all count as dropped out before week_12; check the visits'" in said


def test_a_single_visit_after_baseline_leaves_a_model_without_baseline():
    cohort = plausible()
    for at, left in ((3, ""), (2, ", and all count as dropped out before week_12")):
        one = np.where(np.arange(4) == at, np.nan_to_num(cohort.scores["madrs"], nan=20), np.nan)
        said = only_warning(cohort.score("madrs", one).found())
        visit = f"one visit only, week_{4 * at}"
        assert f"{visit}: changes from baseline will be not estimable{left}; a mixed model, which" in said
        assert "needs adjust_for_baseline: false; check the visits' columns or codes" in said


def test_a_baseline_and_one_visit_are_ordinary():
    cohort = plausible()
    two = np.where(np.arange(4) % 3 == 0, cohort.scores["madrs"], np.nan)
    assert cohort.score("madrs", two).found().notes == []


def test_two_values_after_baseline_are_a_yes_or_no():
    scale = {
        "name": "Present", "condition": "functioning", "low": 0, "high": 1, "integer": True,
        "higher_is_better": True, "source": "Author 2000",
    }  # fmt: skip
    cohort = plausible().config("instruments.MINE", scale).config("measures.quality.instrument", "MINE")
    known = np.isfinite(cohort.scores["quality"])
    present = np.where(known, np.random.default_rng(2).random((120, 4)) < 0.3, np.nan)
    low, high = int((present[:, 1:] == 0).sum()), int((present[:, 1:] == 1).sum())
    patients = int(known[:, 1:].any(axis=1).sum())
    said = only_warning(cohort.score("quality", present).found())
    assert f"measures.quality: the {low + high} scores of {patients} patients after baseline take two" in said
    assert f"the lower {low} times and the higher {high} times: their mean is a proportion" in said
    assert "yes/no outcome" in said


def test_two_values_at_baseline_and_three_after_it_are_a_rating():
    cohort = plausible().config("measures.madrs.instrument", "CGI-S")
    rating = np.random.default_rng(4).integers(2, 5, (120, 4)).astype(float)
    rating[:, 0] = np.arange(120) % 2 + 4
    assert cohort.score("madrs", rating).found().notes == []


def test_one_patient_is_told_once():
    cohort = plausible(n=1)
    for name in cohort.scores:
        cohort = cohort.score(name, np.full((1, 4), 20.0))
    assert "people.csv: patients: there is one patient" in only_warning(cohort.found())


def test_columns_without_values_are_noted_at_most():
    cohort = plausible().person("weight", np.full(120, np.nan)).person("follow_up_days", np.full(120, np.nan))
    cohort = cohort.score("madrs", np.full((120, 4), np.nan))
    findings = cohort.found()
    assert findings.problems == []
    assert [str(note) for note in findings.notes] == [
        "note: scores.csv: measures.madrs: 120 of 120 patients have no score of madrs"
    ]
