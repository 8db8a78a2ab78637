"""The synthetic trial's truth: by other routes, against published facts, recovered by a large trial."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, ndtri

from outcomes.simulate import parameters as par
from outcomes.simulate.draws import poisson_counts
from outcomes.simulate.symptoms import record
from outcomes.simulate.trial import MISSING_CODE, SimulatedTrial, simulate_trial
from outcomes.simulate.truth import (
    latent_mean,
    pars_latent_means,
    phq9_mean,
    phq9_shifts,
    qlesq_latent_means,
    recorded_moments,
    restricted_mean,
    survival,
    true_values,
)

REFERENCE = Path(__file__).parents[1] / "reference" / "data"
LARGE = 20_000
STANDARD_ERRORS = 4.0  # one check in 16 000 fails by chance; seeds are fixed, so a pass stays a pass
ITEMS = [f"phq9_{k}" for k in range(1, 10)]
CAMS_ROUNDING = 0.051  # published with one decimal; the common baseline is a mean of rounded numbers
SD_TOLERANCE = 0.4  # points; one variance function for four arms, cut off at 0 where means are low


@pytest.fixture(scope="module")
def large() -> SimulatedTrial:
    return simulate_trial(7, LARGE)


@pytest.fixture(scope="module")
def truth() -> pd.DataFrame:
    return pd.DataFrame(true_values())


def value(truth: pd.DataFrame, endpoint: str, quantity: str, arm: str, time: float | None = None) -> float:
    rows = truth[(truth["endpoint"] == endpoint) & (truth["quantity"] == quantity) & (truth["arm"] == arm)]
    rows = rows[rows["comparator"].isna()]
    rows = rows[rows["time"].isna()] if time is None else rows[rows["time"] == time]
    assert len(rows) == 1
    return float(rows["value"].iloc[0])


def with_arm(frame: pd.DataFrame, trial: SimulatedTrial) -> pd.DataFrame:
    return frame.merge(trial.patients[["patient_id", "arm"]], on="patient_id", validate="m:1")


# ---- the truth, by another route


def test_recorded_moments_by_counting_the_scores_of_a_fine_grid_of_normal_quantiles():
    """Midpoint rule over probability: scores change at 30 points only, so the error is below 30 / cells."""
    cells = 2_000_000
    z = ndtri((np.arange(cells) + 0.5) / cells)
    for mean, sd in [(19.1, 3.9), (6.5, 6.3), (29.0, 5.0), (0.5, 2.0)]:
        scores = record(mean + sd * z, par.PARS_SCALE)
        expected_mean, expected_sd = recorded_moments(mean, sd, par.PARS_SCALE)
        assert expected_mean == pytest.approx(scores.mean(), abs=30 / cells)
        assert expected_sd == pytest.approx(scores.std(), abs=30 * 30 / cells)


def test_recorded_mean_by_hand():
    """A scale of one step is a Bernoulli: P(X >= 1/2) = 1/2 at mean 1/2, so mean 1/2 and SD 1/2."""
    one_step = par.Scale(0.0, 1.0, 1.0)
    assert recorded_moments(0.5, 3.0, one_step) == pytest.approx((0.5, 0.5), rel=1e-14)
    assert latent_mean(0.5, 3.0, one_step) == pytest.approx(0.5, abs=1e-11)  # bisection's own width
    with pytest.raises(ValueError, match="inside the scale"):
        latent_mean(0.0, 3.0, one_step)


def test_true_means_by_monte_carlo_of_the_generating_model(truth):
    """The model written anew with numpy's own normal numbers, without the package's draws."""
    rng, n = np.random.default_rng(5), 100_000
    effects = par.PARS_EFFECTS
    covariance = effects.correlation * effects.intercept_sd * effects.slope_sd
    effect = rng.multivariate_normal(
        [0, 0], [[effects.intercept_sd**2, covariance], [covariance, effects.slope_sd**2]], size=n
    )
    thresholds = [[loc + step for step in par.PHQ9_STEPS] for loc in par.PHQ9_LOCATIONS]
    for arm in par.ARMS:
        mean = pars_latent_means()[arm][-1]
        latent = mean + effect[:, 0] + 12 * effect[:, 1] + effects.residual_sd * rng.standard_normal(n)
        pars = np.clip(np.rint(latent), 0, 30)
        _within(pars, value(truth, "pars", "mean", arm, 12))
        z = (latent - mean) / effects.sd(12)
        factor = par.PHQ9_PARS_CORRELATION * z + np.sqrt(
            1 - par.PHQ9_PARS_CORRELATION**2
        ) * rng.standard_normal(n)
        total = np.zeros(n)
        for item in thresholds:
            own = np.sqrt(1 - par.PHQ9_LOADING**2) * rng.standard_normal(n)
            total += np.searchsorted(item, phq9_shifts()[arm][-1] + par.PHQ9_LOADING * factor + own)
        _within(total, value(truth, "phq9", "mean", arm, 12))
        quality = qlesq_latent_means()[arm]["week_12"] + par.QLESQ_SD["week_12"] * rng.standard_normal(n)
        _within(np.clip(np.round(quality, 1), 0, 100), value(truth, "qlesq", "mean", arm, 12))


def _within(sample, expected: float) -> None:
    sample = np.asarray(sample, dtype=float)
    assert abs(sample.mean() - expected) < STANDARD_ERRORS * sample.std(ddof=1) / np.sqrt(len(sample))


def test_phq9_at_its_ends():
    """Far above all thresholds every item is 3, far below every item is 0."""
    assert phq9_mean(50.0) == pytest.approx(27.0, rel=1e-15)
    assert phq9_mean(-50.0) == pytest.approx(0.0, abs=1e-15)


def test_restricted_mean_is_the_sum_of_the_survival_curve():
    """The recorded day is whole, so its restricted mean is ``sum S(k)``, k = 0 .. 1094, term by term."""
    for hazard in par.RECURRENCE_HAZARDS.values():
        total = sum(survival(day, hazard) for day in range(par.MAINTENANCE_DAYS))
        assert restricted_mean(par.MAINTENANCE_DAYS, hazard) == pytest.approx(total, rel=1e-12)
        # and half a day above the area under the continuous curve
        area = (1 - survival(par.MAINTENANCE_DAYS, hazard)) / hazard * par.MAINTENANCE_YEAR
        assert restricted_mean(par.MAINTENANCE_DAYS, hazard) - area == pytest.approx(0.5, abs=0.5)


def test_differences_are_differences_of_levels(truth):
    kinds = {"mean_difference": "mean", "rmst_difference": "rmst"}
    differences = truth[truth["quantity"].isin(kinds)]
    assert len(differences) == 6 * (3 + 3 + 3) + 2 + 6
    for row in differences.itertuples():
        time = None if pd.isna(row.time) else row.time
        level = [
            value(truth, row.endpoint, kinds[row.quantity], arm, time) for arm in (row.arm, row.comparator)
        ]
        assert row.value == pytest.approx(level[0] - level[1], abs=3e-8)  # three roundings to 8 decimals


# ---- the published facts


def test_cams_changes_and_differences_are_met(truth):
    """Changes from baseline as published; combined less neither: (7.4 - 19.4) - (12.6 - 19.6) = -5.0."""
    cams = pd.read_csv(REFERENCE / "cams_table2_pars.csv").set_index(["arm", "week"])
    for arm, week in cams.index:
        change = value(truth, "pars", "mean", arm, week) - value(truth, "pars", "mean", arm, 0)
        assert change == pytest.approx(cams["mean"][arm, week] - cams["mean"][arm, 0], abs=1e-7)
        # and levels: no further from the published mean than its arm's baseline is from the common one
        assert abs(value(truth, "pars", "mean", arm, week) - cams["mean"][arm, week]) < 0.5 + CAMS_ROUNDING
    baseline = cams.xs(0, level="week")
    common = np.average(baseline["mean"], weights=baseline["n"])
    assert value(truth, "pars", "mean", "neither", 0) == pytest.approx(common, abs=1e-7)
    week_12 = truth[
        (truth["endpoint"] == "pars") & (truth["quantity"] == "mean_difference") & (truth["time"] == 12)
    ]
    found = {(row.arm, row.comparator): row.value for row in week_12.itertuples()}
    assert found["combined", "neither"] == pytest.approx(-5.0, abs=1e-7)
    assert found["medication", "neither"] == pytest.approx(-2.0, abs=1e-7)
    assert found["therapy", "neither"] == pytest.approx(-1.1, abs=1e-7)


def test_cams_spread_is_met():
    cams = pd.read_csv(REFERENCE / "cams_table2_pars.csv").set_index(["arm", "week"])
    for arm, means in pars_latent_means().items():
        sds = [
            recorded_moments(mean, par.PARS_EFFECTS.sd(week), par.PARS_SCALE)[1]
            for week, mean in zip(par.WEEKS, means, strict=True)
        ]
        assert all(later > earlier for earlier, later in pairwise(sds))
        assert sds == pytest.approx([cams["sd"][arm, week] for week in par.WEEKS], abs=SD_TOLERANCE)


def test_reynolds_three_year_recurrence_is_met(truth):
    """Published in whole percent: 20, 43, 64 and 90."""
    for row in pd.read_csv(REFERENCE / "reynolds_1999_recurrence.csv").itertuples():
        survived = value(truth, "recurrence", "survival_probability", row.arm, par.MAINTENANCE_DAYS)
        assert round(100 * (1 - survived)) == row.recurred_percent


# ---- a large trial recovers what it was made with


def test_baseline_scores_of_a_large_trial(large, truth):
    first = with_arm(large.visits[large.visits["day"] == 0], large)
    for arm, rows in first.groupby("arm"):
        _within(rows["pars"], value(truth, "pars", "mean", arm, 0))
        _within(rows[ITEMS].sum(axis=1), value(truth, "phq9", "mean", arm, 0))
    quality = with_arm(large.quality_of_life, large)
    for arm, rows in quality.groupby("arm"):
        _within(rows["qlesq_baseline"], value(truth, "qlesq", "mean", arm, 0))


def test_week_12_scores_of_completers_reweighted_for_dropout(large, truth):
    """Inverse probability weights from the declared hazard undo the dropout, so it is missing at random.

    Unweighted, completers' means are lower than the truth: those with high scores left.
    """
    visits = with_arm(large.visits, large)
    visits["week"] = ((visits["day"] / 28).round() * 4).astype(int)
    table = visits.pivot_table(index=["arm", "patient_id"], columns="week", values="pars").astype(float)
    observed = table.mask(table == MISSING_CODE)
    last = observed[[0, 4, 8]].ffill(axis=1)
    leaving = expit(par.DROPOUT_INTERCEPT + par.DROPOUT_SLOPE * (last - par.DROPOUT_CENTRE))
    completers = observed[12].dropna()
    weight = (1 / (1 - leaving).prod(axis=1))[completers.index]
    biases = []
    for arm in par.ARMS:
        y, w = completers[arm], weight[arm]
        expected = value(truth, "pars", "mean", arm, 12)
        estimate = np.average(y, weights=w)
        std_error = np.sqrt(np.sum((w * (y - estimate)) ** 2)) / w.sum()
        assert abs(estimate - expected) < STANDARD_ERRORS * std_error
        biases.append((y.mean() - expected) / std_error)
    assert np.mean(biases) < -2


def test_dropout_depends_on_the_last_score_as_declared(large):
    """After the baseline visit: share leaving in each score group against the declared logistic curve."""
    visits = large.visits
    baseline = visits[visits["day"] == 0].set_index("patient_id")["pars"]
    left = visits.groupby("patient_id").size() == 1
    expected = 1 / (
        1 + np.exp(-(par.DROPOUT_INTERCEPT + par.DROPOUT_SLOPE * (baseline - par.DROPOUT_CENTRE)))
    )
    groups = pd.cut(baseline, [-1, 15, 18, 21, 24, 30])
    shares = []
    for _, ids in baseline.groupby(groups, observed=True):
        chance = expected[ids.index]
        std_error = np.sqrt((chance * (1 - chance)).sum()) / len(ids)
        shares.append(left[ids.index].mean())
        assert abs(shares[-1] - chance.mean()) < STANDARD_ERRORS * std_error
    assert shares[-1] > 2 * shares[0]


def test_recurrence_hazards_of_a_large_trial(large):
    """Maximum likelihood for whole days: events / days at risk is the daily chance 1 - exp(-hazard / 365)."""
    for arm, rows in with_arm(large.recurrence, large).groupby("arm"):
        events, days = (rows["status"] == "recurrence").sum(), rows["days"].sum()
        hazard = -np.log1p(-events / days) * par.MAINTENANCE_YEAR
        assert abs(np.log(hazard / par.RECURRENCE_HAZARDS[arm])) < STANDARD_ERRORS / np.sqrt(events)


def test_adverse_event_rates_of_a_large_trial(large, truth):
    events = with_arm(large.adverse_events, large).groupby("arm").size()
    years = large.patients.groupby("arm")["follow_up_days"].sum() / 365.25
    for arm in par.ARMS:
        expected = value(truth, "adverse_events", "incidence_rate", arm) * years[arm]
        assert abs(events[arm] - expected) < STANDARD_ERRORS * np.sqrt(expected)


def test_adherence_of_a_large_trial(large, truth):
    for component, (planned, taken) in {
        "therapy": ("sessions_offered", "sessions_attended"),
        "medication": ("days_planned", "days_covered"),
    }.items():
        endpoint = f"adherence_{component}_{par.ADHERENCE_UNITS[component]}"
        for arm, rows in with_arm(getattr(large, component), large).groupby("arm"):
            _within(rows[taken] / rows[planned], value(truth, endpoint, "mean", arm))


def test_poisson_counts_have_their_mean_and_variance():
    counts = poisson_counts(3, "test", np.full(50_000, 0.8))
    _within(counts, 0.8)
    _within((counts - 0.8) ** 2, 0.8)
