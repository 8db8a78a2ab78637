"""A synthetic randomised trial of medication, therapy, both or neither, with its truth."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from outcomes.io import write_text
from outcomes.simulate import draws, truth
from outcomes.simulate import parameters as par
from outcomes.simulate.draws import Integers
from outcomes.simulate.follow_up import (
    Course,
    draw_adherence,
    draw_adverse_events,
    draw_course,
    draw_recurrence,
)
from outcomes.simulate.maintenance import (
    describe_course,
    draw_hospitalisation,
    draw_maintenance,
    draw_pars,
)
from outcomes.simulate.people import Assignment, assign, describe_people
from outcomes.simulate.symptoms import Scores, draw_scores

FEWEST_PATIENTS = 40
"""Below this, arms may be left without a recurrence or an adverse event."""
MISSING_CODE = -9
TRUTH_FILE = "truth.yaml"
TRUTH_HEADER = (
    "# The values that this SYNTHETIC trial was made with. No patient stands behind any number here.\n"
)


@dataclass(frozen=True)
class SimulatedTrial:
    """One frame per raw file, named as the file, and the truth.

    Attributes
    ----------
    patients : pandas.DataFrame
        One row per patient: site, arm, baseline characteristics, `follow_up_days`.
    visits : pandas.DataFrame
        One row per visit that took place: actual `day`, `pars`, `phq9_1` to `phq9_9`; -9 is missing.
    quality_of_life : pandas.DataFrame
        One row per patient, one column per visit, percent of maximum; empty is missing.
    dropout : pandas.DataFrame
        Day of leaving with its reason, or of the last visit with ``completed``.
    recurrence : pandas.DataFrame
        Days from the start of maintenance; only those who entered it.
    adverse_events : pandas.DataFrame
        One row per event: term, onset and end day, grade.
    therapy, medication : pandas.DataFrame
        Sessions offered and attended; days planned and covered; only arms with the component.
    course : pandas.DataFrame
        One row per visit that took place, of treatment and maintenance: `day` from randomisation, `pars`.
    hospitalisation : pandas.DataFrame
        Day of the first admission, or of the end of follow-up, from randomisation.
    truth : dict
        ``truth``: entries with endpoint, quantity, arm, comparator, time, time_unit, value;
        ``parameters``: the generating values with their sources.
    """

    patients: pd.DataFrame
    visits: pd.DataFrame
    quality_of_life: pd.DataFrame
    dropout: pd.DataFrame
    recurrence: pd.DataFrame
    adverse_events: pd.DataFrame
    therapy: pd.DataFrame
    medication: pd.DataFrame
    course: pd.DataFrame
    hospitalisation: pd.DataFrame
    truth: dict[str, Any]


def simulate_trial(seed: int, n_patients: int = 480) -> SimulatedTrial:
    """Simulate the trial: symptoms as in CAMS, recurrence as in Reynolds 1999, the rest assumed.

    Parameters
    ----------
    seed : int
        Root of all random numbers, >= 0; equal seeds give equal trials.
    n_patients : int
        People randomised, 40 or more; a multiple of four gives arms of equal size.

    Returns
    -------
    SimulatedTrial
        The raw files as frames, and the truth, which depends on neither argument.

    Raises
    ------
    ValueError
        If `seed` is negative or `n_patients` is below 40.
    """
    if seed < 0:
        raise ValueError("seed must be 0 or greater")
    if n_patients < FEWEST_PATIENTS:
        raise ValueError(f"n_patients must be {FEWEST_PATIENTS} or more")
    assignment = assign(seed, n_patients)
    scores = draw_scores(seed, assignment)
    course = draw_course(seed, assignment, scores.pars)
    people = describe_people(seed, assignment, scores.level, scores.deviation[:, 0])
    visits = _visits(seed, assignment, scores, course)
    recurrence = draw_recurrence(seed, assignment, course)
    maintenance = draw_maintenance(seed, assignment.patient_id, course, recurrence)
    late_pars = draw_pars(seed, scores.settled, maintenance)
    return SimulatedTrial(
        patients=people.assign(follow_up_days=course.end_day),
        visits=visits,
        quality_of_life=_quality_of_life(assignment, scores, course),
        dropout=pd.DataFrame(
            {"patient_id": assignment.patient_id, "day": course.end_day, "status": course.status}
        ),
        recurrence=recurrence,
        adverse_events=draw_adverse_events(seed, assignment, course),
        therapy=draw_adherence(seed, assignment, course, "therapy"),
        medication=draw_adherence(seed, assignment, course, "medication"),
        course=describe_course(seed, visits, assignment.patient_id, late_pars, maintenance, MISSING_CODE),
        hospitalisation=draw_hospitalisation(seed, course, assignment.patient_id, maintenance),
        truth={"truth": truth.true_values(), "parameters": truth.describe_parameters()},
    )


def write_trial(trial: SimulatedTrial, folder: Path) -> None:
    """Write one CSV file per frame, and truth.yaml, into `folder`; each file atomically.

    The same trial gives the same bytes.
    """
    for field in fields(trial):
        frame = getattr(trial, field.name)
        if isinstance(frame, pd.DataFrame):
            write_text(folder / f"{field.name}.csv", frame.to_csv(index=False, lineterminator="\n"))
    text = yaml.safe_dump(trial.truth, sort_keys=False, allow_unicode=True, width=110)
    write_text(folder / TRUTH_FILE, TRUTH_HEADER + text)


def _visits(seed: int, assignment: Assignment, scores: Scores, course: Course) -> pd.DataFrame:
    """Rows of the visits that took place; forms and items not filled in carry the missing code."""
    patient, visit = np.nonzero(course.attended)
    answered = course.answered[patient, visit]
    items = _items(seed, scores)[patient, visit]
    columns = {f"phq9_{k + 1}": np.where(answered, items[:, k], MISSING_CODE) for k in range(items.shape[1])}
    return pd.DataFrame(
        {
            "patient_id": assignment.patient_id[patient],
            "day": course.day[patient, visit],
            "pars": np.where(answered, scores.pars[patient, visit], MISSING_CODE),
            **columns,
        }
    )


def _items(seed: int, scores: Scores) -> Integers:
    blank = draws.uniforms(seed, "missing items", *scores.items.shape) < par.ITEM_MISSING
    blank[:, 0, :] = False
    return np.where(blank, MISSING_CODE, scores.items)


def _quality_of_life(assignment: Assignment, scores: Scores, course: Course) -> pd.DataFrame:
    seen = np.where(course.answered, scores.qlesq, np.nan)
    columns = {f"qlesq_{visit}": seen[:, k] for k, visit in enumerate(par.VISITS)}
    return pd.DataFrame({"patient_id": assignment.patient_id, **columns})
