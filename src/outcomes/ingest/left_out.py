"""Patients whom the cohort file leaves out: all of their rows go, in every file, before anything is read."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import numpy as np

from outcomes.ingest.cells import Source, read_text
from outcomes.ingest.findings import Findings
from outcomes.ingest.ids import read_ids
from outcomes.ingest.patients import group_rows
from outcomes.ingest.sources import Opened, readers_of


def leave_out_patients(opened: Opened) -> Opened:
    """Leave out the patients that `patients.where` does not choose, and those without an arm if so declared.

    They go before anything is read, so that nothing else is asked of them: no baseline date, no score.
    """
    return _leave_out_unassigned(_leave_out_unchosen(opened))


def _leave_out_unchosen(opened: Opened) -> Opened:
    spec = opened.cohort.patients
    whole, chosen = opened.sources.get(spec.file), _silently(opened)
    if not spec.where or whole is None or chosen is None:
        return opened
    everyone = read_ids(replace(whole, findings=Findings()), spec.id).names
    unchosen = everyone.difference(read_ids(chosen, spec.id).names)
    return _without(opened, unchosen, len(everyone), "patients.where", "are not chosen")


def _leave_out_unassigned(opened: Opened) -> Opened:
    spec = opened.cohort.patients
    source = _silently(opened)
    if spec.arm.missing == "error" or source is None:
        return opened
    rows = group_rows(source, spec.id, read_ids(source, spec.id), repeated=True)
    cells = [rows.collapse(column, read_text(source, column), "code") for column in spec.arm.columns]
    unassigned = rows.ids.names[np.logical_or.reduce([column.missing for column in cells])]
    return _without(opened, unassigned, len(rows), "patients.arm.missing", "have no arm")


def _silently(opened: Opened) -> Source | None:
    """Rows of patients; what is wrong with them is reported when they are read in earnest."""
    scratch = replace(opened, findings=Findings())
    source = scratch.source_of(opened.cohort.patients, "patients")
    return None if source is None else replace(source, findings=scratch.findings)


def _without(opened: Opened, patients: Collection[str], n_patients: int, key: str, why: str) -> Opened:
    """Leave out all rows of some patients, and note how many."""
    names = set(patients)
    if not names:
        return opened
    sources = dict(opened.sources)
    for _, reader in readers_of(opened.cohort):
        found = sources.get(reader.file)
        if found is not None:
            theirs = found.text(reader.id).test(names.__contains__)
            sources[reader.file] = replace(found, raw=found.raw.keep(~theirs))
    what = f"{len(names)} of {n_patients} patients {why} and are left out, as declared"
    opened.findings.note(opened.shown, key, what)
    return replace(opened, sources=sources)
