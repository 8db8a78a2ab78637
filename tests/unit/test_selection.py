"""Leaving patients out after assignment is said, with the count."""

import pandas as pd

from outcomes.frames import AnalysisFrame, Exclusion
from outcomes.stages.fit import selection_warnings
from outcomes.treatment import Treatment

TREATMENT = Treatment.from_sets(
    {"medication": True}, {"neither": frozenset(), "medication": frozenset({"medication"})}
)


def frame(*exclusions):
    data = pd.DataFrame(
        {
            "patient_id": list("abc"),
            "arm": pd.Categorical(["neither", "neither", "medication"], TREATMENT.arms),
        }
    )
    return AnalysisFrame(data, TREATMENT, "e", "E", "points", higher_is_better=None, exclusions=exclusions)


def test_only_what_happened_after_assignment_is_warned_of():
    before = Exclusion("neither", "not recorded: Age", 2)
    late = Exclusion("medication", "no follow-up for Relapse", 4, after_assignment=True)
    assert selection_warnings(frame(before)) == ()
    (warning,) = selection_warnings(frame(before, late))
    assert warning.startswith("4 of 9 assigned patients are left out")
    assert "no follow-up for Relapse: 4" in warning
