"""Whether a column is the total of items that stand beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from outcomes.config.instrument import Instrument
from outcomes.instruments.scoring import score_items, totals_that_differ
from outcomes.scaffold.init.columns import Column
from outcomes.scaffold.init.scales import Scale

MOSTLY = 0.5
"""Share of the rows with all items and a total in which the two agree, a few mistakes aside."""


def is_total(
    scale: Scale, items: Sequence[str], total: str, columns: Mapping[str, Column], gaps: Sequence[str]
) -> bool:
    """Whether most totals are what the items add up to; `gaps` are codes that are no answers."""
    if scale.instrument is None:
        return False
    answers = np.column_stack([columns[item].without(tuple(gaps)).by_row for item in items])
    recorded = columns[total].without(tuple(gaps)).by_row
    return _agree(recorded, answers, scale.instrument)


def _agree(recorded: np.ndarray, answers: np.ndarray, instrument: Instrument) -> bool:
    both = ~np.isnan(answers).any(axis=1) & ~np.isnan(recorded)
    if not both.any():
        return False
    differ = totals_that_differ(recorded[both], score_items(answers[both], instrument))
    return bool((~differ).mean() >= MOSTLY)
