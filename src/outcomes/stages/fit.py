"""Stage `fit`: every analysis of one model family of one cohort; failed ones say so in their rows."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pandas as pd

from outcomes.config import AnalysisBase, Cohort, Plan, load_project
from outcomes.errors import ConfigError, Problem, did_you_mean
from outcomes.frames import AnalysisFrame
from outcomes.io import write_table, write_text
from outcomes.models import MODELS
from outcomes.models.fit import Fit, Row, level
from outcomes.stages import paths
from outcomes.stages.beyond_range import range_warnings
from outcomes.stages.derivable import derive_frame, resolve
from outcomes.stages.ingest import load_tables
from outcomes.tables import ESTIMATES

log = logging.getLogger(__name__)
ALONE = ("kaplan_meier", "log_rank", "cox", "rmst")
"""Models of one event alone."""


def fit_family(root: Path, name: str, family: str) -> None:
    """Fit the analyses of `family` for cohort `name`; write their rows and their methods."""
    project = load_project(root, only=name)
    cohort, plan = project.cohorts[name], project.plans[name]
    shown = project.main.cohorts[name].plan
    analyses = plan.of_family(family)
    if not analyses:
        known = did_you_mean(family, plan.families)
        raise ConfigError(Problem(shown, "analyses", f"none of family '{family}'{known}"))
    tables = load_tables(root, name)
    rows: list[Row] = []
    methods: dict[str, Any] = {}
    for key, analysis in analyses.items():
        log.info("fit %s", key)
        frame = derive_frame(tables, cohort, key, analysis, shown)
        fit: Fit = resolve(MODELS[analysis.model])(frame, analysis)
        rows += identified_rows(name, key, analysis, frame, fit)
        beyond = range_warnings(cohort, analysis, fit.rows)
        cautions = (
            *selection_warnings(frame), *frame.cautions, *competing_warnings(cohort, plan, analysis),
            *fit.warnings, *beyond,
        )  # fmt: skip
        methods[key] = {
            "label": frame.label,
            "unit": frame.unit,
            "higher_is_better": frame.higher_is_better,
            "labels": dict(frame.labels),
            "methods": dict(fit.methods),
            "warnings": list(cautions),
        }
        failed = sum(row["status"] not in ("ok", "boundary") for row in fit.rows)
        log.info("fit %s: %d patients, %d rows, %d not estimable",
                 key, sum(frame.n_by_arm().values()), len(fit.rows), failed)  # fmt: skip
        for warning in cautions:
            log.warning("fit %s: %s", key, warning)
    write_table(pd.DataFrame(rows), ESTIMATES, root / paths.fits(name, family))
    text = json.dumps(methods, sort_keys=True, ensure_ascii=False, indent=1)
    write_text(root / paths.methods(name, family), text + "\n")


def competing_warnings(cohort: Cohort, plan: Plan, analysis: AnalysisBase) -> tuple[str, ...]:
    """Say where the plan itself names what competes with an event that is analysed alone here."""
    event = getattr(analysis.endpoint, "event", None)  # type: ignore[attr-defined]  # every member has one
    if event is None or analysis.model not in ALONE:  # type: ignore[attr-defined]  # as above
        return ()
    found = []
    for name, other in plan.analyses.items():
        if other.model == "competing_risks" and getattr(other.endpoint, "event", None) == event:
            causes = [
                cohort.events[cause].label if cause in cohort.events else cause
                for cause in other.endpoint.competing
            ]
            found.append(
                f"{', '.join(causes)}: censored here, as if the event could still come; curves and "
                "restricted means are those of a world without, hazard ratios are cause-specific, and "
                f"only {name} takes them for competing events"
            )
    return tuple(found)


def identified_rows(
    cohort: str, key: str, analysis: AnalysisBase, frame: AnalysisFrame, fit: Fit
) -> list[Row]:
    """Rows of a fit with the columns that say how they were made, and the patients they rest on."""
    identity = {
        "cohort": cohort,
        "analysis": key,
        "endpoint": frame.endpoint,
        "population": analysis.population,
        "model": analysis.model,  # type: ignore[attr-defined]  # every member of the union has one
    }
    counted = [
        level("count", term="analysed", arm=arm, estimate=n, unit="patients")
        for arm, n in frame.n_by_arm().items()
    ]
    totals: dict[tuple[str, str], int] = {}
    for exclusion in frame.exclusions:
        place = (exclusion.arm, exclusion.reason)
        totals[place] = totals.get(place, 0) + exclusion.n_patients
    counted += [
        level("count", term=f"excluded: {reason}", arm=arm, estimate=n, unit="patients")
        for (arm, reason), n in totals.items()
    ]
    return [identity | row for row in (*fit.rows, *counted)]


def selection_warnings(frame: AnalysisFrame) -> tuple[str, ...]:
    """Say that patients were left out for what happened after treatment was assigned, and how many."""
    late: dict[str, int] = {}
    for exclusion in frame.exclusions:
        if exclusion.after_assignment:
            late[exclusion.reason] = late.get(exclusion.reason, 0) + exclusion.n_patients
    if not late:
        return ()
    everyone = sum(frame.n_by_arm().values()) + sum(e.n_patients for e in frame.exclusions)
    told = "; ".join(f"{reason}: {n}" for reason, n in late.items())
    return (
        f"{sum(late.values())} of {everyone} assigned patients are left out for what happened after "
        f"assignment ({told}); random assignment does not protect a comparison of the rest",
    )
