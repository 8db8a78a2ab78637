"""CDISC ADaM: derived rows stay out unless asked for, and CNSR is not an event flag."""

from __future__ import annotations

import numpy as np
import pytest

from outcomes.config.files import FileSpec
from outcomes.errors import DataError
from outcomes.ingest.columns import TextColumn
from outcomes.ingest.formats.adam import apply_adam, cnsr_is_inverted
from outcomes.ingest.reader import RawFile


def questionnaire(derived, **others):
    columns = {"PARAMCD": ["MADRS"] * 4, "AVAL": ["1", "2", "3", "4"], "DTYPE": derived, **others}
    found = {name: TextColumn.of(cells) for name, cells in columns.items()}
    return RawFile("adqs.xpt", found, np.arange(1, 5), "row")


def spec(**keys):
    return FileSpec(path="adqs.xpt", format="sas_xport", **keys)


def test_derived_rows_are_left_out_and_counted():
    raw = apply_adam(questionnaire(["", "LOCF", " ", "AVERAGE"]), spec(standard="adam"))
    assert list(raw.columns["AVAL"].cells()) == ["1", "3"]
    assert list(raw.lines) == [1, 3]
    (note,) = raw.notes
    assert note.startswith("2 of 4 rows are marked as derived, not observed (DTYPE), and left out")
    assert "derived_rows: keep" in note


def test_derived_rows_are_kept_on_request():
    raw = apply_adam(questionnaire(["", "LOCF", "", ""]), spec(standard="adam", derived_rows="keep"))
    assert len(raw) == 4
    assert raw.notes == (
        "1 of 4 rows are marked as derived, not observed (DTYPE), and kept as derived_rows asks",
    )


def test_a_file_that_looks_like_adam_must_be_declared():
    with pytest.raises(DataError) as caught:
        apply_adam(questionnaire(["", "LOCF", "", "LOCF"]), spec())
    message = str(caught.value)
    assert "DTYPE: 2 of 4 rows are marked as derived, not observed (rows 2, 4)" in message
    assert "declare standard: adam for the file" in message


def test_files_without_derived_rows_are_left_alone():
    whole = questionnaire([""] * 4)
    assert apply_adam(whole, spec()) is whole
    other = RawFile("other.csv", {"DTYPE": TextColumn.of(["a"])}, np.array([2]), "line")
    assert apply_adam(other, spec()) is other


@pytest.mark.parametrize(
    ("codes", "column", "inverted"),
    [
        (["0"], "CNSR", False),
        (["1"], "CNSR", True),
        (["0", "1"], "cnsr", True),
        (["1"], "EVENT", False),
        (["1"], "STATUS", False),
    ],
)
def test_an_event_on_cnsr_is_code_0(codes, column, inverted):
    assert cnsr_is_inverted(codes, column) is inverted
