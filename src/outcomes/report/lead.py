"""What leads where hazards are not proportional: the restricted mean, which one number can still sum up.

A single hazard ratio then averages an effect that changes, with weights that depend on how patients were
censored (Royston & Parmar 2013, BMC Med Res Methodol 13:152; Uno et al. 2014, J Clin Oncol 32:2380).
"""

from __future__ import annotations

from dataclasses import dataclass

from outcomes.config.headlines import NOT_PROPORTIONAL, TREATMENT, Headline
from outcomes.config.plan import Analysis
from outcomes.report.content import ReportContent, Row, has_numbers
from outcomes.report.formats import p_statement
from outcomes.report.sentences import WORDINGS, Answer, answers, answers_by

RESTRICTED_MEAN = Headline("rmst_difference")


@dataclass(frozen=True)
class Lead:
    """Why another measure leads, and its sentences."""

    reason: str
    answers: tuple[Answer, ...]


def lead_of(content: ReportContent, analysis: str) -> Lead | None:
    """Return the restricted means that lead a Cox analysis whose hazards are not proportional; else None.

    They are those of the plan's own RMST of the same endpoint and population, pre-specified if the Cox
    analysis is, if possible with a declared horizon and the same covariates; else those of the analysis.
    """
    test = _test(content, analysis)
    if test is None or test["p_value"] >= NOT_PROPORTIONAL:
        return None
    found = _restricted_means(content, analysis)
    arms = "the arms with events" if _arms_left_out(content, test) else "treatment"
    reason = (
        f"Hazards are not proportional (test of {arms}, {p_statement(test['p_value'])}): the effect "
        "changes over time, and one hazard ratio averages it in a way that depends on follow-up. "
    )
    if not found:
        return Lead(f"{reason}The plan has no restricted mean that could lead instead.", ())
    return Lead(f"{reason}The restricted mean survival time leads; the hazard ratio follows.", found)


def _test(content: ReportContent, analysis: str) -> Row | None:
    return next(
        (
            row for row in content.of_analysis(analysis)
            if (row["quantity"], row["term"]) == ("proportionality_chi_square", TREATMENT)
            and has_numbers(row)
        ),
        None,
    )  # fmt: skip


def _arms_left_out(content: ReportContent, test: Row) -> bool:
    """Whether the test has fewer degrees of freedom than there are arms to tell apart."""
    return bool(test["df"] < len(content.cohort.arms) - 1)


def _distance(rmst: Analysis, cox: Analysis) -> tuple[bool, bool]:
    declared = getattr(rmst, "horizon_days", None) is not None
    return not declared, getattr(rmst, "covariates", ()) != getattr(cox, "covariates", ())


def _restricted_means(content: ReportContent, analysis: str) -> tuple[Answer, ...]:
    cox = content.plan.analyses[analysis]
    alike = [
        name for name, other in content.plan.analyses.items()
        if other.model == "rmst" and (other.endpoint, other.population) == (cox.endpoint, cox.population)
        and other.prespecified >= cox.prespecified
    ]  # fmt: skip
    if alike:
        return answers(content, min(alike, key=lambda name: _distance(content.plan.analyses[name], cox)))
    own = any(row["quantity"] == RESTRICTED_MEAN.quantity for row in content.of_analysis(analysis))
    return answers_by(content, analysis, RESTRICTED_MEAN, WORDINGS["rmst"]) if own else ()
