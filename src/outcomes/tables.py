"""The table contracts: grain, key, columns, units and ranges of every table that crosses a file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["string", "integer", "number", "boolean", "category"]


@dataclass(frozen=True)
class Column:
    """One column: its type, what it means, its unit and the values it may take."""

    name: str
    kind: Kind
    meaning: str
    unit: str | None = None
    nullable: bool = False
    low: float | None = None
    high: float | None = None
    allowed: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Table:
    """One table: what a row is, what identifies it, and its columns.

    Attributes
    ----------
    open : bool
        Whether columns beyond the declared ones are allowed (components and covariates of a cohort).
    """

    name: str
    grain: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    open: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """Column names in the order in which they are written."""
        return tuple(column.name for column in self.columns)

    def column(self, name: str) -> Column:
        """Return the declaration of one column."""
        return next(column for column in self.columns if column.name == name)


PATIENTS = Table(
    "patients",
    "patient",
    ("patient_id",),
    (
        Column("patient_id", "string", "identifier, always text"),
        Column("arm", "category", "arm, in canonical order"),
        Column("follow_up_days", "number", "time under observation", "day", nullable=True, low=0),
    ),
    open=True,
)

VISITS = Table(
    "visits",
    "patient x measure x planned visit",
    ("patient_id", "measure", "visit"),
    (
        Column("patient_id", "string", "identifier"),
        Column("measure", "string", "measure of the cohort file"),
        Column("visit", "category", "planned visit, in the order of the schedule"),
        Column("week", "number", "planned time since baseline", "week", low=0),
        Column("day", "number", "actual time since baseline", "day", nullable=True),
        Column("score", "number", "total score; null = planned but not observed", "points", nullable=True),
        Column("missing_reason", "string", "why there is no score, where the file says", nullable=True),
    ),
)

EVENTS = Table(
    "events",
    "patient x event spell",
    ("patient_id", "kind", "event", "start_day"),
    (
        Column("patient_id", "string", "identifier"),
        Column("kind", "string", "outcome: time to an event; adverse: an adverse event",
               allowed=("outcome", "adverse")),
        Column("event", "string", "event of the cohort file, or adverse event term"),
        Column("start_day", "number", "outcome: start of time at risk; adverse: onset", "day"),
        Column("end_day", "number", "outcome: event or censoring; adverse: resolution", "day", nullable=True),
        Column("observed", "boolean", "did the event happen"),
        Column("reason", "string", "why the time was censored, or the event happened", nullable=True),
        Column("grade", "string", "severity grade as recorded", nullable=True),
    ),
)  # fmt: skip

EXPOSURES = Table(
    "exposures",
    "patient x component spell",
    ("patient_id", "component", "start_day"),
    (
        Column("patient_id", "string", "identifier"),
        Column("component", "string", "component of the treatment"),
        Column("start_day", "number", "first day of the spell", "day"),
        Column("end_day", "number", "last day of the spell", "day", nullable=True),
        Column("agent", "string", "agent or therapy type", nullable=True),
        Column("dose", "number", "dose as recorded", nullable=True, low=0),
        Column("sessions_offered", "number", "planned sessions", "session", nullable=True, low=0),
        Column("sessions_attended", "number", "attended sessions", "session", nullable=True, low=0),
        Column("days_planned", "number", "days for which treatment was planned", "day", nullable=True, low=0),
        Column("days_covered", "number", "days with treatment taken", "day", nullable=True, low=0),
    ),
)  # fmt: skip

EPISODES = Table(
    "episodes",
    "patient x measure x definition x state x spell",
    ("patient_id", "measure", "definition", "state", "spell"),
    (
        Column("patient_id", "string", "identifier"),
        Column("measure", "string", "measure whose scores tell the state"),
        Column("definition", "string", "definition of the plan or the library"),
        Column("state", "string", "response, remission, recovery, relapse, ..."),
        Column("spell", "integer", "the patient's first, second, ... of the state", low=1),
        Column("start_day", "number", "first visit of the run; 0 where so by design", "day", low=0),
        Column("confirmed_day", "number", "visit that completed the run", "day", low=0),
        Column("end_day", "number", "what ended it, or the last score", "day", low=0),
        Column("ended", "string", "the state that ended it, or why no more is known"),
        Column("evidence", "string", "visits and events that made it"),
    ),
)

INPUT_TABLES = {table.name: table for table in (PATIENTS, VISITS, EVENTS, EXPOSURES)}

STATUSES = ("ok", "boundary", "not_converged", "not_estimable")
NUMBERED_STATUSES = ("ok", "boundary")
"""Statuses whose rows carry numbers; at a boundary the message says what does not stand."""


@dataclass(frozen=True)
class Quantity:
    """What a row of estimates measures.

    Attributes
    ----------
    label : str
        As printed.
    scale : {'identity', 'log'}
        Where `std_error`, and the symmetric interval, live.
    null : float or None
        Value of no difference, for contrasts.
    interval : bool
        Whether an ok row must carry an interval.
    """

    label: str
    scale: Literal["identity", "log"] = "identity"
    null: float | None = None
    interval: bool = True


QUANTITIES = {
    "count": Quantity("Patients", interval=False),
    "event_count": Quantity("Events", interval=False),
    "number_at_risk": Quantity("Number at risk", interval=False),
    "person_years": Quantity("Person-years", interval=False),
    "observed_mean": Quantity("Mean", interval=False),
    "standard_deviation": Quantity("Standard deviation", interval=False),
    "proportion": Quantity("Proportion"),
    "mean": Quantity("Mean"),
    "mean_difference": Quantity("Difference in means", null=0.0),
    "mean_difference_over_visits": Quantity("Difference in means, averaged over visits", null=0.0),
    "area_difference": Quantity("Difference in area under the mean over time", null=0.0),
    "standardised_mean_difference": Quantity("Standardised mean difference", null=0.0, interval=False),
    "coefficient": Quantity("Coefficient", null=0.0),
    "log_hazard_coefficient": Quantity("Log hazard ratio", null=0.0),
    "f_statistic": Quantity("Joint test (F)", interval=False),
    "model_standard_deviation": Quantity("Model standard deviation", interval=False),
    "model_correlation": Quantity("Model correlation", interval=False),
    "variance_component": Quantity("Variance component", interval=False),
    "log_likelihood": Quantity("Log-likelihood", interval=False),
    "hazard_ratio": Quantity("Hazard ratio", scale="log", null=1.0),
    "penalised_hazard_ratio": Quantity("Penalised hazard ratio", scale="log", null=1.0),
    "period_hazard_ratio": Quantity("Hazard ratio by period", scale="log", null=1.0),
    "subgroup_hazard_ratio": Quantity("Hazard ratio by subgroup", scale="log", null=1.0),
    "interaction_chi_square": Quantity("Test of interaction (chi-square)", interval=False),
    "hazard_ratio_over_time": Quantity("Hazard ratio over time, smoothed", scale="log", null=1.0),
    "proportionality_chi_square": Quantity("Test of proportional hazards (chi-square)", interval=False),
    "predicted_survival": Quantity("Predicted probability of remaining event-free"),
    "cause_specific_hazard_ratio": Quantity("Cause-specific hazard ratio", scale="log", null=1.0),
    "subdistribution_hazard_ratio": Quantity("Subdistribution hazard ratio", scale="log", null=1.0),
    "cumulative_incidence": Quantity("Cumulative incidence"),
    "gray_chi_square": Quantity("Test of equal cumulative incidence (chi-square)", interval=False),
    "time_ratio": Quantity("Time ratio", scale="log", null=1.0),
    "survival_probability": Quantity("Probability of remaining event-free"),
    "survival_difference": Quantity("Difference in probability of remaining event-free", null=0.0),
    "median_survival": Quantity("Median time to event", interval=False),
    "rmst": Quantity("Restricted mean survival time"),
    "rmst_difference": Quantity("Difference in restricted mean survival time", null=0.0),
    "rmst_ratio": Quantity("Ratio of restricted mean survival times", scale="log", null=1.0),
    "log_rank_chi_square": Quantity("Log-rank chi-square", interval=False),
    "max_combo": Quantity("Max-combo statistic", interval=False),
    "risk_difference": Quantity("Risk difference", null=0.0),
    "incidence_rate": Quantity("Rate per person-year"),
    "truth": Quantity("True value (simulated cohort)", interval=False),
}  # fmt: skip

ESTIMATES = Table(
    "estimates",
    "cohort x analysis x quantity x term x arm x comparator x time",
    ("cohort", "analysis", "quantity", "term", "arm", "comparator", "time"),
    (
        Column("cohort", "string", "cohort of the config"),
        Column("analysis", "string", "entry of the plan"),
        Column("endpoint", "string", "what was measured"),
        Column("population", "string", "analysis set"),
        Column("model", "string", "model of the plan entry"),
        Column("quantity", "string", "what the row measures", allowed=tuple(QUANTITIES)),
        Column("term", "string", "coefficient, baseline variable, flow step or adverse event", nullable=True),
        Column("arm", "string", "arm; null for a row over all arms", nullable=True),
        Column("comparator", "string", "a contrast reads arm minus (or over) comparator", nullable=True),
        Column("time", "number", "time of the row, in time_unit", nullable=True),
        Column("time_unit", "string", "unit of time", nullable=True),
        Column("estimate", "number", "natural scale, in unit", nullable=True),
        Column("ci_low", "number", "lower confidence limit", nullable=True),
        Column("ci_high", "number", "upper confidence limit; inf where not reached", nullable=True),
        Column("conf_level", "number", "confidence level", nullable=True, low=0, high=1),
        Column("unit", "string", "points, ratio, days, probability (0 to 1), ...", nullable=True),
        Column("std_error", "number", "standard error on `scale`", nullable=True, low=0),
        Column("scale", "string", "scale of std_error", nullable=True, allowed=("identity", "log")),
        Column("df", "number", "degrees of freedom; inf is the normal", nullable=True, low=0),
        Column("statistic", "number", "test statistic", nullable=True),
        Column("p_value", "number", "two-sided", nullable=True, low=0, high=1),
        Column("family", "string", "multiplicity family", nullable=True),
        Column("p_adjusted", "number", "adjusted within the family", nullable=True, low=0, high=1),
        Column("n_patients", "integer", "patients the number rests on", nullable=True, low=0),
        Column("n_obs", "integer", "observations", nullable=True, low=0),
        Column("n_events", "integer", "events", nullable=True, low=0),
        Column("n_at_risk", "integer", "patients at risk at `time`", nullable=True, low=0),
        Column("status", "string", "health of the fit", allowed=STATUSES),
        Column("message", "string", "why a number is missing or must be read with care", nullable=True),
    ),
)  # fmt: skip
