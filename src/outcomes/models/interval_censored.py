"""An event between two visits: L_i < T_i <= R_i; S_a(t) by Turnbull, log T = b0 + x b + scale * W (Weibull).

The ratios stand twice: from the intervals, and as if the event had happened on the day of the visit that
found it, which makes every time too long (Odell, Anderson & D'Agostino 1992, Biometrics 48:951). Formulas and
sources: `outcomes.models.interval`. Visits are taken to be held whether or not the event has happened.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from outcomes.config.interval import IntervalCensoredAnalysis
from outcomes.frames import AnalysisFrame
from outcomes.models.counting import few_events
from outcomes.models.fit import Fit, Row, contrast_pairs, failed_row
from outcomes.models.interval.bootstrap import RESAMPLES
from outcomes.models.interval.times import IntervalTimes, interval_problem, interval_times
from outcomes.models.interval_curve_rows import counts, curve_rows, equality_row, knowledge_rows
from outcomes.models.interval_misfit import FAR, Misfit, largest_misfit
from outcomes.models.interval_weibull_rows import (
    RATIOS,
    VISIT_DATE,
    Regression,
    coefficient_rows,
    pair_problem,
    predicted_rows,
    ratio_rows,
    regress,
)
from outcomes.models.kaplan_meier import tick_days

BETWEEN_TICKS = 5
"""Points of a predicted curve from one tick of the axis to the next."""


def fit_interval_censored(frame: AnalysisFrame, analysis: IntervalCensoredAnalysis) -> Fit:
    """Curves, test and ratios from the intervals; the ratios again from the visits' dates."""
    pairs = contrast_pairs(analysis, frame)
    reason = _unusable(frame)
    if reason is not None:
        return Fit(tuple(_refused(frame, pairs, reason)), _methods(frame, analysis, ()))
    # sums depend on the order in their last digits: every order of rows shall give the same bytes
    frame = replace(frame, data=frame.data.sort_values("patient_id", kind="stable"))
    samples = _samples(frame)
    problems = {pair: pair_problem(samples, *pair) for pair in pairs}
    arms = tuple(arm for arm, times in samples.items() if counts(times)["n_events"])
    general = _general_problem(samples)
    between = at_visit = None
    if general is None:
        between = regress(frame.data, arms, analysis.covariates, at_visit_date=False)
        at_visit = regress(frame.data, arms, analysis.covariates, at_visit_date=True)
    rows: list[Row] = []
    curves: list[Row] = []
    for arm, times in samples.items():
        rows += knowledge_rows(arm, times)
        curves += curve_rows(arm, times, analysis.conf_level)
    rows += curves
    misfit = largest_misfit(between, curves, analysis.conf_level) if between else None
    rows += predicted_rows(between, general, samples, _days(samples, analysis), analysis.conf_level)
    rows.append(equality_row(samples, [arm for arm, times in samples.items() if times.n]))
    for arm, comparator in pairs:
        rows.append(equality_row(samples, (arm, comparator)) | {"arm": arm, "comparator": comparator})
    rows += ratio_rows(between, problems, samples, analysis.conf_level, None)
    rows += ratio_rows(at_visit, problems, samples, analysis.conf_level, VISIT_DATE)
    if between is not None:
        totals = counts(*(samples[arm] for arm in arms))
        rows += coefficient_rows(between, analysis.conf_level, totals)
    methods = _methods(frame, analysis, arms) | _distance(misfit)
    return Fit(tuple(rows), methods, _warnings(samples, between, misfit))


def _unusable(frame: AnalysisFrame) -> str | None:
    """Say which intervals cannot be analysed, and how many; None when all can."""
    left = frame.data["left_days"].to_numpy(dtype=float)
    right = frame.data["right_days"].to_numpy(dtype=float)
    return interval_problem(left, right, np.ones_like(left))


def _samples(frame: AnalysisFrame) -> dict[str, IntervalTimes]:
    """Intervals of each arm of the cohort, in canonical order; some may be empty."""
    times = interval_times(
        frame.data["left_days"].to_numpy(dtype=float), frame.data["right_days"].to_numpy(dtype=float)
    )
    arm = frame.data["arm"].astype(str).to_numpy()
    return {name: times.take(arm == name) for name in frame.treatment.arms}


def _general_problem(samples: dict[str, IntervalTimes]) -> str | None:
    """Why there is no regression of any arm, or None."""
    seen = [arm for arm, times in samples.items() if counts(times)["n_events"]]
    return pair_problem(samples, seen[0], seen[0]) if seen else "no event in any arm"


def _days(samples: dict[str, IntervalTimes], analysis: IntervalCensoredAnalysis) -> tuple[float, ...]:
    """Days of the predicted curves: even steps up to the last visit, and those of the plan."""
    ends = [np.where(times.right_censored, times.left, times.right) for times in samples.values()]
    longest = float(np.concatenate(ends).max(initial=0.0))
    if longest == 0:
        return (0.0, *analysis.at_days)
    ticks = tick_days(longest)
    step = (ticks[1] - ticks[0]) / BETWEEN_TICKS
    steps = [round(step * k, 6) for k in range(int(longest / step * (1 + 1e-12)) + 1)]
    return tuple(sorted({*steps, *analysis.at_days}))


def _refused(frame: AnalysisFrame, pairs: tuple[tuple[str, str], ...], reason: str) -> list[Row]:
    """Rows that would stand here, without numbers."""
    curves = ("survival_probability", "predicted_survival")
    contrasts = ("log_rank_chi_square", *RATIOS)
    return [
        failed_row(quantity, "not_estimable", reason, arm=arm)
        for arm in frame.treatment.arms for quantity in curves
    ] + [
        failed_row(quantity, "not_estimable", reason, arm=arm, comparator=comparator)
        for arm, comparator in pairs for quantity in contrasts
    ]  # fmt: skip


def _distance(misfit: Misfit | None) -> dict[str, str]:
    if misfit is None:
        return {}
    told = f"at most {100 * misfit.distance:.0f} percentage points (arm {misfit.arm}, day {misfit.day:g})"
    return {"Distance of the model's curves from Turnbull's": told}


def _warnings(
    samples: dict[str, IntervalTimes], regression: Regression | None, misfit: Misfit | None
) -> tuple[str, ...]:
    silent = [arm for arm, times in samples.items() if times.n and not counts(times)["n_events"]]
    found = [f"arm {arm} has no event and is left out of the Weibull model" for arm in silent]
    if regression is None:
        return tuple(found)
    if misfit is not None and misfit.beyond and misfit.distance >= FAR:
        found.append(
            f"the Weibull model does not fit: on day {misfit.day:g} its curve of arm {misfit.arm} lies "
            f"{100 * misfit.distance:.0f} points from Turnbull's, outside of its limits; the ratios "
            "rest on that model, the test of equal curves does not"
        )
    if few := few_events(counts(*samples.values())["n_events"], len(regression.fit.terms) - 1):
        found.append(f"{few}the estimates may be biased and their intervals too narrow or too wide")
    return tuple(found)


def _methods(
    frame: AnalysisFrame, analysis: IntervalCensoredAnalysis, arms: tuple[str, ...]
) -> dict[str, str]:
    adjusted = ", ".join(frame.labels.get(name, name) for name in analysis.covariates) or "nothing"
    return {
        "Time of the event": "after the last visit without it, by the first visit with it; of an event that "
        "takes a run of visits, after the last visit before the run; visits are taken to be held whether or "
        "not it has happened",
        "Curves": "Turnbull's nonparametric maximum likelihood estimate; between the days of two rows with "
        "different values the curve is not defined",
        "Limits of the curves": f"percentiles of {RESAMPLES} bootstrap draws of patients; a rough guide, "
        "since no interval with proven coverage exists where visit days vary continuously",
        "Test of equal curves": "Sun's log-rank scores, permutation variance; fair where all arms were "
        "visited alike",
        "Model": "Weibull regression of the intervals, with proportional hazards and accelerated time; "
        "neither is tested",
        "Reference arm": frame.labels.get(arms[0], arms[0]) if arms else "none",
        "Adjusted for": adjusted,
        "Predicted curves": "Weibull, averaged over the covariates of the patients in the model; limits on "
        "log(-log S)",
        "Variance": "inverse of the observed information; Wald tests and intervals on the log scale",
        "Rows of term visit date": "the same Weibull model, with the event on the day of the visit that "
        "found it",
    }
