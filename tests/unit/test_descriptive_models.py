"""Counts, proportions, means, rates and baseline differences against closed forms and other engines."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from outcomes.config.plan import (
    BaselineAnalysis,
    EventRateAnalysis,
    FlowAnalysis,
    MeanAnalysis,
    ProportionAnalysis,
)
from outcomes.frames import AnalysisFrame
from outcomes.models.baseline_table import category_distance, fit_baseline_table, number_difference
from outcomes.models.event_rate import fit_event_rate
from outcomes.models.mean import fit_mean
from outcomes.models.participant_flow import fit_participant_flow
from outcomes.models.proportion import fit_proportion
from outcomes.treatment import Treatment

TREATMENT = Treatment.from_sets(
    {"medication": True, "therapy": True},
    {
        "medication": frozenset({"medication"}),
        "therapy": frozenset({"therapy"}),
        "combined": frozenset({"medication", "therapy"}),
    },
)
TAIL = 1e-9  # tail probabilities and small linear systems by another library
EXACT = 1e-12  # the same arithmetic by another route


def frame(data, **more):
    arms = pd.Categorical(data["arm"], categories=list(TREATMENT.arms), ordered=True)
    data = pd.DataFrame(data).assign(arm=arms)
    if "patient_id" not in data:
        data["patient_id"] = [str(n) for n in range(len(data))]
    return AnalysisFrame(data, TREATMENT, "endpoint", "Endpoint", "unit", higher_is_better=None, **more)


def analysis(kind, endpoint):
    return kind(question="?", role="secondary", endpoint=endpoint)


def row(fit, quantity, **columns):
    found = [
        r for r in fit.rows if r["quantity"] == quantity and all(r.get(k) == v for k, v in columns.items())
    ]
    assert len(found) == 1
    return found[0]


def yes_no(**counts):
    arms, outcomes = [], []
    for arm, (events, n) in counts.items():
        arms += [arm] * n
        outcomes += [True] * events + [False] * (n - events)
    return frame({"arm": arms, "outcome": outcomes})


DROPOUT = {"kind": "dropout", "measure": "m1"}


def test_risk_difference_test_is_pearsons_chi_square():
    """z with pooled variance squared equals chi-square without continuity correction (scipy)."""
    fit = fit_proportion(
        yes_no(medication=(30, 80), combined=(15, 75), therapy=(9, 70)), analysis(ProportionAnalysis, DROPOUT)
    )
    found = row(fit, "risk_difference", arm="combined", comparator="medication")
    chi = stats.chi2_contingency([[15, 60], [30, 50]], correction=False)
    assert found["statistic"] ** 2 == pytest.approx(chi.statistic, rel=EXACT)
    assert found["p_value"] == pytest.approx(chi.pvalue, rel=TAIL)
    assert found["estimate"] == pytest.approx(15 / 75 - 30 / 80, rel=EXACT)
    assert found["ci_low"] < found["estimate"] < found["ci_high"]


def test_nobody_dropped_out_gives_a_difference_without_a_test():
    fit = fit_proportion(
        yes_no(medication=(0, 8), combined=(0, 9), therapy=(1, 9)), analysis(ProportionAnalysis, DROPOUT)
    )
    found = row(fit, "risk_difference", arm="combined", comparator="medication")
    assert found["estimate"] == 0
    assert "p_value" not in found


def test_an_arm_without_patients_is_said_not_shown():
    fit = fit_proportion(yes_no(medication=(1, 8), combined=(2, 9)), analysis(ProportionAnalysis, DROPOUT))
    assert row(fit, "proportion", arm="therapy")["status"] == "not_estimable"
    assert row(fit, "risk_difference", arm="combined", comparator="therapy")["status"] == "not_estimable"


def test_mean_difference_is_welchs():
    one, two = np.array([0.2, 0.5, 0.9, 1.0, 0.7]), np.array([0.1, 0.4, 0.3])
    data = frame({"arm": ["combined"] * 5 + ["therapy"] * 3, "value": np.concatenate([one, two])})
    entry = analysis(MeanAnalysis, {"kind": "adherence", "component": "therapy", "of": "sessions"})
    assert entry.pairs(TREATMENT) == (("combined", "therapy"),)
    asked = (("combined", "therapy"), ("combined", "medication"))
    fit = fit_mean(data, entry.model_copy(update={"contrasts": asked}))
    welch = stats.ttest_ind(one, two, equal_var=False)
    found = row(fit, "mean_difference", arm="combined", comparator="therapy")
    assert found["statistic"] == pytest.approx(welch.statistic, rel=EXACT)
    assert found["df"] == pytest.approx(welch.df, rel=EXACT)
    assert found["p_value"] == pytest.approx(welch.pvalue, rel=TAIL)
    assert found["ci_low"] == pytest.approx(welch.confidence_interval().low, rel=TAIL)
    absent = row(fit, "mean_difference", arm="combined", comparator="medication")
    assert absent["status"] == "not_estimable"
    assert "medication" in absent["message"]


@pytest.mark.parametrize("equal", [[1.0] * 3, [0.7] * 7])  # seven times 0.7 has a rounded deviation above 0
def test_equal_values_have_no_interval(equal):
    data = frame({"arm": ["combined"] * len(equal) + ["therapy"] * 3, "value": [*equal, 0.5, 0.6, 0.7]})
    fit = fit_mean(
        data, analysis(MeanAnalysis, {"kind": "adherence", "component": "therapy", "of": "sessions"})
    )
    assert row(fit, "mean", arm="combined")["status"] == "not_estimable"
    assert row(fit, "mean_difference", arm="combined", comparator="therapy")["status"] == "not_estimable"


def test_event_rates_count_events_patients_and_time():
    data = frame(
        {
            "patient_id": ["a", "a", "b", "c"],
            "arm": ["medication", "medication", "medication", "therapy"],
            "term": ["nausea", "nausea", None, "headache"],
            "person_years": [0.5, 0.5, 1.5, 2.0],
        }
    )
    fit = fit_event_rate(data, analysis(EventRateAnalysis, {"kind": "adverse_events"}))
    assert row(fit, "person_years", arm="medication")["estimate"] == 2.0
    assert row(fit, "event_count", arm="medication", term=None)["estimate"] == 2
    assert row(fit, "count", arm="medication", term="nausea")["estimate"] == 1
    assert row(fit, "incidence_rate", arm="medication", term="nausea")["estimate"] == 1.0
    assert row(fit, "incidence_rate", arm="therapy", term="nausea")["estimate"] == 0.0
    assert row(fit, "incidence_rate", arm="combined", term=None)["status"] == "not_estimable"
    assert fit.warnings == ()


def test_events_of_patients_without_time_count_but_not_in_the_rate():
    data = frame(
        {
            "patient_id": ["a", "b"],
            "arm": ["medication"] * 2,
            "term": ["nausea"] * 2,
            "person_years": [0.5, 0.0],
        }
    )
    fit = fit_event_rate(data, analysis(EventRateAnalysis, {"kind": "adverse_events"}))
    assert row(fit, "event_count", arm="medication", term=None)["estimate"] == 2
    assert row(fit, "count", arm="medication", term=None)["n_patients"] == 2
    assert row(fit, "incidence_rate", arm="medication", term=None)["estimate"] == 2.0
    assert row(fit, "incidence_rate", arm="medication", term=None)["n_patients"] == 1
    assert "1 patients with 1 adverse events have no time" in fit.warnings[0]


def test_standardised_difference_of_numbers():
    """Means 3 and 1, both variances 1: d = 2."""
    assert number_difference(np.array([2.0, 3, 4]), np.array([0.0, 1, 2])) == pytest.approx(2.0, rel=EXACT)
    assert number_difference(np.array([1.0, 1]), np.array([1.0, 1])) == 0
    assert math.isinf(number_difference(np.array([1.0, 1]), np.array([2.0, 2])))


def test_distance_of_two_levels_is_the_binary_formula():
    """(p1 - p2) / sqrt((p1 q1 + p2 q2) / 2), Austin 2009."""
    expected = 0.3 / math.sqrt((0.6 * 0.4 + 0.3 * 0.7) / 2)
    assert category_distance(np.array([0.4, 0.6]), np.array([0.7, 0.3])) == pytest.approx(expected, rel=EXACT)


def test_distance_does_not_depend_on_the_reference_level():
    one, two = np.array([0.2, 0.3, 0.5]), np.array([0.4, 0.4, 0.2])
    turned = [2, 0, 1]
    assert category_distance(one, two) == pytest.approx(category_distance(one[turned], two[turned]), rel=TAIL)
    assert category_distance(np.array([0.5, 0.5, 0]), np.array([0.4, 0.6, 0])) == pytest.approx(
        category_distance(np.array([0.5, 0.5]), np.array([0.4, 0.6])), rel=EXACT
    )
    assert math.isinf(category_distance(np.array([1.0, 0.0]), np.array([0.0, 1.0])))


def test_baseline_table_rows():
    sex = pd.Categorical(["female", "male", "female", "female", None], categories=["female", "male"])
    data = frame(
        {
            "patient_id": list("abcde"),
            "arm": ["medication"] * 3 + ["combined"] * 2,
            "age": [30.0, 40.0, 50.0, np.nan, 60.0],
            "sex": sex,
        }
    )
    fit = fit_baseline_table(data, analysis(BaselineAnalysis, {"kind": "baseline"}))
    assert row(fit, "observed_mean", term="age", arm="medication")["estimate"] == 40
    assert row(fit, "standard_deviation", term="age", arm="medication")["estimate"] == 10
    assert row(fit, "standard_deviation", term="age", arm="combined")["status"] == "not_estimable"
    assert row(fit, "proportion", term="sex=female", arm="medication")["n_events"] == 2
    assert row(fit, "count", term="missing: sex", arm="combined")["estimate"] == 1
    assert row(fit, "proportion", term="sex=male", arm="therapy")["status"] == "not_estimable"


def test_flow_adds_up():
    data = frame(
        {
            "arm": ["medication"] * 3 + ["combined"],
            "step": ["completed", "discontinued: moved", "discontinued: moved", "completed"],
            "observed: week_4": [True, True, False, True],
        },
        schedule={"week_4": 4.0},
        time_unit="week",
        screening={"screened": 9, "excluded: declined": 5},
    )
    fit = fit_participant_flow(data, analysis(FlowAnalysis, {"kind": "flow", "measure": "m1"}))
    assert row(fit, "count", term="screened")["estimate"] == 9
    assert row(fit, "count", term="discontinued: moved", arm="medication")["estimate"] == 2
    assert row(fit, "count", term="observed: week_4", arm="medication")["time"] == 4.0
    for arm in ("medication", "combined"):
        lost = sum(
            r["estimate"] for r in fit.rows if r["arm"] == arm and r["term"].startswith("discontinued")
        )
        kept = row(fit, "count", term="completed", arm=arm)["estimate"]
        assert kept + lost == row(fit, "count", term="assigned", arm=arm)["estimate"]
