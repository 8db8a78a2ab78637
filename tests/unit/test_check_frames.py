"""`outcomes check` derives what each analysis would get: refusals of endpoints are told before the run."""

from __future__ import annotations

import re
from dataclasses import replace

import pandas as pd
import pytest
from tiny_project import write_project

from outcomes.errors import DataError, OutcomesError
from outcomes.stages import check_frames
from outcomes.stages.check import check_project
from outcomes.stages.derivable import derive_frame
from outcomes.stages.fit import fit_family
from outcomes.stages.ingest import ingest_cohort

PLAN = "config/plans/alpha.yaml"
ADMISSION = """\
  admission:
    label: Admission
    file: patients
    id: id
    time: {column: days, unit: day}
    status: {column: relapsed, event: [1], censored: {0: end of follow-up}}
"""
COMPETING = """\
  {name}:
    model: competing_risks
    role: secondary
    question: Which comes first?
    endpoint: {{kind: competing_events, event: {event}, competing: [{other}]}}
"""


def project_with(tmp_path, *entries):
    """Two events that always fall on one day, and these entries of the plan of alpha."""
    project = write_project(tmp_path)
    cohort = project / "config/cohorts/alpha.yaml"
    cohort.write_text(cohort.read_text() + ADMISSION)
    plan = project / PLAN
    plan.write_text(plan.read_text() + "".join(entries))
    return project


def ending(project, status):
    """Let the longest follow-up of each arm end with the event, or without."""
    path = project / "data/alpha/patients.csv"
    people = pd.read_csv(path)
    people.loc[people.groupby("arm")["days"].idxmax(), "relapsed"] = status
    people.to_csv(path, index=False)


def survival(name, model, option):
    return (
        f"  {name}:\n    model: {model}\n    role: secondary\n    question: How long?\n"
        f"    endpoint: {{kind: time_to_event, event: relapse}}\n    {option}\n"
    )


def test_causes_on_one_day_are_told_of_every_analysis_at_once(tmp_path):
    project = project_with(
        tmp_path,
        COMPETING.format(name="relapse_first", event="relapse", other="admission"),
        COMPETING.format(name="admission_first", event="admission", other="relapse"),
        COMPETING.format(name="unknown", event="relapse", other="nothing"),
    )
    with pytest.raises(OutcomesError) as caught:
        check_project(project)
    told = {problem.where: problem.what for problem in caught.value.problems}
    assert {problem.source for problem in caught.value.problems} == {PLAN}
    assert set(told) == {
        "analyses.relapse_first", "analyses.admission_first", "analyses.unknown.endpoint.competing"
    }  # fmt: skip
    assert "patients with several of these on one day" in told["analyses.relapse_first"]
    assert "endpoint.same_day: in_order" in told["analyses.admission_first"]


def test_the_run_names_plan_and_analysis_of_an_endpoint_that_refuses(tmp_path):
    project = project_with(tmp_path, COMPETING.format(name="first", event="relapse", other="admission"))
    ingest_cohort(project, "alpha")
    with pytest.raises(DataError) as caught:
        fit_family(project, "alpha", "survival")
    (problem,) = caught.value.problems
    assert (problem.source, problem.where) == (PLAN, "analyses.first")
    assert problem.what.startswith("events: relapse, admission: patients with several of these on one day")


def test_causes_on_one_day_are_in_order_where_the_plan_says_which_counts(tmp_path):
    entry = COMPETING.format(name="first", event="relapse", other="admission")
    project = project_with(tmp_path, entry.replace("[admission]", "[admission], same_day: in_order"))
    assert check_project(project)[0].startswith("alpha: in order")


@pytest.mark.parametrize(
    ("model", "option", "key", "what"),
    [
        ("cox", "periods_days: [30, 900]", "periods_days", "up to day 900"),
        ("rmst", "horizon_days: 900", "horizon_days", "up to day 900"),
        ("kaplan_meier", "at_days: [30, 800, 900]", "at_days", "up to day 800, 900"),
    ],
)
def test_days_beyond_all_follow_up_are_a_warning(tmp_path, model, option, key, what):
    project = project_with(tmp_path, survival("late", model, option))
    ending(project, 0)
    (line,) = [line for line in check_project(project) if "warning" in line]
    assert line.startswith(f"  warning: {PLAN}: analyses.late.{key}: nobody is followed {what}")


def test_follow_up_that_recovery_ends_is_told_as_such(tmp_path, monkeypatch):
    def recovered(*of):
        frame = derive_frame(*of)
        return replace(frame, data=frame.data.assign(reason="recovery"))

    monkeypatch.setattr(check_frames, "derive_frame", recovered)
    project = project_with(tmp_path, survival("late", "cox", "periods_days: [900]"))
    (line,) = [line for line in check_project(project) if "warning" in line]
    assert re.search(r"up to day 900 \((\d+) of \1 times end at recovery\): there will be no result", line)


@pytest.mark.parametrize("option", ["at_days: [900]", "horizon_days: 900"])
def test_a_curve_that_falls_to_0_is_known_for_ever(tmp_path, option):
    model = "kaplan_meier" if option.startswith("at_days") else "rmst"
    project = project_with(tmp_path, survival("late", model, option))
    ending(project, 1)
    assert not any("warning" in line for line in check_project(project))


def test_a_landmark_that_nobody_reaches_is_a_warning(tmp_path):
    entry = survival("late", "cox", "firth: never").replace("relapse}", "relapse, landmark_day: 900}")
    (line,) = [line for line in check_project(project_with(tmp_path, entry)) if "warning" in line]
    assert "analyses.late.endpoint.landmark_day: nobody is followed, free of the event" in line


def test_days_that_somebody_reaches_are_no_matter(tmp_path):
    project = project_with(tmp_path, survival("near", "rmst", "horizon_days: 90"))
    assert not any("warning" in line for line in check_project(project))


def test_of_large_tables_only_what_is_cheap_is_derived_and_check_says_so(tmp_path, monkeypatch):
    project = project_with(tmp_path, COMPETING.format(name="first", event="relapse", other="admission"))
    monkeypatch.setattr(check_frames, "MOST_ROWS", 130)
    (line,) = [line for line in check_project(project) if "by the run alone" in line and PLAN in line]
    assert line.startswith(f"  note: {PLAN}: so many rows are derived by the run alone: participant_flow,")
