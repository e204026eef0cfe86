"""Gene entries: what every source says of a variant, one per transcript or row, and which of them speak for a gene.

Per gene the most severe consequence is taken, of the transcripts that count; those that have it speak.

Axes: e entries of a batch of variants, p pairs of variant and gene, c entries that speak for a pair.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from hail_pipelines.annotation.consequences import MODIFIER_RANK, Consequences

Rows = NDArray[np.intp]


class Values(Protocol):
    """Values of entries, read of those alone that need them."""

    def has(self, name: str) -> bool:
        """Say whether there is a value of this name."""
        ...

    def of(self, name: str, entries: Rows) -> pa.Array:
        """Give the values of some entries, null where there is none."""
        ...


@dataclass(frozen=True)
class Columns:
    """Values in columns, by name (e)."""

    columns: Mapping[str, pa.Array]

    def has(self, name: str) -> bool:
        """Say whether there is a column of this name."""
        return name in self.columns

    def of(self, name: str, entries: Rows) -> pa.Array:
        """Give the values of some entries."""
        return self.columns[name].take(pa.array(entries))


@dataclass(frozen=True)
class Entries:
    """Gene entries of a batch of variants, those of a variant together and in the order of their source.

    Attributes
    ----------
    variants
        The variant's row in the batch (e).
    genes, consequences
        The gene, and consequences that `&` or a comma joins; null where unknown (e).
    preferences
        Of a gene's entries only those with the smallest preference count (e).
    values
        Scores, texts and frequencies that the source itself has.
    loftee
        What LOFTEE's verdict is called among them; None where there is none.
    """

    variants: Rows
    genes: pa.Array
    consequences: pa.Array
    preferences: NDArray[np.int8]
    values: Values = Columns({})
    loftee: str | None = None


@dataclass(frozen=True)
class Chosen:
    """The entries that speak for each pair of variant and gene; pairs are in order of variants, then of genes.

    Attributes
    ----------
    entries
        Those entries, of a pair in their own order (c).
    pairs
        The pair of each (c).
    severities
        How severe each pair's consequence is (p).
    """

    entries: Rows
    pairs: Rows
    severities: NDArray[np.int16]

    @property
    def firsts(self) -> Rows:
        """The first entry of each pair (p)."""
        return self.entries[np.flatnonzero(_begins(self.pairs))]

    def coding(self) -> Chosen:
        """Leave out the pairs in which no protein changes."""
        coding = self.severities < MODIFIER_RANK
        kept = coding[self.pairs]
        number = np.cumsum(coding) - 1
        return Chosen(self.entries[kept], number[self.pairs[kept]], self.severities[coding])


def choose(entries: Entries, consequences: Consequences) -> Chosen:
    """Pick the entries that speak for each pair of variant and gene.

    Parameters
    ----------
    entries
        Those without a gene or consequence are left out.
    consequences
        Theirs.
    """
    named = np.array([term is not None for term in consequences.terms] + [False])
    known = np.flatnonzero(named[consequences.texts] & entries.genes.is_valid().to_numpy(zero_copy_only=False))
    genes = _ranks(entries.genes.take(pa.array(known)))
    order = np.lexsort((genes, entries.variants[known]))
    rows, genes = known[order], genes[order]
    pairs = np.cumsum(_begins(entries.variants[rows]) | _begins(genes)) - 1
    preferred = _least(entries.preferences[rows], pairs)
    rows, pairs = rows[preferred], pairs[preferred]
    severities = consequences.severities[consequences.texts[rows]]
    worst = _least(severities, pairs)
    rows, pairs = rows[worst], pairs[worst]
    return Chosen(rows, pairs, severities[worst][_begins(pairs)])


def _ranks(texts: pa.Array) -> NDArray[np.intp]:
    """Rank each text in the order of all of them."""
    encoded = texts.dictionary_encode()
    order = pc.sort_indices(encoded.dictionary).to_numpy()
    ranks: Rows = np.empty(len(order), np.intp)
    ranks[order] = np.arange(len(order))
    ranks = ranks[encoded.indices.to_numpy(zero_copy_only=False)]
    return ranks


def _begins(groups: NDArray[np.integer]) -> NDArray[np.bool_]:
    """Say where a group begins whose members stand together."""
    begins: NDArray[np.bool_] = np.diff(groups, prepend=-1) != 0
    return begins


def _least(values: NDArray[np.integer], groups: Rows) -> NDArray[np.bool_]:
    """Say which values are the least of their group."""
    least = np.full(groups[-1] + 1 if len(groups) else 0, np.iinfo(values.dtype).max, values.dtype)
    np.minimum.at(least, groups, values)
    is_least: NDArray[np.bool_] = values == least[groups]
    return is_least
