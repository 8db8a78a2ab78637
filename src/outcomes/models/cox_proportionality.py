"""Are hazards proportional: score tests of b(t) = b + c g(t), and each contrast's hazard ratio over time.

g is one minus the Kaplan-Meier estimate; Grambsch & Therneau 1994, Biometrika 81:515. Where the tests reject,
one hazard ratio averages an effect that changes, in a way that depends on censoring (Uno et al. 2014, J Clin
Oncol 32:2380), and restricted means are given beside it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from outcomes.config.headlines import NOT_PROPORTIONAL, TREATMENT
from outcomes.config.survival import RmstAnalysis
from outcomes.models.counting import DAY
from outcomes.models.cox import CoxFit, effect_over_time, proportionality_tests
from outcomes.models.cox.effect_over_time import smooth_problem
from outcomes.models.cox_case import CoxCase, Pair
from outcomes.models.cox_design import Design, build_design, solve_cox
from outcomes.models.fit import Fit, Row, failed_row, level, wald_row
from outcomes.models.rmst import fit_rmst

TEST, OVER_TIME = "proportionality_chi_square", "hazard_ratio_over_time"
EVERYTHING = "global"
LEAST_TIMES = 10
"""Distinct event times that a smooth of 4 degrees of freedom needs, at two or three each."""


@dataclass(frozen=True)
class Proportionality:
    """Rows of the tests, what they say as a fact, and what a reader must know."""

    rows: tuple[Row, ...]
    fact: str
    warning: str | None
    of_treatment: bool


def judge_proportionality(case: CoxCase, design: Design | None, fit: CoxFit | None) -> Proportionality:
    """Test the arms together, every covariate, and all of them; `fit` is None where there is no model."""
    if design is None or fit is None or fit.status != "ok":
        first = next(iter(case.reasons.values()), None)
        why = str(first) if fit is None else fit.message
        status = "not_estimable" if fit is None else fit.status
        rows = [failed_row(TEST, status, why, term=term, **case.totals()) for term in (TREATMENT, EVERYTHING)]
        return Proportionality(tuple(rows), "not tested", None, False)
    groups: dict[str, list[str]] = {}
    for term, variable in zip(design.terms, design.variables, strict=True):
        groups.setdefault(variable, []).append(term)
    *each, everything = proportionality_tests(fit, "km", groups=groups)
    tests = {test.term: test for test in each} | {EVERYTHING: everything}
    rows, p_values = [], {}
    for term, test in tests.items():
        place = {"term": term, **case.totals()}
        if test.message:
            rows.append(failed_row(TEST, "not_estimable", test.message, **place))
            continue
        p_values[term] = test.p_value
        numbers = {"estimate": test.statistic, "statistic": test.statistic, "df": float(test.df)}
        rows.append(level(TEST, p_value=test.p_value, unit="chi-square", **numbers, **place))
    return _judged(tuple(rows), p_values)


def _judged(rows: tuple[Row, ...], p_values: dict[str, float]) -> Proportionality:
    for term in (TREATMENT, EVERYTHING):
        p_value = p_values.get(term, math.inf)
        if p_value < NOT_PROPORTIONAL:
            shown = f"{_shown(p_value)}, {term}"
            return Proportionality(rows, f"rejected ({shown})", _warning(term, shown), term == TREATMENT)
    if TREATMENT not in p_values:
        return Proportionality(rows, "not tested", None, False)
    return Proportionality(rows, f"not rejected ({_shown(p_values[TREATMENT])}, {TREATMENT})", None, False)


def _warning(term: str, shown: str) -> str:
    if term == TREATMENT:
        return (
            f"proportional hazards are rejected ({shown}): one hazard ratio then averages an effect that "
            "changes over time, with weights that depend on the censoring; the difference in restricted "
            "mean survival time leads"
        )
    return (
        f"proportional hazards are rejected ({shown}) for the covariates and arms together, though not for "
        "the arms alone: a hazard ratio then averages over time, with weights that depend on the censoring; "
        "read the difference in restricted mean survival time, which needs no proportionality, beside it"
    )


def _shown(p_value: float) -> str:
    return "p < 0.001" if p_value < 0.001 else f"p = {p_value:.3f}"


def over_time_rows(case: CoxCase, fit: CoxFit | None) -> list[Row]:
    """Smoothed hazard ratio of each contrast from the first event to the last, pointwise intervals."""
    rows: list[Row] = []
    by_comparator: dict[str, CoxFit] = {}
    for pair, why in case.reasons.items():
        if why or fit is None or fit.status != "ok":
            status = "not_estimable" if why or fit is None else fit.status
            rows.append(case.failed(OVER_TIME, pair, status, why or (fit.message if fit else "")))
            continue
        times = np.unique(fit.data.time).size
        if times < LEAST_TIMES:
            told = f"{times} distinct times of events: fewer than {LEAST_TIMES}, too few for a smooth line"
            rows.append(case.failed(OVER_TIME, pair, "not_estimable", told))
            continue
        problem = smooth_problem(fit)
        if problem is not None:
            rows.append(case.failed(OVER_TIME, pair, "not_estimable", problem))
            continue
        if pair[1] not in by_comparator:
            by_comparator[pair[1]] = _turned(case, pair[1])
        rows += _smoothed(case, pair, by_comparator[pair[1]])
    return rows


def _turned(case: CoxCase, comparator: str) -> CoxFit:
    """Fit the same model with the comparator as reference: an arm's column is then its contrast."""
    analysis = case.analysis
    arms = (comparator, *(name for name in case.arms if name != comparator))
    design = build_design(case.frame.data, arms, analysis.covariates, analysis.strata)
    return solve_cox(design, analysis.ties)


def _smoothed(case: CoxCase, pair: Pair, fit: CoxFit) -> list[Row]:
    if fit.status != "ok":
        return [case.failed(OVER_TIME, pair, fit.status, fit.message)]
    found = effect_over_time(fit, pair[0], conf_level=case.conf_level)
    place = case.place(pair)
    return [
        wald_row(OVER_TIME, float(value), float(error), case.conf_level, test=False, unit="ratio")
        | {"time": float(time), **DAY, **place}
        for time, value, error in zip(found.time, found.log_hazard_ratio, found.std_error, strict=True)
    ]


def restricted_means(case: CoxCase) -> Fit:
    """Restricted means of arms and their differences, to the shortest arm's longest follow-up.

    Adjusted for the covariates of the model, so that what leads is no cruder than what it leads; strata have
    no counterpart, and the fact says so. The methods are that one fact.
    """
    analysis = case.analysis
    beside = RmstAnalysis(
        question=analysis.question,
        role="exploratory",
        endpoint=analysis.endpoint,
        conf_level=analysis.conf_level,
        contrasts=analysis.contrasts,
        covariates=analysis.covariates,
    )
    found = fit_rmst(case.frame, beside)
    rows = tuple(row for row in found.rows if row["quantity"] in ("rmst", "rmst_difference"))
    labels = case.frame.labels
    adjusted = ", ".join(labels.get(name, name) for name in analysis.covariates)
    fact = f"to {found.methods['Horizon']}; adjusted for {adjusted or 'nothing'}"
    if adjusted:
        fact += " by regression of pseudo-values"
    if analysis.strata:
        fact += ", not stratified"
    if analysis.cluster:
        fact += "; standard errors without clusters"
    return Fit(rows, {"Restricted means": fact}, found.warnings)
