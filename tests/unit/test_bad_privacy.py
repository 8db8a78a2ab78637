"""Whatever is wrong, nothing of a patient is in a message, a note or a log: only in the rows kept aside."""

from __future__ import annotations

import logging

import pytest
from planted import warnings_of
from tiny_cohort import FILES, SHOWN, write_tiny

from outcomes.errors import DataError
from outcomes.ingest import read_cohort

SECRETS = ("zq", "sesame", "4711", "0815", "Geheim", "1887")
FAULTS = [
    ("people.csv", "zq1,A", "zq1,sesame"),
    ("people.csv", "8,41", "8,4711"),
    ("people.csv", "41,70", "41,0815 kg"),
    ("people.csv", "70,f", "70,Geheim"),
    ("people.csv", "f,30,1", "f,30,4711"),
    ("people.csv", "f,30,1", "f,-4711,1"),
    ("people.csv", "2020-01-05", "1887-02-30"),
    ("people.csv", "2020-01-05", "4711-13-45"),
    ("people.csv", "zq4,B", "zq3,B"),
    ("people.csv", "zq4,B", "ZQ3,B"),
    ("people.csv", "zq4,B", "zq\u200b3,B"),
    ("people.csv", "zq1,A,2020", 'zq1,"A,2020'),
    ("phq.csv", "29,11", "29,sesame"),
    ("phq.csv", "29,11", "29,<4711"),
    ("phq.csv", "29,11", "29,4711.5"),
    ("phq.csv", "zq1,V1", "zq1,Geheim"),
    ("phq.csv", "zq1,V1", "zq4711,V1"),
    ("phq.csv", "zq1,V1", "zq1,V0"),
    ("phq.csv", "2020-01-29", "Geheim"),
    ("phq.csv", "2020-01-29", "1887-01-29 08:15"),
    ("phq.csv", "zq1,V1", "zq1,sesame,V1"),
    ("phq.csv", "2020-02-02,8", "4711"),
    ("phq.csv", "29,11", "29,\x00sesame"),
    ("phq.csv", "zq4,V0,2020-02-03,13\n", "zq4,sesame"),
    ("phq.csv", "29,11", '29,"sesame"4711'),
    ("qol.csv", "zq1,4.2", "zq1,4711"),
    ("qol.csv", "41.5", '"0815,5"'),
    ("qol.csv", "pid,week,percent\n", ""),
    ("harms.csv", "Nausea,3", "Geheim,-4711"),
    ("harms.csv", "10,12", "0815,4711"),
    ("harms.csv", "zq2", "zq4711"),
    ("harms.csv", "pid,event,began,ended,grade\n", ""),
    ("pills.csv", "28,20,28", "28,-4711,28"),
    ("pills.csv", "8,3", "8,4711"),
    ("pills.csv", "zq2,29", "zq2,0"),
]


def details_and_words(root, cohort, caplog):
    with caplog.at_level(logging.DEBUG), pytest.raises(DataError) as caught:
        read_cohort(root, cohort, SHOWN)
    error = caught.value
    words = [str(error), repr(error), *error.args, *error.hints, caplog.text, *map(str, error.problems)]
    return error.details, "\n".join(map(str, words))


@pytest.mark.parametrize(("file", "old", "new"), FAULTS)
def test_no_message_and_no_log_holds_a_value_or_an_id(tmp_path, caplog, file, old, new):
    cohort = write_tiny(tmp_path)
    (tmp_path / file).write_text(FILES[file].replace(old, new, 1), encoding="utf-8")
    _, words = details_and_words(tmp_path, cohort, caplog)
    assert not [secret for secret in SECRETS if secret.casefold() in words.casefold()]


@pytest.mark.parametrize("code", ["sesame", "4711"])
def test_the_rows_kept_aside_hold_what_the_message_does_not(tmp_path, caplog, code):
    cohort = write_tiny(tmp_path)
    text = FILES["phq.csv"].replace("29,11", f"29,{code}").replace("zq1,V2", "zq77,V2")
    (tmp_path / "phq.csv").write_text(text)
    details, words = details_and_words(tmp_path, cohort, caplog)
    assert {(detail.line, detail.column, detail.value) for detail in details} >= {
        (3, "total", code), (4, "pid", "zq77"),
    }  # fmt: skip
    assert code not in words


def test_notes_of_a_sound_cohort_hold_no_id(tmp_path, caplog):
    with caplog.at_level(logging.DEBUG):
        tables = read_cohort(tmp_path, write_tiny(tmp_path), SHOWN)
    assert "zq" not in "\n".join([*warnings_of(tables), caplog.text])
