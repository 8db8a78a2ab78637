"""Analyses of an event of which others can rob the patient, and the endpoints that say which."""

from __future__ import annotations

from collections.abc import Collection
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from outcomes.config.analysis import AnalysisBase
from outcomes.config.base import Strict
from outcomes.config.cohort import Cohort
from outcomes.config.definition import Definition
from outcomes.config.fields import Distinct, Label, Name, Names
from outcomes.config.records import Status
from outcomes.config.states import StateEndpoint
from outcomes.config.survival import LaterDays
from outcomes.errors import Problem, did_you_mean


class CompetingEventsEndpoint(Strict):
    """The first of an event and of what competes with it.

    A competing cause is another event of the cohort file, or a reason for which times of `event` are
    censored there, so that one status column with several codes serves as well as several columns.
    """

    kind: Literal["competing_events"]
    event: Name
    competing: Annotated[tuple[Label, ...], Distinct, Field(min_length=1)]
    same_day: Literal["refuse", "in_order"] = "refuse"

    @property
    def causes(self) -> tuple[str, ...]:
        """The event, then what competes with it, in the order of the plan."""
        return (self.event, *self.competing)

    @model_validator(mode="after")
    def _not_with_itself(self) -> CompetingEventsEndpoint:
        if self.event in self.competing:
            raise ValueError(f"competing: '{self.event}' is the event itself")
        return self


class DerivedCompetingEventsEndpoint(StateEndpoint):
    """The first of a state that a definition derives and of what competes with it, from another state on.

    A competing cause is an event of the cohort file, whose days count from baseline, or ``dropout`` as the
    definition has it; where both are called so, `dropout` says which is meant.
    """

    kind: Literal["derived_competing_events"]
    competing: Annotated[Names, Distinct, Field(min_length=1)]
    same_day: Literal["refuse", "in_order"] = "refuse"
    dropout: Literal["definition", "event"] | None = None

    @property
    def causes(self) -> tuple[str, ...]:
        """The state, then what competes with it, in the order of the plan."""
        return (self.state, *self.competing)

    @property
    def states(self) -> tuple[str, ...]:
        """States of the definition that count as the event."""
        return ("relapse", "recurrence") if self.state == "relapse_or_recurrence" else (self.state,)

    def recorded(self, events: Collection[str]) -> tuple[str, ...]:
        """Return the competing causes that are among the events of a cohort; the rest the definition has."""
        derived = ("dropout",) if self.dropout == "definition" else ()
        return tuple(name for name in self.competing if name in events and name not in derived)

    @model_validator(mode="after")
    def _not_with_itself(self) -> DerivedCompetingEventsEndpoint:
        itself = [name for name in self.competing if name in (self.state, *self.states)]
        if itself:
            raise ValueError(f"competing: '{itself[0]}' is the state itself")
        if self.dropout is not None and "dropout" not in self.competing:
            raise ValueError("dropout: says which dropout competes, and competing does not name it")
        return self


CompetingEndpoint = Annotated[
    CompetingEventsEndpoint | DerivedCompetingEventsEndpoint, Field(discriminator="kind")
]


class CompetingRisksAnalysis(AnalysisBase):
    """Cumulative incidences, Gray's test, cause-specific and subdistribution hazards of every cause."""

    model: Literal["competing_risks"] = "competing_risks"
    endpoint: CompetingEndpoint
    covariates: Names = ()
    strata: Names = ()
    at_days: LaterDays = ()
    at_risk_days: tuple[float, ...] = ()
    censoring: Literal["everyone", "by_arm"] = "everyone"

    @field_validator("at_risk_days")
    @classmethod
    def _rising(cls, days: tuple[float, ...]) -> tuple[float, ...]:
        if any(day < 0 for day in days) or any(b <= a for a, b in pairwise(days)):
            raise ValueError("days must be 0 or more, and each above the one before")
        return days


def censoring_reasons(cohort: Cohort, event: str) -> tuple[str, ...]:
    """Reasons for which times of an event are censored, as its status column declares them."""
    status = cohort.events[event].status
    return tuple(dict.fromkeys(status.censored.values())) if isinstance(status, Status) else ()


def competing_problems(
    endpoint: CompetingEventsEndpoint | DerivedCompetingEventsEndpoint,
    cohort: Cohort,
    shown: str,
    place: str,
) -> list[Problem]:
    """Competing causes that the cohort does not have, or has twice.

    Parameters
    ----------
    shown, place : str
        The plan file, and the key of the endpoint there, for messages.
    """
    if isinstance(endpoint, DerivedCompetingEventsEndpoint):
        faults = [_derived_fault(endpoint, word, cohort) for word in endpoint.competing]
        return [Problem(shown, f"{place}.competing", fault) for fault in faults if fault]
    if endpoint.event not in cohort.events:  # told on its own
        return []
    reasons = censoring_reasons(cohort, endpoint.event)
    problems = []
    for word in endpoint.competing:
        if word in cohort.events and word in reasons:
            what = (
                f"'{word}' is an event of the cohort and a reason for which times of "
                f"'{endpoint.event}' are censored: call one of them otherwise"
            )
        elif word not in cohort.events and word not in reasons:
            others = [name for name in cohort.events if name != endpoint.event]
            what = (
                f"the cohort has no event '{word}', and no time of '{endpoint.event}' is censored for it"
                f"{did_you_mean(word, [*others, *reasons])}"
            )
        else:
            continue
        problems.append(Problem(shown, f"{place}.competing", what))
    return problems


def _derived_fault(endpoint: DerivedCompetingEventsEndpoint, word: str, cohort: Cohort) -> str:
    """Why a name cannot compete with a derived state; empty where it can."""
    definition = endpoint.resolved
    is_event = word in cohort.events
    is_state = word == "dropout" and definition.dropout is not None
    if word == "dropout" and endpoint.dropout is not None:
        is_event, is_state = (
            is_event and endpoint.dropout == "event",
            is_state and endpoint.dropout != "event",
        )
    if is_event and is_state:
        return (
            "'dropout' is an event of the cohort and a state of the definition: say by dropout: event or "
            "dropout: definition which is meant"
        )
    if is_event:
        return _counted_fault(endpoint, word, definition)
    if is_state:
        return _missing_fault(endpoint, definition)
    known = [*cohort.events, *(("dropout",) if definition.dropout else ())]
    hint = did_you_mean(word, [name for name in known if name not in (word, endpoint.state)])
    if word == "dropout" and endpoint.dropout == "definition":
        return "the definition has no rule of 'dropout'"
    if word == "dropout" and endpoint.dropout is None:
        return f"neither has the cohort an event 'dropout' nor the definition a rule of it{hint}"
    rules = "; of the definition's states only dropout competes" if word in definition.rules else ""
    return f"the cohort has no event '{word}'{rules}{hint}"


def _counted_fault(endpoint: DerivedCompetingEventsEndpoint, word: str, definition: Definition) -> str:
    rules = definition.rules
    counted = [state for state in endpoint.states if state in rules and word in rules[state].events]
    if not counted:
        return ""
    return f"by the definition '{word}' is {' and '.join(counted)} at once: it cannot compete with that"


def _missing_fault(endpoint: DerivedCompetingEventsEndpoint, definition: Definition) -> str:
    rules = definition.rules
    counted = [state for state in endpoint.states if state in rules and rules[state].missing == "event"]
    if not counted:
        return ""
    return (
        f"a visit without score counts as {' and '.join(counted)} (missing: event): dropout, which is told "
        "by such visits, cannot compete with that"
    )
