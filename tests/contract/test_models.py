"""One contract for every model of the registry, present and future, on a tiny cohort."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
from tiny_project import write_project

from outcomes.config import load_project
from outcomes.config.base import build
from outcomes.config.plan import MODEL_FAMILIES, Plan
from outcomes.endpoints import ENDPOINTS
from outcomes.ingest import read_cohort
from outcomes.io import check, shape
from outcomes.models import MODELS
from outcomes.stages.derivable import resolve
from outcomes.stages.fit import identified_rows
from outcomes.tables import ESTIMATES, NUMBERED_STATUSES

SUMMATION_RTOL = 1e-9  # sums in another order
RESPONSE = {
    "title": "Six points fewer",
    "version": "1",
    "source": "made up",
    "response": {"points_reduction": 6, "source": "made up"},
}
ENTRIES = {
    "mmrm": {"kind": "score", "measure": "phq9"},
    "mixed": {"kind": "score", "measure": "phq9"},
    "kaplan_meier": {"kind": "time_to_event", "event": "relapse"},
    "log_rank": {"kind": "time_to_event", "event": "relapse"},
    "cox": {"kind": "time_to_event", "event": "relapse"},
    "rmst": {"kind": "time_to_event", "event": "relapse"},
    "competing_risks": {"kind": "competing_events", "event": "relapse", "competing": ["end of follow-up"]},
    "interval_censored": {
        "kind": "interval_event",
        "measure": "phq9",
        "state": "response",
        "definition": RESPONSE,
    },
    "multiverse": {
        "kind": "event_multiverse",
        "measure": "phq9",
        "state": "response",
        "definition": RESPONSE,
        "grid": {"response.percent_reduction": [20, 30]},
    },
    "proportion": {"kind": "dropout", "measure": "phq9"},
    "mean": {"kind": "adherence", "component": "therapy", "of": "sessions"},
    "event_rate": {"kind": "adverse_events"},
    "baseline_table": {"kind": "baseline", "measures": ["phq9"]},
    "participant_flow": {"kind": "flow", "measure": "phq9"},
}


@pytest.fixture(scope="module")
def cohort_and_tables(tmp_path_factory):
    root = write_project(tmp_path_factory.mktemp("project"))
    cohort = load_project(root).cohorts["alpha"]
    tables = read_cohort(root, cohort, "alpha.yaml")
    treated = tables.patients.loc[tables.patients["therapy"].astype(bool), "patient_id"].tolist()
    sessions = pd.DataFrame(
        {"patient_id": treated, "component": "therapy", "start_day": 0.0, "sessions_offered": 8.0,
         "sessions_attended": [float(n % 9) for n in range(len(treated))]}
    )  # fmt: skip
    adverse = tables.events.head(12).assign(kind="adverse", event="nausea", end_day=None)
    return cohort, replace(
        tables,
        patients=tables.patients.assign(follow_up_days=90.0),
        exposures=sessions,
        events=pd.concat([tables.events, adverse.astype(tables.events.dtypes)], ignore_index=True),
    )


def rows_of(model, cohort, tables):
    entry = {"model": model, "role": "secondary", "question": "?", "endpoint": ENTRIES[model]}
    analysis = build(Plan, {"title": "t", "analyses": {"entry": entry}}, "plan").analyses["entry"]
    frame = resolve(ENDPOINTS[analysis.endpoint.kind])(tables, cohort, analysis)
    fit = resolve(MODELS[model])(frame, analysis)
    return shape(pd.DataFrame(identified_rows("alpha", "entry", analysis, frame, fit)), ESTIMATES)


def test_every_model_has_an_entry_here_and_a_family():
    assert set(MODELS) == set(ENTRIES) == set(MODEL_FAMILIES)


@pytest.mark.parametrize("model", MODELS)
def test_rows_keep_the_contract_and_count_whom_they_rest_on(model, cohort_and_tables):
    rows = rows_of(model, *cohort_and_tables)
    assert check(rows, ESTIMATES) == []
    assert (rows["term"] == "analysed").sum() == 4
    assert rows["status"].isin(NUMBERED_STATUSES).any()


@pytest.mark.parametrize("model", MODELS)
def test_the_order_of_rows_does_not_matter(model, cohort_and_tables):
    cohort, tables = cohort_and_tables
    turned = replace(
        tables,
        **{
            name: getattr(tables, name).iloc[::-1].reset_index(drop=True)
            for name in ("patients", "visits", "events", "exposures")
        },
    )
    pd.testing.assert_frame_equal(
        rows_of(model, cohort, tables), rows_of(model, cohort, turned), rtol=SUMMATION_RTOL
    )


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("lost", ["combined", "neither"])
def test_an_arm_that_was_never_followed_fails_in_words(model, lost, cohort_and_tables):
    """The arm's patients stay in the tables; nothing was observed of them after baseline."""
    cohort, tables = cohort_and_tables
    gone = set(tables.patients.loc[tables.patients["arm"] == lost, "patient_id"])
    later = tables.visits["patient_id"].isin(gone) & (tables.visits["week"] > 0)
    emptied = replace(
        tables,
        visits=tables.visits.assign(score=tables.visits["score"].mask(later)),
        events=tables.events[~tables.events["patient_id"].isin(gone)],
        exposures=tables.exposures[~tables.exposures["patient_id"].isin(gone)],
    )
    rows = rows_of(model, cohort, emptied)
    assert check(rows, ESTIMATES) == []


@pytest.mark.parametrize("model", MODELS)
def test_equal_scores_and_no_events_do_not_crash(model, cohort_and_tables):
    cohort, tables = cohort_and_tables
    flat = replace(
        tables,
        visits=tables.visits.assign(score=tables.visits["score"].where(tables.visits["score"].isna(), 7.0)),
        events=tables.events.assign(observed=False),
        exposures=tables.exposures.assign(sessions_attended=8.0),
    )
    rows = rows_of(model, cohort, flat)
    assert check(rows, ESTIMATES) == []
    if model in ("mmrm", "mixed", "cox"):
        contrasts = rows[rows["comparator"].notna()]
        assert set(contrasts["status"]) == {"not_estimable"}
        assert contrasts["message"].notna().all()
