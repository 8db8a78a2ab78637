"""Gray's test: dense formulas, moments under the hypothesis, and what must not change it."""

from __future__ import annotations

import numpy as np
import pytest
from competing_rows import draw

from outcomes.models.competing.gray import gray_test
from outcomes.models.log_rank import log_rank

DENSE_RTOL = 1e-10  # sums in another order
DRAWS = 2000
MONTE_CARLO = 4 * np.sqrt(2 / DRAWS)  # four standard errors of a variance estimated from DRAWS draws


def dense_gray(time, cause, group):
    """Score and variance of Gray 1988, section 3, with every quantity found anew at every time."""
    k = group.max() + 1
    times = np.unique(time)

    def survival(r, day, *, before):
        out = 1.0
        for u in times[(times < day) | ((times == day) & (not before))]:
            n = ((group == r) & (time >= u)).sum()
            if n:
                out *= 1 - ((group == r) & (time == u) & (cause > 0)).sum() / n
        return out

    def incidence_before(r, day):
        total = 0.0
        for u in times[times < day]:
            n = ((group == r) & (time >= u)).sum()
            if n:
                failed = ((group == r) & (time == u) & (cause == 1)).sum()
                total += survival(r, u, before=True) * failed / n
        return total

    n = np.array([[((group == r) & (time >= t)).sum() for t in times] for r in range(k)], float)
    own = np.array(
        [[((group == r) & (time == t) & (cause == 1)).sum() for t in times] for r in range(k)], float
    )
    other = np.array(
        [[((group == r) & (time == t) & (cause > 1)).sum() for t in times] for r in range(k)], float
    )
    before = np.array([[survival(r, t, before=True) for t in times] for r in range(k)])
    after = np.array([[survival(r, t, before=False) for t in times] for r in range(k)])
    h = np.where(n > 0, n / np.where(n > 0, before, 1), 0.0)
    risk = h * (1 - np.array([[incidence_before(r, t) for t in times] for r in range(k)]))
    d = own.sum(axis=0)
    score = np.array([sum(own[i, t] - d[t] * risk[i, t] / risk[:, t].sum() for t in range(times.size))
                      for i in range(k)])  # fmt: skip
    null = np.cumsum(d / h.sum(axis=0))
    null_before = np.append(0.0, null[:-1])
    a = np.array([[[h[i, t] * ((i == r) - h[r, t] / h[:, t].sum()) for t in range(times.size)]
                   for r in range(k)] for i in range(k)])  # fmt: skip
    dc = np.array([a[:, :, t] * d[t] / (h[:, t].sum() * (1 - null_before[t])) for t in range(times.size)])
    variance = np.zeros((k, k))
    for i in range(k):
        for j in range(k):
            for r in range(k):
                for t in range(times.size):
                    if n[r, t] == 0:
                        continue
                    ci, cj = dc[t + 1 :, i, r].sum(), dc[t + 1 :, j, r].sum()
                    lost = (1 - null[t]) / after[r, t] if after[r, t] else 0.0
                    seen = h[:, t].sum() * before[r, t]
                    tied = 1 - (d[t] - 1) / (seen - 1) if d[t] > 1 else 1.0
                    rate = tied * d[t] / h[:, t].sum() / h[r, t]
                    variance[i, j] += (a[i, r, t] + (1 - lost) * ci) * (a[j, r, t] + (1 - lost) * cj) * rate
                    m = other[r, t]
                    tied = 1 - (m - 1) / (n[r, t] - 1) if m > 1 else 1.0
                    rate = tied * m * (before[r, t] / n[r, t]) ** 2
                    variance[i, j] += lost**2 * ci * cj * rate
    return score, variance


@pytest.mark.parametrize("groups", [2, 3, 4])
@pytest.mark.parametrize("step", [0.0, 30.0])
def test_score_and_variance_are_those_of_the_dense_formulas(groups, step):
    time, cause, group = draw(60, seed=groups, rates=(0.01, 0.004, 0.02, 0.01)[:groups], step=step)
    found = gray_test(time, cause, group)
    score, variance = dense_gray(time, cause, group)
    np.testing.assert_allclose(found.score, score, rtol=DENSE_RTOL, atol=1e-12)
    np.testing.assert_allclose(found.variance, variance, rtol=DENSE_RTOL, atol=1e-12)
    assert found.df == groups - 1
    generalised = score @ np.linalg.pinv(variance) @ score
    assert found.chi_square == pytest.approx(generalised, rel=1e-8)


def test_permuted_labels_have_mean_0_and_the_variance_that_is_estimated():
    """All censored alike, so every assignment of labels is as likely: 2000 of them, three groups."""
    time, cause, group = draw(300, seed=1, step=7.0)
    rng = np.random.default_rng(2)
    permuted = [gray_test(time, cause, rng.permutation(group)) for _ in range(DRAWS)]
    scores = np.array([result.score for result in permuted])
    variance = np.mean([result.variance for result in permuted], axis=0)
    error = np.sqrt(np.diag(variance) / DRAWS)
    assert (np.abs(scores.mean(axis=0)) < 4 * error).all()
    np.testing.assert_allclose(np.diag(np.cov(scores.T)), np.diag(variance), rtol=MONTE_CARLO)
    chi_square = np.array([result.chi_square for result in permuted])
    assert np.mean(chi_square > 5.991) == pytest.approx(0.05, abs=4 * np.sqrt(0.05 * 0.95 / DRAWS))


def test_the_level_holds_where_groups_are_censored_differently():
    """The same incidences of relapse and of death; one group is followed a third as long."""
    rng = np.random.default_rng(3)
    rejected = 0
    for _ in range(DRAWS):
        group = np.arange(200) % 2
        relapse, death = rng.exponential(100, 200), rng.exponential(200, 200)
        left = rng.uniform(0, np.where(group == 1, 150, 450))
        first = np.minimum(relapse, death)
        cause = np.where(left < first, 0, np.where(relapse < death, 1, 2))
        rejected += gray_test(np.minimum(first, left), cause, group).chi_square > 3.841
    assert rejected / DRAWS == pytest.approx(0.05, abs=4 * np.sqrt(0.05 * 0.95 / DRAWS))


def test_without_a_competing_cause_the_score_is_the_log_ranks():
    """Then 1 - F is S, and the risk sets are those of the log-rank test."""
    time, cause, group = draw(100, seed=4, rates=(0.01, 0.02))
    only = np.where(cause == 1, 1, 0)
    ranked = log_rank(time, only == 1, group, np.zeros(100, dtype=np.int64))
    found = gray_test(time, only, group)
    np.testing.assert_allclose(found.score, ranked.observed - ranked.expected, rtol=DENSE_RTOL)


def test_the_names_of_groups_do_not_matter():
    time, cause, group = draw(90, seed=5, rates=(0.01, 0.02, 0.005))
    turned = gray_test(time, cause, 2 - group)
    found = gray_test(time, cause, group)
    assert turned.chi_square == pytest.approx(found.chi_square, rel=1e-9)
    np.testing.assert_allclose(turned.score[::-1], found.score, atol=1e-10)


def test_two_equal_strata_double_the_statistic():
    time, cause, group = draw(90, seed=6, rates=(0.01, 0.02, 0.005))
    twice = gray_test(
        np.tile(time, 2), np.tile(cause, 2), np.tile(group, 2), stratum=np.repeat([0, 1], time.size)
    )
    assert twice.chi_square == pytest.approx(2 * gray_test(time, cause, group).chi_square, rel=1e-9)


def test_days_or_weeks_make_no_difference():
    time, cause, group = draw(90, seed=7, rates=(0.01, 0.02))
    assert gray_test(time / 7, cause, group).chi_square == gray_test(time, cause, group).chi_square


def test_groups_never_at_risk_together_cannot_be_compared():
    time, cause = np.array([1.0, 2, 3, 4]), np.array([0, 0, 1, 1])
    assert np.isnan(gray_test(time, cause, np.array([0, 0, 1, 1])).chi_square)
