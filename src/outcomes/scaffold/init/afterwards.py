"""Columns that may have been recorded after baseline by their names, and the key where each belongs."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

from outcomes.scaffold.init.columns import Column
from outcomes.scaffold.init.components import names_component
from outcomes.scaffold.init.look import Table
from outcomes.scaffold.init.people import STRONG_NAME, Identity, is_constant
from outcomes.scaffold.init.visits import is_after_baseline
from outcomes.scaffold.init.words import (
    END_DATE,
    ID_NAME,
    STATUS_NAME,
    TIME_NAME,
    VISIT_NAME,
    squeezed,
    unaccented,
)

OUTCOME = re.compile(
    r"evnt|compl(et|ia|ie|y)|adher|drop|relapse|recur|remission|remit|respon[ds]|withdr|discont|ruckfall|rezidiv|"
    r"abbruch|rechute|recid"
)
"""Begins the name of a column that is filled after baseline."""
MOST_GRADES = 6
BEFORE = re.compile(
    r"(?<![a-z])(prior|prev\w*|past|hist\w*|lifetime|baseline|base|bl|pre|before|family|child\w*|life|since|vor\w*|"
    r"fruher\w*|anter\w*|marital|civil|employ\w*|socio\w*|insur\w*|educ\w*|job)(?![a-z])"
)
"""Says that it was before: relapses then are no outcome, and a marital status never is one."""
PLACES = {
    "adverse_events": re.compile(
        r"(ae|sae|teae)_|side_?effect|adverse|nebenwirk|effets?_(secondaire|indesirable)"
    ),
    "exposures": re.compile(
        r"sessions(?![a-z])|sitzungen|seances|attend|adher|complian|comply|days_(covered|planned|taken)|doses?_taken"
    ),
    "events": re.compile(
        r"relaps|rechute|rezidiv|ruckfall|recidiv|recur|remi(ssion|tted)|respond(er|ed)|death|dead(?![a-z])|died|deces|"
        r"verstorben|drop_?out|dropped|withdr|discont|abbruch|abandon|rehosp|evnt|event(?!s)|completer|"
        r"improved|recovered|cured"
    ),
}  # fmt: skip
"""Begins a word of the name, or the label, of a column that belongs there."""
SIDE_EFFECT = re.compile(r"se_")
"""The same, where values are few: it may be a score of self-efficacy, too."""
TECHNICAL = re.compile(r".*_complete|redcap_.*|.*_timestamp", flags=re.IGNORECASE)


def belongs_to(column: Column) -> str:
    """Key of what a column records after baseline, by its name or label; empty where neither says so."""
    name, title = _words(column.name), _words(column.title)
    if BEFORE.search(name.replace("_", " ")) or BEFORE.search(title.replace("_", " ")):
        return ""
    for key, words in PLACES.items():
        if words.match(title) or any(words.match(name, start) for start in _starts(name)):
            return key
    if SIDE_EFFECT.match(name) and len(column.levels) <= MOST_GRADES:
        return "adverse_events"
    word = squeezed(column.name)
    if OUTCOME.match(word) or (len(word) > 1 and STATUS_NAME.fullmatch(word)):
        return "events"
    return "measures" if is_after_baseline(column.name) else ""


def _words(text: str) -> str:
    split = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", text)
    return re.sub(r"[^a-z0-9]+", "_", unaccented(split)).strip("_")


def _starts(name: str) -> list[int]:
    return [0, *(place + 1 for place, letter in enumerate(name) if letter == "_")]


def find_afterwards(
    tables: Collection[Table],
    identities: Mapping[str, Identity],
    spoken_for: Mapping[str, Collection[str]],
    covariates: Collection[str],
) -> dict[str, list[str]]:
    """By key of the cohort file, columns of one value per patient that nothing is drafted of.

    A covariate that is called like a treatment is among them: it may be a part of it.
    """
    found: dict[str, list[str]] = {}
    for table in (table for table in tables if table.key in identities and not table.spec.standard):
        for column in _left(table, identities[table.key], spoken_for[table.key]):
            key = _key(column)
            if column.name in covariates:
                key = "patients.arm.components" if names_component(column) else ""
            if key and column.name not in found.get(key, []):
                found.setdefault(key, []).append(column.name)
    return found


def _left(table: Table, identity: Identity, spoken_for: Collection[str]) -> Iterator[Column]:
    ids = table.columns[identity.column]
    for column in table.columns.values():
        name = squeezed(column.name)
        known = any(kind.fullmatch(name) for kind in (ID_NAME, STRONG_NAME, VISIT_NAME))
        if known or TECHNICAL.fullmatch(column.name) or column.name in {identity.column, *spoken_for}:
            continue
        if column.kind != "empty" and is_constant(column, ids):
            yield column


def _key(column: Column) -> str:
    if column.kind == "date":
        said = any(END_DATE.match(squeezed(text)) for text in (column.name, column.title))
        return "events" if said else ""
    timed = column.kind == "number" and TIME_NAME.fullmatch(squeezed(column.name)) is not None
    return belongs_to(column) or ("events" if timed else "")
