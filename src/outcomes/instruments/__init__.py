"""The instrument catalogue: what a score may be, which way is better, what counts as response."""

from __future__ import annotations

from functools import cache
from importlib import resources

import yaml

from outcomes.config import Cohort
from outcomes.config.base import Strict, build
from outcomes.config.instrument import Instrument

__all__ = ["Instrument", "instruments_of", "load_catalogue"]


class Catalogue(Strict):
    """All instruments by name."""

    instruments: dict[str, Instrument]


@cache
def load_catalogue() -> dict[str, Instrument]:
    """Return the instruments that ship with the package."""
    text = resources.files(__name__).joinpath("catalogue.yaml").read_text(encoding="utf-8")
    return build(Catalogue, {"instruments": yaml.safe_load(text)}, "catalogue.yaml").instruments


def instruments_of(cohort: Cohort) -> dict[str, Instrument]:
    """Return the catalogue and, above it, the instruments that the cohort file declares itself."""
    return load_catalogue() | cohort.instruments
