"""Times against each other: visits after death, before baseline, out of order or window; lifetimes."""

from __future__ import annotations

import numpy as np

from outcomes.config.cohort import DAYS_PER, LongVisits, Schedule
from outcomes.ingest.findings import Findings
from outcomes.ingest.plausibility.evidence import Evidence, Grid, Outcome, days_of_rounding, words

DEATH = frozenset({"death", "died", "dead", "deceased", "mortality"})
WITHDRAWAL = frozenset(
    {"dropout", "drop", "dropped", "out", "withdrawal", "withdrawn", "withdrew", "lost", "follow", "up"}
)
NEUTRAL = frozenset({"any", "all", "cause", "causes", "of", "from", "to", "the", "study", "trial", "time"})
"""Words beside which a name still means nothing but the event: relapse_or_death is no death."""

ROUNDING_DAYS = 0.5
"""Windows are declared in weeks or months and times are whole days."""

LONGEST_DAYS = 120 * DAYS_PER["year"]
"""Nobody lived longer than 122 years: a longer time is a date that stands for nothing."""

OLDEST_YEARS = 110.0
"""A patient above this age is next to certainly a date or a unit."""


def after_the_end(seen: Evidence, findings: Findings) -> None:
    """Scores after death are a problem, scores after withdrawal a warning."""
    for outcome in seen.outcomes:
        meaning = _meaning(outcome)
        if meaning is None:
            continue
        for grid in seen.grids:
            slack = days_of_rounding(outcome.spec.time)
            if isinstance(grid.measure, LongVisits) and grid.measure.time is not None:
                slack = max(slack, days_of_rounding(grid.measure.time))
            ended = np.where(outcome.observed, outcome.days + slack, np.inf)
            late = np.isfinite(grid.scores) & (_earliest_days(grid, seen.cohort.schedule) > ended[:, None])
            patients = int(late.any(axis=1).sum())
            if not patients:
                continue
            scores = f"{int(late.sum())} scores of {patients} patients are from after {{}} ({outcome.where})"
            if meaning == "death":
                what = f"{scores.format('their death')}: mend the times of the visits or of the event"
                findings.problem(grid.source, grid.where, what)
            else:
                what = (
                    f"{scores.format('their withdrawal')}: right if patients were still measured; "
                    "otherwise mend the times, or leave out scores that were filled in"
                )
                findings.warn(grid.source, grid.where, what)


def _meaning(outcome: Outcome) -> str | None:
    named = set(words(outcome.name))
    if named & DEATH and named <= DEATH | NEUTRAL:
        return "death"
    if named & (WITHDRAWAL - {"follow", "up", "out"}) and named <= WITHDRAWAL | NEUTRAL:
        return "withdrawal"
    return None


def _earliest_days(grid: Grid, schedule: Schedule | None) -> np.ndarray:
    """Actual day of each visit; without one, the earliest at which the planned visit can have been.

    That is the start of its window, or half way from the visit planned before it.
    """
    halfway = grid.planned - np.diff(grid.planned, prepend=grid.planned[0]) / 2
    windows = schedule.windows if schedule else {}
    scale = DAYS_PER[schedule.unit] if schedule else 1.0
    starts = [
        windows[visit][0] * scale if visit in windows else half
        for visit, half in zip(grid.visits, halfway, strict=True)
    ]
    return np.where(np.isfinite(grid.days), grid.days, np.array(starts))


def unordered_visits(seen: Evidence, findings: Findings) -> None:
    """A follow-up before baseline is a problem; days that do not rise with the visits are a warning."""
    for grid in seen.timed:
        early = grid.days[:, grid.planned > 0] < 0
        if early.any():
            what = (
                f"{int(early.sum())} follow-up visits of {int(early.any(axis=1).sum())} patients are from "
                "before their baseline (negative time): mend the times, or the visits' codes"
            )
            findings.problem(grid.source, f"{grid.where}.time", what)
        # the highest day so far, over visits without a day
        so_far = np.fmax.accumulate(grid.days, axis=1)
        falls = (grid.days[:, 1:] <= so_far[:, :-1]).any(axis=1)
        if falls.any():
            seen_twice = int((np.isfinite(grid.days).sum(axis=1) > 1).sum())
            what = (
                f"{int(falls.sum())} of {seen_twice} patients with two visits or more have a later visit "
                "on the same day as an earlier one or before it: check the visits' codes and their times"
            )
            findings.warn(grid.source, f"{grid.where}.time", what)


def outside_windows(seen: Evidence, findings: Findings) -> None:
    """Warn of visits whose code names one visit and whose actual time lies outside its window."""
    schedule = seen.cohort.schedule
    for grid in seen.timed:
        coded = isinstance(grid.measure, LongVisits) and grid.measure.visit is not None
        if schedule is None or not coded:
            continue
        for at, visit in enumerate(grid.visits):
            if visit not in schedule.windows:
                continue
            days = grid.days[np.isfinite(grid.days[:, at]), at]
            low, high = (bound * DAYS_PER[schedule.unit] for bound in schedule.windows[visit])
            out = int(((days < low - ROUNDING_DAYS) | (days > high + ROUNDING_DAYS)).sum())
            if out:
                what = (
                    f"{out} of {len(days)} times of visit {visit} lie outside schedule.windows (day "
                    f"{low:g} to {high:g}): widen the window, or mend the times or the visits' codes"
                )
                findings.warn(grid.source, f"{grid.where}.time", what)


def beyond_a_lifetime(seen: Evidence, findings: Findings) -> None:
    """Warn of times and ages that no patient has: leftovers of dates such as 1900, or of other units."""
    times = [(seen.patients_path, "patients.follow_up", seen.patients["follow_up_days"].to_numpy())]
    times += [(outcome.source, f"{outcome.where}.time", outcome.days) for outcome in seen.outcomes]
    times += [(grid.source, f"{grid.where}.time", grid.days.ravel()) for grid in seen.timed]
    for source, where, days in times:
        long = int((np.abs(days) > LONGEST_DAYS).sum())
        if long:
            what = (
                f"{long} of {int(np.isfinite(days).sum())} times are longer than a lifetime (120 years): "
                "check the unit, or dates such as 1900-01-01 that stand for unknown"
            )
            findings.warn(source, where, what)
    for name, covariate in seen.cohort.patients.covariates.items():
        in_years = covariate.unit is None or words(covariate.unit)[:1] in {
            ("years",),
            ("year",),
            ("yrs",),
            ("y",),
        }
        if covariate.kind == "number" and "age" in words(name, covariate.label) and in_years:
            ages = seen.patients[name].to_numpy()
            odd = int(((ages < 0) | (ages > OLDEST_YEARS)).sum())
            if odd:
                what = (
                    f"{odd} of {int(np.isfinite(ages).sum())} ages are below 0 or above {OLDEST_YEARS:g} "
                    "years: mend them, or check the unit; low and high make them errors"
                )
                findings.warn(seen.patients_path, f"patients.covariates.{name}", what)
