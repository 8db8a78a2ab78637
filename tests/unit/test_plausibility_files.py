"""Faults planted in the files of a simulated trial, which is then read as any cohort is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from outcomes.config import Cohort
from outcomes.config.base import build, load_yaml
from outcomes.errors import DataError
from outcomes.ingest import read_cohort
from outcomes.simulate.trial import simulate_trial, write_trial

ROOT = Path(__file__).parents[2]
QLESQ = [f"qlesq_{visit}" for visit in ("baseline", "week_4", "week_8", "week_12")]


@dataclass(frozen=True)
class Fault:
    """What is done to which frame of the trial, and what must be said of which key."""

    frame: str
    plant: Callable[[pd.DataFrame], pd.DataFrame]
    where: str
    says: str


def score_of_the_baseline_at_week_4(visits: pd.DataFrame) -> pd.DataFrame:
    first = visits.groupby("patient_id")["pars"].transform("first")
    return visits.assign(pars=visits["pars"].where(~visits["day"].between(21, 35), first))


def weeks_at_two_sites(recurrence: pd.DataFrame) -> pd.DataFrame:
    site, days = recurrence["patient_id"].str[:2], recurrence["days"]
    return recurrence.assign(days=np.where(site.isin(["01", "02"]), days / 7, days))


def turned_round(recurrence: pd.DataFrame) -> pd.DataFrame:
    swap = {"recurrence": "end of study", "end of study": "recurrence"}
    return recurrence.assign(status=recurrence["status"].replace(swap))


FAULTS = {
    "quality of life in reverse": Fault(
        "quality_of_life", lambda d: d.assign(**(100 - d[QLESQ])), "measures.pars and measures.qlesq",
        "one of the two is probably coded in reverse"),
    "last visit copied from the one before": Fault(
        "quality_of_life", lambda d: d.assign(qlesq_week_12=d["qlesq_week_8"]), "measures.qlesq",
        "visit week_12 repeats the visit week_8 to the digit"),
    "baseline in the column of a follow-up": Fault(
        "quality_of_life", lambda d: d.assign(qlesq_week_4=d["qlesq_baseline"]), "measures.qlesq",
        "visit week_4 repeats the baseline to the digit"),
    "baseline in the rows of a follow-up": Fault(
        "visits", score_of_the_baseline_at_week_4, "measures.pars",
        "visit week_4 repeats the baseline to the digit"),
    "last observation carried forward": Fault(
        "quality_of_life", lambda d: d.assign(**d[QLESQ].ffill(axis=1)), "measures.qlesq",
        "last scores were probably carried forward"),
    "shares instead of percent": Fault(
        "quality_of_life", lambda d: d.assign(**(d[QLESQ] / 100)), "measures.qlesq",
        "they look like shares of the maximum"),
    "everyone at one site": Fault(
        "patients", lambda d: d.assign(site="01"), "patients.covariates.site",
        "all 400 patients have the same value"),
    "everyone equally ill": Fault(
        "patients", lambda d: d.assign(cgi_s=4), "patients.covariates.severity",
        "all 400 patients have the same value"),
    "withdrawal before the visits": Fault(
        "dropout", lambda d: d.assign(day=(d["day"] // 3).clip(lower=1)), "measures.qlesq",
        "are from after their withdrawal (events.dropout)"),
    "weeks at two sites": Fault(
        "recurrence", weeks_at_two_sites, "events.recurrence.time", "two units in one column?"),
}  # fmt: skip


def read(folder: Path, fault: Fault):
    trial = simulate_trial(4, 400)
    planted = replace(trial, **{fault.frame: fault.plant(getattr(trial, fault.frame))})
    write_trial(planted, folder / "data/synthetic_trial")
    content = load_yaml(ROOT / "config/cohorts/synthetic_trial.yaml", "trial")
    del content["screening"]
    return read_cohort(folder, build(Cohort, content, "trial"), "trial")


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_planted_fault_is_a_warning_with_its_file_and_key(tmp_path, fault):
    notes = read(tmp_path, fault).notes
    said = [note for note in notes if note.level == "warning" and note.where == fault.where]
    assert said, notes
    assert any(fault.says in note.what for note in said)
    assert all(note.source.startswith("data/synthetic_trial/") for note in said)


def test_a_status_turned_round_is_asked_about(tmp_path):
    fault = Fault("recurrence", turned_round, "events.recurrence.status", "swap the codes")
    with pytest.raises(DataError) as caught:
        read(tmp_path, fault)
    (problem,) = caught.value.problems
    assert (problem.source, problem.where) == ("data/synthetic_trial/recurrence.csv", fault.where)
    assert fault.says in problem.what
