"""What the label of an arm says its patients got."""

from __future__ import annotations

import re

from outcomes.scaffold.init.words import (
    COMBINED,
    CONTROL,
    JOINED,
    MEDICATION,
    THERAPY,
    TIGHTLY_JOINED,
    WITHOUT,
    unaccented,
)

NEGATIONS = ("no", "non", "without", "never")
INERT = re.compile(r"placebo|plac|pbo|sham")


def read_arm(label: str) -> frozenset[str] | None:
    """Components that a label names; None where its words are not known; "both" is left to the caller."""
    text = unaccented(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", label))
    named = WITHOUT.sub("", text)
    if not named.strip(" ,;()"):
        return frozenset()  # all that it names is what was not given
    parts = [part.strip() for part in JOINED.split(named) if part.strip()]
    if len(parts) > 1:
        read = [read_arm(part) for part in parts]
        known = [components for components in read if components is not None]
        return frozenset().union(*known) if len(known) == len(read) else None
    return _read_tight(named) or _read_words(named.replace("_", " "))


def _read_tight(text: str) -> frozenset[str] | None:
    """Components of ``cbt-placebo``; None where a part alone is no treatment, as in ``wait-list``."""
    parts = TIGHTLY_JOINED.split(text)
    read = [_read_words(part) for part in parts]
    known = [components for components in read if components is not None]
    if len(parts) < 2 or len(known) < len(read) or parts[0] in NEGATIONS:
        return None
    found: frozenset[str] = frozenset().union(*known)
    return found - {"medication"} if any(_found(INERT, part) for part in parts) else found


def _read_words(text: str) -> frozenset[str] | None:
    if re.match(rf"({'|'.join(NEGATIONS)})\b", text) or _found(CONTROL, text):
        return frozenset()
    if _found(COMBINED, text):
        return frozenset({"both"})
    # "drug therapy" is a drug
    rest = re.sub(rf"(?<![a-z])({MEDICATION.pattern})[ -]therap(y|ie)(?![a-z])", "medication", text)
    named = {"medication": _found(MEDICATION, rest), "therapy": _found(THERAPY, rest)}
    return frozenset(name for name, found in named.items() if found) or None


def _found(pattern: re.Pattern[str], text: str) -> bool:
    return re.search(rf"(?<![a-z])(?:{pattern.pattern})(?![a-z])", text) is not None
