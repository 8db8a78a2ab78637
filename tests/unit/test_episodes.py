"""Episodes, case by case: when a state begins, what ends it, and what gaps and ties do."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from episode_rows import HAMD17, course, derive, rules

from outcomes.config.changes import changed
from outcomes.episodes import derive as derive_module
from outcomes.episodes import event_times

REMISSION = {"at_most": 7, "days_in_row": 14}
COURSE = {
    "remission": REMISSION,
    "recovery": {"at_most": 7, "days_in_row": 182},
    "relapse": {"at_least": 15},
    "recurrence": {"at_least": 15},
}
TERMS = rules(**COURSE)
ILL_THEN_WELL = [(0, 24), (4, 6), (8, 5)]


def test_remission_begins_with_its_first_visit_and_is_known_when_its_run_is_complete():
    assert course(ILL_THEN_WELL, TERMS) == [("remission", 28, 56, 56, "observation")]


def test_a_run_of_days_needs_a_second_visit():
    assert course([(0, 24), (4, 6)], TERMS) == []


def test_relapse_comes_before_recovery_and_recurrence_after():
    relapsed = course([*ILL_THEN_WELL, (12, 18)], TERMS)
    assert relapsed[1] == ("relapse", 84, 84, 84, "observation")
    recovered = course([*ILL_THEN_WELL, (20, 4), (32, 3), (40, 18)], TERMS)
    assert recovered == [
        ("remission", 28, 56, 224, "recovery"),
        ("recovery", 28, 224, 280, "recurrence"),
        ("recurrence", 280, 280, 280, "observation"),
    ]


def test_a_recovery_first_reached_after_a_gap_of_visits_is_found():
    """The program of Hollon et al. 2014, JAMA Psychiatry 71:1157 (retracted and replaced 2016) did not.

    It "sometimes failed to recognize remissions or recoveries that occurred", which lost recoveries of 13
    patients; as quoted by Retraction Watch, 21 April 2016.
    """
    gap = [(12, None), (16, None), (20, None)]
    ignored = course([*ILL_THEN_WELL, *gap, (24, 5), (30, 4)], TERMS)
    assert ignored[1] == ("recovery", 28, 210, 210, "observation")
    breaking = changed(TERMS, {"recovery.missing": "break"})
    assert [row[0] for row in course([*ILL_THEN_WELL, *gap, (24, 5), (30, 4)], breaking)] == ["remission"]
    later = course([*ILL_THEN_WELL, *gap, (24, 5), (30, 4), (52, 2)], breaking)
    assert later[1] == ("recovery", 168, 364, 364, "observation")


def test_a_remission_first_reached_after_a_gap_is_found():
    assert course([(0, 24), (4, None), (8, None), (30, 3), (34, 3)], TERMS)[0][:3] == ("remission", 210, 238)


def test_a_score_between_the_thresholds_stops_the_clock_of_recovery_and_not_remission():
    found = course([*ILL_THEN_WELL, (20, 10), (24, 5), (36, 5), (50, 5), (54, 20)], TERMS)
    assert [row[:3] for row in found[:2]] == [("remission", 28, 56), ("recovery", 168, 350)]
    assert found[2][0] == "recurrence"


def test_high_scores_before_remission_is_confirmed_are_no_relapse():
    assert course([(0, 24), (4, 6), (8, 20), (12, 20)], TERMS) == []


def test_after_a_relapse_the_whole_way_can_be_gone_again():
    found = course([*ILL_THEN_WELL, (12, 18), (16, 3), (20, 3), (24, 19)], TERMS)
    assert [row[0] for row in found] == ["remission", "relapse", "remission", "relapse"]
    assert found[1][3:] == (112, "remission")


def test_a_relapse_of_two_visits_is_dated_when_it_is_confirmed_or_where_it_began():
    twice = changed(TERMS, {"relapse.visits_in_row": 2})
    rows = [*ILL_THEN_WELL, (12, 18), (16, 9), (20, 16), (24, 17)]
    assert course(rows, twice)[1][:3] == ("relapse", 140, 168)
    for dated, day in (("confirmed", 168), ("start", 140)):
        times = event_times(
            derive({"p": rows}, changed(twice, {"relapse.dated": dated})), "relapse", "remission"
        )
        assert times.time_days[0] == day - 56


def test_what_a_missing_visit_means_for_relapse():
    rows = [*ILL_THEN_WELL, (12, 18), (16, None), (20, 17)]
    for missing, found in (("ignore", 140), ("break", None), ("event", 112)):
        twice = changed(TERMS, {"relapse.visits_in_row": 2, "relapse.missing": missing})
        days = {row[0]: row[2] for row in course(rows, twice)}
        assert days.get("relapse") == found, missing


def test_visits_too_far_apart_do_not_make_a_run():
    close = changed(TERMS, {"remission.most_days_between": 60.0})
    assert course([(0, 24), (4, 6), (20, 5)], close) == []
    assert course([(0, 24), (4, 6), (20, 5), (24, 5)], close)[0][:3] == ("remission", 140, 168)


def test_a_dated_event_is_a_relapse_at_once_and_breaks_a_remission_not_yet_confirmed():
    dated = changed(TERMS, {"relapse.events": ("hospital",)})
    assert course(ILL_THEN_WELL, dated, [("p", "hospital", 60)])[1][:3] == ("relapse", 60, 60)
    assert course([*ILL_THEN_WELL, (12, 5)], dated, [("p", "hospital", 40)])[0][:3] == ("remission", 56, 84)
    assert course(ILL_THEN_WELL, TERMS, [("p", "hospital", 60)]) == course(ILL_THEN_WELL, TERMS)


def test_a_dated_event_precedes_a_visit_of_its_day():
    dated = changed(TERMS, {"relapse.events": ("hospital",)})
    found = course([*ILL_THEN_WELL, (12, 3), (16, 3), (20, 3)], dated, [("p", "hospital", 84)])
    assert [row[:3] for row in found] == [
        ("remission", 28, 56), ("relapse", 84, 84), ("remission", 112, 140),
    ]  # fmt: skip


def test_the_actual_day_counts_and_visits_are_taken_in_its_order():
    found = course([(0, 24), (4, 6, 30), (8, 20, 24), (12, 5, 44)], TERMS)
    assert found == [("remission", 30, 44, 44, "observation")]


def test_visits_on_or_before_day_0_do_not_count():
    assert course([(0, 5), (1, 5, 0), (4, 6), (6, 6)], TERMS)[0][:3] == ("remission", 28, 42)


def test_a_patient_with_a_baseline_only_has_no_episode_but_dropout():
    assert course([(0, 5), (4, None)], rules(dropout={}, **COURSE)) == [
        ("dropout", 28, 28, 28, "observation")
    ]
    times = event_times(derive({"p": [(0, 5), (4, None)]}), "remission")
    assert times.left_out.tolist() == ["unseen"]


def test_whoever_comes_back_did_not_drop_out():
    gone = rules(dropout={"visits_in_row": 2})
    assert course([(0, 20), (4, None), (8, 20), (12, None)], gone) == []
    assert course([(0, 20), (4, 20), (8, None), (12, None), (16, None)], gone)[0][:3] == ("dropout", 56, 84)


def test_response_ends_at_the_first_visit_at_which_it_is_gone():
    response = rules(response={"percent_reduction": 50})
    found = course([(0, 20), (4, 10), (8, 11), (12, 9), (16, 8)], response)
    assert found == [
        ("response", 28, 28, 56, "rule no longer met"),
        ("response", 84, 84, 112, "observation"),
    ]


def test_a_percentage_of_an_unknown_baseline_is_not_met_and_its_patient_is_left_out():
    response = rules(response={"percent_reduction": 50})
    assert course([(0, None), (4, 2)], response) == []
    assert event_times(derive({"p": [(0, None), (4, 2)]}, response), "response").left_out[0] == "no_baseline"


def test_whether_a_patient_without_baseline_ever_responded_is_not_known():
    after = rules(relapse_after="response", response={"percent_reduction": 50}, relapse={"at_least": 15})
    for start in ("response", "baseline"):
        times = event_times(derive({"p": [(0, None), (4, 2), (8, 20)]}, after), "relapse", start)
        assert times.left_out.tolist() == ["no_baseline"], start
    times = event_times(derive({"p": [(0, 24), (4, 20)]}, after), "relapse", "response")
    assert times.left_out.tolist() == ["never"]


def test_patients_may_enter_in_remission_by_design():
    assigned = changed(TERMS, {"starts_in": "remission"})
    found = course([(0, 5), (4, 18)], assigned)
    assert found[0] == ("remission", 0, 0, 28, "relapse")
    times = event_times(
        derive({"p": [(0, 5), (4, 18)], "q": [(0, 5), (4, 3)]}, assigned), "relapse", "remission"
    )
    assert times.time_days.tolist() == [28, 28]
    assert times.observed.tolist() == [True, False]


def test_a_relapse_may_follow_response():
    hama = rules(relapse_after="response", response={"at_most": 10}, relapse={"at_least": 15})
    assert [row[:3] for row in course([(0, 25), (4, 9), (8, 16)], hama, instrument="HAM-A")] == [
        ("response", 28, 28), ("relapse", 56, 56),
    ]  # fmt: skip


def test_an_increase_counts_from_the_best_score_so_far_or_from_baseline():
    base = {"remission": {"at_most": 7}}
    rows = [(0, 24), (4, 6), (8, 2), (12, 8)]
    for origin, found in (("best", 84), ("baseline", None)):
        worse = rules(relapse={"points_increase": 6, "increase_from": origin}, **base)
        assert {r[0]: r[1] for r in course(rows, worse)}.get("relapse") == found
    percent = rules(relapse={"percent_increase": 100}, **base)
    assert {r[0]: r[1] for r in course(rows, percent)}["relapse"] == 84
    assert "relapse" not in {r[0] for r in course([*rows[:3], (12, 3)], percent)}


def test_evidence_names_the_visits_and_events_that_made_a_state():
    dated = changed(TERMS, {"relapse.events": ("hospital",), "recurrence.missing": "event"})
    rows = {"p": [*ILL_THEN_WELL, (12, 5)], "q": [*ILL_THEN_WELL, (31, 3), (36, None)]}
    found = derive(rows, dated, [("p", "hospital", 90)]).table("hamd17", "d")
    told = list(found[["patient_id", "state", "evidence"]].astype(str).itertuples(index=False, name=None))
    assert told == [
        ("p", "remission", "week_004, week_008"),
        ("p", "relapse", "hospital"),
        ("q", "remission", "week_004, week_008"),
        ("q", "recovery", "week_004, week_008, week_031"),
        ("q", "recurrence", "week_036 (no score)"),
    ]


def test_recovery_ends_the_risk_of_relapse():
    rows = [*ILL_THEN_WELL, (20, 4), (32, 3), (40, 18)]
    found = derive({"p": rows})
    censored = event_times(found, "relapse", "remission")
    assert (censored.time_days[0], censored.observed[0], censored.reason[0]) == (224 - 56, False, "recovery")
    either = event_times(derive({"p": rows}, TERMS), "relapse_or_recurrence", "remission")
    assert (either.time_days[0], either.observed[0]) == (280 - 56, True)


def test_who_has_no_time_and_why():
    rows = {
        "never": [(0, 24), (4, 20)],
        "unseen": ILL_THEN_WELL,
        "kept": [*ILL_THEN_WELL, (12, 9)],
    }
    assert event_times(derive(rows, TERMS), "relapse", "remission").left_out.tolist() == [
        "never",
        "unseen",
        None,
    ]
    both = rules(response={"at_most": 12}, remission={"at_most": 7})
    assert (
        event_times(derive({"p": [(0, 24), (4, 5)]}, both), "remission", "response").left_out[0] == "already"
    )


def test_an_event_lies_between_the_last_visit_without_it_and_the_first_with_it():
    rows = {
        "visit": [*ILL_THEN_WELL, (12, 9), (16, None), (20, 18)],
        "dated": [*ILL_THEN_WELL, (12, 9)],
        "none": [*ILL_THEN_WELL, (12, 9), (16, None)],
    }
    dated = changed(TERMS, {"relapse.events": ("hospital",)})
    found = event_times(derive(rows, dated, [("dated", "hospital", 100)]), "relapse", "remission")
    assert found.left_days.tolist() == [28, 44, 28]
    assert found.right_days.tolist() == [84, 44, np.inf]


@pytest.mark.parametrize("first", range(57, 113))
def test_an_event_that_must_last_lies_in_its_interval_on_whatever_day_it_began(first):
    """High scores from day `first` on, seen every four weeks: the two weeks are over 14 days later."""
    lasting = changed(TERMS, {"relapse.days_in_row": 14})
    rows = [*ILL_THEN_WELL, *((week, 20 if week * 7 >= first else 9) for week in range(12, 32, 4))]
    for dated, happened in (("confirmed", first + 14), ("start", first)):
        found = event_times(
            derive({"p": rows}, changed(lasting, {"relapse.dated": dated})), "relapse", "remission"
        )
        assert found.left_days[0] < happened - 56 <= found.right_days[0]


def test_blocks_of_patients_do_not_show(monkeypatch):
    rows = {f"p{k:02d}": [(0, 24), (4, k), (8, k), (12, 30 - k), (40, k), (50, 20)] for k in range(20)}
    whole = derive(rows).table("hamd17", "d")
    monkeypatch.setattr(derive_module, "BLOCK", 7)
    pd.testing.assert_frame_equal(derive(rows).table("hamd17", "d"), whole)


@pytest.mark.parametrize("rows", [{}, {"p": []}])
def test_nobody_and_nothing_are_no_error(rows):
    visits = pd.DataFrame(
        {c: pd.Series(dtype=t) for c, t in [("patient_id", object), ("measure", object), ("visit", object),
         ("week", float), ("day", float), ("score", float)]}
    )  # fmt: skip
    events = pd.DataFrame(columns=["patient_id", "kind", "event", "end_day", "observed"])
    found = derive_module.derive_episodes(
        visits,
        events,
        pd.Series(list(rows), dtype=object),
        "hamd17",
        HAMD17,
        derive({"p": [(0, 1)]}).instrument,
    )
    assert found.table("hamd17", "d").empty
    assert event_times(found, "relapse", "remission").time_days.size == len(rows)
