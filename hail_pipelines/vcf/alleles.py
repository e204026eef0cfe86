"""The alleles of a record: which are spelled out in bases, and each of them as a variant of its own.

Bases in lower case are the same bases, so alleles are compared and written in upper case.
"""

from __future__ import annotations

import hail as hl

_BASES = "[ACGTNacgtn]+"


def is_sequence_expr(allele: hl.StringExpression) -> hl.BooleanExpression:
    """Say whether an allele is spelled out in bases, unlike `*`, `<DEL>`, a breakend or an ambiguity code."""
    return allele.matches(_BASES, full_match=True)


def is_same_base_expr(alleles: hl.ArrayExpression, index: hl.Int32Expression) -> hl.BooleanExpression:
    """Say whether an alternate allele is the reference itself."""
    return alleles[index].upper() == alleles[0].upper()


def split_alleles_expr(locus: hl.LocusExpression, alleles: hl.ArrayExpression) -> hl.ArrayExpression:
    """List a record's sequence alleles that differ from its reference, each with its minimal representation.

    Returns an array of structs: `locus` and `alleles` trimmed and in upper case, and `a_index`, the allele's number
    in the record. A record whose reference is not a sequence has none.
    """

    def trimmed(index: hl.Int32Expression) -> hl.StructExpression:
        variant = hl.min_rep(locus, [alleles[0].upper(), alleles[index].upper()])
        return hl.struct(locus=variant.locus, alleles=variant.alleles, a_index=index)

    indices = hl.range(1, hl.len(alleles)).filter(
        lambda index: is_sequence_expr(alleles[index]) & ~is_same_base_expr(alleles, index)
    )
    return hl.if_else(is_sequence_expr(alleles[0]), indices, hl.empty_array(hl.tint32)).map(trimmed)


def is_plain_expr(locus: hl.LocusExpression, alleles: hl.ArrayExpression) -> hl.BooleanExpression:
    """Say whether a record is one variant in minimal representation and upper case as it stands."""
    bases = alleles[0].matches("[ACGTN]+", full_match=True) & alleles[1].matches("[ACGTN]+", full_match=True)
    return hl.if_else(
        (hl.len(alleles) == 2) & bases & (alleles[0] != alleles[1]),
        hl.min_rep(locus, alleles) == hl.struct(locus=locus, alleles=alleles),
        hl.bool(False),
    )


def biallelic_depths_expr(depths: hl.ArrayExpression, a_index: hl.Int32Expression) -> hl.ArrayExpression:
    """Reduce allele depths to those of all other alleles together and of one; missing if there is none for it."""
    return hl.or_missing(hl.len(depths) > a_index, [hl.sum(depths) - depths[a_index], depths[a_index]])
