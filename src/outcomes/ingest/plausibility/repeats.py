"""Follow-up scores that are no measurements: a baseline repeated, or the last score carried forward."""

from __future__ import annotations

import numpy as np

from outcomes.ingest.findings import Findings
from outcomes.ingest.plausibility.evidence import FEWEST, Evidence, Grid

NEARLY_ALL = 0.95
"""Share of equal pairs that no measured score reaches unless everyone has the same one."""

FEWEST_VALUES = 3
"""Distinct scores needed: where all stand at the floor, equal scores are no repeat."""

CARRIED_SHARE = 0.05
"""Share of patients below whom carried scores would hardly move a mean."""

CARRIED_PATIENTS = 5
"""Fewest patients with an unchanged score before it is compared with other changes."""

CARRIED_RATIO = 2.5
"""How many times as common as the commonest change no change must be. Differences of two measurements have
one peak, so that this ratio is near one: at most 1.3 at any visit of the embedded trials."""

WIDE = 20.0
"""Range in points below which unchanged whole-number scores are ordinary (CGI-S, an item)."""

FEW_ITEMS = 6
"""Items below which stable patients answer all of them alike (EQ-5D)."""


def repeated_visits(seen: Evidence, findings: Findings) -> None:
    """Warn of a visit at which nearly everyone has exactly the score of the visit before, or of baseline."""
    for grid in seen.grids:
        for at in range(1, len(grid.visits)):
            earlier = next((i for i in dict.fromkeys((at - 1, 0)) if _repeats(grid, i, at)), None)
            if earlier is None:
                continue
            both = np.isfinite(grid.scores[:, earlier]) & np.isfinite(grid.scores[:, at])
            equal = int((grid.scores[both, earlier] == grid.scores[both, at]).sum())
            name = "the baseline" if grid.planned[earlier] == 0 else f"the visit {grid.visits[earlier]}"
            what = (
                f"visit {grid.visits[at]} repeats {name} to the digit for {equal} of {int(both.sum())} "
                "patients with both: give the column or rows of that visit, or leave out scores that were "
                "carried forward"
            )
            findings.warn(grid.source, grid.where, what)


def _repeats(grid: Grid, earlier: int, at: int) -> bool:
    before, after = grid.scores[:, earlier], grid.scores[:, at]
    both = np.isfinite(before) & np.isfinite(after)
    if both.sum() < FEWEST:
        return False
    equal = (before == after)[both]
    return bool(equal.mean() >= NEARLY_ALL) and len(np.unique(after[both])) >= FEWEST_VALUES


def carried_forward(seen: Evidence, findings: Findings) -> None:
    """Warn of a share of patients whose last score is the one before it far more often than chance has it."""
    for grid in seen.grids:
        last = len(grid.visits) - 1
        if last < 1 or not _chance_moves(grid) or any(_repeats(grid, i, last) for i in {last - 1, 0}):
            continue
        before, after = grid.scores[:, last - 1], grid.scores[:, last]
        # at either end of the scale an unchanged score is no surprise
        inside = (after > grid.instrument.low) & (after < grid.instrument.high) & np.isfinite(before)
        changes = np.round(after[inside] - before[inside], 6)
        if len(changes) < FEWEST:
            continue
        distinct, counts = np.unique(changes, return_counts=True)
        unchanged = int(counts[distinct == 0].sum())
        commonest = int(counts[distinct != 0].max(initial=0))
        enough = max(CARRIED_PATIENTS, CARRIED_SHARE * len(changes), CARRIED_RATIO * commonest)
        varied = len(np.unique(after[inside][changes == 0])) >= FEWEST_VALUES
        if unchanged >= enough and varied:
            what = (
                f"{unchanged} of {len(changes)} patients have at {grid.visits[last]} exactly the score of "
                f"{grid.visits[last - 1]}, while no other change is shared by more than {commonest}: last "
                "scores were probably carried forward; leave out the rows or cells that were not measured"
            )
            findings.warn(grid.source, grid.where, what)


def _chance_moves(grid: Grid) -> bool:
    """Whether a score so fine that equal ones are rare by chance."""
    one = grid.instrument
    few = one.items is not None and one.items < FEW_ITEMS
    # an index of utility has the few states of its items, though its range is continuous
    return not few and one.unit != "utility" and (not one.integer or one.high - one.low >= WIDE)
