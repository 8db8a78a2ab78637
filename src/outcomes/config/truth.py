"""The true values of a simulated cohort."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from outcomes.config.base import Strict


class TrueValue(Strict):
    """One true value, placed as its row of `estimates` is."""

    endpoint: str
    quantity: str
    arm: str | None
    comparator: str | None = None
    time: float | None = None
    time_unit: str | None = None
    value: float


class Truth(Strict):
    """A truth file: the values, and the parameters that the simulation was made with."""

    truth: tuple[TrueValue, ...]
    parameters: dict[str, Any] = Field(default_factory=dict)
