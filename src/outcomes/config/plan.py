"""What was pre-specified: one entry per analysis."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from outcomes.config.analysis import AnalysisBase
from outcomes.config.base import Strict
from outcomes.config.changes import Declared
from outcomes.config.competing import CompetingRisksAnalysis
from outcomes.config.definition import Definition
from outcomes.config.fields import Distinct, Name, Names
from outcomes.config.interval import IntervalCensoredAnalysis
from outcomes.config.library import resolve_definitions, resolved_endpoint
from outcomes.config.multiverse import MultiverseAnalysis
from outcomes.config.states import StateEndpoint
from outcomes.config.survival import CoxAnalysis, KaplanMeierAnalysis, LogRankAnalysis, RmstAnalysis
from outcomes.treatment import Treatment


class ScoreEndpoint(Strict):
    """A measure at the planned visits after baseline, as score or as change from baseline."""

    kind: Literal["score", "change"]
    measure: Name


class DropoutEndpoint(Strict):
    """Whether a patient has no score of the measure at the last planned visit."""

    kind: Literal["dropout"]
    measure: Name


class AdherenceEndpoint(Strict):
    """Share of planned sessions attended, or of planned days covered."""

    kind: Literal["adherence"]
    component: Name
    of: Literal["sessions", "days"]


class AdverseEventsEndpoint(Strict):
    """Adverse events and time under observation."""

    kind: Literal["adverse_events"]


class BaselineEndpoint(Strict):
    """Covariates, and the baseline score of the named measures."""

    kind: Literal["baseline"]
    measures: Names = ()


class FlowEndpoint(Strict):
    """Patients from screening to the last planned visit of a measure, or the end of an event's follow-up."""

    kind: Literal["flow"]
    measure: Name | None = None
    event: Name | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> FlowEndpoint:
        if (self.measure is None) == (self.event is None):
            raise ValueError("give either measure or event, not both, not neither")
        return self


class RepeatedAnalysis(AnalysisBase):
    """What models of a score over visits have in common."""

    endpoint: ScoreEndpoint
    method: Literal["reml", "ml"] = "reml"
    treatment_by_time: bool = True
    adjust_for_baseline: bool = True
    covariates: Names = ()

    @property
    def patient_columns(self) -> tuple[str, ...]:
        """Covariates of the cohort that a patient must have."""
        return self.covariates


class MixedAnalysis(RepeatedAnalysis):
    """Linear mixed model of a score over visits: random effects per patient."""

    model: Literal["mixed"] = "mixed"
    random_effects: Literal["intercept", "intercept_and_slope"] = "intercept"
    predictors: Literal["arms", "components"] = "arms"
    time: Literal["categorical", "linear"] = "categorical"
    df: Literal["satterthwaite", "kenward_roger"] = "satterthwaite"

    @model_validator(mode="after")
    def _kenward_roger_is_for_reml(self) -> MixedAnalysis:
        if self.df == "kenward_roger" and self.method == "ml":
            raise ValueError("df: kenward_roger is defined for method: reml")
        return self


Covariance = Literal[
    "unstructured", "heterogeneous_toeplitz", "toeplitz", "heterogeneous_ar1", "ar1",
    "heterogeneous_compound_symmetry", "compound_symmetry", "heterogeneous_ante_dependence",
    "ante_dependence", "spatial_exponential",
]  # fmt: skip


class MmrmAnalysis(RepeatedAnalysis):
    """Mixed model for repeated measures: visits as categories, a covariance of the visits."""

    model: Literal["mmrm"] = "mmrm"
    covariance: Annotated[tuple[Covariance, ...], Distinct, Field(min_length=1)] = (
        "unstructured", "heterogeneous_toeplitz", "heterogeneous_ar1", "heterogeneous_compound_symmetry",
        "compound_symmetry",
    )  # fmt: skip
    covariance_by_arm: bool = False
    df: Literal["satterthwaite", "kenward_roger", "kenward_roger_linear", "between_within", "residual"] = (
        "kenward_roger_linear"
    )
    standard_errors: Literal["model", "CR0", "CR2", "CR3"] = "model"
    baseline_by_time: bool = True
    covariates_by_time: Names = ()
    margins: Literal["balanced", "observed"] = "balanced"
    weights: Name | None = None

    @property
    def patient_columns(self) -> tuple[str, ...]:
        """Covariates of the cohort that a patient must have."""
        return (*self.covariates, *((self.weights,) if self.weights else ()))

    @model_validator(mode="after")
    def _choices_go_together(self) -> MmrmAnalysis:
        kenward_roger = self.df.startswith("kenward_roger")
        if kenward_roger and self.method == "ml":
            raise ValueError(f"df: {self.df} is defined for method: reml; take satterthwaite")
        if kenward_roger and self.standard_errors != "model":
            raise ValueError(
                f"df: {self.df} adjusts model-based standard errors; with {self.standard_errors} take "
                "satterthwaite"
            )
        unknown = [name for name in self.covariates_by_time if name not in self.covariates]
        if unknown:
            raise ValueError(f"covariates_by_time: {', '.join(unknown)} not among covariates")
        if self.weights in self.covariates:
            raise ValueError(f"weights: {self.weights} is among covariates, too")
        return self


class ProportionAnalysis(AnalysisBase):
    """A yes/no endpoint by arm, unadjusted."""

    model: Literal["proportion"] = "proportion"
    endpoint: DropoutEndpoint


class MeanAnalysis(AnalysisBase):
    """A value per patient by arm, unadjusted, unequal variances."""

    model: Literal["mean"] = "mean"
    endpoint: AdherenceEndpoint

    def pairs(self, treatment: Treatment) -> tuple[tuple[str, str], ...]:
        """Return the pairs asked for; all pairs are those of the arms that contain the component."""
        place = treatment.components.index(self.endpoint.component)
        return tuple(
            pair for pair in super().pairs(treatment)
            if self.contrasts != "all_pairs" or all(treatment.vectors[arm][place] for arm in pair)
        )  # fmt: skip


class EventRateAnalysis(AnalysisBase):
    """Adverse events by arm: events, patients, rates per person-year."""

    model: Literal["event_rate"] = "event_rate"
    endpoint: AdverseEventsEndpoint


class BaselineAnalysis(AnalysisBase):
    """Baseline table by arm with standardised mean differences."""

    model: Literal["baseline_table"] = "baseline_table"
    endpoint: BaselineEndpoint


class FlowAnalysis(AnalysisBase):
    """Participant flow: counts with reasons."""

    model: Literal["participant_flow"] = "participant_flow"
    endpoint: FlowEndpoint


Analysis = Annotated[
    MmrmAnalysis | MixedAnalysis | KaplanMeierAnalysis | LogRankAnalysis | CoxAnalysis | RmstAnalysis
    | CompetingRisksAnalysis | IntervalCensoredAnalysis | MultiverseAnalysis | ProportionAnalysis
    | MeanAnalysis | EventRateAnalysis | BaselineAnalysis | FlowAnalysis,
    Field(discriminator="model"),
]  # fmt: skip

MODEL_FAMILIES = {
    "mmrm": "symptoms",
    "mixed": "symptoms",
    "kaplan_meier": "survival",
    "log_rank": "survival",
    "cox": "survival",
    "rmst": "survival",
    "competing_risks": "survival",
    "interval_censored": "survival",
    "multiverse": "multiverse",
    "proportion": "descriptive",
    "mean": "descriptive",
    "event_rate": "descriptive",
    "baseline_table": "descriptive",
    "participant_flow": "descriptive",
}
"""Which job fits a model: one job per family and cohort."""


class Plan(Strict):
    """One plan file."""

    title: str
    registration: str | None = None
    multiplicity: dict[Name, Literal["none", "bonferroni", "holm", "hochberg"]] = Field(default_factory=dict)
    definitions: dict[Name, Declared] = Field(default_factory=dict)
    analyses: dict[Name, Analysis] = Field(min_length=1)

    @model_validator(mode="after")
    def _definitions_are_known(self) -> Plan:
        """Put each definition in place of its name, so that an analysis says all that its result rests on."""
        known = resolve_definitions(self.definitions)
        analyses, problems = dict(self.analyses), []
        for name, analysis in self.analyses.items():
            if not isinstance(analysis.endpoint, StateEndpoint):
                continue
            try:
                endpoint = resolved_endpoint(analysis.endpoint, known)
            except ValueError as error:
                problems += [f"analyses.{name}.endpoint.{line}" for line in str(error).splitlines()]
            else:
                analyses[name] = analysis.model_copy(update={"endpoint": endpoint})
        if problems:
            raise ValueError("\n".join(problems))
        object.__setattr__(self, "analyses", analyses)  # frozen from here on
        return self

    @property
    def used_definitions(self) -> dict[tuple[str, str], Definition]:
        """Return the definitions that analyses use, grids aside, by measure and name.

        One that stands in an analysis itself goes by the name of that.
        """
        known = resolve_definitions(self.definitions)
        found = {}
        for key, analysis in self.analyses.items():
            endpoint = analysis.endpoint
            if isinstance(endpoint, StateEndpoint):
                named = (name for name, other in reversed(known.items()) if other == endpoint.resolved)
                found[endpoint.measure, next(named, key)] = endpoint.resolved
        return found

    @model_validator(mode="after")
    def _families_are_declared(self) -> Plan:
        used = {a.family for a in self.analyses.values() if a.family is not None}
        missing = sorted(used - set(self.multiplicity))
        if missing:
            raise ValueError(f"multiplicity: no method for family {', '.join(missing)}")
        return self

    def of_family(self, family: str) -> dict[str, Analysis]:
        """Return the analyses that one fit job runs, in plan order."""
        return {name: a for name, a in self.analyses.items() if MODEL_FAMILIES[a.model] == family}

    @property
    def families(self) -> tuple[str, ...]:
        """Model families that this plan needs, in a fixed order."""
        needed = {MODEL_FAMILIES[a.model] for a in self.analyses.values()}
        return tuple(f for f in dict.fromkeys(MODEL_FAMILIES.values()) if f in needed)
