"""Restricted mean survival time: RMST_a(h) = integral of S_a(t) from 0 to a horizon h, in each arm a.

Unadjusted: area under the arm's Kaplan-Meier curve (`outcomes.models.restricted_mean`). With covariates:
means standardised over the sample, from pseudo-values (`outcomes.models.pseudo_regression`). Ratios: delta
method on the logarithm, as R's survRM2.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from outcomes.config.survival import RmstAnalysis
from outcomes.frames import AnalysisFrame
from outcomes.models.counting import (
    DAY,
    Floats,
    Sample,
    absent_arms,
    counts,
    known_until,
    samples_by_arm,
    unusable_times,
)
from outcomes.models.cox_design import covariate_columns, patients_of
from outcomes.models.fit import Fit, Row, contrast_pairs, failed_row, wald_row
from outcomes.models.pseudo_regression import AdjustedMeans, adjusted_means, column_problem
from outcomes.models.pseudo_values import rmst_pseudo_values
from outcomes.models.restricted_mean import restricted_mean

NO_SPREAD = (
    "the curve has no variance before the horizon (no event, or all at once): the interval has no width"
)
ONE_WITHOUT = (
    "one arm has no variance before the horizon (no event, or all at once): standard error too small"
)
NO_RESIDUAL = "the covariates explain all there is between the patients: the contrast has no variance"
ROUNDING = 1e-12
"""Variance of a contrast, relative to those of its means, that a sum of products can be by rounding."""
ALL_ZERO = "a ratio needs restricted means above 0"
NOT_PRESPECIFIED = "the RMST horizon was not fixed beforehand: it is the shortest arm's longest follow-up"
CONTRASTS = ("rmst_difference", "rmst_ratio")
ADJUSTED = {
    "Model": "Restricted mean survival time, regression of pseudo-values on arm and covariates "
    "(identity link), standardised over the sample",
    "Pseudo-values": "jackknife, from one Kaplan-Meier curve of all arms together: censoring must not depend "
    "on arm or covariates",
    "Variance": "robust (sandwich), joint over arms; normal intervals",
}
UNADJUSTED = {
    "Model": "Restricted mean survival time, area under the Kaplan-Meier curve",
    "Variance": "Greenwood's, integrated to the horizon; arms independent; normal intervals",
}
RATIOS = {"Ratios": "delta method on the logarithm"}


ENOUGH_FOR_HC0 = 250
"""Long & Ervin 2000, Am Stat 54:217."""


@dataclass(frozen=True)
class Means:
    """Restricted means of the arms that have one, to one horizon.

    Attributes
    ----------
    arms : tuple of str
        Arms, in canonical order.
    mean : ndarray, shape (A,)
        In days.
    covariance : ndarray, shape (A, A)
        Their joint covariance.
    certain : tuple of bool
        Whether the arm's own curve has a variance before the horizon.
    reasons : mapping of str
        Arm without a mean to the reason.
    """

    arms: tuple[str, ...]
    mean: Floats
    covariance: Floats
    certain: tuple[bool, ...]
    reasons: Mapping[str, str]


def fit_rmst(frame: AnalysisFrame, analysis: RmstAnalysis) -> Fit:
    """RMST of each arm, difference and ratio of each contrast, to each horizon, the longest last."""
    reason = unusable_times(frame)
    samples = samples_by_arm(frame) if reason is None else {}
    longest = [float(sample.time.max()) for sample in samples.values() if sample.n_patients]
    shortest = min(longest, default=0.0)
    horizon = shortest if analysis.horizon_days is None else analysis.horizon_days
    source = "the shortest arm's longest follow-up" if analysis.horizon_days is None else "pre-specified"
    rows: list[Row] = []
    for day in (*analysis.horizons_days, horizon):
        place = {"time": float(day), **DAY}
        if reason is not None:
            rows += [row | place for row in _refused(frame, analysis, reason)]
            continue
        means = _means(frame, analysis, samples, float(day))
        rows += [row | place for row in _rows(frame, analysis, samples, means)]
    methods = dict(ADJUSTED if analysis.covariates else UNADJUSTED) | RATIOS
    if analysis.covariates:
        methods["Covariates"] = ", ".join(frame.labels.get(name, name) for name in analysis.covariates)
    shown = ", ".join(f"{day:g}" for day in (*analysis.horizons_days, horizon))
    methods["Horizon"] = f"{shown} days ({source})"
    warnings = (NOT_PRESPECIFIED,) if analysis.horizon_days is None else _too_long(samples, horizon)
    return Fit(tuple(rows), methods, (*warnings, *_few_patients(analysis, samples)))


def _few_patients(analysis: RmstAnalysis, samples: Mapping[str, Sample]) -> tuple[str, ...]:
    n = sum(sample.n_patients for sample in samples.values())
    if not analysis.covariates or not 0 < n < ENOUGH_FOR_HC0:
        return ()
    return (
        f"{n} patients, fewer than {ENOUGH_FOR_HC0}: the robust standard errors (HC0) of adjusted restricted "
        "means may be too small",
    )


def _too_long(samples: Mapping[str, Sample], horizon: float) -> tuple[str, ...]:
    """Say how far all arms with patients are known, where the horizon lies beyond that."""
    known = min((known_until(s) for s in samples.values() if s.n_patients), default=math.inf)
    if horizon <= known:
        return ()
    what = f"the RMST horizon of {horizon:g} days lies beyond the follow-up of an arm"
    return (f"{what}: up to {known:g} days every arm has a restricted mean",)


def _means(frame: AnalysisFrame, analysis: RmstAnalysis, samples: Mapping[str, Sample], day: float) -> Means:
    """Means to one horizon; arms whose curve is not known so far are left out, with the reason."""
    found = {arm: _reason(samples, arm, day) for arm in samples}
    reasons = {arm: reason for arm, reason in found.items() if reason is not None}
    arms = tuple(arm for arm in samples if arm not in reasons)
    crude = [restricted_mean(samples[arm], day) for arm in arms]
    certain = tuple(result.variance > 0 for result in crude)
    if not analysis.covariates or not arms:
        mean = np.array([result.mean for result in crude])
        return Means(arms, mean, np.diag([result.variance for result in crude]), certain, reasons)
    adjusted = _adjusted(frame, analysis, arms, day)
    if isinstance(adjusted, str):
        return Means((), np.empty(0), np.empty((0, 0)), (), reasons | dict.fromkeys(arms, adjusted))
    return Means(arms, adjusted.mean, adjusted.covariance, certain, reasons)


def _adjusted(frame: AnalysisFrame, analysis: RmstAnalysis, arms: tuple[str, ...], day: float,
              ) -> AdjustedMeans | str:  # fmt: skip
    """Standardised means of some arms, all patients of them together, or why there are none."""
    data = patients_of(frame.data, arms)
    columns: dict[str, Floats] = {}
    for name in analysis.covariates:
        columns |= covariate_columns(data, name)
    covariates = np.column_stack(list(columns.values()))
    names = data["arm"].astype(str)
    codes = np.array([arms.index(name) for name in names], dtype=np.int64)
    needed = len(arms) + len(columns)
    if len(data) <= needed:
        return f"{len(data)} patients are too few for {needed} coefficients"
    problem = column_problem(codes, covariates, tuple(columns))
    if problem is not None:
        return problem
    time = data["time_days"].to_numpy(dtype=float)
    values = rmst_pseudo_values(time, data["observed"].to_numpy(dtype=bool), day)
    return adjusted_means(values, codes, covariates)


def _reason(samples: Mapping[str, Sample], arm: str, horizon: float) -> str | None:
    """Say why an arm has no restricted mean, or None."""
    absent = absent_arms(samples, arm)
    if absent is None and horizon > known_until(samples[arm]):
        longest = samples[arm].time.max()
        return f"the horizon of {horizon:g} days lies beyond the follow-up of arm {arm} ({longest:g} days)"
    return absent


def _rows(frame: AnalysisFrame, analysis: RmstAnalysis, samples: Mapping[str, Sample],
          means: Means) -> list[Row]:  # fmt: skip
    """Rows of one horizon, without its time."""
    rows: list[Row] = []
    for arm, sample in samples.items():
        place = {"arm": arm, **counts(sample)}
        if arm in means.arms:
            rows.append(_mean_row(means, arm, analysis.conf_level) | place)
        else:
            rows.append(failed_row("rmst", "not_estimable", means.reasons[arm], **place))
    for quantity in CONTRASTS:
        for arm, comparator in contrast_pairs(analysis, frame):
            place = {"arm": arm, "comparator": comparator, **counts(samples[arm], samples[comparator])}
            missing = [means.reasons[name] for name in (arm, comparator) if name in means.reasons]
            if missing:
                why = "; ".join(dict.fromkeys(missing))
                rows.append(failed_row(quantity, "not_estimable", why, **place))
            else:
                rows.append(_contrast_row(quantity, means, (arm, comparator), analysis.conf_level) | place)
    return rows


def _refused(frame: AnalysisFrame, analysis: RmstAnalysis, reason: str) -> list[Row]:
    rows = [failed_row("rmst", "not_estimable", reason, arm=arm) for arm in frame.treatment.arms]
    for quantity in CONTRASTS:
        for arm, comparator in contrast_pairs(analysis, frame):
            rows.append(failed_row(quantity, "not_estimable", reason, arm=arm, comparator=comparator))
    return rows


def _mean_row(means: Means, arm: str, conf_level: float) -> Row:
    k = means.arms.index(arm)
    std_error = math.sqrt(means.covariance[k, k])
    row = wald_row("rmst", float(means.mean[k]), std_error, conf_level, test=False, unit="days")
    return row if means.certain[k] else row | {"status": "boundary", "message": NO_SPREAD}


def _contrast_row(quantity: str, means: Means, pair: tuple[str, str], conf_level: float) -> Row:
    places = [means.arms.index(arm) for arm in pair]
    one, two = (float(means.mean[k]) for k in places)
    certain = [means.certain[k] for k in places]
    if not any(certain):
        return failed_row(quantity, "not_estimable", NO_SPREAD)
    ratio = quantity == "rmst_ratio"
    if ratio and min(one, two) <= 0:
        return failed_row(quantity, "not_estimable", ALL_ZERO)
    estimate = math.log(one / two) if ratio else one - two
    slope = np.array([1 / one, -1 / two] if ratio else [1.0, -1.0])
    covariance = means.covariance[np.ix_(places, places)]
    parts = slope * np.sqrt(np.diag(covariance))
    between = 2 * float(slope[0] * slope[1] * covariance[0, 1])
    variance = float(parts @ parts) + between
    if not variance > ROUNDING * float(parts @ parts):
        return failed_row(quantity, "not_estimable", NO_RESIDUAL)
    error = math.hypot(*parts) if between == 0 else math.sqrt(variance)
    unit = "ratio" if ratio else "days"
    row = wald_row(quantity, estimate, error, conf_level, test=all(certain), unit=unit)
    return row if all(certain) else row | {"status": "boundary", "message": ONE_WITHOUT}
