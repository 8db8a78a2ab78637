"""ADaM files that say one thing twice, and not the same: found, with counts and rows; sound ones are not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import yaml

from outcomes.config import Cohort
from outcomes.config.base import build
from outcomes.errors import DataError
from outcomes.ingest import read_cohort

CONFIG = """
title: ADaM
description: Forty patients
source: made up
condition: depression
design: randomised_trial
components: {drug: {label: Drug, randomised: true}}
arms: {drug: {label: Drug, components: [drug]}, placebo: {label: Placebo, components: []}}
files:
  adsl: {path: adsl.csv, format: csv, standard: adam}
  adqs: {path: adqs.csv, format: csv, standard: adam}
  adtte: {path: adtte.csv, format: csv, standard: adam}
patients: {file: adsl, id: USUBJID, arm: {column: TRT01P, labels: {Drug: drug, Placebo: placebo}}}
schedule: {unit: week, visits: {baseline: 0, week_4: 4}}
measures:
  phq9:
    layout: long
    file: adqs
    id: USUBJID
    visit: {column: AVISIT, labels: {Baseline: baseline, Week 4: week_4}}
    score: AVAL
    instrument: PHQ-9
    label: PHQ-9
events:
  relapse:
    label: Relapse
    file: adtte
    id: USUBJID
    time: {column: AVAL, unit: day}
    status: {column: CNSR, event: [0], censored: {1: end of study}}
"""
N = 40


def sound():
    rng = np.random.default_rng(3)
    ids = [f"zq{i:02}" for i in range(N)]
    drug = np.arange(N) % 2 == 0
    adsl = pd.DataFrame(
        {"USUBJID": ids, "TRT01P": np.where(drug, "Drug", "Placebo"), "TRT01PN": np.where(drug, 1, 2)}
    )
    first, later = rng.integers(12, 25, N), rng.integers(3, 15, N)
    adqs = pd.DataFrame(
        {
            "USUBJID": ids * 2, "PARAMCD": "PHQ9", "AVISIT": ["Baseline"] * N + ["Week 4"] * N,
            "AVAL": [*first, *later], "BASE": [*first] * 2, "CHG": [""] * N + [str(c) for c in later - first],
            "ABLFL": ["Y"] * N + [""] * N,
        }
    )  # fmt: skip
    start = pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 300, N), unit="D")
    days, censored = rng.integers(20, 360, N), np.arange(N) % 3 == 0
    adtte = pd.DataFrame(
        {
            "USUBJID": ids, "PARAMCD": "TTREL", "PARAM": "Time to relapse", "AVAL": days, "AVALU": "DAYS",
            "CNSR": censored.astype(int), "EVNTDESC": np.where(censored, "END OF STUDY", "RELAPSE"),
            "STARTDT": start.strftime("%Y-%m-%d"),
            "ADT": (start + pd.to_timedelta(days, unit="D")).strftime("%Y-%m-%d"),
        }
    )  # fmt: skip
    return {"adsl": adsl, "adqs": adqs, "adtte": adtte}


def read(root, files, edit=lambda content: None):
    content = yaml.safe_load(CONFIG)
    edit(content)
    for name, table in files.items():
        table.to_csv(root / f"{name}.csv", index=False)
    return read_cohort(root, build(Cohort, content, "c.yaml"), "c.yaml")


def changed(name, column, rows, value):
    """Return the sound files with one column of some rows changed by a function."""
    files = sound()
    cells = files[name][column].astype(object)
    cells[rows] = [value(cell) for cell in cells[rows]]
    files[name][column] = cells
    return files


def refusal(root, files):
    with pytest.raises(DataError) as caught:
        read(root, files)
    assert "zq" not in str(caught.value)
    return str(caught.value)


def warnings(root, files, edit=lambda content: None):
    return [str(note) for note in read(root, files, edit).notes]


@pytest.mark.parametrize("first_day", [0, 1])
def test_adam_that_agrees_says_nothing_whichever_day_is_the_first(tmp_path, first_day):
    files = changed("adtte", "AVAL", slice(None), lambda days: days + first_day)
    assert warnings(tmp_path, files) == []


def test_codes_turned_round_against_their_descriptions_are_asked_about(tmp_path):
    files = changed("adtte", "CNSR", slice(None), lambda code: 1 - code)
    message = refusal(tmp_path, files)
    counts = "14 events described as censored, 26 censored as events"
    assert "adtte.csv" in message
    assert (
        f"EVNTDESC: 40 of 40 rows whose description contradicts their declared status ({counts})" in message
    )
    assert "events.relapse.status.confirmed: true" in message

    def confirmed(content):
        content["events"]["relapse"]["status"]["confirmed"] = True

    assert read(tmp_path, files, confirmed).events["observed"].sum() == 14


def test_a_single_row_against_its_description_is_asked_about(tmp_path):
    message = refusal(tmp_path, changed("adtte", "CNSR", [1], lambda code: 1 - code))
    assert "EVNTDESC: 1 of 40 rows whose description contradicts" in message
    assert "(0 events described as censored, 1 censored as events) (line 3)" in message


def test_a_description_of_how_relapse_was_missed_is_one_of_censoring(tmp_path):
    files = changed("adtte", "EVNTDESC", [0, 3, 6], lambda _: "Two relapse assessments missed")
    assert warnings(tmp_path, files) == []


def test_descriptions_that_all_rows_share_tell_nothing(tmp_path):
    assert warnings(tmp_path, changed("adtte", "EVNTDESC", slice(None), lambda _: "RELAPSE")) == []


def test_an_event_with_a_date_of_censoring_is_asked_about(tmp_path):
    files = sound()
    files["adtte"]["CNSDTDSC"] = np.where(files["adtte"]["CNSR"] == 1, "Last visit", "")
    assert warnings(tmp_path, files) == []
    files["adtte"].loc[[1, 2], "CNSDTDSC"] = "Last visit"
    message = refusal(tmp_path, files)
    assert (
        "CNSDTDSC: 2 of 40 rows of the declared event with a description of the date of censoring" in message
    )
    files["adtte"]["CNSDTDSC"] = "Last visit"
    assert warnings(tmp_path, files) == []


@pytest.mark.parametrize("unit", ["WEEKS", "Weeks", "wk"])
def test_another_unit_than_the_declared_one_is_refused_with_its_key(tmp_path, unit):
    message = refusal(tmp_path, changed("adtte", "AVALU", slice(None), lambda _: unit))
    assert "AVALU: 40 of 40 rows in another unit than events.relapse.time.unit (day)" in message
    assert "declare events.relapse.time.unit: week" in message
    assert "convert them to one unit" in refusal(tmp_path, changed("adtte", "AVALU", [2], lambda _: unit))


def test_a_unit_of_unknown_spelling_is_left_alone(tmp_path):
    assert warnings(tmp_path, changed("adtte", "AVALU", slice(None), lambda _: "jours")) == []


def test_times_that_are_not_those_between_the_dates_are_a_warning(tmp_path):
    (said,) = warnings(tmp_path, changed("adtte", "AVAL", slice(0, 5), lambda days: days + 100))
    assert "adtte.csv: AVAL: 5 of 40 rows whose time is not that from STARTDT to ADT" in said
    assert "(lines 2, 3, 4, 5, 6)" in said


@pytest.mark.parametrize("length", [30.4375, 30.4, 30.0])
def test_months_of_any_usual_length_agree_with_the_dates(tmp_path, length):
    files = changed("adtte", "AVAL", slice(None), lambda days: round(days / length, 2))
    files["adtte"]["AVALU"] = "MONTHS"

    def months(content):
        content["events"]["relapse"]["time"]["unit"] = "month"

    assert warnings(tmp_path, files, months) == []


def test_arms_whose_numbers_say_another_arm_are_refused(tmp_path):
    message = refusal(tmp_path, changed("adsl", "TRT01PN", [0, 1, 2], lambda number: 3 - number))
    assert "TRT01PN: 3 of 40 rows whose TRT01P has another number in TRT01PN in most rows" in message
    assert "(lines 2, 3, 4)" in message


def test_one_number_for_both_arms_is_a_coding_of_its_own(tmp_path):
    assert warnings(tmp_path, changed("adsl", "TRT01PN", slice(None), lambda _: 1)) == []


@pytest.mark.parametrize("marked", [True, False])
def test_a_base_that_is_not_the_score_at_baseline_is_a_warning(tmp_path, marked):
    files = changed("adqs", "BASE", [0, 1], lambda base: base + 2)
    if not marked:
        del files["adqs"]["ABLFL"]
    (said,) = warnings(tmp_path, files)
    assert (
        "adqs.csv: BASE: 2 of 80 rows whose BASE is not the patient's AVAL at baseline (lines 2, 3)" in said
    )


def test_two_rows_marked_as_baseline_leave_open_which_is_meant(tmp_path):
    files = changed("adqs", "BASE", [0], lambda base: base + 2)
    files["adqs"].loc[N, "ABLFL"] = "Y"
    assert warnings(tmp_path, files) == []


def test_a_change_that_is_not_score_less_base_is_a_warning(tmp_path):
    (said,) = warnings(tmp_path, changed("adqs", "AVAL", slice(N, N + 4), lambda score: score + 1))
    assert "CHG: 4 of 80 rows whose CHG is not AVAL less BASE (lines 42, 43, 44, 45)" in said


def test_files_that_are_no_adam_are_left_alone(tmp_path):
    files = changed("adsl", "TRT01PN", [0, 1, 2], lambda number: 3 - number)

    def undeclared(content):
        del content["files"]["adsl"]["standard"]

    assert warnings(tmp_path, files, undeclared) == []
