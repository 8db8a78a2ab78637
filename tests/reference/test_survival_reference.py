"""Survival models against R 4.2 (survival 3.5-3, survRM2 1.0-4).

`survival_ref.R` with `common.R` made `km_logrank_rmst.json` and `cox.json` from `data/`. Weighted tests,
other scales, entries, weights and adjusted means are compared in `test_curves_reference.py`, the Cox model
on arrays in `test_cox_reference.py`.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from outcomes.config.survival import CoxAnalysis, KaplanMeierAnalysis, LogRankAnalysis, RmstAnalysis
from outcomes.frames import AnalysisFrame
from outcomes.inference import chi_square_p_value
from outcomes.models.counting import Sample
from outcomes.models.curve import kaplan_meier, median_time
from outcomes.models.kaplan_meier import fit_kaplan_meier
from outcomes.models.log_rank import fit_log_rank
from outcomes.models.proportional_hazards import fit_cox
from outcomes.models.restricted_mean import restricted_mean
from outcomes.models.rmst import fit_rmst
from outcomes.models.weighted_log_rank import log_rank
from outcomes.treatment import Treatment

HERE = Path(__file__).parent
CLOSED_RTOL = 1e-9  # sums and products in another order: nothing is iterated
TAIL_RTOL = 1e-5  # a p-value in the tail, or a difference of coefficients, magnifies their errors
NEWTON_RTOL = 1e-6  # both engines iterate; R to 1e-13, ours to 1e-9 standard errors

KM = json.loads((HERE / "km_logrank_rmst.json").read_text())
COX = json.loads((HERE / "cox.json").read_text())["fits"]


def read(name: str, folder: Path = HERE / "data") -> pd.DataFrame:
    return pd.read_csv(folder / f"{name}.csv")


def lung() -> pd.DataFrame:
    return read("lung").assign(event=lambda d: d["status"] == 2, arm=lambda d: "sex=" + d["sex"].astype(str))


def veteran() -> pd.DataFrame:
    return read("veteran").assign(
        event=lambda d: d["status"] == 1, arm=lambda d: "trt=" + d["trt"].astype(str)
    )


def colon_death() -> pd.DataFrame:
    data = read("colon")
    return data[data["etype"] == 2].assign(event=lambda d: d["status"] == 1, arm=lambda d: "rx=" + d["rx"])


def smoking() -> pd.DataFrame:
    return read("pharmacoSmoking", HERE.parents[1] / "data" / "smoking_relapse").assign(
        time=lambda d: d["ttr"], event=lambda d: d["relapse"] == 1, arm=lambda d: "grp=" + d["grp"]
    )


DATA = {"lung": lung, "veteran": veteran, "colon": colon_death, "pharmacoSmoking": smoking}
ARMS = {
    "lung": ("sex=1", "sex=2"),
    "veteran": ("trt=1", "trt=2"),
    "colon": ("rx=Obs", "rx=Lev", "rx=Lev+5FU"),
    "pharmacoSmoking": ("grp=combination", "grp=patchOnly"),
}


def data_of(fit: str) -> str:
    return fit.partition("_")[0]


def sample(data: pd.DataFrame) -> Sample:
    return Sample(data["time"].to_numpy(float), data["event"].to_numpy(bool))


def as_frame(data: pd.DataFrame, arms: tuple[str, ...]) -> AnalysisFrame:
    """The first of `arms` has no component, so that it leads the canonical order; the rest have one each."""
    components = {f"c{k}": True for k in range(len(arms) - 1)}
    sets = {arm: frozenset({f"c{k - 1}"} if k else set()) for k, arm in enumerate(arms)}
    frame = data.assign(
        patient_id=[f"p{k:04d}" for k in range(len(data))],
        arm=pd.Categorical(data["arm"], categories=list(arms), ordered=True),
        time_days=data["time"].astype(float),
        observed=data["event"].astype(bool),
    )
    return AnalysisFrame(frame, Treatment.from_sets(components, sets), "event", "Event", "days", True)


def plan(cls: type, **options: object):
    return cls(
        question="?", role="secondary", endpoint={"kind": "time_to_event", "event": "event"}, **options
    )


# ---------- Kaplan-Meier

CURVES = [
    (name, stratum)
    for name, fit in KM["kaplan_meier"].items()
    if data_of(name) in DATA
    for stratum in (dict.fromkeys(fit["log_log"]["strata"]) or [None])
]


@pytest.mark.parametrize(("name", "stratum"), CURVES)
def test_curve_and_numbers_at_risk_equal_survfit(name, stratum):
    """Probability, Greenwood error, log-log limits, number at risk; pharmacoSmoking has zero times."""
    reference = KM["kaplan_meier"][name]["log_log"]
    rows = [k for k in range(len(reference["time"])) if stratum is None or reference["strata"][k] == stratum]
    data = DATA[data_of(name)]()
    ours = sample(data if stratum is None else data[data["arm"] == stratum])
    curve = kaplan_meier(ours)
    times = [reference["time"][k] for k in rows]
    assert list(ours.at_risk(times)) == [reference["n_risk"][k] for k in rows]
    at = np.searchsorted(curve.time, times, side="right") - 1
    compared = 0
    for attribute, key in (
        ("survival", "surv"),
        ("std_error", "std_err"),
        ("low", "lower"),
        ("high", "upper"),
    ):
        for place, row in zip(at, rows, strict=True):
            expected = reference[key][row]
            if expected is not None and place >= 0:
                np.testing.assert_allclose(getattr(curve, attribute)[place], expected, rtol=CLOSED_RTOL)
                compared += 1
    assert compared >= 4 * (len(rows) - 1)


@pytest.mark.parametrize(("name", "stratum"), CURVES)
def test_median_and_its_limits_equal_survfit(name, stratum):
    """Veteran's second arm is flat at exactly 0.5: its median is the midpoint, 52.5."""
    table = KM["kaplan_meier"][name]["log_log"]["table"]
    keys = ("median", "0.95LCL", "0.95UCL")
    if stratum is None:
        expected = [table[key] for key in keys]
    else:
        values = table["values"][table["rows"].index(stratum)]
        expected = [values[table["cols"].index(key)] for key in keys]
    data = DATA[data_of(name)]()
    curve = kaplan_meier(sample(data if stratum is None else data[data["arm"] == stratum]))
    ours = [median_time(curve.time, values) for values in (curve.survival, curve.low, curve.high)]
    assert [None if np.isinf(value) else value for value in ours] == expected


def test_fit_kaplan_meier_puts_the_curves_into_rows():
    reference = KM["kaplan_meier"]["colon_death_rx"]["log_log"]
    frame = as_frame(colon_death(), ARMS["colon"])
    times = tuple(dict.fromkeys(reference["time"]))
    rows = pd.DataFrame(fit_kaplan_meier(frame, plan(KaplanMeierAnalysis, at_risk_days=times)).rows)
    ticks = rows[rows["quantity"] == "number_at_risk"]
    assert ticks["estimate"].tolist() == reference["n_risk"]
    for k, (arm, time) in enumerate(zip(reference["strata"], reference["time"], strict=True)):
        curve = rows[
            (rows["quantity"] == "survival_probability") & (rows["arm"] == arm) & (rows["time"] <= time)
        ]
        last = curve.sort_values("time").iloc[-1]
        np.testing.assert_allclose(
            last[["estimate", "std_error", "ci_low", "ci_high"]].to_numpy(float),
            [reference[key][k] for key in ("surv", "std_err", "lower", "upper")],
            rtol=CLOSED_RTOL,
        )
    medians = rows[rows["quantity"] == "median_survival"].set_index("arm")
    assert medians.loc["rx=Lev", "estimate"] == 2152
    assert medians.loc["rx=Lev", "ci_high"] == np.inf
    assert medians.loc["rx=Lev+5FU", "estimate"] == np.inf


# ---------- log-rank


@pytest.mark.parametrize("name", sorted(name for name in KM["logrank"] if name.endswith("rho0")))
def test_log_rank_equals_survdiff(name):
    """Observed, expected, variance and chi-square: two arms, three arms, and strata by cell type."""
    reference = KM["logrank"][name]
    data, arms = DATA[data_of(name)](), ARMS[data_of(name)]
    strata = data["celltype"] if "strata" in name else pd.Series(0, index=data.index)
    result = log_rank(
        data["time"].to_numpy(float),
        data["event"].to_numpy(bool),
        data["arm"].map({arm: k for k, arm in enumerate(arms)}).to_numpy(np.int64),
        pd.factorize(strata)[0].astype(np.int64),
    )
    np.testing.assert_allclose(result.observed, reference["obs"], rtol=CLOSED_RTOL)
    np.testing.assert_allclose(result.expected, reference["exp"], rtol=CLOSED_RTOL)
    np.testing.assert_allclose(result.variance, reference["var"], rtol=CLOSED_RTOL)
    assert result.chi_square == pytest.approx(reference["chisq"], rel=CLOSED_RTOL)
    assert result.df == reference["df"]
    assert chi_square_p_value(result.chi_square, result.df) == pytest.approx(reference["p"], rel=CLOSED_RTOL)


def test_fit_log_rank_rows_equal_survdiff():
    reference = KM["logrank"]["veteran_trt_strata_rho0"]
    fit = fit_log_rank(as_frame(veteran(), ARMS["veteran"]), plan(LogRankAnalysis, strata=("celltype",)))
    for row in fit.rows:  # with two arms the overall test is that of the pair
        assert row["estimate"] == pytest.approx(reference["chisq"], rel=CLOSED_RTOL)
        assert row["p_value"] == pytest.approx(reference["p"], rel=CLOSED_RTOL)
        assert (row["n_patients"], row["n_events"]) == (137, 128)


# ---------- RMST


def rmst_arms(name: str) -> tuple[str, str]:
    """Arm 1 and arm 0 of the reference."""
    first, second = ARMS[data_of(name)]
    return (first, second) if "pharmaco" in name else (second, first)


@pytest.mark.parametrize("name", sorted(name for name in KM["rmst"] if not name.endswith("adj_age")))
def test_restricted_mean_equals_survrm2(name):
    reference = KM["rmst"][name]
    data = DATA[data_of(name)]()
    for arm, key in zip(rmst_arms(name), ("arm1", "arm0"), strict=True):
        result = restricted_mean(sample(data[data["arm"] == arm]), reference["tau"])
        expected = reference[key]["rmst"]["values"][0]
        assert result.mean == pytest.approx(expected[0], rel=CLOSED_RTOL)
        assert result.std_error == pytest.approx(expected[1], rel=CLOSED_RTOL)
        assert result.variance == pytest.approx(reference[key]["var"], rel=CLOSED_RTOL)


@pytest.mark.parametrize("name", ["lung_sex_tau365", "lung_sex_tau730", "veteran_trt_tau300"])
def test_fit_rmst_difference_equals_survrm2(name):
    """Difference, limits and p. pharmacoSmoking has zero times, which ingest decides on before a fit."""
    reference = KM["rmst"][name]
    arm, comparator = rmst_arms(name)
    analysis = plan(RmstAnalysis, horizon_days=reference["tau"])
    fit = fit_rmst(as_frame(DATA[data_of(name)](), ARMS[data_of(name)]), analysis)
    row = next(r for r in fit.rows if r["quantity"] == "rmst_difference")
    assert (row["arm"], row["comparator"], row["time"]) == (arm, comparator, reference["tau"])
    ours = [row[key] for key in ("estimate", "ci_low", "ci_high", "p_value")]
    np.testing.assert_allclose(ours, reference["contrast"]["values"][0], rtol=CLOSED_RTOL)


# ---------- Cox


def test_fit_cox_rows_equal_coxph_colon():
    """Three arms and covariates through the public function: hazard ratios, limits and p of R's summary."""
    reference = COX["colon_death_efron"]
    data = colon_death().dropna(subset=["nodes"])
    covariates = ("sex", "age", "obstruct", "adhere", "nodes")
    fit = fit_cox(as_frame(data, ARMS["colon"]), plan(CoxAnalysis, covariates=covariates))
    rows = pd.DataFrame(fit.rows)
    ratios = rows[(rows["quantity"] == "hazard_ratio") & (rows["comparator"] == "rx=Obs")]
    assert ratios["arm"].tolist() == ["rx=Lev", "rx=Lev+5FU"]
    for column, expected in (
        ("estimate", np.exp(reference["coef"][:2])),
        ("ci_low", reference["hr_lower95"][:2]),
        ("ci_high", reference["hr_upper95"][:2]),
        ("std_error", reference["se"][:2]),
        ("p_value", reference["p"][:2]),
    ):
        np.testing.assert_allclose(
            ratios[column].to_numpy(float), expected, rtol=TAIL_RTOL if column == "p_value" else NEWTON_RTOL
        )
    between = rows[(rows["quantity"] == "hazard_ratio") & (rows["comparator"] == "rx=Lev")].iloc[0]
    variance = np.array(reference["var"])
    assert np.log(between["estimate"]) == pytest.approx(
        reference["coef"][1] - reference["coef"][0], rel=TAIL_RTOL
    )
    assert between["std_error"] == pytest.approx(
        np.sqrt(variance[0, 0] + variance[1, 1] - 2 * variance[0, 1]), rel=NEWTON_RTOL
    )
    coefficients = rows[rows["quantity"] == "log_hazard_coefficient"]
    assert coefficients["term"].tolist() == ["rx=Lev", "rx=Lev+5FU", *covariates]
    np.testing.assert_allclose(coefficients["estimate"].to_numpy(float), reference["coef"], rtol=NEWTON_RTOL)


def test_fit_cox_strata_equal_coxph_veteran():
    reference = COX["veteran_strata_efron"]
    analysis = plan(CoxAnalysis, covariates=("karno", "age"), strata=("celltype",))
    fit = fit_cox(as_frame(veteran(), ARMS["veteran"]), analysis)
    ours = [row["estimate"] for row in fit.rows if row["quantity"] == "log_hazard_coefficient"]
    np.testing.assert_allclose(ours, reference["coef"], rtol=NEWTON_RTOL)
