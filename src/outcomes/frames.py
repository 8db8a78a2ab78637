"""What an endpoint hands to a model: an analysis frame with its treatment and its counted exclusions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from outcomes.errors import Note
from outcomes.treatment import Treatment


@dataclass(frozen=True)
class Exclusion:
    """Patients of one arm left out of an analysis, with the reason in words.

    `after_assignment` marks a reason that arose after treatment was assigned: randomisation does not
    protect a comparison of those who are left.
    """

    arm: str
    reason: str
    n_patients: int
    after_assignment: bool = False


@dataclass(frozen=True)
class AnalysisFrame:
    """Rows ready for a model.

    Attributes
    ----------
    data : pandas.DataFrame
        `patient_id` (string), `arm` (ordered category over all arms of the cohort), one boolean
        column per component, one column per covariate and stratum of the analysis, and the
        columns of the endpoint's shape:
        score: `visit` (ordered category), `time` (planned, in `time_unit`), `week`, `day`, `score`;
        time to event: `time_days` (> 0), `observed` (bool), `reason`; where derived from visits also
        `left_days` and `right_days`, between which the event came (inf where it was not seen);
        competing events: the same, with `cause` (category, null where censored) and
        `event_after_censoring` (bool);
        yes/no: `outcome` (bool);
        share: `value` (0 to 1);
        adverse events: `term`, with `person_years` per patient (`term` is null for a patient
        without any).
    treatment : Treatment
        Arms and their component vectors.
    endpoint : str
        Name of the endpoint as written to `estimates`.
    label : str
        The endpoint in words, as printed.
    unit : str
        Unit of the outcome (points, days, probability).
    higher_is_better : bool or None
        Direction of benefit; None where there is none.
    exclusions : tuple of Exclusion
        Who was left out and why, by arm.
    schedule : mapping
        Planned visit name to planned time in `time_unit`, baseline included (score endpoints).
    time_unit : str
        Unit of `time`.
    labels : mapping
        Printed name of each covariate, and of each level as ``"covariate=level"``.
    screening : mapping
        Counts before assignment by flow term (flow endpoints).
    cautions : tuple of str
        What the endpoint's definition implies and a reader must know before trusting the numbers.
    """

    data: pd.DataFrame
    treatment: Treatment
    endpoint: str
    label: str
    unit: str
    higher_is_better: bool | None
    exclusions: tuple[Exclusion, ...] = ()
    schedule: Mapping[str, float] = field(default_factory=dict)
    time_unit: str = "day"
    labels: Mapping[str, str] = field(default_factory=dict)
    screening: Mapping[str, int] = field(default_factory=dict)
    cautions: tuple[str, ...] = ()

    def n_by_arm(self) -> dict[str, int]:
        """Distinct patients of each arm, arms of the cohort without any included as 0."""
        counts = self.data.groupby("arm", observed=False)["patient_id"].nunique()
        return {arm: int(counts.get(arm, 0)) for arm in self.treatment.arms}


@dataclass(frozen=True)
class Tables:
    """The four input tables of a cohort, each fulfilling its contract in `outcomes.tables`.

    `patients` also has one boolean column per component and one column per covariate of the
    cohort file: numbers as float64, categories as ordered categoricals of printed level names.
    `notes` say what was found on reading that does not stop the work.
    """

    patients: pd.DataFrame
    visits: pd.DataFrame
    events: pd.DataFrame
    exposures: pd.DataFrame
    notes: tuple[Note, ...] = ()
