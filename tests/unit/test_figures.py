"""Figures: rows in, the same figure out, nothing dropped, nothing overlapping, readable by everyone."""

from __future__ import annotations

import math
import re
import subprocess
import sys
from itertools import combinations
from xml.etree import ElementTree

import figure_rows as made
import matplotlib
import numpy as np
import pandas as pd
import pytest
from figure_rows import RELAPSE, describe, draw, texts
from figure_survival_rows import KINDS
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox

from outcomes.config.outputs import FigureSpec
from outcomes.figures import ALT_TEXTS, FIGURES
from outcomes.figures.page import FONT_SIZE, WIDTH
from outcomes.figures.saving import save_figure
from outcomes.figures.style import Style
from outcomes.io import check
from outcomes.tables import ESTIMATES

ALIGNED_POINTS = 0.05  # far below a pixel at 300 dpi; exact equality would test float rounding
COLUMN_MM, READABLE_MM_POINTS = 89.0, 6.0

CASES = [(kind, cohort) for kind in KINDS for cohort in made.COHORTS]


def boxes(figure: Figure) -> dict[tuple[str, int], Bbox]:
    """Boxes of all text of the page and of tick labels, in pixels; lines of one block are one box."""
    renderer = FigureCanvasAgg(figure).get_renderer()
    found = {}
    for i, text in enumerate(figure.texts):
        found[(text.get_text(), i)] = text.get_window_extent(renderer)
    for ax in figure.axes:
        for label in (*ax.get_xticklabels(), *ax.get_yticklabels()):
            found[(label.get_text(), len(found))] = label.get_window_extent(renderer)
    return found


@pytest.fixture
def four_arms() -> Style:
    return made.style_of("four_arms", **RELAPSE)


def test_fixture_rows_fulfil_the_estimates_contract():
    for kind, rows_of in KINDS.items():
        assert check(rows_of("four_arms"), ESTIMATES) == [], kind


def test_registries_name_every_kind_of_the_outputs_file():
    declared = FigureSpec.model_fields["kind"].annotation.__args__
    assert tuple(FIGURES) == tuple(ALT_TEXTS) == declared


@pytest.mark.parametrize(("kind", "cohort"), CASES)
def test_every_kind_draws_and_describes_its_rows(kind, cohort):
    rows, style = KINDS[kind](cohort), made.style_of(cohort, **RELAPSE)
    figure = draw(kind, rows, style)
    assert isinstance(figure, Figure)
    assert figure.get_figwidth() * 72 == pytest.approx(WIDTH)
    said = describe(kind, rows, style)
    assert said.endswith(".")
    assert not re.search(r"\d %", " ".join([said, *texts(figure)])), "95%, as on the page"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("state", ["failed", "empty", "foreign"])
def test_no_kind_draws_a_figure_without_a_number(kind, state):
    rows = {
        "failed": made.failed(KINDS[kind]("four_arms")),
        "empty": KINDS[kind]("four_arms").iloc[:0],
        "foreign": made.table([made.row("log_likelihood", estimate=-12.0)]),
    }[state]
    assert draw(kind, rows, made.style_of("four_arms", **RELAPSE)) is None


def test_observed_means_and_numbers_at_risk_alone_are_no_figure(four_arms):
    for kind, shown in (("trajectory", "mean"), ("kaplan_meier", "survival_probability")):
        rows = KINDS[kind]("four_arms")
        kept = rows[rows["quantity"] != shown]
        failed = pd.concat([kept, made.failed(rows[rows["quantity"] == shown])])
        assert draw(kind, failed, four_arms) is None, kind


def test_a_forest_whose_last_visit_failed_is_no_figure(four_arms):
    rows = made.forest_rows("four_arms", "mean_difference")
    last = rows["time"] == 12
    assert draw("forest", pd.concat([rows[~last], made.failed(rows[last])]), four_arms) is None


@pytest.mark.parametrize(("kind", "cohort"), CASES)
def test_row_order_does_not_matter(kind, cohort):
    rows, style = KINDS[kind](cohort), made.style_of(cohort, **RELAPSE)
    mixed = rows.sample(frac=1, random_state=7)
    assert describe(kind, rows, style) == describe(kind, mixed, style)
    assert texts(draw(kind, rows, style)) == texts(draw(kind, mixed, style))


@pytest.mark.parametrize("kind", KINDS)
def test_saved_files_are_the_same_bytes_on_every_run(kind, tmp_path, four_arms):
    for run in ("one", "two"):
        figure = draw(kind, KINDS[kind]("four_arms"), four_arms)
        save_figure(figure, tmp_path / run / "figure.name", "Title", "Déscription − of it")
    for suffix in ("svg", "png"):
        one, two = ((tmp_path / run / f"figure.name.{suffix}").read_bytes() for run in ("one", "two"))
        assert one == two
        assert b"Matplotlib" not in one
    assert sorted(p.name for p in (tmp_path / "one").iterdir()) == ["figure.name.png", "figure.name.svg"]
    tree = ElementTree.parse(tmp_path / "one" / "figure.name.svg").getroot()
    told = {element.tag.rpartition("}")[2]: element.text for element in tree.iter() if element.text}
    assert told["title"] == "Title"
    assert told["description"] == "Déscription − of it"


def test_a_users_matplotlibrc_changes_nothing_and_no_setting_leaks(tmp_path, four_arms):
    rows = KINDS["kaplan_meier"]("four_arms")
    save_figure(draw("kaplan_meier", rows, four_arms), tmp_path / "figure", "t", "d")
    plain = (tmp_path / "figure.png").read_bytes()
    with matplotlib.rc_context({"font.size": 20, "axes.facecolor": "red", "savefig.bbox": "tight"}):
        before = dict(matplotlib.rcParams)
        save_figure(draw("kaplan_meier", rows, four_arms), tmp_path / "figure", "t", "d")
        assert dict(matplotlib.rcParams) == before
    assert (tmp_path / "figure.png").read_bytes() == plain


@pytest.mark.parametrize(
    "kind",
    [
        "trajectory",
        "kaplan_meier",
        "cumulative_incidence",
        "interval_curves",
        "rmst_horizons",
        "hazard_ratio_over_time",
        "forest",
        "subgroup_forest",
        "participant_flow",
        "event_flow",
    ],
)
@pytest.mark.parametrize("cohort", ["four_arms", "two_arms"])
def test_an_arm_has_its_colour_in_every_kind(kind, cohort):
    style = made.style_of(cohort, **RELAPSE)
    figure = draw(kind, KINDS[kind](cohort), style)
    for look in style.arms.values():
        first_word = look.label.split()[0]
        colours = {to_hex(t.get_color()).upper() for t in figure.texts if t.get_text() == look.label}
        assert look.colour in {
            to_hex(t.get_color()).upper() for t in figure.texts if first_word in t.get_text()
        }
        assert colours <= {look.colour}


def test_numbers_at_risk_stand_under_their_ticks(four_arms):
    figure = draw("kaplan_meier", made.kaplan_meier_rows("four_arms"), four_arms)
    renderer = FigureCanvasAgg(figure).get_renderer()
    figure.draw(renderer)
    (ax,) = figure.axes
    point = figure.dpi / 72
    checked = 0
    for tick in ax.get_xticks():
        on_axis = ax.transData.transform((tick, 0))[0]
        numbers = [t for t in figure.texts if (t.get_gid() or "").startswith("at_risk_")
                   and t.get_gid().endswith(f"_{tick:g}")]  # fmt: skip
        for text in numbers:
            assert text.get_ha() == "center"
            assert text.get_transform().transform(text.get_position())[0] == pytest.approx(
                on_axis, abs=ALIGNED_POINTS * point
            )
            checked += 1
    assert checked == 7 * 4


def test_at_risk_table_holds_the_rows_numbers(four_arms):
    rows = made.kaplan_meier_rows("four_arms")
    figure = draw("kaplan_meier", rows, four_arms)
    printed = {t.get_gid(): t.get_text() for t in figure.texts if (t.get_gid() or "").startswith("at_risk_")}
    at_risk = rows[rows["quantity"] == "number_at_risk"]
    assert printed == {
        f"at_risk_{arm}_{time:g}": f"{n:.0f}"
        for arm, time, n in zip(at_risk["arm"], at_risk["time"], at_risk["estimate"], strict=True)
    }


def test_curves_are_the_rows(four_arms):
    rows = made.kaplan_meier_rows("four_arms")
    (ax,) = draw("kaplan_meier", rows, four_arms).axes
    chosen = rows[(rows["quantity"] == "survival_probability") & (rows["arm"] == "combined")]
    drawn = next(line for line in ax.lines if line.get_color() == four_arms.arms["combined"].colour)
    n = len(chosen)
    np.testing.assert_array_equal(drawn.get_xdata()[:n], chosen["time"])
    np.testing.assert_array_equal(drawn.get_ydata()[:n], 100 * chosen["estimate"])
    assert drawn.get_xdata()[-1] == 182, "level to the last tick with patients at risk"


def test_rows_between_the_steps_change_nothing_in_a_curve(four_arms):
    rows = made.kaplan_meier_rows("four_arms")
    curve = rows[rows["quantity"] == "survival_probability"]
    between = pd.concat(
        [curve[curve["time"] == 28].assign(time=30.0), curve[curve["time"] == 84].assign(time=90.0)]
    )
    shapes = []
    for drawn in (rows, pd.concat([rows, between])):
        (ax,) = draw("kaplan_meier", drawn, four_arms).axes
        paths = [path for band in ax.collections for path in band.get_paths()]
        shapes.append([line.get_xydata() for line in ax.lines] + [path.vertices for path in paths])
    assert len(shapes[0]) == 16, "of each arm the curve, the band and its two edges"
    for one, two in zip(*shapes, strict=True):
        np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize(("kind", "cohort"), CASES)
def test_no_text_overlaps_or_leaves_the_page(kind, cohort):
    figure = draw(kind, KINDS[kind](cohort), made.style_of(cohort, **RELAPSE))
    found = boxes(figure)
    width, height = figure.bbox.width, figure.bbox.height
    for (text, _), box in found.items():
        assert box.x0 >= 0, text
        assert box.x1 <= width, text
        assert box.y0 >= 0, text
        assert box.y1 <= height, text
    for (one, first), (two, second) in combinations(found.items(), 2):
        shared = Bbox.intersection(first, second)
        # a descender may reach into the next line of its own paragraph, never further than a point
        assert shared is None or min(shared.width, shared.height) <= figure.dpi / 72, (one[0], two[0])


def test_text_is_readable_at_the_width_of_a_printed_column():
    assert FONT_SIZE * (COLUMN_MM / 25.4 * 72) / WIDTH >= READABLE_MM_POINTS


def test_labels_at_line_ends_move_apart_when_lines_end_together(four_arms):
    rows = made.trajectory_rows("four_arms")
    rows.loc[rows["quantity"] == "mean", ["estimate", "ci_low", "ci_high"]] = [10.0, 9.0, 11.0]
    figure = draw("trajectory", rows, four_arms)
    labels = [
        box for (text, _), box in boxes(figure).items() if text in ("Sertraline", "Clinical management")
    ]
    assert len(labels) == 2
    assert Bbox.intersection(*labels) is None


def test_forest_keeps_intervals_without_end_inside_the_axis():
    rows = made.forest_rows("two_arms", "hazard_ratio").assign(ci_low=1e-9, ci_high=math.inf)
    figure = draw("forest", rows, made.style_of("two_arms"))
    low, high = figure.axes[0].get_xlim()
    assert 0.01 < low < high < 100
    assert {line.get_marker() for line in figure.axes[0].lines} >= {"<", ">"}
    assert "0.59 (0.00 to ∞)" in texts(figure)


@pytest.mark.parametrize("kind", FIGURES)
def test_labels_are_inert(kind, tmp_path):
    style = made.style_of("inert", outcome="$\\frac{a}{b}$ <script>alert(1)</script> -->", unit="$points")
    figure = draw(kind, KINDS[kind]("inert"), style)
    assert not any(text.get_parse_math() for text in figure.texts)
    save_figure(figure, tmp_path / "inert", "<b>$x$", describe(kind, KINDS[kind]("inert"), style))
    tree = ElementTree.parse(tmp_path / "inert.svg").getroot()
    assert not {e.tag.rpartition("}")[2] for e in tree.iter()} & {"script", "b", "text", "image"}


def test_importing_figures_imports_no_matplotlib_and_drawing_no_pyplot():
    code = (
        "import sys, importlib, outcomes.figures as f; assert 'matplotlib' not in sys.modules\n"
        "names = [t.split(':')[0] for t in f.FIGURES.values()] + ['outcomes.figures.saving']\n"
        "for name in names: importlib.import_module(name)\n"
        "assert 'matplotlib.pyplot' not in sys.modules; assert 'scipy.stats' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
