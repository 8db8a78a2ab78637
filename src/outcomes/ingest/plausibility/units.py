"""Two units in one column: two clusters, or two groups of patients, a factor apart and alike in shape."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from outcomes.config.cohort import DAYS_PER, Covariate
from outcomes.ingest.findings import Findings
from outcomes.ingest.plausibility.evidence import Evidence, words

FEWEST_VALUES, FEWEST_OF_A_CLUSTER, CLUSTER_SHARE = 20, 5, 0.05
"""Below these a cluster cannot be told from a few extreme patients."""

FEWEST_DISTINCT = 5
"""Different values of a cluster below which a column is a code, such as 1 and 2, and no measurement."""

FEWEST_OF_A_GROUP = 20
"""Patients of a site or arm whose quantiles are stable enough to be compared."""

FEWEST_EVENTS, STANDARD_ERRORS = 10, 3.0
"""Events of a group, and how far apart shares of events may be, for two groups to be followed alike."""

APART = 4.0
"""Distance of the clusters' means in standard deviations within them. Cut in two at the best place, a normal
distribution reaches 2.65 and a uniform one 3.46, so that one population of either shape never gets here."""

MEDIANS_WITHIN, TOPS_WITHIN = 1.5, 1.2
"""How far from the factor the ratio of the medians, and of the top deciles, may be. Medians of some twenty
times scatter; top deciles hardly do where follow-up ends for all, and treatment leaves them alone then."""

QUANTILES = (0.5, 0.9)

POUNDS, INCHES, METRES = 2.2046, 2.54, 100.0
WEEK, MONTH, YEAR = DAYS_PER["week"], DAYS_PER["month"], DAYS_PER["year"]
TIMES = (WEEK, MONTH, YEAR, YEAR / MONTH, YEAR / WEEK)
"""Without weeks to a month: groups whose times differ four to five times are not that rare."""

MASSES = frozenset({"kg", "kilogram", "kilograms", "kilos", "lb", "lbs", "pound", "pounds"})
LENGTHS = frozenset({"cm", "centimetre", "centimetres", "centimeter", "centimeters", "inch", "inches"})
DURATIONS = frozenset({"day", "days", "week", "weeks", "month", "months", "year", "years"})
SITES = frozenset(
    {"site", "sites", "centre", "center", "clinic", "hospital", "practice", "country", "region"}
)

OTHER_UNITS = (1 / WEEK, 1 / MONTH, 1 / YEAR, WEEK, MONTH)
"""Of an actual time to the planned one, where the two are in different units."""

VISIT_SHARE, FEWEST_VISITS, VISIT_WITHIN = 0.01, 5, 1.3
"""Share and number of visits, and how far from the planned day in the other unit each may be."""


@dataclass(frozen=True)
class TwoUnits:
    """Evidence of two units: sizes and medians of the lower and the higher cluster."""

    factor: float
    n_low: int
    n_high: int
    median_low: float
    median_high: float


def two_units(values: np.ndarray, factors: Sequence[float]) -> TwoUnits | None:
    """Two clusters of positive values, a factor apart, alike in shape, with a valley between them.

    Parameters
    ----------
    values : numpy.ndarray
        Those that are not positive and finite are left out.
    factors : sequence of float
        Ratios of units to look for, each > 1.

    Returns
    -------
    TwoUnits or None
        None where one unit explains the values.

    Notes
    -----
    The cut is the one with the greatest variance of logarithms between the two sides (Otsu 1979, IEEE Trans
    Syst Man Cybern 9:62).
    """
    logs = np.sort(np.log(values[np.isfinite(values) & (values > 0)]))
    n = len(logs)
    if n < FEWEST_VALUES or logs[0] == logs[-1]:
        return None
    left = np.arange(1, n)
    sums = np.cumsum(logs)
    means_left, means_right = sums[:-1] / left, (sums[-1] - sums[:-1]) / (n - left)
    between = left * (n - left) * (means_right - means_left) ** 2
    between[logs[1:] == logs[:-1]] = 0.0  # equal values stay on one side
    cut = int(np.argmax(between)) + 1
    low, high = logs[:cut], logs[cut:]
    if min(len(low), len(high)) < max(FEWEST_OF_A_CLUSTER, CLUSTER_SHARE * n):
        return None
    if min(len(np.unique(low)), len(np.unique(high))) < FEWEST_DISTINCT:
        return None
    within = np.sqrt((low.var() * len(low) + high.var() * len(high)) / n)
    if high.mean() - low.mean() < APART * within or not _valley(logs, low, high):
        return None
    factor = _factor_between(_profile(low), _profile(high), factors)
    if factor is None:
        return None
    medians = float(np.exp(np.median(low))), float(np.exp(np.median(high)))
    return TwoUnits(factor, len(low), len(high), *medians)


def _valley(logs: np.ndarray, low: np.ndarray, high: np.ndarray) -> bool:
    """Fewer values half way between the clusters' medians than around either of them."""
    centres = np.median(low), np.median(high)
    half_width = (centres[1] - centres[0]) / 8
    at = (centres[0], np.mean(centres), centres[1])
    counts = [
        np.searchsorted(logs, c + half_width, "right") - np.searchsorted(logs, c - half_width) for c in at
    ]
    return bool(counts[1] < min(counts[0], counts[2]))


def _profile(logs: np.ndarray) -> np.ndarray:
    quantiles: np.ndarray = np.quantile(logs, QUANTILES)
    return quantiles


def _factor_between(low: np.ndarray, high: np.ndarray, factors: Sequence[float]) -> float | None:
    """The factor by which median and top decile of `high` exceed those of `low`, if one does."""
    factor = min(factors, key=lambda one: abs(float(high[-1] - low[-1] - np.log(one))))
    off = np.abs(high - low - np.log(factor))
    return factor if (off <= np.log((MEDIANS_WITHIN, TOPS_WITHIN))).all() else None


def mixed_units(seen: Evidence, findings: Findings) -> None:
    """Warn of sizes, ages and times that one part of the patients has in another unit."""
    columns: list[tuple[str, str, np.ndarray, tuple[float, ...], bool]] = []
    sites = _site_columns(seen)
    for name, covariate in seen.cohort.patients.covariates.items():
        sizes = _factors_of_size(name, covariate)
        factors = sizes or (TIMES if set(words(covariate.unit)) & DURATIONS else ())
        if covariate.kind == "number" and factors:
            values = seen.patients[name].to_numpy()
            columns.append((seen.patients_path, f"patients.covariates.{name}", values, factors, bool(sizes)))
    found = []
    for source, where, values, factors, narrow in columns:
        split = two_units(values, factors) if narrow else None
        said = clusters_said(split) if split else _by_group(seen, ("arm", *sites), values, factors)
        found.append((source, where, said))
    # times spread over many powers of ten: only groups of patients tell two units apart
    follow_up = seen.patients["follow_up_days"].to_numpy()
    # sites that open one after another follow their patients for less and less long
    found.append((seen.patients_path, "patients.follow_up", _by_group(seen, ("arm",), follow_up, TIMES)))
    for one in seen.outcomes:
        said = _by_group(seen, ("arm", *sites), one.days, TIMES, one.observed)
        found.append((one.source, f"{one.where}.time", said))
    for source, where, said in found:
        if said:
            what = f"{said}: two units in one column? Convert one of them to the unit that is declared"
            findings.warn(source, where, what)


def _factors_of_size(name: str, covariate: Covariate) -> tuple[float, ...]:
    """Factors to look for in what varies so little among patients that two units form two clusters."""
    named, unit = set(words(name, covariate.label)), set(words(covariate.unit))
    if unit & MASSES or (not unit and "weight" in named):
        return (POUNDS,)
    if unit & LENGTHS or (not unit and "height" in named):
        return (INCHES, METRES)
    return (YEAR / MONTH, YEAR) if "age" in named else ()


def clusters_said(found: TwoUnits) -> str:
    """Sizes and medians of the two clusters, in words."""
    return (
        f"the values form two clusters, {found.n_low} around {found.median_low:.3g} and {found.n_high} "
        f"around {found.median_high:.3g}, about the factor {found.factor:.3g} of two units apart"
    )


def _site_columns(seen: Evidence) -> tuple[str, ...]:
    """Covariates whose levels are places of treatment."""
    covariates = seen.cohort.patients.covariates
    return tuple(
        name for name, one in covariates.items() if one.kind == "category" and set(words(name)) & SITES
    )


def _by_group(
    seen: Evidence,
    columns: Sequence[str],
    values: np.ndarray,
    factors: Sequence[float],
    observed: np.ndarray | None = None,
) -> str | None:
    """Sites or arms of which one has the values of the largest, times the factor between two units.

    With `observed`, whether each time is one of an event, only groups are compared in which the event is
    as common: another unit leaves that alone, a follow-up that ends earlier does not.
    """
    good = np.isfinite(values) & (values > 0)
    for column in columns:
        codes = seen.patients[column].cat.codes.to_numpy()
        groups = [np.flatnonzero(good & (codes == code)) for code in np.unique(codes[good])]
        groups = [group for group in groups if len(group) >= FEWEST_OF_A_GROUP]
        if not groups:
            continue
        largest = max(groups, key=len)
        reference = _profile(np.log(values[largest]))
        for group in groups:
            if observed is not None and not _as_common(observed[group], observed[largest]):
                continue
            profile = _profile(np.log(values[group]))
            low, high = sorted((reference, profile), key=lambda quantiles: float(quantiles[0]))
            factor = _factor_between(low, high, factors)
            if factor is not None:
                return (
                    f"the median by {column} is {np.exp(profile[0]):.3g} in one ({len(group)} patients) "
                    f"and {np.exp(reference[0]):.3g} in another ({len(largest)} patients), about "
                    f"{factor:.3g} times apart, as are the top deciles, and as two units are"
                )
    return None


def _as_common(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether two groups have enough events, and shares of them that chance alone may set apart."""
    if min(one.sum(), other.sum()) < FEWEST_EVENTS:
        return False
    shares, sizes = np.array([one.mean(), other.mean()]), np.array([len(one), len(other)])
    error = np.sqrt((shares * (1 - shares) / sizes).sum())
    return bool(abs(shares[0] - shares[1]) <= STANDARD_ERRORS * error)


def visit_days_in_other_units(seen: Evidence, findings: Findings) -> None:
    """Warn of visits whose actual time is the planned one in another unit: 8 for week 8."""
    for grid in seen.timed:
        later = grid.planned > 0
        days, planned = grid.days[:, later], grid.planned[later]
        real = np.isfinite(days) & (days > 0)
        logs = np.log(np.where(real, days, 1.0) / planned)
        for factor in OTHER_UNITS:
            fits = int((real & (np.abs(logs - np.log(factor)) <= np.log(VISIT_WITHIN))).sum())
            if fits >= max(FEWEST_VISITS, VISIT_SHARE * real.sum()):
                what = (
                    f"{fits} of {int(real.sum())} actual times of follow-up visits are about {factor:.3g} "
                    "times the planned time, as a time in another unit is (8 for week 8 where days are "
                    "declared): convert them, or mend the unit of the time"
                )
                findings.warn(grid.source, f"{grid.where}.time", what)
