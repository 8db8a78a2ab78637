"""Weibull regression of interval-censored times: log T = b0 + x b + scale * W, P(W > w) = exp(-exp(w)).

Accelerated failure time form, as R's `survreg`; also a proportional hazards model with hazard ratio
exp(-b / scale) (Kalbfleisch & Prentice 2002, The Statistical Analysis of Failure Time Data, 2.3). Newton's
method where the likelihood is concave (`weibull_likelihood`); variance from the observed information.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from outcomes.models.columns import quoted, redundant_column
from outcomes.models.interval.separation import MOVES, endless_direction, flat_direction
from outcomes.models.interval.times import Floats, IntervalTimes
from outcomes.models.interval.weibull_likelihood import (
    WeibullData,
    derivatives,
    log_likelihood,
    weibull_data,
)

INTERCEPT = "intercept"
SCORE = 1e-9
"""Largest score at the solution, in standard errors of the coefficients."""
NEAR = 1e-4
"""Score from which full steps are taken: the likelihood's rise is below its rounding."""
STEPS = 100
HALVINGS = 50
PIVOT = 1e-12
"""Smallest eigenvalue of the information scaled to a unit diagonal."""
BOUNDLESS = 1e4
"""Standard error, relative to 1 + |coefficient|, that only a likelihood still rising at infinity has."""


@dataclass(frozen=True)
class Weibull:
    """A fitted model; all arrays are empty and numbers nan where `status` is not ok.

    Attributes
    ----------
    status : {'ok', 'not_converged', 'not_estimable'}
        Whether there are numbers; `message` says why not.
    terms : tuple of str
        The intercept and the columns of the design, p + 1 names.
    coefficients : ndarray, shape (p + 1,)
        b0 and b: of log time.
    log_scale : float
        Logarithm of the scale, which is 1 over Weibull's shape.
    covariance : ndarray, shape (p + 2, p + 2)
        Of the coefficients and the log scale: inverse of the observed information.
    log_likelihood : float
        With all constants, as R's `survreg` has it.
    score : float
        Length of the score at the solution in standard errors.
    """

    status: str
    message: str
    terms: tuple[str, ...]
    coefficients: Floats
    log_scale: float
    covariance: Floats
    log_likelihood: float
    score: float

    @property
    def scale(self) -> float:
        """Scale of log time."""
        return float(np.exp(self.log_scale))


def fit_weibull(times: IntervalTimes, matrix: Floats, terms: tuple[str, ...]) -> Weibull:
    """Maximise the likelihood.

    Parameters
    ----------
    times : IntervalTimes
        Checked intervals; rows that say nothing, (0, inf), are allowed.
    matrix : ndarray, shape (n, p)
        Design without an intercept; p may be 0.
    terms : tuple of str
        Names of its columns.

    Returns
    -------
    Weibull
        With status not_estimable and the reason where no event was seen, a column is constant or collinear
        (it is named), or the likelihood has no maximum (separation; the terms are named).

    Raises
    ------
    ValueError
        If the design does not fit the times or holds a value that is not finite.
    """
    if matrix.shape != (times.n, len(terms)):
        raise ValueError("the design needs a row per interval and a column per term")
    if not np.isfinite(matrix).all():
        raise ValueError(f"{int((~np.isfinite(matrix)).any(axis=1).sum())} rows of the design are not finite")
    names = (INTERCEPT, *terms)
    if times.right_censored.all():
        return _failed(names, "not_estimable", "no event: every time is right-censored")
    problem = column_problem(matrix, terms)
    if problem is not None:
        return _failed(names, "not_estimable", problem)
    centre, spread = matrix.mean(axis=0), matrix.std(axis=0)
    finite = np.concatenate([times.left[times.left > 0], times.right[~times.right_censored]])
    origin = float(np.log(finite).mean())
    unit = float(np.exp(origin))
    shifted = IntervalTimes(times.left / unit, times.right / unit, times.weight)
    data = weibull_data(shifted, np.column_stack([np.ones(times.n), (matrix - centre) / spread]))
    phi, information, score = _newton(data)
    if not (score < SCORE and _invertible(information) and _bounded(phi, information)):
        reason = _no_maximum(data, names)
        if reason is not None:
            return _failed(names, "not_estimable", reason)
        return _failed(names, "not_converged", "Newton's method stopped without reaching a maximum")
    value = log_likelihood(data, phi) - data.exact_weight * origin
    variance = np.asarray(np.linalg.inv(information), dtype=np.float64)
    return _on_log_time(names, phi, variance, (origin, centre, spread), value, score)


def _newton(data: WeibullData) -> tuple[Floats, Floats, float]:
    """Solution, information and score there; the score is inf where no step could be taken."""
    size = data.low.shape[1]
    phi = np.zeros(size)
    phi[-1] = 1.0
    here = log_likelihood(data, phi)
    best = (phi, np.zeros((size, size)), np.inf)
    for _ in range(STEPS):
        gradient, information = derivatives(data, phi)
        if not (np.isfinite(gradient).all() and np.isfinite(information).all()):
            break
        if not _invertible(information):
            break
        step = np.linalg.solve(information, gradient)
        score = float(np.sqrt(max(float(gradient @ step), 0.0)))
        if score >= best[2] and best[2] < SCORE:
            break
        if score < best[2]:
            best = (phi, information, score)
        length, found = 1.0, -np.inf
        if score >= NEAR:
            for _ in range(HALVINGS):
                found = log_likelihood(data, phi + length * step)
                if found >= here + 1e-4 * length * score**2:
                    break
                length /= 2
            else:
                break
        else:
            found = log_likelihood(data, phi + step)
            if not np.isfinite(found):
                break
        phi, here = phi + length * step, found
    return best


def _invertible(information: Floats) -> bool:
    size = np.sqrt(np.diag(information)) if (np.diag(information) > 0).all() else None
    if size is None or not np.isfinite(size).all():
        return False
    return bool(np.linalg.eigvalsh(information / np.outer(size, size))[0] > PIVOT)


def _bounded(phi: Floats, information: Floats) -> bool:
    """Whether the solution is a place: on the way to infinity score and information vanish together."""
    std_error = np.sqrt(np.diag(np.linalg.inv(information)))
    return bool((std_error < BOUNDLESS * (1 + np.abs(phi))).all())


def _on_log_time(
    names: tuple[str, ...], phi: Floats, variance: Floats, scaling: tuple[float, Floats, Floats],
    value: float, score: float,
) -> Weibull:  # fmt: skip
    """From (g, a) of the scaled design to coefficients of log time; the covariance by the delta method."""
    origin, centre, spread = scaling
    a = float(phi[-1])
    scaled = phi[:-1] / a
    size = phi.size
    jacobian = np.zeros((size, size))
    jacobian[:-1, :-1] = np.eye(size - 1) / a
    jacobian[:-1, -1] = -scaled / a
    jacobian[-1, -1] = -1 / a
    back = np.eye(size)
    back[1:-1, 1:-1] /= spread[:, None]
    back[0, 1:-1] = -centre / spread
    coefficients = (back @ np.append(scaled, 0.0))[:-1]
    coefficients[0] += origin
    covariance = back @ jacobian @ variance @ jacobian.T @ back.T
    return Weibull("ok", "", names, coefficients, -float(np.log(a)), covariance, value, score)


def _no_maximum(data: WeibullData, names: tuple[str, ...]) -> str | None:
    """Why the likelihood has no maximum at one finite place, or None where it must have one."""
    flat = flat_direction(data)
    endless = endless_direction(data) if flat is None else None
    direction = endless if flat is None else flat
    if direction is None:
        return None
    moving = [name for name, move in zip(names[1:], direction[1:-1], strict=True) if abs(move) > MOVES]
    named = ", ".join(f"'{name}'" for name in moving)
    if data.exact.any() and abs(direction[-1]) > MOVES:
        return "the likelihood has no maximum: exact times are predicted without error, the scale runs to 0"
    if not moving:
        return "the likelihood has no single maximum: the intervals do not tell location and scale apart"
    if endless is None:
        return f"the likelihood has no single maximum: the intervals do not determine {named}"
    return f"the likelihood has no maximum: the coefficient of {named} runs to infinity (separation)"


def _failed(names: tuple[str, ...], status: str, message: str) -> Weibull:
    nan = float("nan")
    return Weibull(status, message, names, np.empty(0), nan, np.empty((0, 0)), nan, nan)


def column_problem(matrix: Floats, terms: tuple[str, ...]) -> str | None:
    """Say which column is constant, or follows from those before it; None where all say something."""
    found = redundant_column(matrix, matrix - matrix.mean(axis=0))
    if found is None:
        return None
    if found.constant:
        return f"'{terms[found.place]}' does not vary among the patients"
    return f"'{terms[found.place]}' is collinear with {quoted(terms[: found.place])}"
