"""REDCap: a CSV export, raw codes or labels, with the data dictionary that says what its columns mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from outcomes.config.files import FileSpec
from outcomes.errors import DataError, Problem
from outcomes.ingest.columns import TextColumn
from outcomes.ingest.formats.delimited import read_delimited
from outcomes.ingest.formats.redcap_dictionary import COMPLETE, TICKS, Field, read_dictionary
from outcomes.ingest.formats.sniff import refuse_other_format
from outcomes.ingest.reader import RawFile

OF_REDCAP = {
    "redcap_event_name",
    "redcap_repeat_instrument",
    "redcap_repeat_instance",
    "redcap_data_access_group",
    "redcap_survey_identifier",
}
"""Columns that REDCap adds to an export, whatever the project."""
NOT_DONE = ("0", COMPLETE["0"])
UNTICKED = ("0", TICKS["0"])


def read_redcap(paths: Mapping[str, Path], spec: FileSpec) -> RawFile:
    """Read an export whose header has field names; its cells may be codes or labels.

    An export shows an unticked checkbox as 0 even where nobody opened the form. Where the export has the
    form's status (``<form>_complete``), such cells become empty: the status is empty, or Incomplete with
    nothing else in the form. Missing data codes of the project are no part of its dictionary: they are
    declared as `missing_codes` in the cohort file.
    """
    refuse_other_format(paths["path"], spec)
    raw = read_delimited(paths, spec)
    fields = read_dictionary(paths["dictionary"], spec)
    boxes = {
        field.box(code): (field, code)
        for field in fields
        if field.type == "checkbox"
        for code in field.choices
    }
    _refuse_unknown(raw, fields, boxes, spec)
    described = {field.name: field for field in fields if field.type != "checkbox"}
    labels: dict[str, Mapping[str, str]] = {}
    names: dict[str, str] = {}
    for column in raw.columns:
        if column in boxes:
            field, code = boxes[column]
            choices: Mapping[str, str] = TICKS
            names[column] = f"{field.label}: {field.choices[code]}"
        elif column in described:
            choices, names[column] = described[column].choices, described[column].label
        elif column in {f"{field.form}_complete" for field in fields}:
            choices = COMPLETE
        else:
            continue
        if choices and not _are_labels(raw.columns[column], choices, spec):
            labels[column] = choices
    columns, notes = _without_unopened(raw, fields, boxes)
    marked = [field.name for field in fields if field.identifies and _has(raw, field, boxes)]
    if marked:
        notes.append(f"the dictionary marks as identifiers: {', '.join(marked)}")
    named = {column: label for column, label in names.items() if label}
    return replace(raw, columns=columns, labels=labels, names=named, notes=(*raw.notes, *notes))


Boxes = Mapping[str, tuple[Field, str]]


def _refuse_unknown(raw: RawFile, fields: list[Field], boxes: Boxes, spec: FileSpec) -> None:
    forms = {field.form for field in fields}
    known = {
        *OF_REDCAP,
        *boxes,
        *(field.name for field in fields if field.type != "checkbox"),
        *(f"{form}_{part}" for form in forms for part in ("complete", "timestamp")),
        *(field.box(code) for field in fields if field.type == "checkbox" for code in spec.missing_reasons),
    }
    unknown = [column for column in raw.columns if column not in known]
    if len(unknown) == len(raw.columns):
        what = "has no column that the dictionary describes: export it with field names as headers, no labels"
        raise DataError(Problem(spec.path, "", what))
    if unknown:
        what = f"the dictionary {spec.dictionary} does not describe it: download both anew, or delete it"
        raise DataError(Problem(spec.path, column, what) for column in unknown)


def _are_labels(column: TextColumn, choices: Mapping[str, str], spec: FileSpec) -> bool:
    """Whether the cells are labels already: each is one, and not each is a code."""
    used = {column.texts[code].strip() for code in np.unique(column.codes)} - {"", *spec.missing_reasons}
    return bool(used) and used <= set(choices.values()) and not used <= set(choices)


def _has(raw: RawFile, field: Field, boxes: Boxes) -> bool:
    return field.name in raw.columns or any(
        of is field and box in raw.columns for box, (of, _) in boxes.items()
    )


def _without_unopened(
    raw: RawFile, fields: list[Field], boxes: Boxes
) -> tuple[dict[str, TextColumn], list[str]]:
    """Columns in which checkboxes of forms that nobody opened are empty, and notes on how many."""
    columns, notes = dict(raw.columns), []
    for form in dict.fromkeys(field.form for field in fields):
        ticks = [box for box, (field, _) in boxes.items() if field.form == form and box in columns]
        if not ticks:
            continue
        status = columns.get(f"{form}_complete")
        if status is None:
            notes.append(
                f"form {form}: its checkboxes are 0 even where the form was never opened; "
                f"export {form}_complete to have those cells read as empty"
            )
            continue
        others = [
            columns[field.name]
            for field in fields[1:]  # the first is the record's id, which every row has
            if field.form == form and field.name in columns
        ]
        empty = status.test(lambda cell: cell.strip() == "")
        not_done = status.test(lambda cell: cell.strip() in NOT_DONE)
        for other in others:
            not_done &= other.test(lambda cell: cell.strip() == "")
        unopened = empty | not_done
        for box in ticks:
            unopened &= columns[box].test(lambda cell: cell.strip() in (*UNTICKED, ""))
        if unopened.any():
            for box in ticks:
                columns[box] = _emptied(columns[box], unopened)
            notes.append(
                f"form {form}: not opened in {unopened.sum()} of {len(raw)} rows; their checkboxes are empty"
            )
    return columns, notes


def _emptied(column: TextColumn, rows: np.ndarray) -> TextColumn:
    texts = np.append(column.texts, "")
    return TextColumn(np.where(rows, len(column.texts), column.codes).astype(np.int32), texts)
