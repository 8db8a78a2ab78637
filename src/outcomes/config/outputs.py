"""What is shown: figures and report tables as a kind, a filter on estimates and a caption."""

from __future__ import annotations

from typing import Literal

from outcomes.config.base import Strict
from outcomes.config.cohort import Name

FilterValue = str | tuple[str, ...]
FigureKind = Literal["trajectory", "kaplan_meier", "forest", "participant_flow", "baseline_balance"]
TableKind = Literal["contrasts", "levels", "baseline", "coefficients", "adverse_events", "truth"]
Section = Literal["who", "symptoms", "relapse", "quality_of_life", "adherence", "harms", "details"]
FilterColumn = Literal[
    "analysis", "endpoint", "population", "model", "quantity", "term", "arm", "comparator", "family", "status"
]


class FigureSpec(Strict):
    """One kind of figure; drawn once per analysis that has rows in the filter."""

    kind: FigureKind
    section: Section
    caption: str
    where: dict[FilterColumn, FilterValue]


class TableSpec(Strict):
    """One kind of report table; made once per analysis that has rows in the filter."""

    kind: TableKind
    section: Section
    caption: str
    where: dict[FilterColumn, FilterValue]


class Outputs(Strict):
    """The outputs file."""

    figures: dict[Name, FigureSpec]
    tables: dict[Name, TableSpec]
