"""Rows of a Weibull regression of interval-censored times: ratios, coefficients, curves by arm."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from outcomes.models.counting import DAY, Floats
from outcomes.models.cox_design import build_design
from outcomes.models.fit import Row, failed_row, level, wald_row
from outcomes.models.interval.times import IntervalTimes, interval_times
from outcomes.models.interval.weibull import Weibull, fit_weibull
from outcomes.models.interval.weibull_effects import log_hazard_ratio, log_time_ratio, predict_survival
from outcomes.models.interval_curve_rows import counts

LEAST_EVENTS = 5
"""Below this many events in all no ratio is reported: its normal approximation means nothing."""
VISIT_DATE = "visit date"
"""Term of rows that take the day of the visit for the day of the event."""
RATIOS = {"hazard_ratio": log_hazard_ratio, "time_ratio": log_time_ratio}
LOG_SCALE = "log_scale"


@dataclass(frozen=True)
class Regression:
    """A fit with what its rows need.

    Attributes
    ----------
    fit : Weibull
        Of the arms with an event.
    arms : tuple of str
        Those arms; the first is the reference.
    matrix : ndarray, shape (n, p)
        Design of their patients: indicators of the arms but the first, then covariates.
    """

    fit: Weibull
    arms: tuple[str, ...]
    matrix: Floats


def regress(
    data: pd.DataFrame, arms: Sequence[str], covariates: Sequence[str], *, at_visit_date: bool
) -> Regression:
    """Fit the arms that have an event; one without adds nothing once its hazard goes to 0.

    Parameters
    ----------
    data : pandas.DataFrame
        Of the analysis frame.
    at_visit_date : bool
        Whether to take the event as seen on the day of the visit that found it.
    """
    rows = data[data["arm"].isin(arms)].sort_values("patient_id", kind="stable")
    design = build_design(rows, arms, covariates, ())
    right = rows["right_days"].to_numpy(dtype=float)
    left = rows["left_days"].to_numpy(dtype=float)
    if at_visit_date:
        left = np.where(np.isfinite(right), right, left)
    return Regression(
        fit_weibull(interval_times(left, right), design.matrix, design.terms), tuple(arms), design.matrix
    )


def pair_problem(samples: Mapping[str, IntervalTimes], arm: str, comparator: str) -> str | None:
    """Why a contrast has no ratio whatever the model, or None."""
    absent = [name for name in (arm, comparator) if samples[name].n == 0]
    silent = [name for name in (arm, comparator) if counts(samples[name])["n_events"] == 0]
    events = counts(*samples.values())["n_events"]
    if absent:
        return f"no patients with follow-up in arm {' and arm '.join(absent)}"
    if events == 0:
        return "no event in any arm"
    if events < LEAST_EVENTS:
        return f"{events} events in all arms together: fewer than {LEAST_EVENTS}"
    return f"no event in arm {' and arm '.join(silent)}" if silent else None


def ratio_rows(
    regression: Regression | None, pairs: Mapping[tuple[str, str], str | None],
    samples: Mapping[str, IntervalTimes], conf_level: float, term: str | None,
) -> list[Row]:  # fmt: skip
    """Hazard and time ratio of each contrast, or why it has none.

    Parameters
    ----------
    pairs : mapping
        Contrast to the reason why it has no ratio whatever the model, or None.
    """
    rows = []
    for (arm, comparator), why in pairs.items():
        place: Row = {"arm": arm, "comparator": comparator, **counts(samples[arm], samples[comparator])}
        if term is not None:
            place["term"] = term
        for quantity, ratio in RATIOS.items():
            if why is not None or regression is None:
                rows.append(failed_row(quantity, "not_estimable", str(why), **place))
            elif regression.fit.status != "ok":
                rows.append(failed_row(quantity, regression.fit.status, regression.fit.message, **place))
            else:
                terms = regression.fit.terms
                effect = ratio(regression.fit, [float(t == arm) - float(t == comparator) for t in terms])
                row = wald_row(quantity, effect.log, effect.std_error, conf_level, unit="ratio")
                rows.append(row | place)
    return rows


def coefficient_rows(regression: Regression, conf_level: float, totals: Row) -> list[Row]:
    """Coefficients of log time, the log of the scale, and the log-likelihood."""
    fit = regression.fit
    if fit.status != "ok":
        return []
    values = (*fit.coefficients, fit.log_scale)
    errors = np.sqrt(np.diag(fit.covariance))
    rows = [
        wald_row("coefficient", float(value), float(error), conf_level, term=term, unit="log days", **totals)
        for term, value, error in zip((*fit.terms, LOG_SCALE), values, errors, strict=True)
    ]
    return [*rows, level("log_likelihood", estimate=fit.log_likelihood, unit="log-likelihood", **totals)]


def predicted_rows(
    regression: Regression | None, why: str | None, samples: Mapping[str, IntervalTimes],
    days: Sequence[float], conf_level: float,
) -> list[Row]:  # fmt: skip
    """Curve of each arm at `days`, averaged over all patients in the model, or why there is none."""
    rows: list[Row] = []
    for arm, sample in samples.items():
        common: Row = {"arm": arm, "unit": "probability", **DAY, **counts(sample)}
        reason = why
        if reason is None and regression is not None and arm not in regression.arms:
            reason = f"no event in arm {arm}" if sample.n else f"no patients with follow-up in arm {arm}"
        if reason is not None or regression is None:
            rows.append(failed_row("predicted_survival", "not_estimable", str(reason), **common))
        elif regression.fit.status != "ok":
            status, message = regression.fit.status, regression.fit.message
            rows.append(failed_row("predicted_survival", status, message, **common))
        else:
            matrix = regression.matrix.copy()
            for k, other in enumerate(regression.arms[1:]):
                matrix[:, k] = float(other == arm)
            curve = predict_survival(regression.fit, matrix, days, conf_level)
            rows += [
                level(
                    "predicted_survival",
                    time=float(curve.time[k]),
                    estimate=float(curve.survival[k]),
                    ci_low=float(curve.low[k]),
                    ci_high=float(curve.high[k]),
                    std_error=float(curve.std_error[k]),
                    scale="identity",
                    conf_level=conf_level,
                    **common,
                )
                for k in range(curve.time.size)
            ]
    return rows
