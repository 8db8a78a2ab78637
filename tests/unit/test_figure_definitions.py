"""Specification curve: sorted, with the choices behind each estimate, the declared one plain to see."""

from __future__ import annotations

import figure_survival_rows as suite
import numpy as np
import pytest
from figure_rows import RELAPSE, describe, draw, row, style_of, table, texts
from matplotlib.figure import Figure

from outcomes.figures.choice_matrix import SHADE
from outcomes.figures.definitions import Choice, by_size, choices_of
from outcomes.figures.points import points
from outcomes.figures.style import INK, Style


@pytest.fixture
def style() -> Style:
    return style_of("two_arms", **RELAPSE)


def curve_of(rows, style) -> Figure:
    return draw("specification_curve", rows, style)


def marked(figure: Figure) -> list[float]:
    """Heights of the marks of the upper plot, from left to right."""
    marks = [line for line in figure.axes[0].lines if len(line.get_xdata()) == 1 and line.get_marker() == "D"]
    return [line.get_ydata()[0] for line in sorted(marks, key=lambda line: line.get_xdata()[0])]


def one(term, estimate, **columns):
    return row("hazard_ratio", term=term, arm="triple", comparator="patch", unit="ratio", estimate=estimate,
               ci_low=estimate / 2, ci_high=estimate * 2, **columns)  # fmt: skip


def test_estimates_stand_from_the_smallest_to_the_largest(style):
    rows = suite.specification_curve_rows("two_arms")
    drawn = marked(curve_of(rows, style))
    np.testing.assert_array_equal(drawn, np.sort(rows["estimate"].dropna()))


def test_every_estimate_stands_over_the_choices_that_make_it(style):
    rows = suite.specification_curve_rows("two_arms", fail=None)
    figure = curve_of(rows, style)
    ordered = rows.sort_values("estimate")["term"].tolist()
    values = [text.get_text() for text in figure.texts if text.get_gid() == "value"]
    assert values == ["as declared", "16", "18", "20", "as declared", "14", "28", "56"]
    squares = [line for line in figure.axes[1].lines if line.get_marker() == "s"]
    assert len(squares) == len(values)
    for value, line in zip(values[1:4], squares[1:4], strict=True):
        expected = [k for k, term in enumerate(ordered, 1) if term.startswith(f"relapse.at_least={value};")]
        assert list(line.get_xdata()) == expected


@pytest.mark.parametrize("declared", ["declared", None])
def test_the_declared_definition_is_shaded_and_edged(style, declared):
    rows = suite.specification_curve_rows("two_arms")
    rows.loc[rows["term"] == "declared", "term"] = declared
    figure = curve_of(rows, style)
    for ax in figure.axes:
        assert [patch for patch in ax.patches if patch.get_facecolor()[:3] != (1, 1, 1)], SHADE
    marks = [line for line in figure.axes[0].lines if line.get_marker() == "D"]
    assert [line.get_ydata()[0] for line in marks if line.get_markeredgecolor() == INK] == [
        rows.loc[rows["term"].isin(["declared"]) | rows["term"].isna(), "estimate"].item()
    ]
    assert "as declared 0.59" in describe("specification_curve", rows, style)
    assert "Shaded: the definition declared beforehand." in " ".join(texts(figure))


def test_definitions_without_a_number_are_marked_and_counted(style):
    rows = suite.specification_curve_rows("two_arms")
    figure = curve_of(rows, style)
    crosses = [line for line in figure.axes[0].lines if line.get_marker() == "x"]
    assert [line.get_xdata()[0] for line in crosses] == [9]
    assert any(len(line.get_xdata()) for line in figure.axes[1].lines if line.get_marker() == "x")
    note = "Not estimable (×): Triple combination vs Patch only 1 of 9 definitions (fewer than 5 events)"
    assert note in " ".join(texts(figure))
    assert note in describe("specification_curve", rows, style)


def test_the_description_says_how_far_the_estimates_range_and_how_many_intervals_leave_out_no_difference(
    style,
):
    said = describe("specification_curve", suite.specification_curve_rows("two_arms"), style)
    assert (
        "Triple combination vs Patch only: 8 definitions, 0.50 to 0.66; 6 of 7 intervals leave out 1; as"
        in said
    )


def test_a_single_definition_is_no_curve(style):
    assert curve_of(table([one(None, 0.5)]), style) is None
    assert curve_of(table([one("relapse.at_least=16", 0.5)]), style) is None
    assert curve_of(table([one("declared", 0.5), one(None, 0.5, time=9.0)]), style) is None


def test_a_key_that_a_definition_leaves_alone_is_as_declared(style):
    rows = table([one("a.b=2; c=x", 0.5), one("a.b=10", 0.4), one("", 0.6), one("strict", 0.7)])
    lines = choices_of(by_size(points(rows, "hazard_ratio", style)))
    assert lines == {
        "a.b": [Choice("a.b", None), Choice("a.b", "2"), Choice("a.b", "10")],
        "c": [Choice("c", None), Choice("c", "x")],
        "strict": [Choice("strict", None), Choice("strict", "")],
    }


def test_keys_and_values_are_printed_with_the_labels_of_the_style():
    labels = {"relapse.at_least": "PHQ-9 at least", "relapse.at_least=16": "16 points"}
    rows = suite.specification_curve_rows("two_arms")
    printed = texts(curve_of(rows, style_of("two_arms", **RELAPSE, labels=labels)))
    assert "PHQ-9 at least" in printed
    assert "16 points" in printed
    assert "remission days in" in printed


def test_a_long_value_is_wrapped_not_cut(style):
    long = "two visits in a row with at least seven days between them"
    rows = table([one(f"relapse.rule={long}", 0.5), one(None, 0.6)])
    figure = curve_of(rows, style)
    values = [text.get_text() for text in figure.texts if text.get_gid() == "value"]
    assert " ".join(values[1:]) == long


def test_only_the_last_horizon_of_a_difference_is_drawn(style):
    rows = [
        row("rmst_difference", term=term, arm="triple", comparator="patch", unit="days", time=day, estimate=x,
            time_unit="day", ci_low=x - 9, ci_high=x + 9)
        for term, x in (("declared", 20.0), ("relapse.at_least=16", 30.0)) for day in (90, 182)
    ]  # fmt: skip
    figure = curve_of(table(rows), style)
    assert marked(figure) == [20.0, 30.0]
    assert "(days) to day 182, by definition of the event" in " ".join(texts(figure))
