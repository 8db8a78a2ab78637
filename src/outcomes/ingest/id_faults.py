"""Ids that a spreadsheet or a program has spoilt before they were written to the file."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import numpy as np

from outcomes.ingest.words import NO_PATIENT, WORD, is_word

KIND = re.compile(
    r"(?P<power>[0-9](?:\.[0-9]+)?[eE]\+[0-9]{1,3}|[0-9]\.[0-9]+[eE][0-9]{1,3})|(?P<short_power>[0-9]+[eE][0-9]{1,3})"
    r"|(?P<point_zero>[0-9]+\.0)|(?P<point>[0-9]+\.[0-9]+)|(?P<long>[0-9]{16,})|(?P<zeros>0+[0-9]+)|(?P<plain>[0-9]+)"
)
CERTAIN_BITS = 10
"""Rounded by chance alone, ids would look like this once in 2 to the power of 10 files."""
SPREADSHEET_DIGITS = 15
LONGEST_WORD = max(len(word) for word in NO_PATIENT)

POWER = "that a spreadsheet has shortened to powers of ten (1.2E+11)"
POINT_ZERO = "with ids that end in .0, as numbers do"
ROUNDED = "with ids of 16 digits or more that a spreadsheet or program has rounded"
RESTORE = "restore the ids from their source, and read the column as text wherever it is opened"
REMEDIES = {
    WORD: "give the ids, or remove the rows",
    POWER: RESTORE,
    POINT_ZERO: "remove the .0; a program has read the ids as numbers",
    ROUNDED: RESTORE,
}
ZEROS = "with ids that differ only in zeros in front"
SHORT_POWER = "with ids such as 1E5 among ids that are numbers"


def spoilt(names: Sequence[str]) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Return the rule that each distinct id breaks, else "", and by doubt the ids that it is about."""
    kinds = np.array([_kind(name) for name in names], dtype=object)
    rules = np.full(len(names), "", dtype=object)
    rules[kinds == "power"] = POWER
    rules[kinds == "word"] = WORD
    if not (kinds == "point").any():
        rules[kinds == "point_zero"] = POINT_ZERO
    long = kinds == "long"
    if long.any() and _are_rounded([name for name, is_long in zip(names, long, strict=True) if is_long]):
        rules[long] = ROUNDED
    doubts = {}
    if (kinds == "zeros").any():
        doubts[ZEROS] = _but_for_zeros(names, kinds)
    if not (kinds == "").any():  # beside 1A5 and 1B5 it is a name like theirs
        doubts[SHORT_POWER] = kinds == "short_power"
    return rules, doubts


def _kind(name: str) -> str:
    if not "0" <= name[0] <= "9":
        return "word" if len(name) <= LONGEST_WORD and is_word(name, NO_PATIENT) else ""
    found = KIND.fullmatch(name)
    return "" if found is None else found.lastgroup or ""


def _are_rounded(names: Sequence[str]) -> bool:
    """Whether all of these ids have zeros behind the 15th digit, or all are exact as float64."""
    digits = sum(len(name) - SPREADSHEET_DIGITS for name in names)
    ends = {letter for name in names for letter in name[SPREADSHEET_DIGITS:]}
    if ends == {"0"} and digits * math.log2(10) >= CERTAIN_BITS:
        return True
    lost = sum(max(0, int(name).bit_length() - 53) for name in names)
    return all(int(name) == int(float(name)) for name in names) and lost >= CERTAIN_BITS


def _but_for_zeros(names: Sequence[str], kinds: np.ndarray) -> np.ndarray:
    """Ids that are whole numbers and equal another as such."""
    whole = np.isin(kinds, ["zeros", "plain"])
    seen: dict[str, int] = {}
    bare = [name.lstrip("0") if is_whole else "" for name, is_whole in zip(names, whole, strict=True)]
    for name, is_whole in zip(bare, whole, strict=True):
        if is_whole:
            seen[name] = seen.get(name, 0) + 1
    shared: np.ndarray = whole & np.array([seen.get(name, 0) > 1 for name in bare], dtype=bool)
    return shared
