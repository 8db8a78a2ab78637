"""Which columns are scores at visits, and of which instrument."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import replace

from outcomes.scaffold.init.columns import Column
from outcomes.scaffold.init.families import find_families, is_family
from outcomes.scaffold.init.items import VALUE_NAMES, find_item_scale, item_parameters, numbered
from outcomes.scaffold.init.look import Table
from outcomes.scaffold.init.measure_guess import MeasureGuess
from outcomes.scaffold.init.people import Identity, is_constant
from outcomes.scaffold.init.scales import Scale, find_scale, own_scale
from outcomes.scaffold.init.totals import is_total
from outcomes.scaffold.init.visit_columns import (
    BASELINE_NAMES,
    find_visit_date,
    find_visit_time,
    find_visits,
)
from outcomes.scaffold.init.visits import Plan, plan_visits
from outcomes.scaffold.init.words import VISIT_NAME, readable, slug, squeezed

MOST_UNKNOWN = 3
"""Scores of no known instrument that are taken up by themselves; the others are named in a comment."""
SCORE_NAME = re.compile(r".*(score|total|sum|aval|value|outcome|resp(onse)?|y)")
AUXILIARY = re.compile(
    r"(base|chg|pchg|change|basval|baseval|.*(seq|fl|dt|num|id|n)|abl.*|rownames|ady|adt|dose)"
)
PARAMETER = ("PARAMCD", "paramcd", "measure", "scale", "instrument", "questionnaire", "qstestcd")
CHANGE_NAMES = ("change", "chg")


def find_measures(table: Table, identity: Identity, spoken_for: Collection[str]) -> list[MeasureGuess]:
    """Measures of one table; columns `spoken_for` are none."""
    if not identity.repeated:
        return list(_wide(table, identity, spoken_for))
    parameter = next((table.columns[name] for name in PARAMETER if name in table.columns), None)
    if parameter is None:
        return _long(table.analysed(), identity, spoken_for)
    found = []
    items = item_parameters(table, parameter)
    for code in parameter.levels:
        if code in items:
            continue
        part = table.where(parameter.name, code).analysed()
        title = part.columns.get("PARAM")
        words = next(iter(title.levels), code) if title else parameter.means(code)
        found += _long(part, identity, {*spoken_for, parameter.name}, code, words[:120])[:1]
    return found


def _wide(table: Table, identity: Identity, spoken_for: Collection[str]) -> Iterator[MeasureGuess]:
    families = find_families(table, spoken_for)
    items = list(_wide_items(table, identity, families))
    taken = {name for measure in items for name in measure.scores}
    totals = list(_wide_totals(table, identity, families, taken))
    yield from _merged(items, totals)


def _wide_totals(
    table: Table, identity: Identity, families: dict[str, dict[str, str]], taken: set[str]
) -> Iterator[MeasureGuess]:
    """Measures whose totals have a column at every visit."""
    for stem, members in families.items():
        if taken & set(members.values()):
            continue
        columns = [table.columns[name] for name in members.values()]
        plan = plan_visits(members, None)
        kept = [text for text in members if plan and plan.names[text]]
        if plan is None or len(kept) < 2 or not is_family(stem, members, columns):
            continue
        title = stem or table.key
        known = find_scale(title, columns) or find_scale(next(iter(members.values())), columns)
        scale, codes = known or (own_scale(slug(title, "score"), columns), ())
        by_visit = {plan.names[text]: members[text] for text in sorted(kept, key=list(plan.names).index)}
        name = slug(title, "score")
        label = scale.key if scale.instrument else readable(title)
        yield MeasureGuess(name, label, scale, table, identity, plan, columns=by_visit, codes=codes)


def _long(
    table: Table, identity: Identity, spoken_for: Collection[str], code: str = "", words: str = ""
) -> list[MeasureGuess]:
    ids = table.columns[identity.column]
    seen = find_visits(table, ids)
    if seen is None:
        return _timed(table, identity, spoken_for) if not code else []
    visit, plan, actual = seen
    base = MeasureGuess("", "", Scale("", None, ""), table, identity, plan, visit=visit)
    base = replace(base, visit="", time=visit) if plan.windows else replace(base, time=actual)
    items = [] if code else list(_items(base))
    taken = {identity.column, visit, actual, *spoken_for, *(name for m in items for name in m.items)}
    scores = [
        column for column in table.columns.values()
        if column.name not in taken and column.kind == "number" and len(column.levels) > 2
        and not VISIT_NAME.fullmatch(squeezed(column.name)) and not is_constant(column, ids)
    ]  # fmt: skip
    if code:
        value = next((c for c in scores if c.name.casefold() in VALUE_NAMES), None)
        return [] if value is None else [_named(base, value, code, words)]
    known = [c for c in scores if find_scale(c.name, [c]) or find_scale(c.title, [c])]
    unknown = [c for c in scores if not AUXILIARY.fullmatch(squeezed(c.name))]
    unknown.sort(key=lambda c: SCORE_NAME.fullmatch(squeezed(c.name)) is None)
    changes = [c for c in scores if c.name.casefold() in CHANGE_NAMES]
    chosen = known or ([] if items else unknown[:MOST_UNKNOWN] or changes[:1])
    return _merged(items, [_named(base, column, column.name, column.title) for column in chosen])


def _merged(items: list[MeasureGuess], totals: list[MeasureGuess]) -> list[MeasureGuess]:
    """Measures of items, each with the total of its items where a file has both; then the other totals."""
    found = []
    rest = list(totals)
    for measure in items:
        total = next((each for each in rest if _is_total(each, measure)), None)
        if total is None:
            found.append(measure)
            continue
        rest.remove(total)
        codes = tuple(sorted({*measure.codes, *total.codes}))
        found.append(replace(measure, score=total.score, columns=total.columns, codes=codes))
    return found + rest


def _is_total(total: MeasureGuess, measure: MeasureGuess) -> bool:
    """Whether the scores of one measure are the totals of the items of another, by their numbers."""
    if total.change or total.scale.key != measure.scale.key:
        return False
    times = measure.plan.times
    if any(visit not in times or total.plan.times[visit] != times[visit] for visit in total.columns):
        return False
    pairs = [(measure.items, total.score)] if measure.items else []
    pairs += [
        (measure.item_columns[visit], column) for visit, column in total.columns.items()
        if visit in measure.item_columns
    ]  # fmt: skip
    gaps = (*measure.codes, *total.codes)
    return bool(pairs) and all(
        is_total(measure.scale, items, column, measure.table.columns, gaps) for items, column in pairs
    )


def _timed(table: Table, identity: Identity, spoken_for: Collection[str]) -> list[MeasureGuess]:
    """Scores of which an actual time alone tells the visit; beside a date, those of known instruments."""
    ids = table.columns[identity.column]
    time, unit = find_visit_time(table, ids) or (find_visit_date(table, ids), None)
    if time is None:
        return []
    plan = Plan(unit, {"baseline": 0}, {})
    base = MeasureGuess("", "", Scale("", None, ""), table, identity, plan, time=time.name)
    items = list(_items(base))
    taken = {*spoken_for, *(name for measure in items for name in measure.items)}
    scores = [
        c for c in table.columns.values()
        if c.kind == "number" and c.name not in {*taken, time.name} and not is_constant(c, ids)
    ]  # fmt: skip
    chosen = [c for c in scores if find_scale(c.name, [c]) or find_scale(c.title, [c])]
    if not chosen and not items and time.kind == "number":
        chosen = [c for c in scores if SCORE_NAME.fullmatch(squeezed(c.name))][:MOST_UNKNOWN]
    return _merged(items, [_named(base, column, column.name, column.title) for column in chosen])


def _named(base: MeasureGuess, column: Column, name: str, title: str) -> MeasureGuess:
    held = next((n for n in base.table.columns if n.casefold() in BASELINE_NAMES), "")
    if column.name.casefold() in CHANGE_NAMES and held:
        return _as_change(base, column, base.table.columns[held])
    found = find_scale(name, [column]) or (find_scale(title, [column]) if title else None)
    if found is None and SCORE_NAME.fullmatch(squeezed(name)):
        found = find_scale(base.table.key, [column])
    scale, codes = found or (own_scale(slug(name, "score"), [column]), ())
    label = scale.key if scale.instrument else (title or readable(name))
    measure = replace(
        base, name=slug(name, "score"), label=label[:120], scale=scale, score=column.name, codes=codes
    )
    return measure if measure.has_baseline else replace(measure, baseline=held)


def _as_change(base: MeasureGuess, change: Column, baseline: Column) -> MeasureGuess:
    """Measure of which the file has changes from baseline; its scale is that of the baseline score."""
    found = find_scale(base.table.key, [baseline])
    scale, codes = found or (own_scale(slug(base.table.key, "score"), [baseline]), ())
    label = scale.key if scale.instrument else readable(base.table.key)
    name = slug(base.table.key, "score")
    return replace(
        base, name=name, label=label, scale=scale, score=change.name, codes=codes,
        baseline=baseline.name, change=True,
    )  # fmt: skip


def _items(base: MeasureGuess) -> Iterator[MeasureGuess]:
    """Measures of which each row holds the items."""
    columns = {name: c for name, c in base.table.columns.items() if c.kind == "number"}
    for stem, names in numbered(columns).items():
        beside = set(base.table.columns) - set(names.values())
        found = find_item_scale(stem, {n: [columns[name]] for n, name in names.items()}, beside)
        if found is not None:
            scale, codes = found
            items = tuple(names[n] for n in sorted(names))
            yield replace(
                base, name=slug(stem, "score"), label=scale.key, scale=scale, items=items, codes=codes
            )


def _wide_items(
    table: Table, identity: Identity, families: dict[str, dict[str, str]]
) -> Iterator[MeasureGuess]:
    """Measures whose items have a column each at every visit."""
    for stem, names in numbered(families).items():
        members = {n: families[names[n]] for n in sorted(names)}
        beside = set(table.columns) - {name for by_visit in members.values() for name in by_visit.values()}
        columns = {n: [table.columns[name] for name in by_visit.values()] for n, by_visit in members.items()}
        found = find_item_scale(stem, columns, beside)
        plan = plan_visits(families[min(names.values())], None)
        if found is None or plan is None or any(set(each) != set(plan.names) for each in members.values()):
            continue
        scale, codes = found
        text_of = {visit: text for text, visit in plan.names.items() if visit}
        items = {
            visit: tuple(each[text_of[visit]] for each in members.values())
            for visit in plan.times if visit in text_of
        }  # fmt: skip
        yield MeasureGuess(
            slug(stem, "score"), scale.key, scale, table, identity, plan, item_columns=items, codes=codes
        )
