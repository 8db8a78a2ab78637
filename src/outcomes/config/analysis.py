"""What every analysis of a plan states: question, population, role, contrasts and estimand."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from outcomes.config.base import Strict
from outcomes.config.fields import Distinct, Name
from outcomes.treatment import Treatment

Pairs = Literal["all_pairs"] | Annotated[tuple[tuple[Name, Name], ...], Distinct]


class Estimand(Strict):
    """The question in the terms of ICH E9(R1)."""

    population: str
    treatments: str
    variable: str
    intercurrent_events: dict[str, str]
    summary: str


class AnalysisBase(Strict):
    """What every analysis states."""

    question: str
    population: Literal["all_assigned", "with_post_baseline_score", "completers", "with_follow_up"] = (
        "all_assigned"
    )
    role: Literal["primary", "secondary", "exploratory", "descriptive"]
    prespecified: bool = True
    conf_level: float = Field(default=0.95, gt=0.5, lt=1)
    family: Name | None = None
    contrasts: Pairs = "all_pairs"
    estimand: Estimand | None = None

    def pairs(self, treatment: Treatment) -> tuple[tuple[str, str], ...]:
        """Return the (arm, comparator) pairs that this analysis asks for, in canonical order."""
        return treatment.pairs() if self.contrasts == "all_pairs" else self.contrasts

    @model_validator(mode="after")
    def _primary_has_an_estimand(self) -> AnalysisBase:
        if self.role == "primary" and self.estimand is None:
            raise ValueError("a primary analysis states its estimand")
        return self
