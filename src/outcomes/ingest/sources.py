"""The raw files of a cohort, opened once each, with the columns that the cohort file expects of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from outcomes.config.cohort import ArmFromComponents, Cohort, LongVisits, TimeSpec
from outcomes.config.project import inside
from outcomes.errors import DataError, OutcomesError, Problem, did_you_mean
from outcomes.ingest.cells import Source
from outcomes.ingest.reader import RawFile, read_raw

DELIMITERS = {";": "';'", "\t": "a tab", ",": "','", "|": "'|'"}


@dataclass(frozen=True)
class Opened:
    """A cohort being read: its declaration, its readable files and every problem found so far."""

    cohort: Cohort
    shown: str
    sources: dict[str, Source]
    problems: list[Problem]

    def report(self, key: str, what: str) -> None:
        """Add a problem of the cohort file."""
        self.problems.append(Problem(self.shown, key, what))


def source_files(root: Path, cohort: Cohort, shown: str = "the cohort file") -> dict[str, Path]:
    """Return the path of each raw file by its name in the cohort file, `shown` in messages.

    Raises
    ------
    ConfigError
        If a path leads out of the project folder.
    """
    return {name: inside(root, spec.path, shown, f"files.{name}.path") for name, spec in cohort.files.items()}


def open_sources(root: Path, cohort: Cohort, shown: str) -> Opened:
    """Read every file; an unreadable one becomes problems and is left out.

    A file without rows is a problem, unless it is there for adverse events only: none may have happened.
    """
    opened = Opened(cohort, shown, {}, [])
    expected = expected_columns(cohort)
    for name, spec in cohort.files.items():
        key = f"files.{name}.path"
        try:
            path = inside(root, spec.path, shown, key)
            if not path.exists():
                what = f"no such file, named by {key} in {shown}; paths start at the project folder"
                raise DataError(Problem(spec.path, "", what))
            raw = read_raw(path, spec)
        except OutcomesError as error:
            opened.problems.extend(error.problems)
            continue
        opened.problems.extend(_absent_columns(raw, expected[name], spec.delimiter, shown))
        if len(raw.lines) == 0 and not all(key.startswith("adverse_events.") for key, _ in expected[name]):
            what = "has a header and no rows: restore them, or declare no such file"
            opened.problems.append(Problem(spec.path, "", what))
        if any(column in raw.cells for _, column in expected[name]):
            opened.sources[name] = Source(name, raw, spec, opened.problems)
    return opened


def _absent_columns(
    raw: RawFile, expected: list[tuple[str, str]], delimiter: str, shown: str
) -> Iterator[Problem]:
    """Name each expected column that the file lacks; never list a header that may be a row of data."""
    header = list(raw.cells.columns)
    if not any(column in header for _, column in expected):
        other = next(
            (words for mark, words in DELIMITERS.items() if mark != delimiter and mark in "".join(header)), ""
        )
        hint = (
            f"its cells seem to be separated by {other}: declare delimiter"
            if other
            else "has it a header line?"
        )
        yield Problem(raw.path, "", f"has none of the columns that {shown} names; {hint}")
        return
    for key, column in expected:
        if column not in header:
            yield Problem(
                raw.path, column, f"no such column, named by {key} in {shown}{did_you_mean(column, header)}"
            )


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
            columns += [(f"{place}.items", item) for item in measure.items]
        else:
            columns += [(f"{place}.columns.{visit}", column) for visit, column in measure.columns.items()]
        found[measure.file].extend(columns)
    for name, event in cohort.events.items():
        place = f"events.{name}"
        found[event.file] += [(f"{place}.id", event.id), (f"{place}.status.column", event.status.column)]
        found[event.file] += _times({f"{place}.time": event.time})
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
