"""The mixed model for repeated measures: identities with a closed form."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from mmrm_trial import DATA, balanced, fit, plain, trial, wide
from scipy import stats

from outcomes.models.mmrm import fit_mmrm


def test_complete_data_give_the_closed_form_of_multivariate_regression():
    """Anderson 1958, Introduction to Multivariate Statistical Analysis, 8.2: OLS, and SSCP / (n - r)."""
    data = balanced()
    Y = wide(data)
    X = np.column_stack([np.ones(24), np.repeat([0.0, 1.0], 12)])
    B = np.linalg.lstsq(X, Y, rcond=None)[0]
    residual = Y - X @ B
    for method, divisor in (("reml", 22), ("ml", 24)):
        model = plain(data, levels={}, method=method)
        np.testing.assert_allclose(
            model.model.solution.covariance[0], residual.T @ residual / divisor, rtol=1e-8
        )
        differences = model.estimates().contrasts()
        np.testing.assert_allclose(differences["estimate"], B[1], rtol=1e-8)


def test_complete_data_have_the_degrees_of_freedom_of_the_t_test():
    """A difference at one visit of complete data has n - 2 of them, as in the two-sample test."""
    data = balanced()
    Y = wide(data)
    expected = stats.ttest_ind(Y[12:], Y[:12])
    for method in ("satterthwaite", "kenward_roger_linear"):
        made = plain(data, levels={}).estimates(method).contrasts()
        np.testing.assert_allclose(made["df"], 22.0, rtol=1e-6)
        np.testing.assert_allclose(made["statistic"], expected.statistic, rtol=1e-8)
        np.testing.assert_allclose(made["p_value"], expected.pvalue, rtol=1e-7)


def test_kenward_roger_on_balanced_one_way_data_is_the_paired_t_test():
    data = balanced(n=9, T=2, arms=("a",))
    Y = wide(data)
    made = fit_mmrm(data, score="y", patient="id", visit="visit", covariance="compound_symmetry")
    L = np.array([[0.0, 1.0]])
    paired = stats.ttest_rel(Y[:, 1], Y[:, 0])
    linear = made.estimates("kenward_roger_linear").linear(L)
    assert linear.df[0] == pytest.approx(8.0, rel=1e-6)
    assert linear.statistic[0] == pytest.approx(paired.statistic, rel=1e-7)
    # mmrm's term of second derivatives leaves the degrees of freedom alone, but not the standard error
    assert made.estimates("kenward_roger").linear(L).df[0] == pytest.approx(8.0, rel=1e-6)


def test_one_visit_is_analysis_of_covariance():
    import statsmodels.formula.api as smf

    data = trial().query("visit == 5")
    reference = smf.ols("y ~ C(arm, Treatment('medication')) + base + sex + age", data).fit()
    for method in ("satterthwaite", "kenward_roger_linear", "residual", "between_within"):
        table = fit(data, by_visit=[]).estimates(method).coefficients().set_index("term")
        row = table.loc["arm=combined"]
        name = "C(arm, Treatment('medication'))[T.combined]"
        assert row["estimate"] == pytest.approx(reference.params[name], rel=1e-9)
        assert row["std_error"] == pytest.approx(reference.bse[name], rel=1e-9)
        assert row["p_value"] == pytest.approx(reference.pvalues[name], rel=1e-6)


def test_maximum_likelihood_of_btheb_is_what_hsaur3_prints():
    """Everitt and Hothorn, A Handbook of Statistical Analyses Using R, "Analyzing longitudinal data I"."""
    data = pd.read_csv(DATA / "BtheB_long.csv")
    made = fit_mmrm(
        data, score="bdi", patient="id", visit="month", arm="treatment",
        covariates=["bdi.pre", "drug", "length"], arm_by_visit=False, linear_time=True,
        times={str(m): float(m) for m in (2, 3, 5, 8)},
        levels={"treatment": ["TAU", "BtheB"], "drug": ["No", "Yes"], "length": ["<6m", ">6m"]},
        covariance="random_intercept", method="ml",
    )  # fmt: skip
    printed = {"intercept": 5.59239, "bdi.pre": 0.63968, "time": -0.70476, "treatment=BtheB": -2.32908,
               "drug=Yes": -2.82495, "length=>6m": 0.19708}  # fmt: skip
    table = made.estimates().coefficients().set_index("term")["estimate"]
    for term, value in printed.items():
        assert table[term] == pytest.approx(value, abs=5.1e-6)
    assert made.model.solution.log_likelihood == pytest.approx(-935.746, abs=5.1e-4)


def test_the_order_of_rows_and_the_way_to_say_missing_change_no_byte():
    data = trial()
    expected = fit(data).estimates("kenward_roger").contrasts()
    shuffled = data.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(
        fit(shuffled).estimates("kenward_roger").contrasts(), expected, check_exact=True
    )
    grid = pd.MultiIndex.from_product([data["id"].unique(), data["visit"].unique()], names=["id", "visit"])
    explicit = data.set_index(["id", "visit"]).reindex(grid).reset_index()
    for column in ("arm", "base", "sex", "age"):
        explicit[column] = explicit.groupby("id")[column].transform("first")
    assert explicit["y"].isna().any()
    pd.testing.assert_frame_equal(
        fit(explicit).estimates("kenward_roger").contrasts(), expected, check_exact=True
    )


@pytest.mark.parametrize("covariance", ["unstructured", "heterogeneous_toeplitz", "ar1"])
def test_another_unit_or_origin_of_the_score_changes_nothing_else(covariance):
    data = trial()
    expected = fit(data, covariance=covariance).estimates("kenward_roger").contrasts()
    for factor in (1e12, 1e-12, -3.0):
        made = (
            fit(data.assign(y=data["y"] * factor), covariance=covariance)
            .estimates("kenward_roger")
            .contrasts()
        )
        np.testing.assert_allclose(made["estimate"], expected["estimate"] * factor, rtol=1e-8)
        np.testing.assert_allclose(made["std_error"], expected["std_error"] * abs(factor), rtol=1e-8)
        np.testing.assert_allclose(made["df"], expected["df"], rtol=1e-7)
    # a score of 1e9 has seven decimals left
    far = fit(data.assign(y=data["y"] + 1e9), covariance=covariance).estimates("kenward_roger").contrasts()
    np.testing.assert_allclose(far["estimate"], expected["estimate"], atol=3e-7)
    np.testing.assert_allclose(far["df"], expected["df"], rtol=1e-6)


def test_patients_of_weight_two_count_as_two_with_the_same_scores():
    """Of the estimates and, by the likelihood, of a known covariance; not of degrees of freedom."""
    data = trial()
    twice = pd.concat([data, data.assign(id=data["id"] + 10_000)])
    weighted = fit(data.assign(w=2.0), weight="w", method="ml").model.solution
    doubled = fit(twice, method="ml").model.solution
    np.testing.assert_allclose(weighted.coefficients, doubled.coefficients, rtol=1e-8)
    np.testing.assert_allclose(weighted.covariance, 2.0 * doubled.covariance, rtol=1e-8)


def test_weights_that_are_all_the_same_only_rescale_the_covariance():
    data = trial()
    once, thrice = fit(data), fit(data.assign(w=3.0), weight="w")
    pd.testing.assert_frame_equal(
        thrice.estimates("kenward_roger").contrasts(), once.estimates("kenward_roger").contrasts(), rtol=1e-9
    )
    assert thrice.model.solution.log_likelihood == pytest.approx(once.model.solution.log_likelihood, abs=1e-8)


def test_one_covariance_per_arm_is_separate_fits_where_nothing_is_shared():
    data = trial()
    together = plain(data, covariance_by="arm")
    apart = [plain(data[data["arm"] == arm]) for arm in together.model.groups]
    total = sum(one.model.solution.log_likelihood for one in apart)
    assert together.model.solution.log_likelihood == pytest.approx(total, abs=1e-8)
    for matrix, one in zip(together.model.solution.covariance, apart, strict=True):
        np.testing.assert_allclose(matrix, one.model.solution.covariance[0], rtol=1e-6)


def test_the_unit_of_weights_changes_no_standardised_difference():
    data = trial().assign(w=lambda d: 1.0 + d["id"] % 3)
    one, other = (
        fit(data.assign(w=unit * data["w"]), weight="w").estimates().standardised("combined", "therapy", "5")
        for unit in (1, 100)
    )
    assert other == pytest.approx(one, rel=1e-8)


def test_calendar_years_have_the_random_slopes_of_counted_ones():
    data = trial()
    models = [
        fit(data.assign(visit=data["visit"] + shift), covariance="random_intercept_and_slope").model.solution
        for shift in (0, 2018)
    ]
    assert models[1].log_likelihood == pytest.approx(models[0].log_likelihood, abs=1e-8)
    np.testing.assert_allclose(models[1].covariance, models[0].covariance, rtol=1e-6)


def test_akaike_and_schwarz_count_what_sas_counts():
    """SAS/STAT User's Guide, PROC MIXED, option IC: covariance parameters; with ML the coefficients, too."""
    reml, ml = fit(trial()).model, fit(trial(), method="ml").model
    for model, counted in ((reml, 15), (ml, 15 + 22)):
        log_likelihood = model.solution.log_likelihood
        assert model.aic == pytest.approx(2 * counted - 2 * log_likelihood)
        assert model.bic == pytest.approx(counted * np.log(200) - 2 * log_likelihood)


# Means and what is made of them


def test_areas_and_overall_means_are_sums_of_the_means():
    made = fit(trial()).estimates()
    means = made.ls_means().set_index(["arm", "visit"])["estimate"]
    overall = made.ls_means(over_visits=True).set_index("arm")["estimate"]
    times = {"1": 1.0, "2": 2.0, "3": 4.0, "4": 8.0, "5": 12.0}
    areas = made.areas(times).set_index(["arm", "comparator"])["estimate"]
    at = list(times.values())
    for arm in ("medication", "therapy", "combined"):
        assert overall[arm] == pytest.approx(means[arm].mean(), rel=1e-12)
    expected = np.trapezoid(means["combined"], at) - np.trapezoid(means["therapy"], at)
    assert areas["combined", "therapy"] == pytest.approx(expected, rel=1e-10)


def test_margins_as_observed_weigh_levels_by_their_scores():
    from outcomes.models.mmrm.means import margins

    data = trial()
    model = fit(data).model
    assert margins(model)["sex"] == {"F": 0.5, "M": 0.5}
    assert margins(model, "observed")["sex"]["M"] == pytest.approx((data["sex"] == "M").mean())
    assert margins(model)["base"] == pytest.approx(data["base"].mean())


def test_type_iii_of_an_arm_is_the_test_of_its_overall_differences():
    made = fit(trial(), levels={"arm": ["medication", "combined", "therapy"]}).estimates("kenward_roger")
    two = fit(trial().query("arm != 'therapy'"), levels={"arm": ["medication", "combined"]}).estimates()
    test = two.type_iii().set_index("term").loc["arm"]
    row = two.contrasts(over_visits=True).iloc[0]
    assert test["statistic"] == pytest.approx(row["statistic"] ** 2, rel=1e-9)
    assert test["p_value"] == pytest.approx(row["p_value"], rel=1e-8)
    assert list(made.type_iii()["numerator_df"]) == [2, 4, 1, 1, 1, 8, 4]


def test_a_standardised_difference_of_complete_data_is_cohens_d():
    """Hedges and Olkin 1985, Statistical Methods for Meta-Analysis, p. 86: d^2 / 2 (n - 2) is added."""
    data = balanced(n=40)
    Y = wide(data)
    made = plain(data, levels={}).estimates()
    value, error, low, high = made.standardised("b", "a", "2")
    pooled = np.sqrt((Y[:40, 2].var(ddof=1) + Y[40:, 2].var(ddof=1)) / 2)
    d = (Y[40:, 2].mean() - Y[:40, 2].mean()) / pooled
    assert value == pytest.approx(d, rel=1e-8)
    assert error == pytest.approx(np.sqrt(2 / 40 + d**2 / (2 * 78)), rel=1e-6)
    assert low < value < high
