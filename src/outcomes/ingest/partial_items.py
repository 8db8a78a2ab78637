"""Recorded totals of rows in which items are missing: those that no answer gives, and sums that stand in."""

from __future__ import annotations

import numpy as np

from outcomes.ingest.cells import Cells, Source
from outcomes.instruments import Instrument
from outcomes.instruments.scoring import FLOAT_SLACK, answered_sums

FEWEST_ROWS = 5
"""An unanswered item is often a zero, so that a few totals equal the sum of the others by chance."""

NEARLY_ALL = 0.9


def check_partial_items(
    source: Source, column: str, totals: np.ndarray, items: list[Cells], instrument: Instrument
) -> None:
    """Compare recorded totals with the answers of rows that lack some of them.

    A prorated total always lies between the two bounds. A sum of the answered items only may lie below the
    lower one, where the smallest answer is above zero: it is counted as such a sum.
    """
    answers = np.column_stack([cells.values for cells in items])
    unknown = np.isnan(answers).sum(axis=1)
    partly = (unknown > 0) & ~np.logical_or.reduce([cells.bad for cells in items]) & np.isfinite(totals)
    if not partly.any():
        return
    answered = answered_sums(answers, instrument)
    sums = partly & (unknown < answers.shape[1]) & (np.abs(totals - answered) <= FLOAT_SLACK)
    if instrument.item_low is not None and instrument.item_high is not None:
        low, high = answered + unknown * instrument.item_low, answered + unknown * instrument.item_high
        impossible = partly & ~sums & ((totals < low - FLOAT_SLACK) | (totals > high + FLOAT_SLACK))
        rule = "with items missing and a total that no answer to these can give"
        source.report(column, impossible, rule, "mend the total or the items")
    # with nothing but zeros answered, a sum and a prorated total are the same
    telling = partly & (unknown < answers.shape[1]) & (answered > 0)
    sums &= telling
    if sums.sum() >= max(FEWEST_ROWS, NEARLY_ALL * telling.sum()):
        rule = (
            f"(of {int(telling.sum())} with items missing) whose total is the sum of the answered items only"
        )
        remedy = (
            "they are too low by what was not answered, unless a missing item means its lowest answer; "
            "declare the items without the total, so that such rows are scored by the instrument's rule or "
            "not at all"
        )
        source.warn(column, sums, rule, remedy)
