"""docs/instruments.md: the catalogue as a page, so that each number is read beside its source."""

from __future__ import annotations

from collections.abc import Mapping

from outcomes.config.instrument import Instrument, Prorating, Remission, Response

INTRODUCTION = """\
# Instruments

The instruments that `instrument:` of a measure can name, as the package has them: made from
`src/outcomes/instruments/catalogue/` by `outcomes.instruments.catalogue_page()`, never by hand. Where the
literature has no accepted rule there is none here. Where versions differ, the name says which one is
meant. Any other instrument is one entry under `instruments:` of the cohort file
([configuration](configuration.md)), with the same keys as the files of the catalogue.

A total is the sum of its items, each item that is listed as reversed recoded as lowest + highest - answer.
With an item missing there is no total, unless the instrument has a rule for missing items below and enough
are answered: then it is the mean of the answered items times the number of items, which need not be a
whole number.

Where a source gives a range of thresholds for remission, the strictest is taken. Severity bands and
remission are also what a cohort is checked against: a mean at baseline in the band of the healthy, or
within remission, is a warning. An instrument that has neither a band of the healthy nor a score of
remission is never checked so; the range is checked for all."""
HEAD = """\
| instrument | full name | measures | range | better | items | asks about |
|---|---|---|---|---|---|---|"""


def render_page(catalogue: Mapping[str, Instrument]) -> str:
    """Return the page: a table of all instruments, then the rules of each with their sources."""
    rows = "\n".join(_row(name, instrument) for name, instrument in catalogue.items())
    sections = [_section(name, instrument) for name, instrument in catalogue.items()]
    return "\n\n".join([INTRODUCTION, f"{HEAD}\n{rows}", *sections]) + "\n"


def _row(name: str, instrument: Instrument) -> str:
    better = "higher" if instrument.higher_is_better else "lower"
    cells = [
        f"`{name}`", instrument.name, instrument.condition, _range(instrument), better, _items(instrument),
        instrument.recall or "",
    ]  # fmt: skip
    return f"| {' | '.join(cells)} |"


def _range(instrument: Instrument) -> str:
    return f"{instrument.low:g} to {instrument.high:g} {instrument.unit}"


def _items(instrument: Instrument) -> str:
    if instrument.items is None:
        return ""
    if instrument.item_low is None or instrument.item_high is None:
        return f"{instrument.items}"
    return f"{instrument.items}, each {instrument.item_low:g} to {instrument.item_high:g}"


def _section(name: str, instrument: Instrument) -> str:
    lines = [f"Scale: {instrument.source}."]
    if instrument.baseline_free:
        lines.append("Rates change, so it has no baseline.")
    if instrument.response:
        lines.append(f"Response: {_response(instrument.response)}. {instrument.response.source}.")
    if instrument.remission:
        lines.append(f"Remission: {_remission(instrument.remission)}. {instrument.remission.source}.")
    if instrument.severity_bands:
        bands = ", ".join(f"{_span(band.low, band.high)} {band.label}" for band in instrument.severity_bands)
        lines.append(f"Severity: {bands}. {instrument.severity_source}.")
    difference = instrument.minimal_important_difference
    if difference:
        size = f"{difference.percent:g} % of the baseline score" if difference.percent else ""
        size = size or f"{difference.points:g} {instrument.unit}"
        lines.append(f"Minimal important difference: {size}. {difference.source}.")
    if instrument.reversed_items:
        lines.append(f"Reversed items: {', '.join(map(str, instrument.reversed_items))}.")
    if instrument.prorating:
        lines.append(f"Missing items: {_prorating(instrument.prorating)}. {instrument.prorating.source}.")
    elif instrument.item_low is not None:
        lines.append("Missing items: every item is needed; no source of a prorating rule is known.")
    return "\n".join([f"## {name}", "", *(f"- {line}" for line in lines)])


def _span(low: float, high: float) -> str:
    return f"{low:g}" if low == high else f"{low:g} to {high:g}"


def _response(response: Response) -> str:
    if response.percent_reduction is not None:
        above = ", counted from the lowest score" if response.from_minimum else ""
        return f"a fall of at least {response.percent_reduction:g} % of the baseline score{above}"
    if response.points_reduction is not None:
        return f"a fall of at least {response.points_reduction:g} points"
    return f"a score of {response.at_most:g} or lower"


def _remission(remission: Remission) -> str:
    return remission.rule or f"a score of {remission.at_most:g} or lower"


def _prorating(rule: Prorating) -> str:
    rounded = ", rounded to a whole number" if rule.rounded else ""
    return f"prorated if at least {rule.at_least} are answered{rounded}"
