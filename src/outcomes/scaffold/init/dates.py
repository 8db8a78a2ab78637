"""Which dates say when time starts, when an event happened, and when the others were last seen."""

from __future__ import annotations

from dataclasses import dataclass

from outcomes.scaffold.init.columns import Column
from outcomes.scaffold.init.words import END_DATE, ZERO_DATES, squeezed


@dataclass(frozen=True)
class Dates:
    """The column that dates are counted from, and the formats that fit it.

    Attributes
    ----------
    column : str
        Empty where several are as likely.
    formats : tuple of str
        That fit it, or every one of them.
    rivals : tuple of str
        The other date columns; where `column` is empty, those that are as likely.
    """

    column: str
    formats: tuple[str, ...]
    rivals: tuple[str, ...]


@dataclass(frozen=True)
class Ends:
    """Dates of an event, and those of the last contact of patients without it where these stand apart.

    Attributes
    ----------
    last : Column or None
        None where the date of the event is that of all patients.
    codes : tuple of str
        Of the status, where the event has a date.
    """

    event: Column
    last: Column | None = None
    codes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Dated:
    """Events that stand as dates alone: each is blank where it did not happen.

    Attributes
    ----------
    events : tuple of Column
        Dates of few patients, the commonest first.
    last : Column or None
        When everybody was last seen.
    """

    events: tuple[Column, ...]
    last: Column | None


def find_dated(dates: list[Column], zero: Dates) -> Dated | None:
    """Return the dates that only some patients have, where all have the one that time counts from."""
    start = next((column for column in dates if column.name == zero.column), None)
    if start is None or not start.filled.all():
        return None
    blank = [column for column in dates if column is not start and not column.filled.all()]
    last = next((c for c in dates if c is not start and c.filled.all() and _is_end(c)), None)
    return Dated(tuple(blank), last) if blank else None


def find_zero(dates: list[Column]) -> Dates | None:
    """Return the date that time counts from: by its name, never by its place in the file."""
    starts = [column for column in dates if not _is_end(column)]
    likely = _likeliest(starts) or _likeliest(dates)
    if not likely:
        return None
    if len(likely) > 1:
        formats = tuple(dict.fromkeys(form for column in likely for form in column.formats))
        return Dates("", formats, tuple(column.name for column in likely))
    others = tuple(column.name for column in dates if column is not likely[0])
    return Dates(likely[0].name, likely[0].formats, others)


def _likeliest(dates: list[Column]) -> list[Column]:
    for words in ZERO_DATES:
        found = [column for column in dates if words.search(squeezed(column.name))]
        if found:
            return found
    return []


def _is_end(column: Column) -> bool:
    return END_DATE.search(squeezed(column.name)) is not None


def find_ends(status: Column, dates: list[Column], zero: Dates) -> Ends | None:
    """Return the date of a status; dates that stand for some codes alone are those of the event."""
    starts = (zero.column,) if zero.column else zero.rivals
    ends = [column for column in dates if column.name not in starts and _is_end(column)]
    for event in ends:
        codes = _dated_codes(status, event)
        others = status.filled & ~event.filled
        last = next((c for c in ends if c is not event and c.filled[others].all()), None)
        if codes and last is not None:
            return Ends(event, last, codes)
    return Ends(max(ends, key=lambda column: int(column.filled.sum()))) if ends else None


def _dated_codes(status: Column, date: Column) -> tuple[str, ...]:
    """Codes whose rows all have this date, if no row of the other codes has it; none if all codes have it."""
    shares = {
        code: date.filled[status.codes == status.texts.index(code)].mean() for code in status.levels
    }  # fmt: skip
    dated = tuple(code for code, share in shares.items() if share == 1)
    told = set(shares.values()) == {0.0, 1.0}
    return dated if told else ()
