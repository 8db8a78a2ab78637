"""Variables of CDISC ADaM that say one thing twice, compared with each other as far as a file has them.

Standard: CDISC Analysis Data Model Implementation Guide (ADaMIG): TRT01PN is a number for each TRT01P, one to
one; BASE is AVAL of the record with ABLFL = Y; CHG is AVAL less BASE.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from outcomes.config.cohort import LongVisits
from outcomes.ingest.adam_times import check_adam_times
from outcomes.ingest.cells import Source
from outcomes.ingest.columns import TextColumn
from outcomes.ingest.findings import Findings
from outcomes.ingest.sources import Opened

TREATMENTS = (("TRT01P", "TRT01PN"), ("TRT01A", "TRT01AN"), ("TRTP", "TRTPN"), ("TRTA", "TRTAN"))

ROUNDING = 0.051
"""Points by which a change may miss the difference of two scores: each may be rounded to one decimal."""


def check_adam(opened: Opened) -> None:
    """Compare what ADaM files say twice; about the arm it is a problem, about scores a warning."""
    cohort = opened.cohort
    silent = replace(opened, findings=Findings())  # the readers tell of a where without rows
    source = silent.source_of(cohort.patients, "")
    if source is not None and _is_adam(source):
        _check_treatments(source, cohort.patients.arm.columns)
    compared: list[tuple[object, ...]] = []
    for measure in cohort.measures.values():
        source = silent.source_of(measure, "")
        if source is None or not isinstance(measure, LongVisits) or not _is_adam(source):
            continue
        named = {column.upper(): column for column in source.raw.columns}
        rows = (measure.file, measure.where)
        if {"AVAL", "BASE"} <= named.keys() and measure.score == named["AVAL"] and rows not in compared:
            compared.append(rows)
            _check_base(source, named, measure.id)
            _check_change(source, named)
    for name, event in cohort.events.items():
        source = silent.source_of(event, "")
        if source is not None and _is_adam(source):
            check_adam_times(source, name, event)


def _is_adam(source: Source) -> bool:
    """Whether a file is declared as ADaM, or has the columns of its basic structure."""
    return source.spec.standard == "adam" or {"PARAMCD", "AVAL"} <= {
        name.upper() for name in source.raw.columns
    }


def _check_treatments(source: Source, arm_columns: tuple[str, ...]) -> None:
    """Report rows whose treatment and its number each stand with another partner nearly everywhere else."""
    named = {column.upper(): column for column in source.raw.columns}
    for word, number in TREATMENTS:
        if word not in named or number not in named:
            continue
        given = source.text(named[word]).cells(), source.text(named[number]).cells()
        both = (given[0] != "") & (given[1] != "")
        pairs = pd.DataFrame({"word": given[0], "number": given[1]})[both]
        usual = {key: pairs.groupby(key)[other].agg(_most_common) for key, other in
                 (("word", "number"), ("number", "word"))}  # fmt: skip
        differ = np.zeros(len(source), dtype=bool)
        # one number for two treatments throughout is a coding of its own: both sides must object
        differ[np.flatnonzero(both)] = (
            (pairs["number"] != pairs["word"].map(usual["word"]))
            & (pairs["word"] != pairs["number"].map(usual["number"]))
        ).to_numpy()
        where = f"has another number in {named[number]} in most rows, and the number another word"
        rule = f"whose {named[word]} {where}"
        remedy = "find out which of the two is right, and mend the other"
        if {named[word], named[number]} & set(arm_columns):
            source.report(named[number], differ, rule, remedy)
        else:
            source.warn(named[number], differ, rule, remedy)


def _most_common(values: pd.Series) -> object:
    return values.value_counts().index[0]


def _check_base(source: Source, named: dict[str, str], id_column: str) -> None:
    """Warn of a BASE that is not the score of the patient's row that is marked, or named, as baseline.

    Of several such rows of a patient and parameter nothing is said: BASE may be their mean.
    """
    if "ABLFL" in named:
        marked = source.text(named["ABLFL"]).test(lambda cell: cell == "Y")
    elif "AVISIT" in named:
        marked = source.text(named["AVISIT"]).test(lambda cell: cell.casefold() == "baseline")
    else:
        return
    keys = [id_column, *(named[key] for key in ("PARAMCD", "BASETYPE") if key in named)]
    frame = pd.DataFrame({key: source.text(key).cells() for key in keys})
    frame["score"], frame["base"] = _numbers(source, named["AVAL"]), _numbers(source, named["BASE"])
    baseline = frame[marked & np.isfinite(frame["score"])].drop_duplicates(keys, keep=False)
    at_baseline = frame[keys].merge(baseline[[*keys, "score"]], on=keys, how="left")["score"].to_numpy()
    differ = np.abs(frame["base"].to_numpy() - at_baseline) > ROUNDING
    rule = f"whose {named['BASE']} is not the patient's {named['AVAL']} at baseline"
    source.warn(
        named["BASE"], differ, rule, f"{named['AVAL']} counts; find out which is right, and mend the other"
    )


def _check_change(source: Source, named: dict[str, str]) -> None:
    if "CHG" not in named:
        return
    scores, base, change = (_numbers(source, named[key]) for key in ("AVAL", "BASE", "CHG"))
    differ = np.abs(change - (scores - base)) > ROUNDING
    rule = f"whose {named['CHG']} is not {named['AVAL']} less {named['BASE']}"
    source.warn(
        named["CHG"], differ, rule, f"{named['AVAL']} counts; find out which is right, and mend the others"
    )


def _numbers(source: Source, column: str) -> np.ndarray:
    """Numbers as far as cells are some; the readers tell of the others."""
    text: TextColumn = source.text(column)
    numbers = pd.to_numeric(pd.Series(text.texts, dtype=object), errors="coerce").to_numpy(dtype="float64")
    return text.spread(numbers)
