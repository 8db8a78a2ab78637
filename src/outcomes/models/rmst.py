"""Restricted mean survival time: RMST_a = integral of S_a(t) from 0 to a horizon, S_a by Kaplan-Meier.

Royston & Parmar 2013, BMC Med Res Methodol 13:152. Variance: sum over event times of (area from the event
to the horizon)^2 d / (n (n - d)), as in Klein & Moeschberger 2003, formula 4.5.2, and R's survRM2.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from outcomes.config.survival import RmstAnalysis
from outcomes.frames import AnalysisFrame
from outcomes.models.counting import DAY, Sample, absent_arms, counts, event_table, samples_by_arm
from outcomes.models.fit import Fit, Row, contrast_pairs, failed_row, wald_row

NO_SPREAD = (
    "the curve has no variance before the horizon (no event, or all at once): the interval has no width"
)
ONE_WITHOUT = (
    "one arm has no variance before the horizon (no event, or all at once): standard error too small"
)


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
    if not 0 < horizon <= known_until(sample):
        raise ValueError("the horizon must be positive and within the sample's follow-up")
    table = event_table(sample).at_events()
    before = table.time < horizon
    n, d = table.at_risk[before].astype(float), table.events[before].astype(float)
    survival = np.cumprod((n - d) / n)
    steps = np.diff(np.append(table.time[before], horizon))
    areas = survival * steps
    first = float(table.time[0]) if before.any() else horizon
    # area beyond the k-th event time, up to the horizon; 0 once the curve is at 0
    beyond = np.cumsum(areas[::-1])[::-1]
    terms = np.divide(d, n * (n - d), out=np.zeros_like(n), where=n > d)
    return RestrictedMean(first + float(areas.sum()), float(np.sum(beyond**2 * terms)))


def known_until(sample: Sample) -> float:
    """Time up to which the curve is known: the longest follow-up, or for ever once it has reached 0."""
    if sample.n_patients == 0:
        return 0.0
    last = float(sample.time.max())
    return math.inf if sample.observed[sample.time == last].all() else last


def fit_rmst(frame: AnalysisFrame, analysis: RmstAnalysis) -> Fit:
    """RMST of each arm and difference of each requested contrast, all to one horizon."""
    samples = samples_by_arm(frame)
    longest = [float(sample.time.max()) for sample in samples.values() if sample.n_patients]
    shortest = min(longest, default=0.0)
    horizon = shortest if analysis.horizon_days is None else analysis.horizon_days
    source = "the shortest arm's longest follow-up" if analysis.horizon_days is None else "pre-specified"
    reasons = {arm: _reason(samples, arm, horizon) for arm in samples}
    means = {arm: restricted_mean(samples[arm], horizon) for arm in samples if reasons[arm] is None}
    rows: list[Row] = []
    for arm, sample in samples.items():
        place = {"arm": arm, "time": horizon, **DAY, **counts(sample)}
        if arm in means:
            rows.append(_mean_row(means[arm], analysis.conf_level) | place)
        else:
            rows.append(failed_row("rmst", "not_estimable", str(reasons[arm]), **place))
    for arm, comparator in contrast_pairs(analysis, frame):
        place = {"arm": arm, "comparator": comparator, "time": horizon, **DAY}
        place |= counts(samples[arm], samples[comparator])
        if arm in means and comparator in means:
            rows.append(_difference_row(means[arm], means[comparator], analysis.conf_level) | place)
        else:
            why = "; ".join(dict.fromkeys(filter(None, (reasons[arm], reasons[comparator]))))
            rows.append(failed_row("rmst_difference", "not_estimable", why, **place))
    methods = {
        "Model": "Restricted mean survival time, area under the Kaplan-Meier curve",
        "Horizon": f"{horizon:g} days ({source})",
        "Variance": "Greenwood's, integrated to the horizon; normal intervals",
    }
    shown = "the RMST horizon was not fixed beforehand: it is the shortest arm's longest follow-up"
    return Fit(tuple(rows), methods, (shown,) if analysis.horizon_days is None else ())


def _reason(samples: dict[str, Sample], arm: str, horizon: float) -> str | None:
    """Say why an arm has no restricted mean, or None."""
    absent = absent_arms(samples, arm)
    if absent is None and horizon > known_until(samples[arm]):
        longest = samples[arm].time.max()
        return f"the horizon of {horizon:g} days lies beyond the follow-up of arm {arm} ({longest:g} days)"
    return absent


def _mean_row(result: RestrictedMean, conf_level: float) -> Row:
    row = wald_row("rmst", result.mean, result.std_error, conf_level, test=False, unit="days")
    return row if result.variance > 0 else row | {"status": "boundary", "message": NO_SPREAD}


def _difference_row(one: RestrictedMean, two: RestrictedMean, conf_level: float) -> Row:
    std_error = math.hypot(one.std_error, two.std_error)
    difference = one.mean - two.mean
    if std_error == 0:
        return failed_row("rmst_difference", "not_estimable", NO_SPREAD, unit="days")
    certain = one.variance > 0 and two.variance > 0
    row = wald_row("rmst_difference", difference, std_error, conf_level, test=certain, unit="days")
    if one.variance == 0 or two.variance == 0:
        return row | {"status": "boundary", "message": ONE_WITHOUT}
    return row
