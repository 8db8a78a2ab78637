"""Every single fault in a generated cohort is found, told where it is, and told without a patient's data."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

import pytest
from cohorts import SHOWN, generate
from faults import CELL_FAULTS
from file_faults import FILE_FAULTS
from hypothesis import given, settings
from hypothesis import strategies as st
from shapes import QUICK

from outcomes.errors import DataError
from outcomes.ingest import read_cohort

FAULTS = CELL_FAULTS | FILE_FAULTS


def told(sheet, rows):
    """Count and places of rows, as messages have them."""
    numbers = sorted(sheet.line(row) for row in rows)
    word = sheet.word if len(numbers) == 1 else f"{sheet.word}s"
    return f"{len(rows)} of {len(sheet.rows)} rows", f"({word} {', '.join(map(str, numbers))})"


def holds(message, value):
    return re.search(rf"(?<![\w.]){re.escape(value)}(?![\w.])", message) is not None


@pytest.mark.parametrize("name", FAULTS)
@settings(QUICK, max_examples=3)
@given(data=st.data())
def test_a_single_fault_is_found_and_told(name, data):
    made = generate(data.draw(FAULTS[name].shapes()))
    planted = FAULTS[name].plant(made)
    with tempfile.TemporaryDirectory() as folder:
        made.write(Path(folder))
        if planted.edit:
            planted.edit(Path(folder) / planted.sheet.path)
        with pytest.raises(DataError) as caught:
            read_cohort(Path(folder), made.build(), SHOWN)
    problem, *others = caught.value.problems
    assert (problem.source, problem.where) == (planted.sheet.path, planted.where)
    for words in planted.words:
        assert words in problem.what, problem
    if planted.rows:
        count, places = told(planted.sheet, planted.rows)
        assert problem.what.startswith(count)
        assert places in problem.what
    assert all(planted.follows and planted.follows in other.what for other in others), [problem, others]
    message = str(caught.value)
    assert not planted.value or not holds(message, planted.value)
    assert not any(holds(message, patient) for patient in made.ids)
    if planted.rows and planted.where in planted.sheet.kinds:
        details = {(d.source, d.line) for d in caught.value.details if d.column == planted.where}
        assert details == {(planted.sheet.path, planted.sheet.line(row)) for row in planted.rows}
