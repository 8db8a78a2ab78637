"""Adjusted curves: S_a(t) = mean over patients i of exp(-L0_s(t) exp(x_i(a) b)), x_i(a) with arm a for all i.

Standardised (g-computation) over the patients of the model. Variance by the delta method from those of b and
of the baseline hazards, covariates taken as they are: Zhang et al. 2007, Comput Methods Programs
Biomed 88:95; for one patient it is Tsiatis 1981, Ann Stat 9:93.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from outcomes.inference import critical_value
from outcomes.models.counting import DAY, Floats, Integers, counts
from outcomes.models.cox import CoxFit
from outcomes.models.cox.likelihood import hazards, increments
from outcomes.models.cox.moments import event_moments
from outcomes.models.cox_case import CoxCase
from outcomes.models.cox_design import Design
from outcomes.models.fit import LARGEST_LOG, Row, failed_row, level

CURVE = "predicted_survival"
POINTS = 40


@dataclass(frozen=True)
class MeanCurve:
    """A curve averaged over patients, with its standard error; shape (times,)."""

    time: Floats
    survival: Floats
    std_error: Floats


def mean_curve(fit: CoxFit, covariates: Floats, stratum: Integers, times: Floats) -> MeanCurve:
    """Average the predicted curves of some rows of covariates.

    Parameters
    ----------
    fit : CoxFit
        An ok fit.
    covariates : ndarray, shape (n, p)
        In the order of ``fit.terms``.
    stratum : ndarray of int, shape (n,)
        The fit's codes; in a stratum without an event the curve stays at 1.
    times : ndarray, shape (times,)
        Not beyond the follow-up of any stratum.

    Raises
    ------
    ValueError
        If the fit is not ok.
    """
    sets, n = fit.data, covariates.shape[0]
    here = hazards(sets, fit.scaled)
    steps, per_time = increments(sets, here, None)
    hazard = sets.from_first_event(per_time)
    squares = sets.from_first_event(sets.per_time(steps / here.denominator))
    means = sets.from_first_event(event_moments(sets, here).hazard_mean)
    total, variance = np.zeros(times.size), np.zeros(times.size)
    slope = np.zeros((times.size, covariates.shape[1]))
    ends = np.append(sets.group_starts, sets.time.size)
    for place, code in enumerate(sets.stratum):
        first, last = int(ends[place]), int(ends[place + 1])
        z = (covariates[stratum == code] - sets.centre[place]) / sets.scale
        ratio = np.exp(np.minimum(z @ fit.scaled - here.shift[place], LARGEST_LOG))
        # event times fall within a stratum
        passed = np.searchsorted(sets.time[first:last][::-1], times, side="right")
        for k, events in enumerate(passed):
            if events == 0:
                total[k] += ratio.size
                continue
            at = last - events
            survival = np.exp(-hazard[at] * ratio)
            weight = survival * ratio
            total[k] += survival.sum()
            variance[k] += weight.sum() ** 2 * squares[at]
            slope[k] += hazard[at] * (weight @ z) - weight.sum() * means[at]
    total += np.count_nonzero(~np.isin(stratum, sets.stratum))
    covariance = fit.covariance * np.outer(sets.scale, sets.scale)
    variance += np.einsum("tj,jk,tk->t", slope, covariance, slope)
    return MeanCurve(times, total / n, np.sqrt(variance) / n)


def curve_rows(case: CoxCase, design: Design | None, fit: CoxFit | None) -> list[Row]:
    """Adjusted curve of each arm; none without covariates or strata, and none with clusters.

    Without adjustment the Kaplan-Meier curve says more, and no variance is known here for clusters.
    """
    analysis = case.analysis
    if not (analysis.covariates or analysis.strata) or analysis.cluster:
        return []
    rows: list[Row] = []
    for arm, sample in case.samples.items():
        place = {"arm": arm, **counts(sample)}
        if design is not None and fit is not None and fit.status == "ok" and arm in case.arms:
            rows += [row | place for row in _curve(case, design, fit, arm)]
        else:
            rows.append(failed_row(CURVE, "not_estimable", _reason(case, arm, fit), **place))
    return rows


def _reason(case: CoxCase, arm: str, fit: CoxFit | None) -> str:
    if case.unusable is not None:
        return case.unusable
    if not case.samples[arm].n_patients:
        return f"no patients with follow-up in arm {arm}"
    if not case.samples[arm].n_events:
        return f"no event in arm {arm}"
    return fit.message if fit is not None else "no contrast has a hazard ratio"


def curves_end(design: Design) -> float:
    """Day up to which a curve can be averaged: the end of the shortest stratum's follow-up."""
    return min(float(design.time[design.stratum == code].max()) for code in np.unique(design.stratum))


def early_end(case: CoxCase, design: Design) -> str | None:
    """Say that a short stratum ends the adjusted curves before half of the follow-up, if one does."""
    last, longest = curves_end(design), float(design.time.max())
    if not case.analysis.strata or case.analysis.cluster or last >= longest / 2:
        return None
    return (
        f"the adjusted curves end at day {last:.10g} of {longest:.10g}: a stratum of "
        f"{' and '.join(case.frame.labels.get(name, name) for name in case.analysis.strata)} is not followed "
        "further; the hazard ratios use all of the follow-up"
    )


def _curve(case: CoxCase, design: Design, fit: CoxFit, arm: str) -> list[Row]:
    last = curves_end(design)
    first = float(design.time[design.observed].min())
    if first > last:
        return [failed_row(CURVE, "not_estimable", "no event within the follow-up of every stratum")]
    x = design.matrix.copy()
    for column, term in enumerate(design.terms[: len(case.arms) - 1]):
        x[:, column] = float(term == arm)
    # the shortest stratum may end on the day of the first event
    curve = mean_curve(fit, x, design.stratum, np.unique(np.linspace(first, last, POINTS)))
    z = critical_value(case.conf_level)
    rows = []
    for time, value, error in zip(curve.time, curve.survival, curve.std_error, strict=True):
        if not 0.0 < value < 1.0:
            what = f"the curve is {value:g} but for rounding: it has no limits"
            rows.append(failed_row(CURVE, "not_estimable", what, time=float(time), **DAY))
            continue
        # symmetric on the scale log(-log S), which keeps the limits between 0 and 1
        factor = math.exp(min(z * error / (value * -math.log(value)), LARGEST_LOG))
        row = level(
            CURVE,
            time=float(time),
            estimate=float(value),
            ci_low=float(value**factor),
            ci_high=float(value ** (1 / factor)),
            conf_level=case.conf_level,
            std_error=float(error),
            scale="identity",
            unit="probability",
        )
        rows.append(row | DAY)
    return rows
