"""Which instruments a column may hold, told by its name alone."""

from __future__ import annotations

import re
from collections.abc import Mapping

from outcomes.config.instrument import Instrument

TAIL = re.compile(
    r"(total|tot|score|sum|ts)?"
    r"(baseline|base|bl|pre|post|end|screening|screen|followup|fu)?"
    r"((visit|week|month|day|wk|mo|w|v|m|d|t)?\d+)?"
)
"""What follows an instrument's name in one word: that it is a total, and which visit."""
STRANGERS = frozenset(
    {
        "cesd8", "cesd10", "cesd15", "gad2", "hamd6", "hamd21", "hamd28", "hamd29", "hdrs6", "hdrs21",
        "hrsd6", "hrsd21", "panss6", "pcl17", "phq2", "phq4", "phq8", "phq15",
    }
)  # fmt: skip
"""Instruments that the catalogue lacks, and whose names read like one of it with a visit number."""
MOST_WORDS = 6
"""Words that a name and its tail may fill; a bound for column names that are whole sentences."""


def compact(name: str) -> str:
    """Lower-case letters and digits of a name: ``HAM-D17`` and ``ham_d 17`` are the same."""
    return "".join(_words(name))


def rank_matches(column_name: str, catalogue: Mapping[str, Instrument]) -> list[str]:
    """Return the instruments whose name or alias stands in `column_name`, best first.

    The more of the column's name an alias accounts for, the better; among equals a whole word beats a word
    with a visit number, and then the order of the catalogue decides.
    """
    words = _words(column_name)
    spans = {
        "".join(words[start:stop])
        for start in range(len(words))
        for stop in range(start + 1, min(start + MOST_WORDS, len(words)) + 1)
        if words[start] not in STRANGERS
    }
    ranked = []
    for name, instrument in catalogue.items():
        aliases = [compact(alias) for alias in (name, *instrument.aliases)]
        quality = max((_fit(span, alias) for span in spans for alias in aliases), default=(0, 0))
        if quality > (0, 0):
            ranked.append((quality, name))
    ranked.sort(key=lambda entry: entry[0], reverse=True)
    return [name for _, name in ranked]


def _fit(span: str, alias: str) -> tuple[int, int]:
    """Length of the alias and whether it is the whole of the span; zeros where it does not stand there."""
    if not span.startswith(alias) or not TAIL.fullmatch(span, len(alias)):
        return (0, 0)
    return (len(alias), int(span == alias))


def _words(name: str) -> list[str]:
    return re.findall(r"[a-z0-9]+", name.casefold())
