"""The patients table: one row per patient with arm, components, follow-up and baseline covariates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from outcomes.config.cohort import ArmFromComponents, Covariate, PatientsSpec
from outcomes.ingest.cells import Cells, Source, read_codes
from outcomes.ingest.dates import read_dates, read_days
from outcomes.ingest.ids import Ids, read_ids, report_repeats
from outcomes.ingest.numbers import read_numbers
from outcomes.ingest.shared_ids import within_which
from outcomes.ingest.sources import Opened
from outcomes.io import shape
from outcomes.tables import PATIENTS

ONE_ROW = "keep one row per patient; a patients file with a row per visit declares rows: visit"
OR_EXCLUDE = "or leave these patients out: declare patients.arm.missing: exclude"


@dataclass(frozen=True)
class Patients:
    """The patients table, and each patient's baseline date where the cohort has dates.

    Attributes
    ----------
    table : pandas.DataFrame
        Sorted by id.
    known : pandas.Index or None
        Ids of the table, in its order; None when the patients file could not be read.
    time_zero : numpy.ndarray of datetime64, shape (n_patients,), or None
        Baseline date of each row of the table.
    """

    table: pd.DataFrame
    known: pd.Index | None
    time_zero: np.ndarray | None

    def place(self, ids: Ids) -> np.ndarray:
        """Row of the table for each row of a file; -1 for a patient that the table lacks."""
        if self.known is None:
            return np.full(len(ids.codes), -1)
        found: np.ndarray = np.append(self.known.get_indexer(ids.names), -1)[ids.codes]
        return found

    def zero_of(self, ids: Ids) -> np.ndarray | None:
        """Baseline date of each row's patient."""
        if self.time_zero is None:
            return None
        found: np.ndarray = np.append(self.time_zero, np.datetime64("NaT"))[self.place(ids)]
        return found

    def follow_up_of(self, ids: Ids) -> np.ndarray:
        """Days of follow-up of each row's patient; NaN where not recorded."""
        days = self.table["follow_up_days"].to_numpy(dtype="float64")
        found: np.ndarray = np.append(days, np.nan)[self.place(ids)]
        return found


@dataclass(frozen=True)
class Grouping:
    """Rows of a file by patient."""

    source: Source
    ids: Ids
    repeated: bool

    def __len__(self) -> int:
        return len(self.ids.names)

    def collapse(self, column: str, cells: Cells, what: str) -> Cells:
        """One value per patient: the first that is there; another one further down is a problem."""
        codes = self.ids.codes
        rows = np.flatnonzero(cells.good & self.ids.good)
        values = np.full(len(self), None, dtype=object)
        values[codes[rows[::-1]]] = cells.values[rows[::-1]]  # the first row is written last, and stays
        if self.repeated:
            differs = np.zeros(len(self.source), dtype=bool)
            differs[rows] = cells.values[rows] != values[codes[rows]]
            remedy = "a patient has one; mend the rows, or read one row of each patient with where"
            if differs.any():
                answers = pd.factorize(cells.values[rows])[0]
                hint = within_which(self.source, codes, lambda of: _unlike_first(of[rows], answers))
                remedy = f"{hint}{remedy}"
            self.source.report(column, differs, f"with another {what} than the patient's first row", remedy)
        has_value = np.zeros(len(self), dtype=bool)
        has_value[codes[rows]] = True
        bad = np.zeros(len(self), dtype=bool)
        bad[codes[cells.bad & self.ids.good]] = True
        return Cells(values, ~has_value & ~bad, bad)

    def report(self, column: str, broken: np.ndarray, rule: str, remedy: str) -> None:
        """Report the rows of the patients for whom `broken` holds."""
        rows = np.append(broken, False)[self.ids.codes]
        self.source.report(column, rows, rule, remedy)

    def warn(self, column: str, of_patients: np.ndarray, rule: str, remedy: str) -> None:
        """Warn of the rows of the patients for whom `of_patients` holds."""
        rows = np.append(of_patients, False)[self.ids.codes]
        self.source.warn(column, rows, rule, remedy)


def _unlike_first(groups: np.ndarray, answers: np.ndarray) -> int:
    """How many rows have another answer than the first row of their group."""
    series = pd.Series(answers)
    return int((series != series.groupby(groups).transform("first")).sum())


def group_rows(source: Source, column: str, ids: Ids, *, repeated: bool) -> Grouping:
    """Group rows by patient; without `repeated`, a patient on two rows is a problem."""
    if not repeated:
        rule = "of patients who have another row"
        report_repeats(source, column, {"id": ids.codes}, ids.good, rule, ONE_ROW)
    return Grouping(source, ids, repeated)


def read_patients(opened: Opened) -> Patients:
    """Read the patients table of a cohort; problems go to `opened`."""
    cohort, spec = opened.cohort, opened.cohort.patients
    source = opened.source_of(spec, "patients")
    if source is None:
        return Patients(_no_patients(), None, None)
    ids = read_ids(source, spec.id)
    rows = group_rows(source, spec.id, ids, repeated=spec.rows == "visit")
    arms = _read_arms(opened, rows)
    zero = _read_time_zero(source, spec, rows)
    columns: dict[str, object] = {
        "patient_id": ids.names.to_numpy(),
        "arm": pd.Categorical(arms.values, categories=list(cohort.treatment.arms), ordered=True),
        "follow_up_days": _read_follow_up(source, spec, rows, zero),
    }
    vectors = cohort.treatment.vectors
    for position, component in enumerate(cohort.components):
        having = [arm for arm, vector in vectors.items() if vector[position]]
        columns[component] = np.isin(pd.Series(arms.values, dtype=object).fillna(""), having)
    for name, covariate in spec.covariates.items():
        columns[name] = _read_covariate(source, name, covariate, rows)
    _check_screening(opened, len(rows))
    order = np.argsort(ids.names.to_numpy(dtype=object), kind="stable")
    table = pd.DataFrame(columns).iloc[order].reset_index(drop=True)
    return Patients(shape(table, PATIENTS), ids.names[order], None if zero is None else zero[order])


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


def _read_time_zero(source: Source, spec: PatientsSpec, rows: Grouping) -> np.ndarray | None:
    """Baseline date of each patient, in the order of the grouping."""
    if spec.time_zero is None:
        return None
    column = spec.time_zero.column
    cells = rows.collapse(column, read_dates(source, column, spec.time_zero.format), "baseline date")
    rows.report(
        column, cells.missing, "of patients without a baseline date", "record it, or remove the patients"
    )
    return pd.to_datetime(pd.Series(cells.values, dtype=object)).to_numpy(dtype="datetime64[ns]")


def _read_follow_up(
    source: Source, spec: PatientsSpec, rows: Grouping, zero: np.ndarray | None
) -> np.ndarray:
    if spec.follow_up is None:
        return np.full(len(rows), np.nan)
    column = spec.follow_up.column
    each = None if zero is None else np.append(zero, np.datetime64("NaT"))[rows.ids.codes]
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
