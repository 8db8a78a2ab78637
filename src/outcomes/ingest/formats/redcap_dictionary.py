"""The data dictionary of a REDCap project: its fields, and the columns that an export makes of them.

Both forms are read: the file of the web site ("Variable / Field Name") and that of the API ("field_name").
An export gives a checkbox field one column for each choice, ``field___code``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import unescape
from pathlib import Path

from outcomes.config.files import FileSpec
from outcomes.errors import DataError, Problem
from outcomes.ingest.formats.delimited import read_delimited

HEADERS = {
    "name": ("Variable / Field Name", "field_name"),
    "form": ("Form Name", "form_name"),
    "type": ("Field Type", "field_type"),
    "label": ("Field Label", "field_label"),
    "choices": ("Choices, Calculations, OR Slider Labels", "select_choices_or_calculations"),
    "identifier": ("Identifier?", "identifier"),
}
CODED = ("radio", "dropdown", "checkbox")
FIXED_CHOICES = {"yesno": {"1": "Yes", "0": "No"}, "truefalse": {"1": "True", "0": "False"}}
TICKS = {"0": "Unchecked", "1": "Checked"}
COMPLETE = {"0": "Incomplete", "1": "Unverified", "2": "Complete"}
NO_DICTIONARY = "is no REDCap data dictionary"


@dataclass(frozen=True)
class Field:
    """One field of a form; `choices` maps code to label."""

    name: str
    form: str
    type: str
    label: str
    choices: Mapping[str, str]
    identifies: bool

    def box(self, code: str) -> str:
        """Column of the export for one choice of a checkbox; signs of the code become underscores."""
        return f"{self.name}___{re.sub('[^0-9a-z]', '_', code.lower())}"


def read_dictionary(path: Path, spec: FileSpec) -> list[Field]:
    """Fields in the order of the dictionary; the first is the record's id."""
    name = spec.dictionary or ""
    # REDCap writes dictionaries one way, whatever was chosen for the export
    raw = read_delimited({"path": path}, spec.model_copy(update={"path": name, "delimiter": ","}))
    found = {key: next((h for h in headers if h in raw.columns), None) for key, headers in HEADERS.items()}
    absent = [" or ".join(f"'{h}'" for h in HEADERS[key]) for key, column in found.items() if column is None]
    if absent:
        what = f"{NO_DICTIONARY}: it has no column {'; '.join(absent)}; download it from the project"
        raise DataError(Problem(name, "", what))
    cells = {
        key: [text.strip() for text in raw.columns[str(column)].cells()] for key, column in found.items()
    }
    fields = [
        Field(
            cells["name"][row],
            cells["form"][row],
            cells["type"][row],
            plain(cells["label"][row]),
            _choices(cells["type"][row], cells["choices"][row]),
            cells["identifier"][row].lower() == "y",
        )
        for row in range(len(raw))
    ]
    repeated = sorted({field.name for field in fields if cells["name"].count(field.name) > 1})
    if repeated or not fields:
        what = f"{NO_DICTIONARY}: it has {'fields that stand twice' if repeated else 'no fields'}"
        raise DataError(Problem(name, ", ".join(repeated), what))
    return fields


def plain(text: str) -> str:
    """Text of a label without its HTML."""
    return " ".join(unescape(re.sub(r"<[^<>]+>", " ", text)).split())


def _choices(kind: str, text: str) -> dict[str, str]:
    """Codes and labels of ``1, Yes | 2, No``; formulas and the labels of sliders are none."""
    if kind in FIXED_CHOICES:
        return FIXED_CHOICES[kind]
    if kind not in CODED:
        return {}
    choices = {}
    for choice in text.split("|"):
        code, _, label = choice.partition(",")
        if code.strip():
            choices[code.strip()] = plain(label)
    return choices
