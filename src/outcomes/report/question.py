"""What was asked: arms as components, estimands of the primary analyses, every analysis of the plan."""

from __future__ import annotations

from outcomes.config.plan import Analysis
from outcomes.report.content import ReportContent
from outcomes.report.formats import number_text, upper_first
from outcomes.report.naming import condition_text, name_of
from outcomes.report.notes import family_text
from outcomes.report.tables import Cell, Head, Line, TableView, text_cell
from outcomes.report.who import patients_by_arm

MODELS = {
    "participant_flow": "Participant flow",
    "baseline_table": "Baseline table",
    "mmrm": "MMRM",
    "mixed": "Linear mixed model",
    "kaplan_meier": "Kaplan-Meier",
    "log_rank": "Log-rank test",
    "cox": "Cox proportional hazards",
    "rmst": "RMST",
    "competing_risks": "Competing risks",
    "interval_censored": "Interval-censored times",
    "multiverse": "Multiverse of definitions",
    "proportion": "Proportions",
    "mean": "Means",
    "event_rate": "Event rates",
}
POPULATIONS = {
    "all_assigned": "All assigned patients",
    "with_post_baseline_score": "Patients with a score after baseline",
    "completers": "Patients with a score at the last planned visit",
    "with_follow_up": "Patients with follow-up for the event",
}
"""Models and analysis sets of the plan as printed."""

GIVEN, NOT_GIVEN = "yes", "no"
RANDOMISED, NOT_RANDOMISED = "randomised", "not randomised"


def arms_table(content: ReportContent) -> TableView:
    """Arms as vectors of components; the head says which were randomised."""
    components = content.cohort.components
    sizes = patients_by_arm(content)
    heads = (
        Head("Arm", numeric=False),
        *(Head(f"{spec.label} ({RANDOMISED if spec.randomised else NOT_RANDOMISED})", numeric=False)
          for spec in components.values()),
        Head("Patients"),
    )  # fmt: skip
    lines = tuple(
        Line(
            text_cell(name_of(content, arm)),
            (
                *(text_cell(GIVEN if given else NOT_GIVEN) for given in vector),
                Cell(number_text(sizes[arm], 0)),
            ),
        )
        for arm, vector in content.cohort.treatment.vectors.items()
    )
    return TableView("Arms and their components", (heads,), lines)


def estimand_table(content: ReportContent) -> TableView | None:
    """Attributes of ICH E9(R1) of each primary analysis; None without one."""
    primary = {
        name: analysis.estimand for name, analysis in content.plan.analyses.items()
        if analysis.role == "primary" and analysis.estimand is not None
    }  # fmt: skip
    if not primary:
        return None
    attributes = {
        "Population": [e.population for e in primary.values()],
        "Treatments": [e.treatments for e in primary.values()],
        "Variable": [e.variable for e in primary.values()],
        "Intercurrent events": [
            "; ".join(f"{event}: {strategy}" for event, strategy in e.intercurrent_events.items())
            for e in primary.values()
        ],
        "Summary measure": [e.summary for e in primary.values()],
    }
    lines = tuple(
        Line(text_cell(name), tuple(text_cell(text) for text in texts)) for name, texts in attributes.items()
    )
    heads = (Head("Attribute", numeric=False), *(Head(name, numeric=False) for name in primary))
    return TableView("Estimands of the primary analyses (ICH E9(R1))", (heads,), lines)


def analyses_table(content: ReportContent) -> TableView:
    """Every analysis of the plan in its order."""
    heads = tuple(
        Head(text, numeric=False)
        for text in ("Analysis", "Question", "Role", "Pre-specified", "Model", "Analysis set", "Multiplicity")
    )
    lines = []
    for name, analysis in content.plan.analyses.items():
        texts = (
            analysis.question,
            analysis.role,
            "yes" if analysis.prespecified else "no",
            MODELS[analysis.model],
            _analysis_set(analysis),
            family_text(content, analysis.family) if analysis.family else "not adjusted",
        )
        cells = tuple(text_cell(text) for text in texts)
        lines.append(Line(Cell(name, numeric=False, kind="code"), cells))
    return TableView("Analyses of the plan", (heads,), tuple(lines))


def _analysis_set(analysis: Analysis) -> str:
    """Analysis set, and what else must have happened before time counts."""
    landmark = getattr(analysis.endpoint, "landmark_day", None)
    start = getattr(analysis.endpoint, "start", "baseline")
    named = POPULATIONS[analysis.population]
    if landmark is not None:
        return f"{named}, followed and free of the event at day {landmark:g}"
    return named if start == "baseline" else f"{named}, from {start} on"


def plan_facts(content: ReportContent) -> tuple[tuple[str, str], ...]:
    """Plan, registration, what it declares as pre-specified, design, condition, source; no empty line."""
    later = [name for name, a in content.plan.analyses.items() if not a.prespecified]
    cohort, registration = content.cohort, content.plan.registration
    none = len(later) == len(content.plan.analyses)
    some = "no analysis" if none else f"all but {', '.join(later)}"
    extent = some if later else "every analysis"
    declared = f"as declared in the plan: {extent}"
    facts = (
        ("Plan", content.plan.title),
        ("Registration", registration or ""),
        ("Pre-specified", declared if registration else f"{declared}; no registration given"),
        ("Design", upper_first(cohort.design.replace("_", " "))),
        ("Condition", condition_text(content)),
        ("Source of the data", cohort.source),
    )
    return tuple((label, text) for label, text in facts if text)
