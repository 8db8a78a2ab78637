"""Censored times that no follow-up has: all at once before the events, in two units, before a later score."""

from __future__ import annotations

import numpy as np

from outcomes.config.cohort import LongVisits, TimeSpec
from outcomes.ingest.findings import Findings
from outcomes.ingest.plausibility.evidence import FEWEST, Evidence, Grid, Outcome
from outcomes.ingest.plausibility.units import MONTH, YEAR, clusters_said, two_units

FEWEST_EVENTS = 5
"""Events that must come after the one censored time: with fewer they may do so by chance."""

NEARLY_ALL = 0.9
"""Share of the events that come after it: where follow-up truly ended for all, none is seen after."""

MOST = 0.5
"""Share of the censored with a later score from which on follow-up for the event ends earlier by design."""

FACTORS = (MONTH, YEAR)
"""Weeks and days, and years and months, are too near each other: a study may censor after one and after
twelve months. In 28000 simulated cohorts of seven designs these two, in clusters alike, were never found."""

QUARTILES, ALIKE = (0.25, 0.5, 0.75, 0.9), 1.3
"""Where two clusters of one shape are compared, and how far from the factor they may be apart there."""


def odd_censoring(seen: Evidence, findings: Findings) -> None:
    """Warn of censored times that are no last contact, although each is a time like any other."""
    for outcome in seen.outcomes:
        for said in (_all_at_once(outcome), _in_two_units(outcome), *_before_a_score(outcome, seen.timed)):
            if said:
                findings.warn(outcome.source, f"{outcome.where}.time", said)


def _all_at_once(outcome: Outcome) -> str | None:
    known = np.isfinite(outcome.days)
    censored, events = outcome.days[known & ~outcome.observed], outcome.days[known & outcome.observed]
    if len(censored) < FEWEST or len(events) < FEWEST_EVENTS or np.ptp(censored) > 0:
        return None
    after = int((events > censored[0]).sum())
    if after < NEARLY_ALL * len(events):
        return None
    return (
        f"all {len(censored)} censored patients have one and the same time, and {after} of {len(events)} "
        "events come after it: is it the time of their last contact? If it is that of their start, give the "
        "last contact"
    )


def _in_two_units(outcome: Outcome) -> str | None:
    """Censored times end with the study, and vary little enough for two units to form two clusters."""
    if _time_of_censored(outcome).format is not None:  # days between dates are days
        return None
    censored = np.sort(outcome.days[np.isfinite(outcome.days) & ~outcome.observed & (outcome.days > 0)])
    split = two_units(censored, FACTORS)
    if split is None or min(split.n_low, split.n_high) < FEWEST:
        return None
    low, high = (np.quantile(part, QUARTILES) for part in np.split(censored, [split.n_low]))
    if (np.abs(np.log(high / low / split.factor)) > np.log(ALIKE)).any():
        return None
    return (
        f"of the censored {clusters_said(split)}: two units in one column? Convert one of them, and the "
        "times of events in the same rows, to the unit that is declared"
    )


def _before_a_score(outcome: Outcome, grids: tuple[Grid, ...]) -> list[str]:
    """Only dates are compared: numbers may count from another day than those of the visits do."""
    if _time_of_censored(outcome).format is None:
        return []
    censored = np.isfinite(outcome.days) & ~outcome.observed
    found = []
    for grid in grids:
        time = grid.measure.time if isinstance(grid.measure, LongVisits) else None
        if time is None or time.format is None:
            continue
        last = np.where(np.isfinite(grid.scores), grid.days, -np.inf).max(axis=1, initial=-np.inf)
        measured = censored & (last > 0)
        early = int((measured & (np.floor(last) > outcome.days)).sum())
        if early and early <= MOST * measured.sum():
            found.append(
                f"{early} of {int(measured.sum())} censored patients with scores have a score of {grid.name} "
                "from after their last contact: mend the times, unless follow-up for the event ended before "
                "follow-up for the scores"
            )
    return found


def _time_of_censored(outcome: Outcome) -> TimeSpec:
    return outcome.spec.censored_time or outcome.spec.time
