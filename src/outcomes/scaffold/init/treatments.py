"""From the words of an arm to the components that its patients got."""

from __future__ import annotations

import re

from outcomes.config.cohort import RESERVED
from outcomes.scaffold.init.arm_words import read_arm
from outcomes.scaffold.init.columns import Column
from outcomes.scaffold.init.components import (
    KNOWN,
    Arm,
    Arms,
    arms_of_components,
    component_of_name,
    given_by,
    is_yes_no,
)
from outcomes.scaffold.init.words import (
    JOINED,
    NO,
    YES,
    capitalised,
    slug,
    treatment_label,
    unused,
)

NUMBERED = re.compile(r"\d+[_.:) -]+(?=[A-Za-z])")
CONTROL_LETTERS = (("c", "t"), ("c", "e"), ("c", "i"), ("c", "a"), ("p", "a"), ("p", "t"), ("p", "d"))
"""Control or placebo, and what is beside it: treatment, experimental, intervention, active, drug."""


def known_share(column: Column) -> float:
    """Share of a column's levels that name a treatment; 0 where all that is named is its absence."""
    read = [read_arm(column.means(code)) for code in column.levels]
    if not any(components for components in read if components is not None):
        return (
            0.0
            if not any(re.search(r"plac|pbo|control|waitlist|tau", t.casefold()) for t in column.levels)
            else 0.5
        )
    return sum(components is not None for components in read) / len(read)


def arms_of(columns: tuple[Column, ...]) -> Arms:
    """Arms of the levels of one column, or of columns that each tell one component."""
    return _of_levels(columns[0]) if len(columns) == 1 else arms_of_components(columns)


def _of_levels(column: Column) -> Arms:
    codes_of_arms = sorted(column.spoken_levels, key=lambda code: not _is_control(column, code))
    labels = {code: _printed(column, code) for code in codes_of_arms}
    yes_no = is_yes_no(column)
    sets: dict[str, frozenset[str]] = {}
    why: dict[str, str] = {}
    own: dict[str, str] = {}
    for code, label in labels.items():
        meant = column.means(code).casefold()
        read = read_arm(column.means(code))
        if yes_no:
            component = component_of_name(given_by(column))
            own.setdefault(component, treatment_label(given_by(column)))
            sets[code] = frozenset({component}) if meant in YES else frozenset()
            why[code] = f"'{code}' usually means {'given' if meant in YES else 'not given'}"
        elif read is None:
            parts = [part.strip() for part in JOINED.split(label) if part.strip()]
            sets[code] = frozenset().union(*(_part(part, own) for part in parts or [label]))
            why[code] = "unknown words: a component of its own"
        else:
            sets[code], why[code] = read, "by its words"
    both = _resolve_both(sets, labels, own)
    _tell_apart(sets, labels, own, why, both)
    known = dict.fromkeys((*KNOWN, *own))
    used = [name for name in known if any(name in members for members in sets.values())]
    arms: dict[str, Arm] = {}
    codes: dict[str, str] = {}
    for code, label in labels.items():
        members = tuple(name for name in used if name in sets[code])
        name = unused(_arm_name(members, label), arms)
        arms[name], codes[code] = Arm(label, members, why[code]), name
    neither_first = dict(sorted(arms.items(), key=lambda entry: bool(entry[1].components)))
    return Arms({name: KNOWN.get(name) or own[name] for name in used}, neither_first, codes, {})


def _is_control(column: Column, code: str) -> bool:
    """Whether a code is that of the comparator: by its words, or as the usual letter of it beside another."""
    words = {column.means(other).casefold().strip() for other in column.levels}
    mine = column.means(code).casefold().strip()
    letter = any(words == {control, other} and mine == control for control, other in CONTROL_LETTERS)
    return letter or read_arm(column.means(code)) == frozenset()


def _printed(column: Column, code: str) -> str:
    means = [column.means(other) for other in column.spoken_levels]
    # one number alone belongs to a name, such as 6-MP; where every level has one they are codes
    plain = NUMBERED.sub("", column.means(code)) if all(map(NUMBERED.match, means)) else column.means(code)
    label = plain.strip()
    if not any(letter.isalpha() for letter in label) or label.casefold() in (*YES, *NO):
        label = f"{treatment_label(given_by(column))} {label}"
    return capitalised(label)[:120]


def _own(label: str, own: dict[str, str]) -> str:
    name = unused(slug(label, "arm"), [*own, *RESERVED, *KNOWN])
    own[name] = label
    return name


def _part(words: str, own: dict[str, str]) -> frozenset[str]:
    """Components of a part of a label; a part that another label names too is the same component."""
    read = read_arm(words)
    if read is not None and "both" not in read:
        return read
    same = next((name for name, label in own.items() if label.casefold() == words.casefold()), "")
    return frozenset({same or _own(words, own)})


def _resolve_both(
    sets: dict[str, frozenset[str]], labels: dict[str, str], own: dict[str, str]
) -> dict[str, list[str]]:
    """Let a combined arm have what the other arms have; with one such arm, one more of its own.

    Returns the arms that each combined arm joins, where these are two.
    """
    joined = {}
    for code, members in sets.items():
        if "both" not in members:
            continue
        given = [c for c, s in sets.items() if c != code and s and "both" not in s]
        others = frozenset().union(*(sets[c] for c in given)) or frozenset(KNOWN)
        enough = len(others) > 1 or len(given) == 2
        sets[code] = others if enough else others | {_own(labels[code], own)}
        if len(given) == 2:
            joined[code] = given
    return joined


def _tell_apart(
    sets: dict[str, frozenset[str]],
    labels: dict[str, str],
    own: dict[str, str],
    why: dict[str, str],
    both: dict[str, list[str]],
) -> None:
    """Give arms that would be alike a component of their own; the first without any stays so.

    An arm whose label names such arms (CBT, IPT and CBT + IPT) has what they have.
    """
    for members in sorted(set(sets.values()), key=lambda each: (len(each), sorted(each))):
        alike = [code for code, other in sets.items() if other == members]
        if len(alike) < 2:
            continue
        named = {
            code: [c for c in alike if c in both.get(code, ()) or (c != code and _names(label, labels[c]))]
            for code, label in labels.items()
        }
        joins = [code for code in alike if len(named[code]) > 1]
        for code in [code for code in alike if code not in joins][0 if members else 1 :]:
            sets[code] = frozenset({_own(labels[code], own)})
            why[code] = "alike in words to another arm: a component of its own"
        for code, old in sets.items() if members else ():
            if named[code] and (code in joins or old > members):
                sets[code] = (old - members).union(*(sets[each] for each in named[code]))
                why[code] = "by the other arms that it names"
            elif old > members:
                why[code] = f"which of {', '.join(labels[c] for c in alike)} it has, no word says"
    for code, members in sets.items():
        if list(sets.values()).count(members) > 1 and members:
            sets[code] = members | {_own(labels[code], own)}
            why[code] = "alike in words to another arm: a component of its own beside"


def _names(label: str, other: str) -> bool:
    return re.search(rf"(?<![^\W_]){re.escape(other.casefold())}(?![^\W_])", label.casefold()) is not None


def _arm_name(members: tuple[str, ...], label: str) -> str:
    if not members:
        return "neither"
    if len(members) == 1:
        return members[0]
    return "combined" if set(members) == set(KNOWN) else slug(label, "arm")
