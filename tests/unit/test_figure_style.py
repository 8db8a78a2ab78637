"""Arm colours and page layout: readable, told apart by everyone, measured before drawn."""

from __future__ import annotations

import re
from itertools import combinations

import figure_rows as made
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from outcomes.config import Cohort
from outcomes.figures.page import figure_settings, spread, text_width, together, wrap
from outcomes.figures.style import INK, MUTED, arm_style, style_for

HINTED_RTOL = 0.02  # glyphs drawn at 300 dpi are fitted to the pixel grid, measured ones are not
READABLE_CONTRAST = 4.5  # WCAG 2.2, success criterion 1.4.3
DISTINCT_DELTA_E = 20.0  # CIE76; about ten times a just noticeable difference


def test_colours_belong_to_component_vectors_not_to_places_in_a_cohort():
    assert (
        made.style_of("two_arms").arms["triple"].colour == made.style_of("four_arms").arms["combined"].colour
    )
    assert (
        made.style_of("two_arms").arms["patch"].colour == made.style_of("four_arms").arms["medication"].colour
    )
    assert arm_style((True, True, True), "all").colour == arm_style((True, True), "all").colour


@pytest.mark.parametrize("components", [1, 2, 3])
def test_arms_differ_by_colour_and_marker_and_line(components):
    vectors = np.array(np.meshgrid(*[[False, True]] * components)).reshape(components, -1).T
    looks = [arm_style(tuple(map(bool, vector)), "arm") for vector in vectors]
    for key in ("colour", "marker", "dashes"):
        assert len({getattr(look, key) for look in looks}) == len(looks), key


def test_style_for_takes_labels_and_vectors_from_the_cohort_file():
    cohort = Cohort.model_validate({
        "title": "t", "description": "d", "source": "s", "condition": "other", "design": "randomised_trial",
        "components": {
            "drug": {"label": "A drug", "randomised": False}, "talk": {"label": "Talk", "randomised": True},
        },
        "arms": {
            "both": {"label": "Both", "components": ["drug", "talk"]},
            "talk": {"label": "Talk", "components": ["talk"]},
        },
        "files": {"raw": {"path": "f.csv", "format": "csv"}},
        "patients": {"file": "raw", "id": "id", "arm": {"column": "a", "labels": {"1": "both", "2": "talk"}}},
    })  # fmt: skip
    style = style_for(cohort, {"x_y": "X of Y"}, "Score", "points", higher_is_better=False)
    assert list(style.arms) == ["talk", "both"]
    assert style.arms["both"] == arm_style((True, True), "Both")
    assert style.not_randomised == {"A drug": {"both"}}
    assert style.confounders(["talk", "both"]) == ["A drug"]
    assert style.confounders(["both", None]) == []
    assert (style.label("x_y"), style.label("no_label")) == ("X of Y", "no label")


def linear_rgb(colour: str) -> np.ndarray:
    channels = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)


def cie_lab(rgb: np.ndarray) -> np.ndarray:
    """From linear sRGB, white D65 (IEC 61966-2-1)."""
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    xyz = to_xyz @ np.clip(rgb, 0, 1) / [0.9505, 1.0, 1.0890]
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def all_looks() -> list:
    vectors = [tuple(map(bool, v)) for v in np.ndindex(2, 2, 2)]
    return [arm_style(vector, "arm") for vector in vectors]


@pytest.mark.parametrize("colour", [INK, MUTED, *(look.colour for look in all_looks())])
def test_text_is_readable_on_white(colour):
    assert re.fullmatch(r"#[0-9A-F]{6}", colour), "valid in CSS"
    luminance = linear_rgb(colour) @ [0.2126, 0.7152, 0.0722]
    assert 1.05 / (luminance + 0.05) >= READABLE_CONTRAST


@pytest.mark.parametrize(
    "matrix",
    [
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    ],
    ids=["protanopia", "deuteranopia"],
)
def test_the_four_arms_stay_apart_for_the_colour_blind(matrix):
    """Machado, Oliveira & Fernandes 2009, IEEE TVCG 15:1291, severity 1.0."""
    seen = [
        cie_lab(np.array(matrix) @ linear_rgb(look.colour))
        for look in made.style_of("four_arms").arms.values()
    ]
    assert min(np.linalg.norm(a - b) for a, b in combinations(seen, 2)) > DISTINCT_DELTA_E


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ([10.0, 30.0], [10.0, 30.0]),
        ([20.0, 20.0], [15.0, 25.0]),
        ([25.0, 20.0], [27.5, 17.5]),
        ([0.0, 0.0, 0.0], [5.0, 15.0, 25.0]),
        ([99.0, 50.0], [95.0, 50.0]),
    ],
)
def test_spread_moves_labels_as_little_as_possible(wanted, expected):
    """By hand: two labels 10 high at the same place move by 5 each; the page runs from 0 to 100."""
    assert spread(wanted, [10.0] * len(wanted), 0.0, 100.0) == pytest.approx(expected)


@pytest.mark.parametrize("text", ["Cognitive behavioural therapy and sertraline", "a" * 200, "", "x\ny\tz"])
def test_wrapped_lines_fit(text):
    lines = wrap(text, 90.0)
    assert all(text_width(line) <= 90.0 for line in lines)
    assert "".join(lines).replace(" ", "") == "".join(text.split())


def test_wrapping_keeps_together_what_fits_on_a_line():
    visits = ", ".join(together(f"month {month}: 34") for month in (2, 3, 5))
    assert wrap(visits, text_width("month 2: 34, month")) == ["month 2: 34,", "month 3: 34,", "month 5: 34"]
    assert wrap(together("a long name"), text_width("a long")) == ["a long", "name"]


def test_measured_widths_are_the_drawn_widths():
    figure = Figure(figsize=(4, 1), dpi=300)
    with figure_settings():
        drawn = figure.text(0, 0, "Cognitive behavioural therapy").get_window_extent(
            FigureCanvasAgg(figure).get_renderer()
        )
    assert text_width("Cognitive behavioural therapy") == pytest.approx(
        drawn.width * 72 / figure.dpi, rel=HINTED_RTOL
    )
