"""Every tutorial can be followed: it prints what it says, and another source gives the same numbers."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tutorial_page import follow, quotations, words

TUTORIALS = Path(__file__).parents[2] / "docs/tutorials"
PAGES = sorted(page.stem for page in TUTORIALS.glob("*.md") if page.stem != "README")
ROUNDING_OF_R = {3: 5e-4, 7: 5e-8}
"""Half of the last digit of a number that R printed, by its decimals."""
EXACT = 1e-9
"""Two ways to the same least squares or mean differ by floating-point error only."""
NEWTON_RTOL = 1e-6
"""Two engines stop their Newton steps at different points."""


@pytest.fixture
def followed(request, tmp_path):
    """The project that a page leads to; the page's outputs and quotations are checked on the way."""
    page = TUTORIALS / f"{request.param}.md"
    project, printed = follow(page, tmp_path)
    assert [block.real for block in printed if not block.alike] == []
    report = words(next(project.glob("results/*/release/report.html")))
    assert [sentence for sentence in quotations(page) if sentence not in report] == []
    return project


def page(name):
    return pytest.mark.parametrize("followed", [name], indirect=True)


def contrasts(project, analysis):
    """Rows of an analysis that compare arms, by what they compare and when."""
    rows = pd.read_csv(next(project.glob("results/*/release/estimates.csv")))
    rows = rows[(rows["analysis"] == analysis) & rows["comparator"].notna()]
    return rows.set_index(["arm", "comparator", "time"]).sort_index()


def least_squares(outcome, *columns):
    return np.linalg.lstsq(np.column_stack([np.ones(len(outcome)), *columns]), outcome, rcond=None)[0]


@page("anorexia")
def test_anorexia(followed):
    """R, MASS: lm(Postwt ~ Prewt + Treat), control as reference, prints 4.097 and 8.660."""
    estimate = contrasts(followed, "wt_mixed")["estimate"]
    assert estimate["cbt", "neither", 12] == pytest.approx(4.097, abs=ROUNDING_OF_R[3])
    assert estimate["family", "neither", 12] == pytest.approx(8.660, abs=ROUNDING_OF_R[3])
    raw = pd.read_csv(followed / "data/anorexia.csv")
    again = least_squares(raw["Postwt"], raw["Prewt"], raw["Treat"] == "CBT", raw["Treat"] == "FT")
    assert estimate["cbt", "neither", 12] == pytest.approx(again[2], rel=EXACT)
    assert estimate["family", "neither", 12] == pytest.approx(again[3], rel=EXACT)


@page("jobs")
def test_jobs(followed):
    """R: lm(depress2 ~ treat + econ_hard + sex + age, data = jobs).

    As printed at https://inductivestep.github.io/Random-bits-and-pieces/mediator_effects.nb.html.
    """
    row = contrasts(followed, "depression_mixed_unadjusted").loc[("seminar", "booklet", 6)]
    assert row["estimate"] == pytest.approx(-0.0560093, abs=ROUNDING_OF_R[7])
    assert row["std_error"] == pytest.approx(0.0451637, abs=ROUNDING_OF_R[7])


@page("weight_loss")
def test_weight_loss(followed):
    """With nobody missing and nothing adjusted for, a marginal mean is the plain mean of its cell."""
    estimate = contrasts(followed, "loss_mixed")["estimate"]
    means = pd.read_csv(followed / "data/weight_loss.csv").groupby("group")[["wl1", "wl2", "wl3"]].mean()
    apart = means.loc["DietEx"] - means.loc["Diet"]
    assert list(estimate["both", "diet"]) == pytest.approx(list(apart), rel=EXACT)


@page("epilepsy")
def test_epilepsy(followed):
    """With every patient at every visit, a random intercept leaves the least squares estimate as it is."""
    estimate = contrasts(followed, "seizures_mixed")["estimate"]
    raw = pd.read_csv(followed / "data/epilepsy.csv")
    treated = raw["treatment"] == "Progabide"
    periods = [raw["period"] == period for period in (1, 2, 3)]
    within = [treated & period for period in periods]
    again = least_squares(raw["seizure.rate"], treated, raw["base"], raw["age"], *periods, *within)
    assert estimate["progabide", "neither", 8] == pytest.approx(again[1], rel=EXACT)


@page("breast_cancer")
def test_breast_cancer(followed):
    """Another engine: statsmodels, with Efron's handling of ties as R and lifelines have it."""
    from statsmodels.duration.hazard_regression import PHReg

    raw = pd.read_csv(followed / "data/gbsg2.csv")
    known = ["age", "tsize", "pnodes", "progrec", "estrec"]
    groups = pd.get_dummies(raw[["menostat", "tgrade"]], drop_first=True)
    alone = pd.DataFrame({"treated": raw["horTh"] == "yes"})
    adjusted = pd.concat([alone, raw[known], groups], axis=1)
    for analysis, columns in (("recurrence_cox", alone), ("recurrence_cox_adjusted", adjusted)):
        model = PHReg(raw["time"], columns.astype(float), status=raw["cens"], ties="efron")
        ratio = np.exp(model.fit().params[0])
        assert contrasts(followed, analysis)["estimate"].to_list() == pytest.approx([ratio], rel=NEWTON_RTOL)


def test_every_tutorial_is_listed_and_followed():
    listed = (TUTORIALS / "README.md").read_text(encoding="utf-8")
    assert [name for name in PAGES if f"({name}.md)" not in listed] == []
    assert [name for name in PAGES if f"test_{name}" not in globals()] == []
