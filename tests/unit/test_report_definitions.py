"""The page says by which rules an event was derived, who it is about, and what answers without an event."""

from __future__ import annotations

import dataclasses

import pandas as pd
from report_rows import content_of, four_arm_content, of, two_arm_content

from outcomes.io import shape
from outcomes.models.fit import failed_row, level, wald_row
from outcomes.report.definitions import definition_tables
from outcomes.report.page import render_report
from outcomes.report.sentences import answers
from outcomes.report.tables import TableView
from outcomes.report.who import patients_by_arm
from outcomes.tables import ESTIMATES

DEFINITION = {
    "title": "Relapse by BDI", "version": "1.0", "source": "Protocol, section 6",
    "remission": {"at_most": 9, "visits_in_row": 2, "source": "Protocol, section 6.1"},
    "relapse": {"at_least": 17, "missing": "event", "rater": "patient", "source": "Protocol, section 6.2"},
    "dropout": {"source": "Protocol, section 6.3"},
}  # fmt: skip
PAIR = {"arm": "combined", "comparator": "medication", "n_patients": 125, "n_events": 52}
WHY = "no event in arm combined; the log-rank test and the curves can still be read"


def derived_content(**rules):
    endpoint = {"kind": "derived_event", "measure": "bdi", "definition": "ours", "state": "relapse",
                "start": "remission"}  # fmt: skip
    entry = {"model": "cox", "role": "secondary", "question": "?", "endpoint": endpoint}
    plan = {"title": "t", "definitions": {"ours": DEFINITION | rules}, "analyses": {"relapse_cox": entry}}
    facts = {
        "label": "Relapse from remission, by BDI",
        "higher_is_better": True,
        "labels": {},
        "warnings": [],
    }
    pair = {"arm": "combined", "comparator": "therapy", "unit": "ratio", "n_patients": 90, "n_events": 30}
    rows = of("relapse_cox", [wald_row("hazard_ratio", -0.5, 0.2, 0.95, **pair)])
    whole = four_arm_content()
    return content_of("one", whole.cohort, plan, rows, methods={"relapse_cox": facts}, labels=whole.labels)


def cells(view: TableView) -> list[list[str]]:
    return [[line.head.text, *(cell.text for cell in line.cells)] for line in view.lines]


def test_every_rule_of_a_definition_stands_on_the_page_with_its_source():
    (view,) = definition_tables(derived_content())
    assert view.caption == "Definition ours: Relapse by BDI, version 1.0, on BDI"
    assert cells(view) == [
        ["Remission", "A score of 9 or less", "2 visits in a row", "Passed over", "",
         "Protocol, section 6.1"],
        ["Relapse", "A score of 17 or more", "One visit", "Counts as the state", "Patient",
         "Protocol, section 6.2"],
        ["Dropout", "No score at the last planned visit", "", "", "", "Protocol, section 6.3"],
    ]  # fmt: skip
    assert view.notes == ("Used by relapse_cox.", "Source: Protocol, section 6.")
    assert "A score of 17 or more" in render_report(derived_content())


def test_a_sentence_says_until_when_a_relapse_is_a_relapse():
    said = [answer.claim for answer in answers(derived_content(), "relapse_cox")]
    recovery = {"at_most": 9, "visits_in_row": 2, "days_in_row": 180, "source": "s"}
    until = [answer.claim for answer in answers(derived_content(recovery=recovery), "relapse_cox")]
    assert any(claim.startswith("After remission, the hazard of relapse was 39% lower") for claim in said)
    assert any(claim.startswith("After remission and until recovery, the hazard of") for claim in until)


def test_a_plan_without_derived_events_has_no_such_table():
    assert definition_tables(two_arm_content()) == ()


def cox_content(*rows):
    content = two_arm_content()
    return content_of("smoking_relapse", content.cohort, content.plan.model_dump(mode="json"),
                      of("relapse_cox", rows), labels=content.labels)  # fmt: skip


def test_an_arm_without_events_is_answered_by_firths_ratio_and_says_why():
    content = cox_content(
        failed_row("hazard_ratio", "not_estimable", WHY, **PAIR),
        wald_row("penalised_hazard_ratio", -2.5, 0.8, 0.95, unit="ratio", **PAIR),
    )
    (answer,) = answers(content, "relapse_cox")
    assert answer.status == "boundary"
    assert answer.claim.startswith(
        "By Firth's penalised likelihood, the hazard of relapse to smoking was 92% lower"
    )
    assert answer.numbers.startswith("penalised hazard ratio 0.08, 95% CI 0.02 to 0.39; p = 0.002")
    assert (
        answer.caution == "The ordinary hazard ratio cannot be estimated: no event in arm Triple combination."
    )


def test_without_firths_ratio_the_reason_stands_alone():
    (answer,) = answers(cox_content(failed_row("hazard_ratio", "not_estimable", WHY, **PAIR)), "relapse_cox")
    assert answer.status == "not_estimable"
    assert answer.numbers == ""
    assert "cannot be estimated" in answer.claim


def test_without_a_flow_the_page_counts_who_is_left_out_too():
    content = two_arm_content()
    told = "excluded: never in remission"
    left_out = [level("count", term=told, arm="medication", estimate=6, unit="patients")]
    more = pd.DataFrame([dict(content.estimates.iloc[0]) | row for row in of("relapse_km", left_out)])
    estimates = shape(pd.concat([content.estimates.astype(object), more], ignore_index=True), ESTIMATES)
    content = dataclasses.replace(content, estimates=estimates)
    assert patients_by_arm(content) == {"medication": 70, "combined": 61}
