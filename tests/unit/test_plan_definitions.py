"""Definitions that a plan declares: all that is faulty is told in one pass."""

from __future__ import annotations

import pytest

from outcomes.config.changes import BasedOn
from outcomes.config.library import resolve_definitions

MADE_UP = {"source": "made up for the test"}


def test_every_faulty_definition_of_a_plan_is_told_at_once():
    def based(on, **changes):
        return BasedOn(based_on=on, changes=changes or {"dropout": None}, **MADE_UP)

    declared = {
        "typo": based("hamd17_consens"),
        "on_typo": based("typo"),
        "one": based("two"),
        "two": based("one"),
        "on_one": based("one"),
        "short": based("hamd17_consensus", **{"recovery.days_in_row": 1}),
    }
    with pytest.raises(ValueError, match="definitions") as caught:
        resolve_definitions(declared)
    typo, circle, short = str(caught.value).splitlines()
    assert typo.startswith("definitions.typo: based_on: unknown definition")
    assert circle == "definitions: based on each other in a circle: one, two"
    assert short.startswith("definitions.short: recovery.days_in_row is shorter")
