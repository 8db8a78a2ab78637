"""Plant a fault in the tiny cohort, and check what is said of it: rule and remedy, never the value."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny_cohort import SHOWN, plant, write_tiny

from outcomes.config import Cohort
from outcomes.config.files import FileSpec
from outcomes.errors import DataError
from outcomes.frames import Tables
from outcomes.ingest import read_cohort
from outcomes.ingest.cells import Source
from outcomes.ingest.columns import TextColumn
from outcomes.ingest.findings import Findings
from outcomes.ingest.reader import RawFile


@dataclass(frozen=True)
class Planted:
    """What stands where, and what the message must hold; `value` must stand in the details alone."""

    file: str
    old: str
    new: str
    says: tuple[str, ...]
    value: str = ""
    edit: Callable[[dict[str, Any]], None] | None = None


def refusal(root: Path, cohort: Cohort) -> DataError:
    with pytest.raises(DataError) as caught:
        read_cohort(root, cohort, SHOWN)
    return caught.value


def told(root: Path, fault: Planted) -> str:
    """Plant one fault, check its message and details, and return the message."""
    cohort = write_tiny(root, fault.edit)
    plant(root, fault.file, fault.old, fault.new)
    error = refusal(root, cohort)
    message = str(error)
    for part in fault.says:
        assert part in message
    assert "zq" not in message.casefold()
    if fault.value:
        assert re.search(rf"(?<![\w.]){re.escape(fault.value)}(?![\w.])", message) is None
        assert fault.value in {detail.value for detail in error.details}
    return message


def file_of(*cells: str, **declared: Any) -> Source:
    """Make a file of one column, `cell`, whose first row stands on line 2."""
    spec = FileSpec(path="some.csv", **({"format": "csv"} | declared))
    raw = RawFile("some.csv", {"cell": TextColumn.of(cells)}, np.arange(2, len(cells) + 2), "line")
    return Source("some", raw, spec, Findings())


def assert_told(source: Source, value: str, *says: str) -> None:
    """Check the one problem that was found in the column: its words, and that only details hold the value."""
    (problem,) = source.findings.problems
    assert (problem.source, problem.where) == ("some.csv", "cell")
    for part in says:
        assert part in problem.what
    assert re.search(rf"(?<![\w.]){re.escape(value)}(?![\w.])", problem.what) is None
    assert [detail.value for detail in source.findings.details] == [value]


def warnings_of(tables: Tables) -> list[str]:
    return [str(note) for note in tables.notes]


def read_tiny(root: Path, edit: Callable[[dict[str, Any]], None] | None = None, **files: str) -> Tables:
    """Read the tiny cohort in which whole files have been replaced, by their names without ``.csv``."""
    cohort = write_tiny(root, edit)
    for name, text in files.items():
        (root / f"{name}.csv").write_text(text, encoding="utf-8", newline="")
    return read_cohort(root, cohort, SHOWN)
