"""The instrument catalogue: each number as its source prints it."""

from __future__ import annotations

import pytest

from outcomes.instruments import load_catalogue

# low, high, items, higher is better, response (percent), remission (at most), smallest noticed difference
FACTS = {
    "HAM-D17": (0, 52, None, False, 50, 7, None),
    "BDI": (0, 63, None, False, 50, None, None),
    "BDI-II": (0, 63, 21, False, 50, 13, None),
    "PHQ-9": (0, 27, 9, False, 50, 4, 5),  # Kroenke 2001: 0 to 27, mild from 5; Löwe 2004: 5 points
    "PARS": (
        0,
        30,
        None,
        False,
        35,
        10,
        None,
    ),  # Caporino 2013: response 35, remission 8 to 10
    "Q-LES-Q-SF": (0, 100, None, True, None, None, None),
}


@pytest.mark.parametrize("name", FACTS)
def test_facts_of_an_instrument(name):
    found = load_catalogue()[name]
    assert (
        found.low, found.high, found.items, found.higher_is_better,
        found.response and found.response.percent_reduction,
        found.remission and found.remission.at_most,
        found.minimal_important_difference and found.minimal_important_difference.points,
    ) == FACTS[name]  # fmt: skip


def test_every_instrument_has_its_facts_here():
    assert set(load_catalogue()) == set(FACTS)


def test_every_rule_names_a_source_with_its_year():
    for instrument in load_catalogue().values():
        rules = (instrument.response, instrument.remission, instrument.minimal_important_difference)
        sources = [instrument.source, *(rule.source for rule in rules if rule)]
        assert all(any(word.strip(",;").isdigit() for word in source.split()) for source in sources)


def test_items_add_up_to_the_range():
    for instrument in load_catalogue().values():
        if instrument.items is not None:
            assert instrument.items * instrument.item_low == instrument.low
            assert instrument.items * instrument.item_high == instrument.high


def test_rules_lie_inside_the_range():
    for instrument in load_catalogue().values():
        if instrument.remission:
            assert instrument.low < instrument.remission.at_most < instrument.high
        if instrument.response:
            assert 0 < instrument.response.percent_reduction < 100


def test_the_pars_rules_cite_the_paper_that_gives_them():
    pars = load_catalogue()["PARS"]
    assert "J Am Acad Child Adolesc Psychiatry 52:57" in pars.response.source
    assert "J Am Acad Child Adolesc Psychiatry 52:57" in pars.remission.source
