"""A measure's total score, or its change from baseline, at the planned visits after baseline."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from outcomes.config import Cohort
from outcomes.config.plan import RepeatedAnalysis
from outcomes.frames import AnalysisFrame, Tables
from outcomes.instruments import instruments_of
from outcomes.populations import count_exclusions, drop_missing, printed_names, select


def derive_score(tables: Tables, cohort: Cohort, analysis: RepeatedAnalysis) -> AnalysisFrame:
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
    analysis : RepeatedAnalysis
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
    columns = ["patient_id", "arm", *cohort.treatment.components, *analysis.patient_columns]
    patients = tables.patients.loc[tables.patients["patient_id"].isin(selected), columns]
    baseline = observed[observed["time"] == 0.0].set_index("patient_id")["score"]
    patients = patients.assign(baseline=patients["patient_id"].map(baseline).astype("float64"))
    if analysis.adjust_for_baseline or endpoint.kind == "change":
        unknown = patients["baseline"].isna()
        exclusions += count_exclusions(patients[unknown], "no baseline score")
        patients = patients[~unknown]
    patients, missing = drop_missing(patients, cohort, analysis.patient_columns)
    scored = patients["patient_id"].isin(observed.loc[observed["time"] > 0.0, "patient_id"])
    late = count_exclusions(patients[~scored], "no score after baseline", after_assignment=True)
    patients = patients[scored]

    data = patients.merge(observed, on="patient_id", how="inner", validate="one_to_many")
    if endpoint.kind == "change":
        data["score"] = data["score"] - data["baseline"]
    measure = cohort.measures[endpoint.measure]
    instrument = instruments_of(cohort)[measure.instrument]
    changed = endpoint.kind == "change"
    return AnalysisFrame(
        data=data.sort_values(["patient_id", "time"], kind="stable").reset_index(drop=True),
        treatment=cohort.treatment,
        endpoint=f"{endpoint.measure}_change" if changed else endpoint.measure,
        label=f"{measure.label}, change from baseline" if changed else measure.label,
        unit=instrument.unit,
        higher_is_better=instrument.higher_is_better,
        exclusions=(*exclusions, *missing, *late),
        schedule=schedule,
        time_unit=cohort.schedule.unit,
        labels=printed_names(cohort, analysis.covariates),
    )


def _observed(
    tables: Tables, planned: Mapping[str, float], measure: str
) -> tuple[pd.DataFrame, dict[str, float]]:
    """Observed scores with their planned time, and the visits at which the measure was planned."""
    visits = tables.visits[tables.visits["measure"] == measure]
    known = set(visits["visit"].astype(str))
    schedule = {visit: time for visit, time in planned.items() if visit in known}
    observed = visits.loc[visits["score"].notna(), ["patient_id", "visit", "week", "day", "score"]].copy()
    observed["visit"] = pd.Categorical(observed["visit"].astype(str), categories=list(schedule), ordered=True)
    observed["time"] = observed["visit"].astype(str).map(schedule).astype("float64")
    return observed, schedule
