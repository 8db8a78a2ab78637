"""Reading a cohort's raw files: progress on a terminal, and the rows behind problems in one file."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import astuple
from pathlib import Path

from outcomes.atomic import write_text
from outcomes.config import Cohort
from outcomes.errors import DataError, RowDetail
from outcomes.frames import Tables
from outcomes.ingest import read_cohort
from outcomes.stages import paths

HEADER = ("file", "line", "column", "rule", "cell")


def read_and_keep(root: Path, name: str, cohort: Cohort, shown: str) -> Tables:
    """Read the raw files of cohort `name`; on problems, write the rows behind them under ``restricted``.

    Raises
    ------
    DataError
        With every problem, and the name of the file of rows.
    """
    path = paths.problem_rows(name)
    if (root / path).is_file():
        (root / path).unlink()  # what is in it was true of the files as they were then
    try:
        with progress(name) as say:
            tables = read_cohort(root, cohort, shown, say)
    except DataError as error:
        if not error.details:
            raise
        write_text(root / path, _as_csv(error.details))
        hint = f"{name}: row by row in {path} (rows of people: keep it on this machine)"
        raise DataError(error.problems, hints=(hint,)) from None
    return tables


def _as_csv(details: tuple[RowDetail, ...]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADER)
    writer.writerows(astuple(detail) for detail in details)
    # JSON may hold half a surrogate pair, which no encoding has
    return text.getvalue().encode("utf-8", "backslashreplace").decode("utf-8")


@contextmanager
def progress(name: str) -> Iterator[Callable[[str], None]]:
    """Yield a function that shows what is being done, while it is done; silent where nobody watches."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console

    with Console(stderr=True).status(name) as status:
        yield lambda what: status.update(f"{name}: {what}")
