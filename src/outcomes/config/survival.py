"""Analyses of a time to an event, and the endpoints that give them their times."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, field_validator, model_validator

from outcomes.config.analysis import AnalysisBase
from outcomes.config.base import Strict
from outcomes.config.fields import Name, Names
from outcomes.config.states import DerivedEventEndpoint


def _rising(days: tuple[float, ...]) -> tuple[float, ...]:
    if any(b <= a for a, b in pairwise(days)):
        raise ValueError("days must be rising, each above the one before")
    return days


LaterDays = Annotated[tuple[Annotated[float, Field(gt=0)], ...], AfterValidator(_rising)]
"""Days above 0, each above the one before."""


class EventEndpoint(Strict):
    """Time to one event of the cohort file; with `landmark_day`, from that day on."""

    kind: Literal["time_to_event"]
    event: Name
    landmark_day: float | None = Field(default=None, gt=0)


TimesEndpoint = Annotated[EventEndpoint | DerivedEventEndpoint, Field(discriminator="kind")]


class KaplanMeierAnalysis(AnalysisBase):
    """Kaplan-Meier curves by arm; numbers at risk at `at_risk_days` (default: about six even steps)."""

    model: Literal["kaplan_meier"] = "kaplan_meier"
    endpoint: TimesEndpoint
    at_risk_days: tuple[float, ...] = ()
    at_days: LaterDays = ()

    @field_validator("at_risk_days")
    @classmethod
    def _rising(cls, days: tuple[float, ...]) -> tuple[float, ...]:
        if any(day < 0 for day in days) or any(b <= a for a, b in pairwise(days)):
            raise ValueError("days must be 0 or more, and each above the one before")
        return days


class FlemingHarrington(Strict):
    """Weight S^rho (1 - S)^gamma of an event, S the pooled curve just before it."""

    rho: float = Field(default=0.0, ge=0)
    gamma: float = Field(default=0.0, ge=0)


class LogRankAnalysis(AnalysisBase):
    """Log-rank test over all arms and for each contrast, weighted or the largest of four weightings."""

    model: Literal["log_rank"] = "log_rank"
    endpoint: TimesEndpoint
    strata: Names = ()
    weights: Literal["log_rank", "max_combo"] | FlemingHarrington = "log_rank"


class CoxAnalysis(AnalysisBase):
    """Cox proportional hazards, the test of it, and effects by period and in subgroups."""

    model: Literal["cox"] = "cox"
    endpoint: TimesEndpoint
    covariates: Names = ()
    strata: Names = ()
    ties: Literal["efron", "breslow"] = "efron"
    cluster: Name | None = None
    periods_days: LaterDays = ()
    subgroups: Names = ()
    firth: Literal["auto", "always", "never"] = "auto"

    @model_validator(mode="after")
    def _tests_have_names_of_their_own(self) -> CoxAnalysis:
        taken = [name for name in self.covariates if name in ("treatment", "global")]
        taken += [name for name in self.subgroups if name == "period"]
        if taken:
            raise ValueError(f"'{taken[0]}' is the name of a test in the results: rename the covariate")
        return self


class RmstAnalysis(AnalysisBase):
    """Restricted mean survival time to `horizon_days` (default: the shortest arm's longest follow-up)."""

    model: Literal["rmst"] = "rmst"
    endpoint: TimesEndpoint
    horizon_days: float | None = Field(default=None, gt=0)
    horizons_days: LaterDays = ()
    covariates: Names = ()

    @model_validator(mode="after")
    def _the_headline_is_the_longest(self) -> RmstAnalysis:
        if self.horizons_days and self.horizon_days is None:
            raise ValueError("horizons_days are further horizons: give horizon_days, the longest, too")
        late = [day for day in self.horizons_days if self.horizon_days and day >= self.horizon_days]
        if late:
            shown = ", ".join(f"{day:g}" for day in late)
            raise ValueError(f"horizons_days: {shown} not below horizon_days, which must be the longest")
        return self
