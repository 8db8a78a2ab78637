"""The same contrast under every definition d of an event: log HR_d, or RMST_d(h) of an arm less another's.

Multiverse analysis: Steegen et al. 2016, Perspect Psychol Sci 11:702. The definitions are alternatives, not
a sample and not hypotheses of their own: nothing is averaged over them and no p-value is adjusted for them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from outcomes.config.multiverse import DECLARED, MultiverseAnalysis
from outcomes.config.states import printed_value
from outcomes.config.survival import CoxAnalysis
from outcomes.frames import AnalysisFrame
from outcomes.models.counting import samples_by_arm
from outcomes.models.fit import Fit, Row, contrast_pairs, level
from outcomes.models.proportional_hazards import fit_cox
from outcomes.models.rmst import fit_rmst
from outcomes.tables import NUMBERED_STATUSES, QUANTITIES

Fitted = tuple[str, Callable[[AnalysisFrame], Fit]]
ESTIMABLE = "definitions with an estimate"
EXCLUDING = "definitions with an interval that excludes no difference"


def fit_multiverse(frame: AnalysisFrame, analysis: MultiverseAnalysis) -> Fit:
    """Return each contrast under each definition, its events by arm, and how many definitions agree.

    The declared definition comes first; what is not estimable under one keeps its row, with the reason.
    """
    quantity, fit = _fitted(analysis)
    shown: list[Row] = []
    events: list[Row] = []
    methods: dict[str, str] = {}
    for name in frame.data["definition"].cat.categories:
        of_one = frame.data[frame.data["definition"] == name].drop(columns="definition")
        found = fit(replace(frame, data=of_one.reset_index(drop=True)))
        methods = methods or dict(found.methods)
        shown += [row | {"term": name} for row in found.rows if row["quantity"] == quantity]
        events += _event_rows(replace(frame, data=of_one), name)
    counts = _summaries(shown, quantity, analysis, frame)
    n = len(frame.data["definition"].cat.categories)
    facts = {
        "Definitions": f"{n}: as declared, and every combination of "
        + "; ".join(
            f"{path} ({', '.join(map(printed_value, values))})"
            for path, values in analysis.endpoint.grid.items()
        ),
        "Multiplicity": "none: the definitions are alternatives, and rest on the same patients",
    }
    return Fit((*shown, *counts, *events), methods | facts)


def _fitted(analysis: MultiverseAnalysis) -> Fitted:
    """Quantity of the contrasts, and the fit of one definition's frame."""
    single = analysis.single()
    if isinstance(single, CoxAnalysis):
        return "hazard_ratio", lambda frame: fit_cox(frame, single)
    return "rmst_difference", lambda frame: fit_rmst(frame, single)


def _event_rows(frame: AnalysisFrame, name: str) -> list[Row]:
    return [
        level("event_count", term=name, arm=arm, estimate=sample.n_events, unit="events",
              n_patients=sample.n_patients, n_events=sample.n_events)
        for arm, sample in samples_by_arm(frame).items()
    ]  # fmt: skip


def _summaries(
    rows: list[Row], quantity: str, analysis: MultiverseAnalysis, frame: AnalysisFrame
) -> list[Row]:
    """Count definitions of the grid with an estimate, and with an interval beside no difference."""
    null = QUANTITIES[quantity].null or 0.0
    found: list[Row] = []
    for arm, comparator in contrast_pairs(analysis, frame):
        mine = [
            row for row in rows
            if (row["arm"], row["comparator"]) == (arm, comparator) and row["status"] in NUMBERED_STATUSES
            and row["term"] != DECLARED
        ]  # fmt: skip
        excluding = [row for row in mine if not row["ci_low"] <= null <= row["ci_high"]]
        place = {"arm": arm, "comparator": comparator, "unit": "definitions"}
        found.append(level("count", term=ESTIMABLE, estimate=len(mine), **place))
        found.append(level("count", term=EXCLUDING, estimate=len(excluding), **place))
    return found
