"""What a careful reader found missing or misleading: cautions, flags, units, titles, reasons."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from report_rows import (
    NO_EVENTS,
    content_of,
    difference,
    four_arm_content,
    mean,
    of,
    synthetic_content,
    truth,
    two_arm_content,
)
from report_settings import NO_EVENTS_PRINTED, OUTPUTS
from test_report import FLAG, Page

from outcomes.config import Outputs
from outcomes.config.cohort import ArmSpec
from outcomes.config.plan import MODEL_FAMILIES
from outcomes.models.fit import failed_row, level, wald_row
from outcomes.populations import POPULATIONS as KNOWN_POPULATIONS
from outcomes.report.content import ReportContent
from outcomes.report.index import IndexEntry, render_index
from outcomes.report.layouts import LAYOUTS
from outcomes.report.naming import reference_arm, term_note
from outcomes.report.notes import NOT_ADJUSTED
from outcomes.report.page import answer_groups, notices, render_report, summarise
from outcomes.report.question import MODELS, POPULATIONS, analyses_table, plan_facts
from outcomes.report.sections import Numbering, build_section
from outcomes.report.sentences import answers

PAIR = {"arm": "combined", "comparator": "medication"}


def one_analysis(
    content: ReportContent, analysis: str, rows: list[dict[str, Any]], **changes: Any
) -> ReportContent:
    """Return the content with one of its analyses only, changed, on the given rows."""
    plan = content.plan.model_dump(mode="json", exclude_none=True)
    plan["analyses"] = {analysis: plan["analyses"][analysis] | changes}
    return content_of("one", content.cohort, plan, of(analysis, rows), labels=content.labels)


def table(content: ReportContent, kind: str, analysis: str, *quantities: str):
    rows = [row for row in content.of_analysis(analysis) if not quantities or row["quantity"] in quantities]
    return LAYOUTS[kind](content, rows, "Caption")


def words(view) -> str:
    cells = [cell for line in view.lines for cell in (line.head, *line.cells)]
    return " | ".join(f"{cell.text} {cell.detail}".strip() for cell in cells)


def heads(view) -> list[str]:
    return [head.text for row in view.heads for head in row]


def test_a_narrow_scale_has_the_same_two_decimals_in_text_and_table():
    content = one_analysis(
        four_arm_content(),
        "bdi_completers",
        [difference("combined", "neither", 8.0, 0.351, 0.07), mean("combined", 8.0, 3.444, 0.05)],
    )
    assert "0.35 points higher" in answers(content, "bdi_completers")[0].text
    assert "0.35 points, 95% CI 0.21 to 0.49" in answers(content, "bdi_completers")[0].numbers
    assert "0.35 | 0.21 to 0.49 | 0.070" in words(
        table(content, "contrasts", "bdi_completers", "mean_difference")
    )
    assert "3.44 3.35 to 3.54" in words(table(content, "levels", "bdi_completers", "mean"))


def test_sentences_use_the_unit_of_the_row():
    row = difference("combined", "neither", 8.0, -2.31, 0.5, unit="pounds")
    content = one_analysis(four_arm_content(), "bdi_completers", [row])
    assert "score was 2.3 pounds lower" in answers(content, "bdi_completers")[0].text


def test_adjustment_that_takes_the_evidence_away_is_said():
    family = {"family": "symptoms", "n_patients": 96}
    rows = [
        difference("therapy", "neither", 8.0, -5.0, 2.4, p_adjusted=0.111, **family),
        difference("combined", "medication", 8.0, -7.0, 2.0, p_adjusted=0.001, **family),
        failed_row(
            "mean_difference", "not_estimable", NO_EVENTS, arm="combined", comparator="therapy", **family
        ),
    ]
    content = one_analysis(four_arm_content(), "bdi_mixed", rows)
    lost, kept, never = answers(content, "bdi_mixed")
    clause = "; after adjustment for 3 comparisons the data do not exclude no difference."
    assert lost.reading.endswith(f"favours Beat the Blues{clause}")
    assert clause not in kept.text + never.text


def test_intervals_are_said_not_to_be_adjusted_where_anything_is():
    page = render_report(four_arm_content())
    for section in ("answer", "methods"):
        start = page.index(f'<section id="{section}"')
        assert page[start : page.index("</section>", start)].count(NOT_ADJUSTED) == 1, section
    assert NOT_ADJUSTED in " ".join(table(four_arm_content(), "contrasts", "bdi_mixed").notes)
    assert NOT_ADJUSTED not in render_report(two_arm_content())


def test_an_additive_model_says_so():
    row = difference("combined", "neither", 8.0, -2.0, 0.5) | {"time": None, "time_unit": None}
    content = one_analysis(
        four_arm_content(), "bdi_completers", [row], predictors="components", treatment_by_time=False
    )
    assert answers(content, "bdi_completers")[0].claim.startswith(
        "Averaged over the planned visits, if the effects of the components add up, the mean BDI score was"
    )


def test_the_section_of_times_goes_by_its_only_event():
    content = two_arm_content(labels={**two_arm_content().labels, "relapse": "Death, from any cause"})
    assert build_section(content, "relapse", Numbering()).title == "Death"
    assert "Relapse</h2>" not in render_report(content)
    plan = content.plan.model_dump(mode="json", exclude_none=True)
    plan["analyses"]["relapse_rmst"]["endpoint"]["event"] = "death"
    events = {**content.cohort.events, "death": content.cohort.events["relapse"]}
    both = dataclasses.replace(
        content,
        plan=type(content.plan).model_validate(plan),
        cohort=content.cohort.model_copy(update={"events": events}),
        outputs=Outputs.model_validate(
            {"figures": {}, "tables": {
                name: {"kind": "contrasts", "section": "relapse", "caption": name, "where": {"model": name}}
                for name in ("cox", "rmst")
            }}
        ),
    )  # fmt: skip
    assert build_section(both, "relapse", Numbering()).title == "Time to event"


def test_what_the_plan_declares_is_not_presented_as_registered():
    assert ("Pre-specified", "as declared in the plan: every analysis; no registration given") in plan_facts(
        two_arm_content()
    )
    registered = dict(plan_facts(four_arm_content()))
    assert registered["Registration"] == "ISRCTN00000000"
    assert registered["Pre-specified"] == "as declared in the plan: all but bdi_completers"
    assert "Condition" not in dict(plan_facts(two_arm_content()))
    page = render_report(two_arm_content())
    assert '<p class="kicker">randomised trial</p>' in page


def test_models_populations_and_families_are_words():
    assert set(MODELS) == set(MODEL_FAMILIES)
    assert set(POPULATIONS) == set(KNOWN_POPULATIONS)
    shown = words(analyses_table(two_arm_content())) + words(analyses_table(four_arm_content()))
    for text in ("Kaplan-Meier", "RMST", "All assigned patients", "Holm, family 'symptoms'", "not adjusted"):
        assert text in shown
    assert "kaplan meier" not in shown


def test_each_reason_is_told_once():
    gone = [
        failed_row("risk_difference", "not_estimable", NO_EVENTS, arm=arm, comparator=comparator)
        for arm, comparator in (("therapy", "neither"), ("combined", "therapy"))
    ]
    content = one_analysis(four_arm_content(), "dropout", gone)
    content = dataclasses.replace(content, methods={"dropout": {"warnings": [f"{NO_EVENTS}."]}})
    first, second = answers(content, "dropout")
    assert first.reading == f": {NO_EVENTS_PRINTED}."
    assert second.reading == ", for the same reason."
    (notice,) = notices(content)
    assert notice.analyses == ("dropout",)
    assert notice.text.startswith(f"Not estimable: {NO_EVENTS_PRINTED} (Risk difference, Beat the Blues vs")
    assert NO_EVENTS_PRINTED not in words(table(content, "contrasts", "dropout"))


def test_a_boundary_is_told_once_below_its_sentences_and_in_the_index():
    message = "the variance of the random slope is zero"
    rows = [
        difference(*pair, 8.0, -5.0, 2.0) | {"status": "boundary", "message": message}
        for pair in (("therapy", "neither"), ("combined", "medication"), ("combined", "therapy"))
    ]
    content = one_analysis(four_arm_content(), "bdi_mixed", rows)
    (group,) = answer_groups(content)
    caution = f"Read with care: {message}."
    assert group.cautions == (caution,)
    page = render_report(content)
    assert page.count(caution) == 1
    assert page.count(message) == 2  # and among the warnings
    assert render_index([IndexEntry(**summarise(content))]).count(caution) == 1


def test_the_index_says_what_the_data_are_compatible_with():
    content = four_arm_content()
    texts = [answer["text"] for answer in summarise(content)["answers"]]
    assert [a.sentence for a in answers(content, "bdi_mixed") if a.sentence not in texts] == []
    assert any("compatible with anything from 6.0 points lower to 1.9 points higher" in t for t in texts)


def test_the_index_speaks_of_combined_treatment_only_where_it_is():
    both = IndexEntry(**summarise(four_arm_content()))
    content = two_arm_content()
    arms = {name: ArmSpec(label=name, components=[name]) for name in ("medication", "therapy")}
    cohort = content.cohort.model_copy(update={"arms": arms})
    plan = content.plan.model_copy(update={"analyses": {}})
    found = summarise(dataclasses.replace(content, cohort=cohort, plan=plan))
    single = IndexEntry(**{**found, "title": "Patch or inhaler", "arms": ()})
    assert (both.combined, single.combined) == (True, False)
    assert "<h1>Combined against single treatment, by cohort</h1>" in render_index([both])
    mixed = render_index([both, single])
    assert "<h1>Treatments compared, by cohort</h1>" in mixed
    assert "1 of 2 cohorts has a combined arm." in mixed
    assert "ombin" not in render_index([single]).partition("<body")[2]


def test_the_log_rank_table_shows_its_statistic_once():
    view = table(two_arm_content(), "contrasts", "relapse_log_rank")
    assert "Statistic" not in heads(view)
    assert words(view).count("7.95") == 2  # over all arms, and for the pair
    assert "df" in heads(view)


def test_a_status_that_is_always_ok_has_no_column_and_sources_are_lines():
    fine = table(four_arm_content(), "contrasts", "bdi_mixed", "mean_difference")
    assert "Status" not in heads(fine)
    assert fine.lines[0].cells[-1].text.isdigit()
    failed = table(four_arm_content(), "contrasts", "dropout", "risk_difference")
    assert "Status" in heads(failed)
    assert "Reasons for a status: see Warnings." in failed.notes


def test_tables_that_set_arms_side_by_side_carry_the_flag():
    content = four_arm_content()
    assert table(content, "levels", "bdi_mixed", "mean").flag.startswith(FLAG.partition(":")[0])
    harms = dataclasses.replace(synthetic_content(), cohort=content.cohort)
    assert table(harms, "adverse_events", "harms").flag.startswith(FLAG.partition(":")[0])
    assert table(synthetic_content(), "adverse_events", "harms").flag == ""
    rows = [
        level("log_rank_chi_square", estimate=9.1, statistic=9.1, df=3.0, p_value=0.03, unit="chi-square")
    ]
    cohort = content.cohort.model_copy(update={"events": two_arm_content().cohort.events})
    plan = two_arm_content().plan.model_dump(mode="json", exclude_none=True)
    tests = content_of("one", cohort, plan, of("relapse_log_rank", rows))
    assert table(tests, "contrasts", "relapse_log_rank").lines[0].head.flag == FLAG


def test_coefficients_compare_with_the_first_arm_that_the_model_holds():
    """Without patients in the arm with neither treatment, therapy is held against medication."""
    cohort = four_arm_content().cohort
    plan = two_arm_content().plan.model_dump(mode="json", exclude_none=True)
    place = {"unit": "log hazard ratio", "n_patients": 90}
    rows = [
        failed_row("hazard_ratio", "not_estimable", NO_EVENTS, arm="therapy", comparator="neither"),
        wald_row("hazard_ratio", -0.3, 0.2, 0.95, unit="ratio", arm="therapy", comparator="medication"),
        wald_row("log_hazard_coefficient", -0.3, 0.2, 0.95, term="therapy", **place),
        wald_row("log_hazard_coefficient", -0.5, 0.2, 0.95, term="combined", **place),
    ]
    content = content_of("one", cohort, plan, of("relapse_cox", rows))
    assert reference_arm(content, "relapse_cox") == "medication"
    assert term_note(content, "relapse_cox", "therapy") == FLAG
    assert term_note(content, "relapse_cox", "combined") == ""
    assert term_note(four_arm_content(), "bdi_mixed", "arm=therapy") == ""


def test_notes_below_tables_say_how_to_read_them():
    four = four_arm_content()
    assert "signed for numbers, without a sign for categories" in " ".join(
        table(four, "baseline", "baseline").notes
    )
    assert "Patients: with a score at the visit; the model uses all 96." in (
        table(four, "contrasts", "bdi_mixed", "mean_difference").notes
    )
    tested = wald_row(
        "risk_difference", -0.1, 0.05, 0.95, unit="probability", arm="therapy", comparator="neither"
    )
    pooled = one_analysis(four, "dropout", [tested])
    assert "The test uses the pooled variance, SE does not." in table(pooled, "contrasts", "dropout").notes
    rows = [
        mean("combined", 8.0, 12.0),
        truth("mean", 11.5, "points", arm="combined", time=8.0, time_unit="month"),
    ]
    held = table(one_analysis(four, "bdi_completers", rows), "truth", "bdi_completers")
    assert held.notes[-1] == "Intervals of means take the sample's baseline mean as fixed."
    assert len(table(synthetic_content(), "truth", "phq9_mixed").notes) == 1


def test_survival_is_shown_at_the_times_of_the_numbers_at_risk_and_of_comparisons():
    content = two_arm_content()
    ticks = [
        level("number_at_risk", arm=arm, time=time, time_unit="day", estimate=60, n_at_risk=60)
        for arm in content.cohort.arms for time in (0.0, 56.0)
    ]  # fmt: skip
    rows = [row for row in content.rows if row["analysis"] == "relapse_km"]
    plain = [{k: v for k, v in row.items() if k not in ("line", "cohort", "analysis")} for row in rows]
    named = wald_row("survival_difference", 0.1, 0.05, 0.95, time=14.0, time_unit="day", **PAIR)
    made = one_analysis(content, "relapse_km", [*plain, *ticks, named])
    view = table(made, "levels", "relapse_km", "survival_probability")
    assert [line.head.text for line in view.lines] == ["Day 14", "Day 56"]
    assert view.lines[1].cells[0].text == "86.0%"
    assert view.lines[1].cells[0].detail == "40.0% to 100.0%; 60 at risk"


def test_the_flow_of_an_event_is_worded_by_its_event():
    terms = ("assigned", "event", "censored: end of follow-up", "no follow-up")
    rows = [level("count", term=term, arm="combined", estimate=5, unit="patients") for term in terms]
    content = two_arm_content()
    plan = content.plan.model_dump(mode="json", exclude_none=True)
    plan["analyses"] = {
        "flow": {"model": "participant_flow", "role": "descriptive", "question": "Who?",
                 "endpoint": {"kind": "flow", "event": "relapse"}}
    }  # fmt: skip
    labels = {**content.labels, "relapse": "Recurrence, from maintenance"}
    drawn = dataclasses.replace(
        content.figures[0], name="flow_flow", kind="participant_flow", section="who", analysis="flow"
    )
    made = content_of("one", content.cohort, plan, of("flow", rows), labels=labels, figures=(drawn,))
    (block,) = build_section(made, "who", Numbering()).blocks
    numbers = block.figures[0].numbers
    assert numbers is not None
    assert [line.cells[1].text for line in numbers.lines] == [
        "Assigned", "Recurrence", "Censored: end of follow-up", "No follow-up",
    ]  # fmt: skip


@pytest.mark.parametrize("kept", ["table", "figure"])
def test_an_analysis_without_any_number_says_why_in_its_section(kept):
    row = failed_row("hazard_ratio", "not_estimable", NO_EVENTS, **PAIR)
    content = one_analysis(two_arm_content(), "relapse_cox", [row])
    figure = {"kind": "forest", "section": "relapse", "caption": "Ratios", "where": {"model": "cox"}}
    settings = {"figures": {"ratios": figure}, "tables": {}} if kept == "figure" else OUTPUTS
    content = dataclasses.replace(content, outputs=Outputs.model_validate(settings))
    (block,) = build_section(content, "relapse", Numbering()).blocks
    assert block.nothing == f"Nothing could be estimated: {NO_EVENTS}."
    assert block.nothing in Page(render_report(content)).text
    assert len(block.tables) == (kept == "table")
    assert all(b.nothing == "" for b in build_section(two_arm_content(), "relapse", Numbering()).blocks)


def test_thousands_are_set_apart_in_text_tables_and_sizes():
    row = wald_row("rmst_difference", 1525.4, 150.0, 0.95, unit="days", time=1828.0, time_unit="day", **PAIR)
    content = one_analysis(two_arm_content(), "relapse_rmst", [row | {"n_patients": 1204}])
    assert "Over the first 1,828 days, the mean time free of relapse to smoking was 1,525 days longer" in (
        answers(content, "relapse_rmst")[0].claim
    )
    assert "1,204 | 1,525 | 1,231 to 1,819" in words(table(content, "contrasts", "relapse_rmst"))
    assert "Day 1,828" in words(table(content, "contrasts", "relapse_rmst"))


def test_one_warning_of_several_analyses_stands_once():
    content = four_arm_content()
    both = {name: {"warnings": ["Mind this."]} for name in ("dropout", "bdi_mixed")}
    told = [n for n in notices(dataclasses.replace(content, methods=both)) if n.text == "Mind this."]
    assert [set(notice.analyses) for notice in told] == [{"dropout", "bdi_mixed"}]
