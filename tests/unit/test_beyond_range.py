"""Marginal means and limits where no score can be are said; means within the range are not."""

import pytest
import yaml
from tiny_cohort import CONFIG

from outcomes.config import Cohort, Plan
from outcomes.config.base import build
from outcomes.models.fit import failed_row, level, wald_row
from outcomes.stages.beyond_range import range_warnings

PLAN = """
title: Scores
analyses:
  scores:
    model: mixed
    role: secondary
    question: Lower?
    endpoint: {kind: score, measure: phq9}
  flow:
    model: participant_flow
    role: descriptive
    question: Who?
    endpoint: {kind: flow, measure: phq9}
"""


def warned(kind, *rows, analysis="scores"):
    content = yaml.safe_load(PLAN)
    content["analyses"]["scores"]["endpoint"]["kind"] = kind
    plan = build(Plan, content, "plan.yaml")
    cohort = build(Cohort, yaml.safe_load(CONFIG.replace("{f: female", '{"f": female')), "cohort.yaml")
    return range_warnings(cohort, plan.analyses[analysis], rows)


def mean(estimate, error, quantity="mean"):
    return wald_row(quantity, estimate, error, 0.95, test=False)


@pytest.mark.parametrize(
    ("kind", "means", "beyond", "outside", "span"),
    [
        ("score", [(5, 1), (1, 1), (-0.5, 2)], 2, 1, "0 to 27 points"),
        ("score", [(26.9, 0.2), (20, 1)], 1, 0, "0 to 27 points"),
        ("score", [(28, 0.2)], 1, 1, "0 to 27 points"),
        ("change", [(-26, 1), (-20, 1)], 1, 0, "-27 to 27 points"),
    ],
)
def test_means_and_limits_beyond_the_range_are_counted(kind, means, beyond, outside, span):
    (said,) = warned(kind, *(mean(*one) for one in means))
    assert said.startswith(
        f"{beyond} of {len(means)} intervals of marginal means, and {outside} of the means themselves, reach "
        f"beyond {span}, where none can be"
    )


def test_means_within_the_range_and_differences_are_not_warned_of():
    inside = mean(2, 1), level("mean", estimate=0.0, ci_low=-1e-13, ci_high=1.0)
    others = mean(-5, 9, "mean_difference"), failed_row("mean", "not_estimable", "no score")
    assert warned("score", *inside, *others) == ()
    assert warned("change", mean(-20, 1)) == ()
    assert warned("score", mean(-5, 1), analysis="flow") == ()
