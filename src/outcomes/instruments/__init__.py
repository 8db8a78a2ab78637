"""The instrument catalogue: what a score may be, which way is better, what counts as response."""

from __future__ import annotations

from functools import cache
from importlib import resources

import yaml

from outcomes.config.base import Strict, build


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

    name: str
    condition: str
    low: float
    high: float
    integer: bool
    higher_is_better: bool
    items: int | None = None
    item_low: float | None = None
    item_high: float | None = None
    response: Response | None = None
    remission: Remission | None = None
    minimal_important_difference: ImportantDifference | None = None
    source: str


class Catalogue(Strict):
    """All instruments by name."""

    instruments: dict[str, Instrument]


@cache
def load_catalogue() -> dict[str, Instrument]:
    """Return the instruments that ship with the package."""
    text = resources.files(__name__).joinpath("catalogue.yaml").read_text(encoding="utf-8")
    return build(Catalogue, {"instruments": yaml.safe_load(text)}, "catalogue.yaml").instruments
