"""Files that contradict each other: a patient in two arms, a file that belongs to another cohort."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from outcomes.config.cohort import ArmFromComponents, Cohort
from outcomes.errors import Problem
from outcomes.ingest.cells import Source
from outcomes.ingest.findings import Findings
from outcomes.ingest.ids import Ids, read_ids
from outcomes.ingest.patients import Patients
from outcomes.ingest.sources import Opened, open_sources, readers_of

FEW, MOST = 0.1, 0.9
"""A file of which a tenth or less of the patients are known here, and nine tenths there, is of there."""


@dataclass(frozen=True)
class Fact:
    """What the patients file says of each patient in one column of codes."""

    column: str
    labels: Mapping[str, str]
    told: np.ndarray
    is_arm: bool


def report_disagreement(opened: Opened, patients: Patients) -> None:
    """Report files that repeat a column of the patients file and say something else of a patient.

    Another arm is a problem; another category may be one of a later time, and is a warning. Only
    declared codes count: a column of the same name may hold something else.
    """
    if patients.known is None:
        return
    own = opened.cohort.patients.file
    for name, column in _other_files(opened.cohort).items():
        source = opened.sources.get(name)
        if source is None or not source.has(column):
            continue
        place = patients.place(_ids_of(source, column))
        for fact in _facts(opened.cohort, patients):
            if source.has(fact.column):
                _compare(source, fact, place, opened.sources[own].raw.path)


def _facts(cohort: Cohort, patients: Patients) -> Iterator[Fact]:
    spec, table = cohort.patients, patients.table
    if isinstance(spec.arm, ArmFromComponents):
        for name, component in spec.arm.components.items():
            labels = dict.fromkeys(component.given, "given") | dict.fromkeys(component.not_given, "not given")
            told = np.where(table[name].fillna(value=False), "given", "not given").astype(object)
            told[table["arm"].isna()] = None
            yield Fact(component.column, labels, told, is_arm=True)
    else:
        yield Fact(spec.arm.column, spec.arm.labels, table["arm"].to_numpy(dtype=object), is_arm=True)
    for name, covariate in spec.covariates.items():
        if covariate.levels is not None:
            told = table[name].to_numpy(dtype=object)
            yield Fact(covariate.column, covariate.levels, told, is_arm=False)


def _compare(source: Source, fact: Fact, place: np.ndarray, patients_file: str) -> None:
    text = source.text(fact.column)
    here = text.spread(np.array([fact.labels.get(code) for code in text.texts], dtype=object))
    there = np.append(fact.told, [None])[place]
    differ = ~pd.isna(here) & ~pd.isna(there) & (here != there)
    if fact.is_arm:
        rule = f"of patients whom {patients_file} has in another arm"
        source.report(fact.column, differ, rule, "find out which file is right, and mend the other")
    else:
        rule = f"of patients of whom {patients_file} has another code"
        remedy = f"{patients_file} counts; if this file is right, mend it there"
        source.warn(fact.column, differ, rule, remedy)


def _ids_of(source: Source, column: str) -> Ids:
    """Ids of a file whose faults are told elsewhere."""
    return read_ids(replace(source, findings=Findings()), column)


def swapped_files(root: Path, cohorts: Mapping[str, Cohort]) -> list[Problem]:
    """Name each file whose patients are hardly known to its own cohort, and nearly all to another.

    Parameters
    ----------
    root : pathlib.Path
        The project folder.
    cohorts : mapping
        By name. Their files are read once more: ask only when a file has patients that nobody knows.
    """
    opened = {name: open_sources(root, cohort, name, lambda _: None) for name, cohort in cohorts.items()}
    known = {}
    for name, cohort in cohorts.items():
        source = opened[name].source_of(cohort.patients, "patients")
        if source is not None:
            known[name] = _ids_of(source, cohort.patients.id).names
    problems = []
    for name, own in known.items():
        others = {other: names for other, names in known.items() if other != name}
        for file, column in _other_files(cohorts[name]).items():
            source = opened[name].sources.get(file)
            if source is None or not source.has(column):
                continue
            found = _ids_of(source, column).names
            if not len(found) or found.isin(own).mean() > FEW:
                continue
            problems += [
                Problem(source.raw.path, column, _swapped(file, name, other, len(found)))
                for other, names in others.items()
                if found.isin(names).mean() >= MOST
            ]
    return problems


def _other_files(cohort: Cohort) -> dict[str, str]:
    """Files beside that of the patients, with their column of ids."""
    readers = (reader for _, reader in readers_of(cohort))
    return {reader.file: reader.id for reader in readers if reader.file != cohort.patients.file}


def _swapped(file: str, name: str, other: str, n_patients: int) -> str:
    what = f"hardly any of its {n_patients} patients are of cohort {name}, nearly all are of cohort {other}"
    return f"{what}: are two files swapped? mend files.{file}.path"
