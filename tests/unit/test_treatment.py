"""Arms as component vectors: one order everywhere, and what was randomised."""

import pytest

from outcomes.treatment import Treatment


@pytest.fixture
def treatment():
    return Treatment.from_sets(
        {"medication": False, "therapy": True},
        {
            "combined": frozenset({"medication", "therapy"}),
            "therapy": frozenset({"therapy"}),
            "neither": frozenset(),
            "medication": frozenset({"medication"}),
        },
    )


def test_canonical_order_does_not_depend_on_the_file(treatment):
    assert treatment.arms == ("neither", "medication", "therapy", "combined")
    assert treatment.vectors["combined"] == (True, True)


def test_every_pair_reads_later_arm_minus_earlier(treatment):
    assert treatment.pairs() == (
        ("medication", "neither"), ("therapy", "neither"), ("combined", "neither"),
        ("therapy", "medication"), ("combined", "medication"), ("combined", "therapy"),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("arm", "comparator", "not_randomised"),
    [
        ("combined", "medication", ()),
        ("combined", "therapy", ("medication",)),
        ("therapy", "medication", ("medication",)),
        ("therapy", "neither", ()),
    ],
)
def test_a_contrast_is_randomised_when_every_differing_component_is(
    treatment, arm, comparator, not_randomised
):
    assert treatment.not_randomised(arm, comparator) == not_randomised


def test_a_third_component_has_its_place():
    three = Treatment.from_sets(
        dict.fromkeys(("a", "b", "c"), True),
        {"abc": frozenset("abc"), "ab": frozenset("ab"), "c": frozenset("c"), "a": frozenset("a")},
    )
    assert three.arms == ("a", "c", "ab", "abc")
    assert three.arm_of((True, True, False)) == "ab"
    assert three.arm_of((False, False, False)) is None
