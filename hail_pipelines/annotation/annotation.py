"""The annotation of any batch of the cohort's variants, whatever its source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from hail_pipelines.annotation.batches import Batch, Share, read_batches
from hail_pipelines.annotation.consequences import Consequences, read_consequences
from hail_pipelines.annotation.entries import Chosen, Entries, choose
from hail_pipelines.annotation.gene_model import Segments
from hail_pipelines.annotation.info import info_entries
from hail_pipelines.annotation.outside import OutsideRows
from hail_pipelines.annotation.snpeff import snpeff_entries
from hail_pipelines.annotation.sources import AnnotationSource
from hail_pipelines.annotation.table import table_entries
from hail_pipelines.annotation.vep import vep_entries
from hail_pipelines.annotation.vep_json import vep_json_entries
from hail_pipelines.annotation.within_genes import gene_model_entries
from hail_pipelines.places import Place


@dataclass(frozen=True)
class Annotation:
    """All that is needed to annotate any batch of the cohort's variants.

    Attributes
    ----------
    source
        Where genes and consequences come from.
    parts
        Names of the parts of the source's INFO field, in the header's order.
    outside
        What is said of the variants outside the VCFs.
    segments
        The gene model's intervals by contig, for "gene_model".
    """

    source: AnnotationSource
    parts: Sequence[str]
    outside: OutsideRows
    segments: Mapping[str, Segments]

    def entries(self, batch: Batch) -> Entries:
        """List the gene entries of some variants, whatever the source."""
        source, rows = self.source, self.outside.entries
        if source.kind == "vep":
            return vep_entries(batch, source, self.parts)
        if source.kind == "snpeff":
            return snpeff_entries(batch, source, self.parts)
        if source.kind == "info":
            return info_entries(batch, source)
        if source.kind == "gene_model":
            return gene_model_entries(batch, self.segments)
        assert rows is not None
        return table_entries(batch, source, rows) if source.kind == "table" else vep_json_entries(batch, source, rows)


@dataclass(frozen=True)
class AnnotatedBatch:
    """Some variants, their entries, and those of them that speak for each pair of variant and gene."""

    batch: Batch
    entries: Entries
    consequences: Consequences
    chosen: Chosen


def annotated_batches(variants: Place, share: Share, annotation: Annotation) -> Iterator[AnnotatedBatch]:
    """Give the variants of a share with what speaks for their genes."""
    fields = annotation.source.info_fields
    for batch in read_batches(variants, share, [*fields, *annotation.source.values]):
        entries = annotation.entries(batch)
        consequences = read_consequences(entries.consequences)
        yield AnnotatedBatch(batch, entries, consequences, choose(entries, consequences))
