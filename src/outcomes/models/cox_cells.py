"""Cox model with an effect of each arm in each part (a period, a level): h(t) = h0(t) exp(b_cell + x c).

A cell is an arm in a part; one cell of every block of parts is the reference, at b = 0. Parts share a block
where their hazards are compared (levels), and have blocks of their own where they are not (periods, strata).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from outcomes.models.counting import Floats, Integers
from outcomes.models.cox import CoxFit, fit_cox_model
from outcomes.models.cox.fit import Ties
from outcomes.models.cox.result import ChiSquare
from outcomes.models.cox_case import LEAST_EVENTS


@dataclass(frozen=True)
class Spells:
    """Rows of patients, each in one part; a patient may have one in each.

    Attributes
    ----------
    patient, arm, part : ndarray of int, shape (n,)
        Codes; parts and arms from 0.
    entry, time, observed, stratum : ndarray, shape (n,)
        At risk on (entry, time]; whether the event ends it; stratum.
    covariates : mapping
        Further columns, each of shape (n,).
    cluster : ndarray of int, shape (n,), or None
    """

    patient: Integers
    arm: Integers
    part: Integers
    entry: Floats
    time: Floats
    observed: NDArray[np.bool_]
    stratum: Integers
    covariates: Mapping[str, Floats]
    cluster: Integers | None = None

    def counts(self, arms: Sequence[int], part: int) -> dict[str, int]:
        """`n_patients` and `n_events` of some arms in one part."""
        inside = np.isin(self.arm, arms) & (self.part == part)
        patients = np.unique(self.patient[inside]).size
        return {"n_patients": int(patients), "n_events": int(self.observed[inside].sum())}

    def cut(self, bounds: Sequence[float]) -> Spells:
        """Cut every row into its parts (bounds[k], bounds[k + 1]]."""
        starts, stops = np.array(bounds[:-1]), np.array(bounds[1:])
        row, part = np.nonzero(self.time[:, None] > starts)
        time = self.time[row]
        last = time <= stops[part]
        return Spells(
            self.patient[row],
            self.arm[row],
            part.astype(np.int64),
            starts[part],
            np.where(last, time, stops[part]),
            self.observed[row] & last,
            self.stratum[row],
            {name: column[row] for name, column in self.covariates.items()},
            None if self.cluster is None else self.cluster[row],
        )


@dataclass(frozen=True)
class CellFit:
    """The model, and why some cells are not in it.

    Attributes
    ----------
    fit : CoxFit
    cells : mapping
        (arm, part) to its column; -1 is a reference.
    reasons : mapping
        Part to why nothing can be said of it; (arm, part) to why the arm has no effect there.
    """

    fit: CoxFit
    cells: Mapping[tuple[int, int], int]
    reasons: Mapping[tuple[int, int], str] = field(default_factory=dict)

    def weights(self, pair: tuple[int, int], part: int) -> Floats:
        """Contrast of two arms in one part."""
        found = np.zeros(len(self.fit.terms))
        for arm, sign in zip(pair, (1.0, -1.0), strict=True):
            column = self.cells[arm, part]
            if column >= 0:
                found[column] += sign
        return found


def fit_cells(
    spells: Spells, arms: Sequence[str], parts: Sequence[str], blocks: Sequence[int], ties: Ties
) -> CellFit:
    """Fit one model with a coefficient for every cell but the references.

    A cell without an event is left out with its patients: as its hazard goes to 0, so does its place in every
    risk set. So is a part with fewer than 5 events, and one with a single arm left.

    Parameters
    ----------
    arms, parts : sequence of str
        Their names; the codes of `spells` are positions.
    blocks : sequence of int, one per part
        Parts with the same code have one reference cell together.
    """
    reasons: dict[tuple[int, int], str] = {}
    cells: dict[tuple[int, int], int] = {}
    references: set[int] = set()
    columns: dict[str, Floats] = {}
    for part, name in enumerate(parts):
        total = spells.counts(range(len(arms)), part)["n_events"]
        for arm, label in enumerate(arms):
            own = spells.counts([arm], part)
            if own["n_patients"] == 0:
                reasons[arm, part] = f"nobody at risk in arm {label} in {name}"
            elif total < LEAST_EVENTS:
                reasons[arm, part] = f"{total} events in {name}: fewer than {LEAST_EVENTS}"
            elif own["n_events"] == 0:
                reasons[arm, part] = f"no event in arm {label} in {name}"
            elif blocks[part] not in references:
                references.add(blocks[part])
                cells[arm, part] = -1
            else:
                cells[arm, part] = len(columns)
                columns[f"{label}, {name}"] = ((spells.arm == arm) & (spells.part == part)).astype(float)
    kept = np.zeros(spells.arm.size, dtype=bool)
    for arm, part in cells:
        kept |= (spells.arm == arm) & (spells.part == part)
    columns |= spells.covariates
    matrix = np.column_stack(list(columns.values())) if columns else np.empty((kept.size, 0))
    fit = fit_cox_model(
        spells.time[kept],
        spells.observed[kept],
        matrix[kept],
        terms=tuple(columns),
        ties=ties,
        stratum=spells.stratum[kept],
        entry=spells.entry[kept] if spells.entry.any() else None,
        cluster=spells.cluster[kept] if spells.cluster is not None else None,
    )
    return CellFit(fit, cells, reasons)


@dataclass(frozen=True)
class EqualEffects:
    """Test that contrasts are the same in all parts; `left_out` says why some parts are not in it."""

    test: ChiSquare
    left_out: tuple[str, ...]


def equal_effects(cells: CellFit, arms: Sequence[int], parts: Sequence[int]) -> EqualEffects | str:
    """Wald test that all contrasts between `arms` are the same in `parts`, or why there is none.

    Parts in which an arm has no effect are left out. The covariance is the fit's, robust where that was asked
    for; df = (arms - 1) (parts - 1).
    """
    if cells.fit.status != "ok":
        return cells.fit.message
    missing = {part: [cells.reasons.get((arm, part)) for arm in arms] for part in parts}
    kept = [part for part in parts if not any(missing[part])]
    told = tuple(dict.fromkeys(why for part in parts for why in missing[part] if why))
    if len(kept) < 2 or len(arms) < 2:
        return "; ".join(told) or "nothing to compare: one part, or one arm"
    rows = [
        cells.weights((arm, arms[0]), part) - cells.weights((arm, arms[0]), kept[0])
        for arm in arms[1:]
        for part in kept[1:]
    ]
    contrasts = np.array(rows)
    variance = contrasts @ cells.fit.covariance @ contrasts.T
    estimate = contrasts @ cells.fit.coefficients
    statistic = float(estimate @ np.linalg.solve(variance, estimate))
    return EqualEffects(ChiSquare.of(statistic, len(rows)), told)


def reason_of(cells: CellFit, pair: tuple[int, int], part: int) -> str | None:
    """Why two arms cannot be compared in a part, or None."""
    told = [cells.reasons[arm, part] for arm in pair if (arm, part) in cells.reasons]
    return "; ".join(dict.fromkeys(told)) or None
