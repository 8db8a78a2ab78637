"""What an instrument is: the range and direction of its score, and its rules with their sources."""

from __future__ import annotations

from itertools import pairwise
from math import isclose
from typing import Annotated

from pydantic import Field, PositiveFloat, PositiveInt, model_validator

from outcomes.config.base import Strict
from outcomes.config.fields import Distinct, Label


class Response(Strict):
    """Response: a fall from baseline, in percent or points, or a score at or below a threshold."""

    percent_reduction: float | None = Field(default=None, gt=0, lt=100)
    from_minimum: bool = False
    """The percentage is of the distance to the lowest score, where that is not 0."""
    points_reduction: PositiveFloat | None = None
    at_most: float | None = None
    source: str

    @model_validator(mode="after")
    def _one_rule(self) -> Response:
        given = [self.percent_reduction, self.points_reduction, self.at_most]
        if sum(rule is not None for rule in given) != 1:
            raise ValueError("give one of percent_reduction, points_reduction and at_most")
        if self.from_minimum and self.percent_reduction is None:
            raise ValueError("from_minimum says what percent_reduction is a percentage of: give that too")
        return self


class Remission(Strict):
    """Remission: a score at or below a threshold, or a rule in words that no total can express."""

    at_most: float | None = None
    rule: str | None = None
    source: str

    @model_validator(mode="after")
    def _one_rule(self) -> Remission:
        if (self.at_most is None) == (self.rule is None):
            raise ValueError("give either at_most (a total score) or rule (words)")
        return self


class ImportantDifference(Strict):
    """Smallest change that patients notice, in points or in percent of the baseline score."""

    points: PositiveFloat | None = None
    percent: PositiveFloat | None = None
    source: str

    @model_validator(mode="after")
    def _one_unit(self) -> ImportantDifference:
        if (self.points is None) == (self.percent is None):
            raise ValueError("give either points or percent (of the baseline score)")
        return self


class SeverityBand(Strict):
    """Scores from `low` to `high`, both included, and what they are called."""

    label: Label
    low: float
    high: float


class Prorating(Strict):
    """A total in spite of missing items: mean of the answered items times the number of items."""

    at_least: PositiveInt
    """So many items must be answered."""
    rounded: bool = False
    """To a whole number, halves up."""
    source: str


class Instrument(Strict):
    """One instrument; scores lie in ``[low, high]``. `items` is given where the score is their sum."""

    name: Label
    condition: str
    low: float
    high: float
    integer: bool
    higher_is_better: bool
    unit: Label = "points"
    aliases: Annotated[tuple[str, ...], Distinct] = ()
    recall: Label | None = None
    items: PositiveInt | None = None
    item_low: float | None = None
    item_high: float | None = None
    reversed_items: tuple[PositiveInt, ...] = ()
    prorating: Prorating | None = None
    baseline_free: bool = False
    response: Response | None = None
    remission: Remission | None = None
    severity_bands: tuple[SeverityBand, ...] = ()
    severity_source: str | None = None
    minimal_important_difference: ImportantDifference | None = None
    source: str

    @model_validator(mode="after")
    def _sound(self) -> Instrument:
        wrong = [*self._range_faults(), *self._item_faults(), *self._band_faults(), *self._rule_faults()]
        if wrong:
            raise ValueError("\n".join(wrong))
        return self

    def _range_faults(self) -> list[str]:
        return [] if self.low < self.high else ["low must lie below high"]

    def _item_faults(self) -> list[str]:
        wrong = []
        low, high, items = self.item_low, self.item_high, self.items
        if (low is None) != (high is None):
            wrong.append("give both item_low and item_high, or neither")
        if low is None or high is None:
            if self.reversed_items:
                wrong.append("reversed_items are recoded as item_low + item_high - answer: give these two")
        elif items is None:
            wrong.append("item_low and item_high need items, the number of items")
        elif not (isclose(items * low, self.low) and isclose(items * high, self.high)):
            wrong.append(
                f"{items} items from {low:g} to {high:g} add up to {items * low:g} to {items * high:g}, "
                f"but the range is {self.low:g} to {self.high:g}"
            )
        places = self.reversed_items
        if any(place > (items or 0) for place in places) or len(set(places)) < len(places):
            wrong.append("reversed_items are positions from 1 to items, each once")
        if self.prorating and not (items and self.prorating.at_least < items):
            wrong.append("prorating.at_least must be smaller than items")
        return wrong

    def _band_faults(self) -> list[str]:
        bands = self.severity_bands
        if not bands:
            return []
        wrong = [] if self.severity_source else ["severity_bands need a severity_source"]
        wrong += [f"severity band '{b.label}': low lies above high" for b in bands if b.low > b.high]
        if bands[0].low < self.low or bands[-1].high > self.high:
            wrong.append(f"severity_bands leave the range {self.low:g} to {self.high:g}")
        step = 1 if self.integer else 0
        gaps = [f"'{a.label}' and '{b.label}'" for a, b in pairwise(bands) if b.low != a.high + step]
        if gaps:
            rule = "each starts one point above the last" if step else "each starts where the last ends"
            wrong.append(f"severity_bands are not contiguous at {', '.join(gaps)}: {rule}")
        return wrong

    def _rule_faults(self) -> list[str]:
        wrong = []
        response, remission = self.response, self.remission
        if response and self.higher_is_better:
            wrong.append("response is a fall of the score; leave it out where higher is better")
        if response and self.baseline_free and response.at_most is None:
            wrong.append("an instrument without a baseline has no reduction: give response.at_most")
        if remission and remission.at_most is not None:
            if self.higher_is_better:
                wrong.append("remission.at_most is a low score; leave it out where higher is better")
            elif not self.low <= remission.at_most < self.high:
                wrong.append("remission.at_most must lie inside the range")
        difference = self.minimal_important_difference
        if difference and difference.points is not None and difference.points >= self.high - self.low:
            wrong.append("minimal_important_difference must be smaller than the range")
        return wrong
