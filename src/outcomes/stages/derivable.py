"""The frame of one analysis, by its endpoint."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from outcomes.config import Cohort
from outcomes.config.plan import Analysis
from outcomes.endpoints import ENDPOINTS
from outcomes.errors import ConfigError, DataError, Problem
from outcomes.frames import AnalysisFrame, Tables


def resolve(entry: str) -> Callable[..., Any]:
    """Import the function behind a registry's ``module:function``."""
    module, _, function = entry.partition(":")
    found: Callable[..., Any] = getattr(import_module(module), function)
    return found


def derive_frame(tables: Tables, cohort: Cohort, name: str, analysis: Analysis, shown: str) -> AnalysisFrame:
    """Rows of one analysis, by its endpoint.

    Parameters
    ----------
    name, shown : str
        Of the analysis in its plan, and of the plan's file, for messages.

    Raises
    ------
    ConfigError, DataError
        If the endpoint refuses; each problem says which analysis of which plan it is.
    """
    try:
        frame: AnalysisFrame = resolve(ENDPOINTS[analysis.endpoint.kind])(tables, cohort, analysis)
    except (ConfigError, DataError) as error:
        raise type(error)(
            Problem(shown, f"analyses.{name}", ": ".join(filter(None, (p.source, p.where, p.what))))
            for p in error.problems
        ) from None
    return frame
