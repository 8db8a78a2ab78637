"""The true value of everything the synthetic trial is analysed for, in closed form."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import special

from outcomes.simulate import parameters as par

Entry = dict[str, Any]
DECIMALS = 8
"""Of the values in truth.yaml: finer than any estimate, coarser than the last bits of a library's erf."""


def recorded_moments(mean: float, sd: float, scale: par.Scale) -> tuple[float, float]:
    """Mean and standard deviation of a normal value after rounding to `scale.step` and cutting off.

    The recorded score has K = (high - low) / step steps above the lowest, and reaches step k exactly
    when the latent value is at least ``low + (k - 1/2) step``, so with S steps reached
    ``E S = sum_k P(S >= k)`` and ``E S^2 = sum_k (2k - 1) P(S >= k)``, k = 1 .. K.
    """
    k = np.arange(1, round((scale.high - scale.low) / scale.step) + 1)
    reached = special.ndtr((mean - scale.low - (k - 0.5) * scale.step) / sd)
    first, second = float(np.sum(reached)), float(np.sum((2 * k - 1) * reached))
    return scale.low + scale.step * first, scale.step * math.sqrt(second - first**2)


def latent_mean(target: float, sd: float, scale: par.Scale) -> float:
    """Mean of the normal value whose recorded mean is `target`; bisection, the mean being monotone.

    Raises
    ------
    ValueError
        If `target` does not lie strictly inside the scale.
    """
    if not scale.low < target < scale.high:
        raise ValueError("target must lie strictly inside the scale")
    width = scale.high - scale.low
    low, high = scale.low - width, scale.high + width
    while high - low > 1e-12 * width:
        middle = 0.5 * (low + high)
        below = recorded_moments(middle, sd, scale)[0] < target
        low, high = (middle, high) if below else (low, middle)
    return 0.5 * (low + high)


def pars_latent_means() -> dict[str, tuple[float, ...]]:
    """Latent PARS means by arm at `WEEKS` that make the recorded means those of `pars_means`."""
    return {
        arm: tuple(
            latent_mean(mean, par.PARS_EFFECTS.sd(week), par.PARS_SCALE)
            for week, mean in zip(par.WEEKS, means, strict=True)
        )
        for arm, means in par.pars_means().items()
    }


def phq9_shifts() -> dict[str, tuple[float, ...]]:
    """Mean of the PHQ-9 items' latent values (SD 1) by arm at `WEEKS`; 0 at baseline."""
    return {
        arm: tuple(par.PHQ9_SHIFT_PER_PARS_POINT * (mean - means[0]) for mean in means)
        for arm, means in par.pars_means().items()
    }


def phq9_mean(shift: float) -> float:
    """True mean total: an item is at least c when its latent N(shift, 1) exceeds the c-th threshold."""
    thresholds = np.add.outer(np.asarray(par.PHQ9_LOCATIONS), np.asarray(par.PHQ9_STEPS))
    return float(np.sum(special.ndtr(shift - thresholds)))


def qlesq_latent_means() -> dict[str, dict[str, float]]:
    """Latent quality of life by arm and visit, percent of maximum."""
    return {
        arm: {
            visit: par.QLESQ_BASELINE + par.QLESQ_GAIN_PER_PARS_POINT * (means[0] - mean)
            for visit, mean in zip(par.VISITS, means, strict=True)
        }
        for arm, means in par.pars_means().items()
    }


def survival(day: int, yearly_hazard: float) -> float:
    """Probability of no recurrence up to and including `day`.

    The recorded day is the exponential time rounded up, so it exceeds `day` exactly when the time does.
    """
    return math.exp(-yearly_hazard * day / par.MAINTENANCE_YEAR)


def restricted_mean(horizon: int, yearly_hazard: float) -> float:
    """Mean of the recorded day cut off at `horizon`: ``sum_{k<horizon} q^k`` with q the daily survival."""
    daily = yearly_hazard / par.MAINTENANCE_YEAR
    return math.expm1(-daily * horizon) / math.expm1(-daily)


def true_values() -> list[Entry]:
    """Every known truth as endpoint, quantity, arm, comparator, time, time_unit, value."""
    weeks = dict(zip(par.VISITS, par.WEEKS, strict=True))
    pars = {arm: dict(zip(par.WEEKS, means, strict=True)) for arm, means in par.pars_means().items()}
    phq9 = {
        arm: {week: phq9_mean(shift) for week, shift in zip(par.WEEKS, shifts, strict=True)}
        for arm, shifts in phq9_shifts().items()
    }
    qlesq = {
        arm: {
            weeks[visit]: recorded_moments(mean, par.QLESQ_SD[visit], par.QLESQ_SCALE)[0]
            for visit, mean in means.items()
        }
        for arm, means in qlesq_latent_means().items()
    }
    entries = [*_scores("pars", pars), *_scores("phq9", phq9), *_scores("qlesq", qlesq)]
    return [*entries, *_recurrence(), *_adherence(), *_adverse_events()]


def _entry(
    endpoint: str,
    quantity: str,
    pair: tuple[str, str | None],
    value: float,
    time: int | None = None,
    time_unit: str | None = None,
) -> Entry:
    arm, comparator = pair
    return {
        "endpoint": endpoint,
        "quantity": quantity,
        "arm": arm,
        "comparator": comparator,
        "time": time,
        "time_unit": time_unit,
        "value": round(value, DECIMALS),
    }


def _scores(endpoint: str, means: dict[str, dict[int, float]]) -> list[Entry]:
    levels = [
        _entry(endpoint, "mean", (arm, None), value, week, "week")
        for arm, course in means.items() for week, value in course.items()
    ]  # fmt: skip
    differences = [
        _entry(endpoint, "mean_difference", (arm, other), means[arm][week] - means[other][week], week, "week")
        for arm, other in par.PAIRS for week in means[arm] if week > 0
    ]  # fmt: skip
    return levels + differences


def _recurrence() -> list[Entry]:
    hazards, horizon = par.RECURRENCE_HAZARDS, par.MAINTENANCE_DAYS
    days = [par.MAINTENANCE_YEAR * year for year in (1, 2, 3)]
    means = {arm: restricted_mean(horizon, hazards[arm]) for arm in par.ARMS}
    ratios = [
        _entry("recurrence", "hazard_ratio", pair, hazards[pair[0]] / hazards[pair[1]]) for pair in par.PAIRS
    ]
    curves = [
        _entry("recurrence", "survival_probability", (arm, None), survival(day, hazards[arm]), day, "day")
        for arm in par.ARMS for day in days
    ]  # fmt: skip
    levels = [_entry("recurrence", "rmst", (arm, None), means[arm], horizon, "day") for arm in par.ARMS]
    differences = [
        _entry("recurrence", "rmst_difference", pair, means[pair[0]] - means[pair[1]], horizon, "day")
        for pair in par.PAIRS
    ]
    return [*ratios, *curves, *levels, *differences]


def _adherence() -> list[Entry]:
    """A beta-binomial count of n has expectation n p, so the mean share is p whatever n was."""
    entries = []
    for component, shares in par.ADHERENCE.items():
        endpoint = f"adherence_{component}_{par.ADHERENCE_UNITS[component]}"
        entries += [_entry(endpoint, "mean", (arm, None), share) for arm, share in shares.items()]
        entries += [
            _entry(endpoint, "mean_difference", pair, shares[pair[0]] - shares[pair[1]])
            for pair in par.PAIRS if pair[0] in shares and pair[1] in shares
        ]  # fmt: skip
    return entries


def _adverse_events() -> list[Entry]:
    return [
        _entry("adverse_events", "incidence_rate", (arm, None), par.ADVERSE_RATES[arm]) for arm in par.ARMS
    ]


def describe_parameters() -> dict[str, Any]:
    """The generating values with their sources, as plain data."""
    effects = par.PARS_EFFECTS
    recorded_sd = {
        arm: [
            round(recorded_moments(mean, effects.sd(week), par.PARS_SCALE)[1], 4)
            for week, mean in zip(par.WEEKS, means, strict=True)
        ]
        for arm, means in pars_latent_means().items()
    }
    return {
        "pars": {
            "source": par.CAMS,
            "weeks": list(par.WEEKS),
            "published_means": {arm: list(means) for arm, means in par.PARS_PUBLISHED.items()},
            "common_baseline": round(par.common_baseline(), DECIMALS),
            "latent_intercept_sd": effects.intercept_sd,
            "latent_slope_sd_per_week": effects.slope_sd,
            "latent_correlation": effects.correlation,
            "latent_residual_sd": effects.residual_sd,
            "recorded_sd": recorded_sd,
        },
        "phq9": {
            "source": par.ASSUMED,
            "item_locations": list(par.PHQ9_LOCATIONS),
            "threshold_steps": list(par.PHQ9_STEPS),
            "item_loading": par.PHQ9_LOADING,
            "correlation_with_pars": par.PHQ9_PARS_CORRELATION,
            "shift_per_pars_point": par.PHQ9_SHIFT_PER_PARS_POINT,
        },
        "qlesq": {
            "source": par.ASSUMED,
            "latent_baseline": par.QLESQ_BASELINE,
            "gain_per_pars_point": par.QLESQ_GAIN_PER_PARS_POINT,
            "latent_sd": dict(par.QLESQ_SD),
            "correlation_with_pars": par.QLESQ_PARS_CORRELATION,
        },
        "dropout": {
            "source": par.ASSUMED,
            "log_odds_per_interval": par.DROPOUT_INTERCEPT,
            "at_last_observed_pars_of": par.DROPOUT_CENTRE,
            "log_odds_per_point": par.DROPOUT_SLOPE,
        },
        "recurrence": {
            "source": par.REYNOLDS,
            "hazard_per_365_days": {arm: par.RECURRENCE_HAZARDS[arm] for arm in par.ARMS},
            "loss_to_follow_up_per_365_days": par.LOSS_HAZARD,
        },
        "adverse_events": {
            "source": par.ASSUMED,
            "events_per_365_25_days": {arm: par.ADVERSE_RATES[arm] for arm in par.ARMS},
        },
        "adherence": {
            "source": par.ASSUMED,
            "mean_share": {name: dict(shares) for name, shares in par.ADHERENCE.items()},
            "beta_precision": dict(par.ADHERENCE_PRECISION),
        },
    }
