"""The call of the mixed model: what columns, visits, times and options may be, and what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from mmrm_trial import fit, plain, trial


def test_text_visits_stand_in_the_order_of_their_numbers():
    data = trial().assign(visit=lambda d: "week " + (d["visit"] * 3).astype(str))
    assert fit(data).model.design.visits == ("week 3", "week 6", "week 9", "week 12", "week 15")
    expected = fit(trial(), covariance="ar1").estimates().contrasts()["estimate"]
    pd.testing.assert_series_equal(fit(data, covariance="ar1").estimates().contrasts()["estimate"], expected)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"method": "REML"}, "unknown method REML"),
        ({"levels": {"armm": ["a"]}}, "no column armm"),
        ({"levels": {}, "arm": "base", "covariates": [], "by_visit": []}, "column base: an arm is no number"),
        ({"covariance": "un"}, "unknown covariance un"),
    ],
)
def test_misspelt_options_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        fit(trial(), **changes)


def test_misspelt_choices_of_estimates_are_refused():
    made = fit(trial())
    for call, message in (
        (lambda: made.estimates("kr"), "unknown degrees of freedom kr"),
        (lambda: made.estimates(empirical="HC3"), "unknown empirical standard errors HC3"),
        (lambda: made.estimates(conf_level=95).contrasts(), "strictly between 0 and 1"),
        (lambda: made.estimates().ls_means(margins="obs"), "unknown margins obs"),
        (lambda: made.estimates().standardised("combined", "therapy", "12"), "no mean of combined at 12"),
        (lambda: made.estimates().areas({"4": 4.0}), "times: none for visit 1"),
    ):
        with pytest.raises(ValueError, match=message):
            call()


def test_codes_of_arms_may_be_numbers_or_booleans_of_any_type():
    data = trial().query("arm != 'therapy'")
    expected = fit(data, levels={"arm": ["medication", "combined"]}).estimates().contrasts()["estimate"]
    codes = (data["arm"] == "combined").astype(float) + 1.0
    for arm, levels in ((codes, [1, 2]), (codes.astype("Int64"), ["1", "2"]), (codes == 2, None),
                        ((codes == 2).astype("boolean"), [False, True])):  # fmt: skip
        made = fit(data.assign(arm=arm), levels={} if levels is None else {"arm": levels})
        np.testing.assert_allclose(made.estimates().contrasts()["estimate"], expected, rtol=1e-9)


@pytest.mark.parametrize(
    ("visits", "ordered"),
    [
        (["week -2", "week 0", "week 2"], ("week -2", "week 0", "week 2")),
        (["-1", "0", "10"], ("-1", "0", "10")),
        (["Baseline", "Week 4", "Week 12"], ("Baseline", "Week 4", "Week 12")),
        (["0.5 m", "1 m", "12 m"], ("0.5 m", "1 m", "12 m")),
    ],
)
def test_visits_are_ordered_by_the_numbers_in_them(visits, ordered):
    data = trial().query("visit <= 3").assign(visit=lambda d: d["visit"].map(dict(enumerate(visits, 1))))
    assert plain(data).model.design.visits == ordered


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"times": {"1": 1.0}}, "times: none for visit 2"),
        ({"times": {"1": 5.0, "2": 4.0, "3": 3.0, "4": 2.0, "5": 1.0}}, "times do not rise with the visits"),
        ({"visits": [1, 2, 3, 4, 5, 5]}, "visits: one is given twice"),
    ],
)
def test_times_and_visits_must_fit_together(changes, message):
    with pytest.raises(ValueError, match=message):
        fit(trial(), **changes)


def test_times_may_have_numbers_for_keys_and_visits_floats_of_any_width():
    data = trial().assign(visit=lambda d: d["visit"].astype("float32"))
    times = {visit: float(visit) for visit in range(1, 6)}
    made = fit(data, times=times, linear_time=True, covariance="ar1")
    assert made.model.design.visits == ("1", "2", "3", "4", "5")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: pd.concat([d, d.iloc[:3]]), "3 rows repeat a patient's visit"),
        (
            lambda d: d.assign(base=d["base"].where(d.index > 4)),
            "column base: 5 rows with a score have no value",
        ),
        (lambda d: d.assign(age=d["age"] + d.index), "column age: not the same in all rows of"),
        (lambda d: d.assign(y=d["y"].where(d.index > 0, np.inf)), "1 infinite scores"),
        (
            lambda d: d.assign(arm=d["arm"].where(d.index > 0, "other")),
            "column arm: 1 levels that are not among",
        ),
        (lambda d: d.iloc[:0], "the data frame has no rows"),
        (lambda d: d.drop(columns="sex"), "the data frame has no column sex"),
    ],
)
def test_faults_of_a_table_are_counted_and_named(change, message):
    with pytest.raises(ValueError, match=message):
        fit(change(trial()))


def test_a_covariate_may_be_missing_where_the_score_is():
    data = trial()
    expected = fit(data).estimates().contrasts()
    rows = data.iloc[:3].assign(visit=9, y=np.nan, base=np.nan).drop_duplicates("id")
    nobody = data.iloc[[0]].assign(id=9999, y=np.nan, base=np.nan)
    made = fit(pd.concat([data, rows, nobody]))
    assert made.model.n_without_scores == 1
    pd.testing.assert_frame_equal(made.estimates().contrasts(), expected, rtol=1e-9)
