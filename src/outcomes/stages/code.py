"""Digest of the code that each stage runs: a rule's rerun trigger, and a line of the provenance."""

from __future__ import annotations

import platform
from collections.abc import Iterable
from importlib.metadata import version

from outcomes.config import Plan
from outcomes.config.plan import Analysis
from outcomes.config.project import canonical_json, digest
from outcomes.digest import code_digest
from outcomes.endpoints import ENDPOINTS
from outcomes.figures import ALT_TEXTS, FIGURES
from outcomes.models import MODELS

LIBRARIES = (
    "jinja2", "matplotlib", "numpy", "pandas", "pandera", "pyarrow", "pydantic", "pyreadstat",
    "python-calamine", "scipy", "statsmodels",
)  # fmt: skip


def library_versions() -> dict[str, str]:
    """Versions of Python and of the libraries that numbers and pages rest on."""
    return {"python": platform.python_version()} | {name: version(name) for name in LIBRARIES}


def _stage_digest(modules: Iterable[str]) -> str:
    """Digest of the code and of the libraries below it: an upgrade makes results anew, too."""
    return digest(canonical_json([code_digest(modules), library_versions()]))


def ingest_code() -> str:
    """Code behind the input tables."""
    return _stage_digest(["outcomes.stages.ingest"])


def derive_code() -> str:
    """Code behind the episodes."""
    return _stage_digest(["outcomes.stages.derive"])


def family_code(plan: Plan, family: str) -> str:
    """Code behind the fits of one model family: its models and their endpoints only."""
    used = [module for analysis in plan.of_family(family).values() for module in _modules_of(analysis)]
    return _stage_digest(["outcomes.stages.fit", *used])


def analysis_code(analysis: Analysis) -> str:
    """Code behind the fit of one analysis."""
    return code_digest(["outcomes.stages.fit", *_modules_of(analysis)])


def _modules_of(analysis: Analysis) -> tuple[str, str]:
    return MODELS[analysis.model], ENDPOINTS[analysis.endpoint.kind]


def present_code() -> str:
    """Code behind figures and report."""
    return _stage_digest(["outcomes.stages.present", *FIGURES.values(), *ALT_TEXTS.values()])


def index_code() -> str:
    """Code behind the page over all cohorts."""
    return _stage_digest(["outcomes.stages.index"])


def code_of(plan: Plan) -> dict[str, str]:
    """Digest per stage of everything that made a cohort's release."""
    fitted = {f"fit {family}": family_code(plan, family) for family in plan.families}
    derived = {"derive": derive_code()} if plan.used_definitions else {}
    return {"ingest": ingest_code(), **derived, **fitted, "present": present_code()}
