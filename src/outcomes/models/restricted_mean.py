"""Restricted mean survival time on arrays: RMST(h) = integral of S(t) from 0 to h, S by Kaplan-Meier.

Royston & Parmar 2013, BMC Med Res Methodol 13:152. With A_h(t) the area under S from t to h, the covariance
of RMST(h) and RMST(k) is the sum over event times of A_h A_k d / (n (n - d)) (Zhao et al. 2016, Biometrics
72:215); for h = k: Klein & Moeschberger 2003, formula 4.5.2, and R's survRM2.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from outcomes.models.counting import EventTable, Floats, Sample, event_table, known_until


@dataclass(frozen=True)
class RestrictedMean:
    """Restricted mean of one sample, in the unit of its times, and the variance of that estimate."""

    mean: float
    variance: float

    @property
    def std_error(self) -> float:
        """Standard error of `mean`."""
        return math.sqrt(self.variance)


def restricted_mean(sample: Sample, horizon: float) -> RestrictedMean:
    """Area under the Kaplan-Meier curve from 0 to `horizon`.

    Raises
    ------
    ValueError
        If the curve is not known up to `horizon`, or the horizon is not positive.
    """
    _refuse_horizon(sample, horizon)
    mean, beyond, terms = _areas(event_table(sample).at_events(), horizon)
    return RestrictedMean(mean, float(np.sum(beyond**2 * terms)))


def rmst_covariance(sample: Sample, horizons: Sequence[float]) -> Floats:
    """Covariance of the restricted means of one sample to several horizons, shape (H, H).

    Raises
    ------
    ValueError
        If the curve is not known up to a horizon, or a horizon is not positive.
    """
    for horizon in horizons:
        _refuse_horizon(sample, horizon)
    table = event_table(sample).at_events()
    areas = np.zeros((len(horizons), table.time.size))
    terms = np.zeros(table.time.size)
    for row, horizon in zip(areas, horizons, strict=True):
        _, beyond, inside = _areas(table, horizon)
        row[: beyond.size] = beyond
        terms[: inside.size] = inside
    return np.asarray((areas * terms) @ areas.T)


def joint_rmst_covariance(samples: Sequence[Sample], horizons: Sequence[float]) -> Floats:
    """Covariance of the restricted means of several independent arms, shape (A, H, A, H).

    Blocks between arms are 0: each arm has a curve of its own. See `rmst_covariance`.
    """
    count, size = len(samples), len(horizons)
    joint = np.zeros((count, size, count, size))
    for k, sample in enumerate(samples):
        joint[k, :, k, :] = rmst_covariance(sample, horizons)
    return joint


def _refuse_horizon(sample: Sample, horizon: float) -> None:
    if not 0 < horizon <= known_until(sample):
        raise ValueError("the horizon must be positive and within the sample's follow-up")


def _areas(table: EventTable, horizon: float) -> tuple[float, Floats, Floats]:
    """Mean, area beyond each event time before the horizon, and Greenwood's terms there."""
    before = table.time < horizon
    n, d = table.weight_at_risk[before], table.weight_of_events[before]
    more = table.at_risk[before] > table.events[before]
    survival = np.cumprod(np.where(more, (n - d) / n, 0.0))
    steps = np.diff(np.append(table.time[before], horizon))
    areas: Floats = np.asarray(survival * steps, dtype=np.float64)
    first = float(table.time[0]) if before.any() else horizon
    # area beyond the k-th event time, up to the horizon; 0 once the curve is at 0
    beyond = np.cumsum(areas[::-1])[::-1]
    terms = np.divide(d, n * (n - d), out=np.zeros_like(n), where=more)
    return first + float(areas.sum()), beyond, terms
