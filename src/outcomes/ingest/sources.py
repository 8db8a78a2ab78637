"""The raw files of a cohort, opened once each, with the columns that the cohort file expects of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from outcomes.config.cohort import (
    AdverseEvents,
    ArmFromComponents,
    Cohort,
    Exposure,
    FileSpec,
    LongVisits,
    Measure,
    OutcomeEvent,
    PatientsSpec,
    TimeSpec,
)
from outcomes.config.project import inside
from outcomes.errors import DataError, OutcomesError, Problem, did_you_mean
from outcomes.ingest.cells import Source
from outcomes.ingest.columns import TextColumn
from outcomes.ingest.findings import Findings
from outcomes.ingest.folding import fold
from outcomes.ingest.formats.adam import apply_adam
from outcomes.ingest.reader import RawFile, read_raw
from outcomes.ingest.spelling import in_declared_spelling, refuse_misread

Reader = PatientsSpec | Measure | OutcomeEvent | AdverseEvents | Exposure
"""Part of a cohort file that reads rows of one file."""

DELIMITERS = {";": "';'", "\t": "a tab", ",": "','", "|": "'|'"}


@dataclass(frozen=True)
class Opened:
    """A cohort being read: its declaration, its readable files and everything found so far."""

    cohort: Cohort
    shown: str
    sources: dict[str, Source]
    findings: Findings

    def report(self, key: str, what: str) -> None:
        """Add a problem of the cohort file."""
        self.findings.problem(self.shown, key, what)

    def source_of(self, reader: Reader, place: str) -> Source | None:
        """Return the rows of a file that a part of the cohort file reads; None where it has none to read.

        `place` is the part's key. None is returned, too, where the file or its column of ids is absent.
        """
        source = self.sources.get(reader.file)
        if source is None or not source.has(reader.id):
            return None
        rows = np.ones(len(source), dtype=bool)
        for column, codes in reader.where.items():
            if not source.has(column):
                return None
            own = source.raw.labels.get(column, {})
            rows &= source.text(column).test(lambda cell, c=codes, o=own: cell in c or o.get(cell) in c)  # type: ignore[misc]
        if not reader.where:
            return source
        if not rows.any():
            where = " and ".join(reader.where)
            what = f"none of the {len(source)} rows has the codes of {place}.where: mend them"
            self.findings.problem(source.raw.path, where, what)
            return None
        return replace(source, raw=source.raw.keep(rows))


def readers_of(cohort: Cohort) -> Iterator[tuple[str, Reader]]:
    """Yield each part of the cohort file that reads rows, with its key."""
    yield "patients", cohort.patients
    yield from ((f"measures.{name}", measure) for name, measure in cohort.measures.items())
    yield from ((f"events.{name}", event) for name, event in cohort.events.items())
    if cohort.adverse_events is not None:
        yield "adverse_events", cohort.adverse_events
    yield from ((f"exposures.{name}", spell) for name, spell in cohort.exposures.items())


def source_files(root: Path, cohort: Cohort, shown: str = "the cohort file") -> list[Path]:
    """Return the paths of all raw files of a cohort, dictionaries and catalogs included.

    Raises
    ------
    ConfigError
        If a path leads out of the project folder; `shown` names the cohort file in the message.
    """
    return [
        path for name, spec in cohort.files.items() for path in _paths_of(root, name, spec, shown).values()
    ]


def _paths_of(root: Path, name: str, spec: FileSpec, shown: str) -> dict[str, Path]:
    """Resolve the paths of one raw file and of what belongs to it."""
    written = {"path": spec.path, "dictionary": spec.dictionary, "catalog": spec.catalog}
    return {
        key: inside(root, path, shown, f"files.{name}.{key}")
        for key, path in written.items()
        if path is not None
    }


def open_sources(root: Path, cohort: Cohort, shown: str, say: Callable[[str], None]) -> Opened:
    """Read every file; an unreadable one becomes problems and is left out.

    A file without rows is a problem, unless it is there for adverse events only: none may have happened.
    """
    opened = Opened(cohort, shown, {}, Findings())
    expected = expected_columns(cohort)
    for name, spec in cohort.files.items():
        say(f"reading {spec.path}")
        try:
            paths = _paths_of(root, name, spec, shown)
            for key, path in paths.items():
                if not path.exists():
                    named = f"named by files.{name}.{key} in {shown}"
                    what = f"no such file, {named}; paths start at the project folder"
                    raise DataError(Problem(getattr(spec, key), "", what))
            raw = _numbered(apply_adam(read_raw(paths, spec), spec), spec)
            declared = [column for _, column in expected[name]]
            raw = in_declared_spelling(raw, declared)
            refuse_misread(raw, declared, spec)
        except OutcomesError as error:
            opened.findings.problems.extend(error.problems)
            continue
        for note in raw.notes:
            opened.findings.note(spec.path, "", note)
        opened.findings.problems.extend(_absent_columns(raw, expected[name], spec.delimiter, shown))
        if len(raw) == 0 and not all(key.startswith("adverse_events.") for key, _ in expected[name]):
            opened.findings.problem(
                spec.path, "", "has a header and no rows: restore them, or declare no such file"
            )
        if any(column in raw.columns for _, column in expected[name]):
            opened.sources[name] = Source(name, raw, spec, opened.findings)
    return opened


def _numbered(raw: RawFile, spec: FileSpec) -> RawFile:
    """Add the column of row numbers that a file's declaration asks for."""
    if spec.number_rows is None:
        return raw
    if spec.number_rows in raw.columns:
        what = "has the column already: choose another name for number_rows, or leave it out"
        raise DataError(Problem(spec.path, spec.number_rows, what))
    numbers = TextColumn.of([str(number) for number in range(1, len(raw) + 1)])
    return replace(raw, columns={**raw.columns, spec.number_rows: numbers})


def _absent_columns(
    raw: RawFile, expected: list[tuple[str, str]], delimiter: str, shown: str
) -> Iterator[Problem]:
    """Name each expected column that the file lacks; never list a header that may be a row of data."""
    header = list(raw.columns)
    spelt = {fold(name): name for name in header}
    if not any(column in header for _, column in expected):
        other = next(
            (words for mark, words in DELIMITERS.items() if mark != delimiter and mark in "".join(header)), ""
        )
        hint = (
            f"its cells seem to be separated by {other}: declare delimiter"
            if other
            else "has it a header line?"
        )
        if any(fold(column) in spelt for _, column in expected):
            hint = f"it has them but for case or look-alike letters: write them in {shown} as the file does"
        yield Problem(raw.path, "", f"has none of the columns that {shown} names; {hint}")
        return
    for key, column in expected:
        if column not in header:
            meant = spelt.get(fold(column))
            hint = f" (did you mean '{meant}'?)" if meant else did_you_mean(column, header)
            yield Problem(raw.path, column, f"no such column, named by {key} in {shown}{hint}")


def expected_columns(cohort: Cohort) -> dict[str, list[tuple[str, str]]]:
    """Return, by file, each key of the cohort file that names a column, and the column."""
    found: dict[str, list[tuple[str, str]]] = {name: [] for name in cohort.files}
    found[cohort.patients.file].extend(_patient_columns(cohort))
    for name, measure in cohort.measures.items():
        place = f"measures.{name}"
        columns = [(f"{place}.id", measure.id)]
        if isinstance(measure, LongVisits):
            columns += [(f"{place}.visit.column", measure.visit.column)] if measure.visit else []
            columns += _times({f"{place}.time": measure.time})
            columns += _named({f"{place}.score": measure.score, f"{place}.baseline": measure.baseline})
        else:
            columns += [(f"{place}.columns.{visit}", column) for visit, column in measure.columns.items()]
        columns += [(f"{place}.{key}", item) for key, items in measure.item_lists.items() for item in items]
        found[measure.file].extend(columns)
    for name, event in cohort.events.items():
        place = f"events.{name}"
        found[event.file] += [(f"{place}.id", event.id)]
        found[event.file] += [(f"{place}.{key}", column) for key, column in event.columns.items()]
    if cohort.adverse_events:
        adverse = cohort.adverse_events
        found[adverse.file] += [("adverse_events.id", adverse.id), ("adverse_events.term", adverse.term)]
        found[adverse.file] += _times(
            {"adverse_events.onset": adverse.onset, "adverse_events.end": adverse.end}
        )
        found[adverse.file] += _named({"adverse_events.grade": adverse.grade})
    for name, spell in cohort.exposures.items():
        place = f"exposures.{name}"
        found[spell.file] += _times({f"{place}.start": spell.start, f"{place}.end": spell.end})
        keys = (
            "id",
            "agent",
            "dose",
            "sessions_offered",
            "sessions_attended",
            "days_planned",
            "days_covered",
        )
        found[spell.file] += _named({f"{place}.{key}": getattr(spell, key) for key in keys})
    for place, reader in readers_of(cohort):
        found[reader.file] += [(f"{place}.where", column) for column in reader.where]
    return found


def _patient_columns(cohort: Cohort) -> Iterator[tuple[str, str]]:
    patients = cohort.patients
    yield "patients.id", patients.id
    if isinstance(patients.arm, ArmFromComponents):
        for name, component in patients.arm.components.items():
            yield f"patients.arm.components.{name}.column", component.column
    else:
        yield "patients.arm.column", patients.arm.column
    if patients.time_zero:
        yield "patients.time_zero.column", patients.time_zero.column
    yield from _times({"patients.follow_up": patients.follow_up})
    for name, covariate in patients.covariates.items():
        yield f"patients.covariates.{name}.column", covariate.column


def _times(specs: dict[str, TimeSpec | None]) -> list[tuple[str, str]]:
    return [(f"{key}.column", spec.column) for key, spec in specs.items() if spec]


def _named(columns: dict[str, str | None]) -> list[tuple[str, str]]:
    return [(key, column) for key, column in columns.items() if column is not None]
