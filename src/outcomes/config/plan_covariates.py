"""Faults of the covariates that a plan entry names, beside the cohort that declares them."""

from __future__ import annotations

from outcomes.config.cohort import Cohort
from outcomes.config.plan import Analysis
from outcomes.errors import Problem, did_you_mean

KEYS = ("covariates", "strata", "subgroups", "cluster", "weights")
"""Options that name covariates."""
CATEGORIES = {
    "strata": "strata are categories",
    "subgroups": "subgroups are the levels of categories",
    "cluster": "clusters are the levels of a category",
}
"""Options that name covariates with levels, and why."""


def covariate_problems(analysis: Analysis, cohort: Cohort, shown: str, place: str) -> list[Problem]:
    """Covariates that the cohort does not have, that are of the wrong kind, or that cannot stand there.

    Parameters
    ----------
    shown, place : str
        The plan file, and the key of the analysis there, for messages.
    """
    problems = []
    for key in KEYS:
        for word in _named(analysis, key):
            if word not in cohort.patients.covariates:
                what = f"the cohort has no covariate '{word}'{did_you_mean(word, cohort.patients.covariates)}"
                problems.append(Problem(shown, f"{place}.{key}", what))
            elif key in CATEGORIES and cohort.patients.covariates[word].kind == "number":
                what = f"'{word}' is a number, and {CATEGORIES[key]}: declare a covariate with levels"
                problems.append(Problem(shown, f"{place}.{key}", what))
            elif key == "weights" and cohort.patients.covariates[word].kind != "number":
                what = f"'{word}' is a category, and weights are numbers: declare a covariate of kind: number"
                problems.append(Problem(shown, f"{place}.{key}", what))
    if problems:
        return problems
    return [*_in_both(analysis, shown, place), *_few_clusters(analysis, cohort, shown, place)]


def _named(analysis: Analysis, key: str) -> tuple[str, ...]:
    """Covariates that an option names."""
    if key == "weights" and analysis.model == "log_rank":  # of events, not of patients
        return ()
    named = getattr(analysis, key, None) or ()
    return (named,) if isinstance(named, str) else tuple(named)


def _in_both(analysis: Analysis, shown: str, place: str) -> list[Problem]:
    """Within a stratum nothing tells the stratum's own patients apart: it has no coefficient there."""
    strata = _named(analysis, "strata")
    both = [word for word in _named(analysis, "covariates") if word in strata]
    if not both:
        return []
    what = f"'{both[0]}' is among covariates, too, and does not differ within a stratum: keep it in one"
    return [Problem(shown, f"{place}.strata", what)]


def _few_clusters(analysis: Analysis, cohort: Cohort, shown: str, place: str) -> list[Problem]:
    """A robust variance of p coefficients needs more than p clusters, for the clusters' scores add to 0."""
    cluster = _named(analysis, "cluster")
    if not cluster:
        return []
    covariates = cohort.patients.covariates
    clusters = len(set((covariates[cluster[0]].levels or {}).values()))
    terms = [len(cohort.treatment.arms) - 1]
    for word in _named(analysis, "covariates"):
        levels = covariates[word].levels
        terms.append(len(set(levels.values())) - 1 if levels else 1)
    if clusters > sum(terms):
        return []
    what = (
        f"'{cluster[0]}' has {clusters} levels, and the model {sum(terms)} coefficients (arms, covariates): "
        "a robust variance needs more clusters than coefficients; take it as strata, or leave cluster out"
    )
    return [Problem(shown, f"{place}.cluster", what)]
