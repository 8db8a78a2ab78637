"""Which column tells the visit of a row."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np

from outcomes.scaffold.init.columns import Column, count_distinct
from outcomes.scaffold.init.look import Table
from outcomes.scaffold.init.people import is_constant, words_of
from outcomes.scaffold.init.visits import Plan, plan_visits, plan_windows
from outcomes.scaffold.init.words import UNITS, VISIT_NAME, squeezed

MOST_VISITS = 30
RARE_VISIT = 0.25
"""Share of patients that a planned visit has on average, even where many leave."""
VISIT_DATE = re.compile(r"visit|assess|measure|session|besuch|untersuch|erheb|mess|consult|evaluat")
STUDY_DAYS = ("ady", "studyday")
ACTUAL_DAY = re.compile(r"(actual|visit|assessment|study)?days?(no|number)?|days?(since|from|after)[a-z]*")
"""Names of columns of actual days, where they stand beside the code of a visit."""
BASELINE_NAMES = ("base", "basval", "baseline", "baseval")


def find_visits(table: Table, ids: Column) -> tuple[str, Plan, str] | None:
    """Return the column of visits, what it plans, and the column of actual days where there is one."""
    ranked: list[tuple[int, int, str, Plan]] = []
    apart = any(n.casefold() in BASELINE_NAMES and is_constant(c, ids) for n, c in table.columns.items())
    for place, column in enumerate(table.columns.values()):
        name = next((word for word in words_of(column) if VISIT_NAME.fullmatch(word)), "")
        if column.kind not in ("number", "text") or not name or is_constant(column, ids):
            continue
        unit = _unit_of(name)
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
    return name, plan, "" if plan.windows else _find_actual(table, ids, table.columns[name], plan)


def _find_actual(table: Table, ids: Column, visit: Column, plan: Plan) -> str:
    """Column of the actual day or date of each row beside the code of its visit; empty if there is none."""
    days = [c for c in table.columns.values() if c is not visit and c.kind == "number" and c.filled.any()]
    sure = [c for c in days if squeezed(c.name) in STUDY_DAYS]
    named = [c for c in days if ACTUAL_DAY.fullmatch(squeezed(c.name)) and not is_constant(c, ids)]
    rising = [c for c in named if _rises(c, visit, plan)]
    date = find_visit_date(table, ids)
    found = [*sure, *rising, *([date] if date is not None else [])]
    return found[0].name if found else ""


def _rises(day: Column, visit: Column, plan: Plan) -> bool:
    """Whether the median day of each visit is later than that of the visit planned before it."""
    times = {text: plan.times[name] for text, name in plan.names.items() if name}
    ordered = sorted((time, text) for text, time in times.items() if time is not None)
    rows = [(visit.codes == visit.texts.index(text)) & day.filled for _, text in ordered]
    medians = [float(np.median(day.by_row[each])) for each in rows if each.any()]
    return len(medians) > 1 and bool(np.all(np.diff(medians) > 0))


def rows_twice(visit: Column, ids: Column) -> int:
    """Rows of a visit of which the same patient has an earlier row in the file."""
    rows = visit.filled & ids.filled
    pairs = ids.codes[rows].astype(np.int64) * (len(visit.texts) + 1) + visit.codes[rows]
    return int(rows.sum()) - count_distinct(pairs)


def _unit_of(name: str) -> str | None:
    """Unit that a squeezed name of a column of visits speaks of."""
    spoken = re.match(r"d(?=ay)|w(?=eek|k|oche)|m(?=onth|onat)|y(?=ear)|t(?=ag)|j(?=ahr)", name)
    return "day" if name in STUDY_DAYS else UNITS[spoken[0]] if spoken else None


def find_visit_time(table: Table, ids: Column) -> tuple[Column, str | None] | None:
    """Return the number that changes from row to row of a patient and is called like a time, and its unit."""
    for column in table.columns.values():
        name = next((word for word in words_of(column) if VISIT_NAME.fullmatch(word)), "")
        if name and column.kind == "number" and not is_constant(column, ids) and _tells_rows(column, ids):
            return column, _unit_of(name)
    return None


def find_visit_date(table: Table, ids: Column) -> Column | None:
    """Return the date that changes from row to row of a patient; by its name, where several do."""
    dates = [
        c for c in table.columns.values()
        if c.kind == "date" and not is_constant(c, ids) and _tells_rows(c, ids)
    ]  # fmt: skip
    named = [c for c in dates if VISIT_DATE.search(squeezed(c.name))]
    return next(iter(named or (dates if len(dates) == 1 else [])), None)


def _is_scattered(column: Column, ids: Column) -> bool:
    """Whether values are actual times rather than planned ones: many, and each of few patients."""
    patients = count_distinct(ids.codes[ids.filled])
    rows, levels = int(column.filled.sum()), count_distinct(column.codes[column.filled])
    return levels > 2 * rows / patients and rows / levels < RARE_VISIT * patients


def _tells_rows(column: Column, ids: Column) -> bool:
    """Whether a patient hardly ever has two rows of one visit."""
    rows = int((column.filled & ids.filled).sum())
    return rows > 0 and rows_twice(column, ids) <= 0.05 * rows
