"""What the Cox model on arrays refuses: no numbers, and a reason that names the term and counts the rows."""

from __future__ import annotations

import numpy as np
import pytest
from cox_rows import simulate

from outcomes.models.cox import baseline_hazard, effect_over_time, fit_cox_model, predict_survival

N = 60
FIRST_TWO = np.arange(N) < 2


def rows(**changes):
    return simulate(1, p=3) | {"terms": ("age", "sex", "site=b")} | changes


def with_column(values, place=1):
    x = rows()["covariates"].copy()
    x[:, place] = values
    return x


def refused(status="not_estimable", **changes):
    fit = fit_cox_model(**rows(**changes))
    assert fit.status == status
    assert fit.coefficients.size == fit.covariance.size == 0
    assert np.isnan([fit.log_likelihood, fit.log_likelihood_null]).all()
    with pytest.raises(ValueError, match="has no numbers"):
        baseline_hazard(fit)
    return fit.message


def test_no_rows():
    assert refused(time=[], observed=np.empty(0, bool), covariates=np.empty((0, 3))) == "no rows"


def test_no_event():
    assert refused(observed=np.zeros(N, bool)) == "no event"


def test_no_event_of_positive_weight():
    data = rows()
    assert refused(weights=1.0 - data["observed"]) == "no event"
    assert refused(weights=np.zeros(N)) == "no rows with a weight above 0"


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("name", ["time", "entry", "weights", "offset", "observed"])
def test_a_value_that_is_no_number(name, value):
    good = {"time": rows()["time"], "observed": rows()["observed"].astype(float)}
    values = np.where(FIRST_TWO, value, good.get(name, np.zeros(N)))
    assert refused(**{name: values}) == f"{name.rstrip('s')} is missing or infinite in 2 of 60 rows"


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_covariate_that_is_no_number_is_named(value):
    message = refused(covariates=with_column(np.where(FIRST_TWO, value, 1.0)))
    assert message == "'sex' is missing or infinite in 2 of 60 rows"


@pytest.mark.parametrize("name", ["time", "entry", "weights"])
def test_negative_values(name):
    good = rows()["time"] if name == "time" else np.ones(N)
    message = refused(**{name: np.where(FIRST_TWO, -1.0, good)})
    assert message == f"{name.rstrip('s')} is negative in 2 of 60 rows"


def test_a_status_of_one_and_two():
    message = refused(observed=rows()["observed"] + 1)
    assert message.startswith("observed is neither 0 nor 1 in")


@pytest.mark.parametrize("share", [1.0, 1.5, 1 - 1e-10])
def test_no_time_at_risk(share):
    """An entry tied with the end, but for its rounding, is no time at risk either."""
    message = refused(entry=np.where(FIRST_TWO, share * rows()["time"], 0.0))
    assert message == "entry is not before time in 2 of 60 rows"


@pytest.mark.parametrize("value", [0.0, 1.0, 0.1, 1e9])
def test_a_constant_column(value):
    assert refused(covariates=with_column(value)) == "'sex' does not vary among the patients at risk"


def test_a_column_that_varies_only_before_the_first_event():
    data = rows()
    first = data["time"][data["observed"]].min()
    varies = with_column(data["time"] < first + 1)
    message = refused(
        covariates=varies, time=data["time"] + (data["time"] > first), observed=data["time"] > first
    )
    assert message == "'sex' does not vary among the patients at risk"


def test_a_column_that_is_constant_within_strata():
    message = refused(covariates=with_column(np.arange(N) % 3), stratum=np.arange(N) % 3)
    assert message == "'sex' does not vary among the patients at risk within every stratum"


def test_a_column_that_is_constant_in_each_risk_set():
    """Those before and after day 10 are never at risk together."""
    time = rows()["time"]
    message = refused(covariates=with_column(time > 10), entry=np.where(time > 10, 10.0, 0.0))
    assert message == "'sex' does not vary among the patients at risk at any event"


def test_collinear_columns():
    age = rows()["covariates"][:, 0]
    assert refused(covariates=with_column(12 * age + 3)) == "'sex' is collinear with 'age'"
    sex = rows()["covariates"][:, 1]
    assert refused(covariates=with_column(age - 2 * sex, 2)) == "'site=b' is collinear with 'age', 'sex'"


def test_nearly_collinear_columns():
    """A ten-millionth of a standard deviation apart: squares of it are lost beside 1."""
    x = with_column(rows()["covariates"][:, 0] + 1e-8 * np.arange(N))
    assert refused(covariates=x) == "'age', 'sex' are collinear among the patients at risk at every event"


def test_a_level_without_events():
    some = np.arange(N) % 5 == 0
    message = refused(covariates=with_column(some), observed=rows()["observed"] & ~some)
    assert message == "the likelihood has no maximum: the coefficient of 'sex' runs to infinity (separation)"


def test_a_reference_level_without_events():
    group = np.arange(N) % 3
    x = np.column_stack([rows()["covariates"][:, 0], group == 1, group == 2])
    message = refused(covariates=x, observed=rows()["observed"] & (group > 0))
    assert "the coefficients of 'sex', 'site=b' run to infinity" in message


@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_a_covariate_that_orders_the_events(ties):
    """Each event has the largest covariate of its risk set; the likelihood rises for ever."""
    message = refused(covariates=with_column(-rows()["time"]), observed=np.ones(N, bool), ties=ties)
    assert "'sex'" in message
    assert "to infinity (separation)" in message


def test_hazards_that_overflow():
    message = refused(offset=1e4 * rows()["covariates"][:, 0])
    assert message == ("hazards overflow: the offsets make them differ by more than a number can hold")
    assert refused(covariates=with_column(1e200 * np.arange(N))) == "the values of 'sex' overflow"


def test_too_few_clusters_for_a_robust_variance():
    message = refused(cluster=np.arange(N) % 3)
    assert message == "3 clusters for 3 coefficients: a robust variance needs more"


def test_too_few_iterations_are_no_convergence():
    message = refused("not_converged", max_iterations=1)
    assert message == "the gradient is not zero after 1 Newton steps"


def test_an_extreme_value_is_data():
    """A covariate with one value a million standard deviations away still has its maximum."""
    fit = fit_cox_model(
        **rows(covariates=with_column(np.where(np.arange(N) == 7, 1e6, rows()["covariates"][:, 1])))
    )
    assert fit.status == "ok"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"ties": "exact"}, "ties must be one of efron, breslow"),
        ({"terms": ("age",)}, "1 terms for 3 columns"),
        ({"time": np.ones(59)}, "time must have one value for each of the 60 rows"),
        ({"covariates": np.ones(N)}, "a column per term"),
        ({"stratum": np.full(N, np.nan)}, "stratum must be integer codes"),
        ({"start": [0.0]}, "start must have one finite number for each of the 3 terms"),
    ],
)
def test_wrong_calls_are_bugs(changes, reason):
    with pytest.raises(ValueError, match=reason):
        fit_cox_model(**rows(**changes))


def test_questions_that_a_fit_cannot_answer():
    fit = fit_cox_model(**rows())
    with pytest.raises(ValueError, match="3 finite numbers in each row"):
        predict_survival(fit, [[1.0, 2.0]], [5])
    with pytest.raises(ValueError, match="stratum must be one of the 1 with an event"):
        predict_survival(fit, [[1.0, 0, 0]], [5], stratum=7)
    with pytest.raises(ValueError, match="no such term"):
        effect_over_time(fit, "dose")
