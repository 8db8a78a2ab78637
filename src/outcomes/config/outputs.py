"""What is shown: figures and report tables as a kind, a filter on estimates and a caption."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, field_validator

from outcomes.config.base import Strict
from outcomes.config.fields import Name
from outcomes.config.plan import MODEL_FAMILIES
from outcomes.errors import did_you_mean
from outcomes.tables import QUANTITIES, STATUSES


def _a_word_or_more(value: Any) -> Any:  # noqa: ANN401 - raw YAML
    if not value or not isinstance(value, str | list | tuple):
        raise ValueError("give a word, or a list of words, in quotes where YAML reads a number")
    return value


FilterValue = Annotated[str | tuple[str, ...], BeforeValidator(_a_word_or_more)]
FigureKind = Literal[
    "trajectory", "kaplan_meier", "interval_curves", "cumulative_incidence", "rmst_horizons",
    "hazard_ratio_over_time", "specification_curve", "forest", "participant_flow", "baseline_balance",
]  # fmt: skip
TableKind = Literal["contrasts", "levels", "baseline", "coefficients", "adverse_events", "truth"]
Section = Literal["who", "symptoms", "relapse", "quality_of_life", "adherence", "harms", "details"]
FilterColumn = Literal[
    "analysis", "endpoint", "population", "model", "quantity", "term", "arm", "comparator", "family", "status"
]
CLOSED = {"model": tuple(MODEL_FAMILIES), "quantity": tuple(QUANTITIES), "status": STATUSES}
"""Columns whose every value is known; the names in the others come from cohorts and plans."""


class OutputSpec(Strict):
    """What a figure and a table share."""

    section: Section
    caption: str
    where: dict[FilterColumn, FilterValue]

    @field_validator("where")
    @classmethod
    def _known_words(cls, where: dict[FilterColumn, FilterValue]) -> dict[FilterColumn, FilterValue]:
        problems = list(_unknown_words(where))
        if problems:
            raise ValueError("\n".join(problems))
        return where


def _unknown_words(where: dict[FilterColumn, FilterValue]) -> Iterator[str]:
    for column, value in where.items():
        for word in (value,) if isinstance(value, str) else value:
            if column in CLOSED and word not in CLOSED[column]:
                yield f"unknown {column} '{word}'{did_you_mean(word, CLOSED[column])}"


class FigureSpec(OutputSpec):
    """One kind of figure; drawn once per analysis that has rows in the filter, those of `needs` included."""

    kind: FigureKind
    needs: str | None = None

    @field_validator("needs")
    @classmethod
    def _known_quantity(cls, needs: str | None) -> str | None:
        if needs is not None and needs not in QUANTITIES:
            raise ValueError(f"unknown quantity '{needs}'{did_you_mean(needs, QUANTITIES)}")
        return needs


class TableSpec(OutputSpec):
    """One kind of report table; made once per analysis that has rows in the filter."""

    kind: TableKind


class Outputs(Strict):
    """The outputs file."""

    figures: dict[Name, FigureSpec]
    tables: dict[Name, TableSpec]
