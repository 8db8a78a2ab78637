"""All tables together: who the patients are, what they got, what was measured."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from outcomes.scaffold.init.afterwards import find_afterwards
from outcomes.scaffold.init.asides import find_asides, pair_lines
from outcomes.scaffold.init.columns import Column, count_distinct
from outcomes.scaffold.init.counted_from import counted
from outcomes.scaffold.init.covariates import CovariateGuess, find_covariates, may_be_outcome
from outcomes.scaffold.init.dates import Dated, Dates
from outcomes.scaffold.init.events import EventGuess
from outcomes.scaffold.init.find_outcomes import find_outcomes
from outcomes.scaffold.init.look import Table
from outcomes.scaffold.init.measure_guess import MeasureGuess
from outcomes.scaffold.init.measures import MOST_UNKNOWN
from outcomes.scaffold.init.missing_codes import missing_codes
from outcomes.scaffold.init.people import (
    ArmColumns,
    Identity,
    candidates,
    find_arms,
    find_identity,
    speaks_for_arm,
)
from outcomes.scaffold.init.visits import Plan, merge
from outcomes.scaffold.init.words import unused

ADVERSE = {"aeterm", "aedecod", "ae", "adverse_event", "term", "event_term"}
EXPOSURE = {"sessions_offered", "sessions_attended", "days_planned", "days_covered", "dose", "sessions"}

NEW_ID = "patient_id"
"""Column that is added to a file without an id."""
FOLLOW_UP = re.compile(r"follow_?up_?(day|week|month|year)s?")


@dataclass(frozen=True)
class Study:
    """Everything that was guessed of a user's files.

    Attributes
    ----------
    people : Table
        Where patients stand.
    could_be_arm : list of Column
        Where the arm was not recognised: columns that may hold it.
    missing : dict
        By table, codes that probably mean "not recorded", each with the columns that hold it.
    doubtful : dict
        The same for codes that are values in another column that is read.
    unread : list of Table
        Tables of which nothing is read.
    asides : dict
        By table, what its columns leave open.
    pairs : list of str
        Covariates that may be scores.
    dated : Dated or None
        Dates in `people` that may be events.
    could_be_score : list of str
        Where neither a score nor an event was recognised: columns of numbers that may be the outcome.
    event_asked : str
        Where rows have a time and a status each and none is drafted: what to ask.
    afterwards : dict
        By key of the cohort file, columns that were recorded after baseline and of which nothing is drafted.
    """

    tables: list[Table]
    identities: dict[str, Identity]
    people: Table
    arms: ArmColumns | None
    could_be_arm: list[Column]
    measures: list[MeasureGuess]
    schedule: Plan
    events: list[EventGuess]
    zero: Dates | None
    follow_up: tuple[str, str] | None
    covariates: list[CovariateGuess]
    more_covariates: list[str]
    missing: dict[str, dict[str, list[str]]]
    doubtful: dict[str, dict[str, list[str]]]
    unread: list[Table]
    asides: dict[str, list[str]]
    pairs: list[str]
    dated: Dated | None
    could_be_score: list[str]
    event_asked: str
    afterwards: dict[str, list[str]]

    @property
    def condition(self) -> str:
        """Condition of the first instrument that has one; empty where none has."""
        known = (m.scale.instrument.condition for m in self.measures if m.scale.instrument)
        return next(
            (c for c in known if c in ("depression", "anxiety", "ptsd", "schizophrenia", "bipolar")), ""
        )


def study(tables: list[Table]) -> Study:
    """Guess what tables hold."""
    found = {table.key: find_identity(table) for table in tables}
    identities = {key: identity for key, identity in found.items() if identity is not None}
    known = tables
    if not identities:
        tables, identities = _numbered(tables[0])
    arms = find_arms(tables, identities)
    people = arms.table if arms else _people(tables, identities)
    arm_columns = [column.name for column in arms.columns] if arms else []
    spoken = {table.key: set(arm_columns) if table.key == people.key else set() for table in tables}
    outcomes = find_outcomes(tables, identities, people, spoken)
    zero, dated = outcomes.zero, outcomes.dated
    measures = _named_apart(_chosen(outcomes.measures))
    schedule, renamed = merge([measure.plan for measure in measures])
    measures = [_on(measure, names) for measure, names in zip(measures, renamed, strict=True)]
    events = _events_apart(outcomes.events)
    for measure in measures:
        spoken[measure.table.key] |= {*measure.scores, measure.visit, measure.time, measure.baseline}
    identity = identities[people.key]
    measures, dates, doubts = counted(measures, people, identity, zero, outcomes.doubts)
    spoken[people.key] |= {dates.column} if dates is not None and dates is not zero else set()
    zero = dates
    follow_up = _follow_up(people, spoken[people.key])
    spoken[people.key] |= {follow_up[0]} if follow_up else set()
    could_be = _could_be_arm(people, identity, spoken[people.key]) if not arms else []
    apart = spoken[people.key] | {column.name for column in could_be if speaks_for_arm(column)}
    taken = {f"baseline_{measure.name}" for measure in measures}
    taken |= {*arms.arms.components, *arms.arms.arms} if arms else set()
    covariates, more = find_covariates(people, identity, apart, taken)
    could_be_score = []
    event_asked = "" if events else outcomes.asked
    if not (measures or events or dated or event_asked):
        could_be_score = [c.column.name for c in covariates if may_be_outcome(c.column)]
        could_be_score += [name for name in more if may_be_outcome(people.columns[name])]
        covariates = [c for c in covariates if c.column.name not in could_be_score]
        more = [name for name in more if name not in could_be_score]
    read_or_asked = {**spoken, people.key: {*apart, *(c.name for c in could_be), *_dates_of(dated)}}
    baseline = [*(c.column.name for c in covariates), *more]
    afterwards = find_afterwards(tables, identities, read_or_asked, baseline)
    pairs = pair_lines(people, [*(c.column.name for c in covariates), *more, *could_be_score], apart)
    missing, doubtful = missing_codes(tables, people, [c.column.name for c in covariates], spoken, measures)
    read = {people.key, *(m.table.key for m in measures), *(e.table.key for e in events)}
    return Study(
        known, identities, people, arms, could_be, measures, schedule, events, zero,
        follow_up, covariates, more, missing, doubtful,
        [table for table in known if table.key not in read],
        find_asides(known, identities, measures, doubts), pairs, dated, could_be_score, event_asked,
        afterwards,
    )  # fmt: skip


def _dates_of(dated: Dated | None) -> list[str]:
    if dated is None:
        return []
    return [column.name for column in (*dated.events, dated.last) if column is not None]


def _people(tables: list[Table], identities: Mapping[str, Identity]) -> Table:
    known = [table for table in tables if table.key in identities]
    once = [table for table in known if not identities[table.key].repeated]
    return (once or known)[0]


def _numbered(table: Table) -> tuple[list[Table], dict[str, Identity]]:
    """Take each row for a patient, numbered in a column that reading the file adds."""
    rows = np.arange(table.rows)
    column = Column(NEW_ID, "number", rows, tuple(str(n + 1) for n in rows), rows + 1.0)
    numbered = replace(table, columns={**table.columns, NEW_ID: column})
    return [numbered], {table.key: Identity(NEW_ID, False, "the numbers of the rows", added=True)}


def _could_be_arm(people: Table, identity: Identity, spoken: set[str]) -> list[Column]:
    found = [column for column in candidates(people, identity) if column.name not in spoken]
    return found[: 2 * MOST_UNKNOWN]


def _on(measure: MeasureGuess, names: Mapping[str, str]) -> MeasureGuess:
    """Return the measure with the schedule's names of its visits."""
    plan = measure.plan
    by_text = {text: names.get(visit, "") for text, visit in plan.names.items()}
    windows = {names[visit]: bounds for visit, bounds in plan.windows.items()}
    columns = {names[visit]: column for visit, column in measure.columns.items()}
    items = {names[visit]: each for visit, each in measure.item_columns.items()}
    plan = replace(plan, names=by_text, windows=windows)
    return replace(measure, plan=plan, columns=columns, item_columns=items)


def _follow_up(people: Table, spoken: set[str]) -> tuple[str, str] | None:
    """Column of the time under observation, and its unit."""
    for column in people.columns.values():
        match = FOLLOW_UP.fullmatch(column.name.casefold())
        if match and column.kind == "number" and column.name not in spoken:
            return column.name, match[1]
    return None


def _chosen(measures: list[MeasureGuess]) -> list[MeasureGuess]:
    """Measures of known instruments, and a few of unknown ones."""
    known = [measure for measure in measures if measure.scale.instrument]
    unknown = [measure for measure in measures if not measure.scale.instrument]
    return known + unknown[:MOST_UNKNOWN]


def _named_apart(measures: list[MeasureGuess]) -> list[MeasureGuess]:
    names: list[str] = []
    for measure in measures:
        names.append(unused(measure.name, names))
    return [replace(measure, name=name) for measure, name in zip(measures, names, strict=True)]


def _events_apart(events: list[EventGuess]) -> list[EventGuess]:
    names: list[str] = []
    for event in events:
        names.append(unused(event.name, names))
    return [replace(event, name=name) for event, name in zip(events, names, strict=True)]


def hint(table: Table) -> str:
    """What a table of which nothing is read may be for."""
    names = {name.casefold() for name in table.columns}
    if names & ADVERSE:
        return "it looks like adverse events: declare adverse_events: (file, id, term, onset)"
    if names & EXPOSURE:
        return "it looks like what was taken or attended: declare exposures: (file, id, sessions or days)"
    return "no visits with scores, and no time to an event, were recognised in it"


def patients_in(table: Table, identity: Identity) -> int:
    """Number of patients in a table."""
    if identity.added:
        return table.rows
    ids = table.columns[identity.column]
    return count_distinct(ids.codes[ids.filled])
