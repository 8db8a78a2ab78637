"""The library as text: each definition with its version, its rules in words, and their sources."""

from __future__ import annotations

from collections.abc import Mapping

from outcomes.config.definition import Definition
from outcomes.config.rule import Dropout, Rule

RULE_HEAD = "| state | when | for how long | no score | rater | source |\n|---|---|---|---|---|---|"
LIST_HEAD = "| definition | version | instruments | states |\n|---|---|---|---|"
MISSING_WORDS = {"ignore": "passed over", "break": "ends the run", "event": "counts as the state"}


def render_page(library: Mapping[str, Definition]) -> str:
    """Return the list of definitions and a section for each."""
    rows = "\n".join(
        f"| `{name}` | {d.version} | {', '.join(d.instruments) or 'any'} | {', '.join(d.states)} |"
        for name, d in library.items()
    )
    return "\n\n".join([f"{LIST_HEAD}\n{rows}", *(_section(name, d) for name, d in library.items())]) + "\n"


def _section(name: str, definition: Definition) -> str:
    rows = [_row(state, rule) for state, rule in definition.rules.items()]
    if definition.dropout:
        rows.append(_dropout(definition.dropout))
    parts = [f"### {name}", f"{definition.title}. Version {definition.version}. {definition.source}."]
    if definition.relapse_after != "remission":
        parts.append(f"Relapse follows {definition.relapse_after}.")
    parts.append("\n".join([RULE_HEAD, *rows]))
    if definition.note:
        parts.append(definition.note)
    return "\n\n".join(parts)


def _row(state: str, rule: Rule) -> str:
    missing = MISSING_WORDS[rule.missing]
    dated = " (dated at its first visit)" if rule.dated == "start" else ""
    cells = [f"{state}{dated}", say_threshold(rule), say_run(rule), missing, rule.rater or "", rule.source]
    return f"| {' | '.join(cells)} |"


def _dropout(rule: Dropout) -> str:
    return f"| dropout | {say_dropout(rule)} | | | | {rule.source} |"


def say_dropout(rule: Dropout) -> str:
    """Who dropped out, in words."""
    visits = "visit" if rule.visits_in_row == 1 else f"{rule.visits_in_row} visits"
    return f"no score at the last planned {visits}"


def say_threshold(rule: Rule) -> str:
    """When a visit counts, in words."""
    said = []
    if rule.at_most is not None:
        said.append(f"a score of {rule.at_most:g} or less")
    if rule.at_least is not None:
        said.append(f"a score of {rule.at_least:g} or more")
    if rule.percent_reduction is not None:
        above = ", counted from the lowest score" if rule.from_minimum else ""
        said.append(f"a fall of {rule.percent_reduction:g} % or more from baseline{above}")
    if rule.points_reduction is not None:
        said.append(f"a fall of {rule.points_reduction:g} points or more from baseline")
    origin = {"best": "the best score before", "baseline": "baseline"}[rule.increase_from]
    if rule.points_increase is not None:
        said.append(f"a rise of {rule.points_increase:g} points or more from {origin}")
    if rule.percent_increase is not None:
        said.append(f"a rise of {rule.percent_increase:g} % or more from {origin}")
    if rule.instrument is not None:
        said.append(f"{rule.instrument} by the instrument's own rule")
    if rule.reliable_change is not None:
        change = rule.reliable_change
        said.append(f"a reliable {change.direction} (more than {change.points:.2f} points from baseline)")
    if rule.cutoff is not None:
        said.append(f"beyond cut-off {rule.cutoff.criterion}, from a baseline on its other side")
    events = [f"event {name} (at once)" for name in rule.events]
    return " or ".join([*([" and ".join(said)] if said else []), *events])


def say_run(rule: Rule) -> str:
    """How long a rule must hold, in words."""
    said = []
    if rule.visits_in_row > 1:
        said.append(f"{rule.visits_in_row} visits in a row")
    if rule.days_in_row > 0:
        said.append(f"{rule.days_in_row:g} days from the first to the last visit")
    if rule.most_days_between is not None:
        said.append(f"no two visits more than {rule.most_days_between:g} days apart")
    return ", ".join(said) or "one visit"
