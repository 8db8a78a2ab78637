"""LS means by arm and visit, and the combinations of them that reports show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Literal, get_args

import numpy as np
from scipy import special

from outcomes.models.mmrm.crossproducts import Array
from outcomes.models.mmrm.design import VISIT, Factor, quantity_values
from outcomes.models.mmrm.inference import FTest, Inference
from outcomes.models.mmrm.result import MMRM, NotEstimableError

Margins = Literal["balanced", "observed"]


def margins(model: MMRM, kind: Margins = "balanced") -> dict[str, dict[str, float] | float]:
    """Values at which covariates stand in an LS mean.

    Numbers stand at their mean over the scores analysed, as in R's emmeans (a weighted mean where patients
    have weights). The levels of a factor count
    equally (`balanced`) or as often as they were observed over those scores (`observed`, SAS's OM).
    """
    if kind not in get_args(Margins):
        raise ValueError(f"unknown margins {kind}; known: {', '.join(get_args(Margins))}")
    design, sums = model.design, model.sums
    weight = sums.weight * sums.observed.sum(axis=1)
    r, c, T = len(sums.covariates), len(sums.visit_covariates), len(sums.visits)
    at = dict(zip(design.quantities, weight @ sums.mean[:, :r] / weight.sum(), strict=True))
    moving = sums.mean[:, r : r + c * T].reshape(len(sums.mean), c, T)
    over_scores = np.einsum("p,pct->c", sums.weight, moving) / float(sums.weight @ sums.observed.sum(axis=1))
    values: dict[str, dict[str, float] | float] = {
        name: float(value) for name, value in zip(sums.visit_covariates, over_scores, strict=True)
    }
    for name, variable in design.variables.items():
        if isinstance(variable, Factor):
            n = len(variable.levels)
            shares = dict.fromkeys(variable.levels, 1.0 / n)
            if kind == "observed":
                later = {level: float(at[((name, level),)]) for level in variable.levels[1:]}
                shares = {variable.levels[0]: 1.0 - sum(later.values()), **later}
            values[name] = shares
        elif ((name, None),) in at:
            values[name] = float(at[((name, None),)])
    return values


def mean_rows(model: MMRM, at: Mapping[str, Mapping[str, float] | float]) -> Array:
    """Rows L of the LS mean at each visit, shape (T, p), where variables have the values of `at`."""
    design, sums = model.design, model.sums
    T = len(design.visits)
    u = np.concatenate([[1.0], quantity_values(design, at)])
    moving = [np.full(T, float(at[name])) for name in sums.visit_covariates]  # type: ignore[arg-type]
    return np.asarray(np.concatenate([u, *moving]) @ design.columns)


@dataclass(frozen=True, eq=False)
class Means:
    """LS means of the levels of one factor at every visit, and rows to build contrasts from.

    Attributes
    ----------
    levels : tuple of str (A,)
    visits : tuple of str (T,)
    rows : array (A, T, p)
        ``rows[a, t] @ coefficients`` is the LS mean.
    """

    levels: tuple[str, ...]
    visits: tuple[str, ...]
    rows: Array

    def at(self, level: str, visit: str | None = None) -> Array:
        """Row of a level at a visit, or averaged over the visits, shape (p,).

        Raises
        ------
        ValueError
            If there is no such level or visit.
        """
        if level not in self.levels or visit not in (None, *self.visits):
            known = f"{', '.join(self.levels)}; visits: {', '.join(self.visits)}"
            raise ValueError(f"no mean of {level} at {visit}; levels: {known}")
        rows = self.rows[self.levels.index(level)]
        return np.asarray(rows.mean(axis=0) if visit is None else rows[self.visits.index(visit)])

    def contrast(self, level: str, comparator: str, visit: str | None = None) -> Array:
        """Row of a difference of two levels."""
        return self.at(level, visit) - self.at(comparator, visit)

    def area(self, level: str, times: Sequence[float]) -> Array:
        """Row of the area under the mean over `times` of the visits, by trapezes: points times time."""
        t = np.asarray(times, dtype=float)
        step = np.diff(t)
        weights = np.zeros(len(t))
        weights[:-1] += 0.5 * step
        weights[1:] += 0.5 * step
        return np.asarray(weights @ self.rows[self.levels.index(level)])


def ls_means(model: MMRM, factor: str = "arm", kind: Margins = "balanced") -> Means:
    """LS means of the levels of a factor, the other variables at their `margins`.

    Raises
    ------
    NotEstimableError
        If the fit has no numbers.
    ValueError
        If the design has no such factor.
    """
    model.solved()
    variable = model.design.variables.get(factor)
    if not isinstance(variable, Factor):
        raise ValueError(f"{factor} is not a factor of the design")
    values = margins(model, kind)
    rows = [mean_rows(model, values | {factor: {level: 1.0}}) for level in variable.levels]
    return Means(variable.levels, model.design.visits, np.stack(rows))


def type_iii(inference: Inference, term: Sequence[str], kind: Margins = "balanced") -> FTest:
    """Type III test of a term.

    For factors, the differences between their levels (differences of differences, for a product) are zero;
    for a number, its slope is. The visits and the levels of the factors that are not in the term are averaged
    as `kind` says, numbers that are not in it stand at their mean.

    Raises
    ------
    NotEstimableError
        If the fit has no numbers, an empty cell takes part in the term, or the sample is too small.
    ValueError
        If the model has no such term.
    """
    model = inference.model
    if tuple(term) not in model.design.terms or not term:
        known = ", ".join(":".join(names) for names in model.design.terms if names)
        raise ValueError(f"no term {':'.join(term)} in the model; it has {known}")
    values = margins(model, kind)
    choices: list[list[dict[str, float] | float]] = []
    names = [name for name in term if name != VISIT]
    for name in names:
        variable = model.design.variables[name]
        levels = variable.levels if isinstance(variable, Factor) else None
        choices.append([0.0, 1.0] if levels is None else [{level: 1.0} for level in levels])
    rows = np.stack(
        [mean_rows(model, values | dict(zip(names, chosen, strict=True))) for chosen in product(*choices)]
    )
    T, p = rows.shape[1:]
    rows = rows.reshape(*(len(choice) for choice in choices), T, p)
    for axis in range(len(choices)):
        rows = np.delete(rows - np.take(rows, [0], axis), 0, axis)
    rows = rows[..., 1:, :] - rows[..., :1, :] if VISIT in term else rows.mean(axis=-2)
    return inference.joint(rows.reshape(-1, p))


def standardised_difference(
    inference: Inference, row: Array, visit: str, conf_level: float = 0.95
) -> tuple[float, float, float, float]:
    """A difference divided by the model's standard deviation at a visit: value, standard error, limits.

    The standard deviation is that of a patient of mean weight.

    The variance is the delta method's, from those of the difference and of the variance at the visit, which
    are independent in large samples (Hedges 2007, J Educ Behav Stat 32:341, for a standard deviation that is
    estimated from a model); limits use the difference's t distribution.

    Raises
    ------
    NotEstimableError
        If the fit has no numbers, the row cannot be estimated, or groups have covariances of their own.
    """
    model = inference.model
    solution = model.solved()
    if len(model.groups) > 1:
        raise NotEstimableError("groups with covariances of their own have no common standard deviation")
    made = inference.linear(row[None])
    difference, error, df = float(made.estimate[0]), float(made.std_error[0]), float(made.df[0])
    if not np.isfinite(error):
        raise NotEstimableError("the difference rests on an empty cell")
    if visit not in model.design.visits:
        raise ValueError(f"no visit {visit}; known: {', '.join(model.design.visits)}")
    place = model.design.visits.index(visit)
    problem, point = solution.problem, solution.optimum.point
    scale = solution.data.score_scale
    planned = None if solution.data.days is None else solution.data.days[:1]
    change = problem.structure.first(point.theta[0], planned)[:, 0, place, place]
    W = np.linalg.inv(solution.optimum.curvature.observed)
    typical = solution.typical_covariance[0, place, place]
    variance = float(typical)
    of_variance = (
        float(change @ W @ change) * (scale**2 * typical / solution.covariance[0, place, place]) ** 2
    )
    value = difference / np.sqrt(variance)
    spread = float(np.sqrt(error**2 / variance + value**2 * of_variance / (4.0 * variance**2)))
    half = float(special.stdtrit(df, 0.5 * (1.0 + conf_level))) * spread
    return float(value), spread, float(value) - half, float(value) + half
