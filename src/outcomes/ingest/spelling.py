"""Names of columns that are the declared ones, but for the form of their accents or a wrong encoding."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import TypeVar

from outcomes.config.files import FileSpec
from outcomes.errors import DataError, Problem
from outcomes.ingest.reader import RawFile

Kept = TypeVar("Kept")


def in_declared_spelling(raw: RawFile, declared: Collection[str]) -> RawFile:
    """Rename columns that are a declared one but for the form of their accents, as files from a Mac are.

    An accented letter is one character or two: the same letter by the Unicode standard (UAX #15, NFC).
    """
    composed: dict[str, list[str]] = {}
    for name in raw.columns:
        composed.setdefault(unicodedata.normalize("NFC", name), []).append(name)
    renamed = {}
    for name in declared:
        meant = composed.get(unicodedata.normalize("NFC", name), [])
        if name not in raw.columns and len(meant) == 1:
            renamed[meant[0]] = name
    if not renamed:
        return raw

    def spelt(by_column: Mapping[str, Kept]) -> dict[str, Kept]:
        return {renamed.get(name, name): found for name, found in by_column.items()}

    return replace(
        raw, columns=spelt(raw.columns), labels=spelt(raw.labels), missing=spelt(raw.missing),
        names=spelt(raw.names), periods=spelt(raw.periods),
    )  # fmt: skip


def refuse_misread(raw: RawFile, declared: Collection[str], spec: FileSpec) -> None:
    """Raise a DataError where a declared column is there as UTF-8 comes out in the declared encoding."""
    for column in declared:
        if column not in raw.columns and not column.isascii():
            try:
                garbled = column.encode("utf-8").decode(spec.encoding)
            except UnicodeError:
                continue
            if garbled in raw.columns:
                what = f"is UTF-8 text, but {spec.encoding} is declared: declare encoding: utf-8 for it"
                raise DataError(Problem(spec.path, "", what))
