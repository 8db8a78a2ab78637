"""Files that contradict themselves or are made to hurt: told, bounded in time and memory, never silent."""

from __future__ import annotations

import bz2
import gzip
import lzma
import zipfile
from decimal import Decimal

import numpy as np
import openpyxl
import pandas as pd
import pytest
from tiny_cohort import SHOWN, plant, write_tiny
from tiny_project import write_project

from outcomes.config.files import FileSpec
from outcomes.errors import DataError
from outcomes.ingest import read_cohort
from outcomes.ingest.reader import read_raw
from outcomes.ingest.typed import as_text
from outcomes.stages.check import check_project


def refusal(root, cohort):
    with pytest.raises(DataError) as caught:
        read_cohort(root, cohort, SHOWN)
    return str(caught.value)


def as_spss(root, file, labels):
    import pyreadstat

    frame = pd.read_csv(root / f"{file}.csv")
    pyreadstat.write_sav(frame, root / f"{file}.sav", variable_value_labels=labels)


def on_spss(content):
    content["files"]["people"] = {"path": "people.sav", "format": "spss"}


@pytest.mark.parametrize(
    ("labels", "column"),
    [
        ({"status": {0: "Relapse", 1: "end of study"}}, "status"),
        ({"sex": {1: "Male", 2: "Female"}}, "sex"),
    ],
)
def test_labels_of_the_file_that_say_another_declared_code_are_refused(tmp_path, labels, column):
    def edit(content):
        on_spss(content)
        content["patients"]["covariates"]["sex"]["levels"] = {"1": "female", "2": "male"}

    cohort = write_tiny(tmp_path, edit)
    text = (tmp_path / "people.csv").read_text().replace(",f,", ",1,").replace(",m,", ",2,")
    (tmp_path / "people.csv").write_text(text.replace("NA", ""))
    as_spss(tmp_path, "people", labels)
    message = refusal(tmp_path, cohort)
    assert f"{column}: " in message
    assert "with a code that the file itself labels as another declared one" in message


def test_labels_of_the_file_that_agree_may_be_declared_in_any_case(tmp_path):
    def edit(content):
        on_spss(content)
        content["patients"]["covariates"]["sex"]["levels"] = {"female": "female", "male": "male"}

    cohort = write_tiny(tmp_path, edit)
    text = (tmp_path / "people.csv").read_text().replace(",f,", ",1,").replace(",m,", ",2,")
    (tmp_path / "people.csv").write_text(text.replace("NA", ""))
    as_spss(tmp_path, "people", {"sex": {1: "Female ", 2: "MALE"}, "status": {0: "End of study", 1: "x"}})
    assert read_cohort(tmp_path, cohort, SHOWN).patients["sex"].tolist() == [
        "female",
        "male",
        "female",
        "male",
    ]


@pytest.mark.parametrize("other", ["nausea", "Nause\u0430"], ids=["case", "Cyrillic"])
def test_free_terms_that_look_alike_are_a_warning(tmp_path, other):
    cohort = write_tiny(tmp_path)
    plant(tmp_path, "harms.csv", "zq2,Headache", f"zq2,{other}")
    (warning,) = [n for n in read_cohort(tmp_path, cohort, SHOWN).notes if n.level == "warning"]
    assert (warning.source, warning.where) == ("harms.csv", "event")
    assert warning.what.startswith("2 of 3 rows with a term that others spell in another way")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"sep=;\npid;week;percent\nzq1;0;1\n", "line 1 is no header"),
        ("pid,week,percent\nzq1,0,1\n".encode("utf-32"), "is UTF-32 text: declare encoding: utf-32"),
        (b"pid," * 100_001, "over 100000 cells in its first line"),
        (b"PID,WEEK,PERCENT\nzq1,0,1\n", "but for case"),
        (b"pid,Week,percent\nzq1,0,1\n", "did you mean 'Week'?"),
    ],
)
def test_text_files_of_another_making(tmp_path, content, says):
    def edit(c):
        c["files"]["qol"]["delimiter"] = ";" if b";" in content else ","

    cohort = write_tiny(tmp_path, edit)
    (tmp_path / "qol.csv").write_bytes(content)
    assert says in refusal(tmp_path, cohort)


def test_the_end_mark_of_old_programs_is_no_row(tmp_path):
    cohort = write_tiny(tmp_path)
    with (tmp_path / "qol.csv").open("ab") as file:
        file.write(b"\x1a")
    assert len(read_cohort(tmp_path, cohort, SHOWN).patients) == 4


@pytest.mark.parametrize("encoding", ["punycode", "idna"])
def test_an_encoding_that_is_none_of_files_is_told(tmp_path, encoding):
    cohort = write_tiny(tmp_path, lambda c: c["files"]["qol"].update(encoding=encoding))
    (tmp_path / "qol.csv").write_bytes("pid,week,percent\né-é,0,1\n".encode())
    assert f"is not {encoding} text" in refusal(tmp_path, cohort)


@pytest.mark.parametrize("delimiter", ["\0", "\ud800", "\x07"])
def test_a_delimiter_is_a_character_that_can_be_seen_or_a_tab(delimiter):
    with pytest.raises(ValueError, match="must be one character"):
        FileSpec(path="a.csv", format="csv", delimiter=delimiter)


def test_names_of_thousands_of_columns_are_not_all_told(tmp_path):
    cohort = write_tiny(tmp_path)
    frame = pd.read_csv(tmp_path / "people.csv", dtype=str).rename(columns={"age": "years_of_age"})
    extra = pd.DataFrame("1", index=frame.index, columns=[f"extra_{n}" for n in range(3000)])
    pd.concat([frame, extra], axis=1).to_csv(tmp_path / "people.csv", index=False)
    message = refusal(tmp_path, cohort)
    assert "and 2969 more" in message
    assert len(message) < 2000


def test_a_repeated_column_of_a_parquet_file_is_told_as_such(tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(
        pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"]), tmp_path / "x.parquet"
    )
    with pytest.raises(DataError, match="share a name"):
        read_raw({"path": tmp_path / "x.parquet"}, FileSpec(path="x.parquet", format="parquet"))


def test_text_of_a_parquet_file_that_is_not_utf8_is_told_as_such(tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    broken = pa.Array.from_buffers(
        pa.string(), 1, [None, pa.py_buffer(np.array([0, 2], dtype=np.int32)), pa.py_buffer(b"\xff\xfe")]
    )
    pq.write_table(pa.table({"a": broken}), tmp_path / "x.parquet")
    with pytest.raises(DataError, match="not UTF-8"):
        read_raw({"path": tmp_path / "x.parquet"}, FileSpec(path="x.parquet", format="parquet"))


@pytest.mark.parametrize(
    ("name", "pack"), [("gzip", gzip.compress), ("bzip2", bz2.compress), ("xz", lzma.compress), ("zip", None)]
)
def test_archives_are_refused_before_anything_is_unpacked(tmp_path, name, pack):
    cohort = write_tiny(tmp_path)
    bomb = b"\0" * 10_000_000
    if pack:
        (tmp_path / "qol.csv").write_bytes(pack(bomb))
    else:
        with zipfile.ZipFile(tmp_path / "qol.csv", "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("qol.csv", bomb)
    message = refusal(tmp_path, cohort)
    assert f"qol.csv:\n  - is a {name} archive" in message
    assert "unpack it" in message


@pytest.mark.parametrize("file_format", ["excel", "parquet"])
def test_a_cell_that_is_a_document_is_refused_and_not_cut(tmp_path, file_format):
    frame = pd.DataFrame({"id": ["a", "b"], "text": ["short", "x" * 131_073]})
    if file_format == "parquet":
        frame.to_parquet(tmp_path / "x.parquet")
    else:  # Excel itself stops at 32,767 characters; other writers do not
        book = openpyxl.Workbook()
        for row in [frame.columns.tolist(), ["a", "short"], ["b", "y"]]:
            book.active.append(row)
        book.save(tmp_path / "small.xlsx")
        with (
            zipfile.ZipFile(tmp_path / "small.xlsx") as old,
            zipfile.ZipFile(tmp_path / "x.excel", "w") as new,
        ):
            for part in old.namelist():
                text = old.read(part)
                new.writestr(part, text.replace(b"<t>y</t>", b"<t>" + b"y" * 131_073 + b"</t>"))
    path = tmp_path / f"x.{file_format}"
    with pytest.raises(DataError, match="text: 1 of 2 rows with a cell of over 131072 characters"):
        read_raw({"path": path}, FileSpec(path=path.name, format=file_format))


def test_numbers_with_a_million_digits_are_not_written_out():
    assert len(as_text(Decimal("1E+999999"))) < 20


def test_check_names_files_that_are_swapped_between_cohorts(tmp_path):
    project = write_project(tmp_path)
    for name, letter in (("alpha", "P"), ("beta", "Q")):
        for file in ("patients.csv", "visits.csv"):
            path = project / "data" / name / file
            path.write_text(path.read_text().replace("P", letter))
    one, other = (project / f"data/{name}/visits.csv" for name in ("alpha", "beta"))
    first, second = one.read_text(), other.read_text()
    one.write_text(second)
    other.write_text(first)
    with pytest.raises(DataError) as caught:
        check_project(project)
    assert str(caught.value).count("are two files swapped?") == 2


def test_rows_of_an_earlier_problem_do_not_stay(tmp_path):
    project = write_project(tmp_path)
    visits = project / "data/alpha/visits.csv"
    sound = visits.read_text()
    visits.write_text(sound.replace("P000,0,", "P000,0,9", 1))
    rows = project / "results/alpha/restricted/problem_rows.csv"
    with pytest.raises(DataError, match="row by row in"):
        check_project(project)
    assert "data/alpha/visits.csv,2,phq9" in rows.read_text()
    visits.write_text(sound + 'P000,"')
    with pytest.raises(DataError, match="never closed"):
        check_project(project)
    assert not rows.exists()
