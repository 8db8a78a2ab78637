"""Arms, statuses and other codes that are not the declared ones, and words that stand for nothing."""

from __future__ import annotations

import pytest
from planted import Planted, assert_told, file_of, read_tiny, refusal, told
from tiny_cohort import FILES, plant, write_tiny

from outcomes.ingest.cells import read_codes, read_words

ARMS = {"Drug": "medication", "Both": "combined", "No 1": "neither"}
ALIKE = "that are a declared code but for case, spaces or letters that look alike"
POINT = "that are a declared code but for .0 at the end"
WORD = "with a word for a missing value"


def arm(root, cell, *says, value=""):
    return told(root, Planted("people.csv", "zq1,A", f"zq1,{cell}", says, value))


@pytest.mark.parametrize(
    "cell",
    ["drug", "DRUG", "Drug\u200b", "\ufeffDrug", "Dru\u00adg", "Вoth", "Bоth", "Βoth", "Ｂoth", "No  1",
     "No\u00a01", "№ 1"],
)  # fmt: skip
def test_a_label_that_looks_like_a_declared_one_is_told_so(cell):
    source = file_of("Drug", cell, "Both")
    read_codes(source, "cell", ARMS, "patients.arm.labels")
    remedy = "write each code one way, or declare these spellings, too, under patients.arm.labels"
    assert_told(source, cell, f"1 of 3 rows {ALIKE} (line 3): {remedy}")


def test_spaces_around_a_code_are_no_part_of_it():
    source = file_of(" Drug", "Both\u00a0", "\tNo 1")
    assert read_codes(source, "cell", ARMS, "key").values.tolist() == ["medication", "combined", "neither"]
    assert source.findings.problems == []


@pytest.mark.parametrize("cell", ["а", "A\u200b", "Ａ", "a"])
def test_an_arm_that_looks_like_a_declared_one_stops_the_reading(tmp_path, cell):
    arm(tmp_path, cell, f"grp: 1 of 4 rows {ALIKE} (line 2)", "patients.arm.labels")


@pytest.mark.parametrize("cell", ["placebo", "C"])
def test_an_unknown_arm_is_refused(tmp_path, cell):
    says = "grp: 1 of 4 rows with an undeclared code (line 2): declared are A, B; mend the cells, or declare"
    arm(tmp_path, cell, says, value=cell)


@pytest.mark.parametrize("cell", ["", "NA"])
def test_an_empty_arm_is_refused(tmp_path, cell):
    arm(tmp_path, cell, "grp: 1 of 4 rows of patients without an arm (line 2): record the arm, or leave")


@pytest.mark.parametrize("cell", ["None", "null"])
def test_an_undeclared_word_for_no_arm_is_refused(tmp_path, cell):
    arm(tmp_path, cell, f"grp: 1 of 4 rows {WORD} (line 2)", "files.people.missing_codes", value=cell)


def test_each_kind_of_undeclared_code_is_counted_by_itself():
    source = file_of("1", "1.0", "3", "4", "n/a", "4")
    read_codes(source, "cell", {"1": "a", "2": "b"}, "key")
    assert [problem.what for problem in source.findings.problems] == [
        "3 of 6 rows with an undeclared code (lines 4, 5, 7): 2 different codes; declared are 1, 2; "
        "mend the cells, or declare their codes under key",
        f"1 of 6 rows {POINT} (line 3): write the codes without it, or declare 1.0, 2.0 under key",
        f"1 of 6 rows {WORD} (line 6): declare the code under files.some.missing_codes, or under key if "
        "it is an answer",
    ]


@pytest.mark.parametrize("cell", ["2", "0.0"])
def test_a_status_outside_the_declared_codes_is_refused(tmp_path, cell):
    rule = POINT if "." in cell else "with an undeclared code"
    keys = "events.relapse.status.event or events.relapse.status.censored"
    says = (f"status: 1 of 4 rows {rule} (line 2)", keys)
    told(tmp_path, Planted("people.csv", "f,30,1", f"f,30,{cell}", says))


@pytest.mark.parametrize("coding", [("1", "2"), ("TRUE", "FALSE"), ("dead", "alive")])
def test_a_status_of_another_coding_is_refused_and_never_guessed(tmp_path, coding):
    cohort = write_tiny(tmp_path)
    text = FILES["people.csv"].replace(",1\n", f",{coding[0]}\n").replace(",0\n", f",{coding[1]}\n")
    (tmp_path / "people.csv").write_text(text)
    message = str(refusal(tmp_path, cohort))
    known = coding[0] == "1"
    assert f"status: {2 if known else 4} of 4 rows with an undeclared code" in message
    assert ("2 different codes; declared are 1, 0" in message) is not known


@pytest.mark.parametrize("cells", ["0123", "0012"])
def test_a_status_of_three_values_or_more_needs_all_of_them_declared(tmp_path, cells):
    cohort = write_tiny(tmp_path)
    lines = FILES["people.csv"].splitlines()
    rows = [line[:-1] + cell for line, cell in zip(lines[1:], cells, strict=True)]
    (tmp_path / "people.csv").write_text("\n".join([lines[0], *rows]) + "\n")
    undeclared = len([cell for cell in cells if cell > "1"])
    assert f"status: {undeclared} of 4 rows with an undeclared code" in str(refusal(tmp_path, cohort))

    def third(content):
        content["events"]["relapse"]["status"] = {
            "column": "status", "event": ["1"],
            "censored": {"0": "end of study", "2": "moved away", "3": "died of another cause"},
        }  # fmt: skip

    events = read_tiny(tmp_path, third, people="\n".join([lines[0], *rows]) + "\n").events
    outcome = events[events["kind"] == "outcome"]
    assert outcome["observed"].sum() == cells.count("1")
    assert (outcome["reason"] == "moved away").sum() == cells.count("2")


@pytest.mark.parametrize("cell", ["None", "NA", "null", "n/a", "-"])
@pytest.mark.parametrize("column", ["event", "grade"])
def test_a_word_for_no_event_and_no_grade_is_refused(tmp_path, cell, column):
    cohort = write_tiny(tmp_path)
    old, new = ("Nausea", cell) if column == "event" else ("12,severe", f"12,{cell}")
    plant(tmp_path, "harms.csv", old, new)
    line = 3 if column == "event" else 4
    message = str(refusal(tmp_path, cohort))
    remedy = "declare the code under files.harms.missing_codes"
    assert f"{column}: 1 of 3 rows {WORD} (line {line}): {remedy}" in message
    assert ("remove rows that record no event" in message) == (column == "event")


@pytest.mark.parametrize("cell", ["nan", "#N/A"])
def test_a_word_for_no_agent_is_refused(tmp_path, cell):
    def agent(content):
        content["exposures"]["medication"]["agent"] = "offered"

    text = "zq1,0,56,20,56,50,8,8"
    says = (f"offered: 1 of 3 rows {WORD} (line 2)",)

    def edit(content):
        spec = content["exposures"]["medication"]
        spec.pop("sessions_offered"), spec.pop("sessions_attended")
        agent(content)

    told(tmp_path, Planted("pills.csv", text, f"zq1,0,56,20,56,50,{cell},8", says, cell, edit))


def test_a_declared_word_is_missing_and_a_name_is_a_name():
    source = file_of("Aspirin", "None", "Nonesuch", missing_codes=["None"])
    cells = read_words(source, "cell")
    assert cells.values.tolist() == ["Aspirin", None, "Nonesuch"]
    assert cells.missing.tolist() == [False, True, False]
    assert source.findings.problems == []


def by_visit(content):
    content["patients"]["rows"] = "visit"


@pytest.mark.parametrize(("row", "line"), [("zq1,B", 6), ("zq4,A", 6)])
def test_an_arm_that_changes_within_a_patient_is_refused(tmp_path, row, line):
    cohort = write_tiny(tmp_path, by_visit)
    original = next(text for text in FILES["people.csv"].splitlines() if text.startswith(row[:3]))
    (tmp_path / "people.csv").write_text(FILES["people.csv"] + row + original[5:] + "\n")
    message = str(refusal(tmp_path, cohort))
    rule = "with another arm than the patient's first row"
    assert f"grp: 1 of 5 rows {rule} (line {line}): a patient has one; mend the rows" in message
