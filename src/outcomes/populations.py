"""Named analysis sets; every patient left out has a reason and is counted by arm."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pandas as pd

from outcomes.config import AnalysisBase, Cohort
from outcomes.frames import Exclusion, Tables


def select(tables: Tables, cohort: Cohort, analysis: AnalysisBase) -> tuple[pd.Index, tuple[Exclusion, ...]]:
    """Patients of the analysis' population, and who was left out.

    Parameters
    ----------
    tables : Tables
        Input tables of the cohort.
    cohort : Cohort
        Its declaration.
    analysis : AnalysisBase
        The plan entry; a population that rests on scores takes the measure of its endpoint.

    Returns
    -------
    pandas.Index
        Patient ids, sorted.
    tuple of Exclusion
        Arm, reason and number of those left out.
    """
    kept, reason = POPULATIONS[analysis.population](tables, cohort, analysis)
    patients = tables.patients
    inside = patients["patient_id"].isin(kept)
    left_out = count_exclusions(patients[~inside], reason, after_assignment=True)
    return pd.Index(sorted(patients.loc[inside, "patient_id"])), left_out


def count_exclusions(
    left_out: pd.DataFrame, reason: str, *, after_assignment: bool = False
) -> tuple[Exclusion, ...]:
    """Count patients left out for one reason, by arm; arms that lose nobody are not listed."""
    counts = left_out.groupby("arm", observed=True).size()
    return tuple(Exclusion(str(arm), reason, int(n), after_assignment) for arm, n in counts.items())


def drop_missing(
    patients: pd.DataFrame, cohort: Cohort, names: Sequence[str]
) -> tuple[pd.DataFrame, tuple[Exclusion, ...]]:
    """Leave out patients with an unknown covariate, each counted under the first that is unknown."""
    exclusions: tuple[Exclusion, ...] = ()
    for name in names:
        unknown = patients[name].isna()
        reason = f"not recorded: {cohort.patients.covariates[name].label}"
        exclusions += count_exclusions(patients[unknown], reason)
        patients = patients[~unknown]
    return patients, exclusions


def with_unit(label: str, unit: str | None) -> str:
    """Printed name of a variable with its unit."""
    return f"{label} ({unit})" if unit else label


def printed_names(cohort: Cohort, covariates: Sequence[str]) -> dict[str, str]:
    """Printed name of the arms, of the covariates, and of each level of a category."""
    labels = {arm: spec.label for arm, spec in cohort.arms.items()}
    for name in covariates:
        spec = cohort.patients.covariates[name]
        labels[name] = with_unit(spec.label, spec.unit)
        labels |= {f"{name}={level}": f"{spec.label}: {level}" for level in (spec.levels or {}).values()}
    return labels


def _all_assigned(tables: Tables, cohort: Cohort, analysis: AnalysisBase) -> tuple[pd.Series, str]:  # noqa: ARG001 - one signature for all
    return tables.patients["patient_id"], ""


def _with_post_baseline_score(
    tables: Tables, cohort: Cohort, analysis: AnalysisBase
) -> tuple[pd.Series, str]:
    scored = _observed(tables, analysis)
    assert cohort.schedule is not None  # noqa: S101 - the plan check demands a measure, a measure a schedule
    baseline = next(iter(cohort.schedule.visits))
    return scored.loc[scored["visit"] != baseline, "patient_id"], "no score after baseline"


def _completers(tables: Tables, cohort: Cohort, analysis: AnalysisBase) -> tuple[pd.Series, str]:
    scored = _observed(tables, analysis)
    assert cohort.schedule is not None  # noqa: S101 - as above
    last = last_visit(tables, cohort, analysis.endpoint.measure)  # type: ignore[attr-defined]  # plan check
    return scored.loc[scored["visit"] == last, "patient_id"], "no score at the last planned visit"


def _with_follow_up(tables: Tables, cohort: Cohort, analysis: AnalysisBase) -> tuple[pd.Series, str]:
    event = analysis.endpoint.event  # type: ignore[attr-defined]  # the plan check demands an event
    outcomes = tables.events[(tables.events["kind"] == "outcome") & (tables.events["event"] == event)]
    return outcomes["patient_id"], no_follow_up(cohort, event)


def no_follow_up(cohort: Cohort, event: str) -> str:
    """Reason to leave out a patient of whom nothing is known about an event."""
    return f"no follow-up for {cohort.events[event].label}"


def _observed(tables: Tables, analysis: AnalysisBase) -> pd.DataFrame:
    visits = tables.visits
    measure = analysis.endpoint.measure  # type: ignore[attr-defined]  # the plan check demands a measure
    kept: pd.DataFrame = visits[(visits["measure"] == measure) & visits["score"].notna()]
    return kept


def last_visit(tables: Tables, cohort: Cohort, measure: str) -> str:
    """Last planned visit at which the measure was planned (has rows)."""
    assert cohort.schedule is not None  # noqa: S101 - measures need a schedule
    planned = set(tables.visits.loc[tables.visits["measure"] == measure, "visit"].astype(str))
    return [visit for visit in cohort.schedule.visits if visit in planned][-1]


POPULATIONS: dict[str, Callable[[Tables, Cohort, AnalysisBase], tuple[pd.Series, str]]] = {
    "all_assigned": _all_assigned,
    "with_post_baseline_score": _with_post_baseline_score,
    "completers": _completers,
    "with_follow_up": _with_follow_up,
}
