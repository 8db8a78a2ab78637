"""Scores that are a yes or no: their mean is a proportion, and a model of means knows no bounds."""

from __future__ import annotations

import numpy as np

from outcomes.ingest.findings import Findings
from outcomes.ingest.plausibility.evidence import FEWEST, Evidence


def two_valued_scores(seen: Evidence, findings: Findings) -> None:
    """Warn of measures whose scores after baseline take two values only."""
    for grid in seen.grids:
        later = grid.scores[:, grid.planned > 0]
        known = np.isfinite(later)
        patients = int(known.any(axis=1).sum())
        values, counts = np.unique(later[known], return_counts=True)
        if patients >= FEWEST and len(values) == 2:
            low, high = counts
            what = (
                f"the {int(counts.sum())} scores of {patients} patients after baseline take two values only, "
                f"the lower {low} times and the higher {high} times: their mean is a proportion, and a mixed "
                "model's means and limits can leave the range; what fits is an analysis of a yes/no outcome "
                "(proportions, logistic regression), which is not among those here, or, where each yes has a "
                "time, an event under events"
            )
            findings.warn(grid.source, grid.where, what)
