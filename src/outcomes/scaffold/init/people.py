"""Which column tells patients apart, and which one tells their arms."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from outcomes.scaffold.init.arm_words import read_arm
from outcomes.scaffold.init.columns import MOST_LEVELS, Column, count_distinct
from outcomes.scaffold.init.components import Arms, given_by, is_yes_no, names_component
from outcomes.scaffold.init.look import Table
from outcomes.scaffold.init.treatments import arms_of, known_share
from outcomes.scaffold.init.words import ARM_NAME, ID_NAME, MEDICATION, THERAPY, VISIT_NAME, squeezed

STRONG_NAME = re.compile(
    r"trt0?1?[ap]|trt[ap]?|arm|actarm|armcd|group|grp|treat(ment)?(group|arm)?|tx|rx|study(arm|group)|intervention|"
    r"alloc.*|random.*|condition|gruppe|(behandlungs?|studien|therapie|interventions)(gruppe|arm)|behandlung"
)
MOST_ARMS = 8
SMALLEST_CELL = 0.02
"""Share of patients that makes a combination of two treatments more than a slip of the pen."""


@dataclass(frozen=True)
class Identity:
    """The column that tells patients apart in one table; `added`: it numbers the rows of a file without."""

    column: str
    repeated: bool
    why: str
    added: bool = False


@dataclass(frozen=True)
class ArmColumns:
    """Where the arm stands: one column, or one per component; and what its codes mean."""

    table: Table
    columns: tuple[Column, ...]
    arms: Arms
    why: str


def find_identity(table: Table) -> Identity | None:
    """Return the column that tells patients apart; None where nothing says which it is."""
    ranked = []
    for place, column in enumerate(table.columns.values()):
        distinct = count_distinct(column.codes[column.filled])
        name = squeezed(column.name)
        if column.kind in ("empty", "date") or not column.filled.all() or distinct < 2:
            continue
        repeated = distinct < table.rows
        if ID_NAME.fullmatch(name):
            rank = 0 if name == "usubjid" else 3 if name in ("nr", "rownames") else 2
            rank -= bool(re.match(r"subj|pat|part|pers|pid", name))
            why = "by its name, and " + (
                "repeated from visit to visit" if repeated else "no two rows share one"
            )
            ranked.append((rank, place, Identity(column.name, repeated, why)))
        elif place == 0 and not repeated and (column.kind == "text" or _counts_up(column)):
            ranked.append((9, place, Identity(column.name, False, "first column, no two rows share one")))
    return min(ranked, key=lambda entry: entry[:2])[2] if ranked else None


def _counts_up(column: Column) -> bool:
    values = np.sort(column.values)
    return column.is_whole and float(values[-1] - values[0]) == len(values) - 1


def is_constant(column: Column, ids: Column) -> bool:
    """Whether a column never changes within a patient; gaps aside."""
    rows = column.filled & ids.filled
    pairs = ids.codes[rows].astype(np.int64) * (len(column.texts) + 1) + column.codes[rows]
    return count_distinct(pairs) == count_distinct(ids.codes[rows])


def find_arms(tables: list[Table], identities: Mapping[str, Identity]) -> ArmColumns | None:
    """Return the likeliest place of the arm; None where neither a name nor a word speaks for one."""
    ranked: list[tuple[float, int, Table, Column]] = []
    for table in tables:
        if table.key not in identities:
            continue
        few = candidates(table, identities[table.key])
        alone = sum(names_component(column) for column in few) < 2
        for column in few:
            score = speaks_for_arm(column)
            if score >= 2 and not (alone and _is_one_drug(column)):
                ranked.append(
                    (-score - 0.5 * (not identities[table.key].repeated), len(ranked), table, column)
                )
    if not ranked:
        return None
    _, _, table, best = min(ranked, key=lambda entry: entry[:2])
    rivals = [c for _, _, t, c in ranked if t is table]
    columns: tuple[Column, ...] = (best,)
    if names_component(best):
        columns = tuple(c for c in candidates(table, identities[table.key]) if names_component(c))
        if _is_unclear(columns):
            return None
    elif crossed := _crossed(best, [c for c in rivals if not _is_one_drug(c)], len(best.codes)):
        columns = crossed
    why = "by the words in it" if known_share(best) >= 0.5 else "by its name"
    return ArmColumns(table, columns, arms_of(columns), why)


def candidates(table: Table, identity: Identity) -> list[Column]:
    """Columns of few levels that do not change within a patient."""
    ids = table.columns[identity.column]
    return [
        column for column in table.columns.values()
        if column.name != identity.column and column.kind in ("text", "number")
        and len(column.texts) <= MOST_LEVELS + len(column.missing) + 1
        and 2 <= len(column.levels) <= MOST_ARMS and is_constant(column, ids)
    ]  # fmt: skip


def words_of(column: Column) -> tuple[str, str]:
    """Name and label of a column, squeezed."""
    return squeezed(column.name), squeezed(column.title)


def speaks_for_arm(column: Column) -> float:
    """How much the name, the label and the words of a column say that it holds the arm; 0 for nothing."""
    name = squeezed(column.name)
    if VISIT_NAME.fullmatch(name) or name.startswith(("age", "alter")):
        return 0
    named = max(
        3 if STRONG_NAME.fullmatch(word) else 2 if ARM_NAME.fullmatch(word) else 0
        for word in words_of(column)
    )
    named = max(named, 2 * names_component(column))
    spoken = 2.5 * (known_share(column) >= 0.5)
    planned = 0.25 * name.endswith("p") + 0.5 * (column.kind == "text" or bool(column.labels))
    return named + spoken + planned if named or spoken else 0


def _is_one_drug(column: Column) -> bool:
    """Whether yes and no tell of one drug or therapy, which beside an arm may as well be of before."""
    return names_component(column) and ARM_NAME.fullmatch(squeezed(column.name)) is None


def _is_unclear(columns: tuple[Column, ...]) -> bool:
    """Whether no arms can be made of columns of yes and no: one says both, or too many would come of it."""
    both = any("both" in (read_arm(given_by(column)) or ()) for column in columns)
    given = np.column_stack([column.codes for column in columns])
    return both or len(np.unique(given[(given >= 0).all(axis=1)], axis=0)) not in range(2, MOST_ARMS + 1)


def _crossed(best: Column, rivals: list[Column], rows: int) -> tuple[Column, ...] | None:
    """Two columns that each tell one component: crossed, and one of them says yes or no."""
    for rival in rivals:
        name = squeezed(rival.name)
        two = len(best.levels) == 2 and len(rival.levels) == 2 and rival is not best
        words = MEDICATION.fullmatch(name) or THERAPY.fullmatch(name) or is_yes_no(best)
        if not (two and words and (is_yes_no(rival) or is_yes_no(best))):
            continue
        both = best.filled & rival.filled
        cells = np.unique(best.codes[both] * (len(rival.texts) + 1) + rival.codes[both], return_counts=True)[
            1
        ]
        if (cells >= SMALLEST_CELL * rows).sum() >= 3:
            return (rival, best)
    return None
