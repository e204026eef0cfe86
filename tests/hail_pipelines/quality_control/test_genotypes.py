from dataclasses import replace

import hail as hl
import pytest

from hail_pipelines.quality_control.genotypes import (
    GenotypeThresholds,
    balance_passes_expr,
    depth_passes_expr,
    genotype_rules,
    homozygous_balance_passes_expr,
    judge_calls,
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


def test_depth_passes_from_the_threshold_up_and_one_copy_needs_half():
    two, one = hl.bool(False), hl.bool(True)
    evaluate(
        [
            (depth_passes_expr(two, hl.int32(10), 10), True),
            (depth_passes_expr(two, hl.int32(9), 10), False),
            (depth_passes_expr(one, hl.int32(5), 10), True),
            (depth_passes_expr(one, hl.int32(4), 10), False),
            (depth_passes_expr(two, hl.missing(hl.tint32), 10), False),
            (depth_passes_expr(one, hl.missing(hl.tint32), 10), False),
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


# Calls as GT, GQ, DP and AD.
CALLS = [
    ("0/0", 19, 10, [10, 0]), ("0/0", 20, 10, [10, 0]), ("0/0", 20, 9, [9, 0]), ("0", 20, 9, [8, 1]),
    ("0/1", 20, 10, [9, 1]), ("0/1", 20, 10, [4, 6]), ("0/1", 19, 10, [4, 6]), ("0/1", 20, 9, [9, 0]),
    ("0/1", 20, 10, [0, 0]), (None, 20, 10, [10, 0]),
]  # fmt: skip


def test_poor_calls_become_missing_by_the_rules_that_are_on():
    mt = hl.utils.range_matrix_table(1, len(CALLS), n_partitions=1)
    call = hl.literal(CALLS, hl.tarray(hl.ttuple(hl.tstr, hl.tint32, hl.tint32, hl.tarray(hl.tint32))))[mt.col_idx]
    mt = mt.annotate_entries(GT=hl.parse_call(call[0]), GQ=call[1], DP=call[2], AD=call[3])
    off = GenotypeThresholds(min_gq=None, min_depth=None, min_het_balance=None)
    judged = {
        "all": judge_calls(mt, GenotypeThresholds(), hl.bool(False)).entries().collect(),
        "one copy": judge_calls(mt, GenotypeThresholds(), hl.bool(True)).entries().collect(),
        "homozygous": judge_calls(mt, replace(off, min_hom_balance=0.9), hl.bool(False)).entries().collect(),
        "off": judge_calls(mt, off, hl.bool(False)).entries().collect(),
    }
    kept = {
        name: [number for number, one in enumerate(calls) if one.GT is not None] for name, calls in judged.items()
    }
    assert kept == {
        "all": [1, 3, 5], "one copy": [1, 2, 3, 5], "homozygous": [0, 1, 2, 4, 5, 6, 7, 8], "off": list(range(9)),
    }  # fmt: skip
    assert [one.present for one in judged["all"]] == [True] * 9 + [False]
    failed = [{name for name, fails in one.failures.items() if fails} for one in judged["all"]]
    assert failed == [
        {"genotype quality"}, set(), {"depth"}, set(), {"allele balance"}, set(), {"genotype quality"},
        {"depth", "allele balance"}, {"allele balance"}, set(),
    ]  # fmt: skip
    assert [one.het_share for one in judged["all"]] == [None] * 4 + [0.1, 0.6, None, None, None, None]
    assert [one.het_share for one in judged["off"]] == [None] * 4 + [0.1, 0.6, 0.6, 0.0, None, None]


def test_rules_are_not_applied_where_the_vcf_has_no_such_field():
    mt = hl.utils.range_matrix_table(1, 2, n_partitions=1)
    mt = mt.annotate_entries(GT=hl.call(0, 1), DP=9 + mt.col_idx)
    calls = judge_calls(mt, GenotypeThresholds(), hl.bool(False)).entries().collect()
    assert [one.GT is not None for one in calls] == [False, True]
    assert [set(one.failures) for one in calls] == [{"depth"}, {"depth"}]
    assert [one.het_share for one in calls] == [None, None]


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
