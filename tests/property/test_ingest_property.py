"""Whatever the order of its rows, a file gives the same tables, and a fault the same count."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outcomes.config import Cohort
from outcomes.config.base import build
from outcomes.errors import DataError
from outcomes.ingest import read_cohort

COHORT = build(
    Cohort,
    {
        "title": "t", "description": "d", "source": "s", "condition": "depression", "design": "registry",
        "components": {"medication": {"label": "Drug", "randomised": False}},
        "arms": {
            "medication": {"label": "Drug", "components": ["medication"]},
            "neither": {"label": "None", "components": []},
        },
        "files": {"data": {"path": "data.csv", "format": "csv", "missing_codes": ["NA"]}},
        "patients": {
            "file": "data", "id": "id", "rows": "visit",
            "arm": {"column": "arm", "labels": {"0": "neither", "1": "medication"}},
            "covariates": {"age": {"column": "age", "kind": "number", "label": "Age"}},
        },
        "schedule": {"unit": "week", "visits": {"baseline": 0, "week_4": 4, "week_8": 8}},
        "measures": {
            "phq9": {
                "layout": "long", "file": "data", "id": "id", "score": "phq", "instrument": "PHQ-9",
                "label": "PHQ-9",
                "visit": {"column": "v", "labels": {"0": "baseline", "4": "week_4", "8": "week_8"}},
            }
        },
        "events": {
            "relapse": {
                "label": "Relapse", "file": "data", "id": "id", "time": {"column": "t", "unit": "week"},
                "status": {"column": "s", "event": ["1"], "censored": {"0": "end"}},
            }
        },
    },
    "c.yaml",
)  # fmt: skip


@st.composite
def patient_rows(draw):
    """Rows of two to six patients, both arms present, each with one to three visits."""
    ids = draw(st.lists(st.from_regex(r"[0-9A-Z]{1,4}", fullmatch=True), min_size=2, max_size=6, unique=True))
    rows = []
    for position, patient in enumerate(ids):
        age, week, status = draw(st.integers(18, 90)), draw(st.integers(1, 99)), draw(st.integers(0, 1))
        visits = draw(st.lists(st.sampled_from([0, 4, 8]), min_size=1, max_size=3, unique=True))
        for visit in visits:
            score = draw(st.one_of(st.just("NA"), st.integers(0, 27)))
            rows.append(f"{patient},{position % 2},{age},{visit},{score},{week},{status}")
    return rows


def tables_of(rows):
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "data.csv").write_text("\n".join(["id,arm,age,v,phq,t,s", *rows]) + "\n")
        return read_cohort(root, COHORT, "c.yaml")


@settings(derandomize=True, deadline=None, max_examples=25)
@given(st.data())
def test_row_order_is_irrelevant(data):
    rows = data.draw(patient_rows())
    shuffled = data.draw(st.permutations(rows))
    one, other = tables_of(rows), tables_of(shuffled)
    for name in ("patients", "visits", "events", "exposures"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(other, name))
    assert len(one.visits) == 3 * len(one.patients)
    assert one.visits["score"].notna().sum() == sum(row.split(",")[4] != "NA" for row in rows)
    assert set(one.patients["patient_id"]) == {row.split(",")[0] for row in rows}


@settings(derandomize=True, deadline=None, max_examples=25)
@given(st.data())
def test_each_score_out_of_range_is_counted_on_its_line(data):
    rows = data.draw(patient_rows())
    broken = data.draw(st.sets(st.integers(0, len(rows) - 1), min_size=1, max_size=3))
    for position in broken:
        cells = rows[position].split(",")
        rows[position] = ",".join([*cells[:4], "28", *cells[5:]])
    lines = ", ".join(str(position + 2) for position in sorted(broken))
    word = "line" if len(broken) == 1 else "lines"
    with pytest.raises(DataError) as caught:
        tables_of(rows)
    assert f"phq: {len(broken)} of {len(rows)} rows outside 0 to 27 points ({word} {lines})" in str(
        caught.value
    )
