"""What `outcomes init` makes of files of many shapes: drafts that, once answered, are read as they are."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from outcomes.config import Cohort, Plan
from outcomes.config.base import build, parse_yaml
from outcomes.config.project import check_plan
from outcomes.frames import Tables
from outcomes.ingest import read_cohort
from outcomes.scaffold.init import init_cohort

ANSWERS = {"design": "randomised_trial", "randomised": "true"}
"""What no file can say."""


def draft(root, *names, **answers):
    """Run init, answer its questions, and load what it wrote: cohort, plan, tables, text."""
    files = [Path("data") / name for name in names]
    init_cohort(root, files, "trial")
    text = (root / "config/cohorts/trial.yaml").read_text(encoding="utf-8")
    cohort = build(Cohort, parse_yaml(answered(text, ANSWERS | answers), "trial"), "trial")
    plan = build(
        Plan, parse_yaml((root / "config/plans/trial.yaml").read_text(encoding="utf-8"), "plan"), "plan"
    )
    assert check_plan(plan, cohort, "plan") == []
    tables = read_cohort(root, cohort, "trial")
    assert isinstance(tables, Tables)
    return cohort, plan, tables, text


def answered(text, answers):
    lines = []
    for line in text.splitlines():
        head, mark, _ = line.partition("# TO FILL IN:")
        key = head.strip().partition(":")[0].strip('"')
        lines.append(f"{head.rstrip()} {answers[key]}" if mark else line)
    return "\n".join(lines)


def questions(text):
    return [line.partition(":")[0].strip() for line in text.splitlines() if "# TO FILL IN:" in line]


@pytest.fixture
def data(tmp_path):
    (tmp_path / "data").mkdir()
    return tmp_path / "data"


def people(n=24, seed=1):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "subject": [f"P{k:03d}" for k in range(n)],
            "group": ["placebo", "sertraline", "CBT", "CBT + sertraline"] * (n // 4),
            "age": rng.integers(18, 65, n),
            "sex": ["f", "m", "m"] * (n // 3),
        }
    )


def scores(frame, visits, column, seed=2):
    rng = np.random.default_rng(seed)
    rows = frame[["subject"]].merge(pd.DataFrame({"week": visits}), how="cross")
    rows[column] = rng.integers(3, 26, len(rows))
    return rows


def test_wide_trial(tmp_path, data):
    frame = people()
    rng = np.random.default_rng(3)
    for name in ("phq9_baseline", "phq9_w6", "phq9_w12"):
        frame[name] = rng.integers(3, 26, len(frame))
    frame.to_csv(data / "trial.csv", index=False)
    cohort, plan, tables, text = draft(tmp_path, "trial.csv")
    assert questions(text) == ["design", "randomised", "randomised"]
    assert {name: arm.components for name, arm in cohort.arms.items()} == {
        "neither": (), "medication": ("medication",), "therapy": ("therapy",),
        "combined": ("medication", "therapy"),
    }  # fmt: skip
    assert cohort.schedule.unit == "week"
    assert cohort.schedule.visits == {"baseline": 0, "week_6": 6, "week_12": 12}
    assert cohort.measures["phq9"].instrument == "PHQ-9"
    assert cohort.condition == "depression"
    assert list(cohort.patients.covariates) == ["age_years", "sex"]
    assert list(plan.analyses) == ["participant_flow", "baseline", "phq9_mmrm"]
    assert plan.analyses["phq9_mmrm"].role == "secondary"
    assert not plan.analyses["phq9_mmrm"].prespecified
    assert tables.visits["score"].notna().all()
    assert len(tables.visits) == 24 * 3


def test_long_trial_in_two_files(tmp_path, data):
    frame = people()
    frame["days_to_relapse"] = range(20, 44)
    frame["relapse"] = [0, 1, 1] * 8
    frame.to_csv(data / "people.csv", index=False)
    rows = scores(frame, [0, 4, 8], "madrs").astype({"madrs": object})
    rows.loc[5, "madrs"] = -9
    rows.loc[7, "madrs"] = "NA"
    rows.to_csv(data / "visits.csv", index=False)
    cohort, plan, tables, text = draft(tmp_path, "people.csv", "visits.csv")
    assert questions(text) == ["design", "randomised", "randomised"]
    assert cohort.patients.file == "people"
    assert cohort.measures["madrs"].instrument == "MADRS"
    assert cohort.measures["madrs"].visit.labels == {"0": "baseline", "4": "week_4", "8": "week_8"}
    assert set(cohort.files["visits"].missing_codes) == {"-9", "NA"}
    assert cohort.events["relapse"].time.unit == "day"
    assert cohort.events["relapse"].status.event == ("1",)
    assert {"relapse_kaplan_meier", "relapse_log_rank", "relapse_cox", "relapse_rmst"} < set(plan.analyses)
    assert tables.visits["score"].isna().sum() == 2
    assert tables.events["observed"].sum() == 16


def test_survival_file_of_which_codes_and_unit_are_unclear(tmp_path, data):
    frame = people()[["subject", "group"]].assign(time=range(1, 25), status=[1, 2] * 12)
    frame.to_csv(data / "trial.csv", index=False)
    cohort, _, tables, text = draft(
        tmp_path, "trial.csv", unit="week", event="[2]", censored="{1: alive}"
    )  # fmt: skip
    assert questions(text) == ["design", "randomised", "randomised", "unit", "event", "censored"]
    assert cohort.measures == {}
    assert tables.events["observed"].sum() == 12
    assert tables.events["end_day"].max() == 24 * 7


def test_censoring_column_is_asked_about(tmp_path, data):
    frame = people()[["subject", "group"]].assign(days=range(1, 25), cens=[0, 1] * 12)
    frame.to_csv(data / "trial.csv", index=False)
    cohort, _, _, text = draft(tmp_path, "trial.csv", event="[0]", censored="{1: end of follow-up}")
    assert {"event", "censored"} <= set(questions(text))
    assert "some write 1 for censored, some for the event (0 in 12 rows, 1 in 12 rows)" in text
    assert cohort.events["event"].status.column == "cens"


def test_adam_trio(tmp_path, data):
    n = 24
    subject = [f"S-{k:03d}" for k in range(n)]
    arm = ["Placebo", "Fluoxetine", "CBT"] * 8
    adsl = pd.DataFrame(
        {
            "STUDYID": "X", "USUBJID": subject, "TRT01P": arm, "TRT01PN": [1, 2, 3] * 8, "SAFFL": "Y",
            "AGE": range(30, 54), "SEX": ["F", "M"] * 12, "SEXN": [1, 2] * 12,
        }
    )  # fmt: skip
    adqs = pd.DataFrame({"USUBJID": subject}).merge(
        pd.DataFrame({"AVISIT": ["Baseline", "Week 4", "Week 8"], "ADY": [1, 29, 57]}), how="cross"
    )
    adqs["PARAMCD"], adqs["PARAM"] = "HAMD17", "HAM-D17 total score"
    adqs["AVAL"] = np.tile([24, 18, 12], n) + np.arange(3 * n) % 4
    adqs["DTYPE"] = ""
    locf = adqs.iloc[[1]].assign(AVISIT="Week 8", DTYPE="LOCF")
    adtte = pd.DataFrame({"USUBJID": subject, "PARAMCD": "RELAPSE", "PARAM": "Time to relapse (days)"})
    adtte["AVAL"] = range(30, 54)
    adtte["CNSR"] = [0, 1, 2] * 8
    adsl.to_csv(data / "adsl.csv", index=False)
    pd.concat([adqs, locf]).to_csv(data / "adqs.csv", index=False)
    adtte.to_csv(data / "adtte.csv", index=False)
    cohort, _, tables, text = draft(tmp_path, "adsl.csv", "adqs.csv", "adtte.csv")
    assert questions(text) == ["design", "randomised", "randomised"]
    assert cohort.patients.id == "USUBJID"
    assert cohort.patients.arm.column == "TRT01P"
    assert list(cohort.patients.covariates) == ["age_years", "sex"]
    assert cohort.measures["hamd17"].instrument == "HAM-D17"
    assert cohort.measures["hamd17"].where == {"PARAMCD": ("HAMD17",)}
    assert cohort.files["adqs"].standard == "adam"
    assert cohort.events["relapse"].status.event == ("0",)
    assert set(cohort.events["relapse"].status.censored) == {"1", "2"}
    assert len(tables.visits) == n * 3
    assert tables.events["observed"].sum() == 8


def test_items_are_summed(tmp_path, data):
    frame = people()
    rows = scores(frame, [0, 6, 12], "x").drop(columns="x")
    rng = np.random.default_rng(5)
    for item in range(1, 10):
        rows[f"phq9_{item}"] = rng.integers(0, 4, len(rows))
    frame.to_csv(data / "people.csv", index=False)
    rows.to_csv(data / "visits.csv", index=False)
    cohort, _, tables, _ = draft(tmp_path, "people.csv", "visits.csv")
    assert cohort.measures["phq9"].items == tuple(f"phq9_{item}" for item in range(1, 10))
    assert tables.visits["score"].between(0, 27).all()


def test_redcap_export_with_its_dictionary(tmp_path, data):
    (data / "dictionary.csv").write_text(
        '"Variable / Field Name","Form Name","Field Type","Field Label",'
        '"Choices, Calculations, OR Slider Labels","Identifier?"\n'
        'record_id,base,text,Record,,\n'
        'arm,base,radio,Assigned to,"1, Waiting list | 2, Counselling",\n'
        'gad7,visit,text,GAD-7 total,,\n',
        encoding="utf-8",
    )  # fmt: skip
    rows = ["record_id,redcap_event_name,arm,gad7"]
    for k in range(1, 21):
        rows.append(f"{k},baseline_arm_1,{k % 2 + 1},{10 + k % 7}")
        rows.append(f"{k},month_3_arm_1,,{5 + k % 9}")
    (data / "export.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    cohort, _, tables, text = draft(tmp_path, "export.csv", "dictionary.csv")
    assert questions(text) == ["design", "randomised"]
    assert cohort.files["export"].format == "redcap"
    assert cohort.files["export"].dictionary == "data/dictionary.csv"
    assert cohort.patients.rows == "visit"
    assert {arm.label: arm.components for arm in cohort.arms.values()} == {
        "Waiting list": (), "Counselling": ("therapy",)
    }  # fmt: skip
    assert cohort.measures["gad7"].instrument == "GAD-7"
    assert cohort.schedule.visits == {"baseline": 0, "month_3": 3}
    assert tables.visits["score"].notna().sum() == 40


def test_excel_with_two_sheets(tmp_path, data):
    frame = people()
    with pd.ExcelWriter(data / "trial.xlsx") as book:
        frame.to_excel(book, sheet_name="People", index=False)
        scores(frame, [0, 8], "bdi").to_excel(book, sheet_name="Scores 2024", index=False)
    cohort, _, tables, _ = draft(tmp_path, "trial.xlsx")
    assert {spec.sheet for spec in cohort.files.values()} == {"People", "Scores 2024"}
    assert cohort.measures["bdi"].instrument == "BDI"
    assert len(tables.visits) == 48


def test_semicolons_decimal_commas_and_cp1252(tmp_path, data):
    lines = ["Patient;Gruppe;qids_pre;qids_post;Gewicht"]
    for k in range(20):
        arm = "Übliche Behandlung" if k % 2 else "Café-Therapie"
        lines.append(f"{k + 100};{arm};{10 + k % 9};{4 + k % 11};{60 + k},5")
    (data / "daten.csv").write_bytes("\n".join(lines).encode("cp1252"))
    init_cohort(tmp_path, [data / "daten.csv"])
    text = (tmp_path / "config/cohorts/daten.yaml").read_text(encoding="utf-8")
    content = parse_yaml(text, "daten")["files"]["daten"]
    assert content["encoding"] == "cp1252"
    assert content["delimiter"] == ";"
    assert content["decimal"] == ","
    assert "encoding: cp1252  # guess:" in text
    assert "Gewicht: number" in text


def test_ambiguous_dates_are_asked_about(tmp_path, data):
    frame = people()[["subject", "group"]]
    frame["randomised_on"] = [f"{k % 9 + 1:02d}/03/2020" for k in range(24)]
    frame["relapse_date"] = [f"{k % 9 + 1:02d}/0{k % 3 + 4}/2021" for k in range(24)]
    frame["status"] = ["relapse", "censored"] * 12
    frame.to_csv(data / "trial.csv", index=False)
    cohort, _, tables, text = draft(tmp_path, "trial.csv", format='"%d/%m/%Y"')
    assert text.count('"%d/%m/%Y" or "%m/%d/%Y": every date in the column fits both') == 2
    assert cohort.patients.time_zero.column == "randomised_on"
    assert cohort.events["relapse"].time.column == "relapse_date"
    assert tables.events["end_day"].between(365, 500).all()


def test_unambiguous_dates_have_their_format(tmp_path, data):
    frame = people()[["subject", "group"]]
    frame["start_date"] = [f"{k + 1:02d}.03.2020" for k in range(24)]
    frame["end_date"] = [f"{k + 1:02d}.09.2020" for k in range(24)]
    frame["status"] = ["relapse", "censored"] * 12
    frame.to_csv(data / "trial.csv", index=False)
    cohort, _, _, text = draft(tmp_path, "trial.csv")
    assert cohort.patients.time_zero.format == "%d.%m.%Y"
    assert "format" not in questions(text)


NASTY = ["No", "a: b", "#x", "Ünï-çødé ☃", 'it\'s "quoted"', "back\\slash, {brace} [x]", "- dash", "null"]


def test_nasty_level_names(tmp_path, data):
    n = 8 * len(NASTY)
    frame = pd.DataFrame({"id": range(n), "arm": ["1", "No"] * (n // 2), "phq9_0": 12, "phq9_4": 9})
    frame["phq9_4"] += np.arange(n) % 5
    frame["phq9_0"] += np.arange(n) % 7
    frame["region: #1"] = np.repeat([*NASTY[:-1], "x y"], 8)
    frame.to_csv(data / "trial.csv", index=False)
    cohort, _, tables, _ = draft(tmp_path, "trial.csv", unit="week")
    levels = cohort.patients.covariates["region_1"].levels
    assert set(levels) == {*NASTY[:-1], "x y"}
    assert set(cohort.patients.arm.labels) == {"1", "No"}
    assert len(tables.patients) == n


def test_a_factorial_design_in_two_columns(tmp_path, data):
    frame = people()
    frame["drug"] = ["No", "Yes"] * 12
    frame["treatment"] = ["TAU", "TAU", "CBT", "CBT"] * 6
    frame["bdi.pre"], frame["bdi.2m"], frame["bdi.8m"] = 30, 20, range(24)
    frame["bdi.pre"] += np.arange(24) % 5
    frame["bdi.2m"] -= np.arange(24) % 6
    frame.drop(columns="group").to_csv(data / "trial.csv", index=False)
    cohort, _, tables, _ = draft(tmp_path, "trial.csv")
    assert cohort.patients.arm.components["medication"].given == ("Yes",)
    assert cohort.patients.arm.components["therapy"].not_given == ("TAU",)
    assert cohort.schedule.visits == {"baseline": 0, "month_2": 2, "month_8": 8}
    assert tables.patients["arm"].value_counts().tolist() == [6, 6, 6, 6]


def test_a_score_that_the_catalogue_lacks(tmp_path, data):
    rows = [f"{k},{['CBT', 'Cont', 'FT'][k % 3]},{70 + k / 2},{75 + k / 4}" for k in range(30)]
    (data / "trial.csv").write_text("id,Treat,Prewt,Postwt\n" + "\n".join(rows) + "\n", encoding="utf-8")
    cohort, _, tables, text = draft(
        tmp_path, "trial.csv", unit="month", post="3", higher_is_better="true"
    )  # fmt: skip
    assert questions(text) == ["design", "randomised", "randomised", "unit", "post", "higher_is_better"]
    assert cohort.instruments["WT"].higher_is_better
    assert cohort.instruments["WT"].low == 0
    assert {name: arm.components for name, arm in cohort.arms.items()} == {
        "therapy": ("therapy",), "neither": (), "ft": ("ft",)
    }  # fmt: skip
    assert len(tables.visits) == 60


def test_a_name_whose_data_leave_the_range_is_not_taken(tmp_path, data):
    frame = people()
    frame["phq9_0"], frame["phq9_4"] = range(10, 34), range(30, 54)
    frame.to_csv(data / "trial.csv", index=False)
    cohort, _, _, _ = draft(tmp_path, "trial.csv", unit="week", higher_is_better="false")
    assert cohort.measures["phq9"].instrument == "PHQ9"
    assert cohort.instruments["PHQ9"].high >= 53


def test_actual_days_become_windows(tmp_path, data):
    frame = people()
    rows = scores(frame, [0, 28, 56], "gad7").rename(columns={"week": "day"})
    rows["day"] += np.where(rows["day"] > 0, np.arange(len(rows)) % 7 - 3, 0)
    rows["gad7"] = rows["gad7"].clip(upper=21)
    frame.to_csv(data / "people.csv", index=False)
    rows.to_csv(data / "visits.csv", index=False)
    cohort, _, tables, _ = draft(tmp_path, "people.csv", "visits.csv")
    assert cohort.schedule.visits == {"baseline": 0, "day_28": 28, "day_56": 56}
    assert cohort.schedule.windows["day_28"] == (25, 31)
    assert tables.visits["score"].notna().all()


def test_a_file_without_an_id_is_drafted_all_the_same(tmp_path, data):
    frame = people().drop(columns="subject").assign(days=range(1, 25), relapse=[0, 1] * 12)
    frame.to_csv(data / "trial.csv", index=False)
    cohort, _, tables, _ = draft(tmp_path, "trial.csv")
    assert cohort.files["trial"].number_rows == cohort.patients.id == "patient_id"
    text = (tmp_path / "config/cohorts/trial.yaml").read_text(encoding="utf-8")
    assert "number_rows: patient_id  # guess: no column tells patients apart" in text
    assert len(tables.events) == 24


def test_spss_value_labels_name_the_arms(tmp_path, data):
    import pyreadstat

    frame = pd.DataFrame({"id": range(1, 21), "trt": [1.0, 2.0] * 10})
    frame["phq9_0"], frame["phq9_8"] = [12.0 + k % 5 for k in range(20)], [8.0 + k % 7 for k in range(20)]
    labels = {"trt": {1.0: "Treatment as usual", 2.0: "Sertraline"}}
    pyreadstat.write_sav(frame, data / "trial.sav", variable_value_labels=labels)
    cohort, _, tables, _ = draft(tmp_path, "trial.sav", unit="week")
    assert cohort.files["trial"].format == "spss"
    assert cohort.patients.arm.labels == {"1": "neither", "2": "medication"}
    assert cohort.arms["medication"].label == "Sertraline"
    assert len(tables.patients) == 20


def test_dataset_json_is_recognised(tmp_path, data):
    columns = [
        {"itemOID": name, "name": name, "label": name, "dataType": kind}
        for name, kind in (("USUBJID", "string"), ("TRT01P", "string"), ("AGE", "integer"))
    ]
    rows = [[f"S{k}", ["Placebo", "Drug"][k % 2], 30 + k] for k in range(20)]
    content = {
        "datasetJSONCreationDateTime": "2024-01-01T00:00:00", "datasetJSONVersion": "1.1.0",
        "itemGroupOID": "IG.ADSL", "name": "ADSL", "label": "Subjects", "records": len(rows),
        "columns": columns, "rows": rows,
    }  # fmt: skip
    (data / "adsl.json").write_text(json.dumps(content), encoding="utf-8")
    cohort, _, tables, _ = draft(tmp_path, "adsl.json")
    assert cohort.files["adsl"].format == "dataset_json"
    assert len(tables.patients) == 20


def test_500_columns(tmp_path, data):
    frame = people(60)
    rng = np.random.default_rng(7)
    more = pd.DataFrame(rng.integers(0, 100, (60, 500)), columns=[f"x{k}" for k in range(1, 501)])
    pd.concat([frame, more], axis=1).to_csv(data / "trial.csv", index=False)
    cohort, _, _, text = draft(tmp_path, "trial.csv", measures="{}")
    assert cohort.measures == {}
    assert set(cohort.patients.covariates) == {"age_years", "sex"}
    assert "and others? Declare it here" in text
    assert len(text.splitlines()) < 200


def test_items_with_a_column_at_every_visit(tmp_path, data):
    frame = people()
    random = np.random.default_rng(5)
    for week in (0, 6, 12):
        for item in range(1, 10):
            frame[f"phq9_{item}_w{week}"] = random.integers(0, 4, len(frame))
    frame.to_csv(data / "trial.csv", index=False)
    cohort, _, tables, _ = draft(tmp_path, "trial.csv")
    measure = cohort.measures["phq9"]
    assert list(measure.items) == ["baseline", "week_6", "week_12"]
    assert measure.items["week_6"] == tuple(f"phq9_{item}_w6" for item in range(1, 10))
    first = tables.visits[tables.visits["visit"] == "week_12"].sort_values("patient_id")
    expected = frame.assign(subject=frame["subject"].astype(str)).sort_values("subject")
    totals = expected[[f"phq9_{item}_w12" for item in range(1, 10)]].sum(axis=1)
    assert first["score"].tolist() == totals.tolist()
