"""The consequences a variant can have in a transcript, most severe first.

The order and the classes are Ensembl's
(https://www.ensembl.org/info/genome/variation/prediction/predicted_data.html); SnpEff uses the same
Sequence Ontology terms and a few of its own, which stand beside their nearest kin.
"""

from __future__ import annotations

from collections.abc import Iterable

import hail as hl

HIGH = (
    "transcript_ablation",
    "exon_loss_variant",
    "splice_acceptor_variant",
    "splice_donor_variant",
    "stop_gained",
    "frameshift_variant",
    "stop_lost",
    "start_lost",
    "initiator_codon_variant",
    "rare_amino_acid_variant",
    "transcript_amplification",
    "chromosome_number_variation",
    "feature_elongation",
    "feature_truncation",
)
MODERATE = (
    "inframe_insertion",
    "disruptive_inframe_insertion",
    "conservative_inframe_insertion",
    "inframe_deletion",
    "disruptive_inframe_deletion",
    "conservative_inframe_deletion",
    "missense_variant",
    "protein_altering_variant",
)
LOW = (
    "splice_donor_5th_base_variant",
    "splice_region_variant",
    "splice_donor_region_variant",
    "splice_polypyrimidine_tract_variant",
    "incomplete_terminal_codon_variant",
    "start_retained_variant",
    "stop_retained_variant",
    "non_canonical_start_codon",
    "5_prime_UTR_premature_start_codon_gain_variant",
    "synonymous_variant",
)
SEVERITY = {term: rank for rank, term in enumerate((*HIGH, *MODERATE, *LOW))}
# Every other term (introns, untranslated regions, the neighbourhood of a gene) changes no protein.
MODIFIER_RANK = len(SEVERITY)


def is_coding(consequence: str) -> bool:
    """Say whether a consequence is of class HIGH, MODERATE or LOW, rather than MODIFIER."""
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
