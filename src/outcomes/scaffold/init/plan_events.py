"""Entries of a first plan about events that rule each other out, or that visits may tell."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from outcomes.config.library import load_library
from outcomes.scaffold.init.codes import rules_out
from outcomes.scaffold.init.events import EventGuess
from outcomes.scaffold.init.measure_guess import MeasureGuess

FEWEST_VISITS = 4
"""Visits of a measure from which on a relapse after remission may be told."""


def competing_with(event: EventGuess, events: Sequence[EventGuess]) -> tuple[tuple[str, ...], str]:
    """What rules an event out, and why it is thought to.

    That is a death for which its times are censored, and any other event that is called a death; a reason
    that is called like an event would leave open which of the two is meant.
    """
    names = {each.name for each in events}
    reasons = tuple(reason for reason in event.competing if reason not in names)
    told = {event.reason(code) for code in event.censored}
    deaths = tuple(
        each.name for each in events
        if each is not event and _is_death(each) and not _is_death(event) and each.name not in told
    )  # fmt: skip
    if not deaths:
        return reasons, ""
    why = "by name rules it out; where both fell on one day check refuses: mend the times, or add same_day: "
    return (*reasons, *deaths), f"{', '.join(deaths)} {why}in_order"


def _is_death(event: EventGuess) -> bool:
    words = re.split(r"[\W_]+", f"{event.name} {event.label}")
    return any(rules_out(word) for word in words if word)


def relapse_lines(measure: MeasureGuess) -> Iterator[str]:
    """Comments that show how a relapse is derived from visits; none where no definition is for the measure.

    They are comments, for a definition is chosen before results are seen.
    """
    known = [
        name for name, definition in load_library().items()
        if measure.scale.instrument and measure.scale.key in definition.instruments
        and {"remission", "relapse"} <= set(definition.rules) and definition.starts_in == "ill"
    ]  # fmt: skip
    if not known or not measure.has_baseline or measure.visits < FEWEST_VISITS:
        return
    others = f" (or {', '.join(known[1:])})" if len(known) > 1 else ""
    name, label = measure.name, measure.label
    endpoint = f"measure: {name}, definition: {known[0]}, state: relapse, start: remission"
    yield f"  # Relapse after remission may be derived from the visits of {label}. Choose a definition of"
    yield f"  # docs/definitions.md before results are seen: {known[0]}{others}; then take the marks away."
    yield "  # Where patients start in remission by design, name one of the plan's own, based on it with"
    yield "  # changes: {starts_in: remission}."
    if "recovery" in load_library()[known[0]].rules:
        yield "  # Recovery ends follow-up for a relapse here; state: relapse_or_recurrence goes on."
    yield f"  # {name}_relapse_cox:"
    yield "  #   model: cox"
    yield "  #   role: secondary"
    yield "  #   prespecified: false"
    yield "  #   question: Is relapse after remission less likely in one arm than in another?"
    yield f"  #   endpoint: {{kind: derived_event, {endpoint}}}"
