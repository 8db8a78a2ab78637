"""What CDISC ADaM says of rows and flags beyond their names.

Standard: CDISC Analysis Data Model Implementation Guide (ADaMIG), variables DTYPE and CNSR, and "The ADaM
Basic Data Structure for Time-to-Event Analyses", version 1.0 (2012),
https://www.cdisc.org/standards/foundational/adam
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from outcomes.config.files import FileSpec
from outcomes.errors import DataError, Problem
from outcomes.ingest.reader import RawFile

DERIVED = "DTYPE"
BASIC_STRUCTURE = {"PARAMCD", "AVAL"}
CENSORED = "CNSR"


def apply_adam(raw: RawFile, spec: FileSpec) -> RawFile:
    """Leave out the rows that ADaM marks as derived, unless they are asked for.

    DTYPE says how an analysis value was made that is a special case in its parameter, such as one carried
    forward, averaged or imputed; it is empty where the value is none (ADaMIG).

    Raises
    ------
    DataError
        If the file looks like ADaM and has derived rows, but is not declared as such.
    """
    names = {name.upper(): name for name in raw.columns}
    if DERIVED not in names:
        return raw
    derived = raw.columns[names[DERIVED]].test(lambda cell: cell.strip() != "")
    if not derived.any():
        return raw
    found = f"{derived.sum()} of {len(raw)} rows are marked as derived, not observed"
    if spec.standard is None:
        if not names.keys() >= BASIC_STRUCTURE:
            return raw
        what = f"{found} ({raw.places(derived)}): declare standard: adam for the file, which leaves them out"
        raise DataError(Problem(spec.path, names[DERIVED], what))
    if spec.derived_rows == "keep":
        return replace(raw, notes=(*raw.notes, f"{found} ({DERIVED}), and kept as derived_rows asks"))
    note = f"{found} ({DERIVED}), and left out; derived_rows: keep reads them"
    return replace(raw.keep(~derived), notes=(*raw.notes, note))


def cnsr_is_inverted(event_codes: Collection[str], column: str) -> bool:
    """Whether codes of CNSR that mean censoring are declared as the event.

    0 in CNSR is an event, a positive integer a reason for censoring ("strongly recommended" by the ADaMIG).
    """
    return column.upper() == CENSORED and any(code.strip() not in ("0", "0.0") for code in event_codes)
