"""Text cells to dates, and to days since baseline."""

from __future__ import annotations

import numpy as np
import pandas as pd

from outcomes.config.fields import DAYS_PER, TimeSpec
from outcomes.ingest.cells import Cells, Source, read_text
from outcomes.ingest.date_faults import (
    fault_of,
    has_no_marks,
    has_time_of_day,
    remedies,
    report_doubts,
    shape_of,
)
from outcomes.ingest.numbers import read_numbers
from outcomes.ingest.words import FAR_ABOVE, TIME_CODES

NINES_OF_TIMES = (888, 998, 999)
"""Written for a gap, and yet days that a follow-up may reach."""


def read_dates(source: Source, column: str, date_format: str) -> Cells:
    """Cells as ``datetime64``; a date that does not follow `date_format` is a problem."""
    cells = read_text(source, column)
    text = source.text(column)
    if column in source.raw.periods:
        _refuse_periods(source, column, cells)
        return Cells(np.full(len(source), np.datetime64("NaT")), cells.missing, ~cells.missing)
    texts = pd.Series(text.texts, dtype=object)
    if has_no_marks(date_format):  # or 2020111 would be read as the 1st of November
        texts = texts.where(texts.str.fullmatch(shape_of(date_format)))
    parsed = pd.to_datetime(texts, format=date_format, errors="coerce")
    values = text.spread(parsed.to_numpy(dtype="datetime64[ns]"))
    values[~cells.good] = np.datetime64("NaT")
    wrong = cells.good & np.isnat(values)
    source.report_each(column, wrong, lambda cell: fault_of(cell, date_format), remedies(source, date_format))
    in_use = np.zeros(len(text.texts), dtype=bool)
    in_use[text.codes[cells.good]] = True
    distinct = np.unique(parsed.to_numpy(dtype="datetime64[D]")[in_use])
    doubtful = report_doubts(source, column, values, distinct[~np.isnat(distinct)], date_format)
    values[doubtful] = np.datetime64("NaT")
    return Cells(values, cells.missing, cells.bad | wrong | doubtful)


def read_days(source: Source, spec: TimeSpec, time_zero: np.ndarray | None) -> Cells:
    """Times as days since baseline; whole days unless both the time and the baseline have a time of day.

    Parameters
    ----------
    time_zero : numpy.ndarray of datetime64, optional
        Baseline date of each row's patient; NaT (reported elsewhere) makes a row bad.
    """
    if spec.format is None:
        cells = read_numbers(source, spec.column, codes=TIME_CODES)
        if spec.column in source.raw.periods:
            _refuse_periods(source, spec.column, cells)
            return Cells(cells.values, cells.missing, ~cells.missing)
        _warn_of_nines(source, spec.column, cells.values)
        # a millionth of a day: what the same day is in weeks, months or years stays the same day
        days = cells.values if spec.unit in (None, "day") else np.round(cells.values * DAYS_PER[spec.unit], 6)
        return Cells(days, cells.missing, cells.bad)
    cells = read_dates(source, spec.column, spec.format)
    zero = np.full(len(source), np.datetime64("NaT")) if time_zero is None else time_zero
    start, end = zero.astype("datetime64[ns]"), cells.values
    if not has_time_of_day(spec.format):
        start = _midnight(start)
    elif not (start > _midnight(start)).any():  # the baseline is a date: the hour of the day is not known
        end = _midnight(end)
    days = (end - start) / np.timedelta64(1, "D")
    return Cells(days, cells.missing, cells.bad | (cells.good & np.isnat(zero)))


def _refuse_periods(source: Source, column: str, cells: Cells) -> None:
    """Report a column whose numbers are points of the calendar, neither dates nor times since baseline."""
    rule = f"with {source.raw.periods[column]}"
    remedy = (
        "a time is a date, or counted from each patient's baseline: in Stata, convert the column, give it "
        'the format %td, and declare format: "%Y-%m-%d"'
    )
    source.report(column, ~cells.missing, rule, remedy)


def _warn_of_nines(source: Source, column: str, times: np.ndarray) -> None:
    """Warn of times such as 999 far above all others: a code for a gap, or one patient of long follow-up."""
    nines = np.isin(times, NINES_OF_TIMES)
    others = times[~nines & ~np.isnan(times)]
    if len(others):
        far = nines & (times >= FAR_ABOVE * max(1.0, float(others.max())))
        rule = "with a time that may be a missing code, far above all others"
        source.warn(column, far, rule, f"if it is a code, {source.declare_missing}")


def _midnight(stamps: np.ndarray) -> np.ndarray:
    midnight: np.ndarray = stamps.astype("datetime64[D]").astype("datetime64[ns]")
    return midnight
