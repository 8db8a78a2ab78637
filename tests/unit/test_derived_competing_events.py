"""Derived states with competing events: which came first, who was at risk, and what a plan may say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from test_derived_event import ARMS, make_cohort
from test_derived_event import make_tables as tables_of

from outcomes.config import Cohort
from outcomes.config.base import build
from outcomes.config.headlines import headline_of
from outcomes.config.plan import Plan
from outcomes.config.project import check_plan
from outcomes.endpoints.derived_competing_events import derive_derived_competing_events
from outcomes.errors import ConfigError, DataError
from outcomes.frames import Exclusion
from outcomes.io import shape
from outcomes.models.competing_risks import fit_competing_risks
from outcomes.tables import EVENTS

WELL = [(0, 24), (4, 6), (8, 5)]
"""Remission is confirmed on day 56."""
SHARE_ATOL = 1e-14  # a product of some ten fractions against one fraction


def cohort_with(*names) -> Cohort:
    cohort = make_cohort()
    admission = cohort.events["admission"]
    others = {name: admission.model_copy(update={"label": name.capitalize()}) for name in names}
    return cohort.model_copy(update={"events": cohort.events | others})


def tables(rows, **recorded):
    """`recorded`: event to patient to (day, seen), counted from baseline."""
    events = [
        (who, "outcome", name, 0.0, float(day), seen, None if seen else "last contact", None)
        for name, column in recorded.items() for who, (day, seen) in column.items()
    ]  # fmt: skip
    found = tables_of(rows, ())
    return replace(found, events=shape(pd.DataFrame(events, columns=list(EVENTS.names)), EVENTS))


def plan_of(competing, definition="hamd17_consensus", changes=None, endpoint=None, **options):
    changed = {"based_on": definition, "source": "x", "changes": changes} if changes else None
    entry = {
        "model": "competing_risks", "role": "secondary", "question": "?",
        "endpoint": {
            "kind": "derived_competing_events", "measure": "hamd17", "competing": list(competing),
            "definition": "mine" if changed else definition, "state": "relapse", "start": "remission",
        } | (endpoint or {}),
        **options,
    }  # fmt: skip
    content = {
        "title": "t",
        "definitions": {"mine": changed} if changed else {},
        "analyses": {"entry": entry},
    }
    return build(Plan, content, "plan.yaml")


def derive(found, competing=("dropout",), **options):
    entry = plan_of(competing, **options).analyses["entry"]
    return derive_derived_competing_events(found, cohort_with("death"), entry)


def first(entries, competing=("dropout",), death=None, **options):
    """(days from remission, cause, whether one came after censoring) of one patient; None where left out."""
    found = tables({"p": WELL + entries}, **({"death": {"p": death}} if death else {}))
    data = derive(found, competing, **options).data
    if data.empty:
        return None
    row = data.iloc[0]
    cause = None if pd.isna(row["cause"]) else row["cause"]
    assert bool(row["observed"]) == (cause is not None)
    return row["time_days"], cause, bool(row["event_after_censoring"])


# ---------- dropout, as the definition dates it


def test_dropout_is_dated_at_the_first_visit_that_was_missed():
    assert first([(12, 9), (16, None), (20, None)]) == (56, "dropout", False)


def test_a_relapse_before_dropout_comes_first():
    assert first([(12, 18), (16, 20), (20, None)]) == (56, "relapse", False)


def test_without_either_a_patient_is_censored_at_the_last_score():
    assert first([(12, 9), (16, None), (20, 8)]) == (84, None, False)


def test_whoever_drops_out_right_after_remission_was_at_risk():
    """Of a derived event alone nothing is known after the start; here it is known that dropout came first."""
    assert first([(12, None), (16, None)]) == (28, "dropout", False)


def test_whoever_has_no_score_and_no_cause_after_the_start_is_left_out():
    frame = derive(tables({"p": WELL}))
    assert frame.exclusions == (
        Exclusion("medication", "no score after remission", 1, after_assignment=True),
    )


def test_from_baseline_a_patient_never_seen_again_dropped_out():
    found = tables({"p": [(0, 24), (4, None), (8, None)]})
    data = derive(found, endpoint={"start": "baseline", "state": "remission"}).data
    assert data[["time_days", "cause"]].astype(object).values.tolist() == [[28, "dropout"]]


def test_a_dated_event_of_the_definition_after_dropout_comes_second():
    found = tables({"p": [*WELL, (12, None)]}, admission={"p": (100, True)})
    data = derive(found, changes={"relapse.events": ["admission"]}).data
    assert data[["time_days", "cause"]].astype(object).values.tolist() == [[28, "dropout"]]


def test_dropouts_that_only_the_last_visit_tells_are_counted_in_a_caution():
    rows = {"a": [*WELL, (12, 9), (16, None)], "b": [*WELL, (12, None), (16, None)]}
    assert "1 of 2 dropouts are told by the last planned visit alone" in derive(tables(rows)).cautions[-1]
    strict = derive(tables(rows), changes={"dropout.visits_in_row": 2})
    assert not any("dropouts" in caution for caution in strict.cautions)
    assert strict.data["cause"].notna().tolist() == [False, True]


# ---------- recorded events, shifted to the patient's own start


@pytest.mark.parametrize(
    ("death", "expected"),
    [
        ((70, True), (14, "death", False)),      # before the next visit was missed
        ((112, True), (56, "death", False)),     # on the day of that visit
        ((113, True), (28, None, True)),         # later a relapse could have gone unseen
        ((300, False), (28, None, False)),       # free of relapse is known up to the last score, day 84
        ((60, False), (4, None, False)),         # whether dead or not is known up to day 60 only
        ((56, True), None),                      # by the day of the start: not at risk from there on
        ((40, True), None),
        ((56, False), None),                     # not followed beyond it
    ],
)  # fmt: skip
def test_a_recorded_event_counts_as_long_as_a_relapse_could_be_seen(death, expected):
    """Remission on day 56, the last score on day 84, the next planned visit, missed, on day 112."""
    assert first([(12, 9), (16, None)], ["death"], death) == expected


def test_with_dropout_too_a_later_death_comes_after_it():
    assert first([(12, 9), (16, None)], ["dropout", "death"], (113, True)) == (56, "dropout", False)
    assert first([(12, 9), (16, None)], ["dropout", "death"], (100, True)) == (44, "death", False)


def test_after_the_last_planned_visit_nothing_counts():
    assert first([(12, 9)], ["death"], (85, True)) == (28, None, True)


def test_a_relapse_after_follow_up_for_the_other_event_does_not_count():
    relapsing = [(12, 9), (16, 18), (20, 20)]
    assert first(relapsing, ["death"], (100, False)) == (44, None, True)
    assert first(relapsing, ["death"], (140, False)) == (84, "relapse", False)


def test_who_is_left_out_is_counted_under_the_first_reason():
    rows = {name: [*WELL, (12, 9)] for name in ("kept", "dead", "gone", "unknown")}
    rows["ill"] = [(0, 24), (4, 20), (8, 22)]
    frame = derive(
        tables(rows, death={"kept": (90, False), "dead": (50, True), "gone": (50, False), "ill": (9, True)}),
        ["death"],
    )
    assert frame.data["patient_id"].tolist() == ["kept"]
    assert {(each.reason, each.n_patients, each.after_assignment) for each in frame.exclusions} == {
        ("never in remission", 1, True),
        ("no follow-up for Death", 1, True),
        ("Death: by the day of remission", 1, True),
        ("Death: not followed beyond the day of remission", 1, True),
    }


def test_a_recorded_event_that_is_not_counted_from_baseline_is_refused():
    found = tables({"p": [*WELL, (12, 9)]}, death={"p": (90, False)})
    moved = replace(found, events=found.events.assign(start_day=5.0))
    with pytest.raises(DataError, match="death: patients for whom it is not counted from baseline: 1"):
        derive(moved, ["death"])


def test_two_causes_on_one_day_are_refused_unless_the_plan_gives_an_order():
    entries, death = [(12, 9), (16, None)], (112, True)
    with pytest.raises(DataError, match=r"on one day: 1 \(dropout: 1, death: 1\)") as caught:
        first(entries, ["dropout", "death"], death)
    assert "same_day: in_order" in str(caught.value)
    order = {"same_day": "in_order"}
    assert first(entries, ["death", "dropout"], death, endpoint=order) == (56, "death", False)


def test_a_tie_of_somebody_who_was_not_at_risk_is_no_tie():
    found = tables({"p": [(0, 24), (4, 20), (8, None)]}, death={"p": (56, True)})
    assert derive(found, ["dropout", "death"]).data.empty


def test_recovery_ends_the_risk_of_relapse_and_is_told():
    """In remission from day 28, recovered half a year later: what follows is no relapse."""
    rows = {"p": [(0, 24), *((week, 5) for week in range(4, 40, 4)), (40, None), (44, None)]}
    frame = derive(tables(rows))
    assert frame.data[["observed", "reason", "event_after_censoring"]].values.tolist() == [
        [False, "recovery", False]
    ]
    assert "1 patient is censored at recovery" in frame.cautions[1]
    both = derive(tables(rows), endpoint={"state": "relapse_or_recurrence"})
    assert both.data["cause"].tolist() == ["dropout"]


# ---------- the frame and its model


def many(n=160):
    """Patients in remission on day 56 who then relapse, drop out, or stay."""
    rng = np.random.default_rng(11)
    rows = {}
    for k in range(n):
        stay = int(rng.integers(2, 14))
        scores = rng.integers(8, 22 - 3 * (k % 2), 8)
        later = [(12 + 4 * j, int(scores[j]) if j < stay else None) for j in range(8)]
        rows[f"p{k:03d}"] = WELL + later
    return rows


def test_the_frame_names_its_causes_the_state_first():
    frame = derive(tables({"p": [*WELL, (12, 9)]}, death={"p": (90, False)}), ["dropout", "death"])
    assert list(frame.data["cause"].cat.categories) == ["relapse", "dropout", "death"]
    assert (frame.endpoint, frame.label) == ("relapse", "Relapse from remission, by HAM-D")
    named = {cause: frame.labels[cause] for cause in ("relapse", "dropout", "death")}
    assert named == {"relapse": frame.label, "dropout": "Dropout", "death": "Death"}
    assert frame.higher_is_better is True
    assert list(frame.data["arm"].cat.categories) == ARMS
    assert "time counts from the day on which it was confirmed" in frame.cautions[0]


def first_by_hand(entries):
    """Second of two scores of 15 or more in a row, or the first visit without score, in days from day 56."""
    high = 0
    for week, score in entries[3:]:
        high = high + 1 if score is not None and score >= 15 else 0
        if score is None or high == 2:
            return 7 * week - 56, "dropout" if score is None else "relapse_or_recurrence"
    return 7 * entries[-1][0] - 56, None


def test_incidences_are_the_shares_of_patients_where_nobody_is_censored_and_add_to_one():
    """Everyone is followed to the last visit, so that incidences are plain shares, counted by hand here."""
    rows, days = many(), [84, 168, 196]
    options = {"endpoint": {"state": "relapse_or_recurrence"}, "at_days": days}
    entry = plan_of(["dropout"], **options).analyses["entry"]
    frame = derive_derived_competing_events(tables(rows), make_cohort(), entry)
    found = pd.DataFrame(fit_competing_risks(frame, entry).rows)
    at = found[found["time"].isin(days)].set_index(["arm", "time"])
    ends = {who: first_by_hand(entries) for who, entries in rows.items()}
    for k, arm in enumerate(ARMS):
        mine = [ends[who] for who in list(rows)[k::2]]
        for day in days:
            free = 1.0
            for cause in ("relapse_or_recurrence", "dropout"):
                share = sum(when <= day and what == cause for when, what in mine) / len(mine)
                row = at[(at["quantity"] == "cumulative_incidence") & (at["term"] == cause)].loc[(arm, day)]
                assert row["estimate"] == pytest.approx(share, abs=SHARE_ATOL)
                assert 0 < share < 1
                free -= row["estimate"]
            none = at[at["quantity"] == "survival_probability"].loc[(arm, day), "estimate"]
            assert none == pytest.approx(free, abs=SHARE_ATOL)


def test_the_state_is_the_headline():
    headline = headline_of(plan_of(["dropout"]).analyses["entry"])
    assert (headline.quantity, headline.term) == ("risk_difference", "relapse")


def test_row_order_does_not_matter():
    found = tables(many(40), death={f"p{k:03d}": (90 + k, k % 3 == 0) for k in range(40)})
    parts = (getattr(found, name).iloc[::-1] for name in ("patients", "visits", "events", "exposures"))
    turned = type(found)(*parts)
    one, two = (derive(each, ["dropout", "death"]).data for each in (found, turned))
    pd.testing.assert_frame_equal(one, two)


# ---------- the plan


def told(competing, names=("death",), **options):
    plan = plan_of(competing, **options)
    return [f"{p.where}: {p.what}" for p in check_plan(plan, cohort_with(*names), "plan.yaml")]


def test_events_and_dropout_are_known():
    assert told(["dropout", "death"]) == []
    assert told(["dropout"], names=["dropout"], changes={"dropout": None}) == []


def test_a_dropout_that_is_both_asks_which_is_meant():
    (said,) = told(["dropout"], names=["dropout"])
    assert said.startswith(
        "analyses.entry.endpoint.competing: 'dropout' is an event of the cohort and a state"
    )
    for which in ("event", "definition"):
        assert told(["dropout"], names=["dropout"], endpoint={"dropout": which}) == []


@pytest.mark.parametrize(("which", "cause"), [("event", None), ("definition", "dropout")])
def test_the_dropout_that_is_meant_is_the_one_that_counts(which, cause):
    found = tables({"p": [*WELL, (12, 9), (16, None)]}, dropout={"p": (200, False)})
    entry = plan_of(["dropout"], endpoint={"dropout": which}).analyses["entry"]
    data = derive_derived_competing_events(found, cohort_with("dropout"), entry).data
    assert data["cause"].astype(object).where(data["cause"].notna(), None).tolist() == [cause]


@pytest.mark.parametrize(
    ("competing", "options", "said"),
    [
        (["deth"], {},
         "the cohort has no event 'deth' (did you mean 'death'?). Known: admission, death, dropout"),
        (["dropuot"], {}, "(did you mean 'dropout'?)"),
        (["recovery"], {}, "no event 'recovery'; of the definition's states only dropout competes"),
        (["dropout"], {"changes": {"dropout": None}},
         "nor the definition a rule of it. Known: admission, death"),
        (["dropout"], {"endpoint": {"dropout": "event"}}, "the cohort has no event 'dropout'"),
        (["dropout"], {"changes": {"dropout": None}, "endpoint": {"dropout": "definition"}},
         "the definition has no rule of 'dropout'"),
        (["admission"], {"changes": {"relapse.events": ["admission"]}},
         "by the definition 'admission' is relapse at once: it cannot compete with that"),
        (["dropout"], {"changes": {"relapse.missing": "event"}},
         "a visit without score counts as relapse (missing: event)"),
    ],
)  # fmt: skip
def test_what_cannot_compete_is_told_with_the_reason(competing, options, said):
    (found,) = told(competing, **options)
    assert found.startswith("analyses.entry.endpoint.competing: ")
    assert said in found


@pytest.mark.parametrize(
    ("competing", "endpoint", "said"),
    [
        ([], {}, "is empty: give one or more"),
        (["death", "death"], {}, "stands more than once"),
        (["relapse"], {}, "competing: 'relapse' is the state itself"),
        (["recurrence"], {"state": "relapse_or_recurrence"}, "'recurrence' is the state itself"),
        (["dropout"], {"state": "dropout"}, "'dropout' is the state itself"),
        (["death"], {"dropout": "event"}, "competing does not name it"),
        (["death"], {"definition": "hamd17_consensu"}, "did you mean 'hamd17_consensus'"),
        (["death"], {"kind": "competing_event"}, "competing_events"),
    ],
)  # fmt: skip
def test_impossible_choices_are_refused(competing, endpoint, said):
    with pytest.raises(ConfigError) as caught:
        plan_of(competing, endpoint=endpoint)
    assert said in str(caught.value)


def test_a_population_that_rests_on_a_recorded_event_is_refused():
    (said,) = told(["death"], population="with_follow_up")
    assert "'with_follow_up' rests on an event, and the endpoint has none" in said
