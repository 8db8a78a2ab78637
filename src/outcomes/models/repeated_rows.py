"""Rows of `estimates` from a fitted repeated-measures model: means, contrasts, tests, covariance."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from outcomes.config.plan import MmrmAnalysis
from outcomes.frames import AnalysisFrame
from outcomes.models.fit import Row, contrast_pairs, failed_row, level, wald_row
from outcomes.models.mmrm import MMRM, Inference, NotEstimableError, standardised_difference, type_iii
from outcomes.models.mmrm.crossproducts import Array
from outcomes.models.mmrm.means import Margins, margins, mean_rows
from outcomes.models.repeated_design import Repeated, RepeatedData, model_rows


@dataclass(frozen=True, eq=False)
class Verdict:
    """A fit with its status; without `model` and `inference` where there are no numbers.

    Attributes
    ----------
    status : str
        Of the rows.
    message : str or None
        What does not stand, or why there are no numbers.
    data : RepeatedData or None
    model : MMRM or None
    inference : Inference or None
    """

    status: str
    message: str | None
    data: RepeatedData | None = None
    model: MMRM | None = None
    inference: Inference | None = None

    @property
    def state(self) -> Row:
        """Status and message as a row has them."""
        return {"status": self.status, "message": self.message}


@dataclass(frozen=True)
class Counts:
    """Patients and scores behind the rows, by arm, and by arm and planned time."""

    patients: dict[str, int]
    scores: dict[str, int]
    at_time: dict[tuple[str, float], int]

    @classmethod
    def of(cls, frame: AnalysisFrame) -> Counts:
        """Count the rows that the model uses."""
        rows = model_rows(frame)
        arm = rows["arm"].astype(str)
        pairs = zip(arm, rows["time"].astype(float), strict=True)
        return cls(
            patients={str(a): int(n) for a, n in rows.groupby(arm)["patient_id"].nunique().items()},
            scores={str(a): int(n) for a, n in arm.value_counts().items()},
            at_time=dict(Counter(pairs)),
        )

    def place(self, time: float | None, *arms: str) -> Row:
        """`n_patients` and `n_obs` of some arms at a planned time, or over all times."""
        if time is None:
            return {
                "n_patients": sum(self.patients.get(arm, 0) for arm in arms),
                "n_obs": sum(self.scores.get(arm, 0) for arm in arms),
            }
        n = sum(self.at_time.get((arm, time), 0) for arm in arms)
        return {"n_patients": n, "n_obs": n}


@dataclass(frozen=True, eq=False)
class Layout:
    """What all rows of an analysis share.

    Attributes
    ----------
    frame, analysis, verdict
    counts : Counts
    means : dict
        Arm with patients to the rows L of its LS means at the visits with scores, shape (T, p).
    """

    frame: AnalysisFrame
    analysis: Repeated
    verdict: Verdict
    counts: Counts
    means: dict[str, Array]

    @classmethod
    def of(cls, frame: AnalysisFrame, analysis: Repeated, verdict: Verdict) -> Layout:
        """Prepare the rows of the LS means."""
        means: dict[str, Array] = {}
        if verdict.model is not None and verdict.data is not None and verdict.inference is not None:
            at = margins(verdict.model, kind_of_margins(analysis))
            means = {arm: mean_rows(verdict.model, at | own) for arm, own in verdict.data.arms.items()}
        return cls(frame, analysis, verdict, Counts.of(frame), means)

    @property
    def visits(self) -> list[float]:
        """Planned times after baseline."""
        return [float(time) for time in self.frame.schedule.values() if time > 0.0]

    def row(self, arms: tuple[str, ...], weights: dict[float, float]) -> Array | str:
        """L of a mean (one arm) or difference (two), weighted over planned times, or why there is none."""
        absent = [arm for arm in arms if arm not in self.means]
        if absent:
            return f"no patient of arm {', '.join(absent)} is left to analyse"
        data = self.verdict.data
        known = list(data.times.values()) if data else []
        if any(time not in known for time in weights):
            return "no patient has a score at this visit"
        at = [sum(w * self.means[arm][known.index(t)] for t, w in weights.items()) for arm in arms]
        return np.asarray(at[0] if len(at) == 1 else at[0] - at[1])

    def estimated(self, quantity: str, row: Array | str, place: Row, *, test: bool) -> Row:
        """One row of ``L beta``, or the reason why there is none."""
        verdict = self.verdict
        if verdict.inference is None:
            return failed_row(quantity, verdict.status, str(verdict.message), **place)
        if isinstance(row, str):
            return failed_row(quantity, "not_estimable", row, **place)
        made = verdict.inference.linear(row[None])
        estimate, error, df = float(made.estimate[0]), float(made.std_error[0]), float(made.df[0])
        if math.isnan(error):
            return failed_row(quantity, "not_estimable", verdict.inference.why_not(row), **place)
        shown = wald_row(quantity, estimate, error, self.analysis.conf_level, df, test=test, **place)
        return shown | verdict.state


def kind_of_margins(analysis: Repeated) -> Margins:
    """How the levels of covariates are weighted in a mean."""
    return analysis.margins if isinstance(analysis, MmrmAnalysis) else "balanced"


def linear_rows(layout: Layout) -> Iterator[Row]:
    """Marginal means, differences at each visit, and differences over the visits."""
    frame, counts = layout.frame, layout.counts
    unit = {"unit": frame.unit}
    for arm in frame.treatment.arms:
        for time in layout.visits:
            place: Row = {"arm": arm, "comparator": None, "time": time, "time_unit": frame.time_unit}
            place |= counts.place(time, arm)
            row = layout.row((arm,), {time: 1.0})
            yield layout.estimated("mean", row, place | unit, test=False)
    for pair in contrast_pairs(layout.analysis, frame):
        behind = _behind(layout, pair)
        of = {"arm": pair[0], "comparator": pair[1]} | unit
        if not layout.analysis.treatment_by_time:
            # without a product the difference is the same at every visit
            anywhere = _times(layout)[:1]
            row = layout.row(pair, dict.fromkeys(anywhere, 1.0))
            yield layout.estimated("mean_difference", row, of | counts.place(None, *behind), test=True)
            continue
        for time in layout.visits:
            place = of | {"time": time, "time_unit": frame.time_unit} | counts.place(time, *behind)
            yield layout.estimated("mean_difference", layout.row(pair, {time: 1.0}), place, test=True)
        if len(_times(layout)) > 1:
            yield from _over_visits(layout, pair, of | counts.place(None, *behind))


def _times(layout: Layout) -> list[float]:
    """Planned times of the visits with scores; of all, where nothing could be laid out."""
    return list(layout.verdict.data.times.values()) if layout.verdict.data else layout.visits


def _behind(layout: Layout, pair: tuple[str, str]) -> tuple[str, ...]:
    """Arms that bear on a contrast: all of them where the components' effects add up."""
    added = getattr(layout.analysis, "predictors", "arms") == "components"
    return layout.frame.treatment.arms if added else pair


def _over_visits(layout: Layout, pair: tuple[str, str], place: Row) -> Iterator[Row]:
    """The mean of the differences at the visits, and the difference of areas under the means over time."""
    times = _times(layout)
    equal = dict.fromkeys(times, 1.0 / len(times))
    yield layout.estimated("mean_difference_over_visits", layout.row(pair, equal), place, test=True)
    step = np.diff(times)
    trapezes = 0.5 * (np.r_[step, 0.0] + np.r_[0.0, step])
    area = layout.row(pair, dict(zip(times, map(float, trapezes), strict=True)))
    unit = f"{layout.frame.unit} × {layout.frame.time_unit}s"
    yield layout.estimated("area_difference", area, place | {"unit": unit}, test=True)


def standardised_rows(layout: Layout) -> Iterator[Row]:
    """Differences at each visit divided by the model's standard deviation there."""
    if not layout.analysis.treatment_by_time:
        return
    visit_at = {time: visit for visit, time in layout.frame.schedule.items()}
    for pair in contrast_pairs(layout.analysis, layout.frame):
        for time in layout.visits:
            place: Row = {
                "arm": pair[0], "comparator": pair[1], "time": time, "time_unit": layout.frame.time_unit,
                "unit": "standard deviations",
            } | layout.counts.place(time, *pair)  # fmt: skip
            yield _standardised(layout, layout.row(pair, {time: 1.0}), visit_at[time], place)


def _standardised(layout: Layout, row: Array | str, visit: str, place: Row) -> Row:
    """One standardised difference, or the reason why there is none."""
    quantity, verdict = "standardised_mean_difference", layout.verdict
    if verdict.inference is None:
        return failed_row(quantity, verdict.status, str(verdict.message), **place)
    if isinstance(row, str):
        return failed_row(quantity, "not_estimable", row, **place)
    conf_level = layout.analysis.conf_level
    try:
        value, error, low, high = standardised_difference(verdict.inference, row, visit, conf_level)
    except NotEstimableError as reason:
        return failed_row(quantity, "not_estimable", str(reason), **place)
    shown = level(
        quantity, estimate=value, std_error=error, ci_low=low, ci_high=high, conf_level=conf_level,
        scale="identity", **place,
    )  # fmt: skip
    return shown | verdict.state


def observed_rows(frame: AnalysisFrame) -> Iterator[Row]:
    """Plain means of the scores, baseline included."""
    observed = frame.data[frame.data["score"].notna()]
    for arm in frame.treatment.arms:
        for time in frame.schedule.values():
            cell = observed.loc[(observed["arm"] == arm) & (observed["time"] == time), "score"]
            scores = np.sort(cell.to_numpy(dtype=float))  # sums must not depend on the order of rows
            n = scores.size
            place: Row = {
                "arm": arm, "time": float(time), "time_unit": frame.time_unit, "unit": frame.unit,
                "n_patients": n, "n_obs": n,
            }  # fmt: skip
            if n == 0:
                yield failed_row("observed_mean", "not_estimable", "no scores", **place)
                continue
            error = float(scores.std(ddof=1)) / math.sqrt(n) if n > 1 else None
            yield level(
                "observed_mean", estimate=float(scores.mean()), std_error=error,
                scale=None if error is None else "identity", **place,
            )  # fmt: skip


def model_facts(layout: Layout) -> Iterator[Row]:
    """Coefficients, joint tests and the log-likelihood."""
    verdict = layout.verdict
    if verdict.data is None:
        return
    names = verdict.data.design.names
    rows = len(verdict.data.rows)
    size: Row = {"n_patients": verdict.data.rows["patient_id"].nunique(), "n_obs": rows}
    for row, name in zip(np.eye(len(names)), names, strict=True):
        yield layout.estimated("coefficient", row, {"term": name} | size, test=True)
    if verdict.inference is None or verdict.model is None:
        return
    for term, places in verdict.data.design.terms.items():
        if not term or not places:
            continue
        place = {"term": ":".join(term)} | size
        try:
            test = type_iii(verdict.inference, term, kind_of_margins(layout.analysis))
        except NotEstimableError as reason:
            yield failed_row("f_statistic", "not_estimable", str(reason), **place)
            continue
        yield (
            level(
                "f_statistic", estimate=test.statistic, statistic=test.statistic, df=test.denominator_df,
                p_value=test.p_value, unit=f"numerator df {test.numerator_df:g}", **place,
            )
            | verdict.state
        )  # fmt: skip
    method = "reml" if verdict.model.reml else "ml"
    value = verdict.model.solved().log_likelihood
    yield level("log_likelihood", term=method, estimate=value, **size) | verdict.state


def covariance_rows(layout: Layout) -> Iterator[Row]:
    """Standard deviations at the visits and correlations between them, by group of arms."""
    verdict = layout.verdict
    if verdict.model is None or verdict.inference is None:
        return
    visits = verdict.model.design.visits
    for group, V in zip(verdict.model.groups, verdict.model.solved().typical_covariance, strict=True):
        arm = group if len(verdict.model.groups) > 1 else None
        size = layout.counts.place(None, *([arm] if arm else layout.counts.patients))
        sd = np.sqrt(np.diag(V))
        for j, visit in enumerate(visits):
            place = {"arm": arm, "term": visit, "unit": layout.frame.unit} | size
            yield level("model_standard_deviation", estimate=float(sd[j]), **place) | verdict.state
        for j in range(len(visits)):
            for k in range(j):
                value = float(V[j, k] / (sd[j] * sd[k]))
                term = f"{visits[k]}:{visits[j]}"
                yield level("model_correlation", estimate=value, arm=arm, term=term, **size) | verdict.state


def variance_rows(layout: Layout, D: Array, residual_variance: float) -> Iterator[Row]:
    """Variances and covariance of the random effects, and the residual variance."""
    verdict = layout.verdict
    data = verdict.data
    if data is None:
        return
    size: Row = {"n_patients": data.rows["patient_id"].nunique(), "n_obs": len(data.rows)}
    for term, a, b in (("intercept", 0, 0), ("intercept:slope", 0, 1), ("slope", 1, 1)):
        if b < len(D):
            value = float(D[a, b])
            yield level("variance_component", term=term, estimate=value, **size) | verdict.state
    yield level("variance_component", term="residual", estimate=residual_variance, **size) | verdict.state
