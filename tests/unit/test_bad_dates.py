"""Dates that are none, and columns of dates that cannot all be meant."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from planted import Planted, assert_told, file_of, read_tiny, refusal, told, warnings_of
from tiny_cohort import FILES, plant, write_tiny

from outcomes.config.fields import TimeSpec
from outcomes.ingest.dates import read_dates, read_days

NO_DAY = ("that are no day of any calendar", "mend the cells")
ORDER = ("whose day and month stand the other way round", "correct the format (%Y-%m-%d)")
SERIAL = ("with a spreadsheet's serial number in place of a date", "format the column as a date")
ZONE = ("with a time zone", "without a zone")
TIME = ("with a time of day, which the format lacks", "%Y-%m-%d %H:%M")
SHORT = ("with a year of two digits", "four digits")
PART = ("with a part of a date", "as the protocol says")
STAND_IN = (
    "with a date that programs write for an empty one (the first or last day of a calendar)",
    "find the true dates, or declare",
)
FORM = ("not a date of the form %Y-%m-%d", "correct the format, or declare")
WORD = ("with a word for a missing value", "declare the code under files.")
FAULTS = [
    ("2020-02-30", *NO_DAY), ("2020-13-32", *NO_DAY), ("2019-02-29", *NO_DAY),
    ("2020-29-01", *ORDER), ("2020-31-12", *ORDER),
    ("43859", *SERIAL), ("43835.5", *SERIAL),
    ("2020-01-29T10:00:00Z", *ZONE), ("2020-01-05 00:00:00+01:00", *ZONE),
    ("2020-01-05 10:00 CET", *ZONE),
    ("2020-01-29 10:30", *TIME), ("2020-01-05T00:00:00", *TIME),
    ("20-01-29", *SHORT), ("19-12-31", *SHORT),
    ("2020-01", *PART), ("2020", *PART), ("2020-01-UN", *PART),
    ("1900-01-01", *STAND_IN), ("1970-01-01", *STAND_IN), ("1899-12-30", *STAND_IN),
    ("9999-12-31", *STAND_IN), ("2099-01-01", *STAND_IN), ("2099-12-31", *STAND_IN),
    ("29.01.2020", *FORM), ("January 5", *FORM),
    ("none", *WORD), ("unknown", *WORD),
    ("#VALUE!", "with the error of a spreadsheet's formula", "mend the formulas"),
    ("#NUM!", "with the error of a spreadsheet's formula", "mend the formulas"),
]  # fmt: skip


@pytest.mark.parametrize(("cell", "rule", "remedy"), FAULTS, ids=[fault[0] for fault in FAULTS])
def test_what_is_no_date_is_told_by_its_kind(cell, rule, remedy):
    source = file_of("2020-02-26", cell, "2020-03-01")
    dates = read_dates(source, "cell", "%Y-%m-%d")
    assert_told(source, cell, f"1 of 3 rows {rule} (line 3): ", remedy)
    assert dates.bad.tolist() == [False, True, False]
    assert dates.good.tolist() == [True, False, True]


@pytest.mark.parametrize(
    "fault",
    [
        Planted("phq.csv", "2020-01-29", "43859", (f"seen: 1 of 8 rows {SERIAL[0]} (line 3)",), "43859"),
        Planted("people.csv", "2020-01-05", "2020-02-30", (f"start: 1 of 4 rows {NO_DAY[0]} (line 3)",),
                "2020-02-30"),
    ],
)  # fmt: skip
def test_the_files_of_a_cohort_are_read_so(tmp_path, fault):
    told(tmp_path, fault)


def test_a_stand_in_among_dates_of_its_time_is_a_date(tmp_path):
    seventies = {
        name: FILES[f"{name}.csv"].replace("2020-", "1970-").replace("1970-02-29", "1970-02-28")
        for name in ("people", "phq")
    }
    assert len(read_tiny(tmp_path, **seventies).patients) == 4


def other_dates(date_format, **columns):
    """Edit the dates of the tiny cohort's people and scores to another form."""

    def edit(content):
        content["patients"]["time_zero"]["format"] = date_format
        content["measures"]["phq9"]["time"]["format"] = date_format

    def text(name):
        return pd.Series(FILES[name]).str.replace(
            r"\d{4}-\d\d-\d\d", lambda found: pd.Timestamp(found[0]).strftime(date_format), regex=True
        )[0]

    return edit, {"people": text("people.csv"), "phq": text("phq.csv")} | columns


def test_a_column_that_could_be_read_in_either_order_is_warned_of(tmp_path):
    edit, files = other_dates("%d/%m/%Y")
    dates = iter(f"{day:02}/02/2020" for day in range(1, 13))
    lines = files["phq"].splitlines()
    cells = [line.split(",") for line in lines[1:]]
    early = [f"{patient},{visit},{next(dates)},{total}" for patient, visit, _, total in cells]
    files["phq"] = "\n".join([lines[0], *early]) + "\n"
    warned = [note for note in warnings_of(read_tiny(tmp_path, edit, **files)) if "phq.csv: seen" in note]
    rule = "8 of 8 rows with dates that could all be read with day and month exchanged"
    assert any(rule in note for note in warned)
    assert any("is the format %d/%m/%Y the one" in note for note in warned)


@pytest.mark.parametrize("date_format", ["%d/%m/%Y", "%d.%m.%Y", "%m/%d/%Y", "%d%b%Y", "%Y%m%d", "%Y-%m-%d"])
def test_a_day_above_twelve_settles_the_order(tmp_path, date_format):
    edit, files = other_dates(date_format)
    tables = read_tiny(tmp_path, edit, **files)
    assert tables.visits["day"].max() == 56
    assert not any("exchanged" in note for note in warnings_of(tables))


def test_a_wrong_declared_order_is_told_by_the_dates_that_only_fit_the_other(tmp_path):
    edit, _ = other_dates("%m/%d/%Y")
    _, files = other_dates("%d/%m/%Y")
    cohort = write_tiny(tmp_path, edit)
    for name, text in files.items():
        (tmp_path / f"{name}.csv").write_text(text)
    message = str(refusal(tmp_path, cohort))
    assert "seen: 2 of 8 rows whose day and month stand the other way round (lines 3, 4)" in message
    assert "correct the format (%m/%d/%Y) if all dates are written so" in message


def test_two_digit_years_are_warned_of(tmp_path):
    edit, files = other_dates("%d.%m.%y")
    notes = warnings_of(read_tiny(tmp_path, edit, **files))
    what = "69 to 99 are read as 19.., 00 to 68 as 20..: is it so?"
    rule = "rows with years of two digits"
    assert f"warning: people.csv: start: 4 of 4 {rule} (lines 2, 3, 4, 5): {what}" in notes
    assert any(note.startswith(f"warning: phq.csv: seen: 8 of 8 {rule}") for note in notes)


@pytest.mark.parametrize(("file", "column"), [("people", "start"), ("phq", "seen")])
def test_two_digit_years_of_two_centuries_are_refused(tmp_path, file, column):
    edit, files = other_dates("%d.%m.%y")
    cohort = write_tiny(tmp_path, edit)
    for name, text in files.items():
        (tmp_path / f"{name}.csv").write_text(text)
    plant(tmp_path, f"{file}.csv", "01.02.20" if file == "people" else "29.01.20", "01.02.71")
    message = str(refusal(tmp_path, cohort))
    assert f"{column}: " in message
    assert "with years of two digits that span over 45 years" in message
    assert "%Y in the format" in message


@pytest.mark.parametrize("cell", ["2020111", "202001291"])
def test_a_date_without_marks_needs_all_its_digits(tmp_path, cell):
    edit, files = other_dates("%Y%m%d")
    cohort = write_tiny(tmp_path, edit)
    for name, text in files.items():
        (tmp_path / f"{name}.csv").write_text(text)
    plant(tmp_path, "phq.csv", "20200129", cell)
    assert "seen: 1 of 8 rows not a date of the form %Y%m%d (line 3)" in str(refusal(tmp_path, cohort))


DATES, STAMPS = "%Y-%m-%d", "%Y-%m-%d %H:%M"


@pytest.mark.parametrize(
    ("cell", "form", "baseline", "days"),
    [
        ("2020-01-10", DATES, "2020-01-10T14:30", 0),
        ("2020-01-11", DATES, "2020-01-10T23:59", 1),
        ("2020-01-10 09:00", STAMPS, "2020-01-10", 0),
        ("2020-01-12 18:00", STAMPS, "2020-01-10", 2),
        ("2020-01-11 08:30", STAMPS, "2020-01-10T14:30", 0.75),
    ],
)
def test_a_time_of_day_counts_only_where_both_sides_have_one(cell, form, baseline, days):
    source = file_of(cell, cell)
    zero = np.array([baseline, "NaT"], dtype="datetime64[ns]")
    found = read_days(source, TimeSpec(column="cell", format=form), zero)
    assert found.values[0] == days
    assert found.bad.tolist() == [False, True]


def last_seen(years):
    """Dates of last contact of ten patients, in the given years."""
    return [f"{year}-0{1 + at % 9}-1{at % 10}" for at, year in enumerate(years)]


def doubts(cells):
    source = file_of(*cells)
    read_dates(source, "cell", "%Y-%m-%d")
    assert source.findings.problems == []
    return [note.what for note in source.findings.notes]


@pytest.mark.parametrize("year", [2031, 1991])
def test_a_year_far_from_all_others_is_a_warning_whatever_today_is(year):
    (said,) = doubts(last_seen([2019, 2020, 2021, 2022] * 5 + [year, year]))
    assert said.startswith(
        "2 of 22 rows with a date further from all other dates of the column than these lie apart"
    )
    assert "(lines 22, 23): is the year right?" in said
    assert str(year) not in said


@pytest.mark.parametrize(
    "years", [[2019, 2020, 2021, 2022] * 5 + [2025], [2019] * 12 + [2021], [2015, 2031] * 6]
)
def test_dates_that_lie_apart_as_others_do_are_dates(years):
    assert doubts(last_seen(years)) == []


def test_one_far_date_that_many_share_is_a_warning():
    (said,) = doubts(last_seen([2019, 2020, 2021] * 6) + ["2031-12-31"] * 12)
    assert "12 of 30 rows with a date further" in said
