"""The outputs file: filters that no row could meet are refused."""

from __future__ import annotations

import pytest
from test_config import problems

from outcomes.config import Outputs


def test_a_wrong_key_of_a_filter_is_answered_with_its_neighbour():
    figure = {"kind": "forest", "section": "who", "caption": "c", "where": {"analysi": "x"}}
    told = problems(Outputs, {"figures": {"forest": figure}, "tables": {}})
    assert told[0].startswith(
        "figures.forest.where.analysi: unknown value 'analysi' (did you mean 'analysis'?)"
    )


@pytest.mark.parametrize(
    ("where", "says"),
    [
        ({"model": "coxx"}, "unknown model 'coxx' (did you mean 'cox'?). Known: "),
        (
            {"quantity": ["mean", "hazard_ration"]},
            "unknown quantity 'hazard_ration' (did you mean 'hazard_ratio'?)",
        ),
        ({"status": "good"}, "unknown status 'good'. Known: "),
    ],
)
def test_an_unknown_word_of_a_filter_is_answered_with_its_neighbour(where, says):
    table = {"kind": "levels", "section": "who", "caption": "c", "where": where}
    (told,) = problems(Outputs, {"figures": {}, "tables": {"one": table}})
    assert told.startswith(f"tables.one.where: {says}")


@pytest.mark.parametrize("value", [None, 5, "", []])
def test_an_empty_filter_is_told_once(value):
    table = {"kind": "levels", "section": "who", "caption": "c", "where": {"model": value}}
    (told,) = problems(Outputs, {"figures": {}, "tables": {"one": table}})
    assert told.startswith("tables.one.where.model: give a word, or a list of words")
