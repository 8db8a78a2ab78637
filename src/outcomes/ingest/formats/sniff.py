"""What kind of file this is, by its first bytes: for a message or a first guess, never to read it by."""

from __future__ import annotations

import re
from pathlib import Path

from outcomes.config.files import FileSpec, Format
from outcomes.errors import DataError, Problem

START = 4096
"""Bytes that are enough to tell the formats apart."""

MARKS: tuple[tuple[bytes, Format], ...] = (
    (b"$FL2", "spss"),
    (b"$FL3", "spss"),
    (b"HEADER RECORD*******LIBRARY HEADER", "sas_xport"),
    (b"HEADER RECORD*******LIBV8", "sas_xport"),
    (b"\0" * 12 + b"\xc2\xea\x81\x60\xb3\x14\x11\xcf", "sas7bdat"),
    (b"<stata_dta>", "stata"),
    (b"PAR1", "parquet"),
    (b"\xd0\xcf\x11\xe0", "excel"),
)
STATA_VERSIONS = b"\x69\x6c\x6e\x6f\x70\x71\x72\x73"
"""First byte of Stata files before version 117; the second is the byte order, 1 or 2, and the third 1."""
WORKBOOK_PARTS = (b"[Content_Types].xml", b"xl/", b"docProps/", b"opendocument.spreadsheet")
JSON_OBJECT = re.compile(rb'(?:\xef\xbb\xbf)?\s*\{\s*"')

NAMES: dict[str, str] = {  # each stands before "file"
    "spss": "an SPSS",
    "sas_xport": "a SAS transport",
    "sas7bdat": "a SAS (sas7bdat)",
    "stata": "a Stata",
    "parquet": "a Parquet",
    "excel": "an Excel",
    "dataset_json": "a Dataset-JSON",
}


def sniff_format(start: bytes) -> Format | None:
    """Format whose mark stands in a file's first bytes (`START` of them); None for text and the unknown."""
    for mark, kind in MARKS:
        if start.startswith(mark):
            return kind
    if start[:1] and start[0] in STATA_VERSIONS and start[1:3] in {b"\x01\x01", b"\x02\x01"}:
        return "stata"
    if start.startswith(b"PK\x03\x04") and any(part in start for part in WORKBOOK_PARTS):
        return "excel"
    if JSON_OBJECT.match(start):
        return "dataset_json"
    return None


def refuse_other_format(path: Path, spec: FileSpec) -> None:
    """Raise a DataError that tells the format to declare, if the file is plainly of another one."""
    with path.open("rb") as file:
        start = file.read(START)
    kind = sniff_format(start)
    if kind == spec.format:
        return
    if kind is not None:
        what = f"is {NAMES[kind]} file: declare format: {kind} for it"
    elif spec.format in NAMES and start and is_text(start):
        wanted = NAMES[spec.format].partition(" ")[2]
        what = f"is text, no {wanted}: declare format: csv for it"
    else:
        return
    raise DataError(Problem(spec.path, "", what))


def is_text(start: bytes) -> bool:
    """Whether a file's first bytes hold no control characters that text does not have."""
    return not any(byte < 32 and byte not in b"\t\n\r\f\x1b" for byte in start)
