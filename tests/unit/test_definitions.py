"""Definitions: what is refused, how one is based on another, and the formulas of reliable change."""

from __future__ import annotations

from math import sqrt
from pathlib import Path

import pytest
from episode_rows import HAMD17, MADE_UP, course, rules
from pydantic import ValidationError

from outcomes.config.changes import BasedOn, changed
from outcomes.config.definition import Definition
from outcomes.config.library import load_library, resolve_definitions
from outcomes.config.rule import Cutoff, ReliableChange
from outcomes.config.states import DerivedEventEndpoint, EventMultiverseEndpoint
from outcomes.definitions import library_page
from outcomes.episodes.rules import definition_faults
from outcomes.instruments import load_catalogue

CATALOGUE = load_catalogue()
LIBRARY = load_library()
ROUNDED = 0.005  # the closed forms are written with two decimals


def test_reliable_change_of_jacobson_and_truax():
    """1991, J Consult Clin Psychol 59:12, in closed form: sd 7.5 and reliability 0.80, from 32.5 to 47.5.

    Standard error of measurement 7.5 sqrt(0.2) = 3.35, of a difference sqrt(2) 3.354 = 4.74, index 3.16.
    """
    change = ReliableChange(sd=7.5, reliability=0.80, **MADE_UP)
    assert 7.5 * sqrt(1 - 0.80) == pytest.approx(3.35, abs=ROUNDED)
    assert change.points / 1.96 == pytest.approx(4.74, abs=ROUNDED)
    assert (47.5 - 32.5) / (change.points / 1.96) == pytest.approx(3.16, abs=ROUNDED)
    assert change.points == pytest.approx(1.96 * 7.5 * sqrt(2) * sqrt(0.2), rel=1e-15)


@pytest.mark.parametrize(("criterion", "score"), [("a", 55.0), ("b", 45.0), ("c", 50.0)])
def test_cutoffs_of_jacobson_and_truax(criterion, score):
    """Clinical 40 (7.5), functional 60 (7.5): 40 + 15, 60 - 15, and, with equal spreads, halfway."""
    cutoff = Cutoff(criterion=criterion, clinical_mean=40, clinical_sd=7.5, functional_mean=60,
                    functional_sd=7.5, **MADE_UP)  # fmt: skip
    assert cutoff.score(higher_is_better=True) == score


def test_cutoff_c_lies_as_many_standard_deviations_from_one_mean_as_from_the_other():
    cutoff = Cutoff(
        criterion="c", clinical_mean=24, clinical_sd=6, functional_mean=4, functional_sd=2, **MADE_UP
    )
    score = cutoff.score(higher_is_better=False)
    assert (24 - score) / 6 == pytest.approx((score - 4) / 2, rel=1e-15)


def test_clinically_significant_change_is_reliable_and_crosses_the_cutoff():
    """Of a scale of which lower is better: cut-off 9, and a fall of more than 1.96 * 6 * sqrt(0.4) = 7.4."""
    norms = {
        "criterion": "c",
        "clinical_mean": 24,
        "clinical_sd": 6,
        "functional_mean": 4,
        "functional_sd": 2,
    }
    both = rules(
        clinically_significant_change={
            "cutoff": norms | MADE_UP, "reliable_change": {"sd": 6, "reliability": 0.8, **MADE_UP},
        }
    )  # fmt: skip
    assert course([(0, 20), (4, 8)], both)[0][0] == "clinically_significant_change"
    assert course([(0, 20), (4, 9)], both) == []  # at the cut-off is not beyond it
    assert course([(0, 15), (4, 8)], both) == []  # 7 points are not reliable
    assert course([(0, 8.5), (4, 0)], both) == []  # was not among the ill


def test_reliable_change_follows_the_direction_of_the_scale():
    change = {"sd": 10, "reliability": 0.8, **MADE_UP}  # 12.4 points
    both = rules(reliable_improvement={"reliable_change": change},
                 reliable_deterioration={"reliable_change": {**change, "direction": "deterioration"}},
                 )  # fmt: skip
    assert course([(0, 40), (4, 53)], both, instrument="Q-LES-Q-SF")[0][0] == "reliable_improvement"
    assert course([(0, 30), (4, 17)], both)[0][0] == "reliable_improvement"
    assert course([(0, 30), (4, 43)], both)[0][0] == "reliable_deterioration"


@pytest.mark.parametrize("name", LIBRARY)
def test_every_definition_of_the_library_fits_the_instruments_that_it_is_for(name):
    definition = LIBRARY[name]
    for instrument in definition.instruments or ("HAM-D17", "PHQ-9", "PARS"):
        assert definition_faults(definition, instrument, CATALOGUE[instrument]) == []
    assert all(rule.source for rule in definition.rules.values())


def test_the_consensus_terms():
    """As docs/definitions.md has them after Frank et al. 1991."""
    terms = {state: (rule.at_most or rule.at_least, rule.days_in_row) for state, rule in HAMD17.rules.items()}
    assert terms["remission"] == (7, 14)
    assert terms["recovery"] == (7, 182)
    assert terms["relapse"] == terms["recurrence"] == (15, 14)


@pytest.mark.parametrize(
    ("name", "instrument", "told"),
    [
        ("hamd17_consensus", "PHQ-9", "is for HAM-D17, and the measure is PHQ-9"),
        ("instrument_rules", "GAD-7", "response: GAD-7 has no rule of response that a score can tell"),
        ("instrument_rules", "HAM-D24", "remission: HAM-D24 has no rule of remission that a score can tell"),
    ],
)
def test_a_definition_is_refused_for_an_instrument_that_it_says_nothing_about(name, instrument, told):
    assert told in definition_faults(LIBRARY[name], instrument, CATALOGUE[instrument])


def test_thresholds_that_point_the_wrong_way_are_refused():
    low = rules(remission={"at_most": 50})
    faults = definition_faults(low, "Q-LES-Q-SF", CATALOGUE["Q-LES-Q-SF"])
    assert faults == ["remission: at_most points the wrong way: higher scores of Q-LES-Q-SF are better"]
    high = rules(remission={"at_least": 5})
    assert definition_faults(high, "HAM-D17", CATALOGUE["HAM-D17"])
    fall = rules(response={"percent_reduction": 50})
    assert len(definition_faults(fall, "Q-LES-Q-SF", CATALOGUE["Q-LES-Q-SF"])) == 2


@pytest.mark.parametrize(
    ("states", "told"),
    [
        ({}, "has no rule"),
        ({"remission": {"visits_in_row": 2}}, "give a threshold"),
        ({"relapse": {"at_least": 15}}, "a relapse follows remission"),
        ({"recovery": {"at_most": 7}}, "recovery is lasting remission"),
        ({"remission": {"at_most": 7}, "recurrence": {"at_least": 15}}, "a recurrence follows recovery"),
        ({"remission": {"at_most": 7}, "relapse": {"at_least": 7}}, "from 7 to 7 is both remission"),
        ({"remission": {"at_least": 60}, "relapse": {"at_most": 65}}, "from 60 to 65 is both"),
        ({"remission": {"at_most": 7, "missing": "event"}}, "no score is no evidence of remission"),
        ({"remission": {"at_most": 7, "days_in_row": 30}, "recovery": {"at_most": 7}}, "is shorter than"),
        ({"response": {"at_most": 7, "from_minimum": True}}, "from_minimum says"),
        ({"response": {"at_most": 7, "at_least": 9}}, "no score is at most"),
        ({"response": {"events": ("seen",), "visits_in_row": 2}}, "an event counts at once"),
        ({"response": {"at_most": 7, "most_days_between": 9}}, "most_days_between is about runs"),
        ({"response": {"cutoff": {"criterion": "c", "clinical_mean": 9, **MADE_UP}}}, "criterion c needs"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(states, told):
    with pytest.raises(ValidationError, match=told):
        rules(**states)


def test_a_definition_is_based_on_another_by_paths():
    stricter = changed(HAMD17, {"relapse.at_least": 16.0, "relapse.visits_in_row": 2.0})
    assert (stricter.relapse.at_least, stricter.relapse.visits_in_row) == (16, 2)
    assert stricter.remission == HAMD17.remission
    assert changed(HAMD17, {"dropout": None}).dropout is None
    with_relapse = changed(LIBRARY["bdi2_minimal"], {"relapse.at_least": 20, "relapse.source": "protocol"})
    assert with_relapse.relapse.at_least == 20
    with pytest.raises(ValueError, match=r"relapse\.source: is missing"):
        changed(LIBRARY["bdi2_minimal"], {"relapse.at_least": 20})
    with pytest.raises(ValueError, match=r"title\.at_least: 'title' has no keys"):
        changed(HAMD17, {"title.at_least": 3})
    with pytest.raises(ValueError, match="unknown key 'worsening'"):
        changed(HAMD17, {"worsening.at_least": 3})
    with pytest.raises(ValueError, match="relapse: unknown key 'atleast'"):
        changed(HAMD17, {"relapse.atleast": 3})


def test_one_path_may_change_relapse_and_recurrence_alike():
    both = changed(HAMD17, {"relapse_or_recurrence.at_least": 18})
    assert (both.relapse.at_least, both.recurrence.at_least) == (18, 18)
    with pytest.raises(ValueError, match=r"recurrence\.source: is missing"):
        changed(LIBRARY["phq9_reliable"], {"relapse_or_recurrence.at_least": 12})


def test_a_rule_that_a_plan_changes_names_the_plan_as_the_source_of_what_it_changed():
    mine = changed(HAMD17, {"relapse.at_least": 16, "relapse.events": ("admission",)}, "Protocol 6.2")
    assert mine.relapse.source == f"Protocol 6.2 (at_least, events); {HAMD17.relapse.source}"
    assert mine.remission.source == HAMD17.remission.source
    own = changed(HAMD17, {"relapse.at_least": 16, "relapse.source": "mine"}, "Protocol 6.2")
    assert own.relapse.source == "mine"


@pytest.mark.parametrize("rule", [
    {"instrument": "remission"},
    {"cutoff": {"criterion": "b", "functional_mean": 5, "functional_sd": 2, **MADE_UP}},
])  # fmt: skip
def test_a_relapse_is_not_told_by_what_tells_who_is_well(rule):
    with pytest.raises(ValidationError, match="tells who is well, which is not what relapse is"):
        rules(remission={"at_most": 7}, relapse=rule)


def test_a_plan_bases_definitions_on_the_library_and_on_its_own():
    declared = {
        "strictest": BasedOn(based_on="strict", changes={"relapse.at_least": 18}, **MADE_UP),
        "strict": BasedOn(based_on="hamd17_consensus", changes={"relapse.at_least": 16}, **MADE_UP),
    }
    found = resolve_definitions(declared)
    assert (found["strict"].relapse.at_least, found["strictest"].relapse.at_least) == (16, 18)
    assert found["strictest"].recovery == HAMD17.recovery
    assert {found[name].title for name in declared} == {f"{HAMD17.title}, changed"}
    assert {found[name].note for name in declared} == {f"Before the changes: {HAMD17.note}"}
    circle = {"one": BasedOn(based_on="two", changes={"dropout": None}, **MADE_UP),
              "two": BasedOn(based_on="one", changes={"dropout": None}, **MADE_UP)}  # fmt: skip
    with pytest.raises(ValueError, match="in a circle: one, two"):
        resolve_definitions(circle)
    unknown = {"mine": BasedOn(based_on="hamd17_consens", changes={"dropout": None}, **MADE_UP)}
    with pytest.raises(ValueError, match="did you mean 'hamd17_consensus'"):
        resolve_definitions(unknown)


def test_an_endpoint_asks_for_states_that_the_definition_tells_apart():
    def endpoint(state, start):
        return DerivedEventEndpoint(kind="derived_event", measure="phq9", definition=LIBRARY["phq9_reliable"],
                                    state=state, start=start)  # fmt: skip

    assert endpoint("relapse", "remission").state == "relapse"
    with pytest.raises(ValidationError, match="has no rule of recurrence"):
        endpoint("relapse_or_recurrence", "remission")
    with pytest.raises(ValidationError, match="start and state are both remission"):
        endpoint("remission", "remission")
    with pytest.raises(ValidationError, match="has no rule of recovery"):
        endpoint("relapse", "recovery")
    with pytest.raises(ValidationError) as caught:
        endpoint("relaps", "remission")
    assert [error["loc"] for error in caught.value.errors()] == [("state",)]


def test_a_grid_spans_every_combination_and_each_is_sound():
    def endpoint(**grid):
        return EventMultiverseEndpoint(kind="event_multiverse", measure="hamd17", definition=HAMD17,
                                       state="relapse", start="remission", grid=grid)  # fmt: skip

    points = endpoint(**{"relapse.at_least": [14, 16], "relapse.missing": ["ignore", "break"]}).points()
    assert list(points) == [
        "relapse.at_least=14; relapse.missing=ignore", "relapse.at_least=14; relapse.missing=break",
        "relapse.at_least=16; relapse.missing=ignore", "relapse.at_least=16; relapse.missing=break",
    ]  # fmt: skip
    assert points["relapse.at_least=16; relapse.missing=break"].relapse.missing == "break"
    with pytest.raises(ValidationError, match="a value stands more than once"):
        endpoint(**{"relapse.at_least": [14, 14]})
    with pytest.raises(ValidationError, match="1 definitions; give 2 to 200"):
        endpoint(**{"relapse.at_least": [14]})
    with pytest.raises(
        ValidationError, match=r"at relapse.missing=maybe of the grid: .*unknown value 'maybe'"
    ):
        endpoint(**{"relapse.missing": ["ignore", "maybe"]})
    with pytest.raises(ValidationError, match="unknown key 'worsening'"):
        endpoint(**{"worsening.at_least": [1, 2]})


def test_the_version_of_a_definition_is_one():
    with pytest.raises(ValidationError, match="version"):
        Definition.model_validate({"title": "T", "version": "new", "dropout": MADE_UP, **MADE_UP})


def test_the_page_shows_the_library_as_it_is():
    """If not: replace what follows '## The library' by outcomes.definitions.library_page()."""
    page = (Path(__file__).parents[2] / "docs/definitions.md").read_text(encoding="utf-8")
    assert page.partition("## The library\n\n")[2] == library_page()
