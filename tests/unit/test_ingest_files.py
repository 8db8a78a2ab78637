"""What a raw file may hold beside sound rows: other formats, long cells, links, lost zeros, free text."""

from __future__ import annotations

import io

import pandas as pd
import pytest
from tiny_cohort import FILES, SHOWN, plant, write_tiny

from outcomes.errors import DataError
from outcomes.ingest import read_cohort


def refusal(root, cohort):
    with pytest.raises(DataError) as caught:
        read_cohort(root, cohort, SHOWN)
    return str(caught.value)


def as_parquet(root, name, **dates):
    frame = pd.read_csv(io.StringIO(FILES[f"{name}.csv"]), dtype=str, keep_default_na=False)
    for column, values in dates.items():
        frame[column] = values
    frame.to_parquet(root / f"{name}.csv")


def parquet(name):
    return lambda content: content["files"][name].update(format="parquet")


def test_one_path_out_of_the_project_hides_no_other_problem(tmp_path):
    cohort = write_tiny(tmp_path)
    (tmp_path / "harms.csv").unlink()
    (tmp_path / "harms.csv").symlink_to("/etc/hostname")
    (tmp_path / "qol.csv").unlink()
    (tmp_path / "qol.csv").symlink_to("qol.csv")
    plant(tmp_path, "phq.csv", "2020-01-29,11", "2020-01-29,31")
    message = refusal(tmp_path, cohort)
    assert "files.harms.path: path 'harms.csv' leads out of the project folder" in message
    assert "files.qol.path: path 'qol.csv' cannot be followed" in message
    assert "total: 1 of 8 rows outside 0 to 27 points (line 3)" in message


def test_a_score_that_looks_like_a_missing_code_is_not_told_of_covariates(tmp_path):
    cohort = write_tiny(tmp_path)
    plant(tmp_path, "phq.csv", "2020-01-29,11", "2020-01-29,-9")
    message = refusal(tmp_path, cohort)
    assert "files.phq.missing_codes" in message
    assert "low and high" not in message


def test_a_cell_that_is_too_long_is_told_as_such(tmp_path):
    cohort = write_tiny(tmp_path)
    plant(tmp_path, "harms.csv", "Nausea", "n" * 140_000)
    message = refusal(tmp_path, cohort)
    assert "the row that starts on line 3 has a cell that is too long (over 131072 characters" in message
    assert "never closed" not in message


def test_a_file_of_the_other_format_is_told_to_declare_it(tmp_path):
    cohort = write_tiny(tmp_path, parquet("qol"))
    as_parquet(tmp_path, "harms")
    message = refusal(tmp_path, cohort)
    assert "harms.csv:\n  - is a Parquet file: declare format: parquet for it" in message
    assert "qol.csv:\n  - is text, no Parquet: declare format: csv for it" in message


def test_parquet_timestamps_at_midnight_are_dates(tmp_path):
    cohort = write_tiny(tmp_path, parquet("people"))
    text = read_cohort(tmp_path, write_tiny(tmp_path), SHOWN)
    starts = pd.to_datetime(["2020-01-01", "2020-01-05", "2020-02-01", "2020-02-03"])
    as_parquet(tmp_path, "people", start=starts)
    tables = read_cohort(tmp_path, cohort, SHOWN)
    pd.testing.assert_frame_equal(tables.patients, text.patients)
    pd.testing.assert_frame_equal(tables.visits, text.visits)
    as_parquet(tmp_path, "people", start=starts + pd.Timedelta("1h"))
    rule = "start: 4 of 4 rows with a time of day, which the format lacks (rows 1, 2, 3, 4)"
    assert rule in refusal(tmp_path, cohort)


@pytest.mark.parametrize("stranger", ["", "xy,0,40\n"])
def test_ids_that_lost_their_zeros_are_told_beside_a_true_stranger(tmp_path, stranger):
    cohort = write_tiny(tmp_path)
    for name, text in FILES.items():
        (tmp_path / name).write_text(text.replace("zq", "00"))
    (tmp_path / "qol.csv").write_text(FILES["qol.csv"].replace("zq", "") + stranger)
    message = refusal(tmp_path, cohort)
    assert "ids seem to have lost leading zeros: write each patient's id one way" in message


def with_terms(content):
    content["adverse_events"]["terms"] = {"Headache": "Head ache", "Nausea": "Nausea"}


def test_declared_terms_are_printed_by_their_names(tmp_path):
    events = read_cohort(tmp_path, write_tiny(tmp_path, with_terms), SHOWN).events
    adverse = events[events["kind"] == "adverse"]
    assert sorted(adverse["event"]) == ["Head ache", "Head ache", "Nausea"]


def test_an_undeclared_term_is_counted_and_never_shown(tmp_path):
    cohort = write_tiny(tmp_path, with_terms)
    plant(tmp_path, "harms.csv", "Nausea", "saw Dr Who")
    message = refusal(tmp_path, cohort)
    assert "event: 1 of 3 rows with an undeclared code (line 3)" in message
    assert "adverse_events.terms" in message
    assert "Who" not in message


def test_two_codes_of_one_printed_name_are_one_category(tmp_path):
    def merged(content):
        sex = content["patients"]["covariates"]["sex"]
        sex["levels"] = {"f": "female", "w": "female", "m": "male"}

    cohort = write_tiny(tmp_path, merged)
    plant(tmp_path, "people.csv", "65,f", "65,w")
    sex = read_cohort(tmp_path, cohort, SHOWN).patients["sex"]
    assert list(sex.cat.categories) == ["female", "male"]
    assert list(sex) == ["female", "male", "female", "male"]
