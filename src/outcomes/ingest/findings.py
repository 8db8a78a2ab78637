"""What reading a cohort brings to light: problems that stop it, notes that do not, the rows behind them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from outcomes.errors import Note, Problem, RowDetail

MOST_ROWS = 10_000
"""Rows of detail that are kept of one problem; nobody mends more by hand."""


@dataclass(frozen=True)
class Findings:
    """Lists that everything which reads the same cohort adds to."""

    problems: list[Problem] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    details: list[RowDetail] = field(default_factory=list)

    def problem(self, source: str, where: str, what: str) -> None:
        """Add something to be mended."""
        self.problems.append(Problem(source, where, what))

    def note(self, source: str, where: str, what: str) -> None:
        """Add something worth knowing."""
        self.notes.append(Note("note", source, where, what))

    def warn(self, source: str, where: str, what: str) -> None:
        """Add something that may be wrong, with its evidence; reading goes on."""
        self.notes.append(Note("warning", source, where, what))

    def rows(self, source: str, column: str, rule: str, lines: np.ndarray, values: np.ndarray) -> None:
        """Keep the rows behind a problem, for the one file that may show them."""
        self.details.extend(
            RowDetail(source, int(line), column, rule, str(value))
            for line, value in zip(lines[:MOST_ROWS], values[:MOST_ROWS], strict=True)
        )
