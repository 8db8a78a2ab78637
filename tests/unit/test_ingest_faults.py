"""Every refusal of ingest on a tiny cohort: one planted fault, and what its message must say.

A message names the file and column, counts, places and tells the remedy; it never holds a cell's value or a
patient's id. All ids below start with "zq", so that one check covers them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest
from tiny_cohort import FILES, SHOWN, plant, write_tiny

from outcomes.errors import DataError
from outcomes.frames import Tables
from outcomes.ingest import read_cohort
from outcomes.io import check
from outcomes.tables import INPUT_TABLES


@dataclass(frozen=True)
class Fault:
    """What is planted where, and what the message must hold and must not hold."""

    file: str
    old: str
    new: str
    says: tuple[str, ...]
    planted: tuple[str, ...] = ()


def refusal(root, cohort):
    with pytest.raises(DataError) as caught:
        read_cohort(root, cohort, SHOWN)
    return str(caught.value)


def has_value(message: str, value: str) -> bool:
    return re.search(rf"(?<![\w.]){re.escape(value)}(?![\w.])", message) is not None


def test_the_tiny_cohort_is_valid(tmp_path):
    tables = read_cohort(tmp_path, write_tiny(tmp_path), SHOWN)
    for table in INPUT_TABLES.values():
        assert check(getattr(tables, table.name), table) == []
    assert isinstance(tables, Tables)
    assert len(tables.patients) == 4
    assert len(tables.visits) == 4 * 2 * 3
    assert tables.visits["score"].notna().sum() == 7 + 6


ONE = "1 of 4 rows"
FAULTS = {
    "score out of range": Fault(
        "phq.csv", "2020-01-29,11", "2020-01-29,31",
        ("phq.csv", "total: 1 of 8 rows outside 0 to 27 points (line 3)", "mend"), ("31",)),
    "score with a fraction": Fault(
        "phq.csv", "2020-01-29,11", "2020-01-29,11.5", ("total: 1 of 8 rows not a whole number (line 3)",),
        ("11.5",)),
    "undeclared missing code": Fault(
        "phq.csv", "2020-01-29,11", "2020-01-29,-9",
        ("total: 1 of 8 rows with what is probably a missing code (line 3)", "files.phq.missing_codes"),
         ("-9",)),
    "undeclared nines": Fault(
        "phq.csv", "2020-01-29,11", "2020-01-29,999", ("probably a missing code (line 3)",), ("999",)),
    "undeclared missing code without a range": Fault(
        "people.csv", "NA,65", "NA,-99",
        ("kilos: 1 of 4 rows with what is probably a missing code (line 4)", "files.people.missing_codes",
         "declare low and high under patients.covariates.weight"),
        ("-99",)),
    "text among numbers": Fault(
        "phq.csv", "2020-01-29,11", "2020-01-29,eleven",
        ("total: 1 of 8 rows not a number (line 3)", "declare the code under files.phq.missing_codes"),
         ("eleven",)),
    "decimal comma": Fault(
        "qol.csv", "4.2,50", '4.2,"50,5"', ("percent: 1 of 6 rows with a decimal comma (line 3)",), ("50,5",
        )),
    "unknown arm": Fault(
        "people.csv", "zq1,A", "zq1,placebo",
        ("grp: 1 of 4 rows with an undeclared code (line 2)", "declared are A, B", "patients.arm.labels"),
         ("placebo",)),
    "patient without an arm": Fault(
        "people.csv", "zq1,A", "zq1,",
        (f"grp: {ONE} of patients without an arm (line 2)", "record the arm",
         "patients.arm.missing: exclude")),
    "duplicate patient": Fault(
        "people.csv", "zq4,B", "zq2,B",
        ("pid: 2 of 4 rows of patients who have another row (lines 3, 5)", "rows: visit")),
    "ids that collide after strip": Fault(
        "phq.csv", "zq1,V1", "zq1 ,V1", ("pid: 3 of 8 rows with ids that differ only in case or in spaces",)),
    "ids that collide in case": Fault(
        "phq.csv", "zq1,V1", "ZQ1,V1", ("differ only in case", "(lines 2, 3, 4)", "one way")),
    "row without an id": Fault(
        "phq.csv", "zq1,V1", ",V1", ("pid: 1 of 8 rows without a patient id (line 3)", "remove the rows")),
    "unknown category": Fault(
        "people.csv", "41,70,f", "41,70,unclear",
        (f"sex: {ONE} with an undeclared code (line 2)", "patients.covariates.sex.levels"), ("unclear",)),
    "covariate out of range": Fault(
        "people.csv", "8,41", "8,17", (f"age: {ONE} outside 18 to 110 years (line 2)",), ("17",)),
    "unknown visit": Fault(
        "phq.csv", "zq1,V1", "zq1,V7",
        ("visit: 1 of 8 rows with an undeclared code (line 3)", "declared are V0, V1, V2",
         "or leave out rows of no planned visit"), ("V7",)),
    "duplicate visit": Fault(
        "phq.csv", "zq1,V1", "zq1,V0",
        ("visit: 2 of 8 rows of patients who have another row at the same visit (lines 2, 3)", "keep one")),
    "time outside every window": Fault(
        "qol.csv", "zq1,4.2", "zq1,6.2",
        ("week: 1 of 6 rows at a time outside every window (line 3)", "schedule.windows"), ("6.2",)),
    "two visits in a window": Fault(
        "qol.csv", "zq1,4.2", "zq1,-0.2", ("week: 2 of 6 rows in a window with another row (lines 2, 3)",),
        ("-0.2",)),
    "visit of a stranger": Fault(
        "phq.csv", "zq4,V0", "zq5,V0",
        ("pid: 1 of 8 rows of patients that the patients file does not have (line 9)", "add the patients")),
    "ids with .0 at the end": Fault(
        "phq.csv", FILES["phq.csv"], FILES["phq.csv"].replace(",V", ".0,V"),
        ("pid: 8 of 8 rows of patients that the patients file does not have", ".0 at the end: write")),
    "harm of a stranger": Fault("harms.csv", "zq2,Headache", "zq9,Headache", ("harms.csv", "(line 4)")),
    "exposure of a stranger": Fault("pills.csv", "zq1,0", "zq9,0", ("pills.csv", "(line 2)")),
    "negative time": Fault(
        "people.csv", "f,30,1", "f,-30,1",
        (f"days: {ONE} before baseline (negative time) (line 2)", "events.relapse.negative_time: exclude"),
         ("-30",)),
    "zero time": Fault(
        "people.csv", "f,30,1", "f,0,1",
        (f"days: {ONE} on the day of baseline (time zero) (line 2)", "events.relapse.zero_time: half_day")),
    "missing event time": Fault(
        "people.csv", "f,30,1", "f,,1", (f"days: {ONE} of patients without a time", "(line 2)",
        "give the time")),
    "undeclared status": Fault(
        "people.csv", "f,30,1", "f,30,2",
        (f"status: {ONE} with an undeclared code (line 2)", "declared are 1, 0",
         "events.relapse.status.event or events.relapse.status.censored")),
    "missing status": Fault("people.csv", "f,30,1", "f,30,",
        (f"status: {ONE} of patients without a status (line 2)",)),
    "date of another form": Fault(
        "phq.csv", "2020-01-29", "29.01.2020",
        ("seen: 1 of 8 rows not a date of the form %Y-%m-%d (line 3)", "correct the format"), ("29.01.2020",
         )),
    "no baseline date": Fault(
        "people.csv", "A,2020-01-01", "A,", (f"start: {ONE} of patients without a baseline date (line 2)",)),
    "follow-up before baseline": Fault(
        "people.csv", "2020-01-01,8", "2020-01-01,-8", (f"followed: {ONE} with follow-up that ends before",
        "(line 2)")),
    "harm before baseline": Fault(
        "harms.csv", "Headache,10", "Headache,-10",
        ("began: 1 of 3 rows with an onset before baseline", "(line 4)", "adverse_events.negative_time"),
         ("-10",)),
    "harm after follow-up": Fault(
        "harms.csv", "Headache,10,12", "Headache,57,58",
        ("began: 1 of 3 rows with an onset after the patient's follow-up (line 4)",
         "patients.follow_up", "adverse_events.after_follow_up: keep"),
        ("57", "56")),
    "harm that ends before its onset": Fault(
        "harms.csv", "10,12", "10,9", ("ended: 1 of 3 rows with an end before the onset (line 4)",)),
    "repeated harm": Fault(
        "harms.csv", "Nausea,3,", "Headache,3,",
        ("event: 2 of 3 rows that repeat a patient's adverse event", "(lines 2, 3)"), ("Headache",)),
    "harm without a term": Fault("harms.csv", "Nausea", "", ("event: 1 of 3 rows without a term (line 3)",)),
    "harm without an onset": Fault("harms.csv", "Nausea,3", "Nausea,",
        ("began: 1 of 3 rows without an onset (line 3)",)),
    "more sessions than offered": Fault(
        "pills.csv", "8,3", "8,12",
        ("attended: 1 of 3 rows with more sessions attended than sessions offered (line 3)",),
        ("12",)),
    "more days than planned": Fault(
        "pills.csv", "56,50", "56,77",
        ("covered: 1 of 3 rows with more days covered than days planned (line 2)",),
        ("77",)),
    "negative dose": Fault("pills.csv", "28,20,28", "28,-20,28",
        ("mg: 1 of 3 rows outside 0 or more (line 3)",), ("-20",)),
    "spell that ends before it starts": Fault(
        "pills.csv", "29,56", "29,11", ("to: 1 of 3 rows with an end before the start (line 4)",), ("11",)),
    "two spells that start together": Fault(
        "pills.csv", "zq2,29", "zq2,0", ("pid: 2 of 3 rows of patients who have another row",
        "(lines 3, 4)")),
    "screening that does not add up": Fault(
        "people.csv", "zq4,B,2020-02-03,8,37,90,m,56,0\n", "",
        (SHOWN, "screening: 6 screened less 2 excluded leaves 4, but the patients file has 3 patients with")),
    "unknown column": Fault(
        "people.csv", "kilos", "kilo",
        ("kilos: no such column, named by patients.covariates.weight.column in config/cohorts/tiny.yaml",
         "(did you mean 'kilo'?)")),
    "no header": Fault(
        "pills.csv", "pid,from,to,mg,planned,covered,offered,attended\n", "",
        ("columns 3, 5: share a name in the header", "add the header line"), ("zq1", "56", "50")),
    "no header and no repeats": Fault(
        "harms.csv", "pid,event,began,ended,grade\n", "",
        ("harms.csv", "has none of the columns that config/cohorts/tiny.yaml names", "header"), ("mild",)),
    "repeated column": Fault(
        "harms.csv", "grade", "ended", ("columns 4, 5: share a name in the header", "rename")),
    "short row": Fault(
        "harms.csv", "zq1,Nausea,3,,mild", "zq1,Nausea,3",
        ("1 of 3 rows with fewer cells than the header (line 3)",),
        ("Nausea",)),
    "long row": Fault(
        "harms.csv", "Nausea,3,", "Nausea,or so,3,", ("1 of 3 rows with more cells than the header (line 3)",
        "quote"),
        ("Nausea",)),
    "cut in a row": Fault(
        "harms.csv", ",10,12,severe\n", ",1", ("seems cut short", "(line 4)", "restore"), ("Headache",)),
    "cut in a quoted cell": Fault(
        "harms.csv", "Headache,10,12,severe\n", '"Heada', ("starts on line 4", "cut short"), ("Heada",)),
    "misplaced quote": Fault("harms.csv", "Nausea", '"Nau"sea', ("starts on line 3", "quote"), ("Nausea",)),
    "header only": Fault(
        "pills.csv", FILES["pills.csv"].split("\n", 1)[1], "", ("pills.csv", "has a header and no rows")),
    "NUL bytes": Fault("harms.csv", "Nausea", "Nau\0sea", ("holds NUL bytes (line 3)", "restore")),
    "wrong delimiter": Fault(
        "harms.csv", FILES["harms.csv"], FILES["harms.csv"].replace(",", ";"),
        ("has none of the columns", "separated by ';': declare delimiter")),
    "empty file": Fault("harms.csv", FILES["harms.csv"], "", ("harms.csv", "is empty")),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_refused_and_told(tmp_path, name):
    fault = FAULTS[name]
    cohort = write_tiny(tmp_path)
    plant(tmp_path, fault.file, fault.old, fault.new)
    message = refusal(tmp_path, cohort)
    for part in fault.says:
        assert part in message
    for value in fault.planted:
        assert not has_value(message, value)
    assert "zq" not in message.lower()


def test_all_faults_of_all_files_are_told_in_one_pass(tmp_path):
    cohort = write_tiny(tmp_path)
    names = (
        "score out of range",
        "unknown arm",
        "zero time",
        "time outside every window",
        "more sessions than offered",
    )
    for name in names:
        plant(tmp_path, FAULTS[name].file, FAULTS[name].old, FAULTS[name].new)
    (tmp_path / "harms.csv").unlink()
    message = refusal(tmp_path, cohort)
    for name in names:
        assert all(part in message for part in FAULTS[name].says)
    what = f"no such file, named by files.harms.path in {SHOWN}; paths start at the project folder"
    assert f"harms.csv:\n  - {what}" in message


def test_a_clean_file_is_not_blamed_for_another(tmp_path):
    cohort = write_tiny(tmp_path)
    plant(tmp_path, "people.csv", "pid", "patient")
    known = "Known: age, days, followed, grp, kilos, patient, sex, start, status"
    assert refusal(tmp_path, cohort).splitlines() == [
        "people.csv:",
        f"  - pid: no such column, named by patients.id in {SHOWN}. {known}",
        f"  - pid: no such column, named by events.relapse.id in {SHOWN}. {known}",
    ]


def test_an_arm_without_patients_is_a_problem_of_the_cohort_file(tmp_path):
    def third_arm(content):
        content["arms"]["therapy"] = {"label": "Talk", "components": ["therapy"]}
        content["patients"]["arm"]["labels"]["C"] = "therapy"

    message = refusal(tmp_path, write_tiny(tmp_path, third_arm))
    assert message.startswith(f"{SHOWN}:\n  - arms.therapy: no patient of people.csv is in this arm")


def undeclared(root, cells):
    def numbers(content):
        content["patients"]["arm"]["labels"] = {"1": "medication", "2": "combined"}

    cohort = write_tiny(root, numbers)
    text = FILES["people.csv"].replace(",A,", f",{cells[0]},").replace(",B,", f",{cells[1]},")
    (root / "people.csv").write_text(text)
    return refusal(root, cohort).splitlines()


def test_codes_with_a_decimal_point_are_told_as_such_and_blame_no_arm(tmp_path):
    rule = "grp: 4 of 4 rows that are a declared code but for .0 at the end (lines 2, 3, 4, 5)"
    remedy = "write the codes without it, or declare 1.0, 2.0 under patients.arm.labels"
    assert undeclared(tmp_path, ("1.0", "2.0")) == ["people.csv:", f"  - {rule}: {remedy}"]


def test_one_other_undeclared_code_is_no_matter_of_decimal_points(tmp_path):
    _, other, points = undeclared(tmp_path, ("1.0", "7"))
    assert "grp: 2 of 4 rows with an undeclared code (lines 3, 5): declared are 1, 2; mend the cells" in other
    assert "grp: 2 of 4 rows that are a declared code but for .0 at the end (lines 2, 4)" in points


def test_an_unknown_instrument_is_answered_with_its_neighbour(tmp_path):
    cohort = write_tiny(tmp_path, lambda c: c["measures"]["phq9"].update(instrument="PHQ9"))
    assert "measures.phq9.instrument: unknown instrument 'PHQ9' (did you mean 'PHQ-9'?)" in refusal(
        tmp_path, cohort
    )


def test_items_must_be_as_many_as_the_instrument_has(tmp_path):
    def items(content):
        content["measures"]["phq9"].pop("score")
        content["measures"]["phq9"]["items"] = ["total"]

    assert "measures.phq9.items: 1 columns, but PHQ-9 has 9 items" in refusal(
        tmp_path, write_tiny(tmp_path, items)
    )


def test_a_patient_value_that_changes_between_rows_is_refused(tmp_path):
    cohort = write_tiny(tmp_path, lambda c: c["patients"].update(rows="visit"))
    with (tmp_path / "people.csv").open("a") as file:
        file.write("zq1,B,2020-01-01,8,43,70,f,30,1\n")
    message = refusal(tmp_path, cohort)
    assert "grp: 1 of 5 rows with another arm than the patient's first row (line 6)" in message
    assert "age: 1 of 5 rows with another Age than the patient's first row (line 6)" in message
    assert not has_value(message, "43")


def test_component_columns_that_make_no_arm_are_refused(tmp_path):
    def from_components(content):
        content["patients"]["arm"] = {
            "components": {
                "medication": {"column": "grp", "given": ["A", "B"], "not_given": ["C"]},
                "therapy": {"column": "sex", "given": ["m"], "not_given": ["f"]},
            }
        }
        del content["patients"]["covariates"]["sex"]

    cohort = write_tiny(tmp_path, from_components)
    plant(tmp_path, "people.csv", "zq1,A", "zq1,C")
    message = refusal(tmp_path, cohort)
    assert "grp and sex: 1 of 4 rows with a combination of components that is no arm (line 2)" in message


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (
            "pid,week,percent\nzq1,0,é\n".encode("latin-1"),
            "qol.csv:\n  - is not utf-8 text (line 2): declare its encoding",
        ),
        (
            "pid,week,percent\nzq1,0,1\n".encode("utf-16"),
            "qol.csv:\n  - is UTF-16 text: declare encoding: utf-16",
        ),
    ],
)
def test_text_in_another_encoding_is_refused(tmp_path, content, says):
    cohort = write_tiny(tmp_path)
    (tmp_path / "qol.csv").write_bytes(content)
    assert says in refusal(tmp_path, cohort)
