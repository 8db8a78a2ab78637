"""Single faults in the cells of a generated cohort, and what must be said of each."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from cohorts import Generated
from hypothesis import assume
from hypothesis import strategies as st
from raw_files import Sheet
from shapes import Style, shapes, styles

CELL_FORMATS = ("csv", "tsv", "parquet", "excel")


@dataclass(frozen=True)
class Planted:
    """What was planted, and what its problem says.

    Attributes
    ----------
    where : str
        Column or key that the problem names.
    words : tuple of str
        What the problem says among others.
    rows : tuple of int
        Positions of the rows that it counts and places; empty for a problem of the file as a whole.
    value : str
        What must not be told.
    follows : str
        Word of the problems that follow from the same fault; without it there is one problem only.
    edit : callable, optional
        What is done to the file after it was written.
    """

    sheet: Sheet
    where: str
    words: tuple[str, ...]
    rows: tuple[int, ...] = ()
    value: str = ""
    follows: str = ""
    edit: Callable[[Path], None] | None = None


@dataclass(frozen=True)
class Fault:
    """A fault, and the choices of a cohort in which it can be planted."""

    plant: Callable[[Generated], Planted]
    fixed: dict[str, Any] = field(default_factory=dict)

    def shapes(self) -> st.SearchStrategy:
        plain = plain_styles()
        base: dict[str, Any] = {
            "patients": st.integers(8, 12), "ids": st.sampled_from(["long", "unicode", "dashes"]), "arms": 2,
            "unassigned": False, "layout": "long", "matching": "codes", "instrument": "PHQ-9",
            "scores": "total", "second": False, "missing": "empty",
            "codes": st.sampled_from(["words", "digits", "unicode"]), "dates": False, "time_unit": "day",
            "people": plain, "others": plain,
        }  # fmt: skip
        return shapes(**(base | self.fixed))


def plain_styles(formats: tuple[str, ...] = CELL_FORMATS) -> st.SearchStrategy[Style]:
    """Files in which numbers have a point and no marks, in an encoding that any planted cell can have."""

    def plain(style: Style) -> Style:
        encoding = "utf-8" if style.encoding == "cp1252" else style.encoding
        return replace(style, decimal=".", thousands=None, encoding=encoding)

    return styles(formats).map(plain)


def pick(made: Generated, rows: Iterable[int]) -> int:
    """One of the rows in which a fault can stand; a cohort without such a row is passed over."""
    found = list(rows)
    assume(found)
    return made.rng.choice(found)


def filled(sheet: Sheet, *columns: str) -> list[int]:
    return [at for at, row in enumerate(sheet.rows) if all(row.get(column) for column in columns)]


def cell(place: str, value: str, *words: str, needs: str = "", **fixed: Any) -> Fault:
    """A fault of one cell, in a row where it and the cell of `needs` are filled."""

    def plant(made: Generated) -> Planted:
        sheet, column = made.place[place]
        others = [made.place[needs][1]] if needs else []
        row = pick(made, filled(sheet, column, *others))
        sheet.rows[row][column] = value
        return Planted(sheet, column, words, (row,), value)

    return Fault(plant, fixed)


def copied(base: str, place: str, *words: str, **fixed: Any) -> Fault:
    """A row that stands twice."""

    def plant(made: Generated) -> Planted:
        sheet, column = made.place[base]
        row = pick(made, filled(sheet, column))
        sheet.rows.append(dict(sheet.rows[row]))
        return Planted(sheet, made.place[place][1], words, (row, len(sheet.rows) - 1))

    return Fault(plant, fixed)


def _empty_arm(made: Generated) -> Planted:
    sheet, column = made.place["arm"]
    arms = [row[column] for row in sheet.rows]
    row = pick(made, (at for at, arm in enumerate(arms) if arms.count(arm) > 1))
    sheet.rows[row][column] = ""
    return Planted(sheet, column, ("without an arm",), (row,))


def _looks_like(change: Callable[[str], str]) -> Callable[[Generated], Planted]:
    def plant(made: Generated) -> Planted:
        sheet, column = made.place["arm"]
        row = pick(made, range(len(sheet.rows)))
        sheet.rows[row][column] = value = change(sheet.rows[row][column])
        told = value if len(value) > 1 else ""  # "a" is a word of any message
        return Planted(sheet, column, ("look alike",), (row,), told)

    return plant


def _no_such_arm(made: Generated) -> Planted:
    """Turn one component of a patient round so that it makes the combination that is no arm."""
    rules = made.config["patients"]["arm"]["components"]
    arms = [set(arm["components"]) for arm in made.config["arms"].values()]
    sheet, patient_id = made.place["people id"]
    name = made.rng.choice(list(rules))
    column, (yes,), (no,) = rules[name].values()
    own = [set(made.config["arms"][made.arm[row[patient_id]]]["components"]) for row in sheet.rows]
    row = pick(made, (at for at, parts in enumerate(own) if parts ^ {name} not in arms))
    sheet.rows[row][column] = no if name in own[row] else yes
    columns = " and ".join(rule["column"] for rule in rules.values())
    return Planted(sheet, columns, ("no arm",), (row,))


def _variant(change: Callable[[str], str], follows: str = "") -> Callable[[Generated], Planted]:
    """One row's id in another spelling: all rows of the patient are told."""

    def plant(made: Generated) -> Planted:
        sheet, column = made.place["score id"]
        ids = [row[column] for row in sheet.rows]
        row = pick(made, (at for at, patient in enumerate(ids) if ids.count(patient) > 1))
        rows = tuple(at for at, patient in enumerate(ids) if patient == ids[row])
        sheet.rows[row][column] = change(ids[row])
        return Planted(sheet, column, ("differ only in case or in spaces",), rows, ids[row], follows)

    return plant


def _another_value(made: Generated) -> Planted:
    sheet, column = made.place["number"]
    patient_id = made.place["people id"][1]
    rows = filled(sheet, column)
    ids = [sheet.rows[at][patient_id] for at in rows]
    row = pick(made, (at for n, at in enumerate(rows) if ids[n] in ids[:n]))
    sheet.rows[row][column] = "4321.7"
    return Planted(sheet, column, ("than the patient's first row",), (row,), "4321.7")


def _total_that_differs(made: Generated) -> Planted:
    sheet, column = made.place["total"]
    row = pick(made, filled(sheet, column))
    total = int(sheet.rows[row][column])
    sheet.rows[row][column] = str(total - 1 if total else 1)
    return Planted(sheet, column, ("items add up",), (row,))


def _late_harm(made: Generated) -> Planted:
    sheet, column = made.place["onset"]
    patient_id, end = made.place["harm id"][1], made.place["harm end"][1]
    row = pick(made, (at for at, row in enumerate(sheet.rows) if made.follow_up[row[patient_id]] is not None))
    sheet.rows[row] |= {column: "3333.25", end: ""}
    return Planted(sheet, column, ("after the patient's follow-up",), (row,), "3333.25")


HARMS = {"adverse": "some", "terms": True, "late": "error"}
EVENT = {"events": st.integers(1, 2), "zero_time": "error", "negative_time": "error"}
ONE_ARM_COLUMN = {"arm_by": "column"}
STRANGER = "patients file does not have"
ISO = {"dates": True, "date_format": "%Y-%m-%d", "zero_format": "%d.%m.%Y"}

CELL_FAULTS: dict[str, Fault] = {
    "unknown arm": cell("arm", "qqz", "undeclared code", **ONE_ARM_COLUMN),
    "empty arm": Fault(_empty_arm, ONE_ARM_COLUMN),
    "arm with an invisible letter": Fault(_looks_like(lambda t: t + "\u200b"), ONE_ARM_COLUMN),
    "arm in another case": Fault(_looks_like(str.swapcase), {**ONE_ARM_COLUMN, "codes": "words"}),
    "components that are no arm": Fault(_no_such_arm, {"arm_by": "components", "components": 2, "arms": 3}),
    "patient twice": copied("people id", "people id", "another row"),
    "row without an id": cell("score id", "", "without a patient id"),
    "score of a stranger": cell("score id", "zq-77", STRANGER),
    "event of a stranger": cell("event id", "zq-77", STRANGER, **EVENT, events_apart=True),
    "harm of a stranger": cell("harm id", "zq-77", STRANGER, **HARMS),
    "exposure of a stranger": cell("pills id", "zq-77", STRANGER, exposures="baseline"),
    "id with a space": Fault(_variant(lambda t: f" {t} ")),
    "id in another case": Fault(_variant(str.swapcase, STRANGER), {"ids": "dashes"}),
    "score above the range": cell("total", "7919", "outside 0 to 27"),
    "score below the range": cell("total", "-31", "outside 0 to 27"),
    "score with a fraction": cell("total", "3.14159", "not a whole number"),
    "undeclared -9": cell("total", "-9", "missing code"),
    "undeclared 999": cell("total", "999", "missing code"),
    "score in words": cell("total", "qqz", "not a number"),
    "score with a decimal comma": cell("total", "7,25", "decimal comma"),
    "score with marks between thousands": cell("total", "1.234,5", "thousands"),
    "score with a comma of either meaning": cell("total", "1,234", "comma"),
    "score in other digits": cell("total", "١٢", "digits"),
    "score as a bound": cell("total", "<3", "bound"),
    "score with a unit": cell("total", "17 points", "unit"),
    "score made a date": cell("total", "12-Mar", "date"),
    "score that is not finite": cell("total", "inf", "not finite"),
    "score with a word for missing": cell("total", "NA", "missing"),
    "score with a formula's error": cell("total", "#REF!", "formula"),
    "item above its range": cell("item", "41", "outside 0 to 3", scores="items"),
    "items that do not add up": Fault(_total_that_differs, {"scores": "both"}),
    "unknown visit": cell("visit", "qqz", "undeclared code"),
    "empty visit": cell("visit", "", "without a visit"),
    "visit twice": copied("score id", "visit", "another row at the same visit"),
    "time twice in a window": copied("score id", "seen", "another row", matching="windows"),
    "time outside every window": cell("seen", "5555.5", "outside every window", matching="windows"),
    "empty time of a visit": cell("seen", "", "without a time", matching="windows"),
    "impossible date": cell("time", "2019-02-30", "calendar", **EVENT, **ISO),
    "date of another form": cell("time", "05.06.2019", "date", **EVENT, **ISO),
    "empty baseline date": cell("zero", "", "without a baseline date", **ISO),
    "impossible baseline date": cell("zero", "31.02.2019", "calendar", **ISO),
    "unknown status": cell("state", "qqz", "undeclared code", **EVENT),
    "empty status": cell("state", "", "without a status", **EVENT),
    "empty time of an event": cell("time", "", "without a time", **EVENT),
    "negative time": cell("time", "-33.25", "negative time", **EVENT),
    "time zero": cell("time", "0", "time zero", **EVENT),
    "negative follow-up": cell("follow-up", "-33.25", "before baseline"),
    "unknown level": cell("category", "qqz", "undeclared code", covariates=1),
    "number above its range": cell("number", "7919", "outside 0 to 5000", covariates=1),
    "undeclared -99 in a number": cell("number", "-99", "missing code", covariates=1),
    "number that differs within a patient": Fault(_another_value, {"layout": "by visit", "covariates": 1}),
    "harm after follow-up": Fault(_late_harm, HARMS),
    "harm before baseline": cell("onset", "-33.25", "negative time", **HARMS),
    "unknown harm": cell("term", "qqz", "undeclared code", **HARMS),
    "empty harm": cell("term", "", "without a term", **HARMS),
    "harm that ends before it starts": cell("harm end", "-5.25", "before the onset", **HARMS),
    "harm twice": copied("harm id", "term", "repeat", **HARMS),
    "more attended than offered": cell(
        "attended", "4711", "more sessions attended", needs="offered", exposures="baseline"
    ),
    "negative dose": cell("dose", "-20", "outside 0 or more", exposures="spells"),
    "spell that ends before it starts": cell("spell end", "-1.5", "before the start", exposures="spells"),
    "spell twice": copied("pills id", "pills id", "same day", exposures="spells"),
    "empty start of a spell": cell("spell start", "", "without a start", exposures="spells"),
}
