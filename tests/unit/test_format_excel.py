"""Excel workbooks: which sheet, which rows, what a cell means, and what must not read as an empty cell."""

from __future__ import annotations

import datetime as dt
import zipfile
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from tiny_cohort import SHOWN, write_tiny

from outcomes.config.files import FileSpec
from outcomes.errors import DataError
from outcomes.ingest import read_cohort
from outcomes.ingest.cells import Source
from outcomes.ingest.findings import Findings
from outcomes.ingest.formats import workbook
from outcomes.ingest.numbers import read_numbers
from outcomes.ingest.reader import read_raw


def read(path, **keys):
    return read_raw({"path": path}, FileSpec(path="a.xlsx", format="excel", **keys))


def refusal(path, **keys):
    with pytest.raises(DataError) as caught:
        read(path, **keys)
    return str(caught.value)


def cells(raw):
    return {name: list(column.cells()) for name, column in raw.columns.items()}


@pytest.fixture
def book(tmp_path):
    """Give an empty workbook, its one sheet, and a function that saves it."""
    found = openpyxl.Workbook()
    found.active.title = "Visits"

    def save():
        path = tmp_path / "a.xlsx"
        found.save(path)
        return path

    return found, found.active, save


def test_cells_become_the_text_that_means_them(book):
    _, sheet, save = book
    sheet.append(["id", "n", "ok", "clock", "spell", "day"])
    sheet.append(["007", 1503.0, True, dt.time(8, 30), dt.timedelta(hours=30), dt.date(2020, 1, 31)])
    sheet.append([7, 0.1, False, None, None, None])
    sheet.append([1, True, 1.0, None, None, None])
    raw = read(save())
    assert cells(raw) == {
        "id": ["007", "7", "1"],
        "n": ["1503", "0.1", "true"],
        "ok": ["true", "false", "1"],
        "clock": ["08:30:00", "", ""],
        "spell": ["30:00:00", "", ""],
        "day": ["2020-01-31", "", ""],
    }
    assert raw.row_word == "row"


def test_a_declared_decimal_comma_is_for_text_beside_cells_that_are_numbers(book):
    _, sheet, save = book
    for cell in ("kilos", 70.5, "81,25", 65, "1.070,5"):
        sheet.append([cell])
    spec = FileSpec(path="a.xlsx", format="excel", decimal=",", thousands=".")
    source = Source("book", read_raw({"path": save()}, spec), spec, Findings())
    assert read_numbers(source, "kilos").values.tolist() == [70.5, 81.25, 65, 1070.5]
    assert source.findings.problems == []


def test_rows_keep_their_numbers_around_empty_ones(book):
    _, sheet, save = book
    sheet["B3"], sheet["C3"] = "id", " total "
    sheet["B4"], sheet["C4"] = "p1", 3
    sheet["B7"], sheet["C7"] = "p2", 4
    sheet["B9"] = "  "
    raw = read(save())
    assert cells(raw) == {"id": ["p1", "p2"], "total": ["3", "4"]}
    assert list(raw.lines) == [4, 7]


def test_one_sheet_with_content_needs_no_name_and_several_do(book):
    whole, sheet, save = book
    whole.create_sheet("Empty")
    sheet.append(["id"])
    sheet.append(["p1"])
    assert cells(read(save())) == {"id": ["p1"]}
    whole.create_sheet("Other & more").append(["code"])
    assert "sheet: has 2 sheets with content: declare sheet, one of 'Visits', 'Other & more'" in refusal(
        save()
    )
    assert cells(read(save(), sheet="Visits")) == {"id": ["p1"]}
    assert cells(read(save(), sheet="Other & more")) == {"code": []}
    assert "no sheet 'Visit' (did you mean 'Visits'?)" in refusal(save(), sheet="Visit")
    assert "sheet 'Empty': has no cells with content" in refusal(save(), sheet="Empty")


def test_a_hidden_sheet_is_read_only_by_name(book):
    whole, sheet, save = book
    sheet.append(["id"])
    hidden = whole.create_sheet("Lists")
    hidden.append(["code"])
    hidden.sheet_state = "hidden"
    raw = read(save())
    assert list(raw.columns) == ["id"]
    assert raw.notes == ("1 hidden sheet is not read",)
    assert list(read(save(), sheet="Lists").columns) == ["code"]


def test_formulas_without_a_result_are_refused(book):
    _, sheet, save = book
    sheet.append(["id", "total", "change"])
    sheet.append(["p1", 4, "=B2-1"])
    sheet.append(["p2", 5, 4])
    message = refusal(save())
    assert "change: 1 cell with a formula without a stored result (row 2): open and save it" in message


def test_cells_of_errors_say_so_to_whoever_reads_their_column(book):
    _, sheet, save = book
    sheet.append(["id", "total"])
    sheet.append(["p1", "#N/A"])
    sheet.append(["p2", "#DIV/0!"])
    sheet.append(["p3", 5])
    sheet.append(["#REF!", None])
    assert cells(read(save())) == {"id": ["p1", "p2", "p3", "#N/A"], "total": ["#N/A", "#N/A", "5", ""]}


def test_an_error_in_one_cell_hides_no_other_problem(tmp_path):
    def on_excel(content):
        content["files"]["people"] = {"path": "people.xlsx", "format": "excel"}

    cohort = write_tiny(tmp_path, on_excel)
    frame = pd.read_csv(tmp_path / "people.csv", keep_default_na=False).replace({"NA": None})
    frame["kilos"] = frame["kilos"].astype(object)
    frame.loc[1, "kilos"] = "#DIV/0!"
    frame.loc[2, "grp"] = "C"
    frame.to_excel(tmp_path / "people.xlsx", index=False)
    with pytest.raises(DataError) as caught:
        read_cohort(tmp_path, cohort, SHOWN)
    message = str(caught.value)
    assert "kilos: 1 of 4 rows with the error of a spreadsheet's formula (row 3)" in message
    assert "grp: 1 of 4 rows with an undeclared code (row 4)" in message


def test_a_formula_with_its_result_reads_as_the_result(book):
    _, sheet, save = book
    sheet.append(["id", "change", "word"])
    sheet.append(["p1", "=1+2", '=IF(1,"","")'])
    path = save()
    rewrite(path, "xl/worksheets/sheet1.xml", b"<f>1+2</f><v></v>", b"<f>1+2</f><v>3</v>")
    rewrite(path, "xl/worksheets/sheet1.xml", b'<c r="C2">', b'<c r="C2" t="str">')
    assert cells(read(path)) == {"id": ["p1"], "change": ["3"], "word": [""]}


def rewrite(path, part, old, new):
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts[part] = parts[part].replace(b"<v />", b"<v></v>").replace(b"<v/>", b"<v></v>")
    assert old in parts[part]
    parts[part] = parts[part].replace(old, new)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)


def test_merged_cells_and_title_rows_are_refused(book):
    _, sheet, save = book
    sheet.append(["id", "total"])
    sheet.append(["p1", 3])
    sheet.append([None, 4])
    sheet.merge_cells("A2:A3")
    assert "sheet 'Visits': 1 merged range of cells (row 2): unmerge them" in refusal(save())
    sheet.unmerge_cells("A2:A3")
    sheet.insert_rows(1)
    sheet["A1"] = "Trial of something"
    assert "row 1: 1 column with content has no name: name them, and delete title rows" in refusal(save())


def test_columns_that_share_a_name_are_refused(book):
    _, sheet, save = book
    sheet.append(["id", "total", "total"])
    sheet.append(["p1", 3, 4])
    assert "columns 2, 3: share a name in the header" in refusal(save())


def test_a_password_is_told(tmp_path):
    path = tmp_path / "a.xlsx"
    path.write_bytes(
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le")
    )
    assert "is protected by a password: save it without one" in refusal(path)


@pytest.mark.parametrize("part", ["visits.csv", "xl/workbook.bin", "content.xml"])
def test_other_zip_archives_are_refused(tmp_path, part):
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(part, "id\np1\n")
    assert "is an .xlsb or .ods workbook, or none: save it as .xlsx" in refusal(path)


def test_an_old_workbook_that_is_damaged_is_told(tmp_path):
    path = tmp_path / "a.xlsx"
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 4000)
    assert "is not readable as a workbook: it is damaged" in refusal(path)


def test_a_workbook_that_swells_on_unpacking_is_refused_before_it_is(tmp_path):
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "")
        archive.writestr("xl/_rels/workbook.xml.rels", "")
        archive.writestr("xl/worksheets/sheet1.xml", b" " * 60_000_000)
    assert "unpacks to 60 MB, which no cohort of its size does" in refusal(path)


def test_a_workbook_that_is_too_large_is_refused(book, monkeypatch):
    _, sheet, save = book
    sheet.append(["id"])
    monkeypatch.setattr(workbook, "MOST_BYTES", 100)
    assert "which no cohort of its size does" in refusal(save())


def test_a_part_that_unpacks_to_more_than_it_declares_is_refused(book):
    _, sheet, save = book
    sheet.append(["id", "x" * 2000])
    path = save()
    with zipfile.ZipFile(path) as archive:
        size = archive.getinfo("xl/worksheets/sheet1.xml").file_size
    content = bytearray(path.read_bytes())
    directory = content.index(b"PK\x01\x02")
    entry = content.index(b"xl/worksheets/sheet1.xml", directory) - 46
    assert int.from_bytes(content[entry + 24 : entry + 28], "little") == size
    content[entry + 24 : entry + 28] = (size // 2).to_bytes(4, "little")
    path.write_bytes(bytes(content))
    assert "is a damaged workbook" in refusal(path)


def test_a_stray_cell_far_away_is_refused_before_memory_is_spent(book):
    _, sheet, save = book
    sheet.append(["id"])
    sheet["XFD1048576"] = "x"
    assert "sheet 'Visits': spans 1048576 rows x 16384 columns: delete stray cells" in refusal(save())


def test_an_old_workbook_is_read_with_a_note():
    """Quarterly figures of the United States, an .xls file that comes with statsmodels."""
    import statsmodels.datasets

    path = Path(statsmodels.datasets.__file__).parent / "macrodata/src/macrodata.xls/macrodata.xls"
    raw = read(path, sheet="Quarterly")
    assert list(raw.columns) == ["DATE", "DPIC96", "FGCEC96", "GDPC96", "GPDIC96", "PCECC96"]
    assert [column.cells()[0] for column in raw.columns.values()] == [
        "1947-01-01", "1218.6", "223.682", "1772.204", "189.365", "1131.5",
    ]  # fmt: skip
    assert raw.lines[0] == 2
    assert "is an .xls workbook" in raw.notes[0]
