"""Gene entries: what every source says of a variant, one per transcript or row, and their reduction to genes.

Per gene the most severe consequence is taken, of the transcripts that count. Of those transcripts that have it,
LOFTEE is HC if any is, each score and the external frequency is the largest of theirs (the smallest, for
scores of which low values are damaging), and a text is that of the first that has one.

Axes: v variants of a batch, e entries, p pairs of variant and gene, c entries that speak for a pair.
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
from hail_pipelines.annotation.info_fields import InfoFields
from hail_pipelines.annotation.sources import AnnotationSource
from hail_pipelines.annotation.values import extremes, first_known, nothing, numbers_of, plain_texts, texts_of

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


def gene_table(
    chosen: Chosen,
    entries: Entries,
    consequences: Consequences,
    *,
    source: AnnotationSource,
    info: InfoFields,
    frequencies: NDArray[np.float64] | None = None,
) -> pa.Table:
    """Reduce entries to a row per pair of variant and gene; `variant` is the variant's row in the batch.

    Parameters
    ----------
    chosen
        The entries that speak for each pair.
    entries, consequences
        All entries.
    source
        What is asked for. What the source itself has not is an INFO field, or missing.
    info
        The variants' INFO fields.
    frequencies
        External frequencies of the variants, in place of the source's; NaN where unknown (v).
    """
    firsts, reduction = chosen.firsts, _Reduction(chosen, entries, source, info)
    if frequencies is None:
        frequency = reduction.number(source.external_af)
    else:
        frequency = pa.array(frequencies[entries.variants[firsts]], from_pandas=True)
    columns = {
        "variant": pa.array(entries.variants[firsts], pa.int32()),
        "gene": entries.genes.take(pa.array(firsts)),
        "consequence": pa.array(consequences.terms, pa.string()).take(pa.array(consequences.texts[firsts])),
        "loftee": reduction.loftee(),
        "external_af": frequency,
        **{f"score_{name}": reduction.number(name, name in source.low_is_damaging) for name in source.scores},
        **{f"field_{name}": reduction.text(name) for name in source.fields},
    }
    return pa.table(columns, schema=gene_schema(source))


def gene_schema(source: AnnotationSource) -> pa.Schema:
    """Name the columns of what annotation gives, with their types."""
    texts = dict.fromkeys(("gene", "consequence", "loftee"), pa.string())
    scores = {f"score_{name}": pa.float64() for name in source.scores}
    fields = {f"field_{name}": pa.string() for name in source.fields}
    return pa.schema({"variant": pa.int32(), **texts, "external_af": pa.float64(), **scores, **fields})


@dataclass(frozen=True)
class _Reduction:
    """Reduces values of the entries that speak (c) to one of each pair (p)."""

    chosen: Chosen
    entries: Entries
    source: AnnotationSource
    info: InfoFields

    @property
    def _count(self) -> int:
        return len(self.chosen.severities)

    def _values(self, name: str | None) -> pa.Array:
        """Give a value of each entry, its own or that of its variant's INFO field; null where there is none."""
        spoken = self.chosen.entries
        if name is not None and self.entries.values.has(name):
            return self.entries.values.of(name, spoken)
        if name is None or name not in self.info.fields:
            return nothing(len(spoken))
        return self.info.of_alleles(name, self.entries.variants[spoken])

    def number(self, name: str | None, lowest: bool = False) -> pa.Array:
        """Take the largest number of each pair, or the lowest."""
        numbers = numbers_of(self._values(name), lowest=name in self.source.low_is_damaging)
        return pa.array(extremes(self.chosen.pairs, numbers, self._count, lowest=lowest), from_pandas=True)

    def text(self, name: str) -> pa.Array:
        """Take the first text of each pair."""
        return first_known(texts_of(self._values(name)), self.chosen.pairs, self._count)

    def loftee(self) -> pa.Array:
        """Give HC where any verdict of a pair is, else LC where any is."""
        found = np.full(self._count, None, object)
        name = self.entries.loftee
        if name is None or not self.entries.values.has(name):
            return pa.array(found, pa.string())
        verdicts = plain_texts(self.entries.values.of(name, self.chosen.entries))
        for verdict in ("LC", "HC"):
            has = pc.equal(verdicts, verdict).fill_null(False).to_numpy(zero_copy_only=False)
            found[self.chosen.pairs[has]] = verdict
        return pa.array(found, pa.string())


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
