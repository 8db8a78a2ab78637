"""Fine-Gray: h_ki(t) = h_k0s(t) exp(x_i b), the hazard of F_k: of failing of cause k if one has not.

Fine & Gray 1999, J Am Stat Assoc 94:496; strata s: Zhou et al. 2011, Biometrics 67:661. Who failed of
another cause stays in the risk set, weighted by the chance of not being censored since. Breslow's ties and
the paper's variance, which counts the estimated censoring curve, as R's `crr` has them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from outcomes.models.competing.risk_sets import SubdistributionData, prepare
from outcomes.models.competing.subdistribution import Evaluation, evaluate, residuals
from outcomes.models.counting import Floats, Integers

MOST_STEPS = 50
MOST_HALVINGS = 30
SETTLED = 1e-10
"""Newton step, in standard errors of the coefficients, at which one last step is rounding."""
FAR = 25.0
"""Log ratio per SD of a column that no data could show: the coefficient is on its way to infinity."""
RUNAWAY = 1e-2
"""Newton step, in log ratios per SD, that shows a coefficient that still moves."""
STILL = 1e-9
"""Relative gain in likelihood that is none: data that determine a coefficient gain more by such a step."""
PIVOT = 1e-12
"""Smallest eigenvalue of the information scaled to a unit diagonal."""
WORSE = 1e-12
"""Relative fall of the likelihood that is rounding."""


@dataclass(frozen=True)
class FineGrayFit:
    """Coefficients that passed every check, or a status with its reason.

    Attributes
    ----------
    status : {'ok', 'not_converged', 'not_estimable'}
        Only an ok fit has coefficients and covariance.
    message : str
        Why there are none; empty when ok.
    terms : tuple of str
        Name of each coefficient.
    coefficients : ndarray, shape (p,)
        Log subdistribution hazard ratios.
    covariance : ndarray, shape (p, p)
        Their variance by Fine & Gray, robust and with the censoring curve as estimated.
    model_covariance : ndarray, shape (p, p)
        Inverse information: too small or too large, since weighted risk sets are no likelihood.
    log_likelihood, log_likelihood_null : float
        Log pseudo-likelihood at the solution, and at 0.
    steps : int
        Newton steps taken.
    """

    status: str
    message: str
    terms: tuple[str, ...]
    coefficients: Floats
    covariance: Floats
    model_covariance: Floats
    log_likelihood: float
    log_likelihood_null: float
    steps: int


def fit_fine_gray(
    time: Floats,
    cause: Integers,
    covariates: Floats,
    *,
    terms: Sequence[str],
    of_interest: int = 1,
    stratum: Integers | None = None,
    censoring_group: Integers | None = None,
) -> FineGrayFit:
    """Fit the subdistribution hazard of one cause.

    Parameters
    ----------
    time : ndarray, shape (n,)
        Days to the first failure or to censoring, > 0.
    cause : ndarray of int, shape (n,)
        0 where censored, else which cause.
    covariates : ndarray, shape (n, p)
        One column per term, finite; neither constant nor collinear columns are named here.
    terms : sequence of str, length p
        Names of the columns, for messages.
    of_interest : int
        The cause that is modelled.
    stratum : ndarray of int, shape (n,), optional
        Each stratum has a baseline of its own.
    censoring_group : ndarray of int, shape (n,), optional
        0, 1, ...; each group has a censoring curve of its own. One curve of everyone by default.

    Raises
    ------
    ValueError
        If a time is not positive and finite, a covariate not finite, or no one failed of the cause.
    """
    if not np.isfinite(covariates).all():
        raise ValueError("covariates must be known")
    if not (cause == of_interest).any():
        raise ValueError("no failure of the cause of interest")
    one = np.zeros(time.size, dtype=np.int64)
    data = prepare(
        time,
        cause,
        of_interest,
        one if stratum is None else stratum,
        one if censoring_group is None else censoring_group,
    )
    spread = covariates.std(axis=0)
    if not (spread > 0).all():
        constant = [term for term, s in zip(terms, spread, strict=True) if not s > 0]
        return _failed("not_estimable", f"'{constant[0]}' does not vary", terms)
    # centred and scaled, so that sums of exponentials keep their digits and steps compare
    x = (covariates - covariates.mean(axis=0)) / spread
    return _solve(data, x, spread, tuple(terms))


def _solve(data: SubdistributionData, x: Floats, spread: Floats, terms: tuple[str, ...]) -> FineGrayFit:
    """Newton with step-halving from 0; one more step after it has settled."""
    beta = np.zeros(x.shape[1])
    null = here = evaluate(data, x, beta)
    for steps in range(1, MOST_STEPS + 1):
        if not _is_positive_definite(here.information):
            return _lost(here, beta, terms)
        step = np.linalg.solve(here.information, here.score)
        # the pseudo-likelihood is concave in b: half a Newton step or less always climbs
        for _ in range(MOST_HALVINGS):
            with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
                there = evaluate(data, x, beta + step)
            if there.log_likelihood >= here.log_likelihood - WORSE * abs(here.log_likelihood):
                break
            step = step / 2.0
        beta, before, here = beta + step, here, there
        # towards infinity the likelihood stands still while each step still moves a coefficient
        still = here.log_likelihood - before.log_likelihood < STILL * abs(here.log_likelihood)
        if np.abs(beta).max() > FAR or (still and np.abs(step).max() > RUNAWAY):
            return _lost(here, beta, terms)
        if float(step @ before.information @ step) < SETTLED**2:
            return _finish(data, x, spread, terms, beta, (null, here), steps)
    return _lost(here, beta, terms)


def _finish(
    data: SubdistributionData,
    x: Floats,
    spread: Floats,
    terms: tuple[str, ...],
    beta: Floats,
    null_and_here: tuple[Evaluation, Evaluation],
    steps: int,
) -> FineGrayFit:
    null, here = null_and_here
    if not _is_positive_definite(here.information):
        return _lost(here, beta, terms)
    inverse = np.linalg.inv(here.information)
    parts = residuals(data, x, beta) @ inverse
    scale = np.outer(spread, spread)
    covariance = parts.T @ parts / scale
    if not (np.isfinite(covariance).all() and (np.diag(covariance) > 0).all()):
        return _failed("not_converged", "the variance is not positive and finite", terms)
    return FineGrayFit(
        "ok", "", terms, beta / spread, covariance, (inverse + inverse.T) / 2.0 / scale,
        here.log_likelihood, null.log_likelihood, steps,
    )  # fmt: skip


def _lost(here: Evaluation, beta: Floats, terms: tuple[str, ...]) -> FineGrayFit:
    """Say which coefficients run to infinity, or that the information does not determine them."""
    if np.isfinite(here.information).all() and np.isfinite(here.score).all():
        step, *_ = np.linalg.lstsq(here.information, here.score, rcond=None)
        moves = (np.abs(beta) > 1.0) & ~(np.abs(step) < RUNAWAY) | (np.abs(beta) > FAR)
    else:
        moves = np.abs(beta) > 1.0
    named = ", ".join(f"'{term}'" for term, moving in zip(terms, moves, strict=True) if moving)
    if named:
        why = f"the likelihood has no maximum: the coefficient of {named} runs to infinity (separation)"
        return _failed("not_estimable", why, terms)
    why = "the information is not positive definite: covariates may be collinear, or a coefficient infinite"
    return _failed("not_converged", why, terms)


def _failed(status: str, message: str, terms: Sequence[str]) -> FineGrayFit:
    nothing = np.empty((0, 0))
    nan = float("nan")
    return FineGrayFit(status, message, tuple(terms), np.empty(0), nothing, nothing, nan, nan, 0)


def _is_positive_definite(information: Floats) -> bool:
    diagonal = np.diag(information)
    if not (np.isfinite(information).all() and (diagonal > 0).all()):
        return False
    scale = np.sqrt(diagonal)
    return bool(np.linalg.eigvalsh(information / np.outer(scale, scale))[0] > PIVOT)
