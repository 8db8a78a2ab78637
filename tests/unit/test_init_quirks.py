"""Quirks of real files that `outcomes init` once took for something else: each drafted, asked or told."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from drafts import draft, people, questions, scores
from test_init_draft import arms, column

from outcomes.scaffold.init import init_cohort
from outcomes.scaffold.init.columns import summary
from outcomes.scaffold.init.visits import is_after_baseline, plan_visits


def drafted(root, *names):
    """What init says, and the cohort file it writes."""
    said = "\n".join(init_cohort(root, [Path("data") / name for name in names], "trial", force=True))
    return said, (root / "config/cohorts/trial.yaml").read_text(encoding="utf-8")


def days(first, n=24, step=1):
    return pd.date_range(first, periods=n, freq=f"{step}D").strftime("%Y-%m-%d")


def outcome(frame):
    return frame.assign(relapse=["yes", "no"] * 12, last_followup_date=days("2022-01-01"))


def test_time_counts_from_randomisation_whatever_date_comes_first(tmp_path, data):
    frame = people()[["subject", "group"]]
    frame["diagnosis_date"], frame["entry_date"] = days("2015-01-01"), days("2019-12-01")
    frame["randomisation_date"] = days("2020-01-01")
    outcome(frame).to_csv(data / "trial.csv", index=False)
    cohort, _, _, text = draft(tmp_path, "trial.csv")
    assert cohort.patients.time_zero.column == "randomisation_date"
    assert (
        "column: randomisation_date  # guess: by its name; times are counted from here, and not from" in text
    )
    assert "diagnosis_date, entry_date, last_followup_date" in text


def test_two_dates_of_one_rank_are_asked_about(tmp_path, data):
    frame = people()[["subject", "group"]]
    frame["start_date"], frame["baseline_date"] = days("2020-01-01"), days("2020-01-08")
    outcome(frame).to_csv(data / "trial.csv", index=False)
    cohort, _, _, text = draft(tmp_path, "trial.csv", column="baseline_date")
    assert "column:  # TO FILL IN: the date that times are counted from: start_date, baseline_date" in text
    assert cohort.patients.time_zero.column == "baseline_date"


def item_frame(stem, items, high, width=1):
    rows = scores(people(), [0, 6, 12], "x").drop(columns="x")
    random = np.random.default_rng(5)
    for item in range(1, items + 1):
        rows[f"{stem}{item:0{width}d}"] = random.integers(0, high + 1, len(rows))
    return rows


@pytest.mark.parametrize(
    ("stem", "items", "high", "width", "instrument"),
    [
        ("phq", 9, 3, 1, "PHQ-9"),
        ("bdi", 21, 3, 2, "BDI"),
        ("isi", 7, 4, 1, "ISI"),
        ("phq9q", 9, 3, 1, "PHQ-9"),
    ],
)
def test_items_keep_the_letters_of_their_stem(tmp_path, data, stem, items, high, width, instrument):
    people().to_csv(data / "people.csv", index=False)
    item_frame(stem, items, high, width).to_csv(data / "visits.csv", index=False)
    cohort, _, _, _ = draft(tmp_path, "people.csv", "visits.csv")
    (measure,) = cohort.measures.values()
    assert (measure.instrument, len(measure.items)) == (instrument, items)


def test_items_belong_to_the_total_beside_them(tmp_path, data):
    frame = people()
    random = np.random.default_rng(5)
    for week in (0, 6):
        for item in range(1, 22):
            frame[f"BDI{item:02d}_w{week}"] = random.integers(0, 4, len(frame))
        frame[f"BDI_II_w{week}"] = frame.filter(regex=rf"BDI\d+_w{week}").sum(axis=1)
    frame.to_csv(data / "trial.csv", index=False)
    cohort, _, _, text = draft(tmp_path, "trial.csv")
    assert {measure.instrument for measure in cohort.measures.values()} == {"BDI-II"}
    assert "instrument: BDI-II  # guess: name, 21 items, range 0 to 3 each; BDI would fit too" in text


def adam(data, described):
    """Tables of an ADaM submission: items beside a total, a screening visit, described censoring."""
    subject = [f"S-{k:03d}" for k in range(24)]
    pd.DataFrame({"USUBJID": subject, "TRT01P": ["Placebo", "Fluoxetine", "CBT"] * 8}).to_csv(
        data / "adsl.csv", index=False
    )
    visits = pd.DataFrame({"AVISIT": ["Screening", "Baseline", "Week 4"], "ANL01FL": ["", "Y", "Y"]})
    codes = pd.DataFrame({"PARAMCD": ["MADRS", *(f"MADRS{item:02d}" for item in range(1, 11))]})
    rows = pd.DataFrame({"USUBJID": subject}).merge(visits, how="cross").merge(codes, how="cross")
    random = np.random.default_rng(3)
    rows["AVAL"] = np.where(
        rows["PARAMCD"] == "MADRS", random.integers(10, 40, len(rows)), random.integers(0, 7, len(rows))
    )
    rows.to_csv(data / "adqs.csv", index=False)
    time = pd.DataFrame({"USUBJID": subject, "PARAMCD": "RELAPSE", "AVAL": range(30, 54)})
    time["PARAM"], time["CNSR"] = "Time from randomisation to first relapse (days)", [0, 1, 2] * 8
    if described:
        time["EVNTDESC"] = ["Relapse", "Completed study", "Withdrew consent"] * 8
    time.to_csv(data / "adtte.csv", index=False)
    return "adsl.csv", "adqs.csv", "adtte.csv"


def test_items_of_adam_are_no_measures(tmp_path, data):
    names = adam(data, described=True)
    cohort, _, _, text = draft(tmp_path, *names)
    assert list(cohort.measures) == ["madrs"]
    assert "MADRS01 to MADRS10 in PARAMCD are items, one row each: they are not drafted" in text


def test_a_visit_that_is_not_analysed_is_not_asked_about(tmp_path, data):
    cohort, _, tables, text = draft(tmp_path, *adam(data, described=True))
    assert "Screening" not in questions(text)
    assert set(cohort.measures["madrs"].visit.labels) == {"Baseline", "Week 4"}
    assert len(tables.visits) == 48
    assert 'where: {PARAMCD: [MADRS], ANL01FL: ["Y"]}  # guess: the rows that are read' in text


def test_event_of_adam_is_named_and_censoring_described(tmp_path, data):
    cohort, _, _, text = draft(tmp_path, *adam(data, described=True))
    event = cohort.events["relapse"]
    assert event.label == "Relapse"
    assert event.status.censored == {"1": "Completed study", "2": "Withdrew consent"}
    assert "censored: {1: Completed study, 2: Withdrew consent}  # guess:" in text


def test_a_numbered_score_within_the_range_of_an_item_is_no_total(tmp_path, data):
    frame = people()
    frame["phq9_2"] = [k % 4 for k in range(24)]
    frame["week"] = 0
    later = frame.assign(week=6)
    pd.concat([frame, later]).to_csv(data / "trial.csv", index=False)
    _, text = drafted(tmp_path, "trial.csv")
    assert "instrument: PHQ-9" not in text


@pytest.mark.parametrize(
    ("delimiter", "form", "decimal", "told"),
    [
        (";", "{},5", True, "decimal: \",\"  # guess: numbers have commas in weight"),
        (";", "{},180", False, 'declare thousands: "," if they set off thousands, or decimal: "," if'),
        (",", '"{},180"', False, 'declare thousands: "," if they set off thousands\n'),
        (";", "0,1{}", True, "decimal: \",\"  # guess:"),
    ],
)  # fmt: skip
def test_commas_in_numbers_are_marked_or_asked_about(tmp_path, data, delimiter, form, decimal, told):
    lines = [delimiter.join(("patient", "arm", "weight"))]
    lines += [delimiter.join((f"P{k}", ["CBT", "TAU"][k % 2], form.format(20 + k))) for k in range(20)]
    (data / "trial.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    _, text = drafted(tmp_path, "trial.csv")
    assert told in text
    assert ("\n    decimal:" in text) == decimal
    assert "28,180" not in text  # a patient's value


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        (("wl", "cbt", "ssri", "cbt.ssri"), [(), ("therapy",), ("medication",), ("medication", "therapy")]),
        (("CBT without medication", "CBT with medication"), [("therapy",), ("medication", "therapy")]),
        (("CBT w/o sertraline", "sertraline"), [("therapy",), ("medication",)]),
        (("no treatment", "Paroxetine + ERP"), [(), ("medication", "therapy")]),
        (("sertraline CBT", "sertraline"), [("medication", "therapy"), ("medication",)]),
        (("sertraline_cbt", "pill-placebo"), [("medication", "therapy"), ()]),
        (("wait-list", "mindfulness-based"), [(), ("therapy",)]),
        (("drug therapy", "CBTp"), [("medication",), ("therapy",)]),
        (("Medikament", "Therapie", "Kombination"),
         [("medication",), ("therapy",), ("medication", "therapy")]),
        (("Warteliste", "KVT", "KVT ohne Medikation", "KVT+SSRI"),
         [(), ("kvt",), ("kvt_ohne_medikation",), ("medication", "kvt")]),
        (("CBT", "IPT", "CBT + IPT"), [("cbt",), ("ipt",), ("cbt", "ipt")]),
        (("CBT", "IPT", "CBT + IPT", "CBT + IPT + homework"),
         [("cbt",), ("ipt",), ("cbt", "ipt"), ("homework", "cbt", "ipt")]),
        (("CBT", "IPT", "both"), [("cbt",), ("ipt",), ("cbt", "ipt")]),
        (("PE", "CPT", "PE + sertraline", "CPT + sertraline"),
         [("pe",), ("cpt",), ("medication", "pe"), ("medication", "cpt")]),
    ],
)  # fmt: skip
def test_what_an_arm_got_by_its_words(levels, expected):
    assert [arms(*levels)[level] for level in levels] == expected


def test_what_is_no_baseline_covariate(tmp_path, data):
    frame = people()
    for name in ("completer", "dropout", "hdl_post", "waist_w8", "trt01a"):
        frame[name] = np.random.default_rng(len(name)).integers(20, 30, 24)
    frame["completer"], frame["dropout"] = ["yes", "no", "no"] * 8, [0, 1] * 12
    frame["bmi"], frame["depress1"] = range(20, 44), range(18, 42)
    frame["depress2"] = range(16, 40)
    frame["trt01a"] = frame["group"].where(frame.index > 3, "placebo")
    frame["EVNTFL"], frame["trtn"] = ["Y", "N"] * 12, frame["group"].rank(method="dense")
    frame.loc[:1, "group"], frame.loc[:1, "trtn"] = None, 9
    outcome(frame).drop(columns="last_followup_date").assign(days=range(20, 44)).to_csv(
        data / "trial.csv", index=False
    )
    cohort, _, _, text = draft(tmp_path, "trial.csv", unit="day")
    assert set(cohort.patients.covariates) == {"age_years", "sex", "bmi", "depress1"}
    assert "# depress1, depress2: one score at two visits? then declare it under measures:" in text


def test_candidates_for_the_arm_are_no_covariates(tmp_path, data):
    frame = people().drop(columns="group")
    frame["therapy_group"], frame["grp"] = ["x", "y"] * 12, [1, 2, 3] * 8
    frame["therapy_group"] = frame["therapy_group"].where(frame.index % 5 > 0, None)
    frame.to_csv(data / "trial.csv", index=False)
    _, text = drafted(tmp_path, "trial.csv")
    assert "    grp:" not in text


@pytest.mark.parametrize(
    ("name", "after"),
    [("bmi_post", True), ("weight_w8", True), ("hdl_3mo", True), ("score_t2", True), ("score_t1", False),
     ("bmi_pre", False), ("bmi_w0", False), ("post_code", False), ("depress2", False)],
)  # fmt: skip
def test_names_of_columns_after_baseline(name, after):
    assert is_after_baseline(name) is after


def test_visits_of_unknown_time_keep_the_order_of_the_file():
    plan = plan_visits(["pre", "post", "fu6"], None)
    assert plan.times == {"baseline": 0, "post": None, "visit_6": 6}


def test_natural_answers_give_visits_that_rise(tmp_path, data):
    frame = people()
    for k, name in enumerate(("lsas.pre", "lsas.post", "lsas.fu6")):
        frame[name] = np.random.default_rng(k).integers(30, 120, 24)
    frame.to_csv(data / "trial.csv", index=False)
    cohort, _, _, _ = draft(tmp_path, "trial.csv", unit="month", post="3")
    assert cohort.schedule.visits == {"baseline": 0, "post": 3, "visit_6": 6}


def test_german_words(tmp_path, data):
    frame = pd.DataFrame({"Patient": [f"P{k}" for k in range(24)], "Behandlung": ["Warteliste", "KVT"] * 12})
    frame = frame.merge(pd.DataFrame({"Messzeitpunkt": ["Baseline", "Woche 6", "Woche 12"]}), how="cross")
    frame["HAMD17"] = np.random.default_rng(1).integers(3, 26, len(frame))
    frame.to_csv(data / "trial.csv", index=False)
    cohort, _, _, _ = draft(tmp_path, "trial.csv")
    assert cohort.schedule.visits == {"baseline": 0, "week_6": 6, "week_12": 12}
    assert cohort.patients.arm.labels == {"Warteliste": "neither", "KVT": "therapy"}


def test_labels_of_columns_name_the_arm_and_the_visit(tmp_path, data):
    import pyreadstat

    frame = pd.DataFrame({"id": np.repeat(range(1, 21), 2), "v7": [1.0, 2.0] * 20})
    frame["v3"] = np.where(frame["id"] % 2, 1.0, 2.0)
    frame["phq9"] = [12.0 + k % 9 for k in range(40)]
    pyreadstat.write_sav(
        frame, data / "trial.sav", column_labels={"v7": "Zeitpunkt", "v3": "Gruppe"},
        variable_value_labels={"v3": {1.0: "Arm A", 2.0: "Arm B"}},
    )  # fmt: skip
    cohort, _, _, text = draft(tmp_path, "trial.sav", unit="week")
    assert cohort.measures["phq9"].visit.column == "v7"
    assert cohort.patients.arm.column == "v3"
    assert "v3 (Gruppe): number, 40 values, 2 different: 1 = Arm A, 2 = Arm B" in text


def test_a_score_without_a_column_of_visits_is_asked_about(tmp_path, data):
    people().to_csv(data / "people.csv", index=False)
    scores(people(), [0, 6], "hamd17").rename(columns={"week": "zzz"}).to_csv(
        data / "scores.csv", index=False
    )
    said, text = drafted(tmp_path, "people.csv", "scores.csv")
    asked = "hamd17 fits HAM-D17, but no column of visits was recognised: which is it?"
    assert asked in said
    assert f"# {asked}" in text


def test_the_question_for_the_arm_shows_labels_and_the_other_form(tmp_path, data):
    import pyreadstat

    frame = pd.DataFrame(
        {"id": range(1, 21), "x1": [1.0, 2.0] * 10, "phq9_0": [9.0 + k % 4 for k in range(20)]}
    )
    pyreadstat.write_sav(frame, data / "trial.sav", variable_value_labels={"x1": {1.0: "Rot", 2.0: "Blau"}})
    said, _ = drafted(tmp_path, "trial.sav")
    assert "x1 (1 = Rot, 2 = Blau)" in said
    assert "with one column per component, put components: here instead" in said


def test_a_screening_visit_is_asked_about_with_how_to_leave_it_out(tmp_path, data):
    rows = scores(people(), [0, 4], "madrs")
    rows["visit"] = rows.pop("week").map({0: "Baseline", 4: "Week 4"})
    screening = rows[rows["visit"] == "Baseline"].assign(visit="Screening")
    pd.concat([screening, rows]).to_csv(data / "visits.csv", index=False)
    people().to_csv(data / "people.csv", index=False)
    _, text = drafted(tmp_path, "people.csv", "visits.csv")
    (question,) = [line for line in text.splitlines() if "remove this line" in line]
    assert "list under where: what stays, visit: [" in question


def test_nothing_of_a_first_plan_was_pre_specified(tmp_path, data):
    frame = people().assign(phq9_w0=range(24), phq9_w6=range(24))
    frame["phq9_w6"] = frame["phq9_w6"].to_numpy()[::-1]
    frame.to_csv(data / "trial.csv", index=False)
    _, plan, _, _ = draft(tmp_path, "trial.csv")
    assert not any(analysis.prespecified for analysis in plan.analyses.values())


def test_a_summary_shows_where_most_values_lie():
    assert summary(column([str(k) for k in range(1985, 2005)])) == "number, 20 values, mostly 1986 to 2003"
    levels = column(["a"] * 6 + ["b"] * 5 + ["c"] * 4 + ["d"])
    assert summary(levels) == "text, 16 values, 4 different: a, b and 2 rarer"


def test_levels_are_counted_by_patient():
    ids = column(["1"] * 8 + ["2", "3", "4", "5", "6", "7"], name="id")
    assert summary(column(["x"] * 8 + ["y"] * 6), ids) == "text, 14 values, 2 different: y and 1 rarer"


def test_ids_are_not_summarised():
    ids = column([str(k) for k in range(100, 130)], name="id")
    assert summary(ids, ids) == "number, 30 values, 30 different"


def test_the_censored_are_timed_by_their_last_contact(tmp_path, data):
    frame = people()[["subject", "group"]].assign(start_date=days("2020-01-01"))
    frame["relapse"] = ["yes", "no", "no"] * 8
    frame["last_contact"] = days("2021-01-01")
    frame["relapse_date"] = np.where(frame["relapse"] == "yes", days("2020-07-01"), "")
    frame.to_csv(data / "trial.csv", index=False)
    cohort, _, tables, text = draft(tmp_path, "trial.csv")
    event = cohort.events["relapse"]
    assert (event.time.column, event.censored_time.column) == ("relapse_date", "last_contact")
    assert "column: last_contact  # guess: the others have no date of the event, and one here" in text
    assert text.count('format: "%Y-%m-%d"  # guess:') == 3
    assert tables.events.groupby("observed")["end_day"].first().to_dict() == {False: 366, True: 182}


def test_a_code_beyond_the_range_is_told_by_its_column(tmp_path, data):
    frame = people()
    frame["phq9_0"], frame["phq9_4"] = [k % 25 for k in range(24)], [99, *(k % 20 for k in range(23))]
    frame["weight"] = range(80, 104)
    frame.to_csv(data / "trial.csv", index=False)
    _, text = drafted(tmp_path, "trial.csv")
    assert "99 in phq9_4 is probably a missing code, but a value in another column" in text
