"""Residuals of a Cox fit; one row per row of the data, or one per event (Schoenfeld's).

Martingale and deviance: Therneau, Grambsch & Fleming 1990, Biometrika 77:147. Schoenfeld 1982, Biometrika
69:239; scaled: Grambsch & Therneau 1994, Biometrika 81:515. With Efron's ties as in Therneau & Grambsch 2000,
chapter 4. Rows of weight 0 have none (NaN).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from outcomes.models.counting import Floats, Integers
from outcomes.models.cox.likelihood import exposures, hazards
from outcomes.models.cox.moments import event_moments
from outcomes.models.cox.result import CoxFit
from outcomes.models.cox.risk_sets import Index
from outcomes.models.cox.sandwich import weighted_scores


@dataclass(frozen=True)
class EventResiduals:
    """A residual per event, by stratum, time and row.

    Attributes
    ----------
    row : ndarray of int, shape (D,)
        Row of the data that ends with the event.
    stratum, time : ndarray, shape (D,)
    values : ndarray, shape (D, p)
    """

    row: Index
    stratum: Integers
    time: Floats
    values: Floats


def martingale_residuals(fit: CoxFit) -> Floats:
    """Events minus expected events of each row, weights left out; shape (n,)."""
    sets = fit.data
    expected = exposures(sets, hazards(sets, fit.scaled), None)
    if sets.weight is not None:
        expected /= sets.weight
    residual = -expected
    residual[sets.dead] += 1.0
    return _per_row(fit, residual)


def deviance_residuals(fit: CoxFit) -> Floats:
    """Martingale residuals on a scale on which they are about symmetric; shape (n,)."""
    residual = martingale_residuals(fit)
    event = fit.observed.astype(float)
    expected = np.where(event > 0, event - residual, 1.0)
    half = np.maximum(-(residual + np.log(expected)), 0.0)  # rounding, where expected is 1
    return np.asarray(np.sign(residual) * np.sqrt(2.0 * half))


def score_residuals(fit: CoxFit) -> Floats:
    """Part of each row in the score, weights left out; shape (n, p), units of the covariates."""
    sets = fit.data
    scores = weighted_scores(sets, hazards(sets, fit.scaled))
    if sets.weight is not None:
        scores /= sets.weight[:, None]
    return _per_row(fit, scores * sets.scale)


def dfbeta_residuals(fit: CoxFit) -> Floats:
    """Approximate change of the coefficients by each row with its weight, shape (n, p): 0 minus without."""
    scores = score_residuals(fit)
    if fit.weights is not None:
        scores = scores * fit.weights[:, None]
    return np.asarray(scores @ fit.naive_covariance)


def schoenfeld_residuals(fit: CoxFit) -> EventResiduals:
    """Covariates of each event minus their mean in its risk set."""
    sets = fit.data
    mean = event_moments(sets, hazards(sets, fit.scaled)).mean
    values = (sets.x[sets.dead] - mean[sets.dead_group]) * sets.scale
    row, time = sets.order[sets.dead], sets.time[sets.dead_group]
    place = np.searchsorted(sets.row_starts, sets.dead, side="right") - 1
    stratum = sets.stratum[place]
    rank = np.lexsort((row, -sets.dead_group, stratum))
    return EventResiduals(row[rank], stratum[rank], time[rank], values[rank])


def scaled_schoenfeld_residuals(fit: CoxFit) -> EventResiduals:
    """Schoenfeld residuals times D V plus the coefficients: their mean at a time is about b(t) there."""
    found = schoenfeld_residuals(fit)
    scaled = found.values @ fit.naive_covariance * found.row.size + fit.coefficients
    return EventResiduals(found.row, found.stratum, found.time, scaled)


def _per_row(fit: CoxFit, values: Floats) -> Floats:
    """Put sorted rows in the order of the data; those at risk at no event have 0."""
    out = np.zeros((fit.observed.size, *values.shape[1:]))
    out[fit.data.order] = values
    if fit.weights is not None:
        out[fit.weights == 0] = np.nan
    return out
