"""What an instrument is: the range and direction of its score, and its rules with their sources."""

from __future__ import annotations

from pydantic import model_validator

from outcomes.config.base import Strict
from outcomes.config.fields import Label


class Response(Strict):
    """Response as a reduction from baseline, in percent."""

    percent_reduction: float
    source: str


class Remission(Strict):
    """Remission as a score at or below a threshold."""

    at_most: float
    source: str


class ImportantDifference(Strict):
    """Smallest change that patients notice."""

    points: float
    source: str


class Instrument(Strict):
    """One instrument; scores lie in ``[low, high]``."""

    name: Label
    condition: str
    low: float
    high: float
    integer: bool
    higher_is_better: bool
    unit: Label = "points"
    items: int | None = None
    item_low: float | None = None
    item_high: float | None = None
    response: Response | None = None
    remission: Remission | None = None
    minimal_important_difference: ImportantDifference | None = None
    source: str

    @model_validator(mode="after")
    def _a_range(self) -> Instrument:
        if not self.low < self.high:
            raise ValueError("low must lie below high")
        return self
