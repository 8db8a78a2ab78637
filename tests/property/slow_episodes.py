"""Episodes of one patient at a time, by looking back over the visits; slow, and plain to read.

Nothing is shared with `outcomes.episodes` but the definition: a run is found by walking back from a visit
to the first thing that ends it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Entry:
    day: float
    kind: str
    name: str
    score: float | None = None


def entries_of(visits, events, measure, named):
    """Visits after baseline and dated events by day; an event precedes a visit of its day."""
    found = []
    for row in visits[visits["measure"] == measure].itertuples():
        day = row.week * 7 if math.isnan(row.day) else row.day
        if row.week > 0 and day > 0:
            kind = "missed" if math.isnan(row.score) else "scored"
            found.append((day, 1, row.week, Entry(day, kind, str(row.visit), row.score)))
    for row in events.itertuples():
        if row.kind == "outcome" and row.event in named and row.observed and row.end_day > 0:
            entry = Entry(row.end_day, "event", row.event)
            found.append((row.end_day, 0, named.index(row.event), entry))
    return [item[-1] for item in sorted(found, key=lambda item: item[:3])]


def judge(rule, entries, j, baseline):
    """What an entry is to a rule: counts, breaks, at once, or nothing."""
    entry = entries[j]
    if entry.kind == "event":
        return "at once" if entry.name in rule.events else ""
    if entry.kind == "missed":
        return {"ignore": "", "break": "breaks", "event": "counts"}[rule.missing]
    score, best = entry.score, [baseline, *(e.score for e in entries[:j] if e.kind == "scored")]
    best = min((s for s in best if not math.isnan(s)), default=math.nan)
    met = bool(rule.thresholds)
    if rule.at_most is not None:
        met = met and score <= rule.at_most
    if rule.at_least is not None:
        met = met and score >= rule.at_least
    if rule.percent_reduction is not None:
        met = met and baseline > 0 and 100 * (baseline - score) >= rule.percent_reduction * baseline
    if rule.points_increase is not None:
        met = met and score - best >= rule.points_increase
    return "counts" if met else "breaks"


def run_to(rule, entries, j, baseline, lowest):
    """Entries of the run that ends with entry j and begins at entry `lowest` or later."""
    members = [j]
    for i in range(j - 1, lowest - 1, -1):
        sign = judge(rule, entries, i, baseline)
        if sign == "breaks":
            break
        if sign == "counts":
            too_far = rule.most_days_between is not None and (
                entries[members[-1]].day - entries[i].day > rule.most_days_between
            )
            if too_far:
                break
            members.append(i)
    return members[::-1]


def fulfilled(rule, entries, j, baseline, lowest):
    """Entries that make the state at entry j; None where they do not."""
    sign = judge(rule, entries, j, baseline)
    if sign == "at once":
        return [j]
    if sign != "counts":
        return None
    run = run_to(rule, entries, j, baseline, lowest)
    lasted = entries[j].day - entries[run[0]].day
    return run if len(run) >= rule.visits_in_row and lasted >= rule.days_in_row else None


def first_after(entries, day):
    return next((i for i, entry in enumerate(entries) if entry.day > day), len(entries))


def course(definition, entries, baseline):
    """(state, entries that made it) in the order in which they were confirmed."""
    rules, entry = definition.rules, definition.relapse_after
    found = []
    state, lowest, since = definition.starts_in, 0, 0
    if state != "ill":
        found.append((entry if state == "remission" else "recovery", []))
    for j, here in enumerate(entries):
        if j < lowest:
            continue
        loss = {"remission": "relapse", "recovery": "recurrence"}.get(state)
        made = fulfilled(rules[loss], entries, j, baseline, lowest) if loss in rules else None
        if made:
            found.append((loss, made))
            state, lowest = "ill", first_after(entries, here.day)
            continue
        if state == "ill":
            if "relapse" in rules and judge(rules["relapse"], entries, j, baseline) == "at once":
                lowest = first_after(entries, here.day)
                continue
            made = fulfilled(rules[entry], entries, j, baseline, lowest) if entry in rules else None
            if made:
                found.append((entry, made))
                state, since, lowest = "remission", made[0], first_after(entries, here.day)
                after_remission = True
            else:
                after_remission = False
        else:
            after_remission = state == "remission"
        if after_remission and "recovery" in rules:
            made = fulfilled(rules["recovery"], entries, j, baseline, since)
            if made:
                found.append(("recovery", made))
                state, lowest = "recovery", first_after(entries, here.day)
    return found


def spells(definition, entries, baseline):
    """(state, start_day, confirmed_day, end_day, ended, evidence) of every spell."""
    scored = [e.day for e in entries if e.kind == "scored"]
    last = max(scored, default=-math.inf)
    rows = []
    told = course(definition, entries, baseline)

    def days(made):
        return (entries[made[0]].day, entries[made[-1]].day) if made else (0.0, 0.0)

    for k, (state, made) in enumerate(told):
        start, known = days(made)
        if k + 1 < len(told):
            following, next_made = told[k + 1]
            end, why = days(next_made)[following == "recovery"], following
        else:
            end, why = max(last, known), "observation"
        rows.append((state, start, known, end, why, evidence(entries, made)))
    in_course = {definition.relapse_after, "recovery", "relapse", "recurrence"}
    for state, rule in definition.rules.items():
        if state not in in_course:
            rows += single(state, rule, entries, baseline, last)
    if definition.dropout:
        rows += dropout(definition.dropout, entries)
    return rows


def single(state, rule, entries, baseline, last):
    rows, inside = [], None
    for j, here in enumerate(entries):
        if judge(rule, entries, j, baseline) == "breaks" and inside:
            why = "visit without score" if here.kind == "missed" else "rule no longer met"
            rows.append((*inside[:3], here.day, why, inside[3]))
            inside = None
        made = fulfilled(rule, entries, j, baseline, 0)
        if made and not inside:
            inside = (state, entries[made[0]].day, here.day, evidence(entries, made))
    if inside:
        rows.append((*inside[:3], max(last, inside[2]), "observation", inside[3]))
    return rows


def dropout(rule, entries):
    visits = [e for e in entries if e.kind != "event"]
    missed = []
    while visits and visits[-1].kind == "missed":
        missed.insert(0, visits.pop())
    if len(missed) < rule.visits_in_row:
        return []
    made = missed[: rule.visits_in_row]
    told = ", ".join(f"{e.name} (no score)" for e in made)
    return [("dropout", made[0].day, made[-1].day, made[-1].day, "observation", told)]


def evidence(entries, made):
    if not made:
        return "so on day 0 by design"
    return ", ".join(entries[i].name + (" (no score)" if entries[i].kind == "missed" else "") for i in made)


def time_to(definition, entries, baseline, state, start):
    """Why there is no time, or (time, observed, reason, left, right), for one patient."""
    rows = spells(definition, entries, baseline)
    wanted = ("relapse", "recurrence") if state == "relapse_or_recurrence" else (state,)
    rules = [definition.rules[name] for name in wanted if name in definition.rules]

    def unjudged(*states):
        late = {"recovery", "relapse", "recurrence"} & {*states}
        path = {*states, definition.relapse_after} if late and definition.starts_in == "ill" else {*states}
        needing = [r for s, r in definition.rules.items() if s in path and r.needs_baseline and not r.events]
        return math.isnan(baseline) and bool(needing)

    def dated(row):
        at_start = row[0] == "dropout" or definition.rules[row[0]].dated == "start"
        return row[1] if at_start else row[2]

    origin = 0.0
    if start != "baseline":
        origin = min((row[2] for row in rows if row[0] == start), default=math.inf)
        if math.isinf(origin):
            return "no_baseline" if unjudged(start) else "never"
        hoped_for = state not in ("relapse", "recurrence", "relapse_or_recurrence", "dropout")
        if hoped_for and any(dated(row) <= origin for row in rows if row[0] in wanted):
            return "already"
    if unjudged(*wanted):
        return "no_baseline"
    scored = [e.day for e in entries if e.kind == "scored"]
    until, reason = max(scored, default=math.nan), "end of observation"
    events = sorted(
        (dated(row), row[5], row[1], 0 if dated(row) == row[1] else definition.rules[row[0]].days_in_row)
        for row in rows if row[0] in wanted and dated(row) > origin
    )  # fmt: skip
    if state == "relapse":
        recovered = min((r[2] for r in rows if r[0] == "recovery" and r[2] > origin), default=math.inf)
        if recovered < (events[0][0] if events else math.inf):
            events, until, reason = [], recovered, "recovery"
    day = events[0][0] if events else until
    if not day > origin:
        return "unseen"
    if not events:
        return (day - origin, False, reason, day - origin, math.inf)
    _, _, begun, lasting = events[0]
    before = max(origin, max([0.0, *(d for d in scored if d < begun)]) + lasting)
    named = {event for rule in rules for event in rule.events}
    left = day if events[0][1] in named else before
    return (day - origin, True, None, left - origin, day - origin)
