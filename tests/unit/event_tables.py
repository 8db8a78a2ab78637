"""Six patients with a time to relapse, and their cohort: what tests of event endpoints share."""

from __future__ import annotations

import pandas as pd

from outcomes.config import Cohort
from outcomes.frames import Tables
from outcomes.io import shape
from outcomes.tables import EVENTS, EXPOSURES, PATIENTS, VISITS

ARMS = ["medication", "therapy", "combined"]


ARM_LABELS = {"medication": "Medication", "therapy": "Therapy", "combined": "Both"}


def make_cohort(**event):
    return Cohort.model_validate(
        {
            "title": "T",
            "description": "D",
            "source": "S",
            "condition": "depression",
            "design": "randomised_trial",
            "components": {
                "medication": {"label": "Medication", "randomised": True},
                "therapy": {"label": "Therapy", "randomised": True},
            },
            "arms": {
                "medication": {"label": "Medication", "components": ("medication",)},
                "therapy": {"label": "Therapy", "components": ("therapy",)},
                "combined": {"label": "Both", "components": ("medication", "therapy")},
            },
            "files": {"raw": {"path": "data/raw.csv", "format": "csv"}},
            "patients": {
                "file": "raw",
                "id": "id",
                "arm": {"column": "arm", "labels": {arm: arm for arm in ARMS}},
                "covariates": {
                    "age": {"column": "age", "kind": "number", "label": "Age", "unit": "years"},
                    "site": {
                        "column": "site", "kind": "category", "label": "Site",
                        "levels": {"1": "north", "2": "south"},
                    },
                },
            },
            "events": {
                "relapse": {
                    "label": "Relapse", "file": "raw", "id": "id",
                    "time": {"column": "t", "unit": "day"},
                    "status": {"column": "s", "event": ["1"], "censored": {"0": "end of study"}},
                    **event,
                }
            },
        }
    )  # fmt: skip


def make_tables(**changes):
    """Six patients, two an arm; columns of `changes` replace those of patients or events."""
    ids = [f"p{k}" for k in range(6)]
    arm = pd.Categorical([ARMS[k % 3] for k in range(6)], categories=ARMS, ordered=True)
    patients = pd.DataFrame(
        {
            "patient_id": ids,
            "arm": arm,
            "medication": [a != "therapy" for a in arm],
            "therapy": [a != "medication" for a in arm],
            "age": changes.get("age", [30.0, 40, 50, 60, 70, 80]),
            "site": pd.Categorical(changes.get("site", ["north", "south"] * 3), ["north", "south"]),
        }
    )
    events = pd.DataFrame(
        {
            "patient_id": ids,
            "kind": "outcome",
            "event": "relapse",
            "start_day": changes.get("start_day", [0.0] * 6),
            "end_day": changes.get("end_day", [10.0, 20, 30, 40, 50, 60]),
            "observed": [True, False] * 3,
            "reason": [None, "end of study"] * 3,
        }
    )
    noise = events.iloc[:2].assign(event=["dropout", "relapse"], kind=["outcome", "adverse"], end_day=1.0)
    return Tables(
        shape(patients, PATIENTS),
        shape(pd.DataFrame(columns=list(VISITS.names)), VISITS),
        shape(pd.concat([events, noise], ignore_index=True), EVENTS),
        shape(pd.DataFrame(columns=list(EXPOSURES.names)), EXPOSURES),
    )
