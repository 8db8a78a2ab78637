"""Scores against the catalogue: a healthy sample of patients, a mean for a total, a scale turned round."""

from __future__ import annotations

import re
from itertools import combinations

import numpy as np

from outcomes.ingest.findings import Findings
from outcomes.ingest.plausibility.evidence import FEWEST, Evidence, Grid
from outcomes.instruments import Instrument

HEALTHY = re.compile(
    r"\b(no|none|not|normal|minimal|absent|subclinical|below|healthy|recovered|remission)\b", re.IGNORECASE
)
"""Words in the label of a severity band without disease; the mildest band of some scales is mild disease."""

ANY = "any"
"""Condition of instruments for the severity of whatever the diagnosis is."""

WRONG_WAY = 0.25
"""Correlation against the catalogue's directions that is reported. Symptoms and their burden correlate at
0.3 to 0.6 the right way; scores that have little to do with each other scatter around zero."""

NO_SPREAD = 1e-9
"""Spread about the visits' means that is the rounding of equal scores."""

STANDARD_ERRORS = 4.0
"""How many standard errors, 1 / sqrt(patients), that correlation must lie from zero."""

MANIA = "bipolar"
"""Condition of scales of mania: it takes turns with depression, and well-being may rise with it."""

SHARES_BELOW = 10.0
"""Highest score from which on values that never pass 1 are shares of it; EQ-5D's index runs to 1 itself."""


def healthy_at_baseline(seen: Evidence, findings: Findings) -> None:
    """Warn of patients with the diagnosis whose mean baseline score is that of people without it.

    In bipolar disorder one pole is healthy while the other is ill: there, only if all scales of both are.
    """
    condition = seen.cohort.condition
    if condition == "other":
        return
    scales = {condition, ANY} | ({"depression"} if condition == MANIA else set())
    said = [
        (grid, _said_of_baseline(grid, condition))
        for grid in seen.grids
        if grid.instrument.condition in scales and _has_limit(grid)
    ]
    if condition == MANIA and not all(what for _, what in said):
        return
    for grid, what in said:
        if what:
            findings.warn(grid.source, grid.where, what)


def _has_limit(grid: Grid) -> bool:
    """Whether a measure has enough baseline scores, and its instrument a score of the healthy."""
    at_baseline = grid.starts_at_baseline and not grid.instrument.baseline_free
    enough = np.isfinite(grid.scores[:, 0]).sum() >= FEWEST
    return bool(at_baseline and enough and _healthy_limit(grid.instrument) is not None)


def _said_of_baseline(grid: Grid, condition: str) -> str | None:
    """What to say where the mean at baseline is healthy."""
    limit = _healthy_limit(grid.instrument)
    if limit is None:
        return None
    bound, said = limit
    scores = grid.scores[np.isfinite(grid.scores[:, 0]), 0]
    mean = float(scores.mean())
    if mean < bound if grid.instrument.higher_is_better else mean > bound:
        return None
    return (
        f"the mean baseline score of {len(scores)} patients is {mean:.1f} {grid.instrument.unit}, {said} "
        f"({grid.measure.instrument}), in a cohort of {condition}: right where patients start in remission "
        "(a trial of relapse prevention) or in another phase of the illness; else check the column, the "
        "instrument and its version, and whether the baseline is the one before treatment"
    )


def _healthy_limit(instrument: Instrument) -> tuple[float, str] | None:
    """The last score without disease and what the catalogue calls it."""
    bands = instrument.severity_bands
    if bands:
        band = bands[-1] if instrument.higher_is_better else bands[0]
        if HEALTHY.search(band.label):
            said = f"in the band '{band.label}', {band.low:g} to {band.high:g}"
            return (band.low if instrument.higher_is_better else band.high), said
    remission = instrument.remission
    if remission is not None and remission.at_most is not None and not instrument.higher_is_better:
        return remission.at_most, f"within remission, {remission.at_most:g} or less"
    return None


def not_a_total(seen: Evidence, findings: Findings) -> None:
    """Warn of a measure that never leaves the range of one item, or of a share: no total does that."""
    for grid in seen.grids:
        one = grid.instrument
        patients = int(np.isfinite(grid.scores).any(axis=1).sum())
        if patients < FEWEST:
            continue
        highest = float(np.nanmax(grid.scores))
        several = one.items is not None and one.items > 1 and one.item_high is not None
        if several and one.item_high is not None and 0 < highest <= one.item_high:
            looks = f"the range of one of its {one.items} items: they look like means of items, not totals"
        elif one.low <= 0 and one.high >= SHARES_BELOW and 0 < highest <= 1:
            looks = "1: they look like shares of the maximum"
        else:
            continue
        what = (
            f"the scores of {patients} patients never leave {looks}; {grid.measure.instrument} runs from "
            f"{one.low:g} to {one.high:g} {one.unit}: give the total, or declare an instrument of that range"
        )
        findings.warn(grid.source, grid.where, what)


def opposite_directions(seen: Evidence, findings: Findings) -> None:
    """Warn of two measures that move together where the catalogue says oppositely, or the other way round."""
    for left, right in combinations(seen.grids, 2):
        if _unrelated(left.instrument, right.instrument):
            continue
        together = left.instrument.higher_is_better == right.instrument.higher_is_better
        a, b, what = _moves(left, right)
        both = np.isfinite(a) & np.isfinite(b)
        patients = int(both.any(axis=1).sum())
        if patients < FEWEST:
            continue
        x, y = _about_visit_means(a, both), _about_visit_means(b, both)
        if np.ptp(x) < NO_SPREAD or np.ptp(y) < NO_SPREAD:
            continue
        correlation = float(np.corrcoef(x, y)[0, 1])
        wrong = -correlation if together else correlation
        if wrong >= WRONG_WAY and wrong * np.sqrt(patients) >= STANDARD_ERRORS:
            expected = "fall and rise together" if together else "rise as the other falls"
            evidence = (
                f"by the catalogue scores of {left.measure.instrument} and {right.measure.instrument} should "
                f"{expected}, but their {what} correlate at {correlation:.2f} ({patients} patients): one of "
                "the two is probably coded in reverse; recode it, or declare an instrument with its direction"
            )
            findings.warn(right.source, f"{left.where} and {right.where}", evidence)


def _unrelated(left: Instrument, right: Instrument) -> bool:
    """Measures whose directions say nothing on each other."""
    parts_of_one = left.condition == right.condition == "quality of life" and left.source == right.source
    return (left.condition == MANIA) != (right.condition == MANIA) or parts_of_one


def _moves(left: Grid, right: Grid) -> tuple[np.ndarray, np.ndarray, str]:
    """Both measures at their common visits: changes from baseline where both have one, else scores."""
    changes = not (left.instrument.baseline_free or right.instrument.baseline_free)
    common = [visit for visit in left.visits if visit in right.visits]
    a = left.scores[:, [left.visits.index(visit) for visit in common]]
    b = right.scores[:, [right.visits.index(visit) for visit in common]]
    if changes and left.starts_at_baseline and right.starts_at_baseline and len(common) > 1:
        return a[:, 1:] - a[:, :1], b[:, 1:] - b[:, :1], "changes from baseline within a visit"
    return a, b, "scores within a visit"


def _about_visit_means(scores: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Scores less the mean of their visit: two measures that both drift with time need not be related."""
    known = np.where(rows, scores, 0.0)
    means = known.sum(axis=0) / np.maximum(rows.sum(axis=0), 1)
    about: np.ndarray = (scores - means)[rows]
    return about
