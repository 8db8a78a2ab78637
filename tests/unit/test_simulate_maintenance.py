"""Maintenance of the synthetic trial: PARS from visit to visit that agree with the dated recurrences."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from outcomes.config.base import build, load_yaml
from outcomes.config.cohort import Cohort
from outcomes.instruments import load_catalogue
from outcomes.simulate import parameters as par
from outcomes.simulate.trial import MISSING_CODE, SimulatedTrial, simulate_trial

ROOT = Path(__file__).parents[2]
COHORT_FILE = "config/cohorts/synthetic_trial.yaml"
STANDARD_ERRORS = 4.0  # one check in 16 000 fails by chance; seeds are fixed, so a pass stays a pass


@pytest.fixture(scope="module")
def trial() -> SimulatedTrial:
    return simulate_trial(20260101, 480)


@pytest.fixture(scope="module")
def large() -> SimulatedTrial:
    return simulate_trial(7, 6_000)


def seen(trial: SimulatedTrial) -> pd.DataFrame:
    """Visits of maintenance with the person's arm, week 12 (`start`), day of recurrence and planned week."""
    people = trial.patients.set_index("patient_id")
    dated = trial.recurrence[trial.recurrence["status"] == "recurrence"].set_index("patient_id")["days"]
    ended = trial.recurrence.set_index("patient_id")
    rows = trial.course[trial.course["day"] > 13 * 7].copy()
    rows["pars"] = rows["pars"].replace(MISSING_CODE, np.nan)
    rows["arm"] = rows["patient_id"].map(people["arm"])
    rows["start"] = rows["patient_id"].map(people["follow_up_days"])
    rows["recurrence"] = rows["start"] + rows["patient_id"].map(dated)
    rows["status"] = rows["patient_id"].map(ended["status"])
    rows["last_day"] = rows["start"] + rows["patient_id"].map(ended["days"])
    weeks = np.array(par.MAINTENANCE_WEEKS)
    nearest = np.abs(7 * weeks - rows["day"].to_numpy()[:, None]).argmin(axis=1)
    return rows.assign(week=weeks[nearest])


def test_the_course_begins_with_the_scores_of_the_treatment_phase(trial):
    early = trial.course[trial.course["day"] <= 13 * 7].reset_index(drop=True)
    pd.testing.assert_frame_equal(early, trial.visits[["patient_id", "day", "pars"]])


def test_each_visit_lies_in_a_window_of_its_own(trial):
    cohort = build(Cohort, load_yaml(ROOT / COHORT_FILE, COHORT_FILE), COHORT_FILE)
    assert cohort.schedule is not None
    weeks = trial.course["day"] / 7
    within = pd.DataFrame({name: weeks.between(*window) for name, window in cohort.schedule.windows.items()})
    assert (within.sum(axis=1) == 1).all()
    assert not trial.course.assign(visit=within.idxmax(axis=1)).duplicated(["patient_id", "visit"]).any()
    assert within.any().all()


def test_scores_lie_on_the_scale_and_some_forms_are_missing(trial):
    scores = trial.course["pars"].replace(MISSING_CODE, np.nan)
    scale = load_catalogue()["PARS"]
    assert scores.dropna().between(scale.low, scale.high).all()
    assert scores.isna().any()


def test_visits_stop_with_follow_up_and_go_on_after_a_recurrence(trial):
    rows = seen(trial)
    completers = set(trial.recurrence["patient_id"])
    assert set(rows["patient_id"]) <= completers
    unmoved = rows[rows["status"] != "recurrence"]
    assert (unmoved["day"] <= unmoved["last_day"]).all()
    assert (rows["day"] <= rows["start"] + par.MAINTENANCE_DAYS).all()
    lost = rows[rows["status"] == "lost to follow-up"]
    assert (lost.groupby("patient_id")["day"].max() <= lost.groupby("patient_id")["last_day"].first()).all()
    assert (rows["day"] > rows["recurrence"] + 365).any()


def test_a_recurrence_shows_at_the_first_visit_after_it(large):
    rows = seen(large).dropna(subset=["recurrence", "pars"])
    since = rows["day"] - rows["recurrence"]
    at_once = rows[(since >= 0) & (since <= par.EPISODES.shortest_days)]
    first = at_once.groupby("patient_id")["pars"].first()
    assert len(first) > 1_000
    assert first.min() >= par.EPISODES.floor
    # the level when ill, lifted a little where the floor binds and where people were worse already
    assert par.EPISODES.level_mean < first.mean() < par.EPISODES.level_mean + 1.0


def test_most_improve_again_after_a_recurrence_and_some_do_not(large):
    rows = seen(large).dropna(subset=["recurrence", "pars"])
    late = rows[rows["day"] >= rows["recurrence"] + 700]
    symptomatic = (late.groupby("patient_id")["pars"].mean() >= par.EPISODES.floor).mean()
    assert 1.0 - par.EPISODES.improving < symptomatic < 0.5


def test_before_a_recurrence_scores_vary_about_a_persons_level(large):
    """Var(y2 - y1) = 2 sigma^2 (1 - rho) + 2 / 12, noise and rounding, away from the ends of the scale.

    People are chosen by a score three visits earlier, of which the noise has decayed to rho^3.
    """
    rows = seen(large)
    well = rows[rows["recurrence"].isna() | (rows["day"] < rows["recurrence"])]
    earlier, one, two = (
        well[well["week"] == week].set_index("patient_id")["pars"] for week in (116, 155, 168)
    )
    change = (two - one)[earlier.between(11, 22).reindex((two - one).index, fill_value=False)].dropna()
    expected = 2 * par.EPISODES.noise_sd**2 * (1 - par.EPISODES.noise_correlation) + 2 / 12
    assert len(change) > 200
    assert abs(change.var() - expected) < STANDARD_ERRORS * expected * np.sqrt(2 / len(change))
    assert abs(change.mean()) < STANDARD_ERRORS * np.sqrt(expected / len(change))


def test_visits_and_forms_are_missed_as_often_as_said(large):
    rows = seen(large)
    staying = large.recurrence.loc[large.recurrence["status"] == "end of study", "patient_id"]
    theirs = rows[rows["patient_id"].isin(staying)]
    planned = len(staying) * len(par.MAINTENANCE_WEEKS)
    for share, expected, n in (
        (1 - len(theirs) / planned, par.MAINTENANCE_MISSED, planned),
        (theirs["pars"].isna().mean(), par.FORM_MISSING, len(theirs)),
    ):
        assert abs(share - expected) < STANDARD_ERRORS * np.sqrt(expected * (1 - expected) / n)


def test_in_each_arm_many_remit_and_some_never_do(trial):
    remission = load_catalogue()["PARS"].remission
    assert remission is not None
    assert remission.at_most is not None
    scores = trial.course[(trial.course["day"] > 0) & (trial.course["pars"] != MISSING_CODE)]
    lowest = scores.groupby("patient_id")["pars"].min()
    remitted = (lowest <= remission.at_most).groupby(trial.patients.set_index("patient_id")["arm"]).mean()
    assert remitted.between(0.5, 0.9).all()
    assert remitted.idxmax() == "combined"


def test_admissions_are_rare_and_more_frequent_after_a_recurrence(large):
    """Events against rate times person-years on either side of the day of recurrence."""
    stay = large.hospitalisation.set_index("patient_id")
    people = large.patients.set_index("patient_id")["follow_up_days"]
    dated = large.recurrence[large.recurrence["status"] == "recurrence"].set_index("patient_id")["days"]
    turn = (people + dated).reindex(stay.index).fillna(np.inf)
    admitted = stay["status"] == "hospitalisation"
    for rate, days, events in (
        (par.HOSPITAL_HAZARDS[0], np.minimum(stay["day"], turn), admitted & (stay["day"] <= turn)),
        (par.HOSPITAL_HAZARDS[1], np.maximum(stay["day"] - turn, 0), admitted & (stay["day"] > turn)),
    ):
        expected = rate * days.sum() / par.MAINTENANCE_YEAR
        assert abs(events.sum() - expected) < STANDARD_ERRORS * np.sqrt(expected)


def test_everybody_has_one_end_of_follow_up_for_admissions(trial):
    stay, left = trial.hospitalisation, trial.dropout["status"] != "completed"
    assert stay["patient_id"].tolist() == trial.patients["patient_id"].tolist()
    assert (stay["day"] >= 1).all()
    assert set(stay.loc[left, "status"]) <= {"left the study", "hospitalisation"}
    assert set(stay.loc[~left, "status"]) == {"lost to follow-up", "end of study", "hospitalisation"}
    closed = stay["status"] == "end of study"
    assert (stay["day"] == trial.patients["follow_up_days"] + par.MAINTENANCE_DAYS)[closed].all()
    known = trial.recurrence.set_index("patient_id")
    lost = stay[stay["status"] == "lost to follow-up"].set_index("patient_id")["day"]
    same = known["status"].reindex(lost.index) == "lost to follow-up"
    started = trial.patients.set_index("patient_id")["follow_up_days"].reindex(lost.index)
    assert (lost == started + known["days"].reindex(lost.index))[same].all()
