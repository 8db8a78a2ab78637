"""Which column of times belongs to a status: by their names, their places and their gaps."""

from __future__ import annotations

import re

from outcomes.scaffold.init.columns import Column
from outcomes.scaffold.init.words import squeezed

NEAR, FAR = 2, 10
"""Columns from a status to its time: where there are several statuses, and where there is one."""
OFTEN_FILLED = 0.5
"""Share of the rows with a status that have a time, where the time is that of the status."""
GENERIC = re.compile(r"status|event|e|d|c|delta|fstat|outcome|observed|cens(or(ed|ing)?)?|cnsr")
PLAIN_TIME = re.compile(
    r"((survival|followup|fu|obs|s)?(time|days|weeks|months|years)|t|tte|surv|os|pfs|dfs)"
)
"""Names that do not say of which event they are."""


def find_time(status: Column, times: list[Column], columns: list[Column], *, alone: bool) -> Column | None:
    """Time of a status: the one that shares part of its name, else the nearest one."""
    named = [time for time in times if _shares_name(status, time)]
    near = sorted(times, key=lambda time: _apart(time, status, columns))
    if named:
        return named[0]
    return near[0] if near and (alone or _apart(near[0], status, columns) <= NEAR) else None


def _shares_name(status: Column, time: Column) -> bool:
    stem = re.sub(r"status|event|cens(or)?|_|\.", "", squeezed(status.name))
    return len(stem) > 2 and stem[:3] in squeezed(time.name)


def _apart(one: Column, other: Column, columns: list[Column]) -> int:
    return abs(columns.index(one) - columns.index(other))


def doubt_of(status: Column, time: Column, columns: list[Column]) -> str:
    """Why a time is hardly that of a status of another name; empty if it may be."""
    plain = GENERIC.fullmatch(squeezed(status.name)) and PLAIN_TIME.fullmatch(squeezed(time.name))
    if plain or _shares_name(status, time):
        return ""
    rows, both = int(status.filled.sum()), int((status.filled & time.filled).sum())
    why = ""
    if both < OFTEN_FILLED * rows:
        why = f"only {both} of the {rows} rows with a {status.name} have a {time.name}"
    elif (apart := _apart(status, time, columns)) > FAR:
        why = f"{apart - 1} columns lie between them"
    pair = f"{status.name}, {time.name}: status and time of one event?"
    return f"{pair} {why}; if they are, declare it under events:" if why else ""
