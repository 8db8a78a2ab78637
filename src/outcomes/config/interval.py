"""Analyses of an event that is known only to lie between two visits."""

from __future__ import annotations

from typing import Literal

from outcomes.config.analysis import AnalysisBase
from outcomes.config.fields import Names
from outcomes.config.states import StateEndpoint
from outcomes.config.survival import LaterDays


class IntervalEventEndpoint(StateEndpoint):
    """Between which visits a state came that is derived."""

    kind: Literal["interval_event"]


class IntervalCensoredAnalysis(AnalysisBase):
    """Turnbull's curves, Sun's test and Weibull regression; beside them the visit's date as the event's."""

    model: Literal["interval_censored"] = "interval_censored"
    endpoint: IntervalEventEndpoint
    covariates: Names = ()
    at_days: LaterDays = ()
