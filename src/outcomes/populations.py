"""Named analysis sets; every patient left out has a reason and is counted by arm."""

from __future__ import annotations

from collections.abc import Callable

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
    return pd.Index(sorted(patients.loc[inside, "patient_id"])), count_exclusions(patients[~inside], reason)


def count_exclusions(left_out: pd.DataFrame, reason: str) -> tuple[Exclusion, ...]:
    """Count patients left out for one reason, by arm; arms that lose nobody are not listed."""
    counts = left_out.groupby("arm", observed=True).size()
    return tuple(Exclusion(str(arm), reason, int(n)) for arm, n in counts.items())


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
}
