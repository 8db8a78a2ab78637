"""What a report is made of: configuration, rows of `estimates`, facts of the fits, figures, provenance."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import pandas as pd

from outcomes.config import Cohort, Outputs, Plan
from outcomes.errors import Note
from outcomes.report.formats import NumberFormat, format_of
from outcomes.tables import NUMBERED_STATUSES
from outcomes.wording import with_arm_labels

Row = Mapping[str, Any]
"""One row of `estimates`; missing cells are None, and `line` is its line in the file."""

COLOUR = re.compile(r"#[0-9A-Fa-f]{6}")
FIRST_LINE = 2
"""Line of the first row of `estimates.csv`, below its header."""


@dataclass(frozen=True)
class FigureFile:
    """One drawn figure.

    Attributes
    ----------
    name : str
        Key of the outputs file, an underscore, and the analysis.
    svg_text : str
        The drawing; embedded as an image, so that nothing in it can act on the page.
    """

    name: str
    kind: str
    section: str
    analysis: str
    caption: str
    alt: str
    svg_text: str


@dataclass(frozen=True)
class ReportContent:
    """Everything that one cohort's report shows.

    Attributes
    ----------
    name : str
        Cohort of the config.
    estimates : pandas.DataFrame
        Fulfils `tables.ESTIMATES`, in the row order of `estimates.csv`: the report cites its lines.
    methods : mapping
        Analysis to ``{"methods": {label: text}, "warnings": [text], ...}``.
    labels : mapping
        Printed names of arms, measures, events, components, visits, covariates and ``covariate=level``.
    arm_colours : mapping
        Arm to ``#RRGGBB``.
    notes : tuple of Note
        What was found on reading the raw files that did not stop it.

    Raises
    ------
    ValueError
        If a colour is not ``#RRGGBB``.
    """

    name: str
    cohort: Cohort
    plan: Plan
    outputs: Outputs
    estimates: pd.DataFrame
    methods: Mapping[str, Mapping[str, Any]]
    figures: tuple[FigureFile, ...]
    provenance: Mapping[str, Any]
    labels: Mapping[str, str]
    arm_colours: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()

    def __post_init__(self) -> None:
        wrong = [arm for arm, colour in self.arm_colours.items() if not COLOUR.fullmatch(colour)]
        if wrong:
            raise ValueError(f"arm_colours: not #RRGGBB for {', '.join(wrong)}")

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """Rows of `estimates` as mappings, with the line on which each stands in the file."""
        names = [str(name) for name in self.estimates.columns]
        columns = [self.estimates[name].astype(object).tolist() for name in names]
        return tuple(
            self._row(dict(zip(names, cells, strict=True)), line)
            for line, cells in enumerate(zip(*columns, strict=True), start=FIRST_LINE)
        )

    def _row(self, cells: dict[str, Any], line: int) -> Row:
        row = {name: None if pd.isna(cell) else cell for name, cell in cells.items()} | {"line": line}
        return row | ({"message": self.printed(str(row["message"]))} if row.get("message") else {})

    def printed(self, text: str) -> str:
        """Return a message of a fit with its arms by their printed names."""
        return with_arm_labels(text, {arm: self.labels.get(arm, arm) for arm in self.cohort.arms})

    @cached_property
    def _by_analysis(self) -> dict[str, tuple[Row, ...]]:
        names = dict.fromkeys(str(row["analysis"]) for row in self.rows)
        return {name: tuple(row for row in self.rows if row["analysis"] == name) for name in names}

    def of_analysis(self, analysis: str) -> tuple[Row, ...]:
        """Rows of one analysis, in the order of the file."""
        return self._by_analysis.get(analysis, ())

    def format_of(self, row: Row) -> NumberFormat:
        """How the numbers of a row are printed: alike for all rows of its analysis, quantity and unit.

        A truth is printed as the quantity that it is the truth of.
        """
        quantity = str(row["term"] if row["quantity"] == "truth" else row["quantity"])
        same_unit = [
            other for other in self.of_analysis(row["analysis"])
            if other["unit"] == row["unit"] and other["std_error"] is not None
        ]  # fmt: skip
        # a plain mean has no standard error here: it is printed as the estimates beside it
        alike = [other for other in same_unit if other["quantity"] == quantity] or same_unit
        return format_of(quantity, row["unit"], [other["std_error"] for other in alike])


def has_numbers(row: Row) -> bool:
    """Whether the fit behind the row stands, so that it carries numbers."""
    return row["status"] in NUMBERED_STATUSES


def matches(row: Row, where: Mapping[Any, str | tuple[str, ...]]) -> bool:
    """Whether the row passes a filter of the outputs file."""
    return all(row[column] in ((v,) if isinstance(v, str) else v) for column, v in where.items())
