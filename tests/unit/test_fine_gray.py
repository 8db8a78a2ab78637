"""The subdistribution hazard: dense sums, the Cox model as a special case, and what it refuses."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from competing_rows import draw

from outcomes.models.competing.fine_gray import fit_fine_gray
from outcomes.models.competing.risk_sets import prepare
from outcomes.models.competing.subdistribution import evaluate, residuals
from outcomes.models.cox import fit_cox_model

DENSE_RTOL = 1e-9  # sums in another order
NEWTON_RTOL = 1e-8  # two optimisers, each settled to 1e-9 standard errors


def problem(n=60, seed=1, step=20.0):
    time, cause, group = draw(n, seed, rates=(0.01, 0.005), step=step)
    rng = np.random.default_rng(seed + 10)
    x = np.column_stack([group, rng.normal(size=n)]).astype(float)
    return time, cause, x, rng.integers(0, 2, n), rng.integers(0, 3, n)


def remaining(time, cause, day):
    """Kaplan-Meier of censoring just before a day; who fails on a day is at risk of being censored."""
    out = float(day <= time.max())
    for u in np.unique(time[(cause == 0) & (time < day)]):
        out *= 1 - ((cause == 0) & (time == u)).sum() / (time >= u).sum()
    return out


def dense_weights(time, cause, group):
    """How much patient i is at risk on a day, as a function of (i, day)."""

    def left(i, day):
        mine = group == group[i]
        return remaining(time[mine], cause[mine], day)

    def weight(i, day):
        if time[i] >= day:
            return 1.0
        return left(i, day) / left(i, time[i]) if cause[i] > 1 else 0.0

    return weight


def dense_likelihood(time, cause, x, stratum, weight, beta):
    """Likelihood, score, information, and (stratum, day, mean, Breslow increment) of every failure time."""
    risk, p = np.exp(x @ beta), x.shape[1]
    log_likelihood, score, information, increments = 0.0, np.zeros(p), np.zeros((p, p)), []
    for s in np.unique(stratum):
        members = np.flatnonzero(stratum == s)
        for day in np.unique(time[(cause == 1) & (stratum == s)]):
            v = np.array([weight(i, day) * risk[i] for i in members])
            mean = v @ x[members] / v.sum()
            failing = np.flatnonzero((cause == 1) & (time == day) & (stratum == s))
            second = np.einsum("i,ij,ik->jk", v, x[members], x[members]) / v.sum()
            information += failing.size * (second - np.outer(mean, mean))
            score += x[failing].sum(axis=0) - failing.size * mean
            log_likelihood += (x[failing] @ beta).sum() - failing.size * np.log(v.sum())
            increments.append((s, day, mean, failing.size / v.sum()))
    return log_likelihood, score, information, increments


def dense_parts(time, cause, x, stratum, group, weight, beta, increments):
    """Each patient's eta + psi of Fine & Gray 1999, section 4."""
    risk, parts = np.exp(x @ beta), np.zeros(x.shape)
    for i, (s, day, mean, hazard) in itertools.product(range(time.size), increments):
        if stratum[i] == s:
            happened = float(cause[i] == 1 and time[i] == day)
            parts[i] += (x[i] - mean) * (happened - weight(i, day) * risk[i] * hazard)
    for g, u in {(g, u) for g, u, c in zip(group, time, cause, strict=True) if c == 0}:
        mine = np.flatnonzero(group == g)
        q = np.zeros(x.shape[1])
        for i, (s, day, mean, hazard) in itertools.product(mine, increments):
            if cause[i] > 1 and time[i] < u <= day and stratum[i] == s:
                q += (x[i] - mean) * weight(i, day) * risk[i] * hazard
        at_risk = mine[time[mine] >= u]
        censored = at_risk[(time[at_risk] == u) & (cause[at_risk] == 0)]
        parts[censored] += q / at_risk.size
        parts[at_risk] -= q / at_risk.size * censored.size / at_risk.size
    return parts


@pytest.mark.parametrize("strata", [False, True])
@pytest.mark.parametrize("groups", [False, True])
def test_sums_from_both_ends_are_the_dense_sums(strata, groups):
    """With ties, at coefficients that are not the solution."""
    time, cause, x, stratum, group = problem()
    zero = np.zeros(time.size, dtype=np.int64)
    stratum, group = (stratum if strata else zero), (group if groups else zero)
    beta = np.array([0.3, -0.2])
    data = prepare(time, cause, 1, stratum, group)
    found = evaluate(data, x, beta)
    weight = dense_weights(time, cause, group)
    log_likelihood, score, information, increments = dense_likelihood(time, cause, x, stratum, weight, beta)
    parts = dense_parts(time, cause, x, stratum, group, weight, beta, increments)
    assert found.log_likelihood == pytest.approx(log_likelihood, rel=DENSE_RTOL)
    np.testing.assert_allclose(found.score, score, rtol=DENSE_RTOL, atol=1e-10)
    np.testing.assert_allclose(found.information, information, rtol=DENSE_RTOL)
    np.testing.assert_allclose(residuals(data, x, beta), parts, rtol=DENSE_RTOL, atol=1e-11)


def test_residuals_sum_to_the_score():
    time, cause, x, stratum, group = problem(n=150, seed=3)
    data, beta = prepare(time, cause, 1, stratum, group), np.array([0.3, -0.2])
    np.testing.assert_allclose(
        residuals(data, x, beta).sum(axis=0), evaluate(data, x, beta).score, atol=1e-10
    )


def test_without_a_competing_cause_it_is_the_cox_model_with_robust_variance():
    time, cause, x, stratum, _ = problem(n=200, seed=4, step=5.0)
    only = np.where(cause == 1, 1, 0)
    found = fit_fine_gray(time, only, x, terms=("arm", "z"), stratum=stratum)
    cox = fit_cox_model(time, only == 1, x, terms=("arm", "z"), ties="breslow", stratum=stratum, robust=True)
    np.testing.assert_allclose(found.coefficients, cox.coefficients, rtol=NEWTON_RTOL)
    np.testing.assert_allclose(found.covariance, cox.covariance, rtol=NEWTON_RTOL)
    np.testing.assert_allclose(found.model_covariance, cox.naive_covariance, rtol=NEWTON_RTOL)
    assert found.log_likelihood == pytest.approx(cox.log_likelihood, rel=1e-10)


def test_without_censoring_the_competing_stay_at_risk_for_ever():
    """Fine & Gray 1999, section 3.1 (complete data): the Cox model in which they never leave."""
    time, cause, x, _, _ = problem(n=200, seed=5, step=5.0)
    cause = np.where(cause == 0, 2, cause)
    found = fit_fine_gray(time, cause, x, terms=("arm", "z"))
    cox = fit_cox_model(np.where(cause == 1, time, 1e6), cause == 1, x, ties="breslow", robust=True)
    np.testing.assert_allclose(found.coefficients, cox.coefficients, rtol=NEWTON_RTOL)
    np.testing.assert_allclose(found.covariance, cox.covariance, rtol=NEWTON_RTOL)


def test_order_unit_and_origin_do_not_matter():
    time, cause, x, stratum, group = problem(n=150, seed=6)
    one = fit_fine_gray(time, cause, x, terms=("arm", "z"), stratum=stratum, censoring_group=group)
    turned = np.random.default_rng(1).permutation(time.size)
    other = fit_fine_gray(
        time[turned] / 365.25, cause[turned], 10 * x[turned] + 400, terms=("arm", "z"),
        stratum=stratum[turned], censoring_group=group[turned],
    )  # fmt: skip
    np.testing.assert_allclose(other.coefficients * 10, one.coefficients, rtol=NEWTON_RTOL)
    np.testing.assert_allclose(other.covariance * 100, one.covariance, rtol=NEWTON_RTOL)


def test_coverage_of_the_robust_interval():
    """Data as in Fine & Gray 1999, section 5, with log ratio 0.5: 95% of 400 within 4 standard errors."""
    rng, truth, share, covered, draws = np.random.default_rng(8), 0.5, 0.5, 0, 400
    for _ in range(draws):
        x = rng.integers(0, 2, 150).astype(float)
        ever = 1 - (1 - share) ** np.exp(truth * x)
        first = rng.random(150) < ever
        u = rng.random(150) * ever
        relapse = -np.log1p(-(1 - (1 - u) ** np.exp(-truth * x)) / share)
        event = np.where(first, relapse, rng.exponential(1.0, 150))
        left = rng.uniform(0.2, 3, 150)
        cause = np.where(left < event, 0, np.where(first, 1, 2))
        fit = fit_fine_gray(np.minimum(event, left), cause, x[:, None], terms=("x",))
        covered += abs(fit.coefficients[0] - truth) < 1.96 * np.sqrt(fit.covariance[0, 0])
    assert covered / draws == pytest.approx(0.95, abs=4 * np.sqrt(0.05 * 0.95 / draws))


def test_separation_is_named():
    time, cause, x, _, _ = problem(n=80, seed=7)
    x[:, 0] = cause == 1
    fit = fit_fine_gray(time, cause, x, terms=("arm", "z"))
    assert fit.status == "not_estimable"
    assert "'arm' runs to infinity" in fit.message
    assert fit.coefficients.size == 0


def test_a_constant_column_is_named_and_a_collinear_one_has_no_numbers():
    time, cause, x, _, _ = problem(n=80, seed=7)
    constant = fit_fine_gray(time, cause, np.column_stack([x, np.ones(80)]), terms=("arm", "z", "site"))
    assert (constant.status, constant.message) == ("not_estimable", "'site' does not vary")
    collinear = fit_fine_gray(time, cause, np.column_stack([x, x.sum(axis=1)]), terms=("arm", "z", "both"))
    assert collinear.status == "not_converged"
    assert "collinear" in collinear.message


def test_unknown_covariates_and_no_event_are_bugs():
    time, cause, x, _, _ = problem()
    with pytest.raises(ValueError, match="covariates must be known"):
        fit_fine_gray(time, cause, np.where(x > 1, np.nan, x), terms=("arm", "z"))
    with pytest.raises(ValueError, match="no failure"):
        fit_fine_gray(time, np.zeros_like(cause), x, terms=("arm", "z"))
