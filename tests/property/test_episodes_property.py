"""Derived episodes: the fast machine against a slow one, and what must hold whatever the data."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from slow_episodes import entries_of, spells, time_to

from outcomes.config.definition import Definition
from outcomes.episodes import derive_episodes, event_times
from outcomes.instruments import load_catalogue

HAMD = load_catalogue()["HAM-D17"]
S = {"source": "made up"}
COLUMNS = ["state", "start_day", "confirmed_day", "end_day", "ended", "evidence"]
SCORES = st.one_of(st.none(), st.integers(0, 30))


def definition(**changes):
    """Rules whose thresholds lie apart, each with the same meaning of a visit without score."""
    rules = {
        "response": {"percent_reduction": 50, **S},
        "remission": {"at_most": 7, "days_in_row": 14, **S},
        "recovery": {"at_most": 7, "days_in_row": 60, **S},
        "relapse": {"at_least": 15, **S},
        "recurrence": {"at_least": 15, **S},
        "dropout": S,
    }
    for path, value in changes.items():
        state, _, key = path.partition("__")
        if key:
            rules[state] = rules[state] | {key: value}
        else:
            rules[state] = value
    return Definition.model_validate({"title": "T", "version": "1.0", **S, **rules})


def tables(rows, dated=()):
    """Tables of visits and events; `rows` maps patient to a list of scores, or of (week, day, score)."""
    visits = [
        {"patient_id": who, "measure": "hamd", "visit": f"v{int(week * 10):04d}", "week": float(week),
         "day": np.nan if day is None else float(day), "score": np.nan if score is None else float(score)}
        for who, entries in rows.items()
        for week, day, score in (
            entry if isinstance(entry, tuple) else (4 * k, None, entry) for k, entry in enumerate(entries)
        )
    ]  # fmt: skip
    events = [
        {"patient_id": who, "kind": "outcome", "event": name, "start_day": 0.0, "end_day": float(day),
         "observed": True}
        for who, name, day in dated
    ]  # fmt: skip
    columns = ["patient_id", "kind", "event", "start_day", "end_day", "observed"]
    return pd.DataFrame(visits), pd.DataFrame(events, columns=columns)


def derive(rows, rules, dated=()):
    visits, events = tables(rows, dated)
    return derive_episodes(visits, events, pd.Series(list(rows)), "hamd", rules, HAMD)


def table(rows, rules, dated=()):
    return derive(rows, rules, dated).table("hamd", "test")


def confirmed(rows, rules, state, dated=()):
    """Day on which each patient's first spell of a state was confirmed."""
    found = table(rows, rules, dated)
    return found[found["state"] == state].groupby("patient_id")["confirmed_day"].min().to_dict()


def random_cohort(rng, n_patients):
    """Patients with gaps, visits off schedule, two visits on a day, unplanned visits, and dated events."""
    rows, dated = {}, []
    for k in range(n_patients):
        weeks = [0, *sorted(rng.choice(np.arange(1, 30), size=rng.integers(0, 9), replace=False))]
        level = rng.integers(0, 25)
        entries = []
        for week in weeks:
            level = int(np.clip(level + rng.integers(-9, 9), 0, 40))
            day = None if rng.random() < 0.3 else week * 7 + int(rng.integers(-9, 10))
            entries.append((week, day, None if rng.random() < 0.25 else level))
        rows[f"p{k:03d}"] = entries
        dated += [(f"p{k:03d}", name, int(rng.integers(-5, 220)))
                  for name in ("hospital", "crisis") if rng.random() < 0.25]  # fmt: skip
    return rows, dated


def random_definition(rng):
    def of(*options):
        return options[rng.integers(len(options))]

    def lasting():
        gap = of(None, None, 40.0)
        days = of(0, 14, 28)
        return {"visits_in_row": int(of(1, 2, 3)), "days_in_row": days, **S} | (
            {"most_days_between": gap, "dated": of("confirmed", "start")} if gap and days else {}
        )

    well = {"missing": of("ignore", "break"), **lasting(), "at_most": int(of(7, 10))}
    worse = {"missing": of("ignore", "break", "event"), **lasting(), "at_least": int(of(11, 15))}
    if rng.random() < 0.3:
        worse = {"points_increase": 5.0, "missing": "ignore", **S}
    if rng.random() < 0.5:
        worse["events"] = ("hospital",)
    worse["dated"] = of("confirmed", "start")
    remission = well | ({"events": ("crisis",)} if rng.random() < 0.2 else {})
    recovery = well | {"days_in_row": well["days_in_row"] + int(of(0, 30, 90)), "at_most": int(of(5, 7, 10))}
    content = {
        "title": "T", "version": "1.0", **S,
        "starts_in": of("ill", "ill", "remission", "recovery"),
        "response": {"percent_reduction": 50, **lasting(), "missing": of("ignore", "break")},
        "remission": remission, "recovery": recovery, "relapse": worse,
        "recurrence": worse | {"visits_in_row": 1},
        "dropout": {"visits_in_row": int(of(1, 2)), **S},
    }  # fmt: skip
    if rng.random() < 0.2:
        content["relapse_after"] = "response"
        content["response"] = well
    if rng.random() < 0.2:
        del content["recurrence"], content["recovery"]
        content["starts_in"] = "ill"
    return Definition.model_validate(content)


@pytest.mark.parametrize("seed", range(10))
def test_the_fast_machine_says_what_the_slow_one_says(seed):
    """10 random definitions, each on 40 random patients; every column of every spell, exactly."""
    rng = np.random.default_rng(seed)
    rows, dated = random_cohort(rng, 40)
    rules = random_definition(rng)
    visits, events = tables(rows, dated)
    fast = derive_episodes(visits, events, pd.Series(list(rows)), "hamd", rules, HAMD).table("hamd", "d")
    for who in rows:
        mine = visits[visits["patient_id"] == who]
        entries = entries_of(mine, events[events["patient_id"] == who], "hamd", list(rules.events))
        baseline = mine.loc[mine["week"] == 0, "score"].iloc[0]
        slow = sorted(spells(rules, entries, baseline))
        found = fast[fast["patient_id"] == who]
        assert sorted(found[COLUMNS].astype({"state": str}).itertuples(index=False, name=None)) == slow


@pytest.mark.parametrize("seed", range(4))
def test_times_are_those_of_the_slow_machine(seed):
    """Every state from every start that a random definition tells apart, and who is left out."""
    rng = np.random.default_rng(500 + seed)
    rows, dated = random_cohort(rng, 25)
    rules = random_definition(rng)
    visits, events = tables(rows, dated)
    episodes = derive_episodes(visits, events, pd.Series(list(rows)), "hamd", rules, HAMD)
    both = ["relapse_or_recurrence"] if rules.recurrence else []
    starts = ["baseline", *(s for s in ("response", "remission", "recovery") if s in rules.rules)]
    for start in starts:
        for state in [*rules.states, *both]:
            times = event_times(episodes, state, start)
            for k, who in enumerate(rows):
                mine = visits[visits["patient_id"] == who]
                entries = entries_of(mine, events[events["patient_id"] == who], "hamd", list(rules.events))
                slow = time_to(rules, entries, mine.loc[mine["week"] == 0, "score"].iloc[0], state, start)
                columns = (times.time_days, times.observed, times.reason, times.left_days, times.right_days)
                fast = times.left_out[k] or tuple(column[k] for column in columns)
                assert fast == slow, (state, start, who)


@given(st.lists(SCORES, min_size=2, max_size=12), st.integers(0, 20), st.integers(1, 10))
def test_a_laxer_threshold_never_loses_or_delays_a_remission(scores, strict, more):
    """Runs under the stricter rule are runs under the laxer one, so its first is no later."""
    rows = {"p": scores}
    only = {"recovery": None, "relapse": None, "recurrence": None}
    one = confirmed(rows, definition(remission__at_most=strict, **only), "remission")
    two = confirmed(rows, definition(remission__at_most=strict + more, **only), "remission")
    assert all(two[who] <= day for who, day in one.items())


@given(st.lists(SCORES, min_size=2, max_size=12), st.integers(9, 25), st.integers(1, 10))
def test_a_lower_threshold_never_loses_or_delays_a_first_relapse(scores, low, more):
    rows = {"p": scores}
    only = {"recovery": None, "recurrence": None}
    one = confirmed(rows, definition(relapse__at_least=low + more, **only), "relapse")
    two = confirmed(rows, definition(relapse__at_least=low, **only), "relapse")
    assert all(two[who] <= day for who, day in one.items())


@given(st.lists(SCORES, min_size=2, max_size=12), st.integers(0, 60), st.integers(1, 60))
def test_a_longer_run_is_never_confirmed_sooner(scores, days, more):
    rows = {"p": scores}
    only = {"recovery": None, "relapse": None, "recurrence": None}
    short = confirmed(rows, definition(remission__days_in_row=days, **only), "remission")
    long = confirmed(rows, definition(remission__days_in_row=days + more, **only), "remission")
    assert all(short[who] <= day for who, day in long.items())


@given(st.lists(SCORES, min_size=1, max_size=12), st.sampled_from(["ignore", "break", "event"]))
def test_no_event_comes_before_its_state(scores, missing):
    found = table({"p": scores}, definition(relapse__missing=missing, recurrence__missing=missing))
    course = found[found["state"].isin(["remission", "recovery", "relapse", "recurrence"])]
    order = course.sort_values("confirmed_day", kind="stable")
    before = {"relapse": "remission", "recurrence": "recovery", "recovery": "remission"}
    states = order["state"].astype(str).tolist()
    assert all(k > 0 and states[k - 1] == before[s] for k, s in enumerate(states) if s in before)
    worse = order["state"].isin(["relapse", "recurrence"])
    assert (order["start_day"] > order["confirmed_day"].shift())[worse].all()
    assert (order["start_day"] <= order["confirmed_day"]).all()
    assert (found["start_day"] > 0).all()


@given(st.lists(SCORES, min_size=1, max_size=8), st.integers(1, 30))
def test_a_late_event_is_found(scores, gap_weeks):
    """Remission, then whatever, then silence, then a score of 20: whoever was well is so no more."""
    late = 8 + 4 * len(scores) + gap_weeks
    between = [(8 + 4 * k, None, score) for k, score in enumerate(scores)]
    seen = [(0, None, 25), (4, None, 3), (6, None, 3), *between]
    course = ["remission", "recovery", "relapse", "recurrence"]
    before, after = (table({"p": each}, definition()) for each in (seen, [*seen, (late, None, 20)]))
    until, last = (
        found[found["state"].isin(course)].sort_values("confirmed_day", kind="stable").iloc[-1]
        for found in (before, after)
    )
    ended_by = {"remission": "relapse", "recovery": "recurrence"}.get(until["state"])
    assert last["state"] == (ended_by or until["state"])
    assert ended_by is None or last["confirmed_day"] == late * 7


@settings(max_examples=25)
@given(st.randoms(use_true_random=False))
def test_the_order_of_rows_is_irrelevant_and_deriving_twice_is_deriving_once(random):
    rng = np.random.default_rng(random.randrange(2**32))
    rows, dated = random_cohort(rng, 8)
    rules = random_definition(rng)
    visits, events = tables(rows, dated)
    ids = pd.Series(list(rows))
    one = derive_episodes(visits, events, ids, "hamd", rules, HAMD).table("hamd", "d")
    shuffled = [frame.sample(frac=1, random_state=int(rng.integers(1000))) for frame in (visits, events)]
    pd.testing.assert_frame_equal(
        one, derive_episodes(*shuffled, ids, "hamd", rules, HAMD).table("hamd", "d")
    )
    alone = derive_episodes(visits, events, ids[ids == "p003"], "hamd", rules, HAMD).table("hamd", "d")
    mine = one[one["patient_id"] == "p003"].reset_index(drop=True)
    pd.testing.assert_frame_equal(mine, alone)


@given(st.lists(SCORES, min_size=3, max_size=12), st.data())
def test_an_ignored_missing_visit_changes_nothing(scores, data):
    """With and without a planned visit that has no score: the same spells, dropout aside."""
    where = data.draw(st.integers(1, len(scores) - 1))
    weeks = [(4 * k, None, score) for k, score in enumerate(scores)]
    with_gap = [*weeks[:where], (4 * where - 2, None, None), *weeks[where:]]
    rules = definition(dropout=None)
    pd.testing.assert_frame_equal(table({"p": weeks}, rules), table({"p": with_gap}, rules))


@given(st.lists(SCORES, min_size=3, max_size=12), st.data())
def test_a_missing_visit_that_breaks_is_a_score_that_meets_no_rule(scores, data):
    """Where it breaks runs of remission and recovery it acts as 10 points, which are neither good nor bad."""
    where = data.draw(st.integers(1, len(scores) - 1))
    weeks = [(4 * k, None, score) for k, score in enumerate(scores)]
    keep = {"response": None, "dropout": None}
    rules = definition(remission__missing="break", recovery__missing="break", relapse__missing="break",
                       recurrence__missing="break", **keep)  # fmt: skip
    gap, ten = ([*weeks[:where], (4 * where - 2, None, s), *weeks[where:]] for s in (None, 10))
    one, two = table({"p": gap}, rules), table({"p": ten}, rules)
    columns = ["state", "start_day", "confirmed_day", "evidence"]
    pd.testing.assert_frame_equal(one[columns], two[columns])


@given(st.lists(SCORES, min_size=3, max_size=12), st.data())
def test_a_missing_visit_that_counts_as_relapse_is_a_high_score(scores, data):
    where = data.draw(st.integers(1, len(scores) - 1))
    weeks = [(4 * k, None, 12 if score is None else score) for k, score in enumerate(scores)]
    keep = {"response": None, "dropout": None}
    rules = definition(remission__missing="break", recovery__missing="break", relapse__missing="event",
                       recurrence__missing="event", **keep)  # fmt: skip
    gap, high = ([*weeks[:where], (4 * where - 2, None, s), *weeks[where:]] for s in (None, 30))
    one, two = table({"p": gap}, rules), table({"p": high}, rules)
    columns = ["state", "start_day", "confirmed_day"]
    pd.testing.assert_frame_equal(one[columns], two[columns])


@settings(max_examples=25)
@given(st.randoms(use_true_random=False), st.sampled_from(["relapse", "relapse_or_recurrence", "recovery"]))
def test_times_are_positive_and_bracketed(random, state):
    rng = np.random.default_rng(random.randrange(2**32))
    rows, dated = random_cohort(rng, 30)
    rules = definition(relapse__events=("hospital",))
    for start in ("baseline", "remission", "response"):
        times = event_times(derive(rows, rules, dated), state, start)
        kept = np.array([why is None for why in times.left_out])
        assert (times.time_days[kept] > 0).all()
        assert np.isnan(times.time_days[~kept]).all()
        assert (times.left_days[kept] >= 0).all()
        seen = times.observed
        assert (times.left_days[seen] <= times.right_days[seen]).all()
        np.testing.assert_array_equal(times.right_days[seen], times.time_days[seen])
        assert np.isinf(times.right_days[kept & ~seen]).all()
        assert (times.left_days[kept & ~seen] == times.time_days[kept & ~seen]).all()
