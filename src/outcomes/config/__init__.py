"""Configuration as frozen models: what was measured, what was pre-specified, what is shown."""

from outcomes.config.analysis import AnalysisBase
from outcomes.config.cohort import Cohort
from outcomes.config.outputs import Outputs
from outcomes.config.plan import Analysis, Plan
from outcomes.config.project import Project, load_project

__all__ = ["Analysis", "AnalysisBase", "Cohort", "Outputs", "Plan", "Project", "load_project"]
