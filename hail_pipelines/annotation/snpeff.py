"""SnpEff's ANN field.

ANN names the alternate allele as it stands in the VCF. SnpEff's specification:
https://pcingola.github.io/SnpEff/adds/VCFannotationformat_v1.0.pdf
"""

from __future__ import annotations

from collections.abc import Sequence

import hail as hl

from hail_pipelines.annotation.entries import gene_entry_expr, own_values, terms_expr, text_expr
from hail_pipelines.annotation.parts import SNPEFF_PARTS
from hail_pipelines.annotation.sources import AnnotationSource
from hail_pipelines.annotation.vep import of_allele_expr, part_expr, parts_expr


def snpeff_entries_expr(
    annotations: hl.ArrayExpression,
    old_alleles: hl.ArrayExpression,
    a_index: hl.Int32Expression,
    *,
    subfields: Sequence[str] = SNPEFF_PARTS,
    source: AnnotationSource | None = None,
) -> hl.ArrayExpression:
    """Parse the transcripts of an ANN field that belong to one allele.

    Parameters
    ----------
    annotations
        The field's values, one per allele and transcript.
    old_alleles
        The record's alleles as they stood in the VCF.
    a_index
        The allele's number among them.
    subfields
        Names of the field's parts, in the header's order.
    source
        Which parts are wanted beside gene and consequence; None for none.

    Notes
    -----
    SnpEff has a LOF field of its own, by other rules than LOFTEE's; it is not read, and `loftee` is missing.
    """
    wanted = source or AnnotationSource("snpeff", field="ANN")

    def entry(parts: hl.ArrayExpression) -> hl.StructExpression:
        def part(name: str | None) -> hl.StringExpression:
            return part_expr(parts, name, subfields)

        return gene_entry_expr(
            gene=text_expr(hl.coalesce(part("Gene_Name"), part("Gene_ID"))),
            terms=terms_expr(part("Annotation")),
            **own_values(wanted, subfields, part),
        )

    # An entry that ends before its gene is broken.
    parts = parts_expr(annotations).filter(lambda one: hl.len(one) >= len(SNPEFF_PARTS))
    named = parts.map(lambda one: hl.coalesce(part_expr(one, "Allele", subfields), ""))
    return of_allele_expr(parts, named, old_alleles[a_index], hl.len(old_alleles) - 1).map(entry)
