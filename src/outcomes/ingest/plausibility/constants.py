"""Columns that say nothing, and cohorts too small for what is usually asked of them."""

from __future__ import annotations

import numpy as np

from outcomes.ingest.findings import Findings
from outcomes.ingest.plausibility.evidence import FEWEST, Evidence, Grid, Outcome

FEWEST_OF_AN_ARM = 2
"""Patients without whom an arm has no spread, so that no difference to it has a standard error."""


def constant_columns(seen: Evidence, findings: Findings) -> None:
    """Warn of covariates, scores and event times that are the same for everyone."""
    for name, covariate in seen.cohort.patients.covariates.items():
        values = seen.patients[name].dropna()
        if len(values) >= FEWEST and values.nunique() == 1:
            what = (
                f"all {len(values)} patients have the same value: check column '{covariate.column}'; a "
                "covariate that does not vary tells nothing and no model can use it"
            )
            findings.warn(seen.patients_path, f"patients.covariates.{name}", what)
    for grid in seen.grids:
        _constant_scores(grid, findings)
    for outcome in seen.outcomes:
        _constant_times(outcome, findings)


def _constant_scores(grid: Grid, findings: Findings) -> None:
    observed = np.isfinite(grid.scores)
    patients = int(observed.any(axis=1).sum())
    if patients < FEWEST:
        return
    scores = grid.scores[observed]
    if scores.min() == scores.max():
        what = f"every score of all {patients} patients is the same: check the column that holds the score"
        findings.warn(grid.source, grid.where, what)
        return
    for at, visit in enumerate(grid.visits):
        column = grid.scores[observed[:, at], at]
        if len(column) >= FEWEST and column.min() == column.max():
            what = f"all {len(column)} scores at visit {visit} are the same: check its column or rows"
            findings.warn(grid.source, grid.where, what)


def _constant_times(outcome: Outcome, findings: Findings) -> None:
    """Equal times are an end of study when all are censored; events do not all fall on one day."""
    known = np.isfinite(outcome.days)
    days = outcome.days[known]
    events = int(outcome.observed[known].sum())
    if len(days) >= FEWEST and events and days.min() == days.max():
        what = (
            f"all {len(days)} patients have the same time, {events} of them with the event: check column "
            f"'{outcome.spec.time.column}'"
        )
        findings.warn(outcome.source, f"{outcome.where}.time", what)


def too_few(seen: Evidence, findings: Findings) -> None:
    """Warn of sizes at which analyses will be not estimable."""
    patients = len(seen.patients)
    if patients == 1:
        what = "there is one patient: no analysis that compares or has an interval will be estimable"
        findings.warn(seen.patients_path, "patients", what)
        return
    counts = seen.patients["arm"].value_counts()
    for arm in seen.cohort.arms:
        n = int(counts.get(arm, 0))
        if 0 < n < FEWEST_OF_AN_ARM:
            what = (
                f"{n} of {patients} patients is in this arm: means, models and standardised differences of "
                "it will be not estimable; join arms or leave it out if that was not meant"
            )
            findings.warn(seen.patients_path, f"arms.{arm}", what)
    for grid in seen.grids:
        counts = np.isfinite(grid.scores).sum(axis=0)
        if (counts > 0).sum() == 1:
            said = _said_of_one_visit(grid, int(np.argmax(counts)))
            what = f"{said}; check the visits' columns or codes if there were more"
            findings.warn(grid.source, grid.where, what)


def _said_of_one_visit(grid: Grid, at: int) -> str:
    """What is not estimable from scores at one visit: without a baseline it is not the model."""
    said = f"scores were observed at one visit only, {grid.visits[at]}"
    left = f", and all count as dropped out before {grid.visits[-1]}" if at < len(grid.visits) - 1 else ""
    if grid.planned[at] == 0.0:
        return f"{said}: changes and mixed models will be not estimable{left}"
    return (
        f"{said}: changes from baseline will be not estimable{left}; a mixed model, which then has one score "
        "per patient, needs adjust_for_baseline: false"
    )
