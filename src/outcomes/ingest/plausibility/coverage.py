"""Who has no score at all, and arms of which nobody was measured after baseline."""

from __future__ import annotations

import numpy as np

from outcomes.ingest.findings import Findings
from outcomes.ingest.plausibility.evidence import Evidence


def without_scores(seen: Evidence, findings: Findings) -> None:
    """Note how many patients have no score; warn of arms that the last visits cannot compare."""
    arms = seen.patients["arm"].to_numpy(dtype=object)
    for grid in seen.grids:
        observed = np.isfinite(grid.scores)
        without = int((~observed.any(axis=1)).sum())
        if without:
            what = f"{without} of {len(observed)} patients have no score of {grid.name}"
            findings.note(grid.source, grid.where, what)
        followed = observed[:, grid.planned > 0].any(axis=1)
        for arm in seen.cohort.arms:
            mine = arms == arm
            if followed.any() and mine.any() and not followed[mine].any():
                what = (
                    f"none of the {int(mine.sum())} patients of arm {arm} has a score after baseline, others "
                    "have: contrasts with this arm will be not estimable; check its rows, or leave it out of "
                    "the contrasts"
                )
                findings.warn(grid.source, grid.where, what)
