"""The same contrasts under many definitions of the event."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from outcomes.config.analysis import AnalysisBase
from outcomes.config.fields import Names
from outcomes.config.states import DerivedEventEndpoint, EventMultiverseEndpoint
from outcomes.config.survival import CoxAnalysis, RmstAnalysis

DECLARED = "declared"
"""What rows of the definition itself are called, beside those of the grid."""


class MultiverseAnalysis(AnalysisBase):
    """Each contrast under the declared definition and every one of a grid, by one model."""

    model: Literal["multiverse"] = "multiverse"
    endpoint: EventMultiverseEndpoint
    fit: Literal["cox", "rmst"] = "cox"
    covariates: Names = ()
    strata: Names = ()
    horizon_days: float | None = Field(default=None, gt=0)

    def single(self) -> CoxAnalysis | RmstAnalysis:
        """Return the analysis that one definition is fitted by."""
        endpoint = self.endpoint
        content = {
            key: getattr(self, key) for key in AnalysisBase.model_fields if key in self.model_fields_set
        }
        content["endpoint"] = DerivedEventEndpoint(
            kind="derived_event", measure=endpoint.measure, definition=endpoint.definition,
            state=endpoint.state, start=endpoint.start,
        )  # fmt: skip
        content["covariates"] = self.covariates
        if self.fit == "cox":
            return CoxAnalysis(**content, strata=self.strata, firth="never")
        return RmstAnalysis(**content, horizon_days=self.horizon_days)

    @model_validator(mode="after")
    def _keys_of_the_fit(self) -> MultiverseAnalysis:
        if self.fit == "rmst" and self.horizon_days is None:
            raise ValueError(
                "horizon_days: one horizon for all definitions, or they estimate different things"
            )
        if self.fit == "rmst" and self.strata:
            raise ValueError("strata are of fit: cox; rmst takes covariates")
        if self.fit == "cox" and self.horizon_days is not None:
            raise ValueError("horizon_days is of fit: rmst")
        if self.family is not None:
            raise ValueError("family: the definitions of a multiverse are no family of hypotheses: remove it")
        return self
