"""The reduction of gene entries to one row per variant and gene.

Of the transcripts that speak for a gene LOFTEE is HC if any is, each score and the external frequency is the largest
of theirs (the smallest, for scores of which low values are damaging), and a text is that of the first that has one.

Axes: v variants of a batch, e entries, p pairs of variant and gene, c entries that speak for a pair.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from hail_pipelines.annotation.consequences import Consequences
from hail_pipelines.annotation.entries import Chosen, Entries
from hail_pipelines.annotation.info_fields import InfoFields
from hail_pipelines.annotation.sources import AnnotationSource
from hail_pipelines.annotation.values import extremes, first_known, nothing, numbers_of, plain_texts, texts_of


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
