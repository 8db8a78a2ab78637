"""Rows of the two hazards of a cause: cause-specific (Cox, the others censored) and subdistribution.

Both are shown, since neither answers for the other: Latouche et al. 2013, J Clin Epidemiol 66:648.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from outcomes.config.competing import CompetingRisksAnalysis
from outcomes.frames import AnalysisFrame
from outcomes.models.competing.fine_gray import fit_fine_gray
from outcomes.models.competing.samples import CauseSample, cause_codes, counts_of
from outcomes.models.counting import Floats, Integers, absent_arms, few_events
from outcomes.models.cox import fit_cox_model
from outcomes.models.cox_design import Design, build_design, design_problem
from outcomes.models.fit import Row, failed_row, wald_row

LEAST_EVENTS = 5
"""Below this many events of a cause no hazard ratio is reported: its normal approximation means nothing."""
CAUSE_SPECIFIC, SUBDISTRIBUTION = "cause_specific_hazard_ratio", "subdistribution_hazard_ratio"
STANDS = "the cumulative incidences and Gray's test stand"


@dataclass(frozen=True)
class _Solution:
    """What a row needs of either model: coefficients and covariance, or a status with its reason."""

    status: str
    message: str
    terms: tuple[str, ...]
    coefficients: Floats
    covariance: Floats


def hazard_rows(
    frame: AnalysisFrame,
    samples: dict[str, CauseSample],
    analysis: CompetingRisksAnalysis,
    pairs: Sequence[tuple[str, str]],
    cause: int,
) -> tuple[list[Row], tuple[str, ...]]:
    """Both hazard ratios of each contrast for one cause, and what to know before trusting them.

    Arms without an event of the cause are left out of both models: their ratios are 0 or infinite, and
    what is left is the likelihood of the other arms.
    """
    events = {arm: sample.n_events(cause) for arm, sample in samples.items()}
    reasons = {pair: _pair_problem(samples, events, pair) for pair in pairs}
    arms = [arm for arm, n in events.items() if n]
    fits: dict[str, _Solution] = {}
    warnings: tuple[str, ...] = ()
    if any(why is None for why in reasons.values()):
        fits, warnings = _fit_both(frame, analysis, arms, cause)
    rows = []
    for quantity in (CAUSE_SPECIFIC, SUBDISTRIBUTION):
        for pair, why in reasons.items():
            totals = counts_of(cause, samples[pair[0]], samples[pair[1]])
            place: Row = {"arm": pair[0], "comparator": pair[1], **totals}
            if why is not None:
                rows.append(failed_row(quantity, "not_estimable", why, **place))
            elif fits[quantity].status != "ok":
                message = f"{fits[quantity].message}; {STANDS}"
                rows.append(failed_row(quantity, fits[quantity].status, message, **place))
            else:
                rows.append(_ratio_row(quantity, pair, fits[quantity], analysis.conf_level) | place)
    return rows, warnings


def _pair_problem(
    samples: dict[str, CauseSample], events: dict[str, int], pair: tuple[str, str]
) -> str | None:
    """Why a contrast has no hazard ratio of a cause whatever the model, or None."""
    absent = absent_arms({arm: sample.of_any_cause() for arm, sample in samples.items()}, *pair)
    if absent is not None:
        return absent
    total = sum(events.values())
    if total == 0:
        return "no event of this cause in any arm"
    silent = [arm for arm in pair if not events[arm]]
    if silent:
        return f"no event of this cause in arm {' and arm '.join(silent)}; {STANDS}"
    if total < LEAST_EVENTS:
        return f"{total} events of this cause in all arms together: fewer than {LEAST_EVENTS}; {STANDS}"
    return None


def _fit_both(
    frame: AnalysisFrame, analysis: CompetingRisksAnalysis, arms: Sequence[str], cause: int
) -> tuple[dict[str, _Solution], tuple[str, ...]]:
    codes = cause_codes(frame)
    data = frame.data.assign(observed=codes == cause, code=codes)
    design = build_design(data, arms, analysis.covariates, analysis.strata)
    # build_design keeps the patients of these arms, by patient
    kept = data[data["arm"].isin(arms)].sort_values("patient_id", kind="stable")
    code = kept["code"].to_numpy(dtype=np.int64)
    fits = {
        CAUSE_SPECIFIC: _cause_specific(design),
        SUBDISTRIBUTION: _subdistribution(design, code, cause, _censoring_groups(kept, analysis)),
    }
    few = few_events(int(design.observed.sum()), len(design.terms), " of this cause")
    if not few:
        return fits, ()
    return fits, (f"{few}the hazard ratios may be biased and their intervals too narrow or too wide",)


def _censoring_groups(kept: pd.DataFrame, analysis: CompetingRisksAnalysis) -> Integers:
    """Group whose censoring curve each patient has."""
    if analysis.censoring == "everyone":
        return np.zeros(len(kept), dtype=np.int64)
    arms = kept["arm"].astype("category").cat.remove_unused_categories()
    return np.asarray(arms.cat.codes, dtype=np.int64)


def _cause_specific(design: Design) -> _Solution:
    fit = fit_cox_model(
        design.time, design.observed, design.matrix,
        terms=design.terms, ties="efron", stratum=design.stratum,
    )  # fmt: skip
    return _Solution(fit.status, fit.message, design.terms, fit.coefficients, fit.covariance)


def _subdistribution(design: Design, code: Integers, cause: int, groups: Integers) -> _Solution:
    # who failed of another cause stays at risk, so for what varies among those at risk time has no end
    ever = np.where((code != 0) & (code != cause), np.inf, design.time)
    problem = design_problem(replace(design, time=ever))
    if problem is not None:
        return _Solution("not_estimable", problem, design.terms, np.empty(0), np.empty((0, 0)))
    fit = fit_fine_gray(
        design.time, code, design.matrix,
        terms=design.terms, of_interest=cause, stratum=design.stratum, censoring_group=groups,
    )  # fmt: skip
    return _Solution(fit.status, fit.message, fit.terms, fit.coefficients, fit.covariance)


def _ratio_row(quantity: str, pair: tuple[str, str], fit: _Solution, conf_level: float) -> Row:
    """Ratio of arm over comparator from the coefficients; the reference arm has none."""
    arm, comparator = pair
    weights = np.array([float(term == arm) - float(term == comparator) for term in fit.terms])
    estimate = float(weights @ fit.coefficients)
    std_error = float(np.sqrt(weights @ fit.covariance @ weights))
    return wald_row(quantity, estimate, std_error, conf_level, unit="ratio")
