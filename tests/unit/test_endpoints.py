"""Endpoints that need no model: dropout, adherence, adverse events, baseline, flow; and populations."""

from types import SimpleNamespace

import pandas as pd
import pytest
from tiny_project import COHORT

from outcomes.config import Cohort
from outcomes.config.base import build, parse_yaml
from outcomes.endpoints.adherence import derive_adherence
from outcomes.endpoints.adverse_events import derive_adverse_events
from outcomes.endpoints.baseline import derive_baseline
from outcomes.endpoints.dropout import derive_dropout
from outcomes.endpoints.flow import derive_flow
from outcomes.frames import Exclusion, Tables
from outcomes.io import shape
from outcomes.populations import select
from outcomes.tables import EVENTS, EXPOSURES, PATIENTS, VISITS

ARMS = ["neither", "medication", "therapy", "combined"]
VISIT_NAMES = ["baseline", "week_4", "week_8"]


@pytest.fixture
def cohort():
    return build(Cohort, parse_yaml(COHORT.format(name="alpha"), "alpha.yaml"), "alpha.yaml")


@pytest.fixture
def tables():
    """Four patients, one an arm: a complete, b back for the last visit, c gone after week 4, d never seen."""
    patients = pd.DataFrame(
        {
            "patient_id": list("abcd"),
            "arm": pd.Categorical(ARMS, categories=ARMS, ordered=True),
            "follow_up_days": [365.25, 182.625, 0, 36.525],
            "medication": [False, True, False, True],
            "therapy": [False, False, True, True],
            "age_years": [30.0, 40, 50, 60],
        }
    )
    scores = {"a": [20, 10, 5], "b": [18, None, 9], "c": [15, 12, None], "d": [22, None, None]}
    visits = pd.DataFrame(
        [
            {"patient_id": p, "measure": "phq9", "visit": v, "week": float(w), "score": s}
            for p, values in scores.items()
            for v, w, s in zip(VISIT_NAMES, (0, 4, 8), values, strict=True)
        ]
    )
    visits["visit"] = pd.Categorical(visits["visit"], categories=VISIT_NAMES, ordered=True)
    events = pd.DataFrame(
        [
            ("c", "outcome", "dropout", 0.0, 40.0, True, "moved away"),
            ("d", "outcome", "dropout", 0.0, 60.0, False, "end of study"),
            ("a", "outcome", "relapse", 0.0, 90.0, True, None),
            ("b", "outcome", "relapse", 0.0, 100.0, False, "end of study"),
            ("c", "outcome", "relapse", 0.0, 40.0, False, "lost"),
            ("a", "adverse", "nausea", 3.0, None, True, None),
            ("b", "adverse", "nausea", 3.0, None, True, None),
            ("b", "adverse", "nausea", 9.0, None, True, None),
        ],
        columns=["patient_id", "kind", "event", "start_day", "end_day", "observed", "reason"],
    )
    exposures = pd.DataFrame(
        {
            "patient_id": ["c", "d", "d", "b"],
            "component": ["therapy", "therapy", "therapy", "medication"],
            "start_day": [0.0, 0.0, 30.0, 0.0],
            "sessions_offered": [8.0, 4.0, 4.0, None],
            "sessions_attended": [6.0, 4.0, 1.0, None],
            "days_planned": [None, None, None, 50.0],
            "days_covered": [None, None, None, 40.0],
        }
    )
    return Tables(
        shape(patients, PATIENTS), shape(visits, VISITS), shape(events, EVENTS), shape(exposures, EXPOSURES)
    )


def late(arm, reason):
    """One patient left out for what happened after assignment."""
    return Exclusion(arm, reason, 1, after_assignment=True)


def entry(population="all_assigned", **endpoint):
    return SimpleNamespace(population=population, endpoint=SimpleNamespace(**endpoint))


def test_returning_for_the_last_visit_is_not_dropout(tables, cohort):
    found = derive_dropout(tables, cohort, entry(kind="dropout", measure="phq9")).data
    assert dict(zip(found["patient_id"], found["outcome"], strict=True)) == {
        "a": False, "b": False, "c": True, "d": True
    }  # fmt: skip


def test_adherence_adds_spells_and_counts_missing_records(tables, cohort):
    sessions = derive_adherence(tables, cohort, entry(kind="adherence", component="therapy", of="sessions"))
    assert dict(zip(sessions.data["patient_id"], sessions.data["value"], strict=True)) == {
        "c": 0.75, "d": 0.625
    }  # fmt: skip
    days = derive_adherence(tables, cohort, entry(kind="adherence", component="medication", of="days"))
    assert days.data["value"].tolist() == [0.8]
    assert days.exclusions == (
        Exclusion("neither", "Medication is not part of the arm", 1),
        Exclusion("therapy", "Medication is not part of the arm", 1),
        Exclusion("combined", "no record of planned days covered", 1, after_assignment=True),
    )
    assert days.endpoint == "adherence_medication_days"


def test_adverse_events_keep_patients_without_any(tables, cohort):
    frame = derive_adverse_events(tables, cohort, entry(kind="adverse_events"))
    assert set(frame.n_by_arm().values()) == {1}
    assert frame.data["term"].notna().sum() == 3
    assert frame.data.drop_duplicates("patient_id")["person_years"].sum() == pytest.approx(1.6)
    assert frame.data.set_index("patient_id").loc["c", "person_years"] == 0


def test_baseline_has_covariates_and_scores(tables, cohort):
    frame = derive_baseline(tables, cohort, entry(kind="baseline", measures=("phq9",)))
    assert frame.data["baseline_phq9"].tolist() == [20, 18, 15, 22]
    assert frame.labels["age_years"] == "Age (years)"
    assert frame.labels["baseline_phq9"] == "PHQ-9 at baseline"


def test_flow_of_a_measure_uses_recorded_reasons(tables, cohort):
    data = derive_flow(tables, cohort, entry(kind="flow", measure="phq9", event=None)).data
    assert data["step"].tolist() == [
        "completed", "completed", "discontinued: moved away", "discontinued: reason not recorded"
    ]  # fmt: skip
    assert data["observed: week_4"].tolist() == [True, False, True, False]


def test_flow_of_an_event_tells_events_censored_and_unknown_apart(tables, cohort):
    data = derive_flow(tables, cohort, entry(kind="flow", measure=None, event="relapse")).data
    assert data["step"].tolist() == ["event", "censored: end of study", "censored: lost", "no follow-up"]


@pytest.mark.parametrize(
    ("population", "kept", "left_out"),
    [
        ("all_assigned", list("abcd"), ()),
        (
            "with_follow_up",
            list("abc"),
            (late("combined", "no follow-up for Relapse"),),
        ),
        (
            "with_post_baseline_score",
            list("abc"),
            (late("combined", "no score after baseline"),),
        ),
        (
            "completers",
            list("ab"),
            (
                late("therapy", "no score at the last planned visit"),
                late("combined", "no score at the last planned visit"),
            ),
        ),
    ],
)
def test_populations_count_whom_they_leave_out(tables, cohort, population, kept, left_out):
    ids, exclusions = select(tables, cohort, entry(population, measure="phq9", event="relapse"))
    assert list(ids) == kept
    assert exclusions == left_out
