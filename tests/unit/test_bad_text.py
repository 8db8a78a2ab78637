"""Encodings, quotes, NUL bytes, ragged and cut rows of delimited text."""

from __future__ import annotations

import csv
import io
import os
import tempfile
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from planted import read_tiny, refusal
from tiny_cohort import FILES, plant, write_tiny

from outcomes.config.files import FileSpec
from outcomes.errors import DataError
from outcomes.ingest.reader import read_raw

NAMES = "pid,event,began,ended,grade\nzq1,Kopfschmerzen,3,5,mäßig\nzq2,Übelkeit,10,12,schwer\n"
OTHER = "declare its encoding, such as"
NO_MARK = "is UTF-16 text without a byte-order mark"
STARTS = "the row that starts on"
MARK = "starts with the byte-order mark of UTF-8"


def encoded(name):
    return lambda content: content["files"]["harms"].update(encoding=name)


def harms(root, content, declared=None):
    """Read the tiny cohort with other bytes in its file of harms; return the message."""
    cohort = write_tiny(root, encoded(declared) if declared else None)
    (root / "harms.csv").write_bytes(content)
    return str(refusal(root, cohort))


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "latin-1"]
)
def test_each_declared_encoding_is_read(tmp_path, encoding):
    cohort = write_tiny(tmp_path, encoded(encoding))
    (tmp_path / "harms.csv").write_bytes(NAMES.encode(encoding))
    raw = read_raw({"path": tmp_path / "harms.csv"}, cohort.files["harms"])
    assert raw.columns["event"].cells().tolist() == ["Kopfschmerzen", "Übelkeit"]
    assert raw.columns["grade"].cells().tolist() == ["mäßig", "schwer"]


@pytest.mark.parametrize(
    ("content", "declared", "says"),
    [
        (NAMES.encode("cp1252"), None, f"is not utf-8 text (line 2): {OTHER} encoding: cp1252"),
        (NAMES.replace("mäßig", "mild").encode("latin-1"), None, f"is not utf-8 text (line 3): {OTHER}"),
        (NAMES.encode("utf-16"), None, "is UTF-16 text: declare encoding: utf-16 for it in the cohort file"),
        (NAMES.encode("utf-16"), "cp1252", "is UTF-16 text: declare encoding: utf-16 for it"),
        (NAMES.encode("utf-16-le"), None, f"{NO_MARK}: declare encoding: utf-16-le"),
        (NAMES.encode("utf-16-be"), None, f"{NO_MARK}: declare encoding: utf-16-be"),
        (NAMES.encode("utf-16-le"), "latin-1", f"{NO_MARK}: declare encoding: utf-16-le"),
        (NAMES.encode(), "utf-16", "is not UTF-16 text: declare its true encoding, such as utf-8"),
        (NAMES.encode("cp1252"), "utf-16-le", "is not UTF-16 text: declare its true encoding"),
        (NAMES.encode("utf-8-sig"), "cp1252", f"{MARK}: declare encoding: utf-8"),
        (NAMES.encode("utf-8-sig"), "latin-1", f"{MARK}: declare encoding: utf-8"),
        (NAMES.encode("latin-1"), "ascii", "is not ascii text (line 2)"),
    ],
)
def test_another_encoding_is_named_with_its_key(tmp_path, content, declared, says):
    message = harms(tmp_path, content, declared)
    assert f"harms.csv:\n  - {says}" in message
    assert "elkeit" not in message


@pytest.mark.parametrize("declared", ["cp1252", "latin-1"])
def test_utf8_that_is_declared_as_something_else_is_noted(tmp_path, declared):
    cohort = write_tiny(tmp_path, encoded(declared))
    (tmp_path / "harms.csv").write_bytes(NAMES.encode())
    raw = read_raw({"path": tmp_path / "harms.csv"}, cohort.files["harms"])
    (note,) = raw.notes
    assert note.startswith(f"is declared as {declared}, but its 3 letters beyond ASCII are sound UTF-8")
    assert "declare encoding: utf-8" in note


@pytest.mark.parametrize(("file", "old", "line"), [("harms", "Nausea", 3), ("phq", "V1,2020-02-02", 6)])
def test_nul_bytes_are_told_by_their_line(tmp_path, file, old, line):
    cohort = write_tiny(tmp_path)
    plant(tmp_path, f"{file}.csv", old, f"\0{old}")
    assert f"{file}.csv:\n  - holds NUL bytes (line {line})" in str(refusal(tmp_path, cohort))


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        ("harms", "Nausea", '"Nausea', f"{STARTS} line 3 opens a quote that is never closed"),
        ("phq", "zq3,V0", '"zq3,V0', f"{STARTS} line 8 opens a quote that is never closed"),
        ("harms", "Nausea", 'Nau"sea', None),
        ("phq", "zq3,V0", '"zq3"x,V0', f"{STARTS} line 8 misplaces a quote"),
        ("harms", "Nausea,3,,mild", "Nausea,3", "1 of 3 rows with fewer cells than the header (line 3)"),
        ("phq", "zq2,V1,2020-02-02,8", "zq2,V1", "1 of 8 rows with fewer cells than the header (line 6)"),
        ("harms", "Nausea", "Nausea,x", "1 of 3 rows with more cells than the header (line 3): quote cells"),
        ("phq", "02,8", "02,8,", "1 of 8 rows with more cells than the header (line 6): quote cells"),
        ("harms", "10,12,severe\n", "10,1", "seems cut short: its last row has 4 of 5 cells (line 4)"),
        ("phq", "zq4,V0,2020-02-03,13\n", "zq4", "seems cut short: its last row has 1 of 4 cells (line 9)"),
    ],
)  # fmt: skip
def test_rows_that_are_not_whole_are_told_by_their_line(tmp_path, file, old, new, says):
    cohort = write_tiny(tmp_path)
    plant(tmp_path, f"{file}.csv", old, new)
    if says is None:  # a quote inside a cell that does not start with one is a letter
        raw = read_raw({"path": tmp_path / f"{file}.csv"}, cohort.files[file])
        assert raw.columns["event"].cells()[1] == 'Nau"sea'
        return
    assert f"{file}.csv:\n  - {says}" in str(refusal(tmp_path, cohort))


@pytest.mark.parametrize("add", ["before", "behind"])
def test_a_header_that_lacks_a_name_is_told_as_such(tmp_path, add):
    cohort = write_tiny(tmp_path)
    head, *rows = FILES["phq.csv"].splitlines()
    rows = [f'"{n}",{row}' if add == "before" else f"{row}," for n, row in enumerate(rows, start=1)]
    (tmp_path / "phq.csv").write_text("\n".join([head, *rows]) + "\n")
    message = str(refusal(tmp_path, cohort))
    assert "8 of 8 rows with more cells than the header (lines 2, 3, 4, 5, 6 and 3 more)" in message
    assert "the header lacks the name of a column" in message


@pytest.mark.parametrize(("file", "longest"), [("harms", 5_000), ("phq", 140_000)])
def test_a_very_long_header_is_read_or_refused_and_no_bug(tmp_path, file, longest):
    cohort = write_tiny(tmp_path)
    head, rest = FILES[f"{file}.csv"].split("\n", 1)
    rows = "".join(f"{row},1\n" for row in rest.splitlines())
    (tmp_path / f"{file}.csv").write_text(f"{head},{'q' * longest}\n{rows}")
    if longest == 5_000:
        assert len(read_raw({"path": tmp_path / f"{file}.csv"}, cohort.files[file]).columns) == 6
    else:
        assert "the row that starts on line 1 has a cell that is too long" in str(refusal(tmp_path, cohort))


@pytest.mark.parametrize("file", ["harms.csv", "phq.csv"])
def test_a_pipe_is_refused_and_not_waited_for(tmp_path, file):
    cohort = write_tiny(tmp_path)
    (tmp_path / file).unlink()
    os.mkfifo(tmp_path / file)
    assert f"{file}:\n  - cannot be opened: is it a file" in str(refusal(tmp_path, cohort))


@pytest.mark.parametrize("file", ["harms.csv", "qol.csv"])
def test_a_folder_in_place_of_a_file_is_refused(tmp_path, file):
    cohort = write_tiny(tmp_path)
    (tmp_path / file).unlink()
    (tmp_path / file).mkdir()
    assert f"{file}:\n  - cannot be opened: is it a file" in str(refusal(tmp_path, cohort))


CELL = st.text(st.sampled_from(list("ab1é\"'\n\r ,;\t.\u2028\x85")), max_size=4)
SPEC = FileSpec(path="some.csv", format="csv")


@st.composite
def files(draw):
    """Text of a sound file in one of many styles, or lines that only look like one."""
    width = draw(st.integers(1, 3))
    rows = draw(st.lists(st.lists(CELL, min_size=width, max_size=width), max_size=4))
    end = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    out = io.StringIO(newline="")
    quoting = draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
    writer = csv.writer(out, quoting=quoting, lineterminator=end)
    writer.writerow([f"c{n}" for n in range(width)])
    writer.writerows(rows)
    text = out.getvalue() + end * draw(st.integers(0, 2))
    return text.rstrip("\r\n") if draw(st.booleans()) else text


@settings(derandomize=True, deadline=None, max_examples=300)
@given(files())
def test_whatever_its_style_a_file_is_read_as_the_csv_module_reads_it(text):
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows = [row for row in reader if any(map(str.strip, row))]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "some.csv"
        path.write_bytes(text.encode())
        if any(len(row) != len(rows[0]) for row in rows):
            with pytest.raises(DataError):
                read_raw({"path": path}, SPEC)
            return
        raw = read_raw({"path": path}, SPEC)
    columns = [column.cells().tolist() for column in raw.columns.values()]
    assert list(raw.columns) == rows[0]
    assert columns == [[row[place] for row in rows[1:]] for place in range(len(rows[0]))]


ENDS = {"CRLF": "\r\n", "CR": "\r"}


@pytest.mark.parametrize("end", ENDS)
def test_other_line_ends_are_read_with_the_same_lines(tmp_path, end):
    plain = read_tiny(tmp_path)
    other = {name.removesuffix(".csv"): text.replace("\n", ENDS[end]) for name, text in FILES.items()}
    tables = read_tiny(tmp_path, **other)
    assert tables.visits.equals(plain.visits)
    assert tables.events.equals(plain.events)
    cohort = write_tiny(tmp_path)
    (tmp_path / "phq.csv").write_text(other["phq"].replace("29,11", "29,31"), newline="")
    assert "total: 1 of 8 rows outside 0 to 27 points (line 3)" in str(refusal(tmp_path, cohort))


ACCENTED = {"people.csv": ("sex", "Größe"), "qol.csv": ("percent", "Qualité")}


def renamed(form):
    """Return the edit that declares accented columns, and files that have them in one Unicode form."""

    def edit(content):
        content["patients"]["covariates"]["sex"]["column"] = "Größe"
        content["measures"]["quality"]["score"] = "Qualité"

    files = {
        name.removesuffix(".csv"): unicodedata.normalize(form, FILES[name].replace(old, new, 1))
        for name, (old, new) in ACCENTED.items()
    }
    return edit, files


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_names_in_either_form_of_their_accents_are_one_name(tmp_path, form):
    edit, files = renamed(form)
    tables = read_tiny(tmp_path, edit, **files)
    assert tables.patients["sex"].notna().all()
    assert tables.visits["score"].notna().sum() == 7 + 6


def test_a_file_in_utf8_that_is_declared_as_something_else_is_told_so(tmp_path):
    edit, files = renamed("NFC")

    def misread(content):
        edit(content)
        content["files"]["people"]["encoding"] = "cp1252"

    cohort = write_tiny(tmp_path, misread)
    for name, text in files.items():
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
    message = str(refusal(tmp_path, cohort))
    assert "people.csv:\n  - is UTF-8 text, but cp1252 is declared: declare encoding: utf-8 for it" in message
    assert "no such column" not in message


def test_codes_of_such_a_file_are_told_so(tmp_path):
    def misread(content):
        content["files"]["people"]["encoding"] = "cp1252"
        content["patients"]["arm"]["labels"] = {"Médication": "medication", "B": "combined"}

    cohort = write_tiny(tmp_path, misread)
    text = FILES["people.csv"].replace(",A,", ",Médication,")
    (tmp_path / "people.csv").write_text(text, encoding="utf-8")
    message = str(refusal(tmp_path, cohort))
    assert (
        "grp: 2 of 4 rows that are a declared code in UTF-8, read in another encoding (lines 2, 4)" in message
    )
    assert "declare files.people.encoding: utf-8" in message
