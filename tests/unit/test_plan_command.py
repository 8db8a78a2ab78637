"""`outcomes plan` in words: which keys and files changed between two runs; Snakemake decides what runs."""

import copy

import pytest
from tiny_project import write_project

from outcomes.config import load_project
from outcomes.errors import ConfigError, DataError, RunError
from outcomes.stages import plan
from outcomes.stages.check import check_project
from outcomes.stages.plan import Job, changes, parse_jobs, plan_run
from outcomes.stages.record import facts_of, read_record, recorded

DRY_RUN = """\
[Mon Jan  5 10:00:00 2026]
Job 6: present alpha
Reason: Input files updated by another job: results/alpha/restricted/fits/symptoms.csv
[Mon Jan  5 10:00:00 2026]
Job 1: index
Reason: Input files updated by another job: results/alpha/release/summary.json
[Mon Jan  5 10:00:00 2026]
Job 4: fit symptoms of alpha
Reason: Missing output files: a.csv; Params have changed since last execution: before: '{"a":1}' now: ''
[Mon Jan  5 10:00:00 2026]
rule all:
    reason: Input files updated by another job: results/index.html
"""


@pytest.fixture
def project(tmp_path):
    return write_project(tmp_path)


def edit(folder, name, old, new):
    text = (folder / name).read_text(encoding="utf-8")
    assert old in text
    (folder / name).write_text(text.replace(old, new, 1), encoding="utf-8")


def test_jobs_of_a_dry_run_in_the_order_of_the_stages():
    fit, present, index = parse_jobs(DRY_RUN)
    assert (fit.cohort, fit.stage, len(fit.reasons)) == ("alpha", "fit symptoms", 2)
    assert present == Job(
        "alpha", "present",
        ("Input files updated by another job: results/alpha/restricted/fits/symptoms.csv",),
    )  # fmt: skip
    assert (index.cohort, index.stage) == ("", "index")


@pytest.mark.parametrize(
    ("stage", "file", "old", "new", "told"),
    [
        ("fit symptoms", "config/plans/alpha.yaml", "conf_level: 0.95", "conf_level: 0.9",
         ["config/plans/alpha.yaml: analyses.phq9_mixed.conf_level: 0.95 -> 0.9"]),
        ("fit survival", "config/plans/alpha.yaml", "conf_level: 0.95", "conf_level: 0.9", []),
        ("fit survival", "config/plans/alpha.yaml", "  relapse_cox:", "  relapse_ph:",
         ["config/plans/alpha.yaml: analyses.relapse_ph is new",
          "config/plans/alpha.yaml: analyses.relapse_cox is gone"]),
        ("ingest", "config/cohorts/alpha.yaml", "unit: years", "unit: year",
         ['config/cohorts/alpha.yaml: patients.covariates.age_years.unit: "years" -> "year"']),
        ("ingest", "data/alpha/visits.csv", "P000,0,", "P000,0,", []),
        ("ingest", "data/alpha/visits.csv", "P000,0,", "P000,0,1", ["data/alpha/visits.csv changed"]),
        ("present", "config/outputs.yaml", "Flow of participants", "Flow",
         ['config/outputs.yaml: figures.participant_flow.caption: "Flow of participants" -> "Flow"']),
        ("present", "config/config.yaml", "seed: 1", "seed: 2", ["config/config.yaml: seed: 1 -> 2"]),
    ],
)  # fmt: skip
def test_what_changed_is_told_by_file_and_key(project, stage, file, old, new, told):
    before = facts_of(load_project(project), "alpha", stage)
    edit(project, file, old, new)
    assert list(changes(before, facts_of(load_project(project), "alpha", stage))) == told


def test_another_analysis_of_another_model_is_no_change_of_the_code(project):
    before = facts_of(load_project(project), "alpha", "fit survival")
    edit(project, "config/plans/alpha.yaml", "model: kaplan_meier", "model: log_rank")
    now = facts_of(load_project(project), "alpha", "fit survival")
    told = list(changes(before, now))
    assert not [why for why in told if "code" in why and "relapse_cox" in why]
    assert before["code"]["relapse_cox"] == now["code"]["relapse_cox"]
    text = (project / "config/plans/alpha.yaml").read_text(encoding="utf-8")
    (project / "config/plans/alpha.yaml").write_text(text[: text.index("  relapse_cox:")], encoding="utf-8")
    gone = list(changes(now, facts_of(load_project(project), "alpha", "fit survival")))
    assert gone == ["config/plans/alpha.yaml: analyses.relapse_cox is gone"]


@pytest.mark.parametrize("text", ["[]", "{", '{"inputs": {}, "files": {}, "code": "abc", "libraries": {}}'])
def test_a_record_of_another_form_is_none(project, text):
    path = project / "results/alpha/restricted/made_from/ingest.json"
    path.parent.mkdir(parents=True)
    path.write_text(text)
    assert read_record(project, "alpha", "ingest") is None


def test_a_library_and_the_code_are_told_apart(project):
    before = facts_of(load_project(project), "alpha", "ingest")
    updated = copy.deepcopy(before)
    updated["code"] = dict.fromkeys(updated["code"], "other")
    assert list(changes(before, updated)) == ["the package's code behind it changed"]
    updated["libraries"]["pandas"] = "99.0"
    assert list(changes(before, updated)) == [
        f"libraries changed: pandas {before['libraries']['pandas']} -> 99.0"
    ]


def test_a_record_is_kept_only_of_a_stage_that_finished(project):
    with pytest.raises(RuntimeError, match="broken"), recorded(project, "alpha", "ingest"):
        raise RuntimeError("broken")
    assert read_record(project, "alpha", "ingest") is None
    with recorded(project, "alpha", "ingest"):
        edit(project, "config/cohorts/alpha.yaml", "unit: years", "unit: year")
    kept = read_record(project, "alpha", "ingest")
    assert list(changes(kept, facts_of(load_project(project), "alpha", "ingest"))) == [
        'config/cohorts/alpha.yaml: patients.covariates.age_years.unit: "years" -> "year"'
    ]


def test_a_missing_raw_file_is_told_before_anything_is_planned(project):
    (project / "data/beta/visits.csv").unlink()
    with pytest.raises(ConfigError, match=r"data/beta/visits.csv:\n  - no such file"):
        plan_run(project)


def test_outside_a_project_it_says_so(project):
    (project / "Snakefile").unlink()
    with pytest.raises(RunError, match="Snakefile"):
        plan_run(project)


MISSING = "Missing output files: results/alpha/restricted/patients.parquet"


def told_of_alpha(project, monkeypatch, *stages):
    jobs = [Job("alpha", stage, (MISSING,)) for stage in stages]
    monkeypatch.setattr(plan, "planned_jobs", lambda _: jobs)
    return [line.strip() for line in plan_run(project)]


def test_after_a_check_that_kept_rows_behind_problems_nothing_ran_yet(project, monkeypatch):
    edit(project, "data/alpha/visits.csv", "P001,4,", "P001,4,9")
    with pytest.raises(DataError):
        check_project(project)
    assert (project / "results/alpha/restricted").is_dir()
    told = told_of_alpha(project, monkeypatch, "ingest", "fit survival")
    assert told[1:3] == ["because it did not run yet", "runs ingest, fit survival"]


def test_a_stage_that_did_not_run_is_told_by_its_name_where_others_did(project, monkeypatch):
    with recorded(project, "alpha", "ingest"):
        pass
    told = told_of_alpha(project, monkeypatch, "fit survival")
    assert told[1] == "because fit survival did not run yet"
