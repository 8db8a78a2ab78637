"""The order of a category's levels, of which the first is the reference."""

from __future__ import annotations

import re
from collections.abc import Mapping

from outcomes.scaffold.init.columns import Column
from outcomes.scaffold.init.words import unaccented

SCALES = (
    ("none", "absent", "no", "minimal", "mild", "moderate", "moderately severe", "severe", "very severe",
     "extreme"),
    ("keine", "leicht", "mittel", "mittelgradig", "schwer", "sehr schwer"),
    ("very low", "low", "below average", "average", "medium", "middle", "intermediate", "above average",
     "high", "very high"),
    ("poor", "fair", "good", "very good", "excellent"),
    ("never", "rarely", "seldom", "sometimes", "often", "usually", "always"),
    ("never", "past", "former", "ex", "previous", "current"),
    ("primary", "secondary", "tertiary"),
    ("first", "second", "third", "fourth"),
    ("single", "recurrent", "chronic"),
    ("negative", "positive"),
    ("no", "unknown", "yes"),
)  # fmt: skip
"""Words of levels from the least to the most; levels that are all of one line have its order."""
PARTS = re.compile(r"(\d+)")


def ordered_levels(column: Column) -> tuple[dict[str, str], str]:
    """Codes of a category with their meanings, in order, and what the order is by."""
    levels = {code: column.means(code) for code in column.levels}
    words = {code: unaccented(meaning.strip()) for code, meaning in levels.items()}
    scale = next((scale for scale in SCALES if set(words.values()) <= set(scale)), None)
    if scale is not None:
        return _sorted(levels, {code: (scale.index(word),) for code, word in words.items()}), "by their words"
    if column.kind == "number":
        return levels, "by their codes"
    parts = {code: PARTS.split(word) for code, word in words.items()}
    keys = {
        code: (tuple(int(part) if part.isdecimal() else part for part in each), code)
        for code, each in parts.items()
    }  # fmt: skip
    return _sorted(levels, keys), "in the order of the alphabet"


def _sorted(levels: Mapping[str, str], keys: Mapping[str, tuple[object, ...]]) -> dict[str, str]:
    return {code: levels[code] for code in sorted(levels, key=lambda code: keys[code])}
