"""One column of a user's file as it is seen before anything is declared: its kind, its texts, its gaps."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Literal

import numpy as np
import pandas as pd

from outcomes.ingest.columns import TextColumn
from outcomes.ingest.words import FAR_ABOVE, NEGATIVE_CODES, NINES

NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?")
MISSING_WORDS = (
    "NA",
    "N/A",
    "n/a",
    "#N/A",
    "NaN",
    "nan",
    "null",
    "NULL",
    ".",
    "missing",
    "Missing",
    "MISSING",
)
"""Texts that mean "not recorded" in any column."""
MISSING_IN_NUMBERS = (*MISSING_WORDS, "na", "None", "none", "-", "--", "?", "unknown")
"""Texts that mean it in a column of numbers or dates; among words, None may be an answer."""
FEWEST_ROWS, FEWEST_OF_A_TEXT, LONGEST_CODE = 20, 3, 8
"""In a file of so many rows, a text of fewer rows than this that is longer than a code is somebody's."""
DATE_FORMATS = (
    "%Y-%m-%d", "%Y/%m/%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%d-%b-%Y",
    "%d %b %Y", "%d%b%Y", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S",
)  # fmt: skip
MOST_LEVELS = 12
FEWEST_ROWS = 10
"""Below this many values a range is close to the patients themselves and is not shown."""

FEWEST_NAMED = 5
"""A level of fewer patients is not named in a comment."""

Kind = Literal["number", "date", "text", "empty"]


@dataclass(frozen=True, eq=False)
class Column:
    """One column.

    Attributes
    ----------
    name : str
        As in the header.
    kind : {'number', 'date', 'text', 'empty'}
        What all its cells are, gaps aside.
    codes : numpy.ndarray of int, shape (n_rows,)
        Position of each row's text in `texts`; -1 where nothing was recorded.
    texts : tuple of str
        Distinct texts in use.
    numbers : numpy.ndarray of float
        What each text means in a column of numbers.
    missing : tuple of str
        Texts that probably mean "not recorded" and that the file does not declare as that.
    formats : tuple of str
        Date formats that fit every cell; two or more where the day and the month cannot be told apart.
    title : str
        The column's label in the file.
    labels : mapping
        Value labels of the file.
    """

    name: str
    kind: Kind
    codes: np.ndarray
    texts: tuple[str, ...]
    numbers: np.ndarray
    missing: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()
    title: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def filled(self) -> np.ndarray:
        """Rows with a value."""
        rows: np.ndarray = self.codes >= 0
        return rows

    @cached_property
    def levels(self) -> dict[str, int]:
        """Rows of each text: numbers in order, words with the commonest first."""
        counts = np.bincount(self.codes[self.filled], minlength=len(self.texts))
        used = [place for place in range(len(self.texts)) if counts[place]]
        if self.kind == "number":
            used.sort(key=lambda place: float(self.numbers[place]))
        else:
            used.sort(key=lambda place: (-int(counts[place]), self.texts[place]))
        return {self.texts[place]: int(counts[place]) for place in used}

    @property
    def spoken_levels(self) -> dict[str, int]:
        """Levels without free texts of one or two rows: those may say who somebody is, and are not shown."""
        if sum(self.levels.values()) < FEWEST_ROWS:
            return self.levels
        return {
            text: n for text, n in self.levels.items()
            if n >= FEWEST_OF_A_TEXT or len(text) <= LONGEST_CODE or text in self.labels
        }  # fmt: skip

    @property
    def values(self) -> np.ndarray:
        """Numbers of the rows that have one."""
        found: np.ndarray = self.numbers[self.codes[self.filled]]
        return found

    @property
    def by_row(self) -> np.ndarray:
        """A number per row, NaN where there is none."""
        found: np.ndarray = np.append(self.numbers, np.nan)[self.codes]
        return found

    @property
    def is_whole(self) -> bool:
        """Whether every number is a whole one."""
        values = self.values
        return bool(np.all(values == np.floor(values)))

    def means(self, text: str) -> str:
        """Label of a text in the file, or the text itself."""
        return self.labels.get(text, text)

    def take(self, rows: np.ndarray) -> Column:
        """Return the rows where the mask `rows` holds."""
        return replace(self, codes=self.codes[rows])

    def without(self, texts: tuple[str, ...]) -> Column:
        """Return the column with these texts as gaps too."""
        gone = np.array([text in texts for text in self.texts] + [True])
        return replace(
            self, codes=np.where(gone[self.codes], -1, self.codes), missing=(*self.missing, *texts)
        )


def count_distinct(codes: np.ndarray) -> int:
    """Count different whole numbers; by hashing, since sorting millions takes seconds."""
    return len(pd.unique(codes))


def look_at_column(
    name: str,
    raw: TextColumn,
    decimal: str,
    declared: Mapping[str, str],
    title: str,
    labels: Mapping[str, str],
) -> Column:
    """Profile one column; `declared` are the texts that the file itself declares as missing."""
    stripped = np.array([text.strip() for text in raw.texts], dtype=object)
    places, unique = pd.factorize(stripped)
    codes = places[raw.codes] if len(raw.codes) else np.zeros(0, dtype=int)
    used = set(unique[pd.unique(codes)]) if len(codes) else set()
    known = {text for text in used if text and text not in declared}
    kind, missing, formats = _kind_of(known, name, decimal)
    texts = tuple(str(text) for text in unique)
    numbers = np.full(len(texts), np.nan)
    if kind == "number":
        told = known - missing
        numbers = np.array([_number(text, decimal) if text in told else np.nan for text in texts])
        missing |= _number_codes(texts, numbers)
    gaps = missing | {""} | set(declared)
    gone = np.array([text in gaps for text in texts], dtype=bool)
    codes = np.where(gone[codes], -1, codes) if len(codes) else codes
    return Column(name, kind, codes, texts, numbers, tuple(sorted(missing)), formats, title, labels)


def _kind_of(texts: set[str], name: str, decimal: str) -> tuple[Kind, set[str], tuple[str, ...]]:
    words = {text for text in texts if text in MISSING_IN_NUMBERS}
    rest = texts - words
    if rest and all(NUMBER.fullmatch(_point(text, decimal)) for text in rest):
        if any(re.fullmatch(r"0\d+", text) for text in rest):
            return "text", {text for text in texts if text in MISSING_WORDS}, ()  # 001 is a name
        compact = "%Y%m%d" if re.search(r"dat|dt$", name.casefold()) else ""
        if compact and all(_fits(text, compact) for text in rest):
            return "date", words, (compact,)
        return "number", words, ()
    formats = tuple(form for form in DATE_FORMATS if rest and all(_fits(text, form) for text in rest))
    if formats:
        return "date", words, formats
    plain = {text for text in texts if text in MISSING_WORDS}
    return ("text" if texts - plain else "empty"), plain, ()


def _point(text: str, decimal: str) -> str:
    return text.replace(",", ".") if decimal == "," else text


def _number(text: str, decimal: str) -> float:
    return float(_point(text, decimal))


def _fits(text: str, form: str) -> bool:
    if len(text) < len("1.1.2000") or not text[-1].isalnum():
        return False
    try:
        datetime.strptime(text, form)  # noqa: DTZ007 - a calendar date has no zone
    except ValueError:
        return False
    return True


def _number_codes(texts: tuple[str, ...], numbers: np.ndarray) -> set[str]:
    """Texts of numbers that lie where only missing codes do."""
    known = np.isfinite(numbers)
    suspects = known & np.isin(numbers, (*NEGATIVE_CODES, *NINES))
    rest = numbers[known & ~suspects]
    if not suspects.any() or len(rest) < 2:
        return set()
    found = set()
    for place in np.flatnonzero(suspects):
        value = numbers[place]
        below = value < 0 and rest.min() >= 0
        above = value > 0 and value >= FAR_ABOVE * max(1.0, float(rest.max()))
        if below or above:
            found.add(texts[place])
    return found


def summary(column: Column, ids: Column | None = None) -> str:
    """What a column holds, in words that name no patient and no rare value; `ids` tell patients apart."""
    n, gaps = int(column.filled.sum()), int((~column.filled).sum())
    head = f"{n} values" + (f", {gaps} missing" if gaps else "")
    if column.kind == "empty" or n == 0:
        return "empty"
    if column.kind == "date":
        return f"dates, {head}"
    levels = column.levels
    if column is ids:
        return f"{column.kind}, {head}, {len(levels)} different"
    told = named_levels(column, ids) if len(levels) <= MOST_LEVELS else ""
    if told:
        return f"{column.kind}, {head}, {len(levels)} different: {told}"
    if column.kind == "number" and n >= FEWEST_ROWS:
        low, high = np.percentile(column.values, (5, 95))
        return f"number, {head}, mostly {low:.0f} to {high:.0f}"
    return f"{column.kind}, {head}, {len(levels)} different"


def named_levels(column: Column, ids: Column | None = None) -> str:
    """Levels of enough patients, with their labels, and how many are rarer; empty where all are."""
    rows = column.filled if ids is None else column.filled & ids.filled
    codes, patients = column.codes[rows], np.flatnonzero(rows) if ids is None else ids.codes[rows]
    pairs = pd.DataFrame({"code": codes, "patient": patients}).drop_duplicates()
    counts = np.bincount(pairs["code"], minlength=len(column.texts))
    common = [text for text in column.levels if counts[column.texts.index(text)] >= FEWEST_NAMED]
    words = [text if column.means(text) == text else f"{text} = {column.means(text)}" for text in common]
    rarer = len(column.levels) - len(common)
    if not common:
        return ""
    return ", ".join(words) + (f" and {rarer} rarer" if rarer else "")
