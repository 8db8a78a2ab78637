"""Rows of the Cox model itself: a hazard ratio per contrast, Firth's where there is none, coefficients."""

from __future__ import annotations

import math
import re

import numpy as np

from outcomes.models.counting import Floats
from outcomes.models.cox import CoxFit
from outcomes.models.cox.firth import FirthFit, fit_firth
from outcomes.models.cox.firth_profile import profile_contrast
from outcomes.models.cox_case import CoxCase, Pair
from outcomes.models.cox_design import build_design
from outcomes.models.fit import Row, failed_row, level, ratio_problem, wald_row

RATIO = "hazard_ratio"
FEW_CLUSTERS = 30
"""With fewer clusters robust standard errors are too small: Cameron & Miller 2015, J Hum Resour 50:317."""
ENDLESS = "runs to infinity"
"""In the engine's reason, where a coefficient has no finite maximum."""
COEFFICIENT = "log_hazard_coefficient"
PENALISED = "penalised_hazard_ratio"


def contrast_weights(terms: tuple[str, ...], pair: Pair) -> Floats:
    """+1 at the column of the arm, -1 at that of the comparator; the reference arm has none."""
    return np.array([float(term == pair[0]) - float(term == pair[1]) for term in terms])


def ratio_rows(case: CoxCase, fit: CoxFit | None, penalised: list[Row]) -> list[Row]:
    """Hazard ratio of each contrast, or why it has none and what can still be said.

    `fit` is None where no contrast has one whatever the model; `penalised` are Firth's rows.
    """
    firth = {(row["arm"], row["comparator"]) for row in penalised if row["status"] == "ok"}
    rows = []
    for pair, why in case.reasons.items():
        rest = case.stands(pair, pair in firth)
        if why or fit is None:
            rows.append(case.failed(RATIO, pair, "not_estimable", f"{why}{rest}"))
        elif fit.status != "ok":
            told = f"{fit.message}{_rather_strata(case, fit)}{rest}"
            rows.append(case.failed(RATIO, pair, fit.status, told))
        elif (alone := case.one_cluster(pair)) is not None:
            rows.append(case.failed(RATIO, pair, "not_estimable", f"{alone}; the curves can still be read"))
        else:
            weights = contrast_weights(fit.terms, pair)
            estimate = float(weights @ fit.coefficients)
            std_error = float(np.sqrt(weights @ fit.covariance @ weights))
            row = wald_row(RATIO, estimate, std_error, case.conf_level, unit="ratio")
            rows.append(row | case.place(pair) | _with_care(case))
    return rows


def _with_care(case: CoxCase) -> Row:
    """Mark a ratio whose robust variance rests on few clusters."""
    cluster = case.analysis.cluster
    n = case.frame.data[cluster].nunique() if cluster else FEW_CLUSTERS
    if n >= FEW_CLUSTERS:
        return {}
    few = f"{n} clusters, fewer than {FEW_CLUSTERS}: the robust standard error may be too small"
    return {"status": "boundary", "message": few}


def _rather_strata(case: CoxCase, fit: CoxFit) -> str:
    """Name categories of which a level separates: as strata they would not stand in the way."""
    if ENDLESS not in fit.message:
        return ""
    named = dict.fromkeys(re.findall(r"'(\w+)=[^']*'", fit.message))
    categories = [name for name in named if name in case.analysis.covariates]
    if not categories:
        return ""
    return (
        f"; with {' and '.join(categories)} among strata instead of covariates it would not stand in the way"
    )


def coefficient_rows(case: CoxCase, fit: CoxFit | None) -> list[Row]:
    """Return the coefficient table of an ok fit."""
    if fit is None or fit.status != "ok":
        return []
    rows = []
    for term, estimate, error in zip(fit.terms, fit.coefficients, fit.std_errors, strict=True):
        place = {"term": term, **case.totals()}
        alone = case.one_cluster((term, case.arms[0])) if term in case.arms else None
        if alone is not None:
            rows.append(failed_row(COEFFICIENT, "not_estimable", alone, **place))
            continue
        unit = "log hazard ratio"
        rows.append(wald_row(COEFFICIENT, float(estimate), float(error), case.conf_level, unit=unit, **place))
    return rows


def penalised_rows(case: CoxCase, fit: CoxFit | None) -> list[Row]:
    """Firth's hazard ratio of the contrasts that need it, or of all, as the plan says.

    It needs 5 events in all and one in either arm; where a covariate is constant or collinear it has no
    estimate either, and then stands only where the plan asks for it always.
    """
    if case.analysis.firth == "never":
        return []
    always = case.analysis.firth == "always"
    none = fit is None or fit.status != "ok"
    wanted = [pair for pair, why in case.reasons.items() if always or none or why]
    usable = [pair for pair in wanted if case.comparable(pair)]
    rows = {pair: case.failed(PENALISED, pair, "not_estimable", str(case.reasons[pair])) for pair in wanted}
    if usable:
        penalised = _penalised_fit(case)
        rows |= {pair: _penalised_row(case, pair, penalised) for pair in usable}
    return [row for row in rows.values() if always or row["status"] == "ok"]


def _penalised_fit(case: CoxCase) -> FirthFit:
    """Fit all arms with patients, those without an event too."""
    analysis = case.analysis
    arms = [arm for arm, sample in case.samples.items() if sample.n_patients]
    design = build_design(case.frame.data, arms, analysis.covariates, analysis.strata)
    return fit_firth(
        design.time,
        design.observed,
        design.matrix,
        terms=design.terms,
        ties=analysis.ties,
        stratum=design.stratum,
    )


def _penalised_row(case: CoxCase, pair: Pair, fit: FirthFit) -> Row:
    if fit.status != "ok":
        return case.failed(PENALISED, pair, fit.status, fit.message)
    profile = profile_contrast(fit, contrast_weights(fit.terms, pair), case.conf_level)
    if profile.status != "ok":
        why = "the profile of the penalised likelihood was not found"
        return case.failed(PENALISED, pair, profile.status, why)
    beyond = ratio_problem(profile.estimate, profile.std_error, profile.low, profile.high)
    if beyond is not None:
        return case.failed(PENALISED, pair, "not_estimable", beyond)
    row = level(
        PENALISED,
        estimate=math.exp(profile.estimate),
        ci_low=math.exp(profile.low),
        ci_high=math.exp(profile.high),
        conf_level=case.conf_level,
        std_error=profile.std_error,
        scale="log",
        df=1.0,
        statistic=profile.chi_square,
        p_value=profile.p_value,
        unit="ratio",
    )
    return row | case.place(pair)
