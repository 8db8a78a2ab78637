"""Forests under headings: the whole above its parts, causes together, every part with its line."""

from __future__ import annotations

import dataclasses

import figure_survival_rows as suite
import pandas as pd
import pytest
from figure_rows import NOT_CONVERGED, RELAPSE, describe, draw, forest_rows, style_of, texts

from outcomes.figures.forest_groups import groups_of, natural
from outcomes.figures.style import Style

NOT_RANDOMISED = {"A patch": frozenset({"patch"})}


@pytest.fixture
def style() -> Style:
    return style_of("two_arms", **RELAPSE)


def names_of(figure) -> list[str]:
    return [text.get_text() for text in figure.texts if text.get_gid() == "name"]


def intervals_of(figure) -> list[str]:
    return [text.get_text() for text in figure.texts if text.get_gid() == "interval"]


@pytest.mark.parametrize(
    "quantity", ["mean_difference", "hazard_ratio", "rmst_difference", "risk_difference"]
)
def test_rows_of_plain_contrasts_need_no_headings(quantity):
    for cohort in ("four_arms", "two_arms"):
        assert groups_of(forest_rows(cohort, quantity), style_of(cohort)) is None


def test_subgroups_stand_by_covariate_under_the_overall_ratio(style):
    figure = draw("forest", suite.subgroup_rows("two_arms"), style)
    assert names_of(figure) == [
        "Triple combination", "vs Patch only", "Overall",
        "Previous depressive episodes before the current one", "0 to 1", "2 to 9", "10 or more",
        "Sex", "female", "male",
    ]  # fmt: skip
    assert intervals_of(figure)[0] == "0.59 (0.41 to 0.84)"
    assert len(intervals_of(figure)) == 6


def test_levels_stand_in_the_order_in_which_the_cohort_declares_them(style):
    declared = {"sex=male": "male", "sex=female": "female"} | dict(style.labels)
    turned = dataclasses.replace(style, labels=declared)
    names = names_of(draw("forest", suite.subgroup_rows("two_arms"), turned))
    assert names[-2:] == ["male", "female"]


def test_the_test_of_interaction_stands_beside_its_covariate(style):
    figure = draw("forest", suite.subgroup_rows("two_arms"), style)
    beside = [text.get_text() for text in figure.texts if text.get_gid() == "interaction"]
    assert beside == ["interaction p = 0.009", "interaction p = 0.312"]
    said = describe("forest", suite.subgroup_rows("two_arms"), style)
    assert "Sex (interaction p = 0.312): female 0.51 (0.31 to 0.84); male 0.72 (0.44 to 1.19)." in said
    assert "joint over all contrasts" not in said, "of one contrast the test is its own"
    four = describe("forest", suite.subgroup_rows("four_arms"), style_of("four_arms", **RELAPSE))
    assert "Tests of interaction are joint over all contrasts." in four


def test_a_test_of_a_contrast_stands_with_that_contrast_only():
    rows = suite.subgroup_rows("four_arms")
    tests = rows["quantity"] == "interaction_chi_square"
    rows.loc[tests, ["arm", "comparator"]] = ["medication", "neither"]
    figure = draw("forest", rows, style_of("four_arms", **RELAPSE))
    assert sum(text.get_gid() == "interaction" for text in figure.texts) == 2


def test_a_test_of_interaction_that_failed_is_called_so(style):
    rows = suite.subgroup_rows("two_arms")
    failed = rows["term"] == "sex"
    rows.loc[failed, ["status", "message"]] = ["not_converged", NOT_CONVERGED]
    assert "interaction not estimable" in texts(draw("forest", rows, style))


def test_a_subgroup_without_a_number_keeps_its_line_and_says_why(style):
    rows = suite.subgroup_rows("two_arms", fail="sex=male")
    figure = draw("forest", rows, style)
    assert names_of(figure)[-1] == "male"
    assert intervals_of(figure)[-1] == "not estimable"
    note = "Not estimable: Triple combination vs Patch only, Sex: male (no event in an arm)"
    assert note in texts(figure)
    assert note in describe("forest", rows, style)


def test_periods_stand_in_their_order_under_the_overall_ratio(style):
    names = names_of(draw("forest", suite.period_rows("two_arms"), style))
    assert names[2:] == ["Overall", "Period", "days 0 to 90", "days 90 to 180", "after day 180"]
    assert "Period (interaction p = 0.078): days 0 to 90" in describe(
        "forest", suite.period_rows("two_arms"), style
    )


def test_names_with_numbers_sort_by_the_numbers():
    names = ["after day 180", "days 90 to 180", "days 0 to 90", "male", "female"]
    assert sorted(names, key=natural) == ["female", "male", "days 0 to 90", "days 90 to 180", "after day 180"]


def test_both_ratios_of_every_cause_are_shown_the_event_first_and_no_side_is_better(style):
    figure = draw("forest", suite.cause_rows("two_arms"), style)
    bold = " ".join(text.get_text() for text in figure.texts if text.get_weight() == "bold")
    assert bold == (
        "Relapse: cause-specific hazard ratio Relapse: subdistribution hazard ratio "
        "Withdrawal from the study before the end of follow-up: cause-specific hazard ratio "
        "Withdrawal from the study before the end of follow-up: subdistribution hazard ratio"
    )
    assert "better" not in " ".join(texts(figure))


def test_a_ratio_that_is_not_estimable_stands_beside_its_penalised_one(style):
    figure = draw("forest", suite.firth_rows("two_arms"), style)
    assert intervals_of(figure) == ["not estimable", "0.45 (0.15 to 1.36)"]
    rows = suite.firth_rows("two_arms")
    alone = draw("forest", rows[rows["quantity"] == "penalised_hazard_ratio"], style)
    assert intervals_of(alone) == ["0.45 (0.15 to 1.36)"]


@pytest.mark.parametrize(("quantity", "sided"), [("survival_difference", True), ("risk_difference", False)])
def test_differences_at_several_times_stand_under_their_times(style, quantity, sided):
    figure = draw("forest", suite.difference_rows("two_arms", quantity), style)
    bold = [text.get_text() for text in figure.texts if text.get_weight() == "bold"]
    assert bold == ["At day 90", "At day 182"]
    assert intervals_of(figure) == ["13.3 (−2.7 to 29.3)", "19.0 (3.0 to 35.0)"]
    assert ("first named →" in texts(figure)) == sided, "a lower risk may be a good end or a bad one"


def test_a_difference_at_one_time_has_it_in_the_title(style):
    rows = suite.difference_rows("two_arms")
    figure = draw("forest", rows[rows["time"] == 182], style)
    assert texts(figure)[0].startswith("Relapse: difference in probability of remaining event-free")
    assert " ".join(texts(figure)[:2]).endswith("at day 182")


def test_risks_of_several_causes_have_cause_and_time_in_the_heading(style):
    rows = suite.difference_rows("two_arms", "risk_difference")
    both = pd.concat([rows.assign(term="early_withdrawal"), rows.assign(term="relapse")])
    said = describe("forest", both, style)
    assert said.startswith(
        "Relapse and competing events: risk difference (percentage points), with 95% CI. Rel"
    )
    assert "Relapse, at day 90: Triple combination vs Patch only 13.3 (−2.7 to 29.3)." in said


def test_no_difference_is_always_labelled_on_a_ratio_axis():
    for kind in ("subgroup_forest", "cause_forest", "firth_forest"):
        (ax,) = draw(kind, suite.KINDS[kind]("four_arms"), style_of("four_arms", **RELAPSE)).axes
        assert 1.0 in list(ax.get_xticks()), kind


@pytest.mark.parametrize("kind", ["subgroup_forest", "cause_forest", "rmst_horizons", "specification_curve"])
def test_what_was_not_randomised_is_marked_and_said(kind):
    rows = suite.KINDS[kind]("two_arms")
    figure = draw(kind, rows, style_of("two_arms", **RELAPSE, not_randomised=NOT_RANDOMISED))
    assert "† Not randomised: A patch" in texts(figure)
    assert any(text.endswith("Patch only†") for text in texts(figure))
    said = describe(kind, rows, style_of("two_arms", **RELAPSE, not_randomised=NOT_RANDOMISED))
    assert "Not randomised: A patch." in said
