"""A missing code inside the range: a 99 at the top of a column, held by several and apart from the rest."""

from __future__ import annotations

import numpy as np

from outcomes.ingest.findings import Findings
from outcomes.ingest.plausibility.evidence import FEWEST, Evidence
from outcomes.ingest.words import NINES

FEWEST_HOLDERS = 3
"""Patients with one and the same highest value below whom it may be their own."""

GAP = 0.15
"""Share of the range of all other values by which a code must exceed them: the highest of many true values
seldom stand so far above the next, and several patients hardly stand there together."""


def codes_at_the_top(seen: Evidence, findings: Findings) -> None:
    """Warn of covariates without a declared range, and of scores, whose highest value may be a code."""
    for name, covariate in seen.cohort.patients.covariates.items():
        if covariate.kind == "number" and covariate.high is None:
            said = _said_of(seen.patients[name].to_numpy()[:, None], np.inf)
            if said:
                what = f"{said}; if they are true values, declare low and high"
                findings.warn(seen.patients_path, f"patients.covariates.{name}", what)
    for grid in seen.grids:
        said = _said_of(grid.scores, grid.instrument.high)
        if said:
            findings.warn(grid.source, grid.where, said)


def _said_of(values: np.ndarray, high: float) -> str | None:
    """What to say of values by patient and visit, of which none can exceed `high`; `high` itself is one."""
    coded = np.isin(values, NINES) & (values < high)
    rest = values[np.isfinite(values) & ~coded]
    if len(rest) < FEWEST:
        return None
    top = rest.max() + GAP * np.ptp(rest)
    patients = int((coded & (values > top)).any(axis=1).sum())
    if patients < FEWEST_HOLDERS or np.ptp(rest) == 0:
        return None
    codes = ", ".join(f"{code:g}" for code in np.unique(values[coded & (values > top)]))
    return (
        f"{patients} of {int(np.isfinite(values).any(axis=1).sum())} patients have the value {codes}, and no "
        f"other value comes near: is it a missing code? Declare it under missing_codes of the file"
    )
