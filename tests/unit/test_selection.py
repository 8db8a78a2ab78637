"""Who is left out after assignment is said, with the count; and so is what is censored that competes."""

import pandas as pd
from report_rows import cohort_of, relapse_event

from outcomes.config import Plan
from outcomes.frames import AnalysisFrame, Exclusion
from outcomes.stages.fit import competing_warnings, selection_warnings
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


def test_a_curve_that_censors_what_the_plan_calls_competing_says_so():
    event = {"kind": "time_to_event", "event": "relapse"}
    risks = {"kind": "competing_events", "event": "relapse", "competing": ["death", "moved away"]}
    entry = {"role": "secondary", "question": "?"}
    plan = Plan.model_validate({"title": "t", "analyses": {
        "relapse_km": {"model": "kaplan_meier", "endpoint": event, **entry},
        "relapse_risks": {"model": "competing_risks", "endpoint": risks, **entry},
        "death_km": {"model": "kaplan_meier", "endpoint": event | {"event": "death"}, **entry},
    }})  # fmt: skip
    events = {name: relapse_event(name.title()) for name in ("relapse", "death")}
    cohort = cohort_of(events=events)
    (told,) = competing_warnings(cohort, plan, plan.analyses["relapse_km"])
    assert told.startswith("Death, moved away: censored here, as if the event could still come")
    assert told.endswith("only relapse_risks takes them for competing events")
    assert competing_warnings(cohort, plan, plan.analyses["relapse_risks"]) == ()
    assert competing_warnings(cohort, plan, plan.analyses["death_km"]) == ()
