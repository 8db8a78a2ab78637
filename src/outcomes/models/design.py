"""Fixed-effects design of a mixed model from names in the plan: no formula, no hidden choice of a reference.

Columns: intercept, treatment (arms against the first arm present, or components), time (visits against
the first visit, or linear), baseline, covariates (numbers as they are, categories against their first
level), and, where asked for, every product of treatment and time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from outcomes.config.plan import MixedAnalysis
from outcomes.frames import AnalysisFrame

Array = NDArray[np.float64]

RANK_TOL = 1e-9
"""Share of a column's length that must be new, beyond the columns before it, for it to count."""


class NotEstimableError(Exception):
    """The data cannot answer what the analysis asks; the message is the reason, as printed."""


@dataclass(frozen=True)
class Design:
    """Scores and design of one analysis; rows sorted by patient and time.

    Attributes
    ----------
    y, X, Z : array (n,), array (n, p), array (n, q)
        Scores, fixed effects, random effects (intercept, or intercept and time).
    names : tuple of str
        Coefficient of each column of X.
    groups : array of int (n,)
        Patient of each row, numbered from 0.
    arms : mapping
        Arm that has patients to its treatment columns.
    visits : mapping
        Planned time of each visit that has scores to its time columns.
    adjustment : array
        Baseline and covariates at which marginal means are taken.
    interaction : bool
        Whether X holds the products of treatment and time.
    averaged : tuple of str
        How each adjustment enters the marginal means, in words.
    dropped : tuple of str
        Covariates without a second level among the patients analysed.
    """

    y: Array
    X: Array
    Z: Array
    names: tuple[str, ...]
    groups: NDArray[np.int64]
    arms: Mapping[str, Array]
    visits: Mapping[float, Array]
    adjustment: Array
    interaction: bool
    averaged: tuple[str, ...]
    dropped: tuple[str, ...]

    @property
    def one_score_each(self) -> bool:
        """Whether no patient has two scores: the model is then a linear one (ANCOVA)."""
        return self.y.size == int(self.groups[-1]) + 1

    def mean_row(self, arm: str, time: float) -> Array:
        """Row L of the marginal mean ``L beta`` of an arm at a planned time.

        Numbers (the baseline score too) stand at their mean over the rows analysed, so that a patient
        with more visits counts more; the levels of a category count equally. Both as in R's emmeans.
        """
        parts = (self.arms[arm][None, :], self.visits[time][None, :], self.adjustment[None, :])
        return assemble(*parts, self.interaction).reshape(-1)


def assemble(treatment: Array, time: Array, adjustment: Array, interaction: bool) -> Array:
    """Columns of X from its parts; the same for data and for marginal means."""
    parts = [np.ones((len(treatment), 1)), treatment, time, adjustment]
    if interaction:
        parts.append((treatment[:, :, None] * time[:, None, :]).reshape(len(treatment), -1))
    return np.hstack(parts)


def model_rows(frame: AnalysisFrame) -> pd.DataFrame:
    """Rows that the model uses: scores after baseline, sorted by patient and time."""
    data = frame.data
    used = data[(data["time"] > 0.0) & data["score"].notna()]
    return used.sort_values(["patient_id", "time"], kind="stable").reset_index(drop=True)


def build_design(frame: AnalysisFrame, analysis: MixedAnalysis) -> Design:
    """Build the design of one analysis.

    Raises
    ------
    NotEstimableError
        With no score after baseline, fewer than two arms, constant scores, too few patients or
        scores, or columns that depend on each other (which are named).
    """
    rows = model_rows(frame)
    if rows.empty:
        raise NotEstimableError(_why_nobody(frame))
    arms = [arm for arm in frame.treatment.arms if (rows["arm"] == arm).any()]
    _check_scores(rows, arms)
    treatment, treatment_names = _treatment_columns(frame, analysis, arms)
    planned = sorted({float(t) for t in rows["time"]})
    time, time_names = _time_columns(frame, analysis, planned)
    adjustment, adjustment_names, point, averaged, dropped = _adjustment_columns(rows, analysis)
    names = ("intercept", *treatment_names, *time_names, *adjustment_names)
    if analysis.treatment_by_time:
        names += tuple(f"{left}:{right}" for left in treatment_names for right in time_names)
    T = np.array([treatment[arm] for arm in rows["arm"].astype(str)]).reshape(len(rows), -1)
    S = np.array([time[float(t)] for t in rows["time"]]).reshape(len(rows), -1)
    times = rows["time"].to_numpy(dtype=float)
    Z = np.column_stack([np.ones(len(rows)), times])
    design = Design(
        y=rows["score"].to_numpy(dtype=float),
        X=assemble(T, S, adjustment, analysis.treatment_by_time),
        Z=Z if analysis.random_effects == "intercept_and_slope" else Z[:, :1],
        names=names,
        groups=np.asarray(pd.factorize(rows["patient_id"])[0], dtype=np.int64),
        arms=treatment,
        visits=time,
        adjustment=point,
        interaction=analysis.treatment_by_time,
        averaged=averaged,
        dropped=dropped,
    )
    _check_size(design, 1 + len(treatment_names) + len(adjustment_names))
    return design


def _check_scores(rows: pd.DataFrame, arms: Sequence[str]) -> None:
    if len(arms) < 2:
        raise NotEstimableError(f"only one arm has scores after baseline ({arms[0]}): nothing to compare")
    if rows["score"].min() == rows["score"].max():
        raise NotEstimableError("all scores after baseline are the same: there is no variation to model")


def _why_nobody(frame: AnalysisFrame) -> str:
    """Say why nobody is left to analyse, with the counts of each reason."""
    totals: dict[str, int] = {}
    for exclusion in frame.exclusions:
        totals[exclusion.reason] = totals.get(exclusion.reason, 0) + exclusion.n_patients
    told = ", ".join(f"{reason} ({n})" for reason, n in totals.items())
    return f"every patient was left out: {told}" if told else "no patient has a score after baseline"


def _treatment_columns(
    frame: AnalysisFrame, analysis: MixedAnalysis, arms: Sequence[str]
) -> tuple[dict[str, Array], tuple[str, ...]]:
    if analysis.predictors == "components":
        vectors = {arm: np.array(frame.treatment.vectors[arm], dtype=float) for arm in arms}
        return vectors, frame.treatment.components
    others = arms[1:]
    indicators = {arm: np.array([float(arm == other) for other in others]) for arm in arms}
    return indicators, tuple(f"arm={arm}" for arm in others)


def _time_columns(
    frame: AnalysisFrame, analysis: MixedAnalysis, planned: Sequence[float]
) -> tuple[dict[float, Array], tuple[str, ...]]:
    if analysis.time == "linear":
        return {t: np.array([t]) for t in planned}, ("time",)
    visit_at = {time: visit for visit, time in frame.schedule.items()}
    later = planned[1:]
    indicators = {t: np.array([float(t == other) for other in later]) for t in planned}
    return indicators, tuple(f"visit={visit_at[t]}" for t in later)


def _adjustment_columns(
    rows: pd.DataFrame, analysis: MixedAnalysis
) -> tuple[Array, tuple[str, ...], Array, tuple[str, ...], tuple[str, ...]]:
    """Columns, names, values for marginal means, how those were taken, and covariates left out."""
    columns: list[Array] = []
    names: list[str] = []
    point: list[float] = []
    averaged: list[str] = []
    dropped: list[str] = []
    for name in (*(("baseline",) if analysis.adjust_for_baseline else ()), *analysis.covariates):
        values = rows[name]
        if values.isna().any():
            raise ValueError(f"{int(values.isna().sum())} rows without '{name}' reached the model")
        if isinstance(values.dtype, pd.CategoricalDtype):
            levels = [level for level in values.cat.categories if (values == level).any()]
            if len(levels) == 1:
                dropped.append(name)
                continue
            columns += [(values == level).to_numpy(dtype=float) for level in levels[1:]]
            names += [f"{name}={level}" for level in levels[1:]]
            point += [1.0 / len(levels)] * (len(levels) - 1)
            averaged.append(f"the {len(levels)} levels of {name} weighted equally")
        else:
            columns.append(values.to_numpy(dtype=float))
            names.append(name)
            point.append(float(columns[-1].mean()))
            averaged.append(f"{name} at its mean over the scores analysed ({point[-1]:.6g})")
    matrix = np.column_stack(columns) if columns else np.empty((len(rows), 0))
    return matrix, tuple(names), np.array(point), tuple(averaged), tuple(dropped)


def _check_size(design: Design, n_between: int) -> None:
    n_patients = int(design.groups[-1]) + 1
    if n_patients <= n_between:
        raise NotEstimableError(
            f"{n_patients} patients are too few for {n_between} coefficients between patients"
        )
    reasons = dependent_columns(design.X, design.names)
    if reasons:
        raise NotEstimableError(f"the design is rank-deficient: {'; '.join(reasons)}")
    q = design.Z.shape[1]
    n_parameters = design.X.shape[1] + (0 if design.one_score_each else q * (q + 1) // 2 + 1)
    if design.y.size <= n_parameters:
        raise NotEstimableError(f"{design.y.size} scores are too few for {n_parameters} parameters")
    if not design.one_score_each and not covariance_identified(design.Z, design.groups):
        what = "one score" if q == 1 else "too few scores at different times"
        raise NotEstimableError(
            f"patients have {what} each: the random effects cannot be told from the residual variance"
        )


def dependent_columns(X: Array, names: Sequence[str]) -> list[str]:
    """Say of each column that adds nothing to those before it what it is made of; empty at full rank."""
    lengths = np.linalg.norm(X, axis=0)
    scaled = X / np.where(lengths > 0.0, lengths, 1.0)
    kept: list[int] = []
    reasons = []
    for j, name in enumerate(names):
        if lengths[j] == 0.0:
            reasons.append(f"'{name}' is zero for every score (nobody was observed there)")
            continue
        if not kept:
            kept.append(j)
            continue
        weights = np.linalg.lstsq(scaled[:, kept], scaled[:, j], rcond=None)[0]
        if np.linalg.norm(scaled[:, j] - scaled[:, kept] @ weights) > RANK_TOL:
            kept.append(j)
            continue
        parts = [f"'{names[k]}'" for k, w in zip(kept, weights, strict=True) if abs(w) > np.sqrt(RANK_TOL)]
        reasons.append(f"'{name}' is a combination of {', '.join(parts)}")
    return reasons


def covariance_identified(Z: Array, groups: NDArray[np.int64]) -> bool:
    """Whether different (co)variances give different covariance matrices of the scores of some patient.

    V_i is linear in them, so it is the rank of the map from (co)variances to the entries of all V_i.
    """
    starts = np.flatnonzero(np.r_[True, groups[1:] != groups[:-1]])
    patterns = {block.tobytes(): block for block in np.split(Z, starts[1:])}
    q = Z.shape[1]
    blocks = []
    for block in patterns.values():
        upper = np.triu_indices(len(block))
        images = [np.eye(len(block))[upper]]
        for a in range(q):
            for b in range(a, q):
                product = np.outer(block[:, a], block[:, b])
                images.append((product + product.T)[upper])
        blocks.append(np.column_stack(images))
    image = np.vstack(blocks)
    rank = np.linalg.matrix_rank(image / np.linalg.norm(image, axis=0))
    return bool(rank == image.shape[1])
