"""Why a text is no date of its declared form, and what makes a column of dates doubtful as a whole."""

from __future__ import annotations

import re

import numpy as np

from outcomes.ingest.cells import Source
from outcomes.ingest.words import NO_NUMBER, SPREADSHEET_ERROR, SPREADSHEET_ERRORS, WORD, is_word

WIDTHS = {
    "Y": "[0-9]{4}", "y": "[0-9]{2}", "m": "(?P<month>[0-9]{1,2})", "d": "(?P<day>[0-9]{1,2})",
    "H": "[0-9]{1,2}", "I": "[0-9]{1,2}", "M": "[0-9]{1,2}", "S": "[0-9]{1,2}", "j": "[0-9]{1,3}",
    "f": "[0-9]{1,9}", "%": "%",
}  # fmt: skip
LETTERS = r"[^\W\d_]+\.?"
SERIAL = re.compile(r"[1-9][0-9]{4}(?:[.,][0-9]+)?")
CLOCK = r"(?:T| +|:)[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]+)?)?(?: ?[AaPp]\.?[Mm]\.?)?"
ZONE = re.compile(rf".*{CLOCK} ?(?:Z|[A-Z]{{3,4}}|[+-][0-9]{{2}}:?(?:[0-9]{{2}})?)")
TIMED = re.compile(rf"(.*?){CLOCK}")
PART = re.compile(
    r"[0-9]{4}(?:[-/.](?:[0-9]{1,2}|un|unk|xx|--?))?|[0-9]{4}[-/.](?:[0-9]{1,2}|un|unk|xx|--?)[-/.](?:un|unk|xx|--?|00?)"
    r"|(?:un|unk|xx|00?)[-/. ](?:[0-9]{1,2}|[a-z]{3})[-/. ](?:[0-9]{2}|[0-9]{4})",
    flags=re.IGNORECASE,
)
STAND_INS = np.array(
    [
        "1899-12-30", "1899-12-31", "1900-01-01", "1904-01-01", "1960-01-01", "1970-01-01", "2099-01-01",
        "2099-12-31", "2100-01-01", "2100-12-31", "2199-01-01", "2199-12-31", "2200-01-01",
    ],
    dtype="datetime64[D]",
)  # fmt: skip
"""First days of the calendars of Excel, SAS and Unix, which an empty date becomes in their hands, and days
that registries write for "never"."""
NEAR = np.timedelta64(366, "D")
LAST_MONTH = 12
ENOUGH_DATES = 8
"""So many dates of any month are all within its first 12 days once in 2000 columns, or rarer."""
FAR_DAYS, FEW_DATES = 730, 0.1
"""Days of a gap that no visit was late by, and the share of a column's days that may lie behind it."""
MOST_YEARS = 45

SERIAL_NUMBER = "with a spreadsheet's serial number in place of a date"
WITH_ZONE = "with a time zone"
WITH_TIME = "with a time of day, which the format lacks"
OTHER_ORDER = "whose day and month stand the other way round"
NO_DAY = "that are no day of any calendar"
SHORT_YEAR = "with a year of two digits"
IN_PART = "with a part of a date"
STAND_IN = "with a date that programs write for an empty one (the first or last day of a calendar)"
FAR_OFF = "with a date further from all other dates of the column than these lie apart"


def shape_of(date_format: str) -> str:
    """Return the pattern of texts that look like dates of a format, whether or not the calendar has them."""
    parts = re.split(r"%(.)", date_format)
    wide = [part if i % 2 == 0 else WIDTHS.get(part, LETTERS) for i, part in enumerate(parts)]
    shape = "".join(re.escape(part) if i % 2 == 0 else part for i, part in enumerate(wide))
    return shape.replace("{1,", "{2,") if has_no_marks(date_format) else shape


def has_no_marks(date_format: str) -> bool:
    """Whether nothing stands between the numbers of a date, so that only their widths tell them apart."""
    return re.search(r"%[YymdHIMSj]%[YymdHIMSj]", date_format) is not None


def has_time_of_day(date_format: str) -> bool:
    """Whether dates of a format have an hour."""
    return re.search(r"%[HI]", date_format) is not None


def fault_of(text: str, date_format: str) -> str:
    """Return the rule that a text which is no date of a format breaks."""
    shaped = re.fullmatch(shape_of(date_format), text)
    timed = TIMED.fullmatch(text)
    for rule, breaks in (
        (SPREADSHEET_ERROR, is_word(text, SPREADSHEET_ERRORS)),
        (WORD, is_word(text, NO_NUMBER)),
        (STAND_IN, shaped and "9999" in text and "%Y" in date_format),
        (OTHER_ORDER, shaped and _fits_the_other_order(shaped)),
        (NO_DAY, shaped),
        (WITH_ZONE, ZONE.fullmatch(text)),
        (WITH_TIME, timed and re.fullmatch(shape_of(date_format), timed[1])),
        (SERIAL_NUMBER, SERIAL.fullmatch(text)),
        (SHORT_YEAR, re.fullmatch(shape_of(date_format.replace("%Y", "%y")), text)),
        (IN_PART, PART.fullmatch(text)),
    ):
        if breaks:
            return rule
    return _not_of_form(date_format)


def _not_of_form(date_format: str) -> str:
    return f"not a date of the form {date_format}"


def _fits_the_other_order(shaped: re.Match[str]) -> bool:
    found = shaped.groupdict()
    if not {"day", "month"} <= set(found):
        return False
    day, month = int(found["day"]), int(found["month"])
    return 1 <= day <= LAST_MONTH < month <= 31


def remedies(source: Source, date_format: str) -> dict[str, str]:
    """What to do about each rule, in the words of a file's declaration."""
    missing = source.declare_missing
    return {
        SPREADSHEET_ERROR: f"mend the formulas and export the file again, or {missing}",
        WORD: missing,
        STAND_IN: f"find the true dates, or {missing}",
        OTHER_ORDER: f"correct the format ({date_format}) if all dates are written so, else mend these",
        NO_DAY: f"mend the cells, correct the format ({date_format}), or {missing}",
        WITH_ZONE: "write the local date and time of the visit, without a zone",
        WITH_TIME: f"write dates only, or add the time to the format, such as {date_format} %H:%M, or "
        f"{date_format}T%H:%M:%S where the cells have a T (those of typed files do)",
        SERIAL_NUMBER: "format the column as a date in the spreadsheet, and export the file again",
        SHORT_YEAR: "write years with four digits; with %y in the format centuries are guessed",
        IN_PART: f"complete the dates as the protocol says, or {missing}",
        _not_of_form(date_format): f"mend the cells, correct the format, or {missing}",
    }


def report_doubts(
    source: Source, column: str, values: np.ndarray, distinct: np.ndarray, date_format: str
) -> np.ndarray:
    """Report what a column of sound dates is unlikely to hold; return the rows that cannot be meant.

    Problems are stand-ins for an empty date, far from all true ones, and two-digit years of two
    centuries. Warnings are days and months that might be exchanged throughout, and guessed centuries.
    `distinct` holds each day of `values` once, in order.
    """
    given: np.ndarray = ~np.isnat(values)
    stand_ins = np.zeros(len(values), dtype=bool)
    true = distinct[~np.isin(distinct, STAND_INS)]
    for day in distinct[np.isin(distinct, STAND_INS)]:
        if true.size and np.abs(true - day).min() > NEAR:
            stand_ins |= values.astype("datetime64[D]") == day
    source.report(column, stand_ins, STAND_IN, remedies(source, date_format)[STAND_IN])
    _doubt_the_order(source, column, given, true, date_format)
    far = np.isin(values.astype("datetime64[D]"), far_off(true))
    source.warn(column, far, FAR_OFF, f"is the year right? Mend the dates, or {source.declare_missing}")
    if "%y" not in date_format or not true.size:
        return stand_ins
    span = (true[-1] - true[0]) / np.timedelta64(1, "D") / 365.25
    if span > MOST_YEARS:
        what = f"with years of two digits that span over {MOST_YEARS} years"
        source.report(column, given, what, "write years with four digits, and %Y in the format")
        return given
    source.warn(
        column, given, "with years of two digits", "69 to 99 are read as 19.., 00 to 68 as 20..: is it so?"
    )
    return stand_ins


def far_off(dates: np.ndarray) -> np.ndarray:
    """Few of the dates, before or after a gap longer than the span of all others, and than two years.

    Whether a date lies in the future is not asked: the same file would then be judged anew every day. A
    wrong year is told by the file's own dates.

    Parameters
    ----------
    dates : numpy.ndarray of datetime64[D]
        Each day once, in order.
    """
    n = len(dates)
    few = max(1, int(FEW_DATES * n))
    for side in (dates, dates[::-1]):
        days = np.abs((side - side[:1]) / np.timedelta64(1, "D"))
        for left in range(max(n - few, ENOUGH_DATES), n):
            if days[left] - days[left - 1] > max(days[left - 1], FAR_DAYS):
                off: np.ndarray = side[left:]
                return off
    none: np.ndarray = dates[:0]
    return none


def _doubt_the_order(
    source: Source, column: str, given: np.ndarray, dates: np.ndarray, date_format: str
) -> None:
    """Warn of dates that could all be read with day and month exchanged."""
    if not re.match(r"%[dm][^%]%[dm][^%]%[Yy]", date_format) or len(dates) < ENOUGH_DATES:
        return
    day = (dates - dates.astype("datetime64[M]").astype("datetime64[D]")).astype(int) + 1
    if (day <= LAST_MONTH).all() and len(np.unique(day)) > 1:  # one day throughout hides the true one
        rule = "with dates that could all be read with day and month exchanged (no day above 12)"
        source.warn(column, given, rule, f"is the format {date_format} the one that they were written in?")
