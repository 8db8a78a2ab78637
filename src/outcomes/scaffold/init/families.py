"""Columns that share a name but for the visit: one score, one column per visit."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from outcomes.scaffold.init.columns import Column
from outcomes.scaffold.init.look import Table
from outcomes.scaffold.init.scales import find_scale
from outcomes.scaffold.init.visits import read_when

MOST_FAMILY = 12
ANYTHING = ("x", "v", "q", "i", "var", "item", "pc", "col", "question")
"""Stems of numbered columns that are no visits."""
FEW = range(3, 7)
"""As many visits as numbered columns of an unknown score are taken for."""
HIGHEST_ITEM = 6
"""As many columns as the instrument has items, none of them above this: answers, not totals."""


def find_families(table: Table, spoken_for: Collection[str]) -> dict[str, dict[str, str]]:
    """Columns of numbers that share a name but for a visit: stem to visit text to column."""
    families: dict[str, dict[str, str]] = {}
    for column in table.columns.values():
        if column.kind != "number" or column.name in spoken_for:
            continue
        for stem, visit in _splits(column.name):
            families.setdefault(stem, {}).setdefault(visit, column.name)
    sizes = {stem: len(members) for stem, members in families.items()}
    best: dict[str, str] = {}
    for stem, members in sorted(families.items(), key=lambda entry: -sizes[entry[0]]):
        for name in members.values():
            best.setdefault(name, stem)
    kept = {
        stem: {visit: name for visit, name in members.items() if best[name] == stem}
        for stem, members in families.items()
    }
    return {stem: members for stem, members in kept.items() if len(members) >= 2}


def _splits(name: str) -> Iterator[tuple[str, str]]:
    """Ways to read a column's name as a stem and a visit."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name)
    parts = [part for part in re.split(r"[_. -]+", words) if part]
    for cut in range(len(parts)):
        for stem, visit in ((parts[:cut], parts[cut:]), (parts[cut:], parts[:cut])):
            when = read_when(" ".join(visit)) if visit else None
            bare_first = stem and stem[0] != parts[0] and " ".join(visit).isdigit()
            if when is not None and not bare_first:
                yield "_".join(stem).casefold(), " ".join(visit)
    if match := re.fullmatch(r"(.*?[a-z])(\d+)", name, flags=re.IGNORECASE):
        yield match[1].rstrip("_.").casefold(), match[2]
    if match := re.fullmatch(r"(pre|post|base)(?=[a-z]{2})(\w+)", name, flags=re.IGNORECASE):
        yield match[2].casefold().strip("_"), match[1]


def is_family(stem: str, members: dict[str, str], columns: list[Column]) -> bool:
    """Whether numbered columns are visits of one score rather than items or unlike things."""
    values = [column.values for column in columns]
    if any(len(v) == 0 for v in values) or len(members) > MOST_FAMILY:
        return False
    known = find_scale(stem, columns)
    highs = [float(v.max()) for v in values]
    if known is None and max(float(v.min()) for v in values) > min(highs):
        return False
    if not stem and len({re.sub(r"\d+", "", text) for text in members if re.search(r"\d", text)}) > 1:
        return False  # t1, t2, d3: times and a status rather than a score on three days
    if all(text.isdigit() and int(text) > 0 for text in members):
        if known is None:
            numbers = sorted(int(text) for text in members)
            in_a_row = numbers == list(range(1, len(numbers) + 1))
            return in_a_row and len(numbers) in FEW and stem not in ANYTHING
        items = known[0].instrument.items if known[0].instrument else None
        return not (items == len(members) and max(highs) <= HIGHEST_ITEM)
    return True
