"""A first plan: every measure and event analysed, and said not to have been pre-specified."""

from __future__ import annotations

from collections.abc import Iterator

from outcomes.scaffold.init.plan_events import competing_with, relapse_lines
from outcomes.scaffold.init.study import Study
from outcomes.scaffold.init.text import flow_list, guess, text

HEAD = """\
# yaml-language-server: $schema=../schemas/plan.schema.json
# What is analysed. Written by `outcomes init`; each entry has prespecified: false, and the report says so.
# An analysis that was specified before the data were seen: remove its prespecified: false.
# An analysis that you add counts as pre-specified unless you write prespecified: false into it, too.
# To make one primary: role: primary, and its estimand:
#   estimand:
#     population: ...
#     treatments: ...
#     variable: ...
#     intercurrent_events: {Leaving treatment: ...}
#     summary: Difference in means
# To adjust: covariates: [age_years, ...], by their names in the cohort file."""


def plan_file(study: Study, title: str) -> str:
    """Text of the plan file."""
    return "\n".join([HEAD, *_lines(study, title)]) + "\n"


def _lines(study: Study, title: str) -> Iterator[str]:
    yield guess(f"title: {text(f'First look at {title}')}", "from the name of the file")
    yield "analyses:"
    flow = [f"measure: {study.measures[0].name}"] if study.measures else []
    flow = flow or [f"event: {event.name}" for event in study.events[:1]]
    if flow:
        question = "Who was assigned, seen and lost?"
        yield from _entry("participant_flow", "participant_flow", question, f"{{kind: flow, {flow[0]}}}")
    with_baseline = ", ".join(measure.name for measure in study.measures if measure.has_baseline)
    endpoint = f"{{kind: baseline, measures: [{with_baseline}]}}"
    yield from _entry("baseline", "baseline_table", "Were the arms alike at baseline?", endpoint)
    for measure in study.measures:
        question = f"Does {measure.label} differ between the arms over time?"
        endpoint = f"{{kind: score, measure: {measure.name}}}"
        yield from _entry(f"{measure.name}_mmrm", "mmrm", question, endpoint, "secondary")
        yield "    population: with_post_baseline_score"
        if not measure.has_baseline:
            yield guess("    adjust_for_baseline: false", "no baseline score was recognised")
        yield from relapse_lines(measure)
    for event in study.events:
        name, label, endpoint = event.name, event.label, f"{{kind: time_to_event, event: {event.name}}}"
        for model, question in (
            ("kaplan_meier", f"{label}: how many remain free of it over time?"),
            ("log_rank", f"{label}: do the curves of the arms differ?"),
            ("cox", f"{label}: is it less likely in one arm than in another?"),
            ("rmst", f"{label}: how much time without it does one arm add?"),
        ):
            yield from _entry(f"{name}_{model}", model, question, endpoint, "secondary")
        rivals, why = competing_with(event, study.events)
        if rivals:
            question = f"{label}: how many have it, and how many are ruled out before?"
            endpoint = f"{{kind: competing_events, event: {name}, competing: {flow_list(rivals)}}}"
            entry = f"{name}_competing_risks"
            yield from _entry(entry, "competing_risks", question, endpoint, "secondary", why)


def _entry(
    name: str, model: str, question: str, endpoint: str, role: str = "descriptive", why: str = ""
) -> Iterator[str]:
    yield f"  {name}:"
    yield f"    model: {model}"
    yield f"    role: {role}"
    yield "    prespecified: false"
    yield f"    question: {text(question)}"
    yield guess(f"    endpoint: {endpoint}", why) if why else f"    endpoint: {endpoint}"
