"""Times and statuses of events: before baseline, at zero, absent, or in no number."""

from __future__ import annotations

import pytest
from planted import Planted, read_tiny, refusal, told
from tiny_cohort import FILES, write_tiny

from outcomes.errors import ConfigError

ZERO = "on the day of baseline (time zero)"
NEGATIVE = "before baseline (negative time)"


def as_dates(content):
    content["events"]["relapse"]["time"] = {"column": "days", "format": "%Y-%m-%d"}


DATES = """pid,grp,start,followed,age,kilos,sex,days,status
zq1,A,2020-01-01,8,41,70,f,2020-01-31,1
zq2,B,2020-01-05,8,52,81,m,2020-03-01,0
zq3,A,2020-02-01,4,NA,65,f,2020-02-22,1
zq4,B,2020-02-03,8,37,90,m,2020-03-30,0
"""


PEOPLE = "people.csv"
NO_STATUS = "of patients without a status"
FAULTS = [
    Planted(PEOPLE, "f,30,1", "f,0,1", (f"days: 1 of 4 rows {ZERO} (line 2)", "half_day or exclude")),
    Planted(PEOPLE, "f,21,1", "f,0.0,1", (f"days: 1 of 4 rows {ZERO} (line 4)",), "0.0"),
    Planted(PEOPLE, "f,30,1", "f,-30,1", (f"days: 1 of 4 rows {NEGATIVE} (line 2)",), "-30"),
    Planted(PEOPLE, "f,21,1", "f,-0.5,1", (f"days: 1 of 4 rows {NEGATIVE} (line 4)",), "-0.5"),
    Planted(PEOPLE, "f,30,1", "f,,1", ("days: 1 of 4 rows of patients without a time",)),
    Planted(PEOPLE, "m,56,0\nzq3", "m,NA,0\nzq3", ("days: 1 of 4 rows of patients without a time",)),
    Planted(PEOPLE, "f,30,1", "f,NaN,1", ("days: 1 of 4 rows with a word for a missing value",), "NaN"),
    Planted(PEOPLE, "f,30,1", "f,inf,1", ("days: 1 of 4 rows not finite (line 2)",), "inf"),
    Planted(PEOPLE, "f,30,1", "f,30,", (f"status: 1 of 4 rows {NO_STATUS} (line 2)",)),
    Planted(PEOPLE, "f,21,1", "f,21,NA", (f"status: 1 of 4 rows {NO_STATUS} (line 4)",)),
    Planted(PEOPLE, "2020-01-01,8", "2020-01-01,-8",
            ("followed: 1 of 4 rows with follow-up that ends before baseline (line 2)",), "-8"),
    Planted(PEOPLE, "2020-02-01,4", "2020-02-01,-1",
            ("followed: 1 of 4 rows with follow-up that ends before baseline (line 4)",), "-1"),
    Planted("harms.csv", "Headache,10", "Headache,-1",
            ("began: 1 of 3 rows with an onset before baseline (negative time) (line 4)",), "-1"),
    Planted("harms.csv", "Nausea,3", "Nausea,-0.5",
            ("began: 1 of 3 rows with an onset before baseline (negative time) (line 3)",), "-0.5"),
]  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_time_or_status_that_cannot_be_is_refused(tmp_path, fault):
    told(tmp_path, fault)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("2020-01-31", "2020-01-01", f"days: 1 of 4 rows {ZERO} (line 2)"),
        ("2020-03-30", "2020-02-02", f"days: 1 of 4 rows {NEGATIVE} (line 5)"),
        ("2020-03-01", "", "days: 1 of 4 rows of patients without a time to event or censoring (line 3)"),
    ],
)
def test_the_same_holds_of_dates(tmp_path, old, new, says):
    cohort = write_tiny(tmp_path, as_dates)
    (tmp_path / "people.csv").write_text(DATES.replace(old, new))
    assert says in str(refusal(tmp_path, cohort))


LAST = {"column": "last", "format": "%Y-%m-%d"}
DIED = """pid,grp,start,followed,age,kilos,sex,days,status,last
zq1,A,2020-01-01,8,41,70,f,2020-01-31,1,2020-02-20
zq2,B,2020-01-05,8,52,81,m,,0,2020-03-01
zq3,A,2020-02-01,4,NA,65,f,2020-02-22,1,2020-02-22
zq4,B,2020-02-03,8,37,90,m,NA,0,2020-03-30
"""


def by_its_date(content, **keys):
    as_dates(content)
    content["events"]["relapse"] |= {"status": "timed", "censored_time": LAST} | keys


def test_a_date_that_stands_is_the_event_and_a_blank_is_censored_at_the_last_contact(tmp_path):
    tables = read_tiny(tmp_path, by_its_date, people=DIED)
    outcome = tables.events[tables.events["kind"] == "outcome"]
    assert outcome["end_day"].tolist() == [30, 56, 21, 56]
    assert outcome["observed"].tolist() == [True, False, True, False]
    assert outcome["reason"].isna().all()
    assert not any("days" in str(note) for note in tables.notes)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("2020-01-31", "2019-12-31", f"days: 1 of 4 rows {NEGATIVE} (line 2)"),
        ("2020-01-31", "2020-01-01", f"days: 1 of 4 rows {ZERO} (line 2)"),
        ("2020-03-01", "", "last: 1 of 4 rows of patients without a time of the event and without a last"),
        ("2020-01-31", "in May", "days: 1 of 4 rows"),
        ("2020-02-22,1", "2020-02-31,1", "days: 1 of 4 rows that are no day of any calendar"),
    ],
)
def test_an_event_by_its_date_alone_is_refused_like_others(tmp_path, old, new, says):
    cohort = write_tiny(tmp_path, by_its_date)
    (tmp_path / "people.csv").write_text(DIED.replace(old, new))
    assert says in str(refusal(tmp_path, cohort))


def test_a_last_contact_before_the_date_of_the_event_is_a_warning_as_elsewhere(tmp_path):
    tables = read_tiny(tmp_path, by_its_date, people=DIED.replace("2020-02-20", "2020-01-20"))
    assert "last contact lies before their event" in str(tables.notes)


def test_dates_of_the_event_for_everybody_are_a_warning(tmp_path):
    everyone = DIED.replace("m,,0", "m,2020-02-20,0").replace("NA,0", "2020-03-01,0")
    tables = read_tiny(tmp_path, by_its_date, people=everyone)
    assert "under status timed nobody is censored" in str(tables.notes)


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        ({"censored_time": None}, "status timed needs censored_time: the last contact"),
        ({"censored_time": LAST | {"column": "days"}}, "time and censored_time are one column"),
        ({"status": "dated"}, "events.relapse.status: unknown value 'dated'"),
    ],
)
def test_an_event_by_its_date_alone_needs_a_last_contact(tmp_path, keys, says):
    with pytest.raises(ConfigError) as caught:
        write_tiny(tmp_path, lambda content: by_its_date(content, **keys))
    assert says in str(caught.value)


def with_last_contact(content):
    as_dates(content)
    content["events"]["relapse"]["censored_time"] = LAST


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("2020-03-01", "2020-01-05", f"last: 1 of 4 rows {ZERO} (line 3)"),
        ("2020-03-30", "2020-02-01", f"last: 1 of 4 rows {NEGATIVE} (line 5)"),
        ("2020-03-01", "", "last: 1 of 4 rows of patients without a time to event or censoring (line 3)"),
        ("2020-01-31", "2020-01-01", f"days: 1 of 4 rows {ZERO} (line 2)"),
        ("2020-01-31", "", "days: 1 of 4 rows of patients without a time to event or censoring (line 2)"),
    ],
)
def test_a_time_is_told_under_the_column_that_it_was_read_from(tmp_path, old, new, says):
    cohort = write_tiny(tmp_path, with_last_contact)
    (tmp_path / "people.csv").write_text(DIED.replace(old, new))
    error = refusal(tmp_path, cohort)
    assert says in str(error)
    assert {detail.column for detail in error.details} == {says.split(":")[0]}
    assert {detail.value for detail in error.details} == {new}


def test_columns_of_both_kinds_of_times_are_told_apart(tmp_path):
    cohort = write_tiny(tmp_path, with_last_contact)
    text = DIED.replace("2020-03-01", "2020-01-05").replace("2020-01-31", "2020-01-01")
    (tmp_path / "people.csv").write_text(text)
    message = str(refusal(tmp_path, cohort))
    assert f"days: 1 of 4 rows {ZERO} (line 2)" in message
    assert f"last: 1 of 4 rows {ZERO} (line 3)" in message


def test_sound_dates_of_events_are_days_since_baseline(tmp_path):
    events = read_tiny(tmp_path, as_dates, people=DATES).events
    assert events[events["kind"] == "outcome"]["end_day"].tolist() == [30, 56, 21, 56]


def on_visits(content):
    content["events"]["relapse"]["file"] = "phq"


def visits_with_events(cells):
    """Return the file of visits in which each row holds its patient's time and status."""
    head, *lines = FILES["phq.csv"].splitlines()
    rows = [f"{line},{cells(line[:3], line[4:6])}" for line in lines]
    return "\n".join([f"{head},days,status", *rows]) + "\n"


EVENT_OF = {"zq1": "30,1", "zq2": "56,0", "zq3": "21,1", "zq4": "56,0"}


def test_an_event_that_every_visit_repeats_is_read_once(tmp_path):
    tables = read_tiny(tmp_path, on_visits, phq=visits_with_events(lambda patient, _: EVENT_OF[patient]))
    outcomes = tables.events[tables.events["kind"] == "outcome"]
    assert list(outcomes["end_day"]) == [30, 56, 21, 56]
    assert list(outcomes["observed"]) == [True, False, True, False]


def test_visits_that_contradict_each_other_on_an_event_are_refused(tmp_path):
    cohort = write_tiny(tmp_path, on_visits)
    text = visits_with_events(lambda patient, visit: "31,1" if visit == "V1" else EVENT_OF[patient])
    (tmp_path / "phq.csv").write_text(text)
    message = str(refusal(tmp_path, cohort))
    assert "days: 2 of 8 rows with another time than the patient's first row (lines 3, 6)" in message
    assert "status: 1 of 8 rows with another status than the patient's first row (line 6)" in message


def test_a_patient_twice_in_a_file_of_events_is_told_what_applies_there(tmp_path):
    cohort = write_tiny(tmp_path, lambda content: content["events"]["relapse"].update(file="pills"))
    text = FILES["pills.csv"].replace("attended\n", "attended,days,status\n").replace("8,8\n", "8,8,30,1\n")
    (tmp_path / "pills.csv").write_text(text.replace("8,3\n", "8,3,5,1\n").replace(",,\n", ",,,5,1\n"))
    message = str(refusal(tmp_path, cohort))
    assert "an event has one row per patient: keep one, or choose the rows of one event by where" in message
    assert "rows: visit" not in message
