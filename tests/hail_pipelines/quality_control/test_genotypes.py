import hail as hl
import pytest

from hail_pipelines.quality_control.genotypes import (
    GenotypeThresholds,
    balance_passes_expr,
    depth_passes_expr,
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


def test_rules_are_skipped_by_name_where_the_field_is_absent():
    assert skipped_rules({"GT"}, GenotypeThresholds()) == [
        "genotype quality: the VCF has no GQ",
        "depth: the VCF has no DP",
        "allele balance: the VCF has no AD",
    ]
    assert skipped_rules({"GT"}, GenotypeThresholds(min_gq=None, min_depth=None, min_het_balance=None)) == []
    assert skipped_rules({"GT", "GQ", "DP", "AD"}, GenotypeThresholds()) == []
