"""The instrument of a score: of the catalogue where name and range fit, else one of the score's own."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from outcomes.config.instrument import Instrument
from outcomes.ingest.words import NEGATIVE_CODES, NINES
from outcomes.instruments import load_catalogue, match_instruments
from outcomes.scaffold.init.columns import Column


@dataclass(frozen=True)
class Scale:
    """The instrument of a score; `instrument` is None for one that the catalogue lacks."""

    key: str
    instrument: Instrument | None
    why: str
    low: float = 0
    high: float = 0
    whole: bool = True


def find_scale(name: str, columns: list[Column]) -> tuple[Scale, tuple[str, ...]] | None:
    """Instrument of the catalogue whose name and range fit, and the codes beyond its range."""
    fitting = []
    for key in match_instruments(name):
        instrument = load_catalogue()[key]
        if _looks_like_an_item(name, instrument, columns):
            continue
        codes: set[str] = set()
        for column in columns:
            beyond = beyond_range(column, instrument.low, instrument.high)
            if beyond is None or (instrument.integer and not column.without(beyond).is_whole):
                break
            codes |= set(beyond)
        else:
            fitting.append((key, instrument, tuple(sorted(codes))))
    if not fitting:
        return None
    key, instrument, found = fitting[0]
    others = f"; {', '.join(k for k, _, _ in fitting[1:4])} would fit too" if len(fitting) > 1 else ""
    why = f"name, and range {instrument.low:g} to {instrument.high:g}{others}"
    return Scale(key, instrument, why), found


def _looks_like_an_item(name: str, instrument: Instrument, columns: list[Column]) -> bool:
    """Whether a name ends in a number and no value lies above what one item of several may have."""
    if instrument.item_high is None or (instrument.items or 0) < 2 or not name[-1:].isdigit():
        return False
    values = np.concatenate([column.values for column in columns])
    return len(values) > 0 and float(values.max()) <= instrument.item_high


def beyond_range(column: Column, low: float, high: float) -> tuple[str, ...] | None:
    """Return the texts outside a range if all are probably missing codes, else None."""
    used = np.unique(column.codes[column.filled])
    values = column.numbers[used]
    outside = (values < low) | (values > high)
    if not np.isin(values[outside], (*NEGATIVE_CODES, *NINES)).all() or outside.all():
        return None
    return tuple(column.texts[place] for place in used[outside])


def own_scale(name: str, columns: list[Column]) -> Scale:
    """Scale of a score that the catalogue lacks; its range is that of the data, rounded outwards."""
    values = np.concatenate([column.values for column in columns])
    low, high = float(values.min()), float(values.max())
    step = 10.0 ** math.floor(math.log10(max(high - low, 1e-9)))
    low = 0.0 if low >= 0 else math.floor(low / step) * step
    high = math.ceil(high / step) * step
    whole = all(column.is_whole for column in columns)
    return Scale(
        name.upper().replace("_", "-"), None, "not in the catalogue", low, max(high, low + step), whole
    )
