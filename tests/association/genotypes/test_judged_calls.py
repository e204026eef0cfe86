"""What becomes of calls of every quality, on both sides of each threshold, and drawn ones against plain Python."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from association.genotypes.calls import NO_CALL
from association.genotypes.copies import any_copies, may_be_single, of_others
from association.genotypes.judged_calls import (
    ANY_RULE,
    DEPTH,
    HET_BALANCE,
    HOM_BALANCE,
    QUALITY,
    CallLimits,
    People,
    judge_calls,
)
from association.genotypes.places import AUTOSOME, ON_X, ON_Y, PSEUDOAUTOSOMAL
from association.genotypes.stored_calls import UNKNOWN, StoredCalls

CODES = {"0/0": 0, "0/1": 1, "1/1": 2, "0": 3, "1": 4, None: NO_CALL}
LIMITS = CallLimits(quality=20, depth=10, het_balance=0.2)
OFF = CallLimits()
FIELDS = ("quality", "depth", "reference_reads", "alternate_reads")


@dataclass(frozen=True)
class Call:
    """One call; a number that is not known is None."""

    alleles: str | None
    quality: float | None = 99
    depth: float | None = 99
    reads: tuple[float | None, float | None] = (None, None)

    def numbers(self):
        return [np.nan if one is None else one for one in (self.quality, self.depth, *self.reads)]


def judge(calls, limits=LIMITS, place=AUTOSOME, absent=(), kind=np.float32):
    """Judge some calls of one variant, one a sample."""
    columns = np.array([call.numbers() for call in calls], np.float32).reshape(-1, 4).T
    stored = [np.where(np.isnan(row), UNKNOWN[kind], np.nan_to_num(row)).astype(kind)[None] for row in columns]
    fields = {name: row for name, row in zip(FIELDS, stored, strict=True) if name not in absent}
    genotypes = np.array([[CODES[call.alleles] for call in calls]], np.uint8)
    people = People(np.ones(len(calls), np.bool_), may_be_single(len(calls)), any_copies(len(calls)))
    return judge_calls(StoredCalls(genotypes, **fields), np.array([place], np.uint8), people, limits)


def kept(calls, *arguments, **options):
    return (judge(calls, *arguments, **options).genotypes[0] != NO_CALL).tolist()


def test_quality_passes_from_the_threshold_up_and_missing_fails():
    only = CallLimits(quality=20)
    assert kept([Call("0/0", quality) for quality in (20, 19, 19.9, None)], only) == [True, False, False, False]


def test_depth_passes_from_the_threshold_up_and_one_copy_needs_half():
    only, depths = CallLimits(depth=11), (11, 10, 6, 5, None)
    two, one = [Call("0/0", depth=depth) for depth in depths], [Call("1", depth=depth) for depth in depths]
    assert kept(two, only) == [True, False, False, False, False]
    assert kept(one, only) == [True, True, True, False, False]
    assert kept(two, only, place=PSEUDOAUTOSOMAL) == kept(two, only)
    for place in (ON_X, ON_Y):
        assert kept(two, only, place=place) == kept(one, only)


def test_balance_is_asked_of_heterozygous_calls_alone_and_of_both_alleles():
    only, unknown = CallLimits(het_balance=0.2), (None, None)
    heterozygous = [(8, 2), (2, 8), (81, 19), (19, 81), (0, 0), unknown, (5, None), (None, 5)]
    assert kept([Call("0/1", reads=reads) for reads in heterozygous], only) == [True, True] + [False] * 6
    others = [
        Call(alleles, reads=reads) for alleles in ("0/0", "1/1", "0", "1") for reads in ((0, 9), (9, 0), unknown)
    ]
    assert all(kept(others, only))


def test_homozygous_balance_is_asked_of_the_own_allele_and_not_of_heterozygous_calls():
    only, unknown = CallLimits(hom_balance=0.9), (None, None)
    cases = [
        ("0/0", (9, 1), True), ("0/0", (89, 11), False), ("1/1", (1, 9), True), ("1/1", (11, 89), False),
        ("1", (1, 9), True), ("1", (9, 1), False), ("0", (9, 1), True), ("0", (1, 9), False),
        ("0/0", (0, 0), False), ("0/0", unknown, False), ("0/0", (9, None), True), ("1/1", (9, None), False),
        ("0/1", (5, 5), True), ("0/1", unknown, True),
    ]  # fmt: skip
    assert kept([Call(alleles, reads=reads) for alleles, reads, _ in cases], only) == [passes for *_, passes in cases]


CALLS = [
    Call("0/0", 19, 10, (10, 0)), Call("0/0", 20, 10, (10, 0)), Call("0/0", 20, 9, (9, 0)), Call("0", 20, 9, (8, 1)),
    Call("0/1", 20, 10, (9, 1)), Call("0/1", 20, 10, (4, 6)), Call("0/1", 19, 10, (4, 6)), Call("0/1", 20, 9, (9, 0)),
    Call("0/1", 20, 10, (0, 0)), Call(None, 20, 10, (10, 0)),
]  # fmt: skip


def test_poor_calls_become_missing_by_the_rules_that_are_on():
    found = {
        "all": kept(CALLS),
        "one copy": kept(CALLS, place=ON_X),
        "homozygous": kept(CALLS, CallLimits(hom_balance=0.9)),
        "off": kept(CALLS, OFF),
    }
    assert {name: np.flatnonzero(calls).tolist() for name, calls in found.items()} == {
        "all": [1, 3, 5], "one copy": [1, 2, 3, 5], "homozygous": [0, 1, 2, 4, 5, 6, 7, 8], "off": list(range(9)),
    }  # fmt: skip


def test_calls_are_counted_once_for_each_rule_they_fail():
    judged = judge(CALLS)
    assert judged.present.tolist() == [9]
    assert judged.failed.tolist() == [[2, 2, 3, 0, 6]]
    assert judge(CALLS, CallLimits(hom_balance=0.9)).failed.tolist() == [[0, 0, 0, 1, 1]]


def test_shares_are_those_of_trusted_heterozygous_calls_whether_or_not_they_are_balanced():
    judged = judge(CALLS)
    assert (judged.shares.tolist(), judged.share_sum.tolist()) == ([2], [pytest.approx(0.1 + 0.6)])
    judged = judge(CALLS, OFF)
    assert (judged.shares.tolist(), judged.share_sum.tolist()) == ([4], [pytest.approx(0.1 + 0.6 + 0.6 + 0.0)])
    one_known = judge([Call("0/1", reads=(None, 5)), Call("0/1", reads=(5, None))], OFF)
    assert (one_known.shares.tolist(), one_known.share_sum.tolist()) == ([1], [1.0])


def test_rules_are_not_applied_where_the_vcf_has_no_such_field():
    calls = [Call("0/1", depth=9), Call("0/1", depth=10)]
    reads = ("reference_reads", "alternate_reads")
    judged = judge(calls, LIMITS._replace(hom_balance=0.9), absent=("quality", *reads))
    assert (judged.genotypes[0] != NO_CALL).tolist() == [False, True]
    assert judged.failed.tolist() == [[0, 1, 0, 0, 1]]
    assert judged.shares.tolist() == [0]
    assert kept([Call("0/0"), Call("0/1")], absent=FIELDS) == [True, True]


def failures(call, limits, single):
    """Name the rules that a call fails, in plain Python."""
    two = call.alleles in ("0/0", "0/1", "1/1")
    known = [one or 0 for one in call.reads]
    if limits.quality is not None and (call.quality is None or call.quality < limits.quality):
        yield QUALITY
    if limits.depth is not None:
        needed = limits.depth if two and not single else limits.depth / 2
        if call.depth is None or call.depth < needed:
            yield DEPTH
    if call.alleles == "0/1":
        if limits.het_balance is not None and (
            None in call.reads or not sum(known) or min(known) / sum(known) < limits.het_balance
        ):
            yield HET_BALANCE
    elif limits.hom_balance is not None:
        own = call.reads["1" in call.alleles]
        if own is None or not sum(known) or own / sum(known) < limits.hom_balance:
            yield HOM_BALANCE


few = st.one_of(st.none(), st.integers(0, 12))
some_calls = st.builds(Call, st.sampled_from(list(CODES)), few, few, st.tuples(few, few))
some_limits = st.builds(
    CallLimits, *[st.one_of(st.none(), st.integers(0, 12))] * 2, *[st.sampled_from([None, 0.2, 0.5, 0.9])] * 2
)


some_places = st.sampled_from([AUTOSOME, PSEUDOAUTOSOMAL, ON_X, ON_Y])


@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.float32])
@settings(max_examples=150, deadline=None)
@given(st.lists(some_calls, min_size=1, max_size=8), some_limits, some_places)
def test_drawn_calls_are_judged_as_in_plain_python_however_they_are_stored(kind, calls, limits, place):
    judged = judge(calls, limits, place, kind=kind)
    single = place in (ON_X, ON_Y)
    failed = [list(failures(call, limits, single)) if call.alleles else [] for call in calls]
    codes = [NO_CALL if rules else CODES[call.alleles] for call, rules in zip(calls, failed, strict=True)]
    assert judged.genotypes[0].tolist() == codes
    assert judged.present[0] == sum(call.alleles is not None for call in calls)
    by_rule = [sum(rule in rules for rules in failed) for rule in range(ANY_RULE)]
    assert judged.failed[0].tolist() == [*by_rule, sum(map(bool, failed))]
    trusted = [
        call.reads[1] / sum(one or 0 for one in call.reads)
        for call, rules in zip(calls, failed, strict=True)
        if call.alleles == "0/1" and not {QUALITY, DEPTH} & set(rules)
        and call.reads[1] is not None and sum(one or 0 for one in call.reads)
    ]  # fmt: skip
    assert judged.shares[0] == len(trusted)
    assert judged.share_sum[0] == pytest.approx(sum(trusted))


def test_samples_that_are_not_looked_at_have_no_call_and_no_share():
    ones = np.ones((1, 3), np.float32)
    calls = StoredCalls(
        np.array([[1, 1, 1]], np.uint8), reference_reads=ones, alternate_reads=ones * np.float32([[1, 3, 9]])
    )
    included = np.array([True, False, True])
    people = People(included, may_be_single(3), of_others(any_copies(3), included))
    judged = judge_calls(calls, np.zeros(1, np.uint8), people, OFF)
    assert judged.genotypes.tolist() == [[1, NO_CALL, 1]]
    assert (judged.present.tolist(), judged.shares.tolist()) == ([3], [2])
    assert judged.share_sum.tolist() == [pytest.approx(0.5 + 0.9)]


def test_the_calls_themselves_are_not_changed():
    genotypes = np.array([[0, 1, 2]], np.uint8)
    calls = StoredCalls(genotypes, quality=np.zeros((1, 3), np.float32))
    people = People(np.ones(3, np.bool_), may_be_single(3), any_copies(3))
    assert (judge_calls(calls, np.zeros(1, np.uint8), people, LIMITS).genotypes == NO_CALL).all()
    assert genotypes.tolist() == [[0, 1, 2]]
