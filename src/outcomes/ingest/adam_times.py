"""Times to an event in CDISC ADaM: whether code, description, unit and dates of a row say the same.

Standard: "The ADaM Basic Data Structure for Time-to-Event Analyses", version 1.0 (2012): AVAL is the time
from STARTDT to ADT, CNSR is 0 for an event, EVNTDESC describes the event or the censoring, CNSDTDSC what the
date of a censored row is.
"""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from outcomes.config.cohort import DAYS_PER, OutcomeEvent, Status
from outcomes.ingest.cells import Source
from outcomes.ingest.columns import TextColumn
from outcomes.ingest.folding import fold
from outcomes.ingest.plausibility.evidence import words

UNITS = {
    "day": "day", "days": "day", "d": "day", "week": "week", "weeks": "week", "wk": "week", "wks": "week",
    "month": "month", "months": "month", "mo": "month", "mos": "month", "mth": "month", "mths": "month",
    "year": "year", "years": "year", "yr": "year", "yrs": "year",
}  # fmt: skip
"""Spellings of AVALU that leave no doubt; others are left alone."""

OBSERVATION_ENDS = re.compile(
    r"\b(end of (the )?(study|trial|follow|observation|treatment)|(study|trial) (end|termination)|complet\w*"
    r"|cut ?off|data cut|lost to follow|last (date|contact|visit|assessment|known)|alive|censor\w*|ongoing"
    r"|no event|event free|administrative\w*)\b"
)
"""What a description of a censored row says, and hardly one of an event, unless the event is named for it."""

UNSAID = frozenset(
    {"no", "not", "non", "without", "free", "never", "last", "before", "prior", "until", "censored"}
)
"""With one of these a description that names the event may say that it did not happen."""

TOO_GENERAL = frozenset(
    {"time", "event", "first", "days", "weeks", "months", "years", "of", "to", "the", "from"}
)
FEWEST_ROWS, NEARLY_ALL = 10, 0.9
"""Rows with one description, and the share of them with one status, that make the others contradict it."""

HALF = 0.5
"""Share of the rows of both kinds with a CNSDTDSC above which it is filled throughout."""

STEM = 5
"""Letters by which relapse and relapsed are one word."""

CONVENTION = 0.02
"""Share by which months of 30 and of 30.4375 days, and other conventions, may lie apart."""


def check_adam_times(source: Source, name: str, event: OutcomeEvent) -> None:
    """Compare the variables of a time-to-event file, as far as it has them."""
    named = {column.upper(): column for column in source.raw.columns}
    _check_descriptions(source, named, name, event)
    if event.time.column.upper() == "AVAL" and event.time.unit is not None:
        other = _check_unit(source, named, f"events.{name}.time.unit", event)
        _check_dates(source, named, event, ~other)


def _check_descriptions(source: Source, named: dict[str, str], name: str, event: OutcomeEvent) -> None:
    """Ask where rows of the event are described as censored, or the other way round.

    A description that all rows share tells them not apart.
    """
    status = event.status
    if not isinstance(status, Status) or status.confirmed or status.column.upper() == "EVNTDESC":
        return
    codes = source.text(status.column)
    observed, censored = codes.test(status.event.__contains__), codes.test(status.censored.__contains__)
    own = words(name, event.label, *_parameters(source, named))
    remedy = (
        f"is the meaning of column '{status.column}' turned round? If it is, swap the codes of "
        f"events.{name}.status.event and censored; if some rows are wrong, mend them; if all is right, "
        f"declare events.{name}.status.confirmed: true"
    )
    explained = _explained(source, named)
    if "EVNTDESC" in named and len(np.unique(source.text(named["EVNTDESC"]).codes)) > 1:
        text = source.text(named["EVNTDESC"])
        happens, ends = _usual(text, observed, censored)
        if _turned_round(text, own, observed, censored):
            ends |= text.test(lambda cell: _says_censored(cell, own))
            happens |= text.test(lambda cell: _says_event(cell, own))
        ends, happens = ends & observed, happens & censored & ~explained
        counts = f"{int(ends.sum())} events described as censored, {int(happens.sum())} censored as events"
        rule = f"whose description contradicts their declared status ({counts})"
        source.report(named["EVNTDESC"], ends | happens, rule, remedy)
    # filled on most rows of both kinds, it tells them not apart
    if not all(explained[rows].any() and explained[rows].mean() > HALF for rows in (observed, censored)):
        rule = "of the declared event with a description of the date of censoring"
        source.report(named.get("CNSDTDSC", ""), observed & explained, rule, remedy)


def _usual(text: TextColumn, observed: np.ndarray, censored: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows whose description nearly always goes with the event, and with censoring."""
    size = len(text.texts)
    events = np.bincount(text.codes[observed], minlength=size)
    others = np.bincount(text.codes[censored], minlength=size)
    rows = events + others
    enough = (rows >= FEWEST_ROWS) & np.array([cell != "" for cell in text.texts])
    happens, ends = enough & (events >= NEARLY_ALL * rows), enough & (others >= NEARLY_ALL * rows)
    return text.spread(happens), text.spread(ends)


def _turned_round(text: TextColumn, own: tuple[str, ...], observed: np.ndarray, censored: np.ndarray) -> bool:
    """Whether the words of the descriptions fit the opposite statuses better than the declared ones.

    A single wording is no evidence: patients are also censored for relapse assessments that they missed.
    """
    if not observed.any() or not censored.any():
        return False
    event = text.test(lambda cell: _says_event(cell, own))
    end = text.test(lambda cell: _says_censored(cell, own))
    more_ends = end[observed].mean() > end[censored].mean()
    more_events = event[censored].mean() > event[observed].mean()
    return bool(more_ends or more_events)


def _explained(source: Source, named: dict[str, str]) -> np.ndarray:
    """Rows that say what their date of censoring is: their event may have come after it."""
    if "CNSDTDSC" not in named:
        return np.zeros(len(source), dtype=bool)
    return source.text(named["CNSDTDSC"]).test(lambda cell: cell != "")


def _parameters(source: Source, named: dict[str, str]) -> list[str]:
    """Names of the parameter that the rows are of; several say nothing on one."""
    if "PARAM" not in named:
        return []
    text = source.text(named["PARAM"])
    used = list(text.texts[np.unique(text.codes)])
    return used if len(used) == 1 else []


def _plain(text: str) -> str:
    return " ".join(re.findall(r"[^\W_]+", fold(text)))


def _says_censored(text: str, own: tuple[str, ...]) -> bool:
    said = OBSERVATION_ENDS.search(_plain(text))
    return said is not None and not _shared(said[0], own) and not OBSERVATION_ENDS.search(" ".join(own))


def _says_event(text: str, own: tuple[str, ...]) -> bool:
    plain = _plain(text)
    return _shared(plain, own) and not OBSERVATION_ENDS.search(plain) and not set(plain.split()) & UNSAID


def _shared(plain: str, own: tuple[str, ...]) -> bool:
    stems = {word[:STEM] for word in own if len(word) >= STEM and word not in TOO_GENERAL}
    return any(word[:STEM] in stems for word in plain.split())


def _check_unit(source: Source, named: dict[str, str], key: str, event: OutcomeEvent) -> np.ndarray:
    """Report rows whose AVALU is another unit than the declared one."""
    if "AVALU" not in named:
        return np.zeros(len(source), dtype=bool)
    text = source.text(named["AVALU"])
    other = text.test(lambda cell: UNITS.get(fold(cell), event.time.unit) != event.time.unit)
    units = sorted({UNITS[fold(cell)] for cell in text.texts[np.unique(text.codes[other])]})
    remedy = f"declare {key}: {units[0]}" if len(units) == 1 and other.all() else "convert them to one unit"
    source.report(named["AVALU"], other, f"in another unit than {key} ({event.time.unit})", remedy)
    return other


def _check_dates(source: Source, named: dict[str, str], event: OutcomeEvent, rows: np.ndarray) -> None:
    """Warn of times that are not the days between the two dates, whether day 1 or day 0 is the first."""
    if not {"ADT", "STARTDT"} <= named.keys() or event.time.unit is None:
        return
    days = _dates(source, named["ADT"]) - _dates(source, named["STARTDT"])
    one = DAYS_PER[event.time.unit]
    text = source.text(event.time.column)
    times = text.spread(
        pd.to_numeric(pd.Series(text.texts, dtype=object), errors="coerce").to_numpy("float64")
    )
    slack = 0.0 if event.time.unit == "day" else one + CONVENTION * np.abs(days)
    differ = rows & ((times * one < days - slack) | (times * one > days + 1 + slack))
    rule = f"whose time is not that from {named['STARTDT']} to {named['ADT']}, with or without the first day"
    source.warn(
        event.time.column, differ, rule, f"{event.time.column} counts; mend it, or the dates, if it is wrong"
    )


def _dates(source: Source, column: str) -> np.ndarray:
    """Days of ISO dates, or of SAS's day numbers; NaN for anything else."""
    text = source.text(column)
    cells = pd.Series(text.texts, dtype=object)
    stamps = pd.to_datetime(cells.str.slice(0, 10), format="%Y-%m-%d", errors="coerce")
    days = stamps.to_numpy(dtype="datetime64[D]").astype("float64")
    days[np.isnat(stamps.to_numpy())] = np.nan
    numbers = pd.to_numeric(cells, errors="coerce").to_numpy("float64")
    found: np.ndarray = text.spread(np.where(np.isnan(numbers), days, numbers))
    return found
