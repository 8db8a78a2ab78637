"""Time to the first of several events that exclude each other, and which of them it was.

Follow-up ends with the first event of any cause, or with the first day after which one of them could no
longer be seen (Kalbfleisch & Prentice 2002, The Statistical Analysis of Failure Time Data, section 8.2).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from outcomes.config import Cohort
from outcomes.config.competing import (
    CompetingEventsEndpoint,
    CompetingRisksAnalysis,
    DerivedCompetingEventsEndpoint,
)
from outcomes.endpoints.time_to_event import follow_up_of, patient_columns
from outcomes.errors import DataError, Problem
from outcomes.frames import AnalysisFrame, Tables
from outcomes.populations import count_exclusions, drop_missing, no_follow_up, printed_names, select


def derive_competing_events(
    tables: Tables, cohort: Cohort, analysis: CompetingRisksAnalysis
) -> AnalysisFrame:
    """One row per patient: `time_days`, `observed`, `cause`, `reason`, `event_after_censoring`.

    Patients of the population without follow-up for one of the events, and those with an unknown
    covariate or stratum, are left out and counted under the first reason that applies.

    Raises
    ------
    DataError
        If events of a patient are counted from different days, or fall on one day and the plan does
        not say which counts.
    ValueError
        If a patient has several rows of an event, or a time is not positive: ingest refuses both.
    """
    kept, exclusions = select(tables, cohort, analysis)
    endpoint = analysis.endpoint
    if not isinstance(endpoint, CompetingEventsEndpoint):
        raise TypeError(f"not an endpoint of recorded events: {endpoint.kind}")
    needed = patient_columns(analysis)
    patients = tables.patients[tables.patients["patient_id"].isin(kept)].sort_values("patient_id")
    follow_up = {name: follow_up_of(tables, name) for name in endpoint.causes if name in cohort.events}
    for name, table in follow_up.items():
        followed = patients["patient_id"].isin(table.index)
        reason = no_follow_up(cohort, name)
        exclusions += count_exclusions(patients[~followed], reason, after_assignment=True)
        patients = patients[followed]
    complete, missing = drop_missing(patients, cohort, needed)
    rows = {name: table.loc[complete["patient_id"]] for name, table in follow_up.items()}
    first = first_cause(rows, endpoint)
    columns = ["patient_id", "arm", *cohort.treatment.components, *needed]
    data = pd.concat([complete[columns].reset_index(drop=True), first.reset_index(drop=True)], axis=1)
    data["arm"] = pd.Categorical(data["arm"].astype(str), categories=cohort.treatment.arms, ordered=True)
    event = cohort.events[endpoint.event]
    labels = {
        name: cohort.events[name].label if name in follow_up else name[:1].upper() + name[1:]
        for name in endpoint.causes
    }
    return AnalysisFrame(
        data=data,
        treatment=cohort.treatment,
        endpoint=endpoint.event,
        label=event.label,
        unit="days",
        higher_is_better=not event.favourable,
        exclusions=(*exclusions, *missing),
        labels=printed_names(cohort, needed) | labels,
    )


def first_cause(rows: Mapping[str, pd.DataFrame], endpoint: CompetingEventsEndpoint) -> pd.DataFrame:
    """When follow-up ended and of which cause, patient by patient.

    Parameters
    ----------
    rows : mapping
        The event, and each competing cause that is an event, to its `start_day`, `time_days`, `observed`
        and `reason`; all with the same patients in the same order. A cause that is missing here is a
        reason for which the event is censored.

    Returns
    -------
    pandas.DataFrame
        `time_days`; `observed`: whether any cause was; `cause`: category of the plan's causes, null where
        censored; `reason` of the event's row; `event_after_censoring`: whether a censored patient had one
        of the causes later, when not all of them could be seen any more.
    """
    _check_start(rows, endpoint)
    main = rows[endpoint.event]
    time = np.min([table["time_days"].to_numpy(dtype=float) for table in rows.values()], axis=0)
    seen = np.vstack([_happened(rows, cause, endpoint) for cause in endpoint.causes])
    when = np.vstack([rows.get(c, main)["time_days"].to_numpy(dtype=float) for c in endpoint.causes])
    now = seen & (when == time)
    observed = now.any(axis=0)
    return pd.DataFrame(
        {
            "time_days": time,
            "observed": observed,
            "cause": one_cause(now, endpoint),
            "reason": main["reason"].to_numpy(dtype=object),
            "event_after_censoring": ~observed & seen.any(axis=0),
        }
    )


def one_cause(
    now: NDArray[np.bool_], endpoint: CompetingEventsEndpoint | DerivedCompetingEventsEndpoint
) -> pd.Categorical:
    """Cause of each patient, as a category of the plan's causes; null where there is none.

    Parameters
    ----------
    now : ndarray of bool, shape (causes, patients)
        Which causes fell on the day on which follow-up ended.

    Raises
    ------
    DataError
        If several fell on one day and the plan does not say that the first in its order counts.
    """
    together = now.sum(axis=0) > 1
    if together.any() and endpoint.same_day == "refuse":
        raise DataError(Problem("events", _named(endpoint), _same_day(now, together, endpoint)))
    code = np.where(now.any(axis=0), now.argmax(axis=0), -1)
    return pd.Categorical.from_codes(code.tolist(), categories=pd.Index(endpoint.causes))


def _happened(
    rows: Mapping[str, pd.DataFrame], cause: str, endpoint: CompetingEventsEndpoint
) -> NDArray[np.bool_]:
    """Whether a cause was seen at the time of its own row, or is why the event's time was censored."""
    if cause in rows:
        return rows[cause]["observed"].to_numpy(dtype=bool)
    main = rows[endpoint.event]
    for_it = (main["reason"] == cause).to_numpy(dtype=bool, na_value=False)
    return np.asarray(for_it & ~main["observed"].to_numpy(dtype=bool))


def _check_start(rows: Mapping[str, pd.DataFrame], endpoint: CompetingEventsEndpoint) -> None:
    main = rows[endpoint.event]["start_day"].to_numpy(dtype=float)
    for name, table in rows.items():
        apart = int((table["start_day"].to_numpy(dtype=float) != main).sum())
        if apart:
            what = (
                f"patients for whom '{endpoint.event}' and '{name}' are counted from different days: "
                f"{apart}; only times from one day can tell which came first"
            )
            raise DataError(Problem("events", _named(endpoint), what))


def _same_day(
    now: NDArray[np.bool_],
    together: NDArray[np.bool_],
    endpoint: CompetingEventsEndpoint | DerivedCompetingEventsEndpoint,
) -> str:
    found = zip(endpoint.causes, now[:, together].sum(axis=1), strict=True)
    named = [f"{cause}: {int(n)}" for cause, n in found if n]
    return (
        f"patients with several of these on one day: {int(together.sum())} ({', '.join(named)}); mend the "
        "times, or let the first in the order of the plan count by endpoint.same_day: in_order"
    )


def _named(endpoint: CompetingEventsEndpoint | DerivedCompetingEventsEndpoint) -> str:
    return ", ".join(endpoint.causes)
