"""Read and write tables: the only functions that touch table files. Writes are checked and atomic."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from outcomes.atomic import atomic_path, write_text
from outcomes.errors import DataError, Problem, RunError
from outcomes.tables import NUMBERED_STATUSES, QUANTITIES, Column, Table

__all__ = [
    "atomic_path",
    "check",
    "fulfil",
    "read_table",
    "shape",
    "write_table",
    "write_tables",
    "write_text",
]

DTYPES: dict[str, Any] = {"string": "string", "integer": "Int64", "number": "float64", "boolean": "boolean"}


def write_table(frame: pd.DataFrame, table: Table, path: Path) -> None:
    """Check `frame` against its contract and write it as Parquet or CSV, by suffix.

    Raises
    ------
    DataError
        If the frame breaks the contract; nothing is written.
    """
    write_tables([(frame, table, path)])


def write_tables(entries: Sequence[tuple[pd.DataFrame, Table, Path]]) -> None:
    """Check every frame, then write them all; see `write_table`."""
    shaped = [(fulfil(frame, table, str(path)), path) for frame, table, path in entries]
    for frame, path in shaped:
        with atomic_path(path) as temporary:
            if path.suffix == ".parquet":
                frame.to_parquet(temporary, index=False)
            else:
                frame.to_csv(temporary, index=False, lineterminator="\n")


def fulfil(frame: pd.DataFrame, table: Table, shown: str) -> pd.DataFrame:
    """Return `frame` in the shape of its contract.

    Raises
    ------
    DataError
        If the frame breaks the contract; `shown` names it in the message.
    """
    shaped = shape(frame, table)
    problems = check(shaped, table)
    if problems:
        raise DataError(Problem(shown, f"table '{table.name}'", what) for what in problems)
    return shaped


def read_table(path: Path, table: Table) -> pd.DataFrame:
    """Read a table that `write_table` wrote, with the dtypes of its contract.

    Raises
    ------
    RunError
        If the file is missing or was cut short.
    """
    try:
        if path.suffix == ".parquet":
            frame = pd.read_parquet(path)
        else:
            texts: dict[Hashable, str] = {
                c.name: "string" for c in table.columns if c.kind in ("string", "category")
            }
            frame = pd.read_csv(path, dtype=texts, keep_default_na=False, na_values=[""])
    except (OSError, ValueError) as error:
        what = "cannot be read; run the pipeline again to make it anew"
        raise RunError(Problem(str(path), f"table '{table.name}'", what)) from error
    return shape(frame, table)


def shape(frame: pd.DataFrame, table: Table) -> pd.DataFrame:
    """Order the columns as declared and cast each to its type; absent nullable columns become null.

    Categories keep their order. Columns beyond an open table's contract follow, as they are.
    """
    out = pd.DataFrame(index=frame.index)
    for column in table.columns:
        if column.name in frame:
            series = frame[column.name]
        elif column.nullable:
            series = pd.Series(pd.NA, index=frame.index, dtype="object")
        else:
            continue
        if column.kind == "category":
            out[column.name] = (
                series if isinstance(series.dtype, pd.CategoricalDtype) else series.astype("string")
            )
        elif column.kind == "number":
            out[column.name] = pd.to_numeric(series).astype("float64")
        else:
            out[column.name] = series.astype(DTYPES[column.kind])
    if table.open:
        extra = [name for name in frame.columns if name not in out.columns]
        out = pd.concat([out, frame[extra]], axis=1)
    return out.reset_index(drop=True)


def check(frame: pd.DataFrame, table: Table) -> list[str]:
    """Every way in which `frame` breaks the contract of `table`: rule and count, never a value."""
    import pandera.pandas as pa

    schema = pa.DataFrameSchema(
        {column.name: _pandera_column(column) for column in table.columns},
        unique=list(table.key),
        strict=not table.open,
    )
    problems: list[str] = []
    try:
        schema.validate(frame, lazy=True)
    except pa.errors.SchemaErrors as error:
        # pandera's exception holds the whole frame: only names and counts leave this block
        cases = error.failure_cases[["schema_context", "column", "check"]].astype(str)
        for (context, column, rule), rows in cases.groupby(list(cases.columns), sort=True):
            place = f"column '{column}'" if context == "Column" else f"key {table.key}"
            problems.append(f"{place}: {len(rows)} rows break {rule}")
    if table.name == "estimates" and not problems:
        problems += _check_estimates(frame)
    return problems


def _pandera_column(column: Column) -> object:
    import pandera.pandas as pa

    checks = []
    if column.low is not None:
        checks.append(pa.Check.ge(column.low))
    if column.high is not None:
        checks.append(pa.Check.le(column.high))
    if column.allowed is not None:
        checks.append(pa.Check.isin(list(column.allowed)))
    dtype = None if column.kind == "category" else DTYPES[column.kind]
    return pa.Column(dtype, checks, nullable=column.nullable, required=True)


def _check_estimates(frame: pd.DataFrame) -> list[str]:
    """Rules between columns: status before numbers, order within the interval, no p without its test."""
    numbers = ["estimate", "ci_low", "ci_high", "std_error", "statistic", "p_value", "p_adjusted"]
    numbered = frame["status"].isin(NUMBERED_STATUSES)
    with_interval = frame["quantity"].isin([name for name, q in QUANTITIES.items() if q.interval])
    slack = 1e-12 * (1.0 + frame["estimate"].abs())
    outside = (frame["ci_low"] > frame["estimate"] + slack) | (frame["ci_high"] < frame["estimate"] - slack)
    rules: Sequence[tuple[str, pd.Series]] = (
        ("rows that are not ok carry numbers", ~numbered & frame[numbers].notna().any(axis=1)),
        ("rows that are not ok say no reason", ~numbered & frame["message"].isna()),
        ("ok rows have no estimate", numbered & frame["estimate"].isna()),
        ("ok rows lack their interval",
         numbered & with_interval & frame[["ci_low", "ci_high", "conf_level"]].isna().any(axis=1)),
        ("intervals do not hold their estimate", outside),
        ("p-values lack their statistic or df",
         frame["p_value"].notna() & frame[["statistic", "df"]].isna().any(axis=1)),
    )  # fmt: skip
    return [f"{int(broken.sum())} {what}" for what, broken in rules if broken.any()]
