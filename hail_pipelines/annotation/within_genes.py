"""The genes whose coding intervals hold a variant: what is known of a cohort without annotation."""

from __future__ import annotations

from collections.abc import Mapping

import hail as hl

from association.gene_tests.consequence_terms import CODING
from hail_pipelines.annotation.entries import gene_entry_expr
from hail_pipelines.annotation.gene_model import Segments

_STRETCHES = hl.tstruct(starts=hl.tarray(hl.tint32), ends=hl.tarray(hl.tint32), genes=hl.tarray(hl.tarray(hl.tstr)))
_SEGMENTS = hl.tdict(hl.tstr, _STRETCHES)


def changed_bases_expr(
    locus: hl.LocusExpression, alleles: hl.ArrayExpression
) -> tuple[hl.Int32Expression, hl.Int32Expression]:
    """Give the first and last reference base that a variant in minimal representation changes.

    Of a deletion these are the bases that go, without the one before them; of an insertion the two between which it
    stands.
    """
    ref, alt = hl.len(alleles[0]), hl.len(alleles[1])
    anchored = (ref != alt) & (alleles[0][0] == alleles[1][0])
    first = locus.position + hl.if_else(anchored & (ref > 1), 1, 0)
    return first, locus.position + ref - 1 + hl.if_else(anchored & (ref == 1), 1, 0)


def genes_within_expr(
    locus: hl.LocusExpression, alleles: hl.ArrayExpression, segments: Mapping[str, Segments]
) -> hl.ArrayExpression:
    """List the genes in whose intervals any base lies that a variant changes.

    Parameters
    ----------
    locus, alleles
        The variant, in minimal representation.
    segments
        The intervals by contig.
    """
    table = hl.literal(
        {
            contig: hl.Struct(
                starts=one.starts.tolist(), ends=one.ends.tolist(), genes=[list(names) for names in one.genes]
            )
            for contig, one in segments.items()
        },
        _SEGMENTS,
    )
    first, last = changed_bases_expr(locus, alleles)

    def within(contig: hl.StructExpression) -> hl.ArrayExpression:
        start = hl.binary_search(contig.ends, first)
        end = hl.binary_search(contig.starts, last + 1)
        return hl.sorted(hl.array(hl.set(contig.genes[start:end].flatmap(lambda names: names))))

    return hl.bind(within, table.get(locus.contig))


def gene_model_entries(variants: hl.Table, segments: Mapping[str, Segments]) -> hl.ArrayExpression:
    """Make an entry of each gene that holds a variant, with the consequence of which no more is known than that."""
    genes = genes_within_expr(variants.locus, variants.alleles, segments)
    return genes.map(lambda gene: gene_entry_expr(gene=gene, terms=hl.array([CODING])))
