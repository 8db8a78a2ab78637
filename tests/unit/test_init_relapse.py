"""The plan of `outcomes init` shows how a relapse is derived from the visits of a known instrument."""

from __future__ import annotations

import pytest
from drafts import draft, people, scores

from outcomes.config import Plan
from outcomes.config.base import build, parse_yaml
from outcomes.config.project import check_plan
from outcomes.stages.definitions import unfit_definitions

SHOWN = "# Relapse after remission may be derived from the visits"


def drafted(root, data, column, weeks, **answers):
    scores(people(), weeks, column).to_csv(data / "visits.csv", index=False)
    people().to_csv(data / "people.csv", index=False)
    cohort, plan, _, _ = draft(root, "people.csv", "visits.csv", **answers)
    return cohort, plan, (root / "config/plans/trial.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize("column", ["hamd17", "madrs", "phq9"])
def test_with_the_marks_away_the_entry_is_one(tmp_path, data, column):
    cohort, plan, text = drafted(tmp_path, data, column, [0, 4, 12, 26, 52])
    assert f"{column}_relapse_cox" not in plan.analyses
    head, _, shown = text.partition(f"  # {column}_relapse_cox:\n")
    entry = f"  {column}_relapse_cox:\n" + shown.replace("  # ", "  ")
    taken = build(Plan, parse_yaml(head + entry, "plan"), "plan")
    assert check_plan(taken, cohort, "plan") == []
    assert unfit_definitions(taken, cohort, "plan") == []
    endpoint = taken.analyses[f"{column}_relapse_cox"].endpoint
    assert (endpoint.state, endpoint.start) == ("relapse", "remission")
    assert not taken.analyses[f"{column}_relapse_cox"].prespecified


@pytest.mark.parametrize(("column", "recovers"), [("hamd17", True), ("madrs", False)])
def test_a_definition_with_recovery_is_shown_with_what_follows(tmp_path, data, column, recovers):
    _, _, text = drafted(tmp_path, data, column, [0, 4, 12, 26, 52])
    assert "changes: {starts_in: remission}" in text
    assert ("state: relapse_or_recurrence goes on" in text) is recovers


def test_three_visits_tell_no_relapse(tmp_path, data):
    assert SHOWN not in drafted(tmp_path, data, "phq9", [0, 4, 8])[2]


def test_without_a_definition_for_the_instrument_nothing_is_shown(tmp_path, data):
    weeks = [0, 4, 12, 26, 52]
    _, _, text = drafted(tmp_path, data, "severity_score", weeks, higher_is_better="false")
    assert SHOWN not in text
