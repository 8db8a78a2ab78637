"""Cells that are no number: each kind is told apart, counted, placed, and has its own remedy."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from planted import Planted, assert_told, file_of, read_tiny, refusal, told
from tiny_cohort import FILES, plant, write_tiny

from outcomes.config.fields import TimeSpec
from outcomes.ingest.dates import read_days
from outcomes.ingest.numbers import read_numbers


@dataclass(frozen=True)
class Case:
    """One cell among sound ones, in a column of scores or of weights, and what must be said of it."""

    column: str
    cell: str
    says: tuple[str, ...]


def score(cell, *says):
    return Case("score", cell, says)


def weight(cell, *says):
    return Case("weight", cell, says)


WORD = ("with a word for a missing value", "declare the code under files.")
COMMA = ("with a decimal comma", "write decimal points", "declare files.")
EITHER = ("with a comma that may mean thousands or decimals", ".thousands or files.")
THOUSANDS = ("with marks between thousands", "write numbers without them")
DIGITS = ("with digits or signs other than the plain 0 to 9, + and -", "write the plain ones")
BOUND = ("with a bound, a range or an approximation (<, >, ~) in place of a value", "enter the value")
UNIT = ("with a unit or other words behind the number", "a unit stands in the cohort file")
DATE = ("that a spreadsheet seems to have made a date", "format the column as text")
ERROR = ("with the error of a spreadsheet's formula", "mend the formulas")
FINITE = ("not finite", "a calculation failed")
LONG = ("with more digits than a number keeps (over 15)", "is it a column of ids")
CODE = ("with what is probably a missing code", "missing_codes")
FAULTS = [
    score("None", *WORD), weight("n/a", *WORD), score("NULL", *WORD), weight(".", *WORD),
    score("NaN", *WORD), weight("nan", *WORD), score("not done", *WORD), weight("--", *WORD),
    score("11,5", *COMMA), weight("70,25", *COMMA),
    score("1,234", *EITHER), weight("1,070", *EITHER),
    score("1,234,567", *THOUSANDS), weight("1.070.000", *THOUSANDS), weight("1 070", *THOUSANDS),
    weight("1'070", *THOUSANDS), weight("1,070.5", *THOUSANDS), score("1\u00a0234", *THOUSANDS),
    score("１１", *DIGITS), weight("٧٠", *DIGITS), weight("−70", *DIGITS), score("1１", *DIGITS),
    score("<3", *BOUND), weight(">30", *BOUND), score("~5", *BOUND), weight("70-75", *BOUND),
    weight("100+", *BOUND), score("≥10", *BOUND),
    weight("70 kg", *UNIT), score("50%", *UNIT), weight("154lbs", *UNIT), score("11*", "not a number"),
    score("3-Apr", *DATE), weight("Mar-70", *DATE), score("11.03.2020", *DATE), weight("2020-03-11", *DATE),
    score("#REF!", *ERROR), weight("#DIV/0!", *ERROR), score("#N/A", *ERROR),
    score("inf", *FINITE), weight("-Infinity", *FINITE), weight("1e999", *FINITE),
    score("12345678901234567", *LONG), weight("9007199254740993", *LONG),
    score("-9", *CODE), score("99", *CODE), score("999", *CODE), weight("-99", *CODE), weight("999", *CODE),
    score("eleven", "not a number", "mend the cells"), weight("O", "not a number"),
    score("28", "outside 0 to 27 points", "mend the values"),
    score("-3", "outside 0 to 27 points", "mend the values"),
    score("11.5", "not a whole number", "whole points only"),
    score("0.25", "not a whole number", "whole points only"),
]  # fmt: skip


@pytest.mark.parametrize("case", FAULTS, ids=lambda case: f"{case.column} {case.cell}")
def test_what_is_no_number_is_told_by_its_kind(case):
    source = file_of("15", "17", case.cell, "8", "0")
    if case.column == "score":
        cells = read_numbers(source, "cell", low=0, high=27, integer=True, unit="points")
    else:
        cells = read_numbers(source, "cell", range_key="patients.covariates.weight")
    assert_told(source, case.cell, f"1 of 5 rows {case.says[0]} (line 4): ", *case.says[1:])
    assert cells.bad.tolist() == [False, False, True, False, False]
    assert cells.values[[0, 1, 3, 4]].tolist() == [15, 17, 8, 0]


@pytest.mark.parametrize(
    "fault",
    [
        Planted("phq.csv", "2020-01-29,11", "2020-01-29,<3", ("total: 1 of 8 rows with a bound",), "<3"),
        Planted("people.csv", "41,70,f", "41,70 kg,f", ("kilos: 1 of 4 rows with a unit",), "70 kg"),
    ],
)
def test_the_files_of_a_cohort_are_read_so(tmp_path, fault):
    told(tmp_path, fault)


def test_a_declared_word_is_a_missing_value(tmp_path):
    def none(content):
        content["files"]["phq"]["missing_codes"] = ["None", "NA"]

    cohort_text = FILES["phq.csv"].replace("2020-01-29,11", "2020-01-29,None")
    visits = read_tiny(tmp_path, none, phq=cohort_text).visits
    assert visits["score"].notna().sum() == 6 + 6


@pytest.mark.parametrize(
    ("key", "otherwise"),
    [("", "or name the column that has them"), ("patients.covariates.mood", "or declare kind: category")],
)
def test_a_column_of_words_is_no_column_of_missing_codes(key, otherwise):
    source = file_of("good", "poor", "good", "", "3", "poor")
    read_numbers(source, "cell", low=0, high=27, range_key=key)
    (problem,) = source.findings.problems
    assert problem.what.startswith(
        "4 of 6 rows not a number (lines 2, 3, 4, 7): most recorded cells are words"
    )
    assert "recode each word as its number in the file, " + otherwise in problem.what
    assert problem.what.endswith("answers are no missing codes")
    assert "good" not in problem.what


def test_a_column_of_words_in_a_cohort_is_told_so(tmp_path):
    lines = FILES["phq.csv"].splitlines()
    words = [f"{line.rsplit(',', 1)[0]},{'ill' if at % 2 else 'well'}" for at, line in enumerate(lines[1:])]
    cohort = write_tiny(tmp_path)
    (tmp_path / "phq.csv").write_text("\n".join([lines[0], *words]) + "\n")
    message = str(refusal(tmp_path, cohort))
    assert "total: 8 of 8 rows not a number" in message
    assert "most recorded cells are words, and numbers are due" in message
    assert "missing_codes" not in message


def test_as_many_words_as_numbers_are_slips_or_codes():
    source = file_of("good", "poor", "3", "4")
    read_numbers(source, "cell")
    (problem,) = source.findings.problems
    assert "mend the cells, or declare the code under files.some.missing_codes" in problem.what


def test_several_kinds_in_one_column_are_told_beside_each_other(tmp_path):
    cohort = write_tiny(tmp_path)
    for old, new in (("29,11", "29,<3"), ("05,17", "05,17 points"), ("02,8", "02,null"), ("01,4", "01,~4")):
        plant(tmp_path, "phq.csv", f"-{old}", f"-{new}")
    message = str(refusal(tmp_path, cohort))
    assert "total: 2 of 8 rows with a bound, a range or an approximation (<, >, ~)" in message
    assert "(lines 3, 7)" in message
    assert "total: 1 of 8 rows with a unit or other words behind the number (line 5)" in message
    assert "total: 1 of 8 rows with a word for a missing value (line 6)" in message


def semicolons(text):
    return text.replace(",", ";").replace(".", ",")


def european(thousands=None):
    def edit(content):
        content["files"]["qol"].update(delimiter=";", decimal=",")
        if thousands:
            content["files"]["qol"]["thousands"] = thousands

    return edit


def test_declared_decimal_commas_are_read_as_numbers(tmp_path):
    plain = read_tiny(tmp_path).visits
    visits = read_tiny(tmp_path, european(), qol=semicolons(FILES["qol.csv"])).visits
    assert visits.equals(plain)


@pytest.mark.parametrize(("old", "new"), [("41,5", "41.5"), ("zq1;4,2;50", "zq1;4,2;5.25")])
def test_points_among_declared_decimal_commas_are_refused(tmp_path, old, new):
    cohort = write_tiny(tmp_path, european())
    (tmp_path / "qol.csv").write_text(semicolons(FILES["qol.csv"]).replace(old, new))
    message = str(refusal(tmp_path, cohort))
    assert "percent: 1 of 6 rows with a decimal point among declared decimal commas" in message
    assert "files.qol.decimal" in message


@pytest.mark.parametrize(
    ("mark", "cell", "value"),
    [(",", '"1,070.5"', 1070.5), (" ", "1\u00a0070", 1070), ("'", "12'070.25", 12070.25), (",", "70", 70)],
)
def test_declared_marks_between_thousands_are_left_out(tmp_path, mark, cell, value):
    def declared(content):
        content["files"]["people"]["thousands"] = mark

    text = FILES["people.csv"].replace("41,70,f", f"41,{cell},f")
    assert read_tiny(tmp_path, declared, people=text).patients["weight"].iloc[0] == value


@pytest.mark.parametrize("cell", ['"10,70"', '"1,0700"'])
def test_thousands_of_another_width_are_refused(tmp_path, cell):
    cohort = write_tiny(tmp_path, lambda content: content["files"]["people"].update(thousands=","))
    plant(tmp_path, "people.csv", "41,70,f", f"41,{cell},f")
    assert "kilos: 1 of 4 rows with a decimal comma (line 2)" in str(refusal(tmp_path, cohort))


def test_both_marks_are_read_where_both_are_declared(tmp_path):
    text = FILES["people.csv"].replace(",", ";").replace("41;70;f", "41;1.070,5;f")

    def declared(content):
        content["files"]["people"].update(delimiter=";", decimal=",", thousands=".")

    assert read_tiny(tmp_path, declared, people=text).patients["weight"].iloc[0] == 1070.5


def test_fractions_as_programs_write_them_are_numbers(tmp_path):
    text = FILES["people.csv"].replace("41,70,f", "41,70.300000000000011,f").replace("52,81", "52,8.1e1")
    assert read_tiny(tmp_path, people=text).patients["weight"].tolist()[:2] == [70.300000000000011, 81]


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        (("12", "16", "20"), "99"), (("0", "1", "2"), "-1"), (("0", "1", "0"), "-7"),
        (("18", "80", "51"), "999"), (("0.2", "0.9", "0.5"), "88"), (("-1.5", "2", "0.1"), "-99"),
    ],
)  # fmt: skip
def test_a_code_apart_from_all_values_is_refused(cells, code):
    source = file_of(*cells, code)
    cells = read_numbers(source, "cell", range_key="patients.covariates.schooling")
    assert_told(source, code, "1 of 4 rows with what is probably a missing code (line 5)",
                "declare low and high under patients.covariates.schooling")  # fmt: skip
    assert cells.bad.tolist() == [False, False, False, True]


@pytest.mark.parametrize(
    "cells",
    [("12", "40", "99"), ("-3", "2", "-1"), ("-5", "0", "-9"), ("0", "9", "77"), ("60", "400", "999")],
)
def test_a_code_among_values_of_its_size_is_a_value(cells):
    source = file_of(*cells)
    assert read_numbers(source, "cell").values.tolist() == [float(cell) for cell in cells]
    assert source.findings.problems == []


@pytest.mark.parametrize("time", ["999", "998"])
def test_a_time_that_may_be_a_code_is_a_warning(time):
    source = file_of("30", "56", "300", time)
    assert read_days(source, TimeSpec(column="cell", unit="day"), None).good.all()
    (warning,) = source.findings.notes
    assert warning.what.startswith("1 of 4 rows with a time that may be a missing code, far above all others")


@pytest.mark.parametrize("code", ["9999", "-99", "99999"])
def test_a_code_apart_from_all_times_is_refused(code):
    source = file_of("30", "56", "300", code)
    days = read_days(source, TimeSpec(column="cell", unit="day"), None)
    assert_told(source, code, "1 of 4 rows with what is probably a missing code (line 5)")
    assert days.good.tolist() == [True, True, True, False]


@pytest.mark.parametrize(
    "cells", [("30", "1500", "999"), ("0", "28", "-1"), ("0", "28", "-7"), ("1", "20", "99")]
)
def test_times_that_a_patient_may_have_are_accepted(cells):
    source = file_of(*cells)
    days = read_days(source, TimeSpec(column="cell", unit="day"), None)
    assert days.values.tolist() == [float(cell) for cell in cells]


@pytest.mark.parametrize("file_format", ["excel", "spss", "stata"])
def test_cells_of_both_kinds_are_read_where_a_decimal_comma_is_declared(file_format):
    source = file_of(
        "10,5", "10.5", "1.234,5", "12345", "-0.25", format=file_format, decimal=",", thousands="."
    )
    assert read_numbers(source, "cell").values.tolist() == [10.5, 10.5, 1234.5, 12345, -0.25]
    assert source.findings.problems == []


def test_a_point_that_may_be_either_mark_is_refused():
    source = file_of("10,5", "1.234", "12.5", format="excel", decimal=",", thousands=".")
    cells = read_numbers(source, "cell")
    assert_told(source, "1.234", "1 of 3 rows with a point that may mean thousands or decimals (line 3)",
                "leave out files.some.thousands")  # fmt: skip
    assert cells.bad.tolist() == [False, True, False]
