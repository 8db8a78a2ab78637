"""Scores of each row: a total as recorded, a total of items, or a change added to its baseline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from outcomes.config.measures import MissingItems
from outcomes.ingest.cells import Cells, Source, missing_reasons
from outcomes.ingest.numbers import read_numbers
from outcomes.ingest.partial_items import check_partial_items
from outcomes.instruments import Instrument
from outcomes.instruments.scoring import FLOAT_SLACK, score_items, totals_that_differ


@dataclass(frozen=True)
class Scores:
    """Total score of each row, NaN where there is none, and why there is none where the file says so."""

    values: np.ndarray
    reasons: np.ndarray


def read_score(source: Source, column: str, instrument: Instrument) -> Cells:
    """Read one column of totals, each within the instrument's range."""
    return read_numbers(
        source, column,
        low=instrument.low, high=instrument.high, integer=instrument.integer, unit=instrument.unit,
    )  # fmt: skip


def read_total(
    source: Source,
    column: str | None,
    items: Sequence[str],
    instrument: Instrument,
    missing_items: MissingItems,
) -> Scores:
    """Read a total, or score its items; where both are given they must agree, and the total counts."""
    total = None
    if column is not None:
        total = Scores(read_score(source, column, instrument).values, missing_reasons(source, column))
    if not items:
        assert total is not None  # noqa: S101 - the cohort file's check demands one of them
        return total
    cells = [
        read_numbers(source, item, low=instrument.item_low, high=instrument.item_high, integer=True)
        for item in items
    ]
    answers = np.column_stack([cell.values for cell in cells])
    scored = score_items(answers, instrument)
    complete = ~np.isnan(answers).any(axis=1)
    if total is not None:
        differ = totals_that_differ(total.values, np.where(complete, scored, np.nan))
        rule = "whose total is not what its items add up to"
        source.report(column or "", differ, rule, "mend the total or the items")
        check_partial_items(source, column or "", total.values, cells, instrument)
        return _filled(source, total, np.where(complete, scored, np.nan), column or "")
    outside = (scored < instrument.low) | (scored > instrument.high)
    limits = f"{instrument.low:g} to {instrument.high:g} {instrument.unit}"
    source.report(items[0], outside, f"whose items add up to more or less than {limits}", "mend the items")
    prorated = ~complete & ~np.isnan(scored)
    if missing_items == "missing":
        scored = np.where(complete, scored, np.nan)
    elif prorated.any():
        count = f"{int(prorated.sum())} of {len(source)} totals of items ({items[0]}, ...)"
        what = f"{count} are prorated for missing items by the rule of its instrument ({instrument.name})"
        source.findings.note(source.raw.path, "", what)
    reasons = np.full(len(source), None, dtype=object)
    for item in reversed(items):  # the first item that says why counts
        told = missing_reasons(source, item)
        reasons = np.where(pd.isna(told), reasons, told)
    reasons[~np.isnan(scored)] = None
    return Scores(scored, reasons)


def _filled(source: Source, total: Scores, scored: np.ndarray, column: str) -> Scores:
    """Totals, and where one was not recorded the sum of its items, if all are there."""
    fillable = np.isnan(total.values) & ~np.isnan(scored)
    if fillable.any():
        what = f"{int(fillable.sum())} of {len(source)} totals that were not recorded are summed from items"
        source.findings.note(source.raw.path, column, what)
    reasons = total.reasons.copy()
    reasons[fillable] = None
    return Scores(np.where(fillable, scored, total.values), reasons)


def read_change(
    source: Source, column: str, baseline_column: str, baseline: Cells, instrument: Instrument
) -> Scores:
    """Read changes from baseline, and add each to the baseline score of its row."""
    span = instrument.high - instrument.low
    changes = read_numbers(
        source, column, low=-span, high=span, integer=instrument.integer, unit=instrument.unit
    )
    lone = changes.good & np.isnan(baseline.values) & source.has(baseline_column)
    source.report(column, lone, "with a change but no baseline score", "give the baseline score")
    codes = [code for code in source.missing_codes(column) if _may_be_change(code, span)]
    taken = source.text(column).test(codes.__contains__) & source.has(column)
    rule = "with a declared missing code that may be a true change"
    source.warn(column, taken, rule, "declare codes that no change can be")
    scores: np.ndarray = baseline.values + changes.values
    # a sum of decimals may miss the bound that it means by the rounding of float64
    inside = np.clip(scores, instrument.low, instrument.high)
    beyond = np.abs(scores - inside) > FLOAT_SLACK
    scores = np.where(beyond, scores, inside)
    limits = f"{instrument.low:g} to {instrument.high:g} {instrument.unit}"
    rule = f"whose baseline plus change lies outside {limits}"
    source.report(column, beyond, rule, "mend the values")
    return Scores(scores, missing_reasons(source, column))


def _may_be_change(code: str, span: float) -> bool:
    try:
        return abs(float(code)) <= span
    except ValueError:
        return False
