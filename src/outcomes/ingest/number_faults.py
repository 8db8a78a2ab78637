"""Why a text is no number, as the rule that it breaks and what to do about it."""

from __future__ import annotations

import re
import unicodedata

from outcomes.config.files import MARKED_FORMATS
from outcomes.ingest.cells import Source
from outcomes.ingest.words import NO_NUMBER, SPREADSHEET_ERROR, SPREADSHEET_ERRORS, WORD, is_word

NUMBER = r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
"""One way to match each text, so that a long one takes a short time."""
GROUPS = re.compile(r"[+-]?[0-9]{1,3}(?:([,.' \u00a0\u202f\u2019])[0-9]{3})(?:\1[0-9]{3})*(?:[.,][0-9]+)?")
COMMA = re.compile(r"[+-]?[0-9]*,[0-9]+")
ONE_COMMA = re.compile(r"[+-]?[0-9]{1,3},[0-9]{3}")
BOUND = re.compile(
    r"(?:[<>~≤≥≈=]|ca\.?|approx\.?|about)+ *[0-9].*|[0-9][0-9.,]*\+|[0-9.,]+ *(?:-|–|to) *[0-9.,]+"
)
MADE_A_DATE = re.compile(
    r"[0-9]{1,2}[-/. ][A-Za-z]{3}(?:[-/. ][0-9]{2,4})?|[A-Za-z]{3}[-/. ][0-9]{2,4}"
    r"|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[T ].*)?|[0-9]{1,2}([./])[0-9]{1,2}\1[0-9]{2,4}"
)
UNIT = re.compile(rf"{NUMBER} *(?:[^\W\d_]|[%°‰]).*")
INFINITE = re.compile(r"[+-]?inf(?:inity)?", flags=re.IGNORECASE)
MINUS = str.maketrans("−–—‐", "----")

NOT_A_NUMBER = "not a number"
NOT_FINITE = "not finite"
DECIMAL_COMMA = "with a decimal comma"
DECIMAL_POINT = "with a decimal point among declared decimal commas"
EITHER_POINT = "with a point that may mean thousands or decimals"
EITHER_COMMA = "with a comma that may mean thousands or decimals"
THOUSANDS = "with marks between thousands"
OTHER_DIGITS = "with digits or signs other than the plain 0 to 9, + and -"
NO_EXACT_VALUE = "with a bound, a range or an approximation (<, >, ~) in place of a value"
WITH_UNIT = "with a unit or other words behind the number"
DATE = "that a spreadsheet seems to have made a date"
TOO_LONG = "with more digits than a number keeps (over 15)"


def fault_of(text: str, decimal: str = ".") -> str:
    """Return the rule that a text which is no number breaks."""
    for rule, breaks in (
        (SPREADSHEET_ERROR, is_word(text, SPREADSHEET_ERRORS)),
        (WORD, is_word(text, NO_NUMBER)),
        (NOT_FINITE, INFINITE.fullmatch(text) or (decimal == "." and re.fullmatch(NUMBER, text))),
        (OTHER_DIGITS, not text.isascii() and re.fullmatch(NUMBER, _plain(text).replace(",", "."))),
        (DECIMAL_POINT, decimal == "," and re.fullmatch(NUMBER, text)),
        (EITHER_COMMA, ONE_COMMA.fullmatch(text)),
        (THOUSANDS, GROUPS.fullmatch(text)),
        (DECIMAL_COMMA, COMMA.fullmatch(text)),
        (NO_EXACT_VALUE, BOUND.fullmatch(text)),
        (DATE, MADE_A_DATE.fullmatch(text)),
        (WITH_UNIT, UNIT.fullmatch(text)),
    ):
        if breaks:
            return rule
    return NOT_A_NUMBER


def _plain(text: str) -> str:
    """Return a text in which every digit of any script is one of 0 to 9, and every minus a hyphen."""
    digits = (unicodedata.digit(letter, None) for letter in text)
    plain = (letter if digit is None else str(digit) for letter, digit in zip(text, digits, strict=True))
    return unicodedata.normalize("NFKC", "".join(plain)).translate(MINUS)


def remedies(source: Source, *, mostly_words: bool = False, covariate: bool = False) -> dict[str, str]:
    """What to do about each rule, in the words of a file's declaration.

    In a column of words they are answers, and no codes of missing ones; a covariate may be of words.
    """
    file = f"files.{source.name}"
    comma, marks = "write decimal points", "write numbers without them"
    if source.spec.format in MARKED_FORMATS:
        comma += f'; if the whole file is written so, declare {file}.decimal: ","'
        marks += f"; if the whole file is written so, declare the mark under {file}.thousands"
    either = f"write plain numbers, or say what it means: declare {file}.thousands or {file}.decimal"
    missing = f"mend the cells, or {source.declare_missing}"
    if mostly_words:
        otherwise = "declare kind: category with levels" if covariate else "name the column that has them"
        missing = (
            "most recorded cells are words, and numbers are due: recode each word as its number in the file, "
            f"or {otherwise}; answers are no missing codes"
        )
    return {
        SPREADSHEET_ERROR: f"mend the formulas and export the file again, or {source.declare_missing}",
        WORD: source.declare_missing,
        NOT_FINITE: f"a calculation failed where they were made: mend it, or {source.declare_missing}",
        OTHER_DIGITS: "write the plain ones",
        EITHER_POINT: f"store them as numbers of 4 digits or more, or leave out {file}.thousands",
        EITHER_COMMA: either if source.spec.format in MARKED_FORMATS else "write plain numbers",
        THOUSANDS: marks,
        DECIMAL_COMMA: comma,
        DECIMAL_POINT: f"write one mark throughout the file, or mend {file}.decimal",
        NO_EXACT_VALUE: f"enter the value that the analysis is to use, or {source.declare_missing}",
        DATE: "restore the cells from their source, and format the column as text before it is opened there",
        WITH_UNIT: "leave only the number; a unit stands in the cohort file, one for the column",
        TOO_LONG: "is it a column of ids or codes? mend the cells, or name another column",
        NOT_A_NUMBER: missing,
    }
