"""Which columns are times to an event and which say whether it happened."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field, replace

from outcomes.scaffold.init.codes import read_codes, rules_out
from outcomes.scaffold.init.columns import FEWEST_NAMED, Column
from outcomes.scaffold.init.dates import Dated, Dates, Ends, find_dated, find_ends, find_zero
from outcomes.scaffold.init.look import Table
from outcomes.scaffold.init.pairing import GENERIC, doubt_of, find_time
from outcomes.scaffold.init.people import Identity
from outcomes.scaffold.init.words import (
    STATUS_NAME,
    TIME_NAME,
    UNITS,
    readable,
    slug,
    squeezed,
)

MOST_CODES = 6
SURELY_DAYS = 400
"""A follow-up of more than 400 weeks or months is rarer than one of days."""


@dataclass(frozen=True)
class EventGuess:
    """One time to an event as it will be declared.

    Attributes
    ----------
    unit, time_format : str
        How the time stands; both empty where nothing says it.
    event, censored : tuple of str
        Codes; both empty where nothing tells them apart.
    at_zero : int
        Patients with a time of zero.
    last : Column or None
        Where the times of the censored stand, if not with those of the event.
    reasons : dict
        Codes of censoring whose reason stands in another column.
    """

    name: str
    label: str
    table: Table
    identity: Identity
    time: str
    unit: str
    time_format: str
    status: Column
    event: tuple[str, ...]
    censored: tuple[str, ...]
    why: str
    at_zero: int
    last: Column | None = None
    reasons: dict[str, str] = field(default_factory=dict)

    @property
    def columns(self) -> set[str]:
        """Columns that it is read from."""
        return {self.time, self.status.name} | ({self.last.name} if self.last else set())

    @property
    def competing(self) -> tuple[str, ...]:
        """Reasons of censoring that rule the event out, as the cohort file words them."""
        named = (self.reason(code) for code in self.censored)
        return tuple(dict.fromkeys(reason for reason in named if rules_out(reason)))

    def reason(self, code: str) -> str:
        """Why a code of censoring says that no more is known, in words."""
        words = self.reasons.get(code, self.status.means(code)).strip()
        said = (
            len(words) > 3
            and words[0].isalpha()
            and words.casefold() not in ("true", "false", "censored", "nein")
        )
        return words[:120] if said or rules_out(words) else "end of follow-up"


@dataclass(frozen=True)
class Found:
    """What a table says about events.

    Attributes
    ----------
    zero : Dates or None
        The date that their dates are counted from.
    dated : Dated or None
        Dates that may be events, where nothing else says whether they happened.
    doubts : tuple of str
        What is left open about pairs of columns that were not taken for an event.
    """

    events: list[EventGuess]
    zero: Dates | None = None
    dated: Dated | None = None
    doubts: tuple[str, ...] = ()


def find_events(table: Table, identity: Identity, spoken_for: Collection[str]) -> Found:
    """Events of one table."""
    if {"PARAMCD", "AVAL", "CNSR"} <= set(table.columns):
        codes = table.columns["PARAMCD"].levels
        return Found([_of_parameter(table.where("PARAMCD", code), identity, code) for code in codes])
    if identity.repeated:
        return Found([])
    columns = [c for c in table.columns.values() if c.name not in {identity.column, *spoken_for}]
    statuses = [c for c in columns if is_status(c)]
    times = [c for c in columns if c.kind == "number" and is_time(c) and c not in statuses]
    found, doubts = [], []
    for status in statuses:
        time = find_time(status, times, columns, alone=len(statuses) == 1)
        doubt = doubt_of(status, time, columns) if time is not None else ""
        if doubt:
            doubts.append(doubt)
        elif time is not None:
            found.append(event_of(table, identity, status, time, unit_of(time)))
            times.remove(time)
    if found:
        return Found(found, doubts=tuple(doubts))
    dates = [column for column in columns if column.kind == "date"]
    zero = find_zero(dates)
    ends = find_ends(statuses[0], dates, zero) if statuses and zero else None
    if ends is not None:
        found.append(_of_dates(event_of(table, identity, statuses[0], ends.event, ""), ends))
        return Found(found, zero, doubts=tuple(doubts))
    dated = find_dated(dates, zero) if zero else None
    return Found([], zero if dated else None, dated, tuple(doubts))


def _of_dates(event: EventGuess, ends: Ends) -> EventGuess:
    """Return the event with the dates of the censored; that its own date stands apart tells the codes too."""
    if ends.last is None or event.event not in ((), ends.codes):
        return event
    censored = tuple(code for code in event.status.levels if code not in ends.codes)
    why = event.why if event.event else f"only these rows have a date in {ends.event.name}"
    return replace(event, last=ends.last, event=ends.codes, censored=censored, why=why)


def is_status(column: Column) -> bool:
    """Whether a column of few values is called like a status."""
    return (
        column.kind in ("text", "number")
        and STATUS_NAME.fullmatch(squeezed(column.name)) is not None
        and 2 <= len(column.levels) <= MOST_CODES
    )


def is_time(column: Column) -> bool:
    """Whether a column of numbers is called like a time."""
    return (
        TIME_NAME.fullmatch(squeezed(column.name)) is not None
        and len(column.levels) > MOST_CODES
        and float(column.values.min()) >= 0
    )


def unit_of(time: Column) -> str:
    """Unit of a time by its name or its length; empty where nothing says it."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", f"{time.name} {time.title}").casefold()
    spoken = re.search(r"(?<![a-z])(day|week|month|year)s?(?![a-z])|(day|week|month|year)s?\b", words)
    if spoken:
        return UNITS[(spoken[1] or spoken[2])[0]]
    return "day" if float(time.values.max()) > SURELY_DAYS else ""


def event_of(table: Table, identity: Identity, status: Column, time: Column, unit: str) -> EventGuess:
    """Event of a pair of status and time."""
    event, censored, why = read_codes(status, table.key)
    generic = GENERIC.fullmatch(squeezed(status.name))
    title = table.key if generic and STATUS_NAME.fullmatch(squeezed(table.key)) else "event"
    bare = re.sub(r"cens(or(ed)?)?|status|event", "", status.name.casefold()).strip("_. ")
    title = title if generic else bare if len(bare) > 2 else status.name
    words = [status.means(code) for code in event]
    if generic and len(words) == 1 and words[0].isalpha() and len(words[0]) > 4:
        title = words[0]
    form = time.formats[0] if len(time.formats) == 1 else ""
    at_zero = int((time.values == 0).sum()) if time.kind == "number" else 0
    label = status.title or readable(title)
    return EventGuess(
        slug(title, "event"), label[:120], table, identity,
        time.name, unit, form, status, event, censored, why, at_zero,
    )  # fmt: skip


def _of_parameter(table: Table, identity: Identity, code: str) -> EventGuess:
    """Event of an ADaM time-to-event data set, in which CNSR is 0 where the event happened."""
    table = table.analysed()
    time, status = table.columns["AVAL"], table.columns["CNSR"]
    title = next(iter(table.columns["PARAM"].levels), code) if "PARAM" in table.columns else code
    unit = next((UNITS[u] for u in "dwmy" if re.search(rf"{UNITS[u]}s?\b", title.casefold())), "")
    told = table.columns.get("AVALU")
    spoken = next(iter(told.levels), "").casefold() if told else ""
    unit = next((name for name in UNITS.values() if spoken.startswith(name)), unit) or unit_of(time)
    censored = tuple(text for text in status.levels if text != "0")
    why = "CNSR of CDISC ADaM: 0 is the event, above 0 is censored"
    at_zero = int((time.values == 0).sum())
    label = re.sub(r"^time (from \w+ )?to (first )?|\s*\((days|weeks|months|years)\)$", "", title, flags=re.I)
    label = label[:1].upper() + label[1:] or title
    return EventGuess(
        slug(code, "event"), label[:120], table, identity,
        "AVAL", unit, "", status, ("0",), censored, why, at_zero, reasons=_described(table, status, censored),
    )  # fmt: skip


def _described(table: Table, status: Column, censored: tuple[str, ...]) -> dict[str, str]:
    """Reason of each code of censoring that EVNTDESC gives to enough patients."""
    words = table.columns.get("EVNTDESC")
    found = {}
    for code in censored if words else ():
        told = words.take(status.codes == status.texts.index(code)).levels if words else {}
        common = [text for text, n in told.items() if n >= FEWEST_NAMED]
        if common:
            found[code] = ", ".join(common)[:120]
    return found
