"""Printed names inside a sentence: known English words lose their capital, nothing else changes."""

from __future__ import annotations

import pytest

from outcomes.tables import QUANTITIES
from outcomes.wording import mid_sentence


@pytest.mark.parametrize(
    ("label", "inside"),
    [
        ("Usual care", "usual care"),
        ("Computerised CBT", "computerised CBT"),
        ("Anxiety (PARS)", "anxiety (PARS)"),
        ("Beat the Blues", "Beat the Blues"),
        ("PHQ-9", "PHQ-9"),
        ("Therapy", "therapy"),
        ("Other group", "other group"),
        ("Hospitalised", "hospitalised"),
        ("D-penicillamine", "D-penicillamine"),
        ("X", "X"),
        ("B12 injections", "B12 injections"),
        ("SSRIs", "SSRIs"),
        ("Log-rank chi-square", "log-rank chi-square"),
        ("A, the first arm", "A, the first arm"),
        ("", ""),
        ("Trt 0", "Trt 0"),
        ("Ge", "Ge"),
        ("Sertraline", "Sertraline"),
        ("Kognitive Therapie", "Kognitive Therapie"),
        ("Acute Stress Programme", "Acute Stress Programme"),
        ("usual care", "usual care"),
    ],
)
def test_an_opening_capital_goes_only_where_the_word_is_known(label, inside):
    assert mid_sentence(label) == inside


def test_the_names_of_quantities_are_words():
    opened = [q.label for q in QUANTITIES.values() if mid_sentence(q.label) == q.label]
    assert opened == []
