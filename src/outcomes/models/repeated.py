"""The models of scores over visits, on one engine: `mmrm`, and `mixed` with its random effects."""

from __future__ import annotations

from outcomes.config.plan import MixedAnalysis, MmrmAnalysis
from outcomes.frames import AnalysisFrame
from outcomes.models.fit import Fit
from outcomes.models.mmrm import NotEstimableError, fit_sums, infer
from outcomes.models.mmrm.frames import sum_wide
from outcomes.models.mmrm.inference import DfMethod, Information
from outcomes.models.mmrm.patients import standard_patients
from outcomes.models.random_effects import RandomFit, fit_random_effects
from outcomes.models.repeated_design import lay_out
from outcomes.models.repeated_rows import (
    Layout,
    Verdict,
    covariance_rows,
    linear_rows,
    model_facts,
    observed_rows,
    standardised_rows,
    variance_rows,
)  # fmt: skip
from outcomes.models.repeated_text import methods, warnings

MIXED_DF: dict[str, tuple[DfMethod, Information]] = {
    "satterthwaite": ("satterthwaite", "observed"),
    "kenward_roger": ("kenward_roger_linear", "expected"),
}
"""As lmerTest and pbkrtest compute them; the covariance is linear in its parameters inside the boundary."""


def fit_mmrm_analysis(frame: AnalysisFrame, analysis: MmrmAnalysis) -> Fit:
    """LS means by arm and visit, their contrasts and tests, the coefficients and the covariance.

    Parameters
    ----------
    frame : AnalysisFrame
        Of a score endpoint; rows at `time` 0 enter the observed means only.
    analysis : MmrmAnalysis
        The plan entry.

    Returns
    -------
    Fit
        A row for every mean and contrast asked for, also where they cannot be estimated.
    """
    verdict = _judge_mmrm(frame, analysis)
    layout = Layout.of(frame, analysis, verdict)
    rows = (
        *linear_rows(layout), *standardised_rows(layout), *observed_rows(frame),
        *model_facts(layout), *covariance_rows(layout),
    )  # fmt: skip
    return Fit(rows, methods(frame, analysis, verdict), warnings(frame, analysis, verdict))


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
    verdict, random = _judge_mixed(frame, analysis)
    layout = Layout.of(frame, analysis, verdict)
    rows = [*linear_rows(layout), *observed_rows(frame), *model_facts(layout)]
    if random is not None:
        rows += variance_rows(layout, random.covariance, random.residual_variance)
    return Fit(tuple(rows), methods(frame, analysis, verdict), warnings(frame, analysis, verdict))


def _judge_mmrm(frame: AnalysisFrame, analysis: MmrmAnalysis) -> Verdict:
    try:
        data = lay_out(frame, analysis)
    except NotEstimableError as reason:
        return Verdict("not_estimable", str(reason))
    model = fit_sums(
        sum_wide(data.wide, data.design, data.groups), data.variables, data.terms, times=data.times,
        covariance=data.chain, reml=analysis.method == "reml" or data.one_score_each,
    )  # fmt: skip
    if model.solution is None:
        return Verdict(model.status, model.message, data)
    sandwich = None if analysis.standard_errors == "model" else analysis.standard_errors
    patients = None if sandwich is None else standard_patients(model, data.wide)
    try:
        inference = infer(model, analysis.df, empirical=sandwich, patients=patients)
    except NotEstimableError as reason:
        return Verdict("not_estimable", str(reason), data)
    return Verdict("ok", None, data, model, inference)


def _judge_mixed(frame: AnalysisFrame, analysis: MixedAnalysis) -> tuple[Verdict, RandomFit | None]:
    try:
        data = lay_out(frame, analysis)
    except NotEstimableError as reason:
        return Verdict("not_estimable", str(reason)), None
    random = fit_random_effects(data, analysis)
    if random.fault is not None:
        status = "not_estimable" if random.model.status == "not_estimable" else "not_converged"
        return Verdict(status, random.fault, data), None
    df, information = MIXED_DF[analysis.df]
    inference = infer(random.model, "residual" if data.one_score_each else df, information=information)
    status = "ok" if random.boundary is None else "boundary"
    return Verdict(status, random.boundary, data, random.model, inference), random
