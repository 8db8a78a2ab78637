"""Printed names of what rows carry, and what must be said of a comparison that was not randomised."""

from __future__ import annotations

import re

from outcomes.instruments import Instrument, load_catalogue
from outcomes.report.content import ReportContent, Row
from outcomes.report.formats import listed, mid_sentence, upper_first


def name_of(content: ReportContent, name: str) -> str:
    """Printed name; without one, the name with its underscores as spaces."""
    return content.labels.get(name, name.replace("_", " "))


def arm_in_sentence(content: ReportContent, arm: str) -> str:
    """Printed name of an arm as it reads inside a sentence."""
    return mid_sentence(name_of(content, arm))


def pair_text(content: ReportContent, arm: str, comparator: str) -> str:
    """``"Combined vs medication"``; the first is the arm, the second its comparator."""
    return f"{name_of(content, arm)} vs {mid_sentence(name_of(content, comparator))}"


def term_text(content: ReportContent, term: str) -> str:
    """Printed name of a coefficient or baseline variable; ``a:b`` is an interaction."""
    if term in content.labels:
        return content.labels[term]
    if ": " in term:  # a flow step or reason in words
        return upper_first(term)
    if ":" in term:
        return " × ".join(term_text(content, part) for part in term.split(":"))
    variable, equals, level = term.partition("=")
    if equals:
        return f"{name_of(content, variable)}: {level}"
    return upper_first(name_of(content, term))


def time_text(content: ReportContent, row: Row) -> str:
    """Visit of a score, or ``"day 365"``; empty for a row without a time."""
    if row["time"] is None:
        return ""
    unit = str(row["time_unit"] or "").removesuffix("s")
    schedule = content.cohort.schedule
    if schedule is not None and schedule.unit == unit and endpoint_part(content, row["analysis"], "measure"):
        visit = next((name for name, time in schedule.visits.items() if time == row["time"]), None)
        if visit is not None:
            return name_of(content, visit)
    return f"{unit} {row['time']:g}".strip()


def endpoint_part(content: ReportContent, analysis: str, part: str) -> str | None:
    """Measure, event or component of an analysis' endpoint, where it has one."""
    found = getattr(content.plan.analyses[analysis].endpoint, part, None)
    return found if isinstance(found, str) else None


def instrument_of(content: ReportContent, analysis: str) -> Instrument | None:
    """Return the instrument behind an analysis, where it has a measure in the catalogue."""
    measure = endpoint_part(content, analysis, "measure")
    if measure is None or measure not in content.cohort.measures:
        return None
    return load_catalogue().get(content.cohort.measures[measure].instrument)


def outcome_text(content: ReportContent, analysis: str) -> str:
    """Return what an analysis is about, in words."""
    endpoint = content.plan.analyses[analysis].endpoint
    subject = next(
        (name_of(content, found) for part in ("measure", "event", "component")
         if (found := endpoint_part(content, analysis, part))), "",
    )  # fmt: skip
    match endpoint.kind:
        case "change":
            return f"{subject}, change from baseline"
        case "dropout":
            return f"Dropout ({subject})"
        case "adherence":
            return f"Adherence to {mid_sentence(subject)}"
        case "adverse_events":
            return "Adverse events"
        case "baseline":
            return "Baseline"
        case "flow":
            return "Participant flow"
        case _:
            return subject


def observational_note(content: ReportContent, arm: str | None, comparator: str | None) -> str:
    """Return the flag of a comparison whose arms differ in a component that was not randomised; else empty."""
    vectors = content.cohort.treatment.vectors
    if arm not in vectors or comparator not in vectors:
        return ""
    return _note(content, content.cohort.treatment.not_randomised(arm, comparator))


def term_note(content: ReportContent, term: str | None) -> str:
    """Return the same flag for a coefficient: of the component, or of an arm against the first arm."""
    treatment = content.cohort.treatment
    words = set(re.split(r"[^a-z0-9_]+", term or ""))
    found = {name for name in treatment.components if name in words and name not in treatment.randomised}
    for arm in words & set(treatment.arms):
        found |= set(treatment.not_randomised(arm, treatment.arms[0]))
    return _note(content, tuple(name for name in treatment.components if name in found))


def figure_note(content: ReportContent, analysis: str) -> str:
    """Return the flag of a figure that sets arms side by side, with the comparisons that it is about."""
    rows = content.of_analysis(analysis)
    pairs = {(row["arm"], row["comparator"]) for row in rows if row["comparator"]}
    arms = {row["arm"] for row in rows}
    treatment = content.cohort.treatment
    asked = [pair for pair in treatment.pairs() if pair in pairs or (pair[1], pair[0]) in pairs]
    drawn = asked or [pair for pair in treatment.pairs() if arms.issuperset(pair)]
    flagged = [pair for pair in drawn if treatment.not_randomised(*pair)]
    if not flagged:
        return ""
    components = dict.fromkeys(name for pair in flagged for name in treatment.not_randomised(*pair))
    noun = "these comparisons are" if flagged[1:] else "this comparison is"
    note = f"{_subject(content, tuple(components))} not randomised: {noun} observational"
    shown = "; ".join(pair_text(content, *pair) for pair in flagged)
    return f"{note}." if len(flagged) == len(drawn) == 1 else f"{note} ({shown})."


def _subject(content: ReportContent, components: tuple[str, ...]) -> str:
    names = listed([mid_sentence(name_of(content, name)) for name in components])
    return f"{upper_first(names)} {'was' if len(components) == 1 else 'were'}"


def _note(content: ReportContent, components: tuple[str, ...]) -> str:
    if not components:
        return ""
    return f"{_subject(content, components)} not randomised: this comparison is observational"
