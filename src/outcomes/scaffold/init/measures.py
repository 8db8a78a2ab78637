"""Which columns are scores at visits, and of which instrument."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from outcomes.scaffold.init.columns import Column, count_distinct
from outcomes.scaffold.init.families import find_families, is_family
from outcomes.scaffold.init.items import VALUE_NAMES, find_item_scale, item_parameters, numbered
from outcomes.scaffold.init.look import Table
from outcomes.scaffold.init.people import Identity, is_constant, words_of
from outcomes.scaffold.init.scales import Scale, find_scale, own_scale
from outcomes.scaffold.init.visits import Plan, plan_visits, plan_windows
from outcomes.scaffold.init.words import UNITS, VISIT_NAME, readable, slug, squeezed

MOST_UNKNOWN = 3
"""Scores of no known instrument that are taken up by themselves; the others are named in a comment."""
MOST_VISITS = 30
RARE_VISIT = 0.25
"""Share of patients that a planned visit has on average, even where many leave."""
SCORE_NAME = re.compile(r".*(score|total|sum|aval|value|outcome|resp(onse)?|y)")
AUXILIARY = re.compile(
    r"(base|chg|pchg|change|basval|baseval|.*(seq|fl|dt|num|id|n)|abl.*|rownames|ady|adt|dose)"
)
PARAMETER = ("PARAMCD", "paramcd", "measure", "scale", "instrument", "questionnaire", "qstestcd")
CHANGE_NAMES = ("change", "chg")
BASELINE_NAMES = ("base", "basval", "baseline", "baseval")


@dataclass(frozen=True)
class MeasureGuess:
    """One measure as it will be declared.

    Wide with `columns` or `item_columns` (by visit), long with `score` or `items`.
    """

    name: str
    label: str
    scale: Scale
    table: Table
    identity: Identity
    plan: Plan
    columns: dict[str, str] = field(default_factory=dict)
    item_columns: dict[str, tuple[str, ...]] = field(default_factory=dict)
    score: str = ""
    items: tuple[str, ...] = ()
    visit: str = ""
    time: str = ""
    baseline: str = ""
    change: bool = False
    codes: tuple[str, ...] = ()

    @property
    def scores(self) -> set[str]:
        """Columns that hold its scores or items."""
        by_visit = (name for items in self.item_columns.values() for name in items)
        return {*self.columns.values(), *by_visit, *self.items, self.score}

    @property
    def has_baseline(self) -> bool:
        """Whether some column or row holds the baseline score."""
        named = {*self.columns, *self.item_columns, *self.plan.names.values(), *self.plan.windows}
        return bool(self.baseline) or "baseline" in named


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
    yield from items
    taken = {name for measure in items for name in measure.scores}
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
        return []
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
    return items + [_named(base, column, column.name, column.title) for column in chosen]


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


def find_visits(table: Table, ids: Column) -> tuple[str, Plan, str] | None:
    """Return the column of visits, what it plans, and the column of actual days where there is one."""
    ranked: list[tuple[int, int, str, Plan]] = []
    apart = any(n.casefold() in BASELINE_NAMES and is_constant(c, ids) for n, c in table.columns.items())
    for place, column in enumerate(table.columns.values()):
        name = next((word for word in words_of(column) if VISIT_NAME.fullmatch(word)), "")
        if column.kind not in ("number", "text") or not name or is_constant(column, ids):
            continue
        spoken = re.match(r"d(?=ay)|w(?=eek|k|oche)|m(?=onth|onat)|y(?=ear)|t(?=ag)|j(?=ahr)", name)
        unit = "day" if name in ("ady", "studyday") else UNITS[spoken[0]] if spoken else None
        levels = list(column.spoken_levels) if len(column.texts) <= 10 * MOST_VISITS else []
        if column.kind == "text":
            levels.sort(key=column.texts.index)  # as they first occur in the file
        names = [column.means(text) for text in levels]
        plan = plan_visits(names, unit, from_first=not apart) if 2 <= len(names) <= MOST_VISITS else None
        if column.kind == "number" and _is_scattered(column, ids):
            plan = None
        if plan is not None and _tells_rows(column, ids):
            by_text = {text: plan.names[column.means(text)] for text in levels}
            rank = (column.kind == "number") + 2 * (plan.unit is None)
            ranked.append((rank, place, column.name, replace(plan, names=by_text)))
        elif column.kind == "number" and (actual := plan_windows(column, ids, unit)) is not None:
            ranked.append((8, place, column.name, actual))
    if not ranked:
        return None
    _, _, name, plan = min(ranked, key=lambda entry: entry[:2])
    actual_day = next((n for n in table.columns if n.casefold() in ("ady", "studyday", "study_day")), "")
    return name, plan, "" if actual_day == name else actual_day


def _is_scattered(column: Column, ids: Column) -> bool:
    """Whether values are actual times rather than planned ones: many, and each of few patients."""
    patients = count_distinct(ids.codes[ids.filled])
    rows, levels = int(column.filled.sum()), count_distinct(column.codes[column.filled])
    return levels > 2 * rows / patients and rows / levels < RARE_VISIT * patients


def _tells_rows(column: Column, ids: Column) -> bool:
    """Whether a patient hardly ever has two rows of one visit."""
    rows = column.filled & ids.filled
    pairs = ids.codes[rows].astype(np.int64) * (len(column.texts) + 1) + column.codes[rows]
    return count_distinct(pairs) >= 0.95 * rows.sum() and bool(rows.any())
