"""Linear mixed model y_ij = x_ij b + u_i0 (+ u_i1 t_ij) + e_ij, u_i ~ N(0, D), e_ij ~ N(0, s2); ML or REML.

Two engines: our own profiled deviance finds the optimum and gives the numbers; statsmodels' MixedLM,
started there, must reach the same log-likelihood. Its flags are not believed: it reports convergence
with wrong standard errors. Where patients have one score each the model is ANCOVA by least squares.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version

import numpy as np
import pandas as pd

from outcomes.config.plan import MixedAnalysis
from outcomes.frames import AnalysisFrame
from outcomes.models import mixed_likelihood as likelihood
from outcomes.models.design import Array, Design, NotEstimableError, build_design, model_rows
from outcomes.models.fit import Fit, Row, capture, contrast_pairs, failed_row, level, wald_row

AGREEMENT_TOL = 1e-6
"""Largest difference of two log-likelihoods, relative to their size, that rounding explains."""
NEXT_TO_NONE = 1e-10
"""Random-effects variance, as a share of the residual one, that stands for zero: the engine divides by it."""
FEW = 5
"""Patients below which a level of a category is too small to weigh as much as the others."""
COMPONENTS = (("intercept", 0, 0), ("intercept:slope", 0, 1), ("slope", 1, 1))


@dataclass(frozen=True)
class Verdict:
    """A fit with its status: `solution` and `design` are None where there are no numbers."""

    status: str
    message: str | None
    design: Design | None = None
    solution: likelihood.Solution | None = None
    df: float = math.inf


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


def fit_mixed(frame: AnalysisFrame, analysis: MixedAnalysis) -> Fit:
    """Marginal means by arm and visit, their contrasts, and the coefficient table.

    Parameters
    ----------
    frame : AnalysisFrame
        Of a score endpoint; rows at `time` 0 enter the observed means only.
    analysis : MixedAnalysis
        The plan entry.

    Returns
    -------
    Fit
        A row for every mean and contrast asked for, also where they cannot be estimated. Where
        treatment and time do not interact, a contrast is the same at every visit and has one row.
    """
    verdict = _fit(frame, analysis)
    rows = [
        *_mean_rows(frame, analysis, verdict),
        *_contrast_rows(frame, analysis, verdict),
        *_observed_rows(frame),
        *_model_rows(analysis, verdict),
    ]
    return Fit(tuple(rows), _methods(frame, analysis, verdict), _warnings(frame, analysis, verdict))


def _fit(frame: AnalysisFrame, analysis: MixedAnalysis) -> Verdict:
    try:
        design = build_design(frame, analysis)
    except NotEstimableError as reason:
        return Verdict("not_estimable", str(reason))
    reml = analysis.method == "reml" or design.one_score_each
    moments = likelihood.summarise(design.y, design.X, design.Z, design.groups, reml=reml)
    if not moments.total[-1, -1] > likelihood.RESIDUAL_TOL * float(np.sum((design.y - design.y.mean()) ** 2)):
        return Verdict("not_estimable", "the fixed effects fit every score exactly", design)
    if design.one_score_each:
        none = np.zeros(design.Z.shape[1] * (design.Z.shape[1] + 1) // 2)
        df = float(design.y.size - design.X.shape[1])
        return Verdict("ok", None, design, likelihood.solve(moments, none), df)
    found = capture(lambda: likelihood.solve(moments, likelihood.minimise(moments)))
    if found.value is None:
        return Verdict("not_converged", f"the likelihood could not be maximised: {found.error}", design)
    return judge(design, moments, found.value)


def judge(design: Design, moments: likelihood.Moments, solution: likelihood.Solution) -> Verdict:
    """Status of a solution: from its own gradient and Hessian, then from the engine's likelihood."""
    fault = likelihood.find_fault(moments, solution)
    if fault is not None:
        return Verdict("not_converged", fault, design)
    boundary = likelihood.describe_boundary(solution)
    # its warnings are left aside: they rest on an absolute 0.01, so they depend on the unit of the score
    engine = capture(lambda: _engine_log_likelihood(design, moments, solution))
    ours = solution.log_likelihood
    if engine.value is None:
        return Verdict("not_converged", f"the engine failed: {engine.error}", design)
    if not abs(engine.value - ours) <= AGREEMENT_TOL * max(1.0, abs(ours)):
        message = f"two log-likelihoods disagree: {ours:.6f} here, {engine.value:.6f} by the engine"
        return Verdict("not_converged", message, design)
    status = "ok" if boundary is None else "boundary"
    return Verdict(status, boundary, design, solution)


def _engine_log_likelihood(
    design: Design, moments: likelihood.Moments, solution: likelihood.Solution
) -> float:
    """MixedLM's log-likelihood at its own optimum, started from ours.

    The engine cannot handle a singular D. On the boundary D = l l' of lower rank, so it is given the
    model that is left there: random effects of ``Z l`` instead of ``Z``.
    """
    from statsmodels.regression.mixed_linear_model import MixedLM, MixedLMParams

    L = likelihood.lower_triangle(solution.theta)
    directions, lengths, _ = np.linalg.svd(L)
    kept = lengths > likelihood.SINGULAR_TOL
    if kept.any():
        basis, relative = directions[:, kept], np.diag(lengths[kept] ** 2)
    else:
        basis, relative = np.eye(len(L))[:, :1], np.array([[NEXT_TO_NONE]])
    model = MixedLM(design.y, design.X, design.groups, exog_re=design.Z / moments.z_scale @ basis)
    start = MixedLMParams.from_components(fe_params=solution.beta, cov_re=relative)
    return float(model.fit(start_params=start, reml=moments.reml, method="bfgs", maxiter=50).llf)


def _visits(frame: AnalysisFrame) -> list[float]:
    return [float(time) for time in frame.schedule.values() if time > 0.0]


def _estimated(
    quantity: str, verdict: Verdict, row: Array, conf_level: float, place: Row, *, test: bool = True
) -> Row:
    """One row of ``L beta``, or the reason why there is none."""
    solution = verdict.solution
    if solution is None:
        return failed_row(quantity, verdict.status, str(verdict.message), **place)
    estimate, variance = float(row @ solution.beta), float(row @ solution.cov_beta @ row)
    if not variance > 0.0:
        return failed_row(quantity, "not_estimable", "the model holds this difference at zero", **place)
    error = math.sqrt(variance)
    made = wald_row(quantity, estimate, error, conf_level, verdict.df, test=test, **place)
    return made | {"status": verdict.status, "message": verdict.message}


def _gap(design: Design, arms: tuple[str, ...], time: float) -> str | None:
    """Why a mean has no row L: nobody in the arm, or no score at the visit."""
    absent = [arm for arm in arms if arm not in design.arms]
    if absent:
        return f"no patient of arm {', '.join(absent)} is left to analyse"
    return None if time in design.visits else "no patient has a score at this visit"


def _linear(
    frame: AnalysisFrame, verdict: Verdict, quantity: str, arms: tuple[str, ...], time: float,
    conf_level: float, place: Row,
) -> Row:  # fmt: skip
    """Row of a mean (one arm) or a contrast (two arms) at a planned time."""
    place = {"arm": arms[0], "comparator": arms[1] if len(arms) > 1 else None, "unit": frame.unit} | place
    design = verdict.design
    if design is None:
        return failed_row(quantity, verdict.status, str(verdict.message), **place)
    gap = _gap(design, arms, time)
    if gap is not None:
        return failed_row(quantity, "not_estimable", gap, **place)
    row = design.mean_row(arms[0], time)
    for comparator in arms[1:]:
        row = row - design.mean_row(comparator, time)
    return _estimated(quantity, verdict, row, conf_level, place, test=len(arms) > 1)


def _mean_rows(frame: AnalysisFrame, analysis: MixedAnalysis, verdict: Verdict) -> Iterator[Row]:
    counts = Counts.of(frame)
    for arm in frame.treatment.arms:
        for time in _visits(frame):
            place = {"time": time, "time_unit": frame.time_unit} | counts.place(time, arm)
            yield _linear(frame, verdict, "mean", (arm,), time, analysis.conf_level, place)


def _contrast_rows(frame: AnalysisFrame, analysis: MixedAnalysis, verdict: Verdict) -> Iterator[Row]:
    counts = Counts.of(frame)
    for pair in contrast_pairs(analysis, frame):
        # components add up over all arms, so every arm bears on each contrast
        behind = frame.treatment.arms if analysis.predictors == "components" else pair
        if analysis.treatment_by_time:
            for time in _visits(frame):
                place = {"time": time, "time_unit": frame.time_unit} | counts.place(time, *behind)
                yield _linear(frame, verdict, "mean_difference", pair, time, analysis.conf_level, place)
        else:
            anywhere = next(iter(verdict.design.visits)) if verdict.design else 0.0
            place = counts.place(None, *behind)
            yield _linear(frame, verdict, "mean_difference", pair, anywhere, analysis.conf_level, place)


def _observed_rows(frame: AnalysisFrame) -> Iterator[Row]:
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


def _model_rows(analysis: MixedAnalysis, verdict: Verdict) -> Iterator[Row]:
    """Coefficients, variance components and the log-likelihood."""
    design, solution = verdict.design, verdict.solution
    if design is None:
        return
    size: Row = {"n_patients": int(design.groups[-1]) + 1, "n_obs": design.y.size}
    for row, name in zip(np.eye(len(design.names)), design.names, strict=True):
        yield _estimated("coefficient", verdict, row, analysis.conf_level, {"term": name} | size)
    if solution is None:
        return
    state: Row = {"status": verdict.status, "message": verdict.message}
    for term, a, b in COMPONENTS:
        if b < solution.cov_random.shape[0] and not design.one_score_each:
            estimate = float(solution.cov_random[a, b])
            yield level("variance_component", term=term, estimate=estimate, **size) | state
    yield level("variance_component", term="residual", estimate=solution.sigma2, **size) | state
    yield (
        level(
            "log_likelihood",
            term="reml" if design.one_score_each else analysis.method,
            estimate=solution.log_likelihood,
            **size,
        )
        | state
    )


def _methods(frame: AnalysisFrame, analysis: MixedAnalysis, verdict: Verdict) -> dict[str, str]:
    facts = {"Model": _model_text(frame, analysis, verdict)}
    design = verdict.design
    if design is None or verdict.solution is None:
        return facts | {"Fit": f"Not fitted: {verdict.message}"}
    facts |= _engine_facts(analysis, design)
    facts["Missing scores"] = (
        "Patients without a score at the last visit are left out: valid only if leaving had nothing to do "
        "with the scores (missing completely at random)"
        if analysis.population == "completers"
        else "Not imputed; valid if missing at random given the observed scores and the model"
    )
    facts["Fixed effects"] = ", ".join(design.names)
    facts["Analysed"] = f"{int(design.groups[-1]) + 1} patients, {design.y.size} scores after baseline"
    facts["Marginal means"] = "; ".join(design.averaged) or "No covariates to average over"
    if not analysis.treatment_by_time:
        facts["Contrasts"] = "Without a treatment by time term a contrast is one number, averaged over visits"
    if analysis.predictors == "components":
        facts["Components"] = "Their effects are taken to add up; every arm bears on every contrast"
    return facts


def _model_text(frame: AnalysisFrame, analysis: MixedAnalysis, verdict: Verdict) -> str:
    if verdict.design is not None and verdict.design.one_score_each:
        return "Linear model (ANCOVA when adjusted for baseline): one score per patient, no random effects"
    slope = analysis.random_effects == "intercept_and_slope"
    random = f"intercept and slope over time ({frame.time_unit}s)" if slope else "intercept"
    joined = ", correlated" if slope else ""
    return f"Linear mixed model with a random {random} per patient{joined}; residuals of one variance"


def _engine_facts(analysis: MixedAnalysis, design: Design) -> dict[str, str]:
    if design.one_score_each:
        return {
            "Estimation": "Least squares",
            "Intervals and tests": f"t distribution, {design.y.size - design.X.shape[1]} degrees of freedom",
        }
    reml = analysis.method == "reml"
    return {
        "Estimation": "Restricted maximum likelihood (REML)" if reml else "Maximum likelihood (ML)",
        "Intervals and tests": "Normal distribution (z; df = inf), without small-sample correction",
        "Engine": f"Profiled deviance of this package; statsmodels {version('statsmodels')} MixedLM, started "
        "there, reaches the same log-likelihood; gradient and Hessian checked",
    }


def _warnings(frame: AnalysisFrame, analysis: MixedAnalysis, verdict: Verdict) -> tuple[str, ...]:
    found = [verdict.message] if verdict.message else []
    if verdict.design is not None:
        found += [f"covariate {name} has one level here and was left out" for name in verdict.design.dropped]
        kept = [name for name in analysis.covariates if name not in verdict.design.dropped]
        found += _sparse_levels(frame, kept)
    return tuple(found)


def _sparse_levels(frame: AnalysisFrame, covariates: Sequence[str]) -> Iterator[str]:
    """Warn of levels with few patients: in marginal means they weigh as much as any other."""
    patients = model_rows(frame).drop_duplicates("patient_id")
    for name in covariates:
        if isinstance(patients[name].dtype, pd.CategoricalDtype):
            sizes = patients[name].value_counts()
            few = int(((sizes > 0) & (sizes < FEW)).sum())
            if few:
                yield (
                    f"levels of '{frame.labels.get(name, name)}' with fewer than {FEW} patients: {few}; each "
                    "weighs as much as any other in the marginal means; contrasts of arms are not affected"
                )
