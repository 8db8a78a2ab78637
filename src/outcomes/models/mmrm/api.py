"""The model for someone who has a data frame: fit it, then ask for tables of estimates.

>>> fit = fit_mmrm(trial, score="change", patient="id", visit="week", arm="arm",
...                covariates=["baseline"], by_visit=["baseline"])            # doctest: +SKIP
>>> fit.estimates("kenward_roger").contrasts()                                # doctest: +SKIP
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import Any, Literal

import numpy as np
import pandas as pd

from outcomes.models.mmrm.crossproducts import Array
from outcomes.models.mmrm.design import VISIT, Factor, build_design
from outcomes.models.mmrm.fit import fit_sums
from outcomes.models.mmrm.frames import Columns, Wide, describe_variables, level_text, sum_wide, to_wide
from outcomes.models.mmrm.inference import DfMethod, FTest, Inference, Linear, infer
from outcomes.models.mmrm.means import Margins, ls_means, standardised_difference, type_iii
from outcomes.models.mmrm.patients import standard_patients
from outcomes.models.mmrm.result import MMRM, NotEstimableError
from outcomes.models.mmrm.sandwich import Kind


@dataclass(frozen=True, eq=False)
class Fitted:
    """A fit to a data frame.

    Attributes
    ----------
    model : MMRM
        Status, covariance, likelihood and coefficients.
    wide : Wide
        The patients.
    arm : str or None
        The factor that `Estimates` compares.
    """

    model: MMRM
    wide: Wide
    arm: str | None

    def estimates(
        self, df: DfMethod = "satterthwaite", *, empirical: Kind | None = None, conf_level: float = 0.95
    ) -> Estimates:
        """Choose degrees of freedom and standard errors; see `infer`.

        Raises
        ------
        NotEstimableError
            If the fit has no numbers.
        """
        patients = None if empirical is None else standard_patients(self.model, self.wide)
        return Estimates(infer(self.model, df, empirical=empirical, patients=patients), self.arm, conf_level)


@dataclass(frozen=True, eq=False)
class Estimates:
    """Tables of estimates under one choice of degrees of freedom.

    Every table has `estimate`, `std_error`, `df`, `statistic`, `p_value`, `ci_low` and `ci_high`, NaN where
    an empty cell leaves nothing to estimate.
    """

    inference: Inference
    arm: str | None
    conf_level: float = 0.95

    def coefficients(self) -> pd.DataFrame:
        """One row a coefficient of the design."""
        names = self.inference.model.design.names
        return self._table({"term": names}, np.eye(len(names)))

    def ls_means(self, *, over_visits: bool = False, margins: Margins = "balanced") -> pd.DataFrame:
        """LS means by arm and visit, or averaged over the visits."""
        means = ls_means(self.inference.model, self._arm(), margins)
        keys = [(arm, visit) for visit in ([None] if over_visits else means.visits) for arm in means.levels]
        return self._table(
            {"arm": [arm for arm, _ in keys], "visit": [visit for _, visit in keys]},
            np.stack([means.at(arm, visit) for arm, visit in keys]),
        )

    def contrasts(
        self, pairs: Sequence[tuple[str, str]] | None = None, *, over_visits: bool = False
    ) -> pd.DataFrame:
        """Differences of LS means, arm minus comparator; by default of every pair, the later arm first."""
        means = ls_means(self.inference.model, self._arm())
        asked = [(b, a) for a, b in combinations(means.levels, 2)] if pairs is None else list(pairs)
        if not asked:
            raise ValueError("there is one arm only: nothing to compare")
        keys = [(*pair, visit) for visit in ([None] if over_visits else means.visits) for pair in asked]
        return self._table(
            {
                "arm": [key[0] for key in keys],
                "comparator": [key[1] for key in keys],
                "visit": [key[2] for key in keys],
            },
            np.stack([means.contrast(*key) for key in keys]),
        )

    def areas(self, times: Mapping[str, float]) -> pd.DataFrame:
        """Differences of areas under the mean over time, of every pair of arms: points times time."""
        means = ls_means(self.inference.model, self._arm())
        _check_times(means.visits, times)
        at = [times[visit] for visit in means.visits]
        pairs = [(b, a) for a, b in combinations(means.levels, 2)]
        rows = np.stack([means.area(b, at) - means.area(a, at) for b, a in pairs])
        return self._table({"arm": [b for b, _ in pairs], "comparator": [a for _, a in pairs]}, rows)

    def standardised(self, arm: str, comparator: str, visit: str) -> tuple[float, float, float, float]:
        """Standardised mean difference at a visit: value, standard error and limits."""
        row = ls_means(self.inference.model, self._arm()).contrast(arm, comparator, visit)
        return standardised_difference(self.inference, row, visit, self.conf_level)

    def type_iii(self) -> pd.DataFrame:
        """F tests of all terms; NaN where an empty cell takes part."""
        rows = []
        for term in self.inference.model.design.terms:
            if not term:
                continue
            try:
                test = type_iii(self.inference, term)
            except NotEstimableError:
                test = FTest(np.nan, np.nan, np.nan, np.nan)
            rows.append({"term": ":".join(term)} | vars(test))
        return pd.DataFrame(rows)

    def linear(self, L: Array) -> Linear:
        """Estimate ``L beta`` for any L, shape (m, p)."""
        return self.inference.linear(L)

    def _arm(self) -> str:
        if self.arm is None:
            raise ValueError("the model has no arm")
        return self.arm

    def _table(self, keys: Mapping[str, Sequence[object]], L: Array) -> pd.DataFrame:
        made = self.inference.linear(L)
        low, high = made.interval(self.conf_level)
        return pd.DataFrame(
            {
                **keys, "estimate": made.estimate, "std_error": made.std_error, "df": made.df,
                "statistic": made.statistic, "p_value": made.p_value, "ci_low": low, "ci_high": high,
            }
        )  # fmt: skip


def fit_mmrm(
    data: pd.DataFrame,
    *,
    score: str,
    patient: str,
    visit: str,
    arm: str | None = None,
    covariates: Sequence[str] = (),
    by_visit: Sequence[str] = (),
    arm_by_visit: bool = True,
    terms: Sequence[Sequence[str]] | None = None,
    visits: Sequence[object] | None = None,
    levels: Mapping[str, Sequence[str]] | None = None,
    times: Mapping[str, float] | None = None,
    linear_time: bool = False,
    at_visits: Sequence[str] = (),
    covariance: str | Sequence[str] = "unstructured",
    covariance_by: str | None = None,
    day: str | None = None,
    weight: str | None = None,
    method: Literal["reml", "ml"] = "reml",
) -> Fitted:
    """Fit a mixed model for repeated measures.

    Parameters
    ----------
    data : DataFrame
        One row per patient and visit. A missing score may stand as NaN or have no row.
    score, patient, visit : str
        Columns.
    arm : str, optional
        Column of the treatment; the first level is the reference.
    covariates : sequence of str
        Columns that are the same in all rows of a patient: numbers, or factors.
    by_visit : sequence of str
        Covariates whose effect may differ between visits.
    arm_by_visit : bool
        Whether the effect of the arm may.
    terms : sequence of sequences of str, optional
        The whole fixed part instead: ``[("arm",), ("visit",), ("arm", "visit")]``; ``visit`` means the visit.
    visits : sequence, optional
        Planned visits in order; by default a category's order, else sorted, with "week 2" before "week 10".
    levels : mapping, optional
        Order of the levels of factors.
    times : mapping, optional
        Planned time of each visit (by its text), for linear time and random slopes; by default the visits
        themselves where they are numbers, else 1, 2, ...
    linear_time : bool
        Take ``visit`` for a straight line over `times`.
    at_visits : sequence of str
        Covariates that are numbers measured at each visit.
    covariance : str or sequence of str
        Structure; further names are fallen back on in order, and each step is reported.
    covariance_by : str, optional
        Factor whose levels have covariances of their own.
    day, weight : str, optional
        Columns of the actual day (for ``spatial_exponential``) and of the patient's weight.
    method : {'reml', 'ml'}

    Returns
    -------
    Fitted
        Also where the fit has no numbers: look at ``model.status``.

    Raises
    ------
    ValueError
        If the columns do not hold what they should, with counts.
    """
    if method not in ("reml", "ml"):
        raise ValueError(f"unknown method {method}; known: reml, ml")
    _check_columns(data, [score, patient, visit, arm, day, weight, covariance_by, *covariates, *at_visits])
    _check_columns(data, list(levels or {}), "levels: ")
    order = _order(data[visit]) if visits is None else list(visits)
    labels = _labels(order)
    times = _times(order, labels, times)
    named = [*([arm] if arm else []), *covariates, *at_visits]
    fixed = (
        _terms(arm, covariates, at_visits, by_visit, arm_by_visit=arm_by_visit) if terms is None else terms
    )
    used = {name for term in fixed for name in term} - {VISIT}
    variables = describe_variables(data, [*dict.fromkeys([*named, *sorted(used)])], levels or {}, at_visits)
    at = [times[label] for label in labels] if times else list(range(1, len(labels) + 1))
    design = build_design(labels, variables, fixed, at if linear_time else None)
    if arm is not None and not any(v.name == arm and isinstance(v, Factor) for v in variables):
        raise ValueError(f"column {arm}: an arm is no number; name its codes in levels")
    groups = ("all",) if covariance_by is None else _groups(data, covariance_by, levels or {})
    wide = to_wide(data, Columns(score, patient, visit, day, weight, covariance_by), design, order, groups)
    sums = sum_wide(wide, design, groups)
    model = fit_sums(
        sums,
        variables,
        fixed,
        times=times,
        linear_time=linear_time,
        covariance=covariance,
        reml=method == "reml",
    )
    return Fitted(model, wide, arm)


def _check_columns(data: pd.DataFrame, names: Sequence[str | None], where: str = "") -> None:
    absent = [name for name in names if name is not None and name not in data.columns]
    if absent:
        raise ValueError(f"{where}the data frame has no column {', '.join(absent)}")


def _order(values: pd.Series) -> list[object]:
    if isinstance(values.dtype, pd.CategoricalDtype):
        known = set(values.dropna())
        return [category for category in values.cat.categories if category in known]
    present = list(values.dropna().unique())
    if len({isinstance(value, str) for value in present}) > 1:
        raise ValueError("visits are partly text, partly numbers: give them in their order")
    return sorted(present, key=_natural)


def _labels(order: Sequence[object]) -> tuple[str, ...]:
    if not order:
        raise ValueError("the data frame has no rows")
    labels = tuple(level_text(value) for value in order)
    if len(set(labels)) < len(labels):
        raise ValueError("visits: one is given twice")
    return labels


def _times(
    order: Sequence[object], labels: Sequence[str], given: Mapping[str, float] | None
) -> dict[str, float] | None:
    """Time of each visit: as given, else the visits themselves where they are numbers."""
    if given is not None:
        times = {level_text(label): float(value) for label, value in given.items()}
    elif all(isinstance(value, int | float | np.number) for value in order):
        times = {label: float(value) for label, value in zip(labels, order, strict=True)}  # type: ignore[arg-type]
    else:
        return None
    _check_times(labels, times)
    return times


def _check_times(labels: Sequence[str], times: Mapping[str, float]) -> None:
    without = [label for label in labels if label not in times]
    if without:
        raise ValueError(f"times: none for visit {', '.join(without)}")
    if not all(times[a] < times[b] for a, b in pairwise(labels)):
        raise ValueError(f"times do not rise with the visits {', '.join(labels)}: give visits in their order")


def _groups(data: pd.DataFrame, name: str, levels: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    (by,) = describe_variables(data, [name], levels, ())
    if not isinstance(by, Factor):
        raise ValueError(f"column {name}: numbers do not make groups; give its levels")
    return by.levels


def _natural(value: Any) -> Any:  # noqa: ANN401 - visits are of any one type
    """Key by which "week 2" comes before "week 10"."""
    if not isinstance(value, str):
        return value
    parts = re.split(r"((?:(?<![\w.])-)?\d+(?:\.\d+)?)", value)
    return [(0, float(part), "") if k % 2 else (1, 0.0, part) for k, part in enumerate(parts) if part]


def _terms(
    arm: str | None, covariates: Sequence[str], at_visits: Sequence[str], by_visit: Sequence[str], *,
    arm_by_visit: bool,
) -> list[tuple[str, ...]]:  # fmt: skip
    made: list[tuple[str, ...]] = [(arm,)] if arm else []
    made += [(VISIT,), *((name,) for name in covariates), *((name,) for name in at_visits)]
    if arm and arm_by_visit:
        made.append((arm, VISIT))
    return [*made, *((name, VISIT) for name in by_visit)]
