"""Competing risks: F_ka(t) = P(T <= t, cause k) in arm a; for each cause k its incidence and both hazards.

All parts stand together, for every cause: an incidence says how many, Gray's test whether arms differ in it,
the cause-specific hazard how fast among those still free of any event, the subdistribution hazard in which
direction the incidence moves (Latouche et al. 2013, J Clin Epidemiol 66:648; Austin, Lee & Fine 2016,
Circulation 133:601). Formulas and sources: `outcomes.models.competing`.
"""

from __future__ import annotations

import math

from outcomes.config.competing import CompetingRisksAnalysis
from outcomes.frames import AnalysisFrame
from outcomes.models.competing.gray_rows import gray_row
from outcomes.models.competing.hazard_rows import CAUSE_SPECIFIC, SUBDISTRIBUTION, hazard_rows
from outcomes.models.competing.incidence_rows import absent_rows, curve_rows, difference_row, free_rows
from outcomes.models.competing.samples import CauseSample, cause_samples
from outcomes.models.counting import stratum_codes, unusable_times
from outcomes.models.fit import Fit, Row, contrast_pairs, failed_row
from outcomes.models.kaplan_meier import at_risk_rows, tick_days

FEW_EVENTS = 10
"""Events of a cause in an arm below which its incidence is marked as resting on few."""
NOT_A_RATE = (
    "a subdistribution hazard ratio is not an effect on a rate: its risk set keeps patients who have had a "
    "competing event, so it says in which direction the cumulative incidence moves, not how much faster "
    "events come; read it beside the cause-specific hazard ratios of all causes"
)
INDEPENDENT = (
    "times censored for any other reason are taken as independent of all causes: what ends follow-up "
    "because of the event belongs among the competing causes"
)


def fit_competing_risks(frame: AnalysisFrame, analysis: CompetingRisksAnalysis) -> Fit:
    """Incidences, differences, Gray's tests and both hazard ratios, of the event and of every other cause."""
    terms = tuple(str(name) for name in frame.data["cause"].cat.categories)
    pairs = contrast_pairs(analysis, frame)
    reason = unusable_times(frame)
    if reason is not None:
        return Fit(tuple(_refused(frame, terms, pairs, reason)), _methods(frame, analysis, ()))
    samples = cause_samples(frame)
    days = tuple(analysis.at_days) or _last_common(samples)
    rows = [*_arm_rows(samples, analysis, terms, days), *free_rows(samples, days, analysis.conf_level)]
    warnings = _warnings(frame, samples, analysis, terms)
    stratum = stratum_codes(frame.data, analysis.strata)
    present = [arm for arm, sample in samples.items() if sample.n_patients]
    for cause, term in enumerate(terms, start=1):
        of_cause: list[Row] = [gray_row(frame, samples, present, cause, stratum)]
        for arm, comparator in pairs:
            of_cause += [
                difference_row(samples, (arm, comparator), cause, day, analysis.conf_level) for day in days
            ]
            tested = gray_row(frame, samples, (arm, comparator), cause, stratum)
            of_cause.append(tested | {"arm": arm, "comparator": comparator})
        ratios, cautions = hazard_rows(frame, samples, analysis, pairs, cause)
        rows += [row | {"term": term} for row in (*of_cause, *ratios)]
        warnings += [f"{_printed(frame, term)}: {caution}" for caution in cautions]
    return Fit(tuple(rows), _methods(frame, analysis, days), tuple(warnings))


def _arm_rows(
    samples: dict[str, CauseSample],
    analysis: CompetingRisksAnalysis,
    terms: tuple[str, ...],
    days: tuple[float, ...],
) -> list[Row]:
    longest = max((float(s.time.max()) for s in samples.values() if s.n_patients), default=0.0)
    ticks = tuple(analysis.at_risk_days) or (tick_days(longest) if longest else ())
    rows: list[Row] = []
    for arm, sample in samples.items():
        if sample.n_patients:
            for cause, term in enumerate(terms, start=1):
                rows += curve_rows(sample, arm, cause, term, (*ticks, *days), analysis.conf_level)
        else:
            rows += absent_rows(f"no patients with follow-up in arm {arm}", arm, terms)
        rows += at_risk_rows(sample.of_any_cause(), arm, ticks)
    return rows


def _last_common(samples: dict[str, CauseSample]) -> tuple[float, ...]:
    """Last day up to which every arm with patients was followed."""
    followed = [sample for sample in samples.values() if sample.n_patients]
    known = [sample.known_until for sample in followed]
    shortest = min(known, default=math.inf)
    longest = max((float(sample.time.max()) for sample in followed), default=0.0)
    return (min(shortest, longest),) if longest else ()


def _refused(
    frame: AnalysisFrame, terms: tuple[str, ...], pairs: tuple[tuple[str, str], ...], reason: str
) -> list[Row]:
    """Rows that would stand here, without numbers."""
    rows: list[Row] = []
    for term in terms:
        rows += [
            failed_row("cumulative_incidence", "not_estimable", reason, term=term, arm=arm)
            for arm in frame.treatment.arms
        ]
        rows.append(failed_row("gray_chi_square", "not_estimable", reason, term=term))
        for arm, comparator in pairs:
            for quantity in ("risk_difference", "gray_chi_square", CAUSE_SPECIFIC, SUBDISTRIBUTION):
                place = {"term": term, "arm": arm, "comparator": comparator}
                rows.append(failed_row(quantity, "not_estimable", reason, **place))
    return rows


def _warnings(
    frame: AnalysisFrame,
    samples: dict[str, CauseSample],
    analysis: CompetingRisksAnalysis,
    terms: tuple[str, ...],
) -> list[str]:
    found = [NOT_A_RATE]
    if not analysis.at_days:
        found.append(
            "the day at which incidences are compared was not fixed beforehand: it is the last one up to "
            "which every arm was followed"
        )
    present = {arm: sample for arm, sample in samples.items() if sample.n_patients}
    for cause, term in enumerate(terms, start=1):
        few = [arm for arm, sample in present.items() if sample.n_events(cause) < FEW_EVENTS]
        if few:
            where = "every arm" if len(few) == len(present) else ", ".join(f"arm {arm}" for arm in few)
            found.append(
                f"{_printed(frame, term)}: its incidence rests on fewer than {FEW_EVENTS} events in {where}"
            )
    later = int(frame.data["event_after_censoring"].sum())
    if later:
        who = "1 patient has" if later == 1 else f"{later} patients have"
        found.append(
            f"{who} one of the events on a day when another could no longer be seen: "
            "censored on the last day on which all could be"
        )
    return found


def _printed(frame: AnalysisFrame, name: str) -> str:
    return frame.labels.get(name, name)


def _methods(
    frame: AnalysisFrame, analysis: CompetingRisksAnalysis, days: tuple[float, ...]
) -> dict[str, str]:
    def printed(names: tuple[str, ...]) -> str:
        return ", ".join(_printed(frame, name) for name in names) or "nothing"

    whose = "everyone's" if analysis.censoring == "everyone" else "each arm's own"
    source = "pre-specified" if analysis.at_days else "the last day up to which every arm was followed"
    return {
        "Model": "Competing risks: the first of several events that exclude each other",
        # semicolons, since a label may have a comma
        "Causes": "; ".join(_printed(frame, cause) for cause in analysis.endpoint.causes),
        "Cumulative incidence": "Aalen-Johansen by arm; infinitesimal-jackknife standard errors; pointwise "
        "limits symmetric on the log(-log) scale",
        "Compared at": f"{', '.join(f'{day:g}' for day in days) or 'no'} days ({source}); "
        "Wald test and interval of the difference",
        "Gray's test": "rho = 0, two-sided, for each cause",
        "Cause-specific hazards": "Cox proportional hazards, Efron ties; patients are censored at any other "
        "cause",
        "Subdistribution hazards": "Fine-Gray, Breslow ties; weights by "
        f"{whose} Kaplan-Meier curve of censoring; robust variance that counts the estimated curve",
        "Proportionality": "assumed of both hazards, which cannot both be proportional; not tested",
        "Censoring": INDEPENDENT,
        "Adjusted for": f"hazards: {printed(analysis.covariates)}; incidences and tests: nothing",
        "Stratified by": printed(analysis.strata),
    }
