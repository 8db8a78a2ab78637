"""What happens after assignment: visits, leaving the study, recurrence, adverse events, adherence."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from outcomes.simulate import draws
from outcomes.simulate import parameters as par
from outcomes.simulate.draws import Floats, Integers
from outcomes.simulate.people import Assignment

COMPLETED = "completed"
RECURRENCE, LOST, END_OF_STUDY = "recurrence", "lost to follow-up", "end of study"
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Course:
    """Who was seen when; n patients, v visits.

    Attributes
    ----------
    attended : ndarray of bool, shape (n, v)
        The visit took place.
    answered : ndarray of bool, shape (n, v)
        Its forms were filled in.
    day : ndarray of int, shape (n, v)
        Actual day of the visit, were it to take place.
    end_day : ndarray of int, shape (n,)
        Last day in the study: of the last planned visit, or of leaving.
    status : ndarray of str, shape (n,)
        ``completed`` or the reason for leaving.
    """

    attended: Flags
    answered: Flags
    day: Integers
    end_day: Integers
    status: NDArray[np.str_]

    @property
    def completed(self) -> Flags:
        """Whether the last planned visit took place."""
        return self.attended[:, -1]


def draw_course(seed: int, assignment: Assignment, pars: Integers) -> Course:
    """Visits with missing forms, and monotone dropout that is missing at random given the PARS.

    After each visit but the last, a person leaves with log odds ``DROPOUT_INTERCEPT + DROPOUT_SLOPE *
    (last observed PARS - DROPOUT_CENTRE)``: the chance depends on nothing that was not recorded
    (missing at random, Rubin 1976, Biometrika 63:581).
    """
    n, visits = pars.shape
    form_lost = draws.uniforms(seed, "missing forms", n, visits) < par.FORM_MISSING
    form_lost[:, [0, -1]] = False
    leaving = draws.uniforms(seed, "dropout", n, visits - 1)
    attended = np.ones((n, visits), dtype=bool)
    last_seen = pars[:, 0]
    for visit in range(1, visits):
        log_odds = par.DROPOUT_INTERCEPT + par.DROPOUT_SLOPE * (last_seen - par.DROPOUT_CENTRE)
        stays = leaving[:, visit - 1] >= special.expit(log_odds)
        attended[:, visit] = attended[:, visit - 1] & stays
        last_seen = np.where(attended[:, visit] & ~form_lost[:, visit], pars[:, visit], last_seen)
    day = _visit_days(seed, n)
    last_visit_day = day[np.arange(n), attended.sum(axis=1) - 1]
    wait = 1 + np.floor(draws.uniforms(seed, "day of leaving", n) * par.DROPOUT_DAYS).astype(np.int64)
    shares = np.array([par.DROPOUT_REASON_SHARES[arm] for arm in par.ARMS])[assignment.arm]
    reason = draws.pick(par.DROPOUT_REASONS, draws.choices(seed, "reason for leaving", shares))
    completed = attended[:, -1]
    return Course(
        attended=attended,
        answered=attended & ~form_lost,
        day=day,
        end_day=np.where(completed, last_visit_day, last_visit_day + wait),
        status=np.where(completed, COMPLETED, reason),
    )


def _visit_days(seed: int, n: int) -> Integers:
    planned = 7 * np.array(par.WEEKS, dtype=np.int64)
    spread = 2 * par.DAY_SCATTER + 1
    scatter = np.floor(draws.uniforms(seed, "visit day", n, len(planned)) * spread).astype(np.int64)
    return planned + np.where(planned == 0, 0, scatter - par.DAY_SCATTER)


def draw_last_days(seed: int, n: int) -> Integers:
    """Last day of each person's maintenance, from its start: of loss to follow-up, or of the study's end."""
    lost_rate = np.full(n, par.LOSS_HAZARD / par.MAINTENANCE_YEAR)
    lost = np.ceil(draws.exponentials(seed, "loss to follow-up", lost_rate))
    return np.minimum(lost, par.MAINTENANCE_DAYS).astype(np.int64)


def draw_recurrence(seed: int, assignment: Assignment, course: Course) -> pd.DataFrame:
    """Days from the start of maintenance to recurrence, for those who completed the treatment phase.

    Exponential times, rounded up to whole days; loss to follow-up is drawn in whole days too, so that
    a recurrence on the day of a loss counts, as it does in an analysis of such data.
    """
    yearly = assignment.by_arm(par.RECURRENCE_HAZARDS)
    recurrence = np.ceil(draws.exponentials(seed, "recurrence", yearly / par.MAINTENANCE_YEAR))
    end = draw_last_days(seed, len(yearly))
    status = np.select([recurrence <= end, end < par.MAINTENANCE_DAYS], [RECURRENCE, LOST], END_OF_STUDY)
    frame = pd.DataFrame(
        {
            "patient_id": assignment.patient_id,
            "days": np.minimum(recurrence, end).astype(np.int64),
            "status": status,
        }
    )
    return frame[course.completed].reset_index(drop=True)


def draw_adverse_events(seed: int, assignment: Assignment, course: Course) -> pd.DataFrame:
    """One row per adverse event: a Poisson process over the time in the study."""
    rate = assignment.by_arm(par.ADVERSE_RATES)
    counts = draws.poisson_counts(seed, "adverse events", rate * course.end_day / par.PERSON_YEAR)
    # each onset needs a day of its own; a rate 100 times as high would be needed for this to bind
    patient = np.repeat(np.arange(len(counts)), np.minimum(counts, course.end_day))
    last = course.end_day[patient]
    n = len(patient)
    onset = 1 + np.floor(draws.uniforms(seed, "onset", n) * last).astype(np.int64)
    onset = _distinct_days(patient, onset, last)
    drug = assignment.given("medication")[patient]
    terms = np.array([par.ADVERSE_TERM_SHARES[bool(flag)] for flag in drug]).reshape(n, -1)
    grades = np.tile(np.array(par.GRADE_SHARES), (n, 1))
    length = np.ceil(draws.exponentials(seed, "length", np.full(n, 1.0 / par.ADVERSE_MEAN_DAYS)))
    end = pd.Series(onset + length.astype(np.int64) - 1, dtype="Int64")
    frame = pd.DataFrame(
        {
            "patient_id": assignment.patient_id[patient],
            "term": draws.pick(par.ADVERSE_TERMS, draws.choices(seed, "term", terms)),
            "onset_day": onset,
            "end_day": end.mask(end > last),
            "grade": draws.pick(par.GRADES, draws.choices(seed, "grade", grades)),
        }
    )
    return frame.sort_values(["patient_id", "onset_day"], ignore_index=True)


def _distinct_days(patient: Integers, onset: Integers, last: Integers) -> Integers:
    """Move an onset that shares its day with another of the same patient to the next free day.

    Days run round from the last to the first; as no patient has more onsets than days, a free one is
    always found.
    """
    days = onset.copy()
    while (taken := pd.DataFrame({"patient": patient, "day": days}).duplicated().to_numpy()).any():
        days[taken] = days[taken] % last[taken] + 1
    return days


def draw_adherence(seed: int, assignment: Assignment, course: Course, component: str) -> pd.DataFrame:
    """Sessions or days planned until the end of the study, and those attended or covered."""
    given = assignment.given(component)
    shares = par.ADHERENCE[component]
    mean: Floats = assignment.by_arm({arm: shares.get(arm, 0.5) for arm in par.ARMS})
    if component == "therapy":
        reached = np.ceil(par.SESSIONS * course.end_day / par.TREATMENT_DAYS).astype(np.int64)
        planned, names = np.minimum(reached, par.SESSIONS), ("sessions_offered", "sessions_attended")
    else:
        planned, names = np.minimum(course.end_day, par.TREATMENT_DAYS), ("days_planned", "days_covered")
    taken = draws.beta_binomials(
        seed, f"adherence, {component}", planned, mean, par.ADHERENCE_PRECISION[component]
    )
    frame = pd.DataFrame({"patient_id": assignment.patient_id, names[0]: planned, names[1]: taken})
    return frame[given].reset_index(drop=True)
