"""Analyses of an event of which others can rob the patient, and the endpoint that says which."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from outcomes.config.analysis import AnalysisBase
from outcomes.config.base import Strict
from outcomes.config.cohort import Cohort
from outcomes.config.fields import Distinct, Label, Name, Names
from outcomes.config.records import Status
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


class CompetingRisksAnalysis(AnalysisBase):
    """Cumulative incidences, Gray's test, cause-specific and subdistribution hazards of every cause."""

    model: Literal["competing_risks"] = "competing_risks"
    endpoint: CompetingEventsEndpoint
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
    endpoint: CompetingEventsEndpoint, cohort: Cohort, shown: str, place: str
) -> list[Problem]:
    """Competing causes that the cohort does not have, or has twice.

    Parameters
    ----------
    shown, place : str
        The plan file, and the key of the endpoint there, for messages.
    """
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
