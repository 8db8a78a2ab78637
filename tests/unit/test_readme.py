"""The README's example is a configuration that works."""

import re
from pathlib import Path

from outcomes.config import Cohort, Plan
from outcomes.config.base import build, parse_yaml
from outcomes.config.project import MainConfig, check_plan

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
COHORT, PLAN, MAIN = (parse_yaml(block, "README") for block in re.findall(r"```yaml\n(.*?)```", README, re.S))


def test_the_example_cohort_and_plan_fit_together():
    cohort = build(Cohort, COHORT, "my_trial.yaml")
    assert check_plan(build(Plan, PLAN, "plan.yaml"), cohort, "plan.yaml") == []


def test_the_example_line_of_the_main_file():
    assert list(build(MainConfig, MAIN, "config.yaml").cohorts) == ["my_trial"]
