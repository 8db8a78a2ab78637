"""`outcomes init` and days of visits: beside a code of the visit, or alone; no scored measure is dropped."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from drafts import draft, people, questions, scores
from test_init_quirks import drafted

MONTHS = range(19)


def visits(column="month", jitter=7, seed=4):
    """Nineteen months of scores, each some days off its plan, and some never seen."""
    random = np.random.default_rng(seed)
    rows = scores(people(48), MONTHS, "hamd17").rename(columns={"week": "month"})
    off = random.integers(-jitter, jitter + 1, len(rows)) * (rows["month"] > 0)
    rows["days"] = (rows["month"] * 30.4 + off).round().astype(int)
    rows = rows[(random.random(len(rows)) > 0.08) | (rows["month"] == 0)]
    return rows.rename(columns={"month": column})


def randomised(n=48):
    start = pd.Timestamp("2020-01-13") + pd.to_timedelta(np.arange(n) % 90, unit="D")
    return people(n).assign(randomised_on=start)


def written(data, rows, frame=None):
    frame = randomised() if frame is None else frame
    frame.to_csv(data / "people.csv", index=False, date_format="%d.%m.%Y")
    rows.to_csv(data / "visits.csv", index=False, date_format="%d.%m.%Y")
    return "people.csv", "visits.csv"


def dated(rows):
    start = rows["subject"].map(randomised().set_index("subject")["randomised_on"])
    return rows.assign(visit_date=start + pd.to_timedelta(rows["days"], unit="D")).drop(columns="days")


def test_a_date_beside_the_code_of_a_visit_is_its_day(tmp_path, data):
    rows = visits()
    cohort, _, tables, text = draft(tmp_path, *written(data, dated(rows)))
    measure = cohort.measures["hamd17"]
    assert (measure.visit.column, measure.time.column, measure.time.format) == (
        "month", "visit_date", "%d.%m.%Y"
    )  # fmt: skip
    assert cohort.patients.time_zero.column == "randomised_on"
    assert "column: visit_date  # guess: it changes from row to row; the visit's actual day" in text
    observed = tables.visits[tables.visits["score"].notna()]
    assert sorted(observed["day"]) == sorted(rows["days"])


def test_without_a_date_to_count_from_the_days_stay_planned_and_the_draft_says_so(tmp_path, data):
    frame = people(48)
    cohort, _, _, text = draft(tmp_path, *written(data, dated(visits()), frame))
    assert cohort.measures["hamd17"].time is None
    assert cohort.patients.time_zero is None
    assert "# visit_date: the day of each visit? No date to count it from was recognised" in text


@pytest.mark.parametrize("name", ["day", "visit_day", "days_since_baseline"])
def test_a_number_of_days_beside_the_code_of_a_visit_is_its_day(tmp_path, data, name):
    rows = visits().rename(columns={"days": name})
    cohort, _, tables, _ = draft(tmp_path, *written(data, rows, people(48)))
    measure = cohort.measures["hamd17"]
    assert (measure.visit.column, measure.time.column, measure.time.unit) == ("month", name, "day")
    assert sorted(tables.visits.loc[tables.visits["score"].notna(), "day"]) == sorted(rows[name])


def test_days_of_something_else_are_not_those_of_the_visits(tmp_path, data):
    rows = visits().assign(days=np.random.default_rng(5).integers(0, 30, len(visits())))
    cohort, _, _, _ = draft(tmp_path, *written(data, rows, people(48)))
    assert cohort.measures["hamd17"].time is None


def test_days_alone_are_parted_where_they_lie_apart(tmp_path, data):
    rows = visits().drop(columns="month").rename(columns={"days": "day"})
    cohort, _, tables, text = draft(tmp_path, *written(data, rows, people(48)))
    assert questions(text) == ["design", "randomised", "randomised"]
    assert cohort.measures["hamd17"].time.column == "day"
    assert len(cohort.schedule.windows) == len(MONTHS)
    assert tables.visits["score"].notna().sum() == len(rows)


@pytest.mark.parametrize("score", ["hamd17", "total_score"])
def test_days_alone_that_lie_everywhere_are_asked_about(tmp_path, data, score):
    rows = visits(jitter=20).drop(columns="month").rename(columns={"days": "day", "hamd17": score})
    files = written(data, rows.drop_duplicates(["subject", "day"]), people(48))
    said, text = drafted(tmp_path, *files)
    assert {"visits", "windows"} <= set(questions(text))
    assert f"measure: {score}" in said
    assert "the time that belongs to each visit" in text
    assert "only day tells the visits" in text
    assert f"    score: {score}\n" in text


def test_the_draft_counts_the_rows_that_share_patient_and_visit(tmp_path, data):
    rows = visits().drop(columns="days")
    _, text = drafted(tmp_path, *written(data, rows, people(48)))
    assert "# guess: by its name; a patient has no two rows of one visit" in text
    twice = pd.concat([rows, rows.head(6)])
    _, text = drafted(tmp_path, *written(data, twice, people(48)))
    assert "# guess: by its name; but 6 rows are a patient's second of one visit" in text


def test_scores_beside_those_of_a_known_instrument_are_told(tmp_path, data):
    random = np.random.default_rng(6)
    rows = visits().assign(
        wellbeing_score=lambda rows: random.integers(0, 100, len(rows)), pulse=range(60, 60 + len(visits()))
    )
    said, text = drafted(tmp_path, *written(data, rows, people(48)))
    assert "measure: hamd17" in said
    assert "wellbeing_score: also a score at visits? Not drafted" in said
    assert "# wellbeing_score: also a score at visits?" in text
    assert "pulse:" not in said
