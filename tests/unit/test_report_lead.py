"""Where hazards are not proportional, the restricted mean leads and the page says why."""

from __future__ import annotations

import dataclasses

import pandas as pd
from report_rows import of, two_arm_content

from outcomes.io import shape
from outcomes.models.fit import level, wald_row
from outcomes.report.lead import lead_of
from outcomes.report.page import answer_groups, render_report, summarise
from outcomes.tables import ESTIMATES


def content_with(p_value, *, without_rmst=False, own=False):
    """The relapse trial with a test of proportionality; its RMST in the plan, in the Cox rows, or nowhere."""
    content = two_arm_content()
    test = level("proportionality_chi_square", term="treatment", estimate=5.0, statistic=5.0, df=1.0,
                 p_value=p_value)  # fmt: skip
    rows = list(of("relapse_cox", [test]))
    if own:
        pair = {"arm": "combined", "comparator": "medication", "n_patients": 125, "n_events": 89}
        rows += of("relapse_cox", [wald_row("rmst_difference", 30.0, 13.0, 0.95, unit="days", time=170.0,
                                            time_unit="day", **pair)])  # fmt: skip
    kept = content.estimates
    plan = content.plan
    if without_rmst:
        kept = kept[kept["analysis"] != "relapse_rmst"]
        analyses = {name: a for name, a in plan.analyses.items() if name != "relapse_rmst"}
        plan = plan.model_copy(update={"analyses": analyses})
    shared = kept[kept["analysis"] == "relapse_cox"].iloc[0][["cohort", "endpoint", "population", "model"]]
    added = pd.DataFrame([dict(shared) | row for row in rows])
    estimates = shape(pd.concat([kept.astype(object), added], ignore_index=True), ESTIMATES)
    return dataclasses.replace(content, estimates=estimates, plan=plan, figures=())


def test_a_proportional_hazard_leads_itself():
    assert lead_of(content_with(0.2), "relapse_cox") is None
    assert lead_of(two_arm_content(), "relapse_cox") is None


def test_the_plans_own_restricted_mean_leads_and_the_hazard_ratio_follows():
    content = content_with(0.012)
    lead = lead_of(content, "relapse_cox")
    assert lead.reason == (
        "Hazards are not proportional (test of treatment, p = 0.012): the effect changes over time, and one "
        "hazard ratio averages it in a way that depends on follow-up. The restricted mean survival time "
        "leads; the hazard ratio follows."
    )
    assert [answer.analysis for answer in lead.answers] == ["relapse_rmst"]
    group = next(g for g in answer_groups(content) if g.analysis == "relapse_cox")
    assert [answer.analysis for answer in group.told] == ["relapse_rmst", "relapse_cox"]
    page = render_report(content)
    said = page.index("Hazards are not proportional")
    assert said < page.index("the mean time free of", said) < page.index("The hazard of", said)


def test_the_index_shows_what_leads():
    assert "mean time free of" in summarise(content_with(0.012))["answers"][0]["text"]
    assert "hazard" in summarise(content_with(0.2))["answers"][0]["text"]


def test_without_an_rmst_in_the_plan_that_of_the_cox_analysis_leads():
    lead = lead_of(content_with(0.012, without_rmst=True, own=True), "relapse_cox")
    assert [(a.analysis, "Over the first 170 days" in a.claim) for a in lead.answers] == [
        ("relapse_cox", True)
    ]


def test_where_there_is_no_restricted_mean_the_page_says_that():
    lead = lead_of(content_with(0.012, without_rmst=True), "relapse_cox")
    assert lead.answers == ()
    assert lead.reason.endswith("The plan has no restricted mean that could lead instead.")
