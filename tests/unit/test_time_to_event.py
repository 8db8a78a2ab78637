"""Time to event: who is analysed, with which time, and who is left out for which reason."""

from __future__ import annotations

import pandas as pd
import pytest
from event_tables import ARM_LABELS, ARMS, make_cohort, make_tables

from outcomes.config.survival import CoxAnalysis, KaplanMeierAnalysis
from outcomes.endpoints.time_to_event import derive_time_to_event
from outcomes.frames import Exclusion, Tables


def without_follow_up(arm):
    return Exclusion(arm, "no follow-up for Relapse", 1, after_assignment=True)


def plan(model=CoxAnalysis, **options):
    return model(
        question="?", role="secondary", endpoint={"kind": "time_to_event", "event": "relapse"}, **options
    )


def test_times_run_from_the_start_of_time_at_risk():
    tables = make_tables(start_day=[0.0, 0, 5, 5, 5, 5])
    frame = derive_time_to_event(tables, make_cohort(), plan(KaplanMeierAnalysis))
    assert frame.data["time_days"].tolist() == [10, 20, 25, 35, 45, 55]
    assert frame.data["observed"].tolist() == [True, False] * 3
    assert frame.data["reason"].iloc[1] == "end of study"
    assert list(frame.data["arm"].cat.categories) == ARMS
    assert frame.n_by_arm() == {"medication": 2, "therapy": 2, "combined": 2}
    assert {"medication", "therapy"} <= set(frame.data.columns)
    assert (frame.endpoint, frame.label, frame.unit) == ("relapse", "Relapse", "days")
    assert frame.exclusions == ()


def test_staying_event_free_is_better_unless_the_event_is_favourable():
    assert derive_time_to_event(make_tables(), make_cohort(), plan()).higher_is_better is True
    favourable = make_cohort(favourable=True)
    assert derive_time_to_event(make_tables(), favourable, plan()).higher_is_better is False


def test_a_patient_without_follow_up_is_counted_once():
    tables = make_tables(age=[None, 40, 50, 60, 70, 80])
    events = tables.events[tables.events["patient_id"] != "p0"]
    tables = Tables(tables.patients, tables.visits, events, tables.exposures)
    frame = derive_time_to_event(tables, make_cohort(), plan(covariates=("age",)))
    assert frame.exclusions == (without_follow_up("medication"),)
    assert frame.n_by_arm()["medication"] == 1


def test_an_outcome_without_an_end_is_no_follow_up():
    tables = make_tables(end_day=[10, None, 30, 40, 50, 60])
    frame = derive_time_to_event(tables, make_cohort(), plan())
    assert frame.exclusions == (without_follow_up("therapy"),)


def test_a_missing_covariate_or_stratum_excludes_under_the_first_that_is_missing():
    tables = make_tables(
        age=[None, 40, 50, 60, 70, 80], site=[None, None, "north", "south", "north", "south"]
    )
    frame = derive_time_to_event(tables, make_cohort(), plan(covariates=("age",), strata=("site",)))
    assert frame.exclusions == (
        Exclusion("medication", "not recorded: Age", 1),
        Exclusion("therapy", "not recorded: Site", 1),
    )
    assert len(frame.data) == 4
    assert frame.labels == ARM_LABELS | {"age": "Age (years)", "site": "Site", "site=north": "Site: north",
                            "site=south": "Site: south"}  # fmt: skip


def test_an_unused_covariate_excludes_nobody():
    frame = derive_time_to_event(make_tables(age=[None] * 6), make_cohort(), plan())
    assert len(frame.data) == 6
    assert "age" not in frame.data


def test_row_order_does_not_matter():
    tables = make_tables()
    turned = Tables(
        tables.patients.iloc[::-1], tables.visits, tables.events.sample(frac=1, random_state=1),
        tables.exposures,
    )  # fmt: skip
    one = derive_time_to_event(tables, make_cohort(), plan()).data
    pd.testing.assert_frame_equal(derive_time_to_event(turned, make_cohort(), plan()).data, one)


def test_what_ingest_refuses_is_a_bug_here():
    with pytest.raises(ValueError, match="1 times to event 'relapse' are not positive"):
        derive_time_to_event(make_tables(end_day=[0.0, 20, 30, 40, 50, 60]), make_cohort(), plan())
    tables = make_tables()
    again = tables.events.iloc[:1].assign(start_day=1.0)
    tables = Tables(tables.patients, tables.visits, pd.concat([tables.events, again]), tables.exposures)
    with pytest.raises(ValueError, match="1 patients have several rows"):
        derive_time_to_event(tables, make_cohort(), plan())
