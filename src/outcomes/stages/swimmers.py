"""Swimmer plots of a cohort's episodes: a row per patient, so for the restricted tree only."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from outcomes.config import Cohort
from outcomes.episodes import Episodes
from outcomes.episodes.timeline import EVENT
from outcomes.figures.saving import save_figure
from outcomes.figures.style import style_for
from outcomes.figures.swimmer import describe_swimmer, draw_swimmer
from outcomes.frames import Tables


def draw_swimmers(
    found: dict[tuple[str, str], Episodes], tables: Tables, cohort: Cohort, folder: Path
) -> list[str]:
    """Draw the episodes of each measure and definition into `folder`; return the names of the figures."""
    folder.mkdir(parents=True, exist_ok=True)
    names = []
    for (measure, definition), episodes in found.items():
        rows = swimmer_rows(episodes, tables.patients)
        # an event that no rule counts may have a state's name
        labels = {name: cohort.events[name].label for name in episodes.definition.events}
        style = style_for(cohort, labels=labels, outcome=cohort.measures[measure].label)
        figure = draw_swimmer(rows, style)
        if figure is None:
            continue
        names.append(f"swimmer_{measure}_{definition}")
        title = f"{cohort.measures[measure].label}: {episodes.definition.title}"
        save_figure(figure, folder / names[-1], title, describe_swimmer(rows, style))
    return names


def swimmer_rows(episodes: Episodes, patients: pd.DataFrame) -> pd.DataFrame:
    """Return spells, dated events and the last score of each patient, by a number that is no identifier.

    Recovery is drawn from the day on which it was confirmed, where the spell of remission ends.
    """
    line = episodes.timeline
    arms = patients.set_index("patient_id")["arm"].astype(str)
    number = pd.Series(np.arange(line.patients.size), index=line.patients)
    table = episodes.table("", "")
    late = table["state"].astype(str) == "recovery"
    spells = pd.DataFrame(
        {
            "patient": number.loc[table["patient_id"]].to_numpy(),
            "state": table["state"].astype(str),
            "start_day": table["start_day"].where(~late, table["confirmed_day"]),
            "end_day": table["end_day"],
        }
    )
    entry, patient = np.nonzero(line.kind == EVENT)
    events = pd.DataFrame(
        {
            "patient": patient,
            "state": [line.labels[code] for code in line.label[entry, patient]],
            "start_day": line.day[entry, patient],
            "end_day": np.nan,
        }
    )
    followed = pd.DataFrame(
        {
            "patient": np.arange(line.patients.size),
            "state": None,
            "start_day": 0.0,
            "end_day": np.nan_to_num(line.last_scored_day),
        }
    )
    rows = pd.concat([part for part in (spells, events, followed) if len(part)], ignore_index=True)
    return rows.assign(arm=arms.loc[line.patients[rows["patient"].to_numpy(dtype=np.int64)]].to_numpy())
