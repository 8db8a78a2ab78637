"""What a generated cohort looks like: choices that hypothesis draws, and shrinks one by one."""

from __future__ import annotations

import string
from dataclasses import dataclass, replace

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

QUICK = settings(
    derandomize=True,
    deadline=None,
    # a shape prints whole and makes the same cohort again; shrinking one takes minutes (add Phase.shrink)
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)

TEXT = ("csv", "tsv")
STATISTICAL = ("spss", "stata", "sas_xport")
FORMATS = (*TEXT, "parquet", "excel", *STATISTICAL)
MISSING = {
    "empty": {},
    "list": {"NA": "", "-999": ""},
    "mapping": {"-999": "refused", "-998": "not asked", "n/a": "lost"},
}
DATE_FORMATS = (
    "%Y-%m-%d",
    "%d.%m.%Y",
    "%m/%d/%Y",
    "%Y%m%d",
    "%d %b %Y",
    "%d/%m/%y",
    "%Y-%j",
    "%Y-%m-%d %H:%M",
)
CODES = {
    "words": ("A", "B", "C", "D"),
    "digits": ("1", "0", "3", "2"),
    "yes and no": ("No", "Yes", "no", "NO"),
    "padded": ("01", "1", "001", "10"),
    "spaces": ("wait list", "wait  list", "CBT, weekly", 'the "usual" care'),
    "unicode": ("Ärzte", "thérapie", "καμία", "混合"),
}
PLAIN = string.ascii_letters + string.digits


@dataclass(frozen=True)
class Style:
    """How a file is written, as far as its format lets one choose."""

    format: str = "csv"
    delimiter: str = ","
    decimal: str = "."
    thousands: str | None = None
    encoding: str = "utf-8"
    quote_all: bool = False
    end: str = "\n"
    names: str = "plain"
    extra: int = 0
    empty_rows: int = 0
    typed: bool = True

    @property
    def is_text(self) -> bool:
        return self.format in TEXT


@dataclass(frozen=True)
class Shape:
    """A whole cohort; `seed` makes its cells."""

    seed: int
    patients: int
    ids: str
    components: int
    arms: int
    arm_by: str
    codes: str
    drawn: tuple[str, ...]
    unassigned: bool
    layout: str
    unit: str
    visits: int
    matching: str
    instrument: str
    scores: str
    missing_items: str
    second: bool
    dates: bool
    zero_format: str
    date_format: str
    time_unit: str
    missing: str
    covariates: int
    events: int
    events_apart: bool
    reasons: bool
    zero_time: str
    negative_time: str
    adverse: str
    terms: bool
    late: str
    exposures: str
    people: Style
    others: Style


def texts(most: int) -> st.SearchStrategy[str]:
    """Text of letters, digits, marks and symbols of any script, without space around it."""
    alphabet = st.characters(categories=("L", "N", "P", "S", "Zs"), exclude_characters="\ufeff")
    codes = {code for known in MISSING.values() for code in known}
    return st.text(alphabet, min_size=1, max_size=most).filter(lambda t: t == t.strip() and t not in codes)


def styles(formats: tuple[str, ...] = FORMATS) -> st.SearchStrategy[Style]:
    """Files of the formats, most of them text."""
    return st.builds(
        Style,
        format=st.sampled_from(formats),
        delimiter=st.sampled_from([",", ";", "|", "\t"]),
        decimal=st.sampled_from([".", ","]),
        thousands=st.sampled_from([None, ".", ",", " ", "'"]),
        encoding=st.sampled_from(["utf-8", "utf-8-sig", "cp1252", "utf-16"]),
        quote_all=st.booleans(),
        end=st.sampled_from(["\n", "\r\n"]),
        names=st.sampled_from(["plain", "upper", "spaces", "unicode"]),
        extra=st.integers(0, 3),
        empty_rows=st.integers(0, 2),
        typed=st.booleans(),
    ).map(sound)


def sound(style: Style) -> Style:
    """The style without marks that collide: a delimiter that is the decimal mark, and the like."""
    if not style.is_text:
        plain = style.format in STATISTICAL
        names = "plain" if plain else style.names
        return Style(
            style.format, names=names, extra=style.extra, empty_rows=style.empty_rows, typed=style.typed
        )
    delimiter = "\t" if style.format == "tsv" else style.delimiter
    if style.decimal == "," and delimiter == ",":
        delimiter = ";"
    thousands = None if style.thousands == style.decimal else style.thousands
    return replace(style, delimiter=delimiter, thousands=thousands)


def shapes(**fixed: object) -> st.SearchStrategy[Shape]:
    """Cohorts of every shape; `fixed` replaces choices by a value or another strategy."""
    choices: dict[str, st.SearchStrategy] = {
        "seed": st.integers(0, 2**32 - 1),
        "patients": st.one_of(st.integers(4, 9), st.integers(4, 40)),
        "ids": st.sampled_from(["letters", "padded", "digits", "long", "unicode", "dashes"]),
        "components": st.integers(1, 3),
        "arms": st.integers(2, 4),
        "arm_by": st.sampled_from(["column", "components"]),
        "codes": st.sampled_from([*CODES, "drawn", "labels"]),
        "drawn": st.lists(texts(12), min_size=4, max_size=4, unique=True).map(tuple),
        "unassigned": st.booleans(),
        "layout": st.sampled_from(["by visit", "long", "wide", "wide apart"]),
        "unit": st.sampled_from(["day", "week", "month"]),
        "visits": st.integers(2, 4),
        "matching": st.sampled_from(["codes", "windows", "codes and time"]),
        "instrument": st.sampled_from(["PHQ-9", "HAM-D17", "EQ-5D-5L", "Q-LES-Q-SF", "OWN"]),
        "scores": st.sampled_from(["total", "items", "both", "change"]),
        "missing_items": st.sampled_from(["prorate", "missing"]),
        "second": st.booleans(),
        "dates": st.booleans(),
        "zero_format": st.sampled_from(DATE_FORMATS),
        "date_format": st.sampled_from(DATE_FORMATS),
        "time_unit": st.sampled_from(["day", "week", "month", "year"]),
        "missing": st.sampled_from(list(MISSING)),
        "covariates": st.integers(0, 2),
        "events": st.integers(0, 2),
        "events_apart": st.booleans(),
        "reasons": st.booleans(),
        "zero_time": st.sampled_from(["error", "half_day", "exclude"]),
        "negative_time": st.sampled_from(["error", "exclude"]),
        "adverse": st.sampled_from(["none", "no rows", "some"]),
        "terms": st.booleans(),
        "late": st.sampled_from(["error", "keep"]),
        "exposures": st.sampled_from(["none", "baseline", "spells"]),
        "people": styles(),
        "others": styles(),
    }
    for name, choice in fixed.items():
        choices[name] = choice if isinstance(choice, st.SearchStrategy) else st.just(choice)
    return st.builds(Shape, **choices)
