"""Collecting: multiplicity once per family over its headline contrasts; truth beside its estimate."""

import pandas as pd
import pytest

from outcomes.config import Plan
from outcomes.config.base import build
from outcomes.io import check, shape
from outcomes.stages.collect import adjust_families, truth_rows
from outcomes.tables import ESTIMATES

BASE = {"cohort": "c", "endpoint": "phq9", "population": "all_assigned", "model": "mixed", "status": "ok",
        "conf_level": 0.95, "df": float("inf"), "statistic": 1.0}  # fmt: skip


def contrast(analysis, p_value, arm="combined", comparator="therapy", time=None, **more):
    return {
        **BASE, "analysis": analysis, "quantity": "mean_difference", "arm": arm, "comparator": comparator,
        "estimate": 1.0, "ci_low": 0.0, "ci_high": 2.0, "p_value": p_value, "time": time, "family": "main",
        **more,
    }  # fmt: skip


@pytest.fixture
def plan():
    entry = {"model": "mixed", "role": "secondary", "question": "?", "family": "main",
             "endpoint": {"kind": "score", "measure": "phq9"}}  # fmt: skip
    return build(
        Plan, {"title": "t", "multiplicity": {"main": "holm"}, "analyses": {"aa": entry, "bb": entry}}, "p"
    )


def test_holm_runs_over_the_last_time_of_each_analysis_only(plan):
    rows = shape(
        pd.DataFrame(
            [
                contrast("aa", 0.001, time=4.0),
                contrast("aa", 0.04, time=8.0),
                contrast("aa", 0.01, comparator="medication", time=8.0),
                contrast("bb", 0.03),
                contrast("bb", 0.5, quantity="coefficient", arm=None, comparator=None, term="time"),
            ]
        ),
        ESTIMATES,
    )
    adjusted = adjust_families(rows, plan)
    assert adjusted["p_adjusted"].isna().tolist() == [True, False, False, False, True]
    assert adjusted["p_adjusted"].dropna().tolist() == pytest.approx([0.06, 0.03, 0.06])
    assert adjusted["family"].isna().tolist() == [True, False, False, False, True]


def test_a_contrast_that_failed_stays_in_the_family(plan):
    failed = {**BASE, "analysis": "bb", "quantity": "mean_difference", "arm": "combined",
              "comparator": "therapy", "status": "not_estimable", "message": "why"}  # fmt: skip
    del failed["conf_level"], failed["df"], failed["statistic"]
    adjusted = adjust_families(shape(pd.DataFrame([contrast("aa", 0.04), failed]), ESTIMATES), plan)
    assert adjusted["p_adjusted"].tolist()[0] == pytest.approx(0.08)
    assert adjusted["p_adjusted"].isna().tolist() == [False, True]
    assert adjusted["family"].tolist() == ["main", "main"]
    assert check(adjusted, ESTIMATES) == []


def test_truth_stands_beside_the_estimate_it_belongs_to():
    rows = shape(pd.DataFrame([contrast("aa", 0.04, time=8.0), contrast("aa", 0.5, time=4.0)]), ESTIMATES)
    truth = [
        {"endpoint": "phq9", "quantity": "mean_difference", "arm": "combined", "comparator": "therapy",
         "time": 8, "value": -2.5},
        {"endpoint": "other", "quantity": "mean_difference", "arm": "combined", "comparator": "therapy",
         "time": 4, "value": 9.0},
    ]  # fmt: skip
    found = truth_rows(rows, truth)
    assert found[["quantity", "term", "time", "estimate"]].to_numpy().tolist() == [
        ["truth", "mean_difference", 8.0, -2.5]
    ]
    assert check(pd.concat([rows, found], ignore_index=True), ESTIMATES) == []


def test_the_last_planned_time_heads_even_where_it_failed(plan):
    failed = {**BASE, "analysis": "aa", "quantity": "mean_difference", "arm": "combined", "time": 8.0,
              "comparator": "therapy", "status": "not_estimable", "message": "why"}  # fmt: skip
    del failed["conf_level"], failed["df"], failed["statistic"]
    adjusted = adjust_families(shape(pd.DataFrame([contrast("aa", 0.04, time=4.0), failed]), ESTIMATES), plan)
    assert adjusted["p_adjusted"].isna().all()
    assert adjusted["family"].isna().tolist() == [True, False]
