"""How far the Weibull model's curves lie from Turnbull's, which assume no distribution."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from outcomes.models.fit import Row
from outcomes.models.interval.weibull_effects import predict_survival
from outcomes.models.interval_weibull_rows import Regression

FAR = 0.1
"""Distance, as a probability, from which a curve outside of Turnbull's limits is said not to fit."""


@dataclass(frozen=True)
class Misfit:
    """Where a curve of the model lies farthest from Turnbull's.

    Attributes
    ----------
    arm : str
        Whose curves.
    day, distance : float
        Where, and how far, as a probability.
    beyond : bool
        Whether the model's curve lies outside of Turnbull's limits there.
    """

    arm: str
    day: float
    distance: float
    beyond: bool


def largest_misfit(regression: Regression, rows: Sequence[Row], conf_level: float) -> Misfit | None:
    """Compare at each day of Turnbull's rows; None where no arm has both curves.

    Parameters
    ----------
    rows : sequence of dict
        Rows of `survival_probability`. The model's curve of an arm is averaged over that arm's patients.
    """
    if regression.fit.status != "ok":
        return None
    found = []
    size = len(regression.arms) - 1
    for code, arm in enumerate(regression.arms):
        shown = [row for row in rows if row["arm"] == arm and row["status"] == "ok"]
        indicators = np.arange(1, size + 1) == code
        patients = regression.matrix[(regression.matrix[:, :size] == indicators).all(axis=1)]
        if not shown:
            continue
        days = [row["time"] for row in shown]
        model = predict_survival(regression.fit, patients, days, conf_level).survival
        for day, value, row in zip(days, model, shown, strict=True):
            beyond = not row["ci_low"] <= value <= row["ci_high"]
            found.append(Misfit(arm, day, abs(float(value) - row["estimate"]), beyond))
    return max(found, key=lambda misfit: misfit.distance, default=None)
