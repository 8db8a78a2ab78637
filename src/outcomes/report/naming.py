"""Printed names of what rows carry, and what must be said of a comparison that was not randomised."""

from __future__ import annotations

import re

from outcomes.instruments import Instrument, instruments_of
from outcomes.report.content import ReportContent, Row, has_numbers
from outcomes.report.formats import listed, short_number, upper_first
from outcomes.wording import mid_sentence

NEITHER = "neither treatment"
DESIGN_TERMS = frozenset({"arm", "visit"})
"""Terms of a design whose level says it all."""
COEFFICIENTS = ("coefficient", "log_hazard_coefficient")
CONDITIONS = {"ptsd": "PTSD", "other": ""}
"""Conditions that are not printed as they are called."""


def name_of(content: ReportContent, name: str) -> str:
    """Printed name; without one, the name with its underscores as spaces."""
    return content.labels.get(name, name.replace("_", " "))


def component_name(content: ReportContent, component: str) -> str:
    """Printed name of a component; an arm may go by the same name in `labels`."""
    spec = content.cohort.components.get(component)
    return name_of(content, component) if spec is None else spec.label


def arm_in_sentence(content: ReportContent, arm: str) -> str:
    """Printed name of an arm inside a sentence; "neither" alone would read as "none of the two"."""
    label = mid_sentence(name_of(content, arm))
    return NEITHER if label == "neither" else label


def pair_text(content: ReportContent, arm: str, comparator: str) -> str:
    """``"Combined vs medication"``; the first is the arm, the second its comparator."""
    return f"{name_of(content, arm)} vs {mid_sentence(name_of(content, comparator))}"


def term_text(content: ReportContent, term: str) -> str:
    """Printed name of a coefficient or baseline variable; ``a:b`` is an interaction."""
    variable, equals, level = term.partition("=")
    if equals and variable in DESIGN_TERMS and ":" not in level:
        return name_of(content, level)
    if term in content.labels:
        return upper_first(content.labels[term])
    if ": " in term:  # a flow step or reason in words
        return upper_first(term)
    if ":" in term:
        return " × ".join(term_text(content, part) for part in term.split(":"))
    if equals:
        return f"{name_of(content, variable)}: {level}"
    return upper_first(name_of(content, term))


def row_term(content: ReportContent, row: Row) -> str:
    """Printed term of a row, or nothing; an event goes by its name, the part before a comma."""
    if row["term"] == "event" and content.plan.analyses[row["analysis"]].model == "participant_flow":
        return upper_first(event_name(content, row["analysis"]))
    if row["term"] in causes_of(content, row["analysis"]):
        return upper_first(cause_name(content, row["analysis"], row["term"]))
    if content.plan.analyses[row["analysis"]].model == "multiverse" and "=" in str(row["term"]):
        return definition_text(str(row["term"]))
    if row["term"] in content.cohort.events:
        return upper_first(name_of(content, row["term"]).partition(",")[0])
    return term_text(content, row["term"]) if row["term"] else ""


def definition_text(term: str) -> str:
    """``"Relapse at least 16; remission at most 7"``: the choices of one definition of a grid."""
    return upper_first(re.sub(r"[._=]", " ", term))


def event_name(content: ReportContent, analysis: str) -> str:
    """Printed name of an analysis' event, without what its label adds behind a comma, or of its start."""
    event = endpoint_part(content, analysis, "event")
    label = name_of(content, event) if event else str(content.methods.get(analysis, {}).get("label", "event"))
    start = endpoint_part(content, analysis, "start")
    return label.partition(",")[0].removesuffix(f" from {start}")


def causes_of(content: ReportContent, analysis: str) -> tuple[str, ...]:
    """Events that rule each other out in an analysis, the one asked about first; else empty."""
    return tuple(getattr(content.plan.analyses[analysis].endpoint, "causes", ()))


def cause_name(content: ReportContent, analysis: str, cause: str) -> str:
    """Printed name of one of them, as the analysis calls it, without what is added behind a comma."""
    own = content.methods.get(analysis, {}).get("labels", {})
    return str(own.get(cause) or name_of(content, cause)).partition(",")[0]


def condition_text(content: ReportContent) -> str:
    """Return the condition as printed; nothing where it is none of the known."""
    condition = content.cohort.condition
    return CONDITIONS.get(condition, upper_first(condition))


def coefficient_text(content: ReportContent, analysis: str, term: str) -> str:
    """Printed name of a coefficient: a treatment term is a component or an arm, as the plan says."""
    by_component = getattr(content.plan.analyses[analysis], "predictors", "arms") == "components"
    parts = []
    for part in term.split(":"):
        variable, level, _ = part.partition("=")
        text = term_text(content, part)
        prefix = name_of(content, variable)
        if by_component and part in content.cohort.components:
            text = component_name(content, part)
        elif level and variable not in DESIGN_TERMS and not text.startswith(prefix):
            text = f"{prefix}: {text}"  # a level's label may leave out what it is a level of
        parts.append(text)
    return upper_first(" × ".join([parts[0], *map(mid_sentence, parts[1:])]))


def time_text(content: ReportContent, row: Row) -> str:
    """Visit of a score, or ``"day 365"``; empty for a row without a time."""
    if row["time"] is None:
        return ""
    unit = str(row["time_unit"] or "").removesuffix("s")
    schedule = content.cohort.schedule
    at_visits = endpoint_part(content, row["analysis"], "measure")
    since_a_state = endpoint_part(content, row["analysis"], "definition")
    if schedule is not None and schedule.unit == unit and at_visits and not since_a_state:
        visit = next((name for name, time in schedule.visits.items() if time == row["time"]), None)
        if visit is not None:
            return name_of(content, visit)
    return f"{unit} {short_number(row['time'])}".strip()


def endpoint_part(content: ReportContent, analysis: str, part: str) -> str | None:
    """Measure, event or component of an analysis' endpoint, where it has one."""
    found = getattr(content.plan.analyses[analysis].endpoint, part, None)
    return found if isinstance(found, str) else None


def instrument_of(content: ReportContent, analysis: str) -> Instrument | None:
    """Return the instrument behind an analysis, where it has a measure in the catalogue."""
    measure = endpoint_part(content, analysis, "measure")
    if measure is None or measure not in content.cohort.measures:
        return None
    return instruments_of(content.cohort).get(content.cohort.measures[measure].instrument)


def outcome_text(content: ReportContent, analysis: str) -> str:
    """Return what an analysis is about, in words."""
    endpoint = content.plan.analyses[analysis].endpoint
    component = endpoint_part(content, analysis, "component")
    other = endpoint_part(content, analysis, "measure") or endpoint_part(content, analysis, "event")
    subject = component_name(content, component) if component else name_of(content, other or "")
    if endpoint_part(content, analysis, "definition") or getattr(endpoint, "definition", None) is not None:
        return str(content.methods.get(analysis, {}).get("label", subject))
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
    """Return the flag of a comparison whose arms differ in what was not randomised; else empty."""
    vectors = content.cohort.treatment.vectors
    if arm is None or comparator is None or not {arm, comparator} <= set(vectors):
        return ""
    return _note(content, content.cohort.treatment.not_randomised(arm, comparator))


def arms_note(content: ReportContent) -> str:
    """Return the same flag for a number that compares all arms at once."""
    treatment = content.cohort.treatment
    found = {name for pair in treatment.pairs() for name in treatment.not_randomised(*pair)}
    return _note(content, tuple(name for name in treatment.components if name in found))


def term_note(content: ReportContent, analysis: str, term: str | None) -> str:
    """Return the same flag for a coefficient: of the component, or of an arm against the reference arm."""
    treatment = content.cohort.treatment
    words = _words(term)
    if getattr(content.plan.analyses[analysis], "predictors", "arms") == "components":
        found = words - treatment.randomised
    else:
        reference = reference_arm(content, analysis)
        found = {n for arm in words & set(treatment.arms) for n in treatment.not_randomised(arm, reference)}
    return _note(content, tuple(name for name in treatment.components if name in found))


def reference_arm(content: ReportContent, analysis: str) -> str:
    """Return the arm that an analysis' coefficients compare with: it has none, and data.

    Designs give a coefficient to every arm that they hold but the first; an arm that they do not hold,
    for want of patients or events, has none either, but no contrast with numbers.
    """
    rows = content.of_analysis(analysis)
    treatment = content.cohort.treatment
    named = {word for row in rows if row["quantity"] in COEFFICIENTS for word in _words(row["term"])}
    contrasts = [row for row in rows if row["comparator"] and has_numbers(row)]
    held = {row[side] for row in contrasts for side in ("arm", "comparator")}
    without = [arm for arm in treatment.arms if arm not in named]
    return next((arm for arm in without if arm in held), (without or treatment.arms)[0])


def _words(term: str | None) -> set[str]:
    return set(re.split(r"[^a-z0-9_]+", term or ""))


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
    names = listed([mid_sentence(component_name(content, name)) for name in components])
    return f"{upper_first(names)} {'was' if len(components) == 1 else 'were'}"


def _note(content: ReportContent, components: tuple[str, ...]) -> str:
    if not components:
        return ""
    return f"{_subject(content, components)} not randomised: this comparison is observational"
