"""Between which visits an event came, derived from scores by hand-made definitions."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from tiny_project import COHORT

from outcomes.config import Cohort
from outcomes.config.base import build, parse_yaml
from outcomes.config.interval import IntervalCensoredAnalysis
from outcomes.endpoints import ENDPOINTS
from outcomes.frames import Exclusion, Tables
from outcomes.io import shape
from outcomes.stages.derivable import resolve
from outcomes.tables import EVENTS, EXPOSURES, PATIENTS, VISITS

ARMS = ["neither", "medication", "therapy", "combined"]
VISIT_NAMES = ["baseline", "week_4", "week_8"]
SOURCE = {"source": "made up"}
LOW = {"title": "Low", "version": "1", **SOURCE, "remission": {"at_most": 9, **SOURCE}}
HIGH_OR_DATED = {
    **LOW, "title": "High again", "starts_in": "remission",
    "relapse": {"at_least": 15, "events": ["relapse"], **SOURCE},
}  # fmt: skip


@pytest.fixture
def cohort():
    return build(Cohort, parse_yaml(COHORT.format(name="alpha"), "alpha.yaml"), "alpha.yaml")


def tables_of(scores, relapses=()):
    """Patients of the medication arm with scores at day 0, 28 and 56, and dated relapses."""
    patients = pd.DataFrame(
        {
            "patient_id": list(scores),
            "arm": pd.Categorical(["medication"] * len(scores), categories=ARMS, ordered=True),
            "follow_up_days": 90.0,
            "medication": True,
            "therapy": False,
            "age_years": 40.0,
        }
    )
    visits = pd.DataFrame(
        [
            {"patient_id": p, "measure": "phq9", "visit": v, "week": w / 7, "day": w, "score": s}
            for p, values in scores.items()
            for v, w, s in zip(VISIT_NAMES, (0.0, 28.0, 56.0), values, strict=True)
        ]
    )
    visits["visit"] = pd.Categorical(visits["visit"], categories=VISIT_NAMES, ordered=True)
    visits.loc[visits["score"].isna(), "day"] = None
    events = pd.DataFrame(
        [(p, "outcome", "relapse", 0.0, day, True, None) for p, day in relapses],
        columns=["patient_id", "kind", "event", "start_day", "end_day", "observed", "reason"],
    )
    exposures = pd.DataFrame(columns=["patient_id", "component", "start_day"])
    return Tables(
        shape(patients, PATIENTS), shape(visits, VISITS), shape(events, EVENTS), shape(exposures, EXPOSURES)
    )


def derive(cohort, tables, definition=LOW, state="remission", **options):
    endpoint = {"kind": "interval_event", "measure": "phq9", "definition": definition, "state": state}
    analysis = IntervalCensoredAnalysis(
        question="?", role="secondary", endpoint=endpoint | options.pop("endpoint", {}), **options
    )
    frame = resolve(ENDPOINTS["interval_event"])(tables, cohort, analysis)
    columns = ["left_days", "right_days", "time_days", "observed"]
    return frame, frame.data.set_index("patient_id")[columns]


def test_the_event_lies_between_the_last_visit_without_it_and_the_first_with_it(cohort):
    frame, found = derive(cohort, tables_of({"a": [20, 12, 8], "b": [20, 8, 8], "c": [20, 12, 12]}))
    assert found.loc["a"].tolist() == [28, 56, 56, True]
    assert found.loc["b"].tolist() == [0, 28, 28, True]
    assert found.loc["c"].tolist() == [56, np.inf, 56, False]
    assert frame.label == "Remission, by PHQ-9"
    assert frame.higher_is_better is False


def test_a_missed_visit_widens_the_interval(cohort):
    _, found = derive(cohort, tables_of({"a": [20, None, 8]}))
    assert found.loc["a"].tolist() == [0, 56, 56, True]


def test_a_patient_who_was_never_seen_again_is_left_out_and_counted(cohort):
    frame, found = derive(cohort, tables_of({"a": [20, 12, 8], "gone": [20, None, None]}))
    assert found.index.tolist() == ["a"]
    assert frame.exclusions == (Exclusion("medication", "no score after baseline", 1, after_assignment=True),)


def test_time_counts_from_the_start_state_and_whoever_never_reached_it_is_left_out(cohort):
    definition = {**LOW, "relapse": {"at_least": 15, **SOURCE}}
    frame, found = derive(
        cohort, tables_of({"a": [20, 8, 16], "never": [20, 18, 18]}), definition, "relapse",
        endpoint={"start": "remission"},
    )  # fmt: skip
    assert found.loc["a"].tolist() == [0, 28, 28, True]
    assert frame.exclusions == (Exclusion("medication", "never in remission", 1, after_assignment=True),)
    assert frame.label == "Relapse from remission, by PHQ-9"
    assert frame.higher_is_better is True


def test_a_dated_event_is_known_to_the_day(cohort):
    tables = tables_of({"a": [8, 8, 8], "b": [8, 8, 16]}, relapses=[("a", 40.0)])
    _, found = derive(cohort, tables, HIGH_OR_DATED, "relapse")
    assert found.loc["a"].tolist() == [40, 40, 40, True]
    assert found.loc["b"].tolist() == [28, 56, 56, True]


def test_a_definition_that_is_still_a_name_is_refused(cohort):
    with pytest.raises(ValueError, match="the definition is named, not resolved"):
        derive(cohort, tables_of({"a": [20, 12, 8]}), "phq9_reliable")
