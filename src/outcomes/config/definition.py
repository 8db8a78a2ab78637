"""What an event derived from visits is: rules for response, remission, recovery, relapse and the rest.

Rules stand in `outcomes.config.rule`.
"""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from pydantic import (
    Field,
    model_validator,
)

from outcomes.config.base import Strict
from outcomes.config.fields import Distinct, Label
from outcomes.config.rule import Dropout, Rule

State = Literal[
    "response", "onset", "remission", "recovery", "relapse", "recurrence", "reliable_improvement",
    "reliable_deterioration", "clinically_significant_change",
]  # fmt: skip
"""States that a rule defines; dropout has a rule of its own kind."""
STATES: tuple[str, ...] = (*get_args(State), "dropout")
WORSE = ("relapse", "recurrence", "reliable_deterioration", "dropout")
"""States that nobody hopes for; the others are improvements."""


class Definition(Strict):
    """A set of rules under one name and version.

    `relapse_after` says what a relapse is a relapse from. `starts_in` says what every patient is in on day 0:
    ill, or already in remission or recovery, where a trial assigns patients who are.
    """

    title: Label
    version: str = Field(pattern=r"^[0-9]+(\.[0-9]+)*$")
    instruments: Annotated[tuple[str, ...], Distinct] = ()
    starts_in: Literal["ill", "remission", "recovery"] = "ill"
    relapse_after: Literal["remission", "response"] = "remission"
    response: Rule | None = None
    onset: Rule | None = None
    remission: Rule | None = None
    recovery: Rule | None = None
    relapse: Rule | None = None
    recurrence: Rule | None = None
    reliable_improvement: Rule | None = None
    reliable_deterioration: Rule | None = None
    clinically_significant_change: Rule | None = None
    dropout: Dropout | None = None
    note: str | None = None
    source: str

    @property
    def rules(self) -> dict[str, Rule]:
        """Rule of each state that has one, dropout aside."""
        found = {state: getattr(self, state) for state in get_args(State)}
        return {state: rule for state, rule in found.items() if rule is not None}

    @property
    def states(self) -> tuple[str, ...]:
        """States that the definition tells apart."""
        return (*self.rules, *(("dropout",) if self.dropout else ()))

    @property
    def events(self) -> tuple[str, ...]:
        """Dated events of the cohort file that a rule names."""
        return tuple(dict.fromkeys(event for rule in self.rules.values() for event in rule.events))

    @model_validator(mode="after")
    def _sound(self) -> Definition:
        wrong = [
            *self._order_faults(), *self._duration_faults(), *self._overlap_faults(),
            *self._direction_faults(),
        ]  # fmt: skip
        if not self.states:
            wrong.append("has no rule: give one or more of " + ", ".join(STATES))
        if wrong:
            raise ValueError("\n".join(wrong))
        return self

    def _order_faults(self) -> list[str]:
        wrong = []
        entry = self.relapse_after
        if self.recovery and self.rules.get(entry) is None:
            wrong.append(f"recovery is lasting {entry}: give a rule of {entry}")
        if self.relapse and self.rules.get(entry) is None and self.starts_in != "remission":
            wrong.append(f"a relapse follows {entry}: give a rule of {entry}, or starts_in: remission")
        if self.recurrence and self.recovery is None and self.starts_in != "recovery":
            wrong.append("a recurrence follows recovery: give a rule of recovery, or starts_in: recovery")
        return wrong

    def _duration_faults(self) -> list[str]:
        entry = self.rules.get(self.relapse_after)
        if entry is None or self.recovery is None or self.recovery.days_in_row >= entry.days_in_row:
            return []
        return [f"recovery.days_in_row is shorter than {self.relapse_after}.days_in_row, which it follows"]

    def _overlap_faults(self) -> list[str]:
        """Scores that would be both a state and its loss, where single thresholds say so."""
        wrong = []
        for well, ill in ((self.relapse_after, "relapse"), ("recovery", "recurrence")):
            good, bad = self.rules.get(well), self.rules.get(ill)
            if good is None or bad is None or len(good.thresholds) > 1 or len(bad.thresholds) > 1:
                continue
            for low, high in ((good.at_most, bad.at_least), (bad.at_most, good.at_least)):
                if low is not None and high is not None and high <= low:
                    wrong.append(f"a score from {high:g} to {low:g} is both {well} and {ill}: part them")
        return wrong

    def _direction_faults(self) -> list[str]:
        wrong = []
        for state, rule in self.rules.items():
            if state not in WORSE and rule.missing == "event":
                wrong.append(f"{state}.missing: no score is no evidence of {state}: ignore or break")
            hoped_for = [key for key in ("instrument", "cutoff") if getattr(rule, key) is not None]
            if state in WORSE and hoped_for:
                wrong.append(f"{state}.{hoped_for[0]} tells who is well, which is not what {state} is")
            change = rule.reliable_change
            if change and (change.direction == "deterioration") != (state in WORSE):
                wrong.append(f"{state}.reliable_change.direction: {change.direction} is not what {state} is")
        return wrong
