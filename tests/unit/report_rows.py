"""Content of three reports, made by hand after docs/estimates.md: two arms, four arms, a simulated trial."""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd
from report_settings import COLOURS, ESTIMAND, NO_EVENTS, OUTPUTS, PROVENANCE, SVG

from outcomes.config import Cohort, Outputs, Plan
from outcomes.io import shape
from outcomes.models.fit import failed_row, level, wald_row
from outcomes.report.content import FigureFile, ReportContent
from outcomes.tables import ESTIMATES

Rows = list[dict[str, Any]]


def cohort_of(**changes: Any) -> Cohort:
    """Four cells of medication and therapy, medication not randomised, BDI at months 0, 2 and 8."""
    entry = {
        "title": "Beat the Blues",
        "description": "Computerised therapy or usual care, with and without antidepressants.",
        "source": "Proudfoot et al. 2003, Psychol Med 33:217; http://example.org/data",
        "condition": "depression",
        "design": "randomised_trial",
        "components": {
            "medication": {"label": "Antidepressant", "randomised": False},
            "therapy": {"label": "Computerised therapy", "randomised": True},
        },
        "arms": {
            "neither": {"label": "Usual care", "components": []},
            "medication": {"label": "Antidepressant", "components": ["medication"]},
            "therapy": {"label": "Beat the Blues", "components": ["therapy"]},
            "combined": {"label": "Beat the Blues + antidepressant", "components": ["medication", "therapy"]},
        },
        "files": {"scores": {"path": "data/trial/scores.csv", "format": "csv"}},
        "patients": {
            "file": "scores",
            "id": "id",
            "arm": {"column": "arm", "labels": {arm[0]: arm for arm in COLOURS}},
            "covariates": {
                "age_years": {"column": "age", "kind": "number", "label": "Age", "unit": "years"},
                "sex": {"column": "sex", "kind": "category", "label": "Sex",
                        "levels": {"1": "female", "2": "male"}},
            },
        },
        "schedule": {"unit": "month", "visits": {"month_0": 0, "month_2": 2, "month_8": 8}},
        "measures": {"bdi": wide("BDI", "BDI")},
        "notes": ["Antidepressants were prescribed by the general practitioner."],
    }  # fmt: skip
    return Cohort.model_validate(entry | changes)


def wide(instrument: str, label: str) -> dict[str, Any]:
    columns = {f"month_{month}": f"{instrument} {month}" for month in (0, 2, 8)}
    return {"layout": "wide", "file": "scores", "id": "id", "columns": columns,
            "instrument": instrument, "label": label}  # fmt: skip


def relapse_event(label: str = "Relapse") -> dict[str, Any]:
    return {"label": label, "file": "scores", "id": "id", "time": {"column": "t", "unit": "day"},
            "status": {"column": "d", "event": ["1"], "censored": {"0": "end of study"}}}  # fmt: skip


def labels_of(cohort: Cohort) -> dict[str, str]:
    """Printed names, as the stage makes them."""
    labels = {name: spec.label for name, spec in cohort.components.items()}
    labels |= {name: spec.label for name, spec in cohort.measures.items()}
    labels |= {name: spec.label for name, spec in cohort.events.items()}
    labels |= {name: spec.label for name, spec in cohort.patients.covariates.items()}
    labels |= {"sex=female": "Sex: female", "sex=male": "Sex: male", "age_years": "Age (years)"}
    return labels | {name: spec.label for name, spec in cohort.arms.items()}


def content_of(name: str, cohort: Cohort, plan: dict[str, Any], rows: Rows, **changes: Any) -> ReportContent:
    made = Plan.model_validate(plan)
    full = [
        {"cohort": name, "endpoint": "endpoint", "population": "all_assigned",
         "model": made.analyses[row["analysis"]].model, **row}
        for row in rows
    ]  # fmt: skip
    frame = shape(pd.DataFrame(full, columns=list(ESTIMATES.names)), ESTIMATES)
    methods = {a: {"methods": {"Model": f"as planned for {a}"}, "warnings": []} for a in made.analyses}
    values = {
        "name": name,
        "cohort": cohort,
        "plan": made,
        "outputs": Outputs.model_validate(OUTPUTS),
        "estimates": frame,
        "methods": methods,
        "figures": (),
        "provenance": PROVENANCE,
        "labels": labels_of(cohort),
        "arm_colours": {arm: COLOURS[arm] for arm in cohort.arms},
    }
    return ReportContent(**(values | changes))


def figure(key: str, kind: str, section: str, analysis: str, caption: str) -> FigureFile:
    alt = f"{caption}: one line per arm"
    return FigureFile(f"{key}_{analysis}", kind, section, analysis, caption, alt, SVG)


def of(analysis: str, rows: Iterable[dict[str, Any]]) -> Rows:
    return [{"analysis": analysis, **row} for row in rows]


def difference(
    arm: str, comparator: str, time: float, value: float, error: float, **columns: Any
) -> dict[str, Any]:
    """One difference in means of BDI points at a month, z test."""
    place = {"arm": arm, "comparator": comparator, "time": time, "time_unit": "month", "unit": "points"}
    return wald_row(
        "mean_difference", value, error, 0.95, **{**place, "n_patients": 96, "n_obs": 280, **columns}
    )


def mean(arm: str, time: float, value: float, error: float = 1.3, **columns: Any) -> dict[str, Any]:
    place = {"arm": arm, "time": time, "time_unit": "month", "unit": "points", "n_patients": 24, "n_obs": 60}
    return wald_row("mean", value, error, 0.95, test=False, **{**place, **columns})


def flow_rows(arms: Iterable[str]) -> Rows:
    rows = [level("count", term="screened", estimate=167, unit="patients")]
    for arm in arms:
        rows.append(level("count", term="assigned", arm=arm, estimate=25, unit="patients"))
        rows.append(level("count", term="completed", arm=arm, estimate=21, unit="patients"))
    return rows


def baseline_rows(cohort: Cohort) -> Rows:
    rows: Rows = []
    for place, arm in enumerate(cohort.treatment.arms):
        common = {"arm": arm, "n_patients": 24}
        rows += [
            level("count", term="analysed", arm=arm, estimate=25, unit="patients"),
            level("observed_mean", term="age_years", estimate=40.0 + place, unit="", **common),
            level("standard_deviation", term="age_years", estimate=11.24, unit="", **common),
            level("count", term="missing: age_years", arm=arm, estimate=1, unit="patients"),
        ]
        for sex, n in (("female", 14 + place), ("male", 10 - place)):
            rows.append(level("proportion", term=f"sex={sex}", estimate=n / 24, ci_low=0.1, ci_high=0.95,
                              conf_level=0.95, unit="probability", n_events=n, **common))  # fmt: skip
    for arm, comparator in cohort.treatment.pairs():
        for term, value in (("age_years", -0.094), ("sex", 0.21)):
            rows.append(level("standardised_mean_difference", term=term, arm=arm, comparator=comparator,
                              estimate=value, unit="standard deviations"))  # fmt: skip
    return rows


def _four_arm_plan() -> dict[str, Any]:
    descriptive = {"role": "descriptive", "question": "Who took part?"}
    score = {"kind": "score", "measure": "bdi"}
    return {
        "title": "Computerised therapy with and without antidepressants",
        "registration": "ISRCTN00000000",
        "multiplicity": {"symptoms": "holm"},
        "analyses": {
            "flow": {"model": "participant_flow", "endpoint": {"kind": "flow", "measure": "bdi"},
                     **descriptive},
            "baseline": {"model": "baseline_table", "endpoint": {"kind": "baseline"}, **descriptive},
            "bdi_mixed": {
                "model": "mixed", "role": "primary", "endpoint": score, "family": "symptoms",
                "question": "Do symptoms fall more with therapy and antidepressants together?",
                "estimand": ESTIMAND,
                "contrasts": [["therapy", "neither"], ["combined", "medication"], ["combined", "therapy"]],
            },
            "bdi_completers": {
                "model": "mixed", "role": "exploratory", "prespecified": False, "endpoint": score,
                "question": "What do completers say?", "contrasts": [["combined", "neither"]],
            },
            "dropout": {
                "model": "proportion", "role": "secondary", "question": "Does dropout differ?",
                "endpoint": {"kind": "dropout", "measure": "bdi"},
                "contrasts": [["therapy", "neither"], ["combined", "therapy"]],
            },
        },
    }  # fmt: skip


def _four_arm_means(arms: Iterable[str]) -> Rows:
    mixed = [level("count", term="analysed", arm=arm, estimate=24, unit="patients") for arm in arms]
    mixed += [
        level("count", term="excluded: no score after baseline", arm=arm, estimate=1, unit="patients")
        for arm in arms
    ]
    for arm in arms:
        mixed += [mean(arm, 2.0, 17.3), mean(arm, 8.0, 12.91)]
    family = {"family": "symptoms"}
    mixed += [
        difference("therapy", "neither", 2.0, -4.812, 1.71),
        difference("combined", "medication", 2.0, -3.1, 1.9),
        difference("combined", "therapy", 2.0, -1.0, 1.9),
        difference("therapy", "neither", 8.0, -5.04, 1.8, p_adjusted=0.0153, **family),
        difference("combined", "medication", 8.0, -2.049, 2.01, p_adjusted=0.616, **family),
        difference("combined", "therapy", 8.0, 0.02, 2.2, p_adjusted=0.993, **family),
        wald_row("coefficient", 12.5, 2.2, 0.95, term="intercept", n_patients=96, n_obs=280),
        wald_row("coefficient", -2.82495, 1.72684, 0.95, term="medication", n_patients=96, n_obs=280),
        wald_row(
            "coefficient", -0.70476, 0.14639, 0.95, term="arm=therapy:visit=month_8", n_patients=96, n_obs=280
        ),
        level("variance_component", term="residual", estimate=25.12, n_patients=96, n_obs=280),
        level("log_likelihood", term="reml", estimate=-935.7461, n_patients=96, n_obs=280),
    ]
    return mixed


def four_arm_content(**changes: Any) -> ReportContent:
    """Four cells, medication not randomised; one contrast failed, one fit is at a boundary."""
    cohort = cohort_of()
    boundary = difference("combined", "neither", 8.0, -6.5, 2.4) | {
        "status": "boundary", "message": "the variance of the random slope is zero"}  # fmt: skip
    place = {"unit": "probability", "conf_level": 0.95}
    dropout = [
        level("proportion", arm="therapy", estimate=0.36, ci_low=0.24, ci_high=0.5,
              n_patients=52, n_events=19, **place),
        level("risk_difference", arm="therapy", comparator="neither", estimate=-0.12, ci_low=-0.3,
              ci_high=0.07, n_patients=100, n_events=43, **place),
        failed_row("risk_difference", "not_estimable", NO_EVENTS, arm="combined", comparator="therapy"),
    ]  # fmt: skip
    rows = [
        *of("flow", flow_rows(cohort.arms)), *of("baseline", baseline_rows(cohort)),
        *of("bdi_mixed", _four_arm_means(cohort.treatment.arms)),
        *of("bdi_completers", [boundary]), *of("dropout", dropout),
    ]  # fmt: skip
    figures = (
        figure("flow", "participant_flow", "who", "flow", "Flow of participants"),
        figure("trajectory", "trajectory", "symptoms", "bdi_mixed", "Marginal means by arm"),
        figure("forest", "forest", "symptoms", "bdi_mixed", "Differences in marginal means"),
    )
    return content_of("beat_the_blues", cohort, _four_arm_plan(), rows, **({"figures": figures} | changes))


def two_arm_content(**changes: Any) -> ReportContent:
    """A relapse trial of two randomised drug components: survival models only."""
    cohort = cohort_of(
        title="Relapse to smoking",
        components={
            "medication": {"label": "Patch", "randomised": True},
            "therapy": {"label": "Inhaler and bupropion", "randomised": True},
        },
        arms={
            "medication": {"label": "Patch only", "components": ["medication"]},
            "combined": {"label": "Triple combination", "components": ["medication", "therapy"]},
        },
        patients={"file": "scores", "id": "id",
                  "arm": {"column": "a", "labels": {"p": "medication", "t": "combined"}}},
        schedule=None, measures={}, events={"relapse": relapse_event("Relapse to smoking")}, notes=[],
        condition="other",
    )  # fmt: skip
    event = {"kind": "time_to_event", "event": "relapse"}
    secondary = {"role": "secondary", "endpoint": event}
    plan = {
        "title": "Relapse over six months",
        "analyses": {
            "relapse_km": {"model": "kaplan_meier", "question": "How many stay free?", **secondary},
            "relapse_log_rank": {"model": "log_rank", "question": "Do the curves differ?", **secondary},
            "relapse_cox": {"model": "cox", "question": "Is relapse less likely?", "role": "primary",
                            "estimand": ESTIMAND, "endpoint": event},
            "relapse_rmst": {"model": "rmst", "question": "How many days are gained?", **secondary},
        },
    }  # fmt: skip
    pair = {"arm": "combined", "comparator": "medication", "n_patients": 125, "n_events": 89}
    curves = [
        level("survival_probability", arm=arm, time=float(day), time_unit="day", estimate=1 - day / 400,
              ci_low=0.4, ci_high=1.0, conf_level=0.95, unit="probability", n_at_risk=60, n_events=1)
        for arm in cohort.arms for day in (0, 14, 56)
    ]  # fmt: skip
    curves += [
        level("median_survival", arm="medication", estimate=28.0, ci_low=14.0, ci_high=56.0, conf_level=0.95,
              unit="days", n_patients=64),
        level("median_survival", arm="combined", estimate=math.inf, ci_low=77.0, ci_high=math.inf,
              conf_level=0.95, unit="days", n_patients=61),
    ]  # fmt: skip
    test = {"estimate": 7.951, "statistic": 7.951, "df": 1.0, "p_value": 0.00481, "unit": "chi-square"}
    rows = [
        *of("relapse_km", [level("count", term="analysed", arm=a, estimate=n, unit="patients")
                           for a, n in (("medication", 64), ("combined", 61))]),
        *of("relapse_km", curves),
        *of("relapse_log_rank", [level("log_rank_chi_square", n_patients=125, n_events=89, **test),
                                 level("log_rank_chi_square", **test, **pair)]),
        *of("relapse_cox", [wald_row("hazard_ratio", math.log(0.5455), 0.2162, 0.95, unit="ratio", **pair)]),
        *of("relapse_rmst", [wald_row("rmst_difference", 32.44, 13.2, 0.95, unit="days", time=182.0,
                                      time_unit="day", **pair)]),
    ]  # fmt: skip
    figures = (figure("survival", "kaplan_meier", "relapse", "relapse_km", "Kaplan-Meier estimates"),)
    return content_of("smoking_relapse", cohort, plan, rows, **({"figures": figures} | changes))


def synthetic_content(**changes: Any) -> ReportContent:
    """A simulated trial with quality of life, adherence, harms, a failed hazard ratio, and its truth."""
    cohort = cohort_of(
        title="Simulated trial", synthetic=True, truth="data/trial/truth.yaml",
        components={
            "medication": {"label": "Sertraline", "randomised": True},
            "therapy": {"label": "Psychotherapy", "randomised": True},
        },
        measures={"phq9": wide("PHQ-9", "PHQ-9"), "qol": wide("Q-LES-Q-SF", "Quality of life")},
        events={"relapse": relapse_event("Recurrence")},
        exposures={"therapy": {"file": "scores", "id": "id", "sessions_offered": "o",
                               "sessions_attended": "a"}},
        adverse_events={"file": "scores", "id": "id", "term": "ae", "onset": {"column": "d", "unit": "day"}},
    )  # fmt: skip
    secondary = {"role": "secondary", "contrasts": [["combined", "therapy"]]}
    plan = {
        "title": "Simulated plan",
        "analyses": {
            "phq9_mixed": {"model": "mixed", "role": "primary", "question": "Do symptoms fall?",
                           "endpoint": {"kind": "change", "measure": "phq9"}, "estimand": ESTIMAND,
                           "contrasts": [["combined", "therapy"]]},
            "qol_mixed": {"model": "mixed", "question": "Does quality of life rise?",
                          "endpoint": {"kind": "score", "measure": "qol"}, **secondary},
            "relapse_cox": {"model": "cox", "role": "primary", "estimand": ESTIMAND,
                            "endpoint": {"kind": "time_to_event", "event": "relapse"},
                            "question": "Is recurrence rarer?",
                            "contrasts": [["combined", "therapy"], ["combined", "neither"]]},
            "sessions": {"model": "mean", "question": "Are sessions attended?",
                         "endpoint": {"kind": "adherence", "component": "therapy", "of": "sessions"},
                         **secondary},
            "harms": {"model": "event_rate", "role": "secondary", "question": "What harms occur?",
                      "endpoint": {"kind": "adverse_events"}},
        },
    }  # fmt: skip
    pair = {"arm": "combined", "comparator": "therapy"}
    phq9 = [difference("combined", "therapy", 8.0, -2.1, 0.9),
            truth("mean_difference", -1.9, "points", time=8.0, time_unit="month", **pair)]  # fmt: skip
    qol = [difference("combined", "therapy", 8.0, 5.0, 1.5),
           truth("mean_difference", 9.0, "points", time=8.0, time_unit="month", **pair)]  # fmt: skip
    cox = [
        wald_row("hazard_ratio", math.log(2.4), 0.3, 0.95, unit="ratio", n_patients=240, n_events=80, **pair),
        failed_row("hazard_ratio", "not_converged", "gradient 0.3", arm="combined", comparator="neither"),
        truth("hazard_ratio", 0.217, "ratio", **pair),
    ]
    share = wald_row("mean_difference", 0.0823, 0.03, 0.95, 180.4, unit="probability", n_patients=240, **pair)
    rows = [
        *of("phq9_mixed", phq9), *of("qol_mixed", qol), *of("relapse_cox", cox), *of("sessions", [share]),
        *of("harms", adverse_rows(cohort.arms)),
    ]  # fmt: skip
    return content_of("synthetic_trial", cohort, plan, rows, **changes)


def truth(quantity: str, value: float, unit: str, **columns: Any) -> dict[str, Any]:
    return level("truth", term=quantity, estimate=value, unit=unit, **columns)


def adverse_rows(arms: Iterable[str]) -> Rows:
    rows: Rows = []
    for arm in arms:
        rows.append(level("person_years", arm=arm, estimate=1050.25, unit="years", n_patients=120))
        for term, patients in ((None, 31), ("Headache", 12), ("Nausea", 24)):
            place = {"term": term, "arm": arm, "n_patients": 120}
            rows += [
                level("event_count", estimate=patients + 3, unit="events", n_events=patients + 3, **place),
                level("count", estimate=patients, unit="patients", **place),
                level("incidence_rate", estimate=patients / 105, ci_low=0.05, ci_high=0.61, conf_level=0.95,
                      unit="per person-year", **place),
            ]  # fmt: skip
    return rows


CONTENTS = {"two_arms": two_arm_content, "four_arms": four_arm_content, "synthetic": synthetic_content}


def write_pages(folder: Path) -> list[Path]:
    """Render the three reports and their index below `folder`, laid out as results are."""
    from outcomes.report.index import IndexEntry, render_index
    from outcomes.report.page import render_report, summarise

    entries, pages = [], []
    for make in CONTENTS.values():
        content = make()
        page = folder / content.name / "release" / "report.html"
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(render_report(content), encoding="utf-8")
        entries.append(IndexEntry(**summarise(content)))
        pages.append(page)
    index = folder / "index.html"
    index.write_text(render_index(entries), encoding="utf-8")
    return [*pages, index]
