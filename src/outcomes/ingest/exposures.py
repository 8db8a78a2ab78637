"""The exposures table: what of each component was planned and taken."""

from __future__ import annotations

import numpy as np
import pandas as pd

from outcomes.config.cohort import Exposure, TimeSpec
from outcomes.ingest.cells import Source, read_words
from outcomes.ingest.dates import read_days
from outcomes.ingest.ids import read_ids, report_repeats, report_strangers
from outcomes.ingest.numbers import read_numbers
from outcomes.ingest.patients import Patients
from outcomes.ingest.sources import Opened
from outcomes.io import shape
from outcomes.tables import EXPOSURES

SHARES = (("sessions_attended", "sessions_offered"), ("days_covered", "days_planned"))
"""What was taken and what was planned; the first cannot exceed the second."""


def read_exposures(opened: Opened, patients: Patients) -> pd.DataFrame:
    """Read the exposures of a cohort; problems go to `opened`."""
    tables = []
    for component, spec in opened.cohort.exposures.items():
        source = opened.source_of(spec, f"exposures.{component}")
        if source is not None:
            tables.append(_read_component(source, component, spec, patients))
    empty = pd.DataFrame({column.name: [] for column in EXPOSURES.columns})
    table = pd.concat(tables, ignore_index=True) if tables else empty
    return shape(table.sort_values(list(EXPOSURES.key)), EXPOSURES)


def _read_component(source: Source, component: str, spec: Exposure, patients: Patients) -> pd.DataFrame:
    ids = read_ids(source, spec.id)
    kept = report_strangers(source, spec.id, ids, patients.known)
    zero = patients.zero_of(ids)
    start, good = _read_start(source, spec.start, zero)
    rule, remedy = "of patients who have another row that starts on the same day", "keep one row per spell"
    report_repeats(source, spec.id, {"id": ids.codes, "start": start}, ids.good & good, rule, remedy)
    columns: dict[str, object] = {"patient_id": ids.of_rows(), "component": component, "start_day": start}
    if spec.end is not None:
        end = read_days(source, spec.end, zero).values
        source.report(spec.end.column, end < start, "with an end before the start", "mend the times")
        columns["end_day"] = end
    if spec.agent is not None:
        columns["agent"] = read_words(source, spec.agent).values
    amounts = {"dose": spec.dose}
    for taken, planned in SHARES:
        amounts |= {taken: getattr(spec, taken), planned: getattr(spec, planned)}
    for name, column in amounts.items():
        if column is not None:
            columns[name] = read_numbers(source, column, low=0).values
    for taken, planned in SHARES:
        if taken in columns:
            above = np.asarray(columns[taken]) > np.asarray(columns[planned])
            rule = f"with more {taken} than {planned}".replace("_", " ")
            source.report(str(amounts[taken]), above, rule, "mend the counts")
    table: pd.DataFrame = pd.DataFrame(columns)[kept & good]
    return table


def _read_start(
    source: Source, spec: TimeSpec | None, zero: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray]:
    """First day of each spell, and the rows that have one; without a start column, baseline."""
    if spec is None:
        return np.zeros(len(source)), np.ones(len(source), dtype=bool)
    cells = read_days(source, spec, zero)
    source.report(spec.column, cells.missing, "without a start", "give the first day of the spell")
    return cells.values, cells.good
