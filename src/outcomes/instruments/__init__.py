"""The instrument catalogue: what a score may be, which way is better, what counts as response."""

from __future__ import annotations

from functools import cache
from importlib import resources

from outcomes.config import Cohort
from outcomes.config.base import Strict, build, parse_yaml
from outcomes.config.instrument import Instrument
from outcomes.instruments.matching import rank_matches
from outcomes.instruments.page import render_page
from outcomes.instruments.scoring import score_items, totals_that_differ

__all__ = [
    "Instrument",
    "catalogue_page",
    "instruments_of",
    "load_catalogue",
    "match_instruments",
    "score_items",
    "totals_that_differ",
]

CATALOGUE = ("depression", "anxiety", "trauma", "psychosis", "global", "functioning")
"""Files of the catalogue, in the order of its page."""


class Catalogue(Strict):
    """All instruments by name."""

    instruments: dict[str, Instrument]


@cache
def load_catalogue() -> dict[str, Instrument]:
    """Return the instruments that ship with the package."""
    found: dict[str, Instrument] = {}
    for part in CATALOGUE:
        shown = f"catalogue/{part}.yaml"
        text = resources.files(__name__).joinpath("catalogue", f"{part}.yaml").read_text(encoding="utf-8")
        found |= build(Catalogue, {"instruments": parse_yaml(text, shown)}, shown).instruments
    return found


def instruments_of(cohort: Cohort) -> dict[str, Instrument]:
    """Return the catalogue and, above it, the instruments that the cohort file declares itself."""
    return load_catalogue() | cohort.instruments


def match_instruments(column_name: str) -> list[str]:
    """Return the catalogue's instruments that a column of this name may hold, best first; by name only."""
    return rank_matches(column_name, load_catalogue())


def catalogue_page() -> str:
    """Return docs/instruments.md."""
    return render_page(load_catalogue())
