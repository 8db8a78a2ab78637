"""From visits and dated events to the spells of every state of a definition, each with its evidence."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from outcomes.config.definition import STATES, Definition
from outcomes.config.instrument import Instrument
from outcomes.episodes.course import BEFORE, Spells, day_of, follow_course, follow_dropout, follow_state
from outcomes.episodes.rules import settled
from outcomes.episodes.runs import read_signs
from outcomes.episodes.timeline import MISSED, Bools, Timeline, build_timeline

BLOCK = 50_000
"""Patients at a time: their arrays stay in the processor's cache."""
BY_DESIGN = "so on day 0 by design"
MISSED_MARK = " (no score)"


@dataclass(frozen=True)
class Episodes:
    """Spells of one measure under one definition.

    Attributes
    ----------
    timeline : Timeline
        What they were derived from.
    spells : Spells
        By state in the order of `STATES`, within a state by patient and time.
    """

    timeline: Timeline
    definition: Definition
    instrument: Instrument
    spells: Spells

    def table(self, measure: str, definition: str) -> pd.DataFrame:
        """Return the spells as rows of the table `episodes`; `definition` is the name it goes by."""
        spells, line = self.spells, self.timeline
        state = pd.Categorical(spells.state, categories=[s for s in STATES if s in self.definition.states])
        frame = pd.DataFrame(
            {
                "patient_id": line.patients[spells.patient],
                "measure": measure,
                "definition": definition,
                "state": state,
                "start_day": day_of(line, spells.patient, spells.first),
                "confirmed_day": day_of(line, spells.patient, spells.confirmed),
                "end_day": spells.end_day,
                "ended": spells.ended,
                "evidence": self.evidence(),
            }
        )
        order = np.lexsort((spells.confirmed, state.codes, spells.patient))
        frame = frame.iloc[order].reset_index(drop=True)
        spell = frame.groupby([spells.patient[order], state.codes[order]]).cumcount() + 1
        frame.insert(4, "spell", spell.to_numpy(dtype=np.int64))
        return frame

    def evidence(self) -> NDArray[np.object_]:
        """Names of the visits and events that made each spell, to the one that confirmed it."""
        spells, line = self.spells, self.timeline
        texts = np.full(spells.patient.size, BY_DESIGN, dtype=object)
        for name in self.definition.states:
            where = np.flatnonzero(spells.state == name)
            if where.size and line.day.shape[0]:
                texts[where] = self._texts(name, where, line)
        return texts

    def _texts(self, state: str, where: NDArray[np.int64], line: Timeline) -> NDArray[np.object_]:
        spells = self.spells
        patient, first, last = spells.patient[where], spells.first[where], spells.confirmed[where]
        m = line.day.shape[0]
        code = np.zeros((where.size, m), dtype=np.int32)
        counts, at_once = self._signs(state)
        for j in range(m):
            event = at_once[j, patient] & (last == j)
            made = counts[j, patient] & (first <= j) & (j <= last) & ~at_once[last, patient]
            mark = (line.label[j, patient].astype(np.int32) + 1) * 2 + (line.kind[j, patient] == MISSED)
            code[:, j] = np.where(made | event, mark, 0)
        code[first == BEFORE] = 0
        groups = pd.DataFrame(code).groupby(list(range(m)), sort=True).ngroup().to_numpy()
        _, sample = np.unique(groups, return_index=True)
        names = np.array([self._said(row) for row in code[sample]], dtype=object)
        found: NDArray[np.object_] = names[groups]
        return found

    def _signs(self, state: str) -> tuple[Bools, Bools]:
        """Where entries add to runs of a state, and where a dated event is one."""
        rule = self.definition.rules.get(state)
        if rule is None:  # dropout
            missed = self.timeline.kind == MISSED
            return missed, np.zeros_like(missed)
        signs = read_signs(settled(rule, self.instrument), self.timeline, self.instrument)
        return signs.counts, signs.at_once

    def _said(self, codes: NDArray[np.int32]) -> str:
        named = [(int(code) // 2 - 1, int(code) % 2) for code in codes if code > 0]
        said = [self.timeline.labels[label] + (MISSED_MARK if missed else "") for label, missed in named]
        return ", ".join(said) or BY_DESIGN


def derive_episodes(
    visits: pd.DataFrame,
    events: pd.DataFrame,
    patients: pd.Series,
    measure: str,
    definition: Definition,
    instrument: Instrument,
) -> Episodes:
    """Derive every state of a definition for the given patients.

    Parameters
    ----------
    visits, events : pandas.DataFrame
        Input tables as `outcomes.tables` declares them; the order of rows does not matter.
    patients : pandas.Series
        Ids, each once; results follow their order.
    measure : str
        Measure of the cohort file whose scores are judged.
    definition : Definition
        Whose rules `outcomes.episodes.rules.definition_faults` found to fit the instrument.
    instrument : Instrument
        The measure's.
    """
    timeline = build_timeline(visits, events, measure, definition.events, patients)
    n = timeline.day.shape[1]
    parts: dict[str, list[Spells]] = {}
    for start in range(0, max(n, 1), BLOCK):
        block = timeline.part(slice(start, start + BLOCK))
        for name, spells in _spells(block, definition, instrument).items():
            moved = Spells(spells.state, spells.patient + start, spells.first, spells.confirmed,
                           spells.end_day, spells.ended)  # fmt: skip
            parts.setdefault(name, []).append(moved)
    return Episodes(timeline, definition, instrument, _joined([s for each in parts.values() for s in each]))


def _spells(block: Timeline, definition: Definition, instrument: Instrument) -> dict[str, Spells]:
    found = {"course": follow_course(block, definition, instrument)}
    in_course = {definition.relapse_after, "recovery", "relapse", "recurrence"}
    for state, rule in definition.rules.items():
        if state not in in_course:
            found[state] = follow_state(block, state, rule, instrument)
    if definition.dropout:
        found["dropout"] = follow_dropout(block, definition.dropout)
    return found


def _joined(parts: list[Spells]) -> Spells:
    return Spells(
        *(
            np.concatenate([getattr(part, name) for part in parts])
            for name in ("state", "patient", "first", "confirmed", "end_day", "ended")
        )
    )
