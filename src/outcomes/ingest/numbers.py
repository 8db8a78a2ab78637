"""Text cells to numbers; what is no number, out of range or probably a missing code is a problem."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from outcomes.config.files import FileSpec, Format
from outcomes.ingest.cells import Cells, Source, read_text
from outcomes.ingest.number_faults import EITHER_POINT, NOT_A_NUMBER, NUMBER, TOO_LONG, fault_of, remedies
from outcomes.ingest.words import FAR_ABOVE, NEGATIVE_CODES, NINES

MISSING_CODES = (*NEGATIVE_CODES, *NINES)
OUTSIDE_CODES = (*MISSING_CODES, 9, 77)
"""Outside a declared range, these are meant so, too; elsewhere they are ordinary values."""
TEXT_FORMATS: tuple[Format, ...] = ("csv", "tsv", "redcap")
"""Formats in which every cell is text; in the others, numbers come with a decimal point, however declared."""
MOST = 0.5
"""Share of the recorded cells that are words from which on a column holds words, and not slips."""
EITHER_MARK = r"[+-]?[0-9]{1,3}\.[0-9]{3}"
"""In a format with numbers of its own: 1.234, or 1234 with a declared point between thousands."""
EXACT_BELOW = 1e15
"""Whole numbers of more digits may not be what the file says once they are float64."""
MARKS = {None: "", ",": ",", ".": r"\.", " ": "[ \u00a0\u202f]", "'": "['\u2019]"}
"""Patterns of the marks between thousands; spaces and quotes stand for their typographic forms, too."""


def read_numbers(
    source: Source,
    column: str,
    *,
    low: float | None = None,
    high: float | None = None,
    integer: bool = False,
    unit: str = "",
    codes: Sequence[int] = MISSING_CODES,
    range_key: str = "",
) -> Cells:
    """Cells as float64.

    Parameters
    ----------
    low, high : float, optional
        Closed range of a value.
    integer : bool
        Whether a fraction is a problem.
    unit : str
        Unit of the range, for messages.
    codes : sequence of int
        Numbers that are refused as undeclared missing codes where they stand apart from all others.
    range_key : str
        Key of the cohort file under which `low` and `high` can be declared, where there is one.
    """
    cells = read_text(source, column)
    values, not_numbers = _parse(source, column, cells, covariate=bool(range_key))
    missing = cells.missing
    declared = _numeric_codes(source.missing_codes(column))
    if declared:
        missing = missing | np.isin(values, declared)
    values[missing] = np.nan
    given = ~np.isnan(values)
    outside = given & ((values < _bound(low, -np.inf)) | (values > _bound(high, np.inf)))
    suspects = _probable_codes(values, outside, low, high, codes)
    if suspects.any():
        true = f"if it is a true value, declare low and high under {range_key}"
        remedy = f"{source.declare_missing}; {true if range_key else 'if it is a slip, mend the cell'}"
        source.report(column, suspects, "with what is probably a missing code", remedy)
    outside &= ~suspects
    if outside.any():
        rule = f"outside {_words(low, high)} {unit}".rstrip()
        source.report(column, outside, rule, "mend the values, or declare them as missing")
    fractions = given & ~outside & ~suspects & integer & (values != np.floor(values))
    source.report(
        column, fractions, "not a whole number", "the instrument has whole points only; mend the values"
    )
    bad = cells.bad | not_numbers | outside | suspects | fractions
    values[bad] = np.nan
    return Cells(values, missing & ~bad, bad)


def _parse(source: Source, column: str, cells: Cells, *, covariate: bool) -> tuple[np.ndarray, np.ndarray]:
    """Values of all rows, and the rows whose cell is no number; each distinct text is read once."""
    text = source.text(column)
    texts = _without_marks(pd.Series(text.texts, dtype=object).astype(str), source.spec)
    looks = texts.str.fullmatch(NUMBER).to_numpy(dtype=bool)
    numbers = pd.to_numeric(texts.where(looks), errors="coerce").to_numpy(dtype="float64", copy=True)
    too_long = np.abs(numbers) >= EXACT_BELOW
    too_long[too_long] = texts[too_long].str.fullmatch("[+-]?[0-9]+").to_numpy(dtype=bool)
    numbers[~np.isfinite(numbers) | too_long] = np.nan
    values = text.spread(numbers)
    values[~cells.good] = np.nan
    wrong = cells.good & np.isnan(values)
    told = dict.fromkeys(text.texts[too_long], TOO_LONG)
    if _either_mark(source.spec):
        told |= {cell: EITHER_POINT for cell in text.texts if re.fullmatch(EITHER_MARK, cell)}

    def rule_of(cell: str) -> str:
        return told.get(cell) or fault_of(cell, source.spec.decimal)

    mostly_words = False
    if wrong.sum() > MOST * cells.good.sum():
        are_words = text.test(lambda cell: cell[:1].isalpha() and rule_of(cell) == NOT_A_NUMBER)
        mostly_words = (wrong & are_words).sum() > MOST * cells.good.sum()
    source.report_each(
        column, wrong, rule_of, remedies(source, mostly_words=mostly_words, covariate=covariate)
    )
    return values, wrong


def _without_marks(texts: pd.Series, spec: FileSpec) -> pd.Series:
    """Texts of numbers with a decimal point and no marks between thousands; "" for what is no number."""
    if spec.decimal == "." and spec.thousands is None:
        return texts
    mark = MARKS[spec.thousands]
    point = re.escape(spec.decimal)
    whole = rf"(?:[0-9]{{1,3}}(?:{mark}[0-9]{{3}})+|[0-9]+)" if mark else "[0-9]+"
    number = rf"[+-]?(?:{whole}(?:{point}[0-9]*)?|{point}[0-9]+)(?:[eE][+-]?[0-9]+)?"
    plain = texts.str.replace(mark, "", regex=True) if mark else texts
    found = plain.str.replace(spec.decimal, ".", regex=False).where(texts.str.fullmatch(number), "")
    if spec.format in TEXT_FORMATS:
        return found
    found = found.mask(texts.str.fullmatch(NUMBER), texts)
    return found.mask(texts.str.fullmatch(EITHER_MARK), "") if _either_mark(spec) else found


def _either_mark(spec: FileSpec) -> bool:
    return spec.format not in TEXT_FORMATS and spec.thousands == "."


def _numeric_codes(codes: Iterable[str]) -> list[float]:
    """Missing codes as numbers, so that ``-9`` also declares the cell ``-9.0``."""
    numbers = pd.to_numeric(pd.Series(list(codes), dtype=object), errors="coerce")
    return [float(number) for number in numbers if np.isfinite(number)]


def _probable_codes(
    values: np.ndarray,
    outside: np.ndarray,
    low: float | None,
    high: float | None,
    codes: Sequence[int],
) -> np.ndarray:
    """Rows whose value is probably a missing code: one outside its range, or one that stands apart.

    Apart are negative codes far below all other values, or among values that are never negative, and nines
    far above; only where no range is declared: inside a declared range every value is meant.
    """
    suspects = outside.copy()
    suspects[outside] = np.isin(values[outside], OUTSIDE_CODES)
    if low is not None and high is not None:
        return suspects
    known = np.isin(values, codes)
    others = values[~np.isnan(values) & ~known]
    if others.size:
        if low is None:
            suspects |= known & (values < FAR_ABOVE * min(0.0, others.min()))
        if high is None:
            # among shares and zeros a 99 is as far off as among ones
            suspects |= known & (values >= FAR_ABOVE * max(1.0, others.max()))
    return suspects


def _bound(value: float | None, default: float) -> float:
    return default if value is None else value


def _words(low: float | None, high: float | None) -> str:
    if low is None:
        return f"values up to {high:g}"
    return f"{low:g} or more" if high is None else f"{low:g} to {high:g}"
