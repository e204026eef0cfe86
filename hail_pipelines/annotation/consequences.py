"""How severe a variant's consequences are, as expressions of Hail.

Terms and their order: `association.gene_tests.consequence_terms`.
"""

from __future__ import annotations

from collections.abc import Iterable

import hail as hl

from association.gene_tests.consequence_terms import CODING, HIGH, LOW, MODERATE, TERMS

SEVERITY = {term: rank for rank, term in enumerate((*HIGH, *MODERATE, *LOW, CODING))}
# Every other term (introns, untranslated regions, the neighbourhood of a gene) changes no protein.
MODIFIER_RANK = len(SEVERITY)


def is_coding(consequence: str) -> bool:
    """Say whether a consequence may change the protein or its making: all but the modifiers."""
    return consequence in SEVERITY


def most_severe(consequences: Iterable[str]) -> str:
    """Return the most severe of some consequences, the first of equals."""
    return min(consequences, key=lambda term: SEVERITY.get(term, MODIFIER_RANK))


def severity_expr(consequence: hl.StringExpression) -> hl.Int32Expression:
    """Rank a consequence, 0 being the most severe and `MODIFIER_RANK` any that changes no protein."""
    return hl.literal(SEVERITY).get(consequence, MODIFIER_RANK)


def most_severe_expr(consequences: hl.ArrayExpression) -> hl.StringExpression:
    """Return the most severe of an array of consequences, the first of equals; missing if there is none."""
    return hl.or_missing(hl.len(consequences) > 0, hl.sorted(consequences, key=severity_expr)[0])


def unknown_terms_expr(terms: hl.ArrayExpression) -> hl.ArrayExpression:
    """Pick the terms that nobody knows: misspelt, or of another program."""
    return terms.filter(lambda term: ~hl.literal(TERMS).contains(term))
