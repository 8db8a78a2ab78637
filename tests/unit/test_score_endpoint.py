"""The score endpoint: which rows a model sees, and who is left out with which reason."""

from __future__ import annotations

import pandas as pd
import pytest

from outcomes.config import Cohort
from outcomes.config.plan import MixedAnalysis
from outcomes.endpoints.score import derive_score
from outcomes.frames import Exclusion, Tables

COHORT = Cohort.model_validate({
    "title": "t", "description": "d", "source": "s", "condition": "depression", "design": "randomised_trial",
    "components": {
        "medication": {"label": "Medication", "randomised": True},
        "therapy": {"label": "Therapy", "randomised": True},
    },
    "arms": {
        "medication": {"label": "Medication", "components": ["medication"]},
        "combined": {"label": "Combined", "components": ["medication", "therapy"]},
    },
    "files": {"raw": {"path": "raw.csv", "format": "csv"}},
    "patients": {
        "file": "raw", "id": "id",
        "arm": {"column": "arm", "labels": {"m": "medication", "c": "combined"}},
        "covariates": {
            "age_years": {"column": "age", "kind": "number", "label": "Age"},
            "length": {"column": "len", "kind": "category", "label": "Length of episode",
                       "levels": {"0": "up to 6 months", "1": "more than 6 months"}},
        },
    },
    "schedule": {"unit": "month", "visits": {"start": 0, "month_2": 2, "month_3": 3, "month_9": 9}},
    "measures": {"bdi": {"layout": "wide", "file": "raw", "id": "id", "columns": {"start": "b0"},
                         "instrument": "BDI", "label": "BDI"}},
})  # fmt: skip
LEVELS = ["up to 6 months", "more than 6 months"]
SCORES = {  # start, month_2, month_3; month_9 is not planned for this measure
    "complete": (30.0, 20.0, 10.0),
    "one_visit": (24.0, None, 12.0),
    "only_baseline": (22.0, None, None),
    "no_baseline": (None, 9.0, 8.0),
    "no_length": (28.0, 21.0, 14.0),
    "no_length_no_later": (28.0, None, None),
}


@pytest.fixture
def tables() -> Tables:
    ids = list(SCORES)
    patients = pd.DataFrame({
        "patient_id": pd.array(ids, dtype="string"),
        "arm": pd.Categorical(["combined", "medication"] * 3, ["medication", "combined"], ordered=True),
        "follow_up_days": 90.0, "medication": True, "therapy": [True, False] * 3,
        "age_years": [40.0, 41.0, 42.0, 43.0, None, 45.0],
        "length": pd.Categorical([*LEVELS, LEVELS[0], LEVELS[1], None, None], LEVELS, ordered=True),
    })  # fmt: skip
    visits = [
        {"patient_id": patient, "measure": "bdi", "visit": visit, "week": week, "day": None, "score": score}
        for patient, scores in SCORES.items()
        for visit, week, score in zip(["start", "month_2", "month_3"], [0.0, 8.7, 13.0], scores, strict=True)
    ]
    other = {"patient_id": "complete", "measure": "other", "visit": "month_9", "week": 39.1, "score": 5.0}
    frame = pd.DataFrame([*visits, other]).astype({"patient_id": "string", "score": "float64"})
    return Tables(patients, frame, pd.DataFrame(), pd.DataFrame())


def derive(tables: Tables, **changes):
    """The frame of one plan entry."""
    entry = {"question": "q", "role": "secondary", "endpoint": {"kind": "score", "measure": "bdi"}}
    return derive_score(tables, COHORT, MixedAnalysis.model_validate(entry | changes))


def scores_of(frame, patient: str) -> dict[str, float]:
    """Visit to score of one patient."""
    rows = frame.data[frame.data["patient_id"] == patient]
    return dict(zip(rows["visit"].astype(str), rows["score"], strict=True))


def test_only_observed_scores_stand_in_the_frame_with_the_baseline_beside_them(tables):
    frame = derive(tables)
    assert scores_of(frame, "complete") == {"start": 30.0, "month_2": 20.0, "month_3": 10.0}
    assert scores_of(frame, "one_visit") == {"start": 24.0, "month_3": 12.0}
    one = frame.data[frame.data["patient_id"] == "one_visit"]
    assert set(one["baseline"]) == {24.0}
    assert one["time"].tolist() == [0.0, 3.0]
    assert one["week"].tolist() == [0.0, 13.0]
    assert frame.data["score"].notna().all()


def test_time_is_planned_time_in_the_unit_of_the_schedule_and_unplanned_visits_are_not_in_it(tables):
    frame = derive(tables)
    assert frame.time_unit == "month"
    assert frame.schedule == {"start": 0.0, "month_2": 2.0, "month_3": 3.0}
    assert list(frame.data["visit"].cat.categories) == ["start", "month_2", "month_3"]


def test_change_is_score_minus_baseline_and_needs_one(tables):
    frame = derive(tables, endpoint={"kind": "change", "measure": "bdi"}, adjust_for_baseline=False)
    assert scores_of(frame, "complete") == {"start": 0.0, "month_2": -10.0, "month_3": -20.0}
    assert set(frame.data.loc[frame.data["patient_id"] == "complete", "baseline"]) == {30.0}
    assert Exclusion("medication", "no baseline score", 1) in frame.exclusions
    assert (frame.endpoint, frame.label) == ("bdi_change", "BDI, change from baseline")


def test_each_patient_is_left_out_once_with_the_first_reason_that_applies(tables):
    frame = derive(tables, covariates=["length"])
    assert set(frame.data["patient_id"]) == {"complete", "one_visit"}
    assert set(frame.exclusions) == {
        Exclusion("medication", "no baseline score", 1),
        Exclusion("combined", "not recorded: Length of episode", 1),
        Exclusion("medication", "not recorded: Length of episode", 1),
        Exclusion("combined", "no score after baseline", 1, after_assignment=True),
    }
    left_out = sum(exclusion.n_patients for exclusion in frame.exclusions)
    assert left_out + sum(frame.n_by_arm().values()) == len(SCORES)


def test_a_baseline_is_only_needed_where_the_model_uses_it(tables):
    frame = derive(tables, adjust_for_baseline=False)
    assert scores_of(frame, "no_baseline") == {"month_2": 9.0, "month_3": 8.0}


def test_a_population_that_rests_on_scores_is_counted_once(tables):
    frame = derive(tables, population="with_post_baseline_score")
    reasons = [(e.arm, e.reason) for e in frame.exclusions]
    assert len(reasons) == len(set(reasons))
    assert ("combined", "no score after baseline") in reasons
    assert set(frame.data["patient_id"]) == {"complete", "one_visit", "no_length"}


def test_labels_unit_and_direction_come_from_the_cohort_and_its_instrument(tables):
    frame = derive(tables, covariates=["length"])
    assert (frame.endpoint, frame.label, frame.unit) == ("bdi", "BDI", "points")
    assert frame.higher_is_better is False
    assert frame.labels["length"] == "Length of episode"
    assert frame.labels["length=more than 6 months"] == "Length of episode: more than 6 months"


def test_row_order_does_not_matter(tables):
    shuffled = Tables(
        tables.patients.sample(frac=1.0, random_state=1), tables.visits.sample(frac=1.0, random_state=2),
        tables.events, tables.exposures,
    )  # fmt: skip
    pd.testing.assert_frame_equal(derive(shuffled).data, derive(tables).data)
    assert set(derive(shuffled).exclusions) == set(derive(tables).exclusions)
