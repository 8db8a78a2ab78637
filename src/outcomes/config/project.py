"""A project folder's whole configuration, loaded and cross-checked in one pass."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field, StrictInt, StringConstraints

from outcomes.config.base import NAME_PATTERN, ModelT, Strict, build, load_yaml
from outcomes.config.cohort import Cohort
from outcomes.config.competing import CompetingRisksAnalysis, competing_problems
from outcomes.config.fields import ProjectPath
from outcomes.config.outputs import Outputs
from outcomes.config.plan import Analysis, MeanAnalysis, Plan
from outcomes.config.plan_covariates import covariate_problems
from outcomes.config.states import EventMultiverseEndpoint, StateEndpoint
from outcomes.errors import ConfigError, Problem, did_you_mean, format_lines

CONFIG_FILE = "config/config.yaml"
OPEN_QUESTION = "# TO FILL IN:"
"""Marks a line of a drafted file that a person must answer."""
POPULATION_RESTS_ON = {
    "with_post_baseline_score": "measure",
    "completers": "measure",
    "with_follow_up": "event",
}
"""What the endpoint must name for a population that leaves patients out."""
ADHERENCE_COLUMNS = {
    "sessions": ("sessions_offered", "sessions_attended"),
    "days": ("days_planned", "days_covered"),
}
"""Columns of an exposure that each kind of adherence is counted from."""
DESCRIBE_EVERYONE = ("baseline_table", "participant_flow")
WITHOUT_P_VALUES = (*DESCRIBE_EVERYONE, "kaplan_meier", "event_rate")
CohortName = Annotated[str, StringConstraints(pattern=NAME_PATTERN)]


class CohortEntry(Strict):
    """Which cohort file runs with which plan."""

    cohort: ProjectPath
    plan: ProjectPath


class MainConfig(Strict):
    """config/config.yaml."""

    seed: StrictInt = Field(default=0, ge=0)
    outputs: ProjectPath = "config/outputs.yaml"
    cohorts: dict[CohortName, CohortEntry] = Field(min_length=1)


@dataclass(frozen=True)
class Project:
    """Everything configured below one folder.

    Attributes
    ----------
    root : pathlib.Path
        The project folder; every path in the configuration is relative to it.
    """

    root: Path
    main: MainConfig
    outputs: Outputs
    cohorts: dict[str, Cohort]
    plans: dict[str, Plan]


def load_file(root: Path, name: str, model: type[ModelT], key: str = "") -> ModelT:
    """Load one YAML file of the project as `model`; `key` of the main configuration names it."""
    path = inside(root, name, CONFIG_FILE, key) if key else inside(root, name, name)
    try:
        return build(model, load_yaml(path, name), name)
    except ConfigError as error:
        raise ConfigError([*error.problems, *_open_questions(path, name)]) from None


def _open_questions(path: Path, name: str) -> list[Problem]:
    """Where a draft of `outcomes init` still asks something; the question there says more than the error."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError):
        return []
    asked = [number for number, line in enumerate(lines, start=1) if OPEN_QUESTION in line]
    if not asked:
        return []
    what = f"marked '{OPEN_QUESTION}': where one is not answered yet, the question there says what is needed"
    return [Problem(name, format_lines(asked, most=20), what)]


def inside(root: Path, name: str, source: str, key: str = "") -> Path:
    """Resolve a path of the configuration; refuse one that leaves the project folder.

    Parameters
    ----------
    root : pathlib.Path
        The project folder.
    name : str
        The path as written.
    source, key : str
        The configuration file that names it, and the key there, for messages.
    """
    try:
        path = (root / name).resolve()
        path.exists()  # a name that is too long is found out only here
    except (OSError, RuntimeError, ValueError):  # RuntimeError: links in a circle
        raise ConfigError(Problem(source, key, f"path {name!r} cannot be followed")) from None
    if not path.is_relative_to(root.resolve()):
        raise ConfigError(Problem(source, key, f"path '{name}' leads out of the project folder"))
    return path


def load_project(root: Path, only: str | None = None) -> Project:
    """Load the configuration below `root`; with `only`, the part that one cohort needs.

    Raises
    ------
    ConfigError
        With every problem of every file.
    """
    main = load_file(root, CONFIG_FILE, MainConfig)
    if only is not None and only not in main.cohorts:
        raise ConfigError(
            Problem(CONFIG_FILE, "cohorts", f"unknown cohort '{only}'{did_you_mean(only, main.cohorts)}")
        )
    problems: list[Problem] = []
    cohorts: dict[str, Cohort] = {}
    plans: dict[str, Plan] = {}
    outputs: Outputs | None = None
    try:
        outputs = load_file(root, main.outputs, Outputs, "outputs")
    except ConfigError as error:
        problems += error.problems
    for name, entry in main.cohorts.items():
        if only not in (None, name):
            continue
        try:
            cohorts[name] = load_file(root, entry.cohort, Cohort, f"cohorts.{name}.cohort")
        except ConfigError as error:
            problems += error.problems
        try:
            plans[name] = load_file(root, entry.plan, Plan, f"cohorts.{name}.plan")
        except ConfigError as error:
            problems += error.problems
        if name in cohorts and name in plans:
            problems += check_plan(plans[name], cohorts[name], entry.plan)
    if problems or outputs is None:
        raise ConfigError(problems)
    return Project(root, main, outputs, cohorts, plans)


def check_plan(plan: Plan, cohort: Cohort, shown: str) -> list[Problem]:
    """Names in a plan that its cohort does not have."""
    known = {
        "measure": tuple(cohort.measures),
        "event": tuple(cohort.events),
        "component": tuple(cohort.exposures),
    }
    problems = []
    for name, analysis in plan.analyses.items():
        place = f"analyses.{name}"
        endpoint = analysis.endpoint.model_dump()
        for kind, names in known.items():
            word = endpoint.get(kind)
            if word is not None and word not in names:
                what = f"the cohort has no {kind} '{word}'{did_you_mean(word, names)}"
                problems.append(Problem(shown, f"{place}.endpoint.{kind}", what))
        for word in endpoint.get("measures", ()):
            if word not in cohort.measures:
                what = f"the cohort has no measure '{word}'{did_you_mean(word, cohort.measures)}"
                problems.append(Problem(shown, f"{place}.endpoint.measures", what))
        if isinstance(analysis, CompetingRisksAnalysis):
            problems += competing_problems(analysis.endpoint, cohort, shown, f"{place}.endpoint")
        problems += _check_definition(analysis, cohort, shown, place)
        problems += _check_adherence(analysis, cohort, shown, place)
        if endpoint["kind"] == "adverse_events" and cohort.adverse_events is None:
            problems.append(Problem(shown, f"{place}.endpoint", "the cohort declares no adverse_events"))
        problems += _check_population(analysis, shown, place)
        if analysis.family is not None and analysis.model in WITHOUT_P_VALUES:
            what = f"{analysis.model} has no p-values that a family could adjust: remove family"
            problems.append(Problem(shown, f"{place}.family", what))
        problems += covariate_problems(analysis, cohort, shown, place)
        problems += _check_contrasts(analysis, cohort, shown, place)
    return problems


def _check_definition(analysis: Analysis, cohort: Cohort, shown: str, place: str) -> list[Problem]:
    """Dated events that a definition counts, and that the cohort does not have."""
    endpoint = analysis.endpoint
    if not isinstance(endpoint, StateEndpoint):
        return []
    several = endpoint.points().values() if isinstance(endpoint, EventMultiverseEndpoint) else ()
    named = {event: None for each in (endpoint.resolved, *several) for event in each.events}
    return [
        Problem(shown, f"{place}.endpoint.definition",
                f"a rule counts event '{word}', which the cohort does not have"
                f"{did_you_mean(word, cohort.events)}")
        for word in named if word not in cohort.events
    ]  # fmt: skip


def _check_adherence(analysis: Analysis, cohort: Cohort, shown: str, place: str) -> list[Problem]:
    if not isinstance(analysis, MeanAnalysis) or analysis.endpoint.component not in cohort.exposures:
        return []
    of, component = analysis.endpoint.of, analysis.endpoint.component
    planned, taken = ADHERENCE_COLUMNS[of]
    if getattr(cohort.exposures[component], planned) is not None:
        return []
    what = f"exposures.{component} of the cohort file declares no {of}: add {planned} and {taken} there"
    return [Problem(shown, f"{place}.endpoint.of", what)]


def _check_population(analysis: Analysis, shown: str, place: str) -> list[Problem]:
    population = analysis.population
    needed = POPULATION_RESTS_ON.get(population)
    if population != "all_assigned" and analysis.model in DESCRIBE_EVERYONE:
        what = f"{analysis.model} describes everyone assigned: use all_assigned"
    elif needed is not None and getattr(analysis.endpoint, needed, None) is None:
        article = "an" if needed == "event" else "a"
        what = f"'{population}' rests on {article} {needed}, and the endpoint has none: use all_assigned"
    else:
        return []
    return [Problem(shown, f"{place}.population", what)]


def _check_contrasts(analysis: Analysis, cohort: Cohort, shown: str, place: str) -> list[Problem]:
    if analysis.contrasts == "all_pairs":
        return []
    arms = cohort.treatment.arms
    problems = [
        Problem(shown, f"{place}.contrasts", f"unknown arm '{word}'{did_you_mean(word, arms)}")
        for pair in analysis.contrasts for word in pair if word not in arms
    ]  # fmt: skip
    if any(arm == comparator for arm, comparator in analysis.contrasts):
        problems.append(Problem(shown, f"{place}.contrasts", "an arm is compared with itself"))
    return problems


def canonical_json(value: object) -> str:
    """JSON with sorted keys and no spaces: equal content, equal text."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def digest(text: str) -> str:
    """Sha256 of a text, in hex."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
