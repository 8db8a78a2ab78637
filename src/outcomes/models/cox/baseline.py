"""Cumulative baseline hazards of a Cox fit, and the survival curves that it predicts.

The increment at an event time is the sum of d_w/S0 over its terms: Breslow's estimator, or Efron's with
Efron's ties. Variance of a predicted cumulative hazard: Tsiatis 1981, Ann Stat 9:93; Therneau & Grambsch
2000, section 10.2.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from outcomes.inference import critical_value
from outcomes.models.counting import Floats, Integers
from outcomes.models.cox.likelihood import hazards, increments
from outcomes.models.cox.moments import event_moments
from outcomes.models.cox.result import CoxFit

ConfType = Literal["log", "log-log"]


@dataclass(frozen=True)
class BaselineHazard:
    """Step functions, one per stratum, at their event times; rows by stratum and rising time.

    Attributes
    ----------
    stratum : ndarray of int, shape (J,)
    time : ndarray, shape (J,)
        Event times, unit of the fit.
    cumulative_hazard : ndarray, shape (J,)
        From 0 up to and including the time, with all covariates and the offset 0.
    """

    stratum: Integers
    time: Floats
    cumulative_hazard: Floats


@dataclass(frozen=True)
class PredictedSurvival:
    """Curves of some covariate values at some times; arrays of shape (times, rows of newdata).

    Beyond the last time at risk of a stratum everything is NaN.

    Attributes
    ----------
    time : ndarray, shape (times,)
    survival, cumulative_hazard : ndarray
        Probability of no event up to and including the time, and minus its logarithm.
    std_error, cumulative_hazard_error : ndarray
        Their standard errors.
    low, high : ndarray
        Limits of the survival probability; NaN before the first event on the scale log-log.
    """

    time: Floats
    survival: Floats
    std_error: Floats
    low: Floats
    high: Floats
    cumulative_hazard: Floats
    cumulative_hazard_error: Floats


def baseline_hazard(fit: CoxFit) -> BaselineHazard:
    """Cumulative hazard of each stratum where all covariates and the offset are 0.

    Raises
    ------
    ValueError
        If the fit is not ok.
    """
    sets = fit.data
    here = hazards(sets, fit.scaled)
    cumulative = sets.from_first_event(increments(sets, here, None)[1])
    sizes = np.diff(sets.group_starts, append=sets.time.size)
    origin = np.repeat(np.exp(-here.shift - sets.centre @ fit.coefficients), sizes)
    rows = slice(None, None, -1)
    return BaselineHazard(np.repeat(sets.stratum, sizes)[rows], sets.time[rows], (cumulative * origin)[rows])


def predict_survival(
    fit: CoxFit,
    newdata: ArrayLike,
    times: ArrayLike,
    *,
    conf_level: float = 0.95,
    conf_type: ConfType = "log",
    stratum: int | None = None,
    offset: float = 0.0,
) -> PredictedSurvival:
    """Predict the survival curve of each row of covariates.

    Parameters
    ----------
    fit : CoxFit
    newdata : array_like, shape (rows, p)
        Covariates in the order of ``fit.terms``.
    times : array_like, shape (times,)
        Unit of the fit.
    conf_level : float
    conf_type : {'log', 'log-log'}
        Scale on which the limits are symmetric: log S, cut at 1, or log(-log S).
    stratum : int, optional
        Which baseline hazard; needed if there are several.
    offset : float
        Of all rows.

    Raises
    ------
    ValueError
        If the fit is not ok, the stratum unknown, or newdata of another width or not finite.
    """
    if conf_type not in get_args(ConfType):
        raise ValueError(f"conf_type must be one of {', '.join(get_args(ConfType))}")
    sets, x, at = fit.data, np.asarray(newdata, float), np.asarray(times, float)
    if x.ndim != 2 or x.shape[1] != len(fit.terms) or not np.isfinite(x).all():
        raise ValueError(f"newdata must have {len(fit.terms)} finite numbers in each row")
    place = _stratum_place(fit, stratum)
    first = int(sets.group_starts[place])
    last = int(np.append(sets.group_starts, sets.time.size)[place + 1])
    here = hazards(sets, fit.scaled)
    steps, per_time = increments(sets, here, None)
    squares = sets.from_first_event(sets.per_time(steps / here.denominator))[first:last]
    hazard = sets.from_first_event(per_time)[first:last]
    means = sets.from_first_event(event_moments(sets, here).hazard_mean)[first:last]
    # event times fall: the last of them up to each time, or none
    index = last - first - np.searchsorted(sets.time[first:last][::-1], at, side="right")
    none, index = index == last - first, np.minimum(index, last - first - 1)
    z = (x - sets.centre[place]) / sets.scale
    ratio = np.exp(z @ fit.scaled + offset - here.shift[place])
    covariance = fit.covariance * np.outer(sets.scale, sets.scale)
    slope = z[None, :, :] * hazard[index, None, None] - means[index, None, :]
    spread = np.einsum("trj,jk,trk->tr", slope, covariance, slope)
    cumulative = hazard[index, None] * ratio
    error = np.sqrt(squares[index, None] + spread) * ratio
    cumulative[none] = error[none] = 0.0
    cumulative[at > sets.last_time[place]] = error[at > sets.last_time[place]] = np.nan
    survival = np.exp(-cumulative)
    low, high = _limits(cumulative, error, critical_value(conf_level), conf_type)
    return PredictedSurvival(at, survival, survival * error, low, high, cumulative, error)


def _stratum_place(fit: CoxFit, stratum: int | None) -> int:
    known = fit.data.stratum
    if stratum is None and known.size == 1:
        return 0
    places = np.flatnonzero(known == stratum) if stratum is not None else known[:0]
    if places.size != 1:
        raise ValueError(f"stratum must be one of the {known.size} with an event")
    return int(places[0])


def _limits(cumulative: Floats, error: Floats, z: float, conf_type: ConfType) -> tuple[Floats, Floats]:
    if conf_type == "log":
        return np.exp(-cumulative - z * error), np.exp(np.minimum(z * error - cumulative, 0.0))
    known = np.where(cumulative > 0, cumulative, np.nan)
    factor = np.exp(z * error / known)
    return np.exp(-known * factor), np.exp(-known / factor)
