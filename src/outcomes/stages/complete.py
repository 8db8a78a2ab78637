"""Names that the shell completes: cohorts and analyses of the project in the working directory."""

from __future__ import annotations

from pathlib import Path


def complete_cohort(incomplete: str) -> list[str]:
    """Cohorts of config/config.yaml that start with what is typed so far."""
    return [name for name in _cohorts(Path()) if name.startswith(incomplete)]


def complete_analysis(incomplete: str) -> list[str]:
    """Analyses of every plan that start with what is typed so far."""
    root = Path()
    found = [name for plan in _cohorts(root).values() for name in _analyses(root, plan)]
    return [name for name in dict.fromkeys(found) if name.startswith(incomplete)]


def _cohorts(root: Path) -> dict[str, str]:
    """Each cohort and its plan; none where the configuration cannot be read: a shell shows no errors."""
    from outcomes.config.project import CONFIG_FILE, MainConfig, load_file
    from outcomes.errors import OutcomesError

    try:
        main = load_file(root, CONFIG_FILE, MainConfig)
    except OutcomesError:
        return {}
    return {name: entry.plan for name, entry in main.cohorts.items()}


def _analyses(root: Path, plan: str) -> tuple[str, ...]:
    from outcomes.config import Plan
    from outcomes.config.project import load_file
    from outcomes.errors import OutcomesError

    try:
        return tuple(load_file(root, plan, Plan).analyses)
    except OutcomesError:
        return ()
