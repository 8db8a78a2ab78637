"""A measure's total score, or its change from baseline, at the planned visits after baseline."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd

from outcomes.config import Cohort
from outcomes.config.plan import MixedAnalysis
from outcomes.frames import AnalysisFrame, Exclusion, Tables
from outcomes.instruments import instruments_of
from outcomes.populations import count_exclusions, select


def derive_score(tables: Tables, cohort: Cohort, analysis: MixedAnalysis) -> AnalysisFrame:
    """Observed scores of one measure by patient and planned visit; nothing is imputed.

    The change is the score minus the patient's own score at the baseline visit, so negative means
    that it fell. The baseline visit's rows stay in the frame (`time` 0) for the observed means; the
    model uses those after it.

    Parameters
    ----------
    tables : Tables
        Input tables of the cohort.
    cohort : Cohort
        Its declaration; `time` is in the unit of its schedule.
    analysis : MixedAnalysis
        The plan entry.

    Returns
    -------
    AnalysisFrame
        One row per observed score, with `baseline`, the patient's score at the baseline visit, and the
        covariates. Left out, in this order and each patient once: those outside the population, those
        without a baseline score (where the analysis needs it), those with a missing covariate, and
        those without a score after baseline.
    """
    assert cohort.schedule is not None  # noqa: S101 - the configuration refuses measures without a schedule
    endpoint = analysis.endpoint
    observed, schedule = _observed(tables, cohort.schedule.visits, endpoint.measure)
    selected, exclusions = select(tables, cohort, analysis)
    columns = ["patient_id", "arm", *cohort.treatment.components, *analysis.covariates]
    patients = tables.patients.loc[tables.patients["patient_id"].isin(selected), columns]
    baseline = observed[observed["time"] == 0.0].set_index("patient_id")["score"]
    patients = patients.assign(baseline=patients["patient_id"].map(baseline).astype("float64"))
    for reason, column in _required(cohort, analysis):
        missing = patients[column].isna()
        exclusions += count_exclusions(patients[missing], reason)
        patients = patients[~missing]
    scored = patients["patient_id"].isin(observed.loc[observed["time"] > 0.0, "patient_id"])
    exclusions += count_exclusions(patients[~scored], "no score after baseline")
    patients = patients[scored]

    data = patients.merge(observed, on="patient_id", how="inner", validate="one_to_many")
    if endpoint.kind == "change":
        data["score"] = data["score"] - data["baseline"]
    measure = cohort.measures[endpoint.measure]
    changed = endpoint.kind == "change"
    return AnalysisFrame(
        data=data.sort_values(["patient_id", "time"], kind="stable").reset_index(drop=True),
        treatment=cohort.treatment,
        endpoint=f"{endpoint.measure}_change" if changed else endpoint.measure,
        label=f"{measure.label}, change from baseline" if changed else measure.label,
        unit="points",
        higher_is_better=instruments_of(cohort)[measure.instrument].higher_is_better,
        exclusions=_merge(exclusions),
        schedule=schedule,
        time_unit=cohort.schedule.unit,
        labels=_labels(cohort, analysis),
    )


def _observed(
    tables: Tables, planned: Mapping[str, float], measure: str
) -> tuple[pd.DataFrame, dict[str, float]]:
    """Observed scores with their planned time, and the visits at which the measure was planned."""
    visits = tables.visits[tables.visits["measure"] == measure]
    known = set(visits["visit"].astype(str))
    schedule = {visit: time for visit, time in planned.items() if visit in known}
    observed = visits.loc[visits["score"].notna(), ["patient_id", "visit", "week", "score"]].copy()
    observed["visit"] = pd.Categorical(observed["visit"].astype(str), categories=list(schedule), ordered=True)
    observed["time"] = observed["visit"].astype(str).map(schedule).astype("float64")
    return observed, schedule


def _labels(cohort: Cohort, analysis: MixedAnalysis) -> dict[str, str]:
    """Printed names of the covariates and of their levels."""
    chosen = {name: cohort.patients.covariates[name] for name in analysis.covariates}
    levels = {f"{n}={level}": level for n, spec in chosen.items() for level in (spec.levels or {}).values()}
    return {name: spec.label for name, spec in chosen.items()} | levels


def _required(cohort: Cohort, analysis: MixedAnalysis) -> Iterator[tuple[str, str]]:
    """Why a patient without a value is left out, and the column that must have one."""
    if analysis.adjust_for_baseline or analysis.endpoint.kind == "change":
        yield "no baseline score", "baseline"
    for name in analysis.covariates:
        yield f"not recorded: {cohort.patients.covariates[name].label}", name


def _merge(exclusions: tuple[Exclusion, ...]) -> tuple[Exclusion, ...]:
    """One entry per arm and reason: population and endpoint may give the same reason."""
    totals: dict[tuple[str, str], int] = {}
    for exclusion in exclusions:
        place = (exclusion.arm, exclusion.reason)
        totals[place] = totals.get(place, 0) + exclusion.n_patients
    return tuple(Exclusion(arm, reason, n) for (arm, reason), n in totals.items())
