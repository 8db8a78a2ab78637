"""Competing events: which came first, who is left out, and what a plan may call a competing cause."""

from __future__ import annotations

import copy
from dataclasses import replace

import pandas as pd
import pytest

from outcomes.config import Cohort, Plan
from outcomes.config.base import build
from outcomes.config.project import check_plan
from outcomes.endpoints.competing_events import derive_competing_events
from outcomes.errors import ConfigError, DataError
from outcomes.frames import Exclusion, Tables
from outcomes.io import shape
from outcomes.tables import EVENTS, EXPOSURES, PATIENTS, VISITS

ARMS = ["medication", "therapy", "combined"]


def event(label, column, event_code, censored):
    return {
        "label": label, "file": "raw", "id": "id", "time": {"column": f"{column}_day", "unit": "day"},
        "status": {"column": column, "event": [event_code], "censored": censored},
    }  # fmt: skip


SPEC = {
    "title": "T", "description": "D", "source": "S", "condition": "depression", "design": "registry",
    "components": {
        name: {"label": name, "randomised": False} for name in ("medication", "therapy")
    },
    "arms": {
        "medication": {"label": "Drug", "components": ("medication",)},
        "therapy": {"label": "Talk", "components": ("therapy",)},
        "combined": {"label": "Both", "components": ("medication", "therapy")},
    },
    "files": {"raw": {"path": "data/raw.csv", "format": "csv"}},
    "patients": {
        "file": "raw", "id": "id", "arm": {"column": "arm", "labels": {arm: arm for arm in ARMS}},
        "covariates": {
            "age": {"column": "age", "kind": "number", "label": "Age"},
            "site": {
                "column": "site", "kind": "category", "label": "Site", "levels": {"1": "a", "2": "b"}
            },
        },
    },
    "events": {
        "relapse": event("Relapse", "relapse", "1", {"0": "end of study", "2": "withdrew consent"}),
        "death": event("Death", "death", "1", {"0": "alive"}),
        "moved": event("Moved away", "moved", "1", {"0": "stayed"}),
    },
}  # fmt: skip
COHORT = Cohort.model_validate(SPEC)


def make_tables(relapse, **others):
    """Rows of events, each (end day, observed, reason) for p0, p1, ...; None for a patient without a row."""
    n = len(relapse)
    rows = [
        (f"p{k}", "outcome", name, 0.0, float(day), seen, reason, None)
        for name, column in {"relapse": relapse, **others}.items()
        for k, (day, seen, reason) in ((k, row) for k, row in enumerate(column) if row is not None)
    ]
    patients = pd.DataFrame(
        {
            "patient_id": [f"p{k}" for k in range(n)],
            "arm": pd.Categorical([ARMS[k % 3] for k in range(n)], categories=ARMS, ordered=True),
            "medication": [k % 3 != 1 for k in range(n)],
            "therapy": [k % 3 != 0 for k in range(n)],
            "age": 40.0,
            "site": pd.Categorical(["a"] * n, ["a", "b"]),
        }
    )
    return Tables(
        shape(patients, PATIENTS),
        shape(pd.DataFrame(columns=list(VISITS.names)), VISITS),
        shape(pd.DataFrame(rows, columns=list(EVENTS.names)), EVENTS),
        shape(pd.DataFrame(columns=list(EXPOSURES.names)), EXPOSURES),
    )


def analysis(competing=("death",), **options):
    endpoint = {"kind": "competing_events", "event": "relapse", "competing": list(competing)}
    endpoint |= {"same_day": options.pop("same_day")} if "same_day" in options else {}
    entry = {
        "model": "competing_risks",
        "role": "secondary",
        "question": "?",
        "endpoint": endpoint,
        **options,
    }
    plan = build(Plan, {"title": "t", "analyses": {"entry": entry}}, "plan.yaml")
    return plan.analyses["entry"]


def derive(tables, *competing, **options):
    return derive_competing_events(tables, COHORT, analysis(competing, **options))


OVER, OUT = (90, False, "end of study"), (90, False, "alive")


def test_the_first_of_the_events_counts():
    tables = make_tables(
        [(30, True, None), (50, False, "end of study"), OVER],
        death=[(80, True, None), (50, True, None), OUT],
    )
    data = derive(tables, "death").data
    assert data["time_days"].tolist() == [30, 50, 90]
    assert data["cause"].astype(object).where(data["cause"].notna(), None).tolist() == [
        "relapse",
        "death",
        None,
    ]
    assert data["observed"].tolist() == [True, True, False]
    assert list(data["cause"].cat.categories) == ["relapse", "death"]


def test_a_reason_for_censoring_can_compete():
    """One status column: 0 censored, 1 relapse, 2 withdrew consent."""
    tables = make_tables([(30, True, None), (40, False, "withdrew consent"), (50, False, "end of study")])
    data = derive(tables, "withdrew consent").data
    assert data["cause"].isna().tolist() == [False, False, True]
    assert data["cause"].iloc[1] == "withdrew consent"
    assert data["time_days"].tolist() == [30, 40, 50]


def test_an_event_after_another_could_no_longer_be_seen_does_not_count_and_is_marked():
    """Censored for relapse on day 40, dead on day 80: relapse between the two could not be seen."""
    tables = make_tables([(40, False, "end of study")], death=[(80, True, None)])
    data = derive(tables, "death").data
    assert data[["time_days", "observed", "event_after_censoring"]].values.tolist() == [[40, False, True]]


def test_an_event_on_the_day_on_which_the_other_is_censored_counts():
    data = derive(make_tables([(40, True, None)], death=[(40, False, "alive")]), "death").data
    assert data["cause"].tolist() == ["relapse"]


def test_two_events_on_one_day_are_refused_with_counts():
    tables = make_tables([(30, True, None), (40, True, None)], death=[(30, True, None), (90, False, "alive")])
    with pytest.raises(DataError) as caught:
        derive(tables, "death")
    said = str(caught.value)
    assert "patients with several of these on one day: 1 (relapse: 1, death: 1)" in said
    assert "same_day: in_order" in said
    assert "p0" not in said


def test_in_order_the_first_as_listed_counts():
    tables = make_tables(
        [(30, False, "end of study"), (40, True, None)],
        death=[(30, True, None), (40, True, None)],
        moved=[(30, True, None), (90, False, "stayed")],
    )
    data = derive(tables, "moved", "death", same_day="in_order").data
    assert data["cause"].tolist() == ["moved", "relapse"]


def test_events_counted_from_different_days_are_refused():
    tables = make_tables([(30, True, None), OVER], death=[(80, True, None), OUT])
    late = (tables.events["event"] == "death") & (tables.events["patient_id"] == "p1")
    moved = replace(tables, events=tables.events.assign(start_day=late.astype(float) * 5))
    with pytest.raises(DataError, match="'relapse' and 'death' are counted from different days: 1"):
        derive(moved, "death")


def test_who_was_not_followed_for_one_of_the_events_is_left_out_and_counted():
    tables = make_tables([OVER, None, OVER, OVER], death=[OUT, OUT, None, OUT])
    frame = derive(tables, "death")
    assert frame.data["patient_id"].tolist() == ["p0", "p3"]
    assert frame.exclusions == (
        Exclusion("therapy", "no follow-up for Relapse", 1, after_assignment=True),
        Exclusion("combined", "no follow-up for Death", 1, after_assignment=True),
    )


def test_the_frame_names_its_causes_and_carries_what_the_analysis_adjusts_for():
    frame = derive(make_tables([OVER], death=[OUT]), "death", covariates=["age"], strata=["site"])
    assert {"age", "site", "arm", "medication", "therapy", "reason"} <= set(frame.data.columns)
    assert (frame.endpoint, frame.label, frame.higher_is_better) == ("relapse", "Relapse", True)
    assert (frame.labels["death"], frame.labels["age"]) == ("Death", "Age")
    reasons = derive(make_tables([OVER]), "withdrew consent")
    assert reasons.labels["withdrew consent"] == "Withdrew consent"


def test_nobody_at_all_is_an_empty_frame():
    frame = derive(make_tables([None, None], death=[None, None]), "death")
    assert len(frame.data) == 0
    assert list(frame.data["cause"].cat.categories) == ["relapse", "death"]


# ---------- the plan


def told(*competing, cohort=COHORT):
    plan = Plan(title="t", analyses={"entry": analysis(competing)})
    return [f"{p.where}: {p.what}" for p in check_plan(plan, cohort, "plan.yaml")]


def test_an_event_and_a_reason_are_known():
    assert told("death", "withdrew consent") == []


def test_an_unknown_cause_is_told_with_what_was_meant():
    (said,) = told("withdraw consent")
    assert said.startswith("analyses.entry.endpoint.competing: the cohort has no event 'withdraw consent'")
    assert "did you mean 'withdrew consent'?" in said
    assert "Known: death, end of study, moved, withdrew consent" in said


def test_a_reason_of_another_event_is_not_one_of_this_event():
    assert len(told("alive")) == 1


def test_a_name_that_is_both_event_and_reason_is_refused():
    spec = copy.deepcopy(SPEC)
    spec["events"]["relapse"]["status"]["censored"] = {"0": "end of study", "2": "death"}
    (said,) = told("death", cohort=Cohort.model_validate(spec))
    assert "'death' is an event of the cohort and a reason for which times of 'relapse' are censored" in said


@pytest.mark.parametrize(
    ("competing", "options", "said"),
    [
        ((), {}, "is empty: give one or more"),
        (("relapse",), {}, "is the event itself"),
        (("death", "death"), {}, "stands more than once"),
        (("death",), {"at_days": [30, 30]}, "each above the one before"),
        (("death",), {"at_days": [0]}, "greater than 0"),
        (("death",), {"at_risk_days": [-1]}, "0 or more"),
    ],
)  # fmt: skip
def test_impossible_choices_are_refused(competing, options, said):
    with pytest.raises(ConfigError, match=said):
        analysis(competing, **options)
