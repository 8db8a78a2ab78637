"""Text cells to numbers, codes, dates, times and ids; each problem is counted, placed and has a remedy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from outcomes.config.cohort import DAYS_PER, FileSpec, TimeSpec
from outcomes.errors import Problem
from outcomes.ingest.reader import RawFile

NUMBER_PATTERN = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
DECIMAL_COMMA_PATTERN = r"[+-]?\d+,\d+"
MISSING_CODE_VALUES = (
    *(-1, *range(-9, -5), *range(-99, -94), *range(-999, -994), -9999),
    *(88, 98, 99, 888, 998, 999, 9998, 9999, 99999),
)
"""Values that people write for "missing"; outside an instrument's range they are hardly scores."""
FAR_ABOVE = 5
"""A 999 among values that never exceed a fifth of it is a code, not a value."""


@dataclass(frozen=True)
class Cells:
    """One column, row by row.

    Attributes
    ----------
    values : numpy.ndarray
        Parsed values; None, NaN or NaT where there is none.
    missing : numpy.ndarray of bool
        Empty cells and declared missing codes.
    bad : numpy.ndarray of bool
        Cells with a problem that has been reported, all of them where the column is absent.
    """

    values: np.ndarray
    missing: np.ndarray
    bad: np.ndarray

    @property
    def good(self) -> np.ndarray:
        """Rows with a value."""
        good: np.ndarray = ~(self.missing | self.bad)
        return good


@dataclass(frozen=True)
class Source:
    """One raw file with its declaration; its problems go to the list that the whole cohort shares."""

    name: str
    raw: RawFile
    spec: FileSpec
    problems: list[Problem]

    def __len__(self) -> int:
        return len(self.raw.lines)

    def report(self, column: str, broken: np.ndarray, rule: str, remedy: str) -> None:
        """Add ``column: 2 of 9 rows <rule> (lines 3, 4): <remedy>`` when any row is broken."""
        if broken.any():
            count = f"{int(broken.sum())} of {len(self)} rows {rule} ({self.raw.places(broken)})"
            self.problems.append(Problem(self.raw.path, column, f"{count}: {remedy}"))

    def text(self, column: str) -> pd.Series:
        """Return the stripped cells of a column; empty text throughout where the file lacks it."""
        if column not in self.raw.cells:
            return pd.Series([""] * len(self), dtype=object)
        return self.raw.cells[column].str.strip()

    @property
    def declare_missing(self) -> str:
        """The remedy for an undeclared missing code."""
        return f"declare the code under files.{self.name}.missing_codes"


def read_text(source: Source, column: str) -> Cells:
    """Cells as stripped text; None where missing."""
    text = source.text(column)
    absent = np.full(len(source), column not in source.raw.cells)
    missing = text.isin({"", *source.spec.missing_codes}).to_numpy() & ~absent
    values = text.to_numpy(dtype=object).copy()
    values[missing | absent] = None
    return Cells(values, missing, absent)


def read_codes(source: Source, column: str, labels: Mapping[str, str], key: str) -> Cells:
    """Cells as the names that `labels` gives to their codes; an undeclared code is a problem."""
    cells = read_text(source, column)
    values = pd.Series(cells.values, dtype=object).map(labels).to_numpy(dtype=object)
    unknown = cells.good & pd.isna(values)
    decimal = [f"{code}.0" for code in labels]
    if set(cells.values[unknown]) <= set(decimal):
        remedy = f"the cells end in .0: declare {', '.join(decimal)} under {key}"
    else:
        remedy = f"declared are {', '.join(labels)}; mend the cells, or declare their codes under {key}"
    source.report(column, unknown, "with an undeclared code", remedy)
    values[pd.isna(values)] = None
    return Cells(values, cells.missing, cells.bad | unknown)


def read_numbers(
    source: Source,
    column: str,
    *,
    low: float | None = None,
    high: float | None = None,
    integer: bool = False,
    unit: str = "",
    suspect: bool = True,
    range_key: str = "",
) -> Cells:
    """Cells as float64; what is no number, out of range or probably a missing code is a problem.

    Parameters
    ----------
    low, high : float, optional
        Closed range of a value.
    integer : bool
        Whether a fraction is a problem.
    unit : str
        Unit of the range, for messages.
    suspect : bool
        Whether to look for undeclared missing codes.
    range_key : str
        Key of the cohort file under which `low` and `high` can be declared, where there is one.
    """
    cells = read_text(source, column)
    values, not_numbers = _parse(source, column, cells)
    missing = cells.missing | np.isin(values, _numeric_codes(source.spec.missing_codes))
    values[missing] = np.nan
    given = ~np.isnan(values)
    outside = given & ((values < _bound(low, -np.inf)) | (values > _bound(high, np.inf)))
    codes = given & np.isin(values, MISSING_CODE_VALUES) & (outside | _stands_apart(values, low, high))
    codes &= suspect
    if codes.any():
        true = f"if it is a true value, declare low and high under {range_key}"
        remedy = f"{source.declare_missing}; {true if range_key else 'if it is a slip, mend the cell'}"
        source.report(column, codes, "with what is probably a missing code", remedy)
    outside &= ~codes
    if outside.any():
        rule = f"outside {_words(low, high)} {unit}".rstrip()
        source.report(column, outside, rule, "mend the values, or declare them as missing")
    fractions = given & ~outside & ~codes & integer & (values != np.floor(values))
    source.report(
        column, fractions, "not a whole number", "the instrument has whole points only; mend the values"
    )
    bad = cells.bad | not_numbers | outside | codes | fractions
    values[bad] = np.nan
    return Cells(values, missing & ~bad, bad)


def _parse(source: Source, column: str, cells: Cells) -> tuple[np.ndarray, np.ndarray]:
    text = pd.Series(np.where(cells.good, cells.values, ""), dtype=object).astype(str)
    looks = text.str.fullmatch(NUMBER_PATTERN).to_numpy(dtype=bool)
    values = pd.to_numeric(text.where(looks), errors="coerce").to_numpy(dtype="float64", copy=True)
    values[~np.isfinite(values)] = np.nan
    wrong = cells.good & np.isnan(values)
    comma = wrong & text.str.fullmatch(DECIMAL_COMMA_PATTERN).to_numpy(dtype=bool)
    source.report(column, comma, "with a decimal comma", "write decimal points")
    remedy = f"mend the cells, or {source.declare_missing}"
    source.report(column, wrong & ~comma, "not a number", remedy)
    return values, wrong


def _numeric_codes(codes: Iterable[str]) -> list[float]:
    """Missing codes as numbers, so that ``-9`` also declares the cell ``-9.0``."""
    numbers = pd.to_numeric(pd.Series(list(codes), dtype=object), errors="coerce")
    return [float(number) for number in numbers if np.isfinite(number)]


def _stands_apart(values: np.ndarray, low: float | None, high: float | None) -> np.ndarray:
    """Negative codes among values that are never negative, and nines far above all other values.

    Only where no range is declared: inside a declared range every value is meant.
    """
    none = np.zeros(len(values), dtype=bool)
    others = values[~np.isnan(values) & ~np.isin(values, MISSING_CODE_VALUES)]
    if others.size == 0:
        return none
    negative = (values < -1) & (others.min() >= 0) if low is None else none
    above = (values > FAR_ABOVE * others.max()) & (others.max() > 0) if high is None else none
    apart: np.ndarray = negative | above
    return apart


def _bound(value: float | None, default: float) -> float:
    return default if value is None else value


def _words(low: float | None, high: float | None) -> str:
    if low is None:
        return f"values up to {high:g}"
    return f"{low:g} or more" if high is None else f"{low:g} to {high:g}"


def read_dates(source: Source, column: str, date_format: str) -> Cells:
    """Cells as ``datetime64``; a date that does not follow `date_format` is a problem."""
    cells = read_text(source, column)
    text = pd.Series(cells.values, dtype=object).where(cells.good)
    values = pd.to_datetime(text, format=date_format, errors="coerce").to_numpy(dtype="datetime64[ns]")
    wrong = cells.good & np.isnat(values)
    remedy = f"mend the cells, correct the format, or {source.declare_missing}"
    source.report(column, wrong, f"not a date of the form {date_format}", remedy)
    return Cells(values, cells.missing, cells.bad | wrong)


def read_days(source: Source, spec: TimeSpec, time_zero: np.ndarray | None) -> Cells:
    """Times as days since baseline.

    Parameters
    ----------
    time_zero : numpy.ndarray of datetime64, optional
        Baseline date of each row's patient; NaT (reported elsewhere) makes a row bad.
    """
    if spec.format is None:
        cells = read_numbers(source, spec.column, suspect=False)
        return Cells(cells.values * DAYS_PER[spec.unit or "day"], cells.missing, cells.bad)
    cells = read_dates(source, spec.column, spec.format)
    zero = np.full(len(source), np.datetime64("NaT")) if time_zero is None else time_zero
    days = (cells.values - zero.astype("datetime64[ns]")) / np.timedelta64(1, "D")
    return Cells(days, cells.missing, cells.bad | (cells.good & np.isnat(zero)))


def read_ids(source: Source, column: str) -> Cells:
    """Patient ids as text, never as numbers: ``001``, ``1`` and ``1E5`` are three patients.

    An empty id is a problem, and so are ids of one file that differ only in case or in spaces
    around them. Missing codes do not apply: 999 may be a patient.
    """
    absent = column not in source.raw.cells
    text = source.text(column)
    empty = (text == "").to_numpy() & (not absent)
    source.report(column, empty, "without a patient id", "give the id, or remove the rows")
    raw = source.raw.cells[column] if not absent else text
    first = raw.groupby(text.str.casefold(), sort=False).transform("first")
    differ = (
        raw.ne(first).groupby(text.str.casefold(), sort=False).transform("any").to_numpy(dtype=bool) & ~empty
    )
    rule = "with ids that differ only in case or in spaces around them"
    source.report(column, differ, rule, "write each patient's id one way")
    values = text.to_numpy(dtype=object).copy()
    values[empty | absent] = None
    return Cells(values, np.zeros(len(source), dtype=bool), empty | absent)


def report_strangers(source: Source, column: str, ids: Cells, known: pd.Index | None) -> np.ndarray:
    """Report rows of patients that the patients file lacks; return the rows of known patients."""
    if known is None:
        return ids.good
    member = pd.Series(ids.values, dtype=object).isin(known).to_numpy()
    strangers = ids.good & ~member
    remedy = "add the patients there, or remove the rows here"
    unknown, patients = _as_words(ids.values[strangers]), _as_words(known.to_numpy())
    if unknown.str.lstrip("0").isin(patients.str.lstrip("0")).any():
        remedy = "ids seem to have lost leading zeros: write each patient's id one way"
    elif _bare(unknown).isin(_bare(patients)).any():
        remedy = "it has them but for case, zeros in front or .0 at the end: write each patient's id one way"
    source.report(column, strangers, "of patients that the patients file does not have", remedy)
    kept: np.ndarray = ids.good & member
    return kept


def _as_words(ids: np.ndarray) -> pd.Series:
    return pd.Series(ids, dtype=object).astype(str)


def _bare(ids: pd.Series) -> pd.Series:
    """Ids without what spreadsheets and programs add or drop: zeros in front, ``.0`` at the end."""
    return ids.str.casefold().str.replace(r"^0+(?=.)|\.0$", "", regex=True)


def report_repeats(
    source: Source, column: str, keys: Mapping[str, np.ndarray], rows: np.ndarray, rule: str, remedy: str
) -> None:
    """Report every row, among `rows`, that shares its `keys` with another."""
    frame = pd.DataFrame(dict(keys))[rows]
    repeated = np.zeros(len(source), dtype=bool)
    repeated[np.flatnonzero(rows)] = frame.duplicated(keep=False).to_numpy()
    source.report(column, repeated, rule, remedy)
