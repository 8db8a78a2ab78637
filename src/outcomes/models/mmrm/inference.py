"""Linear combinations of the coefficients: standard errors, degrees of freedom, tests."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np
from scipy import special

from outcomes.models.mmrm import small_sample as small
from outcomes.models.mmrm.crossproducts import Array, Booleans
from outcomes.models.mmrm.design import VISIT, Design, Number
from outcomes.models.mmrm.result import MMRM, NotEstimableError, Solution
from outcomes.models.mmrm.sandwich import POWER, Kind, Patients, Sandwich, degrees_of_freedom, sandwich

DfMethod = Literal["satterthwaite", "kenward_roger", "kenward_roger_linear", "between_within", "residual"]
Information = Literal["observed", "expected"]
ADJUST = {"kenward_roger": "full", "kenward_roger_linear": "linear"}
UNKNOWN_TOL = 1e-8
"""What rounding may leave of a sum that is zero where a combination is estimable, beside its terms."""


@dataclass(frozen=True, eq=False)
class Linear:
    """Estimates of m combinations; NaN where one cannot be estimated.

    Attributes
    ----------
    estimate, std_error, df : array (m,)
    """

    estimate: Array
    std_error: Array
    df: Array

    @property
    def statistic(self) -> Array:
        """T statistics of ``L beta = 0``."""
        return self.estimate / self.std_error

    @property
    def p_value(self) -> Array:
        """Two-sided, from the lower tail."""
        return np.asarray(2.0 * special.stdtr(self.df, -np.abs(self.statistic)))

    def interval(self, conf_level: float = 0.95) -> tuple[Array, Array]:
        """Lower and upper confidence limits.

        Raises
        ------
        ValueError
            If `conf_level` is not between 0 and 1.
        """
        if not 0.0 < conf_level < 1.0:
            raise ValueError("conf_level must lie strictly between 0 and 1")
        half = special.stdtrit(self.df, 0.5 * (1.0 + conf_level)) * self.std_error
        return self.estimate - half, self.estimate + half


@dataclass(frozen=True)
class FTest:
    """Joint test of several combinations.

    Attributes
    ----------
    statistic : float
        F; with Kenward-Roger degrees of freedom scaled by their factor.
    numerator_df, denominator_df, p_value : float
    """

    statistic: float
    numerator_df: float
    denominator_df: float
    p_value: float


@dataclass(frozen=True, eq=False)
class Inference:
    """A fit together with a choice of standard errors and degrees of freedom; make it with `infer`.

    Attributes
    ----------
    model : MMRM
    df_method : str
    empirical : {'CR0', 'CR2', 'CR3'} or None
    """

    model: MMRM
    df_method: DfMethod
    empirical: Kind | None
    _base: small.Spread
    _sandwich: Sandwich | None

    def linear(self, L: Array) -> Linear:
        """Estimate ``L beta``, rows of L being combinations of the design's coefficients, shape (m, p).

        Raises
        ------
        NotEstimableError
            If the fit has no numbers.
        """
        solution = self.model.solved()
        standard = L @ solution.to_design
        variance = np.einsum("mi,ij,mj->m", standard, self._base.cov, standard)
        known = estimable(solution, L) & (variance > 0.0)
        df = np.full(len(L), np.nan)
        if known.any():
            df[known] = self._df(standard[known], L[known])
        known &= df > 0.0  # between-within may have none left within patients
        return Linear(
            np.where(known, L @ solution.coefficients, np.nan),
            np.sqrt(np.where(known, variance, np.nan)),
            np.where(known, df, np.nan),
        )

    def why_not(self, row: Array) -> str:
        """Say why a combination, shape (p,), has no estimate."""
        solution = self.model.solved()
        if not row.any():
            return "the model holds this difference at zero"
        if not estimable(solution, row[None])[0]:
            return "a cell of the design that takes part in this has no scores"
        standard = row @ solution.to_design
        if not float(standard @ self._base.cov @ standard) > 0.0:
            return "its variance, adjusted for the small sample, is not positive"
        return "no degrees of freedom are left for it"

    def _df(self, standard: Array, L: Array) -> Array:
        """Degrees of freedom of each row, in standard units and in the design's."""
        if self.df_method == "residual":
            return np.full(len(L), float(self.model.n_scores - standard.shape[1]))
        if self.df_method == "between_within":
            return between_within(self.model, L)
        if self._sandwich is not None:
            return degrees_of_freedom(self._sandwich, self._base.model_cov, standard)
        return small.satterthwaite(self._base, standard)

    def joint(self, L: Array) -> FTest:
        """Test ``L beta = 0``; rows that depend on others are left out.

        Raises
        ------
        NotEstimableError
            If the fit has no numbers, a row cannot be estimated, or the sample is too small for the test:
            its statistic or degrees of freedom are then not positive.
        """
        solution = self.model.solved()
        if not estimable(solution, L).all():
            raise NotEstimableError("a part of the hypothesis rests on an empty cell")
        rows = _independent(L @ solution.to_design)
        if not rows:
            raise NotEstimableError("there is nothing to test")
        standard = (L @ solution.to_design)[rows]
        estimate = (L @ solution.coefficients)[rows]
        if self.df_method in ADJUST:
            F, df = small.kenward_roger_joint(self._base, standard, estimate)
        else:
            values, vectors = np.linalg.eigh(standard @ self._base.cov @ standard.T)
            F = float(np.mean((vectors.T @ estimate) ** 2 / values))
            df = small.pool(self._df(vectors.T @ standard, vectors.T @ L[rows]))
        p_value = float(special.fdtrc(len(rows), df, F))
        if not (F >= 0.0 and df > 0.0 and 0.0 <= p_value <= 1.0):
            raise NotEstimableError("the sample is too small for this test")
        return FTest(F, float(len(rows)), df, p_value)


def infer(
    model: MMRM,
    df: DfMethod = "satterthwaite",
    *,
    empirical: Kind | None = None,
    patients: Patients | None = None,
    information: Information = "observed",
) -> Inference:
    """Choose standard errors and degrees of freedom.

    Parameters
    ----------
    df : str
        `satterthwaite`, `kenward_roger` (with second derivatives in mmrm's parameters),
        `kenward_roger_linear` (SAS's DDFM=KR under an unstructured covariance), `between_within` or
        `residual`.
    empirical : {'CR0', 'CR2', 'CR3'}, optional
        Sandwich standard errors; needs `patients`, and not with Kenward-Roger.
    information : {'observed', 'expected'}
        Of the covariance parameters: R's mmrm and SAS use the observed one, pbkrtest the expected one.

    Raises
    ------
    NotEstimableError
        If the fit has no numbers.
    ValueError
        If the choices do not go together.
    """
    for word, known, what in (
        (df, get_args(DfMethod), "degrees of freedom"), (information, get_args(Information), "information"),
        (empirical, (None, *POWER), "empirical standard errors"),
    ):  # fmt: skip
        if word not in known:
            raise ValueError(f"unknown {what} {word}; known: {', '.join(map(str, known))}")
    if empirical is not None and (df in ADJUST or patients is None):
        raise ValueError("empirical standard errors need the patients, and do not go with Kenward-Roger")
    if df in ADJUST and not model.reml:
        raise ValueError("Kenward-Roger is defined for restricted maximum likelihood")
    solution = model.solved()
    optimum, problem = solution.optimum, solution.problem
    base = small.spread(
        problem, optimum.point, optimum.curvature, adjust=ADJUST.get(df, "none"), information=information
    )
    made = None
    if empirical is not None and patients is not None:
        made = sandwich(problem, optimum.point, patients, empirical)
        base = replace(base, cov=made.cov)
    return Inference(model, df, empirical, base, made)


def estimable(solution: Solution, L: Array) -> Booleans:
    """Whether each row rests only on what the data know, shape (m,)."""
    if not len(solution.unknown):
        return np.ones(len(L), dtype=bool)
    # entry by entry: a large covariate elsewhere in the row must not hide what is left
    size = np.abs(L) @ np.abs(solution.unknown).T
    return np.asarray((np.abs(L @ solution.unknown.T) <= UNKNOWN_TOL * size).all(axis=1))


def between_within(model: MMRM, L: Array) -> Array:
    """Degrees of freedom between patients where a row holds a coefficient that is, else within."""
    between = between_columns(model.design)
    kept = np.abs(model.solved().to_design).sum(axis=1) > 0.0
    n_between = int((between & kept).sum())
    n_within = int((~between & kept).sum()) - 1
    outer = model.n_patients - 1 - n_between
    inner = model.n_scores - model.n_patients - n_within
    return np.where((L[:, between] != 0.0).any(axis=1), float(outer), float(inner))


def between_columns(design: Design) -> Booleans:
    """Columns that are the same at every visit, without the intercept."""
    out = np.zeros(len(design.names), dtype=bool)
    for term, places in design.terms.items():
        moving = any(
            isinstance(variable := design.variables.get(name), Number) and variable.at_visits for name in term
        )
        if term and VISIT not in term and not moving:
            out[list(places)] = True
    return out


def _independent(rows: Array) -> list[int]:
    """Rows that are no combination of those before them."""
    kept: list[int] = []
    for k in range(len(rows)):
        if np.linalg.matrix_rank(rows[[*kept, k]]) > len(kept):
            kept.append(k)
    return kept
