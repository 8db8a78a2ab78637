"""Patient ids: always text, held once per patient, matched exactly."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from outcomes.ingest.cells import Source
from outcomes.ingest.folding import fold
from outcomes.ingest.id_faults import REMEDIES, SHORT_POWER, ZEROS, spoilt
from outcomes.ingest.shared_ids import within_which
from outcomes.ingest.words import WORD

ONE_WAY = "write each patient's id one way"
STRANGERS = "of patients that the patients file does not have"
INITIALS = 2


@dataclass(frozen=True)
class Ids:
    """Patient ids of the rows of a file.

    Attributes
    ----------
    codes : numpy.ndarray of int, shape (n_rows,)
        Position of each row's id in `names`; -1 for a row without.
    names : pandas.Index of str
        Distinct ids in the order in which they come.
    """

    codes: np.ndarray
    names: pd.Index

    @property
    def good(self) -> np.ndarray:
        """Rows with an id."""
        good: np.ndarray = self.codes >= 0
        return good

    def of_rows(self) -> np.ndarray:
        """Id of each row; None for a row without."""
        names = np.array([*self.names, None], dtype=object)
        found: np.ndarray = names[self.codes]
        return found


def read_ids(source: Source, column: str) -> Ids:
    """Patient ids as text, never as numbers: ``001``, ``1`` and ``1E5`` are three patients.

    An empty id is a problem, and so are ids of one file that look the same in print, ids that a
    spreadsheet has spoilt, and words for a missing value. Missing codes do not apply: 999 may be a patient.
    """
    if not source.has(column):
        return Ids(np.full(len(source), -1), pd.Index([], dtype=object))
    raw = source.raw.columns[column]
    stripped = pd.Series([text.strip() for text in raw.texts], dtype=object)
    empty = raw.spread((stripped == "").to_numpy(dtype=bool))
    source.report(column, empty, "without a patient id", "give the id, or remove the rows")
    _report_variants(source, column, stripped)
    codes, names = pd.factorize(stripped.where(stripped != ""))
    rows = raw.spread(codes)
    used, order = _first_come(rows, len(names))
    ids = Ids(order[rows], pd.Index(np.asarray(names, dtype=object)[used], dtype=object))
    _report_spoilt(source, column, ids)
    return ids


def _report_spoilt(source: Source, column: str, ids: Ids) -> None:
    """Report ids that were numbers, or nothing, to the program that wrote them."""
    rules, doubts = spoilt(list(ids.names))
    if "NA" in ids.names and not any(_are_initials(name) for name in ids.names if name != "NA"):
        rules[ids.names == "NA"] = WORD
    for rule, remedy in REMEDIES.items():
        if (rules == rule).any():
            source.report(column, np.append(rules == rule, False)[ids.codes], rule, remedy)
    doubtful = {
        ZEROS: "taken as different patients; if they are not, write each id one way",
        SHORT_POWER: "taken as text; if they were numbers once, restore the ids from their source",
    }
    for rule, these in doubts.items():
        if these.any():
            source.warn(column, np.append(these, False)[ids.codes], rule, doubtful[rule])


def _are_initials(name: str) -> bool:
    return len(name) == INITIALS and name.isalpha()


def _first_come(rows: np.ndarray, n_names: int) -> tuple[np.ndarray, np.ndarray]:
    """Names in use in the order of their first row, and the new code of each old one (last: none)."""
    first = np.full(n_names + 1, len(rows), dtype=np.int64)
    backwards = np.arange(len(rows) - 1, -1, -1)
    first[rows[::-1]] = backwards  # the smallest row is written last, and stays
    used = np.argsort(first[:n_names], kind="stable")
    used = used[first[:n_names][used] < len(rows)]
    order = np.full(n_names + 1, -1, dtype=np.int64)
    order[used] = np.arange(len(used))
    return used, order


def _report_variants(source: Source, column: str, stripped: pd.Series) -> None:
    """Report ids that are one id but for case, spaces, invisible characters or look-alike letters."""
    raw = source.raw.columns[column]
    in_use = np.zeros(len(raw.texts), dtype=bool)
    in_use[raw.codes] = True
    used = np.flatnonzero(in_use & (stripped != "").to_numpy())
    if _are_plain(raw.texts[used]):
        return
    folded = [fold(text) for text in raw.texts[used]]
    if len(set(folded)) == len(folded):
        return
    texts = pd.DataFrame(
        {"text": raw.texts[used], "plain": stripped.iloc[used].str.casefold().to_numpy(), "folded": folded}
    )
    spellings = texts.groupby("folded")[["text", "plain"]].transform("nunique").to_numpy() > 1
    for rule, variants in (
        ("with ids that differ only in case or in spaces around them", spellings[:, 0] & ~spellings[:, 1]),
        (
            "with ids that differ only in letters that look alike or characters without a shape",
            spellings[:, 1],
        ),
    ):
        differ = np.zeros(len(raw.texts), dtype=bool)
        differ[used[variants]] = True
        source.report(column, raw.spread(differ), rule, ONE_WAY)


def _are_plain(texts: np.ndarray) -> bool:
    """Whether texts are ASCII of one case without spaces: then different ones look different."""
    whole = "".join(texts)
    return whole.isascii() and whole in (whole.upper(), whole.lower()) and re.search(r"\s", whole) is None


def report_strangers(source: Source, column: str, ids: Ids, known: pd.Index | None) -> np.ndarray:
    """Report rows of patients that the patients file lacks; return the rows of known patients."""
    if known is None:
        return ids.good
    strange = np.append(~ids.names.isin(known), False)
    strangers = strange[ids.codes]
    if strangers.any():
        remedy = "add the patients there, or remove the rows here"
        unknown, patients = _as_words(ids.names[strange[:-1]]), _as_words(known)
        if unknown.str.lstrip("0").isin(patients.str.lstrip("0")).any():
            remedy = f"ids seem to have lost leading zeros: {ONE_WAY}"
        elif _bare(unknown).isin(_bare(patients)).any():
            differ = "case, spaces, letters that look alike, zeros in front or .0 at the end"
            remedy = f"it has them but for {differ}: {ONE_WAY}"
        source.report(column, strangers, STRANGERS, remedy)
    kept: np.ndarray = ids.good & ~strangers
    return kept


def _as_words(ids: pd.Index) -> pd.Series:
    return pd.Series(ids, dtype=object).astype(str)


def _bare(ids: pd.Series) -> pd.Series:
    """Ids without what spreadsheets and programs add or drop: zeros in front, ``.0`` at the end."""
    return ids.map(fold).str.replace(r"^0+(?=.)|\.0$", "", regex=True)


def report_repeats(
    source: Source, column: str, keys: Mapping[str, np.ndarray], rows: np.ndarray, rule: str, remedy: str
) -> None:
    """Report every row, among `rows`, that shares its `keys` with another; the patient's is `id`."""
    frame = pd.DataFrame(dict(keys))
    if not rows.all():
        frame = frame[rows]
    if not frame.duplicated().any():  # half the work of marking every copy
        return
    shared = np.flatnonzero(rows)[frame.duplicated(keep=False).to_numpy()]
    repeated = np.zeros(len(source), dtype=bool)
    repeated[shared] = True
    cells = pd.DataFrame({name: text.take(shared).cells() for name, text in source.raw.columns.items()})
    copies = int(cells.duplicated().sum())
    if copies:
        others = int((~cells.duplicated(keep=False)).sum())
        remedy = f"{copies} of them repeat another row to the letter, {others} differ; {remedy}"
    hint = within_which(
        source, keys["id"], lambda of: int(frame.assign(id=of[rows]).duplicated(keep=False).sum())
    )
    source.report(column, repeated, rule, f"{hint}{remedy}")
