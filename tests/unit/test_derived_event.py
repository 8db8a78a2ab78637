"""Derived events as an endpoint: the frame that survival models take, who is left out, and refusals."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from episode_rows import HAMD17, events_of, visits_of

from outcomes.config import Cohort
from outcomes.config.base import build
from outcomes.config.plan import Plan
from outcomes.endpoints.derived_event import derive_derived_event
from outcomes.endpoints.event_multiverse import derive_event_multiverse
from outcomes.errors import ConfigError
from outcomes.frames import Exclusion, Tables
from outcomes.io import shape
from outcomes.models.kaplan_meier import fit_kaplan_meier
from outcomes.models.multiverse import EXCLUDING, fit_multiverse
from outcomes.models.proportional_hazards import fit_cox
from outcomes.models.rmst import fit_rmst
from outcomes.stages.fit import selection_warnings
from outcomes.tables import EVENTS, EXPOSURES, PATIENTS, VISITS

ARMS = ["medication", "combined"]
ROWS = {
    "relapsed": [(0, 24), (4, 6), (8, 5), (12, 9), (16, 18), (20, 20)],
    "stayed": [(0, 24), (4, 6), (8, 5), (30, 9)],
    "never": [(0, 24), (4, 20), (8, 18)],
    "admitted": [(0, 24), (4, 6), (8, 5), (12, 9)],
    "lost": [(0, 24), (4, 6), (8, 5), (12, None)],
    "no_age": [(0, 24), (4, 6), (8, 5), (12, 18)],
}
ENDPOINT = {"measure": "hamd17", "definition": "hamd17_consensus", "state": "relapse", "start": "remission"}
WITH_EVENT = {
    "based_on": "hamd17_consensus", "source": "protocol",
    "changes": {"relapse.events": ["admission"], "recurrence.events": ["admission"]},
}  # fmt: skip


def make_cohort(instrument="HAM-D17"):
    parts = ("medication", "therapy")
    return Cohort.model_validate(
        {
            "title": "T", "description": "D", "source": "S", "condition": "depression",
            "design": "randomised_trial",
            "components": {part: {"label": part.title(), "randomised": True} for part in parts},
            "arms": {
                "medication": {"label": "Medication", "components": ("medication",)},
                "combined": {"label": "Both", "components": parts},
            },
            "files": {"raw": {"path": "data/raw.csv", "format": "csv"}},
            "patients": {
                "file": "raw", "id": "id", "arm": {"column": "arm", "labels": {arm: arm for arm in ARMS}},
                "covariates": {"age": {"column": "age", "kind": "number", "label": "Age"}},
            },
            "schedule": {"unit": "week", "visits": {"baseline": 0, "week_4": 4}},
            "measures": {
                "hamd17": {"layout": "wide", "file": "raw", "id": "id", "instrument": instrument,
                           "columns": {"baseline": "a", "week_4": "b"}, "label": "HAM-D"},
            },
            "events": {
                "admission": {"label": "Admission", "file": "raw", "id": "id",
                              "time": {"column": "t", "unit": "day"},
                              "status": {"column": "s", "event": ["1"], "censored": {"0": "end"}}},
            },
        }
    )  # fmt: skip


def make_tables(rows=ROWS, dated=(("admitted", "admission", 100),)):
    ids = list(rows)
    arm = pd.Categorical([ARMS[k % 2] for k in range(len(ids))], categories=ARMS, ordered=True)
    patients = pd.DataFrame(
        {"patient_id": ids, "arm": arm, "medication": True, "therapy": arm == "combined",
         "age": [np.nan if who == "no_age" else 40.0 for who in ids]}
    )  # fmt: skip
    return Tables(
        shape(patients, PATIENTS), shape(visits_of(rows), VISITS), shape(events_of(*dated), EVENTS),
        shape(pd.DataFrame(columns=list(EXPOSURES.names)), EXPOSURES),
    )  # fmt: skip


def analysis_of(model="cox", endpoint=None, definitions=None, **options):
    kind = "event_multiverse" if model == "multiverse" else "derived_event"
    entry = {"model": model, "role": "secondary", "question": "?",
             "endpoint": {"kind": kind} | ENDPOINT | (endpoint or {}), **options}  # fmt: skip
    content = {"title": "t", "definitions": definitions or {}, "analyses": {"entry": entry}}
    return build(Plan, content, "plan.yaml").analyses["entry"]


def strict(endpoint=None, **options):
    named = {"definition": "mine"} | (endpoint or {})
    return analysis_of(endpoint=named, definitions={"mine": WITH_EVENT}, **options)


def test_the_plan_puts_the_definition_in_place_of_its_name():
    assert analysis_of().endpoint.resolved == HAMD17
    assert strict().endpoint.resolved.relapse.events == ("admission",)


def test_the_frame_is_that_of_a_time_to_event_with_the_interval_beside_it():
    frame = derive_derived_event(make_tables(), make_cohort(), strict())
    data = frame.data.set_index("patient_id")
    assert data.loc["relapsed", ["time_days", "observed", "left_days", "right_days"]].tolist() == [
        84,
        True,
        42,  # the last score before the run, day 84, and the two weeks that it must last; from day 56
        84,
    ]
    assert data.loc["stayed", ["time_days", "observed", "reason"]].tolist() == [
        154,
        False,
        "end of observation",
    ]
    assert data.loc["stayed", ["left_days", "right_days"]].tolist() == [154, np.inf]
    assert data.loc["admitted", ["time_days", "left_days", "right_days"]].tolist() == [44, 44, 44]
    assert (frame.endpoint, frame.label, frame.unit) == (
        "relapse",
        "Relapse from remission, by HAM-D",
        "days",
    )
    assert frame.higher_is_better is True
    assert list(data["arm"].cat.categories) == ARMS
    assert {"medication", "therapy"} <= set(data.columns)


def test_whoever_was_never_in_remission_is_counted_and_the_selection_told():
    frame = derive_derived_event(make_tables(), make_cohort(), strict(covariates=["age"]))
    assert frame.exclusions == (
        Exclusion("combined", "not recorded: Age", 1),
        Exclusion("medication", "never in remission", 1, after_assignment=True),
        Exclusion("medication", "no score after remission", 1, after_assignment=True),
    )
    assert len(frame.data) == 3
    assert (
        "2 of 6 assigned patients are left out for what happened after assignment"
        in selection_warnings(frame)[0]
    )
    assert "time counts from the day on which it was confirmed" in frame.cautions[0]


def test_from_baseline_everyone_with_a_score_stays():
    frame = derive_derived_event(make_tables(), make_cohort(), strict({"start": "baseline"}))
    assert len(frame.data) == 6
    assert frame.exclusions == ()
    assert "whoever never gets there cannot have a relapse and counts as free of it" in frame.cautions[0]
    hoped = derive_derived_event(
        make_tables(), make_cohort(), strict({"state": "remission", "start": "baseline"})
    )
    assert hoped.higher_is_better is False
    assert hoped.data.set_index("patient_id")["time_days"]["stayed"] == 56


def test_who_recovers_is_no_longer_at_risk_of_relapse_and_that_is_told():
    well = {"recovered": [(0, 24), *((week, 5) for week in range(4, 44, 4))], **ROWS}
    frame = derive_derived_event(make_tables(well), make_cohort(), analysis_of())
    assert frame.data.set_index("patient_id").loc["recovered", "reason"] == "recovery"
    assert any(text.startswith("1 patient is censored at recovery") for text in frame.cautions)
    both = {"state": "relapse_or_recurrence"}
    whole = derive_derived_event(make_tables(well), make_cohort(), analysis_of(endpoint=both))
    assert not any("recovery" in text for text in whole.cautions)


def test_events_after_the_last_score_are_counted_and_told_of():
    late = derive_derived_event(make_tables(), make_cohort(), strict())
    assert "1 of 2 events are dated after the patient's last score" in late.cautions[-1]
    tables = make_tables(dated=(("admitted", "admission", 70),))
    assert len(derive_derived_event(tables, make_cohort(), strict()).cautions) == 1


def test_survival_models_take_it():
    rows = {f"p{k}": [(0, 24), (4, 6), (8, 5), (12 + k, 9 if k % 3 else 20), (16 + k, 20)] for k in range(30)}
    tables, cohort = make_tables(rows, ()), make_cohort()
    for model, fit in (("kaplan_meier", fit_kaplan_meier), ("cox", fit_cox), ("rmst", fit_rmst)):
        analysis = analysis_of(model)
        found = fit(derive_derived_event(tables, cohort, analysis), analysis)
        assert any(row["status"] == "ok" for row in found.rows), model


def test_row_order_does_not_matter():
    tables = make_tables()
    turned = Tables(
        *(getattr(tables, name).iloc[::-1] for name in ("patients", "visits", "events", "exposures"))
    )
    one, two = (derive_derived_event(each, make_cohort(), strict()).data for each in (tables, turned))
    pd.testing.assert_frame_equal(one, two)


def test_a_definition_for_another_instrument_is_refused():
    with pytest.raises(ConfigError, match="is for HAM-D17, and the measure is PHQ-9"):
        derive_derived_event(make_tables(), make_cohort("PHQ-9"), analysis_of())


GRID = {"relapse.at_least": [15, 19], "relapse.days_in_row": [0, 14]}


def multiverse(rows, grid=GRID, state="relapse", **options):
    analysis = analysis_of("multiverse", {"grid": grid, "state": state}, **options)
    frame = derive_event_multiverse(make_tables(rows, ()), make_cohort(), analysis)
    return frame, fit_multiverse(frame, analysis)


def many(n=60):
    rng = np.random.default_rng(3)
    return {
        f"p{k:02d}": [
            (0, 24),
            (4, 6),
            (8, 5),
            *((12 + 4 * j, int(rng.integers(6, 24 - 4 * (k % 2)))) for j in range(5)),
        ]
        for k in range(n)
    }


def test_a_multiverse_stacks_every_definition_after_the_declared_one():
    frame, _ = multiverse(many())
    assert list(frame.data["definition"].cat.categories) == [
        "declared",
        "relapse.at_least=15; relapse.days_in_row=0", "relapse.at_least=15; relapse.days_in_row=14",
        "relapse.at_least=19; relapse.days_in_row=0", "relapse.at_least=19; relapse.days_in_row=14",
    ]  # fmt: skip
    assert frame.n_by_arm() == {"medication": 30, "combined": 30}


def test_the_methods_of_a_multiverse_name_whole_numbers_as_its_labels_do():
    _, fit = multiverse(many())
    assert fit.methods["Definitions"].endswith("relapse.at_least (15, 19); relapse.days_in_row (0, 14)")


def test_a_grid_that_changes_one_of_two_rules_says_so():
    def cautions(path):
        frame, _ = multiverse(many(), {path: [15, 19]}, state="relapse_or_recurrence")
        return [caution for caution in frame.cautions if "the grid changes" in caution]

    assert "changes relapse.at_least and leaves the other rule" in cautions("relapse.at_least")[0]
    assert cautions("relapse_or_recurrence.at_least") == []


def test_each_definition_has_the_hazard_ratio_that_an_analysis_of_its_own_has():
    rows = many()
    _, fit = multiverse(rows)
    found = {row["term"]: row["estimate"] for row in fit.rows if row["quantity"] == "hazard_ratio"}
    for at_least in (15, 19):
        for days in (0, 14):
            mine = {"based_on": "hamd17_consensus", "source": "x",
                    "changes": {"relapse.at_least": at_least, "relapse.days_in_row": days}}  # fmt: skip
            alone = analysis_of(endpoint={"definition": "mine"}, definitions={"mine": mine})
            frame = derive_derived_event(make_tables(rows, ()), make_cohort(), alone)
            expected = next(row for row in fit_cox(frame, alone).rows if row["quantity"] == "hazard_ratio")
            assert found[f"relapse.at_least={at_least}; relapse.days_in_row={days}"] == expected["estimate"]
    assert found["declared"] == found["relapse.at_least=15; relapse.days_in_row=14"]


def test_definitions_without_events_keep_their_rows_and_say_why():
    _, fit = multiverse(many(), {"relapse.at_least": [15, 40]})
    failed = [row for row in fit.rows if row.get("term") == "relapse.at_least=40" and row.get("comparator")]
    assert [(row["status"], row["message"].split(";")[0]) for row in failed] == [
        ("not_estimable", "no event in any arm")
    ]
    counted = [
        row for row in fit.rows if row["quantity"] == "event_count" and row["term"] == "relapse.at_least=40"
    ]
    assert [(row["arm"], row["estimate"], row["n_patients"]) for row in counted] == [
        ("medication", 0, 30), ("combined", 0, 30),
    ]  # fmt: skip


def test_it_counts_the_definitions_whose_interval_excludes_no_difference():
    _, fit = multiverse(many())
    ratios = [row for row in fit.rows if row["quantity"] == "hazard_ratio" and row["term"] != "declared"]
    beyond = sum(not row["ci_low"] <= 1 <= row["ci_high"] for row in ratios)
    counted = next(row for row in fit.rows if row["quantity"] == "count" and row["term"] == EXCLUDING)
    assert (counted["estimate"], counted["unit"]) == (beyond, "definitions")
    assert 0 < beyond <= len(ratios) == 4


def test_restricted_means_need_one_horizon_for_all_definitions():
    with pytest.raises(ConfigError, match="one horizon for all definitions"):
        analysis_of("multiverse", {"grid": GRID}, fit="rmst")
    _, fit = multiverse(many(), fit="rmst", horizon_days=100)
    shown = [row for row in fit.rows if row["quantity"] == "rmst_difference"]
    assert {row["time"] for row in shown} == {100}
    assert len(shown) == 5
