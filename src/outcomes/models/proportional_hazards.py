"""Cox proportional hazards: h_i(t) = h0_s(t) exp(x_i b), own baseline hazard in each stratum s.

Cox 1972, J R Stat Soc B 34:187. The engine is `outcomes.models.cox`; here its fits become rows: hazard
ratios, the test of proportionality, effects by period and in subgroups, Firth's where an arm has no event.
"""

from __future__ import annotations

from dataclasses import replace

from outcomes.config.survival import CoxAnalysis
from outcomes.frames import AnalysisFrame
from outcomes.models.counting import few_events
from outcomes.models.cox_case import CoxCase, case_of
from outcomes.models.cox_contrasts import coefficient_rows, penalised_rows, ratio_rows
from outcomes.models.cox_curves import curve_rows, early_end
from outcomes.models.cox_design import Design, build_design, solve_cox
from outcomes.models.cox_effects import period_rows, subgroup_rows
from outcomes.models.cox_proportionality import judge_proportionality, over_time_rows, restricted_means
from outcomes.models.fit import Fit, Row


def fit_cox(frame: AnalysisFrame, analysis: CoxAnalysis) -> Fit:
    """Hazard ratio of each requested contrast, and what belongs to it.

    Arms without an event are left out of the model: as their hazard ratio goes to zero, so does their
    part in every risk set, and the rest of the partial likelihood is that of the other arms.
    """
    case = case_of(frame, analysis)
    design = fit = robust = None
    if not all(case.reasons.values()):
        design = build_design(frame.data, case.arms, analysis.covariates, analysis.strata, analysis.cluster)
        # too few clusters leave the ratios without an error; tests of the model need none
        fit = solve_cox(replace(design, cluster=None), analysis.ties)
        robust = fit if design.cluster is None else solve_cox(design, analysis.ties)
    penalised = penalised_rows(case, fit)
    proportional = judge_proportionality(case, design, fit)
    beside = restricted_means(case) if proportional.of_treatment else Fit(())
    rows = [
        *ratio_rows(case, robust, penalised),
        *penalised,
        *coefficient_rows(case, robust),
        *proportional.rows,
        *over_time_rows(case, fit),
        *period_rows(case),
        *subgroup_rows(case),
        *curve_rows(case, design, fit),
        *beside.rows,
    ]
    warnings = _warnings(case, design)
    if proportional.warning is not None:
        warnings = (*warnings, *beside.warnings, proportional.warning)
    methods = _methods(case, penalised, proportional.fact) | dict(beside.methods)
    return Fit(tuple(rows), methods, warnings)


def _warnings(case: CoxCase, design: Design | None) -> tuple[str, ...]:
    if design is None:
        return ()
    found = [f"arm {arm} has no event and is left out of the model" for arm in case.silent]
    if few := few_events(int(design.observed.sum()), len(design.terms)):
        found.append(f"{few}the estimates may be biased and their intervals too narrow or too wide")
    cut_short = early_end(case, design)
    if cut_short is not None:
        found.append(cut_short)
    return tuple(found)


def _methods(case: CoxCase, penalised: list[Row], proportional: str) -> dict[str, str]:
    analysis, labels = case.analysis, case.frame.labels

    def printed(names: tuple[str, ...]) -> str:
        return ", ".join(labels.get(name, name) for name in names) or "nothing"

    variance = "inverse of the observed information"
    alone = "; patients taken as independent, without clusters" if analysis.cluster else ""
    if analysis.cluster:
        variance = f"robust, clusters of {printed((analysis.cluster,))} (Lin & Wei 1989)"
    methods = {
        "Model": "Cox proportional hazards",
        "Ties": {"efron": "Efron", "breslow": "Breslow"}[analysis.ties],
        "Reference arm": labels.get(case.arms[0], case.arms[0]) if case.arms else "none",
        "Adjusted for": printed(analysis.covariates),
        "Stratified by": printed(analysis.strata),
        "Variance": f"{variance}; Wald tests and intervals on the log scale",
        "Proportional hazards": proportional,
        "Test of proportionality": (
            f"score test of a change with 1 - Kaplan-Meier (Grambsch & Therneau 1994){alone}"
        ),
        "Hazard ratio over time": (
            f"natural spline, 4 degrees of freedom, through scaled Schoenfeld residuals{alone}"
        ),
        "Engine": "outcomes' own (docs/relapse.md)",
    }
    if analysis.covariates or analysis.strata:
        averaged = "averaged over the patients of the model, their covariates as they are (Zhang et al. 2007)"
        averaged += ", to the end of the shortest stratum's follow-up" if analysis.strata else ""
        methods["Adjusted curves"] = (
            "none: no variance is known here with clusters" if analysis.cluster else averaged
        )
    if penalised:
        methods["Hazard ratio (Firth)"] = (
            "maximum of the penalised likelihood, limits and test from its profile (Heinze & Schemper 2001)"
        )
    if analysis.periods_days:
        days = ", ".join(f"{day:g}" for day in analysis.periods_days)
        methods["Periods"] = (
            f"cut at days {days}, the cut belonging to the earlier; Wald test of equal effects"
        )
    if analysis.subgroups:
        methods["Subgroups"] = f"{printed(analysis.subgroups)}; one model each, Wald test of interaction"
    return methods
