"""What a repeated-measures analysis says about itself: facts for the methods section, and warnings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.metadata import version

import pandas as pd

from outcomes.config.plan import MixedAnalysis, MmrmAnalysis
from outcomes.frames import AnalysisFrame
from outcomes.models.mmrm import STRUCTURES, Factor
from outcomes.models.mmrm.means import margins
from outcomes.models.repeated_design import ARM, Repeated, RepeatedData
from outcomes.models.repeated_rows import Verdict, kind_of_margins

FEW = 5
"""Patients below which a level of a category is too small to weigh as much as the others."""
DF = {
    "satterthwaite": "Satterthwaite",
    "kenward_roger": "Kenward-Roger, with second derivatives in the parameters of R's mmrm",
    "kenward_roger_linear": "Kenward-Roger without second derivatives",
    "between_within": "between-within",
    "residual": "residual",
}
SANDWICH = {
    "CR0": "empirical (CR0)",
    "CR2": "bias-reduced empirical (CR2)",
    "CR3": "jackknife empirical (CR3)",
}


def methods(frame: AnalysisFrame, analysis: Repeated, verdict: Verdict) -> dict[str, str]:
    """Facts about what was really fitted."""
    data, model = verdict.data, verdict.model
    facts = {"Model": _model(frame, analysis, data)}
    if data is None or model is None or verdict.inference is None:
        return facts | {"Fit": f"Not fitted: {verdict.message}"}
    reml = "Restricted maximum likelihood (REML)" if model.reml else "Maximum likelihood (ML)"
    if _is_ancova(analysis, data):
        facts["Estimation"] = "Least squares"
        left = model.n_scores - len(model.solved().optimum.point.gamma)
        mixed = isinstance(analysis, MixedAnalysis)
        facts["Intervals and tests"] = (
            f"t distribution, {left} degrees of freedom" if mixed else _tests(analysis, model.structure)
        )
    else:
        facts["Covariance"] = _covariance(analysis, verdict, data)
        facts["Estimation"] = f"{reml}; gradient and information checked at the optimum"
        facts["Intervals and tests"] = _tests(analysis, model.structure)
        if isinstance(analysis, MixedAnalysis):
            facts["Engine"] = (
                f"Likelihood of this package; statsmodels {version('statsmodels')} MixedLM, started at its "
                "optimum, reaches the same"
            )
    facts["Missing scores"] = (
        "Patients without a score at the last visit are left out: valid only if leaving had nothing to do "
        "with the scores (missing completely at random)"
        if analysis.population == "completers"
        else "Not imputed; valid if missing at random given the observed scores and the model"
    )
    facts["Fixed effects"] = ", ".join(data.design.names)
    facts["Analysed"] = f"{model.n_patients} patients, {model.n_scores} scores after baseline"
    facts["Marginal means"] = "; ".join(_averaged(analysis, verdict)) or "No covariates to average over"
    if isinstance(analysis, MmrmAnalysis) and analysis.weights:
        facts["Weights"] = f"A patient's covariance is divided by {analysis.weights}"
    unseen = [visit for visit, time in frame.schedule.items() if time > 0.0 and visit not in data.times]
    if unseen:
        facts["Visits"] = f"Without {', '.join(unseen)}, at which nobody has a score"
    if not analysis.treatment_by_time:
        facts["Contrasts"] = "Without a treatment by time term a contrast is one number, averaged over visits"
    if isinstance(analysis, MixedAnalysis) and analysis.predictors == "components":
        facts["Components"] = "Their effects are taken to add up; every arm bears on every contrast"
    return facts


def _model(frame: AnalysisFrame, analysis: Repeated, data: RepeatedData | None) -> str:
    if data is not None and _is_ancova(analysis, data):
        return "Linear model (ANCOVA when adjusted for baseline): one score per patient, no random effects"
    if isinstance(analysis, MmrmAnalysis):
        return "Mixed model for repeated measures (MMRM): visits as categories, no random effects"
    slope = analysis.random_effects == "intercept_and_slope"
    random = f"intercept and slope over time ({frame.time_unit}s)" if slope else "intercept"
    joined = ", correlated" if slope else ""
    return f"Linear mixed model with a random {random} per patient{joined}; residuals of one variance"


def _is_ancova(analysis: Repeated, data: RepeatedData) -> bool:
    """Whether the model is a linear one: one variance, and no covariance."""
    if isinstance(analysis, MmrmAnalysis):
        return len(data.times) == 1 and not analysis.covariance_by_arm and analysis.weights is None
    return data.one_score_each


def _covariance(analysis: Repeated, verdict: Verdict, data: RepeatedData) -> str:
    assert verdict.model is not None  # noqa: S101 - the caller has one
    label = STRUCTURES[verdict.model.structure](tuple(data.times.values())).label
    text = label[0].upper() + label[1:]
    if isinstance(analysis, MmrmAnalysis):
        text += ", one for each arm" if analysis.covariance_by_arm else ", the same in all arms"
    tried = verdict.model.attempts[:-1]
    if tried and isinstance(analysis, MmrmAnalysis):
        told = "; ".join(f"{attempt.structure.replace('_', ' ')}: {attempt.fault}" for attempt in tried)
        text += f", as pre-declared for when those before it fail ({told})"
    return text


def _tests(analysis: Repeated, structure: str) -> str:
    errors = "adjusted by the same" if analysis.df.startswith("kenward_roger") else "from the model"
    if isinstance(analysis, MmrmAnalysis) and analysis.standard_errors != "model":
        errors = SANDWICH[analysis.standard_errors]
    df = DF[analysis.df]
    if analysis.df == "kenward_roger_linear":
        here = "as here" if structure == "unstructured" else "not under this one"
        df += f" (SAS's DDFM=KR under an unstructured covariance, {here})"
    return f"t and F distributions; degrees of freedom: {df}; standard errors: {errors}"


def _averaged(analysis: Repeated, verdict: Verdict) -> Iterator[str]:
    """How each covariate enters the marginal means."""
    assert verdict.model is not None  # noqa: S101 - the caller has one
    values = margins(verdict.model)
    treatment = {name for own in (verdict.data.arms.values() if verdict.data else ()) for name in own}
    for name, variable in verdict.model.design.variables.items():
        if name in treatment or name == ARM:
            continue
        if isinstance(variable, Factor):
            how = "equally" if kind_of_margins(analysis) == "balanced" else "as observed over the scores"
            yield f"the {len(variable.levels)} levels of {name} weighted {how}"
        else:
            weighted = "weighted " if getattr(analysis, "weights", None) else ""
            yield f"{name} at its {weighted}mean over the scores analysed ({values[name]:.6g})"


def warnings(frame: AnalysisFrame, analysis: Repeated, verdict: Verdict) -> tuple[str, ...]:
    """What a reader must know before trusting the numbers."""
    found = [verdict.message] if verdict.message else []
    data = verdict.data
    if data is None:
        return tuple(found)
    if verdict.model is not None and len(verdict.model.attempts) > 1 and isinstance(analysis, MmrmAnalysis):
        first = verdict.model.attempts[0]
        found.append(
            f"the covariance is {verdict.model.structure.replace('_', ' ')}, not "
            f"{first.structure.replace('_', ' ')}: "
            f"{first.fault}"
        )
    if data.left_out is not None:
        found.append(data.left_out)
    found += [f"covariate {name} has one level here and was left out" for name in data.dropped]
    if kind_of_margins(analysis) == "balanced":
        kept = [name for name in analysis.covariates if name not in data.dropped]
        found += _sparse_levels(frame, data, kept)
    return tuple(found)


def _sparse_levels(frame: AnalysisFrame, data: RepeatedData, covariates: Sequence[str]) -> Iterator[str]:
    """Warn of levels with few patients: in marginal means they weigh as much as any other."""
    patients = data.rows.drop_duplicates("patient_id")
    for name in covariates:
        if isinstance(patients[name].dtype, pd.CategoricalDtype):
            sizes = patients[name].value_counts()
            few = int(((sizes > 0) & (sizes < FEW)).sum())
            if few:
                yield (
                    f"levels of '{frame.labels.get(name, name)}' with fewer than {FEW} patients: {few}; each "
                    "weighs as much as any other in the marginal means; contrasts of arms are not affected"
                )
