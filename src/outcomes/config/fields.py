"""Types that configuration models share: names, codes, units, and columns of times and dates."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from posixpath import normpath
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, StringConstraints, model_validator

from outcomes.config.base import NAME_PATTERN, Strict

DAYS_PER = {"day": 1.0, "week": 7.0, "month": 365.25 / 12, "year": 365.25}
TimeUnit = Literal["day", "week", "month", "year"]
Name = Annotated[str, StringConstraints(pattern=NAME_PATTERN)]
Label = Annotated[str, StringConstraints(max_length=120)]
"""What stands in table heads, legends and rows: sentences have keys of their own."""
DATE_DIRECTIVES = set("YymbBdjHIMSfpaA%")
"""Directives of a date format. Time zones are none of them: days are counted without."""
ONE_OF_EACH = ("Yy", "mbB", "d", "j", "HI", "M", "S", "f", "p", "aA")
"""Directives that say the same; a date says it once."""


def _code(value: Any) -> str:  # noqa: ANN401 - whatever YAML made of it
    """Codes are text as they stand in the file: ``1:`` in YAML means the cell ``1``."""
    if isinstance(value, bool) or value is None:
        raise ValueError("write a code that YAML reads as true, false or null in quotes, as the file has it")
    return str(value)


def _refuse_repeats(codes: Iterable[str]) -> None:
    repeated = [code for code, n in Counter(codes).items() if n > 1]
    if repeated:
        raise ValueError(f"stands more than once: {', '.join(repeated)}")


def _keys_as_text(value: Any) -> Any:  # noqa: ANN401 - pydantic refuses what is no mapping
    if not isinstance(value, Mapping):
        return value
    if any(isinstance(name, int | float) for name in value.values()):
        raise ValueError("maps code: name; a name that looks like a number stands in quotes")
    keys = [_code(key) for key in value]
    _refuse_repeats(keys)
    return dict(zip(keys, value.values(), strict=True))


def _items_as_text(value: Any) -> Any:  # noqa: ANN401 - pydantic refuses what is no list
    if isinstance(value, Mapping):
        return value
    if not isinstance(value, list | tuple):
        raise ValueError(f"write a list of codes: [{'...' if value is None else value}]")
    items = [_code(item) for item in value]
    _refuse_repeats(items)
    return items


def _refuse_repeated_items(items: tuple[Any, ...]) -> tuple[Any, ...]:
    _refuse_repeats(" against ".join(item) if isinstance(item, tuple) else item for item in items)
    return items


def _whole_date(value: str) -> str:
    found = re.findall(r"%(.?)", value, flags=re.DOTALL)
    unknown = [f"%{letter}" for letter in dict.fromkeys(found) if letter not in DATE_DIRECTIVES or not letter]
    if unknown:
        known = " ".join(f"%{letter}" for letter in sorted(DATE_DIRECTIVES, key=str.casefold))
        raise ValueError(f"unknown in a date format: {', '.join(unknown)}. Known: {known}")
    twice = ["%" + " or %".join(same) for same in ONE_OF_EACH if sum(found.count(x) for x in same) > 1]
    if twice:
        raise ValueError(f"stands more than once in the date format: {', '.join(twice)}")
    directives = set(found)
    day = "j" in directives or ("d" in directives and directives & {"m", "b", "B"})
    whole = day and directives & {"Y", "y"}
    if not whole:
        raise ValueError("a date format names year, month and day, such as %Y-%m-%d")
    return value


def _below_the_project(value: str) -> str:
    if not value or "\0" in value:
        raise ValueError("must be a path below the project folder")
    if "\\" in value or re.match("~|[A-Za-z]:", value):
        raise ValueError("write a path with / below the project folder")
    if value.startswith("/") or normpath(value).split("/")[0] == "..":
        raise ValueError(f"path '{value}' leads out of the project folder: paths start there")
    return value


def _instrument_name(value: Any) -> Any:  # noqa: ANN401 - pydantic refuses what is no text
    if isinstance(value, Mapping):
        raise ValueError("name an instrument of the catalogue, or one that you declare under instruments:")
    return value


Codes = Annotated[dict[str, Label], BeforeValidator(_keys_as_text)]
Distinct = AfterValidator(_refuse_repeated_items)
"""Refuses a list in which an item, or a pair, stands twice."""
Names = Annotated[tuple[Name, ...], Distinct]
InstrumentName = Annotated[str, BeforeValidator(_instrument_name)]
CodeList = Annotated[tuple[str, ...], BeforeValidator(_items_as_text)]
RowFilter = dict[str, CodeList]
"""Rows that are read: those whose cell in each named column is one of the codes."""
ProjectPath = Annotated[str, AfterValidator(_below_the_project)]
"""A path as far as its words tell; `outcomes.config.project.inside` follows links too."""
DateFormat = Annotated[str, AfterValidator(_whole_date)]


class DateSpec(Strict):
    """A column of calendar dates, with its `strptime` format."""

    column: str
    format: DateFormat


class TimeSpec(Strict):
    """A column of times: either numbers in a unit, or dates counted from `patients.time_zero`."""

    column: str
    unit: TimeUnit | None = None
    format: DateFormat | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> TimeSpec:
        if (self.unit is None) == (self.format is None):
            raise ValueError("give either unit (numbers) or format (dates), not both, not neither")
        return self


class CodeColumn(Strict):
    """A column of codes; `labels` maps each code to the name that it stands for."""

    column: str
    labels: Codes
