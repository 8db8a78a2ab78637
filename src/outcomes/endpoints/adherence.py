"""Adherence: share of planned sessions attended, or of planned days covered.

The proportion of days covered is the measure of medication adherence that the Pharmacy Quality Alliance
endorses (Nau 2012, Proportion of days covered as a preferred method of measuring medication adherence).
"""

from __future__ import annotations

import pandas as pd

from outcomes.config import Cohort
from outcomes.config.plan import MeanAnalysis
from outcomes.frames import AnalysisFrame, Tables
from outcomes.populations import count_exclusions, select

COLUMNS = {
    "sessions": ("sessions_attended", "sessions_offered"),
    "days": ("days_covered", "days_planned"),
}


def derive_adherence(tables: Tables, cohort: Cohort, analysis: MeanAnalysis) -> AnalysisFrame:
    """Share (0 to 1) per patient of the arms that contain the component; spells are added up.

    A patient for whom nothing was planned, or whose record is missing, is left out and counted.
    """
    kept, exclusions = select(tables, cohort, analysis)
    component, of = analysis.endpoint.component, analysis.endpoint.of
    taken, planned = COLUMNS[of]
    spells = tables.exposures[tables.exposures["component"] == component]
    totals = (
        spells.dropna(subset=[taken, planned]).groupby("patient_id", observed=True)[[taken, planned]].sum()
    )
    totals = totals[totals[planned] > 0]
    patients = tables.patients
    chosen = patients[patients["patient_id"].isin(kept)]
    given = chosen[component].astype(bool)
    treated = chosen[given]
    known = treated["patient_id"].isin(totals.index)
    data = treated.loc[known, ["patient_id", "arm"]].reset_index(drop=True)
    data["value"] = (totals[taken] / totals[planned]).reindex(pd.Index(data["patient_id"])).to_numpy(float)
    label = cohort.components[component].label
    words = {"sessions": "planned sessions attended", "days": "planned days covered"}[of]
    return AnalysisFrame(
        data=data,
        treatment=cohort.treatment,
        endpoint=f"adherence_{component}_{of}",
        label=f"{label}: share of {words}",
        unit="probability",
        higher_is_better=True,
        exclusions=(
            *exclusions,
            *count_exclusions(chosen[~given], f"{label} is not part of the arm"),
            *count_exclusions(treated[~known], f"no record of {words}", after_assignment=True),
        ),
    )
