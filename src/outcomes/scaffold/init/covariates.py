"""Which columns are baseline covariates."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

import numpy as np

from outcomes.config.cohort import RESERVED
from outcomes.scaffold.init.afterwards import belongs_to
from outcomes.scaffold.init.columns import MOST_LEVELS, Column, count_distinct
from outcomes.scaffold.init.look import Table
from outcomes.scaffold.init.order import ordered_levels
from outcomes.scaffold.init.people import STRONG_NAME, Identity, is_constant
from outcomes.scaffold.init.words import (
    ID_NAME,
    TIME_NAME,
    VISIT_NAME,
    readable,
    slug,
    squeezed,
    unused,
)

MOST_COVARIATES = 12
MOST_SITES = 40
FEWEST_FILLED = 0.5
FEWEST_SCORES = 4
"""Different values that a score has at least."""
LIKE_RANGES = 0.5
"""Share of the wider range that two visits of one score have in common."""
FIRST = re.compile(r"age.*|sex|gender|female|male|site.*|cent(er|re)|clinic|country")
PLACE = re.compile(r"site(id)?|cent(er|re)(id|no)?|clinic|country|hospital|therapist")
PAIR = re.compile(r"(.*[^\d])([12])")
TECHNICAL = re.compile(r".*(fl|dtm?|dy)|studyid|domain|usubjid|subjid|.*seq|.*timestamp|.*complete|rownames")
BEFORE = re.compile(r"(^|[_. ])(bl|base|baseline|pre)([_. ]|$)")
"""A part of the name of a column that was measured before treatment."""
COMMON_ROWS = 0.9
"""Share of the fuller one's rows on which two columns can be compared."""


@dataclass(frozen=True)
class CovariateGuess:
    """One covariate as it will be declared; a category has levels, code to printed name, in some order."""

    name: str
    label: str
    column: Column
    levels: dict[str, str]
    unit: str
    order: str = ""


def find_covariates(
    table: Table, identity: Identity, spoken_for: Collection[str], names: Collection[str]
) -> tuple[list[CovariateGuess], list[str]]:
    """Covariates, and the columns that could be some too; `names` are taken.

    The second of a pair of columns that may be one score at two visits is none.
    """
    ids = table.columns[identity.column]
    fit = [
        column for column in table.columns.values()
        if column.name not in {identity.column, *spoken_for} and _fits(column, ids, table)
    ]  # fmt: skip
    later = {second for _, second in find_pairs(table, [column.name for column in fit])}
    fit = [column for column in fit if column.name not in later]
    fit = list(_without_twins(fit, [table.columns[name] for name in spoken_for if name in table.columns]))
    order = sorted(fit, key=lambda column: FIRST.fullmatch(squeezed(column.name)) is None)
    taken = [*RESERVED, *names]
    found = []
    for column in order[:MOST_COVARIATES]:
        name, unit = _name_of(column)
        name = unused(name if name not in taken else f"{name}_covariate", taken)
        taken.append(name)
        levels, ordered = ordered_levels(column) if _is_category(column) else ({}, "")
        levels = {code: words[:120] for code, words in levels.items()}
        label = column.title or ("Age" if name == "age_years" else readable(column.name))
        found.append(CovariateGuess(name, label[:120], column, levels, unit, ordered))
    return found, [column.name for column in order[MOST_COVARIATES:]]


def may_be_outcome(column: Column) -> bool:
    """Whether a column that does not change within a patient may as well be a score after treatment."""
    before = FIRST.fullmatch(squeezed(column.name)) or BEFORE.search(column.name.casefold())
    return column.kind == "number" and not _is_category(column) and before is None


def _name_of(column: Column) -> tuple[str, str]:
    if squeezed(column.name) in ("age", "ageyears", "ageyrs", "alter") and not _is_category(column):
        return "age_years", "years"
    return slug(column.name, "covariate"), ""


def _is_category(column: Column) -> bool:
    levels = column.levels
    place = PLACE.fullmatch(squeezed(column.name)) is not None
    labelled = bool(column.labels) and set(levels) <= set(column.labels)
    return column.kind == "text" or len(levels) == 2 or labelled or place


def _fits(column: Column, ids: Column, table: Table) -> bool:
    if column.kind not in ("text", "number") or column.filled.sum() < FEWEST_FILLED * table.rows * _share(
        ids
    ):
        return False
    name = squeezed(column.name)
    cdisc = table.spec.standard or "USUBJID" in table.columns
    if name.startswith("redcap") or (cdisc and TECHNICAL.fullmatch(name)):
        return False
    if any(kind.fullmatch(name) for kind in (ID_NAME, VISIT_NAME, TIME_NAME, STRONG_NAME)):
        return False
    if belongs_to(column):
        return False
    used = count_distinct(column.codes[column.filled])
    most = MOST_SITES if PLACE.fullmatch(name) else MOST_LEVELS
    if used < 2 or (_is_category(column) and (used > most or min(column.levels.values()) < 2)):
        return False
    return is_constant(column, ids)


def find_pairs(table: Table, names: Collection[str]) -> list[tuple[str, str]]:
    """Columns such as depress1 and depress2 of like numbers, which may be one score at two visits."""
    found = []
    for first in names:
        match = PAIR.fullmatch(first)
        second = table.columns.get(f"{match[1]}2") if match and match[2] == "1" else None
        if second is not None and second.name in names and _alike(table.columns[first], second):
            found.append((first, second.name))
    return found


def _alike(one: Column, other: Column) -> bool:
    """Whether two columns of many numbers have nearly one range."""
    if {one.kind, other.kind} != {"number"} or min(len(one.levels), len(other.levels)) < FEWEST_SCORES:
        return False
    low, high = max(one.values.min(), other.values.min()), min(one.values.max(), other.values.max())
    widest = max(np.ptp(one.values), np.ptp(other.values))
    return bool(high - low >= LIKE_RANGES * widest)


def _share(ids: Column) -> float:
    """Patients per row: a covariate may stand on one row of each patient only."""
    rows = int(ids.filled.sum())
    return count_distinct(ids.codes[ids.filled]) / rows if rows else 1.0


def _without_twins(columns: list[Column], taken: list[Column]) -> Iterator[Column]:
    """Leave out a column that only writes another one of few values in other codes."""
    kept = [column for column in taken if len(column.levels) <= MOST_LEVELS]
    for column in columns:
        if len(column.levels) <= MOST_LEVELS:
            if any(_same(column, other) for other in kept):
                continue
            kept.append(column)
        yield column


def _same(one: Column, other: Column) -> bool:
    """Whether each value of one column goes with one of the other, where both are given."""
    both = one.filled & other.filled
    if both.sum() < COMMON_ROWS * max(one.filled.sum(), other.filled.sum()):
        return False
    pairs = one.codes[both].astype(np.int64) * (len(other.texts) + 1) + other.codes[both]
    distinct = {count_distinct(codes) for codes in (pairs, one.codes[both], other.codes[both])}
    return len(distinct) == 1 and distinct != {1}
