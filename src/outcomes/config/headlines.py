"""The row of an analysis that answers its question: what a sentence is made of, and a family adjusts."""

from __future__ import annotations

from dataclasses import dataclass

from outcomes.config.analysis import AnalysisBase
from outcomes.config.multiverse import DECLARED

HEADLINES = {
    "mmrm": "mean_difference",
    "mixed": "mean_difference",
    "cox": "hazard_ratio",
    "rmst": "rmst_difference",
    "competing_risks": "risk_difference",
    "interval_censored": "hazard_ratio",
    "multiverse": "hazard_ratio",
    "proportion": "risk_difference",
    "mean": "mean_difference",
    "log_rank": "log_rank_chi_square",
}
"""Model to the quantity that answers its question; the other models describe."""


TREATMENT = "treatment"
"""Term of the test of proportional hazards that is of all arms together."""
NOT_PROPORTIONAL = 0.05
"""Below this p-value of that test, hazards are not taken as proportional, and restricted means lead."""


@dataclass(frozen=True)
class Headline:
    """Which rows answer: this quantity, this term (None: rows without one), at the last time of several."""

    quantity: str
    term: str | None = None


def headline_of(analysis: AnalysisBase) -> Headline | None:
    """Return what answers the question of an analysis; None for one that describes.

    Competing risks answer for the first cause of the endpoint; the others stand beside it.
    """
    model = str(getattr(analysis, "model", ""))
    if model not in HEADLINES:
        return None
    if model == "competing_risks":
        return Headline(HEADLINES[model], str(analysis.endpoint.causes[0]))  # type: ignore[attr-defined]
    if model == "multiverse":
        quantity = "rmst_difference" if getattr(analysis, "fit", "") == "rmst" else HEADLINES[model]
        return Headline(quantity, DECLARED)
    if getattr(analysis, "weights", None) == "max_combo":
        return Headline("max_combo")
    return Headline(HEADLINES[model])
