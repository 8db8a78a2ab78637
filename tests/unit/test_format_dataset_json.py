"""CDISC Dataset-JSON 1.1: the types of the standard to text, and what a sound file must say of itself."""

from __future__ import annotations

import json

import pytest

from outcomes.config.files import FileSpec
from outcomes.errors import DataError
from outcomes.ingest.reader import read_raw

COLUMNS = {
    "USUBJID": {"dataType": "string"},
    "AVISITN": {"dataType": "integer"},
    "AVAL": {"dataType": "float"},
    "BMIBL": {"dataType": "decimal", "targetDataType": "decimal"},
    "ADT": {"dataType": "date", "targetDataType": "integer", "displayFormat": "E8601DA."},
    "ADTM": {"dataType": "datetime"},
    "ATM": {"dataType": "time"},
    "SEEN": {"dataType": "boolean"},
}
ROWS = [
    ["S1", 0, 17.0, "30.8983333323059", "2014-01-02", "2014-01-02T08:30:00", "08:30:00", True],
    ["S1", 2, 0.1, "1162.50", "2014-01", "2014-01-02T08:30:00Z", None, False],
    ["", None, None, None, None, None, "08:31:00", None],
]
TEXTS = {
    "USUBJID": ["S1", "S1", ""],
    "AVISITN": ["0", "2", ""],
    "AVAL": ["17", "0.1", ""],
    "BMIBL": ["30.8983333323059", "1162.5", ""],
    "ADT": ["2014-01-02", "2014-01", ""],
    "ADTM": ["2014-01-02T08:30:00", "2014-01-02T08:30:00Z", ""],
    "ATM": ["08:30:00", "", "08:31:00"],
    "SEEN": ["true", "false", ""],
}


def whole(**changes):
    columns = [
        {"itemOID": f"IT.{name}", "name": name, "label": f"{name}?", **rest} for name, rest in COLUMNS.items()
    ]
    return {
        "datasetJSONCreationDateTime": "2024-12-05T00:00:00",
        "datasetJSONVersion": "1.1.0",
        "itemGroupOID": "IG.ADQS",
        "records": 3,
        "name": "ADQS",
        "label": "Questionnaires",
        "columns": columns,
        "rows": ROWS,
        **changes,
    }


def read(folder, text):
    path = folder / "adqs.json"
    path.write_text(text)
    return read_raw({"path": path}, FileSpec(path="adqs.json", format="dataset_json"))


def refusal(folder, text):
    with pytest.raises(DataError) as caught:
        read(folder, text)
    return str(caught.value)


def as_lines(content):
    head = {key: value for key, value in content.items() if key != "rows"}
    return "\r\n".join(map(json.dumps, [head, *content["rows"]])) + "\r\n"


@pytest.mark.parametrize("write", [json.dumps, lambda content: json.dumps(content, indent=2), as_lines])
def test_every_type_becomes_its_text(tmp_path, write):
    raw = read(tmp_path, write(whole()))
    assert {name: list(column.cells()) for name, column in raw.columns.items()} == TEXTS
    assert raw.names == {name: f"{name}?" for name in COLUMNS}
    assert list(raw.lines) == [1, 2, 3]
    assert raw.row_word == "row"


def test_metadata_without_rows_is_an_empty_table(tmp_path):
    content = whole(records=0)
    del content["rows"]
    raw = read(tmp_path, json.dumps(content))
    assert list(raw.columns) == list(COLUMNS)
    assert len(raw) == 0


FAULTS = {
    "another version": (
        whole(datasetJSONVersion="1.0.0"),
        "datasetJSONVersion: is 1.0.0: only version 1.1 is read",
    ),
    "no version": (whole(datasetJSONVersion=None), "datasetJSONVersion: is missing or of another type"),
    "no columns": (whole(columns={}), "columns: is missing or of another type"),
    "records": (whole(records=4), "promises 4 records and holds 3 rows: it is cut short or was edited"),
    "a short row": (
        whole(rows=[*ROWS[:2], ["S1"]]),
        "1 of 3 rows do not have one cell for each of the 8 columns (row 3)",
    ),
    "a row that is none": (whole(rows=[*ROWS[:2], 5]), "1 of 3 rows do not have one cell"),
    "text among numbers": (
        whole(rows=[*ROWS[:2], ["S9", 1, "seven", "x", None, None, None, "yes"]]),
        "AVAL: 1 of 3 rows not of its dataType float (row 3): mend the rows",
    ),
    "a decimal comma": (
        whole(rows=[*ROWS[:2], ["S9", 1, 1.0, "10,5", None, None, None, None]]),
        "BMIBL: 1 of 3 rows not of its dataType decimal (row 3): a decimal is text of a number with a point, "
        "without commas; mend the rows",
    ),
    "commas between thousands": (
        whole(rows=[["S9", 1, 1.0, "1,162.50", None, None, None, None]] * 3),
        "BMIBL: 3 of 3 rows not of its dataType decimal (rows 1, 2, 3)",
    ),
    "a decimal of endless zeros": (
        whole(rows=[*ROWS[:2], ["S9", 1, 1.0, "1e999999999", None, None, None, None]]),
        "BMIBL: 1 of 3 rows not of its dataType decimal (row 3)",
    ),
    "digits of another script": (
        whole(rows=[*ROWS[:2], ["S9", 1, 1.0, "\uff11", None, None, None, None]]),
        "BMIBL: 1 of 3 rows not of its dataType decimal (row 3)",
    ),
    "an object in a cell": (
        whole(rows=[*ROWS[:2], [{"a": 1}, *ROWS[1][1:]]]),
        "USUBJID: holds lists or objects",
    ),
    "a type of another standard": (
        whole(columns=[{"name": "A", "dataType": "text"}]),
        "columns, 1: needs a name and a dataType (one of string, integer",
    ),
    "a list of types": (
        whole(columns=[{"name": "A", "dataType": ["string"]}]),
        "columns, 1: needs a name and a dataType (one of string, integer",
    ),
    "a number for a name": (
        whole(columns=[{"name": 1, "dataType": "string"}]),
        "columns, 1: needs a name and a dataType (one of string, integer",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_faults_are_told_without_values(tmp_path, fault):
    content, says = FAULTS[fault]
    message = refusal(tmp_path, json.dumps(content))
    assert says in message
    assert "seven" not in message
    assert "S9" not in message


def test_all_wrong_columns_are_told_at_once(tmp_path):
    message = refusal(tmp_path, json.dumps(FAULTS["text among numbers"][0]))
    assert "BMIBL: 1 of 3 rows not of its dataType decimal" in message
    assert "SEEN: 1 of 3 rows not of its dataType boolean" in message


@pytest.mark.parametrize(("place", "column"), [(1, "AVISITN"), (2, "AVAL")])
def test_numbers_beyond_all_bounds_are_told(tmp_path, place, column):
    row = [*ROWS[0][:place], "beyond", *ROWS[0][place + 1 :]]
    text = json.dumps(whole(rows=[*ROWS[:2], row])).replace('"beyond"', "1e999")
    kind = COLUMNS[column]["dataType"]
    assert f"{column}: 1 of 3 rows not of its dataType {kind} (row 3)" in refusal(tmp_path, text)


@pytest.mark.parametrize("mark", ["\u2028", "\u0085", "\u2029"])
def test_only_a_line_break_ends_a_row(tmp_path, mark):
    head = {key: value for key, value in whole(records=1).items() if key != "rows"}
    head["columns"] = [{"name": "NOTE", "dataType": "string"}]
    lines = "\n".join([json.dumps(head), json.dumps([f"a{mark}b"], ensure_ascii=False)])
    assert list(read(tmp_path, lines).columns["NOTE"].cells()) == [f"a{mark}b"]


def test_a_label_that_is_no_text_is_left_out(tmp_path):
    columns = [{**column, "label": 3} for column in whole()["columns"]]
    assert read(tmp_path, json.dumps(whole(columns=columns))).names == {}


@pytest.mark.parametrize(
    "text",
    [
        '{"datasetJSONVersion": "1.1.0", "rows": [[',
        '{"datasetJSONVersion": "1.1.0", "rows": [[NaN]]}',
        '{"datasetJSONVersion": ' + "[" * 100_000,
        as_lines(whole())[:-10],
        "\n".join(['{"a": ' + "[" * 100_000, "[1]"]),
        as_lines(whole()) + "[" * 100_000,
    ],
    ids=["cut short", "NaN", "nested without end", "lines cut short", "first line nested", "line nested"],
)
def test_unsound_json_is_told(tmp_path, text):
    assert "adqs.json:\n  - is not sound JSON in UTF-8" in refusal(tmp_path, text)


def test_json_of_another_kind_is_told(tmp_path):
    (tmp_path / "adqs.json").write_text("[1, 2]")
    assert "is text, no Dataset-JSON: declare format: csv for it" in refusal(tmp_path, "[1, 2]")
