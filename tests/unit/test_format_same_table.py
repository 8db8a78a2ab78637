"""One small table, written by each format's own writer, reads as the same texts; a file's kind is told."""

from __future__ import annotations

import datetime as dt
import json
import random

import numpy as np
import openpyxl
import pandas as pd
import pyreadstat
import pytest

from outcomes.config.files import FileSpec
from outcomes.errors import DataError
from outcomes.ingest.formats.sniff import START, sniff_format
from outcomes.ingest.reader import read_raw

IDS = ["001", "b", "1E5", "Zoë"]
SCORES = [1503.0, 0.1, -2.5, np.nan]
DAYS = [dt.date(2020, 1, 31), dt.date(1899, 12, 31), None, dt.date(2024, 2, 29)]
STAMPS = ["2020-01-31T08:30:00", "", "2021-05-01T00:00:00", "2021-05-01T23:59:59"]
TIMES = [pd.Timestamp(stamp) if stamp else None for stamp in STAMPS]
EXPECTED = {
    "id": ["001", "b", "1E5", "Zoë"],
    "score": ["1503", "0.1", "-2.5", ""],
    "day": ["2020-01-31", "1899-12-31", "", "2024-02-29"],
    "seen": STAMPS,
}


def frame():
    return pd.DataFrame({"id": IDS, "score": SCORES, "day": pd.Series(DAYS, dtype=object), "seen": TIMES})


def write_csv(path, delimiter=","):
    lines = [delimiter.join(EXPECTED), *(delimiter.join(row) for row in zip(*EXPECTED.values(), strict=True))]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_xlsx(path):
    book = openpyxl.Workbook()
    book.active.append(list(EXPECTED))
    # 1899-12-31 is before the first day that Excel has as a date: such a cell holds text
    days = ["1899-12-31" if day == dt.date(1899, 12, 31) else day for day in DAYS]
    for row in zip(IDS, [None if score != score else score for score in SCORES], days, TIMES, strict=True):
        book.active.append(row)
    book.save(path)


def write_old_stata(path):
    table = frame().assign(day=pd.to_datetime(pd.Series(DAYS)))
    table.to_stata(path, write_index=False, version=114, convert_dates={"day": "td", "seen": "tc"})


def write_json(path, lines=False):
    head = {
        "datasetJSONCreationDateTime": "2024-12-05T00:00:00",
        "datasetJSONVersion": "1.1.0",
        "itemGroupOID": "IG.T",
        "records": 4,
        "name": "T",
        "label": "Table",
        "columns": [
            {"itemOID": f"IT.{name}", "name": name, "label": "", "dataType": kind}
            for name, kind in (("id", "string"), ("score", "double"), ("day", "date"), ("seen", "datetime"))
        ],
    }
    scores = [None if score != score else score for score in SCORES]
    cells = zip(IDS, scores, EXPECTED["day"], EXPECTED["seen"], strict=True)
    rows = [[cell or None for cell in row] for row in cells]
    if lines:
        path.write_text("\n".join(map(json.dumps, [head, *rows])))
    else:
        path.write_text(json.dumps({**head, "rows": rows}))


def write_redcap(path):
    write_csv(path)
    described = [
        "field_name,form_name,field_type,field_label,select_choices_or_calculations,identifier",
        *(f"{name},start,text,,," for name in EXPECTED),
    ]
    path.with_name("dictionary.csv").write_text("\n".join(described))


WRITERS = {
    "csv": ("csv", write_csv),
    "tsv": ("tsv", lambda path: write_csv(path, "\t")),
    "parquet": ("parquet", lambda path: frame().to_parquet(path)),
    "xlsx": ("excel", write_xlsx),
    "sav": ("spss", lambda path: pyreadstat.write_sav(frame(), path)),
    "zsav": ("spss", lambda path: pyreadstat.write_sav(frame(), path, compress=True)),
    "dta 118": ("stata", lambda path: pyreadstat.write_dta(frame(), path, version=14)),
    "dta 114": ("stata", write_old_stata),
    "xpt 5": ("sas_xport", lambda path: pyreadstat.write_xport(frame(), path, file_format_version=5)),
    "xpt 8": ("sas_xport", lambda path: pyreadstat.write_xport(frame(), path, file_format_version=8)),
    "json": ("dataset_json", write_json),
    "ndjson": ("dataset_json", lambda path: write_json(path, lines=True)),
    "redcap": ("redcap", write_redcap),
}
TEXT = {"csv", "tsv", "redcap"}


def paths_and_keys(path, kind):
    paths, keys = {"path": path}, {"path": path.name, "format": kind}
    if kind == "redcap":
        paths["dictionary"], keys["dictionary"] = path.with_name("dictionary.csv"), "dictionary.csv"
    return paths, keys


@pytest.mark.parametrize("written", WRITERS)
def test_every_format_gives_the_same_texts(tmp_path, written):
    kind, write = WRITERS[written]
    path = tmp_path / "table.data"
    write(path)
    paths, keys = paths_and_keys(path, kind)
    raw = read_raw(paths, FileSpec(**keys))
    assert {name: list(column.cells()) for name, column in raw.columns.items()} == EXPECTED
    first = 2 if kind in {*TEXT, "excel"} else 1
    assert list(raw.lines) == [first, first + 1, first + 2, first + 3]
    assert raw.path == "table.data"


@pytest.mark.parametrize("written", WRITERS)
def test_the_kind_of_a_file_is_told_by_its_first_bytes(tmp_path, written):
    kind, write = WRITERS[written]
    path = tmp_path / "table.data"
    write(path)
    assert sniff_format(path.read_bytes()[:START]) == (None if kind in TEXT else kind)


TYPED = [kind for kind in dict.fromkeys(kind for kind, _ in WRITERS.values()) if kind not in TEXT]


@pytest.mark.parametrize("declared", [*TYPED, "sas7bdat"])
@pytest.mark.parametrize(
    "written", ["csv", "parquet", "xlsx", "sav", "dta 118", "dta 114", "xpt 5", "xpt 8", "json"]
)
def test_a_file_of_another_format_says_which_to_declare(tmp_path, declared, written):
    kind, write = WRITERS[written]
    if kind == declared:
        return
    path = tmp_path / "table.data"
    write(path)
    with pytest.raises(DataError) as caught:
        read_raw({"path": path}, FileSpec(path="table.data", format=declared))
    assert f"declare format: {kind}" in str(caught.value)
    assert "Zoë" not in str(caught.value)


@pytest.mark.parametrize("declared", [*TYPED, "sas7bdat"])
def test_damaged_files_are_told_as_such(tmp_path, declared):
    written = next((name for name, (kind, _) in WRITERS.items() if kind == declared), None)
    path = tmp_path / "table.data"
    if written is None:
        path.write_bytes(b"\0" * 12 + b"\xc2\xea\x81\x60\xb3\x14\x11\xcf" + b"\0" * 400)
    else:
        WRITERS[written][1](path)
        path.write_bytes(path.read_bytes()[:-90])
    with pytest.raises(DataError) as caught:
        read_raw({"path": path}, FileSpec(path="table.data", format=declared))
    assert "damaged" in str(caught.value) or "cut short" in str(caught.value)
    assert "restore it" in str(caught.value)


@pytest.mark.parametrize("written", WRITERS)
def test_damage_anywhere_is_refused_or_harmless(tmp_path, written):
    """Bytes are changed or lost at random: whatever happens, the reader knows what to say."""
    kind, write = WRITERS[written]
    path = tmp_path / "table.data"
    write(path)
    paths, keys = paths_and_keys(path, kind)
    whole = path.read_bytes()
    draws = random.Random(written)
    for n_changed in [0, 0, 0, 1, 1, 1, 1, 4, 4, 30, 30, 30]:
        damaged = bytearray(whole if n_changed else whole[: draws.randrange(1, len(whole))])
        for _ in range(n_changed):
            damaged[draws.randrange(len(damaged))] = draws.randrange(256)
        path.write_bytes(damaged)
        try:
            raw = read_raw(paths, FileSpec(**keys))
        except DataError as error:
            assert str(error).startswith("table.data:\n  - ")  # noqa: PT017 - it may also be read
        else:
            assert {len(column) for column in raw.columns.values()} <= {len(raw)}


def test_rows_without_content_are_left_out(tmp_path):
    path = tmp_path / "table.sav"
    table = pd.DataFrame({"id": ["a", "", "c"], "x": [1.0, np.nan, 3.0]})
    pyreadstat.write_sav(table, path)
    raw = read_raw({"path": path}, FileSpec(path="table.sav", format="spss"))
    assert list(raw.columns["id"].cells()) == ["a", "c"]
    assert list(raw.lines) == [1, 3]


EMPTY = pd.DataFrame({"id": pd.Series([], dtype=object), "score": pd.Series([], dtype=float)})
EMPTY_WRITERS = {
    "parquet": EMPTY.to_parquet,
    "excel": lambda path: EMPTY.to_excel(path, index=False, engine="openpyxl"),
    "spss": lambda path: pyreadstat.write_sav(EMPTY, path),
    "stata": lambda path: pyreadstat.write_dta(EMPTY, path),
    "sas_xport": lambda path: pyreadstat.write_xport(EMPTY, path),
}


@pytest.mark.parametrize("kind", EMPTY_WRITERS)
def test_a_file_without_rows_has_its_columns(tmp_path, kind):
    path = tmp_path / "table.xlsx"
    EMPTY_WRITERS[kind](path)
    raw = read_raw({"path": path}, FileSpec(path="table.xlsx", format=kind))
    assert {name: list(column.cells()) for name, column in raw.columns.items()} == {"id": [], "score": []}
