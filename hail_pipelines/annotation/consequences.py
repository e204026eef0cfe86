"""The consequences a variant can have in a transcript, most severe first.

The order and the classes are Ensembl's
(https://www.ensembl.org/info/genome/variation/prediction/predicted_data.html); SnpEff uses the same
Sequence Ontology terms and a few of its own, which stand beside their nearest kin.

Where we differ: `coding_sequence_variant`, what a variant is called when all that is known of it is that it
lies in coding sequence, counts as the least severe of the coding ones. `feature_elongation` and
`feature_truncation` count as modifiers: of variants with a sequence, only VEP before release 110 says so,
and of every insertion and deletion in any transcript.
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
CODING = "coding_sequence_variant"
SEVERITY = {term: rank for rank, term in enumerate((*HIGH, *MODERATE, *LOW, CODING))}
# Every other term (introns, untranslated regions, the neighbourhood of a gene) changes no protein.
MODIFIER_RANK = len(SEVERITY)

# Those that VEP (of any age) and SnpEff write; a term that is in none of these lists is unknown.
MODIFIERS = frozenset(
    (
        "mature_miRNA_variant",
        "5_prime_UTR_variant",
        "3_prime_UTR_variant",
        "non_coding_transcript_exon_variant",
        "intron_variant",
        "NMD_transcript_variant",
        "non_coding_transcript_variant",
        "coding_transcript_variant",
        "upstream_gene_variant",
        "downstream_gene_variant",
        "TFBS_ablation",
        "TFBS_amplification",
        "TF_binding_site_variant",
        "regulatory_region_ablation",
        "regulatory_region_amplification",
        "regulatory_region_variant",
        "intergenic_variant",
        "sequence_variant",
        "feature_elongation",
        "feature_truncation",
        "nc_transcript_variant",
        "non_coding_exon_variant",
        "splice_branch_variant",
        "intergenic_region",
        "conserved_intergenic_variant",
        "intragenic_variant",
        "gene_variant",
        "transcript_variant",
        "exon_variant",
        "conserved_intron_variant",
        "5_prime_UTR_truncation",
        "3_prime_UTR_truncation",
        "miRNA",
        "sequence_feature",
        "custom",
        "structural_interaction_variant",
        "protein_protein_contact",
        "gene_fusion",
        "bidirectional_gene_fusion",
        "rearranged_at_DNA_level",
        "duplication",
        "inversion",
    )
)


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
    """Pick the terms that are in neither list: misspelt, or of another program."""
    return terms.filter(lambda term: ~hl.literal(MODIFIERS | set(SEVERITY)).contains(term))
