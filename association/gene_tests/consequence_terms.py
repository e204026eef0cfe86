"""The consequences a variant can have in a transcript, most severe first, and the classes that masks name.

Terms, order and impact are Ensembl's
(https://www.ensembl.org/info/genome/variation/prediction/predicted_data.html); SnpEff uses the same Sequence Ontology
terms and some of its own (https://pcingola.github.io/SnpEff/snpeff/inputoutput/), which stand beside their nearest
kin.

Where we differ: `coding_sequence_variant`, what a variant is called when all that is known of it is that it lies in
coding sequence, counts as the least severe of the coding ones. `feature_elongation` and `feature_truncation` count as
modifiers: of variants with a sequence, only VEP before release 110 says so, and of every insertion and deletion in
any transcript.
"""

from __future__ import annotations

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
MODIFIER = (
    "feature_elongation",
    "feature_truncation",
    "mature_miRNA_variant",
    "5_prime_UTR_variant",
    "5_prime_UTR_truncation",
    "3_prime_UTR_variant",
    "3_prime_UTR_truncation",
    "non_coding_transcript_exon_variant",
    "non_coding_exon_variant",
    "exon_region",
    "exon_variant",
    "intron_variant",
    "conserved_intron_variant",
    "splice_branch_variant",
    "NMD_transcript_variant",
    "non_coding_transcript_variant",
    "nc_transcript_variant",
    "coding_transcript_variant",
    "transcript_variant",
    "gene_variant",
    "upstream_gene_variant",
    "downstream_gene_variant",
    "TFBS_ablation",
    "TFBS_amplification",
    "TF_binding_site_variant",
    "regulatory_region_ablation",
    "regulatory_region_amplification",
    "regulatory_region_variant",
    "miRNA",
    "intragenic_variant",
    "intergenic_variant",
    "intergenic_region",
    "conserved_intergenic_variant",
    "sequence_feature",
    "sequence_variant",
    "protein_protein_contact",
    "structural_interaction_variant",
    "gene_fusion",
    "bidirectional_gene_fusion",
    "rearranged_at_DNA_level",
    "feature_ablation",
    "duplication",
    "exon_duplication",
    "inversion",
    "custom",
)
TERMS = frozenset((*HIGH, *MODERATE, *LOW, CODING, *MODIFIER))

LOSS_OF_FUNCTION = frozenset(
    {"transcript_ablation", "splice_acceptor_variant", "splice_donor_variant", "stop_gained", "frameshift_variant"}
)
MISSENSE = frozenset({"missense_variant"})
SYNONYMOUS = frozenset({"synonymous_variant"})
# What a mask's expression may name instead of listing terms. "coding" is all but modifiers.
CLASSES = {
    "plof": LOSS_OF_FUNCTION,
    "missense": MISSENSE,
    "synonymous": SYNONYMOUS,
    "inframe": frozenset(term for term in MODERATE if "inframe" in term),
    "splice_region": frozenset(term for term in LOW if term.startswith("splice_")),
    "coding": frozenset((*HIGH, *MODERATE, *LOW, CODING)),
}
