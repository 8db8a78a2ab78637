"""Jackknife pseudo-values of a restricted mean: n RMST - (n - 1) RMST without patient i.

Andersen, Hansen & Klein 2004, Lifetime Data Anal 10:335. Leaving out a patient changes the curve's factors
only up to that patient's time: to (n_j - 1 - d_j) / (n_j - 1) at event times before it, and at it for a
censored patient, to (n_j - d_j) / (n_j - 1) at the patient's own event. What follows is the old curve,
rescaled. So two cumulative products and two cumulative areas give all n curves at once, after a sort.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from outcomes.models.counting import Floats, Sample, event_table, known_until


def rmst_pseudo_values(time: Floats, observed: NDArray[np.bool_], horizon: float) -> Floats:
    """Pseudo-values of the restricted mean, one per patient, in the unit of `time`.

    Parameters
    ----------
    time, observed : ndarray, shape (n,)
        Time to event or censoring; whether the event happened.
    horizon : float
        Positive, and within the follow-up of all patients together. Where leaving out the last patient
        ends the curve before it, the curve goes on flat.

    Returns
    -------
    ndarray, shape (n,)
        In the order of `time`; their mean is near, without censoring equal to, the restricted mean.

    Raises
    ------
    ValueError
        If the curve is not known up to the horizon, or a time is negative or missing.
    """
    sample = Sample(time, observed)
    table = event_table(sample).at_events()
    if not 0 < horizon <= known_until(sample):
        raise ValueError("the horizon must be positive and within the sample's follow-up")
    before = table.time < horizon
    days = table.time[before]
    n, d = table.at_risk[before].astype(float), table.events[before].astype(float)
    steps = np.diff(np.concatenate([[0.0], days, [horizon]]))

    survival = np.concatenate([[1.0], np.cumprod((n - d) / n)])
    areas = survival * steps
    to_horizon = np.cumsum(areas[::-1])[::-1]
    # mean time from an event time to the horizon among those event-free; of no use where nobody is
    ahead = np.divide(to_horizon, survival, out=np.zeros_like(survival), where=survival > 0)

    rest = n - 1
    fewer = np.divide(rest - d, rest, out=np.zeros_like(n), where=rest > 0)
    without = np.concatenate([[1.0], np.cumprod(fewer)])
    up_to = np.concatenate([[0.0], np.cumsum(without * steps)])

    own = observed & (time < horizon)
    last = np.searchsorted(days, time, side="right")
    left_out = up_to[last] + without[last] * ahead[last]
    k = last[own]
    # who is alone at risk at the own event leaves no event there: the others' curve goes on flat
    factor = np.divide(n - d, rest, out=np.ones_like(n), where=rest > 0)[k - 1]
    onward = np.where(rest[k - 1] > 0, ahead[k], horizon - days[k - 1])
    left_out[own] = up_to[k] + without[k - 1] * factor * onward
    size = time.size
    return np.asarray(size * to_horizon[0] - (size - 1) * left_out)
