"""Patients in the standard units of a fit, for what cross-products no longer hold."""

from __future__ import annotations

import numpy as np

from outcomes.models.mmrm.crossproducts import Array, Booleans, Integers
from outcomes.models.mmrm.frames import Wide
from outcomes.models.mmrm.result import MMRM
from outcomes.models.mmrm.sandwich import Patients


def standard_patients(model: MMRM, wide: Wide) -> Patients:
    """Patients with a score, centred and scaled as the fit was.

    Parameters
    ----------
    wide : Wide
        The patients that the model was fitted to.

    Raises
    ------
    NotEstimableError
        If the fit has no numbers.
    """
    data = model.solved().data
    there = np.isin(wide.visits, model.design.visits)
    observed = ~np.isnan(wide.scores[:, there])
    rows = observed.any(axis=1)
    observed = observed[rows]
    moving = wide.visit_quantities[rows][:, :, there].reshape(len(observed), -1)
    v = np.concatenate([wide.quantities[rows], moving, wide.scores[rows][:, there]], axis=1)
    standard = np.nan_to_num((v - data.location) / data.unit)
    T = observed.shape[1]
    days = None if wide.days is None else np.where(observed, wide.days[rows][:, there], 0.0)
    place = {key: k for k, key in enumerate(_keys(data.group, data.observed, data.days))}
    return Patients(
        pattern=np.array([place[key] for key in _keys(wide.group[rows], observed, days)], dtype=np.int64),
        u=np.concatenate([np.ones((len(standard), 1)), standard[:, :-T]], axis=1),
        scores=np.where(observed, standard[:, -T:], 0.0),
        weights=wide.weights[rows],
    )


def _keys(group: Integers, observed: Booleans, days: Array | None) -> list[bytes]:
    columns = [group[:, None], observed] if days is None else [group[:, None], observed, days]
    return [row.tobytes() for row in np.concatenate(columns, axis=1).astype(float)]
