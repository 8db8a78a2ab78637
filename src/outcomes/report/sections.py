"""Sections of results: configured figures and tables by analysis, numbered; warnings; what was left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from outcomes.config.outputs import FigureSpec, TableSpec
from outcomes.report.content import FigureFile, ReportContent, Row, has_numbers, matches
from outcomes.report.layouts import LAYOUTS, contrasts
from outcomes.report.naming import event_name, figure_note, instrument_of, outcome_text
from outcomes.report.numbers import numbers_table
from outcomes.report.tables import TableView, source_text

TITLES = {
    "symptoms": "Symptoms",
    "relapse": "Time to event",
    "quality_of_life": "Quality of life",
    "adherence": "Adherence",
    "harms": "Harms",
    "truth": "Estimate against truth",
    "details": "Details",
}
"""Sections of results in the order of the page; "who" stands before the answer."""

DESCRIPTIVE = (
    "count", "event_count", "number_at_risk", "person_years", "observed_mean", "standard_deviation", "truth",
)  # fmt: skip
"""Quantities that stand whether or not the model could be fitted."""

TRUTH = TableSpec(
    kind="truth",
    section="details",
    caption="Estimates against the values that the simulation was made with",
    where={"quantity": "truth"},
)
"""Shown where the outputs file has no table of this kind."""

MOST_ROWS = 80
"""A figure with more rows than this cites their lines instead of repeating them."""
LONG = 24
"""A table with more lines than this is folded."""
QUALITY_OF_LIFE = "quality of life"
PLAIN_IN_URL = " !$&'()*+,-./:;=?@_~"
"""Characters of a drawing that stand for themselves in its address: a sixth shorter than base64."""


@dataclass(frozen=True)
class FigureView:
    """A figure as the page shows it; `numbers` are its rows as a table, unless there are too many."""

    number: int
    caption: str
    alt: str
    data_uri: str
    note: str
    source: str
    numbers: TableView | None


@dataclass(frozen=True)
class NumberedTable:
    """A table with its number on the page; a long one is folded."""

    number: int
    view: TableView
    folded: bool


@dataclass(frozen=True)
class Block:
    """Figures and tables of one analysis; `nothing` says why it has no number, where it has none."""

    analysis: str
    heading: str
    question: str
    figures: tuple[FigureView, ...]
    tables: tuple[NumberedTable, ...]
    nothing: str = ""


@dataclass(frozen=True)
class Section:
    """A section of results."""

    name: str
    title: str
    blocks: tuple[Block, ...]


class Numbering:
    """Counts figures and tables in the order in which they stand on the page."""

    def __init__(self) -> None:
        self.figures = 0
        self.tables = 0

    def figure(self, content: ReportContent, figure: FigureFile) -> FigureView:
        """Give a figure the next number."""
        self.figures += 1
        return _figure_view(content, figure, self.figures)

    def table(self, view: TableView) -> NumberedTable:
        """Give a table the next number."""
        self.tables += 1
        return NumberedTable(self.tables, view, folded=len(view.lines) > LONG)


def build_section(content: ReportContent, name: str, numbering: Numbering) -> Section:
    """Return a section with what the outputs file puts there; without blocks where that is nothing."""
    figures = [
        figure for figure in content.figures if section_of(content, figure.section, figure.analysis) == name
    ]
    blocks = []
    for analysis in content.plan.analyses:
        mine = tuple(numbering.figure(content, f) for f in figures if f.analysis == analysis)
        tables = tuple(numbering.table(view) for view in _tables(content, name, analysis))
        nothing = _nothing(content, name, analysis)
        if mine or tables or nothing:
            heading, question = outcome_text(content, analysis), content.plan.analyses[analysis].question
            blocks.append(Block(analysis, heading, question, mine, tables, nothing))
    return Section(name, _title(content, name, blocks), tuple(blocks))


def _title(content: ReportContent, name: str, blocks: Sequence[Block]) -> str:
    """Return the section's title; times to one and the same event go under its name."""
    events = {event_name(content, block.analysis) for block in blocks} if name == "relapse" else set()
    return events.pop() if len(events) == 1 else TITLES.get(name, name)


def _nothing(content: ReportContent, section: str, analysis: str) -> str:
    """Say why an analysis has no number in a section, where all that it was to show there failed."""
    specs: list[FigureSpec | TableSpec] = [
        *content.outputs.figures.values(),
        *content.outputs.tables.values(),
    ]
    wheres = [spec.where for spec in specs if section_of(content, spec.section, analysis) == section]
    rows = [
        row for row in content.of_analysis(analysis)
        if row["quantity"] not in DESCRIPTIVE and any(matches(row, where) for where in wheres)
    ]  # fmt: skip
    if section == "details" or any(has_numbers(row) for row in rows):
        return ""
    reasons = dict.fromkeys(str(row["message"]).rstrip(".") for row in rows)
    return f"Nothing could be estimated: {'; '.join(reasons)}." if reasons else ""


def section_of(content: ReportContent, configured: str, analysis: str) -> str:
    """Return the section where a figure or table of an analysis stands.

    One outputs file serves all cohorts and cannot know which of their measures is one of quality of
    life; the instrument does, and moves what is configured for symptoms.
    """
    instrument = instrument_of(content, analysis)
    moved = instrument is not None and instrument.condition == QUALITY_OF_LIFE
    return "quality_of_life" if moved and configured == "symptoms" else configured


def _tables(content: ReportContent, section: str, analysis: str) -> list[TableView]:
    views = []
    specs = list(content.outputs.tables.values())
    if all(spec.kind != "truth" for spec in specs):
        specs.append(TRUTH)  # a simulated cohort is always held against its truth
    for spec in specs:
        home = "truth" if spec.kind == "truth" else section_of(content, spec.section, analysis)
        if home != section:
            continue
        rows = [row for row in content.of_analysis(analysis) if matches(row, spec.where)]
        view = LAYOUTS[spec.kind](content, rows, spec.caption) if rows else None
        if view is not None and view.lines:
            views.append(view)
    return views


def unshown_contrasts(content: ReportContent, numbering: Numbering) -> tuple[Block, ...]:
    """Contrasts that no configured table shows: a number that was asked for is never left out."""
    blocks = []
    kinds = ("contrasts", "baseline")
    for analysis, spec in content.plan.analyses.items():
        shown = [t.where for t in content.outputs.tables.values() if t.kind in kinds]
        rows = [
            row for row in content.of_analysis(analysis)
            if row["comparator"] and row["quantity"] not in DESCRIPTIVE
            and not any(matches(row, where) for where in shown)
        ]  # fmt: skip
        if rows:
            table = numbering.table(contrasts(content, rows, "Contrasts that no table above shows"))
            blocks.append(Block(analysis, outcome_text(content, analysis), spec.question, (), (table,)))
    return tuple(blocks)


def _figure_view(content: ReportContent, figure: FigureFile, number: int) -> FigureView:
    rows = _figure_rows(content, figure)
    # a line break inside a URL would be lost, and with it the space between two attributes
    encoded = quote(figure.svg_text.replace("\n", " "), safe=PLAIN_IN_URL)
    side_by_side = figure.kind != "participant_flow"
    return FigureView(
        number=number,
        caption=figure.caption,
        alt=figure.alt,
        data_uri=f"data:image/svg+xml,{encoded}",
        note=figure_note(content, figure.analysis) if side_by_side else "",
        source=source_text(rows),
        numbers=numbers_table(content, rows, f"Numbers of figure {number}")
        if len(rows) <= MOST_ROWS
        else None,
    )


def _figure_rows(content: ReportContent, figure: FigureFile) -> Sequence[Row]:
    """Return the rows that the figure draws: those of its analysis that pass its filter."""
    rows = content.of_analysis(figure.analysis)
    spec = content.outputs.figures.get(figure.name.removesuffix(f"_{figure.analysis}"))
    return rows if spec is None else [row for row in rows if matches(row, spec.where)]
