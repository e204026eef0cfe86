"""Differential missingness against scipy's tests of one table at a time."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest, chi2_contingency

from association.cohort.batch_effects import batch_difference, batch_summary


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), batches=st.integers(2, 5))
def test_full_tables_have_pearsons_chi_square(seed, batches):
    rng = np.random.default_rng(seed)
    sizes = rng.integers(60, 200, batches)
    calls = sizes - rng.binomial(sizes, 0.4, (5, batches))
    found = batch_difference(calls, sizes)
    for row, p_value in zip(calls, found.p_value, strict=True):
        expected = chi2_contingency([row, sizes - row], correction=False)
        assert expected.expected_freq.min() >= 5
        assert p_value == pytest.approx(expected.pvalue, rel=1e-9)


def hypergeometric_tails(missing, total, size, samples):
    """Sum probabilities of each count by the product of its factors, from exact whole numbers."""
    from math import comb

    ways = [comb(total, k) * comb(samples - total, size - k) if size - k >= 0 else 0 for k in range(total + 1)]
    return sum(ways[: missing + 1]) / sum(ways), sum(ways[missing:]) / sum(ways)


@pytest.mark.parametrize("missing", [(0, 0), (1, 0), (0, 3), (3, 0), (2, 2), (4, 1)])
def test_sparse_tables_of_two_batches_have_twice_the_smaller_hypergeometric_tail(missing):
    sizes = np.array([30, 50])
    found = batch_difference((sizes - np.array(missing))[None], sizes).p_value[0]
    tails = hypergeometric_tails(missing[0], sum(missing), 30, 80)
    assert found == pytest.approx(min(1, 2 * min(tails)), rel=1e-9)


def test_sparse_tables_of_many_batches_take_the_most_different_one_times_their_number():
    sizes = np.array([100, 100, 100])
    found = batch_difference(np.array([[100, 100, 94], [98, 98, 98]]), sizes).p_value
    tail = hypergeometric_tails(6, 6, 100, 300)[1]
    assert found[0] == pytest.approx(3 * 2 * tail, rel=1e-9)
    assert found[1] == 1


def test_under_no_difference_small_p_values_are_no_more_frequent_than_they_say():
    rng = np.random.default_rng(1)
    sizes = np.array([150, 100, 50])
    calls = sizes - rng.binomial(sizes, rng.choice([0.005, 0.02, 0.3], (6000, 1)))
    found = batch_difference(calls, sizes).p_value
    for level in (0.05, 0.01, 0.001):
        assert binomtest(int((found <= level).sum()), 6000, level, alternative="greater").pvalue > 1e-3


def test_spread_is_the_difference_of_the_largest_and_smallest_call_rate():
    found = batch_difference(np.array([[10, 5, 20], [0, 0, 0]]), np.array([10, 10, 40]))
    np.testing.assert_allclose(found.spread, [0.5, 0.0])
    assert found.p_value[1] == 1


@pytest.mark.parametrize("sizes", [[10], [10, 0], [0, 0]])
def test_one_batch_is_not_compared(sizes):
    found = batch_difference(np.minimum(np.full((2, len(sizes)), 5), sizes), np.array(sizes))
    assert np.isnan(found.p_value).all()
    assert np.isnan(found.spread).all()


def test_the_order_of_batches_does_not_matter_and_empty_ones_are_passed_over():
    rng = np.random.default_rng(2)
    sizes = np.array([40, 60, 80])
    calls = sizes - rng.binomial(sizes, 0.05, (50, 3))
    found = batch_difference(calls, sizes)
    turned = batch_difference(np.column_stack([calls[:, ::-1], np.zeros(50, int)]), np.array([80, 60, 40, 0]))
    np.testing.assert_allclose(turned.p_value, found.p_value, rtol=1e-9)
    np.testing.assert_array_equal(turned.spread, found.spread)


def test_more_calls_than_samples_are_refused_and_no_variants_are_no_trouble():
    with pytest.raises(ValueError, match="calls of a batch"):
        batch_difference(np.array([[11, 5]]), np.array([10, 10]))
    assert batch_difference(np.zeros((0, 2), int), np.array([10, 10])).p_value.size == 0


def test_the_summary_names_the_batch_at_fault():
    sizes = np.array([100, 100])
    calls = np.tile([100, 100], (50, 1))
    calls[:10, 1] = 40
    found = batch_summary(calls, sizes, ["one", "two"], batch_difference(calls, sizes))
    assert found["least_called_variants"].tolist() == [0, 10]
    np.testing.assert_allclose(found["mean_call_rate"], [1.0, 0.88])
    assert batch_summary(calls[:0], sizes, ["one", "two"], batch_difference(calls[:0], sizes))[
        "samples"
    ].tolist() == [100, 100]
