"""A status with three codes or more: `outcomes init` keeps deaths apart from the event, or asks."""

from __future__ import annotations

import numpy as np
import pytest
from drafts import draft, people, questions

from outcomes.config.competing import CompetingRisksAnalysis


def write(data, codes, column="status", **others):
    random = np.random.default_rng(1)
    frame = people(60).assign(days_to_end=random.integers(5, 400, 60))
    frame[column] = [codes[k % len(codes)] for k in range(60)]
    frame.assign(**others).to_csv(data / "trial.csv", index=False)


@pytest.mark.parametrize("death", ["death", "died", "Tod"])
def test_death_is_no_relapse_but_competes_with_it(tmp_path, data, death):
    write(data, ["censored", "relapse", death])
    cohort, plan, tables, text = draft(tmp_path, "trial.csv")
    status = cohort.events["relapse"].status
    assert list(status.event) == ["relapse"]
    assert status.censored == {"censored": "end of follow-up", death: death}
    assert f"{death} rules it out: model: competing_risks in the plan counts it" in text
    analysis = plan.analyses["relapse_competing_risks"]
    assert isinstance(analysis, CompetingRisksAnalysis)
    assert analysis.endpoint.causes == ("relapse", death)
    assert not analysis.prespecified
    assert tables.events["observed"].sum() == 20


def test_death_alone_is_the_event(tmp_path, data):
    write(data, ["alive", "dead"])
    cohort, plan, _, _ = draft(tmp_path, "trial.csv")
    (event,) = cohort.events.values()
    assert list(event.status.event) == ["dead"]
    assert not any(isinstance(a, CompetingRisksAnalysis) for a in plan.analyses.values())


def test_three_codes_without_words_are_asked_about_and_the_question_says_what_competes(tmp_path, data):
    write(data, [0, 1, 2])
    answers = {"event": "[1]", "censored": "{0: end of follow-up, 2: death}"}
    _, _, tables, text = draft(tmp_path, "trial.csv", **answers)
    assert {"event", "censored"} <= set(questions(text))
    asked = next(line for line in text.splitlines() if "censored:  # TO FILL IN" in line)
    assert "{0: end of follow-up, 2: death}" in asked
    assert "endpoint: {kind: competing_events, event: event, competing: [death]}" in asked
    assert set(tables.events["reason"].dropna()) == {"end of follow-up", "death"}


def test_two_codes_are_asked_about_without_competing_events(tmp_path, data):
    write(data, [1, 2])
    _, _, _, text = draft(tmp_path, "trial.csv", event="[1]", censored="{2: end of follow-up}")
    assert "competing" not in text


def two_events(data, name, other):
    random = np.random.default_rng(1)
    frame = people(60).assign(**{f"days_to_{name}": random.integers(5, 400, 60), name: [0, 1, 1] * 20})
    frame[f"days_to_{other}"], frame[other] = random.integers(5, 400, 60), [1, 0] * 30
    frame.to_csv(data / "trial.csv", index=False)


@pytest.mark.parametrize("other", ["death", "died"])
def test_of_two_events_a_death_competes_with_the_other(tmp_path, data, other):
    two_events(data, "relapse", other)
    cohort, plan, _, _ = draft(tmp_path, "trial.csv")
    assert list(cohort.events) == ["relapse", other]
    (analysis,) = [a for a in plan.analyses.values() if isinstance(a, CompetingRisksAnalysis)]
    assert analysis.endpoint.causes == ("relapse", other)
    assert analysis.endpoint.same_day == "refuse"
    text = (tmp_path / "config/plans/trial.yaml").read_text(encoding="utf-8")
    assert f"# guess: {other} by name rules it out; where both fell on one day" in text


def test_of_two_events_that_both_may_come_none_competes(tmp_path, data):
    two_events(data, "relapse", "dropout")
    _, plan, _, _ = draft(tmp_path, "trial.csv")
    assert not any(isinstance(a, CompetingRisksAnalysis) for a in plan.analyses.values())
