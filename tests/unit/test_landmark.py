"""Landmark analysis: who is left, from when time counts, who is counted as left out, and what is said of it.

The six patients of `event_tables`: an arm each in turn (medication, therapy, combined), times of 10, 20,
... 60 days, the first, third and fifth with a relapse.
"""

from __future__ import annotations

import json

import pandas as pd
import pytest
from event_tables import make_cohort, make_tables
from pydantic import ValidationError
from tiny_project import write_project

from outcomes.config.survival import CoxAnalysis, EventEndpoint, KaplanMeierAnalysis, RmstAnalysis
from outcomes.endpoints.time_to_event import derive_time_to_event
from outcomes.frames import Exclusion, Tables
from outcomes.models.kaplan_meier import fit_kaplan_meier
from outcomes.stages import paths
from outcomes.stages.fit import fit_family, identified_rows, selection_warnings
from outcomes.stages.ingest import ingest_cohort


def plan(landmark, model=KaplanMeierAnalysis, **options):
    endpoint = {"kind": "time_to_event", "event": "relapse", "landmark_day": landmark}
    return model(question="?", role="secondary", endpoint=endpoint, **options)


def derive(landmark, tables=None, model=KaplanMeierAnalysis, **options):
    return derive_time_to_event(tables or make_tables(), make_cohort(), plan(landmark, model, **options))


def relapsed(arm, day):
    return Exclusion(arm, f"Relapse up to the landmark, day {day}", 1, after_assignment=True)


def lost(arm, day):
    return Exclusion(arm, f"not followed beyond the landmark, day {day}", 1, after_assignment=True)


def test_time_counts_from_the_landmark_of_those_who_got_beyond_it():
    frame = derive(25)
    assert frame.data["time_days"].tolist() == [5, 15, 25, 35]
    assert frame.data["observed"].tolist() == [True, False, True, False]
    assert frame.exclusions == (relapsed("medication", 25), lost("therapy", 25))


def test_an_event_and_a_censoring_on_the_landmark_day_itself_come_before_it():
    assert derive(30).exclusions == (
        relapsed("medication", 30),
        relapsed("combined", 30),
        lost("therapy", 30),
    )
    frame = derive(20)
    assert frame.exclusions == (relapsed("medication", 20), lost("therapy", 20))
    assert frame.data["time_days"].tolist() == [10, 20, 30, 40]


def test_days_are_those_of_the_events_own_clock():
    """Time at risk starts on day 5 of the cohort: a landmark on day 20 of it is day 25 of the cohort."""
    frame = derive(20, make_tables(start_day=[5.0] * 6))
    assert frame.data["time_days"].tolist() == [5, 15, 25, 35]


def test_the_frame_is_named_after_its_landmark():
    """Another endpoint than the event from the start: a simulation's truth for that is not set beside it."""
    frame = derive(25.5)
    assert (frame.endpoint, frame.label) == ("relapse_from_day_25.5", "Relapse, from day 25.5")
    plain = derive(None)
    assert (plain.endpoint, plain.label, plain.cautions) == ("relapse", "Relapse", ())


def test_the_selection_is_counted_and_said_in_words():
    frame = derive(25)
    assert selection_warnings(frame) == (
        "2 of 6 assigned patients are left out for what happened after assignment (Relapse up to the "
        "landmark, day 25: 1; not followed beyond the landmark, day 25: 1); random assignment does not "
        "protect a comparison of the rest",
    )
    (caution,) = frame.cautions
    for words in ("free of the event (Relapse)", "after day 25", "time counts from that day"):
        assert words in caution
    assert caution.endswith("(Anderson, Cain and Gelber 1983, J Clin Oncol 1:710)")


def test_an_unknown_covariate_of_a_patient_who_did_not_get_that_far_is_not_counted_twice():
    tables = make_tables(age=[None, 40, 50, None, 70, 80])
    frame = derive(25, tables, CoxAnalysis, covariates=("age",), strata=("site",))
    assert frame.exclusions == (
        relapsed("medication", 25), lost("therapy", 25), Exclusion("medication", "not recorded: Age", 1),
    )  # fmt: skip
    assert frame.data["age"].tolist() == [50, 70, 80]
    assert frame.data["site"].astype(str).tolist() == ["north", "north", "south"]


def test_a_patient_without_follow_up_has_that_as_the_reason():
    tables = make_tables()
    events = tables.events[tables.events["patient_id"] != "p5"]
    frame = derive(25, Tables(tables.patients, tables.visits, events, tables.exposures))
    assert frame.exclusions[0] == Exclusion("combined", "no follow-up for Relapse", 1, after_assignment=True)


def test_a_landmark_that_nobody_reaches_gives_reasons_not_a_crash():
    frame = derive(60)
    assert frame.n_by_arm() == {"medication": 0, "therapy": 0, "combined": 0}
    analysis = plan(60, at_days=(10,))
    fit = fit_kaplan_meier(frame, analysis)
    rows = pd.DataFrame(identified_rows("c", "a", analysis, frame, fit))
    named = rows[~rows["quantity"].isin(["count", "number_at_risk"])]
    assert set(named["status"]) == {"not_estimable"}
    excluded = rows[rows["term"].fillna("").str.startswith("excluded")]
    assert excluded["estimate"].sum() == 6


def test_the_curve_from_the_landmark_is_the_whole_curve_divided_by_its_value_there():
    """Kaplan and Meier's factors after the landmark are the same: S(t | t > L) = S(t) / S(L)."""
    whole = fit_kaplan_meier(derive(None), plan(None, at_days=(25, 45)))
    later = fit_kaplan_meier(derive(25), plan(25, at_days=(20,)))

    def probability(fit, day):
        rows = [r for r in fit.rows if r["quantity"] == "survival_probability" and r["arm"] == "combined"]
        return next(row["estimate"] for row in rows if row["time"] == day)

    assert probability(later, 20) == pytest.approx(probability(whole, 45) / probability(whole, 25), rel=1e-12)


@pytest.mark.parametrize("day", [0, -10, float("inf")])
def test_a_landmark_lies_after_the_start(day):
    with pytest.raises(ValidationError):
        EventEndpoint(kind="time_to_event", event="relapse", landmark_day=day)


@pytest.mark.parametrize("model", [CoxAnalysis, RmstAnalysis, KaplanMeierAnalysis])
def test_every_model_of_a_time_to_an_event_takes_a_landmark(model):
    assert derive(25, model=model).n_by_arm() == {"medication": 1, "therapy": 1, "combined": 2}


def test_the_sentence_reaches_the_warnings_that_the_report_prints(tmp_path):
    """Through the stages, on the tiny project: restricted folder, methods of the survival family."""
    root = write_project(tmp_path)
    path = root / "config" / "plans" / "alpha.yaml"
    plain = "endpoint: {kind: time_to_event, event: relapse}"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace(plain, plain[:-1] + ", landmark_day: 20}"), encoding="utf-8")
    ingest_cohort(root, "alpha")
    fit_family(root, "alpha", "survival")
    facts = json.loads((root / paths.methods("alpha", "survival")).read_text(encoding="utf-8"))
    for entry in ("relapse_kaplan_meier", "relapse_cox"):
        warnings = facts[entry]["warnings"]
        assert any("left out for what happened after assignment" in warning for warning in warnings)
        assert any(warning.startswith("landmark analysis: ") for warning in warnings)
