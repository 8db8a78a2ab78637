"""Analyses of a time to an event, and the endpoints that give them their times."""

from __future__ import annotations

from itertools import pairwise
from typing import Literal

from pydantic import Field, field_validator

from outcomes.config.analysis import AnalysisBase
from outcomes.config.base import Strict
from outcomes.config.fields import Name, Names


class EventEndpoint(Strict):
    """Time to one event of the cohort file."""

    kind: Literal["time_to_event"]
    event: Name


class KaplanMeierAnalysis(AnalysisBase):
    """Kaplan-Meier curves by arm; numbers at risk at `at_risk_days` (default: about six even steps)."""

    model: Literal["kaplan_meier"] = "kaplan_meier"
    endpoint: EventEndpoint
    at_risk_days: tuple[float, ...] = ()

    @field_validator("at_risk_days")
    @classmethod
    def _rising(cls, days: tuple[float, ...]) -> tuple[float, ...]:
        if any(day < 0 for day in days) or any(b <= a for a, b in pairwise(days)):
            raise ValueError("days must be 0 or more, and each above the one before")
        return days


class LogRankAnalysis(AnalysisBase):
    """Log-rank test over all arms and for each contrast."""

    model: Literal["log_rank"] = "log_rank"
    endpoint: EventEndpoint
    strata: Names = ()


class CoxAnalysis(AnalysisBase):
    """Cox proportional hazards, Efron ties."""

    model: Literal["cox"] = "cox"
    endpoint: EventEndpoint
    covariates: Names = ()
    strata: Names = ()


class RmstAnalysis(AnalysisBase):
    """Restricted mean survival time to `horizon_days` (default: the shortest arm's longest follow-up)."""

    model: Literal["rmst"] = "rmst"
    endpoint: EventEndpoint
    horizon_days: float | None = Field(default=None, gt=0)
