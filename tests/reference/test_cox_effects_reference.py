"""Effects by period and in subgroups, clusters and adjusted curves, against R 4.2, survival 3.5-3.

`cox_effects_ref.R` made `cox_effects.json`: survSplit and coxph for the effects and their Wald tests; the
averaged curves are survfit's, their errors the definition of Efron's hazard, risk set by risk set.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from outcomes.config.survival import CoxAnalysis
from outcomes.frames import AnalysisFrame
from outcomes.models.cox_curves import mean_curve
from outcomes.models.cox_design import build_design, solve_cox
from outcomes.models.proportional_hazards import fit_cox
from outcomes.treatment import Treatment

HERE = Path(__file__).parent
R = json.loads((HERE / "cox_effects.json").read_text())
RTOL = 1e-8  # both engines iterate to 1e-13 of the likelihood; its derivatives are good to about 1e-9
ARMS = ("Obs", "Lev", "Lev+5FU")
COMPONENTS = {"Obs": frozenset(), "Lev": frozenset({"lev"}), "Lev+5FU": frozenset({"lev", "fu"})}


def frame_of(data: pd.DataFrame, arms: tuple[str, ...], components: dict) -> AnalysisFrame:
    known = sorted(set().union(*components.values()))
    data = data.assign(
        patient_id=[f"p{k:04d}" for k in range(len(data))],
        arm=pd.Categorical(data["arm"], categories=list(arms), ordered=True),
        time_days=data["time"].astype(float),
    )
    treatment = Treatment.from_sets(dict.fromkeys(known, True), components)
    return AnalysisFrame(data, treatment, "event", "Event", "days", True)


@pytest.fixture(scope="module")
def colon():
    data = pd.read_csv(HERE / "data" / "colon.csv")
    data = data[(data["etype"] == 2) & data["differ"].notna() & data["nodes"].notna()]
    return data.assign(
        arm=data["rx"],
        observed=data["status"] == 1,
        differ=data["differ"].astype(int).astype(str).astype("category"),
        sex=data["sex"].astype(str).astype("category"),
    )


def fit(data, **options):
    entry = {"question": "?", "role": "secondary", "endpoint": {"kind": "time_to_event", "event": "event"}}
    return fit_cox(frame_of(data, ARMS, COMPONENTS), CoxAnalysis(**entry, **options))


def compare(found, quantity, term, terms, reference):
    rows = [row for row in found.rows if row["quantity"] == quantity]
    ours = {(row["arm"], row["comparator"], row["term"]): row for row in rows}
    for expected in reference["rows"]:
        row = ours.pop((expected["arm"], expected["comparator"], terms[int(expected["part"]) - 1]))
        assert np.log(row["estimate"]) == pytest.approx(expected["estimate"], rel=RTOL)
        assert row["std_error"] == pytest.approx(expected["std_error"], rel=RTOL)
    assert not ours
    test = next(r for r in found.rows if (r["quantity"], r.get("term")) == ("interaction_chi_square", term))
    assert test["statistic"] == pytest.approx(reference["chi_square"], rel=RTOL)
    assert test["df"] == reference["df"]


@pytest.mark.parametrize(
    ("name", "options"), [("efron", {}), ("breslow", {"ties": "breslow"}), ("strata", {"strata": ("sex",)})]
)
def test_effects_by_period_equal_split_rows_in_coxph(name, options, colon):
    found = fit(colon, covariates=("age", "nodes"), periods_days=(365, 1000), **options)
    terms = ("days 0 to 365", "days 365 to 1000", f"days 1000 to {colon['time'].max():g}")
    compare(found, "period_hazard_ratio", "period", terms, R["periods"][name])


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("covariate", {"covariates": ("age", "nodes")}),
        ("covariate", {"covariates": ("differ", "age", "nodes")}),
        ("stratum", {"covariates": ("age", "nodes"), "strata": ("differ",)}),
    ],
)
def test_effects_in_subgroups_equal_interactions_in_coxph(name, options, colon):
    found = fit(colon, subgroups=("differ",), **options)
    terms = ("differ=1", "differ=2", "differ=3")
    compare(found, "subgroup_hazard_ratio", "differ", terms, R["subgroups"][name])


def test_clusters_give_the_robust_errors_of_coxph():
    data = pd.read_csv(HERE / "data" / "lung.csv").dropna(subset=["inst", "ph.ecog"])
    data = data[data["ph.ecog"] < 3].assign(
        arm=lambda d: d["sex"].map({1: "men", 2: "women"}),
        observed=lambda d: d["status"] == 2,
        inst=lambda d: d["inst"].astype(str).astype("category"),
    )
    entry = {"question": "?", "role": "secondary", "endpoint": {"kind": "time_to_event", "event": "event"}}
    data = data.rename(columns={"ph.ecog": "ecog"})
    analysis = CoxAnalysis(**entry, covariates=("age", "ecog"), cluster="inst")
    found = fit_cox(
        frame_of(data, ("men", "women"), {"men": frozenset(), "women": frozenset({"w"})}), analysis
    )
    rows = [row for row in found.rows if row["quantity"] == "log_hazard_coefficient"]
    assert [row["term"] for row in rows] == ["women", "age", "ecog"]
    np.testing.assert_allclose([r["estimate"] for r in rows], R["cluster"]["coefficients"], rtol=RTOL)
    np.testing.assert_allclose([r["std_error"] for r in rows], R["cluster"]["std_errors"], rtol=RTOL)
    (ratio,) = (row for row in found.rows if row["quantity"] == "hazard_ratio")
    assert ratio["status"] == "boundary"
    assert ratio["message"] == "18 clusters, fewer than 30: the robust standard error may be too small"


@pytest.mark.parametrize(("name", "strata"), [("plain", ()), ("strata", ("sex",))])
def test_adjusted_curves_are_the_averages_of_survfit(name, strata, colon):
    data = frame_of(colon.iloc[::3], ARMS, COMPONENTS).data
    design = build_design(data, ARMS, ("age", "nodes"), strata)
    fitted = solve_cox(design)
    for arm, expected in zip(ARMS, R["curves"][name], strict=True):
        x = design.matrix.copy()
        x[:, :2] = [arm == "Lev", arm == "Lev+5FU"]
        curve = mean_curve(fitted, x, design.stratum, np.array(R["curves"]["times"], float))
        np.testing.assert_allclose(curve.survival, expected["survival"], rtol=RTOL)
        np.testing.assert_allclose(curve.std_error, expected["std_error"], rtol=RTOL)
        if not strata:
            np.testing.assert_allclose(curve.survival, expected["survfit"], rtol=RTOL)
