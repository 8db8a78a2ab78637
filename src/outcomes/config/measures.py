"""When and how scores were measured: the schedule, and the layouts in which files hold scores."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from outcomes.config.base import NAME_PATTERN, Strict
from outcomes.config.fields import CodeColumn, InstrumentName, Label, Name, RowFilter, TimeSpec, TimeUnit

VISIT_TO_COLUMN = "maps visit: column, each visit by its name in schedule.visits"
"""Remedy for a wide layout written the wrong way round."""


MissingItems = Literal["prorate", "missing"]
"""A total with items missing is prorated by the instrument's own rule, where it states one, or is missing."""


class Schedule(Strict):
    """Planned visits as name: time, the baseline (time 0) first; windows in `unit` match actual times."""

    unit: TimeUnit
    visits: dict[Name, float]
    windows: dict[Name, tuple[float, float]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _ordered(self) -> Schedule:
        times = list(self.visits.values())
        if not times or times[0] != 0 or any(b <= a for a, b in pairwise(times)):
            raise ValueError("visits must start with the baseline at time 0 and then rise")
        unknown = [name for name in self.windows if name not in self.visits]
        if unknown:
            raise ValueError(f"windows name visits that are not planned: {', '.join(unknown)}")
        bounds = [self.windows[name] for name in self.visits if name in self.windows]
        if any(low > high for low, high in bounds) or any(a[1] >= b[0] for a, b in pairwise(bounds)):
            raise ValueError("windows must not overlap, and each must run from low to high")
        return self


class LongVisits(Strict):
    """One row per patient and visit.

    `visit` names the planned visit by a code; without it, `time` is matched to the schedule's windows. With
    both, `time` is only the actual time. `visits` are those at which the measure was planned, where times are
    matched and some of the schedule's visits are not its own. `items` are scored as the instrument says; with
    `score` as well, the two must agree. `baseline` is a column that repeats the baseline score; it gives the
    baseline visit of patients whose rows have none.
    """

    layout: Literal["long"] = "long"
    file: Name
    id: str
    where: RowFilter = Field(default_factory=dict)
    visit: CodeColumn | None = None
    time: TimeSpec | None = None
    visits: Annotated[tuple[Name, ...], Field(min_length=1)] | None = None
    score: str | None = None
    items: tuple[str, ...] = ()
    missing_items: MissingItems = "prorate"
    value: Literal["score", "change_from_baseline"] = "score"
    baseline: str | None = None
    instrument: InstrumentName
    label: Label

    @model_validator(mode="after")
    def _declared(self) -> LongVisits:
        if self.visit is None and self.time is None:
            raise ValueError("give visit (a column of visit codes) or time (matched by windows)")
        if self.visit is not None and self.visits is not None:
            raise ValueError("visit.labels name the visits of this measure already: leave out visits")
        if self.visits is not None and len(set(self.visits)) < len(self.visits):
            raise ValueError("visits names a visit twice")
        if self.score is None and not self.items:
            raise ValueError("give score (a total) or items (scored as the instrument says), or both")
        if len(set(self.items)) < len(self.items):
            raise ValueError("items names a column twice")
        if self.value == "change_from_baseline" and (self.baseline is None or self.score is None):
            raise ValueError(
                "change_from_baseline needs score, and baseline, the column of the baseline score"
            )
        if self.value == "change_from_baseline" and self.items:
            raise ValueError("items give scores, not changes: leave out items, or value")
        return self

    @property
    def item_lists(self) -> dict[str, tuple[str, ...]]:
        """Columns of items by the key that lists them."""
        return {"items": self.items} if self.items else {}


class WideVisits(Strict):
    """One row per patient; one column per visit, or one list of item columns per visit, or both."""

    layout: Literal["wide"] = "wide"
    file: Name
    id: str
    where: RowFilter = Field(default_factory=dict)
    columns: dict[Name, str] = Field(default_factory=dict)
    items: dict[Name, tuple[str, ...]] = Field(default_factory=dict)
    missing_items: MissingItems = "prorate"
    instrument: InstrumentName
    label: Label

    @field_validator("columns", mode="before")
    @classmethod
    def _by_visit(cls, value: Any) -> Any:  # noqa: ANN401 - pydantic refuses what is no mapping
        if isinstance(value, Mapping) and any(re.match(NAME_PATTERN, str(key)) is None for key in value):
            raise ValueError(VISIT_TO_COLUMN)
        return value

    @model_validator(mode="after")
    def _each_its_own(self) -> WideVisits:
        if not self.columns and not self.items:
            raise ValueError("give columns (visit: column of the total) or items (visit: [columns]), or both")
        named = [*self.columns.values(), *(item for items in self.items.values() for item in items)]
        if len(set(named)) < len(named):
            raise ValueError("columns and items give one column to two places")
        return self

    @property
    def visits(self) -> tuple[str, ...]:
        """Visits that the columns name."""
        return tuple(dict.fromkeys((*self.columns, *self.items)))

    @property
    def item_lists(self) -> dict[str, tuple[str, ...]]:
        """Columns of items by the key that lists them."""
        return {f"items.{visit}": items for visit, items in self.items.items()}


Measure = Annotated[LongVisits | WideVisits, Field(discriminator="layout")]
