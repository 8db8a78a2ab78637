"""Odd but good files: they are read as if they were plain."""

from __future__ import annotations

import csv
import io
import re

import pytest
from planted import read_tiny, warnings_of
from tiny_cohort import FILES, SHOWN, write_tiny

from outcomes.ingest import read_cohort

PEOPLE = FILES["people.csv"]


def rewritten(change):
    """Every file of the tiny cohort as `change` makes it of its rows."""
    files = {}
    for name, text in FILES.items():
        out = io.StringIO()
        change(list(csv.reader(io.StringIO(text))), out)
        files[name.removesuffix(".csv")] = out.getvalue()
    return files


def quoted(rows, out):
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(rows)


def row_names(rows, out):
    numbered = [["", *rows[0]], *([str(n), *row] for n, row in enumerate(rows[1:], start=1))]
    csv.writer(out, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n").writerows(numbered)


def trailing_delimiter(rows, out):
    out.writelines(",".join(row) + ",\n" for row in rows)


def empty_rows(rows, out):
    out.writelines(",".join(row) + "\n" for row in rows)
    out.write("," * (len(rows[0]) - 1) + "\n" + "\n" + ",".join(" " for _ in rows[0]) + "\n\n\n")


def empty_rows_between(rows, out):
    out.writelines(",".join(row) + "\n\n" for row in rows)


def spaces(rows, out):
    out.writelines(" , ".join(row) + "  \n" for row in rows)


def reversed_columns(rows, out):
    out.writelines(",".join(reversed(row)) + "\n" for row in rows)


def reversed_rows(rows, out):
    out.writelines(",".join(row) + "\n" for row in (rows[0], *reversed(rows[1:])))


def five_hundred_columns(rows, out):
    more = [f"x{n}" for n in range(500)]
    longer = [rows[0] + more, *(row + ["0"] * 500 for row in rows[1:])]
    csv.writer(out, lineterminator="\n").writerows(longer)


def without_a_last_line_end(rows, out):
    out.write("\n".join(",".join(row) for row in rows))


def long_names(rows, out):
    longer = [[*rows[0], "Wie oft? " * 200], *([*row, "x"] for row in rows[1:])]
    csv.writer(out, lineterminator="\n").writerows(longer)


CHANGES = (
    quoted, row_names, trailing_delimiter, empty_rows, empty_rows_between, spaces, reversed_columns,
    reversed_rows, five_hundred_columns, without_a_last_line_end, long_names,
)  # fmt: skip


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_a_file_in_another_style_reads_the_same(tmp_path, change):
    plain = read_tiny(tmp_path)
    odd = read_tiny(tmp_path, **rewritten(change))
    for name in ("patients", "visits", "events", "exposures"):
        assert getattr(odd, name).equals(getattr(plain, name))
    assert warnings_of(odd) == warnings_of(plain)


def test_a_byte_order_mark_is_noted_and_left_out(tmp_path):
    cohort = write_tiny(tmp_path)
    for name in ("people.csv", "harms.csv"):
        (tmp_path / name).write_text(FILES[name], encoding="utf-8-sig")
    tables = read_cohort(tmp_path, cohort, SHOWN)
    noted = [str(note) for note in tables.notes if "byte-order mark" in note.what]
    assert noted == [
        "note: people.csv: starts with a byte-order mark, which is left out",
        "note: harms.csv: starts with a byte-order mark, which is left out",
    ]
    assert len(tables.patients) == 4


@pytest.mark.parametrize("ids", ["abcd", "äöüß", "αβγδ", "いろはに", "1234"])
def test_ids_of_one_letter_of_any_script_are_ids(tmp_path, ids):
    letters = {f"zq{number}": letter for number, letter in enumerate(ids, start=1)}
    files = {
        name.removesuffix(".csv"): re.sub(r"zq\d", lambda found: letters[found[0]], text)
        for name, text in FILES.items()
    }
    assert sorted(read_tiny(tmp_path, **files).patients["patient_id"]) == sorted(ids)


@pytest.mark.parametrize(
    "name", ["poids (kg)", "体重", "kilos: at visit 1", "käse\u00a0gewicht", 'the "weight"']
)
def test_columns_may_have_any_name(tmp_path, name):
    def renamed(content):
        content["patients"]["covariates"]["weight"]["column"] = name

    out = io.StringIO()
    rows = list(csv.reader(io.StringIO(PEOPLE)))
    rows[0] = [name if cell == "kilos" else cell for cell in rows[0]]
    csv.writer(out, lineterminator="\n").writerows(rows)
    assert read_tiny(tmp_path, renamed, people=out.getvalue()).patients["weight"].tolist() == [70, 81, 65, 90]


def test_terms_of_any_script_are_kept(tmp_path):
    text = FILES["harms.csv"].replace("Nausea", "Übelkeit – 吐き気")
    assert "Übelkeit – 吐き気" in set(read_tiny(tmp_path, harms=text).events["event"])
