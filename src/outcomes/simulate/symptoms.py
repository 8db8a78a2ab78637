"""Scores at every planned visit as if nobody were ever missing.

PARS: latent ``m[arm, week] + b0 + b1 week + e``; PHQ-9 and quality of life hang on its standardised
deviation from the arm's mean. A score belongs to its planned visit: the few days by which a visit is
early or late do not move it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from outcomes.simulate import draws, truth
from outcomes.simulate import parameters as par
from outcomes.simulate.draws import Floats, Integers
from outcomes.simulate.people import Assignment


@dataclass(frozen=True)
class Scores:
    """Recorded scores before anything goes missing; n patients, v visits.

    Attributes
    ----------
    level : ndarray of float, shape (n,)
        Standardised latent PARS level of the person.
    deviation : ndarray of float, shape (n, v)
        Standardised latent PARS deviation from the arm's mean.
    settled : ndarray of float, shape (n,)
        Latent PARS at the last visit without what belongs to that visit alone, in points.
    pars : ndarray of int, shape (n, v)
        PARS total, 0 to 30.
    items : ndarray of int, shape (n, v, 9)
        PHQ-9 items, 0 to 3.
    qlesq : ndarray of float, shape (n, v)
        Percent of maximum, one decimal.
    """

    level: Floats
    deviation: Floats
    settled: Floats
    pars: Integers
    items: Integers
    qlesq: Floats


def record(latent: Floats, scale: par.Scale) -> Integers:
    """Steps reached above the lowest score: rounded half up, cut off at both ends."""
    steps = np.floor((latent - scale.low) / scale.step + 0.5)
    return np.clip(steps, 0, round((scale.high - scale.low) / scale.step)).astype(np.int64)


def draw_scores(seed: int, assignment: Assignment) -> Scores:
    """Draw every score of every patient at every visit."""
    level, deviation, lasting = _pars_deviations(seed, len(assignment.arm))
    weeks = np.array(par.WEEKS, dtype=np.float64)
    means = np.array([truth.pars_latent_means()[arm] for arm in par.ARMS])[assignment.arm]
    sds = np.array([par.PARS_EFFECTS.sd(week) for week in weeks])
    return Scores(
        level=level,
        deviation=deviation,
        settled=means[:, -1] + lasting[:, -1],
        pars=record(means + sds * deviation, par.PARS_SCALE),
        items=_phq9_items(seed, assignment, deviation),
        qlesq=_quality_of_life(seed, assignment, deviation),
    )


def _pars_deviations(seed: int, n: int) -> tuple[Floats, Floats, Floats]:
    """Standardised level of each person, deviation at each visit, and its lasting part in points."""
    effects, weeks = par.PARS_EFFECTS, np.array(par.WEEKS, dtype=np.float64)
    effect = draws.normals(seed, "pars, person", n, 2)
    residual = effects.residual_sd * draws.normals(seed, "pars, visit", n, len(weeks))
    slope = effects.correlation * effect[:, 0] + np.sqrt(1.0 - effects.correlation**2) * effect[:, 1]
    lasting = effects.intercept_sd * effect[:, [0]] + effects.slope_sd * slope[:, None] * weeks
    sds = np.array([effects.sd(week) for week in weeks])
    return effect[:, 0], (lasting + residual) / sds, lasting


def _factor(seed: int, stage: str, deviation: Floats, correlation: float, person_share: float) -> Floats:
    """Standard normal factor per visit, correlated with `deviation`; some of the rest is the person's."""
    n, visits = deviation.shape
    person = draws.normals(seed, f"{stage}, person", n, 1)
    occasion = draws.normals(seed, f"{stage}, visit", n, visits)
    rest = np.sqrt(person_share) * person + np.sqrt(1.0 - person_share) * occasion
    return np.asarray(correlation * deviation + np.sqrt(1.0 - correlation**2) * rest)


def _phq9_items(seed: int, assignment: Assignment, deviation: Floats) -> Integers:
    factor = _factor(seed, "phq9", deviation, par.PHQ9_PARS_CORRELATION, par.PHQ9_PERSON_SHARE)
    shift = np.array([truth.phq9_shifts()[arm] for arm in par.ARMS])[assignment.arm]
    own = draws.normals(seed, "phq9, item", *factor.shape, len(par.PHQ9_LOCATIONS))
    common = shift + par.PHQ9_LOADING * factor
    latent = common[:, :, None] + np.sqrt(1.0 - par.PHQ9_LOADING**2) * own
    above = latent[..., None] > np.add.outer(np.asarray(par.PHQ9_LOCATIONS), np.asarray(par.PHQ9_STEPS))
    return np.asarray(np.sum(above, axis=-1), dtype=np.int64)


def _quality_of_life(seed: int, assignment: Assignment, deviation: Floats) -> Floats:
    factor = _factor(seed, "qlesq", deviation, par.QLESQ_PARS_CORRELATION, par.QLESQ_PERSON_SHARE)
    latent_means = truth.qlesq_latent_means()
    means = np.array([[latent_means[arm][v] for v in par.VISITS] for arm in par.ARMS])[assignment.arm]
    sds = np.array([par.QLESQ_SD[visit] for visit in par.VISITS])
    # a division by ten gives the nearest number with one decimal, a product with 0.1 does not
    return record(means + sds * factor, par.QLESQ_SCALE) / round(1.0 / par.QLESQ_SCALE.step)
