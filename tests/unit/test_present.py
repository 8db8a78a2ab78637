"""Which figures are drawn and saved, and what they say of a cohort that was not randomised throughout."""

from __future__ import annotations

from pathlib import Path

import figure_rows as made
import pandas as pd
import pytest
from figure_survival_rows import cumulative_incidence_rows

from outcomes.config import Cohort, Outputs, Plan
from outcomes.stages.present import draw_figures

FACTS = {"label": "BDI-II", "unit": "points", "higher_is_better": False, "labels": {}}
FIGURES = {
    "trajectory": {
        "kind": "trajectory", "section": "symptoms", "caption": "Means",
        "where": {"quantity": ["mean", "observed_mean"]},
    },
    "flow": {
        "kind": "participant_flow", "section": "who", "caption": "Flow",
        "where": {"model": "participant_flow"},
    },
    "contrasts": {
        "kind": "forest", "section": "symptoms", "caption": "Differences",
        "where": {"quantity": "mean_difference"},
    },
}  # fmt: skip
ESTIMAND = {"population": "p", "treatments": "t", "variable": "v", "intercurrent_events": {}, "summary": "s"}
PLAN = Plan.model_validate({
    "title": "t",
    "analyses": {
        "main": {"model": "mixed", "role": "primary", "question": "?", "estimand": ESTIMAND,
                 "endpoint": {"kind": "score", "measure": "bdi"}},
    },
})  # fmt: skip
ARMS = {"neither": [], "medication": ["drug"], "therapy": ["talk"], "combined": ["drug", "talk"]}


@pytest.fixture
def cohort() -> Cohort:
    """Like Beat the Blues: only the therapy was randomised."""
    return Cohort.model_validate({
        "title": "t", "description": "d", "source": "s", "condition": "depression",
        "design": "randomised_trial",
        "components": {
            "drug": {"label": "Antidepressant", "randomised": False},
            "talk": {"label": "CBT", "randomised": True},
        },
        "arms": {arm: {"label": arm, "components": parts} for arm, parts in ARMS.items()},
        "files": {"raw": {"path": "f.csv", "format": "csv"}},
        "patients": {
            "file": "raw", "id": "id", "arm": {"column": "a", "labels": {arm: arm for arm in ARMS}},
        },
    })  # fmt: skip


def draw(rows: pd.DataFrame, cohort: Cohort, folder: Path) -> dict[str, str]:
    outputs = Outputs.model_validate({"figures": FIGURES, "tables": {}})
    drawn = draw_figures(rows, outputs, cohort, PLAN, {"a": FACTS, "main": FACTS}, {}, folder)
    return {figure.name: figure.alt for figure in drawn}


def test_figures_of_a_cohort_say_what_was_not_randomised(cohort, tmp_path):
    rows = pd.concat([made.trajectory_rows("four_arms"), made.forest_rows("four_arms", "mean_difference")])
    alts = draw(rows, cohort, tmp_path / "figures")
    assert list(alts) == ["trajectory_a", "contrasts_a"]
    assert all(alt.endswith(" Not randomised: Antidepressant.") for alt in alts.values())
    assert "medication vs neither (not randomised) " in alts["contrasts_a"]
    assert "therapy vs neither −" in alts["contrasts_a"]


def test_what_an_analysis_calls_its_causes_goes_before_others_of_that_name(cohort, tmp_path):
    """Another analysis, or an event of the cohort, may be called dropout as well."""
    state = "Relapse from remission, by BDI-II"
    facts = {**FACTS, "label": state, "labels": {"relapse": state, "dropout": "Dropout"}}
    rows = cumulative_incidence_rows("four_arms").replace({"term": {"early_withdrawal": "dropout"}})
    outputs = Outputs.model_validate({"tables": {}, "figures": {"incidence": {
        "kind": "cumulative_incidence", "section": "relapse", "caption": "c",
        "where": {"quantity": ["cumulative_incidence", "number_at_risk"]},
    }}})  # fmt: skip
    labels = {"relapse": "Recorded relapse", "dropout": "Left early"}
    (drawn,) = draw_figures(rows, outputs, cohort, PLAN, {"a": facts, "main": FACTS}, labels, tmp_path)
    assert drawn.alt.index(state) < drawn.alt.index("Dropout")
    assert "Left early" not in drawn.alt


def test_a_figure_without_a_number_is_neither_listed_nor_saved(cohort, tmp_path):
    trajectory = made.trajectory_rows("four_arms")
    means = trajectory["quantity"] == "mean"
    rows = pd.concat([
        trajectory[~means], made.failed(trajectory[means]),
        made.forest_rows("four_arms", "mean_difference"),
    ])  # fmt: skip
    assert list(draw(rows, cohort, tmp_path / "figures")) == ["contrasts_a"]
    saved = sorted(path.name for path in (tmp_path / "figures").iterdir())
    assert saved == ["contrasts_a.png", "contrasts_a.svg"]


def test_the_flow_ends_with_who_is_in_the_primary_analyses(cohort, tmp_path):
    flow = made.flow_rows("four_arms", screened=False).assign(model="participant_flow", analysis="a")
    primary = made.table(
        [made.count("analysed", 97, "combined"), made.count("excluded: no score", 5, "combined")]
    ).assign(analysis="main", model="mixed")
    rows = pd.concat([flow, primary], ignore_index=True)
    assert (
        "analysed: 97 (BDI-II); left out: no score: 5" in draw(rows, cohort, tmp_path / "figures")["flow_a"]
    )
