"""Firth's penalised Cox fit: closed forms, derivatives, limits."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.optimize import brentq, minimize

from outcomes.inference import critical_value
from outcomes.models.cox.firth import fit_firth
from outcomes.models.cox.firth_likelihood import penalised_likelihood, stratum_events
from outcomes.models.cox.firth_profile import profile_contrast

CLOSED_RTOL = 1e-9  # the score is below 1e-9 standard errors at the solution
FINE = {"xatol": 1e-9, "fatol": 1e-12, "maxiter": 5000}
DIFFERENCE_RTOL = 1e-7  # central differences with step 1e-5


def one_event(first: int, second: int):
    """One event, in the first of two arms, with everyone at risk."""
    n = first + second
    time, observed = np.full(n, 2.0), np.zeros(n, bool)
    time[0], observed[0] = 1.0, True
    return time, observed, (np.arange(n) >= first)[:, None].astype(float)


def trial(n=90, seed=3):
    rng = np.random.default_rng(seed)
    arm = np.arange(n) % 3
    x = np.column_stack([arm == 1, arm == 2, rng.normal(50, 8, n)]).astype(float)
    return np.ceil(rng.exponential(12, n)), rng.random(n) < 0.6, x, arm


def dense(time, observed, x, stratum, weights, b, ties):
    """The definition, event by event, with every patient of its risk set."""
    risk, value, information = weights * np.exp(x @ b), 0.0, np.zeros((b.size, b.size))
    for code in np.unique(stratum):
        inside = stratum == code
        for now in np.unique(time[inside & observed]):
            tied = inside & (time == now) & observed
            value += (weights * (x @ b))[tied].sum()
            for k in range(tied.sum()):
                part = risk * (inside & (time >= now))
                part = part - risk * tied * (k / tied.sum() if ties == "efron" else 0.0)
                share = part / part.sum()
                away = x - share @ x
                value -= weights[tied].mean() * math.log(part.sum())
                information += weights[tied].mean() * (away.T * share) @ away
    return value + np.linalg.slogdet(information)[1] / 2


@pytest.mark.parametrize(("first", "second"), [(10, 10), (7, 40), (30, 2)])
def test_a_single_event_has_a_closed_form(first, second):
    """With q = kr / (m + kr), l* is log(q)/2 + 3 log(1 - q)/2, so q = 1/4 and r = m / 3k; 1/I = 16/3.

    The limits solve 2 (l*(1/4) - l*(q)) = z^2, one on either side of 1/4; the test of r = 1 has q = k/(m+k).
    """
    fit = fit_firth(*one_event(first, second), terms=("second",))
    assert fit.status == "ok"
    assert fit.coefficients[0] == pytest.approx(math.log(first / (3 * second)), rel=CLOSED_RTOL)
    assert fit.covariance[0, 0] == pytest.approx(16 / 3, rel=CLOSED_RTOL)

    def fall(q):
        return math.log(0.25) + 3 * math.log(0.75) - math.log(q) - 3 * math.log(1 - q)

    profile = profile_contrast(fit, [1.0], 0.95)
    target = critical_value(0.95) ** 2
    low = brentq(lambda q: fall(q) - target, 1e-9, 0.25, xtol=1e-16)
    high = brentq(lambda q: fall(q) - target, 0.25, 1 - 1e-9, xtol=1e-16)
    for limit, q in ((profile.low, low), (profile.high, high)):
        assert limit == pytest.approx(math.log(q / (1 - q) * first / second), rel=CLOSED_RTOL)
    assert profile.chi_square == pytest.approx(fall(second / (first + second)), rel=CLOSED_RTOL)


@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_value_and_score_are_those_of_the_definition(ties):
    time, observed, x, _ = trial()
    stratum, weights = np.arange(90) // 50, 0.5 + np.arange(90) % 4 / 2
    b = np.array([0.4, -0.3, 0.02])
    here = penalised_likelihood(stratum_events(time, observed, x, stratum, weights, ties), b)
    assert here.value == pytest.approx(dense(time, observed, x, stratum, weights, b, ties), rel=1e-12)
    steps = 1e-5 * np.diag([1.0, 1.0, 0.1])
    slopes = [
        (
            dense(time, observed, x, stratum, weights, b + step, ties)
            - dense(time, observed, x, stratum, weights, b - step, ties)
        )
        / (2 * step.sum())
        for step in steps
    ]
    np.testing.assert_allclose(here.score, slopes, rtol=DIFFERENCE_RTOL)


def test_an_arm_without_events_has_finite_limits_below_a_finite_estimate():
    time, observed, x, arm = trial()
    fit = fit_firth(time, observed & (arm != 2), x, terms=("b", "c", "age"))
    profile = profile_contrast(fit, [0, 1, 0], 0.95)
    assert fit.status == profile.status == "ok"
    assert -math.inf < profile.low < profile.estimate < profile.high < 0
    assert profile.estimate - profile.low > 2 * (profile.high - profile.estimate)


def test_a_covariate_that_orders_the_events_has_an_estimate():
    """Each event has the largest covariate of its risk set: the partial likelihood rises for ever."""
    time = trial()[0]
    fit = fit_firth(time, np.ones(90, bool), -time[:, None], terms=("speed",))
    profile = profile_contrast(fit, [1.0], 0.95)
    assert fit.status == profile.status == "ok"
    assert 0 < profile.low < profile.estimate < profile.high < math.inf


def test_limits_turn_around_with_the_contrast_and_the_reference_arm():
    time, observed, x, arm = trial()
    fit = fit_firth(time, observed, x, terms=("b", "c", "age"))
    one, two = profile_contrast(fit, [-1, 1, 0], 0.9), profile_contrast(fit, [1, -1, 0], 0.9)
    assert (one.low, one.high) == pytest.approx((-two.high, -two.low), rel=CLOSED_RTOL)
    other = np.column_stack([arm == 0, arm == 2, x[:, 2]]).astype(float)
    again = profile_contrast(fit_firth(time, observed, other, terms=("a", "c", "age")), [0, 1, 0], 0.9)
    for name in ("estimate", "std_error", "low", "high", "chi_square"):
        assert getattr(one, name) == pytest.approx(getattr(again, name), rel=CLOSED_RTOL), name


def test_many_events_agree_with_the_ordinary_fit():
    """The penalty is of order 1 and l of order n: with n times the patients, the difference falls like 1/n.

    Weights of 1e9 leave the ordinary estimate: l is then 1e9 times as large, and the part of log|I| is gone.
    """
    time, observed, x, _ = trial()
    plain = fit_firth(time, observed, x, terms="bcd", ties="breslow", weights=np.full(90, 1e9)).coefficients
    many = [np.concatenate([part] * 100) for part in (time, observed, x)]
    one = fit_firth(time, observed, x, terms="bcd", ties="breslow").coefficients - plain
    hundred = fit_firth(*many, terms="bcd", ties="breslow").coefficients - plain
    np.testing.assert_allclose(one / hundred, 100, rtol=0.1)  # what is left is of order 1/n, n = 54 events


def test_a_weight_of_two_is_a_patient_seen_twice():
    """Breslow; Efron's weights average over ties instead."""
    time, observed, x, _ = trial()
    twice = np.arange(90) % 4 == 0
    weighted = fit_firth(time, observed, x, terms="bcd", ties="breslow", weights=1.0 + twice)
    repeated = [np.concatenate([part, part[twice]]) for part in (time, observed, x)]
    np.testing.assert_allclose(
        weighted.coefficients,
        fit_firth(*repeated, terms="bcd", ties="breslow").coefficients,
        rtol=CLOSED_RTOL,
    )


def test_units_of_time_and_covariates_and_the_order_of_rows_do_not_matter():
    time, observed, x, _ = trial()
    fit = fit_firth(time, observed, x, terms="bcd")
    turned = fit_firth(time[::-1] / 7, observed[::-1], x[::-1] * [1, 1, 1e4] + [0, 0, 1e6], terms="bcd")
    np.testing.assert_allclose(fit.coefficients, turned.coefficients * [1, 1, 1e4], rtol=1e-7)
    one, two = profile_contrast(fit, [0, 0, 1], 0.95), profile_contrast(turned, [0, 0, 1], 0.95)
    assert one.low == pytest.approx(two.low * 1e4, rel=1e-7)  # 1e6 beside a spread of 8e4 costs some digits


def test_what_cannot_be_estimated_is_refused():
    time, observed, x, _ = trial()
    none = fit_firth(time, np.zeros(90, bool), x, terms="bcd")
    assert (none.status, none.message) == ("not_estimable", "no event")
    for column in (np.full(90, 0.1), x[:, 0] - 2 * x[:, 1]):
        flat = fit_firth(time, observed, np.column_stack([x[:, :2], column]), terms="bcd")
        assert flat.status == "not_estimable"
        assert "singular" in flat.message
    with pytest.raises(ValueError, match="no profile"):
        profile_contrast(none, [1, 0, 0], 0.95)
    for wrong, words in (
        ((-time, observed, x), "not negative"),
        ((time, observed, x * np.nan), "covariates must be finite"),
        ((time, observed[:-1], x), "one value per patient"),
    ):
        with pytest.raises(ValueError, match=words):
            fit_firth(*wrong, terms="bcd")


@pytest.mark.parametrize("seed", [39, 46])
def test_limits_are_found_where_a_continuous_covariate_separates(seed):
    """The 5 of 40 with the event have its largest values: risks differ so far that rounding ends the climb.

    Checked by the definition of a limit: the deviance of its profile, from an optimiser without gradients.
    """
    rng, n = np.random.default_rng(seed), 40
    z = rng.normal(size=n)
    x = np.column_stack([np.arange(n) % 2, z]).astype(float)
    time, observed = np.ceil(rng.exponential(100, n)), np.zeros(n, bool)
    observed[np.argsort(-z)[:5]] = True
    fit = fit_firth(time, observed, x, terms=("arm", "z"))
    assert fit.status == "ok"
    sets = stratum_events(time, observed, x, np.zeros(n, np.int64), np.ones(n), "efron")
    value = lambda a, b: penalised_likelihood(sets, np.array([a, b])).value  # noqa: E731
    for contrast in ([1, 0], [0, 1]):
        found = profile_contrast(fit, contrast, 0.95)
        assert found.status == "ok"
        for limit in (found.low, found.high):
            fixed = (lambda v: value(limit, v)) if contrast == [1, 0] else (lambda v: value(v, limit))  # noqa: B023
            starts = np.linspace(-40, 40, 161)  # there may be more than one peak
            top = starts[np.argmax([fixed(start) for start in starts])]
            best = minimize(lambda v: -fixed(v[0]), [top], method="Nelder-Mead", options=FINE)  # noqa: B023
            deviance = 2 * (value(*fit.coefficients) + best.fun)
            assert deviance == pytest.approx(critical_value(0.95) ** 2, rel=1e-6)
