"""What `outcomes init` pairs, merges, refuses or asks about where a draft would be a wrong number."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from drafts import ANSWERS, answered, draft, people, questions, scores
from test_init_draft import arms

from outcomes.config import Cohort
from outcomes.config.base import build, parse_yaml
from outcomes.errors import DataError
from outcomes.ingest import read_cohort
from outcomes.scaffold.init import init_cohort
from outcomes.scaffold.init.words import readable


def drafted(root, *names):
    """What init says, and the cohort file it writes."""
    said = "\n".join(init_cohort(root, [Path("data") / name for name in names], "trial", force=True))
    return said, (root / "config/cohorts/trial.yaml").read_text(encoding="utf-8")


def registry(**columns):
    """Patients with a score before and after, and columns of yes and no."""
    frame = pd.DataFrame(
        {"id": range(1, 25), **{name: list(codes * 24)[:24] for name, codes in columns.items()}}
    )
    frame["phq9_0"], frame["phq9_8"] = np.arange(24) % 9 + 12, np.arange(24) % 11 + 4
    return frame


@pytest.mark.parametrize(
    ("first", "second"),
    [("medication", "psychotherapy"), ("medication", "cbt"), ("drug", "psychotherapy"), ("meds", "therapy")],
)
def test_two_treatments_of_yes_and_no_are_crossed(tmp_path, data, first, second):
    registry(**{first: "ynyn", second: "nyyn"}).to_csv(data / "registry.csv", index=False)
    cohort, _, tables, text = draft(tmp_path, "registry.csv", unit="week")
    assert {name: arm.components for name, arm in cohort.arms.items()} == {
        "neither": (), "medication": ("medication",), "therapy": ("therapy",),
        "combined": ("medication", "therapy"),
    }  # fmt: skip
    assert cohort.patients.arm.components["therapy"].column == second
    assert tables.patients["arm"].value_counts().to_dict() == dict.fromkeys(cohort.arms, 6)
    assert cohort.patients.covariates == {}
    assert questions(text) == ["design", "randomised", "randomised", "unit"]


def test_an_arm_that_nobody_is_in_is_not_drafted(tmp_path, data):
    frame = registry(medication="yny", psychotherapy="nyy")
    frame.loc[4, "psychotherapy"] = None
    frame.to_csv(data / "registry.csv", index=False)
    cohort, _, tables, text = draft(tmp_path, "registry.csv", unit="week")
    assert list(cohort.arms) == ["medication", "therapy", "combined"]
    assert "missing: exclude  # guess: 1 patients have no arm" in text
    assert len(tables.patients) == 23


def test_two_drugs_keep_their_names(tmp_path, data):
    registry(lithium="ynyn", quetiapine="nyyn").to_csv(data / "registry.csv", index=False)
    cohort, _, _, _ = draft(tmp_path, "registry.csv", unit="week")
    assert list(cohort.arms) == ["neither", "lithium", "quetiapine", "combined"]


def test_one_treatment_of_yes_and_no_is_one_component(tmp_path, data):
    registry(medication="yn").to_csv(data / "registry.csv", index=False)
    cohort, _, _, _ = draft(tmp_path, "registry.csv", unit="week")
    assert [arm.components for arm in cohort.arms.values()] == [(), ("medication",)]


def test_a_treatment_beside_an_arm_is_asked_about(tmp_path, data):
    registry(arm="AB", lithium="ynny").to_csv(data / "trial.csv", index=False)
    cohort, _, _, text = draft(tmp_path, "trial.csv", unit="week")
    assert cohort.patients.arm.column == "arm"
    assert "  #   patients.arm.components: lithium" in text


def test_one_drug_of_yes_and_no_is_no_arm(tmp_path, data):
    registry(lithium="ynny").to_csv(data / "trial.csv", index=False)
    _, text = drafted(tmp_path, "trial.csv")
    assert "    column:  # TO FILL IN: the column of the arm; of few values are lithium (" in text


def with_items(weeks=(0, 6, 12)):
    rows = scores(people(), list(weeks), "x").drop(columns="x")
    random = np.random.default_rng(5)
    for item in range(1, 10):
        rows[f"phq9_{item}"] = random.integers(0, 4, len(rows))
    return rows.assign(phq9_total=rows.filter(regex="phq9_").sum(axis=1))


def test_a_total_beside_its_items_is_checked_against_them(tmp_path, data):
    people().to_csv(data / "people.csv", index=False)
    rows = with_items()
    rows.loc[[3, 9], "phq9_total"] = (rows.loc[[3, 9], "phq9_total"] + 2) % 28
    rows.to_csv(data / "visits.csv", index=False)
    _, text = drafted(tmp_path, "people.csv", "visits.csv")
    cohort = build(Cohort, parse_yaml(answered(text, ANSWERS), "trial"), "trial")
    (measure,) = cohort.measures.values()
    assert (measure.score, len(measure.items)) == ("phq9_total", 9)
    with pytest.raises(DataError, match="2 of 72 rows whose total is not what its items add up to"):
        read_cohort(tmp_path, cohort, "trial")


def test_wide_totals_are_checked_against_their_items(tmp_path, data):
    rows = with_items().pivot_table(index="subject", columns="week")
    rows.columns = [f"{name}_w{week}" for name, week in rows.columns]
    people().merge(rows, on="subject").to_csv(data / "trial.csv", index=False)
    cohort, _, tables, _ = draft(tmp_path, "trial.csv")
    (measure,) = cohort.measures.values()
    assert list(measure.columns) == list(measure.items) == ["baseline", "week_6", "week_12"]
    assert measure.columns["week_6"] == "phq9_total_w6"
    assert tables.visits["score"].notna().all()


def test_a_score_that_items_do_not_add_up_to_stays_apart(tmp_path, data):
    people().to_csv(data / "people.csv", index=False)
    rows = with_items()
    rows["phq9_total"] = (rows["phq9_total"] + 5) % 28
    rows.to_csv(data / "visits.csv", index=False)
    cohort, _, _, _ = draft(tmp_path, "people.csv", "visits.csv")
    assert len(cohort.measures) == 2


@pytest.mark.parametrize(
    "rows",
    [
        [
            f"{1001 + k},{'MED' if k % 2 else 'CBT'},{40 + k},{'fm'[k % 2]},{k % 2},{200 + k}"
            for k in range(20)
        ],
        [f"R{k:04d},2020-07-{k + 1:02d},{'yn'[k % 2]},{'ny'[k % 2]}" for k in range(20)],
        [f"{k * 7 + 700},{k % 3},{40.5 + k}" for k in range(20)],
    ],
)
def test_a_file_without_a_header_is_refused_and_no_cell_is_told(tmp_path, data, rows):
    (data / "people.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    with pytest.raises(DataError, match="line 1 looks like a row of data") as caught:
        init_cohort(tmp_path, [data / "people.csv"])
    assert not any(cell in str(caught.value) for cell in rows[0].split(",") if len(cell) > 1)
    assert not (tmp_path / "config/cohorts").exists()


@pytest.mark.parametrize("header", ["id,arm,0,4,8", "arm,drug,3,4,5", "y,n,1,2,3", "0,1,2,3,4", "1,2,3,4,5"])
def test_names_that_are_numbers_are_names(tmp_path, data, header):
    rows = [f"{k},{['drug', 'CBT'][k % 2]},{10 + k},{9 + k},{8 + k}" for k in range(12)]
    (data / "trial.csv").write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    assert init_cohort(tmp_path, [data / "trial.csv"])


DICTIONARY = """\
"Variable / Field Name","Form Name","Field Type","Field Label","Choices, Calculations, OR Slider Labels",\
"Identifier?"
record_id,base,text,Record,,
arm,base,checkbox,Treatment given,"1, Medication | 2, Psychotherapy",
relapse,base,yesno,Relapse,,
relapse_days,base,text,Days to relapse,,
phq9_visit,phq9,dropdown,Visit,"1, Baseline | 2, Week 4 | 3, Week 8",
phq9_total,phq9,text,PHQ-9 total,,
ae_term,harm,text,Event,,
"""


def redcap(data):
    """An export with a repeating questionnaire and repeating harms; three forms were never filled in."""
    (data / "dictionary.csv").write_text(DICTIONARY, encoding="utf-8")
    lines = [
        "record_id,redcap_repeat_instrument,redcap_repeat_instance,arm___1,arm___2,relapse,relapse_days,"
        "phq9_visit,phq9_total,phq9_complete,ae_term"
    ]
    for k in range(24):
        lines.append(f"{k + 1},,,{int(k % 3 != 1)},{int(k % 3 != 0)},{k % 2},{100 + k},,,,")
        lines += [f"{k + 1},phq9,{n},,,,,{n},{9 + k % 7 + n},2," for n in (1, 2)]
        lines.append(f"{k + 1},phq9,3,,,,,3,{0 if k < 3 else 5 + k % 9},{0 if k < 3 else 2},")
    lines.append("1,harm,1,,,,,,,,nausea")
    (data / "export.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return "export.csv", "dictionary.csv"


def test_repeating_instruments_of_redcap_are_told_and_read_apart(tmp_path, data):
    names = redcap(data)
    cohort, _, tables, text = draft(tmp_path, *names)
    assert cohort.measures["phq9_total"].where == {"redcap_repeat_instrument": ("phq9",)}
    assert cohort.events["relapse"].where == {"redcap_repeat_instrument": ("",)}
    assert "# repeating instruments: harm in 1, phq9 in 72, none in 24 of 97 rows" in text
    assert "nothing is drafted of the rows of harm" in text
    assert (len(tables.visits), len(tables.events)) == (72, 24)


def test_forms_that_look_never_filled_in_are_told(tmp_path, data):
    said, _ = drafted(tmp_path, *redcap(data))
    assert "3 forms are marked incomplete and have 0 in all of phq9_total: never filled in?" in said
    assert "where: {phq9_complete: [1, 2]}" in said


def test_checkboxes_of_the_arm_are_its_components(tmp_path, data):
    names = redcap(data)
    cohort, _, tables, _ = draft(tmp_path, *names)
    assert {name: spec.label for name, spec in cohort.components.items()} == {
        "medication": "Medication", "therapy": "Psychotherapy"
    }  # fmt: skip
    assert cohort.patients.arm.components["therapy"].column == "arm___2"
    assert tables.patients["arm"].value_counts().to_dict() == {"medication": 8, "therapy": 8, "combined": 8}


def test_a_visit_told_by_its_date_alone_asks_for_windows(tmp_path, data):
    start = pd.Timestamp("2021-01-04")
    frame = people().drop(columns=["age", "sex"]).assign(treatment_start=start.strftime("%Y-%m-%d"))
    rows = scores(frame, [0, 6, 12], "madrs")
    days = 7 * rows.pop("week") + np.arange(len(rows)) % 5
    rows["visit_date"] = (start + pd.to_timedelta(days, "D")).dt.strftime("%Y-%m-%d")
    frame.to_csv(data / "people.csv", index=False)
    rows.to_csv(data / "visits.csv", index=False)
    cohort, plan, tables, text = draft(
        tmp_path, "people.csv", "visits.csv", unit="week", visits="{baseline: 0, week_6: 6, week_12: 12}",
        windows="{baseline: [0, 2], week_6: [5, 8], week_12: [11, 14]}",
    )  # fmt: skip
    assert questions(text)[-3:] == ["unit", "visits", "windows"]
    assert cohort.patients.time_zero.column == "treatment_start"
    assert cohort.measures["madrs"].time.column == "visit_date"
    assert tables.visits["score"].notna().all()
    assert plan.analyses["madrs_mmrm"].adjust_for_baseline


def test_outcomes_are_no_covariates_and_are_asked_about(tmp_path, data):
    frame = registry(
        arm="AB", REL="0100", se_nausea="ny", ae_rash="nnny", sessions_attended="5678", withdrawn="nnyn",
        prior_relapses="0123", marital_status="smd",
    )  # fmt: skip
    frame = frame.rename(columns={"REL": "Rechute"})
    frame["last_contact"] = pd.date_range("2021-01-01", periods=24).strftime("%Y-%m-%d")
    frame.to_csv(data / "trial.csv", index=False)
    said, text = drafted(tmp_path, "trial.csv")
    assert "# Open question: what are these columns?" in text
    assert "  #   events: Rechute, withdrawn, last_contact" in text
    assert "  #   adverse_events: se_nausea, ae_rash" in text
    assert "  #   exposures: sessions_attended" in text
    assert "covariates: prior_relapses, marital_status\n" in said
    assert "not drafted, for the name may be of an outcome: se_nausea, ae_rash (adverse_events:)" in said


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("Alter (Jahre)", "Alter (Jahre)"), ("Körpergewicht/BMI", "Körpergewicht/BMI"),
        ("Prior CBT", "Prior CBT"),
        ("yearsSmoking", "Years smoking"), ("priorCBT", "Prior CBT"), ("phq9_total", "Phq9 total"),
    ],
)  # fmt: skip
def test_words_keep_their_capitals(name, label):
    assert readable(name) == label


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        (("Médication", "Psychothérapie", "Médication + Psychothérapie"),
         [("medication",), ("therapy",), ("medication", "therapy")]),
        (("Liste d'attente", "TCC"), [(), ("therapy",)]),
        (("TCC sans médicament", "TCC avec médicament"), [("therapy",), ("medication", "therapy")]),
        (("Übliche Behandlung", "KVT"), [(), ("therapy",)]),
    ],
)  # fmt: skip
def test_accents_do_not_hide_words(levels, expected):
    assert [arms(*levels)[level] for level in levels] == expected
