"""The definitions that a plan's analyses use: whether they fit their measures, and the episodes they give."""

from __future__ import annotations

from outcomes.config import Cohort, Plan, Project
from outcomes.config.states import EventMultiverseEndpoint, StateEndpoint
from outcomes.episodes import Episodes, derive_episodes
from outcomes.episodes.rules import definition_faults
from outcomes.errors import ConfigError, Problem
from outcomes.frames import Tables
from outcomes.instruments import instruments_of


def derived(project: Project, name: str, tables: Tables) -> dict[tuple[str, str], Episodes]:
    """Derive the episodes of all patients by measure and definition, grids aside.

    Raises
    ------
    ConfigError
        If no analysis uses a definition, or one does not fit its measure.
    """
    cohort, plan, shown = project.cohorts[name], project.plans[name], project.main.cohorts[name].plan
    used = plan.used_definitions
    if not used:
        what = "no endpoint uses a definition: docs/definitions.md says how one is named"
        raise ConfigError(Problem(shown, "analyses", what))
    problems = unfit_definitions(plan, cohort, shown)
    if problems:
        raise ConfigError(problems)
    patients = tables.patients["patient_id"].sort_values(ignore_index=True)
    return {
        (measure, key): derive_episodes(
            tables.visits, tables.events, patients, measure, definition,
            instruments_of(cohort)[cohort.measures[measure].instrument],
        )
        for (measure, key), definition in used.items()
    }  # fmt: skip


def unfit_definitions(plan: Plan, cohort: Cohort, shown: str) -> list[Problem]:
    """Say where a definition, or one of its grid, does not fit the instrument of its measure."""
    problems = []
    for key, analysis in plan.analyses.items():
        endpoint = analysis.endpoint
        measure = cohort.measures.get(endpoint.measure) if isinstance(endpoint, StateEndpoint) else None
        if not isinstance(endpoint, StateEndpoint) or measure is None:  # the plan check tells of the latter
            continue
        instrument = instruments_of(cohort).get(measure.instrument)
        if instrument is None:  # ingest tells
            continue
        grid = endpoint.points() if isinstance(endpoint, EventMultiverseEndpoint) else {}
        for definition in (endpoint.resolved, *grid.values()):
            problems += [
                Problem(shown, f"analyses.{key}.endpoint.definition", fault)
                for fault in definition_faults(definition, measure.instrument, instrument)
            ]
    return list(dict.fromkeys(problems))
