"""Words and numbers that people and programs write where nothing was recorded."""

from __future__ import annotations

NO_VALUE = frozenset((
    "na", "n/a", "n.a.", "<na>", "#n/a", "nan", "nat", "none", "null", "nil", "missing", "\\n",
    ".", "-", "--",
))  # fmt: skip
"""In any column; a program wrote most of them, and no drug or event is called so."""
NO_NUMBER = NO_VALUE | {
    "unknown", "unk", "nd", "not done", "not known", "not available", "not recorded", "refused", "?", "x",
}  # fmt: skip
"""Where a number or a date is due; elsewhere they may be answers."""
NO_PATIENT = NO_VALUE - {"na", "n.a.", ".", "-", "--"}
"""Where a patient's id is due; NA may be initials."""
SPREADSHEET_ERRORS = frozenset((
    "#ref!", "#value!", "#div/0!", "#name?", "#num!", "#null!", "#n/a", "#spill!", "#calc!",
))  # fmt: skip
NEGATIVE_CODES = (
    -1, *range(-9, -5), -66, -77, -88, *range(-99, -94), -666, -777, -888, *range(-999, -994), -9999,
)  # fmt: skip
"""Numbers that mean "missing" among values that are never so low."""
NINES = (88, 98, 99, 888, 998, 999, 9998, 9999, 99999)
"""Numbers that mean "missing" among values that are far lower."""
TIME_CODES = (-9999, -999, -99, 9998, 9999, 99999)
"""The same among times: a week before baseline, or day 99, is a time like any other."""
FAR_ABOVE = 3
"""A 999 among values that never exceed a third of it is a code, not a value."""

WORD = "with a word for a missing value"
SPREADSHEET_ERROR = "with the error of a spreadsheet's formula"


def is_word(text: str, words: frozenset[str]) -> bool:
    """Whether a text is one of `words`, in any case."""
    return text.casefold() in words
