"""One spelling for texts that a reader's eye takes for the same: case, spaces, look-alike letters."""

from __future__ import annotations

import unicodedata

CYRILLIC = str.maketrans("авекмнорстухіјѕһԁԛԝ", "abekmhopctyxijshdqw")
GREEK = str.maketrans("αβεζηικμνορτυχ", "abezhikmnoptyx")
"""Letters of which one case looks Latin; the usual ones of the Unicode Consortium's confusables (UTS #39)."""


def fold(text: str) -> str:
    """Return a text without what the eye does not tell: equal results look the same in print.

    Compatibility forms are unified (NFKC), invisible format characters left out, every dash is a hyphen,
    every run of spaces one space, case is folded, and Cyrillic and Greek letters become the Latin ones
    that they look like. For comparison only, never for storage.
    """
    if not text.isascii():
        unified = unicodedata.normalize("NFKC", text).casefold()
        visible = (letter for letter in unified if unicodedata.category(letter) != "Cf")
        dashes = ("-" if unicodedata.category(letter) == "Pd" else letter for letter in visible)
        text = "".join(dashes).translate(CYRILLIC).translate(GREEK)
    return " ".join(text.split()).casefold()
