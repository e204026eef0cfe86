from association.genotypes.judged_calls import CallLimits
from hail_pipelines.quality_control.genotypes import GenotypeThresholds, applied_rules, genotype_rules, skipped_rules


def test_each_rule_says_in_words_what_it_asks_for():
    assert [rule.reason for rule in genotype_rules(GenotypeThresholds(min_depth=9, min_hom_balance=0.9))] == [
        "genotype quality below 20",
        "depth below 9 (4.5 if haploid)",
        "heterozygous with less than 0.2 of the reads on one allele",
        "homozygous with less than 0.9 of the reads on its allele",
    ]


def test_rules_are_skipped_by_name_where_the_field_is_absent():
    assert skipped_rules({"GT"}, GenotypeThresholds()) == [
        "genotype quality: the VCF has no GQ",
        "depth: the VCF has no DP",
        "allele balance: the VCF has no AD",
    ]
    assert skipped_rules({"GT"}, GenotypeThresholds(min_gq=None, min_depth=None, min_het_balance=None)) == []
    assert skipped_rules({"GT", "GQ", "DP", "AD"}, GenotypeThresholds()) == []


def test_a_rule_is_either_applied_or_skipped():
    thresholds = GenotypeThresholds(min_hom_balance=0.9)
    assert [rule.name for rule in applied_rules({"DP", "AD"}, thresholds)] == [
        "depth", "allele balance", "homozygous balance",
    ]  # fmt: skip
    assert [text.split(":")[0] for text in skipped_rules({"DP", "AD"}, thresholds)] == ["genotype quality"]


def test_kernels_get_every_threshold():
    assert GenotypeThresholds(21, 11, 0.3, 0.8).limits == CallLimits(
        quality=21, depth=11, het_balance=0.3, hom_balance=0.8
    )
    assert GenotypeThresholds(None, None, None).limits == CallLimits()
