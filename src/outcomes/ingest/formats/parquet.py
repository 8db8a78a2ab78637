"""Parquet: typed columns back to text."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from outcomes.config.files import FileSpec
from outcomes.errors import DataError, Problem
from outcomes.ingest.columns import TextColumn
from outcomes.ingest.formats.sniff import refuse_other_format
from outcomes.ingest.reader import RawFile, header_problems
from outcomes.ingest.typed import column_of, refuse_immense, without_empty_rows


def read_parquet(paths: Mapping[str, Path], spec: FileSpec) -> RawFile:
    """Read Parquet; numbers become the shortest text that means them, so 1503.0 is ``1503``.

    Timestamps that are all at midnight mean dates, and become ``2020-01-31``; a time zone stays in the text.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    refuse_other_format(paths["path"], spec)
    try:
        # the size that the file promises, before anything is unpacked
        promised = pq.read_metadata(paths["path"])
        refuse_immense(promised.num_rows, promised.num_columns, spec)
        refused = header_problems(promised.schema.to_arrow_schema().names, spec)
        if refused:
            raise DataError(refused)
        table = pq.read_table(paths["path"], partitioning=None)
    except (pa.ArrowException, OSError, ValueError):
        what = "is not readable Parquet: it is damaged, cut short or of another format; restore it"
        raise DataError(Problem(spec.path, "", what)) from None
    problems = []
    for field in table.schema:
        kind = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
        if pa.types.is_nested(kind) or "binary" in str(kind) or isinstance(kind, pa.BaseExtensionType):
            what = "holds lists, records or bytes: write it as text or numbers"
            problems.append(Problem(spec.path, field.name, what))
    if problems:
        raise DataError(problems)
    columns = {}
    for field in table.schema:
        try:
            columns[field.name] = _column(table.column(field.name))
        except UnicodeDecodeError:
            problems.append(Problem(spec.path, field.name, "holds text that is not UTF-8: write it anew"))
        except (ValueError, OverflowError):
            what = "holds dates that no calendar has (before year 1 or after 9999): mend them"
            problems.append(Problem(spec.path, field.name, what))
    if problems:
        raise DataError(problems)
    raw = RawFile(spec.path, columns, np.arange(1, table.num_rows + 1), "row")
    return without_empty_rows(raw)


def _column(column: Any) -> TextColumn:  # noqa: ANN401 - pyarrow ships no types
    import pyarrow as pa

    if pa.types.is_null(column.type):
        return column_of([], np.full(len(column), -1))
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode("encode")
    whole = column.unify_dictionaries().combine_chunks()
    if len(whole) == 0:
        return TextColumn.of([])
    codes = whole.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    values = whole.dictionary.to_pylist()
    if pa.types.is_float16(whole.dictionary.type) or pa.types.is_float32(whole.dictionary.type):
        # as a Python float, single precision 0.1 would read 0.10000000149011612
        width = whole.dictionary.type.to_pandas_dtype()
        values = [None if value is None else width(value) for value in values]
    return column_of(values, codes.astype(np.int32))
