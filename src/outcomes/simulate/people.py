"""Who takes part: stratified block randomisation at sites, and baseline characteristics."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special

from outcomes.simulate import draws
from outcomes.simulate import parameters as par
from outcomes.simulate.draws import Floats, Integers

BLOCK = len(par.ARMS)
SEQUENCE_DIGITS = 3


@dataclass(frozen=True)
class Assignment:
    """One entry per patient, in the order of `patient_id`.

    Attributes
    ----------
    patient_id : ndarray of str
        Site code and number within the site; leading zeros belong to it.
    site : ndarray of str
        Site code.
    arm : ndarray of int
        Index into `parameters.ARMS`.
    """

    patient_id: np.ndarray[tuple[int, ...], np.dtype[np.str_]]
    site: np.ndarray[tuple[int, ...], np.dtype[np.str_]]
    arm: Integers

    def by_arm(self, values: dict[str, float]) -> Floats:
        """Value of each patient's arm."""
        return np.array([values[arm] for arm in par.ARMS])[self.arm]

    def given(self, component: str) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
        """Whether each patient's arm contains the component."""
        return np.array([arm in par.GIVEN[component] for arm in par.ARMS])[self.arm]


def assign(seed: int, n_patients: int) -> Assignment:
    """Randomise in permuted blocks of four within sites (Zelen 1974, J Chronic Dis 27:365).

    Whole blocks are dealt to the sites by largest remainder of their shares, so that with a multiple
    of four patients the arms are of equal size; a rest makes one incomplete block at the last site.
    """
    blocks = -(-n_patients // BLOCK)
    per_site = _largest_remainder(blocks, np.array(list(par.SITES.values())))
    arm = draws.shuffled(seed, "randomisation", blocks, BLOCK).reshape(-1)[:n_patients]
    site = np.repeat(np.array(list(par.SITES)), per_site * BLOCK)[:n_patients]
    number = pd.Series(site).groupby(site).cumcount().to_numpy() + 1
    digits = max(SEQUENCE_DIGITS, len(str(number.max())))
    ids = np.array([f"{code}{count:0{digits}d}" for code, count in zip(site, number, strict=True)])
    return Assignment(ids, site, np.asarray(arm, dtype=np.int64))


def _largest_remainder(total: int, shares: Floats) -> Integers:
    exact = total * shares / shares.sum()
    counts = np.floor(exact).astype(np.int64)
    # rounded, so that ties fall to the earlier site and not to the last bit of a product
    order = np.argsort(-np.round(exact - counts, 9), kind="stable")
    counts[order[: total - int(counts.sum())]] += 1
    return np.asarray(counts, dtype=np.int64)


def describe_people(seed: int, assignment: Assignment, level: Floats, baseline: Floats) -> pd.DataFrame:
    """Baseline characteristics, one row per patient.

    Parameters
    ----------
    level : ndarray of float
        Standardised latent PARS level of the person; makes a chronic course likelier.
    baseline : ndarray of float
        Standardised latent PARS at baseline; makes a higher CGI-S likelier.
    """
    n = len(assignment.arm)
    youngest, oldest = par.AGE_YEARS
    age = youngest + np.floor(draws.uniforms(seed, "age", n) * (oldest - youngest + 1)).astype(np.int64)
    female = draws.uniforms(seed, "sex", n) < par.FEMALE_SHARE
    tendency = _correlated(level, draws.normals(seed, "chronic", n), par.CHRONIC_CORRELATION)
    severity = _correlated(baseline, draws.normals(seed, "severity", n), par.SEVERITY_CORRELATION)
    bounds = special.ndtri(np.cumsum(par.SEVERITY_SHARES)[:-1])
    index = np.sum(severity[:, None] > bounds, axis=1)
    return pd.DataFrame(
        {
            "patient_id": assignment.patient_id,
            "site": assignment.site,
            "arm": draws.pick(par.ARMS, assignment.arm),
            "age_years": age,
            "sex": np.where(female, "F", "M"),
            "chronic": np.where(tendency > special.ndtri(1.0 - par.CHRONIC_SHARE), "yes", "no"),
            "cgi_s": np.array(par.SEVERITY_SCORES)[index],
        }
    )


def _correlated(one: Floats, two: Floats, correlation: float) -> Floats:
    return np.asarray(correlation * one + np.sqrt(1.0 - correlation**2) * two)
