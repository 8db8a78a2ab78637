"""Maintenance seen from visit to visit: PARS that agree with the dated recurrences, and admissions.

Well: latent ``w(t) = s (1 - c + c exp(-t / a)) + e``, with s the person's level at week 12 and e noise
that is correlated from visit to visit. In an episode, from the day of recurrence on: ``max(w(t), floor,
m + e)``, m the person's level when ill. After its spell, for those who improve, the excess over w(t)
falls as ``exp(-u / b)``. Hazards of recurrence do not depend on any score (see `follow_up`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from outcomes.simulate import draws
from outcomes.simulate import parameters as par
from outcomes.simulate.draws import Floats, Integers
from outcomes.simulate.follow_up import END_OF_STUDY, LOST, RECURRENCE, Course, draw_last_days
from outcomes.simulate.symptoms import record

LEFT, ADMITTED = "left the study", "hospitalisation"
NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True)
class Maintenance:
    """What happens to whom, in days from randomisation; n patients, v visits of maintenance.

    Attributes
    ----------
    start : ndarray of int, shape (n,)
        Day of the visit at week 12; meaningful only for those who completed the treatment phase.
    end : ndarray of int, shape (n,)
        Last day seen, with or without a recurrence before it.
    recurrence : ndarray of int, shape (n,)
        Day of recurrence; `NEVER` for those without one.
    day : ndarray of int, shape (n, v)
        Day of each visit, were it to take place.
    attended : ndarray of bool, shape (n, v)
        The visit took place.
    """

    start: Integers
    end: Integers
    recurrence: Integers
    day: Integers
    attended: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]


def draw_maintenance(
    seed: int, patient_id: np.ndarray, course: Course, recurrence: pd.DataFrame
) -> Maintenance:
    """Visits until a person's follow-up ends; after a recurrence they go on.

    Parameters
    ----------
    patient_id : ndarray of str, shape (n,)
        Ids in the order of `course`.
    recurrence : pandas.DataFrame
        ``patient_id``, ``days`` from the start of maintenance and ``status``, as `draw_recurrence` makes it.
    """
    n, visits = len(patient_id), len(par.MAINTENANCE_WEEKS)
    start = course.end_day
    study_end = start + par.MAINTENANCE_DAYS
    end = np.where(course.completed, start + draw_last_days(seed, n), course.end_day)
    spread = 2 * par.MAINTENANCE_SCATTER + 1
    scatter = np.floor(draws.uniforms(seed, "maintenance, visit day", n, visits) * spread).astype(np.int64)
    day = 7 * np.array(par.MAINTENANCE_WEEKS, dtype=np.int64) + scatter - par.MAINTENANCE_SCATTER
    # the last visit closes the study: who is still in it is seen by its end
    day[:, -1] = np.minimum(day[:, -1], study_end)
    missed = draws.uniforms(seed, "maintenance, missed visits", n, visits) < par.MAINTENANCE_MISSED
    recurred = recurrence[recurrence["status"] == RECURRENCE].set_index("patient_id")["days"]
    days = recurred.reindex(patient_id)
    return Maintenance(
        start=start,
        end=end,
        recurrence=np.where(days.isna(), NEVER, start + days.fillna(0).to_numpy(dtype=np.int64)),
        day=day,
        attended=course.completed[:, None] & (day <= end[:, None]) & ~missed,
    )


def draw_pars(seed: int, settled: Floats, maintenance: Maintenance) -> Integers:
    """PARS total at every visit of maintenance, attended or not, shape (n, v).

    Parameters
    ----------
    settled : ndarray of float, shape (n,)
        Latent PARS at week 12 without that visit's noise, in points.
    """
    episodes, (n, visits) = par.EPISODES, maintenance.day.shape
    noise = episodes.noise_sd * _fluctuation(seed, n, visits)
    left = np.exp((maintenance.start[:, None] - maintenance.day) / episodes.settling_days)
    well = settled[:, None] * (1.0 - episodes.settling * (1.0 - left))
    ill = episodes.level_mean + episodes.level_sd * draws.normals(seed, "episode, level", n, 1)
    excess = np.maximum(np.maximum(ill, well) - well, 0.0)
    since = np.where(
        maintenance.recurrence[:, None] == NEVER, -1, maintenance.day - maintenance.recurrence[:, None]
    )
    more = draws.exponentials(seed, "episode, length", np.full(n, 1.0 / episodes.more_days))
    spell = (episodes.shortest_days + more)[:, None]
    improves = draws.uniforms(seed, "episode, improving", n, 1) < episodes.improving
    share = np.where(improves, np.exp(-np.maximum(since - spell, 0.0) / episodes.melting_days), 1.0)
    latent = well + noise + np.where(since >= 0, share * excess, 0.0)
    acute = (since >= 0) & ((since <= spell) | ~improves)
    return record(np.where(acute, np.maximum(latent, episodes.floor), latent), par.PARS_SCALE)


def _fluctuation(seed: int, n: int, visits: int) -> Floats:
    """Standard normal noise per visit, correlated from one to the next (first-order autoregression)."""
    correlation = par.EPISODES.noise_correlation
    fresh = draws.normals(seed, "maintenance, pars", n, visits)
    noise = fresh.copy()
    for visit in range(1, visits):
        noise[:, visit] = correlation * noise[:, visit - 1] + np.sqrt(1.0 - correlation**2) * fresh[:, visit]
    return noise


def describe_course(
    seed: int,
    visits: pd.DataFrame,
    patient_id: np.ndarray,
    pars: Integers,
    maintenance: Maintenance,
    missing: int,
) -> pd.DataFrame:
    """PARS from randomisation to the end of follow-up: the rows of `visits`, then those of maintenance."""
    forms_lost = draws.uniforms(seed, "maintenance, missing forms", *pars.shape) < par.FORM_MISSING
    patient, visit = np.nonzero(maintenance.attended)
    late = pd.DataFrame(
        {
            "patient_id": patient_id[patient],
            "day": maintenance.day[patient, visit],
            "pars": np.where(forms_lost, missing, pars)[patient, visit],
        }
    )
    both = pd.concat([visits[["patient_id", "day", "pars"]], late], ignore_index=True)
    return both.sort_values(["patient_id", "day"], ignore_index=True)


def draw_hospitalisation(
    seed: int, course: Course, patient_id: np.ndarray, maintenance: Maintenance
) -> pd.DataFrame:
    """First admission to hospital, in days from randomisation; more frequent from a recurrence on.

    The hazard is constant before and after; its inverse cumulative hazard turns one exponential number
    with mean 1 into a time.
    """
    before, after = (rate / par.MAINTENANCE_YEAR for rate in par.HOSPITAL_HAZARDS)
    total = draws.exponentials(seed, "hospitalisation", np.ones(len(patient_id)))
    turn = np.minimum(maintenance.recurrence, maintenance.end).astype(np.float64)
    admitted = np.ceil(
        np.where(total <= before * turn, total / before, turn + (total - before * turn) / after)
    )
    stayed = maintenance.end == maintenance.start + par.MAINTENANCE_DAYS
    status = np.select(
        [admitted <= maintenance.end, ~course.completed, ~stayed], [ADMITTED, LEFT, LOST], END_OF_STUDY
    )
    days = np.minimum(admitted, maintenance.end).astype(np.int64)
    return pd.DataFrame({"patient_id": patient_id, "day": days, "status": status})
