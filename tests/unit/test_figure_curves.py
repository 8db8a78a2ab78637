"""Step curves and curves over time: bands apart in grey, panels on one scale, nothing dropped."""

from __future__ import annotations

import math
from itertools import combinations

import figure_survival_rows as suite
import numpy as np
import pandas as pd
import pytest
from figure_rows import RELAPSE, describe, draw, failed, style_of, texts
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb

from outcomes.figures.steps import EDGE_WEIGHT, FILL, LINE_WEIGHT, edge_style
from outcomes.figures.style import Style, arm_style

LUMINANCE = np.array([0.2126, 0.7152, 0.0722])
READABLE_GRAPHIC = 3.0  # WCAG 2.2, success criterion 1.4.11: contrast of what a figure is read by
ALIGNED_POINTS = 0.05  # far below a pixel at 300 dpi; exact equality would test float rounding


@pytest.fixture
def four_arms() -> Style:
    return style_of("four_arms", **RELAPSE)


def luminance(rgb) -> float:
    channels = np.asarray(rgb)
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return float(linear @ LUMINANCE)


def titles_of(figure) -> list[str]:
    return [text.get_text() for text in figure.texts if text.get_gid() == "name"]


@pytest.mark.parametrize("kind", ["kaplan_meier", "cumulative_incidence"])
def test_every_band_is_edged_in_the_line_style_of_its_arm(kind, four_arms):
    ax = draw(kind, suite.KINDS[kind]("four_arms"), four_arms).axes[0]
    dashes = set()
    for look in four_arms.arms.values():
        curve, *edges = [line for line in ax.lines if line.get_color() == look.colour]
        assert curve.get_linewidth() == LINE_WEIGHT
        assert [edge.get_linewidth() for edge in edges] == [EDGE_WEIGHT] * 2
        assert len({str(edge.get_linestyle()) for edge in edges}) == 1
        dashes.add(str(edge_style(look)))
    assert len(dashes) == len(four_arms.arms), "in grey the colours say nothing"


def test_the_dashes_of_an_edge_are_as_long_on_paper_as_those_of_the_line(four_arms):
    for look in four_arms.arms.values():
        if look.dashes:
            _, dashes = edge_style(look)
            assert np.multiply(dashes, EDGE_WEIGHT) == pytest.approx(np.multiply(look.dashes, LINE_WEIGHT))
    assert edge_style(four_arms.arms["combined"]) == "solid"


def test_lines_and_edges_stand_out_in_grey_where_all_bands_lie_on_each_other(four_arms):
    paper = np.ones(3)
    for look in four_arms.arms.values():
        paper = (1 - FILL) * paper + FILL * np.array(to_rgb(look.colour))
    behind = luminance(paper)
    for look in four_arms.arms.values():
        assert (behind + 0.05) / (luminance(to_rgb(look.colour)) + 0.05) >= READABLE_GRAPHIC


def test_cumulative_incidence_has_a_panel_for_each_cause_on_one_scale_the_event_first(four_arms):
    rows = suite.cumulative_incidence_rows("four_arms")
    figure = draw("cumulative_incidence", rows, four_arms)
    first, second = figure.axes
    assert first.get_ylim() == second.get_ylim()
    assert first.get_xlim() == second.get_xlim()
    bold = [text.get_text() for text in figure.texts if text.get_weight() == "bold"]
    assert bold == ["Relapse", "Withdrawal from the study before the end of follow-up"]
    for ax, cause in ((first, "relapse"), (second, "early_withdrawal")):
        chosen = rows[(rows["term"] == cause) & (rows["arm"] == "therapy")]
        curve = next(line for line in ax.lines if line.get_color() == four_arms.arms["therapy"].colour)
        np.testing.assert_array_equal(curve.get_ydata()[: len(chosen)], 100 * chosen["estimate"])


def test_numbers_at_risk_of_a_cumulative_incidence_stand_under_their_ticks(four_arms):
    figure = draw("cumulative_incidence", suite.cumulative_incidence_rows("four_arms"), four_arms)
    figure.draw(FigureCanvasAgg(figure).get_renderer())
    ax = figure.axes[-1]
    numbers = [text for text in figure.texts if (text.get_gid() or "").startswith("at_risk_")]
    assert len(numbers) == 7 * 4
    for text in numbers:
        tick = float(text.get_gid().rpartition("_")[2])
        on_axis = ax.transData.transform((tick, 0))[0]
        assert text.get_transform().transform(text.get_position())[0] == pytest.approx(
            on_axis, abs=ALIGNED_POINTS * figure.dpi / 72
        )


def test_a_cause_without_numbers_keeps_its_panel_and_says_so(four_arms):
    rows = suite.cumulative_incidence_rows("four_arms", fail="early_withdrawal")
    figure = draw("cumulative_incidence", rows, four_arms)
    assert len(figure.axes) == 2
    assert "not estimable" in texts(figure)
    said = describe("cumulative_incidence", rows, four_arms)
    assert "Withdrawal from the study before the end of follow-up: not estimable." in said
    assert "Sertraline, Withdrawal from the study before the end of follow-up" in said


def test_small_incidences_look_small(four_arms):
    rows = suite.cumulative_incidence_rows("four_arms")
    curves = rows["quantity"] == "cumulative_incidence"
    rows.loc[curves, ["estimate", "ci_low", "ci_high"]] *= 0.01
    top = draw("cumulative_incidence", rows, four_arms).axes[0].get_ylim()[1]
    assert top >= 10


def test_a_difference_at_one_horizon_is_no_figure_over_horizons(four_arms):
    rows = suite.rmst_horizons_rows("four_arms")
    assert draw("rmst_horizons", rows[rows["time"] == 182], four_arms) is None


def test_a_horizon_without_numbers_breaks_the_line_and_is_named(four_arms):
    rows = suite.rmst_horizons_rows("two_arms", fail=90)
    style = style_of("two_arms", **RELAPSE)
    (ax,) = draw("rmst_horizons", rows, style).axes
    line = max(ax.lines, key=lambda drawn: len(drawn.get_xdata()) * drawn.get_linewidth())
    assert np.isnan(line.get_ydata()).sum() == 1
    assert any(set(line.get_ydata()) == {0.0} for line in ax.lines), "the line of no difference"
    assert "Not estimable: Triple combination vs Patch only, day 90" in describe("rmst_horizons", rows, style)


def test_a_point_between_two_gaps_is_marked():
    rows = suite.hazard_ratio_over_time_rows("two_arms")
    over_time = rows["quantity"] == "hazard_ratio_over_time"
    keep = rows.index[over_time][4]
    gaps = suite.table([])  # the same contract, no rows
    failed = rows[over_time & (rows.index != keep)].assign(
        status="not_estimable", message="too few events", estimate=np.nan, ci_low=np.nan, ci_high=np.nan
    )
    rows = pd.concat([gaps.iloc[:0], rows[~over_time], rows.loc[[keep]], failed])
    (ax,) = draw("hazard_ratio_over_time", rows, style_of("two_arms", **RELAPSE)).axes
    assert any(line.get_marker() == "D" for line in ax.lines)


def test_the_constant_hazard_ratio_is_dashed_on_a_log_axis_with_a_line_at_one():
    rows = suite.hazard_ratio_over_time_rows("two_arms")
    figure = draw("hazard_ratio_over_time", rows, style_of("two_arms", **RELAPSE))
    (ax,) = figure.axes
    assert ax.get_yscale() == "log"
    constant = rows[rows["quantity"] == "hazard_ratio"]["estimate"].iloc[0]
    level = {line.get_ydata()[0]: line for line in ax.lines if len(set(line.get_ydata())) == 1}
    assert set(level) == {1.0, constant}
    assert level[constant].is_dashed()
    printed = " ".join(texts(figure))
    assert (
        "treatment: chi-square 4.8 on 3 df, p = 0.184; global: chi-square 5.2 on 4 df, p = 0.267" in printed
    )
    assert "not drawn: each is a person" in printed
    assert "0.578" not in printed, "tests of covariates stand in tables"


@pytest.mark.parametrize("kind", ["rmst_horizons", "hazard_ratio_over_time"])
def test_a_contrast_without_numbers_keeps_its_panel_even_if_its_row_has_no_time(kind, four_arms):
    rows = suite.KINDS[kind]("four_arms")
    mine = (rows["arm"] == "therapy") & (rows["comparator"] == "neither")
    row = failed(rows[mine]).iloc[:1].assign(time=np.nan)
    figure = draw(kind, pd.concat([rows[~mine], row]), four_arms)
    assert len(figure.axes) == 6
    assert texts(figure).count("not estimable") == 1


def test_grays_test_is_printed_the_event_first(four_arms):
    rows = suite.cumulative_incidence_rows("four_arms")
    note = "Gray's test over all arms: Relapse: chi-square 27.4 on 3 df, p < 0.001; Withdrawal from the study"
    assert note in " ".join(texts(draw("cumulative_incidence", rows, four_arms)))
    assert note in describe("cumulative_incidence", rows, four_arms)


@pytest.mark.parametrize("kind", ["rmst_horizons", "hazard_ratio_over_time"])
def test_of_more_than_six_contrasts_the_figure_says_which_it_shows(kind):
    vectors = [tuple(map(bool, v)) for v in np.ndindex(2, 2, 2)]
    style = Style({f"arm_{k}": arm_style(v, f"Arm {k}") for k, v in enumerate(vectors)}, **RELAPSE)
    one = suite.KINDS[kind]("two_arms")
    contrasts = one[one["arm"].notna()]
    rows = pd.concat(
        [contrasts.assign(arm=a, comparator=b) for b, a in combinations(style.arms, 2)], ignore_index=True
    )
    figure = draw(kind, rows, style)
    assert len(figure.axes) == 6
    assert "Shown: the first 6 of 28 contrasts, in the order of the arms." in " ".join(texts(figure))
    assert describe(kind, rows, style).count(" vs ") >= 28, "the description names them all"


@pytest.mark.parametrize("quantity", ["survival_probability", "predicted_survival"])
def test_interval_curves_show_one_estimate_where_the_other_has_no_numbers(quantity):
    rows = suite.interval_curves_rows("two_arms")
    one = rows[rows["quantity"] == quantity]
    style = style_of("two_arms", **RELAPSE)
    assert len(draw("interval_curves", one, style).axes) == 2
    word = "Turnbull" if quantity == "survival_probability" else "model"
    assert f"Patch only {word}" in describe("interval_curves", one, style)


def test_turnbulls_estimate_is_a_box_where_it_falls_and_a_line_where_it_is_level():
    rows = suite.interval_curves_rows("two_arms")
    rows = rows[rows["quantity"] == "survival_probability"]
    ax, _ = draw("interval_curves", rows, style_of("two_arms", **RELAPSE)).axes
    mine = rows[rows["arm"] == "patch"]
    falls = list(np.diff(mine["estimate"]) < 0)
    boxes = [collection.get_paths()[0].get_extents() for collection in ax.collections]
    assert len(boxes) == sum(falls)
    lines = [line for line in ax.lines if len(line.get_xdata()) == 2]
    assert len(lines) == len(falls) - sum(falls)
    at = [k for k, falling in enumerate(falls) if falling]
    expected = [(mine["time"].iloc[k], mine["time"].iloc[k + 1]) for k in at]
    assert [(box.x0, box.x1) for box in boxes] == expected


def test_inside_a_box_the_description_gives_both_of_its_ends():
    rows = suite.interval_curves_rows("two_arms")
    rows = rows[(rows["quantity"] == "predicted_survival") | (rows["time"] != 168)]
    rows = rows[(rows["quantity"] == "survival_probability") | (rows["time"] <= 70)]
    said = describe("interval_curves", rows, style_of("two_arms", **RELAPSE))
    ends = [f"{100 * math.exp(-0.0088 * visit * share):.1f}%" for visit, share in ((84, 1.06), (56, 0.95))]
    assert said.startswith(f"Remaining free of relapse at day 70: Patch only Turnbull {ends[0]} to {ends[1]}")


def test_an_arm_whose_model_did_not_converge_keeps_its_panel(four_arms):
    rows = suite.interval_curves_rows("four_arms", fail="therapy")
    figure = draw("interval_curves", rows, four_arms)
    assert titles_of(figure)[2] == "Cognitive behavioural therapy"
    assert any(text.startswith("Not estimable: Cognitive behavioural therapy") for text in texts(figure))


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("cumulative_incidence", "Relapse, cumulative incidence at day 182: Patch only 72.7%, Triple"),
        ("rmst_horizons", "Triple combination vs Patch only 1 (−1 to 2) at day 30, 21 (3 to 39) at day 182."),
        ("hazard_ratio_over_time", "at day 9, 0.71 (0.38 to 1.33) at day 174 (constant: 0.59)"),
        ("interval_curves", "Triple combination Turnbull 43.6%, model 41.7%."),
    ],
)  # fmt: skip
def test_descriptions_state_the_finding(kind, said):
    style = style_of("two_arms", **RELAPSE)
    assert said in describe(kind, suite.KINDS[kind]("two_arms"), style)


def test_bounds_without_end_stay_inside_the_axis():
    rows = suite.hazard_ratio_over_time_rows("two_arms").assign(ci_low=1e-12, ci_high=math.inf)
    (ax,) = draw("hazard_ratio_over_time", rows, style_of("two_arms", **RELAPSE)).axes
    low, high = ax.get_ylim()
    assert 0.01 < low < high < 100
