"""What ingest makes of sound files: ids, missing codes, policies, formats, units and layouts."""

from __future__ import annotations

import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest
from tiny_cohort import FILES, SHOWN, plant, write_tiny

from outcomes.config import Cohort
from outcomes.config.base import build
from outcomes.errors import ConfigError, DataError, Note
from outcomes.ingest import read_cohort, source_files

BASE = {
    "title": "t", "description": "d", "source": "s", "condition": "depression", "design": "randomised_trial",
    "components": {"medication": {"label": "Drug", "randomised": True}},
    "arms": {
        "medication": {"label": "Drug", "components": ["medication"]},
        "neither": {"label": "Placebo", "components": []},
    },
    "files": {"data": {"path": "data.csv", "format": "csv", "missing_codes": [-9]}},
    "patients": {"file": "data", "id": "id", "arm": {"column": "arm", "labels": {0: "neither",
    1: "medication"}}},
}  # fmt: skip
SCHEDULE = {"unit": "month", "visits": {"baseline": 0, "month_3": 3}}
WIDE = {
    "layout": "wide", "file": "data", "id": "id", "columns": {"baseline": "b0", "month_3": "b3"},
    "instrument": "PHQ-9", "label": "PHQ-9",
}  # fmt: skip


def read(root, content, text=None, **more):
    if text is not None:
        (root / "data.csv").write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_cohort(root, build(Cohort, {**BASE, **content, **more}, "c.yaml"), "c.yaml")


def test_ids_stay_text(tmp_path):
    tables = read(tmp_path, {}, "id,arm\n001,0\n1,1\n1E5,0\n100000,1\n")
    assert tables.patients["patient_id"].tolist() == ["001", "1", "100000", "1E5"]


def test_arms_are_an_ordered_category_in_canonical_order_with_component_columns(tmp_path):
    patients = read(tmp_path, {}, "id,arm\na,1\nb,0\n").patients
    assert list(patients["arm"].cat.categories) == ["neither", "medication"]
    assert patients["arm"].cat.ordered
    assert patients["medication"].tolist() == [True, False]


@pytest.mark.parametrize(
    "text",
    [
        b"\xef\xbb\xbfid,arm\r\na,1\r\nb,0\r\n",
        b"id,arm\na,1\n\nb,0\n,\n,\n",
        b'"id","arm"\n"a","1"\n"b","0"',
        b'"","id","arm"\n"1","a","1"\n"2","b","0"\n',
        b"id;arm\na;1\nb;0\n",
    ],
    ids=["BOM and CRLF", "empty rows", "no last line end", "unnamed row numbers", "semicolons"],
)
def test_csv_dialects(tmp_path, text):
    spec = {"path": "data.csv", "format": "csv", "delimiter": ";" if b";" in text else ","}
    patients = read(tmp_path, {"files": {"data": spec}}, text).patients
    assert patients["patient_id"].tolist() == ["a", "b"]


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xef\xbb\xbf\n"], ids=["no byte", "line ends", "BOM"])
def test_files_without_content_are_empty(tmp_path, content):
    with pytest.raises(DataError, match=r"data\.csv:\n  - is empty"):
        read(tmp_path, {}, content)


def test_line_numbers_count_lines_inside_quoted_cells(tmp_path):
    with pytest.raises(DataError, match=r"arm: 1 of 2 rows with an undeclared code \(line 4\)"):
        read(tmp_path, {}, 'id,note,arm\na,"two\nlines",1\nb,,7\n')


def test_every_planned_visit_has_a_row_with_week_and_null_score(tmp_path):
    visits = read(
        tmp_path, {}, "id,arm,b0,b3\na,1,12,-9\nb,0,9,\n", schedule=SCHEDULE, measures={"phq": WIDE}
    ).visits
    assert visits["score"].tolist() == pytest.approx([12, np.nan, 9, np.nan], nan_ok=True)
    assert visits["week"].tolist() == pytest.approx([0, 3 * 365.25 / 12 / 7] * 2)
    assert list(visits["visit"].cat.categories) == ["baseline", "month_3"]
    assert visits["visit"].cat.ordered


def test_a_declared_missing_code_holds_in_each_spelling_of_its_number(tmp_path):
    visits = read(
        tmp_path, {}, "id,arm,b0,b3\na,1,-9.0,3\nb,0,-9,4\n", schedule=SCHEDULE, measures={"phq": WIDE}
    ).visits
    assert visits["score"].notna().tolist() == [False, True, False, True]


@pytest.mark.parametrize(("declared", "second"), [({}, 9 * 9 / 8), ({"missing_items": "missing"}, np.nan)])
def test_items_are_summed_and_a_total_with_a_missing_item_is_prorated_or_missing(tmp_path, declared, second):
    items = [f"i{n}" for n in range(1, 10)]
    measure = {
        "layout": "long", "file": "data", "id": "id", "visit": {"column": "v", "labels": {0: "baseline"}},
        "items": items, "instrument": "PHQ-9", "label": "PHQ-9", **declared,
    }  # fmt: skip
    text = f"id,arm,v,{','.join(items)}\na,1,0,3,3,3,0,0,0,1,1,1\nb,0,0,3,3,,0,0,0,1,1,1\n"
    visits = read(tmp_path, {}, text, schedule=SCHEDULE, measures={"phq": measure}).visits
    assert visits["score"].tolist() == pytest.approx([12, second], nan_ok=True)


def test_change_from_baseline_becomes_a_score_and_the_baseline_column_a_visit(tmp_path):
    measure = {
        "layout": "long", "file": "data", "id": "id", "visit": {"column": "v", "labels": {3: "month_3"}},
        "score": "change", "value": "change_from_baseline", "baseline": "base",
        "instrument": "PHQ-9", "label": "PHQ-9",
    }  # fmt: skip
    visits = read(
        tmp_path,
        {},
        "id,arm,v,change,base\na,1,3,-5,15\nb,0,3,2,10\n",
        schedule=SCHEDULE,
        measures={"phq": measure},
    ).visits
    assert visits["score"].tolist() == [15, 10, 10, 12]
    with pytest.raises(
        DataError, match=r"change: 1 of 2 rows whose baseline plus change lies outside 0 to 27 points"
    ):
        read(
            tmp_path,
            {},
            "id,arm,v,change,base\na,1,3,-16,15\nb,0,3,2,10\n",
            schedule=SCHEDULE,
            measures={"phq": measure},
        )


@pytest.mark.parametrize("rule", ["column", "components"])
def test_patients_without_an_arm_are_left_out_of_every_file(tmp_path, rule):
    """Their rows are no strangers', and nothing else is asked of them: one has no baseline date."""

    def exclude(content):
        codes = {"column": "grp", "given": ["B"], "not_given": ["A"]}
        drug = {"column": "grp", "given": ["A", "B"], "not_given": []}
        components = {"components": {"medication": drug, "therapy": codes}}
        content["patients"]["arm"] = content["patients"]["arm"] if rule == "column" else components
        content["patients"]["arm"]["missing"] = "exclude"
        content["screening"]["excluded"]["no arm"] = 1

    cohort = write_tiny(tmp_path, exclude)
    plant(tmp_path, "people.csv", "zq1,A,2020-01-01,8,41", "zq1,,,8,7")
    tables = read_cohort(tmp_path, cohort, SHOWN)
    for table in (tables.patients, tables.visits, tables.events, tables.exposures):
        assert "zq1" not in set(table["patient_id"])
        assert "zq2" in set(table["patient_id"])
    what = "1 of 4 patients have no arm and are left out, as declared"
    assert Note("note", SHOWN, "patients.arm.missing", what) in tables.notes


def test_an_undeclared_arm_is_an_error_even_where_blank_ones_are_left_out(tmp_path):
    cohort = write_tiny(tmp_path, lambda c: c["patients"]["arm"].update(missing="exclude"))
    plant(tmp_path, "people.csv", "zq1,A", "zq1,X")
    with pytest.raises(DataError, match="grp: 1 of 4 rows with an undeclared code"):
        read_cohort(tmp_path, cohort, SHOWN)


def test_an_onset_on_the_last_day_counts_and_a_later_one_is_kept_where_declared(tmp_path):
    cohort = write_tiny(tmp_path)
    plant(tmp_path, "harms.csv", "Headache,10,12", "Headache,56,58")
    assert read_cohort(tmp_path, cohort, SHOWN).events["kind"].eq("adverse").sum() == 3
    kept = write_tiny(tmp_path, lambda c: c["adverse_events"].update(after_follow_up="keep"))
    plant(tmp_path, "harms.csv", "Headache,10,12", "Headache,57,58")
    assert read_cohort(tmp_path, kept, SHOWN).events["start_day"].max() == 57


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_a_header_alone_says_that_no_adverse_event_happened(tmp_path, form):
    cohort = write_tiny(tmp_path, lambda c: c["files"]["harms"].update(path=f"none.{form}", format=form))
    header = FILES["harms.csv"].splitlines()[0]
    (tmp_path / "none.csv").write_text(header + "\n")
    pd.DataFrame({name: pd.Series([], dtype=str) for name in header.split(",")}).to_parquet(
        tmp_path / "none.parquet"
    )
    events = read_cohort(tmp_path, cohort, SHOWN).events
    assert events["kind"].tolist() == ["outcome"] * 4


def test_the_unit_of_an_instrument_is_told(tmp_path):
    scale = {
        "name": "Cups", "condition": "other", "low": 0, "high": 9, "integer": True, "unit": "cups",
        "higher_is_better": False, "source": "s",
    }  # fmt: skip
    with pytest.raises(DataError, match="b3: 1 of 2 rows outside 0 to 9 cups"):
        read(
            tmp_path, {}, "id,arm,b0,b3\na,1,1,10\nb,0,2,3\n", schedule=SCHEDULE,
            instruments={"CUPS": scale}, measures={"phq": {**WIDE, "instrument": "CUPS"}},
        )  # fmt: skip


EVENT = {
    "label": "Relapse", "file": "data", "id": "id", "time": {"column": "t", "unit": "day"},
    "status": {"column": "s", "event": [2], "censored": {1: "end of study"}},
}  # fmt: skip


def test_the_declared_policies_for_zero_and_negative_times(tmp_path):
    text = "id,arm,t,s\na,1,0,2\nb,0,-3,1\nc,1,9,1\n"
    half = {**EVENT, "zero_time": "half_day", "negative_time": "exclude"}
    events = read(tmp_path, {}, text, events={"relapse": half}).events
    assert events["patient_id"].tolist() == ["a", "c"]
    assert events["end_day"].tolist() == [0.5, 9]
    assert events["observed"].tolist() == [True, False]
    assert events["reason"].tolist() == [pd.NA, "end of study"]
    out = read(tmp_path, {}, text, events={"relapse": {**half, "zero_time": "exclude"}}).events
    assert out["patient_id"].tolist() == ["c"]


def test_days_that_were_turned_into_years_are_the_same_days_again(tmp_path):
    """Ties decide ranks and risk sets: 100 days and 365 days, written as years in two ways."""
    rows = [f"{name},{k % 2},{years!r},{1 + k % 2}" for k, (name, years) in enumerate(
        {"a": 100 / 365.25, "b": 3 * 100 / (3 * 365.25), "c": 365 / 365.25, "d": 0.9993155373032169}.items()
    )]  # fmt: skip
    event = {**EVENT, "time": {"column": "t", "unit": "year"}}
    events = read(tmp_path, {}, "\n".join(["id,arm,t,s", *rows, ""]), events={"relapse": event}).events
    assert events["end_day"].tolist() == [100, 100, 365, 365]


def test_dates_are_days_since_the_patients_baseline_date(tmp_path):
    patients = {**BASE["patients"], "time_zero": {"column": "start", "format": "%d.%m.%Y"}}
    event = {**EVENT, "time": {"column": "t", "format": "%d.%m.%Y"}}
    text = "id,arm,start,t,s\na,1,01.03.2020,31.03.2020,2\nb,0,28.02.2020,01.03.2020,1\n"
    events = read(tmp_path, {"patients": patients}, text, events={"relapse": event}).events
    assert events["end_day"].tolist() == [30, 2]  # 2020 is a leap year


def test_numbers_in_parquet_are_codes_and_ids_without_a_decimal_point(tmp_path):
    frame = pd.DataFrame({"id": [1503.0, 1502.0], "arm": [1, 0], "b0": [4.0, np.nan], "b3": [3, 2]})
    frame.to_parquet(tmp_path / "data.parquet")
    files = {"data": {"path": "data.parquet", "format": "parquet"}}
    tables = read(tmp_path, {"files": files}, schedule=SCHEDULE, measures={"phq": WIDE})
    assert tables.patients["patient_id"].tolist() == ["1502", "1503"]
    assert tables.visits["score"].tolist() == pytest.approx([np.nan, 2, 4, 3], nan_ok=True)


@pytest.mark.parametrize("damage", [lambda b: b[: len(b) // 2], lambda b: b[4:], lambda b: b""])
def test_damaged_parquet_is_refused(tmp_path, damage):
    path = tmp_path / "data.parquet"
    pd.DataFrame({"id": ["a"], "arm": [1]}).to_parquet(path)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(DataError, match=r"data\.parquet:\n  - is (not readable Parquet|empty)"):
        read(tmp_path, {"files": {"data": {"path": "data.parquet", "format": "parquet"}}})


def test_parquet_problems_count_rows_not_lines(tmp_path):
    pd.DataFrame({"id": ["a", "b"], "arm": [1, 7]}).to_parquet(tmp_path / "data.parquet")
    with pytest.raises(DataError, match=r"undeclared code \(row 2\)"):
        read(tmp_path, {"files": {"data": {"path": "data.parquet", "format": "parquet"}}})


def test_source_files_are_paths_by_name_and_stay_inside_the_project(tmp_path):
    cohort = build(Cohort, BASE, "c.yaml")
    assert source_files(tmp_path, cohort) == [(tmp_path / "data.csv").resolve()]
    (tmp_path / "data.csv").symlink_to("/etc/hostname")
    with pytest.raises(
        ConfigError, match=r"^c\.yaml:\n  - files\.data\.path: path .* leads out of the project"
    ):
        source_files(tmp_path, cohort, "c.yaml")


def test_a_hundred_thousand_rows_are_read_in_seconds(tmp_path):
    n = 20_000
    rows = "".join(f"p{i},{i % 2},{v},{i % 28}\n" for i in range(n) for v in range(5))
    schedule = {"unit": "week", "visits": {"baseline": 0, **{f"week_{v}": v for v in range(1, 5)}}}
    labels = dict(zip(map(str, range(5)), schedule["visits"], strict=True))
    measure = {
        "layout": "long", "file": "data", "id": "id", "visit": {"column": "v", "labels": labels},
        "score": "b",
        "instrument": "PHQ-9", "label": "PHQ-9",
    }  # fmt: skip
    patients = {**BASE["patients"], "rows": "visit"}
    start = time.perf_counter()
    tables = read(
        tmp_path, {"patients": patients}, "id,arm,v,b\n" + rows, schedule=schedule, measures={"phq": measure}
    )
    assert len(tables.visits) == 5 * n
    assert (
        time.perf_counter() - start < 15
    )  # about 1 s alone on one core; a quadratic step would take minutes


def test_importing_ingest_stays_light():
    heavy = ("pandera", "scipy", "pyarrow.parquet")
    code = f"import sys, outcomes.ingest; print(*[m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_patients_that_where_leaves_out_are_left_out_of_every_file(tmp_path):
    cohort = write_tiny(tmp_path, lambda c: c["patients"].update(where={"pid": ["zq1", "zq2", "zq3"]}))
    cohort = cohort.model_copy(update={"screening": None})
    tables = read_cohort(tmp_path, cohort, SHOWN)
    for table in (tables.patients, tables.visits):
        assert set(table["patient_id"]) == {"zq1", "zq2", "zq3"}
    what = "1 of 4 patients are not chosen and are left out, as declared"
    assert Note("note", SHOWN, "patients.where", what) in tables.notes


LAST_SEEN = {
    "relapse": {
        "label": "Relapse", "file": "data", "id": "id",
        "time": {"column": "relapsed_on", "format": "%Y-%m-%d"},
        "censored_time": {"column": "last_seen", "format": "%Y-%m-%d"},
        "status": {"column": "relapsed", "event": ["1"], "censored": {"0": "end of study"}},
    }
}  # fmt: skip
ON_DATES = {"patients": {**BASE["patients"], "time_zero": {"column": "start", "format": "%Y-%m-%d"}}}
REGISTRY = """id,arm,start,relapsed,relapsed_on,last_seen
a,1,2020-01-01,1,2020-01-11,2021-01-01
b,0,2020-01-01,0,,2020-03-01
c,1,2020-02-01,1,2020-03-02,2020-03-02
d,0,2020-02-01,0,,2020-02-21
"""


def test_times_of_the_censored_stand_in_a_column_of_their_own(tmp_path):
    tables = read(tmp_path, ON_DATES, REGISTRY, events=LAST_SEEN)
    assert tables.events["end_day"].tolist() == [10, 60, 30, 20]
    assert tables.events["observed"].tolist() == [True, False, True, False]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("01,0,,2020-03-01", "01,0,2020-01-05,2020-03-01", "relapsed_on: 1 of 4 rows of patients who are"),
        ("01,0,,2020-02-21", "01,0,,", "1 of 4 rows of patients without a time to event"),
    ],
)  # fmt: skip
def test_times_and_status_that_disagree_are_refused(tmp_path, old, new, says):
    with pytest.raises(DataError, match=says):
        read(tmp_path, ON_DATES, REGISTRY.replace(old, new), events=LAST_SEEN)


def test_a_last_contact_before_the_event_is_a_warning(tmp_path):
    tables = read(tmp_path, ON_DATES, REGISTRY.replace("2021-01-01", "2020-01-02"), events=LAST_SEEN)
    assert [n.where for n in tables.notes if n.level == "warning"] == ["last_seen"]


def test_the_column_of_baseline_scores_serves_where_the_baseline_row_has_no_change(tmp_path):
    measure = {
        "layout": "long", "file": "data", "id": "id", "score": "chg", "baseline": "base",
        "value": "change_from_baseline", "instrument": "PHQ-9", "label": "PHQ-9",
        "visit": {"column": "v", "labels": {"0": "baseline", "4": "week_4", "8": "week_8"}},
    }  # fmt: skip
    rows = "id,arm,v,chg,base\na,1,0,,15\na,1,4,-3,15\nb,0,0,,9\nb,0,4,2,9\n"
    schedule = {"unit": "week", "visits": {"baseline": 0, "week_4": 4, "week_8": 8}}
    tables = read(
        tmp_path,
        {"patients": {**BASE["patients"], "rows": "visit"}},
        rows,
        schedule=schedule,
        measures={"phq": measure},
    )
    scores = tables.visits["score"].to_numpy()
    np.testing.assert_array_equal(scores, [15, 12, np.nan, 9, 11, np.nan])


def test_a_total_that_was_not_recorded_is_summed_from_its_items(tmp_path):
    items = [f"q{n}" for n in range(1, 10)]
    measure = {
        "layout": "wide", "file": "data", "id": "id", "columns": {"baseline": "total"},
        "items": {"baseline": items}, "instrument": "PHQ-9", "label": "PHQ-9",
    }  # fmt: skip
    rows = f"id,arm,total,{','.join(items)}\na,1,,{','.join('2' * 9)}\nb,0,9,{','.join('1' * 9)}\n"
    tables = read(
        tmp_path, {}, rows, schedule={"unit": "week", "visits": {"baseline": 0}}, measures={"phq": measure}
    )
    assert tables.visits["score"].tolist() == [18, 9]
    assert any("1 of 2 totals that were not recorded are summed from items" in n.what for n in tables.notes)


@pytest.mark.parametrize(("policy", "time"), [("negative_time", "-3"), ("zero_time", "0")])
def test_patients_left_out_for_their_time_are_noted(tmp_path, policy, time):
    cohort = write_tiny(tmp_path, lambda c: c["events"]["relapse"].update({policy: "exclude"}))
    plant(tmp_path, "people.csv", "70,f,30,1", f"70,f,{time},1")
    notes = read_cohort(tmp_path, cohort, SHOWN).notes
    assert [n.where for n in notes if "left out" in n.what] == [f"events.relapse.{policy}"]
