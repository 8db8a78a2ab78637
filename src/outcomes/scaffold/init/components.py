"""Columns of yes and no that each say whether one component of treatment was given."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from outcomes.config.cohort import RESERVED
from outcomes.scaffold.init.arm_words import read_arm
from outcomes.scaffold.init.columns import Column
from outcomes.scaffold.init.words import (
    ARM_NAME,
    MEDICATION,
    NO,
    THERAPY,
    YES,
    slug,
    squeezed,
    treatment_label,
    unused,
)

KNOWN = {"medication": "Medication", "therapy": "Therapy"}
BOX = re.compile(r"(.+)___\w+")
"""A checkbox of REDCap: the field and one of its choices."""
BOXES_OF_ARMS = re.compile(r"(treat(ment)?|intervention|therap(y|ie)|arm)s?(given|received)?")


@dataclass(frozen=True)
class Arm:
    """One arm, and why these are thought to be its components."""

    label: str
    components: tuple[str, ...]
    why: str


@dataclass(frozen=True)
class Arms:
    """Arms of a cohort.

    Attributes
    ----------
    components : dict of str to str
        Component name to its label.
    arms : dict of str to Arm
        By name.
    labels : dict of str to str
        Code in the arm's column to arm; empty where the arm follows from a column per component.
    given : dict
        By component, its column and the codes that mean given and not given.
    """

    components: dict[str, str]
    arms: dict[str, Arm]
    labels: dict[str, str]
    given: dict[str, tuple[str, list[str], list[str]]]


def is_yes_no(column: Column) -> bool:
    """Whether a column's two levels say given and not given."""
    words = {column.means(code).casefold() for code in column.levels}
    return len(words) == 2 and len(words & set(YES)) == 1 and len(words & set(NO)) == 1


def given_by(column: Column) -> str:
    """What a column of yes and no speaks of: its name, or the choice that a checkbox stands for."""
    boxed = BOX.fullmatch(column.name) is not None and ": " in column.title
    return column.title.rpartition(": ")[2] if boxed else column.name


def names_component(column: Column) -> bool:
    """Whether a column of yes and no is called like a treatment, or is a checkbox of the arms."""
    if not is_yes_no(column):
        return False
    if box := BOX.fullmatch(column.name):
        field = squeezed(box[1])
        return ARM_NAME.fullmatch(field) is not None or BOXES_OF_ARMS.fullmatch(field) is not None
    word = squeezed(column.name)
    return MEDICATION.fullmatch(word) is not None or THERAPY.fullmatch(word) is not None


def component_of_name(name: str) -> str:
    """Name of the component that a column of yes and no tells."""
    word = squeezed(name)
    if MEDICATION.fullmatch(word):
        return "medication"
    if THERAPY.fullmatch(word):
        return "therapy"
    generic = re.fullmatch(r"trt.*|treat(ed|ment)?.*|arm|group|grp|tx|rx", word)
    return "treatment" if generic else unused(slug(name, "arm"), RESERVED)


def arms_of_components(columns: tuple[Column, ...]) -> Arms:
    """Arms as the combinations that occur of columns of two levels each."""
    told = [
        column for column in columns if not (_is_box(column) and read_arm(given_by(column)) == frozenset())
    ]
    names = [_name_of(column) for column in told]
    components: dict[str, str] = {}
    given: dict[str, tuple[str, list[str], list[str]]] = {}
    rows: dict[str, np.ndarray] = {}
    for column, known in zip(told, names, strict=True):
        own = unused(slug(given_by(column), "arm"), RESERVED)
        name = unused(known if names.count(known) == 1 else own, components)
        having, without = _codes(column)
        components[name] = treatment_label(given_by(column)) if is_yes_no(column) else column.means(having[0])
        given[name] = (column.name, having, without)
        rows[name] = np.isin(column.codes, [column.texts.index(code) for code in having])
    filled = np.logical_and.reduce([column.filled for column in told])
    arms: dict[str, Arm] = {}
    for size in range(len(components) + 1):
        for members in combinations(components, size):
            seen = np.logical_and.reduce([rows[name] == (name in members) for name in components])
            if (seen & filled).any():
                label = _joined([components[name] for name in members])
                arms[_arm_name(members, len(components), label)] = Arm(
                    label, members, "by the columns of its parts"
                )
    return Arms(components, arms, {}, given)


def _is_box(column: Column) -> bool:
    return BOX.fullmatch(column.name) is not None


def _codes(column: Column) -> tuple[list[str], list[str]]:
    """Codes of a column that mean given, and those that mean not given."""
    codes = list(column.levels)
    without = [
        c for c in codes if column.means(c).casefold() in NO or read_arm(column.means(c)) == frozenset()
    ]
    without = without[:1] or codes[:1]
    return [code for code in codes if code not in without], without


def _name_of(column: Column) -> str:
    (first, *_), _ = _codes(column)
    words = given_by(column) if is_yes_no(column) else column.means(first)
    read = (read_arm(words) if _is_box(column) or not is_yes_no(column) else None) or frozenset()
    return next((name for name in KNOWN if name in read), "") or component_of_name(
        words if is_yes_no(column) else first
    )


def _joined(labels: list[str]) -> str:
    if not labels:
        return "Neither"
    return (", ".join(labels[:-1]) + " and " + labels[-1] if len(labels) > 1 else labels[0])[:120]


def _arm_name(members: tuple[str, ...], components: int, label: str) -> str:
    if not members:
        return "neither"
    if len(members) == 1:
        return members[0]
    return "combined" if components == 2 else slug(label, "arm")
