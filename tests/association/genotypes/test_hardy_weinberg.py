"""Exact p-values of an excess of heterozygous calls, against sums of whole numbers without rounding."""

from __future__ import annotations

from math import factorial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import mp, mpf

from association.genotypes.hardy_weinberg import excess_heterozygosity


def exact_mid_p(reference, heterozygous, alternate):
    """Sum the ways of having more heterozygous calls, and half of those of having as many."""
    total = reference + heterozygous + alternate
    minor = 2 * min(reference, alternate) + heterozygous
    ways = {}
    for het in range(minor % 2, minor + 1, 2):
        rare = (minor - het) // 2
        ways[het] = factorial(total) // (factorial(rare) * factorial(het) * factorial(total - rare - het)) * 2**het
    more = sum(number for het, number in ways.items() if het > heterozygous)
    with mp.workdps(50):
        return float(mpf(2 * more + ways[heterozygous]) / mpf(2 * sum(ways.values())))


def excess(*counts):
    return excess_heterozygosity(*(np.array([count], np.int64) for count in counts))[0]


@settings(max_examples=300, deadline=None)
@given(*[st.integers(0, 150)] * 3)
def test_p_is_that_of_exact_sums(reference, heterozygous, alternate):
    if reference + heterozygous + alternate:
        expected = exact_mid_p(reference, heterozygous, alternate)
        assert excess(reference, heterozygous, alternate) == pytest.approx(expected, rel=1e-11)


@pytest.mark.parametrize(
    "counts",
    [(0, 300, 0), (3, 990, 5), (0, 600, 2400), (10, 1_040, 3), (0, 515, 0), (900, 200, 1900), (5, 5, 900)],
)
def test_far_tails_keep_their_precision(counts):
    assert excess(*counts) == pytest.approx(exact_mid_p(*counts), rel=1e-11, abs=0)


def test_p_below_double_precision_is_zero_and_the_smallest_above_it_is_not():
    assert 0 < excess(0, 1_024, 0) < 1e-305
    assert excess(0, 4_000, 0) == 0


def test_exchanging_the_alleles_changes_nothing():
    rng = np.random.default_rng(3)
    counts = rng.integers(0, 400, (3, 200))
    np.testing.assert_array_equal(excess_heterozygosity(*counts), excess_heterozygosity(*counts[::-1].copy()))


@pytest.mark.parametrize(("counts", "p"), [((40, 0, 0), 0.5), ((0, 0, 40), 0.5), ((39, 1, 0), 0.5), ((0, 1, 0), 0.5)])
def test_what_can_be_in_one_way_only_is_half(counts, p):
    assert excess(*counts) == p


def test_half_a_million_calls_are_summed_as_precisely():
    # By the saddle of the weights alone: terms below 1e-40 of the largest are left out.
    reference, heterozygous, alternate = 150_000, 251_200, 98_800
    a, b = 2 * alternate + heterozygous, 2 * reference + heterozygous
    with mp.workdps(40):
        term, more, h = mpf(1), mpf("0.5"), heterozygous
        while term > mpf(10) ** -38:
            term *= mpf(a - h) * (b - h) / (mpf(h + 1) * (h + 2))
            h += 2
            more += term
        term, fewer, h = mpf(1), mpf("0.5"), heterozygous
        largest = mpf(1)
        while h >= 2 and term > largest * mpf(10) ** -38:
            term *= mpf(h) * (h - 1) / (mpf(a - h + 2) * (b - h + 2))
            h -= 2
            largest = max(largest, term)
            fewer += term
        expected = float(more / (more + fewer))
    assert 0 < expected < 1e-20
    assert excess(reference, heterozygous, alternate) == pytest.approx(expected, rel=1e-9)
