"""A random intercept, or intercept and slope, per patient: y_ij = x_ij b + u_i0 (+ u_i1 t_ij) + e_ij.

Fitted as a covariance of the visits, V = Z D Z' + s2 I, by the engine of the MMRM. Where the best D is not
positive semidefinite, the optimum lies on the boundary, with D of lower rank; the likelihood must then fall
towards the inside. statsmodels' MixedLM, started at the optimum, must reach the same log-likelihood.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from outcomes.config.plan import MixedAnalysis
from outcomes.models.fit import capture
from outcomes.models.mmrm import MMRM, fit_sums
from outcomes.models.mmrm import likelihood as lik
from outcomes.models.mmrm.crossproducts import Array
from outcomes.models.mmrm.frames import sum_wide
from outcomes.models.mmrm.likelihood import Problem
from outcomes.models.mmrm.structures.random_effects import OneDirection, RandomEffects, columns, in_own_units
from outcomes.models.repeated_design import RepeatedData

ZERO_TOL = 1e-8
"""Eigenvalue of Z D Z' beside the residual variance at which it counts as zero."""
AGREEMENT_TOL = 1e-6
"""Largest difference of two log-likelihoods, relative to their size, at which MixedLM may stop."""
NEXT_TO_NONE = 1e-10
"""Random-effects variance, as a share of the residual one, that stands for zero: MixedLM divides by it."""
RISE_TOL = 1e-7
"""Largest gradient towards the inside, per score, that rounding explains."""
NAMES = ("independent", "random_intercept", "random_intercept_and_slope")


@dataclass(frozen=True, eq=False)
class RandomFit:
    """A fitted random-effects model.

    Attributes
    ----------
    model : MMRM
    D : array (q, q)
        Covariance of the random effects of `columns`, on the scale of the scores.
    residual_variance : float
    boundary : str or None
        What it means that D is at the edge of its range; None inside it.
    fault : str or None
        Why there are no numbers.
    """

    model: MMRM
    D: Array
    residual_variance: float
    boundary: str | None
    fault: str | None

    @property
    def covariance(self) -> Array:
        """Covariance of the intercept at time 0 and of the slope a unit of time, shape (q, q)."""
        return in_own_units(self.D, _times(self.model))


def fit_random_effects(data: RepeatedData, analysis: MixedAnalysis) -> RandomFit:
    """Fit inside, then on the boundary where the inside has no optimum."""
    n_effects = 0 if data.one_score_each else 1 + (analysis.random_effects == "intercept_and_slope")
    sums = sum_wide(data.wide, data.design, data.groups)
    reml = analysis.method == "reml" or data.one_score_each

    def fit(structure: str) -> MMRM:
        return fit_sums(
            sums, data.variables, data.terms, times=data.times, linear_time=data.linear_time,
            covariance=structure, reml=reml,
        )  # fmt: skip

    model = fit(NAMES[n_effects])
    if model.status == "not_estimable" or n_effects == 0:
        return _described(model, n_effects)
    inside = _described(model, n_effects)
    if inside.fault is None and _is_inside(inside):
        return _confirmed(inside, data)
    for structure in (*(("random_effects_in_one_direction",) if n_effects == 2 else ()), "independent"):
        tried = fit(structure)
        if tried.solution is not None and _falls_inwards(tried, n_effects):
            return _confirmed(_described(tried, n_effects), data)
    told = "no covariance of the random effects, inside its range or on the boundary, is a maximum"
    if inside.residual_variance <= 0.0:
        told = "the residual variance is estimated as zero: the random effects fit every score"
    return replace(inside, fault=model.message or told)


def _described(model: MMRM, n_effects: int) -> RandomFit:
    """D and the residual variance of a fit, and what it means that D is at the edge."""
    if model.solution is None:
        return RandomFit(model, np.empty((0, 0)), np.nan, None, model.message)
    theta = model.solution.optimum.point.theta[0]
    D = np.zeros((n_effects, n_effects))
    if model.structure == "random_effects_in_one_direction":
        D = np.outer(theta[:2], theta[:2])
    elif model.structure != "independent":
        D[np.tril_indices(n_effects)] = theta[:-1]
        D = D + np.tril(D, -1).T
    unit = model.solution.data.score_scale**2
    edge = None
    if n_effects and model.structure != NAMES[n_effects]:
        edge = _describe_edge(in_own_units(D, _times(model)), _times(model))
    return RandomFit(model, D * unit, float(theta[-1]) * unit, edge, None)


def _times(model: MMRM) -> tuple[float, ...]:
    structure = model.solved().problem.structure
    assert isinstance(structure, RandomEffects | OneDirection)  # noqa: S101 - all that this module fits
    return structure.times


def _is_inside(fit: RandomFit) -> bool:
    """Whether the residuals have a variance, and each direction of the random effects one beside it."""
    if not fit.residual_variance > 0.0:
        return False
    _, R = np.linalg.qr(columns(_times(fit.model), len(fit.D)))
    return bool(np.linalg.eigvalsh(R @ fit.D @ R.T)[0] > ZERO_TOL * fit.residual_variance)


def _falls_inwards(model: MMRM, n_effects: int) -> bool:
    """Whether the likelihood does not rise from the boundary towards a D of higher rank."""
    solution = model.solved()
    full = Problem(solution.data, RandomEffects(_times(model), n_effects), model.reml)
    fit = _described(model, n_effects)
    D = fit.D / solution.data.score_scale**2
    inside = np.concatenate([D[np.tril_indices(n_effects)], solution.optimum.point.theta[0][-1:]])
    gradient = lik.slope(full, lik.evaluate(full, inside[None])).gradient[:-1]
    rise = np.zeros((n_effects, n_effects))
    rise[np.tril_indices(n_effects)] = gradient
    rise = 0.5 * (rise + rise.T)
    inverse = np.linalg.inv(np.linalg.qr(columns(_times(model), n_effects))[1])
    most = float(np.linalg.eigvalsh(inverse @ rise @ inverse.T)[-1])
    return most <= RISE_TOL * solution.data.n_scores


def _describe_edge(D: Array, times: tuple[float, ...]) -> str:
    """What a D of lower rank means, in words."""
    means = "the fixed effects stand"
    size = np.sqrt(np.diag(D)) * np.array([1.0, max(map(abs, times))])[: len(D)]
    small = size <= ZERO_TOL * max(float(size.max()), 1.0)
    if small.all():
        return (
            "the variance between patients is estimated as zero: scores of one patient are no more alike "
            f"than scores of different patients; {means}, the model is ordinary least squares"
        )
    if small[0]:
        return f"the variance of patients' intercepts is estimated as zero; {means}"
    if small[1]:
        return f"the variance of patients' slopes is estimated as zero: a random intercept would do; {means}"
    sign = "+1" if D[1, 0] > 0.0 else "-1"
    return (
        f"the correlation of patients' intercepts and slopes is estimated as {sign}: the scores do not "
        f"support both as separate effects; {means}"
    )


def _confirmed(fit: RandomFit, data: RepeatedData) -> RandomFit:
    """Compare the log-likelihood with MixedLM's own optimum."""
    import statsmodels.regression.mixed_linear_model  # noqa: F401 - its warning filters come before ours

    engine = capture(lambda: engine_log_likelihood(fit, data), (ValueError,))
    ours = fit.model.solved().log_likelihood
    if engine.value is None:
        return replace(fit, fault=f"the engine failed: {engine.error}")
    if not abs(engine.value - ours) <= AGREEMENT_TOL * max(1.0, abs(ours)):
        told = f"two log-likelihoods disagree: {ours:.6f} here, {engine.value:.6f} by the engine"
        return replace(fit, fault=told)
    return fit


def engine_log_likelihood(fit: RandomFit, data: RepeatedData) -> float:
    """MixedLM's log-likelihood at its own optimum, started from ours.

    The engine cannot handle a singular D, so it is given the directions that have a variance. Its
    warnings are left aside: they rest on an absolute 0.01, so they depend on the unit of the score.
    """
    from statsmodels.regression.mixed_linear_model import MixedLM, MixedLMParams

    solution = fit.model.solved()
    seen = np.isfinite(data.wide.scores)
    u = np.column_stack([np.ones(len(seen)), data.wide.quantities])
    kept = solution.to_design.any(axis=1)
    X = np.tensordot(u, data.design.columns[:, :, kept], ((1,), (1,)))[seen]
    y = data.wide.scores[seen]
    groups = np.nonzero(seen)[0]
    values, vectors = np.linalg.eigh(fit.D / fit.residual_variance)
    strong = values > ZERO_TOL * max(float(values.max()), ZERO_TOL)
    Z = columns(tuple(data.times.values()), len(fit.D)) @ vectors[:, strong] * np.sqrt(values[strong])
    relative = np.eye(Z.shape[1])
    if not strong.any():
        Z, relative = np.ones((len(data.times), 1)), np.array([[NEXT_TO_NONE]])
    model = MixedLM(y, X, groups, exog_re=Z[np.nonzero(seen)[1]])
    start = MixedLMParams.from_components(fe_params=solution.coefficients[kept], cov_re=relative)
    return float(model.fit(start_params=start, reml=fit.model.reml, method="bfgs", maxiter=50).llf)
