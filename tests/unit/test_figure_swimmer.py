"""Swimmer plot: people without names, chosen by a rule, in states that grey tells apart."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from figure_rows import style_of, texts
from matplotlib.colors import to_hex, to_rgb
from swimmer_rows import swimmer_episodes

from outcomes.figures import FIGURES
from outcomes.figures.courses import MOST_PATIENTS, STATES
from outcomes.figures.page import WIDTH
from outcomes.figures.saving import save_figure
from outcomes.figures.style import Style
from outcomes.figures.swimmer import describe_swimmer, draw_swimmer

LUMINANCE = np.array([0.2126, 0.7152, 0.0722])
APART = 15.0  # CIE lightness; about six times a just noticeable difference between neighbouring greys


@pytest.fixture
def style() -> Style:
    return style_of("four_arms", outcome="PHQ-9")


def lightness(colour: str) -> float:
    """CIE 1976 L* of the grey that a print without colour makes of it."""
    channels = np.array(to_rgb(colour))
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return 116 * np.cbrt(float(linear @ LUMINANCE)) - 16


def test_states_differ_in_grey():
    greys = sorted(lightness(colour) for colour in STATES.values())
    assert min(b - a for a, b in pairwise(greys)) >= APART


def test_people_are_no_figure_of_the_release():
    assert "swimmer" not in FIGURES


def test_patients_are_numbered_as_they_stand_whatever_number_they_came_with(style):
    episodes = swimmer_episodes("four_arms").assign(patient=lambda rows: rows["patient"] + 70_000)
    figure = draw_swimmer(episodes, style)
    numbers = [text.get_text() for text in figure.texts if text.get_gid() == "patient"]
    assert numbers == [str(k) for k in range(1, 35)]
    assert not [text for text in texts(figure) if "7000" in text]


def test_patients_stand_by_arm_and_the_longest_followed_first(style):
    episodes = swimmer_episodes("four_arms")
    (ax,) = draw_swimmer(episodes, style).axes
    base = [line for line in ax.lines if len(line.get_xdata()) == 2]
    drawn = [line.get_xdata()[1] for line in sorted(base, key=lambda line: line.get_ydata()[0])]
    expected = []
    for arm in style.arms:
        mine = episodes[episodes["arm"] == arm]
        followed = mine.groupby("patient")[["start_day", "end_day"]].max().max(axis=1)
        expected += sorted(followed, reverse=True)
    assert drawn == expected


def test_bars_are_the_spells(style):
    episodes = swimmer_episodes("four_arms")
    (ax,) = draw_swimmer(episodes, style).axes
    drawn = sorted((to_hex(bar.get_facecolor()).upper(), bar.get_x(), bar.get_width()) for bar in ax.patches)
    spells = episodes[episodes["state"].isin(list(STATES))]
    expected = sorted(
        (STATES[state], start, end - start)
        for state, start, end in zip(spells["state"], spells["start_day"], spells["end_day"], strict=True)
    )
    assert drawn == expected


def test_of_many_patients_each_arm_shows_its_share_and_the_figure_says_so(style):
    episodes = swimmer_episodes("four_arms", n=200)
    episodes = episodes[(episodes["arm"] != "therapy") | (episodes["patient"] < 4)]
    n = episodes["patient"].nunique()
    figure = draw_swimmer(episodes, style)
    shown = sum(text.get_gid() == "patient" for text in figure.texts)
    assert MOST_PATIENTS - len(style.arms) < shown <= MOST_PATIENTS
    assert f"Shown: {shown} of {n} patients" in " ".join(texts(figure))
    assert "Cognitive behavioural therapy: 1 patients" in describe_swimmer(episodes, style)


def test_the_order_of_rows_does_not_matter_and_files_are_the_same_bytes(style, tmp_path):
    episodes = swimmer_episodes("four_arms", n=90)
    mixed = episodes.sample(frac=1, random_state=5)
    for name, rows in (("one", episodes), ("two", mixed)):
        save_figure(
            draw_swimmer(rows, style), tmp_path / name / "swimmer", "t", describe_swimmer(rows, style)
        )
    for suffix in ("svg", "png"):
        one, two = ((tmp_path / run / f"swimmer.{suffix}").read_bytes() for run in ("one", "two"))
        assert one == two


def test_events_without_length_are_marked_and_named(style):
    episodes = swimmer_episodes("four_arms")
    figure = draw_swimmer(episodes, style)
    key = [text.get_text() for text in figure.texts if text.get_gid() == "key"]
    assert key[-2:] == ["Dropout", "Hospital admission"]
    (ax,) = figure.axes
    admissions = (episodes["state"] == "hospital_admission").sum()
    assert sum(line.get_marker() == "D" for line in ax.lines) == admissions > 0


def test_states_that_last_and_have_no_colour_are_named_not_drawn(style):
    more = pd.DataFrame([{"patient": 0, "arm": "neither", "state": "reliable_improvement",
                          "start_day": 30, "end_day": 90}])  # fmt: skip
    episodes = pd.concat([swimmer_episodes("four_arms"), more])
    assert "Not drawn: reliable improvement." in texts(draw_swimmer(episodes, style))


def test_a_spell_that_ends_before_it_starts_is_refused(style):
    episodes = swimmer_episodes("four_arms")
    episodes.loc[3, "end_day"] = -1
    with pytest.raises(ValueError, match=rf"1 of {len(episodes)} rows end before they start"):
        draw_swimmer(episodes, style)


def test_without_patients_there_is_no_figure(style):
    assert draw_swimmer(swimmer_episodes("four_arms").iloc[:0], style) is None


def test_the_figure_has_the_width_of_all_others_and_says_what_it_is(style):
    figure = draw_swimmer(swimmer_episodes("four_arms", n=7), style)
    assert figure.get_figwidth() * 72 == pytest.approx(WIDTH)
    assert "All 7 patients. Each row is a person: not for release." in texts(figure)
