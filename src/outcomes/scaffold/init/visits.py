"""What names of visits say about their time."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from outcomes.config.fields import DAYS_PER
from outcomes.scaffold.init.columns import Column, count_distinct
from outcomes.scaffold.init.words import UNITS, unused

BASELINE = re.compile(
    r"base(line)?|bl|pre|pre[ -]?treat(ment)?|pretest|screen(ing)?|scr|entry|intake|admission|start|before|"
    r"random(i[sz]ation)?|t0|prä|prae|aufnahme|eingang|beginn"
)
AFTERWARDS = re.compile(
    r"post|post[ -]?treat(ment)?|posttest|after|end( of .*)?|follow[ -]?up|fu|fup|discharge|last|"
    r"ende|abschluss|entlassung|katamnese"
)
UNIT_WORD = r"(w|wk|week|m|mo|mon|mth|month|d|day|y|yr|year|wochen?|monate?n?|tage?n?|jahre?n?)s?"
UNIT_FIRST = re.compile(UNIT_WORD + r"[ .-]*(\d+)")
UNIT_LAST = re.compile(r"(\d+)[ .-]*" + UNIT_WORD)
NUMBERED = re.compile(
    r"(v|visit|t|time|tp|wave|session|follow[ -]?up|fu|visite|zeitpunkt|messzeitpunkt|katamnese)[ .-]*(\d+)"
)
LATER = re.compile(r"follow|fu|katamnese")
"""Begins the name of a visit after the end of treatment."""
BARE = re.compile(r"\d+(\.\d+)?")
MOST_WINDOWS = 30
"""Visits that actual times are parted into."""
CLEARLY = 2.0
"""Times the widest gap within visits that the narrowest one between them is at least."""


@dataclass(frozen=True)
class When:
    """What one name of a visit says: a unit, a bare number, baseline (0) or nothing (None)."""

    unit: str | None
    number: float | None


@dataclass(frozen=True)
class Plan:
    """Planned visits.

    Attributes
    ----------
    unit : str or None
        None where nothing says it.
    times : dict of str to (float or None)
        By visit; None where nothing says it.
    names : dict of str to str
        By the text that named it, the visit; "" for a text that names none.
    windows : dict
        By visit, the actual times that belong to it.
    """

    unit: str | None
    times: dict[str, float | None]
    names: dict[str, str]
    windows: dict[str, tuple[float, float]] = field(default_factory=dict)
    why: str = "by their names"


def read_when(text: str) -> When | None:
    """Read the name of a visit; None where it is none."""
    low = re.sub(r"_arm_\d+$", "", text.casefold()).replace("_", " ").strip()
    if BASELINE.fullmatch(low):
        return When(None, 0.0)
    if (match := UNIT_FIRST.fullmatch(low)) and match[1] != "y":  # y1, y2 are values of y
        return When(UNITS[match[1][0]], float(match[2]))
    if match := UNIT_LAST.fullmatch(low):
        return When(UNITS[match[2][0]], float(match[1]))
    if match := NUMBERED.fullmatch(low):
        return When(None, float(match[2]))
    if BARE.fullmatch(low):
        return When(None, float(low))
    return When(None, None) if AFTERWARDS.fullmatch(low) else None


def is_after_baseline(name: str) -> bool:
    """Whether the last words of a column's name are a visit after baseline: ``bmi_post``, ``weight_w8``."""
    parts = [part for part in re.split(r"[_. -]+", name) if part]
    for cut in range(1, len(parts)):
        visit = " ".join(parts[cut:])
        when = read_when(visit)
        if when is None or BARE.fullmatch(visit):
            continue
        if when.number is None or when.number > (0 if when.unit in ("week", "month", "year") else 1):
            return True
    return False


def plan_visits(texts: Iterable[str], unit: str | None, *, from_first: bool = True) -> Plan | None:
    """Planned visits of the names of all visits; None where fewer than half of the names can be read.

    They are in the order of their times, or in that of `texts` if some time is unknown.
    `unit` is what bare numbers count, where it is known; `from_first` makes the first of visits that are
    numbered from 1 the baseline.
    """
    read = {text: read_when(text) for text in texts}
    if sum(when is not None for when in read.values()) < max(2, 0.5 * len(read)):
        return None
    units = [when.unit for when in read.values() if when and when.unit]
    chosen = min(units, key=lambda name: DAYS_PER[name]) if units else unit
    numbers: dict[str, float | None] = {}
    for text, when in read.items():
        if when is None:
            continue
        number = when.number
        if when.unit and number is not None and chosen is not None:
            number = round(number * DAYS_PER[when.unit] / DAYS_PER[chosen], 1)
        numbers[text] = number
    known = [n for text, n in numbers.items() if n is not None and not _is_later(text)]
    shift = _shift(known, chosen) if from_first or chosen else 0
    times: dict[str, float | None] = {"baseline": 0}
    names = {text: "" for text, when in read.items() if when is None}
    for text in _in_order(numbers, shift):
        number = numbers[text]
        if number is None:
            names[text] = unused("follow_up" if _is_later(text) else "post", times)
            times[names[text]] = None
        else:
            time = max(number - shift, 0)
            name = "baseline" if time == 0 else f"{chosen or 'visit'}_{number:g}".replace(".", "_")
            names[text] = "" if name in names.values() else name
            times[name] = time
    return Plan(chosen, times, names)


def _is_later(text: str) -> bool:
    return LATER.match(text.casefold()) is not None


def _in_order(numbers: dict[str, float | None], first: float) -> list[str]:
    """Names by their numbers; baseline first and the others as they stand, where a number is unknown."""
    if any(number is None for number in numbers.values()):
        return sorted(numbers, key=lambda text: numbers[text] != first)
    return sorted(numbers, key=lambda text: numbers[text] or 0)


def _shift(known: list[float], unit: str | None) -> float:
    """What to take off so that the baseline is at 0: day 1 is the first day, visit 1 the first visit."""
    first = min(known, default=0.0)
    return first if first > 0 and (unit is None or (unit == "day" and first == 1)) else 0


def plan_windows(column: Column, ids: Column, unit: str | None) -> Plan | None:
    """Planned visits of actual times, parted at the widest gaps.

    They are as many as most patients have rows, or as many as part the times most clearly.
    """
    rows = column.filled & ids.filled
    times, patients = column.by_row[rows], ids.codes[rows]
    distinct = np.unique(times)
    per_patient = np.bincount(patients)
    most = int(np.bincount(per_patient[per_patient > 0]).argmax())
    if len(distinct) < 2 or distinct[0] < 0:
        return None
    for visits in (most, _clearest(np.diff(distinct))):
        if 2 <= visits < len(distinct) and (plan := _parted(distinct, times, patients, visits, unit)):
            return plan
    return None


def _clearest(gaps: np.ndarray) -> int:
    """Number of visits that leaves far narrower gaps within visits than between; 0 where none does."""
    widest = np.sort(gaps)[::-1][: MOST_WINDOWS + 1]
    if len(widest) < 3:
        return 0
    ratio = widest[:-1] / widest[1:]
    best = int(ratio.argmax())
    return best + 2 if best > 0 and ratio[best] >= CLEARLY else 0


def _parted(
    distinct: np.ndarray, times: np.ndarray, patients: np.ndarray, visits: int, unit: str | None
) -> Plan | None:
    """So many visits parted at the widest gaps; None where a patient has two rows of one."""
    cuts = np.sort(np.argsort(np.diff(distinct))[-(visits - 1) :])
    lows = distinct[np.append(0, cuts + 1)]
    highs = distinct[np.append(cuts, len(distinct) - 1)]
    cluster = np.searchsorted(lows, times, side="right") - 1
    pairs = count_distinct(patients * visits + cluster)
    if lows[0] > 1 or pairs < len(times):
        return None
    step = 7 if unit == "day" else 1
    planned: dict[str, float | None] = {}
    windows: dict[str, tuple[float, float]] = {}
    for place in range(visits):
        middle = float(np.median(times[cluster == place]))
        time = 0.0 if place == 0 else float(round(middle / step) * step) or middle
        name = "baseline" if place == 0 else f"{unit or 'visit'}_{time:g}".replace(".", "_")
        if name in planned:
            return None
        planned[name] = time
        windows[name] = (float(lows[place]), float(highs[place]))
    return Plan(unit, planned, {}, windows, f"{visits} clusters of actual times")


def merge(plans: list[Plan]) -> tuple[Plan, list[dict[str, str]]]:
    """One schedule for all measures, and by plan the schedule's name of each of its visits.

    The unit is that of the first plan that has one; visits at the same time are one visit.
    """
    unit = next((plan.unit for plan in plans if plan.unit), None)
    times: dict[str, float | None] = {"baseline": 0}
    windows: dict[str, tuple[float, float]] = {}
    renamed = []
    for plan in plans:
        factor = DAYS_PER[plan.unit] / DAYS_PER[unit] if plan.unit and unit else 1.0
        names = {}
        for name, time in plan.times.items():
            when = None if time is None else round(time * factor, 1)
            same = next((n for n, t in times.items() if when is not None and t == when), None)
            names[name] = same or (name if time is None else unused(name, times))
            times.setdefault(names[name], when)
        for name, (low, high) in plan.windows.items():
            bounds = math.floor(low * factor * 100) / 100, math.ceil(high * factor * 100) / 100
            windows.setdefault(names[name], bounds)
        renamed.append(names)
    unknown = None in times.values()
    ordered = list(times) if unknown else sorted(times, key=lambda name: times[name] or 0)
    why = next((plan.why for plan in plans), "")
    return Plan(unit, {name: times[name] for name in ordered}, {}, windows, why), renamed
