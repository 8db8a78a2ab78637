"""Stage `present`: estimates to figures, report and provenance; computes no statistics."""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd

from outcomes.config import AnalysisBase, Cohort, Outputs, Plan, load_project
from outcomes.config.outputs import FigureSpec
from outcomes.figures import ALT_TEXTS, FIGURES
from outcomes.figures.saving import save_figure
from outcomes.figures.style import Style, style_for
from outcomes.io import fulfil, write_table, write_text
from outcomes.report.content import FigureFile, ReportContent
from outcomes.report.page import render_report, summarise
from outcomes.stages import paths
from outcomes.stages.collect import collect_estimates, collect_methods
from outcomes.stages.derivable import resolve
from outcomes.stages.ingest import load_notes
from outcomes.stages.provenance import describe_provenance
from outcomes.tables import ESTIMATES

log = logging.getLogger(__name__)


def present_cohort(root: Path, name: str) -> None:
    """Write `estimates.csv`, the figures, `report.html`, `provenance.json` and `summary.json` of a cohort.

    All is made before any of it replaces what stood there.
    """
    project = load_project(root, only=name)
    cohort, plan = project.cohorts[name], project.plans[name]
    folder = root / paths.release(name)
    estimates = fulfil(collect_estimates(root, name, cohort, plan), ESTIMATES, "estimates.csv")
    methods = collect_methods(root, name, plan)
    labels = printed_labels(cohort, methods)
    provenance = describe_provenance(project, name)
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=".figures-", dir=folder) as made:
        figures = draw_figures(estimates, project.outputs, cohort, plan, methods, labels, Path(made))
        content = ReportContent(
            name=name,
            cohort=cohort,
            plan=plan,
            outputs=project.outputs,
            estimates=estimates,
            methods=methods,
            figures=figures,
            provenance=provenance,
            labels=labels,
            notes=load_notes(root, name),
            arm_colours={arm: look.colour for arm, look in style_for(cohort).arms.items()},
        )
        summary = json.dumps(summarise(content), indent=1, sort_keys=True, ensure_ascii=False)
        texts = {
            "report.html": render_report(content),
            "provenance.json": json.dumps(provenance, indent=1, sort_keys=True) + "\n",
            "summary.json": summary + "\n",
        }
        shutil.rmtree(folder / "figures", ignore_errors=True)
        shutil.copytree(made, folder / "figures")
        (folder / "figures").chmod(0o755)  # a temporary folder is for its owner only
    for file, text in texts.items():
        write_text(folder / file, text)
    write_table(estimates, ESTIMATES, folder / "estimates.csv")
    log.info("present %s: %d estimates, %d figures", name, len(estimates), len(figures))


def matching(rows: pd.DataFrame, where: Mapping[Any, Any]) -> pd.DataFrame:
    """Rows whose columns hold one of the values of an outputs filter."""
    keep = pd.Series(data=True, index=rows.index)
    for column, value in where.items():
        values = (value,) if isinstance(value, str) else value
        keep &= rows[column].isin(list(values))
    return rows[keep]


def draw_figures(
    estimates: pd.DataFrame,
    outputs: Outputs,
    cohort: Cohort,
    plan: Plan,
    methods: Mapping[str, Any],
    labels: Mapping[str, str],
    folder: Path,
) -> tuple[FigureFile, ...]:
    """Draw each configured figure once per analysis that has numbers for it; save SVG and PNG in `folder`."""
    drawn = []
    analysed = rows_of_analysed(estimates, plan)
    named = dict(labels) | {name: methods[name]["label"] for name in analysed["analysis"].unique()}
    for key, spec in outputs.figures.items():
        for analysis in matching(estimates, spec.where)["analysis"].unique():
            # what an analysis calls its causes and covariates goes before others of that name
            own = named | methods[analysis]["labels"]
            style = style_for(
                cohort, labels=own, **outcome_style(methods[analysis], plan.analyses.get(str(analysis)))
            )
            rows = matching(estimates[estimates["analysis"] == analysis], _but_analysis(spec.where))
            if spec.needs is not None and not (rows["quantity"] == spec.needs).any():
                continue
            if spec.kind == "participant_flow":
                rows = pd.concat([rows, analysed], ignore_index=True)
            drawn.append(_draw(rows, spec, f"{key}_{analysis}", str(analysis), style, folder))
    return tuple(figure for figure in drawn if figure is not None)


def rows_of_analysed(estimates: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """Counts of who is in the primary analyses and who is left out: where the flow of participants ends."""
    primary = [name for name, analysis in plan.analyses.items() if analysis.role == "primary"]
    counted = estimates["term"].str.match(r"analysed$|excluded: ").fillna(value=False).astype(bool)
    return estimates[estimates["analysis"].isin(primary) & (estimates["quantity"] == "count") & counted]


def _draw(
    rows: pd.DataFrame, spec: FigureSpec, name: str, analysis: str, style: Style, folder: Path
) -> FigureFile | None:
    figure = resolve(FIGURES[spec.kind])(rows, style)
    if figure is None:
        log.info("present: figure %s left out, no number to draw", name)
        return None
    alt = resolve(ALT_TEXTS[spec.kind])(rows, style)
    save_figure(figure, folder / name, spec.caption, alt)
    return FigureFile(
        name=name,
        kind=spec.kind,
        section=spec.section,
        analysis=analysis,
        caption=spec.caption,
        alt=alt,
        svg_text=(folder / f"{name}.svg").read_text(encoding="utf-8"),
    )


def _but_analysis(where: Mapping[Any, Any]) -> dict[str, Any]:
    return {column: value for column, value in where.items() if column != "analysis"}


def outcome_style(facts: Mapping[str, Any], analysis: AnalysisBase | None) -> dict[str, Any]:
    """What a figure needs to know of the outcome it shows."""
    known = {
        "outcome": facts["label"],
        "unit": facts["unit"],
        "higher_is_better": facts["higher_is_better"],
    }
    endpoint = getattr(analysis, "endpoint", None)
    landmark, start = getattr(endpoint, "landmark_day", None), getattr(endpoint, "start", None)
    if landmark is not None:
        return known | {"origin": f"day {landmark:g}"}
    return known if start is None else known | {"origin": start}


def printed_labels(cohort: Cohort, methods: Mapping[str, Any]) -> dict[str, str]:
    """Printed form of every name that a row can carry: arms, measures, events, covariates, visits."""
    labels: dict[str, str] = {}
    for covariate, spec in cohort.patients.covariates.items():  # first, so that levels stand as declared
        labels[covariate] = f"{spec.label} ({spec.unit})" if spec.unit else spec.label
        labels |= {f"{covariate}={level}": f"{spec.label}: {level}" for level in (spec.levels or {}).values()}
    for facts in methods.values():
        labels |= facts["labels"]
    labels |= {key: measure.label for key, measure in cohort.measures.items()}
    labels |= {key: event.label for key, event in cohort.events.items()}
    labels |= {key: component.label for key, component in cohort.components.items()}
    if cohort.schedule:
        unit = cohort.schedule.unit
        labels |= {
            visit: "baseline" if time == 0 else f"{unit} {time:g}"
            for visit, time in cohort.schedule.visits.items()
        }
    return labels | {arm: spec.label for arm, spec in cohort.arms.items()}
