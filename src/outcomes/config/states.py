"""Endpoints that a definition derives: a state, from when, and over which definitions."""

from __future__ import annotations

from itertools import product
from math import prod
from typing import Annotated, Literal

from pydantic import Field, model_validator

from outcomes.config.base import Strict
from outcomes.config.changes import EITHER, Path, Value, changed
from outcomes.config.definition import Definition, State
from outcomes.config.fields import Name

Grid = dict[Path, Annotated[tuple[Value, ...], Field(min_length=1)]]
EventState = Literal[State, "dropout", "relapse_or_recurrence"]
StartState = Literal["baseline", "response", "remission", "recovery"]
MOST_POINTS = 200
"""Definitions that one grid may span; each is derived and fitted."""


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
            label = "; ".join(f"{path}={printed_value(value)}" for path, value in changes.items())
            try:
                found[label] = changed(self.resolved, changes)
            except ValueError as error:
                raise ValueError(f"at {label} of the grid: {error}") from None
        return found


def printed_value(value: Value) -> str:
    """Return a value of a grid as labels have it: 16 rather than 16.0."""
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
