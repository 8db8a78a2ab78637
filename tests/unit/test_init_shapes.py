"""What `outcomes init` makes of files of many shapes: drafts that, once answered, are read as they are."""

from __future__ import annotations

import numpy as np
import pandas as pd
from drafts import draft, people, questions, scores


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
