"""What `outcomes init` makes of dates, names, codes and many columns: drafts that are read as they are."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from drafts import draft, people, questions, scores

from outcomes.config.base import parse_yaml
from outcomes.scaffold.init import init_cohort


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


def test_times_and_a_status_that_are_called_like_days_are_no_score(tmp_path, data):
    frame = people()[["subject", "group"]].assign(t1=range(60, 84), t2=range(50, 74), d3=[0, 1] * 12)
    frame.to_csv(data / "trial.csv", index=False)
    init_cohort(tmp_path, [data / "trial.csv"])
    text = (tmp_path / "config/cohorts/trial.yaml").read_text(encoding="utf-8")
    assert questions(text)[-1] == "measures"
    assert "layout: wide\n" not in text


@pytest.mark.parametrize(
    ("levels", "labels"),
    [(["control", "6-MP"], ["Control", "6-MP"]), (["1. control", "2. walking"], ["Control", "Walking"])],
)
def test_a_number_before_one_treatment_is_of_its_name_and_before_all_a_code(tmp_path, data, levels, labels):
    frame = people()[["subject"]].assign(group=levels * 12)
    frame.to_csv(data / "trial.csv", index=False)
    init_cohort(tmp_path, [data / "trial.csv"])
    text = (tmp_path / "config/cohorts/trial.yaml").read_text(encoding="utf-8")
    assert [arm["label"] for arm in parse_yaml(text, "trial")["arms"].values()] == labels
