"""The rules on alleles, calls and filters, on literals."""

from __future__ import annotations

import hail as hl
import pytest

from hail_pipelines.vcf.alleles import is_plain_expr, is_sequence_expr, split_alleles_expr
from hail_pipelines.vcf.call_faults import (
    has_odd_depths_expr,
    has_one_allele_expr,
    has_unknown_allele_expr,
    is_paired_expr,
)
from hail_pipelines.vcf.counts import has_odd_filter_expr

pytestmark = pytest.mark.usefixtures("hail_session")


def evaluate(*expressions) -> list:
    return list(hl.eval(hl.tuple(expressions)))


def test_an_allele_is_a_sequence_only_if_all_of_it_is_bases():
    alleles = ["A", "acgtN", "*", "<DEL>", "<*>", "R", "A.", ".A", "A[chr2:5[", "", ".", "C,A"]
    assert evaluate(*(is_sequence_expr(hl.str(allele)) for allele in alleles)) == [True] * 2 + [False] * 10


def test_records_are_split_and_trimmed_and_written_in_upper_case():
    cases = {
        ("A", "C"): [(100, ["A", "C"], 1)],
        ("a", "c"): [(100, ["A", "C"], 1)],
        ("CAA", "CA", "*", "CAAT"): [(100, ["CA", "C"], 1), (102, ["A", "AT"], 3)],
        ("AG", "ac", "ag"): [(101, ["G", "C"], 1)],
        ("A", "A"): [],
        ("A", "<DEL>"): [],
        ("", "C"): [],
        ("R", "C"): [],
        ("A",): [],
    }
    locus = hl.locus("chr1", 100, "GRCh38")
    splits = evaluate(*(split_alleles_expr(locus, hl.array(list(alleles))) for alleles in cases))
    found = [[(one.locus.position, one.alleles, one.a_index) for one in split] for split in splits]
    assert found == list(cases.values())


def test_only_a_record_that_needs_no_change_is_plain():
    cases = [
        ["A", "C"],
        ["CA", "C"],
        ["a", "C"],
        ["A", "c"],
        ["AG", "AC"],
        ["A", "A"],
        ["A", "*"],
        ["A", "C", "G"],
        ["A"],
    ]
    locus = hl.locus("chr1", 100, "GRCh38")
    plain = evaluate(*(is_plain_expr(locus, hl.array(alleles)) for alleles in cases))
    assert plain == [True, True] + [False] * 7


@pytest.mark.parametrize(
    ("contig", "position", "paired"),
    [
        ("chr1", 1000, True),
        ("chr22", 20_000_000, True),
        ("chrX", 2_781_478, True),
        ("chrX", 2_781_480, False),
        ("chrX", 155_701_382, False),
        ("chrX", 155_701_384, True),
        ("chrY", 2_781_478, True),
        ("chrY", 2_781_480, False),
        ("chrM", 100, False),
    ],
)
def test_one_allele_is_too_few_on_autosomes_and_in_pseudoautosomal_regions(contig, position, paired):
    locus, missing = hl.locus(contig, position, "GRCh38"), None if paired else False
    calls = [hl.call(0), hl.call(1), hl.call(0, 1), hl.missing(hl.tcall)]
    found = evaluate(*(has_one_allele_expr(call, is_paired_expr(locus)) for call in calls))
    assert found == [paired, paired, False, missing]


def test_an_allele_number_must_be_below_the_number_of_alleles():
    calls = [hl.call(0, 1), hl.call(1, 2), hl.call(2, 2), hl.call(2, 1), hl.call(1), hl.call(2), hl.missing(hl.tcall)]
    assert evaluate(*(has_unknown_allele_expr(call, 2) for call in calls)) == [
        False,
        True,
        True,
        True,
        False,
        True,
        None,
    ]
    assert evaluate(*(has_unknown_allele_expr(call, 3) for call in calls)) == [False] * 6 + [None]


def test_there_must_be_as_many_depths_as_alleles_and_none_negative():
    depths = [[1, 2], [1], [1, 2, 3], [], [-1, 2], [None, 2], [None, -2], None]
    literals = [
        hl.literal(one, hl.tarray(hl.tint32)) if one is not None else hl.missing("array<int32>") for one in depths
    ]
    found = evaluate(*(has_odd_depths_expr(one, 2) for one in literals))
    assert found == [False, True, True, True, True, False, True, None]


def test_a_filter_that_is_no_name_or_passes_and_fails_at_once_is_odd():
    filters = [{"q10"}, set(), {"q10", "q20"}, {"PASS", ""}, {"PASS", "q10"}, {"0", "q10"}, {""}]
    literals = [hl.literal(one, hl.tset(hl.tstr)) for one in filters]
    found = evaluate(*(has_odd_filter_expr(one) for one in [*literals, hl.missing("set<str>")]))
    assert found == [False, False, False, True, True, True, True, None]
