import hail as hl
import pytest

from hail_pipelines.quality_control.genotypes import (
    GenotypeThresholds,
    balance_passes_expr,
    depth_passes_expr,
    drop_poor_calls,
    genotype_rules,
    homozygous_balance_passes_expr,
    quality_passes_expr,
    skipped_rules,
)

pytestmark = pytest.mark.usefixtures("hail_session")


def evaluate(cases):
    """Evaluate all cases in one go; each is a pair of an expression and what it must be."""
    found = hl.eval(hl.tuple([expression for expression, _ in cases]))
    assert list(found) == [expected for _, expected in cases]


def test_quality_passes_from_the_threshold_up_and_missing_fails():
    evaluate(
        [
            (quality_passes_expr(hl.int32(20), 20), True),
            (quality_passes_expr(hl.int32(19), 20), False),
            (quality_passes_expr(hl.float32(19.9), 20), False),
            (quality_passes_expr(hl.missing(hl.tint32), 20), False),
        ]
    )


def test_depth_passes_from_the_threshold_up_and_a_haploid_call_needs_half():
    diploid, haploid = hl.call(0, 1), hl.call(1)
    evaluate(
        [
            (depth_passes_expr(diploid, hl.int32(10), 10), True),
            (depth_passes_expr(diploid, hl.int32(9), 10), False),
            (depth_passes_expr(haploid, hl.int32(5), 10), True),
            (depth_passes_expr(haploid, hl.int32(4), 10), False),
            (depth_passes_expr(diploid, hl.missing(hl.tint32), 10), False),
        ]
    )


def test_balance_is_asked_of_heterozygous_calls_alone_and_of_both_alleles():
    het, hom = hl.call(0, 1), hl.call(1, 1)
    evaluate(
        [
            (balance_passes_expr(het, hl.array([8, 2]), 0.2), True),
            (balance_passes_expr(het, hl.array([2, 8]), 0.2), True),
            (balance_passes_expr(het, hl.array([81, 19]), 0.2), False),
            (balance_passes_expr(het, hl.array([19, 81]), 0.2), False),
            (balance_passes_expr(het, hl.array([0, 0]), 0.2), False),
            (balance_passes_expr(het, hl.missing(hl.tarray(hl.tint32)), 0.2), False),
            (balance_passes_expr(het, hl.array([5, hl.missing(hl.tint32)]), 0.2), False),
            (balance_passes_expr(hom, hl.array([0, 9]), 0.2), True),
            (balance_passes_expr(hom, hl.missing(hl.tarray(hl.tint32)), 0.2), True),
        ]
    )


def test_homozygous_balance_is_asked_of_the_own_allele_and_not_of_heterozygous_calls():
    missing = hl.missing(hl.tarray(hl.tint32))
    evaluate(
        [
            (homozygous_balance_passes_expr(hl.call(0, 0), hl.array([9, 1]), 0.9), True),
            (homozygous_balance_passes_expr(hl.call(0, 0), hl.array([89, 11]), 0.9), False),
            (homozygous_balance_passes_expr(hl.call(1, 1), hl.array([1, 9]), 0.9), True),
            (homozygous_balance_passes_expr(hl.call(1, 1), hl.array([11, 89]), 0.9), False),
            (homozygous_balance_passes_expr(hl.call(1), hl.array([1, 9]), 0.9), True),
            (homozygous_balance_passes_expr(hl.call(1), hl.array([9, 1]), 0.9), False),
            (homozygous_balance_passes_expr(hl.call(0), hl.array([9, 1]), 0.9), True),
            (homozygous_balance_passes_expr(hl.call(0, 0), hl.array([0, 0]), 0.9), False),
            (homozygous_balance_passes_expr(hl.call(0, 0), missing, 0.9), False),
            (homozygous_balance_passes_expr(hl.call(0, 1), hl.array([5, 5]), 0.9), True),
            (homozygous_balance_passes_expr(hl.call(0, 1), missing, 0.9), True),
        ]
    )


def test_poor_calls_become_missing_by_the_rules_that_are_on_and_whose_fields_are_there():
    mt = hl.utils.range_matrix_table(1, 4, n_partitions=1)
    gq, dp = hl.literal([19, 20, 20, 20]), hl.literal([10, 10, 9, 10])
    ad = hl.literal([[10, 0], [10, 0], [9, 0], [8, 2]])
    mt = mt.annotate_entries(GT=hl.call(0, 0), GQ=gq[mt.col_idx], DP=dp[mt.col_idx], AD=ad[mt.col_idx])

    def collected(mt, **rules):
        off = {"min_gq": None, "min_depth": None, "min_het_balance": None}
        return hl.is_defined(drop_poor_calls(mt, GenotypeThresholds(**(off | rules))).GT).collect()

    assert collected(mt, min_gq=20) == [False, True, True, True]
    assert collected(mt, min_gq=20, min_depth=10) == [False, True, False, True]
    assert collected(mt, min_hom_balance=0.9) == [True, True, True, False]
    assert collected(mt.drop("GQ", "AD"), min_gq=20, min_depth=10, min_hom_balance=0.9) == [True, True, False, True]
    assert collected(mt) == [True] * 4


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
