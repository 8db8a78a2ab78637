"""`outcomes check` beyond single files: what the data lack for the analyses of the plan."""

from __future__ import annotations

import pytest
from tiny_project import write_project

from outcomes.errors import OutcomesError
from outcomes.stages.check import check_project


def drop_baselines(project):
    visits = project / "data/alpha/visits.csv"
    header, *rows = visits.read_text().splitlines()
    place = header.split(",").index("week")
    kept = [row for row in rows if row.split(",")[place] != "0"]
    visits.write_text("\n".join([header, *kept]) + "\n")


def edit_plan(project, old, new):
    plan = project / "config/plans/alpha.yaml"
    text = plan.read_text()
    assert old in text
    plan.write_text(text.replace(old, new))


@pytest.mark.parametrize("model", ["mixed", "mmrm"])
def test_a_measure_without_any_baseline_score_is_told_before_the_run(tmp_path, model):
    project = write_project(tmp_path)
    edit_plan(project, "model: mixed", f"model: {model}")
    drop_baselines(project)
    with pytest.raises(OutcomesError) as caught:
        check_project(project)
    assert str(caught.value).splitlines() == [
        "config/cohorts/alpha.yaml:",
        "  - measures.phq9: no scores at the baseline visit; if a column holds the baseline score name it "
        "under measures.phq9.baseline, or set adjust_for_baseline: false in the plan (analyses.phq9_mixed)",
    ]


def test_an_analysis_that_needs_no_baseline_is_in_order_without(tmp_path):
    project = write_project(tmp_path)
    drop_baselines(project)
    edit_plan(project, "model: mixed\n", "model: mixed\n    adjust_for_baseline: false\n")
    assert check_project(project)[0].startswith("alpha: in order")


def test_a_change_needs_its_baseline_whatever_is_adjusted_for(tmp_path):
    project = write_project(tmp_path)
    drop_baselines(project)
    edit_plan(project, "model: mixed\n", "model: mixed\n    adjust_for_baseline: false\n")
    edit_plan(project, "kind: score", "kind: change")
    with pytest.raises(OutcomesError, match="or set kind: score and adjust_for_baseline: false"):
        check_project(project)


def test_one_analysis_is_counted_in_the_singular(tmp_path):
    project = write_project(tmp_path)
    plan = project / "config/plans/beta.yaml"
    plan.write_text(plan.read_text().split("  baseline:\n")[0])
    assert check_project(project)[1].endswith("; 1 analysis")


def test_faults_of_plan_outputs_data_and_truth_of_one_cohort_are_told_together(tmp_path):
    project = write_project(tmp_path)
    edit_plan(project, "measure: phq9}\n    population", "measure: phq8}\n    population")
    outputs = project / "config/outputs.yaml"
    outputs.write_text(outputs.read_text().replace("kind: forest", "kind: forrest", 1))
    cohort = project / "config/cohorts/alpha.yaml"
    cohort.write_text(cohort.read_text().replace("design:", "truth: data/alpha/truth.yaml\ndesign:", 1))
    (project / "data/alpha/truth.yaml").write_text("truths: []\n")
    visits = project / "data/alpha/visits.csv"
    visits.write_text(visits.read_text().replace("P001,4,", "P001,4,9", 1))
    with pytest.raises(OutcomesError) as caught:
        check_project(project)
    told = {problem.source for problem in caught.value.problems}
    assert told == {
        "config/plans/alpha.yaml", "config/outputs.yaml", "data/alpha/truth.yaml", "data/alpha/visits.csv"
    }  # fmt: skip
