"""One sentence per contrast: exact words for rows made by hand."""

from __future__ import annotations

import dataclasses

from report_rows import (
    content_of,
    difference,
    four_arm_content,
    of,
    synthetic_content,
    two_arm_content,
)
from report_settings import NO_EVENTS_PRINTED

from outcomes.config.headlines import HEADLINES
from outcomes.models.fit import wald_row
from outcomes.report.content import ReportContent
from outcomes.report.naming import row_term
from outcomes.report.sentences import WORDINGS, answers

FLAG = "Antidepressant was not randomised: this comparison is observational"


def sentence(content: ReportContent, analysis: str, arm: str, comparator: str) -> str:
    return next(a.text for a in answers(content, analysis) if (a.arm, a.comparator) == (arm, comparator))


def test_a_difference_whose_interval_excludes_zero():
    assert sentence(four_arm_content(), "bdi_mixed", "therapy", "neither") == (
        "At month 8, the mean BDI score was 5.0 points lower with Beat the Blues than with usual care "
        "(difference in means −5.0 points, 95% CI −8.6 to −1.5; p = 0.005; Holm-adjusted p = 0.015 in family "
        "symptoms). Lower scores are better, so the estimate favours Beat the Blues."
    )


def test_a_difference_whose_interval_holds_zero_says_the_whole_range():
    assert sentence(four_arm_content(), "bdi_mixed", "combined", "medication") == (
        "At month 8, the mean BDI score was 2.0 points lower with Beat the Blues + antidepressant than "
        "with antidepressant (difference in means −2.0 points, 95% CI −6.0 to 1.9; p = 0.308; "
        "Holm-adjusted p = 0.616 in family symptoms). Lower scores are better, so the estimate favours "
        "Beat the Blues + antidepressant, but the data are compatible with anything from 6.0 points lower "
        "to 1.9 points higher."
    )


def test_a_label_that_ends_in_score_is_not_called_a_score_twice():
    content = four_arm_content()
    labels = {**content.labels, "bdi": "Undoing score"}
    content = dataclasses.replace(content, labels=labels)
    assert "the mean Undoing score was 5.0" in sentence(content, "bdi_mixed", "therapy", "neither")


def test_only_words_that_are_known_lose_their_capital():
    content = four_arm_content()
    labels = {**content.labels, "bdi": "Ge", "therapy": "Trt 1", "neither": "Trt 0"}
    content = dataclasses.replace(content, labels=labels)
    said = sentence(content, "bdi_mixed", "therapy", "neither")
    assert "the mean Ge score was 5.0 points lower with Trt 1 than with Trt 0" in said


def test_an_estimate_that_rounds_to_zero_favours_nobody():
    assert sentence(four_arm_content(), "bdi_mixed", "combined", "therapy") == (
        "At month 8, the mean BDI score was the same to the precision shown with Beat the Blues + "
        "antidepressant and with Beat the Blues (difference in means 0.0 points, 95% CI −4.3 to 4.3; p = "
        "0.993; Holm-adjusted p = 0.993 in family symptoms). Lower scores are better; the data are "
        f"compatible with anything from 4.3 points lower to 4.3 points higher. {FLAG}."
    )


def test_a_boundary_fit_is_read_with_care():
    (answer,) = answers(four_arm_content(), "bdi_completers")
    assert answer.caution == "Read with care: the variance of the random slope is zero."
    assert "slope" not in answer.text


def test_a_risk_difference_without_a_p_value():
    assert sentence(four_arm_content(), "dropout", "therapy", "neither") == (
        "The share of patients with no BDI score at the last planned visit was 12.0 percentage points "
        "lower with Beat the Blues than with usual care (risk difference −12.0 percentage points, 95% CI "
        "−30.0 to 7.0). Less dropout is better, so the estimate favours Beat the Blues, but the data are "
        "compatible with anything from 30.0 percentage points lower to 7.0 percentage points higher."
    )


def test_a_row_that_is_not_ok_says_why():
    assert sentence(four_arm_content(), "dropout", "combined", "therapy") == (
        "For dropout, the risk difference of Beat the Blues + antidepressant against Beat the Blues cannot "
        f"be estimated: {NO_EVENTS_PRINTED}. {FLAG}."
    )
    assert sentence(synthetic_content(), "relapse_cox", "combined", "neither") == (
        "For recurrence, the hazard ratio of Beat the Blues + antidepressant against usual care cannot be "
        "estimated (the fit did not converge): gradient 0.3."
    )


def test_a_contrast_without_any_row_is_not_passed_over():
    content = two_arm_content()
    rows = content.estimates[content.estimates["quantity"] != "hazard_ratio"]
    bare = dataclasses.replace(content, estimates=rows.reset_index(drop=True))
    assert sentence(bare, "relapse_cox", "combined", "medication").endswith(
        "cannot be estimated: the table of estimates has no row for it."
    )


def test_survival_sentences():
    content = two_arm_content()
    assert sentence(content, "relapse_cox", "combined", "medication") == (
        "The hazard of relapse to smoking was 45% lower with triple combination than with patch only "
        "(hazard ratio 0.55, 95% CI 0.36 to 0.83; p = 0.005). A lower hazard of relapse to smoking is "
        "better, so the estimate favours triple combination."
    )
    assert sentence(content, "relapse_rmst", "combined", "medication") == (
        "Over the first 182 days, the mean time free of relapse to smoking was 32 days longer with "
        "triple combination than with patch only (difference in restricted mean survival time 32 days, "
        "95% CI 7 to 58; p = 0.014). Longer is better, so the estimate favours triple combination."
    )
    assert sentence(content, "relapse_log_rank", "combined", "medication") == (
        "Time to relapse to smoking with triple combination and with patch only was compared by the "
        "log-rank test (log-rank chi-square 7.95 on 1 df; p = 0.005), which gives neither size nor direction."
    )


def test_direction_follows_the_instrument_and_the_event():
    content = synthetic_content()
    assert "5.0 points higher" in sentence(content, "qol_mixed", "combined", "therapy")
    assert "Higher scores are better, so the estimate favours Beat the Blues + antidepressant." in sentence(
        content, "qol_mixed", "combined", "therapy"
    )
    harmful = sentence(content, "relapse_cox", "combined", "therapy")
    assert "was 2.4 times as high with Beat the Blues + antidepressant as with Beat the Blues" in harmful
    assert harmful.endswith("so the estimate favours Beat the Blues.")
    wanted = content.cohort.model_copy(
        update={
            "events": {"relapse": content.cohort.events["relapse"].model_copy(update={"favourable": True})}
        }
    )
    assert sentence(
        dataclasses.replace(content, cohort=wanted), "relapse_cox", "combined", "therapy"
    ).endswith(
        "A higher hazard of recurrence is better, so the estimate favours Beat the Blues + antidepressant."
    )


def test_change_and_adherence_are_worded_as_such():
    content = synthetic_content()
    assert sentence(content, "phq9_mixed", "combined", "therapy").startswith(
        "At month 8, the mean change in PHQ-9 from baseline was 2.1 points lower with"
    )
    assert sentence(content, "sessions", "combined", "therapy").startswith(
        "The mean share of planned psychotherapy sessions attended was 8.2 percentage points higher with"
    )


def test_every_model_with_a_headline_has_a_wording():
    assert set(HEADLINES) == set(WORDINGS)


def test_names_without_a_label_are_shown_as_words():
    content = four_arm_content(labels={})
    assert "with combined than with medication" in sentence(content, "bdi_mixed", "combined", "medication")
    assert "At month 8, the mean bdi score" in sentence(content, "bdi_mixed", "combined", "medication")


def test_a_contrast_without_time_is_averaged_over_visits():
    content = four_arm_content()
    row = difference("combined", "neither", 8.0, -2.0, 0.5) | {"time": None, "time_unit": None}
    plan = content.plan.model_dump(mode="json", exclude_none=True)
    plan["analyses"] = {"bdi_completers": plan["analyses"]["bdi_completers"]}
    plan["multiplicity"] = {}
    averaged = content_of("one", content.cohort, plan, of("bdi_completers", [row]))
    assert answers(averaged, "bdi_completers")[0].text.startswith(
        "Averaged over the planned visits, the mean BDI score was 2.0 points lower with"
    )


def test_an_arm_called_neither_is_never_the_word_neither():
    content = four_arm_content()
    bare = dataclasses.replace(content, labels={**content.labels, "neither": "Neither"})
    text = sentence(bare, "bdi_mixed", "therapy", "neither")
    assert "than with neither treatment (" in text
    worse = difference("therapy", "neither", 8.0, 5.0, 1.0)
    plan = content.plan.model_dump(mode="json", exclude_none=True)
    plan |= {"multiplicity": {}, "analyses": {"bdi_completers": plan["analyses"]["bdi_completers"]}}
    plan["analyses"]["bdi_completers"]["contrasts"] = [["therapy", "neither"]]
    made = content_of("one", content.cohort, plan, of("bdi_completers", [worse]), labels=bare.labels)
    assert answers(made, "bdi_completers")[0].text.endswith("favours the arm with neither treatment.")


def test_what_a_label_adds_behind_a_comma_stays_out_of_the_sentence():
    content = two_arm_content()
    labels = {**content.labels, "relapse": "Relapse, from the quit date"}
    text = sentence(dataclasses.replace(content, labels=labels), "relapse_cox", "combined", "medication")
    assert text.startswith("The hazard of relapse was 45% lower")


def test_a_derived_state_with_competing_events_is_named_as_the_analysis_names_it():
    """The cohort has an event called dropout of its own, which the analysis does not mean."""
    rule = {"source": "made up"}
    definition = {
        "title": "T", "version": "1", **rule, "dropout": rule,
        "remission": {"at_most": 8, **rule}, "relapse": {"at_least": 20, **rule},
    }  # fmt: skip
    endpoint = {
        "kind": "derived_competing_events", "measure": "bdi", "definition": definition, "state": "relapse",
        "start": "remission", "competing": ["dropout"], "dropout": "definition",
    }  # fmt: skip
    entry = {"model": "competing_risks", "role": "secondary", "question": "?", "endpoint": endpoint}
    plan = {"title": "t", "analyses": {"entry": entry}}
    place = {"arm": "combined", "comparator": "therapy", "time": 365.0, "time_unit": "day",
             "unit": "probability", "n_patients": 90}  # fmt: skip
    rows = [wald_row("risk_difference", value, 0.05, 0.95, **place, term=term)
            for term, value in (("relapse", -0.2), ("dropout", 0.1))]  # fmt: skip
    label = "Relapse from remission, by BDI score"
    named = {"relapse": label, "dropout": "Dropout"}
    facts = {"label": label, "higher_is_better": True, "labels": named, "warnings": []}
    whole = four_arm_content()
    content = content_of("one", whole.cohort, plan, of("entry", rows), methods={"entry": facts},
                         labels={**whole.labels, "dropout": "Left early"})  # fmt: skip
    said = sentence(content, "entry", "combined", "therapy")
    assert said.startswith(
        "After remission, by day 365, with dropout as a competing event, the share of patients with relapse "
        "was 20.0 percentage points lower"
    )
    assert [row_term(content, row) for row in content.rows] == ["Relapse from remission", "Dropout"]
