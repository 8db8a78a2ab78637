"""What figures and their descriptions say: findings, counts, units, and what must be minded."""

from __future__ import annotations

import re
from dataclasses import replace

import figure_rows as made
import pytest
from figure_rows import RELAPSE, describe, draw, texts
from figure_survival_rows import KINDS

from outcomes.figures.style import Style
from outcomes.figures.words import number, short


@pytest.fixture
def four_arms() -> Style:
    return made.style_of("four_arms", **RELAPSE)


def test_rows_that_failed_are_named_with_their_reason():
    style = made.style_of("four_arms", **RELAPSE)
    trajectory = " ".join(texts(draw("trajectory", made.trajectory_rows("four_arms", "therapy"), style)))
    assert f"Not estimable: Cognitive behavioural therapy, week 12 ({made.NOT_CONVERGED})" in trajectory
    forest = texts(draw("forest", made.forest_rows("four_arms", "hazard_ratio", fail=2), style))
    assert forest.count("not estimable") == 1
    assert sum(text.count(" to ") for text in forest) == 5
    balance = texts(draw("baseline_balance", made.balance_rows("four_arms", "sex"), style))
    assert "Sex" in balance
    assert balance.count("not estimable") == 1


def test_forest_shows_the_last_visit_and_prints_its_interval():
    style = made.style_of("two_arms", outcome="PHQ-9", higher_is_better=False)
    printed = texts(draw("forest", made.forest_rows("two_arms", "mean_difference"), style))
    assert "PHQ-9: difference in means (points) at week 12" in printed
    assert "−2.8 (−4.1 to −1.5)" in printed
    assert printed.index("← first named") < printed.index("second named →"), "fewer points are better"


@pytest.mark.parametrize(
    ("quantity", "relapse_is_an_event_to_avoid", "left"),
    [("hazard_ratio", True, "← first named"), ("hazard_ratio", False, "← second named"),
     ("rmst_difference", True, "← second named"), ("rmst_difference", False, "← first named")],
)  # fmt: skip
def test_forest_sides_follow_the_direction_of_benefit(quantity, relapse_is_an_event_to_avoid, left):
    style = made.style_of("two_arms", higher_is_better=relapse_is_an_event_to_avoid)
    assert left in texts(draw("forest", made.forest_rows("two_arms", quantity), style))


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("kaplan_meier", "Remaining free of relapse at day 182: Patch only 21.4%, Triple combination 40.3%."),
        (
            "forest",
            "Relapse: hazard ratio, with 95% CI: Triple combination vs Patch only 0.59 (0.42 to 0.84).",
        ),
        ("trajectory", "Triple combination 16.6 at baseline, 10.0 at week 12 (95% CI 9.1 to 10.9)."),
        (
            "participant_flow",
            "Triple combination: 120 assigned; completed: 102; discontinued (lost to follow-up: 11, adverse",
        ),
        (
            "event_flow",
            "Assigned 242. Patch only: 121 assigned; relapse: 52; no follow-up: 3; "
            "censored (end of study: 57, withdrew: 9). Triple combination: 121 assigned; relapse: 41; "
            "censored (end of study: 72, withdrew: 8).",
        ),
        (
            "baseline_balance",
            "mean difference 0.19 (Previous depressive episodes before the current one, Triple",
        ),
    ],
)
def test_descriptions_state_the_finding(kind, said):
    style = made.style_of("two_arms", **RELAPSE)
    rows = KINDS[kind]("two_arms")
    if kind == "trajectory":
        last = (rows["arm"] == "triple") & (rows["quantity"] == "mean") & (rows["time"] == 12)
        rows.loc[last, ["estimate", "ci_low", "ci_high"]] = [10.0, 9.1, 10.9]
    assert said in describe(kind, rows, style)


def test_flow_shows_no_number_that_is_not_a_row(four_arms):
    rows = made.flow_rows("four_arms")
    printed = " ".join(t.get_text() for t in draw("participant_flow", rows, four_arms).figure.texts)
    visits = {"4", "8", "12"}  # in the names of the visits
    numbers = set(re.findall(r"\d+", printed)) - visits
    assert numbers <= {f"{n:.0f}" for n in rows["estimate"]}
    assert {"655", "112", "63", "480"} <= numbers
    unscreened = texts(draw("participant_flow", made.flow_rows("four_arms", screened=False), four_arms))
    assert "Screened" not in unscreened
    assert "480" in unscreened


def test_flow_to_an_event_ends_in_the_event():
    style = made.style_of("two_arms", outcome="Return to daily smoking")
    printed = texts(draw("event_flow", made.event_flow_rows("two_arms"), style))
    assert "Completed" not in printed
    at = printed.index("Return to daily")
    assert printed[at : at + 3] == ["Return to daily", "smoking", "52"]
    first = printed.index("No follow-up: 3")
    assert printed[first : first + 4] == ["No follow-up: 3", "Censored", "end of study: 57", "withdrew: 9"]
    assert sum(text.startswith("No follow-up") for text in printed) == 1


def test_counts_stay_on_the_line_of_their_visit_and_reason():
    months = (0, 2, 3, 5, 8, 12)
    rows = [made.count("assigned", 34, "patch"), made.count("completed", 16, "patch"),
            made.count("discontinued: moved away from the study area", 18, "patch")]  # fmt: skip
    rows += [made.count(f"observed: month_{m}", 34 - m, "patch", time=m, time_unit="month") for m in months]
    printed = texts(draw("participant_flow", made.table(rows), made.style_of("two_arms")))
    facts = [text for text in printed if "month" in text]
    assert " ".join(facts) == "Observed: " + ", ".join(f"month {m}: {34 - m}" for m in months)
    assert [text.rpartition("month")[2] for text in facts] == [" 5: 29,", " 12: 22"]
    assert printed[printed.index("Discontinued") :][1:3] == ["moved away from the study", "area: 18"]


NOT_RANDOMISED = {"Antidepressant": frozenset({"medication", "combined"})}


@pytest.mark.parametrize("kind", ["trajectory", "kaplan_meier", "forest", "baseline_balance"])
def test_what_was_not_randomised_is_said_under_the_figure_and_in_its_description(kind):
    rows, note = KINDS[kind]("four_arms"), "Not randomised: Antidepressant"
    style = made.style_of("four_arms", not_randomised=NOT_RANDOMISED)
    assert (f"† {note}" if kind == "forest" else note) in texts(draw(kind, rows, style))
    assert f"{note}." in describe(kind, rows, style)
    alike = rows[~rows["arm"].isin(["medication", "combined"])]
    alike = alike[~alike["comparator"].isin(["medication", "combined"])]
    assert "randomised" not in " ".join([*texts(draw(kind, alike, style)), describe(kind, alike, style)])


def test_forest_marks_the_comparisons_that_were_not_randomised():
    style = made.style_of("four_arms", not_randomised=NOT_RANDOMISED)
    rows = made.forest_rows("four_arms", "mean_difference")
    printed = texts(draw("forest", rows, style))
    assert sum(text.endswith("†") for text in printed) == 4, "of six pairs two differ in therapy alone"
    said = describe("forest", rows, style)
    assert said.count("(not randomised)") == 4
    assert "Cognitive behavioural therapy vs Clinical management only −" in said


def test_numbers_are_printed_as_on_the_page():
    assert [number(1095), number(-0.04, 1), number(-1234.56, 1)] == ["1,095", "0.0", "−1,234.6"]
    assert [short(1095.0), short(-2.5), short(1234567.0)] == ["1,095", "−2.5", "1,234,567"]


def test_the_unit_of_the_outcome_is_printed_whatever_it_is():
    style = made.style_of("two_arms", outcome="Weight", unit="pounds")
    rows = made.trajectory_rows("two_arms").assign(unit="pounds")
    assert "Weight, mean (pounds)" in texts(draw("trajectory", rows, style))
    contrasts = made.forest_rows("two_arms", "mean_difference").assign(unit="pounds")
    assert "Weight: difference in means (pounds) at week 12" in texts(draw("forest", contrasts, style))


def test_decimals_follow_the_standard_errors_as_in_the_text():
    rows = made.forest_rows("two_arms", "mean_difference").assign(std_error=0.05)
    assert "−2.80 (−4.10 to −1.50)" in texts(draw("forest", rows, made.style_of("two_arms")))
    means = made.trajectory_rows("two_arms").assign(std_error=0.05)
    assert "16.40 at baseline" in describe("trajectory", means, made.style_of("two_arms"))


@pytest.mark.parametrize("kind", KINDS)
def test_every_figure_of_simulated_data_says_so(kind):
    rows, plain = KINDS[kind]("four_arms"), made.style_of("four_arms", **RELAPSE)
    said = " ".join(texts(draw(kind, rows, replace(plain, synthetic=True))))
    assert "Synthetic data: simulated, not patients." in said
    assert "Synthetic" not in " ".join(texts(draw(kind, rows, plain)))
