"""How many decimals a quantity is printed with: one answer for text, tables and figures."""

from __future__ import annotations

import math
from collections.abc import Iterable
from statistics import median

FIXED = {
    "ratio": 2,
    "probability": 1,  # printed as percent
    "days": 0,
    "day": 0,
    "events": 0,
    "patients": 0,
}
ONE_DECIMAL, TWO_DECIMALS = 0.2, 0.02
"""Standard errors from which on a decimal beyond the first, or the second, would be noise."""


def decimals(unit: str | None, std_errors: Iterable[float]) -> int:
    """Return the digits after the point of a quantity's numbers.

    Parameters
    ----------
    unit : str or None
        As in `estimates`. A ratio has 2, a probability 1 (as percent), days, events and patients none.
    std_errors : iterable of float
        Of all rows that are printed alike, in `unit`; those that are not positive and finite do not count.

    Returns
    -------
    int
        For points and any other unit 1, 2 or 3, by the median of `std_errors`: a scale of 1 to 5 needs more.
    """
    if unit in FIXED:
        return FIXED[unit]
    known = [error for error in std_errors if 0 < error < math.inf]
    typical = median(known) if known else math.inf
    return 1 if typical >= ONE_DECIMAL else 2 if typical >= TWO_DECIMALS else 3
