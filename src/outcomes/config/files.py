"""How a raw file is written: its format, and what its cells need to be told apart."""

from __future__ import annotations

from typing import Literal

from pydantic import field_validator, model_validator

from outcomes.config.base import Strict
from outcomes.config.fields import CodeList, Codes, ProjectPath

Format = Literal[
    "csv", "tsv", "excel", "parquet", "sas_xport", "sas7bdat", "spss", "stata", "redcap", "dataset_json"
]
MARKED_FORMATS = ("csv", "tsv", "redcap", "excel", "spss", "stata")
"""Formats whose text cells may hold numbers with a decimal mark and a thousands separator of their own."""


class FileSpec(Strict):
    """One raw file. `missing_codes` are cells that mean "not recorded"; the empty cell always is.

    `missing_codes` lists codes, or maps each to why nothing was recorded. `sheet` is of Excel, `dictionary`
    of REDCap, `catalog` (value labels, sas7bcat) of sas7bdat. `standard: adam` says that the file follows
    CDISC ADaM; rows that it marks as derived (DTYPE) are then left out unless `derived_rows: keep`.
    `number_rows` names a column that is added and numbers the rows: the id where each row is a patient and
    no column tells them apart.
    """

    path: ProjectPath
    format: Format
    encoding: str = "utf-8"
    delimiter: str = ","
    decimal: Literal[".", ","] = "."
    thousands: Literal[",", ".", " ", "'"] | None = None
    sheet: str | None = None
    dictionary: ProjectPath | None = None
    catalog: ProjectPath | None = None
    standard: Literal["adam"] | None = None
    derived_rows: Literal["leave_out", "keep"] = "leave_out"
    number_rows: str | None = None
    missing_codes: Codes | CodeList = ()

    @property
    def paths(self) -> tuple[str, ...]:
        """Every file that reading this one opens."""
        return tuple(path for path in (self.path, self.dictionary, self.catalog) if path is not None)

    @property
    def missing_reasons(self) -> dict[str, str]:
        """Each missing code with why nothing was recorded; empty text where no reason is declared."""
        codes = self.missing_codes
        return dict(codes) if isinstance(codes, dict) else dict.fromkeys(codes, "")

    @field_validator("encoding")
    @classmethod
    def _known_encoding(cls, value: str) -> str:
        try:
            "".encode(value)
        except (LookupError, UnicodeError):
            raise ValueError("unknown encoding; utf-8, latin-1 and cp1252 are common") from None
        return value

    @field_validator("delimiter")
    @classmethod
    def _one_character(cls, value: str) -> str:
        if len(value) != 1 or value in '"\r\n' or not (value.isprintable() or value == "\t"):
            raise ValueError('must be one character, such as "," or ";" or "\\t" (in double quotes)')
        return value

    @model_validator(mode="after")
    def _keys_of_the_format(self) -> FileSpec:
        problems = [
            f"{key} is for {owner}, not for {self.format}"
            for key, owner, formats in (
                ("delimiter", "csv", ("csv", "redcap")),
                ("decimal", "text cells", MARKED_FORMATS),
                ("thousands", "text cells", MARKED_FORMATS),
                ("sheet", "excel", ("excel",)),
                ("dictionary", "redcap", ("redcap",)),
                ("catalog", "sas7bdat", ("sas7bdat",)),
            )
            if key in self.model_fields_set and self.format not in formats
        ]
        if self.thousands == self.decimal:
            problems.append("thousands and decimal are the same mark")
        if self.format == "csv" and self.decimal == "," and self.delimiter == ",":
            problems.append('decimal: "," needs another delimiter, such as ";"')
        if self.format == "redcap" and self.dictionary is None:
            problems.append("redcap needs dictionary, the CSV file of its data dictionary")
        if self.standard is None and "derived_rows" in self.model_fields_set:
            problems.append("derived_rows is for files with standard: adam")
        if problems:
            raise ValueError("\n".join(problems))
        return self
