"""A column of text in which each distinct text is held once: rows cost what their variety costs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class TextColumn:
    """One column of a file.

    Attributes
    ----------
    codes : numpy.ndarray of int32, shape (n_rows,)
        Position of each row's text in `texts`.
    texts : numpy.ndarray of object
        Python strings as they stand in the file; not necessarily all in use, nor all different.
    """

    codes: np.ndarray
    texts: np.ndarray

    @classmethod
    def of(cls, values: Sequence[str] | np.ndarray) -> TextColumn:
        """Make a column of a sequence of strings."""
        codes, texts = pd.factorize(np.asarray(values, dtype=object))
        return cls(codes.astype(np.int32), np.asarray(texts, dtype=object))

    @classmethod
    def of_arrow(cls, column: pa.ChunkedArray) -> TextColumn:
        """Make a column of Arrow's dictionary-encoded strings without nulls."""
        whole = column.unify_dictionaries().combine_chunks()
        if len(whole) == 0:
            return cls.of([])
        texts = np.asarray(whole.dictionary.to_pylist(), dtype=object)
        return cls(whole.indices.to_numpy(), texts)

    def __len__(self) -> int:
        return len(self.codes)

    def take(self, rows: np.ndarray) -> TextColumn:
        """Return the rows that a mask or positions choose."""
        return TextColumn(self.codes[rows], self.texts)

    def spread(self, by_text: np.ndarray | Sequence[Any]) -> np.ndarray:
        """One entry per row from one entry per text."""
        found: np.ndarray = np.asarray(by_text)[self.codes]
        return found

    def test(self, rule: Callable[[str], bool]) -> np.ndarray:
        """Whether each row's text obeys `rule`; asked once per text."""
        return self.spread(np.array([rule(text) for text in self.texts], dtype=bool))

    def map(self, function: Callable[[str], str]) -> TextColumn:
        """Return the column with each text changed."""
        changed = np.empty(len(self.texts), dtype=object)
        changed[:] = [function(text) for text in self.texts]
        return TextColumn(self.codes, changed)

    def cells(self) -> np.ndarray:
        """Text of each row, shape (n_rows,), dtype object."""
        return self.spread(self.texts)
