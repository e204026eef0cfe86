"""Strata that may be told of, and the table of residuals within them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from association.calibration.residual_cumulants import ResidualCumulants, residual_rules
from association.meta.joined_strata import join_small_strata

LIMIT = 5


@given(sizes=st.lists(st.integers(1, 12), min_size=1, max_size=8))
@settings(max_examples=60, deadline=None)
def test_strata_are_joined_until_each_is_large_enough_and_no_further_than_that(sizes):
    strata = np.repeat(np.arange(len(sizes)), sizes)
    joined = join_small_strata(strata, at_least=LIMIT)
    counts = np.bincount(joined)
    assert (counts >= LIMIT).all() or counts.size == 1
    large = [one for one, size in enumerate(sizes) if size >= LIMIT]
    # At most one large stratum has to take small ones in.
    kept = [one for one in large if (joined == joined[strata == one][0]).sum() == sizes[one]]
    assert len(kept) >= len(large) - 1
    assert all(np.unique(joined[strata == one]).size == 1 for one in range(len(sizes)))


def test_no_value_of_the_table_of_residuals_is_a_samples_own_and_sums_stay():
    rng = np.random.default_rng(1)
    residuals = np.concatenate([rng.exponential(size=40) - 1, rng.normal(size=300), [7.0, -9.0]])
    strata = np.concatenate([np.zeros(40, int), np.ones(302, int)])
    rules = residual_rules(residuals, strata, at_least=LIMIT)
    for stratum, (values, counts) in enumerate(rules):
        own = residuals[strata == stratum]
        assert counts.sum() == pytest.approx(own.size, rel=1e-12)
        assert counts @ values == pytest.approx(own.sum(), abs=1e-9)
        assert values.size < own.size / 4
        assert np.abs(values[:, None] - own).min() > 1e-6
        assert counts @ (values - own.mean()) ** 2 == pytest.approx(((own - own.mean()) ** 2).sum(), rel=1e-9)
        # The most extreme value stands for the mean of five, and so does not follow the most extreme sample.
        assert np.abs(values - own.mean()).max() < 0.95 * np.abs(own - own.mean()).max()


def test_a_table_of_few_distinct_residuals_is_exact():
    residuals = np.where(np.arange(200) < 60, 0.7, -0.3)
    strata = np.arange(200) % 2
    ours = ResidualCumulants.of_rules(residual_rules(residuals, strata, at_least=LIMIT))
    full = ResidualCumulants.of(residuals, strata)
    np.testing.assert_allclose(ours.nodes, full.nodes, atol=1e-12)
    np.testing.assert_allclose(ours.masses, full.masses, atol=1e-9)
    np.testing.assert_allclose(ours.running_sums, full.running_sums, atol=1e-9)
    np.testing.assert_array_equal(ours.offsets, full.offsets)
