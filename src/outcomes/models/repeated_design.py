"""From an analysis frame and a plan entry to patients and terms of the repeated-measures engine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from outcomes.config.plan import MixedAnalysis, MmrmAnalysis
from outcomes.frames import AnalysisFrame
from outcomes.models.mmrm import Design, Factor, NotEstimableError, Number, build_design
from outcomes.models.mmrm.design import VISIT
from outcomes.models.mmrm.frames import Columns, Wide, to_wide

Repeated = MixedAnalysis | MmrmAnalysis
Term = tuple[str, ...]
ARM = "arm"
SPATIAL = "spatial_exponential"


@dataclass(frozen=True, eq=False)
class RepeatedData:
    """Patients and terms of one analysis.

    Attributes
    ----------
    rows : DataFrame
        Scores after baseline, by patient and time.
    wide : Wide
        The same, a row per patient.
    variables, terms
        As `build_design` takes them.
    design : Design
        Over the visits with scores.
    times : dict
        Planned time of each of these visits.
    groups : tuple of str
        Arms with a covariance of their own; one name where all share one.
    linear_time : bool
    arms : dict
        Arm with patients to the values of the treatment's variables.
    dropped : tuple of str
        Covariates without a second level among the patients analysed.
    chain : tuple of str
        Covariances to try, in order; none for random effects.
    left_out : str or None
        Why one of the plan is not among them.
    """

    rows: pd.DataFrame
    wide: Wide
    variables: tuple[Factor | Number, ...]
    terms: tuple[Term, ...]
    design: Design
    times: dict[str, float]
    groups: tuple[str, ...]
    linear_time: bool
    arms: dict[str, dict[str, dict[str, float] | float]]
    dropped: tuple[str, ...]
    chain: tuple[str, ...]
    left_out: str | None

    @property
    def one_score_each(self) -> bool:
        """Whether no patient has two scores: the model is then a linear one (ANCOVA)."""
        return bool((np.isfinite(self.wide.scores).sum(axis=1) <= 1).all())


def model_rows(frame: AnalysisFrame) -> pd.DataFrame:
    """Rows that the model uses: scores after baseline, sorted by patient and time."""
    data = frame.data
    used = data[(data["time"] > 0.0) & data["score"].notna()]
    return used.sort_values(["patient_id", "time"], kind="stable").reset_index(drop=True)


def lay_out(frame: AnalysisFrame, analysis: Repeated) -> RepeatedData:
    """Lay out one analysis.

    Raises
    ------
    NotEstimableError
        Without a score after baseline, or with fewer than two arms.
    """
    rows = model_rows(frame)
    if rows.empty:
        raise NotEstimableError(_why_nobody(frame))
    present = [arm for arm in frame.treatment.arms if (rows["arm"] == arm).any()]
    if len(present) < 2:
        raise NotEstimableError(f"only one arm has scores after baseline ({present[0]}): nothing to compare")
    arms, treatment = _treatment(frame, analysis, present)
    adjustment, dropped = _adjustment(rows, analysis)
    variables = (*treatment, *adjustment)
    names = tuple(variable.name for variable in treatment)
    terms = _terms(analysis, names, tuple(variable.name for variable in adjustment))
    times = {
        visit: time for visit, time in frame.schedule.items()
        if time > 0.0 and (rows["time"] == time).any()
    }  # fmt: skip
    visits = tuple(times)
    linear = isinstance(analysis, MixedAnalysis) and analysis.time == "linear"
    design = build_design(visits, variables, terms, list(times.values()) if linear else None)
    by_arm = isinstance(analysis, MmrmAnalysis) and analysis.covariance_by_arm
    groups = tuple(present) if by_arm else ("all",)
    chain, lacking = _usable_chain(analysis, rows)
    by_actual_day = SPATIAL in chain
    weight = analysis.weights if isinstance(analysis, MmrmAnalysis) else None
    if weight is not None:
        _refuse_weights(rows, weight)
    arm_of = rows["arm"].astype(str)
    prepared = rows.assign(
        visit=rows["visit"].astype(str),
        **{name: arm_of.map({arm: own[name] for arm, own in arms.items()}) for name in names if name != ARM},
    )
    columns = Columns(
        "score", "patient_id", "visit",
        day="day" if by_actual_day else None, weight=weight, covariance_by=ARM if by_arm else None,
    )  # fmt: skip
    wide = to_wide(prepared, columns, design, visits, groups)
    data = RepeatedData(
        rows, wide, variables, terms, design, times, groups, linear, arms, dropped, chain, lacking
    )
    if chain and data.one_score_each and len(times) > 1:
        raise NotEstimableError(
            "no patient has scores at two visits, so no covariance between visits can be told; model: mixed "
            "is a linear model then"
        )
    return data


def _usable_chain(analysis: Repeated, rows: pd.DataFrame) -> tuple[tuple[str, ...], str | None]:
    """Covariances to try, and why one of the plan is not among them."""
    if not isinstance(analysis, MmrmAnalysis):
        return (), None
    unknown = int(rows["day"].isna().sum()) if SPATIAL in analysis.covariance else 0
    if not unknown:
        return analysis.covariance, None
    told = f"{unknown} scores have no actual day, on which the covariance {SPATIAL} rests"
    rest = tuple(name for name in analysis.covariance if name != SPATIAL)
    if not rest:
        raise NotEstimableError(told)
    return rest, told


def _refuse_weights(rows: pd.DataFrame, name: str) -> None:
    values = rows[name].to_numpy(dtype=float)
    wrong = rows.loc[~((values > 0.0) & np.isfinite(values)), "patient_id"].nunique()
    if wrong:
        raise NotEstimableError(f"{wrong} patients have a weight in {name} that is not a number above zero")


def _why_nobody(frame: AnalysisFrame) -> str:
    """Say why nobody is left to analyse, with the counts of each reason."""
    totals: Counter[str] = Counter()
    for exclusion in frame.exclusions:
        totals[exclusion.reason] += exclusion.n_patients
    told = ", ".join(f"{reason} ({n})" for reason, n in totals.items())
    return f"every patient was left out: {told}" if told else "no patient has a score after baseline"


def _treatment(
    frame: AnalysisFrame, analysis: Repeated, present: Sequence[str]
) -> tuple[dict[str, dict[str, dict[str, float] | float]], tuple[Factor | Number, ...]]:
    """Values of the treatment's variables in each arm, and these variables."""
    if isinstance(analysis, MixedAnalysis) and analysis.predictors == "components":
        names = frame.treatment.components
        vectors = {arm: frame.treatment.vectors[arm] for arm in present}
        at: dict[str, dict[str, dict[str, float] | float]] = {
            arm: {name: float(value) for name, value in zip(names, vector, strict=True)}
            for arm, vector in vectors.items()
        }
        return at, tuple(Number(name) for name in names)
    return {arm: {ARM: {arm: 1.0}} for arm in present}, (Factor(ARM, tuple(present)),)


def _adjustment(
    rows: pd.DataFrame, analysis: Repeated
) -> tuple[tuple[Factor | Number, ...], tuple[str, ...]]:
    """Baseline and covariates; those with one level only are left out, by name."""
    made: list[Factor | Number] = []
    dropped: list[str] = []
    for name in (*(("baseline",) if analysis.adjust_for_baseline else ()), *analysis.covariates):
        values = rows[name]
        assert not values.isna().any()  # noqa: S101 - the endpoint leaves out who lacks a covariate
        if isinstance(values.dtype, pd.CategoricalDtype):
            levels = tuple(str(level) for level in values.cat.categories if (values == level).any())
            if len(levels) == 1:
                dropped.append(name)
            else:
                made.append(Factor(name, levels))
        else:
            made.append(Number(name))
    return tuple(made), tuple(dropped)


def _terms(analysis: Repeated, treatment: Sequence[str], adjustment: Sequence[str]) -> tuple[Term, ...]:
    terms: list[Term] = [*((name,) for name in treatment), (VISIT,), *((name,) for name in adjustment)]
    if analysis.treatment_by_time:
        terms += [(name, VISIT) for name in treatment]
    if isinstance(analysis, MmrmAnalysis):
        by_time = (*(("baseline",) if analysis.baseline_by_time else ()), *analysis.covariates_by_time)
        terms += [(name, VISIT) for name in by_time if name in adjustment]
    return tuple(terms)
