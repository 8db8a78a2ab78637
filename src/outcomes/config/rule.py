"""One rule of a definition: at which scores a visit counts, for how long, and what no score means."""

from __future__ import annotations

from math import sqrt
from typing import Literal

from pydantic import Field, PositiveFloat, PositiveInt, model_validator

from outcomes.config.base import Strict
from outcomes.config.fields import Label, Names

Missing = Literal["ignore", "break", "event"]
THRESHOLDS = (
    "at_most", "at_least", "percent_reduction", "points_reduction", "percent_increase", "points_increase",
    "instrument", "reliable_change", "cutoff",
)  # fmt: skip
FALLS = ("at_most", "percent_reduction", "points_reduction")
RISES = ("at_least", "percent_increase", "points_increase")
NEED_A_BASELINE = ("percent_reduction", "points_reduction", "reliable_change", "cutoff")
RELIABLE_Z = 1.96
"""Beyond this a change is unlikely to be error of measurement; Jacobson & Truax 1991."""


class ReliableChange(Strict):
    """Change from baseline beyond ``1.96 sd sqrt(2 (1 - reliability))`` points.

    The reliable change index of Jacobson & Truax 1991, J Consult Clin Psychol 59:12: the standard error of a
    score is ``sd sqrt(1 - reliability)``, that of a difference of two scores sqrt(2) times as large.
    """

    direction: Literal["improvement", "deterioration"] = "improvement"
    sd: PositiveFloat
    reliability: float = Field(gt=0, lt=1)
    source: str

    @property
    def points(self) -> float:
        """Points that a change must exceed."""
        return RELIABLE_Z * self.sd * sqrt(2 * (1 - self.reliability))


class Cutoff(Strict):
    """A score on the functional side of a cut-off, from a baseline on the other; Jacobson & Truax 1991.

    ``a``: two standard deviations from the clinical mean; ``b``: two from the functional mean; ``c``: where
    both are equally many standard deviations away, which is the rule of choice where the two overlap.
    """

    criterion: Literal["a", "b", "c"]
    clinical_mean: float | None = None
    clinical_sd: PositiveFloat | None = None
    functional_mean: float | None = None
    functional_sd: PositiveFloat | None = None
    source: str

    @model_validator(mode="after")
    def _norms_of_the_criterion(self) -> Cutoff:
        needed = {
            "a": ("clinical_mean", "clinical_sd"),
            "b": ("functional_mean", "functional_sd"),
            "c": ("clinical_mean", "clinical_sd", "functional_mean", "functional_sd"),
        }[self.criterion]
        missing = [key for key in needed if getattr(self, key) is None]
        if missing:
            raise ValueError(f"criterion {self.criterion} needs {', '.join(missing)}")
        return self

    def score(self, *, higher_is_better: bool) -> float:
        """Return the cut-off score of an instrument."""
        sign = 1.0 if higher_is_better else -1.0
        clinical, clinical_sd = self.clinical_mean or 0.0, self.clinical_sd or 0.0
        functional, functional_sd = self.functional_mean or 0.0, self.functional_sd or 0.0
        if self.criterion == "a":
            return clinical + sign * 2 * clinical_sd
        if self.criterion == "b":
            return functional - sign * 2 * functional_sd
        return (functional_sd * clinical + clinical_sd * functional) / (functional_sd + clinical_sd)


class Rule(Strict):
    """When a visit counts, and for how long; of several thresholds all must hold.

    `events` are dated events of the cohort file, each of which counts as the state at once.
    """

    at_most: float | None = None
    at_least: float | None = None
    percent_reduction: float | None = Field(default=None, gt=0, le=100)
    from_minimum: bool = False
    points_reduction: PositiveFloat | None = None
    percent_increase: PositiveFloat | None = None
    points_increase: PositiveFloat | None = None
    increase_from: Literal["best", "baseline"] = "best"
    instrument: Literal["response", "remission"] | None = None
    reliable_change: ReliableChange | None = None
    cutoff: Cutoff | None = None
    visits_in_row: PositiveInt = 1
    days_in_row: float = Field(default=0, ge=0)
    most_days_between: PositiveFloat | None = None
    missing: Missing = "ignore"
    dated: Literal["confirmed", "start"] = "confirmed"
    events: Names = ()
    rater: Label | None = None
    source: str

    @property
    def thresholds(self) -> tuple[str, ...]:
        """Names of the thresholds that are in use."""
        return tuple(name for name in THRESHOLDS if getattr(self, name) is not None)

    @property
    def needs_baseline(self) -> bool:
        """Whether a visit can only be judged against the baseline score."""
        from_baseline = any(name.endswith("_increase") for name in self.thresholds)
        return any(name in NEED_A_BASELINE for name in self.thresholds) or (
            from_baseline and self.increase_from == "baseline"
        )

    @model_validator(mode="after")
    def _sound(self) -> Rule:
        wrong = []
        if not self.thresholds and not self.events:
            wrong.append(f"give a threshold ({', '.join(THRESHOLDS)}), or events")
        lasting = self.visits_in_row > 1 or self.days_in_row > 0 or self.missing != "ignore"
        if not self.thresholds and lasting:
            wrong.append("visits_in_row, days_in_row and missing need a threshold: an event counts at once")
        if self.from_minimum and self.percent_reduction is None:
            wrong.append("from_minimum says what percent_reduction is a percentage of: give that too")
        if self.at_most is not None and self.at_least is not None and self.at_most < self.at_least:
            wrong.append("no score is at most at_most and at least at_least: at_most lies below at_least")
        if self.most_days_between is not None and self.visits_in_row == 1 and self.days_in_row == 0:
            wrong.append("most_days_between is about runs: give visits_in_row or days_in_row")
        if wrong:
            raise ValueError("\n".join(wrong))
        return self


class Dropout(Strict):
    """No score at the last planned visits, so many or more; dated at the first that was missed."""

    visits_in_row: PositiveInt = 1
    source: str
