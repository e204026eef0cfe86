"""Plain INFO fields: gene and consequence, and values that no other source has.

A field with as many values as the record has alternate alleles has one for each. Else all of its values are
the record's: of numbers the largest counts (the smallest, for scores of which low values are damaging),
texts are joined by `&`.
"""

from __future__ import annotations

import hail as hl

from hail_pipelines.annotation.entries import gene_entry_expr, own_values, terms_expr, text_expr
from hail_pipelines.annotation.sources import AnnotationSource


def allele_value_expr(
    value: hl.Expression, old_alleles: hl.ArrayExpression, a_index: hl.Int32Expression
) -> hl.Expression:
    """Give what an INFO field says of one allele, as an array where it holds arrays.

    Parameters
    ----------
    value
        The field's value, or array of them.
    old_alleles
        The record's alleles as they stood in the VCF.
    a_index
        The allele's number among them.
    """
    if not isinstance(value, hl.ArrayExpression):
        return value
    own = value[a_index - 1 : a_index]
    return hl.if_else(hl.len(value) == hl.len(old_alleles) - 1, own, value)


def info_entries(variants: hl.Table, source: AnnotationSource) -> hl.ArrayExpression:
    """Make one entry of the INFO fields that name gene and consequence; a gene is the first that is named."""

    def first(name: str | None) -> hl.StringExpression:
        assert name is not None
        value = allele_value_expr(variants.info[name], variants.old_alleles, variants.a_index)
        return value.first() if isinstance(value, hl.ArrayExpression) else value

    return hl.array(
        [
            gene_entry_expr(
                gene=text_expr(first(source.gene_field)), terms=terms_expr(hl.str(first(source.consequence_field)))
            )
        ]
    )


def info_values(variants: hl.Table, source: AnnotationSource) -> dict[str, dict[str, hl.Expression]]:
    """Read the numbers and texts asked for that are INFO fields.

    Parameters
    ----------
    variants
        The cohort's variants, with `info`, `old_alleles` and `a_index`.
    source
        Which are asked for.
    """
    present = set(variants.info) if "info" in variants.row else set()
    return own_values(
        source, present, lambda name: allele_value_expr(variants.info[name], variants.old_alleles, variants.a_index)
    )
