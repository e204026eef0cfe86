"""Calls by code and class, and what follows from them, against the same in plain Python."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from association.genotypes.calls import NO_CALL
from association.genotypes.counts import by_class, call_counts
from association.genotypes.places import AUTOSOME, ON_X, ON_Y, PSEUDOAUTOSOMAL
from association.genotypes.variant_metrics import derived_metrics

ALLELES = {0: (0, 0), 1: (0, 1), 2: (1, 1), 3: (0,), 4: (1,)}


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(0, NO_CALL), st.integers(0, 3)), min_size=1, max_size=40))
def test_calls_are_counted_by_class_and_those_of_others_not_at_all(calls):
    codes, classes = np.array([code for code, _ in calls], np.uint8), np.array([one for _, one in calls], np.int32)
    found = by_class(np.stack([codes, codes[::-1]]), classes, 3)
    assert found.shape == (2, 3, 6)
    for of_class in range(3):
        for code in range(6):
            assert found[0, of_class, code] == calls.count((code, of_class))


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(0, NO_CALL), max_size=30))
def test_alleles_and_diploid_calls_are_those_of_plain_python(codes):
    found = call_counts(np.array([[codes.count(code) for code in range(6)]], np.int32))
    alleles = [ALLELES[code] for code in codes if code != NO_CALL]
    assert found.calls == len(alleles)
    assert found.allele_count == sum(map(sum, alleles))
    assert found.allele_number == sum(map(len, alleles))
    diploid = [sum(call) for call in alleles if len(call) == 2]
    kinds = (found.homozygous_reference[0], found.heterozygous[0], found.homozygous_alternate[0])
    assert kinds == tuple(diploid.count(dosage) for dosage in range(3))


def metrics(by_code, *, shares=0, share_sum=0.0, place=AUTOSOME, expected=None):
    """Derive the metrics of one variant."""
    counts = call_counts(np.array([by_code], np.int32))
    samples = sum(by_code) if expected is None else expected
    found = derived_metrics(
        counts, np.array([shares], np.int32), np.array([share_sum]), np.array([place], np.uint8),
        np.array([samples], np.int32),
    )  # fmt: skip
    return {name: values[0] for name, values in found.items()}


def test_rates_and_frequencies_are_shares_and_unknown_where_there_is_nothing_to_share():
    found = metrics([5, 3, 1, 2, 1, 4])
    assert (found["call_rate"], found["allele_frequency"]) == (12 / 16, (3 + 2 + 1) / (18 + 3))
    found = metrics([0, 0, 0, 0, 0, 4])
    assert (found["call_rate"], np.isnan(found["allele_frequency"])) == (0, True)
    assert np.isnan(metrics([5, 3, 1, 2, 1, 4], expected=0)["call_rate"])


def test_balance_is_the_mean_of_three_shares_or_more():
    assert metrics([9] * 6, shares=4, share_sum=1.8)["het_balance"] == 1.8 / 4
    assert metrics([9] * 6, shares=3, share_sum=0.0)["het_balance"] == 0
    assert np.isnan(metrics([9] * 6, shares=2, share_sum=0.9)["het_balance"])


def test_the_inbreeding_coefficient_is_that_of_a_hundred_diploid_calls_or_more_of_two_copies():
    expected = 1 - 40 / (2 * 0.3 * 0.7 * 100)
    for place in (AUTOSOME, PSEUDOAUTOSOMAL):
        assert metrics([50, 40, 10, 7, 7, 7], place=place)["inbreeding"] == pytest.approx(expected)
    for place in (ON_X, ON_Y):
        assert np.isnan(metrics([50, 40, 10, 7, 7, 7], place=place)["inbreeding"])
    assert np.isnan(metrics([50, 39, 10, 7, 7, 7])["inbreeding"])
    assert np.isnan(metrics([100, 0, 0, 0, 0, 0])["inbreeding"])
