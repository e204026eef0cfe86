"""A table as its file holds it: texts, each distinct one kept once, and an integer per row.

So millions of rows take little memory, and each text is understood once. Spaces around a text do not count. Empty,
NA, NaN, NULL and '.' stand for a missing value.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from jobs.tables.notes import Note

MISSING = ("", "NA", "N/A", "n/a", "NaN", "nan", "NULL", "null", ".")

Integers = NDArray[np.int64]


@dataclass(frozen=True)
class TextColumn:
    """A column of texts (n rows, k distinct texts).

    Attributes
    ----------
    texts
        The distinct texts, without spaces around them (k).
    codes
        Which of them each row holds; -1 where missing (n).
    spaced
        Whether any text had spaces around it.
    """

    texts: NDArray[np.object_]
    codes: NDArray[np.signedinteger[Any]]
    spaced: bool = False

    def spread(self, values: NDArray[Any], missing: Any) -> NDArray[Any]:
        """Give each row (n) what stands for its text in `values` (k)."""
        padded = np.empty(values.size + 1, dtype=values.dtype)
        padded[:-1] = values
        padded[-1] = missing
        spread: NDArray[Any] = padded[self.codes]
        return spread


@dataclass(frozen=True)
class RawTable:
    """A table as its file holds it (n rows).

    Attributes
    ----------
    names
        What the header says, in order; a name may stand twice, or be empty.
    columns
        A dictionary array per name, or where that can't be, the type of the values that the file holds.
    lines
        Line of the file of each row, counting the header's (n).
    row_word
        What a row's place is called: line, or row.
    notes
        What is wrong with rows as such.
    """

    names: tuple[str, ...]
    columns: tuple[pa.DictionaryArray | str, ...]
    lines: Integers
    row_word: str
    notes: tuple[Note, ...] = ()

    def filter(self, keep: NDArray[np.bool_]) -> RawTable:
        """Leave out rows."""
        if keep.all():
            return self
        columns = tuple(
            column if isinstance(column, str) else column.filter(pa.array(keep)) for column in self.columns
        )
        return replace(self, columns=columns, lines=self.lines[keep])


def encode(column: pa.DictionaryArray) -> TextColumn:
    """Take spaces and missing values off a column's texts."""
    trimmed = pc.utf8_trim_whitespace(column.dictionary)
    spaced = not trimmed.equals(column.dictionary)
    merged = trimmed.dictionary_encode()
    absent = pc.is_in(merged.dictionary, pa.array(MISSING)).to_numpy(zero_copy_only=False).astype(bool)
    texts = merged.dictionary.to_numpy(zero_copy_only=False)[~absent]
    position = np.where(absent, -1, np.cumsum(~absent) - 1)
    of_raw = np.append(position[merged.indices.to_numpy(zero_copy_only=False)], -1)
    of_raw = of_raw.astype(np.min_scalar_type(-max(texts.size, 1)))
    codes = of_raw[column.indices.fill_null(len(trimmed)).to_numpy(zero_copy_only=False)]
    return TextColumn(texts.astype(object), codes, spaced)
