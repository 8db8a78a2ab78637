"""When and how scores were measured: the schedule, and the layouts in which files hold scores."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from outcomes.config.base import NAME_PATTERN, Strict
from outcomes.config.fields import CodeColumn, InstrumentName, Label, Name, TimeSpec, TimeUnit

VISIT_TO_COLUMN = "maps visit: column, each visit by its name in schedule.visits"
"""Remedy for a wide layout written the wrong way round."""


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
    both, `time` is only the actual time. `items` are summed; a total with an item missing is missing.
    `baseline` is a column that repeats the baseline score; it gives the baseline visit of patients whose
    rows have none.
    """

    layout: Literal["long"] = "long"
    file: Name
    id: str
    visit: CodeColumn | None = None
    time: TimeSpec | None = None
    score: str | None = None
    items: tuple[str, ...] = ()
    value: Literal["score", "change_from_baseline"] = "score"
    baseline: str | None = None
    instrument: InstrumentName
    label: Label

    @model_validator(mode="after")
    def _declared(self) -> LongVisits:
        if self.visit is None and self.time is None:
            raise ValueError("give visit (a column of visit codes) or time (matched by windows)")
        if (self.score is None) == (not self.items):
            raise ValueError("give either score (a total) or items (summed)")
        if len(set(self.items)) < len(self.items):
            raise ValueError("items names a column twice")
        if self.value == "change_from_baseline" and (self.baseline is None or self.score is None):
            raise ValueError(
                "change_from_baseline needs score, and baseline, the column of the baseline score"
            )
        return self


class WideVisits(Strict):
    """One row per patient; one column per visit."""

    layout: Literal["wide"] = "wide"
    file: Name
    id: str
    columns: dict[Name, str]
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
        if len(set(self.columns.values())) < len(self.columns):
            raise ValueError("columns gives one column to two visits")
        return self


Measure = Annotated[LongVisits | WideVisits, Field(discriminator="layout")]
