"""Covariates of a plan entry that cannot stand where they do are told before any data are read."""

from __future__ import annotations

import pytest
from test_config import COHORT, EVENT, changed

from outcomes.config import Cohort, Plan
from outcomes.config.base import build
from outcomes.config.project import check_plan


def category(*levels):
    return {"column": "c", "kind": "category", "label": "C", "levels": {level: level for level in levels}}


def told(**entry):
    covariates = {
        "age": {"column": "age", "kind": "number", "label": "Age"},
        "sex": category("f", "m"),
        "site": category("a", "b", "c"),
    }
    cohort = build(Cohort, changed(COHORT, "patients/covariates", covariates), "c")
    analysis = {"question": "q", "role": "descriptive", "endpoint": EVENT, **entry}
    plan = build(Plan, {"title": "p", "analyses": {"one": analysis}}, "p")
    return [f"{problem.where}: {problem.what}" for problem in check_plan(plan, cohort, "p")]


@pytest.mark.parametrize("model", ["cox", "competing_risks"])
def test_a_covariate_cannot_be_a_stratum_too(model):
    endpoint = EVENT if model == "cox" else {
        "kind": "competing_events", "event": "relapse", "competing": ["end"]
    }  # fmt: skip
    assert told(model=model, endpoint=endpoint, covariates=["age", "sex"], strata=["sex"]) == [
        "analyses.one.strata: 'sex' is among covariates, too, and does not differ within a stratum: "
        "keep it in one"
    ]


def test_effects_in_subgroups_that_are_strata_make_sense():
    assert told(model="cox", subgroups=["sex"], strata=["sex"]) == []


def test_a_robust_variance_needs_more_clusters_than_coefficients():
    assert told(model="cox", cluster="sex") == []
    assert told(model="cox", cluster="site", covariates=["age"]) == []
    (line,) = told(model="cox", cluster="site", covariates=["age", "sex"])
    assert line.startswith(
        "analyses.one.cluster: 'site' has 3 levels, and the model 3 coefficients (arms, covariates)"
    )
