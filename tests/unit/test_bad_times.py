"""Times and statuses of events: before baseline, at zero, absent, or in no number."""

from __future__ import annotations

import pytest
from planted import Planted, read_tiny, refusal, told
from tiny_cohort import write_tiny

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


def test_sound_dates_of_events_are_days_since_baseline(tmp_path):
    events = read_tiny(tmp_path, as_dates, people=DATES).events
    assert events[events["kind"] == "outcome"]["end_day"].tolist() == [30, 56, 21, 56]
