"""The patients table: one row per patient with arm, components, follow-up and baseline covariates."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from outcomes.config.cohort import ArmFromComponents, Covariate, PatientsSpec
from outcomes.ingest.cells import (
    Cells,
    Source,
    read_codes,
    read_dates,
    read_days,
    read_ids,
    read_numbers,
    read_text,
    report_repeats,
)
from outcomes.ingest.sources import Opened
from outcomes.io import shape
from outcomes.tables import PATIENTS

log = logging.getLogger(__name__)

ONE_ROW = "keep one row per patient; a patients file with a row per visit declares rows: visit"
OR_EXCLUDE = "or leave these patients out: declare patients.arm.missing: exclude"


@dataclass(frozen=True)
class Patients:
    """The patients table, and each patient's baseline date where the cohort has dates.

    Attributes
    ----------
    known : pandas.Index or None
        Ids of the patients file; None when it could not be read.
    time_zero : pandas.Series or None
        Baseline date by patient id.
    """

    table: pd.DataFrame
    known: pd.Index | None
    time_zero: pd.Series | None

    def zero_of(self, ids: Cells) -> np.ndarray | None:
        """Baseline date of each row's patient."""
        if self.time_zero is None:
            return None
        return pd.Series(ids.values, dtype=object).map(self.time_zero).to_numpy(dtype="datetime64[ns]")

    def follow_up_of(self, ids: Cells) -> np.ndarray:
        """Days of follow-up of each row's patient; NaN where not recorded."""
        days = self.table.set_index(self.table["patient_id"].astype(object))["follow_up_days"]
        return pd.Series(ids.values, dtype=object).map(days).to_numpy(dtype="float64")


@dataclass(frozen=True)
class Grouping:
    """Rows of a file by patient: `codes` gives each row's position in `ids`, -1 for no id."""

    source: Source
    codes: np.ndarray
    ids: pd.Index
    repeated: bool

    def collapse(self, column: str, cells: Cells, what: str) -> Cells:
        """One value per patient: the first that is there; another one further down is a problem."""
        rows = np.flatnonzero(cells.good & (self.codes >= 0))
        owners, at = np.unique(self.codes[rows], return_index=True)
        values = np.full(len(self.ids), None, dtype=object)
        values[owners] = cells.values[rows[at]]
        if self.repeated:
            differs = np.zeros(len(self.source), dtype=bool)
            differs[rows] = cells.values[rows] != values[self.codes[rows]]
            remedy = "a patient has one; mend the rows"
            self.source.report(column, differs, f"with another {what} than the patient's first row", remedy)
        has_value = np.zeros(len(self.ids), dtype=bool)
        has_value[owners] = True
        bad = np.zeros(len(self.ids), dtype=bool)
        bad[self.codes[cells.bad & (self.codes >= 0)]] = True
        return Cells(values, ~has_value & ~bad, bad)

    def report(self, column: str, broken: np.ndarray, rule: str, remedy: str) -> None:
        """Report the rows of the patients for whom `broken` holds."""
        rows = (self.codes >= 0) & broken[self.codes]
        self.source.report(column, rows, rule, remedy)


def group_rows(source: Source, column: str, ids: Cells, *, repeated: bool) -> Grouping:
    """Group rows by patient; without `repeated`, a patient on two rows is a problem."""
    if not repeated:
        rule = "of patients who have another row"
        report_repeats(source, column, {"id": ids.values}, ids.good, rule, ONE_ROW)
    codes, unique = pd.factorize(pd.Series(ids.values, dtype=object))
    return Grouping(source, codes, pd.Index(unique, dtype=object), repeated)


def leave_out_unassigned(opened: Opened) -> Opened:
    """Leave out all rows of patients without an arm, where `patients.arm.missing` says so.

    They go before anything is read, so that nothing else is asked of them: no baseline date, no score.
    """
    cohort, spec = opened.cohort, opened.cohort.patients
    source = opened.sources.get(spec.file)
    if spec.arm.missing == "error" or source is None:
        return opened
    scratch = replace(source, problems=[])  # `read_patients` reports what is wrong with these cells
    rows = group_rows(scratch, spec.id, read_ids(scratch, spec.id), repeated=True)
    cells = [rows.collapse(column, read_text(scratch, column), "code") for column in spec.arm.columns]
    unassigned = rows.ids[np.logical_or.reduce([column.missing for column in cells])]
    sources = dict(opened.sources)
    readers = (spec, *cohort.measures.values(), *cohort.events.values(), *cohort.exposures.values())
    for reader in (*readers, cohort.adverse_events):
        if reader is not None and reader.file in sources:
            found = sources[reader.file]
            theirs = found.text(reader.id).isin(unassigned).to_numpy()
            sources[reader.file] = replace(found, raw=found.raw.without(theirs))
    log.info(
        "%s: left out for want of an arm: %d of %d patients", opened.shown, len(unassigned), len(rows.ids)
    )
    return replace(opened, sources=sources)


def read_patients(opened: Opened) -> Patients:
    """Read the patients table of a cohort; problems go to `opened`."""
    cohort, spec = opened.cohort, opened.cohort.patients
    source = opened.sources.get(spec.file)
    if source is None or spec.id not in source.raw.cells:
        return Patients(_no_patients(), None, None)
    ids = read_ids(source, spec.id)
    rows = group_rows(source, spec.id, ids, repeated=spec.rows == "visit")
    arms = _read_arms(opened, rows)
    zero = _read_time_zero(source, spec, rows)
    columns: dict[str, object] = {
        "patient_id": rows.ids.to_numpy(),
        "arm": pd.Categorical(arms.values, categories=list(cohort.treatment.arms), ordered=True),
        "follow_up_days": _read_follow_up(source, spec, rows, zero, ids),
    }
    vectors = cohort.treatment.vectors
    for position, component in enumerate(cohort.components):
        columns[component] = [arm is not None and vectors[arm][position] for arm in arms.values]
    for name, covariate in spec.covariates.items():
        columns[name] = _read_covariate(source, name, covariate, rows)
    _check_screening(opened, len(rows.ids))
    table = pd.DataFrame(columns).sort_values("patient_id", ignore_index=True)
    return Patients(shape(table, PATIENTS), rows.ids, zero)


def _no_patients() -> pd.DataFrame:
    return pd.DataFrame({column.name: [] for column in PATIENTS.columns})


def _read_arms(opened: Opened, rows: Grouping) -> Cells:
    """Arm of each patient; arms without patients are a problem, unless undeclared codes may be theirs."""
    cohort, source, rule = opened.cohort, rows.source, opened.cohort.patients.arm
    if isinstance(rule, ArmFromComponents):
        arms = _arms_from_components(opened, rule, rows)
    else:
        cells = read_codes(source, rule.column, rule.labels, "patients.arm.labels")
        arms = rows.collapse(rule.column, cells, "arm")
        rows.report(rule.column, arms.missing, "of patients without an arm", f"record the arm, {OR_EXCLUDE}")
    if not arms.bad.any():
        present = set(arms.values)
        for arm in cohort.arms:
            if arm not in present:
                what = f"no patient of {source.raw.path} is in this arm: remove it, or mend the coding"
                opened.report(f"arms.{arm}", what)
    return arms


def _arms_from_components(opened: Opened, rule: ArmFromComponents, rows: Grouping) -> Cells:
    treatment = opened.cohort.treatment
    given: dict[str, Cells] = {}
    for name in treatment.components:
        spec = rule.components[name]
        labels = dict.fromkeys(spec.given, "given") | dict.fromkeys(spec.not_given, "not given")
        key = f"patients.arm.components.{name}"
        cells = rows.collapse(spec.column, read_codes(rows.source, spec.column, labels, key), "code")
        remedy = f"record the component, {OR_EXCLUDE}"
        rows.report(spec.column, cells.missing, "of patients without an arm", remedy)
        given[name] = cells
    bad = np.logical_or.reduce([cells.bad for cells in given.values()])
    missing = np.logical_or.reduce([cells.missing for cells in given.values()])
    matrix = np.column_stack([cells.values == "given" for cells in given.values()])
    arms = np.array([treatment.arm_of(tuple(bool(x) for x in row)) for row in matrix], dtype=object)
    arms[bad | missing] = None
    nowhere = ~bad & ~missing & pd.isna(arms)
    columns = [rule.components[name].column for name in treatment.components]
    what = "with a combination of components that is no arm"
    rows.report(" and ".join(columns), nowhere, what, "declare the arm under arms, or mend the cells")
    return Cells(arms, missing, bad | nowhere)


def _read_time_zero(source: Source, spec: PatientsSpec, rows: Grouping) -> pd.Series | None:
    if spec.time_zero is None:
        return None
    column = spec.time_zero.column
    cells = rows.collapse(column, read_dates(source, column, spec.time_zero.format), "baseline date")
    rows.report(
        column, cells.missing, "of patients without a baseline date", "record it, or remove the patients"
    )
    return pd.Series(pd.to_datetime(pd.Series(cells.values, dtype=object)).to_numpy(), index=rows.ids)


def _read_follow_up(
    source: Source, spec: PatientsSpec, rows: Grouping, zero: pd.Series | None, ids: Cells
) -> np.ndarray:
    if spec.follow_up is None:
        return np.full(len(rows.ids), np.nan)
    column = spec.follow_up.column
    each = Patients(_no_patients(), rows.ids, zero).zero_of(ids)
    cells = read_days(source, spec.follow_up, each)
    negative = cells.good & (cells.values < 0)
    source.report(column, negative, "with follow-up that ends before baseline", "mend the times")
    return rows.collapse(column, cells, "end of follow-up").values.astype("float64")


def _read_covariate(source: Source, name: str, spec: Covariate, rows: Grouping) -> object:
    if spec.levels is not None:
        cells = read_codes(source, spec.column, spec.levels, f"patients.covariates.{name}.levels")
        values = rows.collapse(spec.column, cells, spec.label).values
        return pd.Categorical(values, categories=list(dict.fromkeys(spec.levels.values())), ordered=True)
    key = f"patients.covariates.{name}"
    cells = read_numbers(
        source, spec.column, low=spec.low, high=spec.high, unit=spec.unit or "", range_key=key
    )
    return rows.collapse(spec.column, cells, spec.label).values.astype("float64")


def _check_screening(opened: Opened, n_patients: int) -> None:
    screening = opened.cohort.screening
    if screening is None:
        return
    left = screening.screened - sum(screening.excluded.values())
    if left != n_patients:
        what = (
            f"{screening.screened} screened less {sum(screening.excluded.values())} excluded leaves {left}, "
            f"but the patients file has {n_patients} patients with an arm: mend the counts"
        )
        opened.report("screening", what)
