"""The stage that derives episodes, and one patient's timeline on the screen."""

from __future__ import annotations

import logging
import re

import pytest
from tiny_project import write_project
from typer.testing import CliRunner

from outcomes.cli import app
from outcomes.errors import ConfigError, DataError, RunError
from outcomes.io import read_table
from outcomes.stages.check import check_project
from outcomes.stages.derive import derive_cohort
from outcomes.stages.explain import explain_patient
from outcomes.stages.ingest import ingest_cohort, load_tables
from outcomes.tables import EPISODES

DEFINED = """\
  phq9_response:
    model: kaplan_meier
    role: exploratory
    question: When do patients respond?
    endpoint: {kind: derived_event, measure: phq9, definition: fewer, state: response}
definitions:
  fewer:
    title: Four points fewer
    version: "2.1"
    source: Section 6
    response: {points_reduction: 4, source: Section 6.1}
    remission: {at_most: 14, visits_in_row: 2, missing: break, source: Section 6.2}
    dropout: {source: Section 6.4}
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    root = write_project(tmp_path_factory.mktemp("project"))
    plan = root / "config/plans/alpha.yaml"
    plan.write_text(plan.read_text() + DEFINED)
    ingest_cohort(root, "alpha")
    return root


@pytest.fixture(scope="module")
def patients(project):
    return load_tables(project, "alpha").patients["patient_id"].tolist()


def test_the_stage_writes_every_state_with_its_evidence_and_logs_counts_alone(project, patients, caplog):
    with caplog.at_level(logging.INFO):
        derive_cohort(project, "alpha")
    table = read_table(project / "results/alpha/restricted/episodes.parquet", EPISODES)
    assert set(table["state"]) == {"response", "remission", "dropout"}
    assert set(table["definition"]) == {"fewer"}
    assert (table["evidence"] != "").all()
    said = "\n".join(caplog.messages)
    counted = table[table["state"] == "response"]["patient_id"].nunique()
    assert re.search(rf"derive alpha: phq9 by fewer: patients in response {counted}, remission \d+", said)
    assert not any(patient in said for patient in patients)


def test_the_stage_draws_a_swimmer_plot_under_restricted_without_a_name(project, patients):
    derive_cohort(project, "alpha")
    folder = project / "results/alpha/restricted/figures"
    assert sorted(path.name for path in folder.iterdir()) == [
        "swimmer_phq9_fewer.png",
        "swimmer_phq9_fewer.svg",
    ]
    drawn = (folder / "swimmer_phq9_fewer.svg").read_text(encoding="utf-8")
    assert not any(patient in drawn for patient in patients)


def test_one_patient_is_told_state_by_state_with_visits_rules_and_sources(project):
    table = read_table(project / "results/alpha/restricted/episodes.parquet", EPISODES)
    row = table[table["state"] == "response"].iloc[0]
    seen, states, rules = explain_patient(project, "alpha", row["patient_id"])
    assert seen.chapter == "phq9 by fewer: Four points fewer, version 2.1. Section 6"
    assert seen.rows[0][1] == "baseline"
    at_start = next(entry for entry in seen.rows[1:] if float(entry[0]) == row["start_day"])
    assert "response" in at_start[3]
    days = [f"{row[day]:g}" for day in ("start_day", "confirmed_day", "end_day")]
    assert ("response", *days, row["ended"], row["evidence"]) in states.rows
    assert (
        "response",
        "a fall of 4 points or more from baseline",
        "one visit",
        "ignore",
        "Section 6.1",
    ) in rules.rows


def test_the_command_prints_it_and_nothing_is_kept(project, patients):
    before = sorted(path for path in project.rglob("*"))
    done = CliRunner().invoke(app, ["explain", "alpha", patients[0], "--project", str(project)])
    assert done.exit_code == 0
    assert "Four points fewer, version 2.1" in done.stdout
    assert not any(patient in done.output for patient in patients)
    assert sorted(path for path in project.rglob("*")) == before


def test_an_unknown_patient_is_an_error_that_names_nobody(project, patients):
    with pytest.raises(ConfigError) as caught:
        explain_patient(project, "alpha", "somebody else")
    assert "no patient of that id" in str(caught.value)
    assert not any(patient in str(caught.value) for patient in [*patients, "somebody else"])


def test_a_cohort_without_definitions_or_results_says_so(project):
    with pytest.raises(RunError, match="run the pipeline again"):
        explain_patient(project, "beta", "P000")
    ingest_cohort(project, "beta")
    with pytest.raises(ConfigError, match="no endpoint uses a definition"):
        explain_patient(project, "beta", "P000")
    with pytest.raises(ConfigError, match="no endpoint uses a definition"):
        derive_cohort(project, "beta")


def test_a_definition_that_does_not_fit_its_instrument_is_found_by_the_check(tmp_path):
    root = write_project(tmp_path)
    plan = root / "config/plans/alpha.yaml"
    wrong = DEFINED.partition("definitions:")[0].replace("definition: fewer", "definition: hamd17_consensus")
    plan.write_text(plan.read_text() + wrong)
    with pytest.raises(DataError) as caught:
        check_project(root)
    what = "analyses.phq9_response.endpoint.definition: is for HAM-D17, and the measure is PHQ-9"
    assert what in str(caught.value)


def test_an_event_that_the_cohort_does_not_have_is_found_by_the_check(tmp_path):
    root = write_project(tmp_path)
    plan = root / "config/plans/alpha.yaml"
    plan.write_text(plan.read_text() + DEFINED.replace("points_reduction: 4", "events: [relaps]"))
    with pytest.raises(DataError, match=r"counts event 'relaps', .*did you mean 'relapse'"):
        check_project(root)


def test_the_definition_of_a_grid_is_checked_at_every_point(tmp_path):
    root = write_project(tmp_path)
    plan = root / "config/plans/alpha.yaml"
    grid = DEFINED.replace("model: kaplan_meier", "model: multiverse").replace(
        "kind: derived_event,", "kind: event_multiverse, grid: {response.at_least: [null, 5]},"
    )
    plan.write_text(plan.read_text() + grid)
    with pytest.raises(DataError, match="response: at_least points the wrong way"):
        check_project(root)
