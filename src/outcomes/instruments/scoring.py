"""Items to totals: reversed items recoded, missing items by the instrument's own rule or not at all."""

from __future__ import annotations

import numpy as np

from outcomes.config.instrument import Instrument

FLOAT_SLACK = 1e-6
"""Far above the rounding of a sum, far below the smallest step between two scores."""


def score_items(items: np.ndarray, instrument: Instrument) -> np.ndarray:
    """Return the total of each row of items.

    A reversed item counts as ``item_low + item_high - answer``. A row with missing items has no total, unless
    the instrument states a prorating rule and enough items are answered: then it is the mean of the answered
    items times the number of items, rounded (halves up) only where the rule says so.

    Parameters
    ----------
    items : numpy.ndarray
        Answers of shape (n rows, k items), in the questionnaire's order; NaN where not answered.
    instrument : Instrument
        Whose `items` is k.

    Returns
    -------
    numpy.ndarray
        n totals; NaN where there is none.

    Raises
    ------
    ValueError
        If the instrument's score is not a sum of items, or k is not their number.
    """
    if instrument.items is None:
        raise ValueError("the instrument declares no items: its score is not their sum")
    if items.ndim != 2 or items.shape[1] != instrument.items:
        raise ValueError(f"needs {instrument.items} items a row, not an array of shape {items.shape}")
    answers = _recoded(items.astype("float64"), instrument)
    answered = np.sum(~np.isnan(answers), axis=1)
    complete = answered == instrument.items
    sums = np.nansum(answers, axis=1)
    totals = np.where(complete, sums, np.nan)
    rule = instrument.prorating
    if rule is None:
        return totals
    prorated = sums * instrument.items / np.maximum(answered, 1)
    if rule.rounded:
        prorated = np.floor(prorated + 0.5)
    return np.where(~complete & (answered >= rule.at_least), prorated, totals)


def totals_that_differ(totals: np.ndarray, item_totals: np.ndarray) -> np.ndarray:
    """Return where a recorded total is not the total of its items; False where either is missing.

    Give `item_totals` of complete rows only: a prorated total is an estimate, and may differ.
    """
    differ: np.ndarray = np.abs(totals - item_totals) > FLOAT_SLACK  # a comparison with NaN is False
    return differ


def answered_sums(items: np.ndarray, instrument: Instrument) -> np.ndarray:
    """Return the sum of the answered items of each row, reversed ones recoded; 0 where none is."""
    sums: np.ndarray = np.nansum(_recoded(items.astype("float64"), instrument), axis=1)
    return sums


def _recoded(answers: np.ndarray, instrument: Instrument) -> np.ndarray:
    if instrument.reversed_items and instrument.item_low is not None and instrument.item_high is not None:
        columns = [position - 1 for position in instrument.reversed_items]
        answers[:, columns] = instrument.item_low + instrument.item_high - answers[:, columns]
    return answers
