"""What an event derived from visits is: rules for response, remission, recovery, relapse and the rest.

Rules stand in `outcomes.config.rule`.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from math import prod
from typing import Annotated, Any, Literal, get_args

from pydantic import (
    Discriminator,
    Field,
    Tag,
    ValidationError,
    model_validator,
)

from outcomes.config.base import Strict
from outcomes.config.explain import explain
from outcomes.config.fields import Distinct, Label, Name
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
        wrong = [*self._order_faults(), *self._duration_faults(), *self._direction_faults()]
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


Value = bool | float | str | tuple[Name, ...] | None
Path = Annotated[str, Field(pattern=r"^[a-z_]+(\.[a-z_]+){0,2}$")]
"""``rule.key``, such as ``relapse.at_least``; ``relapse_or_recurrence.at_least`` is that of both rules."""
Changes = dict[Path, Value]
"""Null takes a key away."""
Grid = dict[Path, Annotated[tuple[Value, ...], Field(min_length=1)]]
EventState = State | Literal["dropout", "relapse_or_recurrence"]
StartState = Literal["baseline", "response", "remission", "recovery"]
EITHER = {"relapse_or_recurrence": ("relapse", "recurrence")}
"""What stands for several rules, as a state and in a path."""
MOST_POINTS = 200
"""Definitions that one grid may span; each is derived and fitted."""


def _declared_kind(value: Any) -> str:  # noqa: ANN401 - raw YAML, or a model already built
    raw = value if isinstance(value, Mapping) else getattr(value, "__dict__", {})
    return "based_on" if "based_on" in raw else "definition"


class BasedOn(Strict):
    """A definition of the library, or of the same plan, with some of its keys changed."""

    based_on: Name
    changes: Annotated[Changes, Field(min_length=1)]
    source: str


Declared = Annotated[
    Annotated[BasedOn, Tag("based_on")] | Annotated[Definition, Tag("definition")],
    Discriminator(_declared_kind),
]
"""A definition as a plan writes it."""


def changed(definition: Definition, changes: Mapping[str, Any], source: str | None = None) -> Definition:
    """Return `definition` with the keys that `changes` names by path set anew.

    A rule that is not there yet begins with the first key that is given to it. A rule with a source says, by
    `source`, which of its keys are from there now.

    Raises
    ------
    ValueError
        If a path leads nowhere, or the result is no sound definition.
    """
    content = definition.model_dump(exclude_unset=True)
    changes = _written_out(changes)
    for path, value in changes.items():
        *parents, key = path.split(".")
        place = content
        for parent in parents:
            inner = place.setdefault(parent, {})
            if not isinstance(inner, dict):
                raise ValueError(f"{path}: '{parent}' has no keys that could be changed")
            place = inner
        place[key] = int(value) if isinstance(value, float) and value.is_integer() else value
    if source is not None:
        content["source"] = source
        for state, keys in _keys_by_rule(changes).items():
            before = content[state].get("source")
            if before is not None and "source" not in keys:
                content[state]["source"] = f"{source} ({', '.join(keys)}); {before}"
    try:
        return Definition.model_validate(content)
    except ValidationError as error:
        problems = explain(error, Definition, "")
        raise ValueError("; ".join(f"{p.where}: {p.what}".removeprefix(": ") for p in problems)) from None


def _written_out(changes: Mapping[str, Any]) -> dict[str, Any]:
    """Changes with a path of each rule in place of ``relapse_or_recurrence``."""
    found: dict[str, Any] = {}
    for path, value in changes.items():
        first, dot, rest = path.partition(".")
        found |= {f"{state}{dot}{rest}": value for state in EITHER.get(first, (first,))}
    return found


def _keys_by_rule(changes: Mapping[str, Any]) -> dict[str, list[str]]:
    """Keys of each rule that are set anew."""
    found: dict[str, list[str]] = {}
    for path in changes:
        state, _, key = path.partition(".")
        if key:
            found.setdefault(state, []).append(key)
    return found


class StateEndpoint(Strict):
    """A state that a definition derives from visits and dated events, from the start of another.

    `definition` is a name, of the plan or of the library, until the plan is loaded.
    """

    measure: Name
    definition: Definition | Name
    state: EventState
    start: StartState = "baseline"

    @property
    def resolved(self) -> Definition:
        """The definition itself.

        Raises
        ------
        ValueError
            If it is still a name: the plan puts the definition in its place.
        """
        if isinstance(self.definition, Definition):
            return self.definition
        raise ValueError("the definition is named, not resolved: load the plan that names it")

    @model_validator(mode="after")
    def _states_of_the_definition(self) -> StateEndpoint:
        if isinstance(self.definition, Definition):
            _refuse_other_states(self.definition, self.state, self.start)
        return self


class DerivedEventEndpoint(StateEndpoint):
    """Time to a state that is derived."""

    kind: Literal["derived_event"]


class EventMultiverseEndpoint(StateEndpoint):
    """The same time to a state under every combination of the values that `grid` gives to keys."""

    kind: Literal["event_multiverse"]
    grid: Annotated[Grid, Field(min_length=1)]

    @model_validator(mode="after")
    def _every_point_is_sound(self) -> EventMultiverseEndpoint:
        repeated = [path for path, values in self.grid.items() if len(set(values)) < len(values)]
        if repeated:
            raise ValueError(f"grid: a value stands more than once: {', '.join(repeated)}")
        n_points = prod(len(values) for values in self.grid.values())
        if not 1 < n_points <= MOST_POINTS:
            raise ValueError(f"grid: {n_points} definitions; give 2 to {MOST_POINTS}")
        if isinstance(self.definition, Definition):
            for definition in self.points().values():
                _refuse_other_states(definition, self.state, self.start)
        return self

    def points(self) -> dict[str, Definition]:
        """Return the definition of each point of the grid by its label, such as ``relapse.at_least=16``."""
        found = {}
        for values in product(*self.grid.values()):
            changes = dict(zip(self.grid, values, strict=True))
            label = "; ".join(f"{path}={_printed(value)}" for path, value in changes.items())
            found[label] = changed(self.resolved, changes)
        return found


def _printed(value: Value) -> str:
    if value is None or value == ():
        return "none"
    if isinstance(value, tuple):
        return "+".join(value)
    return f"{value:g}" if isinstance(value, float) and not isinstance(value, bool) else str(value).lower()


def _refuse_other_states(definition: Definition, state: str, start: str) -> None:
    known = definition.states
    parts = EITHER.get(state, (state,))
    if state == start:
        raise ValueError(f"start and state are both {state}")
    missing = [part for part in (*parts, start) if part not in known and part != "baseline"]
    missing = [part for part in missing if part != definition.starts_in]
    if missing:
        raise ValueError(
            f"definition '{definition.title}' has no rule of {' and '.join(missing)}, "
            f"but of {', '.join(known)}"
        )
