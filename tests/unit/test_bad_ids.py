"""Patient ids: text that is matched exactly, so each way in which two spellings of one differ is told."""

from __future__ import annotations

import re

import pytest
from planted import Planted, file_of, read_tiny, refusal, told, warnings_of
from tiny_cohort import FILES, plant, write_tiny

from outcomes.ingest.ids import read_ids

CASE = "with ids that differ only in case or in spaces around them"
ALIKE = "with ids that differ only in letters that look alike or characters without a shape"


@pytest.mark.parametrize(
    ("one", "other", "rule"),
    [
        ("ab1", "AB1", CASE), ("Ä1", "ä1", CASE), ("ab1", "ab1 ", CASE), ("ab1", "\tab1", CASE),
        ("ab1", "ab1\u00a0", CASE),
        ("ab1", "ab\u200b1", ALIKE), ("ab1", "\ufeffab1", ALIKE), ("ab1", "a\u00adb1", ALIKE),
        ("a b1", "a\u00a0b1", ALIKE), ("a b1", "a  b1", ALIKE),
        ("ab1", "аb1", ALIKE), ("HP1", "НР1", ALIKE), ("AB1", "ΑΒ1", ALIKE),
        ("ab1", "ａｂ１", ALIKE), ("no 1", "№ 1", ALIKE), ("a-1", "a–1", ALIKE),
        ("é1", "e\u03011", ALIKE), ("STRASSE", "Straße", CASE),
    ],
)  # fmt: skip
def test_two_spellings_that_look_the_same_are_refused(one, other, rule):
    source = file_of("k7", one, "k8", other, one)
    read_ids(source, "cell")
    (problem,) = source.findings.problems
    assert problem.what == f"3 of 5 rows {rule} (lines 3, 5, 6): write each patient's id one way"
    assert [detail.value for detail in source.findings.details] == [one, other, one]


@pytest.mark.parametrize(
    "ids",
    [
        ("a1", "b1", "a2"), ("Жанна", "Иван"), ("α", "β", "γ"), ("ab1", "ab11"), ("李", "王"), ("A", "B"),
        ("12345678901234567891", "12345678901234567892"), ("001", "002", "010"), ("1A5", "1E5", "1F5"),
        ("2.0", "2.1", "2.2"), ("NA", "JB", "KL"), ("x/1", "x/2"), ("999", "-9", "99"),
    ],
)  # fmt: skip
def test_odd_ids_are_ids(ids):
    source = file_of(*ids)
    assert read_ids(source, "cell").names.tolist() == list(ids)
    assert source.findings.problems == []
    assert source.findings.notes == []


POWER = "that a spreadsheet has shortened to powers of ten (1.2E+11)"
ROUNDED = "with ids of 16 digits or more that a spreadsheet or program has rounded"
POINT = "with ids that end in .0, as numbers do"
WORD = "with a word for a missing value"


@pytest.mark.parametrize(
    ("ids", "rule", "lines", "remedy"),
    [
        (("7", "1.23457E+11", "1.23457E+11"), POWER, "lines 3, 4", "restore the ids from their source"),
        (("7", "1E+05"), POWER, "line 3", "read the column as text"),
        (("1.0E5", "9"), POWER, "line 2", "read the column as text"),
        (("12345678901234500000", "12345678901234600000"), ROUNDED, "lines 2, 3", "restore the ids"),
        (("12345678901234567168", "12345678901234569216"), ROUNDED, "lines 2, 3", "restore the ids"),
        (("1234567890123450", "1234567890123460", "1234567890123470", "1234567890123480"), ROUNDED,
         "lines 2, 3, 4, 5", "restore the ids"),
        (("1.0", "2.0", "x"), POINT, "lines 2, 3", "remove the .0"),
        (("1001.0", "1002"), POINT, "line 2", "remove the .0"),
        (("None", "a"), WORD, "line 2", "give the ids, or remove the rows"),
        (("a", "nan", "NULL"), WORD, "lines 3, 4", "give the ids"),
        (("a", "#N/A"), WORD, "line 3", "give the ids"),
        (("a", "NA", "b"), WORD, "line 3", "give the ids"),
    ],
)  # fmt: skip
def test_ids_that_a_program_has_spoilt_are_refused(ids, rule, lines, remedy):
    source = file_of(*ids)
    read_ids(source, "cell")
    (problem,) = source.findings.problems
    count = lines.count(",") + 1
    assert problem.what.startswith(f"{count} of {len(ids)} rows {rule} ({lines}): ")
    assert remedy in problem.what
    assert len(source.findings.details) == count


@pytest.mark.parametrize(
    ("ids", "rule"),
    [
        (("001", "1", "2"), "2 of 3 rows with ids that differ only in zeros in front (lines 2, 3): taken as"),
        (("7", "010", "10", "0010"), "3 of 4 rows with ids that differ only in zeros in front"),
        (("1E5", "100000", "7"), "1 of 3 rows with ids such as 1E5 among ids that are numbers (line 2)"),
        (("12", "13", "2e7"), "1 of 3 rows with ids such as 1E5 among ids that are numbers (line 4)"),
    ],
)
def test_ids_that_are_one_number_stay_apart_with_a_warning(ids, rule):
    source = file_of(*ids)
    assert read_ids(source, "cell").names.tolist() == list(ids)
    (note,) = source.findings.notes
    assert (note.level, note.where) == ("warning", "cell")
    assert note.what.startswith(rule)


@pytest.mark.parametrize(
    "fault",
    [
        Planted("phq.csv", "zq1,V1", "z\u200bq1,V1", (f"pid: 3 of 8 rows {ALIKE} (lines 2, 3, 4)",)),
        Planted("qol.csv", "zq3,0", "None,0", (f"pid: 1 of 6 rows {WORD} (line 6)",)),
        Planted("harms.csv", "zq1,Nausea", "ZQ1,Nausea", (f"pid: 2 of 3 rows {CASE} (lines 2, 3)",)),
        Planted("pills.csv", "zq1,0", "1.1E+09,0", (f"pid: 1 of 3 rows {POWER} (line 2)",), "1.1E+09"),
    ],
    ids=lambda fault: fault.file,
)
def test_the_ids_of_every_file_are_read_so(tmp_path, fault):
    told(tmp_path, fault)


@pytest.mark.parametrize(("old", "new"), [("zq", "ZQ"), ("zq", "zԛ"), ("zq", "ｚｑ")])
def test_a_file_that_spells_its_ids_another_way_is_told_so(tmp_path, old, new):
    cohort = write_tiny(tmp_path)
    (tmp_path / "qol.csv").write_text(FILES["qol.csv"].replace(old, new), encoding="utf-8")
    message = str(refusal(tmp_path, cohort))
    assert "pid: 6 of 6 rows of patients that the patients file does not have" in message
    assert "it has them but for case, spaces, letters that look alike" in message
    assert re.search("[zｚ][qԛｑ]", message.casefold()) is None


def test_ids_with_zeros_in_front_are_never_numbers(tmp_path):
    files = {name.removesuffix(".csv"): text.replace("zq", "00") for name, text in FILES.items()}
    tables = read_tiny(tmp_path, **files)
    assert tables.patients["patient_id"].tolist() == ["001", "002", "003", "004"]
    assert warnings_of(tables) == warnings_of(read_tiny(tmp_path))


@pytest.mark.parametrize("cell", ["", "  "])
def test_an_empty_id_is_refused(tmp_path, cell):
    cohort = write_tiny(tmp_path)
    plant(tmp_path, "harms.csv", "zq1,Nausea", f"{cell},Nausea")
    assert "pid: 1 of 3 rows without a patient id (line 3): give the id" in str(refusal(tmp_path, cohort))


SITES = """pid,site,grp,start,followed,age,kilos,sex,days,status
zq1,7,A,2020-01-01,8,41,70,f,30,1
zq2,7,B,2020-01-05,8,52,81,m,56,0
zq1,8,B,2020-02-01,4,NA,65,f,21,1
zq2,8,A,2020-02-03,8,37,90,m,56,0
zq3,8,B,2020-02-03,8,37,90,m,56,0
"""
BOTH = (
    "write a column of both (site, a hyphen, id) in every file and name it as the id; or, if each id is one"
)


def by_visit(content):
    content["patients"]["rows"] = "visit"


@pytest.mark.parametrize(
    ("edit", "count"), [(None, "pid: 4 of 5 rows of patients who"), (by_visit, "grp: 2 of 5")]
)
def test_ids_that_start_again_at_each_site_are_told_so(tmp_path, edit, count):
    cohort = write_tiny(tmp_path, edit)
    (tmp_path / "people.csv").write_text(SITES)
    message = str(refusal(tmp_path, cohort))
    assert count in message
    assert "rows of one id differ in 'site', and none still conflict where it is the same" in message
    assert BOTH in message
    assert ("a patient has one; mend the rows" if edit else "keep one row per patient") in message
    assert "zq" not in message


def test_the_same_is_told_of_visits(tmp_path):
    cohort = write_tiny(tmp_path)
    text = FILES["phq.csv"].replace("pid,visit", "center_id,pid,visit").replace("\nzq", "\n3,zq")
    (tmp_path / "phq.csv").write_text(text + "4,zq1,V0,2020-01-01,12\n4,zq1,V1,2020-01-29,9\n")
    message = str(refusal(tmp_path, cohort))
    assert "visit: 4 of 10 rows of patients who have another row at the same visit" in message
    assert "rows of one id differ in 'center_id', and none still conflict where it is the same" in message


@pytest.mark.parametrize("column", ["site", "rater"])
def test_rows_that_contradict_each_other_at_one_site_are_a_patients(tmp_path, column):
    """A second row of the same site, or a column that is no place: nothing says that ids are used again."""
    cohort = write_tiny(tmp_path)
    text = SITES.replace("pid,site", f"pid,{column}")
    (tmp_path / "people.csv").write_text(text.replace(",8,", ",7,") if column == "site" else text)
    message = str(refusal(tmp_path, cohort))
    assert "rows of patients who have another row" in message
    assert "a hyphen" not in message


def test_real_repeats_among_ids_that_start_again_are_counted(tmp_path):
    cohort = write_tiny(tmp_path)
    (tmp_path / "people.csv").write_text(SITES + SITES.splitlines()[-1] + "\n")
    message = str(refusal(tmp_path, cohort))
    assert "and only 2 still conflict where it is the same" in message
