"""REDCap: an export with its data dictionary, in both forms of the dictionary, raw codes or labels."""

from __future__ import annotations

import csv

import pytest

from outcomes.config.files import FileSpec
from outcomes.errors import DataError
from outcomes.ingest.reader import read_raw

SITE_HEADER = [
    "Variable / Field Name",
    "Form Name",
    "Section Header",
    "Field Type",
    "Field Label",
    "Choices, Calculations, OR Slider Labels",
    "Identifier?",
]
API_HEADER = [
    "field_name",
    "form_name",
    "section_header",
    "field_type",
    "field_label",
    "select_choices_or_calculations",
    "identifier",
]
FIELDS = [
    ["record_id", "start", "", "text", "Record", "", ""],
    ["surname", "start", "", "text", "Surname", "", "y"],
    ["arm", "start", "", "radio", "<b>Arm</b> &amp; dose", "1, Medication | 2, Therapy, weekly|3 , Both", ""],
    ["side", "harm", "", "checkbox", "Side effects", "1, Nausea | -9, Not asked | Ab, Other", ""],
    ["grade", "harm", "", "dropdown", "Grade", "1, Mild | 2, Severe", ""],
    ["sure", "harm", "", "yesno", "Sure?", "", ""],
    ["total", "harm", "", "calc", "Total", "[grade] * 2, or none", ""],
    ["thanks", "harm", "", "descriptive", "Thank you", "", ""],
]
HEADER = (
    "record_id,redcap_event_name,surname,arm,start_complete,"
    "side___1,side____9,side___ab,grade,sure,total,harm_complete"
)
ROWS = [
    "1,base,X,1,2,1,0,0,2,1,4,2",  # opened, nausea ticked
    "1,week8,,,,0,0,0,,,,",  # no such form at this event
    "2,base,Y,2,2,0,0,0,,,,0",  # never opened, and Incomplete
    "3,base,Z,3,2,0,0,0,1,0,2,0",  # opened, nothing ticked
    "4,base,W,,0,0,0,1,,,,0",  # something ticked, though incomplete
]


def write(folder, header=SITE_HEADER, fields=FIELDS, lines=(HEADER, *ROWS)):
    (folder / "export.csv").write_text("\n".join(lines) + "\n")
    with (folder / "dictionary.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *fields])
    return {"path": folder / "export.csv", "dictionary": folder / "dictionary.csv"}


def spec(**keys):
    return FileSpec(path="export.csv", format="redcap", dictionary="dictionary.csv", **keys)


def refusal(paths):
    with pytest.raises(DataError) as caught:
        read_raw(paths, spec())
    return str(caught.value)


def cells(raw, *names):
    return [list(raw.columns[name].cells()) for name in names]


@pytest.mark.parametrize("header", [SITE_HEADER, API_HEADER])
def test_columns_get_their_labels_from_the_dictionary(tmp_path, header):
    raw = read_raw(write(tmp_path, header), spec())
    ticks = {"0": "Unchecked", "1": "Checked"}
    complete = {"0": "Incomplete", "1": "Unverified", "2": "Complete"}
    assert raw.labels == {
        "arm": {"1": "Medication", "2": "Therapy, weekly", "3": "Both"},
        "start_complete": complete,
        "side___1": ticks,
        "side____9": ticks,
        "side___ab": ticks,
        "grade": {"1": "Mild", "2": "Severe"},
        "sure": {"1": "Yes", "0": "No"},
        "harm_complete": complete,
    }
    assert raw.names == {
        "record_id": "Record",
        "surname": "Surname",
        "arm": "Arm & dose",
        "side___1": "Side effects: Nausea",
        "side____9": "Side effects: Not asked",
        "side___ab": "Side effects: Other",
        "grade": "Grade",
        "sure": "Sure?",
        "total": "Total",
    }
    assert cells(raw, "arm") == [["1", "", "2", "3", ""]]
    assert list(raw.lines) == [2, 3, 4, 5, 6]


def test_checkboxes_of_forms_that_nobody_opened_are_empty(tmp_path):
    raw = read_raw(write(tmp_path), spec())
    assert cells(raw, "side___1", "side____9", "side___ab") == [
        ["1", "", "", "0", "0"],
        ["0", "", "", "0", "0"],
        ["0", "", "", "0", "1"],
    ]
    assert "form harm: not opened in 2 of 5 rows; their checkboxes are empty" in raw.notes
    assert "the dictionary marks as identifiers: surname" in raw.notes


def test_without_the_status_of_the_form_unticked_boxes_stay_and_are_noted(tmp_path):
    lines = [line.rpartition(",")[0] for line in (HEADER, *ROWS)]
    raw = read_raw(write(tmp_path, lines=lines), spec())
    assert cells(raw, "side___1") == [["1", "0", "0", "0", "0"]]
    assert any("export harm_complete" in note for note in raw.notes)


def test_an_export_of_labels_keeps_them_as_cells(tmp_path):
    lines = (
        "record_id,arm,side___1,side____9,side___ab,grade,sure,total,harm_complete",
        '1,"Therapy, weekly",Checked,Unchecked,Unchecked,Mild,No,2,Complete',
        "2,Both,Unchecked,Unchecked,Unchecked,,,,Incomplete",
        "3,-99,Unchecked,Unchecked,Unchecked,,,,Incomplete",
    )
    raw = read_raw(write(tmp_path, lines=lines), spec(missing_codes=["-99"]))
    assert raw.labels == {}
    assert cells(raw, "arm", "side___1") == [["Therapy, weekly", "Both", "-99"], ["Checked", "", ""]]


def test_columns_that_the_dictionary_lacks_are_told(tmp_path):
    lines = [f"{HEADER},later,side___7", *(f"{row},1,0" for row in ROWS)]
    message = refusal(write(tmp_path, lines=lines))
    assert "later: the dictionary dictionary.csv does not describe it" in message
    assert "side___7: the dictionary dictionary.csv does not describe it" in message


def test_a_missing_data_code_may_be_a_choice_of_a_checkbox(tmp_path):
    lines = [f"{HEADER},side____99", *(f"{row},0" for row in ROWS)]
    raw = read_raw(write(tmp_path, lines=lines), spec(missing_codes=["-99"]))
    assert "side____99" in raw.columns


def test_an_export_with_labels_as_headers_is_refused(tmp_path):
    message = refusal(write(tmp_path, lines=("Record,Arm", "1,Therapy")))
    assert "has no column that the dictionary describes: export it with field names" in message


def test_a_dictionary_that_is_none_is_told_by_its_own_name(tmp_path):
    message = refusal(write(tmp_path, header=["a", "b", "c", "d", "e", "f", "g"]))
    assert (
        "dictionary.csv:\n  - is no REDCap data dictionary: it has no column 'Variable / Field Name'"
        in message
    )


def test_a_field_that_stands_twice_in_the_dictionary_is_told(tmp_path):
    message = refusal(write(tmp_path, fields=[*FIELDS, FIELDS[2]]))
    assert "arm: is no REDCap data dictionary: it has fields that stand twice" in message
