"""The rules behind events that were derived: what a reviewer asks of a relapse first."""

from __future__ import annotations

from outcomes.config.definition import Definition
from outcomes.config.states import StateEndpoint
from outcomes.definitions.page import MISSING_WORDS, say_dropout, say_run, say_threshold
from outcomes.episodes.rules import settled
from outcomes.instruments import instruments_of
from outcomes.report.content import ReportContent
from outcomes.report.formats import listed, upper_first
from outcomes.report.naming import name_of
from outcomes.report.tables import Head, Line, TableView, text_cell

HEADS = tuple(
    Head(text, numeric=False)
    for text in ("State", "When", "For how long", "A visit without score", "Rater", "Source")
)


def definition_tables(content: ReportContent) -> tuple[TableView, ...]:
    """One table for each definition that the plan's analyses use, with the analyses that rest on it."""
    return tuple(
        _table(content, measure, name, definition)
        for (measure, name), definition in content.plan.used_definitions.items()
    )


def _table(content: ReportContent, measure: str, name: str, definition: Definition) -> TableView:
    instrument = instruments_of(content.cohort)[content.cohort.measures[measure].instrument]
    lines = []
    for state, rule in definition.rules.items():
        texts = (
            upper_first(say_threshold(settled(rule, instrument))), upper_first(say_run(rule)),
            upper_first(MISSING_WORDS[rule.missing]), upper_first(rule.rater or ""), rule.source,
        )  # fmt: skip
        lines.append(_line(state, texts))
    if definition.dropout:
        lines.append(
            _line(
                "dropout",
                (upper_first(say_dropout(definition.dropout)), "", "", "", definition.dropout.source),
            )
        )
    caption = (
        f"Definition {name}: {definition.title}, version {definition.version}, on {name_of(content, measure)}"
    )
    return TableView(caption, (HEADS,), tuple(lines), _notes(content, measure, definition))


def _line(state: str, texts: tuple[str, ...]) -> Line:
    return Line(text_cell(upper_first(state.replace("_", " "))), tuple(text_cell(text) for text in texts))


def _notes(content: ReportContent, measure: str, definition: Definition) -> tuple[str, ...]:
    used = [
        name for name, analysis in content.plan.analyses.items()
        if isinstance(analysis.endpoint, StateEndpoint)
        and (analysis.endpoint.measure, analysis.endpoint.definition) == (measure, definition)
    ]  # fmt: skip
    notes = [f"Used by {listed(used)}.", f"Source: {definition.source.rstrip('.')}."]
    if definition.starts_in != "ill":
        notes.append(f"Every patient starts in {definition.starts_in}.")
    if definition.relapse_after != "remission":
        notes.append(f"A relapse follows {definition.relapse_after}.")
    if definition.note:
        notes.append(definition.note)
    return tuple(notes)
