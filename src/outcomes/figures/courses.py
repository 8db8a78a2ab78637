"""Courses of patients without names: their spells, their events, and which of many are shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from outcomes.figures.style import Style

STATES = {
    "response": "#E3F1FA",
    "remission": "#98C4E3",
    "relapse": "#D9772B",
    "recovery": "#1F6391",
    "recurrence": "#5A0A14",
}
"""Colour of each state that lasts, from light to dark so that they differ in grey; later ones lie on top."""
DROPOUT = "dropout"
MOST_PATIENTS = 60


@dataclass(frozen=True)
class Course:
    """One patient: how long followed, spells as (state, start, end), and events as (name, day)."""

    arm: str
    patient: int
    followed: float
    spells: tuple[tuple[str, float, float], ...]
    events: tuple[tuple[str, float], ...]

    @property
    def names(self) -> set[str]:
        """States and events that occur."""
        return {state for state, *_ in self.spells} | {name for name, _ in self.events}


def select(everyone: Sequence[Course], most: int = MOST_PATIENTS) -> list[Course]:
    """At most so many patients: of each arm its share, at least one, at even distances by follow-up."""
    arms = list(dict.fromkeys(one.arm for one in everyone))
    if len(everyone) <= most:
        return list(everyone)
    shown = []
    for arm in arms:
        mine = [one for one in everyone if one.arm == arm]
        n = max(1, len(mine) * most // len(everyone))
        shown += [mine[int((k + 0.5) * len(mine) / n)] for k in range(n)]
    return shown


def courses_of(episodes: pd.DataFrame, style: Style) -> list[Course]:
    """Patients by arm, the longest followed first; the order of rows does not matter."""
    backwards = int((episodes["end_day"] < episodes["start_day"]).sum())
    if backwards:
        raise ValueError(
            f"episodes: {backwards} of {len(episodes)} rows end before they start: derive them anew"
        )
    names = list(style.arms)
    found = []
    for key, rows in episodes.groupby(["arm", "patient"], observed=True, sort=True):
        arm, patient = tuple(key)
        spells, events = [], []
        for state, start, end in zip(rows["state"], rows["start_day"], rows["end_day"], strict=True):
            if pd.isna(state):
                continue
            if state in STATES:
                spells.append((str(state), float(start), float(start if pd.isna(end) else end)))
            elif state == DROPOUT or _at_once(start, end):
                events.append((str(state), float(start)))
        followed = max(
            (float(d) for d in (*rows["start_day"], *rows["end_day"]) if not pd.isna(d)), default=0.0
        )
        order = list(STATES)
        spells.sort(key=lambda spell: (order.index(spell[0]), spell[1], spell[2]))
        found.append(Course(str(arm), int(str(patient)), followed, tuple(spells), tuple(sorted(events))))
    return sorted(found, key=lambda one: (names.index(one.arm), -one.followed, one.patient))


def _at_once(start: float, end: float) -> bool:
    return bool(pd.isna(end) or end == start)
