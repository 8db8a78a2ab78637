"""A valid cohort of a given shape: its cohort file, its raw files and the tables that they mean."""

from __future__ import annotations

import datetime as dt
import math
import random
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from people import add_arms, add_covariates, add_times, make_ids
from raw_files import Sheet, short, write
from recorded import add_adverse_events, add_events, add_exposures
from scores import add_measures
from shapes import MISSING, Shape

from outcomes.config import Cohort
from outcomes.config.base import build
from outcomes.config.fields import DAYS_PER

SHOWN = "c.yaml"
COMPONENTS = ("medication", "therapy", "exercise")


@dataclass
class Generated:
    """A cohort on its way to files.

    `expected` has, by table, a row per key as a plain dict. `place` names the sheet and column of what faults
    are planted in. `person` holds the cells that are the same on every row of a patient.
    """

    shape: Shape
    rng: random.Random
    config: dict[str, Any] = field(default_factory=dict)
    sheets: dict[str, Sheet] = field(default_factory=dict)
    person: dict[str, dict[str, str]] = field(default_factory=dict)
    people: Sheet | None = None
    arm: dict[str, str | None] = field(default_factory=dict)
    zero: dict[str, dt.date] = field(default_factory=dict)
    follow_up: dict[str, float | None] = field(default_factory=dict)
    expected: dict[str, dict[tuple, dict[str, Any]]] = field(default_factory=dict)
    place: dict[str, tuple[Sheet, str]] = field(default_factory=dict)

    @property
    def ids(self) -> list[str]:
        return list(self.person)

    def is_in(self, patient: str) -> bool:
        """Whether the patient has an arm; all rows of one without are left out."""
        return self.arm[patient] is not None

    def sheet(self, name: str) -> Sheet:
        if name not in self.sheets:
            style = self.shape.people if name == "people" else self.shape.others
            self.sheets[name] = Sheet(name, style)
        return self.sheets[name]

    @property
    def codes(self) -> dict[str, str]:
        """Codes that mean "not recorded", with why; numbers only where columns of numbers have labels."""
        codes = MISSING[self.shape.missing]
        return {c: why for c, why in codes.items() if self.shape.codes != "labels" or c.startswith("-")}

    def missing(self) -> tuple[str, str | None]:
        """A cell that means "not recorded", and why."""
        codes = self.codes
        cell = self.rng.choice(["", *codes])
        return cell, codes.get(cell) or None

    def maybe(self, text: str, value: Any, share: float = 0.15) -> tuple[str, Any]:
        """A cell and its value; now and then not recorded."""
        return (self.missing()[0], None) if self.rng.random() < share else (text, value)

    def time(self, column: str, unit: str | None = None) -> dict[str, str]:
        """Declare a column of times: dates where the shape has them and no unit is asked for."""
        if self.shape.dates and unit is None:
            return {"column": column, "format": self.shape.date_format}
        return {"column": column, "unit": unit or self.shape.time_unit}

    def time_kind(self, unit: str | None = None) -> str:
        dates = self.shape.dates and unit is None
        return ("iso date" if self.shape.date_format == "%Y-%m-%d" else "text") if dates else "number"

    def at(self, patient: str, low: float, high: float, unit: str | None = None) -> tuple[str, float]:
        """A time between two days, both included, as the cell that says it and in days."""
        if self.shape.dates and unit is None:
            step = 0.25 if "%H" in self.shape.date_format else 1.0
            days = self.rng.randint(math.ceil(low / step), math.floor(high / step)) * step
            moment = dt.datetime.combine(self.zero[patient], dt.time()) + dt.timedelta(days=days)
            # the baseline is a date, so that the hour of another day does not count
            return moment.strftime(self.shape.date_format), float(math.floor(days))
        scale = DAYS_PER[unit or self.shape.time_unit]
        value = self.number(
            math.ceil(low / scale * 1000 - 1e-9), math.floor(high / scale * 1000 + 1e-9), 1000
        )
        return short(value), value if scale == 1.0 else float(np.round(value * scale, 6))

    def number(self, low: int, high: int, per: int) -> float:
        """A number of steps between two bounds; the bounds and whole numbers more often than by chance."""
        steps = self.rng.choice([low, high, *(self.rng.randint(low, high) for _ in range(6))])
        whole = steps // per * per
        return (whole if self.rng.random() < 0.5 and whole >= low else steps) / per

    def build(self) -> Cohort:
        return build(Cohort, self.config, SHOWN)

    def write(self, root: Path) -> None:
        for sheet in self.sheets.values():
            write(sheet, root, self.rng)


def generate(shape: Shape) -> Generated:
    """Make the cohort that a shape describes; the same shape makes the same cohort."""
    made = Generated(shape, random.Random(shape.seed))
    made.config = {
        "title": "t", "description": "d", "source": "s", "condition": "depression", "design": "registry",
        "components": {
            name: {"label": name, "randomised": True} for name in COMPONENTS[: shape.components]
        },
    }  # fmt: skip
    made.people = made.sheet("people")
    made.expected = {"patients": {}, "visits": {}, "events": {}, "exposures": {}}
    patients = {"file": "people", "id": made.people.column("pid"), "rows": "patient"}
    made.config["patients"] = patients
    made.place["people id"] = made.people, patients["id"]
    made.person = {patient: {patients["id"]: patient} for patient in make_ids(made)}
    add_arms(made, patients)
    add_times(made, patients)
    add_covariates(made, patients)
    for patient in made.ids:
        if made.is_in(patient):
            row = {"arm": made.arm[patient], "follow_up_days": made.follow_up[patient]}
            row |= {
                name: name in made.config["arms"][row["arm"]]["components"]
                for name in made.config["components"]
            }
            made.expected["patients"].setdefault((patient,), {}).update(row)
    made.expected["patients"] = {k: v for k, v in made.expected["patients"].items() if made.is_in(k[0])}
    add_events(made)
    add_measures(made)  # last of what adds cells to a person: by visit, it makes the rows
    add_adverse_events(made)
    add_exposures(made)
    for sheet in made.sheets.values():
        made.rng.shuffle(sheet.rows)
    made.config["files"] = {
        name: sheet.spec() | {"missing_codes": made.codes if shape.missing == "mapping" else [*made.codes]}
        for name, sheet in made.sheets.items()
    }
    return made
