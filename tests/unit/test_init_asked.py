"""What `outcomes init` does not take for granted, but asks or tells about: outcomes, events, comparisons."""

from __future__ import annotations

import numpy as np
import pytest
from drafts import ANSWERS, answered, draft, people, questions, scores
from test_init_draft import arms
from test_init_quirks import days, drafted

from outcomes.config import Cohort
from outcomes.config.base import build, parse_yaml
from outcomes.ingest import read_cohort


def test_a_number_is_asked_about_where_no_outcome_was_recognised(tmp_path, data):
    frame = people().assign(Score=range(24), BL_bmi=range(20, 44), mood1=range(24), mood2=range(24))
    frame.to_csv(data / "trial.csv", index=False)
    cohort, _, _, text = draft(tmp_path, "trial.csv", measures="{}")
    assert questions(text)[-1] == "measures"
    assert "is one of these the outcome: Score, mood1? Declare it here" in text
    assert "# mood1, mood2: one score at two visits? then declare it under measures:" in text
    assert set(cohort.patients.covariates) == {"age_years", "sex", "bl_bmi"}


def test_missing_in_words_is_a_missing_code(tmp_path, data):
    frame = people().assign(origin=["here", "there", "Missing"] * 8, phq9_w0=range(24), phq9_w6=range(24))
    frame.to_csv(data / "trial.csv", index=False)
    cohort, _, tables, text = draft(tmp_path, "trial.csv")
    assert "missing_codes: [Missing]  # guess: not recorded; found in origin" in text
    assert set(cohort.patients.covariates["origin"].levels) == {"here", "there"}
    assert tables.patients["origin"].isna().sum() == 8


def far_apart(status, time, between=12, gaps=0):
    """People with a time, columns between it, and a status."""
    frame = people()
    frame[time] = [float(k + 1) if k >= gaps else None for k in range(24)]
    for k in range(between):
        frame[f"lab_{'abcdefghijklmnop'[k]}"] = np.random.default_rng(k).permutation(24) / 7
    return frame.assign(**{status: ["Yes", "No", "No"] * 8})


@pytest.mark.parametrize(
    ("frame", "why"),
    [
        (far_apart("mom_hiv_status", "tx_time"), "12 columns lie between them"),
        (far_apart("mom_hiv_status", "tx_time", 1, gaps=16), "only 8 of the 24 rows with a mom_hiv_status"),
        (far_apart("mom_hiv_status", "mom_hiv_time", gaps=16), ""),
        (far_apart("status", "time"), ""),
        (far_apart("mom_hiv_status", "tx_time", 2), ""),
    ],
)
def test_a_time_that_is_hardly_that_of_the_status_is_asked_about(tmp_path, data, frame, why):
    frame.to_csv(data / "trial.csv", index=False)
    said, text = drafted(tmp_path, "trial.csv")
    assert ("\nevents:\n" in text) is not bool(why)
    assert ("status and time of one event?" in said) is bool(why)
    assert why in text


def test_events_that_stand_as_dates_alone_are_shown_with_what_they_need(tmp_path, data):
    frame = people()[["subject", "group"]]
    frame["entry.dt"], frame["last.dt"] = days("2020-01-01"), days("2021-01-01")
    frame["death.dt"] = [day if k % 3 == 0 else None for k, day in enumerate(days("2020-06-01"))]
    frame["tx.dt"] = [day if k % 4 == 0 else None for k, day in enumerate(days("2020-03-01"))]
    frame.to_csv(data / "trial.csv", index=False)
    said, text = drafted(tmp_path, "trial.csv")
    assert "dates that may be events: death.dt, tx.dt" in said
    head, _, example = text.partition("# events:\n")
    assert "# Dates that are blank for some patients: death.dt, tx.dt" in head
    shown = head + "events:\n" + "".join(line[2:] for line in example.splitlines(keepends=True))
    (tmp_path / "config/cohorts/trial.yaml").write_text(shown, encoding="utf-8")
    content = parse_yaml(answered(shown, ANSWERS), "trial")
    tables = read_cohort(tmp_path, build(Cohort, content, "trial"), "trial")
    assert content["patients"]["time_zero"] == {"column": "entry.dt", "format": "%Y-%m-%d"}
    assert {name: event["label"] for name, event in content["events"].items()} == {"death": "Death"}
    assert tables.events["observed"].sum() == 8
    assert set(tables.events["end_day"][~tables.events["observed"].astype(bool)]) == {366}


def test_the_draft_says_what_decides_who_is_compared_with_whom(tmp_path, data):
    frame = people().assign(group=["T", "T", "C"] * 8, phq9_w0=range(24), phq9_w6=range(24))
    frame.to_csv(data / "trial.csv", index=False)
    cohort, _, _, text = draft(tmp_path, "trial.csv")
    assert cohort.treatment.pairs() == (("arm_t", "arm_c"),)
    assert "# Each arm is compared with those before it" in text.partition("\narms:")[0]


def test_the_plan_says_what_an_added_analysis_counts_as(tmp_path, data):
    scores(people(), [0, 6], "phq9").to_csv(data / "visits.csv", index=False)
    people().to_csv(data / "people.csv", index=False)
    drafted(tmp_path, "people.csv", "visits.csv")
    plan = (tmp_path / "config/plans/trial.yaml").read_text(encoding="utf-8")
    assert "An analysis that you add counts as pre-specified unless you write prespecified: false" in plan
    assert "nothing here was pre-specified" not in plan


@pytest.mark.parametrize(
    ("levels", "first"),
    [
        (("T", "C"), "C"),
        (("A", "P"), "P"),
        (("1", "0"), "0"),
        (("CBT", "TAU"), "TAU"),
        (("Sertraline", "waitlist"), "waitlist"),
        (("Schema", "Usual care"), "Usual care"),
        (("C", "D"), "C"),
    ],
)
def test_a_recognisable_control_comes_first(levels, first):
    assert next(iter(arms(*levels))) == first
