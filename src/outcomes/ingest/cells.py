"""Text cells to declared words; each problem is counted, placed and has a remedy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from outcomes.config.files import FileSpec
from outcomes.ingest.columns import TextColumn
from outcomes.ingest.findings import Findings
from outcomes.ingest.folding import fold
from outcomes.ingest.reader import RawFile
from outcomes.ingest.words import NO_VALUE, SPREADSHEET_ERROR, SPREADSHEET_ERRORS, WORD, is_word

LOOKS_DECLARED = "that are a declared code but for case, spaces or letters that look alike"
ENDS_IN_POINT_ZERO = "that are a declared code but for .0 at the end"
GARBLED = "that are a declared code in UTF-8, read in another encoding"
UNDECLARED = "with an undeclared code"


@dataclass(frozen=True)
class Cells:
    """One column, row by row.

    Attributes
    ----------
    values : numpy.ndarray
        Parsed values; None, NaN or NaT where there is none.
    missing : numpy.ndarray of bool
        Empty cells and declared missing codes.
    bad : numpy.ndarray of bool
        Cells with a problem that has been reported, all of them where the column is absent.
    """

    values: np.ndarray
    missing: np.ndarray
    bad: np.ndarray

    @property
    def good(self) -> np.ndarray:
        """Rows with a value."""
        good: np.ndarray = ~(self.missing | self.bad)
        return good


@dataclass(frozen=True)
class Source:
    """One raw file with its declaration; what is found goes to lists that the whole cohort shares."""

    name: str
    raw: RawFile
    spec: FileSpec
    findings: Findings

    def __len__(self) -> int:
        return len(self.raw)

    def has(self, column: str) -> bool:
        """Whether the file has a column."""
        return column in self.raw.columns

    def report(self, column: str, broken: np.ndarray, rule: str, remedy: str) -> None:
        """Add ``column: 2 of 9 rows <rule> (lines 3, 4): <remedy>`` when any row is broken."""
        if not broken.any():
            return
        count = f"{int(broken.sum())} of {len(self)} rows {rule} ({self.raw.places(broken)})"
        self.findings.problem(self.raw.path, column, f"{count}: {remedy}")
        if self.has(column):
            rows = self.raw.columns[column].take(broken)
            self.findings.rows(self.raw.path, column, rule, self.raw.lines[broken], rows.cells())

    def report_each(
        self, column: str, broken: np.ndarray, rule_of: Callable[[str], str], remedies: Mapping[str, str]
    ) -> None:
        """Report broken rows by the rule that their text breaks, each distinct text asked once.

        `remedies` has one entry per rule, in the order in which they are told.
        """
        if not broken.any():
            return
        text = self.text(column)
        rules = np.full(len(text.texts), "", dtype=object)
        used = np.unique(text.codes[broken])
        rules[used] = [rule_of(cell) for cell in text.texts[used]]
        of_rows = text.spread(rules)
        for rule, remedy in remedies.items():
            self.report(column, broken & (of_rows == rule), rule, remedy)

    def warn(self, column: str, rows: np.ndarray, rule: str, remedy: str) -> None:
        """Add a warning of the same form when any row is concerned."""
        if rows.any():
            count = f"{int(rows.sum())} of {len(self)} rows {rule} ({self.raw.places(rows)})"
            self.findings.warn(self.raw.path, column, f"{count}: {remedy}")

    def text(self, column: str) -> TextColumn:
        """Return the stripped cells of a column; empty text throughout where the file lacks it."""
        if not self.has(column):
            return TextColumn.of([""]).take(np.zeros(len(self), dtype=int))
        return self.raw.columns[column].map(str.strip)

    def missing_codes(self, column: str) -> dict[str, str]:
        """Texts that mean "not recorded" in a column, with why: of cohort file and file."""
        return dict(self.raw.missing.get(column, {})) | {"": ""} | self.spec.missing_reasons

    @property
    def declare_missing(self) -> str:
        """The remedy for an undeclared missing code."""
        return f"declare the code under files.{self.name}.missing_codes"


def read_text(source: Source, column: str) -> Cells:
    """Cells as stripped text; None where missing."""
    text = source.text(column)
    absent = np.full(len(source), not source.has(column))
    codes = source.missing_codes(column)
    missing = text.test(codes.__contains__) & ~absent
    values = text.cells()
    values[missing | absent] = None
    return Cells(values, missing, absent)


def missing_reasons(source: Source, column: str) -> np.ndarray:
    """Why each cell has no value, shape (n_rows,): declared words, else None."""
    codes = source.missing_codes(column)
    if not any(codes.values()):
        return np.full(len(source), None, dtype=object)
    text = source.text(column)
    # the code -9 also declares the cell -9.0
    reasons = [codes.get(cell, codes.get(cell.removesuffix(".0"), "")) or None for cell in text.texts]
    return text.spread(np.array(reasons, dtype=object))


def read_codes(source: Source, column: str, labels: Mapping[str, str], key: str) -> Cells:
    """Cells as the names that `labels` gives to their codes; an undeclared code is a problem.

    A code that the file itself labels may be declared by its label; a label that says what another
    declared code means is a problem.
    """
    cells = read_text(source, column)
    text = source.text(column)
    own = {code: fold(label) for code, label in source.raw.labels.get(column, {}).items()}
    by_label = {fold(code): name for code, name in labels.items()}
    names = np.array(
        [labels.get(code, by_label.get(own[code]) if code in own else None) for code in text.texts],
        dtype=object,
    )
    values = text.spread(names)
    values[~cells.good] = None
    unknown = cells.good & text.spread(pd.isna(names))
    if unknown.any():
        _report_unknown(source, column, unknown, labels, key)
    meant = {_meaning(name): name for name in labels.values()}
    crossed = text.test(
        lambda code: (
            code in labels and bool(own.get(code)) and meant.get(own[code], labels[code]) != labels[code]
        )
    )
    crossed &= cells.good
    remedy = f"mend the codes under {key}, or declare the file's labels there instead of its codes"
    source.report(column, crossed, "with a code that the file itself labels as another declared one", remedy)
    return Cells(values, cells.missing, cells.bad | unknown | crossed)


def _meaning(name: str) -> str:
    """What a declared name says, without the mark of a status and the underscores of a name."""
    return fold(name.lstrip("+-").replace("_", " "))


def read_words(source: Source, column: str, remedy: str = "") -> Cells:
    """Cells as free text, in which an undeclared word for a missing value is a problem."""
    cells = read_text(source, column)
    words = cells.good & source.text(column).test(lambda text: is_word(text, NO_VALUE))
    source.report(column, words, WORD, remedy or source.declare_missing)
    return Cells(cells.values, cells.missing, cells.bad | words)


def _report_unknown(
    source: Source, column: str, unknown: np.ndarray, labels: Mapping[str, str], key: str
) -> None:
    declared = {fold(code) for code in labels}
    decimal = {f"{code}.0" for code in labels}
    garbled = {code.encode("utf-8").decode(source.spec.encoding, errors="ignore") for code in labels}

    def rule_of(text: str) -> str:
        if text in decimal:
            return ENDS_IN_POINT_ZERO
        if fold(text) in declared:
            return LOOKS_DECLARED
        if text in garbled:
            return GARBLED
        if text.casefold() in SPREADSHEET_ERRORS:
            return SPREADSHEET_ERROR
        return WORD if is_word(text, NO_VALUE) else UNDECLARED

    text = source.text(column)
    others = sum(rule_of(cell) == UNDECLARED for cell in set(text.texts[np.unique(text.codes[unknown])]))
    typed = " (a typed TRUE is read as true)" if source.raw.row_word == "row" else ""
    several = f"{others} different codes; " if others > 1 else ""
    mend = f"mend the cells, or declare their codes under {key}"
    with_points = ", ".join(f"{code}.0" for code in labels)
    remedies = {
        UNDECLARED: f"{several}declared are {', '.join(labels)}; {mend}",
        LOOKS_DECLARED: f"write each code one way, or declare these spellings, too, under {key}{typed}",
        GARBLED: f"the file is UTF-8: declare files.{source.name}.encoding: utf-8",
        SPREADSHEET_ERROR: "mend the formula, or clear the cells",
        ENDS_IN_POINT_ZERO: f"write the codes without it, or declare {with_points} under {key}",
        WORD: f"{source.declare_missing}, or under {key} if it is an answer",
    }
    source.report_each(column, unknown, rule_of, remedies)
