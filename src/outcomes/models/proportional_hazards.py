"""Cox proportional hazards: h_i(t) = h0_s(t) exp(x_i b), Efron ties, own baseline hazard in each stratum s.

Cox 1972, J R Stat Soc B 34:187. lifelines maximises the partial likelihood; `outcomes.models.efron`
evaluates it again at the solution, and decides on that evidence whether there are numbers to report.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from outcomes.config.survival import CoxAnalysis
from outcomes.frames import AnalysisFrame
from outcomes.models.counting import Floats, Sample, absent_arms, counts, samples_by_arm
from outcomes.models.cox_design import Design, build_design, design_problem
from outcomes.models.efron import PartialLikelihood, partial_likelihood
from outcomes.models.fit import Captured, Fit, Row, capture, contrast_pairs, failed_row, wald_row

LEAST_EVENTS = 5
"""Below this many events in all, no hazard ratio is reported: its normal approximation means nothing."""
EVENTS_PER_COEFFICIENT = 10
"""Peduzzi et al. 1995, J Clin Epidemiol 48:1503."""
GRADIENT = 1e-6
"""Largest gradient at the solution, in standard errors of the coefficients."""
RUNAWAY = 1e-3
"""Newton step at the solution, in units of exp(b * SD), that shows a coefficient on its way to infinity."""
FAR = 30.0
"""Log hazard ratio per SD that no data could show, where the likelihood can no longer be evaluated."""
AGREEMENT = 1e-4
"""Largest relative difference between the engine's standard errors and ours."""
MAYBE = "a coefficient may be infinite, or covariates nearly collinear"
PIVOT = 1e-12
"""Smallest eigenvalue of the information scaled to a unit diagonal."""
TIGHT = {"precision": 1e-18, "r_precision": 0.0}
"""lifelines stops at a Newton decrement (squared standard errors) below `precision`; its own is 1e-7."""


@dataclass(frozen=True)
class Solution:
    """Coefficients that passed every check, or a status with its reason.

    Attributes
    ----------
    status : {'ok', 'not_converged', 'not_estimable'}
        Only an ok solution has coefficients and covariance.
    message : str
        Why there are none; empty when ok.
    coefficients : ndarray, shape (p,)
        Log hazard ratios.
    covariance : ndarray, shape (p, p)
        Inverse of the observed information.
    log_likelihood : float
        Log partial likelihood at the solution.
    """

    status: str
    message: str
    coefficients: Floats
    covariance: Floats
    log_likelihood: float

    @classmethod
    def failed(cls, status: str, message: str) -> Solution:
        """Return a solution without numbers."""
        return cls(status, message, np.empty(0), np.empty((0, 0)), float("nan"))


def solve_cox(design: Design) -> Solution:
    """Maximise the partial likelihood, and check the maximum independently of the engine's own flags.

    Refuses constant and collinear columns, coefficients that run to infinity, a gradient above
    `GRADIENT`, an information that is not positive definite, and standard errors that are not finite
    or not those of the engine.
    """
    problem = design_problem(design)
    if problem is not None:
        return Solution.failed("not_estimable", problem)
    fitted = capture(lambda: _run_engine(design, TIGHT), _engine_errors())
    if fitted.value is None:
        # a likelihood without maximum can break the last iterations: an earlier stop shows the direction
        earlier = capture(lambda: _run_engine(design, {}), _engine_errors())
        runaway = _runaway_terms(design, earlier.value[0]) if earlier.value else ()
        return _infinite(runaway) if runaway else _no_convergence(fitted)
    coefficients, engine_errors = fitted.value
    return _judge(design, coefficients, engine_errors)


def _judge(design: Design, coefficients: Floats, engine_errors: Floats) -> Solution:
    """Evidence for a maximum at `coefficients`, from our own derivatives."""
    if not np.isfinite(coefficients).all():
        return Solution.failed("not_converged", "a coefficient is not finite")
    runaway = _runaway_terms(design, coefficients)
    if runaway:
        return _infinite(runaway)
    here = _evaluate(design, coefficients)
    if not _is_positive_definite(here.information):
        return Solution.failed(
            "not_converged", f"the information is not positive definite at the solution: {MAYBE}"
        )
    covariance = np.linalg.inv(here.information)
    gradient = np.sqrt(abs(float(here.score @ covariance @ here.score)))
    if not gradient < GRADIENT:
        return Solution.failed("not_converged", "the gradient is not zero at the solution")
    errors = np.sqrt(np.diag(covariance))
    if not (np.isfinite(errors).all() and np.all(np.abs(engine_errors / errors - 1.0) < AGREEMENT)):
        return Solution.failed("not_converged", "the engine's standard errors are not those of its solution")
    return Solution("ok", "", coefficients, (covariance + covariance.T) / 2.0, here.log_likelihood)


def _evaluate(design: Design, coefficients: Floats) -> PartialLikelihood:
    # hazards that differ by more than exp(745) leave risk sets of weight 0: the callers look at the result
    with np.errstate(divide="ignore", invalid="ignore"):
        return partial_likelihood(design.time, design.observed, design.matrix, design.stratum, coefficients)


def _is_positive_definite(information: Floats) -> bool:
    diagonal = np.diag(information)
    if not (np.isfinite(information).all() and (diagonal > 0).all()):
        return False
    scale = np.sqrt(diagonal)
    return bool(np.linalg.eigvalsh(information / np.outer(scale, scale))[0] > PIVOT)


def _runaway_terms(design: Design, coefficients: Floats) -> tuple[str, ...]:
    """Terms for which another Newton step still moves the coefficient although the likelihood stands still.

    The rule of R's `coxph` ("beta may be infinite"): towards infinity each step adds about one unit
    while gradient and information vanish together.
    """
    here = _evaluate(design, coefficients)
    spread = design.matrix.std(axis=0)
    if not (np.isfinite(here.information).all() and np.isfinite(here.score).all()):
        return tuple(t for t, b in zip(design.terms, np.abs(coefficients) * spread, strict=True) if b > FAR)
    step, *_ = np.linalg.lstsq(here.information, here.score, rcond=0.0)
    moves = ~(np.abs(step) * spread < RUNAWAY)
    return tuple(term for term, moving in zip(design.terms, moves, strict=True) if moving)


def _infinite(terms: tuple[str, ...]) -> Solution:
    named = ", ".join(f"'{term}'" for term in terms)
    why = f"the likelihood has no maximum: the coefficient of {named} runs to infinity (separation)"
    return Solution.failed("not_estimable", why)


def _no_convergence(fitted: Captured[Any]) -> Solution:
    kind = str(fitted.error).partition(":")[0]
    return Solution.failed("not_converged", f"the engine stopped without a solution ({kind}): {MAYBE}")


def _engine_errors() -> tuple[type[Exception], ...]:
    from lifelines.exceptions import ConvergenceError

    return (ConvergenceError,)


def _run_engine(design: Design, options: dict[str, float]) -> tuple[Floats, Floats]:
    """Coefficients and standard errors as lifelines gives them; its columns have neutral names."""
    from lifelines import CoxPHFitter

    names = [f"x{k}" for k in range(len(design.terms))]
    table = pd.DataFrame(design.matrix, columns=names)
    table = table.assign(time=design.time, observed=design.observed, stratum=design.stratum)
    engine = CoxPHFitter(baseline_estimation_method="breslow", penalizer=0.0)
    engine.fit(table, "time", "observed", strata=["stratum"], robust=False, fit_options=options)
    coefficients = engine.params_.loc[names].to_numpy(dtype=float)
    variance = engine.variance_matrix_.loc[names, names].to_numpy(dtype=float)
    return coefficients, np.sqrt(np.clip(np.diag(variance), 0.0, None))


def fit_cox(frame: AnalysisFrame, analysis: CoxAnalysis) -> Fit:
    """Hazard ratio of each requested contrast, and the coefficients of the model that they come from.

    Arms without an event are left out of the model: as their hazard ratio goes to zero, so does their
    part in every risk set, and the rest of the partial likelihood is that of the other arms.
    """
    samples = samples_by_arm(frame)
    reasons = {pair: _pair_problem(samples, *pair) for pair in contrast_pairs(analysis, frame)}
    arms = [arm for arm, sample in samples.items() if sample.n_events]
    silent = [arm for arm, sample in samples.items() if sample.n_patients and not sample.n_events]
    methods = _methods(frame, analysis, arms)
    refused = [_failed(pair, "not_estimable", why, samples) for pair, why in reasons.items() if why]
    if len(refused) == len(reasons):
        return Fit(tuple(refused), methods)
    design = build_design(frame.data, arms, analysis.covariates, analysis.strata)
    solution = solve_cox(design)
    rows: list[Row] = []
    for pair, why in reasons.items():
        if why:
            rows.append(_failed(pair, "not_estimable", why, samples))
        elif solution.status != "ok":
            rows.append(_failed(pair, solution.status, solution.message, samples))
        else:
            rows.append(_ratio_row(pair, design, solution, analysis.conf_level) | _place(pair, samples))
    if solution.status == "ok":
        rows += _coefficient_rows(design, solution, analysis.conf_level)
    return Fit(tuple(rows), methods, _warnings(design, silent))


def _pair_problem(samples: dict[str, Sample], arm: str, comparator: str) -> str | None:
    """Why a contrast has no hazard ratio whatever the model, or None."""
    events = counts(*samples.values())["n_events"]
    absent = absent_arms(samples, arm, comparator)
    if absent is not None:
        return absent
    if events == 0:
        return "no event in any arm"
    if events < LEAST_EVENTS:
        return f"{events} events in all arms together: fewer than {LEAST_EVENTS}"
    silent = [name for name in (arm, comparator) if samples[name].n_events == 0]
    return f"no event in arm {' and arm '.join(silent)}" if silent else None


def _place(pair: tuple[str, str], samples: dict[str, Sample]) -> Row:
    arm, comparator = pair
    return {"arm": arm, "comparator": comparator, **counts(samples[arm], samples[comparator])}


def _failed(pair: tuple[str, str], status: str, message: str, samples: dict[str, Sample]) -> Row:
    return failed_row("hazard_ratio", status, message, **_place(pair, samples))


def _ratio_row(pair: tuple[str, str], design: Design, solution: Solution, conf_level: float) -> Row:
    """Hazard ratio of arm over comparator from the coefficients; the reference arm has none."""
    arm, comparator = pair
    weights = np.array([float(term == arm) - float(term == comparator) for term in design.terms])
    estimate = float(weights @ solution.coefficients)
    std_error = float(np.sqrt(weights @ solution.covariance @ weights))
    return wald_row("hazard_ratio", estimate, std_error, conf_level, unit="ratio")


def _coefficient_rows(design: Design, solution: Solution, conf_level: float) -> list[Row]:
    errors = np.sqrt(np.diag(solution.covariance))
    total: Row = {"n_patients": int(design.time.size), "n_events": int(design.observed.sum())}
    return [
        wald_row(
            "log_hazard_coefficient",
            float(estimate),
            float(error),
            conf_level,
            term=term,
            unit="log hazard ratio",
            **total,
        )
        for term, estimate, error in zip(design.terms, solution.coefficients, errors, strict=True)
    ]


def _warnings(design: Design, silent: list[str]) -> tuple[str, ...]:
    found = [f"arm {arm} has no event and is left out of the model" for arm in silent]
    events, p = int(design.observed.sum()), len(design.terms)
    if events < EVENTS_PER_COEFFICIENT * p:
        found.append(
            f"{events} events for {p} coefficients, fewer than {EVENTS_PER_COEFFICIENT} each: "
            "the estimates may be biased and their intervals too narrow or too wide"
        )
    return tuple(found)


def _methods(frame: AnalysisFrame, analysis: CoxAnalysis, arms: list[str]) -> dict[str, str]:
    from importlib.metadata import version

    def printed(names: tuple[str, ...]) -> str:
        return ", ".join(frame.labels.get(name, name) for name in names) or "nothing"

    return {
        "Model": "Cox proportional hazards; proportionality assumed, not tested",
        "Ties": "Efron",
        "Reference arm": frame.labels.get(arms[0], arms[0]) if arms else "none",
        "Adjusted for": printed(analysis.covariates),
        "Stratified by": printed(analysis.strata),
        "Variance": "inverse of the observed information; Wald tests and intervals on the log scale",
        "Engine": f"lifelines {version('lifelines')}",
    }
