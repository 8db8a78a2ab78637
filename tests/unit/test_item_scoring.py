"""Items to totals: worked by hand from each instrument's own rule."""

from __future__ import annotations

import numpy as np
import pytest

from outcomes.config.instrument import Instrument, Prorating
from outcomes.instruments import load_catalogue, score_items, totals_that_differ

CATALOGUE = load_catalogue()
SUMMED = {name: instrument for name, instrument in CATALOGUE.items() if instrument.items}
NA = np.nan


def total(name: str, *answers: float) -> float:
    return score_items(np.array([answers], dtype=float), CATALOGUE[name])[0]


def test_a_complete_questionnaire_is_summed():
    """PHQ-9: the nine answers of 0 to 3 are added (Kroenke 2001, J Gen Intern Med 16:606)."""
    assert total("PHQ-9", 1, 2, 3, 0, 1, 2, 3, 0, 1) == 13
    assert total("GAD-7", 1, 1, 2, 2, 3, 3, 0) == 12
    assert total("PCL-5", *[2] * 20) == 40
    assert total("WSAS", 8, 4, 4, 2, 1) == 19


@pytest.mark.parametrize("name", [n for n, i in SUMMED.items() if i.item_low is not None])
def test_the_extreme_answers_give_the_ends_of_the_range(name):
    instrument = CATALOGUE[name]
    lowest = np.full(instrument.items, instrument.item_low)
    highest = np.full(instrument.items, instrument.item_high)
    for position in instrument.reversed_items:
        lowest[position - 1], highest[position - 1] = instrument.item_high, instrument.item_low
    assert score_items(np.stack([lowest, highest]), instrument).tolist() == [instrument.low, instrument.high]


def test_reversed_items_count_the_other_way_round():
    """CES-D: items 4, 8, 12 and 16 are worded positively (Radloff 1977, Appl Psychol Meas 1:385)."""
    assert total("CES-D", *[0] * 20) == 4 * 3
    assert total("CES-D", *[3] * 20) == 16 * 3
    only_item_4 = [0] * 20
    only_item_4[3] = 3
    assert total("CES-D", *only_item_4) == 3 * 3


def test_a_missing_item_counts_as_the_average_of_the_others():
    """PHQ-9 and GAD-7: one or two missing items count as the average of the others (NHS Data Dictionary)."""
    assert total("PHQ-9", 1, 1, 1, 1, 2, 2, 2, NA, NA) == 10 + 2 * (10 / 7)
    assert total("PHQ-9", 1, 1, 1, 1, 2, 2, 2, 2, NA) == 12 + 12 / 8
    assert total("GAD-7", 3, 3, 3, 3, 3, NA, NA) == 21


def test_work_that_does_not_apply_counts_as_the_average_of_the_other_four():
    """WSAS: one item may be missing, not two (NHS Data Dictionary, June 2012)."""
    assert total("WSAS", NA, 2, 4, 6, 8) == 25
    assert np.isnan(total("WSAS", NA, NA, 4, 6, 8))


def test_too_many_missing_items_leave_no_total():
    assert np.isnan(total("PHQ-9", 1, 1, 1, 1, 1, 1, NA, NA, NA))
    assert np.isnan(total("GAD-7", 1, 1, 1, 1, NA, NA, NA))


@pytest.mark.parametrize("name", SUMMED)
def test_nothing_answered_is_no_total(name):
    assert np.isnan(total(name, *[NA] * SUMMED[name].items))


@pytest.mark.parametrize("name", [n for n, i in SUMMED.items() if i.prorating is None])
def test_without_a_rule_of_its_own_an_instrument_needs_every_item(name):
    answers = np.full((1, SUMMED[name].items), SUMMED[name].item_low or 0.0)
    answers[0, 0] = NA
    assert np.isnan(score_items(answers, SUMMED[name])).all()


def test_a_reversed_item_is_recoded_before_it_is_prorated():
    """Items 0 to 4, the first reversed: 4 - 0 = 4 and 1 answered, 5 / 2 * 3 = 7.5 points."""
    scale = small_scale(reversed_items=(1,))
    assert score_items(np.array([[0.0, 1.0, NA]]), scale).tolist() == [7.5]


def test_a_prorated_total_is_rounded_only_where_the_rule_says_so():
    answers = np.array([[2.0, 1.0, NA], [1.0, 0.0, NA], [1.0, 1.0, 1.0]])
    assert score_items(answers, small_scale()).tolist() == [4.5, 1.5, 3]
    assert score_items(answers, small_scale(rounded=True)).tolist() == [5, 2, 3]


def test_the_answers_stay_as_they_were():
    answers = np.zeros((2, 20))
    score_items(answers, CATALOGUE["CES-D"])
    assert not answers.any()


def test_no_rows_give_no_totals():
    assert score_items(np.empty((0, 9)), CATALOGUE["PHQ-9"]).shape == (0,)


@pytest.mark.parametrize(
    ("name", "shape", "says"),
    [("PHQ-9", (2, 8), "needs 9 items a row"), ("QIDS-SR16", (2, 16), "declares no items")],
)
def test_items_that_do_not_fit_the_instrument_are_refused(name, shape, says):
    with pytest.raises(ValueError, match=says):
        score_items(np.zeros(shape), CATALOGUE[name])


def test_recorded_totals_are_compared_with_the_sums():
    recorded = np.array([10.0, 11.0, NA, 4.0, 0.3])
    summed = np.array([10.0, 10.0, 3.0, NA, 0.1 + 0.2])
    assert totals_that_differ(recorded, summed).tolist() == [False, True, False, False, False]


def small_scale(reversed_items: tuple[int, ...] = (), rounded: bool = False) -> Instrument:
    return Instrument(
        name="s", condition="c", low=0, high=12, integer=True, higher_is_better=False, source="s",
        items=3, item_low=0, item_high=4, reversed_items=reversed_items,
        prorating=Prorating(at_least=2, rounded=rounded, source="s"),
    )  # fmt: skip
