"""Ids that are unique only within a centre: rows of one id agree once their centre is looked at, too."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pandas as pd

from outcomes.ingest.cells import Source

PLACE = re.compile(
    r"(?:.*[^a-z])?(?:site|cent(?:er|re)|clinic|hospital|practice|ward|inst|institution|country|region|study|trial)"
    r"[^a-z]*(?:id|no|nr|num|number|code|name)?[^a-z]*",
    flags=re.IGNORECASE,
)
"""Names of columns that say where, or in which study, a patient was treated."""

SOLVED = 0.5
"""Share of the contradictions that must be gone within the values of such a column."""


def within_which(source: Source, codes: np.ndarray, contradictions: Callable[[np.ndarray], int]) -> str:
    """Say, as the first words of a remedy, in which column's values ids seem to be unique; else nothing.

    Parameters
    ----------
    codes : numpy.ndarray of int, shape (n_rows,)
        Id of each row; -1 for a row without.
    contradictions : callable
        How many rows contradict another, given codes of what stands for a patient.
    """
    before = contradictions(codes)
    for name in source.raw.columns:
        if PLACE.fullmatch(name) is None:
            continue
        places = pd.factorize(source.text(name).cells())[0]
        both = codes * (int(places.max(initial=0)) + 1) + places
        left = contradictions(np.where(codes < 0, -1, both))
        if left <= (1 - SOLVED) * before:
            said = "none still conflict" if left == 0 else f"only {left} still conflict"
            return (
                f"rows of one id differ in '{name}', and {said} where it is the same, so that ids may be "
                f"used again from one to the next: write a column of both ({name}, a hyphen, id) in every "
                "file and name it as the id; or, if each id is one patient: "
            )
    return ""
